"""What browsers are told to refuse."""

PLACEHOLDER = "__CSP_NONCE__"
_SAME_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def content_policy(nonce: str) -> str:
    """The Content-Security-Policy of a page."""
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: https:; "
        "worker-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; report-uri /api/csp-reports"
    )


def frame_policy(nonce: str) -> str:
    """The policy of the frame in which mails are looked at: any look and any picture, no script but our own.

    The sandbox gives it an origin of its own, wherever it is opened: no cookie, no API.
    """
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src https: http: data:; "
        "font-src https: data:; base-uri 'self'; form-action 'none'; frame-ancestors 'self'; "
        "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox"
    )


def headers(*, secure: bool) -> dict[str, str]:
    """What goes with every page and file."""
    strict = {"Strict-Transport-Security": "max-age=31536000"} if secure else {}
    return {**_SAME_ALWAYS, **strict}


def is_local(path: str) -> bool:
    """Whether an address leads to a page of this app, and nowhere else, whatever a browser makes of it."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
