"""What a benchmark found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Report:
    """Figures, what of them is compared with targets, and the targets."""

    results: dict[str, Any]
    ratios: dict[str, float] = field(default_factory=dict)
    targets: dict[str, float] = field(default_factory=dict)


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """The middle, and how bad it gets."""
    ordered = sorted(seconds)
    return {f"p{part}": round(ordered[math.ceil(len(ordered) * part / 100) - 1], 4) for part in (50, 95, 99)}


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """How much the second of each pair grows while the first grows by one; the straight line that fits best."""
    if len(samples) < 2:
        return 0.0
    middle_x = sum(x for x, _ in samples) / len(samples)
    middle_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - middle_x) ** 2 for x, _ in samples)
    return sum((x - middle_x) * (y - middle_y) for x, y in samples) / spread if spread else 0.0
