"""What a service reads: handlers registered by topic, with all that the consumer must know of them."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sounding_contracts.envelope import Event
from sounding_contracts.topics import Kind, Topic

from chassis.mongo import Transaction

__all__ = ["Event", "Handler", "Kind", "Router", "Subscription", "Topic", "Transaction"]

Handler = Callable[[Sequence[Event[Any]], Transaction], Awaitable[Iterable[str] | None]]
"""Given events and a transaction; may return the ids whose derived values must be made anew."""
Derive = Callable[[Transaction, set[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One handler of one topic. `projections` are the collections that a rebuild may make anew with it."""

    topic: Topic
    purpose: str
    handler: Handler
    projections: tuple[str, ...] = ()
    derive: Derive | None = None
    derives_for: str = "_id"
    lanes: int = 1
    gives_way: bool = False


@dataclass(slots=True)
class Router:
    """Collects a service's handlers."""

    subscriptions: list[Subscription] = field(default_factory=list)

    def reads(
        self,
        topic: Topic,
        *,
        purpose: str | None = None,
        projections: tuple[str, ...] = (),
        derive: Derive | None = None,
        derives_for: str = "_id",
        lanes: int = 1,
        gives_way: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler of batches of events.

        It gets events that are decoded, new to this service and, on state streams, the newest of
        their subject; it commits with the transaction given, and is acknowledged after that.
        It may run more than once for the same events: no effect outside `tx`. A `Refusal` sends
        the event at fault to the dead letters. `purpose` names the consumer group; by default the
        stream's name. `projections` names the collections that only this handler writes, each
        through `put_newer`: those can be rebuilt. What is computed from such rows and stored
        elsewhere is made by `derive`, in the same transaction, for the ids that the handler returns;
        after a rebuild, for those that changed rows hold in the field `derives_for`. With more than
        one of `lanes` a batch is applied in as many transactions at once, each key in one of them. What
        `gives_way` is held back for some seconds at a time while the process has its hands full with others.
        """

        def register(handler: Handler) -> Handler:
            name = purpose or topic.name.split(".")[1]
            self.subscriptions.append(
                Subscription(
                    topic=topic,
                    purpose=name,
                    handler=handler,
                    projections=projections,
                    derive=derive,
                    derives_for=derives_for,
                    lanes=lanes,
                    gives_way=gives_way,
                )
            )
            return handler

        return register
