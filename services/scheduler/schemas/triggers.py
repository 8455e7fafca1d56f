"""Bodies of triggers, and the filter over their payload."""

from collections.abc import Mapping

from chassis import filters

PAYLOAD_FIELDS: Mapping[str, filters.Field] = {"payload.*": filters.Field(filters.Kind.ANY, "payload.*")}


def conditions(tree: object) -> filters.Filter:
    """Conditions, ready to be asked. Raises `Invalid` with the place and the reason."""
    return filters.parse(tree, PAYLOAD_FIELDS, place="trigger.conditions")
