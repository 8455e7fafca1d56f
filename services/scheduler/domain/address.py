"""When two e-mail addresses are one mailbox: as profile has it, to find a customer by an address."""

import idna


def canonical_email(address: str) -> str | None:
    """The address case-folded, its domain as IDNA's ASCII form; None for what can be no address."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not domain:
        return None
    try:
        ascii_domain = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return None
    return f"{local.casefold()}@{ascii_domain}"
