"""Golden mails: each built-in template in each language, as it goes out. Made anew by `python -m tests.outbox.golden`."""

from datetime import UTC, datetime
from pathlib import Path

from services.outbox.adapters.templates import built_in
from services.outbox.adapters.templates.compiling import Compiler, Filled
from services.outbox.adapters.templates.values import values
from services.outbox.adapters.ways import Ways
from services.outbox.domain.mail import Brand, Campaign, Recipient

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
_compiler = Compiler()


def filled(kind: str, language: str) -> Filled:
    """A built-in template, filled."""
    template = built_in.all_templates()[built_in.PREFIX + kind.replace("_", "-")]
    metric = kind if kind in {"csat", "ces", "five_star"} else "nps"
    campaign = Campaign(id="c", name="C", state="active", metric=metric, template_id=template.id, brand_id=BRAND.id)
    person = Recipient(id="ada", first_name=NAMES.get(language, "Ada"), language=language)
    return _compiler.compiled(template, language).fill(*values(person, campaign, BRAND, language, WAYS))


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


if __name__ == "__main__":
    main()
