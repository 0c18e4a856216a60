"""What the rows of Parquet say of rights, a column at a time. Floor 2: the readers.

By the schema it is known which columns may speak: those that are called so, at any depth of structs, and maps, lists and
JSON strings, whose rows are looked into one by one. Rows that hold the same are read once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rightful.readers import Fields
from rightful.readers.arrow_values import GARBLED, blank, is_text, python, strings
from rightful.readers.fields import kind_of
from rightful.readers.statements import Collector, Stated, Statement, is_of_flickr, of_flickr
from rightful.readers.strict import Repeated
from rightful.rights.columns import LICENSE, Look, joined

Path = tuple[str, ...]
"""Of a column in the schema: its name, and those of the struct fields within."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """A column that may speak of rights: its place as it is called, its kind (empty: it is looked into), and whether it
    holds plain values."""

    path: Path
    place: str
    kind: str
    plain: bool


def speakers(schema: pa.Schema, fields: Fields, look: Look, text: Path) -> tuple[Speaker, ...]:
    """The columns of a schema that may speak of rights. ``text`` is the column of the text, which is none of them."""
    found: list[Speaker] = []
    for name in schema.names:
        if schema.get_field_index(name) >= 0:  # one of two of a name cannot be read: told elsewhere
            kind = kind_of(name, fields, look)
            found += _within((name,), schema.field(name).type, kind, look, text)
    mapped = fields.license or look.license
    if mapped is not None and not any(s.place == mapped for s in found):
        path = tuple(mapped.split("."))
        kind_of_value = _type_at(schema, path)
        if kind_of_value is not None:
            found.append(Speaker(path, mapped, LICENSE, _is_plain(kind_of_value)))
    return tuple(found)


def _type_at(schema: pa.Schema, path: Path) -> pa.DataType | None:
    if schema.get_field_index(path[0]) < 0:
        return None
    kind = schema.field(path[0]).type
    for step in path[1:]:
        if not pa.types.is_struct(kind) or kind.get_field_index(step) < 0:
            return None
        kind = kind.field(step).type
    return kind


def twice(schema: pa.Schema, fields: Fields, look: Look) -> str | None:
    """A column that speaks of rights and comes twice: which of the two is read, nobody says."""
    return next((n for n in schema.names if schema.get_field_index(n) < 0 and kind_of(n, fields, look)), None)


def _within(path: Path, kind: pa.DataType, named: str, look: Look, text: Path) -> Iterator[Speaker]:
    place = ".".join(path)
    if path == text:
        return
    if named:
        yield Speaker(path, place, named, _is_plain(kind))
    elif pa.types.is_struct(kind):
        if any(kind.get_field_index(field.name) < 0 for field in kind) or _may_pair(kind, look):
            yield Speaker(path, place, "", False)
            return
        for field in kind:
            yield from _within((*path, field.name), field.type, look.kind(field.name), look, text)
    elif _may_hold(kind, look) or (_is_of_text(kind) and _is_looked_into(path[-1], kind, look)):
        yield Speaker(path, place, "", False)


def _is_looked_into(name: str, kind: pa.DataType, look: Look) -> bool:
    """Strings, and lists of tags."""
    return look.lists.holds_more(name) or isinstance(kind, pa.JsonType)


def _is_of_text(kind: pa.DataType) -> bool:
    return bool(is_text(kind) or (_is_list(kind) and is_text(kind.value_type)))


def _is_plain(kind: pa.DataType) -> bool:
    return not pa.types.is_nested(kind) and not isinstance(kind, pa.BaseExtensionType)


def _may_hold(kind: pa.DataType, look: Look) -> bool:
    """True for a nested type that may name a column of ours somewhere within: a map by any of its keys."""
    if pa.types.is_map(kind):
        return True
    if pa.types.is_struct(kind):
        if _may_pair(kind, look) or any(look.kind(f.name) for f in kind):
            return True
        return any(
            _may_hold(f.type, look) or (_is_of_text(f.type) and _is_looked_into(f.name, f.type, look)) for f in kind
        )
    if _is_list(kind):
        inner = kind.value_type
        return _may_hold(inner, look) or _is_list(inner)  # a list of lists may be a list of pairs
    return False


def _is_list(kind: pa.DataType) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_list_view)
    return any(test(kind) for test in tests)


def _may_pair(kind: pa.StructType, look: Look) -> bool:
    names = {joined(field.name) for field in kind}
    return bool(names & look.lists.pair_names) and bool(names & look.lists.pair_values)


@dataclass(slots=True)
class Spoken:
    """What a batch says of rights: the two cells of every row, and the rows that are damaged, with the reason."""

    license_raw: pa.Array
    statements: pa.Array
    faults: dict[int, str]


def spoken(
    found: Mapping[Path, pa.Array],
    columns: Sequence[Speaker],
    collector: Collector,
    folders: Sequence[Statement],
    urls: Sequence[pa.Array],
    rows: int,
) -> Spoken:
    """The cells of a batch. ``urls`` are the columns of addresses: a number may be one of Flickr's licences."""
    faults: dict[int, str] = {}
    values: list[list[tuple[Statement, ...]]] = []
    codes = np.zeros(rows, np.int64)
    for column in columns:
        heard, index = _heard(found[column.path], column, collector, faults)
        if len(heard) > 1:
            values.append(heard)
            codes = codes * len(heard) + index
            distinct, codes = np.unique(codes, return_inverse=True)
            values = [list(_regrouped(values, distinct))]
    rest = values[0] if values else [()]
    cells = [collector.stated([*folders, *statements]) for statements in rest]
    if any(collector.has_number(s) for statements in rest for s in statements):
        cells, codes = _of_flickr(rest, codes, collector, folders, columns, urls)
    taken = pa.array(codes)
    raw = pa.array([c.license_raw for c in cells], pa.string()).take(taken)
    return Spoken(raw, pa.array([c.statements for c in cells], pa.string()).take(taken), faults)


def _regrouped(values: list[list[tuple[Statement, ...]]], distinct: np.ndarray) -> Iterator[tuple[Statement, ...]]:
    """The statements of every combination that occurs: what earlier columns say, then what the last one says."""
    *before, last = values
    for code in distinct.tolist():
        earlier = before[0][code // len(last)] if before else ()
        yield (*earlier, *last[code % len(last)])


def _heard(
    column: pa.Array, speaker: Speaker, collector: Collector, faults: dict[int, str]
) -> tuple[list[tuple[Statement, ...]], np.ndarray]:
    """What a column says, each thing once, and which of these each row says. The first is nothing."""
    heard: dict[str, int] = {"": 0}
    said: list[tuple[Statement, ...]] = [()]

    def code(value: object) -> int:
        statements: list[Statement] = []
        if speaker.kind:
            collector.take(statements, speaker.place, speaker.kind, value)
        else:
            collector.walk(statements, speaker.place, value)
        key = repr(statements) if statements else ""
        if key not in heard:
            heard[key] = len(said)
            said.append(tuple(statements))
        return heard[key]

    if pa.types.is_null(column.type):
        return said, np.zeros(len(column), np.int64)
    if speaker.plain or is_text(column.type):
        distinct = _distinct(column)
        index = pc.fill_null(distinct.indices, -1).to_numpy(zero_copy_only=False)
        # A dictionary may hold values that no row has: nothing is said by them, but then neither by a row.
        codes = np.zeros(len(distinct.dictionary) + 1, np.int64)
        broken: dict[int, str] = {}
        for at, value in enumerate(python(distinct.dictionary)):
            try:
                codes[at] = 0 if value is None else code(value)
            except Repeated as repeated:
                broken[at] = str(repeated)
        for at, why in broken.items():
            faults.update(dict.fromkeys(np.flatnonzero(index == at).tolist(), why))
        return said, codes[index]
    answers = np.zeros(len(column), np.int64)
    for row, value in enumerate(python(column)):
        try:
            answers[row] = 0 if value is None else code(value)
        except Repeated as repeated:
            faults[row] = str(repeated)
    return said, answers


def _distinct(column: pa.Array) -> pa.DictionaryArray:
    """The distinct values of a column of plain values; bytes that are no text are :data:`GARBLED`, blanks are null."""
    if is_text(column.type):
        texts, garbled = strings(column)
        if garbled:  # said, though nobody can read it: not silence
            mask = np.zeros(len(column), bool)
            mask[garbled] = True
            texts = pc.if_else(pa.array(mask), GARBLED, texts)
        column = pc.if_else(blank(texts), None, texts)
    return column.dictionary_encode()


def _of_flickr(
    rest: Sequence[tuple[Statement, ...]],
    codes: np.ndarray,
    collector: Collector,
    folders: Sequence[Statement],
    columns: Sequence[Speaker],
    urls: Sequence[pa.Array],
) -> tuple[list[Stated], np.ndarray]:
    """As above, where numbers are licences in the rows that are of Flickr."""
    ours = np.zeros(len(codes), bool)
    for column in urls:
        for row, value in enumerate(python(column)):
            ours[row] |= is_of_flickr("", value)
    plain = [collector.stated([*folders, *s]) for s in rest]
    read = [collector.stated([*folders, *of_flickr(s, {"flickr": True})]) for s in rest]
    return [*plain, *read], np.where(ours, codes + len(plain), codes)
