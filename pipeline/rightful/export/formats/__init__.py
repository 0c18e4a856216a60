"""Shard formats: one file each, found by name; each writes rows of tokens and reads them back from the bytes. Floor 8.

There are formats of tokens, and :data:`TEXT`, the format of texts, which has a contract of its own (``formats/text``).
The contract of a format of tokens is :class:`Format`. Adding one is adding ``formats/NAME.py`` with ``NAME``,
``MASK_COLUMN``, ``suffixes``, ``width``, ``write``, ``finish``, ``read`` and ``access``; there is no registry, and one that
lacks any of it is not found. Nothing in it is about repair: a shard is repaired by reading its rows, taking out what
goes, and writing the rest, so that there is no format that cannot be. What holds for all:

* A shard is the files ``STEM + suffix`` in one folder. They are written under other names, synced and renamed, the
  suffix that makes the shard visible to a loader last; whatever fails leaves no file under its final name.
* The bytes depend on the rows, their order and the :class:`Shape` alone: no clock, no names, no machine.
* Memory is bounded by one buffer and the longest row, not by the shard.
* ``read`` shares no code with ``write``: it parses the layout as its specification has it, checks everything that can
  be checked, and raises :class:`DamagedInput` with the reason.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from rightful.errors import DamagedInput, InputError, RightfulError, UnknownName
from rightful.notation.shown import counted

TEXT = "text"
"""The format of texts: no tokenizer, and rows instead of tokens."""

Tokens = npt.NDArray[np.uint32]
"""What ``read`` yields, whatever the width on disk."""

MAX_TOKENS = 2**31 - 1
"""The longest document: lengths and offsets are 32 bits wide in the formats that trainers read."""


class Span(NamedTuple):
    """A document in a row, or a piece of one. ``position``: its number among the documents of the shard; ``start``: in ids,
    from the beginning of the row; ``counts``: whether a trainer is to learn from it."""

    position: int
    record_id: str
    source_id: str
    start: int
    length: int
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a shard: a document, or several that were packed. ``tokens``: all its ids (one-dimensional, any integer
    type); ``spans``: what is in it, in order; what no span covers is padding.

    Nothing is added by a format: a document that is to end with the end-of-document token has it in ``tokens``.
    """

    tokens: npt.NDArray[Any]
    spans: tuple[Span, ...]

    def mask(self) -> npt.NDArray[np.uint8]:
        """For each id 1 where a trainer is to learn from it, 0 where it is padding or stands in another's place."""
        mask = np.zeros(len(self.tokens), np.uint8)
        for span in self.spans:
            mask[span.start : span.start + span.length] = span.counts
        return mask

    def position_ids(self) -> npt.NDArray[np.int32]:
        """For each id its place in its document, from 0; 0 in padding."""
        places = np.zeros(len(self.tokens), np.int32)
        for span in self.spans:
            places[span.start : span.start + span.length] = np.arange(span.length, dtype=np.int32)
        return places


def document(record_id: str, tokens: npt.NDArray[Any], *, source_id: str = "", position: int = 0) -> Row:
    """A row that is one document."""
    return Row(tokens, (Span(position, record_id, source_id, 0, len(tokens)),))


@dataclass(frozen=True, slots=True)
class Column:
    """Rows that are a document each, all of them together. ``lengths``: (N,) their ids; ``ids(first, stop)``: those of the
    documents from ``first`` up to ``stop``, one after another.

    A format may have ``write_column(folder, stem, column, shape)``, which makes the bytes that ``write`` makes of the same rows,
    and ``read_column(folder, stem, shape)``, which yields :class:`Together` of what ``read`` yields one by one: much faster where
    documents are short. It has both or none.
    """

    record_ids: Sequence[str]
    lengths: npt.NDArray[np.int64]
    ids: Callable[[int, int], npt.NDArray[Any]]

    def bounds(self, tokens: int, rows: int = MAX_TOKENS) -> Iterator[tuple[int, int]]:
        """First document and the one behind the last of groups of at most so many tokens and rows, or one document."""
        ends = np.cumsum(self.lengths, dtype=np.int64)
        start = 0
        while start < len(ends):
            before = int(ends[start - 1]) if start else 0
            stop = min(max(start + 1, int(np.searchsorted(ends, before + tokens, "right"))), start + rows)
            yield start, stop
            start = stop

    def checked(self, first: int, stop: int, shape: Shape) -> npt.NDArray[Any]:
        """The ids of some documents, that may be written. Raises as the function :func:`checked` does of each."""
        ids = self.ids(first, stop)
        lengths = self.lengths[first:stop]
        if (
            ids.dtype.kind not in "ui"
            or int(lengths.max(initial=0)) > MAX_TOKENS
            or (len(ids) and not (int(ids.min()) >= 0 and int(ids.max()) < shape.vocab_size))
        ):
            for row in self.rows(first, stop):
                checked(row, shape)
        return ids

    def rows(self, first: int = 0, stop: int | None = None) -> Iterator[Row]:
        """The documents one by one."""
        for n in range(first, len(self.lengths) if stop is None else stop):
            yield document(self.record_ids[n], self.ids(n, n + 1), position=n)


class Together(NamedTuple):
    """Rows that are a document each, as they were read back: ``tokens`` of all, ``lengths`` (int64) of each, and
    ``record_ids``, None where the layout has no place for them."""

    tokens: Tokens
    lengths: npt.NDArray[np.int64]
    record_ids: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the shards of an export have in common. ``vocab_size``: largest id plus one; ``eod``: with what rows are filled up;
    ``seq_len``: every row is packed and has so many ids, None where a row is a document; ``raw``: of format ``bin`` alone, the
    suffix of a file without a header."""

    vocab_size: int
    eod: int
    seq_len: int | None = None
    raw: str | None = None

    @classmethod
    def of_manifest(cls, manifest: Any) -> Shape:
        """The shape of the shards of an export."""
        tokenizer, sequence = manifest["tokenizer"], manifest.get("sequence") or {}
        packed = sequence.get("pack", "none") != "none"
        return cls(
            vocab_size=int(tokenizer["vocab_size"]),
            eod=int(tokenizer["eod"]),
            seq_len=int(sequence["seq_len"]) if packed else None,
            raw=manifest.get("raw"),
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A row as it was read back. ``record_ids``, ``lengths`` (in ids) and ``mask``: of the documents in it, None where the
    layout has no place for it, or the shard needs none."""

    tokens: Tokens
    record_ids: tuple[str, ...] | None = None
    lengths: tuple[int, ...] | None = None
    mask: npt.NDArray[np.uint8] | None = None


class Access(Protocol):
    """A shard that is read at any place."""

    def ids(self, first: int, count: int) -> Tokens:
        """``count`` ids from ``first``, counted from the shard's beginning, padding among them. Raises :class:`DamagedInput`
        where the shard has not so many."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


class Format(Protocol):
    """What the module of every format of tokens has."""

    @property
    def NAME(self) -> str:  # noqa: D102, N802
        ...

    @property
    def MASK_COLUMN(self) -> str | None:  # noqa: N802
        """The column in which a shard says to a trainer which tokens count; None where the layout has no place for it."""
        ...

    def suffixes(self, shape: Shape) -> tuple[str, ...]:
        """The suffixes of a shard's files, in the order in which they appear; the first is that of the tokens."""
        ...

    def width(self, shape: Shape) -> np.dtype[Any]:
        """How a token lies on disk."""
        ...

    def write(self, folder: Path, stem: str, rows: Iterable[Row], shape: Shape, *, masked: bool = False) -> list[Path]:
        """Write a shard; its files are returned in the order of :meth:`suffixes`.

        ``masked``: some documents of it count no more. Without a token it is a whole shard all the same, but one that
        trainers' loaders refuse to open: plan none.

        Raises :class:`InputError` when the folder cannot be written (a full disk), when a row is longer than
        :data:`MAX_TOKENS`, or when an id is outside the vocabulary; nothing is left then.
        """
        ...

    def finish(self, folder: Path, stems: Sequence[str], shape: Shape) -> list[Path]:
        """Write what a folder has beside its shards, which are ``stems`` in their order; nothing for most."""
        ...

    def read(self, folder: Path, stem: str, shape: Shape) -> Iterator[Held]:
        """The rows of a shard, in order. Raises :class:`DamagedInput` with file and reason."""
        ...

    def access(self, folder: Path, stem: str, shape: Shape) -> Access:
        """The shard, to be read at any place. Raises :class:`DamagedInput` with file and reason."""
        ...


def names() -> list[str]:
    """The names of the formats there are, by which their modules are called too."""
    return [module.name for module in pkgutil.iter_modules(__path__)]


def of_tokens() -> list[str]:
    """The names of the formats of tokens."""
    return [name for name in names() if name != TEXT]


def find(name: str) -> Format:
    """The format of tokens of this name. Raises :class:`UnknownName` with the formats there are."""
    if name not in of_tokens():
        raise UnknownName.of("shard format", name, names(), subject="--format")
    module = import_module(f"{__name__}.{name}")
    if lacking := [part for part in CONTRACT if not hasattr(module, part)]:
        raise RightfulError(
            f"the shard format lacks {', '.join(lacking)}", subject=name, hint="its contract is rightful.export.formats"
        )
    return cast(Format, module)


CONTRACT = tuple(sorted(name for name in vars(Format) if not name.startswith("_")))
"""What the module of a format has."""


def rows_of(form: Format, folder: Path, stem: str, shape: Shape, lengths: Iterable[int]) -> Iterator[Held]:
    """The rows of a shard, one for each of ``lengths`` (in ids).

    Raises as ``read`` does, and :class:`DamagedInput` where a row has another length, or there are more or fewer.
    """
    held = form.read(folder, stem, shape)
    subject = str(folder / stem)
    n = -1
    for n, length in enumerate(lengths):
        row = next(held, None)
        if row is None:
            raise DamagedInput(f"ends before row {n}", subject=subject)
        if len(row.tokens) != length:
            raise DamagedInput(f"row {n} has {counted(len(row.tokens), 'token')}, not {length}", subject=subject)
        yield row
    if next(held, None) is not None:
        raise DamagedInput(f"holds more than {counted(n + 1, 'row')}", subject=subject)


def counts_up(places: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> bool:
    """Whether places are 0, 1, ... in documents of these lengths, one behind the other with zeros anywhere between."""
    at = 0
    for length in lengths.tolist():
        if length > 1:  # a document of one token is no different from padding
            ones = np.flatnonzero(places[at:] == 1)
            if not len(ones):
                return False
            zeros, at = at, at + int(ones[0]) - 1
            if places[zeros:at].any() or not np.array_equal(places[at : at + length], np.arange(length)):
                return False
            at += length
    return not places[at:].any()


class Mapped:
    """The ids of a file that is nothing but ids behind a header, mapped into memory."""

    def __init__(self, path: Path, kind: np.dtype[Any], total: int, offset: int = 0) -> None:
        self.path = path
        self.total = total
        self._ids = np.memmap(path, kind, "r", offset, (total,)) if total else np.empty(0, kind)

    def ids(self, first: int, count: int) -> Tokens:
        """See :class:`Access`."""
        if first < 0 or count < 0 or first + count > self.total:
            raise DamagedInput(f"has {self.total} ids, and none at {first} to {first + count}", subject=str(self.path))
        return np.asarray(self._ids[first : first + count]).astype(np.uint32)

    def close(self) -> None:
        """See :class:`Access`."""
        self._ids = np.empty(0, np.uint32)


def checked(row: Row, shape: Shape) -> npt.NDArray[Any]:
    """The ids of a row that may be written. Raises :class:`InputError`: a wrong id would wrap around silently."""
    tokens = row.tokens
    subject = ", ".join(dict.fromkeys(span.record_id for span in row.spans)) or None
    if tokens.ndim != 1 or tokens.dtype.kind not in "ui":
        raise InputError(
            f"expected one-dimensional integer ids, got {tokens.ndim} dimensions of {tokens.dtype}", subject=subject
        )
    if len(tokens) > MAX_TOKENS:
        raise InputError(
            f"has {len(tokens)} tokens; a document holds at most {MAX_TOKENS}",
            subject=subject,
            hint="split it into documents of a sequence length: --seq-len",
        )
    if shape.seq_len is not None and len(tokens) != shape.seq_len:
        raise RightfulError(f"a row of {len(tokens)} tokens, where all have {shape.seq_len}", subject=subject)
    if len(tokens) and not (int(tokens.min()) >= 0 and int(tokens.max()) < shape.vocab_size):
        raise InputError(
            f"ids {int(tokens.min())} to {int(tokens.max())} are not within a vocabulary of {shape.vocab_size}",
            subject=subject,
        )
    return tokens
