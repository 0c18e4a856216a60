"""Rows of somebody else's pipeline, decided by a store: by record id, digest, address or licence, with reasons. Floor 11.

>>> from rightful.integrations.deciding import decide_rows            # doctest: +SKIP
>>> decide_rows([{"url": "https://example.org/a"}], store="corpus-store", use="train.pretrain")[0].permit  # doctest: +SKIP
False

A row that the store has is decided as the store's record is, ``where`` and the choice among copies included:

1. by ``record_id``, where its content is that of the record;
2. by its content (its text or conversation, in the column in which an ingest finds it, or ``content_sha256``): the records with
   that content, of these the one with the row's own id or address where there is one. Of several all have to permit;
3. by its address alone, where it brings no content.

Any other row is read as an ingest without a card would read it: every statement about rights in it counts, its text is scanned
for personal data, events (by address, domain, content, person), tombstones, captures of its host and page, and the declared bases
of the policy bear on it. Missing evidence refuses. Near copies are not looked for: an ingest does, which is the whole answer.

It is decided as of now: nothing leaves by what was permitted once. Where something was committed since the store
was opened, or a permission has ended, it is read anew before the next rows are decided. Nothing is written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from rightful.api import Store
from rightful.api.access import Strings, use_options
from rightful.decisions.cases import Decided
from rightful.decisions.policy import strings
from rightful.errors import InputError
from rightful.ingest.tagging import Tagger
from rightful.ingest.task import Task
from rightful.integrations.asked import ASKED, asked_of, content_of, is_unicode
from rightful.query.select import DUPLICATE, OWN_REASONS, Selection
from rightful.readers import Item
from rightful.readers.fields import RowReader
from rightful.readers.rows import Rows
from rightful.recipes import recipe as recipes
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.evidence import Profile
from rightful.rights.undertakings import words
from rightful.rights.uses import Use
from rightful.signals.cards.source_card import SourceCard
from rightful.signals.order import of_card
from rightful.signals.rows.claims import look_of
from rightful.stages.order import ALWAYS
from rightful.stages.pii.stage import PersonalData
from rightful.store.duck import fill, rows
from rightful.store.matching import reaching
from rightful.store.records import RECORDS
from rightful.store.relations import build
from rightful.store.where import naming_condition

RECORD, DIGEST, URL, ROW = "record", "digest", "url", "row"
"""What a row was decided by: a record of the store, found by one of three, or what the row itself states."""
CHANGED, NOT_SELECTED, NOT_STORED, UNREAD = "content-changed", "not-selected", "not-in-store", "row-unreadable"
REASONS = {
    **OWN_REASONS,
    CHANGED: "the store has other content under this name",
    NOT_SELECTED: "the store has it, and the condition leaves it out",
    NOT_STORED: "the store has no such record, or a newer version of it",
    UNREAD: "the row cannot be read",
}
"""Reasons that are not the law's."""
SILENT = "nothing-stated"
"""The reason of a row that says nothing of rights, and of which nothing else is known that refuses it."""
BATCH_ROWS = 1024
"""So many rows are decided at a time where they come one by one."""
_NO_ITEM = Item(format="rows", files=())
_NO_TEXT = "."
"""What stands for the text of a row that has none; nothing is matched by it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided of a row. ``by`` says what it was decided by, ``record`` which record that is, where it is one."""

    permit: bool
    decision: str
    reason: str
    text: str
    by: str
    record: str | None = None
    obligations: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it stands in metadata."""
        return {
            "permit": self.permit,
            "decision": self.decision,
            "reason": self.reason,
            "text": self.text,
            "by": self.by,
            "record": self.record,
            "obligations": list(self.obligations),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of every row: a store, a use, and of which records; plain data, so that it goes to other processes.

    ``options`` are those of :meth:`rightful.Store.query` but for ``as_of`` and ``snapshot``, for it is about now, and for
    ``redact``, for nothing is taken out: use, purpose, application, actor, jurisdiction, accept, profile, policy, where, dedup,
    prefer.
    """

    store: str
    options: Mapping[str, Any]

    @classmethod
    def of(cls, store: Store | str | Path, use: Strings, options: Mapping[str, Any]) -> Question:
        """Raises :class:`InputError` for an option that there is none of."""
        for name in options:
            if name not in _OPTIONS:
                raise InputError(
                    "is no option of a filter", subject=name, hint=f"there are: use, {', '.join(sorted(_OPTIONS))}"
                )
        place = store.layout.root if isinstance(store, Store) else Path(store)
        given = {name: list(v) if isinstance(v, set | frozenset) else v for name, v in options.items()}
        use = use if use is None or isinstance(use, str) else list(use)
        return cls(store=str(place.absolute()), options={"use": use, **given})


_OPTIONS = frozenset("purpose application actor jurisdiction accept profile policy where dedup prefer".split())


def decide_rows(
    rows: Iterable[Mapping[str, Any]], *, store: Store | str | Path, use: Strings = None, **options: Any
) -> list[Verdict]:
    """Decide rows, in their order. The use and the records are named as in :meth:`rightful.Store.query`.

    Raises :class:`InputError` for a request that is none, or an option that there is none of.
    """
    with Deciding(store, use=use, **options) as deciding:
        return [verdict for batch in _batched(rows) for verdict in deciding(batch)]


def _batched(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch: list[Mapping[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


class Deciding:
    """A store that is open for one question. A context manager; call it with rows, as often as there are some.

    It may be entered within itself, and is closed when the first is left. What is pickled is the question: it is opened again
    where the work is, and a worker decides by the ledger that it finds.
    """

    def __init__(self, store: Store | str | Path, use: Strings = None, **options: Any) -> None:
        self.question = Question.of(store, use, options)
        self._clock = store.clock if isinstance(store, Store) else None
        self._open: _Open | None = None
        self._stack = contextlib.ExitStack()
        self._entered = 0

    def __getstate__(self) -> dict[str, Any]:
        return {"question": self.question}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.question, self._clock, self._open = state["question"], None, None
        self._stack, self._entered = contextlib.ExitStack(), 0

    def __enter__(self) -> Deciding:
        if self._open is None:
            self._open = self._opening()
        self._entered += 1
        return self

    def _opening(self) -> _Open:
        store = Store(self.question.store) if self._clock is None else Store(self.question.store, clock=self._clock)
        return self._stack.enter_context(_opened(store, self.question))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered -= 1
        if not self._entered:
            self._open = None
            self._stack.close()

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> list[Verdict]:
        """One verdict a row, in their order."""
        if self._open is None:
            raise InputError("is not open", subject="Deciding", hint="with Deciding(...) as deciding: deciding(rows)")
        if self._open.is_over():
            self._stack.close()
            self._open = self._opening()
        return self._open.verdicts([{str(name): of for name, of in row.items()} for row in rows]) if rows else []


@contextlib.contextmanager
def _opened(store: Store, question: Question) -> Iterator[_Open]:
    said = dict(question.options)
    where, dedup, prefer = (said.pop(name, None) for name in ("where", "dedup", "prefer"))
    names = ("use", "purpose", "application", "actor", "jurisdiction", "accept", "profile", "as_of", "policy")
    access = store._access
    options = use_options(*(said.get(name) for name in names))
    with access.decided(options, None) as (decided, use, _):
        selection = Selection(decided, use, where=where, dedup=dedup or "near", prefer=strings(prefer))
        known = f"""CREATE OR REPLACE TABLE known AS SELECT record_id, source_record_id, url, content_sha256, case_id, permit,
                norm_sha256, rights_id, chosen_id IS NOT NULL AS stays, coalesce({selection.where}, false) AS is_selected
            FROM judged LEFT JOIN (SELECT record_id AS chosen_id FROM chosen) ON chosen_id = record_id"""
        with naming_condition(selection.where):
            decided.con.cursor().execute(known).fetchall()
        ends = [d.valid_until for d in selection.decisions if d.permits and d.valid_until is not None]
        yield _Open(
            decided, selection, use, _Reading(decided), store.clock, decided.ledger.snapshot(), min(ends, default=None)
        )


class _Reading:
    """Reads rows as an ingest without a card would, in memory."""

    def __init__(self, decided: Decided) -> None:
        names = decided.catalog.names
        card = SourceCard(name="rows of a pipeline", carded=False)
        claims = tuple(of_card(card, names, {}))
        recipe = recipes.load(None)
        self._reader = RowReader(recipe.fields, look_of(card, names))
        key = decided.ledger.key
        self._tagger = Tagger(Task(0, _NO_ITEM, card, claims, (), recipe, names, key, Path()))
        kinds = [type(stage) for stage in self._tagger.stages]
        needed = (*ALWAYS, PersonalData.name)
        self._tagger.left_out += tuple(kind for kind in kinds if kind.name not in needed)
        self._tagger.stages = tuple(stage for stage in self._tagger.stages if stage.name in needed)

    def __call__(self, listed: Sequence[Mapping[str, Any]]) -> tuple[pa.RecordBatch | None, list[str]]:
        """The records that the rows are, in their order without those that are none; and per row why it is none, or empty."""
        made, faults = Rows(), []
        for row in listed:
            cells = {str(name): value for name, value in row.items()}
            content = content_of(cells)
            if content.is_text or content.text is None:
                cells["text"] = content.text if content.is_text else _NO_TEXT
            try:
                record = self._reader(cells)
            except (TypeError, ValueError, RecursionError) as error:  # a value that no row of a file can have
                record = f"a value of it is of no kind that is read ({type(error).__name__})"
            faults.append(record if isinstance(record, str) else "")
            if not isinstance(record, str):
                assert made.add("rows", len(faults), "application/json", record, 0) is None
        raw = made.flush()
        return (None if raw is None else self._tagger(raw)[0]), faults

    def profile(self, rights: str) -> Profile:
        """What a record claims, by its rights id."""
        return self._tagger.license.profiles[rights]


@dataclass(slots=True)
class _Open:
    """A decided store, with the table ``known`` of all its records. ``seen``: its newest snapshot; ``until``: when the first of
    the permissions ends that were given."""

    decided: Decided
    selection: Selection
    use: Use
    reading: _Reading
    clock: Callable[[], datetime]
    seen: int
    until: datetime | None
    memo: dict[tuple[Any, ...], Decision] = field(default_factory=dict)

    def is_over(self) -> bool:
        """Whether what was decided may hold no more: something was committed since, or a permission has ended."""
        return self.decided.ledger.snapshot() != self.seen or (self.until is not None and self.until <= self.clock())

    def verdicts(self, listed: Sequence[Mapping[str, Any]]) -> list[Verdict]:
        """One a row, in their order."""
        unread = [not is_unicode(row) for row in listed]
        if any(unread):
            others = iter(self.verdicts([row for row, is_wrong in zip(listed, unread, strict=True) if not is_wrong]))
            return [
                _own(UNREAD, ROW, text="it is not text in UTF-8") if is_wrong else next(others) for is_wrong in unread
            ]
        by_store = self._by_store(listed)
        rest = [n for n, (verdict, is_own) in enumerate(by_store) if verdict is None or (verdict.permit and not is_own)]
        of_rows = dict(zip(rest, self._by_row([listed[n] for n in rest]), strict=True))
        return [_met(verdict, of_rows.get(n)) for n, (verdict, _) in enumerate(by_store)]

    def _by_store(self, listed: Sequence[Mapping[str, Any]]) -> list[tuple[Verdict | None, bool]]:
        """What the records of the store say of rows that are these; None for a row that is none of them. Whether it is
        the record itself, and not one with the same content from elsewhere."""
        asked = [asked_of(row) for row in listed]
        fill(self.decided.con, "asked", pa.Table.from_pylist([{**a, "n": n} for n, a in enumerate(asked)], ASKED))
        same = "a.content_sha256 IS NOT NULL AND k.content_sha256 = a.content_sha256"
        matches = rows(
            self.decided.con,
            f"""SELECT n, how, record_id, case_id, permit, stays, is_selected, is_same, is_own, is_there FROM (
                SELECT a.n, '{RECORD}' AS how, {_KNOWN}, a.content_sha256 IS NULL OR k.content_sha256 = a.content_sha256 AS is_same,
                    false AS is_own, coalesce(k.url = a.url, false) AS is_there FROM asked a JOIN known k ON k.record_id = a.record_id
                UNION ALL SELECT a.n, '{DIGEST}', {_KNOWN}, true, coalesce(k.source_record_id = a.id, false),
                    coalesce(k.url = a.url, false) FROM asked a JOIN known k ON {same}
                UNION ALL SELECT a.n, '{URL}', {_KNOWN}, a.content_sha256 IS NULL, false, true
                    FROM asked a JOIN known k ON k.url = a.url)
            ORDER BY n, record_id""",
        )
        by_row: dict[int, dict[str, list[tuple[Any, ...]]]] = {}
        for n, how, *match in matches:
            by_row.setdefault(n, {}).setdefault(how, []).append(tuple(match))
        return [self._of_row(asked[n], by_row.get(n, {})) for n in range(len(listed))]

    def _of_row(
        self, asked: Mapping[str, Any], found: Mapping[str, Sequence[tuple[Any, ...]]]
    ) -> tuple[Verdict | None, bool]:
        elsewhere = asked["url"] is not None
        if asked["record_id"] is not None:
            for match in found.get(RECORD, ()):
                verdict = self._of_records([match], RECORD) if match[5] else _own(CHANGED, RECORD, str(match[0]))
                return verdict, bool(match[7]) or not elsewhere
            if asked["is_stated"]:
                return _own(NOT_STORED, RECORD), True
        if same := found.get(DIGEST):
            own = [m for m in same if m[6] and (m[7] or not elsewhere)] or [m for m in same if m[7]]
            return self._of_records(own or [m for m in same if m[6]] or same, DIGEST), bool(own)
        if there := found.get(URL):
            whole = all(m[5] for m in there)
            return (self._of_records(there, URL) if whole else _own(CHANGED, URL, str(there[0][0]))), True
        return None, False

    def _of_records(self, matches: Sequence[tuple[Any, ...]], by: str) -> Verdict:
        """Of records that a row may be: all have to permit, and one of them is what is left among copies."""
        for record, case, permit, *_ in matches:
            if not permit:
                return _decided(self.selection.decisions[case], by, str(record))
        chosen = next((m for m in matches if m[3]), None)
        if chosen is not None:
            return _decided(self.selection.decisions[chosen[1]], by, str(chosen[0]))
        record, *_ = matches[0]
        return _own(DUPLICATE if any(m[4] for m in matches) else NOT_SELECTED, by, str(record))

    def _by_row(self, listed: Sequence[Mapping[str, Any]]) -> list[Verdict]:
        """What the rows themselves state, and what the ledger has on them."""
        if not listed:
            return []
        records, faults = self.reading(listed)
        verdicts: list[Verdict] = []
        cases = iter(self._cases(records, [row for row, fault in zip(listed, faults, strict=True) if not fault]))
        for fault in faults:
            verdicts.append(_own(UNREAD, ROW, text=fault) if fault else _decided(next(cases), ROW, None))
        return verdicts

    def _cases(self, records: pa.RecordBatch | None, listed: Sequence[Mapping[str, Any]]) -> list[Decision]:
        """The decisions on records that are read and not stored."""
        if records is None:
            return []
        has_text = [isinstance(content_of(row).text, str) for row in listed]
        table = _numbered(pa.Table.from_batches([records]), has_text, listed)
        con, decided = self.decided.con, self.decided
        fill(con, "arriving", table)
        kinds = frozenset(kind for kind, _ in decided.standings.by_selector)
        build(con, reaching("arriving", kinds, "arriving_"))
        direct: dict[str, set[int]] = {}
        copied: dict[str, set[int]] = {}
        for record, sid, is_direct in rows(
            con,
            """SELECT record_id, sid, direct FROM arriving_hits
            UNION ALL SELECT record_id, sid, false FROM arriving_stone_hits
            UNION ALL SELECT a.record_id, h.sid, false FROM arriving a
                JOIN known k ON k.norm_sha256 = a.norm_sha256 JOIN hit h ON h.record_id = k.record_id""",
        ):
            (direct if is_direct else copied).setdefault(str(record), set()).add(int(sid))
        copies = dict(
            rows(
                con,
                """SELECT a.record_id, list(DISTINCT k.rights_id ORDER BY k.rights_id) FROM arriving a
                JOIN known k ON k.norm_sha256 = a.norm_sha256 GROUP BY a.record_id""",
            )
        )
        observing = decided.observing
        addressed = "(r.url IS NOT NULL)"
        looked = dict(
            rows(
                con,
                f"SELECT r.record_id, {observing.column(addressed)} FROM arriving r {observing.join(addressed, 'r.url')}",
            )
        )
        columns = ("record_id", "rights_id", "personal_data", "legal_basis", "pii_state", "pii_types")
        made = []
        for record, *of in zip(*(table.column(name).to_pylist() for name in columns), strict=True):
            sids = direct.get(record, set()), copied.get(record, set()) - direct.get(record, set())
            state = (*of[:-1], tuple(sorted(of[-1] or ())), tuple(copies.get(record, ())))
            made.append(self._decided(state, sids, int(looked[record])))
        return made

    def _decided(self, of: tuple[Any, ...], sids: tuple[set[int], set[int]], looked: int) -> Decision:
        """The decision on one of these, by the one law."""
        key = (of, frozenset(sids[0]), frozenset(sids[1]), looked)
        known = self.memo.get(key)
        if known is None:
            rights, personal, basis, pii, types, copies = of
            seen, standings = self.decided.observing.at(looked), self.decided.standings.distinct
            case = Case(
                profile=self.reading.profile(rights) | frozenset(self.decided.policy.bases) | seen.claims,
                standings=frozenset(standings[n] for n in sids[0]),
                copy_standings=frozenset(standings[n] for n in sids[1]),
                copies=frozenset(self.decided.profiles.of(other) for other in copies),
                own_copies=self.decided.policy.own_copies(self.decided.as_of),
                personal_data=personal,
                legal_basis=basis,
                pii_state=pii,
                pii_found=frozenset(types),
                address=seen.address,
            )
            known = self.memo[key] = decide(case, self.use, self.decided.catalog)
            if known.permits and known.valid_until is not None:
                self.until = min(known.valid_until, self.until or known.valid_until)
        return known


_KNOWN = "k.record_id, k.case_id, k.permit, k.stays, k.is_selected"


def _numbered(table: pa.Table, has_text: Sequence[bool], listed: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The records under numbers, for two rows may be the same; of one without a text nothing is known of its content."""
    numbers = pa.array([str(n) for n in range(table.num_rows)], pa.string())
    table = table.set_column(table.schema.get_field_index("record_id"), RECORDS.field("record_id"), numbers)
    if all(has_text):
        return table
    digests = [asked_of(row)["content_sha256"] for row in listed]
    kept = [d if not has and d is not None else None for d, has in zip(digests, has_text, strict=True)]
    for name in ("content_sha256", "norm_sha256", "norm1_sha256"):
        stored = table.column(name).to_pylist()
        values = [value if has else d for value, d, has in zip(stored, kept, has_text, strict=True)]
        at = table.schema.get_field_index(name)
        table = table.set_column(at, pa.field(name, pa.binary(32)), pa.array(values, pa.binary(32)))
    state = table.column("pii_state").cast(pa.string()).to_pylist()
    scanned = [value if has else "not_scanned" for value, has in zip(state, has_text, strict=True)]
    at = table.schema.get_field_index("pii_state")
    return table.set_column(at, pa.field("pii_state", pa.string()), pa.array(scanned, pa.string()))


def _met(of_record: Verdict | None, of_row: Verdict | None) -> Verdict:
    """The same content from elsewhere is permitted where the record is, and nothing is stated or known of the row itself that
    does not permit: its own address may be opted out, its own licence another."""
    if of_record is None:
        assert of_row is not None
        return of_row
    if of_row is None or of_row.permit or of_row.reason == SILENT:
        return of_record
    return replace(of_row, record=of_record.record)


def _decided(decision: Decision, by: str, record: str | None) -> Verdict:
    reason = decision.reason
    owed = tuple(words(decision.obligations))
    return Verdict(decision.permits, decision.status.word, reason.slug, reason.text, by, record, owed)


def _own(slug: str, by: str, record: str | None = None, text: str = "") -> Verdict:
    """A refusal that is not the law's."""
    word = "permit" if slug == DUPLICATE else "unknown"
    return Verdict(False, word, slug, f"{REASONS[slug]}: {text}" if text else REASONS[slug], by, record)
