"""Verify: which candidates are near-duplicates, by their signatures first and by their whole shingle sets then. Floor 5.

Words are not all that a text says. Beside its shingles a text has *signs*: symbols that carry a meaning, each with the
words on both sides; one weighs as much as a word, which is in as many shingles as a shingle has words. Two texts are near
where their shingles are, and shingles and signs together. Texts with few shingles must be near as they are as well, every
symbol a token: there a single one may be all that differs.

Signatures and shingle sets of the records in question lie in plain files of the spill folder and are read where they
are needed: the working set is a block of pairs, however large a bucket or a text is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.dedup.candidates import each
from rightful.errors import InputError
from rightful.stages.shared.bytes import Bytes
from rightful.stages.shared.bytes import Texts as Batch
from rightful.stages.shared.normal import composed
from rightful.stages.signature import PERMUTATIONS, Signature

U64 = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Texts = Callable[[list[str]], Iterable[pa.RecordBatch]]
"""Record ids to batches with ``record_id`` and ``text``, each record once, in any order."""

BLOCK_PAIRS = 1 << 16
BLOCK_HASHES = 1 << 22
"""How many pairs, and hashes of shingles (8 bytes each), are compared at once."""

FEW_SHINGLES = 29
"""Below this many distinct shingles a text is short: from there on one word that differs leaves a similarity of 0.7."""

SHORT_BYTES = 1 << 14
"""What is larger is not short, however often it says the same."""

ASKED_RECORDS = 1 << 14
"""How many texts are asked for at once."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """Sets of hashes, one after the other: whose they are, and how large each is."""

    slots: Ints
    hashes: U64
    sizes: Ints


class Rows:
    """What is needed of each record in question, one after the other in a file: id, digest, signature."""

    def __init__(self, path: Path, id_bytes: int) -> None:
        self.kind = np.dtype(
            [("record_id", f"S{max(id_bytes, 1)}"), ("digest", "V32"), ("signature", "<u4", (PERMUTATIONS,))]
        )
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)

    def put(self, slots: Ints, rows: npt.NDArray[np.void]) -> None:
        """Write rows where they belong."""
        size = self.kind.itemsize
        raw = np.ascontiguousarray(rows).view(np.uint8).reshape(-1).data
        for i, slot in enumerate(slots.tolist()):
            os.pwrite(self._file, raw[i * size : (i + 1) * size], slot * size)

    def take(self, slots: Ints) -> npt.NDArray[np.void]:
        """The rows of ``slots``, which are ascending and each there once."""
        size = self.kind.itemsize
        breaks = np.flatnonzero(np.diff(slots) != 1) + 1
        starts = [0, *breaks.tolist()] if slots.size else []
        ends = [*breaks.tolist(), slots.size]
        parts = (
            _read(self._file, (end - start) * size, int(slots[start]) * size)
            for start, end in zip(starts, ends, strict=False)
        )
        return np.frombuffer(b"".join(parts), self.kind)

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._file)


class Sets:
    """Distinct hashes of records, sorted, one set after the other in a file."""

    def __init__(self, path: Path, slots: int) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._end = 0
        self.begins = np.full(slots, -1, np.int64)
        self.sizes = np.zeros(slots, np.int64)

    def add(self, hashed: Hashed) -> None:
        """Append the sets of some records."""
        slots, hashes, sizes = hashed.slots, hashed.hashes, hashed.sizes
        self.begins[slots] = self._end + np.cumsum(sizes) - sizes
        self.sizes[slots] = sizes
        raw = hashes.view(np.uint8).data
        while raw:
            raw = raw[os.write(self._file, raw) :]
        self._end += hashes.size

    def take(self, slots: Ints) -> tuple[U64, Ints]:
        """The sets of some records, and where each begins and ends."""
        starts = np.concatenate([[0], np.cumsum(self.sizes[slots])]).astype(np.int64)
        parts = (
            _read(self._file, size * 8, begin * 8)
            for size, begin in zip(self.sizes[slots].tolist(), self.begins[slots].tolist(), strict=True)
        )
        return np.frombuffer(b"".join(parts), np.uint64), starts

    def __enter__(self) -> Sets:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._file)


def least_agreement(threshold: float) -> int:
    """In how many places two signatures agree at least if their texts are similar enough: five standard deviations.

    A pair at the threshold falls below with a probability of about one in a million (it is binomial).
    """
    deviation = float(np.sqrt(threshold * (1 - threshold) / PERMUTATIONS))
    return max(0, int(np.ceil((threshold - 5 * deviation) * PERMUTATIONS)))


def like_enough(rows: Rows, one: Ints, other: Ints, least: int, workers: int) -> npt.NDArray[np.bool_]:
    """Which pairs of slots have signatures that agree in at least ``least`` places."""
    from rightful.dedup import kernels  # loads the compiler

    order = np.lexsort((other, one))

    def block(start: int) -> npt.NDArray[np.bool_]:
        at = order[start : start + BLOCK_PAIRS]
        slots, place = np.unique(np.concatenate([one[at], other[at]]), return_inverse=True)
        signatures = np.ascontiguousarray(rows.take(slots)["signature"]).astype(np.uint32, copy=False)
        counts = np.empty(at.size, np.int32)
        kernels.agreements(signatures, place[: at.size], place[at.size :], counts)
        return counts >= least

    result = np.zeros(one.size, np.bool_)
    for i, good in enumerate(each(block, range(0, one.size, BLOCK_PAIRS), workers)):
        result[order[i * BLOCK_PAIRS : (i + 1) * BLOCK_PAIRS]] = good
    return result


@dataclass(frozen=True, slots=True)
class TextSets:
    """What is known of texts: their shingles and signs, and of the short ones all that they are."""

    words: Sets
    signs: Sets
    short: Sets


@contextlib.contextmanager
def text_sets(folder: Path, slots: int) -> Iterator[TextSets]:
    """Empty sets of ``slots`` records in files that are gone afterwards."""
    paths = [folder / f"{name}.bin" for name in ("words", "signs", "short")]
    try:
        with Sets(paths[0], slots) as words, Sets(paths[1], slots) as signs, Sets(paths[2], slots) as short:
            yield TextSets(words, signs, short)
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def read_sets(
    sets: TextSets, rows: Rows, slots: Ints, texts: Texts, stage: Signature, workers: int, read: Callable[[int], None]
) -> None:
    """Ask for the texts of the records at ``slots`` in that order, and keep their sets.

    ``read`` is told how many texts were read so far. Raises :class:`InputError` where a text is missing.
    """
    done = 0
    for start in range(0, slots.size, ASKED_RECORDS):
        wanted = slots[start : start + ASKED_RECORDS]
        ascending = np.sort(wanted)
        named = rows.take(ascending)["record_id"]
        slot_of = {name.decode(): slot for name, slot in zip(named.tolist(), ascending.tolist(), strict=True)}
        ids = [name.decode() for name in named[np.searchsorted(ascending, wanted)].tolist()]

        def hashed(batch: pa.RecordBatch, slot_of: dict[str, int] = slot_of) -> tuple[Hashed, Hashed, Hashed]:
            return _hashed(batch, slot_of, stage)

        for words, signs, short in each(hashed, texts(ids), workers):
            sets.words.add(words)
            sets.signs.add(signs)
            sets.short.add(short)
        missing = np.flatnonzero(sets.words.begins[wanted] < 0)
        if missing.size:
            raise InputError(
                f"it has no text, nor have {missing.size - 1} others",
                subject=f"record {ids[int(missing[0])]}",
                hint="signatures and texts belong to different records; check the store",
            )
        done += wanted.size
        read(done)


def _hashed(batch: pa.RecordBatch, slot_of: dict[str, int], stage: Signature) -> tuple[Hashed, Hashed, Hashed]:
    """Of each text of a batch the set of shingles and that of signs; and of the short ones the set of what they are."""
    from rightful.dedup import symbols  # loads the compiler
    from rightful.stages.shared import shingles

    known = [slot_of.get(name, -1) for name in batch.column("record_id").to_pylist()]
    slots = np.asarray(known, np.int64)
    if (slots < 0).any():
        batch = batch.filter(pa.array(slots >= 0))
        slots = slots[slots >= 0]
    hashes, starts, usual = stage.shingles_of(Batch.of(batch))
    words = _distinct(slots, hashes, starts)
    data, bounds = _unwritable(usual.data), np.ascontiguousarray(usual.bounds).copy()
    digests, starts = np.empty(data.size // 2 + len(usual), np.uint64), np.zeros(bounds.size, np.int64)
    symbols.meanings(data, bounds, shingles.table(), symbols.symbols(), symbols.unheard(), starts, digests)
    signs = _distinct(slots, digests[: starts[-1]], starts)
    few = np.flatnonzero((words.sizes < FEW_SHINGLES) & (np.diff(bounds) <= SHORT_BYTES))
    return words, signs, _as_they_are(slots[few], batch.column("text").take(pa.array(few)), stage)


def _as_they_are(slots: Ints, texts: pa.Array, stage: Signature) -> Hashed:
    """The sets of what texts are, with all their symbols."""
    from rightful.dedup import symbols  # loads the compiler
    from rightful.stages.shared import shingles

    written = [text if text.isascii() else composed(text) for text in texts.to_pylist()]
    batch = Batch.of(pa.record_batch({"text": pa.array(written, pa.large_string())}))
    data, bounds = _unwritable(batch.data), np.ascontiguousarray(batch.bounds).copy()
    starts = np.zeros(bounds.size, np.int64)
    hashes = np.empty(data.size + len(written), np.uint64)
    points, table = shingles.table(), symbols.symbols()
    symbols.as_they_are(data, bounds, points, table, stage.words, stage.characters, starts, hashes)
    return _distinct(slots, hashes[: starts[-1]], starts)


def _distinct(slots: Ints, hashes: U64, starts: Ints) -> Hashed:
    """The sets of lists of hashes."""
    from rightful.dedup import kernels  # loads the compiler

    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        hashes[start:end].sort()  # the processor's own instructions for it: faster than a compiled loop here
    sizes = np.zeros(slots.size, np.int64)
    kept = kernels.distinct(hashes, starts, sizes)
    return Hashed(slots, hashes[:kept], sizes)


def _unwritable(data: Bytes) -> Bytes:
    """One type of bytes, so that a loop is compiled once."""
    data = data.view()
    data.flags.writeable = False
    return data


def similarity(sets: TextSets, one: Ints, other: Ints, least: float, weight: int, workers: int) -> Floats:
    """The similarity of the shingles of each pair of slots; where that of the signs with them, or of short texts as they
    are, is below ``least``, the least of these. ``weight`` is that of a sign.
    """
    same, every = _shared(sets.words, one, other, workers)
    shares = _share(same, every)
    near = np.flatnonzero(shares >= least)
    one, other, same, every = one[near], other[near], same[near], every[near]
    # A word that differs makes other signs and other tokens beside it: so much of the difference is not the symbols'.
    changed = every - same
    same_signs, all_signs = _shared(sets.signs, one, other, workers)
    differ = np.maximum(all_signs - same_signs - changed, 0)
    lesser = _share(same + weight * same_signs, every + weight * (same_signs + differ))
    short = np.flatnonzero((sets.short.begins[one] >= 0) & (sets.short.begins[other] >= 0))
    same_all, all_all = _shared(sets.short, one[short], other[short], workers)
    explained = changed[short] * all_all // np.maximum(every[short], 1)
    differ = np.maximum(all_all - same_all - explained, 0)
    lesser[short] = np.minimum(lesser[short], _share(same_all, same_all + differ))
    apart = np.flatnonzero(lesser < least)
    shares[near[apart]] = lesser[apart]
    return shares


def _share(same: Ints, every: Ints) -> Floats:
    """Of nothing at all everything is shared."""
    return np.divide(same, every, out=np.ones(same.size), where=every > 0)


def _shared(sets: Sets, one: Ints, other: Ints, workers: int) -> tuple[Ints, Ints]:
    """How many hashes the sets of each pair of slots have in common, and how many they have."""
    from rightful.dedup import kernels  # loads the compiler

    order = np.lexsort((other, one))
    first, second = one[order], other[order]
    ends = np.empty(one.size, np.int64)
    stamps = np.full(sets.sizes.size, -1, np.int64)
    parts = kernels.cut(first, second, sets.sizes, BLOCK_HASHES, stamps, ends) if one.size else 0

    def block(part: int) -> Ints:
        start, end = int(ends[part - 1]) if part else 0, int(ends[part])
        slots, place = np.unique(np.concatenate([first[start:end], second[start:end]]), return_inverse=True)
        hashes, starts = sets.take(slots)
        same = np.empty(end - start, np.int64)
        kernels.shared(hashes, starts, place[: end - start], place[end - start :], same)
        return same

    result = np.empty(one.size, np.int64)
    for part, same in enumerate(each(block, range(parts), workers)):
        result[order[ends[part] - same.size : ends[part]]] = same
    return result, sets.sizes[one] + sets.sizes[other] - result


def _read(file: int, size: int, offset: int) -> bytes:
    """All of ``size`` bytes: one call of the system returns at most 2 GB."""
    data = os.pread(file, size, offset)
    while len(data) < size:
        more = os.pread(file, size - len(data), offset + len(data))
        if not more:
            raise OSError("a spill file is shorter than what was written to it")
        data += more
    return data


def blocks(size: int) -> Iterator[slice]:
    """Slices of :data:`BLOCK_PAIRS` over ``size`` rows."""
    for start in range(0, size, BLOCK_PAIRS):
        yield slice(start, min(start + BLOCK_PAIRS, size))
