"""A Docker engine that answers is taken; one that reaches no registry is done without."""

import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from deploy.local import docker, resolve
from deploy.local.errors import InfrastructureError
from deploy.local.mongodb import serves

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
