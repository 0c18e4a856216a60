"""The order in which a loader hands out what an export holds. Floor 8: pure, numpy in and out.

A *unit* is a document, or a packed sequence; its *ordinal* is its number in the export. The order of an epoch follows from
seed, epoch and ordinals alone, so it is the same on every machine and for any number of ranks, and what is left out leaves
the order of the rest as it was:

* ``block`` consecutive ordinals are a block. The first ``bits`` bits of a block's hash are its window, so that about
  :data:`BLOCKS` blocks from anywhere in the export come together;
* windows follow each other by number; within a window units are ordered by their own hash, whatever block they are of.

A reader that reads a window at a time reads whole blocks, from their beginnings to their ends, and holds one window of
tokens. An export of one window is permuted as a whole. Hashes are the finalizer of splitmix64 (Steele, Lea and Flood, *Fast
splittable pseudorandom number generators*, 2014) under keys from blake2b; it is one-to-one, so no two units share a key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

BLOCK_TOKENS = 1 << 20
"""So many tokens a block has, as far as the mean length of a unit tells."""
BLOCKS = 16
"""So many blocks come together in a window, on average."""

Place = tuple[int, int]
"""Where a unit stands in the order of an epoch: its window, and its key within it."""


@dataclass(frozen=True, slots=True)
class Shuffle:
    """What the order depends on beside the epoch. ``bits`` of None: no shuffling, units come by ordinal."""

    seed: int
    block: int
    bits: int | None

    @classmethod
    def of(cls, seed: int, units: int, tokens: int, *, shuffled: bool = True) -> Shuffle:
        """What fits an export of so many units and tokens.

        >>> Shuffle.of(0, units=1_000_000, tokens=1_000_000_000)
        Shuffle(seed=0, block=1049, bits=6)
        """
        block = max(1, -(-BLOCK_TOKENS * units // max(1, tokens)))
        blocks = -(-units // block)
        return cls(seed, block, max(0, (blocks // BLOCKS).bit_length()) if shuffled else None)


@dataclass(frozen=True)
class Units:
    """The units that may be handed out: their ordinals, ascending, each once (``int64[n]``)."""

    ordinals: Ints
    shuffle: Shuffle

    @cached_property
    def _blocks(self) -> tuple[Ints, Ints]:
        """The number of each block that has a unit, and where its units begin; one place more for the end."""
        numbers = self.ordinals // self.shuffle.block
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        return numbers[starts], np.append(starts, len(numbers))

    def epoch(self, number: int) -> Epoch:
        """Their order in an epoch."""
        blocks, starts = self._blocks
        windows = blocks.astype(np.uint64)
        if self.shuffle.bits is not None:
            hashed = _hash(windows, _key(self.shuffle.seed, number, "blocks"))
            windows = hashed >> np.uint64(64 - self.shuffle.bits) if self.shuffle.bits else np.zeros_like(windows)
        order = np.argsort(windows, kind="stable")
        first = np.flatnonzero(np.diff(windows[order].astype(np.int64), prepend=-1))
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.diff(starts)[order])])
        return Epoch(
            units=self,
            number=number,
            windows=windows[order][first],
            members=order,
            bounds=np.append(first, len(order)),
            offsets=before[np.append(first, len(order))],
            starts=starts,
            key=_key(self.shuffle.seed, number, "units"),
        )


@dataclass(frozen=True)
class Epoch:
    """The order of one epoch. ``windows``: their numbers, ascending; ``offsets``: the position at which each begins, and how
    many units there are. ``members`` are blocks by window, ``bounds`` where a window's begin."""

    units: Units
    number: int
    windows: Keys
    members: Ints
    bounds: Ints
    offsets: Ints
    starts: Ints
    key: tuple[int, int] = field(repr=False)

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def window(self, at: int) -> Ints:
        """The units of a window in their order, as positions among the ordinals (``int64[n]``)."""
        return self._ordered(at)[0]

    def _ordered(self, at: int) -> tuple[Ints, Keys]:
        blocks = self.members[self.bounds[at] : self.bounds[at + 1]]
        inside = np.concatenate([np.arange(self.starts[b], self.starts[b + 1]) for b in blocks.tolist()])
        keys = self._keys(inside)
        order = np.argsort(keys, kind="stable")
        return inside[order], keys[order]

    def _keys(self, inside: Ints) -> Keys:
        ordinals = self.units.ordinals[inside].astype(np.uint64)
        return ordinals if self.units.shuffle.bits is None else _hash(ordinals, self.key)

    def window_of(self, position: int) -> int:
        """The window in which a position lies; one past the last where it is the end."""
        return int(np.searchsorted(self.offsets, position, side="right")) - 1

    def place(self, position: int) -> Place:
        """Where the unit at a position stands, in words that hold for what is left of the export as well."""
        at = self.window_of(position)
        return int(self.windows[at]), int(self._ordered(at)[1][position - int(self.offsets[at])])

    def through(self, place: Place) -> int:
        """How many units stand at or before a place, whether the unit that stood there is left or not."""
        window, key = place
        at = int(np.searchsorted(self.windows, np.uint64(window)))
        if at == len(self.windows) or int(self.windows[at]) != window:
            return int(self.offsets[at])
        return int(self.offsets[at]) + int(np.searchsorted(self._ordered(at)[1], np.uint64(key), side="right"))


def _key(seed: int, epoch: int, what: str) -> tuple[int, int]:
    """Two words of 64 bits for a seed, an epoch and a purpose."""
    digest = hashlib.blake2b(f"{seed} {epoch} {what}".encode(), digest_size=16, person=b"rightful.loader").digest()
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")


def _hash(values: Keys, key: tuple[int, int]) -> Keys:
    """One-to-one on 64 bits for every key; arithmetic wraps."""
    return _mixed(_mixed(values + np.uint64(key[0])) ^ np.uint64(key[1]))


def _mixed(values: Keys) -> Keys:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
