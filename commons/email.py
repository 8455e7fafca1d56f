"""E-mail addresses: when two of them are one mailbox."""

from functools import lru_cache

import idna

from chassis.errors import Invalid

MAX_ADDRESS = 254
MAX_LOCAL = 64


@lru_cache(maxsize=4096)
def canonical_email(address: str) -> str:
    """The address case-folded, its domain as IDNA's ASCII form: equal for one mailbox.

    Raises `Invalid` for what can be no address; an address is never cut or mended.
    """
    address = address.strip()
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain:
        raise _no_address("it has no name before or no domain after the @")
    if len(address) > MAX_ADDRESS or len(local) > MAX_LOCAL:
        raise _no_address(f"it is longer than {MAX_ADDRESS} characters, or its name longer than {MAX_LOCAL}")
    if not local.isprintable() or (" " in local and not _quoted(local)) or ("@" in local and not _quoted(local)):
        raise _no_address("its name holds a space, an @ or a control character")
    return f"{local.casefold()}@{_domain(domain)}"


def _domain(domain: str) -> str:
    if domain.isascii():
        labels = domain.lower().split(".")
        if all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels):
            return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise _no_address("its domain is not a domain name") from error


def _quoted(local: str) -> bool:
    return len(local) > 2 and local[0] == local[-1] == '"'  # noqa: PLR2004 - two quotes and something between


def _no_address(reason: str) -> Invalid:
    code = "email-not-valid"
    return Invalid(code, f"this is no e-mail address: {reason}", field="email")
