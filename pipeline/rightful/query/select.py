"""Which records a use permits, and why the others are excluded. Floor 7.

The permitted view is ``records JOIN decisions``; the survivor of a duplicate group is picked after permission. The
waterfall adds up: considered = permitted + the sum of the excluded.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from rightful.decisions import DEDUP
from rightful.decisions.cases import Decided
from rightful.decisions.relations import KEYS
from rightful.decisions.survivors import as_json, order_by, preferences
from rightful.errors import InputError
from rightful.query.held import HELD, HELD_FAMILIES
from rightful.query.kept import kept_in_decided
from rightful.query.relations import considered_copies, drawn, selection, waterfall
from rightful.query.todo import Credits, Owed, todo
from rightful.query.trying import Copies
from rightful.query.widening import Ask, Widening
from rightful.rights.because import CONDITIONS, COPIES, FAMILIES, FAMILY_TEXTS, LESS, REASONS
from rightful.rights.decide import act_value
from rightful.rights.derive import inherit
from rightful.rights.expression import all_of
from rightful.rights.licenses import outbound_acts
from rightful.rights.persons import KEPT
from rightful.rights.undertakings import REDACTION, asker_of, obligation_of, redacted, shown, words
from rightful.rights.uses import Use
from rightful.store.check import check_parts
from rightful.store.duck import batches, fill, literal, rows
from rightful.store.kept import KEPT as KEPT_COLUMN
from rightful.store.kept import kept_columns, reading
from rightful.store.layout import publish
from rightful.store.ledger import stamp
from rightful.store.relations import build
from rightful.store.where import condition, naming_condition

DUPLICATE = "duplicate"
NOT_TODAY = "refused-today"
ELSEWHERE = "content-elsewhere"
NOT_DRAWN = "not-drawn"
OWN_REASONS = {
    DUPLICATE: "another copy of the same text stays",
    NOT_TODAY: "permitted at the instant or snapshot asked, and no longer today",
    ELSEWHERE: "permitted, but the content is elsewhere: there is no text to export (query -o lists the addresses)",
    NOT_DRAWN: "permitted, and the export was to have less: a mixture, a sample or a limit drew others",
    **HELD,
}
"""The reasons of the waterfall that are not the law's: slug -> sentence."""
OWN_FAMILIES = {DUPLICATE: COPIES, NOT_TODAY: CONDITIONS, ELSEWHERE: CONDITIONS, NOT_DRAWN: LESS, **HELD_FAMILIES}
"""The families that they are of."""

Counts = tuple[int, int]
"""(records, characters)."""


@dataclass(slots=True)
class Answer:
    """The permitted subset of a snapshot for a use, as counts."""

    use: Use
    snapshot: int
    catalog: str
    considered: Counts = (0, 0)
    permitted: Counts = (0, 0)
    excluded: list[dict[str, Any]] = field(default_factory=list)
    obligations: dict[str, dict[str, Any]] = field(default_factory=dict)
    todo: list[dict[str, Any]] = field(default_factory=list)
    licenses: list[dict[str, Any]] = field(default_factory=list)
    languages: list[dict[str, Any]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    would_permit: list[dict[str, Any]] = field(default_factory=list)
    together: list[dict[str, Any]] = field(default_factory=list)
    contested: list[dict[str, Any]] = field(default_factory=list)
    contradicted: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    coverage: list[dict[str, Any]] = field(default_factory=list)
    valid_until: str | None = None
    overlay: list[dict[str, object]] = field(default_factory=list)
    policy: dict[str, Any] = field(default_factory=dict)
    survivors: dict[str, Any] = field(default_factory=dict)
    ids: list[str] | None = None

    def as_json(self) -> dict[str, Any]:
        """As the command line answers."""
        answer: dict[str, Any] = {
            "use": self.use.as_json(),
            "snapshot": self.snapshot,
            "as_of": stamp(self.use.as_of),
            "catalog": self.catalog,
            "overlay": self.overlay,
            "policy": self.policy,
            "survivors": self.survivors,
            "considered": _counted(self.considered),
            "permitted": _counted(self.permitted),
            "excluded": self.excluded,
            "families": families(self.excluded),
            "would_permit": self.would_permit,
            "obligations": self.obligations,
            "todo": self.todo,
            "together": self.together,
            "contested": self.contested,
            "contradicted": self.contradicted,
            "notices": self.notices,
            "coverage": self.coverage,
            "licenses": self.licenses,
            "languages": self.languages,
            "sources": self.sources,
            "valid_until": self.valid_until,
        }
        return answer if self.ids is None else {**answer, "ids": self.ids}


class Selection:
    """The permitted records of one use in one snapshot: the view ``chosen``, and the account of the rest."""

    def __init__(
        self,
        decided: Decided,
        use: Use,
        *,
        where: str | None = None,
        dedup: str = "near",
        prefer: Iterable[str] = (),
        released: bool = False,
        within: str = "true",
        held: bool = False,
        ask: Ask | None = None,
    ) -> None:
        """``within``: a condition beside ``where``, as SQL that was checked.

        ``released``: only records in the table ``released(record_id, content_sha256)`` may be chosen. ``held``: none in the
        table ``held_out(record_id, held)``, which says why: one of :data:`HELD`.

        ``prefer``: which copy stays, see :mod:`rightful.decisions.survivors`. ``ask`` answers the request with other options;
        without it nothing is said of what would permit more. Raises :class:`InputError`.
        """
        if dedup not in DEDUP:
            raise InputError(f"--dedup {dedup!r} is not one of {', '.join(DEDUP)}")
        self.decided = decided
        self.use = use
        self.ask = ask
        self.dedup = dedup
        self.prefer = preferences(prefer, decided.ledger)
        self.decisions = decided.decide(use)
        decided.join(self.decisions)
        self.con = decided.con
        self.where = condition(self.con, where, kept_in_decided(decided))
        if within != "true":
            self.where = within if self.where == "true" else f"({self.where} AND {within})"
        self.narrowed = False
        self.whole = self.where == "true" and not released and not held
        order = order_by(self.prefer, decided.ledger)
        with naming_condition(self.where):
            relations = selection(self.where, DEDUP[dedup], order, released=released, whole=self.whole, held=held)
            build(self.con, relations)

    def answer(self, *, ids: bool = False, limit: int | None = None) -> Answer:
        """The counts of the permitted and of the excluded, with reasons and with what would permit more."""
        catalog = self.decided.catalog
        account = Answer(self.use, self.decided.snapshot, catalog.digest, survivors=as_json(self.dedup, self.prefer))
        with naming_condition(self.where):
            groups = self._groups()
        account.overlay = self.decided.overlays_of({case for case, *_ in groups})
        available: dict[int, Counts] = {}
        permitted_by_case: dict[int, Counts] = {}
        excluded: dict[tuple[str, str, str], Counts] = {}
        tallies: dict[str, dict[str, list[int]]] = {"license": {}, "language": {}, "source": {}}
        read = self.decided.licenses_read()
        for case, license_id, language, source, is_dropped, released, is_here, held, is_undrawn, n, chars in groups:
            decision = self.decisions[case]
            if released and not held:
                _add(available, case, n, chars)
            account.considered = _plus(account.considered, n, chars)
            stays = decision.permits and released and not (is_dropped or is_undrawn or held)
            if case in read:
                license_id = all_of([*([license_id] if license_id else []), read[case]], catalog.names)
            for axis, value in (("license", license_id or "unknown"), ("language", language), ("source", source)):
                tallies[axis].setdefault(value, [0, 0])[0 if stays else 1] += n
            if stays:
                account.permitted = _plus(account.permitted, n, chars)
                _add(permitted_by_case, case, n, chars)
            elif decision.permits:
                slug = own_reason(released=released, is_here=is_here, held=held, is_undrawn=is_undrawn)
                _add(excluded, (slug, "", OWN_REASONS[slug]), n, chars)
            else:
                reason = decision.reason
                _add(excluded, (reason.slug, reason.detail, reason.text), n, chars)
        account.excluded = _waterfall(excluded)
        account.licenses = _tally("license", tallies["license"])
        account.languages = _tally("language", tallies["language"])
        account.sources = _tally("source", tallies["source"])
        account.obligations = self._obligations(permitted_by_case)
        account.todo = self._todo(permitted_by_case)
        with naming_condition(self.where):
            account.would_permit = self._would_permit(available, account.permitted)
        account.together = self._together(permitted_by_case)
        account.contested = self._contested()
        account.contradicted = self._contradicted(groups)
        account.notices = self._notices(permitted_by_case)
        with naming_condition(self.where):
            account.coverage = self.decided.coverage(self.where)
        ends = [self.decisions[c].valid_until for c in permitted_by_case]
        soonest = min((e for e in ends if e is not None), default=None)
        account.valid_until = stamp(soonest) if soonest else None
        if ids:
            account.ids = self.ids(limit)
        return account

    def narrow(self, kept: Sequence[str]) -> None:
        """Leave these of the chosen records in ``chosen``: the others were not drawn. May be done again."""
        fill(self.con, "drawn", pa.table({"record_id": pa.array(kept, pa.string())}))
        earlier = " UNION ALL FROM undrawn" if self.narrowed else ""
        left = f"SELECT c.record_id FROM chosen c ANTI JOIN drawn d ON d.record_id = c.record_id{earlier}"
        self.con.cursor().execute(f"CREATE OR REPLACE TABLE now_undrawn AS {left}").fetchall()
        self.con.cursor().execute("CREATE OR REPLACE TABLE undrawn AS FROM now_undrawn").fetchall()
        if not self.narrowed:
            build(self.con, drawn())
            self.narrowed = True

    def ids(self, limit: int | None = None) -> list[str]:
        """The permitted record ids in the order of the store."""
        return [str(r[0]) for r in rows(self.con, f"SELECT c.record_id {_IN_ORDER} {_limited(limit)}")]

    def examples(self, slugs: Sequence[str]) -> dict[str, str]:
        """For each reason a record that is refused for it first, where there is one: always the same."""
        wanted = set(slugs)
        reasons = {n: d.reason.slug for n, d in enumerate(self.decisions) if not d.permits and d.reason.slug in wanted}
        first: dict[str, str] = {}

        def put(found: Iterable[tuple[Any, ...]]) -> None:
            for case, record in found:
                first[reasons[case]] = min(record, first.get(reasons[case], record))

        cases = [*reasons]
        if self.where != "true" or self.decided.uncounted is None:
            with naming_condition(self.where):
                put(rows(self.con, f"{_FIRST} judged WHERE {self.where} AND {_OF_CASES} GROUP BY ALL", [cases]))
            return _in_order(first, slugs)
        # Parts say which of their rows is the first that decides so, copies and events aside; who these reach is known.
        put(rows(self.con, f"{_FIRST} decided_marked WHERE {_OF_CASES} GROUP BY ALL", [cases]))
        by_part = rows(self.con, f"{_FIRSTS_OF_PARTS} WHERE {_OF_CASES}", [cases])
        put((case, record) for case, _, record, reached in by_part if not reached)
        behind = {part for case, part, record, reached in by_part if reached and record < first.get(reasons[case], "~")}
        read = ", ".join(literal(part) for part in sorted({*behind, *self.decided.uncounted}))
        if read:
            put(rows(self.con, f"{_FIRST} judged WHERE part IN ({read}) AND {_OF_CASES} GROUP BY ALL", [cases]))
        return _in_order(first, slugs)

    def write(self, out: Path, limit: int | None = None) -> int:
        """Ids and tags of the permitted records into a new Parquet, JSONL or CSV file; never any text. Returns the rows.

        What was kept of the rows of sources is in it; where the use takes personal data out, of records without any alone.
        """
        writers = {".parquet": _write_parquet, ".jsonl": _write_jsonl, ".csv": _write_csv}
        if out.suffix not in writers:
            raise InputError(
                f"cannot infer the format of {out.name!r}", subject="-o", hint="end it in .parquet, .jsonl or .csv"
            )
        if out.exists():
            raise InputError("exists already", subject=str(out), hint="name another file; nothing is overwritten")
        if not out.parent.is_dir():
            raise InputError("there is no such folder", subject=str(out.parent))
        with publish(out) as temporary:
            return writers[out.suffix](self.tags(limit), temporary)

    def tags(self, limit: int | None = None) -> pa.RecordBatchReader:
        """Ids and tags of the permitted records, in the order of the store; never any text. What :meth:`write` writes."""
        columns = (
            "c.* EXCLUDE (part, row, kept_key, special, outdated, looked, found, published, term, chain, through, case_id, permit,"
            " released, is_here, held, subject_key, subject_keys)"
        )
        kept = kept_columns(self.decided.layout, self.decided.ledger, self.decided.snapshot)
        beside = ""
        if kept:
            check_parts(self.decided.layout, self.decided.ledger, self.decided.snapshot, ("texts",))
            clean = "c.pii_state = 'none_found'" if redacted(self.use.accepted) else "true"
            columns += f", CASE WHEN {clean} THEN {reading(kept, 't.kept')} END AS {KEPT_COLUMN}"
            beside = "LEFT JOIN all_texts t ON t.part = c.part AND t.row = c.row"
        from_ = f"FROM chosen c JOIN part_order p ON p.part = c.part {beside} ORDER BY p.ordinal, c.row"
        return batches(self.con, f"SELECT {columns} {from_} {_limited(limit)}")

    def _groups(self) -> list[tuple[Any, ...]]:
        """(case, licence, language, source, left out for a copy, released, whether its content is here, why it is held
        out, whether it was chosen and not drawn, records, characters)."""
        build(self.con, waterfall(self.where, whole=self.whole and not self.narrowed, narrowed=self.narrowed))
        drawn_ = "" if self.narrowed else "false AS is_undrawn, "
        return rows(self.con, f"SELECT * EXCLUDE (records, chars), {drawn_}records, chars FROM waterfall ORDER BY ALL")

    def _obligations(self, permitted: dict[int, Counts]) -> dict[str, dict[str, Any]]:
        known = self.decided.catalog.vocabulary.obligations
        references = dict(self.use.references)
        by_word: dict[str, dict[str, Any]] = {}
        for case, (n, _) in permitted.items():
            owed = self.decisions[case].obligations
            for word in words(owed):
                entry = by_word.setdefault(
                    word, {"records": 0, "trigger": known[word].trigger, "summary": known[word].summary}
                )
                entry["records"] += n
            for one in (o for o in owed if asker_of(o) and obligation_of(o) != REDACTION):
                by_asker = by_word[obligation_of(one)].setdefault("asked_by", {})
                owed_to = by_asker.setdefault(
                    asker_of(one), {"records": 0, "reference": references.get(shown(one), "")}
                )
                owed_to["records"] += n
        return {word: {**of, **_sorted(of, "asked_by")} for word, of in sorted(by_word.items())}

    def _todo(self, permitted: dict[int, Counts]) -> list[dict[str, Any]]:
        """What has to be done for the permitted, in plain words."""
        owed = [Owed(self.decisions[case].obligations, n) for case, (n, _) in permitted.items()]

        def credits_of(obligation: str) -> Credits:
            cases = [case for case in permitted if obligation in words(self.decisions[case].obligations)]
            count = "count(DISTINCT attribution), count(*) - count(attribution)"
            [(authors, unnamed)] = rows(
                self.con, f"SELECT {count} FROM chosen WHERE case_id IN (SELECT unnest(?))", [cases]
            )
            return Credits(int(authors), int(unnamed))

        return todo(owed, self.use, self.decided.catalog.vocabulary, credits_of)

    def _contested(self) -> list[dict[str, Any]]:
        """The sources whose exact copies make a permission contested, with how many records: the largest first."""
        slugs = ({reason.slug for reason in d.reasons} for d in self.decisions)
        cases = [n for n, slugs_of in enumerate(slugs) if "contested-copy" in slugs_of]
        if not cases:
            return []
        # What is contested has copies, so that of a whole store the records with copies are all that is asked about.
        judged = (
            "decided_marked" if self.where == "true" else f"(SELECT record_id, case_id FROM judged WHERE {self.where})"
        )
        contesting = rows(
            self.con,
            f"""SELECT r.source_id, count(DISTINCT j.record_id) AS n FROM {judged} j
            JOIN exact_members m ON m.record_id = j.record_id
            JOIN exact_members o ON o.group_id = m.group_id AND o.rights_id <> m.rights_id
            JOIN marked r ON r.record_id = o.record_id
            WHERE j.case_id IN (SELECT unnest(?)) GROUP BY 1 ORDER BY n DESC, 1""",
            [cases],
        )
        return [{"source": source, "records": int(n)} for source, n in contesting]

    def _contradicted(self, groups: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
        """The sources whose card denies personal data that the scan found, with how many records: the largest first."""
        records_by_source = Counter[str]()
        for case, _, _, source, *_, n, _ in groups:
            row = self.decided.cases[case]
            if row.personal_data == "no" and (row.found or row.pii_state == "found"):
                records_by_source[source] += n
        return [
            {"source": source, "records": n}
            for source, n in sorted(records_by_source.items(), key=lambda f: (-f[1], f[0]))
        ]

    def _notices(self, permitted: Mapping[int, Counts]) -> list[dict[str, Any]]:
        """What stands in copyright notices and author lines of the permitted, and stays there, with how many records."""
        records_by_type = Counter[str]()
        for case, (n, _) in permitted.items():
            for kind in self.decided.cases[case].case.pii_found & KEPT:
                records_by_type[kind] += n
        return [{"type": kind, "records": n} for kind, n in sorted(records_by_type.items())]

    def _together(self, permitted: Iterable[int]) -> list[dict[str, Any]]:
        """Under which licences one thing made of all that is permitted may go out, for acts that make an adaptation.

        A shard is a collection: each record keeps its licence, and nothing is dropped for a clash. A model or a rewritten
        text is one thing; what has no common licence is named here before anybody makes it.
        """
        cases = [self.decided.cases[c].case for c in permitted]
        together = []
        for act in (a for a in self.use.acts if a in outbound_acts(self.use)):
            whole = inherit((act_value(case, act, self.use, self.decided.catalog) for case in cases), self.use.accepted)
            licenses = None if whole.outbound is None else sorted(whole.outbound)
            together.append({"act": act, "licenses": licenses, "clash": [sorted(side) for side in whole.clash]})
        return together

    def _would_permit(self, considered: dict[int, Counts], permitted: Counts) -> list[dict[str, Any]]:
        """Sets of options that would permit more, with how much; the largest first. The choice of copies stays as it is."""
        if self.ask is None:
            return []
        build(self.con, (considered_copies(self.where, whole=self.whole),))
        copies = Copies.read(self.con, DEDUP[self.dedup], order_by(self.prefer, self.decided.ledger))
        return Widening(self.decided, self.use, self.ask, considered, copies, permitted).sets()


def _sorted(of: dict[str, Any], key: str) -> dict[str, Any]:
    return {key: dict(sorted(of[key].items()))} if key in of else {}


_FIRST = "SELECT case_id, min(record_id) FROM"
_OF_CASES = "case_id IN (SELECT unnest(?))"
_FIRSTS_OF_PARTS = f"""SELECT case_id, part, first, first IN (SELECT record_id FROM marked) FROM counted
    JOIN decided_cases USING ({KEYS})"""


def _in_order(of: Mapping[str, str], slugs: Iterable[str]) -> dict[str, str]:
    return {slug: of[slug] for slug in slugs if slug in of}


_IN_ORDER = "FROM chosen c JOIN part_order p ON p.part = c.part ORDER BY p.ordinal, c.row"


def _limited(limit: int | None) -> str:
    if limit is not None and limit < 0:
        raise InputError(f"--limit {limit} is negative")
    return "" if limit is None else f"LIMIT {int(limit)}"


def _write_parquet(reader: pa.RecordBatchReader, out: Path) -> int:
    n = 0
    with pq.ParquetWriter(out, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            n += batch.num_rows
    return n


def _write_jsonl(reader: pa.RecordBatchReader, out: Path) -> int:
    import orjson

    n = 0
    with out.open("wb") as handle:
        for batch in reader:
            for row in batch.to_pylist():
                plain = {k: v.hex() if isinstance(v, bytes) else v for k, v in row.items()}
                handle.write(orjson.dumps(plain) + b"\n")
            n += batch.num_rows
    return n


def _write_csv(reader: pa.RecordBatchReader, out: Path) -> int:
    n = 0
    flat: list[pa.Field] = [pa.field(f.name, pa.string()) for f in reader.schema]
    with pacsv.CSVWriter(out, pa.schema(flat)) as writer:
        for batch in reader:
            columns = [pa.array([_cell(v) for v in column.to_pylist()], pa.string()) for column in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=pa.schema(flat)))
            n += batch.num_rows
    return n


def _cell(value: object) -> str | None:
    """A value as a cell. A spreadsheet takes what begins like a formula for one, so that is quoted."""
    if value is None:
        return None
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "; ".join(str(v) for v in value) if isinstance(value, list) else str(value)


def _counted(counts: Counts) -> dict[str, int]:
    return {"records": counts[0], "chars": counts[1]}


def _plus(counts: Counts, n: int, chars: int) -> Counts:
    return counts[0] + n, counts[1] + chars


def _add(into: dict[Any, Counts], key: Any, n: int, chars: int) -> None:
    into[key] = _plus(into.get(key, (0, 0)), n, chars)


def _waterfall(excluded: dict[tuple[str, str, str], Counts]) -> list[dict[str, Any]]:
    ordered = sorted(excluded.items(), key=lambda kv: (-kv[1][0], kv[0]))
    return [
        {
            "reason": slug,
            "family": family_of(slug),
            "detail": detail,
            "text": text,
            "records": n,
            "chars": chars,
        }
        for (slug, detail, text), (n, chars) in ordered
    ]


def own_reason(*, released: bool, is_here: bool, held: str, is_undrawn: bool) -> str:
    """Why a record is left out that is permitted by law; one of :data:`OWN_REASONS`."""
    if not is_here:
        return ELSEWHERE
    return NOT_DRAWN if is_undrawn else NOT_TODAY if not released else held or DUPLICATE


def family_of(slug: str) -> str:
    """What kind of refusal a reason of the waterfall is: an id of ``because.FAMILY_TEXTS``."""
    return OWN_FAMILIES.get(slug) or FAMILIES[slug]


def families(excluded: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The excluded by family, the largest first, each with its reasons, the largest first. The sums are those of ``excluded``."""
    by_family: dict[str, dict[str, Counts]] = {}
    for row in excluded:
        _add(by_family.setdefault(row["family"], {}), row["reason"], row["records"], row["chars"])
    order = list(FAMILY_TEXTS)
    listed = [_family(family, by_reason) for family, by_reason in by_family.items()]
    return sorted(listed, key=lambda f: (-f["records"], order.index(f["family"])))


def _family(family: str, by_reason: Mapping[str, Counts]) -> dict[str, Any]:
    ordered = sorted(by_reason.items(), key=lambda kv: (-kv[1][0], kv[0]))
    reasons = [{"reason": slug, "text": REASONS.get(slug) or OWN_REASONS[slug], **_counted(n)} for slug, n in ordered]
    return {
        "family": family,
        "text": FAMILY_TEXTS[family],
        "records": sum(n for n, _ in by_reason.values()),
        "chars": sum(chars for _, chars in by_reason.values()),
        "reasons": reasons,
    }


def _tally(name: str, tallies: dict[str, list[int]]) -> list[dict[str, Any]]:
    ordered = sorted(tallies.items(), key=lambda kv: (-sum(kv[1]), kv[0]))
    return [{name: value, "permitted": stays, "excluded": goes} for value, (stays, goes) in ordered]
