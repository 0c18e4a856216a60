"""What is left of a permission beside copies, newer acts and personal data: rules that only lower. Floor 1: pure. Law 3.7, 8.6 and 12.

Each rule is handed what the ones before it left, and returns what it leaves; None, where it does not apply. No ceiling ever
permits what was not permitted under it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rightful.rights import persons
from rightful.rights.case import Question
from rightful.rights.claims import (
    effective,
    ended,
    expression_of,
    in_force,
    licenses_contents,
    read,
    reserves,
    speaks_of,
)
from rightful.rights.consent import Ruling
from rightful.rights.evidence import Evidence, Profile
from rightful.rights.values import BLOCKED, Status, Value, collapse, contest, meet, value

Ceiling = Callable[[Question, Value], Value | None]


def contested_by_exact_copies(q: Question, of: Value) -> Value | None:
    """What explicit licences of exact copies agree to as well, or open: permissions never travel between copies."""
    return contested(q, q.case.copies, of)


def opened_by_near_copies(q: Question, of: Value) -> Value | None:
    """Open, where a near copy carries what would bind an exact one, until somebody has looked."""
    return meet(of, BLOCKED) if near_opens(q, of) else None


def opened_by_withdrawn_near_copies(q: Question, of: Value) -> Value | None:
    """Open, where an event refuses a near copy."""
    return meet(of, BLOCKED) if q.case.near_withdrawn else None


def newer_than_the_consent(q: Question, of: Value) -> Value | None:
    """Open, where a consent to a parent act was given before this one was practised."""
    return meet(of, BLOCKED) if any(ruled is Ruling.NEWER for ruled, _ in q.rulings.persons) else None


def found_personal_data(q: Question, of: Value) -> Value | None:
    """With what a scan found taken out of the text, where nobody stated that persons are in it, nor a basis or consent."""
    redacted = persons.owed(q.persons, q.act)
    return meet(of, value(Status.PERMIT, redacted)) if redacted else None


CEILINGS: tuple[tuple[str, Ceiling], ...] = (
    ("contested-copy", contested_by_exact_copies),
    ("near-copy-contested", opened_by_near_copies),
    ("near-copy-withdrawn", opened_by_withdrawn_near_copies),
    ("newer-than-grant", newer_than_the_consent),
    ("personal-data-found", found_personal_data),
)
"""The rules that lower, each by a slug, in the order in which they are applied. The reason of the last one is made from what is
owed (``why``)."""


def contested(q: Question, copies: frozenset[Profile], of: Value) -> Value | None:
    """What is stated, beside what copies state: agreed by all, or open. None where no copy contests it."""
    if not copies or q.case.own_copies or _speaks_as_publisher(q, copies):
        return None
    contrary = [*_contrary(copies, q)]
    return contest(of, contrary, accepted=q.use.accepted) if contrary else None


def near_opens(q: Question, of: Value) -> bool:
    """True where a near copy carries what would bind an exact one: a refusal of the work, or a contrary licence.

    It never refuses by itself, and gives nothing: it leaves open what was permitted, until somebody has looked.
    """
    if any(
        e.binds_the_work and (e.is_gate or reserves(e, q.act, q.use, q.catalog)) for copy in q.case.near for e in copy
    ):
        return True
    beside = contested(q, q.case.near, of)
    return beside is not None and collapse(beside, q.use.accepted)[0] is not collapse(of, q.use.accepted)[0]


def _speaks_as_publisher(q: Question, copies: Iterable[Profile]) -> bool:
    """True when the source of the record is the publisher of the work, so that copies elsewhere do not contest it.

    Its card claims so, the signed policy names it, and the card of no copy claims the same: two claims cancel. What is only
    guessed claims nothing, and cancels all the same.
    """
    claims = [e for e in q.case.profile if e.is_explicit]
    publishes = (e.authority == "publisher" and not e.guessed and in_force(e, q.use) for e in claims)
    claimed = bool(claims) and all(publishes)
    disputed = any(e.authority != "collector" for copy in copies for e in copy if e.is_explicit)
    return q.case.published and claimed and not disputed


def _contrary(copies: Iterable[Profile], q: Question) -> Iterator[Value]:
    """What each explicit licence (T3, T5) of an exact copy says, one by one.

    A copy whose licence does not speak of the act, or not of contents at all, or has ended, contests nothing. One that
    cannot be read may say anything, so it leaves open what it stands beside.
    """
    for copy in copies:
        for e in effective(copy, q.act, q.use, q.catalog):
            if e.is_explicit and not ended(e, q.use) and speaks_of(e, q.act) and _heard(e, q):
                yield read(e, q.act, q.use, q.catalog)[0]


def _heard(e: Evidence, q: Question) -> bool:
    return expression_of(e, q.catalog.names) is None or licenses_contents(e, q.catalog)
