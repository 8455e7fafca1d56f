"""Health: live (the process works), ready (it can do its job), and why not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

Check = Callable[[], Awaitable[str | None]]
"""Returns what is wrong, or None."""


@dataclass(slots=True)
class Health:
    """Collects checks. `alive` ones ask for a restart when they fail; `ready` ones only for patience."""

    alive: dict[str, Check] = field(default_factory=dict)
    ready: dict[str, Check] = field(default_factory=dict)
    excuse: Callable[[], Awaitable[bool]] | None = None
    """Whether what the `alive` ones wait for was away: no restart would mend that."""

    async def dead(self) -> dict[str, str]:
        """What a restart should mend, by check."""
        faults = await _faults(self.alive)
        return {} if faults and self.excuse and await self.excuse() else faults

    async def unready(self) -> dict[str, str]:
        """What stands in the way of work, by check."""
        return {**await self.dead(), **await _faults(self.ready)}


async def _faults(checks: Mapping[str, Check]) -> dict[str, str]:
    answers = await asyncio.gather(*(_ask(check) for check in checks.values()))
    return {name: fault for name, fault in zip(checks, answers, strict=True) if fault}


async def _ask(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), 3)
    except Exception as error:  # noqa: BLE001 - a check that fails is an answer
        return f"{type(error).__name__}: {error}"[:300]
