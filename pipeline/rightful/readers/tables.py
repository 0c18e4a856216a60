"""Rows of Arrow batches as records: which columns are read, what is held of them, what they say. Floor 2: the readers.

Whatever format brings batches, one schema has one meaning and one answer. The text is checked a column at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from rightful.notation.characters import is_blank
from rightful.readers import BATCH_BYTES, BATCH_ROWS, RAW, Damage, Fields, FoundFile
from rightful.readers.arrow_values import UNREADABLE, is_text, python, strings
from rightful.readers.cells import Elsewhere, MediaPaths, cells_of
from rightful.readers.columnar import Path, Speaker, speakers, spoken, twice
from rightful.readers.fields import MISSING, Plan, media_of, no_text, of_pages, plan
from rightful.readers.keep import MOST_COLUMNS, Keeping, NotKept, keeping, too_many
from rightful.readers.limits import Limits, unpacked_bytes, value_sizes
from rightful.readers.statements import LONGEST, Collector, Statement, of_folders
from rightful.readers.strict import Repeated
from rightful.readers.talks import Placed, Settled, media_type, placed, settled
from rightful.readers.unread import Tally
from rightful.rights.columns import LICENSE, RIGHTS, Look

MEDIA_TYPE = "text/plain"
STEP_ROWS = 64
"""Few, so that a step is small however long its texts are, and little is lost before a break."""
_HEAD_CHARS = 64  # of a text that begins with blanks or beyond ASCII: what is looked at first


@dataclass(frozen=True, slots=True)
class Columns:
    """What is read of a table: the columns to look in for each field, those that may speak of rights, those that are ``kept``,
    what the folders say.

    ``talks`` are the forms of conversations that the rows may have: only with none of them there is always a text.
    """

    fields: Mapping[str, tuple[Path, ...]]
    talks: tuple[Placed, ...]
    named: Fields
    speakers: tuple[Speaker, ...]
    collector: Collector
    folders: Sequence[Statement]
    tally: Tally
    keep: Keeping | None = None
    kept: tuple[str, ...] = ()
    media: MediaPaths | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every column that is read, once."""
        wanted = [path for paths in self.fields.values() for path in paths]
        wanted += [(at,) for talk in self.talks for _, at in talk.columns]
        wanted += [(name,) for name in self.kept]
        wanted += [path for paths in self.media or () for path in paths]
        return tuple(dict.fromkeys([*wanted, *(speaker.path for speaker in self.speakers)]))

    @property
    def text(self) -> Path:
        """Where the text is; empty where no column has it."""
        return next(iter(self.fields["text"]), ()) if self.media is None else ()


class Held:
    """The columns of some steps until they make a batch. Sizes are those in memory: the footer knows nothing of values
    that it stores once and that come a thousand times."""

    def __init__(self, columns: Columns, limits: Limits) -> None:
        self.rows = 0
        """How many rows were ever added."""
        self.unpacked = 0
        """How many bytes they were in memory."""
        self._parts: dict[Path, list[pa.Array]] = {path: [] for path in columns.paths}
        self._text = columns.text
        self._limits = limits
        self._long: dict[int, str] = {}
        self._rows = self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether it is time for a batch."""
        return self._rows > BATCH_ROWS - STEP_ROWS or self._bytes >= BATCH_BYTES

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a step of few rows."""
        found = {path: _column(batch, path) for path in self._parts}
        self.unpacked += sum(unpacked_bytes(column) for column in batch.columns)
        found = self._within(found, batch.num_rows)
        for path, column in found.items():
            self._parts[path].append(column)
            self._bytes += unpacked_bytes(column)
        self._rows += batch.num_rows
        self.rows += batch.num_rows

    def _within(self, found: dict[Path, pa.Array], rows: int) -> dict[Path, pa.Array]:
        """The columns without the rows of which a value is too long: these are null, and it is remembered why."""
        long: dict[int, str] = {}
        for path, column in found.items():
            if unpacked_bytes(column) > self._limits.value_bytes:
                sizes = value_sizes(column)
                what = "a text" if path == self._text else f"a value of {'.'.join(path)!r}"
                for row in np.flatnonzero(sizes > self._limits.value_bytes).tolist():
                    long.setdefault(row, self._limits.too_long(what, int(sizes[row])) or "")
        if not long:
            return found
        self._long |= {self._rows + row: why for row, why in long.items()}
        gone = np.zeros(rows, bool)
        gone[list(long)] = True
        kept = pa.array(np.arange(rows), mask=gone)
        return {path: column.take(kept) for path, column in found.items()}

    def taken(self) -> tuple[dict[Path, pa.Array], dict[int, str]]:
        """What is held, and the rows with a value that is too long; then nothing is."""
        parts, self._parts = self._parts, {path: [] for path in self._parts}
        merged = {path: of[0] if len(of) == 1 else pa.concat_arrays(of) for path, of in parts.items()}
        long, self._long = self._long, {}
        self._rows = self._bytes = 0
        return merged, long


def columns_of(schema: pa.Schema, fields: Fields, look: Look, file: FoundFile, tally: Tally) -> Columns | str:
    """Where each field is, or the reason why there is no text."""
    places = plan(fields, schema.names)
    found = {f: tuple(p for p in (_path(schema, place) for place in paths) if p) for f, paths in places.items()}
    talks = placed(fields, schema.names)
    spoken_in = [(at,) for talk in talks for _, at in talk.columns]
    several = [p[0] for paths in (*found.values(), spoken_in) for p in paths if schema.get_field_index(p[0]) < 0]
    if several or (spoken_twice := twice(schema, fields, look)):
        return f"two columns are named {several[0] if several else spoken_twice!r}"
    media = _media(schema, fields, places, talks=bool(talks))
    if media is None and not found["text"] and (not talks or fields.text is not None):
        return no_text(fields, MISSING, "", schema.names)
    found["text"] = found["text"][:1]
    text = next(iter(found["text"]), ()) if media is None else ()
    if text and not is_text(kind := _field(schema, text).type) and not (fields.text is not None and _is_of_pages(kind)):
        return f"the text is {kind}, not a string (column {'.'.join(text)!r})"
    speaking = speakers(schema, fields, look, text)
    speaking += tuple(_unheard(schema, spoken_in, speaking, text))
    keep = keeping(fields, look, schema.names, places, [at for (at,) in spoken_in])
    kept = keep.columns(schema.names) if keep is not None else ()
    if len(kept) > MOST_COLUMNS:
        return too_many(len(kept))
    if several := [name for name in kept if schema.get_field_index(name) < 0]:
        return f"two columns are named {several[0]!r}"
    beside = [*of_folders(file, look), *_of_schema(schema, look)]
    return Columns(found, talks, fields, speaking, Collector(look), beside, tally, keep, kept, media)


def _of_schema(schema: pa.Schema, look: Look) -> list[Statement]:
    """What the metadata of a schema says of rights, of the Hub's ``huggingface`` (JSON) what its ``info`` does. It is of whoever
    wrote the file: it blocks its rows until somebody has read it, and grants none of them."""
    named = {k.decode("utf-8", "replace"): v.decode("utf-8", "replace") for k, v in (schema.metadata or {}).items()}
    try:
        info = orjson.loads(named.get("huggingface") or "{}").get("info")
        named |= {f"huggingface.info.{key}": str(value) for key, value in info.items() if value}
    except (ValueError, AttributeError):
        pass  # none of the Hub
    return [
        Statement(name, RIGHTS, f"of the file: {value[:LONGEST]}")
        for name, value in named.items()
        if look.kind(name.rpartition("huggingface.info.")[2]) in (LICENSE, RIGHTS) and not look.is_silent(value)
    ]


def _media(schema: pa.Schema, fields: Fields, places: Plan, *, talks: bool) -> MediaPaths | None:
    """Where the content of the rows is, if it is elsewhere."""
    media = media_of(fields, schema.names, places, talks=talks)
    if media is None:
        return None
    return MediaPaths(*(tuple(p for p in (_path(schema, place) for place in paths) if p) for paths in media))


def _unheard(schema: pa.Schema, talks: Sequence[Path], heard: Sequence[Speaker], text: Path) -> Iterator[Speaker]:
    """The columns of conversations that are strings, in which JSON may speak of rights as it does in the rows of JSON."""
    for path in dict.fromkeys(talks):
        if path != text and is_text(schema.field(path[0]).type) and not any(s.path[:1] == path for s in heard):
            yield Speaker(path, path[0], "", False)


def _path(schema: pa.Schema, place: str) -> Path | None:
    """A dotted place as a path in the schema; a literal name goes first."""
    if place in schema.names:
        return (place,)
    head, *rest = place.split(".")
    if head not in schema.names or schema.get_field_index(head) < 0:
        return None
    kind = schema.field(head).type
    for step in rest:
        if not pa.types.is_struct(kind) or kind.get_field_index(step) < 0:
            return None
        kind = kind.field(step).type
    return (head, *rest)


def _field(schema: pa.Schema, path: Path) -> pa.Field:
    field = schema.field(path[0])
    for step in path[1:]:
        field = field.type.field(step)
    return field


def _is_of_pages(kind: pa.DataType) -> bool:
    """True for lists of texts, such as the pages of a book."""
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return bool(is_list and (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)))


def _of_pages(column: pa.Array) -> pa.Array:
    """The text of each row, where its column holds lists of texts: the same as of rows of JSON."""
    if not _is_of_pages(column.type):
        return column
    joined = [None if pages is None else of_pages(pages) for pages in python(column)]
    return pa.array(joined, pa.large_string())


def _column(batch: pa.RecordBatch, path: Path) -> pa.Array:
    column = batch.column(path[0])
    if path[1:]:
        column = pc.struct_field(column, list(path[1:]))
    if isinstance(column, pa.ExtensionArray) and not isinstance(column.type, pa.UuidType):
        column = column.storage
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def records_of(
    name: str, found: Mapping[Path, pa.Array], long: Mapping[int, str], columns: Columns, first: int
) -> Iterator[pa.RecordBatch | Damage]:
    """Rows as batches of ``RAW``; ``first`` is the number of the first, ``long`` those that are damaged already."""
    path = columns.text
    rows = len(next(iter(found.values())))
    text, garbled = strings(_of_pages(found[path])) if path else (pa.nulls(rows, pa.large_string()), [])
    told = dict.fromkeys(garbled, "the text is not UTF-8")
    whole: list[Settled] = []
    if columns.talks and columns.media is None:
        whole = list(_settled(text, garbled, found, columns, long))
        told |= {row: one.fault for row, one in enumerate(whole) if one.fault}
        text = _with_talks(text, whole)
    lists = columns.collector.look.lists
    media = Elsewhere(found, columns.media, lists) if columns.media is not None else None
    faults = told | (_faults(text, set(told), ".".join(path)) if media is None else media.faults)
    urls = [found[p] for p in columns.fields["url"]]
    rights = spoken(found, columns.speakers, columns.collector, columns.folders, urls, rows)
    kept, unkept = _kept(found, columns, rows)
    faults = {**unkept, **rights.faults, **faults, **long}
    cells = cells_of(found, columns.fields, lists, columns.tally, name, [*faults])
    cells["license_raw"], cells["statements"] = rights.license_raw, rights.statements
    cells["text"] = text
    cells["file"] = pa.repeat(name, rows)
    cells["line"] = pa.array(np.arange(first, first + rows))
    cells["conversation"] = pa.nulls(rows, pa.large_string())
    cells["kept"] = kept
    cells["media_type"] = pa.repeat(MEDIA_TYPE, rows)
    cells["media"] = cells["media_sha256"] = pa.nulls(rows, pa.string())
    if media is not None:
        media.fill(cells)
    if whole:
        talks = [one.talk for one in whole]
        cells["conversation"] = pa.array([talk and talk.stored for talk in talks], pa.large_string())
        cells["media_type"] = pa.array([media_type(MEDIA_TYPE, talk and talk.form) for talk in talks], pa.string())
        for row, one in enumerate(whole):
            if row not in faults:
                columns.tally.settled(name, one)
    for row in sorted(faults):
        yield Damage(name, faults[row], "row", first + row)
    if faults:
        keep = np.ones(rows, bool)
        keep[list(faults)] = False
        whole_rows = pa.array(keep)
        cells = {cell: values.filter(whole_rows) for cell, values in cells.items()}
    yield from _bounded(pa.RecordBatch.from_arrays([cells[field.name] for field in RAW], schema=RAW))


def _kept(found: Mapping[Path, pa.Array], columns: Columns, rows: int) -> tuple[pa.Array, dict[int, str]]:
    """What is kept of each row, and the rows of which it cannot be, with the reason."""
    if columns.keep is None or not columns.kept:
        return pa.nulls(rows, pa.large_string()), {}
    values = [python(found[(name,)]) for name in columns.kept]
    kept: list[str | None] = []
    faults: dict[int, str] = {}
    for row, of_row in enumerate(zip(*values, strict=True)):
        try:
            kept.append(columns.keep.of(dict(zip(columns.kept, of_row, strict=True))))
        except NotKept as why_not:
            kept.append(None)
            faults[row] = str(why_not)
    return pa.array(kept, pa.large_string()), faults


def _settled(
    text: pa.LargeStringArray,
    garbled: Sequence[int],
    found: Mapping[Path, pa.Array],
    columns: Columns,
    long: Mapping[int, str],
) -> Iterator[Settled]:
    """The texts of rows that may be conversations, and these, row by row."""
    names = list(dict.fromkeys(at for talk in columns.talks for _, at in talk.columns))
    values = [python(found[(name,)], UNREADABLE) for name in names]
    broken = {*garbled, *long}
    for row, (given, *of) in enumerate(zip(text.to_pylist(), *values, strict=True)):
        if row in broken:
            yield Settled()
            continue
        try:
            yield settled(columns.named, given, dict(zip(names, of, strict=True)), columns.talks)
        except Repeated as twice:
            yield Settled(fault=str(twice))


def _with_talks(text: pa.LargeStringArray, whole: Sequence[Settled]) -> pa.LargeStringArray:
    """The texts, with those that are made from conversations where they are."""
    if all(one.text is None for one in whole):
        return text
    given = zip(text.to_pylist(), whole, strict=True)
    return pa.array([one.text if one.text is not None else said for said, one in given], pa.large_string())


def _empty(text: pa.LargeStringArray, offsets: np.ndarray, values: np.ndarray) -> Iterator[int]:
    """The rows in which nothing can be seen, null ones too. Nearly all others say so by their first byte."""
    sizes = np.diff(offsets)
    unsure = sizes == 0
    there = np.flatnonzero(~unsure)
    unsure[there] = (
        values[offsets[:-1][there]] - np.uint8(0x21)
    ) >= 0x5E  # not one of the ASCII characters with a shape
    rows = np.flatnonzero(unsure)
    heads = pc.utf8_slice_codeunits(text.take(pa.array(rows)), 0, _HEAD_CHARS).to_pylist()
    for row, head in zip(rows.tolist(), heads, strict=True):
        if is_blank(head or "") and (len(head or "") < _HEAD_CHARS or is_blank(text[row].as_py())):
            yield row


def _faults(text: pa.LargeStringArray, known: set[int], column: str) -> dict[int, str]:
    """Row -> why its text is none."""
    faults: dict[int, str] = {}
    if text.null_count:
        nulls = np.flatnonzero(text.is_null().to_numpy(zero_copy_only=False))
        faults |= {int(row): f"the text is null (field {column!r})" for row in nulls if row not in known}
    offsets, values = _buffers(text)
    told = known | set(faults)
    faults |= {empty: "empty text" for empty in _empty(text, offsets, values) if empty not in told}
    nuls = np.flatnonzero(values[offsets[0] : offsets[-1]] == 0) + offsets[0]
    for row in np.unique(np.searchsorted(offsets, nuls, side="right") - 1):
        faults.setdefault(int(row), "NUL character in the text")
    return faults


def _bounded(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """The batch in pieces of about ``BATCH_BYTES`` of text."""
    offsets, _ = _buffers(batch.column(RAW.get_field_index("text")))
    start = 0
    while start < batch.num_rows:
        fits = int(np.searchsorted(offsets, offsets[start] + BATCH_BYTES, side="right")) - 1
        stop = min(max(fits, start + 1), start + BATCH_ROWS)
        yield batch.slice(start, stop - start)
        start = stop


def _buffers(text: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """The offsets of the rows (one more than rows) and the bytes that they point into."""
    _, offsets, values = text.buffers()
    rows = (
        np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1] if len(text) else np.zeros(1, int)
    )
    return rows, np.frombuffer(values or b"", np.uint8)


def first_line(error: BaseException) -> str:
    """What an error of Arrow says, without its details."""
    return str(error).strip().partition("\n")[0].rstrip(".")
