"""Which layout files have: their columns as the first rows show them, held against the layouts that there are. Floor 7.

A layout that somebody chose has to fit: columns of other kinds are an error. One that nobody chose is suggested where it is
the only one that fits; for a source that has no card and is new to the store it also restricts, as a guess does.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import InputError
from rightful.readers import Fields, FoundFile
from rightful.readers.fields import plan as places_of
from rightful.readers.fields import reach
from rightful.readers.formats.arrow import first_rows
from rightful.readers.streams import open_file, unpacked_head
from rightful.recipes.layout import BY_COLUMNS, BY_OPTION, Layouts
from rightful.signals.cards.layouts import RowLayout, Seen, misfits, recognised
from rightful.signals.cards.source_card import SourceCard

STATED, GUESSED, NOT_AT_ALL = "stated", "guessed", "not"
"""How the layout of a source counts: as the operator's word, as a guess, which only restricts, or not."""
MOST_FILES = 4
"""So many files of a source are looked at: the first, and others as far apart as they lie."""
MOST_ROWS = 20
HEAD_BYTES, LONG_HEAD_BYTES = 256 << 10, 32 << 20
"""So much of a file of rows is looked at; the second where not even one row ends in the first."""
MOST_GROUP_BYTES = 1 << 30
"""Of Parquet with larger row groups only the schema is looked at."""
MOST_COLUMNS, MOST_DEPTH = 2_000, 3
MOST_CHARS = 1 << 20
"""So much of a string is looked through."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A layout that the files of a source have, which nobody chose."""

    layout: RowLayout
    restricts: bool


def laid_out(
    card: SourceCard,
    files: Sequence[FoundFile],
    layouts: Layouts,
    stored: SourceCard | None,
) -> tuple[SourceCard, Likeness | None]:
    """The card of a source with what a layout states, where the card itself has none, and the layout that the files look
    like where nobody chose one. ``stored`` is the card that the store has of it.

    Raises :class:`InputError` for a layout that was chosen and does not fit.
    """
    if card.carded:
        if card.layout is None:
            like = like_of(files, layouts)
            return card, Likeness(like, False) if like is not None else None
        if card.layout.confirmed:
            _must_fit(layouts.find(card.layout.name), files)
        return card, None
    if layouts.chosen is not None:
        _must_fit(layouts.chosen, files)
        return layouts.stand_in(card, layouts.chosen, BY_OPTION), None
    before = stored.layout if stored is not None else None
    if before is not None and before.confirmed:  # it was chosen at an earlier ingest, and stands
        known = layouts.by_name.get(before.name)
        assert stored is not None
        if known is None or known.version == before.version:
            return stored, None
        _must_fit(known, files)
        return layouts.stand_in(card, known, before.by), None
    like, names = _like_and_names(files, layouts)
    if like is None:
        return (stored, None) if before is not None and stored is not None else (card, None)
    if stored is not None and before is None:  # what was taken in without it keeps its reading
        return card, Likeness(like, False)
    return _where_nothing_else_is(layouts.stand_in(card, like, BY_COLUMNS), names), Likeness(like, True)


def layout_of_source(card: SourceCard, like: Likeness | None) -> dict[str, Any] | None:
    """How an ingest answers the layout of a source: the one that counts, or the one that it looks like. None for neither."""
    of = card.layout
    if like is not None:
        layout, counts = like.layout, GUESSED if like.restricts else NOT_AT_ALL
        shown = {"name": layout.name, "version": layout.version, "by": BY_COLUMNS, "counts": counts}
        return {**shown, "title": layout.title, "why": layout.why}
    if of is None:
        return None
    shown = {"name": of.name, "version": of.version, "by": of.by, "counts": STATED if of.confirmed else GUESSED}
    return {**shown, "title": None, "why": None}


def _where_nothing_else_is(card: SourceCard, names: set[str]) -> SourceCard:
    """The card without the columns of its layout where names that are known by themselves are there: nobody chose it."""
    there = {field for field, places in places_of(Fields(), names).items() if places}
    kept = tuple((field, column) for field, column in card.fields if field not in there)
    return replace(card, fields=kept)


def _must_fit(layout: RowLayout, files: Sequence[FoundFile]) -> None:
    for file in _some(files):
        seen = seen_in(file)
        for column, wanted, met in misfits(layout, seen) if seen is not None else ():
            raise InputError(
                f"the column {column!r} holds {met}, and the layout {layout.name} has {wanted} there",
                subject=file.name,
                hint="choose another layout, or none, and name the columns in the card ([fields])",
            )


def like_of(files: Sequence[FoundFile], layouts: Layouts) -> RowLayout | None:
    """The one layout that all the files fit that were looked at."""
    return _like_and_names(files, layouts)[0]


def _like_and_names(files: Sequence[FoundFile], layouts: Layouts) -> tuple[RowLayout | None, set[str]]:
    """The same, and the names at the top of these files."""
    by_name: dict[str, RowLayout] = {}
    names: set[str] = set()
    for file in _some(files):
        seen = seen_in(file)
        layout = recognised(layouts.by_name.values(), seen) if seen is not None else None
        if seen is None or layout is None:
            return None, names
        by_name[layout.name] = layout
        names |= seen.names
    return next(iter(by_name.values())) if len(by_name) == 1 else None, names


def _some(files: Sequence[FoundFile]) -> list[FoundFile]:
    """A few of the files that have columns."""
    tables = [file for file in files if file.format in _LOOKS and file.size]
    step = max(1, -(-len(tables) // MOST_FILES))
    return tables[::step][:MOST_FILES]


# --- what a file shows -----------------------------------------------------------------------------------------------


def seen_in(file: FoundFile) -> Seen | None:
    """The columns of a file; None where nothing can be read of it: whoever reads it says why."""
    look = _LOOKS.get(file.format)
    try:
        return look(file) if look is not None else None
    except (OSError, ValueError, RecursionError, pa.ArrowException, csv.Error):
        return None


def _of_json_lines(file: FoundFile) -> Seen | None:
    rows: list[Mapping[str, Any]] = []
    for size in (HEAD_BYTES, LONG_HEAD_BYTES):
        head = unpacked_head(file.path, size)
        lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        whole = lines if len(head) < size else lines[:-1]
        for line in whole[:MOST_ROWS]:
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            rows += [row] if isinstance(row, dict) else []
        if rows or len(head) < size:
            break
    return of_rows(rows)


def _of_delimited(file: FoundFile) -> Seen | None:
    text = unpacked_head(file.path, HEAD_BYTES).decode("utf-8-sig", "replace")
    lines = text.splitlines()
    if not lines:
        return None
    delimiter = "\t" if file.format == "tsv" else max(",;\t|", key=lines[0].count)
    rows = list(csv.DictReader(lines[: MOST_ROWS + 1], delimiter=delimiter))
    return of_rows([{name: value for name, value in row.items() if isinstance(name, str)} for row in rows], typed=False)


def of_rows(rows: Sequence[Mapping[str, Any]], *, typed: bool = True) -> Seen | None:
    """What rows show. Where values are not ``typed``, a string of digits may be a number."""
    if not rows:
        return None
    columns: dict[str, frozenset[str] | None] = {}
    for row in rows:
        for path, value in _values(row):
            kinds = kinds_of(value)
            if not typed and isinstance(value, str):
                kinds = frozenset({"string", "integer", "number", "boolean", "time"}) if value.strip() else None
            known = columns.get(path)
            columns[path] = kinds if known is None else known if kinds is None else known & kinds
            if len(columns) >= MOST_COLUMNS:
                break

    names = frozenset(name for row in rows for name in row)
    return Seen(columns, names, lambda path: _strings(rows, path))


def _strings(rows: Iterable[Mapping[str, Any]], path: str) -> list[str]:
    """The strings under a dotted path."""
    values = (reach(dict(row), path) for row in rows)
    return [value[:MOST_CHARS] for value in values if isinstance(value, str)]


def _values(row: Mapping[str, Any], prefix: str = "", depth: int = 1) -> Iterable[tuple[str, Any]]:
    for name, value in row.items():
        path = f"{prefix}{name}"
        yield path, value
        if isinstance(value, dict) and depth < MOST_DEPTH:
            yield from _values(value, f"{path}.", depth + 1)


def kinds_of(value: object) -> frozenset[str] | None:
    """The kinds that a value of JSON is of; None for null.

    >>> sorted(kinds_of(3) or ()), sorted(kinds_of(["a"]) or ())
    (['integer', 'number'], ['list', 'strings'])
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int):
        return frozenset({"integer", "number"})
    if isinstance(value, float):
        return frozenset({"number"})
    if isinstance(value, str):
        return frozenset({"string"})
    if isinstance(value, dict):
        return frozenset({"object"})
    texts = isinstance(value, list) and all(isinstance(of, str) for of in value)
    return frozenset({"list", "strings"}) if texts else frozenset({"list"})


def _of_parquet(file: FoundFile) -> Seen | None:
    with open_file(file.path) as opened:
        parquet = pq.ParquetFile(opened)
        schema, metadata = parquet.schema_arrow, parquet.metadata
        small = metadata.num_row_groups and metadata.row_group(0).total_byte_size <= MOST_GROUP_BYTES

    def strings(path: str) -> list[str]:
        if not small:
            return []
        with open_file(file.path) as again:
            batches = pq.ParquetFile(again).iter_batches(MOST_ROWS, row_groups=[0], columns=[path], use_threads=False)
            batch = next(batches, None)
        return _strings(batch.to_pylist() if batch is not None else [], path)

    return of_schema(schema, strings)


def _of_arrow(file: FoundFile) -> Seen | None:
    table, _ = first_rows(file.path, MOST_ROWS)
    return of_schema(table.schema, lambda path: _strings(table.to_pylist(), path))


def of_schema(schema: pa.Schema, strings: Callable[[str], Sequence[str]]) -> Seen:
    """What the schema of a table shows."""
    columns = dict(_types(list(schema)))
    return Seen(columns, frozenset(schema.names), strings)


def _types(fields: Iterable[pa.Field], prefix: str = "", depth: int = 1) -> Iterable[tuple[str, frozenset[str] | None]]:
    for field in fields:
        path = f"{prefix}{field.name}"
        yield path, _kinds_of_type(field.type)
        if pa.types.is_struct(field.type) and depth < MOST_DEPTH:
            yield from _types(list(field.type), f"{path}.", depth + 1)


def _kinds_of_type(kind: pa.DataType) -> frozenset[str] | None:
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_null(kind):
        return None
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return frozenset({"string"})
    if types.is_boolean(kind):
        return frozenset({"boolean"})
    if types.is_integer(kind):
        return frozenset({"integer", "number"})
    if types.is_floating(kind) or types.is_decimal(kind):
        return frozenset({"number"})
    if types.is_temporal(kind):
        return frozenset({"time"})
    if types.is_struct(kind) or types.is_map(kind):
        return frozenset({"object"})
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind) or types.is_list_view(kind):
        inner = kind.value_type
        texts = types.is_string(inner) or types.is_large_string(inner) or types.is_string_view(inner)
        return frozenset({"list", "strings"}) if texts or types.is_null(inner) else frozenset({"list"})
    return frozenset({"bytes"})


_LOOKS: Mapping[str, Callable[[FoundFile], Seen | None]] = {
    "jsonl": _of_json_lines,
    "csv": _of_delimited,
    "tsv": _of_delimited,
    "parquet": _of_parquet,
    "arrow": _of_arrow,
}
"""The formats whose files have columns."""
