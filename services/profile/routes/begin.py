"""How work over many customers is begun."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.idempotency import Once
from chassis.ids import new_id
from chassis.mongo import Transaction
from services.profile.commands import jobs as commands
from services.profile.commands.customers import Author
from services.profile.domain.job import Job, Kind
from services.profile.schemas.customers import Wanted
from services.profile.schemas.jobs import BulkEdit, JobBody, wanted_body
from services.profile.views import customers as customer_views
from services.profile.views.segments import resolved

MAX_COUNTED = 1_000_000


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done, in words, and with whom."""

    kind: Kind
    label: str
    wanted: Wanted
    edit: BulkEdit | None = None
    asked: Mapping[str, str] = field(default_factory=dict)
    forgets: str | None = None


async def begin(once: Once, author: Author, work: Work) -> JobBody:
    """Queue it, for those whom the search finds by the filters of now."""
    wanted = await resolved(once.database, work.wanted)
    job = Job(
        id=new_id(),
        kind=work.kind,
        label=work.label,
        wanted=wanted_body(wanted),
        edit=work.edit.model_dump(mode="json", exclude_unset=True) if work.edit else {},
        asked=work.asked,
        forgets=work.forgets,
        total=(await customer_views.count(once.database, wanted, up_to=MAX_COUNTED, exact=True)).count,
        by=author.by,
        created_at=author.now,
        changed_at=author.now,
    )

    async def command(tx: Transaction) -> JobBody:
        return JobBody.of(await commands.begin_job(tx, job))

    return JobBody.model_validate(await once.run(command))
