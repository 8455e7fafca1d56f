"""How often somebody may try to sign in: so that guessing is hopeless, and mistyping is not."""

from datetime import timedelta

WINDOW = timedelta(minutes=15)
PER_PAIR, PER_ADDRESS, PER_EMAIL = 6, 60, 60


def buckets(email: str, address: str) -> dict[str, int]:
    """What is counted, and how far it may go within a window.

    By address and e-mail both, so that a stranger cannot shut a person out by failing in that person's name from
    elsewhere; and by each alone, higher, so that many names from one place or many places for one name end too.
    """
    return {f"pair|{email}|{address}": PER_PAIR, f"address|{address}": PER_ADDRESS, f"email|{email}": PER_EMAIL}
