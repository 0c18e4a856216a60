"""From a snapshot and a use to decided records, set-wise. Floor 5.

SQL only matches and joins. Every record falls into a *case*: its rights profile, personal data and scan state, the
consent histories that match it or an exact copy, and the profiles of its exact copies. :func:`decide` is called once
a case; the decisions come back as a table, and records join it. A record that finds no decision cannot be joined,
so it cannot leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from rightful.decisions.cards import cards_of, claims_by_source
from rightful.decisions.copies import MOST_STATEMENTS, reviews_given
from rightful.decisions.coverage import coverage, looked_days
from rightful.decisions.earlier import earlier_given
from rightful.decisions.known import all_known
from rightful.decisions.lineage import Chains, chain_pairs, chains, held_sources
from rightful.decisions.observing import LOOKED, Observing, observe
from rightful.decisions.overlay import effective
from rightful.decisions.policy import Policy, read_policy
from rightful.decisions.profiles import MANY_STATEMENTS, read_profiles
from rightful.decisions.relations import KEYS, OWN_KEYS, SPECIAL, Shape, decided, relations
from rightful.decisions.terms import terms_of
from rightful.rights.consent import GIVEN, ConsentEvent, Standing, in_force
from rightful.rights.decide import Case, Decision, decide, permits
from rightful.rights.evidence import INFERRED, Profile
from rightful.rights.expression import all_of
from rightful.rights.licenses import Catalog, Overlay
from rightful.rights.overlay import next_change, overlays_of, shown
from rightful.rights.persons import KEPT
from rightful.rights.review import standing_reviews
from rightful.rights.uses import Use
from rightful.signals.cards.claims import claims_digest
from rightful.signals.cards.order import of_card
from rightful.stages.pii.stage import TYPES
from rightful.store.counts import counts_of
from rightful.store.duck import rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.matching import Standings, event_sids, former_files, selectors_of
from rightful.store.observations import has_captures
from rightful.store.relations import build, strings
from rightful.store.views import open_views

NAMES = "name"
"""What a recogniser calls by labels of its own: taken out where the same recogniser runs."""
_TOO_MANY_ROWS = Case(profile=frozenset([MANY_STATEMENTS]), personal_data="no", pii_state="none_found")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with its keys as they stand in the tables, and the index of its decision."""

    rights_id: str
    personal_data: str
    legal_basis: str
    pii_state: str
    special: int
    outdated: str
    looked: int
    found: str
    published: bool
    term: int
    chain: str
    through: int
    case: Case


class Decided:
    """A snapshot opened for one question: views, cases, and decisions for as many uses as are asked."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        layout: Layout,
        ledger: Ledger,
        snapshot: int,
        catalog: Catalog,
        as_of: datetime,
        policy: Policy | None = None,
        overlays: tuple[Overlay, ...] | None = None,
    ) -> None:
        """``policy``, ``overlays``: decide by these and not by those that the store has."""
        self.con = con
        self.layout = layout
        self.catalog = catalog = effective(catalog, layout.licenses, as_of, overlays)
        self.as_of = as_of
        self.ledger = ledger
        self.snapshot = snapshot
        self.policy = read_policy(layout.policy, catalog.vocabulary) if policy is None else policy
        open_views(con, layout, ledger, snapshot)
        events = ledger.consents()
        all_known(con, layout, events, catalog)
        self.standings = Standings.at(events, as_of)
        self.reviews = standing_reviews(ledger.reviews(), as_of)
        self.cards = cards_of(ledger.sources(ledger.snapshot()))
        self.newest = claims_by_source(self.cards, catalog)
        self.observing = self._observe(layout)
        self.terms = terms_of(self.cards, ledger.turns(), as_of)
        self.chains = self._chains()
        self._build(in_force(events, as_of))
        self.profiles = read_profiles(con)
        self.cases = self._cases()
        self._memo: dict[Use, list[Decision]] = {}

    def _build(self, events: Iterable[ConsentEvent]) -> None:
        """Make the relations of :mod:`rightful.decisions.relations` on the connection."""
        selectors = selectors_of(self.standings.listed())
        earlier = earlier_given(self.ledger, self.snapshot, self.cards, self.as_of)
        refusing = [n for n, history in enumerate(self.standings.distinct) if any(t.kind != GIVEN for t in history)]
        counts, self.uncounted = self._counts()
        digests = [claims_digest(card, self.newest[source]) for source, card in self.cards.items()]
        given = {
            "selectors": selectors.table,
            "event_sids": event_sids(events, self.standings.by_selector),
            "former_files": former_files(self.ledger.files.passed()),
            "refusing": pa.table({"sid": pa.array(refusing, pa.int64())}),
            **reviews_given(self.reviews),
            **earlier.tables,
            "newest_cards": strings(source_id=self.cards, digest=digests),
            "publishers": strings(source_id=sorted(self.policy.publishers(self.as_of))),
            "source_terms": self.terms.table,
            **self.observing.tables,
            "chain_pairs": chain_pairs(self.chains),
            "counts": counts,
        }
        shape = Shape(
            kinds=selectors.kinds,
            corrected=earlier.kinds,
            older=bool(rows(self.con, "SELECT count(*) FROM hidden")[0][0]),
            cards=self.cards,
            observing=self.observing,
            chains=self.chains,
            chained=self._chained(),
            uncounted=self.uncounted,
            publishing=bool(given["publishers"].num_rows),
            ending=bool(self.terms.table.num_rows),
        )
        self._joined_on = shape.joined_on
        self.relations = relations(shape)
        build(self.con, self.relations, given)

    def decide(self, use: Use) -> list[Decision]:
        """One decision a case, in the order of ``cases``."""
        known = self._memo.get(use)
        if known is None:
            known = self._memo[use] = [self.decide_one(row, use) for row in self.cases]
        return known

    def decide_one(self, row: CaseRow, use: Use) -> Decision:
        """The decision on one case for another use."""
        decision = decide(row.case, use, self.catalog)
        own = next_change(overlays_of(row.case, self.catalog), self.catalog, use.as_of)
        ends = [t for t in (decision.valid_until, self.policy.changes_after(use.as_of), own) if t is not None]
        return replace(decision, valid_until=min(ends, default=None))

    def overlays_of(self, cases: Iterable[int]) -> list[dict[str, object]]:
        """The readings of one's own that bear on these cases (indices), as answers show them."""
        if not self.catalog.overlays:
            return []
        ids = {i for c in cases for i in overlays_of(self.cases[c].case, self.catalog)}
        return shown(ids, self.catalog, self.as_of)

    def permits(self, use: Use, cases: Iterable[int]) -> set[int]:
        """Those of ``cases`` (indices) that another use would permit."""
        return {c for c in cases if permits(self.cases[c].case, use, self.catalog)}

    def licenses_read(self) -> dict[int, str]:
        """What the pages and header fields of records state as their licence, by case: they are read apart from the record, so
        that its ``license_concluded`` does not have it. All of them together, where they are several."""
        if not self.observing.captured:
            return {}
        read: dict[int, str] = {}
        for n, row in enumerate(self.cases):
            stated = {
                e.expression
                for e in self.observing.at(row.looked).claims
                if e.statement == "license" and e.tier < INFERRED and not e.guessed
                if e.valid_until is None or e.valid_until > self.as_of
            }
            if stated:
                read[n] = all_of(sorted(stated), self.catalog.names)
        return read

    def join(self, decisions: Sequence[Decision], name: str = "decided") -> None:
        """The view ``name``: every record that has a decision, with ``case_id`` and ``permit``; ``NAME_marked``: those with copies."""
        table = pa.table(
            {
                "rights_id": pa.array([r.rights_id for r in self.cases], pa.string()),
                "personal_data": pa.array([r.personal_data for r in self.cases], pa.string()),
                "legal_basis": pa.array([r.legal_basis for r in self.cases], pa.string()),
                "pii_state": pa.array([r.pii_state for r in self.cases], pa.string()),
                "special": pa.array([r.special for r in self.cases], pa.int64()),
                "outdated": pa.array([r.outdated for r in self.cases], pa.string()),
                "looked": pa.array([r.looked for r in self.cases], pa.int64()),
                "found": pa.array([r.found for r in self.cases], pa.string()),
                "published": pa.array([r.published for r in self.cases], pa.bool_()),
                "term": pa.array([r.term for r in self.cases], pa.int64()),
                "chain": pa.array([r.chain for r in self.cases], pa.string()),
                "through": pa.array([r.through for r in self.cases], pa.int64()),
                "case_id": pa.array(range(len(self.cases)), pa.int64()),
                "permit": pa.array([d.permits for d in decisions], pa.bool_()),
            }
        )
        build(self.con, decided(name, self._joined_on), {f"{name}_cases": table})

    def _counts(self) -> tuple[pa.Table, list[str] | None]:
        """What parts say of how many of their rows decide alike, and the parts whose rows have to be counted; None: those of all.

        Of a part with hidden rows it says too much; and where the row of an ancestor or the host of an address decides, too
        little.
        """
        nothing = pa.table({"part": pa.array([], pa.string())}), None
        observed = self.observing.tables.get(LOOKED.name)
        if self.chains.children or self.observing.captured or (observed is not None and observed.num_rows):
            return nothing
        hidden = {part for (part,) in rows(self.con, "SELECT DISTINCT part FROM hidden")}
        known: dict[str, pa.Table] = {}
        uncounted = []
        for part in self.ledger.parts("records", self.snapshot):
            said = None if part.part in hidden else counts_of(self.layout.part("records", part.part))
            if said is None:
                uncounted.append(part.part)
            else:
                known[part.part] = said
        if not known:
            return nothing
        named = [t.append_column("part", pa.array([part] * t.num_rows, pa.string())) for part, t in known.items()]
        return pa.concat_tables(named), uncounted

    def _chains(self) -> Chains:
        """The chains of sources by today's cards; none where no card names an ancestor."""
        if not any(card.derived_from for card in self.cards.values()):
            return Chains()
        return chains(self.cards, held_sources(self.con))

    def _chained(self) -> list[str]:
        """The sources whose chain changes a decision: rows of an ancestor are here, or it was withdrawn as a source."""
        withdrawn = {value for kind, value in self.standings.by_selector if kind == "source"}
        return [s for s, known in sorted(self.chains.of.items()) if self.chains.rows_of(s) or withdrawn & known.keys()]

    def came_from(self, record: str, most: int = 20) -> list[dict[str, str | None]]:
        """The rows of ancestors that a record came from, as far as they were found: way, record, source, licence."""
        if not self.chains.children:
            return []
        query = """SELECT c.source_id, c.ancestor, r.record_id, r.license_concluded FROM ancestor_rows c
            JOIN records r ON r.record_id = c.arow WHERE c.record_id = ? ORDER BY ALL LIMIT ?"""
        return [
            {"way": self.chains.rows_of(str(child))[str(source)], "record": row, "source": source, "license": license}
            for child, source, row, license in rows(self.con, query, [record, most])
        ]

    def coverage(self, where: str = "true") -> list[dict[str, Any]]:
        """For how many hosts of the records that a condition selects somebody looked, by protocol."""
        days = looked_days(self.con, self.cards, self.as_of, captured=self.observing.captured)
        return coverage(self.con, days, where, self.policy.observed_within(self.as_of), self.as_of)

    def _observe(self, layout: Layout) -> Observing:
        """What was observed of the locations of records, from the newest cards and captures."""
        statutes = self.catalog.vocabulary.statutes
        relied = any(basis.basis in statutes and statutes[basis.basis].defeated for basis in self.policy.bases)
        captures = (layout, self.ledger) if has_captures(self.ledger) else None
        within = self.policy.observed_within(self.as_of)
        return observe(self.con, self.cards, within, relied=relied, captures=captures, as_of=self.as_of)

    def _cases(self) -> list[CaseRow]:
        self._specials = {int(n): fields for n, *fields in rows(self.con, f"SELECT special, {SPECIAL} FROM specials")}
        lineage = self._lineage() if self.chains.children else {}
        cases = []
        for *own, through in rows(self.con, f"SELECT DISTINCT {KEYS} FROM tally ORDER BY ALL"):
            rights, personal, basis, pii, special, outdated, looked, types, published, term, chain = own
            case = self._own_case(*own)
            known = lineage.get((chain, int(through)))
            case = replace(case, sources=self._source_events(chain)) if chain else case
            if known is not None:
                case = replace(case, through=known[0], unmatched=known[1], lost_event=known[2])
            keys = (rights, personal, basis, pii, int(special), outdated, int(looked), types, bool(published))
            cases.append(CaseRow(*keys, int(term), chain, int(through), case))
        return cases

    def _own_case(
        self,
        rights: str,
        personal: str,
        basis: str,
        pii: str,
        special: int,
        outdated: str,
        looked: int,
        types_found: str,
        published: bool,
        term: int,
        chain: str,
    ) -> Case:
        """The case of a record, the rows of ancestors that it came from left aside."""
        direct, copied, others, near, near_refused, earlier = self._specials.get(
            int(special), ([], [], [], [], False, [])
        )
        seen = self.observing.at(int(looked))
        return Case(
            profile=self._along(self._stated(rights, outdated), chain) | frozenset(self.policy.bases) | seen.claims,
            standings=self._standings(direct),
            copies=frozenset(self.profiles.of(o) for o in others),
            copy_standings=self._standings(copied),
            personal_data=personal,
            legal_basis=basis,
            pii_state=pii,
            near=frozenset(self.profiles.of(o) for o in near),
            near_withdrawn=bool(near_refused),
            own_copies=self.policy.own_copies(self.as_of),
            address=seen.address,
            pii_found=_types(types_found),
            published=published,
            term=self.terms.distinct[int(term)],
            earlier=frozenset(e for statement in earlier for e in self.profiles.before[statement]),
        )

    def _along(self, profile: Profile, chain: str) -> Profile:
        """A profile in which ancestors whose rows are here do not speak by their cards: their rows do, card included.

        What a card states of its ancestor by itself stays.
        """
        held = self.chains.rows_of(chain)
        if not held:
            return profile
        by_rows = {layer for layer, ancestor in self.chains.layers[chain].items() if ancestor in held}
        others = {s: c for s, c in self.cards.items() if s not in held}
        stated = of_card(self.cards[chain], self.catalog.names, others)
        kept = {e for e in stated if e.layer in by_rows and e.statement != "not_known" and e.kind != "observation"}
        return frozenset(e for e in profile if e.layer not in by_rows) | kept

    def _source_events(self, chain: str) -> frozenset[tuple[str, Standing]]:
        """The histories of the ancestors of a source as sources, each with the way to it."""
        ids = {value: sid for (kind, value), sid in self.standings.by_selector.items() if kind == "source"}
        known = self.chains.of.get(chain, {})
        return frozenset((way, self.standings.distinct[ids[a]]) for a, way in known.items() if a in ids)

    def _lineage(self) -> dict[tuple[str, int], tuple[frozenset[Case], frozenset[str], bool]]:
        """By source and number of lineage: the rows of ancestors, the ancestors without one, whether an event reached these."""
        keys: dict[int, tuple[str, list[Any]]] = {}
        any_row: dict[str, set[tuple[Any, ...]]] = {}
        for own_id, held, *own in rows(self.con, f"SELECT own_id, source_id, {OWN_KEYS} FROM chain_keys"):
            keys[int(own_id)] = held, own
            any_row.setdefault(held, set()).add(tuple(own))
        refused = {
            str(r[0])
            for r in rows(
                self.con,
                """SELECT DISTINCT a.source_id FROM all_records a JOIN (
                    SELECT record_id, sid FROM ever_hits UNION SELECT record_id, sid FROM hit
                    UNION SELECT t.record_id, e.sid FROM tombstones t JOIN event_sids e ON e.event = t.event
                        WHERE t.keyed) h USING (record_id)
                JOIN refusing f ON f.sid = h.sid WHERE a.source_id IN (SELECT ancestor FROM chain_pairs)""",
            )
        }
        cases = {n: self._own_case(*own) for n, (_, own) in keys.items()}
        lineages = {}
        for through, child, known, lost in rows(self.con, "SELECT through, source_id, known, lost FROM lineages"):
            ways_to = self.chains.rows_of(child)
            parents = {_row_of(cases[n], ways_to[keys[n][0]]) for n in known}
            for ancestor in lost:
                listed = any_row.get(ancestor, set())
                several = {_without_events(self._own_case(*own)) for own in listed}
                parents |= {_row_of(case, ways_to[ancestor]) for case in several}
            if len(parents) > MOST_STATEMENTS:
                parents = {_row_of(_TOO_MANY_ROWS, ways_to[a]) for a in ways_to}
            lost_ways = frozenset(ways_to[a] for a in lost)
            lineages[child, int(through)] = frozenset(parents), lost_ways, bool(refused & set(lost))
        return lineages

    def _stated(self, rights: str | None, outdated: str) -> Profile:
        """The profile of a record; with what the newest card of its source claims, where it was tagged under an older.

        What an older card granted by contract or consent does not outlive it: these are offers, so nothing that the
        newest says beside them would take them back. As a limit a consent stays until the newest states another. A
        licence that the newest does not state any more permits nothing, and refuses what it refused.
        """
        newest, profile = self.newest.get(outdated, frozenset()), self.profiles.of(rights)
        profile = frozenset(e for e in profile if e.kind != "observation")  # those of today join, with their days
        if not outdated:
            return profile
        renewed = {e.layer for e in newest if e.kind == "consent"}
        given = ("contract", "permission")
        ended = {e for e in profile if e.statement in given or (e.kind == "consent" and e.layer in renewed)}
        # A licence of the collection that the newest card states no more permits no more; what it refuses still holds.
        # A file that lies beside the texts says on what it says, whatever the card: that ends when the file is read again.
        unsaid = {
            e
            for e in profile
            if e.kind == "grant" and e.tier == 5 and e.bound_to == "collection" and not e.beside and e not in newest
        }
        kept = (profile - ended - unsaid) | {replace(e, tier=INFERRED) for e in unsaid - ended} | newest
        return frozenset(e for e in kept if e.kind != "observation")

    def _standings(self, ids: Iterable[int]) -> frozenset[Standing]:
        return frozenset(self.standings.distinct[i] for i in ids)


def _types(types: str) -> frozenset[str]:
    return frozenset(kind if kind in TYPES or kind in KEPT or kind == "?" else NAMES for kind in types.split())


def _without_events(case: Case) -> Case:
    """What is stated of a row; whether an event on it is one on what came from an unknown row is not known."""
    return replace(case, standings=frozenset(), copy_standings=frozenset(), near_withdrawn=False)


def _row_of(case: Case, way: str) -> Case:
    """The case of a row of an ancestor as it counts for what came from it. What a scan found in its text is left aside:
    the text at hand is another, and is scanned itself.
    """
    return replace(case, way=way, pii_state="none_found", pii_found=frozenset())
