"""A small company to look around in; its data lies beside this file."""

import json
from pathlib import Path
from typing import Any


def content(name: str) -> Any:
    """One of its files of JSON, by its name without the ending."""
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))


def campaign_calls() -> list[tuple[str, str, str, Any]]:
    """What makes its campaign and switches it on: service, method, path and body of each call, in their order.

    The campaign surveys everybody with the tag `nps` at once.
    """
    return [
        ("outbox", "PUT", "/v1/brands/northlight", content("brand")),
        ("outbox", "PUT", "/v1/templates/relationship", content("template")),
        ("scheduler", "POST", "/v1/campaigns", content("campaign")),
        ("scheduler", "POST", "/v1/campaigns/relationship-nps/activate", None),
    ]
