"""What checks say of templates, and fault case F44: a template is a text, and no template harms the worker."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from services.outbox.adapters.templates import built_in, checking, compiling, sandbox
from services.outbox.adapters.templates.checking import check, findings
from services.outbox.domain.finding import Finding, Level
from services.outbox.domain.template import Template, Text
from tests.outbox.events import MJML, PLAIN, TEXT

ALL = [pytest.param(template, id=id_) for id_, template in built_in.all_templates().items()]


def _found(**parts: str) -> list[Finding]:
    return check(replace(TEXT, **{"preheader": "Short.", **parts}), "en")


def _body(content: str) -> str:
    return MJML.replace("<mj-text>{{ question }}</mj-text>", f"<mj-text>{content}</mj-text>")


def test_a_good_template_is_not_remarked_upon() -> None:
    assert _found() == []


@pytest.mark.parametrize("template", ALL)
def test_what_comes_with_sounding_passes_its_own_checks(template: Template) -> None:
    assert findings(template) == []
    assert {"en", "de", "fr", "es", "pt", "it", "ar"} <= set(template.languages)


@pytest.mark.parametrize(
    ("parts", "level", "code", "place", "reason"),
    [
        ({"subject": "{{ nmae }}"}, "error", "variable-not-known", "subject", "{{ nmae }} on line 1"),
        ({"mjml": _body("{{ brand.nmae }}")}, "error", "variable-not-known", "mjml", "brand.nmae"),
        ({"subject": "{% if first_name == '' %}{{ x }}{% endif %}Hi"}, "error", "variable-not-known", "subject", "{{ x }}"),
        ({"subject": "{{ first_name | shout }}"}, "error", "liquid-not-valid", "subject", "shout"),
        ({"subject": "{{ first_name }}"}, "error", "subject-empty", "subject", "empty"),
        ({"subject": "x" * 71}, "warning", "subject-long", "subject", "71"),
        ({"preheader": ""}, "warning", "no-preheader", "preheader", "inbox"),
        ({"mjml": MJML.replace("{{ unsubscribe_url }}", "https://x.example")}, "error", "no-unsubscribe", "mjml", "no"),
        ({"text": "Hello"}, "error", "no-unsubscribe", "text", "no"),
        ({"mjml": MJML.replace("mj-section", "mj-sektion")}, "error", "tag-not-known", "mjml", "mj-sektion"),
        ({"mjml": MJML.replace("<mj-column>", "<mj-column>{{ company }}")}, "error", "mjml-not-valid", "mjml", "company"),
        ({"mjml": _body('<img src="https://x.example/a.png">')}, "warning", "no-alt", "mjml", "a.png"),
        ({"mjml": _body('<a href="http://x.example/">x</a>')}, "warning", "not-https", "mjml", "http://x.example/"),
        ({"mjml": _body('<span style="color:#999">faint</span>')}, "warning", "contrast", "mjml", "“faint”"),
        ({"mjml": _body('<div style="display:flex">x</div>')}, "warning", "css-not-supported", "mjml", "flex"),
        ({"mjml": _body("<script>x</script>")}, "error", "blocked", "mjml", "<script>"),
        ({"mjml": _body('<b onclick="x">x</b>')}, "error", "blocked", "mjml", "onclick"),
        ({"mjml": _body("word " * 21_000)}, "error", "too-large", "mjml", "kB"),
        ({"mjml": MJML.replace("{{ nps_scale }}", "")}, "warning", "no-survey-link", "mjml", "{{ scale }}"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_place_and_reason(
    parts: dict[str, str], level: str, code: str, place: str, reason: str
) -> None:
    found = {(one.level, one.code): one for one in _found(**parts)}

    assert (level, code) in found
    one = found[Level(level), code]
    assert one.place == f"languages.en.{place}"
    assert reason in one.reason


def test_a_language_that_a_campaign_asks_in_is_missed_where_neither_it_nor_its_base_is_there() -> None:
    template = Template(
        id="t", name="T", languages={"en": replace(TEXT, preheader="x"), "pt": replace(TEXT, preheader="x")}
    )

    (found,) = findings(template, frozenset({"en-GB", "pt-BR", "de"}))
    assert (found.level, found.code) == (Level.WARNING, "no-language")
    assert "asks in de" in found.reason


HOSTILE = [
    "{{ ''.__class__ }}",
    "{{ first_name.__class__.__mro__ }}",
    "{% include '/etc/passwd' %}",
    "{% render 'x' %}",
    "{{ first_name | safe }}",
    "{% for i in (1..1000000000) %}x{% endfor %}",
    "{% for i in (1..999) %}{% for j in (1..999) %}{% for k in (1..999) %}x{% endfor %}{% endfor %}{% endfor %}",
    "{{ (1..1000000000) | join: ',' }}",
    "{% assign a = (1..1000000000) | reverse %}",
    "{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 40,
    "{% assign a = '" + "a" * 50_000 + "' %}{{ a | replace: 'a', a }}",
    "{{ 9 | " + "times: 99999999999 | " * 40 + "times: 9 }}",
    "{{ '" + "a " * 900 + "' | split: ' ' | join: '" + "b" * 40_000 + "' }}",
    "{% if first_name %}" * 3_000 + "{% endif %}" * 3_000,
    "{% capture a %}{% for i in (1..999) %}" + "x" * 1_000 + "{% endfor %}{% endcapture %}{{ a }}",
    "{{" * 50_000,
    "{% comment %}" * 10_000,
]


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_f44_a_hostile_text_is_refused_at_once(source: str) -> None:
    began = time.process_time()
    found = _found(text=PLAIN + source)

    assert found
    assert found[0].level is Level.ERROR
    assert time.process_time() - began < 10


@pytest.mark.parametrize("tag", ["mj-wrapper", "b", "div", 'mj-wrapper title="/>"', 'b title="/>"'])
@pytest.mark.parametrize("closing", ["</{}>", "</i>", ""])
def test_f44_elements_nested_too_deep_are_refused_before_a_compiler_that_is_not_python_sees_them(
    tag: str, closing: str
) -> None:
    deep = f"<{tag}>" * 5_000 + closing.format(tag.split(maxsplit=1)[0]) * 5_000
    with pytest.raises(sandbox.FAULTS):
        compiling.compile_text(replace(TEXT, mjml=_body(deep)), "en")


def test_f44_without_that_measure_the_whole_process_would_die() -> None:
    deep = "<mjml><mj-body>" + "<mj-wrapper>" * 30_000 + "</mj-wrapper>" * 30_000 + "</mj-body></mjml>"
    code = "import sys; from mjml import mjml2html; mjml2html(sys.stdin.read())"
    died = subprocess.run([sys.executable, "-c", code], input=deep, text=True, capture_output=True, check=False)

    assert died.returncode < 0


def test_f44_nesting_of_use_is_not_refused() -> None:
    nested = "<table><tr><td>" * 12 + "x" + "</td></tr></table>" * 12

    assert [one for one in _found(mjml=_body(nested)) if one.level is Level.ERROR] == []


def test_liquid_stands_where_it_stood_though_mjml_and_css_would_take_it_for_markup() -> None:
    mjml = MJML.replace(
        "<mj-text>{{ question }}</mj-text>",
        '{% if properties.seats < 3 and first_name != "<b>" %}<mj-text css-class="few">Few & {{ question }}</mj-text>'
        '{% else %}<mj-button href="{{ survey_url }}">Many</mj-button>{% endif %}',
    ).replace("<mjml>", "<mjml><mj-head><mj-style>.few { letter-spacing: 3px; }</mj-style></mj-head>")
    made = compiling.compile_text(Text(subject="x", mjml=mjml), "en")
    shared = {"first_name": "Ada", "question": "<Why>?", "survey_url": "https://x.example/?a=1&b=2"}

    few = made.html.render({**shared, "properties": {"seats": 2}})
    many = made.html.render({**shared, "properties": {"seats": 3}})
    assert "Few &amp; &lt;Why&gt;?" in few
    assert "letter-spacing: 3px" in few.partition("</style></head>")[2]
    assert "Many" not in few
    assert 'href="https://x.example/?a=1&amp;b=2"' in many
    assert "Few" not in many


def test_the_plain_text_is_made_of_the_html_where_there_is_none() -> None:
    made = compiling.compile_text(Text(subject="x", mjml=MJML), "en")
    text = made.text.render(
        {"first_name": "Ada <3", "question": "Why?", "scale": "0: x", "unsubscribe_url": "https://u.example"}
    )

    assert "Hello Ada <3 of" in text
    assert "https://u.example" in text
    assert "qzhole" not in text


def test_what_is_written_from_right_to_left_is_mirrored() -> None:
    page = compiling.compile_text(TEXT, "ar").html.render({})

    assert '<html lang="ar" dir="rtl"' in page
    assert "direction: ltr" not in page
    assert "direction:ltr" not in page
    assert 'align="left"' not in page


def test_a_check_that_let_errors_pass_would_be_seen() -> None:
    broken = _found(subject="{{ nmae }}")

    with pytest.raises(Exception, match="nmae"):
        checking.refuse_faults(broken)
    checking.refuse_faults([replace(one, level=Level.WARNING) for one in broken])
