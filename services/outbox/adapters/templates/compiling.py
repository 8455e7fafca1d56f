"""A template made ready once per version: MJML compiled, CSS inlined, Liquid parsed; then it is only filled."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import css_inline
from inscriptis import get_text
from inscriptis.model.config import ParserConfig
from mjml import mjml2html

from services.outbox.adapters.templates import holes, sandbox
from services.outbox.adapters.templates.quick import Quick, Slow, parse
from services.outbox.domain.template import Template, Text, direction

DEEPEST = 100
"""Elements within each other; the compilers of MJML and CSS, which are not Python, fall over at some hundred."""
KEPT = 512
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)")
_CLOSED = re.compile(r"<mj-[\w-]+(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/>")
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_ROOT = re.compile(r"<mjml\b[^>]*>")
_LEFT = re.compile(r"direction:ltr|text-align:left|align=\"left\"|text-align:right|align=\"right\"")
_MIRROR = {
    "direction:ltr": "direction:rtl",
    "text-align:left": "text-align:right",
    'align="left"': 'align="right"',
    "text-align:right": "text-align:left",
    'align="right"': 'align="left"',
}
_inliner = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)
_links_too = ParserConfig(display_links=True)


Part = Quick | Slow


class CompileError(ValueError):
    """MJML that cannot become a mail; the words say why."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A template filled for one recipient."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template in one language, ready to be filled."""

    language: str
    subject: Part
    preheader: Part
    html: Part
    text: Part

    def fill(self, values: Mapping[str, Any], plain: Mapping[str, Any]) -> Filled:
        """The parts: `values` for the HTML, where all that is no `Markup` is escaped; `plain` for the rest.

        Raises one of `sandbox.FAULTS` where it cannot be filled.
        """
        html = self.html.render({**values, "preheader": self.preheader.render(plain)})
        return Filled(self.subject.render(plain), html, self.text.render(plain))


class Compiler:
    """Keeps what it has compiled, by id, version and language."""

    def __init__(self, follow: Callable[[str], str] = str) -> None:
        self._follow = follow
        self._kept: OrderedDict[tuple[str, int, str], Compiled] = OrderedDict()

    def compiled(self, template: Template, language: str) -> Compiled:
        """A template in a language that it has. Raises one of `sandbox.FAULTS`."""
        key = (template.id, template.seq, language)
        known = self._kept.get(key)
        if known is not None:
            return known
        made = compile_text(template.languages[language], language, self._follow)
        if template.seq:  # else nobody saved it, and the next one may have the same id
            self._kept[key] = made
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


def compile_text(text: Text, language: str, follow: Callable[[str], str] = str) -> Compiled:
    """One language of a template, ready to be filled; `follow` puts into its page what opens and clicks are seen by.

    Raises one of `sandbox.FAULTS`.
    """
    hidden, pieces = compile_mjml(text, language)
    plain = text.text if text.text is not None else _text_of(hidden, pieces)
    return Compiled(
        language=language,
        subject=parse(text.subject, sandbox.text),
        preheader=parse(text.preheader, sandbox.text),
        html=parse(follow(holes.show(hidden, pieces)), sandbox.html),
        text=parse(plain, sandbox.text),
    )


def compile_mjml(text: Text, language: str) -> tuple[str, list[str]]:
    """Its HTML with CSS inlined, Liquid hidden; and the pieces of Liquid. Raises `CompileError`."""
    source, pieces = holes.hide(_with_preheader(text))
    if depth(source) > DEEPEST:
        raise CompileError(f"elements lie deeper than {DEEPEST} within each other")
    root = f'<mjml lang="{language}" dir="{direction(language)}">'
    try:
        page = mjml2html(_ROOT.sub(root, source, count=1), fonts={})
    except ValueError as error:
        raise CompileError(str(error)) from error
    if between := holes.between_rows(page, pieces):
        raise CompileError(f"{between[0]} stands between the rows of a table; put it into an <mj-text>")
    if direction(language) == "rtl":
        page = _LEFT.sub(lambda found: _MIRROR[found[0]], page)
    page = _inliner.inline(page)
    if lost := holes.lost(page, pieces):
        raise CompileError(f"{lost[0]} stands where MJML drops it; put it into an <mj-text> or <mj-raw>")
    return page, pieces


def depth(source: str) -> int:
    """How deep elements lie within each other, at most: what is not closed, or in a comment, counts as well."""
    open_: list[str] = []
    deepest = 0
    for found in _TAG.finditer(source):
        name = found[2].lower()
        if found[1]:
            if open_ and open_[-1] == name:
                open_.pop()
        elif name not in _VOID and not _CLOSED.match(source, found.start()):
            open_.append(name)
            deepest = max(deepest, len(open_))
    return deepest


def _with_preheader(text: Text) -> str:
    """With its preheader as `<mj-preview>`, where the MJML has none of its own."""
    if not text.preheader or "<mj-preview" in text.mjml:
        return text.mjml
    line = "<mj-preview>{{ preheader }}</mj-preview>"
    if "<mj-head>" in text.mjml:
        return text.mjml.replace("<mj-head>", f"<mj-head>{line}", 1)
    return _ROOT.sub(lambda found: f"{found[0]}<mj-head>{line}</mj-head>", text.mjml, count=1)


def _text_of(hidden: str, pieces: list[str]) -> str:
    words = get_text(holes.as_words(hidden), _links_too)
    lines = [line.strip() for line in holes.show(words, pieces).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
