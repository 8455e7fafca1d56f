"""A row of a file as an answer that was given long ago."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chassis.errors import Invalid
from commons.csv_rows import plain
from commons.email import canonical_email

from .response import read_comment
from .scoring import SCALES

CHANNELS = ("email", "in_app", "link", "manual")
COLUMNS = (
    *("customer_id", "email", "external_id", "score", "answered_at", "comment", "campaign", "metric"),
    *("channel", "language", "tags", "id"),
)
PEOPLE = {"customer_id", "email", "external_id"}
MAX_TAG = 200
SPLIT = re.compile(r"[;,|]")
MOMENT = re.compile(
    r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*([ap])\.?m\.?)?)?",
    re.IGNORECASE,
)
YEAR, HALF_DAY = 4, 12


class Dates(StrEnum):
    """How dates are written that do not begin with the year."""

    YEAR_FIRST = "year_first"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What each column is, one of `COLUMNS` or None to pass it over, and what holds for all rows.

    `source` is whose ids `external_id` are. `campaign_id` and `metric` hold for rows that name none. Moments without a
    zone are those of `timezone`. `tell`: subscribers hear of the answers as of new ones.
    """

    columns: Sequence[str | None]
    source: str | None = None
    campaign_id: str | None = None
    metric: str | None = None
    dates: Dates = Dates.YEAR_FIRST
    timezone: str = "UTC"
    add_tags: Sequence[str] = ()
    tell: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a row says. `old_id` is the id that it had elsewhere; `campaign` is an id or a name."""

    number: int
    cells: Sequence[str]
    customer_id: str | None
    email: str | None
    external_id: str | None
    score: int
    answered_at: datetime
    comment: str | None
    campaign: str | None
    metric: str | None
    channel: str
    language: str | None
    tags: Sequence[str]
    old_id: str | None


def check_plan(plan: Plan, header: Sequence[str]) -> None:
    """Raises `Invalid` for a plan that does not fit, naming its field."""
    code, named = "mapping-not-valid", [column for column in plan.columns if column]
    faults = {
        f"The file has {len(header)} columns, and so must this.": len(plan.columns) != len(header),
        f"must be of {', '.join(COLUMNS)}, or null": not set(named) <= set(COLUMNS),
        "names something twice": len(set(named)) < len(named),
        "must have score and answered_at": not {"score", "answered_at"} <= set(named),
        "must have customer_id, email or external_id, by which a customer is known": PEOPLE.isdisjoint(named),
    }
    for reason, is_so in faults.items():
        if is_so:
            raise Invalid(code, reason, field="columns")
    if ("external_id" in named) is (plan.source is None):
        code, reason = "source-missing", "Name the integration whose ids they are where there is an external_id."
        raise Invalid(code, reason, field="source")
    zone_of(plan)


def zone_of(plan: Plan) -> tzinfo:
    """Where moments without a zone were written. Raises `Invalid`."""
    try:
        return ZoneInfo(plan.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        code, reason = "timezone-not-valid", "It must be the name of a zone, such as Europe/Vienna."
        raise Invalid(code, reason, field="timezone") from None


def suggest(header: Sequence[str]) -> list[str | None]:
    """What the columns most likely are, by their names."""
    known = {**{name: name for name in COLUMNS}, **_ALIASES}
    found: list[str | None] = []
    for title in header:
        guess = known.get(re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_"))
        found.append(guess if guess not in found else None)
    return found


_ALIASES = {
    **dict.fromkeys(("e_mail", "mail", "email_address", "e_mail_address", "customer_email"), "email"),
    **dict.fromkeys(("externalid", "user_id", "customer_number"), "external_id"),
    **dict.fromkeys(("rating", "nps", "nps_score", "value", "answer"), "score"),
    **dict.fromkeys(
        ("date", "created", "created_at", "response_date", "responded_at", "answered", "submitted_at"), "answered_at"
    ),
    **dict.fromkeys(("feedback", "text", "comments", "message", "verbatim"), "comment"),
    **dict.fromkeys(("campaign_id", "campaign_name", "survey", "survey_name"), "campaign"),
    **dict.fromkeys(("survey_type", "type"), "metric"),
    **dict.fromkeys(("locale", "lang"), "language"),
    **dict.fromkeys(("labels", "response_tags"), "tags"),
    **dict.fromkeys(("response_id", "feedback_id"), "id"),
}


def read(number: int, cells: Sequence[str], plan: Plan, zone: tzinfo) -> Row:
    """What a row says. Raises `Invalid` that names the column."""
    if len(cells) != len(plan.columns):
        code, reason = "row-not-valid", f"has {len(cells)} cells where there are {len(plan.columns)} columns"
        raise Invalid(code, reason)
    said = {column: plain(cell) for column, cell in zip(plan.columns, cells, strict=True) if column}
    said = {column: text for column, text in said.items() if text}
    if PEOPLE.isdisjoint(said):
        code, reason = "row-not-valid", "does not say whose answer it is"
        raise Invalid(code, reason)
    return Row(
        number=number,
        cells=cells,
        customer_id=said.get("customer_id"),
        email=canonical_email(said["email"]) if "email" in said else None,
        external_id=said.get("external_id"),
        score=_score(said.get("score", "")),
        answered_at=moment(said.get("answered_at", ""), plan.dates, zone),
        comment=read_comment(said.get("comment")),
        campaign=said.get("campaign"),
        metric=_choice(said, "metric", tuple(SCALES)),
        channel=_choice(said, "channel", CHANNELS) or "manual",
        language=_short(said, "language", 35),
        tags=_tags(said, plan),
        old_id=_short(said, "id", 200),
    )


def moment(text: str, dates: Dates, zone: tzinfo) -> datetime:
    """A moment as files have it; a date alone is its beginning. Raises `Invalid`."""
    try:
        return _in_utc(_iso(text) or _written(text, dates), zone)
    except (ValueError, OverflowError):
        code = "answered-at-not-valid"
        reason = "must be a date (2026-11-23), a moment (2026-11-23T10:00:00Z), or as the import was told they are"
        raise Invalid(code, reason, field="answered_at") from None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text[:YEAR].isdigit() else None
    except ValueError:
        return None


def _written(text: str, dates: Dates) -> datetime:
    found = MOMENT.fullmatch(text)
    if found is None:
        raise ValueError
    one, two, three, hour, minute, second, half = found.groups()
    if len(one) == YEAR:
        year, month, day = one, two, three
    elif dates is Dates.YEAR_FIRST or len(three) != YEAR:
        raise ValueError
    else:
        year, (day, month) = three, (one, two) if dates is Dates.DAY_FIRST else (two, one)
    return datetime(int(year), int(month), int(day), _hour(int(hour or 0), half), int(minute or 0), int(second or 0))  # noqa: DTZ001 - its zone comes next


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= HALF_DAY:
        raise ValueError
    return hour % HALF_DAY + (HALF_DAY if half in "pP" else 0)


def _in_utc(found: datetime, zone: tzinfo) -> datetime:
    at = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _score(text: str) -> int:
    whole = text.removesuffix(".0")
    if not whole.isascii() or not whole.isdigit() or len(whole) > 2:  # noqa: PLR2004 - up to 10
        code, reason = "score-not-valid", "must be a whole number"
        raise Invalid(code, reason, field="score")
    return int(whole)


def _choice(said: Mapping[str, str], name: str, known: Sequence[str]) -> str | None:
    text = said.get(name)
    if text is None:
        return None
    chosen = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")
    if chosen not in known:
        code, reason = "row-not-valid", f"must be one of {', '.join(known)}"
        raise Invalid(code, reason, field=name)
    return chosen


def _short(said: Mapping[str, str], name: str, most: int) -> str | None:
    if len(said.get(name, "")) > most:
        code, reason = "row-not-valid", f"has more than {most} letters"
        raise Invalid(code, reason, field=name)
    return said.get(name)


def _tags(said: Mapping[str, str], plan: Plan) -> tuple[str, ...]:
    tags = [*plan.add_tags, *(tag.strip() for tag in SPLIT.split(said.get("tags", "")) if tag.strip())]
    if any(len(tag) > MAX_TAG for tag in tags):
        code, reason = "row-not-valid", f"a tag has more than {MAX_TAG} letters"
        raise Invalid(code, reason, field="tags")
    return tuple(tags)
