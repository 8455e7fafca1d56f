"""What can be done with survey records, gates, brands and templates."""

from services.outbox.commands.addresses import OTHER_KEY, address_id, same_address_key
from services.outbox.commands.bounces import hear_back
from services.outbox.commands.brands import put_brand
from services.outbox.commands.figures import count, give_up_waiting, recount
from services.outbox.commands.projections import derive_gates, follow_campaigns, follow_recipients
from services.outbox.commands.records import begin, dispatch_of_token, follow_responses, give_up_unclear
from services.outbox.commands.sending import BUSY, CLAIM_LOST, Change, Concluding, INFLIGHT, Passing, bounce, conclude, conclude_all, pass_gates
from services.outbox.commands.suppression import grant, unsubscribe, way_out
from services.outbox.commands.templates import TooOften, allow_tests, put_template
from services.outbox.commands.touches import judge_again, touch

__all__ = [
    "TooOften",
    "conclude_all",
    "put_template",
    "Concluding",
    "pass_gates",
    "BUSY",
    "dispatch_of_token",
    "unsubscribe",
    "put_brand",
    "same_address_key",
    "address_id",
    "give_up_waiting",
    "derive_gates",
    "Passing",
    "follow_recipients",
    "allow_tests",
    "recount",
    "judge_again",
    "begin",
    "hear_back",
    "OTHER_KEY",
    "bounce",
    "way_out",
    "touch",
    "conclude",
    "give_up_unclear",
    "Change",
    "INFLIGHT",
    "grant",
    "count",
    "CLAIM_LOST",
    "follow_campaigns",
    "follow_responses",
]
