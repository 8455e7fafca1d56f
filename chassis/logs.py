"""Structured logs: one fixed text per event (`noun.verb`), facts as fields, ids only."""

import logging
import re
import sys
import time
import traceback
from typing import Any

import structlog

from chassis import telemetry

_MAX_CAUSES, _LIBRARIES = 5, "site-packages"
_SILENCE_SECONDS, _MAX_SAID = 10.0, 1000
_CHATTY = ("aiokafka", "pymongo")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_ADDRESS = re.compile(r"[^\s@<>\"'(),:=]+@[^\s@<>\"'(),:=]+\.[^\s@<>\"'(),:=]+")
_TELLING = (OSError, TypeError, AttributeError, NameError, ImportError)
"""Errors whose text speaks of code and machines; that of others may quote a person's data (a duplicate key does)."""


def _within_trace(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Name the trace that a line belongs to, so that lines of several services can be joined."""
    if parent := telemetry.traceparent():
        line["trace_id"] = parent.split("-")[1]
    return line


def _trace(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Render an exception as its types and frames."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    parts: list[str] = []
    while isinstance(error, BaseException) and len(parts) < _MAX_CAUSES:
        says = f": {error}" if isinstance(error, _TELLING) else ""
        parts.append(f"{_frames(error)}{type(error).__module__}.{type(error).__qualname__}{says}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if parts:
        line["exception"] = "\nwhich led to:\n".join(reversed(parts))
    return line


def _frames(error: BaseException) -> str:
    """Where it passed through code of ours, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return "".join(traceback.format_list([one for one in frames[:-1] if _LIBRARIES not in one.filename] + frames[-1:]))


def _mask(_: Any, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Leave no e-mail address in any text: the last line of defence, for texts of libraries."""
    return {name: _ADDRESS.sub("…@…", found) if isinstance(found, str) else found for name, found in line.items()}


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _within_trace,
    _trace,
    _mask,
]


class Sparse(logging.Filter):
    """Lets a library say the same thing once in ten seconds: while Kafka is away its client says it thirty times a second."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it has not been said a moment ago; the same is the same text before its values are put in."""
        if not record.name.startswith(_CHATTY):
            return True
        said = (record.name, str(record.msg))
        moment = time.monotonic()
        if moment < self._next.get(said, 0.0):
            return False
        if len(self._next) > _MAX_SAID:
            self._next.clear()
        self._next[said] = moment + _SILENCE_SECONDS
        return True


def configure(service: str, *, level: str = "info", style: str = "json") -> None:
    """Send our logs and those of libraries to stderr, one line each."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(Sparse())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(LEVELS[level])
    for noisy in ("aiokafka", "faststream", "pymongo", "uvicorn.access", "httpx", "asyncio"):
        logging.getLogger(noisy).setLevel(max(LEVELS[level], logging.WARNING))
    structlog.contextvars.bind_contextvars(service=service)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a module: `log = get_logger(__name__)`."""  # noqa: D402
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
