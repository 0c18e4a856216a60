"""Shingles are the same whether words are found 64 bytes at a time or one by one."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.stages.shared import shingles as loops
from rightful.stages.shared.bytes import Texts
from rightful.stages.shared.scan import compiled
from rightful.stages.shared.shingles import begin, scan
from rightful.stages.signature import _loads

LETTERS = "aZ_79é\u044f中ก\u0301\u00ad\u200bς İK\n-.@[`{/:\x7f\x00\u2019\U0001f600"
ONE_BY_ONE = 1
"""With room for one shingle no window of 64 bytes is read: there might be more in it."""


@compiled
def _begin(state, ring, start, stop):  # type: ignore[no-untyped-def]
    """Called from Python: what it is of calls it from a loop."""
    begin(state, ring, start, stop)


@compiled
def _scan(data, loads, table, words, characters, state, ring, out, room):  # type: ignore[no-untyped-def]
    return scan(data, loads, table, words, characters, state, ring, out, room)


def read(texts: list[str], words: int, characters: int, room: int) -> list[tuple[list[int], list[int]]]:
    """The hashes of each text, taken ``room`` at a time, and the state in which it is left."""
    data, loads = _loads(batch := Texts.of(pa.record_batch({"text": pa.array(texts, pa.large_string())})))
    out, answers = np.empty(room, np.uint64), []
    for i in range(len(texts)):
        state, ring = np.zeros(loops.STATE, np.uint64), np.zeros(loops.RING, np.uint64)
        _begin(state, ring, batch.bounds[i], batch.bounds[i + 1])
        hashes: list[int] = []
        while n := _scan(data, loads, loops.table(), words, characters, state, ring, out, room):
            hashes += out[:n].tolist()
        state[loops.AT] -= np.uint64(batch.bounds[i])
        answers.append((hashes, [*state[loops.AT : loops.AT + 1].tolist(), *state[loops.TOKENS :].tolist()]))
    return answers


def held(texts: list[str], words: int = 5, characters: int = 8) -> None:
    texts = [*texts, "." * 80]  # behind the last text there are bytes, so that it is read as the others are
    assert read(texts, words, characters, 4096) == read(texts, words, characters, ONE_BY_ONE)


@given(st.lists(st.text(st.sampled_from(LETTERS), max_size=300), max_size=4), st.integers(1, 9), st.integers(1, 9))
def test_shingles_of_any_text_are_those_of_word_after_word(texts: list[str], words: int, characters: int) -> None:
    held(texts, words, characters)


@given(st.lists(st.text(st.sampled_from("aaaaaaaaB_9  "), min_size=50, max_size=400), max_size=4))
def test_shingles_of_words_across_windows_are_whole(texts: list[str]) -> None:
    held(texts)


@pytest.mark.parametrize(
    "text",
    ["", "a" * 5000, "_" * 64, "7" * 999, "\u0301" * 500, " " * 500, "x\n" * 900, "aб" * 300, "a " * 64, "A" * 64 + " b",
     " " * 63 + "a", "a" * 63 + "é", "a" * 64 + "\u00adb", ("b" * 8 + " ") * 200, ("c" * 15 + "_") * 200],
)  # fmt: skip
@pytest.mark.parametrize("before", [0, 1, 7, 63, 64])
def test_shingles_of_a_text_made_for_it_are_those_of_word_after_word(text: str, before: int) -> None:
    held(["-" * before, text, "-" * before + text, text + "é", text + " b"])


def test_shingles_of_words_of_ascii_are_in_lower_case() -> None:
    every = "".join(map(chr, range(128)))
    chance = random.Random(1)
    texts = ["".join(chance.choices(every, k=200)) for _ in range(50)]
    assert [h for h, _ in read([*texts, "." * 80], 1, 1, 4096)] == [
        h for h, _ in read([*(t.lower() for t in texts), "." * 80], 1, 1, 4096)
    ]
