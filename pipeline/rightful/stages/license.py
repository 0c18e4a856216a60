"""The tags about rights: what a record's card and row state -> columns and a rights profile. Floor 3.

Unlike the other stages this one is bound to a source card. Rows with the same licence field share one profile, so
the law's words are read once per distinct field, not per row.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Any, ClassVar

import pyarrow as pa

from rightful.catalog.signals import signals_of
from rightful.catalog.texts import license_texts
from rightful.later import later
from rightful.rights.claims import expression_of
from rightful.rights.consent import subject_key
from rightful.rights.evidence import Evidence, Observation, Profile, rights_id
from rightful.rights.expression import UNREAD, AllOf, Name, Names, dated, named, parse, parse_known, render
from rightful.signals.cards.claims import persons_settled
from rightful.signals.cards.source_card import OF_FILES, SourceCard
from rightful.signals.order import READ_BESIDE, joined, of_record, of_statements
from rightful.signals.places import IN_TEXT
from rightful.signals.rows.claims import about_rows_of
from rightful.signals.signal import About, Claims, OfRecord
from rightful.stages.license_columns import ADDS, DICT, SAYS
from rightful.stages.shared.columns import filled

pc = later("pyarrow.compute")


@cache
def _as_it_is() -> Any:
    """What was cut in the midst of a character is a text all the same: nothing is met in half of one."""
    return pc.CastOptions(target_type=pa.large_string(), allow_invalid_utf8=True)


LONG_BYTES = 8 << 20
"""Of a text of more bytes a quarter of that is handed in from its head and from its end: far more than is read there."""

MOST_SEEN = 65_536
"""So many different things that rows say are remembered: prose in every row must not fill the memory."""

UNREAD_PERSON = Evidence(kind="gate", tier=1, bound_to="subject", statement="person_unreadable")
CORRESPONDENCE = Evidence(
    kind="gate",
    tier=1,
    bound_to="subject",
    statement="personal_data",
    observation=Observation("message/rfc822", "the form of the record", "reader", "1"),
)
"""What holds of every record in which persons write to each other, where its card says nothing of persons (law 8.10)."""

Stated = tuple[str | None, str | None, Claims]
"""What a row states: ``license_raw``, ``statements``, and what the signals claim that read the rest of it."""
Key = tuple[Stated, date | None]
"""What the rights of a row depend on beside its card: what it states, and the day that its date counts as."""


@dataclass(frozen=True, slots=True)
class RowRights:
    """What the statements of a row lead to, together with the card. ``blocking`` are the places that cannot be read, with
    what they say; ``notices`` are kept for attribution."""

    declared: str | None
    concluded: str | None
    conflict: bool
    rights_id: str
    profile: Profile
    blocking: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()


_OF_PERSONS = {"yes": "yes", "unknown": "yes", "no": "unknown"}
"""``personal_data`` of a card -> that of a record which holds personal data by its form."""
MOST_SAMPLES = 8
"""So many strings of a column that cannot be read are named."""


@dataclass(slots=True)
class Blocked:
    """How many rows a column of a file blocks, with what the first of them says there, and what the first differing ones do."""

    rows: int
    sample: str
    samples: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LicenseTags:
    """The rights columns of records under one card. ``claims`` are the card's, ancestors included; ``beside`` those of the
    files that lie beside what is read."""

    name: ClassVar[str] = "license"
    adds: ClassVar[tuple[pa.Field, ...]] = ADDS
    says: ClassVar[Mapping[str, str]] = SAYS

    card: SourceCard
    claims: tuple[Evidence, ...]
    names: Names
    key: bytes
    license_field: str | None = None
    """The column that an option or a recipe calls the licence."""
    beside: tuple[Evidence, ...] = ()
    personal: frozenset[str] = frozenset()
    """The media types of records that hold personal data by their form."""
    seen: dict[Key, RowRights] = field(default_factory=dict, compare=False, repr=False)
    profiles: dict[str, Profile] = field(default_factory=dict, compare=False, repr=False)
    """Every profile that was met, by its id."""
    blocked: dict[tuple[str, str], Blocked] = field(default_factory=dict, compare=False, repr=False)
    """By file and column, over all batches."""

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The rights columns of a batch that has ``file, license_raw, statements, published_at, authors, subject``."""
        of_persons = self.of_persons(batch)
        rights, index = self._gated(batch, *self._found(batch), of_persons)
        self._count(batch, rights, index)
        n = batch.num_rows
        return {
            "license_declared": pa.array([f.declared for f in rights], pa.string()).take(index).cast(DICT),
            "license_concluded": pa.array([f.concluded for f in rights], pa.string()).take(index).cast(DICT),
            "license_conflict": pa.array([f.conflict for f in rights], pa.bool_()).take(index),
            "rights_id": pa.array([f.rights_id for f in rights], pa.string()).take(index).cast(DICT),
            "attribution": self._attribution(batch, rights, index),
            "subject_key": _subject_key(batch.column("subject"), self.key),
            "subject_keys": _subject_keys(_column(batch, "subjects"), self.key),
            "collected_for": pa.array([list(self.card.collected_for)] * n, pa.list_(pa.string())),
            "personal_data": self._personal_data(of_persons).cast(DICT),
            "legal_basis": pa.array([self.card.legal_basis or None] * n, pa.string()).cast(DICT),
        }

    @property
    def about(self) -> About:
        """What the signals may know beside the row."""
        about = about_rows_of(self.card, self.names, self.license_field)
        return replace(about, texts=license_texts, signals=signals_of)

    def rights_of(self, raw: str | None, period: date | None = None, statements: str | None = None) -> RowRights:
        """What the statements of a row lead to. ``period`` is the day from which the licence of its date holds, for names
        that mean another licence by date."""
        return self._rights((raw, statements, Claims()), period)

    def _rights(self, stated: Stated, period: date | None = None) -> RowRights:
        """What a row leads to, read once for all rows that state the same."""
        key = (stated, period)
        known = self.seen.get(key)
        if known is None:
            if len(self.seen) >= MOST_SEEN:
                self.seen.clear()
            known = self.seen[key] = self._read(key)
            self.profiles[known.rights_id] = known.profile
        return known

    def _found(self, batch: pa.RecordBatch) -> tuple[list[RowRights], pa.Array]:
        """The distinct rights of a batch, and which of them each row has."""
        values, index = _distinct(batch, self._read_beside(batch))
        undated = [self._rights(stated) for stated in values]
        if not any(_goes_by_date(e, self.names) for rights in undated for e in rights.profile):
            return undated, index
        starts = sorted({since for family in self.names.families.values() for since, _ in family.periods})
        keys: dict[Key, int] = {}
        codes = []
        days = batch.column("published_at").cast(pa.timestamp("us", "UTC")).cast(pa.date32()).to_pylist()
        for n, day in zip(index.to_pylist(), days, strict=True):
            since = None if day is None else max(starts[: bisect_right(starts, day)], default=date.min)
            codes.append(keys.setdefault((values[n], since), len(keys)))
        return [self._rights(stated, since) for stated, since in keys], pa.array(codes, pa.int32())

    def _read_beside(self, batch: pa.RecordBatch) -> dict[int, Claims]:
        """What the signals claim of the rows that state more of their rights than their columns of rights do, by row."""
        claims: dict[int, list[Claims]] = {}
        about = self.about
        for signal in READ_BESIDE:
            columns = [batch.column(name) for name in signal.columns if name in batch.schema.names]
            rows = _candidates(columns, signal, self.names)
            if rows is not None and not len(rows):
                continue
            names = [name for name in signal.columns if name in batch.schema.names]
            values = [c.to_pylist() if rows is None else _ends(c, rows) for c in columns]
            numbers = range(batch.num_rows) if rows is None else rows.to_pylist()
            for row, record in zip(numbers, zip(*values, strict=True), strict=True):
                if read := of_record(dict(zip(names, record, strict=True)), about, (signal,)):
                    claims.setdefault(row, []).append(read)
        return {row: claims[row][0] if len(claims[row]) == 1 else joined(claims[row]) for row in sorted(claims)}

    def of_persons(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """The rows that hold personal data by their form, whatever their card says."""
        types = filled(batch, "media_type")
        if not self.personal or types is None:
            return pa.array([False] * batch.num_rows, pa.bool_())
        return pc.is_in(types.cast(pa.string()), pa.array(sorted(self.personal), pa.string()))

    def _personal_data(self, of_persons: pa.BooleanArray) -> pa.StringArray:
        """What the card says, and of rows that hold personal data by their form ``yes`` where it says nothing; where it denies
        them, nobody knows."""
        stated = self.card.personal_data
        return pc.if_else(of_persons, _OF_PERSONS[stated], stated)

    def _gated(
        self, batch: pa.RecordBatch, found: list[RowRights], index: pa.Array, of_persons: pa.BooleanArray
    ) -> tuple[list[RowRights], pa.Array]:
        """The rights of rows that may name a person whom nobody can read, and of rows in which persons write to each other and
        no basis is stated: these refuse until it can be told who that is, and until there is one."""
        named = _column(batch, "subjects")
        without_basis = self.card.personal_data == "unknown" and not persons_settled(self.card)
        writing = without_basis and pc.any(of_persons).as_py()
        if named.null_count == len(named) and not writing:
            return found, index
        codes = index.to_pylist()
        gated: dict[tuple[int, bool, bool], int] = {}
        rights = list(found)
        between = of_persons.to_pylist() if writing else [False] * len(codes)
        for row, (spellings, written) in enumerate(zip(named.to_pylist(), between, strict=True)):
            unread = spellings is not None and "" in spellings
            if not (unread or written):
                continue
            at = codes[row]
            key = (at, unread, bool(written))
            if key not in gated:
                profile = found[at].profile.union([UNREAD_PERSON] * unread + [CORRESPONDENCE] * bool(written))
                gated[key] = len(rights)
                rights.append(replace(found[at], profile=profile, rights_id=rights_id(profile)))
                self.profiles[rights[-1].rights_id] = profile
            codes[row] = gated[key]
        return rights, pa.array(codes, pa.int32())

    def _read(self, key: Key) -> RowRights:
        (raw, statements, more), period = key
        stated = of_statements({"license_raw": raw, "statements": statements}, self.about)
        claims = [_on(e, period, self.names) for e in self.claims]
        of_row = [_on(e, period, self.names) for e in (*stated.claims, *more.claims, *self.beside)]
        if self.card.scope == OF_FILES and any(_is_of_file(e) for e in of_row):
            # The card says so: what is licensed here together is so where a file states nothing of its own.
            claims, of_row = ([e for e in listed if not _is_of_all(e)] for listed in (claims, of_row))
        profile = frozenset([*claims, *of_row])
        card = next((e for e in claims if _is_license(e) and not e.layer), None)
        rows = [e for e in of_row if _is_license(e) and (e.beside or not e.layer)]
        spoken = rows or ([card] if card is not None else [])
        both = [*([card] if card is not None else []), *rows]
        named = {e.expression for e in both}
        return RowRights(
            declared=_all_of([e.expression or UNREAD for e in spoken], self.names)
            if any(e.expression for e in spoken)
            else None,
            concluded=_all_of([e.expression for e in both], self.names) if both and all(named) else None,
            conflict=bool(rows) and len(named) > 1,
            rights_id=rights_id(profile),
            profile=profile,
            blocking=(*stated.blocking, *more.blocking),
            notices=(*stated.notices, *more.notices),
        )

    def _count(self, batch: pa.RecordBatch, distinct: list[RowRights], index: pa.Array) -> None:
        """Add up which columns of which files block how many rows; what stands in texts is counted over all files."""
        if not any(rights.blocking for rights in distinct) or batch.schema.get_field_index("file") < 0:
            return
        pairs = zip(batch.column("file").to_pylist(), index.to_pylist(), strict=True)
        for (file, n), rows in Counter(pairs).items():
            for place, sample in distinct[n].blocking:
                of = "" if place.startswith(IN_TEXT) else file
                known = self.blocked.setdefault((of, place), Blocked(0, sample))
                known.rows += rows
                if len(known.samples) < MOST_SAMPLES:
                    known.samples.setdefault(sample)

    def _attribution(self, batch: pa.RecordBatch, distinct: list[RowRights], index: pa.Array) -> pa.Array:
        """The authors, else the publisher; with them the copyright notice, which a licence may oblige to keep."""
        publisher = self.card.publisher or None
        authors = batch.column("authors")
        if authors.null_count == len(authors):
            named = pa.array([publisher] * len(authors), pa.string())
        else:
            joined = pc.binary_join(authors, "; ")
            named = pc.if_else(pc.equal(joined, ""), None, joined)
            named = named if publisher is None else pc.fill_null(named, publisher)
        if not any(rights.notices for rights in distinct):
            return named
        notices = pa.array(["; ".join(f.notices) or None for f in distinct], pa.string()).take(index)
        return pc.coalesce(pc.binary_join_element_wise(named, notices, "; "), named, notices)


def _candidates(columns: Sequence[pa.Array], signal: OfRecord, names: Names) -> pa.Array | None:
    """The rows in which a signal may find something, by one scan of the ends of its columns; None for all of them."""
    if signal.trigger is None:
        return None
    pattern, (head, tail) = signal.trigger(names), signal.ends
    hit = None
    for column in columns:
        raw = column.cast(pa.large_binary())
        met = pc.match_substring_regex(
            pc.cast(pc.binary_slice(raw, 0, head), options=_as_it_is()), pattern, ignore_case=True
        )
        longer = pc.indices_nonzero(pc.fill_null(pc.greater(pc.binary_length(raw), head), False))
        if len(longer):
            ending = pc.cast(pc.binary_slice(raw, -tail).take(longer), options=_as_it_is())
            there = longer.filter(pc.match_substring_regex(ending, pattern, ignore_case=True))
            met = pc.or_(pc.fill_null(met, False), pc.is_in(pa.array(range(len(raw)), pa.uint64()), there))
        hit = met if hit is None else pc.or_kleene(hit, met)
    return pa.array([], pa.int64()) if hit is None else pc.indices_nonzero(pc.fill_null(hit, False))


def _ends(column: pa.Array, rows: pa.Array) -> list[str | None]:
    """The values in some rows of a column of which only the ends are looked at: of a long one these, which are more than is
    ever read."""
    values: list[str | None] = []
    for row in rows.to_pylist():
        value = column[row]
        whole = memoryview(value.as_buffer()) if value.is_valid else memoryview(b"")
        if len(whole) <= LONG_BYTES:
            values.append(value.as_py())
        else:
            ends = (whole[: LONG_BYTES // 4], whole[-LONG_BYTES // 4 :])
            values.append("".join(str(end, "utf-8", "ignore") for end in ends))
    return values


def _distinct(batch: pa.RecordBatch, beside: Mapping[int, Claims]) -> tuple[list[Stated], pa.Array]:
    """What the rows state, each once, and which of it each row states. ``beside`` has what else rows claim, by row."""
    raw = batch.column("license_raw").dictionary_encode(null_encoding="encode")
    first = raw.dictionary.to_pylist()
    spoken = filled(batch, "statements")
    if spoken is None and not beside:
        return [(value, None, Claims()) for value in first], raw.indices
    statements = spoken if spoken is not None else pa.nulls(batch.num_rows, pa.string())
    statements = statements.dictionary_encode(null_encoding="encode")
    second = statements.dictionary.to_pylist()
    numbers: dict[Claims, int] = {Claims(): 0}
    others = [0] * batch.num_rows
    for row, claims in beside.items():
        others[row] = numbers.setdefault(claims, len(numbers))
    third = list(numbers)
    keys: dict[tuple[int, int, int], int] = {}
    rows = zip(raw.indices.to_pylist(), statements.indices.to_pylist(), others, strict=True)
    codes = [keys.setdefault(row, len(keys)) for row in rows]
    return [(first[one], second[two], third[three]) for one, two, three in keys], pa.array(codes, pa.int32())


def _is_license(evidence: Evidence) -> bool:
    return evidence.kind == "grant" and evidence.statement in ("license", "unreadable")


def _is_of_file(evidence: Evidence) -> bool:
    """A licence that a file states of itself, and that can be read: in its head, in a file of its name beside it."""
    return (
        evidence.tier == 3 and evidence.bound_to == "work" and evidence.statement == "license" and not evidence.guessed
    )


def _is_of_all(evidence: Evidence) -> bool:
    """A licence of the collection or of a folder, in the card or in a file beside. One that cannot be read may say anything,
    of single files too: it stays."""
    return evidence.statement in ("license", "compilation") and evidence.bound_to == "collection" and not evidence.layer


def _all_of(expressions: list[str], names: Names) -> str:
    trees = {e: Name(e) if e == UNREAD else parse(e, names) for e in expressions}
    return render(AllOf(tuple(trees.values()))) if len(trees) > 1 else next(iter(trees))


def _goes_by_date(evidence: Evidence, names: Names) -> bool:
    expression = expression_of(evidence, names)
    families = (names.families.get(name.id) for name in named(expression)) if expression is not None else ()
    return any(family is not None and family.periods for family in families)


def _on(evidence: Evidence, day: date | None, names: Names) -> Evidence:
    """The claim about a text of that day, where it names a licence that goes by date."""
    if day is None or not _goes_by_date(evidence, names):
        return evidence
    return replace(evidence, expression=render(dated(parse_known(evidence.expression, names), names, day)))


def _subject_key(subjects: pa.Array, key: bytes) -> pa.Array:
    if subjects.null_count == len(subjects):
        return pa.nulls(len(subjects), pa.binary(32))
    return pa.array([None if s is None else subject_key(s, key) for s in subjects.to_pylist()], pa.binary(32))


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    at = batch.schema.get_field_index(name)
    return batch.column(at) if at >= 0 else pa.nulls(batch.num_rows, pa.list_(pa.string()))


def _subject_keys(subjects: pa.Array, key: bytes) -> pa.Array:
    """The key of every spelling; a null among them where they are of several persons."""
    if subjects.null_count == len(subjects):
        return pa.nulls(len(subjects), pa.list_(pa.binary(32)))
    keyed = [
        None if spellings is None else [None if s is None else subject_key(s, key) for s in spellings if s != ""]
        for spellings in subjects.to_pylist()
    ]
    return pa.array(keyed, pa.list_(pa.binary(32)))
