"""The scores as links: cells of a table, which every mail program shows; in one row, or two where there is no room."""

import html
from collections.abc import Mapping
from functools import lru_cache

from services.outbox.domain.mail import scale
from services.outbox.domain.template import direction

LINK = "https://survey.invalid/"
"""Stands for a record's own survey link."""
STAR = "★"
FEW = 5
"""So many scores fit beside each other on the smallest screen."""
_CELL = (
    '<td class="score" align="center" width="{width}" height="44" bgcolor="#e6ecf2" style="border-radius:8px">'
    '<a class="score" href="{link}?score={score}" aria-label="{label}" style="display:block;width:{width}px;height:44px;'
    "line-height:44px;border-radius:8px;background-color:#e6ecf2;color:#14293d;font-family:Arial,Helvetica,sans-serif;"
    'font-size:17px;font-weight:bold;text-align:center;text-decoration:none">{shown}</a></td>'
)
_TABLE = (
    '<table class="scale" role="presentation" dir="{direction}" cellpadding="0" cellspacing="4" border="0"'
    ' style="display:inline-table;border-collapse:separate;vertical-align:top;width:auto;margin:0 -2px"><tr>{cells}</tr></table>'
)
_SPLIT = "<!--[if mso]></td><td><![endif]-->"
_WHOLE = (
    '<div style="text-align:center;font-size:0;line-height:0" dir="{direction}">'
    '<!--[if mso]><table role="presentation" align="center" dir="{direction}"><tr><td><![endif]-->'
    "{rows}<!--[if mso]></td></tr></table><![endif]--></div>{ends}"
)
_ENDS = (
    '<table role="presentation" dir="{direction}" width="92%" align="center" cellpadding="0" cellspacing="0" border="0"'
    ' style="max-width:{width}px;margin:6px auto 0"><tr>'
    '<td class="ends" align="{start}" valign="top" width="50%" style="padding:0 6px;font-size:13px;line-height:18px;'
    'color:#4a5865;text-align:{start}">{low}</td>'
    '<td class="ends" align="{end}" valign="top" width="50%" style="padding:0 6px;font-size:13px;line-height:18px;'
    'color:#4a5865;text-align:{end}">{high}</td></tr></table>'
)


def html_scale(metric: str, language: str, asked: Mapping[str, str], link: str) -> str:
    """The scale of a metric in HTML, all cells alike, so that none is urged."""
    low, high = asked.get("low_label", ""), asked.get("high_label", "")
    return _html(metric, direction(language), low, high).replace(LINK, html.escape(link))


def text_scale(metric: str, asked: Mapping[str, str], link: str) -> str:
    """The scale in plain text: one line a score, the ends named."""
    return _text(metric, asked.get("low_label", ""), asked.get("high_label", "")).replace(LINK, link)


@lru_cache(maxsize=1024)
def _html(metric: str, written: str, low: str, high: str) -> str:
    scores = list(scale(metric))
    labels = _labels(scores, low, high)
    width = 52 if len(scores) <= FEW else 44
    cells = [_cell(metric, score, labels[score], width) for score in scores]
    half = len(cells) if len(cells) <= FEW else (len(cells) + 1) // 2
    rows = [row for row in (cells[:half], cells[half:]) if row]
    tables = _SPLIT.join(_TABLE.format(direction=written, cells="".join(row)) for row in rows)
    return _WHOLE.format(direction=written, rows=tables, ends=_ends(len(cells), written, labels, scores))


def _cell(metric: str, score: int, label: str, width: int) -> str:
    shown = f"{score}&nbsp;{STAR}" if metric == "five_star" else str(score)
    return _CELL.format(link=LINK, score=score, label=html.escape(label), shown=shown, width=width)


def _ends(cells: int, written: str, labels: dict[int, str], scores: list[int]) -> str:
    low, high = labels[scores[0]], labels[scores[-1]]
    if low == str(scores[0]) and high == str(scores[-1]):
        return ""
    start, end = ("right", "left") if written == "rtl" else ("left", "right")
    width = max(cells * 49, 320)
    return _ENDS.format(
        direction=written, start=start, end=end, low=html.escape(low), high=html.escape(high), width=width
    )


@lru_cache(maxsize=1024)
def _text(metric: str, low: str, high: str) -> str:
    scores = list(scale(metric))
    return "\n".join(f"{label}: {LINK}?score={score}" for score, label in _labels(scores, low, high).items())


def _labels(scores: list[int], low: str, high: str) -> dict[int, str]:
    named = {score: str(score) for score in scores}
    for score, word in ((scores[0], low), (scores[-1], high)):
        if word:
            named[score] = f"{score} = {word}"
    return named
