"""The dashboard and the alert rules ask only for what the services tell, in a language that Prometheus reads."""

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.local.stack import SERVICES
from tests.house import ROOT

ALERTS = ROOT / "deploy/prometheus/alerts.yaml"
DASHBOARD = ROOT / "deploy/grafana/sounding.json"
RUNBOOKS = ROOT / "docs/operations/runbooks.md"
OF_TARGETS = {"job", "exported_job", "instance", "pod", "namespace", "le"}
"""Labels that Prometheus adds, or renames where a metric has one of the same name."""
PARTS = ("", "_bucket", "_count", "_sum")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """The labels of every series that the services tell, by name."""
    for service in SERVICES:
        importlib.import_module(f"services.{service}.main")
    found: dict[str, set[str]] = {"up": set()}
    for collector, names in list(REGISTRY._collector_to_names.items()):
        labels = set(getattr(collector, "_labelnames", ()))
        for name in names:
            found |= {name + part: labels for part in PARTS}
    return found


def selectors(expression: str) -> list[Any]:
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_series_that_is_asked_for_is_told(told: dict[str, set[str]], where: str, expression: str) -> None:
    asked = selectors(expression.replace("$job", "outbox"))

    assert asked, where
    for one in asked:
        assert one.name in told, where
        assert {matcher.name for matcher in one.matchers.matchers} <= told[one.name] | OF_TARGETS, where
    labels = set().union(*(told[one.name] for one in asked)) | OF_TARGETS
    grouped = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", expression))))
    assert grouped <= labels, where


def test_a_series_that_nobody_tells_is_found(told: dict[str, set[str]]) -> None:
    (one,) = selectors("rate(sounding_mails_sent_total[5m])")

    assert one.name not in told


def test_every_alert_says_what_is_wrong_and_leads_to_a_runbook() -> None:
    headings = re.findall(r"^## (.+)$", RUNBOOKS.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}

    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (ROOT / page, anchor in anchors) == (RUNBOOKS, True), rule["alert"]
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_panels_have_each_their_place_and_say_what_they_show() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]

    assert len(set(places)) == len(places) > 10
    assert len({panel["id"] for panel in panels()}) == len(places)
    assert all(panel["description"].endswith(".") for panel in panels())
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels())
