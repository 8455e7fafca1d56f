"""Liquid within limits: a template is a user's text, not a program."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import FilterArgumentError, LiquidError

MAX_OUTPUT = 300_000
MAX_ITEMS = 1_000
REFUSED_FILTERS = ("safe", "escapejs")
"""They let a customer's words into the HTML as they are."""
REFUSED_TAGS = ("include", "render", "increment", "decrement")
FAULTS = (LiquidError, ValueError, TypeError, ArithmeticError, RecursionError)
"""What reading or filling a template may raise."""


class _Limited(Environment):
    loop_iteration_limit = MAX_ITEMS
    output_stream_limit = MAX_OUTPUT
    local_namespace_limit = MAX_OUTPUT
    context_depth_limit = 10
    block_nesting_limit = 20

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Without what escapes the limits; no filter takes or gives more than they allow."""
        super().setup_tags_and_filters(extra=extra)
        for name in REFUSED_FILTERS:
            del self.filters[name]
        for name in REFUSED_TAGS:
            del self.tags[name]
        for name, filter_ in self.filters.items():
            self.filters[name] = _bounded(name, filter_)

    def from_string(self, source: str, *args: Any, **more: Any) -> BoundTemplate:
        """A template, parsed. Raises one of `FAULTS`."""
        _all_closed(source)
        return super().from_string(source, *args, **more)


def _all_closed(source: str) -> None:
    """Raises where Liquid is opened and not closed: the parser would look to the end for each of them."""
    for opening, closing in (("{{", "}}"), ("{%", "%}")):
        at = source.find(opening)
        while at >= 0:
            end = source.find(closing, at + 2)
            if end < 0:
                msg = f"{opening} on line {source.count(chr(10), 0, at) + 1} is not closed"
                raise ValueError(msg)
            at = source.find(opening, end + 2)


def _bounded(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(filter_)
    def bounded(*args: Any, **more: Any) -> Any:
        for value in args:
            _check(name, value)
        if name in GROWTH and GROWTH[name](*args) > MAX_OUTPUT:
            raise _too_large(name)
        result = filter_(*args, **more)
        _check(name, result)
        return result

    return bounded


def _check(name: str, value: object) -> None:
    """Refuses what is too large, without walking through it."""
    if isinstance(value, range):
        if value.stop - value.start > MAX_ITEMS:
            raise _too_large(name)
    elif isinstance(value, list | tuple):
        if len(value) > MAX_ITEMS:
            raise _too_large(name)
    elif isinstance(value, str):
        if len(value) > MAX_OUTPUT:
            raise _too_large(name)
    elif isinstance(value, int) and value.bit_length() > 256:  # noqa: PLR2004 - no number that a mail needs
        raise _too_large(name)


def _replaced(value: object, old: object = "", new: object = "", *_: object) -> int:
    text, sought = str(value), str(old)
    return len(text) + text.count(sought) * len(str(new))


def _joined(items: object, separator: object = "", *_: object) -> int:
    return len(items) * len(str(separator)) if isinstance(items, list | tuple) else 0


GROWTH: dict[str, Callable[..., int]] = {"replace": _replaced, "join": _joined}
"""Filters whose result may be far larger than what they are given: its size, before it is made."""


def _too_large(name: str) -> FilterArgumentError:
    return FilterArgumentError(f"the filter {name} would take or make too much", token=None)


html = _Limited(autoescape=True)
text = _Limited(autoescape=False)
checking = _Limited(autoescape=True, undefined=StrictUndefined)
