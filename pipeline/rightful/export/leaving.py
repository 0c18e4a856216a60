"""The texts of chosen records as they leave: read from their parts, held against their digests, redacted. Floor 8.

What every format begins with. The plan is a list of :class:`Texts`, each some rows of one part in their order; workers
take one at a time.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.errors import StoreError
from rightful.export.kept_form import Left, leaving_kept
from rightful.export.own_form import own_form, redacted
from rightful.export.redaction import Outcome, Redaction
from rightful.notation.contents import content_digest
from rightful.notation.shown import counted
from rightful.store.chain import REMEDY
from rightful.store.texts import parts_of, read_texts, text_tables

BATCH_CHARS = 4 << 20


@dataclass(frozen=True, slots=True)
class Texts:
    """Some rows (ascending) of the texts of one part, with the content digests that they must have."""

    part: Path
    rows: npt.NDArray[np.int64]
    digests: tuple[bytes, ...]
    redaction: Redaction | None = None

    def __str__(self) -> str:
        """What it is, for errors."""
        return f"{counted(len(self.rows), 'record')} of part {self.part.stem}"


def runs(
    parts: Sequence[str],
    n_chars: Sequence[int] | npt.NDArray[np.int64],
    groups: npt.NDArray[np.int64] | None = None,
) -> Iterator[tuple[int, int]]:
    """Start and stop of runs of records that lie in one part, about :data:`BATCH_CHARS` characters each.

    ``groups``: in which row group of its part each is; then a run has whole ones, which would else be read twice, unless
    one is as long as :data:`MOST_GROUPS` runs.
    """
    sizes = np.asarray(n_chars, np.int64)
    for _, first, last in spans(parts):
        ends = np.cumsum(sizes[first:last])
        cuts = None if groups is None else np.append(np.flatnonzero(np.diff(groups[first:last])) + 1, last - first)
        start = 0
        while start < last - first:
            before = int(ends[start - 1]) if start else 0
            stop = int(np.searchsorted(ends, before + BATCH_CHARS, "left")) + 1
            if cuts is not None:
                whole = int(cuts[min(int(np.searchsorted(cuts, stop, "left")), len(cuts) - 1)])
                stop = whole if int(ends[whole - 1]) - before <= MOST_GROUPS * BATCH_CHARS else stop
            stop = min(stop, last - first)
            yield first + start, first + stop
            start = stop


MOST_GROUPS = 4


def spans(parts: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Each part, and start and stop of the records that lie in it, one after the other."""
    start = 0
    for part, inside in itertools.groupby(parts):
        stop = start + sum(1 for _ in inside)
        yield part, start, stop
        start = stop


def leaving(of: Texts) -> tuple[list[str], list[str], Outcome | None]:
    """The record ids and texts as they leave, redacted where that is asked. Raises as :func:`stored` does."""
    ids, texts, _, kept = whole(of.part, of.rows, of.digests)
    if of.redaction is None:
        return ids, texts, None
    done = of.redaction(texts, ids)
    beside = [one.types for one in leaving_kept(kept, of.redaction, ids)]
    return ids, [one.text for one in done], Outcome.of(done, ids, beside)


@dataclass(frozen=True, slots=True)
class Column:
    """Texts as they leave, as Arrow: ``ids`` strings, ``texts`` a large_string array without nulls, valid UTF-8."""

    ids: pa.Array
    texts: pa.Array
    outcome: Outcome | None


def leaving_column(of: Texts) -> Column:
    """As :func:`leaving`, without a Python object for each text where nothing is redacted. Raises as that does."""
    if of.redaction is not None:
        ids, redacted_texts, outcome = leaving(of)
        return Column(pa.array(ids, pa.string()), pa.array(redacted_texts, pa.large_string()), outcome)
    names, texts = [], []
    start = 0
    for table in text_tables(of.part, of.rows):
        digests = of.digests[start : start + table.num_rows]
        start += table.num_rows
        talks = table.column("conversation").to_pylist() if "conversation" in table.column_names else None
        text = _plain(of.part, table.column("text"))
        _hold(of.part, text, talks, digests)
        names.append(table.column("record_id").cast(pa.string()))
        texts.append(text)
    whole_ids = pa.chunked_array(names, pa.string()).combine_chunks()
    if len(whole_ids) != len(of.digests) or whole_ids.null_count:
        raise _other(of.part)
    return Column(whole_ids, texts[0] if len(texts) == 1 else pa.concat_arrays(texts or [_NO_TEXTS]), None)


_NO_TEXTS = pa.array([], pa.large_string())


def _plain(part: Path, column: pa.ChunkedArray) -> pa.Array:
    """A column of texts as one array; a damaged one may be anything."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)) or column.null_count:
        raise _other(part)
    try:
        texts = pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in column.chunks] or [_NO_TEXTS])
        texts.validate(full=True)
    except pa.ArrowException as error:
        raise _other(part) from error
    return texts


def _hold(part: Path, texts: pa.Array, talks: Sequence[str | None] | None, digests: Sequence[bytes]) -> None:
    """Hold texts against the digests of their records, by what lies in the buffer. Raises :class:`StoreError`."""
    data, offsets = parts_of(texts)
    bounds = offsets.tolist()
    if talks is not None and any(talk is not None for talk in talks):
        held = all(map(_has_digest, texts.to_pylist(), talks, digests))
    else:
        made = [hashlib.sha256(data[a:b]).digest() for a, b in itertools.pairwise(bounds)]
        held = made == list(digests)
    if not held:
        raise _other(part)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Records as they leave: ids, texts, own forms of conversations (None: none, or one that stays behind), whether each is
    one, what was kept of each, and what was redacted."""

    ids: list[str]
    texts: list[str]
    owns: list[dict[str, Any] | None]
    talks: list[bool]
    kept: list[Left]
    outcome: Outcome | None


def leaving_whole(of: Texts) -> Leaving:
    """As :func:`leaving`, with the own forms of conversations."""
    ids, texts, conversations, stored_kept = whole(of.part, of.rows, of.digests)
    talks = [conversation is not None for conversation in conversations]
    kept = leaving_kept(stored_kept, of.redaction, ids)
    if of.redaction is None:
        return Leaving(ids, texts, [own_form(conversation) for conversation in conversations], talks, kept, None)
    done = of.redaction(texts, ids)
    owns = redacted(conversations, texts, done, of.redaction, ids)
    outcome = Outcome.of(done, ids, [one.types for one in kept])
    return Leaving(ids, [one.text for one in done], owns, talks, kept, outcome)


def stored(
    path: Path, rows: Sequence[int] | npt.NDArray[np.int64], digests: Sequence[bytes]
) -> tuple[list[str], list[str]]:
    """The record ids and texts of these rows. Raises :class:`StoreError` for a text that has another digest."""
    ids, texts, _, _ = whole(path, rows, digests)
    return ids, texts


def whole(
    path: Path, rows: Sequence[int] | npt.NDArray[np.int64], digests: Sequence[bytes]
) -> tuple[list[str], list[str], list[str | None], list[str | None]]:
    """As :func:`stored`, with the conversations and what was kept as they are stored; None for records without."""
    ids: list[str] = []
    texts: list[str] = []
    conversations: list[str | None] = []
    columns: list[str | None] = []
    for (record, text, conversation, kept), wanted in zip(read_texts(path, rows), digests, strict=True):
        if not isinstance(text, str) or not _has_digest(text, conversation, wanted):  # NULL: a damaged part
            raise _other(path)
        ids.append(record)
        texts.append(text)
        conversations.append(conversation)
        columns.append(kept)
    return ids, texts, conversations, columns


def _other(path: Path) -> StoreError:
    return StoreError("holds a text that does not have the digest of its record", subject=str(path), hint=REMEDY)


def _has_digest(text: str, conversation: str | None, wanted: bytes) -> bool:
    try:
        return content_digest(text, conversation) == wanted
    except (ValueError, RecursionError):  # no JSON
        return False
