"""Every rule finds what it is for: a rule that finds nothing guards nothing."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.architecture import rules

DOMAIN = Path("services/things/domain/thing.py")
LONG = "def f():\n" + "    x = 1\n" * 30


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (rules.impurities, "import uuid"),
        (rules.impurities, "from sounding_contracts import topics"),
        (rules.impurities, "from chassis.clock import now"),
        (rules.impurities, "from services.others.domain import other"),
        (rules.impurities, "from services.things import store"),
        (rules.impurities, "from ..store import x"),
        (rules.impurities, "import random\nx = random.random()"),
        (rules.impurities, "from datetime import datetime\nx = datetime.now()"),
        (rules.impurities, "text = open('file').read()"),
        (rules.impurities, "async def f(): ..."),
        (rules.domain_words, "# for a customer"),
        (rules.domain_words, "class Dispatched: ..."),
        (rules.skips, "@pytest.mark.skip\ndef test_it(): ..."),
        (rules.skips, "pytest.importorskip('kafka')"),
        (rules.skips, "from pytest import mark\n@mark.xfail(reason='x')\ndef test_it(): ..."),
        (rules.sleeps, "async def test_it():\n    await asyncio.sleep(1)"),
        (rules.sleeps, "from time import sleep\ndef test_it():\n    sleep(0.1)"),
        (rules.unfinished, "# TODO: later"),
        (rules.unfinished, "raise NotImplementedError"),
        (rules.unfinished, "This is not yet implemented."),
        (partial(rules.long_functions, limit=30), LONG),
    ],
)
def test_a_breach_is_found(rule: Callable[[Path, str], Iterator[str]], source: str) -> None:
    assert len(list(rule(DOMAIN, source))) >= 1


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (rules.impurities, "import re\nfrom chassis.errors import Invalid\nfrom .other import x"),
        (rules.impurities, "from services.things.domain.other import x\ny = x.now(3)"),
        (rules.skips, "text = 'the hour is skipped'"),
        (rules.sleeps, "async def f():\n    await asyncio.sleep(0)"),
        (rules.domain_words, "def answer(request): ..."),
        (
            partial(rules.long_functions, limit=30),
            LONG.replace("    x = 1\n", '    """\n    ' + "a\n" * 29 + '    """\n', 1),
        ),
    ],
)
def test_what_is_right_is_let_through(rule: Callable[[Path, str], Iterator[str]], source: str) -> None:
    assert list(rule(DOMAIN, source)) == []
