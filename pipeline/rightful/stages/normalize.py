"""Normalize: what a text is, to the byte and to a reader. Floor 3. Law 12.10.

Two digests: of the bytes as they came, and of the text as a reader sees it. Two records with the same second one are
exact copies, even where a crawler broke lines elsewhere or composed accents differently. The rule is in
:mod:`rightful.stages.shared.normal`; here it is applied to a whole batch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rightful.notation.contents import content_digest, media_digest
from rightful.stages.shared.bytes import COMPOSES, GONE, Bytes, Ints, Marks, Mask, Texts, text_column, white_space
from rightful.stages.shared.columns import filled
from rightful.stages.shared.normal import RULE, RULE_VERSION, earlier, normalized

__all__ = ["Normalize", "normalized"]

_NEAR = 256
"""How far white space is followed over the edge of a block; more of it is left to :func:`normalized`."""
_SPACES = bytes(
    [
        *range(9, 14),
        *range(0x1C, 0x21),
        0xC2,
        0x85,
        0xA0,
        0xE1,
        0x9A,
        0xE2,
        *range(0x80, 0x8B),
        0xA8,
        0xA9,
        0xAF,
        0x9F,
        0xE3,
    ]
)
"""The bytes of white space; a letter may have some of them, so that more is taken for it."""
_INDENTATION = re.compile(rb"\n[ \t]+")
_INDENTED = re.compile(rb"[\n\v\f\r][ \t]")


@dataclass(frozen=True, slots=True)
class Normalize:
    """Digests and sizes: ``n_chars`` counts Unicode code points, ``n_bytes`` bytes of UTF-8.

    ``norm_rule`` is the number of the rule behind ``norm_sha256``, ``norm1_sha256`` the digest by rightful-norm/1 where
    that is another one: by it events, tombstones and records of earlier versions know the text.
    """

    name: ClassVar[str] = "normalize"
    about: ClassVar[str] = "Digests and sizes; no settings."
    version: ClassVar[str] = RULE_VERSION
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("content_sha256", pa.binary(32), nullable=False),
        pa.field("norm_sha256", pa.binary(32), nullable=False),
        pa.field("norm_rule", pa.int8()),
        pa.field("norm1_sha256", pa.binary(32)),
        pa.field("n_chars", pa.int64(), nullable=False),
        pa.field("n_bytes", pa.int64(), nullable=False),
    )
    says: ClassVar[Mapping[str, str]] = {
        "content_sha256": "SHA-256 of the text's UTF-8 as it came; of a conversation, of its text and all of its turns; of content that is"
        " elsewhere the one that is stated, or else of its address.",
        "norm_sha256": "SHA-256 of the text as a reader sees it by the rule norm_rule: equal for exact copies.",
        "norm_rule": "The number of the rule behind norm_sha256: 2 for rightful-norm/2; null for rightful-norm/1, of"
        " earlier versions.",
        "norm1_sha256": "SHA-256 by rightful-norm/1, where it is another: how earlier versions know the text.",
        "n_chars": "Unicode code points.",
        "n_bytes": "Bytes of UTF-8.",
    }

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The digests (SHA-256 of UTF-8, 32 bytes) and sizes of each text."""
        texts = Texts.of(batch)
        content, norm, first = _digests(texts, _collapse(texts))
        for row, text, conversation in _conversations(batch):
            content[row] = content_digest(text, conversation)
        for row, media, stated in elsewhere(batch):
            content[row] = norm[row] = media_digest(media, stated)
            first[row] = None
        return {
            "content_sha256": _binary32(content),
            "norm_sha256": _binary32(norm),
            "norm_rule": pa.array(np.full(len(texts), RULE, np.int8)),
            "norm1_sha256": pa.array(first, pa.binary(32)),
            "n_chars": pc.utf8_length(text_column(batch)).cast(pa.int64()),
            "n_bytes": pa.array(np.diff(texts.bounds)),
        }


def elsewhere(batch: pa.RecordBatch) -> Iterator[tuple[int, str, str | None]]:
    """(row, where its content is, the digest of that in hexadecimal) of the records whose content is elsewhere."""
    media = filled(batch, "media")
    if media is None:
        return
    for row in np.flatnonzero(media.is_valid().to_numpy(zero_copy_only=False)).tolist():
        yield row, media[row].as_py(), batch.column("media_sha256")[row].as_py()


def _conversations(batch: pa.RecordBatch) -> Iterator[tuple[int, str, str]]:
    """(row, text, conversation as JSON) of the records that are conversations."""
    conversations = filled(batch, "conversation")
    if conversations is None:
        return
    for row in np.flatnonzero(conversations.is_valid().to_numpy(zero_copy_only=False)).tolist():
        yield row, text_column(batch)[row].as_py(), conversations[row].as_py()


@dataclass(frozen=True, slots=True)
class _Collapsed:
    """All texts with white space collapsed; text ``i`` is ``data[starts[i]:stops[i]]``. Five truth values per text:

    ``same``: nothing changed; ``gone``: has characters to remove; ``composed``: may not be in NFC; ``unsure``: has
    indentation that a look at blocks cannot decide: all lines may have it in common, or a block ends in it;
    ``indented``: has lines with indentation.
    """

    data: Bytes
    starts: Ints
    stops: Ints
    same: Mask
    gone: Mask
    composed: Mask
    unsure: Mask
    indented: Mask


def _collapse(texts: Texts) -> _Collapsed:
    """Rule 4 and 5 on the bytes: white space becomes spaces of the same length, then all but the first go."""
    size = texts.data.size
    out = np.empty(size, np.uint8)
    kept, changed, gone, composed, indented = (Marks(size) for _ in range(5))
    leading, split = np.zeros(len(texts), np.bool_), np.zeros(len(texts), np.bool_)
    used = 0
    for start, stop in texts.blocks():
        spaces, at, kind = white_space(texts.data, max(start - 1, 0), stop, GONE | COMPOSES)
        first = int(start > 0)  # 1: the byte before the block is there too
        here = spaces[first:]
        keep = np.ones(stop - start, np.bool_)
        keep[1 - first :] = ~(spaces[1:] & spaces[:-1])
        begins = texts.begins(start, stop)
        keep[begins] = ~here[begins]
        low = np.searchsorted(texts.bounds, start)
        leading[low : low + begins.size] = here[begins]
        original = texts.data[start:stop]
        block = original.copy()
        block ^= (original ^ 0x20) * here.view(np.uint8)  # block[here] = 0x20, but without a branch a byte
        lines = _indented_lines(texts, start, stop, here, across=bool(first and spaces[0]))
        if lines is not None:
            inside = lines.inside(stop - start)
            keep |= inside
            block[inside] = original[inside]
            block[lines.runs] = 0x0A
            indented.put_at(start, stop, lines.runs)
        if stop < size and here[-1] and _indented_around(texts.data, stop):
            split[np.searchsorted(texts.bounds, stop, side="right") - 1] = True
        changed.put(start, (block != original) | ~keep)
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
    has_gone, has_composed = gone.count(texts.bounds) > 0, composed.count(texts.bounds) > 0
    has_lines = indented.count(texts.bounds) > 0
    return _Collapsed(out, starts, stops, same, has_gone, has_composed, split | (leading & has_lines), has_lines)


@dataclass(frozen=True, slots=True)
class _Lines:
    """Indented lines of a block: where the white space before each begins, and its indentation."""

    runs: Ints
    begins: Ints
    ends: Ints

    def inside(self, size: int) -> Mask:
        """Which bytes of the block are indentation."""
        steps = np.zeros(size + 1, np.int8)
        steps[self.begins] = 1
        steps[self.ends] = -1
        return np.cumsum(steps[:-1], dtype=np.int8).view(np.bool_)


def _indented_lines(texts: Texts, start: int, stop: int, here: Mask, across: bool) -> _Lines | None:
    """The lines of ``data[start:stop]`` that are indented, but for the first of a text; None for none.

    ``here`` is which bytes are white space, ``across`` whether the byte before is. White space that lies across an edge
    of the block, or ends at it, is not looked at.
    """
    block = texts.data[start:stop]
    breaks = np.flatnonzero((block - 10) < 4)
    at = breaks[: np.searchsorted(breaks, block.size - 1)]
    at = at[(block[at + 1] == 0x20) | (block[at + 1] == 9)]
    if not at.size:
        return None
    blank = (block == 0x20) | (block == 9)
    others, words = np.flatnonzero(~blank), np.flatnonzero(~here)
    at = at[at < words[-1]] if words.size else at[:0]
    ends = others[np.searchsorted(others, at, side="right")]
    word = np.searchsorted(words, at)
    stops, runs = words[word], np.where(word > 0, words[word - 1] + 1, 0)
    every = np.append(breaks, here.size)
    last = every[np.searchsorted(every, at, side="right")] > stops
    text = np.searchsorted(texts.bounds, at + start, side="right")
    inner = (runs > texts.bounds[text - 1] - start) & (stops < texts.bounds[text] - start)
    good = last & inner & ((word > 0) | (not across))
    return _Lines(runs[good], at[good] + 1, ends[good]) if good.any() else None


def _indented_around(data: Bytes, at: int) -> bool:
    """Whether the white space around ``at`` may end in an indentation."""
    before, behind = data[max(at - _NEAR, 0) : at].tobytes(), data[at : at + _NEAR].tobytes()
    run = before[len(before.rstrip(_SPACES)) :] + behind[: len(behind) - len(behind.lstrip(_SPACES))]
    return len(run) >= _NEAR or _INDENTED.search(run) is not None


def _filter(block: Bytes, bits: Bytes) -> Bytes:
    """The bytes whose bit is set. By Arrow: it copies runs, six times as fast as a boolean index of numpy."""
    values = pa.Array.from_buffers(pa.uint8(), block.size, [None, pa.py_buffer(block)])
    chosen = pa.Array.from_buffers(pa.bool_(), block.size, [None, pa.py_buffer(bits)])
    result: Bytes = values.filter(chosen).to_numpy()
    return result


def _digests(texts: Texts, collapsed: _Collapsed) -> tuple[list[bytes], list[bytes], list[bytes | None]]:
    """Of the bytes, by the rule, and by rightful-norm/1 where that differs."""
    raw, clean = texts.data.data, collapsed.data.data
    content: list[bytes] = []
    norm: list[bytes] = []
    first: list[bytes | None] = []
    bounds = texts.bounds.tolist()
    columns = (
        collapsed.starts,
        collapsed.stops,
        collapsed.same,
        collapsed.gone | collapsed.unsure,
        collapsed.composed,
        collapsed.indented,
    )
    rows = zip(bounds[:-1], bounds[1:], *(c.tolist() for c in columns), strict=True)
    for start, stop, clean_start, clean_stop, same, otherwise, composed, indented in rows:
        digest = sha256(raw[start:stop]).digest()
        content.append(digest)
        if otherwise or composed:
            text = str(raw[start:stop], "utf-8", "replace")
            if otherwise or not unicodedata.is_normalized("NFC", text):
                now, before = normalized(text), earlier(text)
                norm.append(sha256(now.encode()).digest())
                first.append(None if now == before else sha256(before.encode()).digest())
                continue
        norm.append(digest if same else sha256(clean[clean_start:clean_stop]).digest())
        lines = bytes(clean[clean_start:clean_stop]) if indented else None
        first.append(None if lines is None else sha256(_INDENTATION.sub(b" ", lines)).digest())
    return content, norm, first


def _binary32(digests: list[bytes]) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(32), len(digests), [None, pa.py_buffer(b"".join(digests))])
