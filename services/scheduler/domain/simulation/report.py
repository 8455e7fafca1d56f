"""What a simulation found."""

from typing import Any

from services.scheduler.domain.simulation.world import World


def report(world: World, days: int) -> dict[str, Any]:
    """Surveys a day, a customer, a campaign; and every promise that was broken."""
    audit = world.audit
    a_day = sorted(audit.by_day.values())
    a_customer = sorted(audit.by_customer.values())
    total = sum(a_day)
    return {
        "days": days,
        "customers": len(world.customers),
        "surveys": total,
        "surveys_a_day": {"mean": round(total / days, 2), "most": a_day[-1] if a_day else 0},
        "surveys_a_customer": {
            "mean": round(total / len(world.customers), 2),
            "most": a_customer[-1] if a_customer else 0,
            "never_surveyed": len(world.customers) - len(a_customer),
        },
        "surveys_a_campaign": dict(sorted(audit.by_campaign.items())),
        "breaches": audit.breaches,
        "broken": audit.broken,
    }
