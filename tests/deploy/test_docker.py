"""A Docker engine that answers is taken; one that reaches no registry is done without."""

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from pymongo import MongoClient

from deploy.local import docker, resolve
from deploy.local.errors import InfrastructureError
from deploy.local.mongodb import Mongod, replies, serves

NO_REGISTRY = "lookup registry-1.docker.io: no such host"


class Engine(BaseHTTPRequestHandler):
    """A Docker engine without images and without a way to any."""

    def do_GET(self) -> None:
        known = {"/version": {"ApiVersion": "1.41"}, "/v1.41/images/json": []}
        self._say(200, known.get(self.path.split("?")[0], "OK"))

    def do_POST(self) -> None:
        self._say(500, {"message": NO_REGISTRY})

    def _say(self, status: int, body: object) -> None:
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def address_string(self) -> str:
        return "here"

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It answers where `DOCKER_HOST` says, and nothing else is chosen."""
    place = str(tmp_path / "docker.sock")
    for variable in (resolve.KAFKA_VARIABLE, resolve.MONGODB_VARIABLE, resolve.CHOICE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
    docker.answers.cache_clear()
    with socketserver.ThreadingUnixStreamServer(place, Engine) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield
        server.shutdown()
    docker.answers.cache_clear()


@pytest.mark.usefixtures("engine")
def test_an_engine_without_images_and_registry_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setenv(resolve.KAFKA_VARIABLE, "one.that.is.given:9092")

    assert str(resolve.plan()) == "Kafka from the environment, MongoDB from Docker"
    with resolve.infrastructure(report=said.append, scratch=tmp_path) as found:
        assert serves(found.mongodb)

    assert found.how == "Kafka from the environment, MongoDB from local processes"
    assert said[0] == f"fetching the image {docker.MONGODB_IMAGE}"
    assert said[1].startswith("taking local processes: Docker has not all images wanted")
    assert NO_REGISTRY in said[1]


@pytest.mark.usefixtures("engine")
def test_whoever_asks_for_docker_gets_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(resolve.CHOICE_VARIABLE, "docker")

    with pytest.raises(InfrastructureError, match=NO_REGISTRY), resolve.infrastructure():
        pass


def test_a_broker_in_a_container_reaches_itself_where_others_do() -> None:
    settings = docker.broker_settings(23_456)

    called, listens = (_ports(settings[name]) for name in ("advertised.listeners", "listeners"))
    mine = settings["inter.broker.listener.name"]
    # Inside of a container no other port of its own address leads to it, and no transaction would end.
    assert called[mine] == listens[mine] == 23_456
    assert settings["controller.quorum.voters"] == f"1@localhost:{listens['CONTROLLER']}"
    assert listens["CONTROLLER"] != 23_456


def test_a_port_that_the_engine_holds_open_is_no_answer_yet(own_mongod: Mongod) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as hangs_up:
        threading.Thread(target=hangs_up.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        assert not _replies(f"mongodb://127.0.0.1:{hangs_up.server_address[1]}/?directConnection=true")
        hangs_up.shutdown()

    assert _replies(own_mongod.address)


def _replies(uri: str) -> bool:
    with MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=2_000) as client:
        return replies(client)


def _ports(listeners: str) -> dict[str, int]:
    parts = (listener.partition("://") for listener in listeners.split(","))
    return {name: int(address.rpartition(":")[2]) for name, _, address in parts}
