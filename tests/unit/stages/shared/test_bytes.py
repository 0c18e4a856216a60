"""The bytes below the stages: characters are told apart as Python's unicodedata tells them."""

from __future__ import annotations

import mmap
import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rightful.stages.shared.bytes import COMPOSES, GONE, REMOVED, Marks, Texts, _unusual, white_space
from tests.unit.stages.batches import batch_of

EVERY_CODE_POINT = [*range(0xD800), *range(0xE000, 0x110000)]


def test_white_space_every_code_point_is_what_split_splits_at() -> None:
    data = np.frombuffer("".join(map(chr, EVERY_CODE_POINT)).encode(), np.uint8)
    mask = white_space(data, 0, data.size)
    begins = np.flatnonzero((data & 0xC0) != 0x80)
    lengths = np.diff([*begins, data.size])
    assert (np.add.reduceat(mask, begins, dtype=int) == lengths * mask[begins]).all(), "a character is space in part"
    assert [EVERY_CODE_POINT[i] for i in np.flatnonzero(mask[begins])] == [
        code for code in EVERY_CODE_POINT if not chr(code).split()
    ]


def test_removed_every_code_point_is_listed() -> None:
    data = np.frombuffer("".join(map(chr, EVERY_CODE_POINT)).encode(), np.uint8)
    at, kind = _unusual(np.concatenate([data, np.zeros(2, np.uint8)]), GONE)
    assert set(kind.tolist()) == {GONE}
    assert [bytes(data[i : i + 3]).decode(errors="ignore")[0] for i in at] == sorted(REMOVED)


def test_composes_no_quiet_code_point_changes_or_joins() -> None:
    joining = {
        parts[1]
        for code in EVERY_CODE_POINT
        if len(parts := unicodedata.decomposition(chr(code)).split()) == 2 and not parts[0].startswith("<")
    }
    data = np.frombuffer("".join(map(chr, EVERY_CODE_POINT)).encode(), np.uint8)
    at, _ = _unusual(np.concatenate([data, np.zeros(2, np.uint8)]), COMPOSES)
    begins = np.flatnonzero((data & 0xC0) != 0x80)
    quiet = np.flatnonzero(~np.isin(begins, at))
    wrong = [
        hex(code)
        for code in (EVERY_CODE_POINT[i] for i in quiet.tolist())
        if unicodedata.combining(chr(code))
        or f"{code:04X}" in joining
        or (not unicodedata.is_normalized("NFC", chr(code)) and not chr(code).isspace())
        or not unicodedata.is_normalized("NFC", "\uac00" + chr(code))
        or not unicodedata.is_normalized("NFC", "\u1100" + chr(code))
    ]
    # Two spaces have canonical equivalents that are spaces: collapsing makes them one.
    assert [code for code in wrong if not chr(int(code, 16)).isspace()] == []


@given(st.lists(st.booleans(), max_size=300), st.data())
def test_marks_count_equals_sum(values: list[bool], data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(values)), max_size=5))
    bounds = np.array([0, *sorted(cuts), len(values)], np.int64)
    marks = Marks(len(values))
    marks.put(0, np.array(values, np.bool_))
    assert marks.count(bounds).tolist() == [sum(values[a:b]) for a, b in pairwise(bounds)]


def test_texts_of_slice_is_not_copied() -> None:
    batch = batch_of("aa", "bbb", "", "c").slice(1, 2)
    texts = Texts.of(batch)
    assert texts.bounds.tolist() == [0, 3, 3]
    assert texts.data.tobytes() == b"bbb"
    assert texts.data.ctypes.data == batch.column("text").buffers()[2].address + 2


def test_texts_of_offsets_beyond_four_gigabytes_are_kept() -> None:
    start = 5 << 30  # of memory that is reserved and, but for its last page, never touched
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    values = mmap.mmap(-1, start + 5, flags=flags)
    values[start:] = b"a b\xc3\xa9"
    offsets = np.array([0, start, start + 3, start + 5], np.int64)
    column = pa.Array.from_buffers(pa.large_string(), 3, [None, pa.py_buffer(offsets), pa.py_buffer(values)])
    texts = Texts.of(pa.record_batch({"text": column}).slice(1))
    assert texts.bounds.tolist() == [0, 3, 5]
    assert texts.data.tobytes() == "a b\u00e9".encode()
