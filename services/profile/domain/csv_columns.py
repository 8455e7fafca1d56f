"""The columns of a CSV file of customers: what each is, and what a row says by them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.errors import Invalid
from commons.csv_rows import plain

from .customer import TEXT_FIELDS, Value
from .properties import PropertyType

NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?")
SPLIT = re.compile(r"[;,|]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What each column is: a field's name, `tags`, `properties.NAME`, `external_id`, or None to pass it over.

    `clear_empty`: an empty cell clears; otherwise it says nothing. `add_tags` go to everybody.
    """

    columns: Sequence[str | None]
    clear_empty: bool = False
    add_tags: Sequence[str] = ()


def check_columns(columns: Sequence[str | None]) -> None:
    """Raises `Invalid` for a column that is none, or named twice, or where nobody could be known by the rest."""
    code = "mapping-not-valid"
    named = [column for column in columns if column]
    for place, column in enumerate(columns):
        if column and column not in {*TEXT_FIELDS, "tags", "external_id"} and not _property(column):
            reason = "must be a field, tags, external_id, properties.NAME, or null"
            raise Invalid(code, reason, field=f"columns.{place}")
    if len(set(named)) < len(named):
        reason = "names something twice"
        raise Invalid(code, reason, field="columns")
    if not {"email", "external_id"} & set(named):
        reason = "must have email, external_id, or both, by which a customer is known"
        raise Invalid(code, reason, field="columns")


def _property(column: str) -> bool:
    name = column.removeprefix("properties.")
    return name != column and bool(name.strip()) and "." not in name and not name.startswith("$") and "\x00" not in name


def suggest(header: Sequence[str]) -> list[str | None]:
    """What the columns most likely are, by their names."""
    known = {**{name: name for name in (*TEXT_FIELDS, "tags", "external_id")}, **_ALIASES}
    found: list[str | None] = []
    for title in header:
        guess = known.get(re.sub(r"[^a-z]+", "_", title.casefold()).strip("_"))
        found.append(guess if guess not in found else None)
    return found


_ALIASES = {
    **dict.fromkeys(("e_mail", "mail", "email_address", "e_mail_address"), "email"),
    **dict.fromkeys(("firstname", "given_name", "forename"), "first_name"),
    **dict.fromkeys(("lastname", "surname", "family_name"), "last_name"),
    **dict.fromkeys(("company_name", "organisation", "organization", "account"), "company"),
    **dict.fromkeys(("title", "position", "role"), "job_title"),
    **dict.fromkeys(("telephone", "phone_number", "mobile"), "phone"),
    **dict.fromkeys(("town",), "city"),
    **dict.fromkeys(("region", "province"), "state"),
    **dict.fromkeys(("country_code",), "country"),
    **dict.fromkeys(("locale", "lang"), "language"),
    **dict.fromkeys(("time_zone",), "timezone"),
    **dict.fromkeys(("id", "customer_id", "externalid"), "external_id"),
    **dict.fromkeys(("labels", "segments"), "tags"),
}


def said_in(cells: Sequence[str], plan: Plan, types: Mapping[str, PropertyType]) -> dict[str, object]:
    """What a row says, as the data of a sync event. Raises `Invalid` that names the column."""
    if len(cells) != len(plan.columns):
        code, reason = "row-not-valid", f"has {len(cells)} cells where there are {len(plan.columns)} columns"
        raise Invalid(code, reason)
    data: dict[str, object] = {}
    properties: dict[str, Value] = {}
    tags = list(plan.add_tags)
    for column, cell in zip(plan.columns, cells, strict=True):
        if column is None:
            continue
        text = plain(cell)
        if not text and not plan.clear_empty:
            continue
        if column == "tags":
            tags += [tag.strip() for tag in SPLIT.split(text) if tag.strip()]
        elif column[:11] == "properties.":
            name = column[11:]
            properties[name] = value_of(text, types.get(name)) if text else None
        else:
            data[column] = text or None
    return {**data, **({"properties": properties} if properties else {}), **({"tags": {"add": tags}} if tags else {})}


def value_of(text: str, type_: PropertyType | None) -> Value:
    """A cell as a property's value: of its type where it has one, else of what it looks like."""
    if type_ is PropertyType.TEXT or type_ is PropertyType.DATE:
        return text
    if type_ is PropertyType.LIST:
        return tuple(part.strip() for part in SPLIT.split(text) if part.strip())
    if type_ in {None, PropertyType.NUMBER} and NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    if text.casefold() in {"true", "false"} and type_ in {None, PropertyType.BOOLEAN}:
        return text.casefold() == "true"
    if type_ is PropertyType.BOOLEAN and text.casefold() in {"yes", "no"}:
        return text.casefold() == "yes"
    return text
