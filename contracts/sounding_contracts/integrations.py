"""`integrations.customers.v1` and `integrations.triggers.v1`: what other systems tell Sounding."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic.config import JsonDict

from sounding_contracts.payload import ClosedPart, ClosedPayload, Id, Name, Otherwise, all_storable

MAX_TAGS = 500
MAX_PROPERTIES = 500
MAX_DELAY_MINUTES = 90 * 24 * 60

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
PropertyText = Annotated[str, StringConstraints(max_length=5000)]
FiniteNumber = Annotated[float, Field(allow_inf_nan=False)]
SyncValue = Annotated[
    bool | int | FiniteNumber | PropertyText | list[PropertyText] | None,
    Otherwise("must be a text of at most 5,000 characters, a number, true, false, a list of such texts, or null"),
]
_HAS_EMAIL = {"required": ["email"], "properties": {"email": {"type": "string", "minLength": 1}}}
_PLAIN_NAME: JsonDict = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "pattern": r"^\s*[^\s$.\u0000][^.\u0000]*$",
}
Tags = Annotated[list[Name], Field(max_length=MAX_TAGS)]


class TagChange(ClosedPart):
    """Tags to add and to remove; the others stay."""

    add: Tags = Field(default_factory=list)
    remove: Tags = Field(default_factory=list)


TagsOrChange = Annotated[
    Tags | TagChange | None,
    Otherwise("must be a list of at most 500 texts of 1 to 200 characters, or {add, remove} with such lists, or null"),
]


class CustomerFacts(ClosedPart):
    """What can be said of a customer; what is absent stays, null clears."""

    first_name: Text | None = None
    last_name: Text | None = None
    job_title: Text | None = None
    company: Text | None = None
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)] | None = None
    phone: Text | None = None
    city: Text | None = None
    state: Text | None = None
    country: Text | None = None
    language: Text | None = None
    timezone: Text | None = None
    tags: TagsOrChange = Field(
        default=None, description="A list sets the tags; `{add, remove}` changes them; null clears all."
    )
    properties: dict[Name, SyncValue] = Field(
        default_factory=dict,
        max_length=MAX_PROPERTIES,
        description="Merged by name; null removes. Text, number, boolean, list of texts; a date as text.",
        json_schema_extra={"propertyNames": _PLAIN_NAME},
    )

    @field_validator("properties")
    @classmethod
    def _plain_names(cls, properties: dict[str, SyncValue]) -> dict[str, SyncValue]:
        for name in properties:
            if "." in name or name.startswith("$") or "\x00" in name:
                msg = f"the property name {name!r} may not hold a dot or a NUL, nor begin with $"
                raise ValueError(msg)
        return properties


class CustomerSync(CustomerFacts, ClosedPayload):
    """What an integration says of a customer; partial: what is absent stays, null clears.

    On `integrations.customers.v1`, keyed by the integration's customer id, else the e-mail address; kept 30 days.
    The envelope's `source` is the integration's name and `subject` its customer id (may be absent where
    `data.email` is given). The envelope's `time` decides: an older event never overwrites a newer one, field by field.
    A second event with the same `source` and `id` changes nothing.
    """

    type: ClassVar[str] = "customer.sync"
    envelope: ClassVar[Mapping[str, Any]] = {
        "anyOf": [{"required": ["subject"]}, {"properties": {"data": _HAS_EMAIL}}],
        "properties": {"source": {"not": {"pattern": "^([Mm][Aa][Nn][Uu][Aa][Ll]|[Cc][Ss][Vv]|user:.*)$"}}},
    }

    deleted: bool = Field(default=False, description="True deletes the customer; its answers stay.")


class TriggerCustomer(ClosedPart):
    """Whom a trigger is about: by the integration's id, by e-mail, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["external_id"], "properties": {"external_id": {"type": "string"}}},
                {"required": ["email"], "properties": {"email": {"type": "string"}}},
            ]
        }
    )

    external_id: Id | None = None
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320)] | None = None

    @model_validator(mode="after")
    def _named(self) -> "TriggerCustomer":
        if self.external_id is None and self.email is None:
            msg = "give external_id, email or both"
            raise ValueError(msg)
        return self


class SurveyTrigger(ClosedPayload):
    """Something happened after which a transactional campaign may survey the customer.

    On `integrations.triggers.v1`, keyed like the sync events, kept 30 days. The envelope's `id` removes duplicates.
    """

    type: ClassVar[str] = "survey.trigger"

    trigger: Name = Field(description="What happened, such as `order.delivered`; campaigns name it.")
    customer: TriggerCustomer
    payload: dict[str, Any] = Field(default_factory=dict, description="Facts that campaigns' conditions may use.")
    delay_minutes: Annotated[int, Field(ge=0, le=MAX_DELAY_MINUTES)] | None = Field(
        default=None, description="Instead of the campaign's delay and send window; 0: at once."
    )
    cancels: Id | None = Field(
        default=None, description="The id of a trigger of the same source: what still waits for it is cancelled."
    )

    @field_validator("payload")
    @classmethod
    def _storable(cls, payload: dict[str, Any]) -> dict[str, Any]:
        if not all_storable(payload):
            msg = "holds a number beyond 64 bits or a name with a NUL, which no store takes"
            raise ValueError(msg)
        return payload
