"""Whatever is asked of a documented operation: the answer is one that is documented, and never our fault."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from tests.deployment import KEY

EXAMPLES = 2
"""Of each kind, for each operation; the same at each run."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("made_topics")
async def test_no_request_meets_a_fault_of_ours_or_an_answer_that_is_not_documented(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()

    faults = await asyncio.to_thread(_faults, document, str(http.base_url))

    assert faults == []


def test_a_fault_and_an_undocumented_answer_are_noticed() -> None:
    fine: dict[str, Any] = {"content": {"application/json": {}}}
    problem: dict[str, Any] = {"content": {"application/problem+json": {}}}
    operation = {"responses": {"200": fine, "204": {}, "422": problem}}

    assert [*_wrong(operation, 200, "application/json; charset=utf-8"), *_wrong(operation, 204, "")] == []
    assert _wrong(operation, 500, "application/json") == ["answers 500"]
    assert _wrong(operation, 409, "application/json") == ["answers 409, which is not documented"]
    assert _wrong(operation, 422, "text/plain") == ["answers 422 as text/plain, documented is application/problem+json"]


def _wrong(operation: dict[str, Any], status: int, kind: str) -> list[str]:
    documented = operation["responses"].get(str(status))
    if documented is None:
        return [f"answers {status}" + ("" if status >= 500 else ", which is not documented")]
    kinds = list(documented.get("content", {}))
    if kinds and kind.split(";", maxsplit=1)[0] not in kinds:
        return [f"answers {status} as {kind}, documented is {', '.join(kinds)}"]
    return []


def _faults(document: dict[str, Any], base_url: str) -> list[str]:
    schema = schemathesis.openapi.from_dict(document)
    faults: dict[str, None] = {}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {KEY}"
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            operation = found.ok()
            for mode in MODES:
                for fault in _asked(operation, mode, base_url, session):
                    faults[fault] = None
    return list(faults)


def _asked(operation: Any, mode: GenerationMode, base_url: str, session: requests.Session) -> list[str]:
    faults: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        answer = case.call(base_url=base_url, session=session, timeout=20, allow_redirects=False)
        kind = (answer.headers.get("content-type") or [""])[0]
        found = _wrong(operation.definition.raw, answer.status_code, kind)
        faults.extend(f"{operation.label} {one}" for one in found)

    # Where nothing can be sent that is wrong, there is nothing to ask.
    with suppress(Unsatisfiable):
        ask()
    return faults
