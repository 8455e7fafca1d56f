"""Names for metrics: never more than a few, and none of a domain that may be one person's own."""

from collections import Counter

OTHER = "other"


class DomainLabels:
    """A domain has a label of its own after so many mails, the first so many domains; the rest are one."""

    def __init__(self, *, most: int = 50, after: int = 100, remembered: int = 10_000) -> None:
        self._most, self._after, self._remembered = most, after, remembered
        self._own: set[str] = set()
        self._seen: Counter[str] = Counter()

    def label(self, address: str) -> str:
        """That of an address's domain, with this mail counted."""
        domain = address.rpartition("@")[2].lower()
        if domain in self._own:
            return domain
        if len(self._own) >= self._most:
            return OTHER
        if domain not in self._seen and len(self._seen) >= self._remembered:
            self._seen.clear()
        self._seen[domain] += 1
        if self._seen[domain] <= self._after:
            return OTHER
        self._own.add(domain)
        return domain
