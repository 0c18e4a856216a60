"""What an asset may be used for: all that the records it came from permit, and nothing that any of them does not. Floor 7.

An asset is not expanded: the records of its exports fall into cases, each case is decided once, and the law meets the distinct
values (``rights.derive``). What an export held is known by its index, whatever became of the export since. A record that
the store has no more as it was cannot be decided, and so permits nothing; neither does an export whose index is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rightful.assets.described import ASSET, EXPORT, Asset, was_trained_on_part
from rightful.assets.specification import Specification, specification_of
from rightful.decisions.cases import Decided
from rightful.decisions.policy import Policy
from rightful.query.exported import asked_again, redacted_types
from rightful.query.holding import OF_INDEX, index_file
from rightful.query.versions import HELD, Version, versions
from rightful.rights.decide import Decision
from rightful.rights.derive import Inheritance, inherit
from rightful.rights.licenses import Catalog
from rightful.rights.specified import stated_value
from rightful.rights.undertakings import REDACTION, obligation_of, shown
from rightful.rights.uses import Use, redacting
from rightful.rights.values import BLOCKED, DENIED, Status, Value
from rightful.store.duck import fill, rows, scan
from rightful.store.erasures import ERASURES, erasures
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger

GONE, ERASED, NOT_KNOWN, CLASH, BASE_REFUSES, BASE_SILENT, BASE_ENDED, NEW_USE, NOT_ASKED = OWN = (
    "record-gone",
    "erased",
    "contents-unknown",
    "inputs-clash",
    "base-refuses",
    "base-says-nothing",
    "base-ended",
    "new-use",
    "not-asked",
)
OWN_REASONS: Mapping[str, str] = {
    GONE: "records that the store has no more as they were: nothing says what they permit",
    ERASED: "withdrawn, and erased since",
    NOT_KNOWN: "nothing says any more which records this export held",
    CLASH: "the inputs have no licence in common under which the result could go out",
    BASE_REFUSES: "the specification of the base refuses it",
    BASE_SILENT: "the specification of the base says nothing of this use, actor, place or reading",
    BASE_ENDED: "the specification of the base has ended: ask for a newer one",
    NOT_ASKED: "what it was declared for can be asked no more",
    NEW_USE: "a use that the source was not collected for, and that nobody has acknowledged",
}
"""The reasons of assets that are not the law's: slug -> sentence."""


BY_EVENT = frozenset(
    {"takedown", "withdrawn", "consent-refused", "consent-expired", "permission-withdrawn", "unlawful"}
)
"""Reasons that refuse what may have been permitted before."""


@dataclass(frozen=True, slots=True)
class Members:
    """The records of one export that fall into one case; ``case`` is None for those that have no decision any more, which
    were ``erased`` or are gone."""

    case: int | None
    records: int
    tokens: int
    erased: bool = False

    @property
    def lost(self) -> tuple[str, Value]:
        """Of those without a decision: why, and what they permit."""
        return (ERASED, DENIED) if self.erased else (GONE, BLOCKED)


@dataclass(frozen=True, slots=True)
class Part:
    """What one export, or one base, permits of each act, and why it does not."""

    id: str
    values: Mapping[str, frozenset[Value]]
    reasons: tuple[dict[str, Any], ...]
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Derivation:
    """The decision on an asset: what each act inherits, the worst of them for the whole, and why."""

    use: Use
    acts: Mapping[str, Inheritance]
    reasons: tuple[dict[str, Any], ...]
    needs: frozenset[str]
    valid_until: datetime | None

    @property
    def status(self) -> Status:
        """The worst of its acts."""
        return min((one.status for one in self.acts.values()), default=Status.DENY)

    @property
    def permits(self) -> bool:
        """True only for an outright permission of every act."""
        return self.status is Status.PERMIT

    @property
    def obligations(self) -> frozenset[str]:
        """What is owed for a permission of the whole; nothing without one."""
        owed = (one.obligations for one in self.acts.values())
        return frozenset[str]().union(*owed) if self.permits else frozenset()


@dataclass(slots=True)
class Deriving:
    """Decides assets in one opened snapshot. ``exports`` are the registered ones by id, ``bases`` specifications by id.

    A *source* is an export or a base by its id, or ``EXPORT of TOKENIZER``: the records that a tokenizer was trained on, which
    are those of the export that may train one.
    """

    decided: Decided
    exports: Mapping[str, Version]
    bases: Mapping[str, Specification]
    assets: Sequence[Asset]
    _part_of: dict[str, tuple[str, Asset]] = field(default_factory=dict)
    _members: dict[str, list[Members] | None] = field(default_factory=dict)
    _joined: bool = False
    _decisions: dict[tuple[int, Use], Decision] = field(default_factory=dict)
    _parts: dict[tuple[str, Use], Part] = field(default_factory=dict)

    def sources_of(self, inputs: Iterable[tuple[str, str]]) -> list[str]:
        """The sources that inputs, as (kind, id), lead to, each once."""
        by_id = {asset.asset: asset for asset in self.assets}
        listed: dict[str, None] = {}
        waiting, seen = [*inputs], set[str]()
        while waiting:
            kind, name = waiting.pop(0)
            if kind != ASSET:
                listed[name] = None
                continue
            asset = by_id.get(name)
            if name in seen:
                continue
            seen.add(name)
            if asset is None:
                listed[name] = None  # of which nothing is known
                continue
            for one in asset.inputs:
                if one.kind == EXPORT and was_trained_on_part(asset, one):
                    source = f"{one.id} of {asset.asset}"
                    self._part_of[source] = one.id, asset
                    listed[source] = None
                else:
                    waiting.append((one.kind, one.id))
        return list(listed)

    def export_of(self, source: str) -> str:
        """The export that a source is, or is a part of."""
        return self._part_of[source][0] if source in self._part_of else source

    def derive(self, inputs: Iterable[tuple[str, str]], use: Use) -> Derivation:
        """The decision on what is made of these inputs. No input at all permits nothing."""
        parts = [self.part(name, use) for name in self.sources_of(inputs)]
        acts = {}
        reasons: list[dict[str, Any]] = []
        needs: set[str] = set()
        for act in use.acts:
            values = frozenset[Value]().union(*(part.values[act] for part in parts)) or frozenset([BLOCKED])
            acts[act] = inherit(values, use.accepted)
            if acts[act].status is Status.PERMIT:
                continue
            stated = [r for part in parts for r in part.reasons if r["act"] == act]
            if acts[act].clash:
                stated.append(_clash(act, acts[act]))
            reasons += _weighty(stated, acts[act])
            needs |= _needed(values, use)
        ends = [part.valid_until for part in parts if part.valid_until is not None]
        return Derivation(use, acts, tuple(reasons), frozenset(needs), min(ends, default=None))

    def part(self, name: str, use: Use) -> Part:
        """What one export or base permits for a use."""
        known = self._parts.get((name, use))
        if known is None:
            specification = self.bases.get(name)
            known = self._export(name, use) if specification is None else self._base(name, specification, use)
            self._parts[name, use] = known
        return known

    def members(self, source: str) -> list[Members] | None:
        """The records of a source by case; None where nothing says what it held."""
        if source not in self._members:
            part = self._part_of.get(source)
            self._members[source] = self._read(source) if part is None else self._trained_on(*part)
        return self._members[source]

    def decision(self, case: int, use: Use) -> Decision:
        """The decision on one case, made once."""
        known = self._decisions.get((case, use))
        if known is None:
            known = self._decisions[case, use] = self.decided.decide_one(self.decided.cases[case], use)
        return known

    def as_exported(self, source: str, use: Use) -> Use:
        """The request as one of texts out of which was taken what the export took out."""
        return redacting(use, redacted_types(dict(self.exports[self.export_of(source)].manifest)))

    def _trained_on(self, export: str, tokenizer: Asset) -> list[Members] | None:
        """What a tokenizer was trained on: what it was declared for permits it, or did before an event refused it."""
        members = self.members(export)
        if members is None:
            return None
        entry = dict(tokenizer.declared[0])
        use, impossible = asked_again(entry, self.decided.catalog, self.decided.as_of)
        use = self.as_exported(export, use)

        def was_in(of: Members) -> bool:
            if of.case is None or impossible:
                return True
            decision = self.decision(of.case, use)
            return decision.permits or decision.reason.slug in BY_EVENT

        return [of for of in members if was_in(of)]

    def _read(self, export: str) -> list[Members] | None:
        registered = self.exports.get(export)
        index = None if registered is None else index_file(self.decided.layout, registered)
        if index is None:
            return None
        if not self._joined:
            # What is decided does not matter here: which case a record falls into is the same for every use.
            self.decided.join(self.decided.decide(_anything(self.decided)), "in_cases")
            fill(self.decided.con, ERASURES.name, erasures(self.decided.layout, self.decided.ledger))
            self._joined = True
        query = f"""SELECT CASE WHEN h.content_sha256 = d.content_sha256 THEN d.case_id END AS of_case,
                of_case IS NULL AND e.record_id IS NOT NULL, count(DISTINCT h.record_id), sum(h.length)::BIGINT
            FROM {scan([index], OF_INDEX)} h LEFT JOIN in_cases d ON d.record_id = h.record_id
            LEFT JOIN {ERASURES.name} e ON e.record_id = h.record_id WHERE h.{HELD} GROUP BY ALL ORDER BY ALL"""
        return [
            Members(None if case is None else int(case), int(n), int(tokens or 0), bool(gone))
            for case, gone, n, tokens in rows(self.decided.con, query)
        ]

    def _export(self, export: str, use: Use) -> Part:
        members = self.members(export)
        if members is None:
            unknown = tuple(reason(NOT_KNOWN, act, export) for act in use.acts)
            return Part(export, dict.fromkeys(use.acts, frozenset([BLOCKED])), unknown)
        use = self.as_exported(export, use)
        values: dict[str, set[Value]] = {act: set() for act in use.acts}
        counted: dict[tuple[str, str, str], dict[str, Any]] = {}
        ends: list[datetime] = []
        for of in members:
            if of.case is None:
                slug, left = of.lost
                for act in use.acts:
                    values[act].add(left)
                    _count(counted, reason(slug, act, export), of)
                continue
            decision = self.decision(of.case, use)
            if decision.valid_until is not None:
                ends.append(decision.valid_until)
            for act, leaf in zip(use.acts, decision.leaves, strict=True):
                values[act].add(leaf.value)
                for one in () if leaf.status is Status.PERMIT else leaf.why():
                    _count(counted, {**one.as_json(), "act": act, "input": export}, of)
        frozen = {act: frozenset(of_act) or frozenset([BLOCKED]) for act, of_act in values.items()}
        ordered = sorted(counted.values(), key=lambda r: (-r["records"], r["reason"], r["text"]))
        return Part(export, frozen, tuple(ordered), min(ends, default=None))

    def _base(self, name: str, specification: Specification, use: Use) -> Part:
        words = self.decided.catalog.vocabulary
        values = {act: stated_value(specification.stated, act, use, words) for act in use.acts}
        ended = specification.stated.valid_until is not None and specification.stated.valid_until <= use.as_of
        reasons = []
        for act, of in values.items():
            if of == BLOCKED:
                reasons.append(reason(BASE_ENDED if ended else BASE_SILENT, act, name, specification.name))
            elif inherit([of], use.accepted).status is not Status.PERMIT:
                reasons.append(reason(BASE_REFUSES, act, name, specification.name))
        wrapped = {act: frozenset([of]) for act, of in values.items()}
        return Part(name, wrapped, tuple(reasons), specification.stated.valid_until)


def reason(slug: str, act: str, of: str, detail: str = "") -> dict[str, Any]:
    """A reason of :data:`OWN_REASONS`, in the form of those of the law."""
    text = OWN_REASONS[slug] + (f": {detail}" if detail else "")
    return {
        "reason": slug,
        "family": None,
        "act": act,
        "tier": None,
        "detail": detail,
        "evidence": "",
        "text": text,
        "input": of,
        "records": None,
        "tokens": None,
    }


def _count(counted: dict[tuple[str, str, str], dict[str, Any]], one: dict[str, Any], of: Members) -> None:
    key = (one["act"], one["reason"], one["text"])
    row = counted.setdefault(key, {**one, "records": 0, "tokens": 0})
    row["records"] += of.records
    row["tokens"] += of.tokens


def _weighty(stated: Sequence[dict[str, Any]], of: Inheritance) -> list[dict[str, Any]]:
    """The reasons of one act, those that decide it first; of a refusal nothing is left out that would refuse by itself."""
    return sorted(
        stated, key=lambda r: (r["reason"] in OWN, r["tier"] if r["tier"] is not None else 9, -(r["records"] or 0))
    )


def _clash(act: str, of: Inheritance) -> dict[str, Any]:
    sides = " beside ".join("(" + ", ".join(sorted(side)) + ")" for side in of.clash)
    return reason(CLASH, act, "", sides)


def _needed(values: frozenset[Value], use: Use) -> frozenset[str]:
    """What would have to be accepted as well for a permission; nothing where that would not do."""
    named = frozenset[str]().union(*(a.obligations for of in values for a in of))
    # What was not taken out of the texts can only be taken out by another export.
    everything = use.accepted | {one for one in named if obligation_of(one) != REDACTION}
    whole = inherit(values, everything)
    return whole.obligations - use.accepted if whole.status is Status.PERMIT else frozenset()


def _anything(decided: Decided) -> Use:
    act = next(iter(decided.catalog.vocabulary.acts))
    return Use(acts=(act,), purpose="commercial", as_of=decided.as_of)


def opened(
    con: Any,
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    as_of: datetime,
    assets: Sequence[Asset],
    policy: Policy | None = None,
) -> Deriving:
    """The newest snapshot, in which assets are decided as of an instant, under the store's policy or another."""
    decided = Decided(con, layout, ledger, ledger.snapshot(), catalog, as_of, policy)
    return Deriving(decided, {one.export: one for one in versions(ledger.exports())}, bases_of(assets), assets)


def bases_of(assets: Iterable[Asset]) -> dict[str, Specification]:
    """The specifications that assets were registered with, by id."""
    stated = {str(k): v for asset in assets for k, v in (asset.description.get("bases") or {}).items()}
    return {name: specification_of(data, f"assets of the ledger, base {name}") for name, data in stated.items()}


def inputs_of(asset: Asset) -> list[tuple[str, str]]:
    """The inputs of an asset as :meth:`Deriving.derive` takes them."""
    return [(one.kind, one.id) for one in asset.inputs]


def obligations_json(owed: Iterable[str], vocabulary: Any, use: Use) -> list[dict[str, Any]]:
    """What is owed, each with its trigger, which goes with the asset: ``obligation, trigger, summary, to, reference``."""
    references = dict(use.references)
    listed = []
    for one in sorted(owed):
        word = vocabulary.obligations.get(obligation_of(one))
        listed.append(
            {
                "obligation": obligation_of(one),
                "owed": shown(one),
                "trigger": word.trigger if word else "always",
                "summary": word.summary if word else "",
                "reference": references.get(shown(one)),
            }
        )
    return listed
