"""The public page on which one says no: plain HTML, complete without JavaScript."""

import html

from fastapi.responses import HTMLResponse

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}
_STYLE = """
:root{color-scheme:light dark;--ink:#15202b;--back:#f5f7f9;--card:#fff;--accent:#1f5f8b;--on:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e7edf2;--back:#10161c;--card:#1a232c;--accent:#7fc1ec;--on:#10161c}}
body{margin:0;background:var(--back);color:var(--ink);font:1.05rem/1.5 system-ui,sans-serif}
main{max-width:32rem;margin:8vh auto;padding:1.5rem;background:var(--card);border-radius:12px}
button{min-height:44px;padding:.6rem 1.4rem;font:inherit;border:0;border-radius:8px;background:var(--accent);color:var(--on)}
button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}
"""


def ask(token: str) -> HTMLResponse:
    """One button."""
    form = _form(token, "Unsubscribe me", "")
    return _page("Stop receiving surveys?", f"<p>Press the button and we will not survey you again.</p>{form}")


def done(token: str) -> HTMLResponse:
    """It is done, and can be undone."""
    form = _form(token, "That was a mistake: subscribe me again", '<input type="hidden" name="undo" value="1">')
    return _page("You are unsubscribed", f"<p>We will not send you any more surveys.</p>{form}")


def undone(token: str) -> HTMLResponse:
    """It is undone."""
    form = _form(token, "Unsubscribe me", "")
    return _page("You are subscribed again", f"<p>Thank you. We may ask for your opinion now and then.</p>{form}")


def not_known() -> HTMLResponse:
    """The same for every token that is not ours."""
    return _page("We do not know this link", "<p>Please use the link as it stands in the mail.</p>", status=404)


def _form(token: str, label: str, more: str) -> str:
    return f'<form method="post" action="/u/{html.escape(token)}">{more}<button type="submit">{label}</button></form>'


def _page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(text, status, HEADERS)
