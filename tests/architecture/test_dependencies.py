"""Nobody imports what is not declared: it would be there today, by way of another, and gone tomorrow."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from deploy.local.stack import SERVICES
from tests.architecture.rules import _imports, sources
from tests.house import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"chassis", "commons", "services", "sounding", "deploy", "sounding_contracts", "tests", "benchmarks"}
# These are the face of what is declared: FastAPI and motor hand out their classes.
BROUGHT_BY = {"starlette": "fastapi", "pymongo": "motor", "bson": "motor"}


def _declared(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {_plain(re.split(r"[\[<>=;~! ]", line)[0]) for line in lines}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _undeclared(room: str, *extras: str) -> set[str]:
    """Modules imported in a folder whose distribution is declared nowhere."""
    owners, declared = packages_distributions(), _declared(*extras)
    modules = {name.split(".")[0] for _, text in sources(room) for name in _imports(ast.parse(text))} - {""}
    foreign = modules - OURS - sys.stdlib_module_names
    return {
        module
        for module in foreign
        if BROUGHT_BY.get(module) not in declared and not {_plain(one) for one in owners.get(module, [])} & declared
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_declares_what_it_imports(service: str) -> None:
    assert _undeclared(f"services/{service}", service) == set()


@pytest.mark.parametrize(
    ("room", "extras"), [("chassis", ("otlp",)), ("commons", ("profile",)), ("sounding", ()), ("deploy", ("local",))]
)
def test_shared_rooms_declare_what_they_import(room: str, extras: tuple[str, ...]) -> None:
    assert _undeclared(room, *extras) == set()


def test_an_undeclared_import_is_found() -> None:
    assert "aiosmtplib" in _undeclared("services/outbox")
