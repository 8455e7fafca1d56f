"""Golden mails: each built-in template in each language, as it goes out. Made anew by `python -m tests.outbox.golden`."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from chassis.settings import ChassisSettings
from chassis.tokens import Links
from services.outbox.adapters.render import Renderer
from services.outbox.adapters.templates import built_in
from services.outbox.adapters.templates.compiling import Compiler, Filled
from services.outbox.adapters.templates.values import values
from services.outbox.adapters.ways import Ways
from services.outbox.domain.mail import Brand, Campaign, Recipient
from services.outbox.domain.template import Template
from services.outbox.settings import Settings
from tests.outbox.events import waiting

FOLDER = Path(__file__).with_name("golden")
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
BRAND = Brand(
    id="northlight",
    name="Northlight",
    sender_name="Northlight",
    sender_email="ask@northlight.example",
    public_url="https://ask.northlight.example",
    postal_address="Northlight Ltd, 1 Harbour Street, Dublin",
)
WAYS = Ways(
    survey="https://ask.northlight.example/s/AbCdEfGhIjKlMnOpQrStUvWxYz0123456",
    unsubscribe="https://ask.northlight.example/u/AbCdEfGhIjKlMnOpQrStUvWxYz0123456",
    open="https://ask.northlight.example/o/AbCdEfGhIjKlMnOpQrStUvWxYz0123456.gif",
    click="https://ask.northlight.example/c/AbCdEfGhIjKlMnOpQrStUvWxYz0123456",
    list_unsubscribe="<https://ask.northlight.example/u/AbCdEfGhIjKlMnOpQrStUvWxYz0123456>",
)
NAMES = {"ar": "آدا", "fr": "Éloïse", "de": "Jürgen"}
KINDS = [(kind, language) for kind in built_in.KINDS for language in built_in.all_templates()["built-in-nps"].languages]
DISPATCH = waiting("5c0de1f2a4b75c6d8e9f0a1b2c3d4eaa", NOW, "relationship-nps")
SETTINGS = Settings(
    chassis=ChassisSettings(kafka="-", mongodb=SecretStr("-"), signing_keys=(SecretStr("a key of these mails"),)),
    unsubscribe_address="unsubscribe@northlight.example",
    bounce_domain="bounces.northlight.example",
)
_compiler = Compiler()
_renderer = Renderer(SETTINGS, Links(SETTINGS.chassis.signing_keys))


def _given(kind: str, language: str) -> tuple[Recipient, Campaign, Template]:
    template = built_in.all_templates()[built_in.PREFIX + kind.replace("_", "-")]
    metric = kind if kind in {"csat", "ces", "five_star"} else "nps"
    campaign = Campaign(id="c", name="C", state="active", metric=metric, template_id=template.id, brand_id=BRAND.id)
    return Recipient(id="ada", first_name=NAMES.get(language, "Ada"), language=language), campaign, template


def filled(kind: str, language: str) -> Filled:
    """A built-in template, filled."""
    person, campaign, template = _given(kind, language)
    return _compiler.compiled(template, language).fill(*values(person, campaign, BRAND, language, WAYS))


def mail(kind: str, language: str) -> bytes:
    """A whole mail, as it goes out."""
    person, campaign, template = _given(kind, language)
    person = replace(person, last_name="Lovelace", canonical_email="ada@example.com")
    asked = replace(DISPATCH, follows="r1", survey_id=DISPATCH.id) if kind == "autoreply" else DISPATCH
    return _renderer.mail(asked, person, campaign, template, BRAND, NOW)[0].data


def head(kind: str, language: str) -> tuple[Path, str]:
    """The headers of it, and where they were written down."""
    lines = mail(kind, language).partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n")
    return FOLDER / f"{kind}.{language}.head", lines + "\n"


def written(kind: str, language: str) -> dict[Path, str]:
    """What stands in its golden files."""
    mail = filled(kind, language)
    text = f"Subject: {mail.subject}\n\n{mail.text}"
    return {FOLDER / f"{kind}.{language}.html": mail.html + "\n", FOLDER / f"{kind}.{language}.txt": text}


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for kind, language in KINDS:
        for path, content in written(kind, language).items():
            path.write_text(content, encoding="utf-8")
        path, lines = head(kind, language)
        path.write_text(lines, encoding="ascii")


if __name__ == "__main__":
    main()
