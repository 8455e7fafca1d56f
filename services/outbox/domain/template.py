"""A template: the same mail in several languages, and a version of itself for every time it was saved."""

from dataclasses import dataclass
from datetime import datetime

RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
VARIABLES = frozenset(
    {
        *("first_name", "last_name", "company", "job_title", "city", "country", "language", "properties"),
        *("brand", "question", "low_label", "high_label", "scale", "nps_scale", "survey_url", "unsubscribe_url"),
    }
)
"""What a template may name. `nps_scale` is `scale` as older templates call it."""
BRAND_VARIABLES = frozenset(
    {"name", "color", "on_color", "background_color", "logo_url", "postal_address", "sender_name", "sender_email"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A template in one language: Liquid in all parts; no `text`: made of the HTML."""

    subject: str
    mjml: str
    text: str | None = None
    preheader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template as it is in one version (`seq`)."""

    id: str
    seq: int = 0
    name: str
    languages: dict[str, Text]
    default_language: str | None = None
    saved_at: datetime | None = None
    built_in: bool = False


def language_for(template: Template, *wishes: str | None) -> str:
    """The first wish that the template has, by its full tag, then by its language alone; else its default, else its first."""
    known = {tag.lower(): tag for tag in template.languages}
    for wish in (*wishes, template.default_language):
        for tag in (wish, wish.split("-")[0] if wish else None):
            if tag and tag.lower() in known:
                return known[tag.lower()]
    return next(iter(template.languages))


def names_properties(template: Template, language: str) -> bool:
    """Whether the template says something of the customer's own properties."""
    text = template.languages[language]
    return any("properties" in (part or "") for part in (text.subject, text.mjml, text.text, text.preheader))


def direction(language: str) -> str:
    """How a language is written: `rtl` or `ltr`."""
    return "rtl" if language.split("-", maxsplit=1)[0].lower() in RIGHT_TO_LEFT else "ltr"


def missing_languages(template: Template, wanted: frozenset[str]) -> list[str]:
    """Languages that are asked for and that the template has neither by full tag nor by language alone."""
    known = {tag.lower() for tag in template.languages}
    return sorted(tag for tag in wanted if not {tag.lower(), tag.split("-")[0].lower()} & known)
