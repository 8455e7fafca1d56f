"""Between the contracts and feedback's own words."""

from dataclasses import asdict

from sounding_contracts.customers import CustomerChanged
from sounding_contracts.responses import Attributes, ResponseChanged, ShownAnswer, Work

from chassis.mongo import Document
from services.feedback.domain.response import Response
from services.feedback.domain.response import ShownAnswer as StoredAnswer
from services.feedback.domain.scoring import score_class
from services.feedback.domain.work import State
from services.feedback.domain.work import Work as OurWork


def attributes_of(customer: CustomerChanged | None) -> Document | None:
    """What of a customer is kept with an answer; nothing that says who it is."""
    return Attributes.model_validate(customer.model_dump()).model_dump() if customer else None


def response_changed(response: Response) -> ResponseChanged:
    """An answer as others see it."""
    return ResponseChanged(
        id=response.id,
        customer_id=response.customer_id,
        campaign_id=response.campaign_id,
        campaign_name=response.campaign_name,
        dispatch_id=response.dispatch_id,
        channel=response.channel,
        metric=response.metric,
        score=response.score,
        score_class=score_class(response.metric, response.score),
        comment=response.comment,
        comment_language=response.comment_language,
        topics=list(response.topics),
        answers=response.answers,
        answers_shown=[ShownAnswer.model_validate(asdict(one)) for one in response.answers_shown],
        provisional=response.provisional,
        suspected_automatic=response.suspected_automatic,
        added_by=response.added_by,
        attributes=Attributes.model_validate(response.attributes),
        language=response.language,
        work=_work(response),
        past=response.past,
        answered_at=response.answered_at,
        changed_at=response.changed_at,
    )


SAME = (
    *("id", "customer_id", "campaign_id", "campaign_name", "dispatch_id", "channel", "metric", "score", "comment"),
    *("comment_language", "answers", "provisional", "suspected_automatic", "added_by", "language", "past"),
    *("answered_at", "changed_at"),
)


def response_told(told: ResponseChanged, seq: int, known: Response | None) -> Response:
    """An answer as others know it; which import it came with only we know."""
    work = told.work
    return Response(
        **{name: getattr(told, name) for name in SAME},
        seq=seq,
        topics=tuple(told.topics),
        answers_shown=tuple(
            StoredAnswer(**{**one.model_dump(), "answer": tuple(one.answer)}) for one in told.answers_shown
        ),
        attributes=told.attributes.model_dump(),
        work=_work_told(work) if work else OurWork(),
        erased=known is not None and known.erased,
        import_id=known.import_id if known else None,
    )


def _work_told(work: Work) -> OurWork:
    return OurWork(
        state=State(work.state), assigned_to=work.assigned_to, tags=tuple(work.tags), note_count=work.note_count
    )


def _work(response: Response) -> Work:
    work = response.work
    return Work(state=str(work.state), assigned_to=work.assigned_to, tags=list(work.tags), note_count=work.note_count)
