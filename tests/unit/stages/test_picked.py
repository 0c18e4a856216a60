"""What the index of passages has of a text: the least of every window of shingles, and one of a text that is shorter."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from rightful.stages.shared.shingles import WIDEST, WIDEST_ALONE, WINDOW_BYTES
from rightful.stages.signature import Signature
from tests.unit.stages.batches import batch_of

CHANCE = np.random.default_rng(7)
VOCABULARY = [f"word{n}" for n in range(4000)]
HAN = [chr(n) for n in range(0x4E00, 0x5E00)]


def prose(words: int) -> str:
    return " ".join(CHANCE.choice(VOCABULARY, words))


TEXTS = [
    *(prose(n) for n in (1, 4, 5, 6, 30, 48, 60, 400, 3000)),
    "".join(CHANCE.choice(HAN, 900)),
    " ".join("a" * 500),
    "3 1 4 1 5 9 2 6 5 3 5 " * 90,
    "e\u0301te\u0301 " * 80,
    "",
    "...",
]


@pytest.fixture(scope="module")
def picked() -> list[set[int]]:
    _, of = Signature().with_picked(batch_of(*TEXTS))
    return [set(of.hashes[of.rows == n].tolist()) for n in range(len(TEXTS))]


@pytest.mark.parametrize("n", range(len(TEXTS)))
def test_every_window_has_one_that_is_picked_and_nothing_else_is(n: int, picked: list[set[int]]) -> None:
    hashes = Signature().shingles(batch_of(TEXTS[n]))[0].tolist()
    widest = WIDEST_ALONE if TEXTS[n] and ord(TEXTS[n][0]) >= 0x4E00 else WIDEST
    starts = [range(max(1, len(hashes) - w + 1)) if hashes else range(0) for w in range(1, widest + 1)]
    assert picked[n] in [{min(hashes[i : i + w]) for i in at} for w, at in enumerate(starts, 1)]
    for i in range(len(hashes) - widest + 1):
        assert picked[n] & set(hashes[i : i + widest])


def test_about_one_shingle_is_picked_of_so_many_bytes() -> None:
    text = prose(40_000)
    _, of = Signature().with_picked(batch_of(text))
    assert 0.9 < len(text) / of.hashes.size / WINDOW_BYTES < 1.1


def test_picking_changes_no_signature_and_depends_on_no_neighbour() -> None:
    together, of = Signature().with_picked(batch_of(*TEXTS))
    assert together["signature"] == Signature()(batch_of(*TEXTS))["signature"]
    for n, text in enumerate(TEXTS):
        alone = Signature().with_picked(batch_of(text))[1]
        assert alone.hashes.tolist() == of.hashes[of.rows == n].tolist()


def test_nothing_is_picked_unless_it_is_asked_for() -> None:
    _, of = Signature().with_picked(batch_of(*TEXTS), pick=False)
    assert of.hashes.size == of.rows.size == 0


def test_batch_without_rows_has_nothing_to_pick() -> None:
    _, of = Signature().with_picked(pa.record_batch({"text": pa.array([], pa.large_string())}))
    assert of.hashes.size == 0
