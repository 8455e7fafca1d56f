"""Where scheduler keeps campaigns, customers and occurrences; each change is saved with the event that tells it."""

from services.scheduler.store.audiences import count as count_audience
from services.scheduler.store.audiences import fair_part, matching
from services.scheduler.store.audiences import samples as audience_samples
from services.scheduler.store.campaigns import (
    CampaignRule,
    Campaigns,
    audience_query,
    campaign_from,
    campaign_with,
    campaigns_told,
    find_running,
    one_running,
    run,
    running,
)
from services.scheduler.store.cap_days import cap_days, put_cap_days
from services.scheduler.store.collections import (
    ANSWERS,
    BUCKETS,
    CAMPAIGN_VERSIONS,
    CAMPAIGNS,
    CAP_DAYS,
    CUSTOMERS,
    DELIVERABILITY,
    HOLDS,
    INDEXES,
    LOOKS,
    OCCURRENCES,
    PROFILES,
    RECORDS,
    RULES,
    THE_LINE,
)
from services.scheduler.store.customers import (
    Customers,
    customer,
    customer_from,
    document_of,
    look_of,
    next_surveys_told,
)
from services.scheduler.store.occurrences import claim, forget_occurrences, known_occurrences
from services.scheduler.store.projections import last_scores_of, owners, rows_of, surveys_of
from services.scheduler.store.queues import due_ids, outdated_count, outdated_ids
from services.scheduler.store.reading import Outside, Reader
from services.scheduler.store.rules import put_rules, rules, rules_version

__all__ = [
    "ANSWERS",
    "BUCKETS",
    "CAMPAIGNS",
    "CAMPAIGN_VERSIONS",
    "CAP_DAYS",
    "CUSTOMERS",
    "DELIVERABILITY",
    "HOLDS",
    "INDEXES",
    "LOOKS",
    "OCCURRENCES",
    "PROFILES",
    "RECORDS",
    "RULES",
    "THE_LINE",
    "CampaignRule",
    "Campaigns",
    "Customers",
    "Outside",
    "Reader",
    "audience_query",
    "audience_samples",
    "campaign_from",
    "campaign_with",
    "campaigns_told",
    "cap_days",
    "claim",
    "count_audience",
    "customer",
    "customer_from",
    "document_of",
    "due_ids",
    "fair_part",
    "find_running",
    "forget_occurrences",
    "known_occurrences",
    "last_scores_of",
    "look_of",
    "matching",
    "next_surveys_told",
    "one_running",
    "outdated_count",
    "outdated_ids",
    "owners",
    "put_cap_days",
    "put_rules",
    "rows_of",
    "rules",
    "rules_version",
    "run",
    "running",
    "surveys_of",
]
