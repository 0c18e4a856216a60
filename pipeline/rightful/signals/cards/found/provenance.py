"""Provenance records of OASIS (Data Provenance Metadata 1.0) -> claims. Floor 2: pure.

The record of whoever made a dataset states its licence (T5), unless its contents were collected from others: then its
licence is a label on a compilation (T6). ``consents``, places where data may be processed or stored, and every word on
copyright that is more than a notice are terms which nobody reads here: they block. What is intended is no limit of what is
permitted, but words in it that reserve are heard. Each ``sub-provenance``, and a ``source``, is an ancestor.
Source: oasis-tcs/dps, prov-meta 1.0, Committee Specification Draft 02, sections on use and provenance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rightful.rights.evidence import INFERRED, Evidence
from rightful.signals.cards.found.plain import Damaged, decoded, json_of
from rightful.signals.cards.found.stating import STATED, Claimed, Stating
from rightful.signals.signal import About, OfFile
from rightful.signals.values import words

DETECTOR = "prov-meta/1"
SCHEMA = "oasis-open.org/dps/prov-meta"
FILES = frozenset(
    (
        "provenance.json prov-meta.json prov_meta.json data-provenance.json data_provenance.json *.prov-meta.json "
        "*.provenance.json"
    ).split()
)
OWN = frozenset(
    {"primary-user-source", "machine-generated-ml-ops", "simulations", "data-augmentation", "transfer-learning"}
)
"""Methods by which one makes data oneself; all others, and those that nobody knows, collect the work of others."""
_PERSONS = frozenset({"pi", "phi", "pfi", "spi", "pci"})
_PLACES = ("processing-included", "processing-excluded", "storage-allowed", "storage-forbidden")
_NOTICES = ("patent", "trademark")
_DEEPEST = 20


def is_one(value: Any) -> bool:
    """True for what is a provenance record by its schema, or by its parts."""
    if not isinstance(value, dict):
        return False
    return SCHEMA in str(value.get("$schema", "")) or {"set", "source", "provenance", "use"} <= value.keys()


def read(raw: bytes, place: str, about: About) -> Claimed:
    """What a provenance record states; nothing for a file of that name which is something else."""
    card = Stating(DETECTOR, place, about)
    try:
        record = json_of(decoded(raw))
    except Damaged as damage:
        return list(card.damaged(damage, raw))
    return list(claims(record, card)) if is_one(record) else []


CARD = OfFile(DETECTOR, FILES, read, through=True)


def claims(record: dict[str, Any], card: Stating) -> Iterator[Evidence]:
    """What a record claims."""
    use, made = record.get("use"), record.get("provenance")
    if not isinstance(use, dict) or not isinstance(made, dict):
        yield card.unreadable("use", "a provenance record without use or provenance")
        return
    card = card.at(STATED if _is_own(made) else INFERRED)
    yield from card.license("use.license", use.get("license"))
    yield from card.words("use.copyright", use.get("copyright"))
    for name in ("consents", *_PLACES):
        yield from card.blocks(f"use.{name}", use.get(name))
    for name in _NOTICES:
        yield from card.reserved(f"use.{name}", words(use.get(name)))
    for text in words(use.get("intended-purpose")):
        yield from card.prose("use.intended-purpose", text)
    known = {
        "license",
        "copyright",
        "consents",
        "intended-purpose",
        "classification",
        "data-risk-reducing",
        *_PLACES,
        *_NOTICES,
    }
    yield from card.fields((f"use.{k}", v) for k, v in use.items() if k not in known)
    yield from card.persons("use.classification", _persons(use.get("classification")))
    for note in words([record["set"].get("notes")] if isinstance(record.get("set"), dict) else []):
        yield from card.prose("set.notes", note)
    for name in _sources(made, 0):
        yield from card.ancestor("provenance", name)


def _is_own(made: dict[str, Any]) -> bool:
    """True where whoever issues the data made them: no method that collects, no origin, no source."""
    methods = made.get("generation-method")
    codes = [m.get("code") if isinstance(m, dict) else m for m in (methods if isinstance(methods, list) else [methods])]
    apart = [made.get(name) for name in ("origin", "source", "sub-provenance")]
    return bool(codes) and all(isinstance(code, str) and code in OWN for code in codes) and not any(apart)


def _persons(listed: Any) -> list[str]:
    """The classes of personal data that the record found in the data, or does not know to be absent."""
    found = []
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("regulation"), dict):
            code = entry["regulation"].get("code")
            if code in _PERSONS and str(entry.get("evaluated")).lower() != "false":
                found.append(str(code))
    return found


def _sources(made: dict[str, Any], depth: int) -> Iterator[str]:
    """The sources of a dataset, with theirs."""
    yield from words(made.get("source"))
    below = made.get("sub-provenance")
    for inner in below if isinstance(below, list) else [below]:
        if not isinstance(inner, dict):
            yield from words(inner)
            continue
        source = inner.get("source")
        own = inner.get("provenance") if isinstance(inner.get("provenance"), dict) else inner
        if isinstance(source, dict):
            yield str(source.get("name") or source.get("location") or "")
        elif not isinstance(source, str):
            origin = inner.get("origin")
            yield next(words(origin.get("legal-name") if isinstance(origin, dict) else origin), "")
        if depth < _DEEPEST and isinstance(own, dict):
            yield from _sources(own, depth + 1)
