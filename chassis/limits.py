"""How often one address may ask without a key: a bucket that fills again, in each process for itself."""

from collections.abc import Mapping

MOST_ADDRESSES = 100_000
HERE = {"127.0.0.1", "::1"}


class Limits:
    """Some requests a second for each address, and for a moment four times as many; `rate` 0: no limit."""

    def __init__(self, rate: float, header: str | None = None) -> None:
        self._rate, self._header = rate, header
        self._buckets: dict[str, tuple[float, float]] = {}

    def address(self, headers: Mapping[str, str], peer: str) -> str | None:
        """Who asks, as the proxy says, else by connection; None for this machine itself."""
        named = headers.get(self._header, "").rpartition(",")[2].strip() if self._header else ""
        return named or (None if peer in HERE else peer)

    def wait(self, address: str | None, moment: float) -> float:
        """Seconds until this address may ask again, by a clock that only goes on; 0: now, and that is counted."""
        if address is None or not self._rate:
            return 0.0
        level, at = self._buckets.get(address, (0.0, moment))
        level = max(0.0, level - (moment - at) * self._rate) + 1
        if level > 4 * self._rate:
            return (level - 4 * self._rate) / self._rate
        if len(self._buckets) >= MOST_ADDRESSES:
            self._buckets.clear()
        self._buckets[address] = (level, moment)
        return 0.0
