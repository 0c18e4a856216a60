"""Normalize: what a text is, to the byte and to a reader. Floor 2.

Two digests: of the bytes as they came, and of the text as a reader sees it. Two records with the same second one are
exact copies, even where a crawler broke lines elsewhere or composed accents differently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.stages._text import COMPOSES, GONE, REMOVED, Bytes, Ints, Marks, Mask, Texts, text_column, white_space

RULE_VERSION = "rightful-norm/1"
"""The rule behind ``norm_sha256``: in this order, (1) remove U+00AD, U+200B-U+200D, U+2060 and U+FEFF, (2) NFC,
(3) every run of white space (White_Space of Unicode and U+001C-U+001F: what ``str.split()`` splits at) becomes one
U+0020, (4) none at the start and the end. Case, digits, punctuation and compatibility forms stay. NFC is that of the
running Python's ``unicodedata``: it never changes for assigned characters (Unicode's stability policy)."""

_REMOVED = re.compile(f"[{REMOVED}]")


def normalized(text: str) -> str:
    """The text as a reader sees it, by :data:`RULE_VERSION`. Idempotent.

    >>> normalized(" one\\u00ad \\n\\n two ")
    'one two'
    """
    return " ".join(unicodedata.normalize("NFC", _REMOVED.sub("", text)).split())


@dataclass(frozen=True, slots=True)
class Normalize:
    """Digests and sizes: ``n_chars`` counts Unicode code points, ``n_bytes`` bytes of UTF-8."""

    name: ClassVar[str] = "normalize"
    version: ClassVar[str] = RULE_VERSION
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("content_sha256", pa.binary(32), nullable=False),
        pa.field("norm_sha256", pa.binary(32), nullable=False),
        pa.field("n_chars", pa.int64(), nullable=False),
        pa.field("n_bytes", pa.int64(), nullable=False),
    )

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The digests (SHA-256 of UTF-8, 32 bytes) and sizes of each text."""
        texts = Texts.of(batch)
        content, norm = _digests(texts, _collapse(texts))
        return {
            "content_sha256": _binary32(content),
            "norm_sha256": _binary32(norm),
            "n_chars": pc.utf8_length(text_column(batch)).cast(pa.int64()),
            "n_bytes": pa.array(np.diff(texts.bounds)),
        }


@dataclass(frozen=True, slots=True)
class _Collapsed:
    """All texts with white space collapsed; text ``i`` is ``data[starts[i]:stops[i]]``. Three truth values a text:

    ``same``: nothing changed; ``gone``: has characters to remove; ``composed``: may not be in NFC.
    """

    data: Bytes
    starts: Ints
    stops: Ints
    same: Mask
    gone: Mask
    composed: Mask


def _collapse(texts: Texts) -> _Collapsed:
    """Rule 3 and 4 on the bytes: white space becomes spaces of the same length, then all but the first go."""
    size = texts.data.size
    out = np.empty(size, np.uint8)
    kept, changed, gone, composed = (Marks(size) for _ in range(4))
    used = 0
    for start, stop in texts.blocks():
        spaces, at, kind = white_space(texts.data, max(start - 1, 0), stop, GONE | COMPOSES)
        first = int(start > 0)  # 1: the byte before the block is there too
        here = spaces[first:]
        keep = np.ones(stop - start, np.bool_)
        keep[1 - first :] = ~(spaces[1:] & spaces[:-1])
        begins = texts.begins(start, stop)
        keep[begins] = ~here[begins]
        block = texts.data[start:stop].copy()
        changed.put(start, (here & (block != 0x20)) | ~keep)
        block ^= (block ^ 0x20) * here.view(np.uint8)  # block[here] = 0x20, but without a branch a byte
        piece = _filter(block, kept.put(start, keep))
        out[used : used + piece.size] = piece
        used += piece.size
        for marks, wanted in ((gone, GONE), (composed, COMPOSES)):
            marks.put_at(start, stop, at[kind == wanted] - first)
    bounds = kept.before(texts.bounds)
    starts, stops = bounds[:-1], bounds[1:].copy()
    full = np.flatnonzero(stops > starts)
    trimmed = full[out[stops[full] - 1] == 0x20]
    stops[trimmed] -= 1
    same = (changed.count(texts.bounds) == 0) & (stops - starts == np.diff(texts.bounds))
    return _Collapsed(out, starts, stops, same, gone.count(texts.bounds) > 0, composed.count(texts.bounds) > 0)


def _filter(block: Bytes, bits: Bytes) -> Bytes:
    """The bytes whose bit is set. By Arrow: it copies runs, six times as fast as a boolean index of numpy."""
    values = pa.Array.from_buffers(pa.uint8(), block.size, [None, pa.py_buffer(block)])
    chosen = pa.Array.from_buffers(pa.bool_(), block.size, [None, pa.py_buffer(bits)])
    result: Bytes = values.filter(chosen).to_numpy()
    return result


def _digests(texts: Texts, collapsed: _Collapsed) -> tuple[list[bytes], list[bytes]]:
    raw, clean = texts.data.data, collapsed.data.data
    content: list[bytes] = []
    norm: list[bytes] = []
    bounds = texts.bounds.tolist()
    columns = (collapsed.starts, collapsed.stops, collapsed.same, collapsed.gone, collapsed.composed)
    rows = zip(bounds[:-1], bounds[1:], *(c.tolist() for c in columns), strict=True)
    for start, stop, clean_start, clean_stop, same, gone, composed in rows:
        digest = sha256(raw[start:stop]).digest()
        content.append(digest)
        if gone or composed:
            text = str(raw[start:stop], "utf-8", "replace")
            if gone or not unicodedata.is_normalized("NFC", text):
                norm.append(sha256(normalized(text).encode()).digest())
                continue
        norm.append(digest if same else sha256(clean[clean_start:clean_stop]).digest())
    return content, norm


def _binary32(digests: list[bytes]) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(32), len(digests), [None, pa.py_buffer(b"".join(digests))])
