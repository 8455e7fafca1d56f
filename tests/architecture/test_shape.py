"""The house keeps its shape: pure domains, a chassis without a word of the domain, small pieces, the same rooms."""

from itertools import chain
from pathlib import Path

import pytest

from deploy.local.stack import SERVICES
from tests.architecture import rules
from tests.architecture.rules import ROOMS, sources
from tests.house import ROOT

CHASSIS_LINES = 3_750
FILE_LINES, FUNCTION_LINES, BUILDER_LINES = 400, 30, 60
BUILDERS = {
    "services/outbox/adapters/render.py::mail": "the parts of a mail in their order",
}
MODULES = {
    *("main", "handlers", "routes", "jobs", "commands", "views", "store", "adapters", "events", "schemas"),
    *("settings", "domain", "public", "__init__", "__main__"),
}
NEEDED = {"main", "handlers", "routes", "commands", "views", "store", "events", "schemas", "settings", "domain"}
DATA = {"README.md", "templates", "static"}
SLEEPS = {
    "tests/waiting.py::eventually": "the pause between two looks",
    "tests/deployment.py::_until_end": "the pause between two looks at a topic",
    "tests/chassis/test_faults_of_servers.py::_run": "the pause between two tries of a stubborn client",
    "tests/chassis/test_faults_of_relays.py::_settled": "the time that a condition looks back on",
    "tests/chassis/toy_process.py::handle": "a handler that is slow on purpose",
    "tests/outbox/test_faults_of_sending.py::test_f33_a_reply_that_comes_late_but_in_time_counts": "a slow server",
    "tests/outbox/test_faults_of_sending.py::test_f33_a_reply_that_comes_too_late_leaves_it_unclear": "a slow server",
    "tests/system/test_pausing.py::_take": "a slow server",
    "tests/ui/pictures.py::_at_rest": "the time that a condition looks back on",
    "tests/outbox/test_gates.py::meanwhile": "time for a no to run into the gate's transaction, which shows nowhere",
    "tests/outbox/test_gates.py::say_no": "time in which an answer that is given too early would come",
}
TEXTS = ("*.md", "Makefile", "pyproject.toml", "docs/**/*.md", "services/**/*.md", "deploy/**/*.sh", ".ci/*")


def test_domains_are_pure() -> None:
    domains = [one for one in sources("services") if one[0].parts[2] == "domain"]

    assert len(domains) > 10
    assert list(chain.from_iterable(rules.impurities(*one) for one in domains)) == []


def test_the_chassis_knows_no_word_of_the_domain() -> None:
    assert list(chain.from_iterable(rules.domain_words(*one) for one in sources("chassis"))) == []


def test_what_domains_use_of_what_services_share_is_pure() -> None:
    shared = [one for one in sources("commons") if f"commons.{one[0].stem}" in rules.PURE]

    assert len(shared) > 1
    assert list(chain.from_iterable(rules.impurities(*one) for one in shared)) == []


def test_the_chassis_stays_small() -> None:
    """Raise the limit only with what two services need, and say so in the commit."""
    assert sum(len(text.splitlines()) for _, text in sources("chassis")) <= CHASSIS_LINES


def test_functions_are_short() -> None:
    code = list(sources(*ROOMS))
    long = [fault for one in code for fault in rules.long_functions(*one, limit=FUNCTION_LINES)]
    endless = [fault for one in code for fault in rules.long_functions(*one, limit=BUILDER_LINES)]

    assert [fault for fault in long if fault.split()[0] not in BUILDERS] == []
    assert endless == []


def test_files_are_short() -> None:
    sizes = {path: len(text.splitlines()) for path, text in sources(*ROOMS)}

    assert {path: lines for path, lines in sizes.items() if lines > FILE_LINES} == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files(service: str) -> None:
    found = {path for path in (ROOT / "services" / service).iterdir() if path.name != "__pycache__"}
    modules = {path.stem for path in found if path.suffix == ".py" or (path.is_dir() and path.name not in DATA)}

    assert modules - MODULES == set()
    assert NEEDED - modules == set()
    assert {path.name for path in found if path.suffix != ".py" and path.name not in modules} - DATA == set()


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_says_how_it_runs_alone_whole_and_in_part(service: str) -> None:
    page = (ROOT / "services" / service / "README.md").read_text(encoding="utf-8")

    assert f"`sounding run {service}`" in page
    assert f"`sounding run {service} --only " in page


def test_there_are_no_other_services() -> None:
    folders = {path.name for path in (ROOT / "services").iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert folders == set(SERVICES)


def test_nothing_is_written_without_order() -> None:
    """In a transaction it hides a duplicate key behind "no such transaction", which is then tried again and again."""
    assert [str(path) for path, text in sources("chassis", "services") if "ordered=False," in text] == []


def test_no_test_is_left_out() -> None:
    assert list(chain.from_iterable(rules.skips(*one) for one in _tests())) == []


def test_no_test_waits_for_a_time() -> None:
    """Wait for a condition with `eventually`; the few that must wait stand in `SLEEPS`, each with its reason."""
    found = chain.from_iterable(rules.sleeps(*one) for one in _tests() if one[0].parts[1] != "chaos")

    assert [place for place in found if place not in SLEEPS] == []


def test_nothing_is_left_for_later() -> None:
    texts = [(path.relative_to(ROOT), path.read_text(encoding="utf-8")) for form in TEXTS for path in ROOT.glob(form)]
    everything = [*sources(*ROOMS, "benchmarks"), *_tests(), *texts]

    assert len(texts) > 10
    assert list(chain.from_iterable(rules.unfinished(*one) for one in everything)) == []


def _tests() -> list[tuple[Path, str]]:
    return [one for one in sources("tests") if one[0].parts[1] != "architecture"]
