"""Normalize: exact digests, and one digest for all that reads the same."""

from __future__ import annotations

import unicodedata
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages._text import BLOCK_BYTES
from pipeline.stages.normalize import Normalize, normalized
from tests.unit.stages.batches import answers, batch_of, column, texts


def norm(*rows: str) -> list[bytes]:
    return column(Normalize(), "norm_sha256", rows)


@given(st.lists(texts, max_size=5))
def test_normalize_any_text_equals_plain_python(rows: list[str]) -> None:
    assert answers(Normalize(), batch_of(*rows)) == {
        "content_sha256": [sha256(row.encode()).digest() for row in rows],
        "norm_sha256": [sha256(normalized(row).encode()).digest() for row in rows],
        "n_chars": [len(row) for row in rows],
        "n_bytes": [len(row.encode()) for row in rows],
    }


@given(texts)
def test_normalized_twice_equals_once(text: str) -> None:
    assert normalized(normalized(text)) == normalized(text)


@given(texts)
def test_norm_sha256_of_normalized_text_is_its_content_sha256(text: str) -> None:
    row = answers(Normalize(), batch_of(normalized(text)))
    assert row["norm_sha256"] == row["content_sha256"]


@given(texts, st.sampled_from([" ", "\n", "\t\u00a0", "\u2003\r\n"]))
def test_norm_sha256_other_white_space_and_form_is_equal(text: str, space: str) -> None:
    spaced = space + space.join(text.split()) + space
    assert norm(spaced) == norm(text) == norm(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize(
    "other",
    ["One line, 2 words", "one line, 3 words", "one line, 2words", "one line. 2 words", "one line, \uff12 words"],
    ids=["case", "digit", "joined", "punctuation", "fullwidth"],
)
def test_norm_sha256_text_that_reads_otherwise_differs(other: str) -> None:
    first, second = norm("one line, 2 words", other)
    assert first != second


def test_normalized_each_rule_by_example() -> None:
    assert normalized("\ufeff soft\u00adly\u200b \u2060\n\n a\u0301 \u3000b ") == "softly \u00e1 b"
    assert normalized("e\u200d\u0301") == "\u00e9", "removed first, so that the accent reaches its letter"
    assert normalized("\u2000\u2001") == ""
    assert normalized("\u212b \ufb01") == "\u00c5 \ufb01", "NFC, not NFKC"


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("character", [" ", "\u00a0", "\u3000", "\u00ad", "\u200b", "\u0301", "\U0001d165"])
def test_norm_sha256_character_across_a_block_edge_is_seen(character: str, before: int) -> None:
    rows = ["x" * (BLOCK_BYTES - before) + character + " \u3000y", " z"]
    assert norm(*rows) == [sha256(normalized(row).encode()).digest() for row in rows]


def test_norm_sha256_texts_that_meet_in_white_space_stay_apart() -> None:
    assert norm("a ", " b", " ", "", "c") == [sha256(t).digest() for t in (b"a", b"b", b"", b"", b"c")]
