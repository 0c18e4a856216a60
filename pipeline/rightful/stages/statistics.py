"""Statistics: cheap numbers about the shape of a text, for filters to ask about. Floor 3.

Tags, not verdicts. Everything is counted on the UTF-8 bytes of the whole batch; there is no loop over words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.stages.shared.bytes import Ints, Marks, Texts, white_space

_COUNTED = ("words", "newlines", "visible", "digits", "upper", "symbols")


@dataclass(frozen=True, slots=True)
class Statistics:
    """Words, lines and what the visible characters (code points that are not white space) are.

    * ``n_words``: runs of visible characters, as ``len(text.split())``. Chinese, Japanese, Thai and other scripts
      that do not put spaces between words are not segmented: there a word is a phrase or a whole paragraph.
    * ``n_lines``: lines that end in a line feed, and the rest after the last one if there is any; 0 for no text.
    * ``mean_word_length``: visible characters per word; 0 where there are no words.
    * ``digit_share``, ``upper_share``, ``symbol_share``: which share (0..1) of the visible characters are ``0-9``,
      ``A-Z``, and ASCII punctuation (``string.punctuation``); 0 where there are none. Other alphabets have no part
      in these three.
    """

    name: ClassVar[str] = "statistics"
    about: ClassVar[str] = "Numbers about the shape of a text; no settings."
    version: ClassVar[str] = "rightful-statistics/1"
    adds: ClassVar[tuple[pa.Field, ...]] = (
        pa.field("n_words", pa.int64(), nullable=False),
        pa.field("n_lines", pa.int64(), nullable=False),
        pa.field("mean_word_length", pa.float32(), nullable=False),
        pa.field("digit_share", pa.float32(), nullable=False),
        pa.field("upper_share", pa.float32(), nullable=False),
        pa.field("symbol_share", pa.float32(), nullable=False),
    )
    says: ClassVar[Mapping[str, str]] = {
        "n_words": "Runs of visible characters; scripts without spaces are not segmented.",
        "n_lines": "Lines.",
        "mean_word_length": "Visible characters per word.",
        "digit_share": "Share of the visible characters that are 0-9.",
        "upper_share": "Share of the visible characters that are A-Z.",
        "symbol_share": "Share of the visible characters that are ASCII punctuation.",
    }

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The numbers of each text."""
        texts = Texts.of(batch)
        counts = _counts(texts)
        visible = counts["visible"]
        return {
            "n_words": pa.array(counts["words"]),
            "n_lines": pa.array(counts["newlines"] + _has_open_line(texts)),
            "mean_word_length": pa.array(_ratio(visible, counts["words"])),
            "digit_share": pa.array(_ratio(counts["digits"], visible)),
            "upper_share": pa.array(_ratio(counts["upper"], visible)),
            "symbol_share": pa.array(_ratio(counts["symbols"], visible)),
        }


def _counts(texts: Texts) -> dict[str, Ints]:
    marks = {name: Marks(texts.data.size) for name in _COUNTED}
    for start, stop in texts.blocks():
        spaces = white_space(texts.data, max(start - 1, 0), stop)
        first = int(start > 0)  # 1: the byte before the block is there too
        here = spaces[first:]
        words = ~here
        words[1 - first :] &= spaces[:-1]
        begins = texts.begins(start, stop)
        words[begins] = ~here[begins]
        block = texts.data[start:stop]
        digits, upper = (block - 0x30) < 10, (block - 0x41) < 26
        letters = ((block | 0x20) - 0x61) < 26
        marks["words"].put(start, words)
        marks["newlines"].put(start, block == 0x0A)
        marks["visible"].put(start, ~here & ((block & 0xC0) != 0x80))
        marks["digits"].put(start, digits)
        marks["upper"].put(start, upper)
        marks["symbols"].put(start, ((block - 0x21) < 0x5E) & ~(digits | letters))
    return {name: mark.count(texts.bounds) for name, mark in marks.items()}


def _has_open_line(texts: Texts) -> Ints:
    """1 for each text that does not end in a line feed, 0 for the others and for empty ones."""
    result = np.zeros(len(texts), np.int64)
    full = np.flatnonzero(np.diff(texts.bounds))
    result[full] = texts.data[texts.bounds[full + 1] - 1] != 0x0A
    return result


def _ratio(part: Ints, whole: Ints) -> npt.NDArray[np.float32]:
    """``part / whole``, and 0 where ``whole`` is 0."""
    return (part / np.maximum(whole, 1)).astype(np.float32)
