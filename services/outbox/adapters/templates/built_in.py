"""The mails that come with Sounding: one layout, and a file of texts for each language (`services/outbox/templates`)."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from services.outbox.domain.template import Template, Text

FOLDER = Path(__file__).parents[2] / "templates"
PREFIX = "built-in-"
"""How the ids of built-in templates begin; no other may."""
FIRST = "en"
ASKING = ("nps", "csat", "ces", "five_star", "reminder")
KINDS = (*ASKING, "autoreply")
_SLOT = re.compile(r"\[\[(\w+)\]\]")


@lru_cache(maxsize=1)
def all_templates() -> dict[str, Template]:
    """By id."""
    made = [_template(kind) for kind in KINDS]
    return {template.id: template for template in made}


def asked(metric: str, language: str, brand_name: str) -> dict[str, str]:
    """What a metric's question and its ends are where a campaign does not say; empty for a language that is not here."""
    texts = _texts().get(language) or _texts().get(language.split("-", maxsplit=1)[0])
    words = texts.get(metric) if texts else None
    if words is None:
        return {}
    question = words["question"].replace("{{ brand.name }}", brand_name)
    return {"question": question, "low_label": words["low"], "high_label": words["high"]}


def _template(kind: str) -> Template:
    languages = {language: _text(kind, {**words["all"], **words[kind]}) for language, words in _texts().items()}
    id_ = PREFIX + kind.replace("_", "-")
    return Template(
        id=id_, seq=1, name=_texts()[FIRST][kind]["name"], languages=languages, default_language=FIRST, built_in=True
    )


def _text(kind: str, words: dict[str, str]) -> Text:
    part = "ask" if kind in ASKING else "thanks"
    title = "{{ question }}" if kind in ASKING else words["subject"]
    return Text(
        subject=words["subject"],
        preheader=words["preheader"],
        mjml=_fill("survey.mjml", {**words, "title": title, "ask": _fill(f"{part}.mjml", words)}),
        text=_fill("survey.txt", {**words, "ask": _fill(f"{part}.txt", words)}),
    )


def _fill(name: str, words: dict[str, str]) -> str:
    layout = (FOLDER / name).read_text(encoding="utf-8")
    return _SLOT.sub(lambda found: words[found[1]].rstrip("\n"), layout)


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    files = sorted(FOLDER.glob("*.toml"), key=lambda file: (file.stem != FIRST, file.stem))
    return {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in files}
