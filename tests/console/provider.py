"""A provider of identities for tests: the library's, behind a guard that holds clients to PKCE as strict ones do."""

import base64
import hashlib
import io
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
from werkzeug.serving import BaseWSGIServer, make_server

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
_challenges: dict[str, str] = {}


def guarded(app: Wsgi) -> Wsgi:
    """Remember each code's challenge; refuse a code without the verifier that belongs to it."""

    def serve(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        query = parse_qs(environ.get("QUERY_STRING", ""))
        if environ["PATH_INFO"].endswith("/authorize"):
            if query.get("code_challenge_method") != ["S256"]:
                start("400 Bad Request", [("Content-Type", "text/plain")])
                return [b"PKCE is needed"]
            return app(environ, _noting(start, query["code_challenge"][0]))
        if environ["PATH_INFO"].endswith("/token"):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input"] = io.BytesIO(body)
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if _challenge(form.get("code_verifier", "")) != _challenges.pop(form.get("code", ""), None):
                start("400 Bad Request", [("Content-Type", "application/json")])
                return [b'{"error": "invalid_grant"}']
        return app(environ, start)

    return serve


def _noting(start: Any, challenge: str) -> Any:
    def noted(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        location = dict(headers).get("Location", "")
        for code in parse_qs(urlsplit(location).query).get("code", ()):
            _challenges[code] = challenge
        return start(status, headers, *more)

    return noted


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _end_with_input(server: BaseWSGIServer) -> None:
    """Whoever holds the other end of our input has gone."""
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    served = make_server(
        "127.0.0.1", int(sys.argv[1]), guarded(oidc_provider_mock.app(require_nonce=True)), threaded=True
    )
    threading.Thread(target=_end_with_input, args=(served,), daemon=True).start()
    served.serve_forever()
