"""The web app is built where its sources changed, and only there."""

from pathlib import Path

import pytest

from deploy.local import web

PACKAGE = """{"name": "app", "version": "1.0.0", "scripts": {
  "build": "node -e \\"const fs = require('fs'); fs.mkdirSync('../static', {recursive: true}); \
fs.appendFileSync('../built', 'x'); fs.writeFileSync('../static/index.html', 'the app')\\""}}"""
LOCK = '{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "app"}}}'


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "console"
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text(PACKAGE)
    (folder / "package-lock.json").write_text(LOCK)
    (folder / "src" / "main.ts").write_text("1")
    return folder


def test_it_is_built_once_and_again_after_a_change(sources: Path) -> None:
    static, built = sources.parent / "static", sources.parent / "built"

    web.build(sources, static)
    web.build(sources, static)
    assert built.read_text() == "x"
    assert web.is_current(sources, static)

    (sources / "src" / "main.ts").write_text("2")
    assert not web.is_current(sources, static)
    web.build(sources, static)
    assert built.read_text() == "xx"


def test_what_a_build_writes_itself_is_no_change(sources: Path) -> None:
    before = web.source_hash(sources)

    for folder in ("node_modules", "src/generated"):
        (sources / folder).mkdir()
        (sources / folder / "x.ts").write_text("made")
    (sources / ".building").write_text("")

    assert web.source_hash(sources) == before


def test_a_renamed_file_is_a_change(sources: Path) -> None:
    before = web.source_hash(sources)

    (sources / "src" / "main.ts").rename(sources / "src" / "app.ts")

    assert web.source_hash(sources) != before


def test_where_there_are_no_sources_there_is_nothing_to_build(tmp_path: Path) -> None:
    assert web.is_current(tmp_path, tmp_path)
