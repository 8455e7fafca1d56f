"""What is wrong with the HTML of a mail: what mail programs block, what people cannot read or press."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from services.outbox.domain.colors import READABLE, READABLE_LARGE, contrast, parsed
from services.outbox.domain.finding import Finding, error, warning

MAX_BYTES = 100_000
"""Gmail cuts a mail off near 102 kB, and the way out with it."""
BLOCKED = frozenset({"script", "iframe", "object", "embed", "form", "input", "button", "video", "audio", "base"})
NO_TEXT = frozenset({"head", "style", "title", "script"})
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
UNSUPPORTED = re.compile(
    r"display\s*:\s*(?:inline-)?(flex|grid)|(position)\s*:\s*(?:absolute|fixed|sticky)", re.IGNORECASE
)
BOLD = frozenset({"bold", "bolder", "700", "800", "900"})
_SIZE = re.compile(r"(\d+(?:\.\d+)?)px")


@dataclass(frozen=True, slots=True)
class _Look:
    tag: str
    color: str = "#000000"
    ground: str = "#ffffff"
    size: float = 16
    bold: bool = False
    shown: bool = True


@dataclass
class Page(HTMLParser):
    """What the HTML of a mail holds."""

    links: list[str] = field(default_factory=list)
    images: list[Mapping[str, str | None]] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    faint: list[tuple[str, float]] = field(default_factory=list)
    unsupported: set[str] = field(default_factory=set)
    _looks: list[_Look] = field(default_factory=lambda: [_Look("")])

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element is and how it looks."""
        named = dict(attrs)
        if tag in BLOCKED:
            self.blocked.append(f"<{tag}>")
        self.blocked += [name for name in named if name.startswith("on")]
        self.blocked += [name for name, value in attrs if (value or "").strip().lower().startswith("javascript:")]
        if tag == "a" and named.get("href"):
            self.links.append(named["href"] or "")
        if tag == "img":
            self.images.append(named)
        self._note_css(named.get("style") or "")
        if tag not in VOID:
            self._looks.append(_look(self._looks[-1], tag, named))

    def handle_endtag(self, tag: str) -> None:
        """Look again as what is around it."""
        places = [number for number, look in enumerate(self._looks) if look.tag == tag]
        if places:
            del self._looks[places[-1] :]

    def handle_data(self, data: str) -> None:
        """Note text that can hardly be read, and CSS."""
        look, words = self._looks[-1], data.strip()
        if look.tag == "style":
            self._note_css(data)
        if not words or not look.shown:
            return
        large = look.size >= 24 or (look.bold and look.size >= 18.66)  # noqa: PLR2004 - WCAG's large text
        found = contrast(look.color, look.ground)
        if found < (READABLE_LARGE if large else READABLE):
            self.faint.append((words[:40], round(found, 1)))

    def _note_css(self, css: str) -> None:
        self.unsupported |= {one or other for one, other in UNSUPPORTED.findall(css)}


def _look(around: _Look, tag: str, attrs: Mapping[str, str | None]) -> _Look:
    style = _declared(attrs.get("style") or "")
    ground = parsed(style.get("background-color") or style.get("background") or attrs.get("bgcolor") or "")
    size = _SIZE.fullmatch(style.get("font-size", ""))
    weight = style.get("font-weight")
    hidden = tag in NO_TEXT or style.get("display") == "none"
    return _Look(
        tag=tag,
        color=parsed(style.get("color", "")) or around.color,
        ground=ground or around.ground,
        size=float(size[1]) if size else around.size,
        bold=weight in BOLD if weight else around.bold or tag in {"b", "strong", "th"},
        shown=around.shown and not hidden,
    )


def _declared(style: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in style.split(";"))
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, _, value in pairs}


def look_through(html: str, place: str, unsubscribe_url: str, survey_url: str) -> Iterator[Finding]:
    """What is wrong with a mail that was filled with these links."""
    page = Page()
    page.feed(html)
    size = len(html.encode())
    if size > MAX_BYTES:
        yield error("too-large", place, f"it is {size // 1000} kB; beyond 100 kB Gmail cuts it off, with the way out")
    if page.blocked:
        yield error("blocked", place, f"mail programs block {', '.join(sorted(set(page.blocked)))}")
    if unsubscribe_url not in page.links:
        yield error("no-unsubscribe", place, "it has no link to {{ unsubscribe_url }}: everyone must be able to say no")
    if not any(link.startswith(survey_url) for link in page.links):
        yield warning("no-survey-link", place, "it has neither {{ scale }} nor a link to {{ survey_url }}")
    yield from _of_links(page, place)
    yield from _of_looks(page, place)


def _of_links(page: Page, place: str) -> Iterator[Finding]:
    pictures = [str(image.get("src") or "") for image in page.images]
    for target in dict.fromkeys(link for link in page.links + pictures if link.lower().startswith("http:")):
        yield warning("not-https", place, f"{target[:100]} is not https")
    for image in page.images:
        if image.get("alt") is None:
            yield warning("no-alt", place, f"the image {str(image.get('src'))[:100]} has no alt text")


def _of_looks(page: Page, place: str) -> Iterator[Finding]:
    for words, found in page.faint[:5]:
        yield warning("contrast", place, f"“{words}” is hard to read: contrast {found}, at least 4.5 is needed")
    for name in sorted(page.unsupported):
        yield warning("css-not-supported", place, f"Outlook and Gmail leave out CSS {name.lower()}")
