"""Verify: which candidates are near-duplicates, by their signatures first and by their whole shingle sets then. Floor 5.

Words are not all that a text says. Beside its shingles a text has *signs*: symbols that carry a meaning, each with the
words on both sides; one weighs as much as a word, which is in as many shingles as a shingle has words. Two texts are near
where their shingles are, and shingles and signs together. Texts with few shingles must be near as they are as well, every
symbol a token: there a single one may be all that differs.

Signatures and shingle sets of the records in question lie in plain files of the spill folder and are compared where they
lie: the working set is a block of pairs, however large a bucket or a text is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.dedup.candidates import each
from rightful.dedup.spill import Spill
from rightful.errors import InputError
from rightful.stages.shared.bytes import Bytes
from rightful.stages.shared.bytes import Texts as Batch
from rightful.stages.shared.normal import composed
from rightful.stages.signature import PERMUTATIONS, Signature

U32 = npt.NDArray[np.uint32]
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
    """What is needed of each record in question, by its slot: signature, and id and digest, in two files of a folder."""

    def __init__(self, folder: Path, slots: int, id_bytes: int) -> None:
        named = np.dtype([("record_id", f"S{max(id_bytes, 1)}"), ("digest", "V32")])
        self._sketches = Spill(folder / "sketches.bin", "<u4")
        self._names = Spill(folder / "names.bin", named)
        self._sketches.room(slots * PERMUTATIONS)
        self._names.room(slots)

    def put(self, slots: Ints, ids: list[bytes], digests: npt.NDArray[np.void], signatures: U32) -> None:
        """Set the rows of ``slots``."""
        rows = np.empty(slots.size, self._names.kind)
        rows["record_id"], rows["digest"] = np.asarray(ids, "S"), digests
        self._names.values()[slots] = rows
        self.signatures()[slots] = signatures
        self.release()

    def signatures(self) -> U32:
        """The signatures (slots x permutations)."""
        return self._sketches.values().reshape(-1, PERMUTATIONS)

    def names(self, slots: Ints) -> npt.NDArray[np.void]:
        """``record_id`` and ``digest`` of slots."""
        taken: npt.NDArray[np.void] = self._names.values()[slots]
        return taken

    def release(self) -> None:
        """Keep no pages of large files."""
        self._sketches.release()
        self._names.release()

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._sketches.__exit__(kind, error, at)
        self._names.__exit__(kind, error, at)


class Sets:
    """Distinct hashes of records, sorted, one set after the other in a file."""

    def __init__(self, path: Path, slots: int) -> None:
        self._spill = Spill(path, np.uint64)
        self.begins = np.full(slots, -1, np.int64)
        self.sizes = np.zeros(slots, np.int64)

    def add(self, hashed: Hashed) -> None:
        """Append the sets of some records."""
        slots, sizes = hashed.slots, hashed.sizes
        self.begins[slots] = len(self._spill) + np.cumsum(sizes) - sizes
        self.sizes[slots] = sizes
        self._spill.append(hashed.hashes)

    def hashes(self) -> U64:
        """The hashes of all sets: those of a slot from ``begins`` on, ``sizes`` of them."""
        return self._spill.values()

    def release(self) -> None:
        """Keep no pages of a large file."""
        self._spill.release()

    def __enter__(self) -> Sets:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._spill.__exit__(kind, error, at)


def least_agreement(threshold: float) -> int:
    """In how many places two signatures agree at least if their texts are similar enough: five standard deviations.

    A pair at the threshold falls below with a probability of about one in a million (it is binomial).
    """
    deviation = float(np.sqrt(threshold * (1 - threshold) / PERMUTATIONS))
    return max(0, int(np.ceil((threshold - 5 * deviation) * PERMUTATIONS)))


def like_enough(rows: Rows, one: Ints, other: Ints, least: int, workers: int) -> npt.NDArray[np.bool_]:
    """Which pairs of slots have signatures that agree in at least ``least`` places. They come near each other by slots."""
    from rightful.dedup import kernels  # loads the compiler

    signatures = rows.signatures()

    def block(part: slice) -> npt.NDArray[np.bool_]:
        counts = np.empty(one[part].size, np.int32)
        kernels.agreements(signatures, one[part], other[part], counts)
        rows.release()
        return counts >= least

    return np.concatenate([np.empty(0, np.bool_), *each(block, blocks(one.size), workers)])


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
        ids = [name.decode() for name in rows.names(wanted)["record_id"].tolist()]
        slot_of = dict(zip(ids, wanted.tolist(), strict=True))

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

    crowded = np.zeros(slots.size, np.bool_)
    kernels.ascending(hashes, starts, crowded)
    for i in np.flatnonzero(crowded).tolist():
        hashes[starts[i] : starts[i + 1]].sort()
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
    are, is below ``least``, the least of these. Of a pair below ``least`` it is some number below. ``weight`` is that of a sign.
    """
    same, every = _shared(sets.words, one, other, workers, least)
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


def _shared(sets: Sets, one: Ints, other: Ints, workers: int, least: float = 0.0) -> tuple[Ints, Ints]:
    """How many hashes the sets of each pair of slots have in common, and how many they have.

    Where it is certain that the share is below ``least``, too few may be counted. Pairs come near each other by slots.
    """
    from rightful.dedup import kernels  # loads the compiler

    hashes, begins, sizes = sets.hashes(), sets.begins, sets.sizes
    ends = np.empty(one.size, np.int64)
    parts = kernels.cut(one, other, sizes, BLOCK_HASHES, np.full(sizes.size, -1, np.int64), ends) if one.size else 0

    def block(part: int) -> Ints:
        here = slice(int(ends[part - 1]) if part else 0, int(ends[part]))
        same = np.empty(here.stop - here.start, np.int64)
        kernels.shared(hashes, begins, sizes, one[here], other[here], least, same)
        sets.release()
        return same

    same = np.concatenate([np.empty(0, np.int64), *each(block, range(parts), workers)])
    return same, sizes[one] + sizes[other] - same


def blocks(size: int) -> Iterator[slice]:
    """Slices of :data:`BLOCK_PAIRS` over ``size`` rows."""
    for start in range(0, size, BLOCK_PAIRS):
        yield slice(start, min(start + BLOCK_PAIRS, size))
