"""Consent records and receipts of ISO/IEC TS 27560 in the words of DPV (JSON-LD): rows of an import. Floor 6.

Keys and values are read by their local names, whether they are whole addresses (``https://w3id.org/dpv#ConsentGiven``) or
shortened (``dpv:ConsentGiven``); no context is fetched. What words mean here stands in ``licenses/_terms.toml``. A consent
grants no more than what all of its words say here. A refusal or withdrawal is limited only where all that limits it can be
said here; else it refuses everything, and asks for no erasure: that takes an event of its own.

https://w3id.org/dpv, https://w3id.org/dpv/guides/consent-27560
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rightful.errors import InputError, RightfulError
from rightful.rights.terms import CONSENT_STATUS, Meaning, meaning
from rightful.rights.uses import Vocabulary

SCHEME = "dpv"
KINDS: Mapping[str, str] = {"given": "grant", "refused": "refusal", "withdrawn": "withdrawal", "expired": "expiry"}
"""Where a consent stands -> the kind of the event."""
_RECORDS = ("ConsentRecord", "ConsentReceipt")
_STATUS = ("hasConsentStatus", "hasStatus")
_SUBJECT = ("hasDataSubject",)
_IDENTITY = ("hasContact", "hasIdentifier", "hasName", "identifier", "name")
_WHEN = ("date", "isIndicatedAtTime", "issued", "created", "startedAtTime")
_UNTIL = ("validUntil", "valid", "hasExpiryTime", "hasEnd", "endedAtTime")
_PARTS = ("hasPart", "hasConsentEvent", "hasEvent")
_TO = ("hasRecipient", "hasDataController")
_WORDS = ("hasPurpose", "hasProcessing", "hasCapability", "isSubTypeOf")
_OF_DPV = re.compile(r"((https?://(w3id\.org|www\.w3\.org/ns)/dpv[^\s#]*[#/])|dpv[\w-]*:)?[\w-]+")
"""A word of DPV by itself, and not one of somebody else that has the same name."""
_MOST_DEPTH, _MOST_WORDS = 64, 10_000
_DURATION = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")

Row = tuple[int, Mapping[str, Any] | RightfulError]


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the words of a receipt say here; ``unknown`` are those that nothing here says, or not the whole of them."""

    acts: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = field(default=())


def is_receipt(data: object) -> bool:
    """True for JSON-LD that has a consent in it: a status, or a node that calls itself a record or receipt."""
    return any(_is_record(node) for node in _nodes(data))


def receipts(data: object, number: int, vocabulary: Vocabulary) -> Iterator[Row]:
    """A row for each person of each consent in a document; what cannot be read is an error in its place."""
    by_id = {str(node["@id"]): node for node in _nodes(data) if "@id" in node and len(node) > 1}
    records = [node for node in _nodes(data) if _is_record(node)]
    for at, node in enumerate(records, number):
        try:
            yield from ((at, row) for row in _rows(node, by_id, vocabulary))
        except RightfulError as error:
            yield at, error


def _is_record(node: Mapping[str, Any]) -> bool:
    return bool({_local(t) for t in _listed(node.get("@type"))} & {*_RECORDS}) or bool(_all(node, _STATUS[:1]))


def _nodes(data: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every object of a document, the outer ones first."""
    if depth > _MOST_DEPTH:
        return
    if isinstance(data, dict):
        yield data
        for value in data.values():
            yield from _nodes(value, depth + 1)
    elif isinstance(data, list):
        for value in data:
            yield from _nodes(value, depth + 1)


def _rows(
    node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]], vocabulary: Vocabulary
) -> Iterator[Mapping[str, Any]]:
    persons = list(dict.fromkeys(_persons(node, by_id)))
    proof = next(
        (_scalar(v) for v in [*_all(node, ("hasIdentifier", "identifier")), node.get("@id")] if _scalar(v)), ""
    )
    if not persons:
        raise InputError(
            "names no person",
            subject=proof or None,
            hint="hasDataSubject: an address of mail or a name, as in the data",
        )
    status, since, event = _standing(node, vocabulary)
    words = _terms(_words(node, by_id, grants=status == "given"), vocabulary)
    row: dict[str, Any] = {"selector": "subject", "proof": proof, "party": "; ".join(_parties(node, by_id))}
    row["kind"], limits = _kind(status, words)
    row["reason"] = f"consent record: {status}" + (f" (of {', '.join(words.unknown)})" if words.unknown else "")
    if limits:
        row |= {"use": "; ".join(sorted(words.acts)), "purpose": "; ".join(sorted(words.purposes))}
        row["application"] = "; ".join(sorted(words.applications))
    row["effective"] = _zoned(since, late=status == "given") if since else ""
    row["until"] = _until(node, event, since) if status == "given" else ""
    for person in persons:
        yield {**row, "value": person}


def _kind(status: str, words: _Terms) -> tuple[str, bool]:
    """The kind of the event, and whether the words limit it. Raises :class:`InputError` for a consent to nothing known."""
    if status == "given":
        if not words.acts:
            known = f"; {', '.join(words.unknown)} has no equal here" if words.unknown else ""
            hint = "hasProcessing, such as dpv-ai:ModelTraining; or record it with the words of: rightful uses"
            raise InputError(f"is a consent that names no act{known}; it grants nothing", hint=hint)
        return KINDS[status], True
    is_limited = bool(words.acts or words.purposes or words.applications) and not words.unknown
    if status == "withdrawn" and not is_limited:
        return KINDS["refused"], False
    return KINDS[status], is_limited


def _standing(node: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[str, str, Mapping[str, Any]]:
    """Where a consent stands, since when, and the part of the record that says so. Raises :class:`InputError`.

    What the record states of itself counts, of several the strictest; else its newest part.
    """
    parts = []
    for part in _all(node, _PARTS):
        if isinstance(part, dict):
            named = [_local(t) for t in (*_listed(part.get("@type")), *_all(part, _STATUS))]
            stated = _strictest(named, vocabulary)
            parts += [(_when(part), stated, part)] if stated else []
    parts.sort(key=lambda one: one[0])
    stated = _strictest([_local(s) for s in _all(node, _STATUS)], vocabulary)
    if stated is None and not parts:
        hint = "hasConsentStatus: one of ConsentGiven, ConsentRefused, ConsentWithdrawn, ConsentExpired, ..."
        raise InputError("says of no consent where it stands", hint=hint)
    if stated is None:
        return parts[-1][1], parts[-1][0], parts[-1][2]
    same = [part for part in parts if part[1] == stated]
    return (stated, same[-1][0], same[-1][2]) if same else (stated, _when(node), node)


def _strictest(names: Iterable[str], vocabulary: Vocabulary) -> str | None:
    """The strictest status that is named; a status that is none that is known refuses, as one that is not known does."""
    stated = []
    for name in names:
        means = meaning(vocabulary.terms, SCHEME, name)
        if means.consent:
            stated.append(means.consent)
        elif "Consent" in name and name not in _RECORDS and not name.endswith("Consent"):
            stated.append("refused")
    return min(stated, key=CONSENT_STATUS.index, default=None)


def _words(node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]], *, grants: bool) -> list[str]:
    """The purposes, processing and capabilities of a record, by local name.

    What somebody calls a kind of one is less than that: it limits a refusal by the wider word, and grants nothing, so that
    for a consent it stands there by its own name.
    """
    direct = _all(node, _WORDS[:3])
    if grants:
        return list(dict.fromkeys(_local(v) if _OF_DPV.fullmatch(_scalar(v)) else f"({_scalar(v)})" for v in direct))
    names: list[str] = []
    met: set[str] = set()
    waiting: list[object] = direct
    while waiting and len(names) < _MOST_WORDS:
        value = waiting.pop(0)
        known = by_id.get(str(value.get("@id"))) if isinstance(value, dict) else by_id.get(str(value))
        inner = {**(known or {}), **(value if isinstance(value, dict) else {})}
        place = str(inner.get("@id", ""))
        if place and place in met:
            continue
        met.add(place)
        if not inner or (place and len(inner) == 1):
            names.append(_local(place or _scalar(value)))
            continue
        types = [_local(t) for t in _listed(inner.get("@type"))]
        named = [t for t in types if t not in ("Purpose", "Processing", "Capability", "Concept")]
        deeper = _all(inner, _WORDS)
        names += named
        waiting += deeper
        if not named and not deeper and (text := _scalar(value)):
            names.append(_local(text))
    return [name for name in dict.fromkeys(names) if name]


def _terms(names: Iterable[str], vocabulary: Vocabulary) -> _Terms:
    """What words say here: acts, purposes and applications; those that no word here says whole are unknown."""
    read: list[Meaning] = []
    unknown = []
    for name in names:
        means = meaning(vocabulary.terms, SCHEME, name)
        if means.is_known and means.whole and (means.acts or means.purposes or means.applications):
            read.append(means)
        elif not means.consent:
            unknown.append(name)
    return _Terms(
        frozenset[str]().union(*(m.acts for m in read)),
        frozenset[str]().union(*(m.purposes for m in read)),
        frozenset[str]().union(*(m.applications for m in read)),
        tuple(unknown),
    )


def _persons(node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The persons as the data may name them: an address of mail first, else an identifier or name."""
    for value in _all(node, _SUBJECT):
        inner = by_id.get(str(value.get("@id")), value) if isinstance(value, dict) else by_id.get(str(value), {})
        named = [_scalar(v) for key in _IDENTITY for v in _all(inner, (key,))]
        texts = [text.removeprefix("mailto:") for text in named if text]
        if person := next((text for text in texts if "@" in text), texts[0] if texts else _scalar(value)):
            yield person.removeprefix("mailto:")


def _parties(node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """To whom it was given, as far as that is named."""
    parties = []
    for value in _all(node, _TO):
        inner = by_id.get(str(value.get("@id")), value) if isinstance(value, dict) else {}
        parties.append(next((_scalar(v) for v in _all(inner, ("hasName", "name")) if _scalar(v)), "") or _scalar(value))
    return list(dict.fromkeys(party for party in parties if party))


def _when(node: Mapping[str, Any]) -> str:
    return next((_scalar(v) for v in _all(node, _WHEN) if _scalar(v)), "")


def _until(node: Mapping[str, Any], event: Mapping[str, Any], since: str) -> str:
    """The end of a consent: as it is stated, or its duration from when it was given. Raises :class:`InputError`."""
    for of in (event, node):
        if stated := next((_scalar(v) for v in _all(of, _UNTIL) if _scalar(v)), ""):
            return _zoned(stated, late=False)
        if length := next((_scalar(v) for v in _all(of, ("hasDuration",)) if _scalar(v)), ""):
            return _after(since, length)
    return ""


def _after(since: str, length: str) -> str:
    """The instant so long after another; a month counts 28 days and a year 365, so that none lasts longer than it may."""
    whole = re.fullmatch(r"\d{1,12}", length)
    match = _DURATION.fullmatch(length)
    if not since or not (whole or (match and any(match.groups()))):
        raise InputError(f"lasts {length!r}, which has no end that can be read", hint="a date in validUntil")
    if whole:
        lasts = timedelta(seconds=int(length))
    else:
        years, months, weeks, days, hours, minutes, seconds = (int(n or 0) for n in match.groups())  # type: ignore[union-attr]
        lasts = timedelta(
            days=365 * years + 28 * months + 7 * weeks + days, hours=hours, minutes=minutes, seconds=seconds
        )
    try:
        return (datetime.fromisoformat(_zoned(since, late=False)) + lasts).isoformat()
    except (ValueError, OverflowError):
        raise InputError(f"lasts {length!r} from {since!r}, which is no time", hint="a date in validUntil") from None


def _zoned(text: str, *, late: bool) -> str:
    """A time without a zone with the one in which it is latest, or earliest: so that nothing is granted too soon or too
    long, and nothing refused too late."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text  # the import says that it is no time
    if at.tzinfo is None and len(text) > 10:
        shift = timedelta(hours=12) if late else timedelta(hours=-14)
        return (at.replace(tzinfo=UTC) + shift).isoformat()
    return text


def _all(node: Mapping[str, Any], names: Iterable[str]) -> list[Any]:
    """The values of the keys of these local names, in their order."""
    wanted = list(names)
    by_name: dict[str, list[Any]] = {}
    for key, value in node.items():
        if not str(key).startswith("@"):
            by_name.setdefault(_local(str(key)), []).extend(_listed(value))
    return [value for name in wanted for value in by_name.get(name, ())]


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _scalar(value: object) -> str:
    """A text, a number, or what an object has as its value or address."""
    if isinstance(value, dict):
        value = value.get("@value", value.get("@id", ""))
    return "" if value is None or isinstance(value, bool | list | dict) else str(value).strip()


def _local(name: object) -> str:
    """The local name of an address or of a shortened one: ``https://w3id.org/dpv#ConsentGiven``, ``dpv:ConsentGiven``."""
    text = _scalar(name)
    return re.split(r"[#/:]", text)[-1]
