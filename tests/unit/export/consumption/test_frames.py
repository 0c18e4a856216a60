"""The bytes of a consumption log: numbers come back, and a checksum depends on what came before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.export.consumption import frames

NUMBERS = st.integers(-(2**62), 2**62 - 1)


@given(st.lists(NUMBERS, max_size=20))
@settings(max_examples=60)
def test_numbers_packed_come_back(numbers: list[int]) -> None:
    packed = frames.pack(np.array(numbers, np.int64))
    assert frames.unpack(np.frombuffer(packed, np.uint8)).tolist() == numbers


@given(st.lists(NUMBERS, min_size=8, max_size=20))
@settings(max_examples=40)
def test_the_fast_way_writes_the_bytes_of_the_simple_one(numbers: list[int]) -> None:
    simple = b"".join(frames.varint(d << 1 if d >= 0 else (-d << 1) - 1) for d in numbers)
    assert frames.pack(np.array(numbers, np.int64)) == simple


@given(st.lists(st.lists(st.integers(0, 2**40), max_size=9), min_size=1, max_size=12))
@settings(max_examples=60)
def test_documents_of_many_frames_are_told_apart(steps: list[list[int]]) -> None:
    region, starts, stops = b"", [], []
    for documents in steps:
        body = frames.step_body(7, np.array(documents, np.int64))
        region += b"\xff\x00" + body  # something between them
        starts.append(len(region) - len(body) + 1)
        stops.append(len(region))
    got, counts = frames.documents_of(np.frombuffer(region, np.uint8), np.array(starts), np.array(stops))
    assert counts.tolist() == [len(documents) for documents in steps]
    assert got.tolist() == [one for documents in steps for one in documents]


def test_a_frame_that_ends_within_a_number_is_refused() -> None:
    raw = np.frombuffer(b"\x01\x81\x81\x01", np.uint8)
    with pytest.raises(ValueError, match="within a number"):
        frames.documents_of(raw, np.array([0, 2]), np.array([2, 4]))


def test_a_varint_of_more_than_64_bits_is_none() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        frames.number_at(b"\xff" * 11, 0)


def test_the_checksum_of_a_frame_depends_on_the_frame_before() -> None:
    assert frames.frame(b"body", 0)[0] != frames.frame(b"body", 1)[0]
