"""People as a company has them: common names and rare ones, few large companies and many small ones."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache


def _words(text: str) -> Sequence[str]:
    return tuple(text.split())


FIRST = _words(
    "Ada Anna Maria Lena Julia Sophie Emma Mia Hannah Laura Sarah Lisa Nina Eva Clara Ines Petra Monika Ursula Karin "
    "James John Robert Michael David William Richard Thomas Charles Daniel Matthew Anthony Mark Paul Steven Andrew "
    "José María Carmen Javier Lucía Pablo Álvaro Zoë Chloé François Élodie Benoît Giulia Marco Luca Chiara Matteo "
    "Jan Piotr Katarzyna Agnieszka Paweł Søren Åsa Björn Ingrid Lars Freya Yuki Haruto Sakura Wei Ling Priya Arjun "
    "Fatima Omar Aisha Youssef Leila Kwame Ama Chidi Ngozi Thabo Olga Dmitri Natalia Ivan Svetlana Viktor Zsófia"
)
LAST = _words(
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Müller Schmidt Schneider Fischer Weber Wagner Becker "
    "Gruber Huber Bauer Pichler Steiner Moser Mayer Hofer Leitner Berger Martin Bernard Dubois Thomas Petit Durand "
    "Rossi Russo Ferrari Esposito Bianchi González Rodríguez Fernández López Martínez Silva Santos Oliveira Nowak "
    "Kowalski Wiśniewski Hansen Johansen Nielsen Andersson Karlsson Nilsson Novák Svoboda Horváth Nagy Popescu "
    "Sato Suzuki Takahashi Wang Li Zhang Chen Kim Lee Park Nguyen Tran Patel Singh Kumar Khan Ahmed Hassan Okafor"
)
SYLLABLES = _words(
    "ba be bro da del dor fa fen gar ger ha hol in jo ka ker la lin lo ma mer mo na nor o pa per ra ro sa"
)
TRADES = _words(
    "Analytics Bakery Clinic Consulting Design Energy Foods Freight Hotels Labs Legal Logistics Media Motors"
)
FORMS = _words("GmbH AG Ltd Inc SA BV Oy SpA & Co Group")
CITIES = _words(
    "Wien Graz Linz Berlin Hamburg München Paris Lyon Madrid Roma Milano London Leeds Dublin Oslo Praha Tokyo"
)
COUNTRIES = ("AT", "DE", "FR", "ES", "IT", "GB", "IE", "NO", "CZ", "JP", "US")
MAILBOXES = ("gmail.com", "outlook.com", "gmx.at", "web.de", "icloud.com", "yahoo.com")
PLANS = ("free", "free", "free", "free", "pro", "pro", "business", "enterprise")
TAGS = ("nps", "vip", "newsletter", "beta", "trial", "partner", "churn-risk", "event-2026")
HEADER = (
    *("email", "first_name", "last_name", "company", "job_title", "city", "country", "language", "tags"),
    *("plan", "seats", "renewed", "signed_up"),
)
TITLES = ("", "", "CEO", "CTO", "Head of Customer Success", "Buyer", "Engineer", "Office manager")
SINCE = date(2019, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of them."""

    number: int
    email: str
    first_name: str
    last_name: str
    company: str
    job_title: str
    city: str
    country: str
    language: str
    tags: Sequence[str]
    plan: str
    seats: int
    renewed: bool
    signed_up: str

    def cells(self) -> list[str]:
        """A row of a CSV file, in the order of `HEADER`."""
        fields = (self.email, self.first_name, self.last_name, self.company, self.job_title, self.city, self.country)
        more = (self.language, "; ".join(self.tags), self.plan, str(self.seats), str(self.renewed).lower())
        return [*fields, *more, self.signed_up]


def people(count: int, first: int = 0) -> Iterator[Person]:
    """So many, the same at each run; each with an address of its own. `first`: the number of the first."""
    chance = random.Random(first)
    companies = _companies()
    for number in range(first, first + count):
        yield _person(number, chance, companies)


@cache
def _companies() -> Sequence[tuple[str, str]]:
    chance = random.Random(4711)
    return [_company(chance) for _ in range(20_000)]


def _person(number: int, chance: random.Random, companies: Sequence[tuple[str, str]]) -> Person:
    first = FIRST[_low(chance, len(FIRST))]
    last = LAST[_low(chance, len(LAST))] if chance.random() < 0.6 else _invented(chance)
    company, domain = companies[_low(chance, len(companies))]
    host = chance.choice(MAILBOXES) if chance.random() < 0.4 else domain
    return Person(
        number=number,
        email=f"{_ascii(first)}.{_ascii(last)}{number}@{host}",
        first_name=first,
        last_name=last,
        company=company,
        job_title=chance.choice(TITLES),
        city=CITIES[_low(chance, len(CITIES))],
        country=COUNTRIES[_low(chance, len(COUNTRIES))],
        language=chance.choice(("de", "en", "en", "fr", "es")),
        tags=tuple({TAGS[_low(chance, len(TAGS))] for _ in range(chance.randrange(3))}),
        plan=chance.choice(PLANS),
        seats=int(chance.paretovariate(1.2)),
        renewed=chance.random() < 0.7,
        signed_up=str(SINCE + timedelta(days=chance.randrange(2800))),
    )


def _low(chance: random.Random, size: int) -> int:
    """A place in a list whose first ones are the most common."""
    return int(size * chance.random() ** 2)


def _invented(chance: random.Random) -> str:
    return "".join(chance.choices(SYLLABLES, k=chance.randrange(2, 5))).capitalize()


def _company(chance: random.Random) -> tuple[str, str]:
    name = f"{_invented(chance)}{_invented(chance).lower()}"
    return f"{name} {chance.choice(TRADES)} {chance.choice(FORMS)}", f"{name.lower()}.example"


def _ascii(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())
