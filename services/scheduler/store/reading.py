"""What reads go through."""

from typing import Any, Protocol

from chassis.mongo import Collection, Database


class Reader(Protocol):
    """What reads go through: a transaction, or `Outside` one."""

    session: Any

    def collection(self, name: str) -> Collection:
        """A collection; give each call on it `session=reader.session`."""


class Outside:
    """Reads outside of any transaction: each sees what is stored by then, and waits for nothing."""

    def __init__(self, database: Database) -> None:
        self.session, self.collection = None, database.collection
