"""What the certificates of servers are checked with."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """The authorities that httpx trusts (`SSL_CERT_FILE`, else certifi's), once for a process: to load them takes 40 ms."""
    return httpx.create_ssl_context()
