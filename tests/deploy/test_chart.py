"""The Helm chart makes objects that Kubernetes takes, of every kind that it can be asked for, and leaves nothing open."""

import asyncio
import importlib
import json
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest
from helm_python.chart import lint
from helm_python.errors import HelmError

from chassis.settings import ChassisSettings
from deploy.local.stack import SERVICES
from sounding.acls import Acl, acls
from tests.deploy.charts import CHART, KUBERNETES, MODELS, OF_OPERATORS, STRIMZI, VARIANTS, Objects, rendered, values

INSIDE = ("/v1", "/health", "/metrics", "/docs", "/openapi.json", "/redoc")


@pytest.fixture(params=VARIANTS, scope="module")
def objects(request: pytest.FixtureRequest) -> Objects:
    return rendered(VARIANTS[request.param])


def of_kind(objects: Objects, kind: str) -> dict[str, dict[str, Any]]:
    return {name: one for (found, name), one in objects.items() if found == kind}


def services_of(name: str) -> Any:
    settings = importlib.import_module(f"services.{name}.settings").Settings
    chassis = ChassisSettings(kafka="k:1", mongodb="mongodb://m", signing_keys=["a key for this test only"])
    return importlib.import_module(f"services.{name}.main").build(settings(chassis=chassis))


@pytest.fixture(scope="module")
async def built() -> dict[str, Any]:
    return {name: services_of(name) for name in SERVICES}


def test_helm_finds_nothing_to_say_against_it() -> None:
    report = lint(CHART, strict=True)

    assert [one for one in report["messages"] if one["severity"] > 1] == []


def test_kubernetes_takes_every_object(objects: Objects) -> None:
    for (kind, name), one in objects.items():
        if kind in MODELS:
            told = MODELS[kind].model_validate(one).model_dump(by_alias=True, exclude_unset=True, mode="json")
            assert json.dumps(told, sort_keys=True) == json.dumps(one, sort_keys=True), (kind, name)
        elif kind not in OF_OPERATORS:
            kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_an_object_that_kubernetes_would_not_take_is_found() -> None:
    (one,) = list(of_kind(rendered({}), "PodDisruptionBudget").values())[:1]

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**one, "spec": {**one["spec"], "maxUnavailabel": 1}}, KUBERNETES, strict=True)


def test_every_service_runs_without_rights_and_says_how_it_is(objects: Objects) -> None:
    deployments = of_kind(objects, "Deployment")

    assert set(deployments) == {f"acme-{name}" for name in SERVICES}
    jobs = of_kind(objects, "Job").values()
    for one in (*deployments.values(), *jobs):
        pod = one["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert (pod["securityContext"]["runAsNonRoot"], pod["automountServiceAccountToken"]) == (True, False)
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
    for one in deployments.values():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
        assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert set(of_kind(objects, "PodDisruptionBudget")) == set(deployments)


def test_secrets_are_named_and_never_given(objects: Objects) -> None:
    assert of_kind(objects, "Secret") == {}
    for one in of_kind(objects, "Deployment").values():
        (container,) = one["spec"]["template"]["spec"]["containers"]
        names = [entry["name"] for entry in container["env"]]
        assert len(set(names)) == len(names)
        for entry in container["env"]:
            if any(word in entry["name"] for word in ("PASSWORD", "MONGODB", "KEY")):
                assert "secretKeyRef" in entry["valueFrom"]


def test_selectors_find_their_pods_and_only_those(objects: Objects) -> None:
    pods = {name: one["spec"]["template"]["metadata"]["labels"] for name, one in of_kind(objects, "Deployment").items()}
    chosen = {name: one["spec"]["selector"] for name, one in of_kind(objects, "Service").items()}
    chosen |= {
        name: one["spec"]["selector"]["matchLabels"] for name, one in of_kind(objects, "PodDisruptionBudget").items()
    }

    for name, selector in chosen.items():
        assert [pod for pod, labels in pods.items() if selector.items() <= labels.items()] == [name]


async def test_every_stream_of_every_service_scales_it(built: dict[str, Any]) -> None:
    given = values()["services"]

    for name, service in built.items():
        read = {(found.topic.name, found.purpose) for found in service.streams.subscriptions}
        assert {(one["topic"], one["group"]) for one in given[name]["streams"]} == read, name
        most = max(found.topic.partitions for found in service.streams.subscriptions)
        assert given[name]["replicas"]["max"] <= most
        service.database.close()


async def test_every_variable_is_one_that_the_service_reads(built: dict[str, Any]) -> None:
    shared = {f"SOUNDING_{field.upper()}" for field in ChassisSettings.model_fields}
    for name, one in of_kind(rendered(VARIANTS["secured"]), "Deployment").items():
        service = name.removeprefix("acme-")
        fields = importlib.import_module(f"services.{service}.settings").Settings.model_fields
        own = {f"SOUNDING_{service.upper()}_{field.upper()}" for field in fields}
        (container,) = one["spec"]["template"]["spec"]["containers"]
        assert {entry["name"] for entry in container["env"]} <= shared | own
    await asyncio.sleep(0)


def test_keda_scales_by_lag_and_outbox_by_what_is_due() -> None:
    scaled = of_kind(rendered(VARIANTS["all of it"]), "ScaledObject")
    triggers = scaled["acme-outbox"]["spec"]["triggers"]

    assert set(scaled) == {f"acme-{name}" for name in SERVICES}
    assert [one["type"] for one in triggers].count("prometheus") == 2
    assert "sounding_outbox_due_count" in triggers[-2]["metadata"]["query"]
    assert "sounding_outbox_due_age_seconds" in triggers[-1]["metadata"]["query"]
    assert of_kind(rendered({}), "HorizontalPodAutoscaler") == {}


def test_keda_signs_in_as_the_service_it_scales() -> None:
    objects = rendered(VARIANTS["secured"])
    trigger = of_kind(objects, "ScaledObject")["acme-profile"]["spec"]["triggers"][0]

    assert trigger["metadata"]["topic"] == "acme-integrations.customers.v1"
    assert trigger["metadata"]["consumerGroup"] == "acme-profile.syncs"
    assert (trigger["metadata"]["sasl"], trigger["metadata"]["tls"]) == ("scram_sha512", "enable")
    assert ("TriggerAuthentication", trigger["authenticationRef"]["name"]) in objects


def test_without_keda_the_processor_decides() -> None:
    objects = rendered(VARIANTS["without keda"])

    assert set(of_kind(objects, "HorizontalPodAutoscaler")) == {f"acme-{name}" for name in SERVICES}
    assert of_kind(objects, "ScaledObject") == {}
    with pytest.raises(HelmError, match="keda, hpa or none"):
        rendered({"autoscaling": {"kind": "magic"}})


def test_topics_and_indexes_are_made_before_the_services_start() -> None:
    external, operators = rendered({}), rendered(VARIANTS["by operators"])

    assert set(of_kind(external, "Job")) == {"acme-topics", *(f"acme-migrate-{name}" for name in SERVICES)}
    hooks = {name: one["metadata"]["annotations"]["helm.sh/hook"] for name, one in of_kind(external, "Job").items()}
    assert set(hooks.values()) == {"pre-install,pre-upgrade"}
    # What operators make is there only after the installation.
    later = of_kind(operators, "Job")["acme-topics"]["metadata"]["annotations"]["helm.sh/hook"]
    assert later == "post-install,pre-upgrade"


def test_strimzis_users_may_do_what_the_registry_of_topics_says_and_no_more() -> None:
    users = of_kind(rendered({"kafka": {**STRIMZI, "topicPrefix": "acme-"}}), "KafkaUser")
    kinds = {"topic": "topic", "group": "group", "transactionalId": "transactional-id"}

    found = {
        Acl(name, kinds[on["type"]], on["name"], on["patternType"] == "prefix", tuple(one["operations"]))
        for name in SERVICES
        for one in users[f"acme-{name}"]["spec"]["authorization"]["acls"]
        for on in [one["resource"]]
    }
    assert found == {one for one in acls("acme-") if one.user in SERVICES}


def test_each_service_has_a_user_for_its_own_database_alone() -> None:
    (cluster,) = of_kind(rendered(VARIANTS["by operators"]), "MongoDBCommunity").values()

    roles = {user["name"]: user["roles"] for user in cluster["spec"]["users"]}
    assert roles == {name: [{"name": "readWrite", "db": name}] for name in SERVICES}


def test_the_world_reaches_the_public_pages_and_nothing_else(built: dict[str, Any]) -> None:
    (ingress,) = of_kind(rendered(VARIANTS["all of it"]), "Ingress").values()
    surveys = ingress["spec"]["rules"][0]["http"]["paths"]
    open_to = {(one["backend"]["service"]["name"].removeprefix("acme-"), one["path"]) for one in surveys}

    public = {
        (name, "/" + path.split("/")[1])
        for name in ("scheduler", "outbox", "feedback")
        for path in paths(built[name].app().routes)
        if not path.startswith(INSIDE)
    }
    assert open_to == public


def paths(routes: Any) -> Iterator[str]:
    """The paths of an app, those of its routers too."""
    for route in routes:
        if hasattr(route, "path"):
            yield route.path
        else:
            yield from paths(route.original_router.routes)


def test_pods_hear_only_from_those_who_ask_them() -> None:
    policies = of_kind(rendered({}), "NetworkPolicy")

    assert {f"acme-{name}" for name in SERVICES} <= set(policies)
    for name in SERVICES:
        spec = policies[f"acme-{name}"]["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        assert [rule["ports"] for rule in spec["ingress"]] == [[{"port": "http"}]]
        ports = {port["port"] for rule in spec["egress"] for port in rule["ports"]}
        assert (25 in ports) == (name == "outbox")
        assert (443 in ports) == (name in {"feedback", "console"})


def test_images_are_taken_by_digest_where_one_is_given() -> None:
    deployments = of_kind(rendered(VARIANTS["all of it"]), "Deployment")
    images = {name: one["spec"]["template"]["spec"]["containers"][0]["image"] for name, one in deployments.items()}

    assert images["acme-outbox"] == f"registry.example.com/sounding-outbox@sha256:{'a' * 64}"
    assert images["acme-profile"].startswith("registry.example.com/sounding-profile:")


def test_rules_and_dashboard_are_the_ones_of_this_repository() -> None:
    objects = rendered(VARIANTS["all of it"])
    (rule,) = of_kind(objects, "PrometheusRule").values()
    (dashboard,) = of_kind(objects, "ConfigMap").values()

    assert [group["name"] for group in rule["spec"]["groups"]] == ["sounding", "sounding-sending"]
    assert json.loads(dashboard["data"]["sounding.json"])["uid"] == "sounding"
