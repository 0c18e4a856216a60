"""From a snapshot and a use to decided records, set-wise. Floor 4.

SQL only matches and joins. Every record falls into a *case*: its rights profile, personal data and scan state, the
consent histories that match it or an exact copy, and the profiles of its exact copies. :func:`decide` is called once
a case; the decisions come back as a table, and records join it. A record that finds no decision cannot be joined,
so it cannot leave.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb
import pyarrow as pa

from pipeline.copies import TOO_MANY, find_copies, register_reviews
from pipeline.errors import StoreError, UnknownName
from pipeline.observing import Observing, observe
from pipeline.policy import read_policy
from pipeline.rights.claims import INFERRED
from pipeline.rights.consent import GIVEN, ConsentEvent, Standing
from pipeline.rights.decide import Case, Decision, decide, permits
from pipeline.rights.evidence import Evidence, Observation, Profile, from_json, rights_id
from pipeline.rights.licenses import Catalog
from pipeline.rights.review import standing_reviews
from pipeline.rights.uses import Use
from pipeline.signals.card_claims import claims_digest
from pipeline.sources import cards_of, claims_by_source
from pipeline.store.engine import fill, rows
from pipeline.store.layout import Layout
from pipeline.store.ledger import Ledger
from pipeline.store.matching import Standings, match, match_tombstones, register_events, register_selectors
from pipeline.views import open_views

KEYS = "rights_id, personal_data, legal_basis, pii_state, special, outdated, looked"
SPECIAL = "direct, copied, others, near, near_refused"
_MANY_STATEMENTS = Evidence(
    kind="grant", tier=5, bound_to="work", statement="license", expression="LicenseRef-rightful-too-many-statements"
)
_NOT_STORED = Evidence(kind="gate", tier=0, bound_to="work", statement="evidence_missing")
"""Stands for a profile whose evidence is missing or does not match its id: what it refused is not known, so all is."""


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
    case: Case


class Decided:
    """A snapshot opened for one question: views, cases, and decisions for as many uses as are asked."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        layout: Layout,
        ledger: Ledger,
        snapshot: int,
        law: Catalog,
        as_of: datetime,
    ) -> None:
        self.con = con
        self.law = law
        self.as_of = as_of
        self.ledger = ledger
        self.snapshot = snapshot
        self.policy = read_policy(layout.policy, law.vocabulary)
        open_views(con, layout, ledger, snapshot)
        events = ledger.consents()
        _all_known(con, layout, events, law)
        self.standings = Standings.at(events, as_of)
        self.reviews = standing_reviews(ledger.reviews(), as_of)
        self._match_events(events)
        register_reviews(con, self.reviews)
        self.newest = self._newest_cards()
        self.observing = self._observe()
        self._find_specials()
        self.profiles = self._profiles()
        self.cases = self._cases()
        self._memo: dict[Use, list[Decision]] = {}

    def decide(self, use: Use) -> list[Decision]:
        """One decision a case, in the order of ``cases``."""
        known = self._memo.get(use)
        if known is None:
            known = self._memo[use] = [self.decide_one(row, use) for row in self.cases]
        return known

    def decide_one(self, row: CaseRow, use: Use) -> Decision:
        """The decision on one case for another use."""
        decision = decide(row.case, use, self.law)
        ends = [t for t in (decision.valid_until, self.policy.changes_after(use.as_of)) if t is not None]
        return replace(decision, valid_until=min(ends, default=None))

    def permits(self, use: Use, cases: Iterable[int]) -> set[int]:
        """Those of ``cases`` (indices) that another use would permit."""
        return {c for c in cases if permits(self.cases[c].case, use, self.law)}

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
                "case_id": pa.array(range(len(self.cases)), pa.int64()),
                "permit": pa.array([d.permits for d in decisions], pa.bool_()),
            }
        )
        fill(self.con, f"{name}_cases", table)
        for suffix in ("", "_marked"):
            self._do(
                f"""CREATE OR REPLACE VIEW {name}{suffix} AS
                SELECT c.*, d.case_id, d.permit FROM cased{suffix} c JOIN {name}_cases d USING ({KEYS})"""
            )

    def _do(self, statement: str) -> None:
        self.con.cursor().execute(statement).fetchall()

    def _match_events(self, events: Iterable[ConsentEvent]) -> None:
        """``hit(record_id, sid, direct)``: which histories reach a record, itself or through an exact copy."""
        kinds = register_selectors(self.con, self.standings.listed())
        match(self.con, "records", kinds, "hits")
        # Older versions are matched as well: what was withdrawn under an old text or address holds for the record, and
        # for copies elsewhere. It only refuses: a grant has to match the record as it is.
        older = bool(rows(self.con, "SELECT count(*) FROM hidden")[0][0])
        if older:
            match(self.con, "all_records", kinds, "ever_hits")
        else:
            self._do("CREATE OR REPLACE TABLE ever_hits AS SELECT * FROM hits")
        register_events(self.con, events, self.standings.by_selector)
        match_tombstones(self.con, "records", "stone_hits")
        # Exact copies among the records as they are have marks; what an older version had copies of is looked up.
        texts_hit = (
            """SELECT r.record_id, t.sid FROM records r JOIN (
                SELECT DISTINCT a.norm_sha256, h.sid FROM all_records a JOIN ever_hits h USING (record_id)
            ) t ON t.norm_sha256 = r.norm_sha256"""
            if older
            else """SELECT o.record_id, h.sid FROM ever_hits h
            JOIN duplicates d ON d.record_id = h.record_id AND d.kind = 'exact'
            JOIN duplicates o ON o.group_id = d.group_id AND o.kind = 'exact'"""
        )
        self._do(
            f"""CREATE OR REPLACE TABLE hit AS
            WITH reached AS (
                SELECT record_id, sid, direct FROM hits
                UNION ALL SELECT record_id, sid, false FROM ever_hits
                UNION ALL SELECT record_id, sid, false FROM stone_hits
                UNION ALL SELECT record_id, sid, false FROM ({texts_hit}))
            SELECT record_id, sid, bool_or(direct) AS direct FROM reached GROUP BY ALL"""
        )

    def _find_specials(self) -> None:
        """Give the records that events or copies reach a ``special`` number; 0 is everybody else."""
        refusing = [n for n, history in enumerate(self.standings.distinct) if any(t.kind != GIVEN for t in history)]
        fill(self.con, "refusing", pa.table({"sid": pa.array(refusing, pa.int64())}))
        find_copies(self.con)
        self._do(
            """CREATE OR REPLACE TABLE special_records AS
            WITH reached AS (
                SELECT record_id, list_sort(coalesce(list(sid) FILTER (WHERE direct), [])) AS direct,
                    list_sort(coalesce(list(sid) FILTER (WHERE NOT direct), [])) AS copied
                FROM hit GROUP BY record_id),
            every AS (SELECT record_id FROM reached UNION SELECT record_id FROM exact_others
                UNION SELECT record_id FROM near_others UNION SELECT record_id FROM near_refused)
            SELECT e.record_id, coalesce(r.direct, []) AS direct, coalesce(r.copied, []) AS copied,
                coalesce(x.others, []) AS others, coalesce(n.others, []) AS near, f.record_id IS NOT NULL AS near_refused
            FROM every e LEFT JOIN reached r ON r.record_id = e.record_id
            LEFT JOIN exact_others x ON x.record_id = e.record_id LEFT JOIN near_others n ON n.record_id = e.record_id
            LEFT JOIN near_refused f ON f.record_id = e.record_id"""
        )
        self._do(
            f"""CREATE OR REPLACE TABLE specials AS
            SELECT row_number() OVER (ORDER BY {SPECIAL}) AS special, {SPECIAL}
            FROM (SELECT DISTINCT {SPECIAL} FROM special_records)"""
        )
        # By place: the ids of all records, which are most of what tags weigh, are read once and not at every pass.
        self._do(
            f"""CREATE OR REPLACE TABLE special_at AS SELECT m.part, m.row, s.special FROM special_records r
            JOIN specials s USING ({SPECIAL}) JOIN marked m ON m.record_id = r.record_id"""
        )
        for name, relation, addressed in (
            ("cased", "records", "r.url IS NOT NULL"),
            ("cased_marked", "marked", "r.addressed"),
        ):
            self._do(
                f"""CREATE OR REPLACE VIEW {name} AS
                SELECT r.* REPLACE (coalesce(r.legal_basis, '') AS legal_basis), coalesce(s.special, 0) AS special,
                    CASE WHEN n.digest IS DISTINCT FROM r.card_sha256 THEN r.source_id ELSE '' END AS outdated,
                    ({self.observing.column(addressed)})::BIGINT AS looked
                FROM {relation} r LEFT JOIN special_at s ON s.row = r.row AND s.part = r.part
                LEFT JOIN newest_cards n ON n.source_id = r.source_id {self.observing.join(addressed)}"""
            )
        # One pass over all records: what a whole store is asked about is answered from this.
        self._do(
            f"""CREATE OR REPLACE TABLE tally AS SELECT {KEYS}, license_concluded, language, source_id, count(*) AS records,
                sum(n_chars)::BIGINT AS chars FROM cased GROUP BY ALL"""
        )

    def _newest_cards(self) -> dict[str, frozenset[Evidence]]:
        """``newest_cards(source_id, digest)``, and what each newest card claims.

        A record that was tagged under an older card keeps what that said, and is bound by what the newest says too.
        """
        cards = self.cards = cards_of(self.ledger.sources(self.ledger.snapshot()))
        claims = claims_by_source(cards, self.law)
        columns = {"source_id": list(cards), "digest": [claims_digest(c, claims[s]) for s, c in cards.items()]}
        fill(self.con, "newest_cards", pa.table({k: pa.array(v, pa.string()) for k, v in columns.items()}))
        return claims

    def _observe(self) -> Observing:
        """What was observed of the locations of records, from the newest cards."""
        statutes = self.law.vocabulary.statutes
        relied = any(basis.basis in statutes and statutes[basis.basis].defeated for basis in self.policy.bases)
        return observe(self.con, self.cards, self.policy.observed_within(self.as_of), relied=relied)

    def _profiles(self) -> dict[str, Profile]:
        needed = "SELECT DISTINCT rights_id FROM tally UNION SELECT DISTINCT unnest(others || near) FROM specials"
        found: dict[str, set[Evidence]] = {}
        query = f"""SELECT rights_id, deciding, raw, place, detector, detector_version, observed_at
            FROM evidence WHERE rights_id IN ({needed})"""
        for rights, deciding, raw, place, detector, version, at in rows(self.con, query):
            claims = found.setdefault(str(rights), set())
            if deciding is not None:
                seen = Observation(raw or "", place or "", detector or "", version or "", at or "")
                claims.add(_claim(deciding, seen))
        whole = {r: frozenset(c) for r, c in found.items()}
        return {r: p if rights_id(p) == r else frozenset([_NOT_STORED]) for r, p in whole.items()}

    def _cases(self) -> list[CaseRow]:
        specials = {int(n): found for n, *found in rows(self.con, f"SELECT special, {SPECIAL} FROM specials")}
        bases = frozenset(self.policy.bases)
        found = []
        for rights, personal, basis, pii, special, outdated, looked in rows(
            self.con, f"SELECT DISTINCT {KEYS} FROM tally ORDER BY ALL"
        ):
            direct, copied, others, near, near_refused = specials.get(special, ([], [], [], [], False))
            seen = self.observing.seen[looked]
            found.append(
                CaseRow(
                    rights,
                    personal,
                    basis,
                    pii,
                    int(special),
                    outdated,
                    int(looked),
                    Case(
                        profile=self._stated(rights, outdated) | bases | seen.claims,
                        standings=self._standings(direct),
                        copies=frozenset(self.profile(o) for o in others),
                        copy_standings=self._standings(copied),
                        personal_data=personal,
                        legal_basis=basis,
                        pii_state=pii,
                        near=frozenset(self.profile(o) for o in near),
                        near_withdrawn=bool(near_refused),
                        own_copies=self.policy.own_copies(self.as_of),
                        address=seen.address,
                    ),
                )
            )
        return found

    def _stated(self, rights: str | None, outdated: str) -> Profile:
        """The profile of a record; with what the newest card of its source claims, where it was tagged under an older.

        What an older card granted by contract or consent does not outlive it: these are offers, so nothing that the
        newest says beside them would take them back. As a limit a consent stays until the newest states another. A
        licence that the newest does not state any more permits nothing, and refuses what it refused.
        """
        newest, profile = self.newest.get(outdated, frozenset()), self.profile(rights)
        profile = frozenset(e for e in profile if e.kind != "observation")  # those of today join, with their days
        if not outdated:
            return profile
        renewed = {e.layer for e in newest if e.kind == "consent"}
        given = ("contract", "permission")
        ended = {e for e in profile if e.statement in given or (e.kind == "consent" and e.layer in renewed)}
        # A licence of the collection that the newest card states no more permits no more; what it refuses still holds.
        unsaid = {
            e for e in profile if e.kind == "grant" and e.tier == 5 and e.bound_to == "collection" and e not in newest
        }
        kept = (profile - ended - unsaid) | {replace(e, tier=INFERRED) for e in unsaid - ended} | newest
        return frozenset(e for e in kept if e.kind != "observation")

    def profile(self, rights: str | None) -> Profile:
        """What a rights id stands for; what is missing or damaged refuses."""
        if rights == TOO_MANY:
            return frozenset([_MANY_STATEMENTS])
        return self.profiles.get(rights or "", frozenset([_NOT_STORED]))

    def _standings(self, ids: Iterable[int]) -> frozenset[Standing]:
        return frozenset(self.standings.distinct[i] for i in ids)


def _all_known(con: duckdb.DuckDBPyConnection, layout: Layout, events: Sequence[ConsentEvent], law: Catalog) -> None:
    """Raise :class:`StoreError` for what would otherwise be passed over: acts, events and marks that are not known here."""
    hint = "use the version of rightful that wrote it; if this one did: rightful store check"
    for acts in {e.acts for e in events}:
        for act in acts:
            try:
                law.vocabulary.leaves(act)
            except UnknownName as error:
                of = next(e.event_id for e in events if act in e.acts)
                why = f"event {of} is about the act {act!r}, which is not known here"
                raise StoreError(why, subject=str(layout.ledger), hint=hint) from error
    known = {e.event_id for e in events}
    for (event,) in rows(con, "SELECT DISTINCT event FROM tombstones"):
        if event not in known:
            why = f"a tombstone is of event {event}, which the ledger does not have"
            raise StoreError(why, subject=str(layout.root / "tombstones"), hint=hint)
    for (kind,) in rows(con, "SELECT DISTINCT kind FROM duplicates"):
        if kind not in ("exact", "near"):
            why = f"a mark of copies is of the kind {kind!r}, which is not known here"
            raise StoreError(why, subject=str(layout.root / "duplicates"), hint=hint)


def stored_claims(con: duckdb.DuckDBPyConnection) -> list[Evidence]:
    """Every claim that the store has, each once. Reads the view ``evidence``."""
    found = rows(con, "SELECT DISTINCT deciding FROM evidence WHERE deciding IS NOT NULL")
    nowhere = Observation("", "", "", "")
    return [_claim(str(deciding), nowhere) for (deciding,) in found]


def _claim(deciding: str, seen: Observation) -> Evidence:
    """A stored claim; one that cannot be read stands for evidence that is missing."""
    try:
        return from_json(json.loads(deciding), seen)
    except (ValueError, KeyError, TypeError, AttributeError):
        return _NOT_STORED
