"""Plain Liquid, filled twenty times as fast: text, variables, and conditions on whether one is there or equals a word.

All else is left to python-liquid; what is filled here comes out as it would there (held by a property test).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from liquid import BoundTemplate, Environment, Markup, escape
from liquid.stringify import to_liquid_string

_PIECE = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)
_PATH = r"([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)"
_OUTPUT = re.compile(rf"\{{\{{\s*{_PATH}\s*(?:\|\s*default:\s*(?:\"([^\"\\]*)\"|'([^'\\]*)')\s*)?\}}\}}")
_IF = re.compile(rf"\{{%\s*if\s+{_PATH}\s*(?:(==|!=)\s*(?:\"([^\"\\]*)\"|'([^'\\]*)')\s*)?%\}}")
_ELSE, _END = re.compile(r"\{%\s*else\s*%\}"), re.compile(r"\{%\s*endif\s*%\}")
_SPECIAL = frozenset(
    {"size", "first", "last", "true", "false", "nil", "null", "empty", "blank", "forloop", "now", "today"}
)
_MISSING = object()

Values = Mapping[str, Any]
Step = Callable[[Values, list[str]], None]


@dataclass(frozen=True, slots=True)
class Quick:
    """A template of plain Liquid."""

    steps: tuple[Step, ...]

    def render(self, values: Values) -> str:
        """Filled."""
        out: list[str] = []
        for step in self.steps:
            step(values, out)
        return "".join(out)


@dataclass(frozen=True, slots=True)
class Slow:
    """Any other."""

    template: BoundTemplate

    def render(self, values: Values) -> str:
        """Filled. Raises one of `sandbox.FAULTS`."""
        return str(self.template.render(values))


def parse(source: str, environment: Environment) -> Quick | Slow:
    """Ready to be filled, the quick way where it is plain. Raises one of `sandbox.FAULTS`."""
    parsed = environment.from_string(source)
    pieces = _PIECE.split(source)
    try:
        steps, rest = _block(pieces, 0, escaping=environment.autoescape)
    except _NotPlainError:
        return Slow(parsed)
    return Quick(tuple(steps)) if rest == len(pieces) else Slow(parsed)


class _NotPlainError(Exception):
    """More than plain Liquid."""


def _block(pieces: list[str], at: int, *, escaping: bool) -> tuple[list[Step], int]:
    """Steps until an `else`, an `endif` or the end; and where that is. Text stands at even places, Liquid at odd ones."""
    steps: list[Step] = []
    while at < len(pieces):
        piece = pieces[at]
        if at % 2 == 0:
            if "{{" in piece or "{%" in piece:
                raise _NotPlainError
            steps.append(_text(piece))
        elif _ELSE.fullmatch(piece) or _END.fullmatch(piece):
            break
        elif found := _OUTPUT.fullmatch(piece):
            steps.append(_output(found, escaping=escaping))
        elif found := _IF.fullmatch(piece):
            step, at = _condition(found, pieces, at, escaping=escaping)
            steps.append(step)
        else:
            raise _NotPlainError
        at += 1
    return steps, at


def _text(piece: str) -> Step:
    def step(values: Values, out: list[str]) -> None:
        out.append(piece)

    return step


def _output(found: re.Match[str], *, escaping: bool) -> Step:
    path = _path(found[1])
    word = found[2] if found[2] is not None else found[3]
    otherwise = Markup(word) if escaping and word is not None else word

    def step(values: Values, out: list[str]) -> None:
        value = _get(values, path)
        if otherwise is not None and _is_nothing(value):
            value = otherwise
        if value is _MISSING:
            return
        if not escaping or type(value) is Markup:
            out.append(value if isinstance(value, str) else to_liquid_string(value, autoescape=False))
        else:
            out.append(str(escape(value)) if type(value) is str else to_liquid_string(value, autoescape=True))

    return step


def _is_nothing(value: object) -> bool:
    """Whether the filter `default` replaces it."""
    return value is _MISSING or value is None or value is False or value in ("", [], {})


def _condition(found: re.Match[str], pieces: list[str], at: int, *, escaping: bool) -> tuple[Step, int]:
    then, end = _block(pieces, at + 1, escaping=escaping)
    otherwise: list[Step] = []
    bodies = [pieces[at + 1 : end]]
    if end < len(pieces) and _ELSE.fullmatch(pieces[end]):
        start = end + 1
        otherwise, end = _block(pieces, start, escaping=escaping)
        bodies.append(pieces[start:end])
    if end >= len(pieces) or not _END.fullmatch(pieces[end]):
        raise _NotPlainError
    if any(not "".join(body).strip() for body in bodies):
        raise _NotPlainError  # Liquid leaves blank blocks out
    test = _test(found)

    def step(values: Values, out: list[str]) -> None:
        for one in then if test(values) else otherwise:
            one(values, out)

    return step, end


def _test(found: re.Match[str]) -> Callable[[Values], bool]:
    path, operator = _path(found[1]), found[2]
    word = found[3] if found[3] is not None else found[4]

    def test(values: Values) -> bool:
        value = _get(values, path)
        if operator is None:
            return value is not _MISSING and value is not None and value is not False
        equal = isinstance(value, str) and value == word
        return equal if operator == "==" else not equal

    return test


def _path(text: str) -> list[str]:
    path = text.split(".")
    if _SPECIAL & set(path):
        raise _NotPlainError
    return path


def _get(values: Values, path: list[str]) -> Any:
    found: Any = values
    for name in path:
        if not isinstance(found, Mapping):
            return _MISSING
        found = found.get(name, _MISSING)
    return found
