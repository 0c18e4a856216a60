"""The whole law in one pure function: what one record is permitted, and which evidence says so. Floor 1.

Read :func:`decide` first, then :func:`act_value`; they say in code what `RIGHTS` section 3 says in words:

    ordinary = merge of T3..T6                        a refusal holds, silence is neutral
    value    = choose(ordinary, T2 grants, T7 bases)  per layer; the ancestors of a source meet
    value    = contest(value, exact copies)           permissions never travel between copies
    value    = meet(value, BLOCKED)                   where a near copy was withdrawn, or the act is newer than the consent
    refused where T0, T1 or a gate refuses

Nothing is permitted by default, and there is no way to skip a line. How one claim is read: `claims`. Why: `because`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import NamedTuple

from rightful.rights import consent, persons
from rightful.rights.bases import statute
from rightful.rights.because import Reason, because, first
from rightful.rights.claims import (
    consents,
    contract,
    effective,
    ended,
    expression_of,
    goes_on,
    in_force,
    is_of_row,
    licenses_contents,
    permission,
    read,
    reserves,
    speaks_of,
    ways,
)
from rightful.rights.consent import Ruling, Standing, ruling
from rightful.rights.evidence import Evidence, Profile, evidence_id, rights_id
from rightful.rights.licenses import Catalog
from rightful.rights.persons import Persons
from rightful.rights.uses import Use
from rightful.rights.values import (
    BLOCKED,
    DENIED,
    Status,
    TooManyAlternatives,
    Value,
    choose,
    collapse,
    contest,
    meet,
    merge,
    value,
)


class Rulings(NamedTuple):
    """What the consent histories say of one act.

    ``persons``: what each says as the person whom the data are about, and whose history it is. ``holders``: what they
    say as author or rights holder; what was withdrawn of an exact copy among it, what was granted there not.
    """

    persons: list[tuple[Ruling, str]]
    holders: frozenset[Ruling]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that can change the decision on a record; many records share one case.

    ``copies`` are the profiles of its exact copies (its own left out). ``standings`` are the consent histories that
    match the record, ``copy_standings`` those that match an exact copy: their refusals spread, their grants do not.
    ``near`` are the profiles of near copies, and ``near_withdrawn`` says that an event refuses one: they only leave open.
    ``earlier`` are statements of the row that were read before and are not there any more: they only bound.
    ``address`` says whether the record has an address; where that is not known, what is asked of either has to hold.
    ``pii_found`` are the types of personal data that a scan found, ``published`` says that the signed policy names the
    source among its publishers.

    ``through`` are the cases of the rows of ancestors that the record comes from, each with its ``way``; of an ancestor
    in which its row was not found all rows, and that ancestor is among ``unmatched``. ``lost_event`` says that an event
    refuses one of these. ``sources`` are the histories of ancestors as sources, by way: what they refuse is refused here.
    """

    profile: Profile
    standings: frozenset[Standing] = frozenset()
    copies: frozenset[Profile] = frozenset()
    copy_standings: frozenset[Standing] = frozenset()
    personal_data: str | None = None
    legal_basis: str | None = None
    pii_state: str | None = None
    own_copies: bool = False
    near_withdrawn: bool = False
    near: frozenset[Profile] = frozenset()
    address: bool | None = None
    pii_found: frozenset[str] = frozenset()
    published: bool = False
    earlier: Profile = frozenset()
    through: frozenset[Case] = frozenset()
    way: str = ""
    unmatched: frozenset[str] = frozenset()
    lost_event: bool = False
    sources: frozenset[tuple[str, Standing]] = frozenset()

    @property
    def came_alone(self) -> bool:
        """True where nothing is known of a row or source that the record came through, its claims aside."""
        return not (self.through or self.unmatched or self.sources)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one case and use. ``needs`` are obligations that, if accepted as well, would make it a permit.

    ``by_act`` has each leaf's own status; the whole is the worst of them. ``valid_until`` is the first instant after
    ``as_of`` at which a dated claim begins or ends, None when nothing is dated.
    """

    status: Status
    obligations: frozenset[str]
    reasons: tuple[Reason, ...]
    by_act: tuple[tuple[str, Status], ...]
    needs: frozenset[str] | None
    valid_until: datetime | None

    @property
    def permits(self) -> bool:
        """True only for an outright permission of every act asked."""
        return self.status is Status.PERMIT

    @property
    def reason(self) -> Reason:
        """The first reason."""
        return self.reasons[0]


def decide(case: Case, use: Use, catalog: Catalog) -> Decision:
    """Decide each leaf act of a use on its own, then meet them."""
    leaves = [_leaf(case, act, use, catalog) for act in use.acts]
    worst = min(leaf.status for leaf in leaves)
    permits = worst is Status.PERMIT
    owed = frozenset[str]().union(*(leaf.obligations for leaf in leaves))
    return Decision(
        status=worst,
        obligations=owed if permits else frozenset(),
        reasons=first(r for leaf in leaves for r in leaf.reasons if leaf.status.word == worst.word),
        by_act=tuple((act, leaf.status) for act, leaf in zip(use.acts, leaves, strict=True)),
        needs=None if permits else _union_or_none(leaf.needs for leaf in leaves),
        valid_until=_next_change(case, use.as_of),
    )


def permits(case: Case, use: Use, catalog: Catalog) -> bool:
    """True where :func:`decide` permits: the same steps in the same order, without looking for reasons."""
    if not case.came_alone:
        return decide(case, use, catalog).permits
    for act in use.acts:
        found = rulings(case, act, use, catalog)
        if next(refusals(case, act, use, catalog, found), None) is not None:
            return False
        if collapse(_values(case, act, use, catalog, found).left, use.accepted)[0] is not Status.PERMIT:
            return False
    return True


def act_value(case: Case, act: str, use: Use, catalog: Catalog) -> Value:
    """The value of one act before T0, T1 and the gates, which only refuse."""
    return _values(case, act, use, catalog, rulings(case, act, use, catalog)).left


class _Values(NamedTuple):
    """What is ``stated``; what is left of it beside exact copies; and beside near copies and acts newer than the consent."""

    stated: Value
    contested: Value
    near_contested: bool
    left: Value


def _values(case: Case, act: str, use: Use, catalog: Catalog, found: Rulings) -> _Values:
    stated = stated_value(case, act, use, catalog, found)
    contested = contested_value(case, case.copies, act, use, catalog, stated)
    near = near_opens(case, act, use, catalog, contested)
    open_ = near or case.near_withdrawn or any(ruled is Ruling.NEWER for ruled, _ in found.persons)
    left = meet(contested, BLOCKED) if open_ else contested
    redacted = persons.owed(_persons(case, found), act)
    return _Values(stated, contested, near, meet(left, value(Status.PERMIT, redacted)) if redacted else left)


def near_opens(case: Case, act: str, use: Use, catalog: Catalog, of: Value) -> bool:
    """True where a near copy carries what would bind an exact one: a refusal of the work, or a contrary licence.

    It never refuses by itself, and gives nothing: it leaves open what was permitted, until somebody has looked.
    """
    if any(_binds_the_work(e, act, use, catalog) for copy in case.near for e in copy):
        return True
    contested = contested_value(case, case.near, act, use, catalog, of)
    return contested is not of and collapse(contested, use.accepted)[0] is not collapse(of, use.accepted)[0]


def _binds_the_work(evidence: Evidence, act: str, use: Use, catalog: Catalog) -> bool:
    if evidence.kind == "gate":
        return evidence.statement not in ("personal_data", "person_unreadable")
    return evidence.kind == "reservation" and evidence.tier in (0, 1, 3) and reserves(evidence, act, use, catalog)


def contested_value(
    case: Case, copies: frozenset[Profile], act: str, use: Use, catalog: Catalog, stated: Value
) -> Value:
    """What is stated, beside what copies state: agreed by all, or open."""
    if not copies or case.own_copies or _speaks_as_publisher(case, copies, use):
        return stated
    contrary = [*_contrary(copies, act, use, catalog)]
    return _within_bounds(lambda: contest(stated, contrary), [stated], use)


def stated_value(case: Case, act: str, use: Use, catalog: Catalog, found: Rulings) -> Value:
    """The meet over the record's own source and the ancestors that it came through, exact copies left aside."""
    names = sorted({"", *(e.layer for e in case.profile)})
    layers = [layer_value(case, layer, act, use, catalog, found) for layer in names]
    return _within_bounds(lambda: meet(*layers), layers, use)


def refusals(case: Case, act: str, use: Use, catalog: Catalog, found: Rulings) -> Iterator[Reason]:
    """What T0, T1 and the gates refuse. Refusals of exact copies hold here as well."""
    for ruled, whose in found.persons:
        if ruled.refuses:
            yield _ruled(ruled, act, "" if whose == COPY else whose, from_copy=whose == COPY)
    for evidence, from_copy in _spreading(case):
        if evidence.kind == "reservation" and reserves(evidence, act, use, catalog):
            slug = _PERSON.get(evidence.basis, "reserved")
            detail = evidence.basis if slug == "reserved" else ""
            yield Reason(slug, act, evidence.tier, detail, evidence_id(evidence), evidence.layer, from_copy)
        elif evidence.kind == "gate" and (from_copy or not _lifted(evidence, found)):
            yield Reason(
                _GATE[evidence.statement], act, evidence.tier, evidence=evidence_id(evidence), from_copy=from_copy
            )
    yield from persons.refusals(_persons(case, found), act, use, catalog.vocabulary)


def _ruled(ruled: Ruling, act: str, layer: str, from_copy: bool = False) -> Reason:
    return Reason(ruled.rule, act, 0 if ruled is Ruling.TAKEDOWN else 1, layer=layer, from_copy=from_copy)


def _lifted(gate: Evidence, found: Rulings) -> bool:
    """True for the gate of personal data where the persons of the record, or of the source that has it, consented."""
    consents = (whose for ruled, whose in found.persons if ruled is Ruling.GRANT)
    return gate.statement == "personal_data" and any(whose in ("", gate.layer) for whose in consents)


def _persons(case: Case, found: Rulings) -> Persons:
    own = frozenset(ruled for ruled, whose in found.persons if not whose)
    return Persons(case.personal_data, case.legal_basis, case.pii_state, own, case.pii_found)


COPY = ">copy"
"""Whose consent it is: an exact copy's. Empty is the record's own, otherwise the way to an ancestor,
which never begins so."""


def rulings(case: Case, act: str, use: Use, catalog: Catalog) -> Rulings:
    """What each consent history says of the act, and whose it is. Only the record's own may grant to the record."""
    words = catalog.vocabulary
    stated = [(history, layer) for layer, history in consents(case.profile, use)]
    stated += [(history, COPY) for copy in case.copies for _, history in consents(copy, use)]
    stated += [(history, "") for history in case.standings] + [(history, COPY) for history in case.copy_standings]
    persons = [(ruling(history, act, use, words), whose) for history, whose in stated]
    holders = {consent.permission(history, act, use, words) for history in case.standings}
    copies = {consent.permission(history, act, use, words) for history in case.copy_standings}
    held = holders | (copies & {Ruling.WITHDRAWN})  # of different selectors the refusal counts
    return Rulings(persons, frozenset(held - {Ruling.GRANT} if Ruling.WITHDRAWN in held else held))


_PERSON = {"withdrawn": "withdrawn", "refused": "consent-refused", "expired": "consent-expired"}
_GATE = {
    "personal_data": "no-legal-basis",
    "person_unreadable": "person-unreadable",
    "unlawful": "unlawful",
    "evidence_missing": "evidence-missing",
}


@dataclass(frozen=True, slots=True)
class _Leaf:
    status: Status
    obligations: frozenset[str]
    reasons: tuple[Reason, ...]
    needs: frozenset[str] | None
    value: Value = DENIED


def _leaf(case: Case, act: str, use: Use, catalog: Catalog) -> _Leaf:
    """What a record is permitted: the meet of its own value with those of the rows and sources that it came through."""
    own = _own_leaf(case, act, use, catalog)
    if case.came_alone:
        return own
    leaves = [own, *(_through(row, act, use, catalog) for row in sorted(case.through, key=_row_order))]
    refused = first(_source_refusals(case, act, use, catalog))
    leaves += [_Leaf(Status.DENY, frozenset(), refused, None)] if refused else []
    values = [leaf.value for leaf in leaves] + ([BLOCKED] if case.lost_event else [])
    of = _within_bounds(lambda: meet(*values), values, use)
    status, obligations = collapse(of, use.accepted)
    lost = [Reason("ancestor-row-unknown", act, 5, layer=way, waits=not case.lost_event) for way in case.unmatched]
    reasons = [r for leaf in leaves if leaf.status.word == status.word for r in leaf.reasons]
    if status is not Status.PERMIT:
        reasons += lost
    if all(r.waits for r in reasons) and status is Status.DENY:
        slug = "outbound-clash" if any(a.outbound == frozenset() for a in of) else "obligation"
        reasons.append(Reason(slug, act, 5, detail=", ".join(sorted(_needed(of, use) or ()))))
    return _Leaf(status, obligations, first(reasons) or own.reasons, _needed(of, use), of)


def _row_order(row: Case) -> tuple[str, str]:
    return row.way, rights_id(row.profile)


def _through(row: Case, act: str, use: Use, catalog: Catalog) -> _Leaf:
    """What the row of an ancestor permits; its reasons name the way to it."""
    leaf = _own_leaf(row, act, use, catalog)
    named = tuple(replace(r, layer=f"{row.way} > {r.layer}" if r.layer else row.way) for r in leaf.reasons)
    return replace(leaf, reasons=named)


def _source_refusals(case: Case, act: str, use: Use, catalog: Catalog) -> Iterator[Reason]:
    """What was withdrawn or refused of an ancestor as a source; nothing that was granted of it grants here."""
    for way, history in case.sources:
        ruled = ruling(history, act, use, catalog.vocabulary)
        if ruled.refuses:
            yield _ruled(ruled, act, way)


def _needed(of: Value, use: Use) -> frozenset[str] | None:
    """The fewest obligations that, accepted as well, would make it a permission."""
    offers = [a.obligations - use.accepted for a in of if a.status is Status.PERMIT and a.outbound != frozenset()]
    return min(offers, key=lambda o: (len(o), sorted(o)), default=None)


def _own_leaf(case: Case, act: str, use: Use, catalog: Catalog) -> _Leaf:
    found = rulings(case, act, use, catalog)
    refused = first(refusals(case, act, use, catalog, found))
    if refused:
        return _Leaf(Status.DENY, frozenset(), refused, None)
    stated, contested, near_contested, of = _values(case, act, use, catalog, found)
    status, obligations = collapse(of, use.accepted)
    needs = _needed(of, use)
    alone = status if stated is of else collapse(stated, use.accepted)[0]
    kept = contested is stated or (_best(stated) is _best(contested) and alone is collapse(contested, use.accepted)[0])
    ruled = {one for one, whose in found.persons if not whose or one is Ruling.NEWER}
    reasons = because(
        act,
        use,
        catalog,
        profile=case.profile,
        earlier=case.earlier,
        copies=case.copies,
        status=status,
        value=of,
        needs=needs,
        rulings=ruled,
        holders=found.holders,
        near_withdrawn=case.near_withdrawn,
        near_contested=near_contested,
        contested=not kept,
        stated=alone,
        address=case.address,
    )
    return _Leaf(status, obligations, reasons, needs, of)


def _best(of: Value) -> Status:
    return max(a.status for a in of)


def layer_value(case: Case, layer: str, act: str, use: Use, catalog: Catalog, found: Rulings) -> Value:
    """What one layer states of one act: the record's own source (``""``), or an ancestor by its path."""
    claims = [e for e in case.profile if e.layer == layer]
    bound = [e for e, _ in work_bound(case.copies)]
    said = ways((e for e in (*claims, *([] if layer else bound)) if 3 <= e.tier <= 6), act, use, catalog)
    merged = [_merged(_readings(way, act, use, catalog), use) for way in said]
    ordinary = _within_bounds(lambda: choose(*merged), merged, use)
    before = [] if layer else [goes_on(e, act, use, catalog) for e in case.earlier if 3 <= e.tier <= 6]
    if before:
        stands = ordinary
        ordinary = _within_bounds(lambda: merge(stands, *before), [stands, *before], use)
    offers = [contract(e, act, use, catalog) for e in claims if e.statement == "contract"]
    bases = [e for e in case.profile if e.statement == "statute"]  # the operator's: they reach every layer
    offers += [statute(e, (*case.profile, *bound, *case.earlier), act, use, catalog, case.address) for e in bases]
    # Whoever withdraws does so in every capacity, for whatever was given before.
    if Ruling.WITHDRAWN not in found.holders:
        offers += [permission(e, act, use, catalog) for e in claims if e.statement == "permission"]
    if Ruling.GRANT in found.holders and not layer:
        offers.append(value(Status.PERMIT))
    return _within_bounds(lambda: choose(ordinary, *(o for o in offers if o is not None)), [], use)


def _readings(way: Iterable[Evidence], act: str, use: Use, catalog: Catalog) -> list[Value]:
    """What each claim says. The statements of one row meet: none of them takes the place of another, not even of one that
    is silent about the contents."""
    read_ones = [(e, read(e, act, use, catalog)[0]) for e in way]
    of_row = [says for e, says in read_ones if is_of_row(e)]
    rest = [says for e, says in read_ones if not is_of_row(e)]
    return [*rest, _within_bounds(lambda: meet(*of_row), of_row, use)] if len(of_row) > 1 else [*rest, *of_row]


def _merged(readings: list[Value], use: Use) -> Value:
    return _within_bounds(lambda: merge(*readings), readings, use)


def work_bound(copies: Iterable[Profile]) -> Iterator[tuple[Evidence, Profile]]:
    """The reservations of exact copies that are bound to the work: they hold for every copy."""
    for copy in copies:
        for e in copy:
            if e.tier == 3 and e.kind == "reservation":
                yield e, copy


def _within_bounds(of: Callable[[], Value], parts: list[Value], use: Use) -> Value:
    """The value; with too many alternatives to be read it is open, or refused where a part refuses by itself."""
    try:
        return of()
    except TooManyAlternatives:
        refused = any(collapse(p, use.accepted)[0] is Status.DENY for p in parts)
        return DENIED if refused else BLOCKED


def _spreading(case: Case) -> Iterator[tuple[Evidence, bool]]:
    """T0, T1 and T2 refusals of the record, and the T0 and T1 refusals of its exact copies."""
    for e in case.profile:
        if e.kind == "gate" or (e.kind == "reservation" and e.tier <= 2):
            yield e, False
    for copy in case.copies:
        for e in copy:
            if e.kind == "gate" or (e.kind == "reservation" and e.tier <= 1):
                yield e, True


def _speaks_as_publisher(case: Case, copies: frozenset[Profile], use: Use) -> bool:
    """True when the source of the record is the publisher of the work, so that copies elsewhere do not contest it.

    Its card claims so, the signed policy names it, and the card of no copy claims the same: two claims cancel.
    """
    claims = _licensing(case.profile)
    claimed = bool(claims) and all(e.authority == "publisher" and in_force(e, use) for e in claims)
    disputed = any(e.authority == "publisher" for copy in copies for e in _licensing(copy))
    return case.published and claimed and not disputed


def _licensing(profile: Profile) -> list[Evidence]:
    return [e for e in profile if e.statement in ("license", "unreadable") and e.tier in (3, 5) and not e.layer]


def _contrary(copies: Iterable[Profile], act: str, use: Use, catalog: Catalog) -> Iterator[Value]:
    """What each explicit licence (T3, T5) of an exact copy says, one by one.

    A copy whose licence does not speak of the act, or not of contents at all, or has ended, contests nothing. One that
    cannot be read may say anything, so it leaves open what it stands beside.
    """
    for copy in sorted(copies, key=rights_id):
        for e in sorted(effective(copy, act, use, catalog), key=evidence_id):
            explicit = e.statement in ("license", "unreadable") and e.tier in (3, 5) and not e.layer
            heard = expression_of(e, catalog.names) is None or licenses_contents(e, catalog)
            if explicit and not ended(e, use) and speaks_of(e, act) and heard:
                yield read(e, act, use, catalog)[0]


def _next_change(case: Case, as_of: datetime) -> datetime | None:
    """The first instant after ``as_of`` at which a dated claim begins or ends, of the record or of an exact copy."""
    claims = [e for profile in (case.profile, case.earlier, *case.copies, *case.near) for e in profile]
    # When an observation is made or grows too old matters to a statutory basis only.
    relied = any(e.statement == "statute" for e in case.profile)
    claims = [e for e in claims if relied or e.kind != "observation"]
    dated = [t for e in claims for t in (e.valid_from, e.valid_until)]
    dated += [_next_change(row, as_of) for row in case.through]
    dated += [term.valid_until for _, history in case.sources for term in history]
    dated += [term.valid_until for history in (*case.standings, *case.copy_standings) for term in history]
    dated += [datetime.combine(e.stated_on, time(), UTC) for e in claims if e.stated_on is not None]
    return min((t for t in dated if t is not None and t > as_of), default=None)


def _union_or_none(sets: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    total: frozenset[str] = frozenset()
    for s in sets:
        if s is None:
            return None
        total |= s
    return total
