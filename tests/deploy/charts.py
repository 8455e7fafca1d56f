"""The Helm chart as its users get it: rendered by Helm's own SDK, object by object."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as prometheus
from helm_python.chart import Chart

from tests.house import ROOT

CHART = ROOT / "deploy/helm/sounding"
Objects = dict[tuple[str, str], dict[str, Any]]
KUBERNETES = "1.34"
MODELS: dict[str, Any] = {
    "ScaledObject": keda.ScaledObject,
    "TriggerAuthentication": keda.TriggerAuthentication,
    "PodMonitor": prometheus.PodMonitor,
    "PrometheusRule": prometheus.PrometheusRule,
}
"""Kinds whose schemas Kubernetes has not; these are held against their own models."""
OF_OPERATORS = {"Kafka", "KafkaNodePool", "KafkaUser", "MongoDBCommunity"}
"""Kinds that are held against nothing."""

STRIMZI: dict[str, Any] = {"strimzi": {"enabled": True}}
VARIANTS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "secured": {"kafka": {"sasl": True, "tls": True, "topicPrefix": "acme-", "caSecret": {"name": "kafka-ca"}}},
    "by operators": {"kafka": STRIMZI, "mongodb": {"community": {"enabled": True, "storageClass": "ssd"}}},
    "without keda": {"autoscaling": {"kind": "hpa"}},
    "fixed": {"autoscaling": {"kind": "none"}, "networkPolicy": {"enabled": False}, "setup": {"enabled": False}},
    "all of it": {
        "autoscaling": {"prometheus": "http://prometheus:9090"},
        "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls", "annotations": {"a": "b"}},
        "monitoring": {"podMonitor": True, "rules": True, "dashboard": True},
        "image": {
            "registry": "registry.example.com",
            "digests": {"outbox": "sha256:" + "a" * 64},
            "pullSecrets": [{"name": "p"}],
        },
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "surveys", "operator": "Exists"}],
        "networkPolicy": {"egress": [{"ports": [{"port": 4318}]}]},
    },
}


@cache
def chart() -> Chart:
    return Chart.load(CHART)


def values() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(CHART / "values.yaml").read_text(encoding="utf-8"))
    return found


def rendered(given: dict[str, Any]) -> Objects:
    """All objects by kind and name."""
    return _rendered(json.dumps(given))


@cache
def _rendered(given: str) -> Objects:
    texts = chart().render(json.loads(given), name="acme", namespace="surveys")
    found = [one for path, text in texts.items() if path.endswith(".yaml") for one in yaml.safe_load_all(text) if one]
    objects = {(one["kind"], one["metadata"]["name"]): one for one in found}
    assert len(objects) == len(found), "two objects of one name"
    return objects
