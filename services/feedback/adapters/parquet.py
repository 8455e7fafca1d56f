"""Answers as Parquet: written row group by row group while they are read, so that no file is ever whole in memory."""

import asyncio
import contextlib
import io
import queue
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any, cast

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema, list_array
from arro3.io import write_parquet

from services.feedback.domain.exporting import COLUMNS, as_json

ROWS_IN_GROUP, PIECES = 10_000, 64
LISTS = {"work_tags", "customer_tags"}
MOMENTS = {"answered_at", "changed_at"}
NUMBERS = {"score", "work_note_count"}
TRUTHS = {"provisional", "suspected_automatic", "past"}
NEEDED = {"id", "channel", "metric", "score", "score_class", *MOMENTS, *TRUTHS}
Row = Mapping[str, Any]

_TEXT, _TEXTS = DataType.string(), DataType.list(Field("item", DataType.string()))
_MOMENT = DataType.timestamp("ms", tz="UTC")


def _type(name: str) -> DataType:
    kinds = {_TEXTS: LISTS, _MOMENT: MOMENTS, DataType.int64(): NUMBERS, DataType.bool(): TRUTHS}
    return next((kind for kind, names in kinds.items() if name in names), _TEXT)


SCHEMA = Schema([Field(name, _type(name), nullable=name not in NEEDED) for name in COLUMNS])


async def parquet(pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """The file in pieces. Rows are as `exporting.values` gives them; the writer waits for pages, and they for it."""
    writer = _Writer()
    feeding = asyncio.create_task(writer.feed(pages))
    try:
        while piece := await asyncio.to_thread(writer.pieces.get):
            yield piece
        await feeding
        if writer.fault is not None:
            raise writer.fault
    finally:
        feeding.cancel()
        writer.stop()


class _Writer(io.RawIOBase):
    """A file that is written by a thread and read piece by piece. Empty bytes are its end."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: queue.Queue[bytes] = queue.Queue(maxsize=PIECES)
        self.fault: Exception | None = None
        self._pages: queue.Queue[Sequence[Row] | None] = queue.Queue(maxsize=2)
        self._stopped = False
        threading.Thread(target=self._run, name="parquet", daemon=True).start()

    async def feed(self, pages: AsyncIterator[Sequence[Row]]) -> None:
        """Hand over pages as fast as they are written."""
        try:
            async for page in pages:
                await asyncio.to_thread(self._pages.put, page)
        finally:
            await asyncio.to_thread(self._pages.put, None)

    def stop(self) -> None:
        """Let the thread end, whatever it waits for."""
        self._stopped = True
        for waiting in (self._pages, self.pieces):
            with contextlib.suppress(queue.Empty):
                while True:
                    waiting.get_nowait()
        with contextlib.suppress(queue.Full):
            self._pages.put_nowait(None)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, piece: Any) -> int:
        """Take a piece."""
        if not self._stopped:
            self.pieces.put(bytes(piece))
        return len(piece)

    def _run(self) -> None:
        try:
            reader = RecordBatchReader.from_batches(SCHEMA, self._batches())
            write_parquet(reader, cast("IO[bytes]", self), compression="zstd(1)", max_row_group_size=ROWS_IN_GROUP)
        except Exception as error:  # noqa: BLE001 - it is whoever's reads the file
            self.fault = error
        self.pieces.put(b"")

    def _batches(self) -> Iterator[RecordBatch]:
        while (page := self._pages.get()) is not None and not self._stopped:
            if page:
                yield RecordBatch.from_arrays(
                    [_column(name, [row[name] for row in page]) for name in COLUMNS], schema=SCHEMA
                )


def _column(name: str, values: Sequence[Any]) -> Array:
    if name in LISTS:
        ends = [0]
        for value in values:
            ends.append(ends[-1] + len(value or ()))
        inner = Array([one for value in values for one in value or ()], _TEXT)
        return list_array(Array(ends, DataType.int32()), inner, type=_TEXTS)
    if name in MOMENTS:
        return Array([_milliseconds(value) for value in values], DataType.int64()).cast(_MOMENT)
    if _type(name) is _TEXT:
        return Array([value if value is None or isinstance(value, str) else as_json(value) for value in values], _TEXT)
    return Array(list(values), _type(name))


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
