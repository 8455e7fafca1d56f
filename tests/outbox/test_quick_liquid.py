"""Plain Liquid is filled by a quick way of our own: it gives what python-liquid gives, always."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid import Markup

from services.outbox.adapters.templates import sandbox
from services.outbox.adapters.templates.quick import Quick, Slow, parse

NAMES = ["a", "b", "n.x", "n.y", "n.z.q", "gone", "a.b"]
WORDS = ["", "x", "a b", "<b>", "{ {", "é"]
TEXTS = st.sampled_from(["", " ", "\n", "text", "<p>", "}} %}", "{ % {", "&amp;"])
VALUE = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(-2, 2), st.sampled_from(WORDS), st.just(Markup("<i>")),
    st.lists(st.sampled_from(WORDS), max_size=3),
)  # fmt: skip


def _condition(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    test = st.one_of(
        st.just(""),
        st.builds(lambda sign, word: f' {sign} "{word}"', st.sampled_from(["==", "!="]), st.sampled_from(WORDS)),
    )
    return st.builds(
        lambda name, test, then, other: f"{{% if {name}{test} %}}{then}{other}{{% endif %}}",
        st.sampled_from(NAMES), test, inner, st.one_of(st.just(""), inner.map(lambda text: "{% else %}" + text)),
    )  # fmt: skip


OUTPUTS = st.builds(
    lambda name, word: f"{{{{ {name} | default: '{word}' }}}}" if word else f"{{{{{name}}}}}",
    st.sampled_from(NAMES),
    st.sampled_from(WORDS),
)
TEMPLATES = st.recursive(
    st.one_of(TEXTS, OUTPUTS),
    lambda inner: st.one_of(_condition(inner), st.lists(inner, max_size=4).map("".join)),
    max_leaves=12,
)


@given(TEMPLATES, VALUE, VALUE, VALUE, VALUE)
def test_the_quick_way_gives_what_liquid_gives(source: str, a: Any, b: Any, x: Any, q: Any) -> None:
    values = {"a": a, "b": b, "n": {"x": x, "y": None, "z": {"q": q}}}
    for environment in (sandbox.html, sandbox.text):
        try:
            whole = environment.from_string(source)
        except sandbox.FAULTS:
            continue
        assert parse(source, environment).render(values) == whole.render(values)


@pytest.mark.parametrize(
    "source",
    [
        "{{ a | upcase }}",
        "{% if a and b %}x{% endif %}",
        "{% for x in a %}x{% endfor %}",
        "{{ a.size }}",
        "{%- if a %}x{% endif %}",
        "{% if a %} {% endif %}",
        "{% if a %}x{% elsif b %}y{% endif %}",
        "{% raw %}{{ a }}{% endraw %}",
        "{{ a[0] }}",
    ],
)
def test_all_that_is_not_plain_is_left_to_liquid(source: str) -> None:
    assert isinstance(parse(source, sandbox.html), Slow)


def test_what_built_in_templates_use_is_plain() -> None:
    assert isinstance(
        parse('{% if a != "" %}{{ n.x }}{% else %}{{ b | default: "y" }}{% endif %}.', sandbox.html), Quick
    )


def test_a_quick_way_that_forgot_to_escape_would_be_seen() -> None:
    values = {"a": "<b>"}

    assert parse("{{ a }}", sandbox.text).render(values) != sandbox.html.from_string("{{ a }}").render(values)
