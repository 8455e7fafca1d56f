"""What an import displaced, and a customer as if the import had never been."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .customer import Customer, Said, Stamp

SAID = ("fields", "properties", "tags")


@dataclass(frozen=True, slots=True)
class Was:
    """What stood in the place of what an import said; None: nothing. Of `external_ids`: what it gave."""

    kind: str
    name: str
    said: Said | None


def is_of(import_id: str, said: Said | None) -> bool:
    """Whether a row of the import said it."""
    return said is not None and said.stamp.event_id.startswith(f"{import_id}:")


def displaced(before: Customer, after: Customer, import_id: str) -> Iterator[Was]:
    """What the import displaced, but for what it had said itself in an earlier row."""
    for kind in SAID:
        was = getattr(before, kind)
        for name, said in getattr(after, kind).items():
            known = was.get(name)
            if known is not said and known != said and not is_of(import_id, known):
                yield Was(kind, name, known)
    for source, id_ in after.external_ids.items():
        if source not in before.external_ids:
            yield Was("external_ids", source, Said(id_, Stamp(after.changed_at, source, "")))
    if after.deletion != before.deletion and not is_of(import_id, before.deletion):
        yield Was("deletion", "", before.deletion)


def undone(customer: Customer, was: Iterable[Was], import_id: str) -> Customer:
    """What the import said and nobody has said anew is as it was; what others said since stays."""
    parts: dict[str, dict[str, Said]] = {kind: dict(getattr(customer, kind)) for kind in SAID}
    external_ids, deletion = dict(customer.external_ids), customer.deletion
    for one in was:
        if one.kind == "external_ids":
            if one.said and external_ids.get(one.name) == one.said.value:
                del external_ids[one.name]
        elif one.kind == "deletion":
            deletion = one.said if is_of(import_id, deletion) else deletion
        elif is_of(import_id, parts[one.kind].get(one.name)):
            _put_back(parts[one.kind], one)
    fields, properties, tags = (parts[kind] for kind in SAID)
    return replace(
        customer, external_ids=external_ids, deletion=deletion, fields=fields, properties=properties, tags=tags
    )


def without(customer: Customer, import_id: str, source: str | None) -> Customer:
    """A customer whom the import made, without anything that it said."""
    every = [Was(kind, name, None) for kind in SAID for name in getattr(customer, kind)]
    given = customer.external_ids.get(source) if source else None
    if source and given:
        every.append(Was("external_ids", source, Said(given, Stamp(customer.changed_at, source, ""))))
    return undone(customer, every, import_id)


def is_only_of(import_id: str, source: str | None, customer: Customer) -> bool:
    """Whether nobody but the import has said anything of it."""
    every = [said for kind in SAID for said in getattr(customer, kind).values()]
    others = set(customer.external_ids) - {source}
    by_import = all(is_of(import_id, said) for said in (*every, customer.deletion))
    return by_import and customer.tags_set is None and not others and not customer.pinned


def _put_back(said: dict[str, Said], one: Was) -> None:
    if one.said is None:
        del said[one.name]
    else:
        said[one.name] = one.said
