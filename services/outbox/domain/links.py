"""The links that a template has of its own: where they lead is kept here, so that no link of ours leads elsewhere."""

import hashlib
import html
import re
from base64 import urlsafe_b64encode

ID_BYTES = 6
MAX_URL = 2000
_HREF = re.compile(r"""(\bhref\s*=\s*)(?:"(https?://[^"{}<>\s]+)"|'(https?://[^'{}<>\s]+)')""", re.IGNORECASE)
_PIXEL = '<img src="{{ open_url }}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">'


def link_id(url: str) -> str:
    """The id of a target: the same for the same target in every template."""
    return urlsafe_b64encode(hashlib.sha256(url.encode()).digest()[:ID_BYTES]).decode()


def targets(source: str) -> dict[str, str]:
    """By id, where the links of a template lead that are the same for everyone. Those made for each person are not ours."""
    urls = (html.unescape(found[2] or found[3]) for found in _HREF.finditer(source))
    return {link_id(url): url for url in urls if len(url) <= MAX_URL}


def tracked(page: str, *, opens: bool = True, clicks: bool = True) -> str:
    """A template's page with its own links by way of us, and a picture of one dot at its end, to be filled with Liquid."""
    led = _HREF.sub(_by_way_of_us, page) if clicks else page
    if not opens:
        return led
    before, end, after = led.rpartition("</body>")
    return f"{before}{_PIXEL}{end}{after}" if end else led + _PIXEL


def _by_way_of_us(found: re.Match[str]) -> str:
    url = html.unescape(found[2] or found[3])
    return f'{found[1]}"{{{{ click_url }}}}/{link_id(url)}"' if len(url) <= MAX_URL else found[0]
