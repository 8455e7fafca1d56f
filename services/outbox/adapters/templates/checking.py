"""Checks of a template, when it is saved and when asked: errors block, warnings inform."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from liquid import BoundTemplate, Markup
from liquid.exceptions import LiquidError

from chassis.errors import Invalid
from services.outbox.adapters.templates import compiling, sandbox
from services.outbox.adapters.templates.compiling import Compiled, CompileError
from services.outbox.domain.finding import Finding, Level, error, warning
from services.outbox.domain.page_rules import look_through
from services.outbox.domain.template import BRAND_VARIABLES, VARIABLES, Template, Text, missing_languages

TEMPLATE_NOT_VALID = "template-not-valid"
LONGEST_SUBJECT = 70
SURVEY, WAY_OUT = "https://example.com/s/sample", "https://example.com/u/sample"
MJML_TAGS = frozenset(
    f"mj-{name}"
    for name in [
        "head",
        "body",
        "title",
        "preview",
        "style",
        "font",
        "attributes",
        "all",
        "class",
        "section",
        "column",
        "group",
        "wrapper",
        "text",
        "button",
        "image",
        "divider",
        "spacer",
        "table",
        "raw",
        "social",
        "social-element",
        "navbar",
        "navbar-link",
        "hero",
        "breakpoint",
        "html-attributes",
    ]
)
_TAGS = re.compile(r"<(mj-[\w-]+)")


def findings(template: Template, wanted: frozenset[str] = frozenset()) -> list[Finding]:
    """All that is to be said of a template, errors first; `wanted`: languages that its campaigns ask for."""
    found = [one for language, text in template.languages.items() for one in check(text, language)]
    for language in missing_languages(template, wanted):
        reason = f"a campaign asks in {language}, but this template is not there in that language"
        found.append(warning("no-language", "languages", reason))
    if template.default_language and template.default_language not in template.languages:
        reason = f"the default language {template.default_language} is not among the languages"
        found.append(error("no-default-language", "default_language", reason))
    return sorted(found, key=lambda one: one.level is not Level.ERROR)


def refuse_faults(found: list[Finding]) -> None:
    """Raises `Invalid` that names the first error and where it is."""
    for one in found:
        if one.level is Level.ERROR:
            raise Invalid(TEMPLATE_NOT_VALID, one.reason, field=one.place)


def check(text: Text, language: str) -> list[Finding]:
    """All that is to be said of one language of a template."""
    place = f"languages.{language}"
    faults = [*_liquid_faults(text, place), *_mjml_faults(text, f"{place}.mjml")]
    if faults:
        return faults
    try:
        made = compiling.compile_text(text, language)
    except CompileError as fault:
        return [error("mjml-not-valid", f"{place}.mjml", str(fault)[:300])]
    except sandbox.FAULTS as fault:
        return [error("liquid-not-valid", place, _reason(fault))]
    return list(_filled_faults(made, text, place))


def _liquid_faults(text: Text, place: str) -> Iterator[Finding]:
    for name in ("subject", "preheader", "mjml", "text"):
        source = getattr(text, name) or ""
        try:
            parsed = sandbox.checking.from_string(source)
            yield from _unknown_variables(parsed, source, f"{place}.{name}")
        except sandbox.FAULTS as fault:
            yield error("liquid-not-valid", f"{place}.{name}", _reason(fault))


def _unknown_variables(parsed: BoundTemplate, source: str, place: str) -> Iterator[Finding]:
    for name, uses in parsed.analyze(include_partials=False).globals.items():
        for use in uses:
            part = use.segments[1] if len(use.segments) > 1 else None
            known = name in VARIABLES or (name == "preheader" and place.endswith(".mjml"))
            if known and (part is None or name == "properties" or (name == "brand" and part in BRAND_VARIABLES)):
                continue
            written = ".".join(str(segment) for segment in use.segments)
            line = source.count("\n", 0, use.span.index) + 1
            yield error("variable-not-known", place, f"{{{{ {written} }}}} on line {line} is no variable")
            break


def _mjml_faults(text: Text, place: str) -> Iterator[Finding]:
    unknown = sorted(set(_TAGS.findall(text.mjml)) - MJML_TAGS)
    if unknown:
        yield error("tag-not-known", place, f"unknown tags: {', '.join(unknown)}")


def _filled_faults(made: Compiled, text: Text, place: str) -> Iterator[Finding]:
    values, plain = _sample("Ada")
    for name, part, given in (
        ("subject", made.subject, plain),
        ("preheader", made.preheader, plain),
        ("mjml", made.html, values),
        ("text", made.text, plain),
    ):
        try:
            part.render(given)
        except sandbox.FAULTS as fault:
            yield error("liquid-not-valid", f"{place}.{name}", _reason(fault))
            return
    full, empty = made.fill(values, plain), made.subject.render(_sample("")[1])
    if not full.subject.strip() or not empty.strip():
        yield error("subject-empty", f"{place}.subject", "the subject is empty for some customers")
    if len(full.subject) > LONGEST_SUBJECT:
        reason = f"it has {len(full.subject)} characters; many mail programs show {LONGEST_SUBJECT} or fewer"
        yield warning("subject-long", f"{place}.subject", reason)
    if not text.preheader and "<mj-preview" not in text.mjml:
        yield warning("no-preheader", f"{place}.preheader", "without it the inbox shows whatever the mail begins with")
    yield from look_through(full.html, f"{place}.mjml", WAY_OUT, SURVEY)
    if WAY_OUT not in full.text:
        reason = "it has no {{ unsubscribe_url }}: everyone must be able to say no"
        yield error("no-unsubscribe", f"{place}.text", reason)


def _sample(name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    brand = dict.fromkeys(BRAND_VARIABLES, "Northlight") | {
        "color": "#1f5f8b",
        "on_color": "#ffffff",
        "background_color": "#f3f6f9",
        "logo_url": "https://example.com/logo.png",
    }
    shared: dict[str, Any] = {
        **dict.fromkeys(VARIABLES, name),
        "properties": {},
        "brand": brand,
        "question": "How likely are you to recommend us?",
        "survey_url": SURVEY,
        "unsubscribe_url": WAY_OUT,
    }
    link = Markup(f'<a href="{SURVEY}">5</a>')
    return {**shared, "scale": link, "nps_scale": link}, {**shared, "scale": SURVEY, "nps_scale": SURVEY}


def _reason(fault: BaseException) -> str:
    """In one line, with its place where it has one."""
    if isinstance(fault, RecursionError):
        return "it is nested too deep"
    if not isinstance(fault, LiquidError):
        return str(fault)[:300]
    reason = str(fault.message)[:300]
    try:
        context = fault.context()
    except ValueError:
        context = None
    return f"{reason} (line {context[0]})" if context else reason
