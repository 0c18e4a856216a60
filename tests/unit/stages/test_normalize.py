"""Normalize: exact digests, and one digest for all that reads the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.stages import normalize
from rightful.stages.normalize import Normalize, normalized
from rightful.stages.shared.normal import earlier
from tests.unit.stages.batches import answers, batch_of, column, texts

programs = st.lists(
    st.tuples(st.sampled_from(["", " ", "    ", "\t"]), texts, st.sampled_from(["\n", "\r\n"])), max_size=4
).map(lambda lines: "".join(part for line in lines for part in line))
"""Texts of lines that may be indented."""


@pytest.fixture(autouse=True, scope="module")
def compiled() -> Iterator[None]:
    """Texts of any size are read by the compiled loop, whose answer the tests compare with plain Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalize, "LEAST_BYTES", 0)
        yield


def norm(*rows: str) -> list[bytes]:
    return column(Normalize(), "norm_sha256", rows)


def first_digest(text: str) -> bytes | None:
    """The digest by rightful-norm/1, None where it is that of today."""
    return None if earlier(text) == normalized(text) else sha256(earlier(text).encode()).digest()


@given(st.lists(st.one_of(texts, programs), max_size=5))
def test_normalize_any_text_equals_plain_python(rows: list[str]) -> None:
    assert answers(Normalize(), batch_of(*rows)) == {
        "content_sha256": [sha256(row.encode()).digest() for row in rows],
        "norm_sha256": [sha256(normalized(row).encode()).digest() for row in rows],
        "norm_rule": [2] * len(rows),
        "norm1_sha256": [first_digest(row) for row in rows],
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
    text = " ".join(text.split())
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


PROGRAM = "if x:\n    y = 1\nz = 2\n"


@pytest.mark.parametrize(
    "same",
    [
        "if x:\r\n    y = 1\r\nz = 2",
        "if x:  \n\n  \t \n    y  =  1 \u00a0\nz = 2\n\n",
        "if x:\n    y = 1 z = 2",
        "\n    if x:\n        y = 1\n    z = 2",
        "\tif x:\n\t    y = 1\n\tz = 2",
        "if x:\f\v    y = 1\rz = 2",
        "if x:\n    \u3000y = 1\nz = 2",
    ],
    ids=["crlf", "blank lines and ends", "no break", "margin", "margin of tabs", "other breaks", "other space behind"],
)
def test_norm_sha256_program_with_the_same_indentation_is_equal(same: str) -> None:
    first, second = norm(PROGRAM, same)
    assert first == second


@pytest.mark.parametrize(
    "other",
    [
        "if x:\n    y = 1\n    z = 2",
        "if x:\ny = 1\nz = 2",
        "if x:\n\ty = 1\nz = 2",
        "if x:\n     y = 1\nz = 2",
        "if x:\n  y = 1\nz = 2",
        "if x: y = 1\nz = 2",
        "if x:\n\u3000\u3000y = 1\nz = 2",
    ],
    ids=["one line more", "none", "tab", "a blank more", "fewer", "no line", "ideographic space is no indentation"],
)
def test_norm_sha256_program_with_other_indentation_differs(other: str) -> None:
    first, second = norm(PROGRAM, other)
    assert first != second


def test_norm_sha256_prose_that_is_wrapped_elsewhere_is_equal() -> None:
    one = "  A first paragraph\nthat goes on.\n\n  A second one\nthat ends."
    other = "  A first\nparagraph that goes\non.\n  A second one that ends.\n"
    plain = "A first paragraph that goes on.\nA second one that ends."
    assert len({*norm(one, other)}) == 1
    assert len({*norm(plain, plain.replace(" ", "\n"), plain.replace("\n", "\n\n"))}) == 1


JOINED = {
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645": "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645",
    "\u0915\u094d\u200d\u0937": "\u0915\u094d\u0937",
    "\u09b0\u200d\u09cd\u09af": "\u09b0\u09cd\u09af",
    "\u0647\u200d \u06f1\u06f3": "\u0647 \u06f1\u06f3",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467": "\U0001f468\U0001f469\U0001f467",
    "\u2764\ufe0f\u200d\U0001f525": "\u2764\ufe0f\U0001f525",
}


@pytest.mark.parametrize(("joined", "apart"), JOINED.items())
def test_norm_sha256_joiner_that_a_script_needs_counts(joined: str, apart: str) -> None:
    first, second = norm(joined, apart)
    assert first != second
    assert normalized(joined) == joined


@pytest.mark.parametrize(
    ("came", "seen"),
    [
        ("Auf\u200clage, shelf\u200dful", "Auflage, shelfful"),
        ("\u200d\u200ca\u200c b\u200d", "a b"),
        ("\u0645\u06cc\u200c \u062e", "\u0645\u06cc \u062e"),
        ("\u0645\u06cc\u200c\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("\u0645\u200b\u200c\ufeff\u062e", "\u0645\u200c\u062e"),
        ("\u4e00\u200d\u4e01 \u0e01\u200c\u0e02", "\u4e00\u4e01 \u0e01\u0e02"),
        ("\u0647\u200d\u200c\u200d.", "\u0647\u200d."),
    ],
    ids=["latin", "edges", "end of a word", "doubled", "among others", "han and thai", "one side"],
)
def test_normalized_joiner_that_nothing_needs_is_gone(came: str, seen: str) -> None:
    assert normalized(came) == seen


joiners = st.text(
    st.sampled_from("ab \n\t\u200c\u200d\u200b\u0301\u093c\u094d\u0915\u0643\U0001f468\ufe0f\u00e9"), max_size=30
)


@given(joiners)
def test_normalized_of_joiners_and_marks_twice_equals_once(text: str) -> None:
    assert normalized(normalized(text)) == normalized(text)


lines = st.text(st.sampled_from("xy \t\n\r\v\f\u00a0\u3000\u2028"), max_size=40)


@given(st.lists(lines, max_size=8), st.text(st.sampled_from("xy\u00e9\u4e00\U0001f468"), max_size=20))
def test_normalize_lines_and_white_space_equals_plain_python(rows: list[str], word: str) -> None:
    whole = [*rows, word + "".join(rows), word.join(rows)]
    digests = answers(Normalize(), batch_of(*whole))
    assert digests["norm_sha256"] == [sha256(normalized(row).encode()).digest() for row in whole]
    assert digests["norm1_sha256"] == [first_digest(row) for row in whole]


@given(st.lists(st.one_of(texts, programs), max_size=3))
def test_normalize_few_bytes_equals_the_compiled_loop(rows: list[str]) -> None:
    """Few bytes are read in plain Python, which need not load a compiler."""
    many = answers(Normalize(), batch_of(*rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalize, "LEAST_BYTES", 1 << 30)
        assert answers(Normalize(), batch_of(*rows)) == many


HOSTILE = {
    "no space": "x" * 200_000,
    "digits": "0123456789" * 20_000,
    "blanks": " " * 200_000,
    "lines": "\n" * 200_000,
    "lines of one character": "x\n" * 100_000,
    "indented lines": "\n x" * 70_000,
    "marks": "e" + "\u0301" * 50_000,
    "scripts": "a\u0431\u4e00\U0001f468 " * 20_000,
    "a margin to the end": "    x\n" * 40_000 + "y",
    "lines of white space": "    \u3000\n" * 30_000 + "   y\n    z",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_normalize_hostile_text_equals_plain_python(text: str) -> None:
    assert answers(Normalize(), batch_of("", text, " "))["norm_sha256"] == [
        sha256(normalized(row).encode()).digest() for row in ("", text, "")
    ]


def test_norm_sha256_texts_that_meet_in_white_space_stay_apart() -> None:
    assert norm("a ", " b", " ", "", "c") == [sha256(t).digest() for t in (b"a", b"b", b"", b"", b"c")]
