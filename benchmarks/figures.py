"""What a dashboard asks: usual periods, both switches, campaigns, attributes, filters of several clauses."""

from datetime import date, timedelta
from typing import Any

from benchmarks.answers import CAMPAIGNS, DAYS, START

Body = dict[str, Any]
LAST = START + timedelta(days=DAYS - 1)


def _days(count: int) -> Body:
    return {"first_day": str(LAST - timedelta(days=count - 1)), "last_day": str(LAST)}


ALL = {"first_day": str(START), "last_day": str(LAST)}
PAST = {"first_day": str(date(2025, 3, 5)), "last_day": str(date(2025, 9, 17))}
PERIODS = {
    "7 days": _days(7),
    "30 days": _days(30),
    "90 days": _days(90),
    "a year": _days(365),
    "a past half-year": PAST,
}
PRO: Body = {"field": "properties.plan", "op": "eq", "value": "pro"}
SEVERAL: Body = {
    "all": [
        {"any": [PRO, {"field": "tags", "op": "has", "value": "vip"}]},
        {"not": {"field": "country", "op": "in", "value": ["AA", "BB", "CC"]}},
    ]
}
NPS: Body = {"metrics": ["nps"]}
ZONE: Body = {"zone": "Europe/Vienna"}
BY = ("country", "tags", "properties.plan", "campaign_id", "language", "city")

QUERIES: dict[str, tuple[str, Body]] = {
    **{f"scores, {name}": ("scores", {**days, **ZONE, **NPS}) for name, days in PERIODS.items()},
    "scores, all three years": ("scores", {**ALL, **ZONE, **NPS}),
    "scores, all metrics, a year": ("scores", {**PERIODS["a year"], **ZONE}),
    "scores, every answer, all three years": ("scores", {**ALL, **ZONE, **NPS, "answers": "every"}),
    "scores of a campaign, a year": ("scores", {**PERIODS["a year"], **ZONE, **NPS, "campaign_id": CAMPAIGNS[1]}),
    "scores of a campaign, all three years": ("scores", {**ALL, **ZONE, **NPS, "campaign_id": CAMPAIGNS[1]}),
    "scores of a plan, a year": ("scores", {**PERIODS["a year"], **ZONE, **NPS, "filter": PRO}),
    "scores of a plan now, a year": (
        "scores",
        {**PERIODS["a year"], **ZONE, **NPS, "filter": PRO, "attributes": "now"},
    ),
    "scores of several clauses, a year": ("scores", {**PERIODS["a year"], **ZONE, **NPS, "filter": SEVERAL}),
    "scores of several clauses, all three years": ("scores", {**ALL, **ZONE, **NPS, "filter": SEVERAL}),
    "by day, 90 days": ("over-time", {**PERIODS["90 days"], **ZONE, "metric": "nps", "unit": "day"}),
    "by week, a year": ("over-time", {**PERIODS["a year"], **ZONE, "metric": "nps", "unit": "week"}),
    "by month, all three years": ("over-time", {**ALL, **ZONE, "metric": "nps", "unit": "month"}),
    "by month of a plan, all three years": (
        "over-time",
        {**ALL, **ZONE, "metric": "nps", "unit": "month", "filter": PRO, "campaign_id": CAMPAIGNS[2]},
    ),
    **{
        f"for each {by}, 90 days": ("breakdown", {**PERIODS["90 days"], **ZONE, "metric": "nps", "by": by}) for by in BY
    },
    **{f"for each {by}, a year": ("breakdown", {**PERIODS["a year"], **ZONE, "metric": "nps", "by": by}) for by in BY},
    "for each company, a year": ("breakdown", {**PERIODS["a year"], **ZONE, "metric": "nps", "by": "company"}),
    "for each country, all three years": ("breakdown", {**ALL, **ZONE, "metric": "nps", "by": "country"}),
    "for each plan now, every answer, all three years": (
        "breakdown",
        {**ALL, **ZONE, "metric": "nps", "by": "properties.plan", "answers": "every", "attributes": "now"},
    ),
    "for each country of a plan, all three years": (
        "breakdown",
        {**ALL, **ZONE, "metric": "nps", "by": "country", "filter": PRO},
    ),
    "funnel, 90 days": ("funnel", {**PERIODS["90 days"], **ZONE}),
    "funnel of a campaign, a year": ("funnel", {**PERIODS["a year"], **ZONE, "campaign_id": CAMPAIGNS[0]}),
    "funnel, all three years": ("funnel", {**ALL, **ZONE}),
}
