"""The contracts as documents: JSON Schema of each event, AsyncAPI 3 of all topics, and the page of `docs/events.md`.

`python -m sounding_contracts.documents` writes them beside the sources; with `--check` it says which are not as they
would be written, and ends with 1.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sounding_contracts.envelope import CONTENT_TYPE, AnyPayload
from sounding_contracts.payload import ClosedPayload
from sounding_contracts.topics import ALL, DAY_MS, Kind, Topic

ROOT = Path(__file__).parents[2]
VERSION = 1
_BASE = "https://sounding.dev/schemas"
_TEXT = {"type": "string", "pattern": r"\S", "maxLength": 1024}
_MOMENT = {"type": "string", "format": "date-time"}

_TOLD = {
    "datacontenttype": {"const": "application/json"},
    "traceparent": {"type": "string", "description": "W3C trace context."},
}


def schema_name(payload: type[AnyPayload]) -> str:
    """The file of an event's schema: `customer.sync.v1.json`."""
    return f"{payload.type}.v{VERSION}.json"


def schema(topic: Topic, payload: type[AnyPayload]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a record's whole value: the envelope with its data."""
    data = payload.model_json_schema(ref_template="#/$defs/{model}")
    definitions = data.pop("$defs", {})
    title, text = data.pop("title"), data.pop("description", "")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{_BASE}/{schema_name(payload)}",
        "title": title,
        "description": _plain(text),
        "type": "object",
    }
    if issubclass(payload, ClosedPayload):
        described = _envelope_of_theirs(payload, data) | (
            {"allOf": [dict(payload.envelope)]} if payload.envelope else {}
        )
    else:
        described = _envelope_of_ours(topic, payload, data)
    return {**head, **described, "$defs": definitions}


def _envelope_of_theirs(payload: type[AnyPayload], data: Mapping[str, Any]) -> dict[str, Any]:
    again = "Unique within `source`: a second event with both changes nothing for 45 days."
    whom = "The integration's customer id; may be absent where the data names the customer."
    return {
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**_TEXT, "description": again},
            "source": {**_TEXT, "description": "The integration's name."},
            "type": {"const": payload.type},
            "subject": {**_TEXT, "description": whom},
            "time": {**_MOMENT, "description": "When the integration knew it, with its zone; absent: when it arrived."},
            **_TOLD,
            "data": data,
        },
        "required": ["specversion", "id", "source", "type", "data"],
    }


def _envelope_of_ours(topic: Topic, payload: type[AnyPayload], data: Mapping[str, Any]) -> dict[str, Any]:
    about = f"What it is about; the record's key is the {topic.key}."
    return {
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**_TEXT, "description": "`subject:seq`; a record that comes again has the same."},
            "source": {"const": topic.source},
            "type": {"const": payload.type},
            "subject": {**_TEXT, "description": about},
            "time": {**_MOMENT, "description": "When it happened, with its zone."},
            **_TOLD,
            "data": data,
            "seq": {"type": "integer", "minimum": 1, "description": "Grows by one per subject."},
        },
        "required": ["specversion", "id", "source", "type", "data", "subject", "time", "seq"],
    }


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0 of all topics."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Sounding",
            "version": version("sounding-contracts"),
            "description": "The event streams of Sounding. A deployment's topic prefix stands in front of each address.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {_channel(topic): _channel_of(topic) for topic in ALL},
        "operations": {_channel(topic): _operation(topic) for topic in ALL},
        "components": {"messages": {p.type: _message(topic, p) for topic in ALL for p in topic.types}},
    }


def events_page() -> str:
    """The tables of `docs/events.md`, from a heading of their own on."""
    parts = [
        "## Topics\n",
        "| topic | key | partition by | partitions | kept | written by | read by | types |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    parts += [
        f"| `{topic.name}` | {topic.key} | {topic.partition_by} | {topic.partitions} | {_kept(topic)} | "
        f"{topic.written_by} | {', '.join(topic.read_by)} | "
        f"{', '.join(f'[`{p.type}`](#{_anchor(p)})' for p in topic.types)} |"
        for topic in ALL
    ]
    for topic in ALL:
        for payload in topic.types:
            parts += ["", *_section(topic, payload)]
    return "\n".join(parts) + "\n"


def documents() -> dict[Path, str]:
    """Every generated file, by its place in the repository."""
    found = {
        Path("contracts/schemas") / schema_name(payload): _json(schema(topic, payload))
        for topic in ALL
        for payload in topic.types
    }
    found[Path("contracts/asyncapi.json")] = _json(asyncapi())
    page = ROOT / "docs/events.md"
    written = page.read_text(encoding="utf-8") if page.exists() else ""
    found[Path("docs/events.md")] = written.split("## Topics\n")[0] + events_page()
    return found


def main() -> int:
    """Write the documents, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a file differs")
    check = parser.parse_args().check
    wanted = documents()
    differing = [place for place, text in wanted.items() if _read(ROOT / place) != text]
    extra = [place for place in _schemas_on_disk() if place not in wanted]
    for place in differing if not check else ():
        (ROOT / place).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / place).write_text(wanted[place], encoding="utf-8")
    for place in extra if not check else ():
        (ROOT / place).unlink()
    for place in [*differing, *extra]:
        sys.stdout.write(f"{'differs' if check else 'written'}: {place}\n")
    return 1 if check and (differing or extra) else 0


def _schemas_on_disk() -> Iterator[Path]:
    return (file.relative_to(ROOT) for file in (ROOT / "contracts/schemas").glob("*.json"))


def _read(place: Path) -> str | None:
    return place.read_text(encoding="utf-8") if place.exists() else None


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _channel(topic: Topic) -> str:
    return topic.name.replace(".", "_").replace("-", "_")


def _channel_of(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": f"{_treatment(topic)} Keyed by {topic.key}; partitioned by {topic.partition_by}.",
        "x-written-by": topic.written_by,
        "x-read-by": list(topic.read_by),
        "messages": {p.type: {"$ref": f"#/components/messages/{p.type}"} for p in topic.types},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": "0.5.0",
            }
        },
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    config = topic.config
    kept: dict[str, Any] = {"cleanup.policy": [config["cleanup.policy"]]}
    for name in ("retention.ms", "delete.retention.ms"):
        if name in config:
            kept[name] = int(config[name])
    return kept


def _operation(topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{_channel(topic)}"
    return {
        "action": "receive" if topic.from_outside else "send",
        "summary": f"Written by {topic.written_by}.",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{payload.type}"} for payload in topic.types],
    }


def _message(topic: Topic, payload: type[AnyPayload]) -> dict[str, Any]:
    return {
        "name": payload.type,
        "title": payload.__name__,
        "summary": _plain(payload.__doc__ or "").split("\n")[0],
        "contentType": CONTENT_TYPE,
        "headers": _headers(topic, payload),
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"schemas/{schema_name(payload)}"},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}, "bindingVersion": "0.5.0"}},
    }


def _headers(topic: Topic, payload: type[AnyPayload]) -> dict[str, Any]:
    """CloudEvents' Kafka binding: strangers may write binary mode, where these are all that names the event."""
    described = schema(topic, payload)
    left_out = {"data", "datacontenttype"}
    headers: dict[str, Any] = {
        f"ce_{name}": {"type": "string", "description": f"`{name}` of the envelope, as text."}
        for name in described["properties"]
        if name not in left_out
    }
    headers["content-type"] = {"type": "string", "description": _content_text(topic)}
    required = [] if topic.from_outside else [f"ce_{name}" for name in described["required"] if name not in left_out]
    return {"type": "object", "properties": headers, "required": required}


def _content_text(topic: Topic) -> str:
    if topic.from_outside:
        return f"`{CONTENT_TYPE}`, or `application/json` in binary mode; none of the headers need be given."
    return f"`{CONTENT_TYPE}`; absent from a tombstone."


def _treatment(topic: Topic) -> str:
    if topic.kind is Kind.STATE:
        return "Compacted. Each record is the whole subject; the highest `seq` counts; a null value erases the subject."
    return f"Kept {_kept(topic)}. Each record stands for itself; `source` and `id` remove duplicates."


def _kept(topic: Topic) -> str:
    if topic.kind is Kind.STATE:
        return "compacted"
    return f"{int(topic.config['retention.ms']) // DAY_MS} days"


def _anchor(payload: type[AnyPayload]) -> str:
    return payload.type.replace(".", "")


def _section(topic: Topic, payload: type[AnyPayload]) -> Iterator[str]:
    name = schema_name(payload)
    yield f"## {payload.type}\n"
    yield _plain(payload.__doc__ or "") + "\n"
    examples = name.removesuffix(".json")
    yield f"Schema: [`{name}`](../contracts/schemas/{name})"
    yield f"Examples: [`{examples}`](../contracts/golden/{examples}/)"
    yield f"Topic: `{topic.name}`\n"
    described = schema(topic, payload)
    yield from _fields(described["properties"]["data"])
    for part, content in described["$defs"].items():
        yield f"\n`{part}`: {_plain(content.get('description', ''))}\n"
        yield from _fields(content)


def _fields(described: Mapping[str, Any]) -> Iterator[str]:
    yield "| field | type | |"
    yield "| --- | --- | --- |"
    for name, field in described["properties"].items():
        required = "" if name in described.get("required", ()) else "optional"
        default = f"`{json.dumps(field['default'])}` if absent" if field.get("default") not in (None, "") else ""
        text = "; ".join(part for part in (required, default, field.get("description", "")) if part)
        yield f"| `{name}` | {_type(field)} | {text.replace('|', chr(92) + '|')} |"


def _type(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        kinds = [_type(one) for one in field["anyOf"]]
        return " or ".join(dict.fromkeys(kind for kind in kinds if kind != "null")) or "null"
    if "$ref" in field:
        return f"`{str(field['$ref']).rsplit('/', 1)[1]}`"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"object of {_type(field['additionalProperties'])}"
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if field.get("format") == "date-time":
        return "moment"
    return str(field.get("type", "anything"))


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


if __name__ == "__main__":
    raise SystemExit(main())
