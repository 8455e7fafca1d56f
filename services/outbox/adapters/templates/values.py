"""What a template is filled with."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import Markup

from services.outbox.adapters.templates import built_in, scales
from services.outbox.adapters.ways import Ways
from services.outbox.domain import colors
from services.outbox.domain.mail import Brand, Campaign, Recipient

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
LONGEST = 300


def values(
    recipient: Recipient, campaign: Campaign, brand: Brand, language: str, ways: Ways
) -> tuple[dict[str, Any], dict[str, Any]]:
    """For the HTML, where all that is no `Markup` will be escaped; and for subject and plain text."""
    asks = asked(campaign, language, brand)
    shared = {
        **_of_person(recipient),
        "language": language,
        "brand": _of_brand(brand),
        **asks,
        "survey_url": ways.survey,
        "unsubscribe_url": ways.unsubscribe,
        "open_url": ways.open,
        "click_url": ways.click,
    }
    scale = Markup(scales.html_scale(campaign.metric, language, asks, ways.survey))
    words = scales.text_scale(campaign.metric, asks, ways.survey)
    return {**shared, "scale": scale, "nps_scale": scale}, {**shared, "scale": words, "nps_scale": words}


def asked(campaign: Campaign, language: str, brand: Brand) -> dict[str, str]:
    """The question and its ends: the campaign's in this language, else in its own; else as they come with Sounding."""
    for tag in (language, language.split("-", maxsplit=1)[0], campaign.default_language):
        if found := campaign.questions.get(tag):
            return {name: found.get(name, "") for name in ("question", "low_label", "high_label")}
    known = built_in.asked(campaign.metric, language, brand.name)
    return known or built_in.asked(campaign.metric, built_in.FIRST, brand.name) or dict(_NOTHING)


_NOTHING = {"question": "", "low_label": "", "high_label": ""}


def line(text: str) -> str:
    """One line without control or direction marks, of a length that a header and a reader bear."""
    return _CONTROL.sub(" ", text).strip()[:LONGEST]


def _of_person(recipient: Recipient) -> dict[str, Any]:
    return {
        "first_name": line(recipient.first_name or ""),
        "last_name": line(recipient.last_name or ""),
        "company": line(recipient.company or ""),
        "job_title": line(recipient.job_title or ""),
        "city": line(recipient.city or ""),
        "country": line(recipient.country or ""),
        "properties": {name: _clean(value) for name, value in recipient.properties.items()},
    }


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return line(value)
    if isinstance(value, list):
        return [_clean(one) for one in value[:50]]
    return value


@lru_cache(maxsize=256)
def _of_brand(brand: Brand) -> Mapping[str, Any]:
    return {
        "name": brand.name,
        "color": brand.color,
        "on_color": colors.on(brand.color),
        "background_color": brand.background_color,
        "logo_url": brand.logo_url,
        "postal_address": brand.postal_address,
        "sender_name": brand.sender_name,
        "sender_email": brand.sender_email,
    }
