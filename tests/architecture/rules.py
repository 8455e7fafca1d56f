"""The house rules that a linter does not know. Each takes a source and says what is wrong in it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house import ROOT

ROOMS = ("chassis", "commons", "services", "contracts", "sounding", "deploy")

PURE = {
    *("__future__", "base64", "binascii", "bisect", "calendar", "collections", "dataclasses", "datetime", "decimal"),
    *(
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "hmac",
        "html",
        "ipaddress",
        "itertools",
        "json",
        "math",
        "operator",
        "quopri",
        "re",
    ),
    *("statistics", "string", "types", "typing", "unicodedata", "urllib.parse", "zoneinfo"),
    # Text only: a StringIO is no file.
    *("codecs", "csv", "io"),
    # Bytes to parts of a mail, and back; it sends nothing.
    *("email", "email.errors", "email.header", "email.message", "email.parser"),
    *("chassis.errors", "commons.csv_rows", "commons.email"),
    # Tables and arithmetic only, as the standard library's.
    *("gettext", "idna", "numpy", "numpy.typing", "phonenumbers", "pycountry"),
}
IMPURE_CALLS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "uuid.uuid4", "uuid4"),
    *("open", "print", "input", "exec", "eval"),
}
DOMAIN_WORDS = re.compile(
    r"bounce|brand|campaign|customer|deliverab|dispatch|feedback|integration|mailbox|\bnps\b|occurrence|outbox"
    r"|profile|promoter|recipient|respondent|scheduler|score|survey",
    re.IGNORECASE,
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b|(?i:\bnot (yet )?implemented\b)")
SKIPS = {"skip", "skipif", "skipIf", "xfail", "importorskip", "skipUnless"}
SLEEPS = {"asyncio.sleep", "time.sleep", "sleep", "anyio.sleep"}


def sources(*rooms: str) -> Iterator[tuple[Path, str]]:
    """The Python files of these folders, with their text."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8")


def long_functions(path: Path, text: str, limit: int) -> Iterator[str]:
    """Functions of more lines than the limit; docstrings do not count."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := _lines(node)) > limit:
            yield f"{path}::{node.name} has {lines} lines"


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    documented = node.body[0] if ast.get_docstring(node) else None
    return _height(node) - (_height(documented) if documented else 0)


def _height(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def impurities(path: Path, text: str) -> Iterator[str]:
    """What a domain module imports or calls that is neither pure nor of its own domain."""
    package = ".".join(path.parts[:3])
    tree = ast.parse(text)
    for name in _imports(tree):
        own = name.startswith(f"{package}.") or (name.startswith(".") and not name.startswith(".."))
        if not own and name not in PURE and name.split(".")[0] not in PURE:
            yield f"{path} imports {name}"
    for call in _calls(tree):
        if call in IMPURE_CALLS or call.startswith(("random.", "secrets.", "os.")):
            yield f"{path} calls {call}"
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.Global):
            yield f"{path}:{node.lineno} is {type(node).__name__}"


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def _calls(tree: ast.AST) -> Iterator[str]:
    yield from (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def domain_words(path: Path, text: str) -> Iterator[str]:
    """Words of the domain, wherever they stand."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := DOMAIN_WORDS.search(line):
            yield f"{path}:{number} says {found.group()}"


def skips(path: Path, text: str) -> Iterator[str]:
    """Tests that are left out, or expected to fail."""
    for node in ast.walk(ast.parse(text)):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in SKIPS:
            yield f"{path}:{getattr(node, 'lineno', 0)} has {name}"


def sleeps(path: Path, text: str) -> Iterator[str]:
    """Functions that wait for a time, as `path::function`; letting others run (0) is no waiting."""
    for function, node in _with_function(ast.parse(text), ""):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SLEEPS and ast.unparse(node.args[0]) != "0":
            yield f"{path}::{function}"


def _with_function(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield inner, child
        yield from _with_function(child, inner)


def unfinished(path: Path, text: str) -> Iterator[str]:
    """Notes on what is still to be done."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := UNFINISHED.search(line):
            yield f"{path}:{number} says {found.group()}"
