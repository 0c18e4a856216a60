"""Sixty-four bytes at a time, held against one byte at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.stages.quality import loops
from rightful.stages.quality.words import classes
from rightful.stages.shared import scan

_look = scan.window(scan.HIGH, scan.SPACES, scan.LINE_FEEDS, scan.LETTERS, scan.CAPITALS, scan.DIGITS, loops.CLOSING)


def in_python(kernel: Any) -> Any:
    return kernel.py_func


@scan.compiled
def look(data, at):  # type: ignore[no-untyped-def]
    return _look(data, at)


@scan.compiled
def count(value):  # type: ignore[no-untyped-def]
    return scan.ones(value), scan.low_zeros(value), scan.high_zeros(value)


@scan.compiled
def first_bytes(data, at):  # type: ignore[no-untyped-def]
    return scan.eight(data, at)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(min_size=1, max_size=200), where=st.integers(0, 199))
def test_window_any_bytes_are_classed_as_one_by_one_and_nothing_is_read_behind_the_end(data: bytes, where: int) -> None:
    at = where % len(data)
    ranges = (*(scan.HIGH, scan.SPACES, scan.LINE_FEEDS, scan.LETTERS, scan.CAPITALS, scan.DIGITS), loops.CLOSING)
    expected = [
        sum(1 << i for i, byte in enumerate(data[at : at + 64]) if any(a <= byte <= b for a, b in ranges_of_one))
        for ranges_of_one in ranges
    ]
    longer = np.frombuffer(data + b"aA0 \n.\xff" * 16, np.uint8)[: len(data)]
    assert [int(mask) for mask in look(longer, at)] == expected
    assert int(first_bytes(longer, at)) == int.from_bytes(data[at : at + 8], "little")


@pytest.mark.parametrize("value", [0, 1, 1 << 63, (1 << 64) - 1, 0b1011000])
def test_counts_of_bits_are_those_of_python(value: int) -> None:
    low = (value & -value).bit_length() - 1 if value else 64
    assert count(np.uint64(value)) == (value.bit_count(), low, 64 - value.bit_length())


def test_classes_of_bytes_are_those_of_the_table_of_characters() -> None:
    wanted = {
        scan.SPACES: loops.SPACE,
        scan.LETTERS: loops.LETTER,
        scan.CAPITALS: loops.UPPER,
        scan.DIGITS: loops.DIGIT,
        loops.CLOSING: loops.TERMINAL | loops.CLOSER,
    }
    for ranges, kinds in wanted.items():
        members = {byte for first, last in ranges for byte in range(first, last + 1)}
        assert members == {byte for byte in range(128) if classes()[byte] & kinds}
    real = {byte for first, last in (*scan.LETTERS, *scan.DIGITS) for byte in range(first, last + 1)}
    assert real == {byte for byte in range(128) if classes()[byte] & loops.REAL}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=300))
def test_keys_that_are_there_twice_are_never_put_aside(values: list[int]) -> None:
    keys = np.array([value * 0x9E3779B97F4A7C15 % (1 << 64) for value in values], np.uint64)
    at = np.arange(len(values), dtype=np.int32)
    kept = in_python(loops._twice)(keys.copy(), at, len(values), np.zeros(loops.SEEN, np.uint8))
    wanted = [i for i, value in enumerate(values) if values.count(value) > 1]
    assert set(wanted) <= set(at[:kept].tolist())
    assert at[:kept].tolist() == sorted(at[:kept].tolist())


@scan.part
def _doubled(value: Any) -> Any:
    return value + value


@scan.part
def _steps(values: Any) -> Any:
    total = 0
    for value in values:
        total += _doubled(value) % 7
    return total


@scan.inlined
def _half(value: Any) -> Any:
    return value // 2


@scan.compiled
def _whole(values: Any) -> Any:
    return _half(_steps(values)) + _steps(values[1:])


def test_what_is_made_of_parts_counts_as_python_does() -> None:
    values = np.arange(-5, 40)
    wanted = (2 * values % 7).sum() // 2 + (2 * values[1:] % 7).sum()
    assert _whole(values) == wanted
    values.flags.writeable = False  # another type, another loop, of the same parts
    assert _whole(values) == wanted


def test_part_is_not_for_python() -> None:
    with pytest.raises(TypeError, match="not callable"):
        _doubled(3)
    assert in_python(_doubled)(3) == 6
