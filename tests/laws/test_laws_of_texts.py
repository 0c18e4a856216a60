"""When two texts are one: what a reader sees counts, and how it was typed does not. Law 12.10 to 12.12."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.dedup import symbols
from rightful.notation.characters import is_blank
from rightful.readers.fields import text_fault
from rightful.stages import normalize
from rightful.stages.normalize import Normalize
from rightful.stages.shared import shingles
from rightful.stages.shared.normal import earlier, normalized
from tests.unit.dedup.records import Corpus, groups_of

_words = st.lists(st.text("abcdez", min_size=1, max_size=5), min_size=2, max_size=6)
_spaces = st.sampled_from([" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\n\n", "\u2003"])
_UNSEEN = ("\u00ad", "\u200b", "\u2060", "\ufeff")


@pytest.fixture(autouse=True, scope="module")
def compiled() -> Iterator[None]:
    """Short texts go through the loop that long ones go through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalize, "LEAST_BYTES", 0)
        yield


def digest(text: str) -> bytes:
    """The digest by which exact copies are found."""
    return bytes(Normalize()(pa.record_batch({"text": pa.array([text], pa.large_string())}))["norm_sha256"][0].as_py())


def same(one: str, other: str) -> bool:
    """Whether two texts are exact copies, by the rule in plain Python and by the stage alike."""
    assert (normalized(one) == normalized(other)) == (digest(one) == digest(other))
    return normalized(one) == normalized(other)


def signs(text: str) -> tuple[list[int], list[int]]:
    """The hashes of what carries a meaning between words, and of a text with all its symbols."""
    data = np.frombuffer(text.encode(), np.uint8)
    bounds = np.array([0, data.size], np.int64)
    points, table = shingles.table(), symbols.symbols()
    starts, out = np.zeros(2, np.int64), np.zeros(data.size + 2, np.uint64)
    symbols.meanings(data, bounds, points, table, symbols.unheard(), starts, out)
    few = sorted(out[: starts[-1]].tolist())
    symbols.as_they_are(data, bounds, points, table, 5, 8, starts, out)
    [(begin, end)] = pairwise(starts)
    return few, sorted(out[begin:end].tolist())


@given(_words, _spaces, st.sampled_from(_UNSEEN))
def test_how_words_are_spaced_and_what_cannot_be_seen_between_them_makes_no_other_text(
    words: list[str], space: str, unseen: str
) -> None:
    plain = " ".join(words)
    assert same(plain, f"  {space.join(words)} {space}")
    assert same(plain, " ".join(f"{word[:1]}{unseen}{word[1:]}" for word in words))
    assert not same(plain, " ".join([*words, "more"]))
    assert normalized(normalized(plain)) == normalized(plain)


@given(_words, st.sampled_from(["  ", "    ", "\t", " \t"]), st.integers(1, 5))
def test_how_deep_a_line_is_makes_another_text(words: list[str], deep: str, at: int) -> None:
    lines = [f"{word}:" for word in words]
    at = min(at, len(lines) - 1)
    deeper = [*lines[:at], deep + lines[at], *lines[at + 1 :]]
    assert not same("\n".join(lines), "\n".join(deeper))
    assert same("\n".join(deeper), "\n \n".join(f"{line}  " for line in deeper)), "blank lines, ends of lines"
    margin = "\n".join(deep + line for line in deeper)
    assert same("\n".join(deeper), margin), "what all lines have in common"
    assert not same("\n".join(deeper), "\n".join([*lines[:at], deep * 2 + lines[at], *lines[at + 1 :]]))
    assert earlier("\n".join(lines)) == earlier("\n".join(deeper)), "an earlier version knew no indentation"


NEEDED = {
    "persian": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "hindi": "\u0915\u094d\u200d\u0937",
    "sinhala": "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
}


@pytest.mark.parametrize("name", NEEDED)
def test_a_joiner_that_a_script_needs_makes_another_text(name: str) -> None:
    text = NEEDED[name]
    bare = text.replace("\u200c", "").replace("\u200d", "")
    assert not same(text, bare)
    assert same(text, text.replace("\u200c", "\u200c\u200c").replace("\u200d", "\u200d\u200d"))
    assert earlier(text) == bare, "an earlier version removed it"


@given(_words, st.sampled_from(["\u200c", "\u200d"]))
def test_a_joiner_that_nothing_needs_makes_no_other_text(words: list[str], joiner: str) -> None:
    assert same(" ".join(words), joiner.join([" ".join(words), ""]))
    assert same(" ".join(words), " ".join(f"{word[:1]}{joiner}{word[1:]}" for word in words))


@given(st.text(st.sampled_from("".join(_UNSEEN) + " \t\n\u200c\u200d\u2800\u3164\ufe0f\u00a0"), max_size=12))
def test_a_text_in_which_nothing_can_be_seen_is_none(text: str) -> None:
    assert is_blank(text)
    assert text_fault(text) == "empty text"
    assert text_fault(f"{text}a") is None


SYMBOLS = ("+", "-", "*", "/", "<", ">", "=", "%", "&", "|", "\u20ac", "\u00a3", "\U0001f600", "\U0001f621")


@given(st.lists(st.integers(1, 99), min_size=2, max_size=5), st.lists(st.sampled_from(SYMBOLS), min_size=2, max_size=2))
def test_a_symbol_that_carries_a_meaning_is_heard(numbers: list[int], pair: list[str]) -> None:
    one, other = (f" {symbol} ".join(map(str, numbers)) for symbol in pair)
    for of_one, of_other in zip(signs(one), signs(other), strict=True):
        assert (of_one == of_other) == (pair[0] == pair[1])
    assert all(signs(one)), "none is passed over"


TYPED = {
    "quotes": ("\u201cno\u201d it\u2019s", '"no" it\'s'),
    "dashes": ("one \u2014 two", "one - two"),
    "full width": ("a \uff0b b", "a + b"),
    "spaces": ("a  =   b", "a = b"),
}


@pytest.mark.parametrize("name", TYPED)
def test_how_a_symbol_is_typed_makes_no_other_text(name: str) -> None:
    one, other = TYPED[name]
    assert signs(one) == signs(other)


_NUMBERS = [(n * 37 % 89, n * 53 % 97) for n in range(60)]
APART = {
    "sum": ("What is 12 + 7 of them?", "What is 12 - 7 of them?"),
    "brackets": ("the set {1, 2, 3} of it", "the set (1, 2, 3) of it"),
    "long": tuple("\n".join(f"sum {a} {sign} {b} of row" for a, b in _NUMBERS) for sign in "+-"),
}


def test_texts_that_differ_in_what_their_symbols_say_are_no_near_copies(tmp_path: Path) -> None:
    for name, (one, other) in APART.items():
        assert groups_of(Corpus(tmp_path / name).add({"a": one, "b": other})) == set(), name
    words = " ".join(f"word{n}" for n in range(60))
    typed = {"a": f"It\u2019s \u201cone\u201d {words}", "b": f'It\'s "one" {words} end'}
    assert groups_of(Corpus(tmp_path / "alike").add(typed)) == {frozenset("ab")}
