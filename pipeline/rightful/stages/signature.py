"""Signature: a short sketch of a text by which texts that share most of their phrases are found. Floor 3.

MinHash (Broder, "On the resemblance and containment of documents", 1997) of word shingles: two sketches agree in about
the share of places that the two texts share of their shingles. See :mod:`rightful.dedup` for what is done with them.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.errors import InputError
from rightful.stages.shared.bytes import REMOVED, Bytes, Ints, Texts
from rightful.stages.shared.normal import pieces

PERMUTATIONS = 112
"""Values of a signature: 16 bands of 7, 14 of 8, 28 of 4 or 8 of 14 of them (:class:`rightful.dedup.settings.Near`)."""

_REMOVED = re.compile(f"[{REMOVED}]")
_U32 = npt.NDArray[np.uint32]
_U64 = npt.NDArray[np.uint64]


class Picked(NamedTuple):
    """The shingles that were picked of a batch: the row of each, and its hash, 64 bits. One may come twice."""

    rows: Ints
    hashes: _U64


@dataclass(frozen=True, slots=True)
class Signature:
    """How many shingles a text has and its MinHash signature.

    * A word is a run of letters, digits, ``_`` and the marks on them (``\\w`` of UTS 18 without joiners), in lower
      case, of the text that ``norm_sha256`` is of: so case, white space, punctuation, zero-width characters and how
      accents are composed do not matter, and digits do.
    * Each character of a script without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese and some
      smaller ones), with the marks on it, is a word of its own.
    * A shingle is ``words`` words in a row, or ``characters`` of them where the last is such a character. Eight
      characters have about the length of five words of Chinese or Japanese.
    * A text with too few words for any shingle is one shingle of all it has. A text without words has none: its
      ``n_shingles`` is 0, its signature all ones, and it matches nothing.

    ``n_shingles`` counts every occurrence. ``signature`` is :data:`PERMUTATIONS` values of 32 bits, little endian, in
    the scheme ``affine32`` of datasketch with its ``seed``: ``MinHash(112, seed, scheme="affine32")`` updated with the
    low 32 bits of the shingle hashes (:meth:`shingles`) has the same values.

    Raises :class:`InputError` for a setting that makes no shingles.
    """

    words: int = 5
    characters: int = 8
    seed: int = 1

    name: ClassVar[str] = "signature"
    version: ClassVar[str] = "rightful-signature/1"
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("n_shingles", pa.int64(), nullable=False),
        pa.field("signature", pa.binary(4 * PERMUTATIONS), nullable=False),
    )
    says: ClassVar[Mapping[str, str]] = {
        "n_shingles": "How many runs of words the text has; 0 for a text without words, which matches nothing.",
        "signature": "112 MinHash values of 32 bits, little endian (scheme affine32 of datasketch).",
    }

    def __post_init__(self) -> None:
        for name in ("words", "characters"):
            if not 1 <= getattr(self, name) <= 64:
                raise InputError(f"expected 1 to 64 of them, not {getattr(self, name)}", subject=f"signature.{name}")
        if not 0 <= self.seed < 1 << 32:
            raise InputError(f"expected a number of 32 bits, not {self.seed}", subject="signature.seed")

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The number of shingles and the signature of each text."""
        return self.with_picked(batch, pick=False)[0]

    def with_picked(self, batch: pa.RecordBatch, *, pick: bool = True) -> tuple[Mapping[str, pa.Array], Picked]:
        """As a call, and with ``pick`` the shingles by which passages of the texts are found: of every run of some forty at
        least one, and one of each text that has any (:func:`rightful.stages.shared.shingles.pick`).
        """
        texts = Texts.of(batch)
        counts, values, flags, picked = self._sketch(texts, pick)
        unusual = _unusual(texts, flags)
        if unusual:
            again = _joined(unusual)
            at = np.fromiter(unusual, np.int64, len(unusual))
            counts[at], values[at], _, other = self._sketch(again, pick)
            stays = ~np.isin(picked.rows, at)
            picked = Picked(
                np.concatenate([picked.rows[stays], at[other.rows]]),
                np.concatenate([picked.hashes[stays], other.hashes]),
            )
        packed = pa.py_buffer(values.astype("<u4", copy=False))
        columns = {
            "n_shingles": pa.array(counts),
            "signature": pa.Array.from_buffers(pa.binary(4 * PERMUTATIONS), len(texts), [None, packed]),
        }
        return columns, picked

    def shingles(self, batch: pa.RecordBatch) -> tuple[_U64, Ints]:
        """The hashes (64 bits) of the shingles of all texts in the order they stand, and where those of each begin.

        Text ``i`` has ``hashes[starts[i]:starts[i + 1]]``; a shingle that comes twice is there twice.
        """
        return self.shingles_of(Texts.of(batch))[:2]

    def shingles_of(self, texts: Texts) -> tuple[_U64, Ints, Texts]:
        """As :meth:`shingles`, and the texts in the form in which they were read: composed, without what has no width."""
        hashes, starts, flags = self._hashes(texts)
        unusual = _unusual(texts, flags)
        if not unusual:
            return hashes, starts, texts
        again = _joined(unusual)
        other, begins, _ = self._hashes(again)
        parts = [hashes[starts[i] : starts[i + 1]] for i in range(len(texts))]
        usual = [texts.data[texts.bounds[i] : texts.bounds[i + 1]] for i in range(len(texts))]
        for at, i in enumerate(unusual):
            parts[i] = other[begins[at] : begins[at + 1]]
            usual[i] = again.data[again.bounds[at] : again.bounds[at + 1]]
        return np.concatenate(parts), _bounds(parts), Texts(np.concatenate(usual), _bounds(usual))

    def _sketch(self, texts: Texts, pick: bool) -> tuple[Ints, _U32, _U32, Picked]:
        from rightful.stages.shared import shingles as loops  # loads the compiler

        counts, firsts = np.zeros(len(texts), np.int64), np.zeros(len(texts) + 1, np.int64)
        values = np.empty((len(texts), PERMUTATIONS), np.uint32)
        picked = np.empty(
            texts.data.size // 2 + len(texts) + 1 if pick else 0, np.uint64
        )  # a word has a byte behind it
        data, loads = _loads(texts)
        a, b = permutations(self.seed)
        bounds = np.ascontiguousarray(texts.bounds).copy()
        places = (data, loads, bounds, loops.table(), self.words, self.characters)
        flags = loops.signatures(*places, a, b, values, counts, picked, firsts)
        rows = np.repeat(np.arange(len(texts)), np.diff(firsts))
        return counts, values, flags, Picked(rows, picked[: firsts[-1]].copy())

    def _hashes(self, texts: Texts) -> tuple[_U64, Ints, _U32]:
        from rightful.stages.shared import shingles as loops  # loads the compiler

        data, loads = _loads(texts)
        bounds = np.ascontiguousarray(texts.bounds).copy()
        starts = np.zeros(len(texts) + 1, np.int64)
        # A word of ASCII has a byte behind it; a character that is a word has three.
        hashes = np.empty(texts.data.size // 2 + len(texts) + 1, np.uint64)
        flags = loops.shingles(data, loads, bounds, loops.table(), self.words, self.characters, starts, hashes)
        return hashes[: starts[-1]], starts, flags


@functools.cache
def permutations(seed: int) -> tuple[_U32, _U32]:
    """The factors (odd) and summands of the permutations, as datasketch draws them."""
    chance = np.random.RandomState(seed)
    factors = chance.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, chance.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)


def _bounds(parts: Sequence[npt.NDArray[Any]]) -> Ints:
    return np.concatenate([[0], np.cumsum([part.size for part in parts])]).astype(np.int64)


def _loads(texts: Texts) -> tuple[Bytes, _U64]:
    """The bytes, and the eight bytes from each of them on as one number. Not writable: one type, compiled once."""
    data = texts.data.view()
    data.flags.writeable = False
    size = max(data.size - 7, 0)
    loads = np.ndarray((size,), np.dtype("<u8"), data if size else bytes(8), strides=(1,))
    loads.flags.writeable = False
    return data, loads


def _unusual(texts: Texts, flags: _U32) -> dict[int, bytearray]:
    """The texts that are not in the form that ``norm_sha256`` sees, in that form, by their place."""
    from rightful.stages.shared.shingles import COMPOSES

    unusual = {}
    for i in np.flatnonzero(flags & COMPOSES).tolist():
        text = texts.data[texts.bounds[i] : texts.bounds[i + 1]]
        usual = bytearray()
        for piece in pieces(text):
            usual += unicodedata.normalize("NFC", _REMOVED.sub("", piece)).encode()
        if usual != text.data:
            unusual[i] = usual
    return unusual


def _joined(unusual: Mapping[int, bytearray]) -> Texts:
    """These texts as those of a batch; one alone is not copied."""
    parts = [np.frombuffer(text, np.uint8) for text in unusual.values()]
    return Texts(parts[0] if len(parts) == 1 else np.concatenate(parts), _bounds(parts))
