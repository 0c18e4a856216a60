"""Redaction: personal data taken out of texts on their way out, and the record of where it lay. Floor 8.

What is taken out is what a scan finds, not what a tag says: the text is scanned as it leaves. A redacted text is
scanned again until nothing is found in it, for a number can come together where another was taken out. Copyright
notices and author lines stay: licences oblige to keep them.
Nothing here decides: a redacted record is permitted where it would be without.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rightful.errors import InputError, UnknownName
from rightful.rights.persons import KEPT
from rightful.stages.pii.redact import Redacted, Replaced, Span, redact
from rightful.stages.pii.stage import GROUPS, TYPES, PersonalData
from rightful.store.duck import fill, rows, scan
from rightful.store.layout import publish
from rightful.store.parquet import opened

REDACTIONS = "redactions.parquet"
REPLACEMENT = "[{type}]"
LONGEST_REPLACEMENT = 200
SETTINGS = tuple(f.name for f in dataclasses.fields(PersonalData) if f.name != "spans")
"""The settings of a scan that say what it finds."""
ROW_GROUP_ROWS = 1 << 16
NOTICE = ".notice"
"""How the types end that stand in notices."""
ROUNDS = 8
"""A text in which so many scans, one after the other, each find something new goes out as one replacement."""

REDACTIONS_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("types", pa.list_(pa.string()), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("stop", pa.int64(), nullable=False),
        pa.field("new_start", pa.int64(), nullable=False),
        pa.field("new_stop", pa.int64(), nullable=False),
    ]
)
"""One row a replacement, in the order of the store and of the text. Offsets are in characters (code points)."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is taken out, as a scan with its settings, and what is put there: ``{type}`` in it is the type found.

    Raises :class:`InputError` for a replacement that is no text, too long, or that the scan itself would find.
    """

    scan: PersonalData
    replacement: str = REPLACEMENT

    def __post_init__(self) -> None:
        _check_replacement(self.replacement)
        plain = dataclasses.replace(self.scan, entity_model="", entity_model_path="")
        puts = [self.replacement.replace("{type}", kind) for kind in sorted(self.scan.kinds)]
        for at, spans in _scan(plain, puts, puts).items():
            raise InputError(
                f"{puts[at]!r} is itself what would be taken out ({spans[0].type})",
                subject="--redact-with",
                hint=f"the default is {REPLACEMENT!r}",
            )

    @classmethod
    def of(
        cls, types: Iterable[str], replacement: str | None = None, settings: PersonalData | None = None
    ) -> Redaction | None:
        """The redaction of ``types``, which are those of a scan, groups of them, ``default`` or ``all``.

        ``settings`` are those of the scan but for its types: countries of phone numbers, ranges of addresses, names.
        None where no type is named. Raises :class:`UnknownName` for a type that is not known.
        """
        words = sorted({word for kind in types for word in (kind.split() or [kind])})
        if "" in words:
            raise UnknownName.of("type of personal data", "", ("all", "default", *GROUPS, *TYPES), subject="--redact")
        if not words:
            if replacement is not None:
                raise InputError("has no effect without --redact", subject="--redact-with")
            return None
        try:
            scan = dataclasses.replace(settings or PersonalData(), look_for=" ".join(words))
        except InputError as error:
            raise type(error)(error.message, subject="--redact", hint=error.hint) from error
        return cls(scan, REPLACEMENT if replacement is None else replacement)

    @classmethod
    def of_manifest(cls, redaction: Mapping[str, Any]) -> Redaction:
        """The redaction that an export was made with."""
        return cls(PersonalData(**redaction["scan"]), redaction["replacement"])

    def __call__(self, texts: Sequence[str], ids: Sequence[str]) -> list[Redacted]:
        """Each text without what is found in it; ``ids`` name them in errors.

        Raises :class:`InputError` where a text cannot be scanned: it may hold anything.
        """
        done = [Redacted(text, ()) for text in texts]
        spans: dict[int, list[Span]] = {}
        waiting = list(range(len(texts)))
        for _ in range(ROUNDS):
            grown = []
            now = [self._without_names(done[i]) for i in waiting]
            for at, hits in _scan(self.scan, now, [ids[i] for i in waiting]).items():
                i = waiting[at]
                taken = (hit for hit in hits if hit.type not in KEPT)
                more = [span for hit in taken if (span := _in_source(done[i], hit)) is not None]
                if more:
                    spans[i] = spans.get(i, []) + more
                    done[i] = redact(texts[i], spans[i], self.replacement)
                    grown.append(i)
            if not grown:
                return done
            waiting = grown
        for i in waiting:
            whole = Span(done[i].replaced[0].types[0], 0, len(texts[i]))
            done[i] = redact(texts[i], [whole, *spans[i]], self.replacement)
        return done

    def found(self, texts: Sequence[str], ids: Sequence[str]) -> list[frozenset[str]]:
        """The types of what is found in each text; in what is no text of a work there are no notices that would stay.

        Raises :class:`InputError` where a text cannot be scanned."""
        hits = _scan(self.scan, texts, ids)
        return [frozenset(hit.type.removesuffix(NOTICE) for hit in hits.get(i, ())) for i in range(len(texts))]

    def _without_names(self, done: Redacted) -> str:
        """The text with ``x`` for the letters of types: a number behind the word phone would be taken for one."""
        pieces: list[str] = []
        behind = 0
        for r in done.replaced:
            pieces += (done.text[behind : r.new_start], self.replacement.replace("{type}", "x" * len(r.types[0])))
            behind = r.new_stop
        return "".join([*pieces, done.text[behind:]]) if pieces else done.text

    @property
    def types(self) -> frozenset[str]:
        """The types of personal data that are taken out; ``name`` where a recogniser of names runs."""
        return self.scan.kinds | ({"name"} if self.scan.entity_model else set())

    def as_json(self) -> dict[str, Any]:
        """As it stands in a manifest."""
        return {
            "types": sorted(self.scan.kinds),
            "replacement": self.replacement,
            "scan": {name: getattr(self.scan, name) for name in SETTINGS},
            "scanner": self.scan.version,
            "detector": self.scan.detector,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of some texts. ``changed``: position -> (SHA-256 of the text as it leaves, its replacements);
    ``chars``: (N,) characters of each as it leaves.
    ``beside``: (record, type) of what was found in columns that were kept, which do not leave with it."""

    spans: pa.Table
    changed: Mapping[int, tuple[bytes, int]]
    chars: npt.NDArray[np.int64]
    beside: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, done: Sequence[Redacted], ids: Sequence[str], beside: Sequence[frozenset[str]] = ()) -> Outcome:
        """The outcome for texts with these record ids. ``beside`` are the types that were taken out of what was kept of each."""
        changed = {}
        spans = []
        for i, one in enumerate(done):
            if one.replaced:
                changed[i] = hashlib.sha256(one.text.encode()).digest(), len(one.replaced)
                spans += [{"record_id": ids[i], **r._asdict(), "types": list(r.types)} for r in one.replaced]
        taken = tuple((ids[i], kind) for i, types in enumerate(beside) for kind in sorted(types))
        chars = np.array([len(one.text) for one in done], np.int64)
        return cls(pa.Table.from_pylist(spans, REDACTIONS_SCHEMA), changed, chars, taken)


@dataclass(slots=True)
class RedactionLog:
    """Writes :data:`REDACTIONS` as texts go by, and keeps what the index and the manifest say of them.

    Memory: a digest for each text that was changed. A context manager: what it wrote is whole when the block ends.
    """

    path: Path
    changed: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    spans: dict[str, int] = field(default_factory=dict)
    beside: list[tuple[str, str]] = field(default_factory=list)
    chars: list[npt.NDArray[np.int64]] = field(default_factory=list)
    _held: pa.Table = field(default_factory=REDACTIONS_SCHEMA.empty_table)
    _files: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _writer: pq.ParquetWriter = field(init=False)

    def __enter__(self) -> RedactionLog:
        temporary = self._files.enter_context(publish(self.path))
        writer = pq.ParquetWriter(temporary, REDACTIONS_SCHEMA, compression="zstd")
        self._writer = self._files.enter_context(writer)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        with contextlib.ExitStack() as files:
            files.push(self._files)
            if kind is None:
                self._write(self._held.num_rows)

    def add(self, first: int, outcome: Outcome) -> None:
        """Take up the outcome of the texts from position ``first`` on."""
        self.chars.append(outcome.chars)
        self.beside += outcome.beside
        self.changed.update({first + i: spans for i, spans in outcome.changed.items()})
        if outcome.spans.num_rows:
            self._held = pa.concat_tables([self._held, outcome.spans])
            self._write(self._held.num_rows // ROW_GROUP_ROWS * ROW_GROUP_ROWS)
            self._count(outcome.spans)

    def _count(self, spans: pa.Table) -> None:
        for one in pc.value_counts(pc.list_flatten(spans.column("types"))).to_pylist():
            self.spans[one["values"]] = self.spans.get(one["values"], 0) + one["counts"]

    def narrow(self, ids: Sequence[str], kept: npt.NDArray[np.int64]) -> None:
        """Forget the texts that do not leave after all. ``ids``: of all texts; ``kept``: positions of those that leave, sorted."""
        leaving = {ids[i] for i in kept.tolist()}
        self.changed = {i: self.changed[i] for i in kept.tolist() if i in self.changed}
        self.beside = [(record, kind) for record, kind in self.beside if record in leaving]
        self.chars = [np.concatenate([*self.chars, np.empty(0, np.int64)])[kept]]
        self.spans = {}
        names = pa.array(sorted(leaving), pa.string())
        before = self.path.with_name(f".{self.path.name}")
        self.path.rename(before)
        with self, opened(before) as file:
            for batch in file.iter_batches():
                spans = pa.Table.from_batches([batch])
                spans = spans.filter(pc.is_in(spans.column("record_id"), names))
                self._held = pa.concat_tables([self._held, spans])
                self._write(self._held.num_rows // ROW_GROUP_ROWS * ROW_GROUP_ROWS)
                if spans.num_rows:
                    self._count(spans)
        before.unlink()

    def _write(self, n_rows: int) -> None:
        """Write the first of what is held, in row groups whose size does not depend on how it came."""
        if n_rows:
            self._writer.write_table(self._held.slice(0, n_rows).combine_chunks(), row_group_size=ROW_GROUP_ROWS)
            self._held = self._held.slice(n_rows)

    def as_json(self) -> dict[str, Any]:
        """The counts as they stand in a manifest."""
        return {
            "records": len(self.changed),
            "spans": dict(sorted(self.spans.items())),
            "chars": sum(int(chars.sum()) for chars in self.chars),
        }


def not_found(
    con: duckdb.DuckDBPyConnection, log: RedactionLog, types: Sequence[str], cases: Iterable[int] | None = None
) -> dict[str, int]:
    """Type -> records of ``chosen`` whose tag has it although nothing of it was taken out: the scans differed.

    ``cases``: of these alone.
    """
    beside = pa.table(
        {
            "record_id": pa.array([record for record, _ in log.beside], pa.string()),
            "type": pa.array([kind for _, kind in log.beside], pa.string()),
        }
    )
    fill(con, "taken_beside", beside)
    of = "" if cases is None else f"WHERE case_id IN ({', '.join(map(str, [-1, *cases]))})"
    missed = f"""SELECT type, count(*) FROM (SELECT DISTINCT record_id, unnest(pii_types) AS type FROM chosen {of}) c
        ANTI JOIN (SELECT DISTINCT record_id, unnest(types) AS type FROM {scan([log.path], REDACTIONS_SCHEMA)}
            UNION SELECT record_id, type FROM taken_beside) r
        ON r.record_id = c.record_id AND r.type = c.type WHERE list_contains(?, c.type) GROUP BY ALL ORDER BY ALL"""
    return dict(rows(con, missed, [list(types)]))


def _check_replacement(replacement: str) -> None:
    if len(replacement) > LONGEST_REPLACEMENT:
        raise InputError(
            f"{len(replacement)} characters are too long, {LONGEST_REPLACEMENT} are allowed", subject="--redact-with"
        )
    try:
        replacement.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{replacement!a} is not text in UTF-8", subject="--redact-with") from error
    for word in re.findall(r"\{(\w*)\}", replacement):
        if word != "type":
            raise UnknownName.of("placeholder", word, ("type",), subject="--redact-with")


def _scan(settings: PersonalData, texts: Sequence[str], ids: Sequence[str]) -> dict[int, list[Span]]:
    """What is found, for the texts in which something is, by position."""
    batch = pa.record_batch({"text": pa.array(texts, pa.large_string())})
    column = dataclasses.replace(settings, spans=True)(batch)["pii_spans"]
    if column.null_count:
        failed = ids[int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])]
        raise InputError(
            f"the recogniser failed on the text of record {failed}, so anything may be left in it",
            subject="--redact",
            hint=f"leave it out: --where \"record_id <> '{failed}'\"",
        )
    having = np.flatnonzero(column.value_lengths().to_numpy()).tolist()
    return {row: [Span(**span) for span in column[row].as_py()] for row in having}


def _in_source(done: Redacted, hit: Span) -> Span | None:
    """What was found in a redacted text as a span of its source, with all of the replacements that it touches.

    None where it lies within one replacement.
    """
    first, last = _replacement_at(done, hit.start), _replacement_at(done, hit.stop - 1)
    if first is not None and first is last:
        return None
    start = first.start if first is not None else done.origin(hit.start)
    stop = last.stop - 1 if last is not None else done.origin(hit.stop - 1)
    assert start is not None
    assert stop is not None
    return Span(hit.type, start, stop + 1)


def _replacement_at(done: Redacted, offset: int) -> Replaced | None:
    at = bisect_right(done.replaced, offset, key=lambda r: r.new_start) - 1
    return done.replaced[at] if at >= 0 and offset < done.replaced[at].new_stop else None
