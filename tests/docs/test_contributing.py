"""CONTRIBUTING's commands, run as written, where that does not mean to run all tests within a test."""

import asyncio
import os
import re
import tomllib
from pathlib import Path

from tests.house import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"^```\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]


async def _run(command: str, folder: Path) -> tuple[int, str]:
    """A shell's line. What this test run told its own workers is not told to another run."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    process = await asyncio.create_subprocess_shell(
        command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 100)
    return process.returncode or 0, output.decode()


def _recipe(target: str) -> list[str]:
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
    assert found is not None
    return [line.strip() for line in found.group(1).splitlines()]


def test_the_page_names_what_this_file_looks_at() -> None:
    assert [
        *("make install", "make check", "make test", "make fix"),
        *('make test ARGS="tests/architecture -n 0"', ".venv/bin/pre-commit install"),
    ] == COMMANDS
    assert {command.split()[1] for command in COMMANDS if command.startswith("make")} <= set(
        re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)
    )


async def test_some_tests_run_by_make() -> None:
    # `-o install`: else an older .venv would be renewed under the feet of the tests that run now.
    command = COMMANDS[-2].replace("make test", "make -o install test")

    code, said = await _run(command.replace("tests/architecture", "tests/architecture/test_rules.py"), ROOT)

    assert code == 0, said
    assert " passed" in said


def test_the_hooks_are_the_checks_and_fetch_nothing() -> None:
    """What `make check` looks at before a push, pre-commit looks at before a commit."""
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"entry: \.venv/bin/(\S+)", config)

    assert re.findall(r"repo: (\S+)", config) == ["local"]
    assert set(re.findall(r"language: (\S+)", config)) == {"system"}
    assert all(any(f".venv/bin/{tool}" in line for line in _recipe("check")) for tool in entries)
    assert {"ruff", "mypy", "lint-imports"} == set(entries)
    assert "pre-commit" in str(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    )


async def test_the_hooks_find_a_fault(tmp_path: Path) -> None:
    """Run as pre-commit runs them, with the files that are to be committed; mypy and imports look at the whole house."""
    (tmp_path / "right.py").write_text('"""Right."""\n')
    (tmp_path / "wrong.py").write_text('"""Wrong."""\nimport os\n')
    assert (await _run(".venv/bin/pre-commit validate-config .pre-commit-config.yaml", ROOT))[0] == 0

    for entry in re.findall(r"entry: (\S+/ruff .+)", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")):
        look = f"{entry} --check" if "format" in entry else entry
        assert (await _run(f"{look} {tmp_path}/right.py", ROOT))[0] == 0
        assert (await _run(f"{look} {tmp_path}/wrong.py", ROOT))[0] == 1
