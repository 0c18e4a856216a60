"""Signature: the shingles are those of plain Python, the values those of datasketch."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from itertools import chain
from pathlib import Path

import datasketch
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.stages.normalize import normalized
from rightful.stages.shared.bytes import JOINERS
from rightful.stages.shared.shingles import _END, _UNSEPARATED
from rightful.stages.signature import PERMUTATIONS, Signature
from tests.unit.stages.batches import TRICKY, answers, batch_of, texts

thick = st.text(alphabet=TRICKY + "abcXYZ_ 019 ..,,中文字かなไทย한국어ΣςσİıſK\u0939\u093f\u0928", max_size=80)
sentences = st.lists(st.sampled_from("the cat The DOG über naïve_2 中文 ไทย и Это \u00ad , - 7".split()), max_size=30)
any_text = st.one_of(texts, thick, sentences.map(" ".join), sentences.map("".join))


def is_word(char: str) -> bool:
    """All of the planes of ideographs are words, those too that the Unicode of this Python does not know yet."""
    return char.isalnum() or 0x20000 <= ord(char) < _END


def alone(char: str) -> bool:
    return is_word(char) and any(start <= ord(char) < stop for start, stop in _UNSEPARATED)


def words(text: str) -> list[str]:
    """The words of a text, the obvious way."""
    found: list[str] = []
    open_word = False
    for char in normalized(text):
        if char in JOINERS:
            continue  # normalized keeps those that a script needs: they are no part of a word, and part none
        if unicodedata.category(char)[0] == "M":
            if open_word:
                found[-1] += char
        elif alone(char):
            found.append(char)
            open_word = True
        elif is_word(char) or char == "_":
            lower = char.lower() if len(char.lower()) == 1 else char
            lower = "σ" if lower == "ς" else lower
            if open_word and not alone(found[-1][0]):
                found[-1] += lower
            else:
                found.append(lower)
            open_word = True
        else:
            open_word = False
    return found


def plainly(text: str, words_: int = 5, characters: int = 8) -> list[tuple[str, ...]]:
    """The shingles of a text, the obvious way."""
    tokens = words(text)
    found = []
    for i, token in enumerate(tokens):
        wide = characters if alone(token[0]) else words_
        if i + 1 >= wide:
            found.append(tuple(tokens[i + 1 - wide : i + 1]))
    return found or ([tuple(tokens)] if tokens else [])


def hashes(stage: Signature, *rows: str) -> list[list[int]]:
    flat, starts = stage.shingles(batch_of(*rows))
    return [flat[starts[i] : starts[i + 1]].tolist() for i in range(len(rows))]


def agree(stage: Signature, one: str, other: str) -> float:
    first, second = (np.frombuffer(s, "<u4") for s in answers(stage, batch_of(one, other))["signature"])
    return float((first == second).mean())


@given(st.lists(any_text, min_size=1, max_size=4), st.sampled_from([(5, 8), (1, 1), (2, 3), (3, 2)]))
@example(["0:0:0\U0003134b0:0"], (5, 8))
@example(["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0620\u200c\u0620", "\u0620\u0620"], (1, 1))
@example(["\u0915\u094d\u200d\u0937 \u200c\u0620 \u0620\u200d", "a\u200cb"], (2, 3))
def test_shingles_any_texts_are_those_of_plain_python(rows: list[str], sizes: tuple[int, int]) -> None:
    came = hashes(Signature(*sizes), *rows)
    expected = [plainly(row, *sizes) for row in rows]
    assert [len(c) for c in came] == [len(e) for e in expected]
    named: dict[tuple[str, ...], int] = {}
    for shingle, hashed in zip(chain(*expected), chain(*came), strict=True):
        assert named.setdefault(shingle, hashed) == hashed, f"{shingle} has two hashes"
    assert len(set(named.values())) == len(named), "two shingles have one hash"


@pytest.mark.parametrize("before", range(18))
@pytest.mark.parametrize("letter", ["b", "é", "中", "\u00ad", "\u0301", "_", "9", "İ"])
def test_shingles_word_across_the_eight_bytes_of_a_step_is_one_word(letter: str, before: int) -> None:
    row = "Q" * before + letter + "Qq 7"
    sizes = Signature(words=1, characters=1)
    assert hashes(sizes, row, "x") == hashes(sizes, " " + row.lower().replace("i̇", "İ"), "x")
    assert len(hashes(sizes, row)[0]) == len(words(row))


@given(st.lists(any_text, min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_signature_any_texts_equals_datasketch(rows: list[str], seed: int) -> None:
    stage = Signature(seed=seed)
    added = answers(stage, batch_of(*rows))
    for row, (count, signature) in zip(
        hashes(stage, *rows), zip(added["n_shingles"], added["signature"], strict=True), strict=True
    ):
        oracle = datasketch.MinHash(PERMUTATIONS, seed, hashfunc=lambda h: h & 0xFFFFFFFF, scheme="affine32")
        if row:
            oracle.update_batch(row)
        assert count == len(row)
        assert np.frombuffer(signature, "<u4").tolist() == oracle.hashvalues.tolist()


def test_signature_real_documents_datasketch_estimates_the_jaccard_that_was_published(cases: Path) -> None:
    with (cases / "6-filters" / "version-pairs.shared.jsonl").open(encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    stage = Signature()
    for pair in pairs:
        one, other = (set(row) for row in hashes(stage, pair["text_a"], pair["text_b"]))
        assert len(one & other) / len(one | other) == pytest.approx(pair["jaccard_word5"], abs=2e-3), pair["path"]
        assert agree(stage, pair["text_a"], pair["text_b"]) == pytest.approx(pair["jaccard_word5"], abs=0.2)


@given(any_text)
def test_signature_text_as_a_reader_sees_it_is_the_same(row: str) -> None:
    one, other = answers(Signature(), batch_of(row, normalized(row)))["signature"]
    assert one == other


@pytest.mark.parametrize(
    "other",
    [
        "THE QUICK BROWN FOX JUMPS",
        "the\u3000quick\n\nbrown\tfox jumps",
        "«the quick—brown fox», jumps!",
        "t\u200bhe quick brown fox jumps",
    ],
)
def test_signature_case_space_and_punctuation_do_not_matter(other: str) -> None:
    assert agree(Signature(), "the quick brown fox jumps", other) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße ÜBER ΣΟΦΟΣ", "straße über σοφος"),
        ("ПРИВЕТ МИР", "привет мир"),
        ("caf\u00e9", "cafe\u0301"),
        ("\uac00\uac01", "\u1100\u1161\u1100\u1161\u11a8"),
    ],
)
def test_signature_case_and_composition_of_other_alphabets_do_not_matter(one: str, other: str) -> None:
    assert agree(Signature(), one, other) == 1


@pytest.mark.parametrize(("one", "other"), [("page 1", "page 2"), ("שלום", "שלוה"), ("बिना", "बीना"), ("中文", "中交")])
def test_signature_digit_letter_or_vowel_sign_that_differs_matters(one: str, other: str) -> None:
    assert agree(Signature(), one, other) < 0.1


@pytest.mark.parametrize("row", ["", " \n", "…—!?", "\u200b\u00ad", "\u0301", "😀👍"])
def test_signature_text_without_words_has_no_shingle(row: str) -> None:
    added = answers(Signature(), batch_of(row))
    assert added == {"n_shingles": [0], "signature": [b"\xff" * (4 * PERMUTATIONS)]}


@pytest.mark.parametrize(
    ("row", "count"), [("Yes.", 1), ("one two three four", 1), ("a b c d e", 1), ("a b c d e f", 2)]
)
def test_signature_few_words_are_one_shingle(row: str, count: int) -> None:
    assert answers(Signature(), batch_of(row))["n_shingles"] == [count]


def test_signature_script_without_spaces_has_characters_for_words() -> None:
    rows = ["一二三四五六七八九十", "ภาษาไทยสวยงามมาก", "かなカナかなカナかな", "한국어 문장 하나"]
    counts = answers(Signature(), batch_of(*rows))["n_shingles"]
    assert counts == [len(words(row)) - 7 for row in rows[:3]] + [1]


def test_signature_bytes_that_are_not_utf8_separate_words() -> None:
    """Arrow does not look; a text of such bytes must not be read beyond its end."""
    rows = [b"lone \xed\xa0\x80 surrogate", b"cut off \xf0\x9f", b"\xff\xfe\xff", b"next one"]
    values = pa.array(rows, pa.large_binary())
    column = pa.Array.from_buffers(pa.large_string(), len(rows), values.buffers())
    added = Signature()(pa.record_batch({"text": column}))
    assert added["n_shingles"].to_pylist() == [1, 1, 0, 1]
    assert added["signature"][0].as_py() == answers(Signature(), batch_of("lone surrogate"))["signature"][0]


def test_signature_fifty_megabytes_in_one_text_is_read() -> None:
    text = "word " * 5_000_000 + "中" * 8_000_000 + "é" * 1_000_000
    added = answers(Signature(), batch_of("before", text, "after"))
    assert added["n_shingles"] == [1, 5_000_000 - 4 + 8_000_000 + 1, 1]


@given(rows=st.lists(any_text, max_size=6))
def test_signature_row_does_not_depend_on_neighbours_or_slices(rows: list[str]) -> None:
    together = answers(Signature(), batch_of(*rows))["signature"]
    assert together == [answers(Signature(), batch_of(row))["signature"][0] for row in rows]
    assert answers(Signature(), batch_of("x y", *rows, "z").slice(1, len(rows)))["signature"] == together


@pytest.mark.parametrize("settings", [{"words": 0}, {"words": 65}, {"characters": 0}, {"seed": -1}, {"seed": 1 << 32}])
def test_signature_impossible_setting_is_refused_by_name(settings: dict[str, int]) -> None:
    with pytest.raises(InputError, match=rf"signature\.{next(iter(settings))}: expected"):
        Signature(**settings)


def test_signature_import_does_not_load_the_compiler() -> None:
    code = "import rightful.stages.signature, rightful.dedup.near, sys; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_signature_nowhere_to_keep_compiled_code_still_answers() -> None:
    """As a read-only installation without a home: numba finds no place."""
    code = """
import pyarrow as pa
from rightful.stages.signature import Signature
print(Signature()(pa.record_batch({"text": ["a b c"]}))["n_shingles"][0])
"""
    nowhere = {**os.environ, "NUMBA_CACHE_LOCATOR_CLASSES": "ZipCacheLocator"}  # which only serves code in an archive
    done = subprocess.run([sys.executable, "-c", code], env=nowhere, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_signature_compiled_code_is_kept_where_the_environment_says(tmp_path: Path) -> None:
    loop = "from rightful.stages.shared.scan import compiled\n\n\n@compiled\ndef twice(n):\n    return 2 * n\n\n\ntwice(2)\n"
    (tmp_path / "loop.py").write_text(loop)
    subprocess.run(
        [sys.executable, tmp_path / "loop.py"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")},
        check=True,
    )
    assert re.search(r"twice", " ".join(str(p) for p in (tmp_path / "kept").rglob("*.nbi")))
