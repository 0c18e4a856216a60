"""Consent events as somebody asks for them, held against the vocabulary and what is on record. Floor 6. Law 7."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from rightful.errors import InputError, UnknownName
from rightful.events.on_record import OnRecord
from rightful.rights.consent import (
    ANNULMENT,
    AS_SUBJECT,
    CAPACITIES,
    CORRECTION,
    ERASURE,
    EVENT,
    EVERY_SELECTOR,
    EXPIRED,
    GIVEN,
    GRANTING,
    OPTED_OUT,
    REFUSED,
    RENEWED,
    TAKEDOWN,
    WITHDRAWN,
    ConsentEvent,
)
from rightful.rights.uses import EVERY, PURPOSES, Vocabulary, application_name
from rightful.store.ledger import stamp
from rightful.store.selectors import Selector, selector_value, values_of

KIND_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("grant", "add", "given", "consent"), GIVEN),
    **dict.fromkeys(("withdrawal", "withdraw", "withdrawn"), WITHDRAWN),
    **dict.fromkeys(("refusal", "refuse", "refused"), REFUSED),
    **dict.fromkeys(("expiry", "expire", "expired"), EXPIRED),
    **dict.fromkeys(("takedown",), TAKEDOWN),
    **dict.fromkeys(("correction", "correct"), CORRECTION),
    **dict.fromkeys(("renewal", "renew", "renewed"), RENEWED),
    **dict.fromkeys(("erasure", "erase", "erased"), ERASURE),
    **dict.fromkeys(("opt-out", "optout", "opt-outs"), OPTED_OUT),
    **dict.fromkeys(("annulment", "annul", "annulled"), ANNULMENT),
}
"""What an event may be called in a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An event as somebody asks for it, before it is checked against a store."""

    kind: str
    selector: str
    value: str
    acts: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    effective: datetime | None = None
    valid_until: datetime | None = None
    reason: str = ""
    party: str = ""
    given_by: tuple[str, ...] = ()
    perpetual: bool = False
    deadline: datetime | None = None
    proof: str = ""


def event_of(
    request: Request, number: int, key: bytes, vocabulary: Vocabulary, now: datetime, known: Callable[[], OnRecord]
) -> ConsentEvent:
    """The event of a request, which is the ``number``-th of its list; ``known`` answers what is on record, where it matters.

    Raises :class:`InputError` where it cannot be one.
    """
    kind = KIND_NAMES.get(request.kind.strip().lower())
    if kind is None:
        raise UnknownName.of("kind of consent event", request.kind, KIND_NAMES)
    if request.selector not in EVERY_SELECTOR:
        raise UnknownName.of("selector", request.selector, EVERY_SELECTOR)
    _names(request, vocabulary)
    value = selector_value(request.selector, request.value, key)
    _fits(request, kind, value, known)
    terms = (
        _renewed(request, (request.selector, values_of(request.selector, value)[0]), known)
        if kind == RENEWED and not request.acts
        else request
    )
    if kind in GRANTING and not terms.acts:
        raise InputError(
            "a consent names the acts that it allows", hint="for example --use train --purpose noncommercial"
        )
    gives = kind in GRANTING
    given_by = frozenset(terms.given_by) or AS_SUBJECT
    acts, purposes, applications = frozenset(terms.acts), frozenset(terms.purposes), frozenset(terms.applications)
    effective, perpetual = request.effective or now, terms.perpetual and gives
    limits = _limits(acts, purposes, applications, stamp(effective), stamp(now))
    as_given = [sorted(given_by), terms.party, perpetual] if gives and given_by != AS_SUBJECT else []
    return ConsentEvent(
        event_id=_id(request, kind, value, limits, number, as_given),
        kind=kind,
        selector=request.selector,
        value=value,
        recorded=now,
        effective=effective,
        acts=acts,
        purposes=purposes,
        applications=applications,
        valid_until=terms.valid_until,
        reason=request.reason,
        # Whoever refuses does so in every capacity, whatever the row says.
        given_by=given_by if gives else AS_SUBJECT,
        party=terms.party,
        perpetual=perpetual,
        deadline=request.deadline,
        proof=request.proof,
    )


def _names(request: Request, vocabulary: Vocabulary) -> None:
    """Raise :class:`InputError` where a request names what is not in the vocabulary."""
    for act in request.acts:
        vocabulary.leaves(act)
    for purpose in request.purposes:
        if purpose not in PURPOSES:
            raise UnknownName.of("purpose", purpose, PURPOSES)
    for application in request.applications:
        application_name(application if application != EVERY else None)
    for capacity in request.given_by:
        if capacity not in CAPACITIES:
            raise UnknownName.of("capacity", capacity, CAPACITIES, subject="given_by")


def _fits(request: Request, kind: str, value: str, known: Callable[[], OnRecord]) -> None:
    """Raise :class:`InputError` where the kind of an event does not go with what else is said of it."""
    if (kind == ANNULMENT) != (request.selector == EVENT):
        why = (
            "an annulment names the event that it undoes" if kind == ANNULMENT else f"a {kind} names records, no event"
        )
        raise InputError(why, subject=f"selector {request.selector}", hint="rightful consent annul EVENT")
    limits = request.acts or request.purposes or request.applications
    if kind == ANNULMENT:
        known().to_annul(value)
        if limits or request.effective:
            why = "undoes the whole of an event, from when it is recorded"
            raise InputError(why, subject=kind, hint="leave out use, purpose, application and effective")
    if kind == ERASURE and limits:
        why = "erases the text for whatever use"
        raise InputError(why, subject=kind, hint="leave out use, purpose and application, or record a withdrawal")
    if kind in GRANTING and request.selector == "passage":
        why = "nothing is granted by a passage"
        raise InputError(why, subject="--passage", hint="name the record: --record, --content-sha256, --url, ...")


def _renewed(request: Request, selected: Selector, known: Callable[[], OnRecord]) -> Request:
    """A renewal that does not say what it allows, with the terms of the consent that it renews and its own period."""
    before = known().to_renew(selected)
    return replace(
        request,
        acts=tuple(sorted(before.acts)),
        purposes=request.purposes or tuple(sorted(before.purposes)),
        applications=request.applications or tuple(sorted(before.applications)),
        party=request.party or before.party,
        given_by=request.given_by or tuple(sorted(before.given_by)),
    )


def _id(request: Request, kind: str, value: str, limits: str, number: int, as_given: list[object]) -> str:
    """The id of the ``number``-th event of a commit: a digest of what it says, as one list in JSON."""
    facts = f"{json.dumps(kind)}, {json.dumps(request.selector)}, {json.dumps(value)}, {limits}, {number}"
    facts += f", {json.dumps(request.reason)}"
    duty = [stamp(request.deadline) if request.deadline else None, request.proof]
    for more in (as_given, duty if request.deadline or request.proof else []):
        facts += f", {json.dumps(more)[1:-1]}" if more else ""
    return f"e-{hashlib.sha256(f'[{facts}]'.encode()).hexdigest()[:16]}"


@lru_cache(maxsize=1024)
def _limits(
    acts: frozenset[str], purposes: frozenset[str], applications: frozenset[str], effective: str, recorded: str
) -> str:
    """The limits and times of an event in JSON, without brackets: nearly all events of an import have the same."""
    return json.dumps([sorted(acts), sorted(purposes), sorted(applications), effective, recorded])[1:-1]
