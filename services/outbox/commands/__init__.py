"""What can be done with survey records, gates, brands and templates."""

from services.outbox.commands.addresses import OTHER_KEY, address_id, same_address_key
from services.outbox.commands.bounces import hear_back
from services.outbox.commands.brakes import brake, complaints, freeze, release, release_unseen, stop_at_complaints
from services.outbox.commands.brands import put_brand
from services.outbox.commands.checks import address_to_check, apply_check, not_deliverable
from services.outbox.commands.figures import count, give_up_waiting, recount
from services.outbox.commands.pacing import slow_down, take_share
from services.outbox.commands.projections import derive_gates, follow_campaigns, follow_recipients
from services.outbox.commands.records import (
    begin,
    begin_autoreplies,
    dispatch_of_token,
    follow_responses,
    give_up_unclear,
)
from services.outbox.commands.refusals import note_refusals, open_destination
from services.outbox.commands.restoring import (
    restore_brands,
    restore_records,
    restore_standings,
    settle_doubtful,
    tell_untold,
)
from services.outbox.commands.sending import (
    BUSY,
    CLAIM_LOST,
    INFLIGHT,
    Change,
    Concluding,
    Passing,
    bounce,
    conclude,
    conclude_all,
    pass_gates,
)
from services.outbox.commands.suppression import grant, unsubscribe, way_out
from services.outbox.commands.suppressions import import_suppressions
from services.outbox.commands.taking_back import AT_ONCE, take_back, take_back_campaign
from services.outbox.commands.templates import TooOften, allow_tests, put_template
from services.outbox.commands.touches import judge_again, judge_page, touch
from services.outbox.commands.unknowns import found_at_provider, send_again, settle

__all__ = [
    "AT_ONCE",
    "BUSY",
    "CLAIM_LOST",
    "INFLIGHT",
    "OTHER_KEY",
    "Change",
    "Concluding",
    "Passing",
    "TooOften",
    "address_id",
    "address_to_check",
    "allow_tests",
    "apply_check",
    "begin",
    "begin_autoreplies",
    "bounce",
    "brake",
    "complaints",
    "conclude",
    "conclude_all",
    "count",
    "derive_gates",
    "dispatch_of_token",
    "follow_campaigns",
    "follow_recipients",
    "follow_responses",
    "found_at_provider",
    "freeze",
    "give_up_unclear",
    "give_up_waiting",
    "grant",
    "hear_back",
    "import_suppressions",
    "judge_again",
    "judge_page",
    "not_deliverable",
    "note_refusals",
    "open_destination",
    "pass_gates",
    "put_brand",
    "put_template",
    "recount",
    "release",
    "release_unseen",
    "restore_brands",
    "restore_records",
    "restore_standings",
    "same_address_key",
    "send_again",
    "settle",
    "settle_doubtful",
    "slow_down",
    "stop_at_complaints",
    "take_back",
    "take_back_campaign",
    "take_share",
    "tell_untold",
    "touch",
    "unsubscribe",
    "way_out",
]
