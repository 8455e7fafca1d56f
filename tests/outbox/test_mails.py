"""What a mail looks like, parsed back: fault cases F42 and F43, headers, links and languages."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from liquid.exceptions import LiquidError
from pydantic import SecretStr

from chassis.errors import Invalid
from chassis.settings import ChassisSettings
from chassis.tokens import Links
from services.outbox.adapters.render import Renderer
from services.outbox.adapters.templates import checking
from services.outbox.domain import return_path
from services.outbox.domain.dispatch import Dispatch
from services.outbox.domain.mail import Brand, Campaign, Mail, Recipient
from services.outbox.domain.template import Template
from services.outbox.settings import Settings
from tests.outbox.events import BRAND, PLAIN, QUESTION, TEMPLATE, TEXT, customer, request, waiting
from tests.outbox.mailserver import Taken
from tests.outbox.office import Office

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
OLD, NEW = SecretStr("old key"), SecretStr("new key")
DISPATCH = waiting("5c0de1f2a4b75c6d8e9f0a1b2c3d4eaa", NOW)
ADA = Recipient(id="ada", email="Ada@example.com", canonical_email="ada@example.com", first_name="Ada", company="Acme")
CAMPAIGN = Campaign(
    id="nps", name="NPS", state="active", metric="nps", template_id="t", brand_id="b", questions={"en": QUESTION}
)


def _settings(**more: Any) -> Settings:
    chassis = ChassisSettings(kafka="-", mongodb=SecretStr("-"), signing_keys=(OLD, NEW))
    return Settings(chassis=chassis, public_url="https://out.example/", survey_url="https://ask.example/", **more)


def _mail(
    *,
    dispatch: Dispatch = DISPATCH,
    recipient: Recipient = ADA,
    campaign: Campaign = CAMPAIGN,
    template: Template = TEMPLATE,
    brand: Brand = BRAND,
    **more: Any,
) -> Mail:
    settings = _settings(**more)
    renderer = Renderer(settings, Links(settings.chassis.signing_keys))
    return renderer.mail(dispatch, recipient, campaign, template, brand, NOW)[0]


def _parsed(mail: Mail) -> EmailMessage:
    return Taken(mail.return_path, mail.recipient, mail.data).message


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    content: str = body.get_content().replace("\r\n", "\n")
    return content


def test_a_mail_says_who_asks_whom_what_and_how_to_be_rid_of_it() -> None:
    mail = _mail(brand=replace(BRAND, reply_to="help@northlight.example"))
    message = _parsed(mail)
    link = re.escape("https://out.example/u/")

    assert message["From"] == "Northlight <ask@northlight.example>"
    assert message["To"] == "Ada <ada@example.com>"
    assert message["Reply-To"] == "help@northlight.example"
    assert message["Subject"] == mail.subject_line == "One question, Ada"
    assert message["Message-ID"] == mail.message_id == f"<{DISPATCH.id}@northlight.example>"
    assert message["Date"].datetime == NOW
    assert re.fullmatch(rf"<{link}[\w.-]+>", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "en")
    assert message["Feedback-ID"] == "nps:initial:sounding"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_both_parts_carry_every_score_and_the_way_out() -> None:
    message = _parsed(_mail())
    for kind in ("plain", "html"):
        content = _part(message, kind)
        links = re.findall(r"https://ask\.example/s/([\w.-]+)\?score=(\d+)", content)
        assert [int(score) for _, score in links] == list(range(11))
        (token,) = {token for token, _ in links}
        assert Links([OLD, NEW]).read("survey", token) == DISPATCH.id
        (way_out,) = set(re.findall(r"https://out\.example/u/([\w.-]+)", content))
        assert Links([OLD, NEW]).read("unsubscribe", way_out) == DISPATCH.id
        assert Links([OLD, NEW]).read("survey", way_out) is None


def test_no_link_is_longer_than_a_person_trusts() -> None:
    brand = replace(BRAND, public_url="https://ask.northlight.example")
    links = re.findall(r"https://[^\s\"<>]+", _part(_parsed(_mail(brand=brand)), "plain"))

    assert len(links) == 12
    assert max(map(len, links)) < 80


def test_an_address_for_unsubscribing_by_mail_is_named_beside_the_link() -> None:
    data = _mail(unsubscribe_address="no@northlight.example").data.decode()

    # As it stands on the wire: an encoded word would be read by parsers, and by no mail program.
    line = r"List-Unsubscribe: <https://\S+>,\r\n <mailto:no@northlight\.example\?subject=unsubscribe%20(\S+)>\r\n"
    found = re.search(line, data)
    assert found is not None
    assert Links([OLD, NEW]).read("unsubscribe", found[1]) == DISPATCH.id


def test_bounces_come_back_to_a_signed_address() -> None:
    keys = [OLD.get_secret_value(), NEW.get_secret_value()]
    address = _mail(bounce_domain="bounce.example").return_path

    assert address.endswith("@bounce.example")
    assert len(address.partition("@")[0]) <= 64
    assert return_path.read(address, keys) == DISPATCH.id
    assert return_path.read(address.upper(), keys) == DISPATCH.id
    assert return_path.read(address, [OLD.get_secret_value()]) is None
    assert return_path.read(return_path.make(DISPATCH.id, "x", keys[:1]), keys) == DISPATCH.id


@pytest.mark.parametrize(
    ("pattern", "put"),
    [
        ("aa[.]", "ab."),
        (r"[.][0-9a-f]{16}@", ".0000000000000000@"),
        (r"[.][0-9a-f]{16}@", "@"),
        ("b[+]", "c+"),
        (".*", ""),
        (".*", "postmaster@bounce.example"),
    ],
)
def test_f46_an_address_that_we_did_not_sign_names_no_record(pattern: str, put: str) -> None:
    forged = re.sub(pattern, put, _mail().return_path, count=1)

    assert return_path.read(forged, ["old key", "new key"]) is None


def test_each_line_is_ascii_and_short_enough_for_any_server() -> None:
    long = "Ünïcödé 🎉 " * 400
    template = replace(TEMPLATE, languages={"en": replace(TEXT, text=long + PLAIN, subject=long)})
    data = _mail(template=template).data

    assert data.isascii()
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")


def test_a_line_that_begins_with_a_dot_arrives_with_it() -> None:
    text = replace(TEXT, text=".\n..two\n" + PLAIN)
    content = _part(_parsed(_mail(template=replace(TEMPLATE, languages={"en": text}))), "plain")

    assert content.startswith(".\n..two\n")


async def test_dots_pass_the_wire_unharmed(office: Office) -> None:
    from services.outbox import commands

    text = replace(TEXT, text=".\n..two\n.three\n" + PLAIN)
    template = replace(TEMPLATE, languages={"en": text})
    await office.database.transact(lambda tx: commands.put_template(tx, template))
    await office.send_all()

    (mail,) = office.server.mails
    assert _part(mail.message, "plain").startswith(".\n..two\n.three\n")


NAMES = [
    '"; DROP',
    "Ada\r\nBcc: all@example.com",
    "Ada\nX-Evil: 1",
    "🎉 Ада 山田",
    "\u202eadA",
    "A" * 10_000,
    "<b>Ada</b>",
    "{{ 7 | times: 7 }}",
    "Ada\x00\x07",
    "a@b.example, c@d.example",
    "(comment) Ada",
]


@pytest.mark.parametrize("name", NAMES)
def test_f43_no_name_breaks_out_of_its_place(name: str) -> None:
    mail = _mail(recipient=replace(ADA, first_name=name, last_name=None, company=name))
    message = _parsed(mail)

    assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.com"]
    assert set(message.keys()) == set(_parsed(_mail()).keys())
    assert not message.defects
    assert len(message["Subject"]) <= 300
    assert not re.search(r"[\x00-\x1f\u202a-\u202e]", message["Subject"] + message["To"])
    page = _part(message, "html")
    assert "<b>Ada" not in page
    assert "49" not in message["Subject"]
    assert "\x00" not in page


def test_f43_emoji_and_other_scripts_are_readable() -> None:
    message = _parsed(_mail(recipient=replace(ADA, first_name="🎉 Ада 山田")))

    assert message["Subject"] == "One question, 🎉 Ада 山田"
    assert message["To"].addresses[0].display_name == "🎉 Ада 山田"
    assert "Hello 🎉 Ада 山田" in _part(message, "html")


ADDRESSES = [
    "ada@example.com\r\nRCPT TO:<eve@example.com>",
    "ada@example.com\n",
    "ada@exämple.com",
    "ädä@example.com",
    '"ada lovelace"@example.com',
    f"{'a' * 65}@example.com",
    f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.com",
    "ada@example.com.",
    "ada.@example.com",
    "ada@-example.com",
    "<ada@example.com>",
    "ada@example.com,eve@example.com",
    "ada",
    "@example.com",
    "",
]


@pytest.mark.parametrize("address", ADDRESSES)
async def test_f42_an_address_that_rcpt_cannot_carry_as_it_is_is_refused_not_cut(office: Office, address: str) -> None:
    await office.hear_customers(customer("eve", email="x", canonical_email=address))
    await office.hear_requests(request("d2", "eve"))
    await office.send_all()

    assert [mail.recipient for mail in office.server.mails] == ["ada@example.com"]
    record = await office.record("d2")
    assert record.state_reason in {"address-not-mailable", "no-address"}
    assert [line for line in office.server.lines if line.startswith("RCPT")] == ["RCPT TO:<ada@example.com>"]


@pytest.mark.parametrize("address", ["ada@xn--exmple-cua.com", "o'neil+x@sub.example.co", "a@b.io", "a_b@[x]"])
async def test_f42_an_unusual_but_good_address_goes_out_unchanged(office: Office, address: str) -> None:
    await office.hear_customers(customer("eve", email=address))
    await office.hear_requests(request("d2", "eve"))
    await office.send_all()

    assert bool(office.server.to(address)) == ("[" not in address)


def test_the_language_is_the_customers_where_the_template_has_it() -> None:
    german = replace(TEXT, subject="Eine Frage, {{ first_name }}")
    template = replace(TEMPLATE, languages={"en": TEXT, "de": german, "pt-BR": replace(TEXT, subject="Uma pergunta")})
    campaign = replace(CAMPAIGN, default_language="en", questions={"en": QUESTION, "de": {"question": "Empfehlen?"}})

    def subject(language: str | None) -> str:
        return _mail(template=template, campaign=campaign, recipient=replace(ADA, language=language)).subject_line

    assert subject("de") == subject("de-AT") == "Eine Frage, Ada"
    assert subject("pt-BR") == "Uma pergunta"
    assert subject("fr") == subject(None) == "One question, Ada"
    page = _part(_parsed(_mail(template=template, campaign=campaign, recipient=replace(ADA, language="de"))), "html")
    assert "Empfehlen?" in page


@pytest.mark.parametrize(("metric", "scores"), [("nps", 11), ("csat", 5), ("ces", 7), ("five_star", 5)])
def test_a_mail_offers_the_scores_of_its_metric(metric: str, scores: int) -> None:
    page = _part(_parsed(_mail(campaign=replace(CAMPAIGN, metric=metric))), "html")

    assert len(re.findall(r"\?score=\d+", page)) == scores


def test_the_message_id_stays_when_the_brand_moves() -> None:
    tried = replace(DISPATCH, message_id="<5c0de@old.example>")

    assert _parsed(_mail(dispatch=tried))["Message-ID"] == "<5c0de@old.example>"


def test_a_survey_link_leads_to_the_brands_own_domain() -> None:
    brand = replace(BRAND, public_url="https://feedback.northlight.example/")

    assert "https://feedback.northlight.example/s/" in _part(_parsed(_mail(brand=brand)), "plain")


@pytest.mark.parametrize(
    ("part", "source", "field"),
    [
        ("subject", "{{ nmae }}", "languages.en.subject"),
        ("subject", "{% if %}", "languages.en.subject"),
        ("text", "no way out", "languages.en.text"),
        ("mjml", "<mjml><mj-body></mj-body></mjml>", "languages.en.mjml"),
        ("mjml", TEXT.mjml.replace("mj-text", "mj-txet"), "languages.en.mjml"),
        ("mjml", TEXT.mjml.replace("</mjml>", ""), "languages.en.mjml"),
        ("mjml", TEXT.mjml.replace("<mj-body>", '<mj-body><mj-include path="/etc/passwd" />'), "languages.en.mjml"),
        ("text", PLAIN + "{{ ''.__class__ }}", "languages.en.text"),
        ("text", PLAIN + "{% for i in (1..1000000000) %}x{% endfor %}", "languages.en.text"),
    ],
)
def test_f44_a_template_at_fault_is_refused_with_the_part_named(part: str, source: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        checking.refuse_faults(checking.check(replace(TEXT, **{part: source}), "en"))

    assert refused.value.field == field


def test_f44_a_template_that_only_breaks_with_data_fails_its_mail() -> None:
    text = replace(TEXT, subject="{% for i in (1..1000000) %}x{% endfor %}")
    with pytest.raises(LiquidError):
        _mail(template=replace(TEMPLATE, languages={"en": text}))
