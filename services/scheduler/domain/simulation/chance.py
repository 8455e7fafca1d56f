"""Chance, as it is handed in: `random.Random` of a seed is one."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Chance(Protocol):
    """What a simulation leaves to chance."""

    def random(self) -> float:
        """From 0 up to 1."""

    def choice(self, seq: Any, /) -> Any:
        """One of them."""

    def choices(self, population: Sequence[T], weights: Sequence[float]) -> list[T]:
        """One of them, by weight."""

    def sample(self, population: Sequence[T], k: int) -> list[T]:
        """Some of them."""

    def randrange(self, stop: int, /) -> int:
        """From 0 up to `stop`."""
