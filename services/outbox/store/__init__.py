"""Where outbox keeps survey records, gates, recipients, campaigns, brands and templates."""

from services.outbox.store.claims import claim
from services.outbox.store.codec import Codec, brands, campaigns, dispatches, gates, load, one, recipients, templates
from services.outbox.store.collections import (
    ADDRESS,
    BRANDS,
    CAMPAIGNS,
    CONSENTS,
    DISPATCHES,
    GATES,
    HOLDS,
    INDEXES,
    KEYS,
    LINKS,
    RECIPIENTS,
    TEMPLATES,
    TOUCHES,
)
from services.outbox.store.consents import add_consent, consents_of, forget_consents
from services.outbox.store.content import save_brand, save_template
from services.outbox.store.gating import keep_address_key, on_the_way, save_gates
from services.outbox.store.records import mark_wave, of_customers, save_dispatches, stranded
from services.outbox.store.touches import (
    forget_touches,
    keep_links,
    save_touches,
    target_of,
    touched_after,
    touches,
    touches_of,
    touches_shown,
)

__all__ = [
    "ADDRESS",
    "BRANDS",
    "CAMPAIGNS",
    "CONSENTS",
    "DISPATCHES",
    "GATES",
    "HOLDS",
    "INDEXES",
    "KEYS",
    "LINKS",
    "RECIPIENTS",
    "TEMPLATES",
    "TOUCHES",
    "Codec",
    "add_consent",
    "brands",
    "campaigns",
    "claim",
    "consents_of",
    "dispatches",
    "forget_consents",
    "forget_touches",
    "gates",
    "keep_address_key",
    "keep_links",
    "load",
    "mark_wave",
    "of_customers",
    "on_the_way",
    "one",
    "recipients",
    "save_brand",
    "save_dispatches",
    "save_gates",
    "save_template",
    "save_touches",
    "stranded",
    "target_of",
    "templates",
    "touched_after",
    "touches",
    "touches_of",
    "touches_shown",
]
