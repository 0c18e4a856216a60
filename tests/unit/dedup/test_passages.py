"""Passages: what two texts share is found where it stands, whatever its spelling, and what they do not share is not."""

from __future__ import annotations

import random
import unicodedata

import numpy as np
import pytest
from hypothesis import given

from rightful.dedup.passages import Wanted, Words
from rightful.stages.signature import Signature
from tests.unit.shelf import wording
from tests.unit.stages.batches import batch_of
from tests.unit.stages.test_signature import any_text

CHANCE = random.Random(5)
VOCABULARY = [f"w{n}" for n in range(30_000)]
HAN = "我能吞下玻璃而不伤身体因为我很强壮并且每天都在锻炼身体所以没有问题今天天气很好我们去公园散步吧大家都很高兴"


def prose(words: int) -> list[str]:
    return CHANCE.choices(VOCABULARY, k=words)


@given(any_text)
def test_words_are_those_of_signatures(text: str) -> None:
    words = Words.of(text).hashes.tolist()
    others = Signature(words=1, characters=1).shingles(batch_of(text))[0].tolist()
    assert len(words) == len(others)
    assert len(set(zip(words, others, strict=True))) == len(set(words)) == len(set(others))


@given(any_text)
def test_word_stands_where_it_is_said_to(text: str) -> None:
    words = Words.of(text)
    for begin, end, hashed in zip(words.begins.tolist(), words.ends.tolist(), words.hashes.tolist(), strict=True):
        assert Words.of(text[begin:end]).hashes.tolist() == [hashed]


def test_passage_is_found_where_it_stands() -> None:
    words = prose(400)
    text = " ".join(words)
    asked = " ".join(words[100:160])
    match = Wanted(asked.upper().replace(" ", ",\n ")).look(text)
    assert match is not None
    (passage,) = match.passages
    assert text[passage.start :][: passage.length] == asked
    assert (match.share, passage.words) == (1.0, 60)
    assert match.covered == pytest.approx(60 / 400)


def test_offsets_count_code_points_of_the_text_as_it_is_stored() -> None:
    before = "\U0001f30a été 水 "
    text = before + unicodedata.normalize("NFD", "Été à la plage où la marée était haute.")
    match = Wanted("été à la plage où la marée était haute").look(text)
    assert match is not None
    passage = match.passages[0]
    assert text[passage.start :][: passage.length] == text[len(before) :][:-1]


@pytest.mark.parametrize("changed", [1, 3, 5])
def test_passage_with_words_changed_is_found_as_one(changed: int) -> None:
    words = prose(300)
    asked = words[80:180]
    for at in CHANCE.sample(range(100), changed):
        asked[at] = "another"
    match = Wanted(" ".join(asked)).look(" ".join(words))
    assert match is not None
    assert len(match.passages) == 1
    assert match.share == pytest.approx(1 - changed / 100, abs=0.06)


def test_characters_stand_for_words_where_nothing_is_between_them() -> None:
    match = Wanted(HAN[5:50]).look(HAN)
    assert match is not None
    assert match.passages[0][:2] == (5, 45)


def test_several_passages_of_a_long_text_are_each_found() -> None:
    book, record = prose(5000), prose(900)
    record[100:150], record[600:700] = book[4000:4050], book[200:300]
    match = Wanted(" ".join(book)).look(" ".join(record))
    assert match is not None
    assert [p.words for p in match.passages] == [100, 50]
    assert match.share == pytest.approx(150 / 5000)


def test_words_that_come_again_count_once() -> None:
    words = prose(40)
    match = Wanted(" ".join(words)).look(" ".join(words * 9))
    assert match is not None
    assert match.share == 1.0


def test_short_text_that_is_wholly_in_a_long_one_is_found() -> None:
    book = prose(3000)
    assert Wanted(" ".join(book)).look(" ".join(book[700:710])) is not None


@pytest.mark.parametrize("shared", [5, 20])
def test_few_words_in_common_are_no_passage(shared: int) -> None:
    one, other = prose(300), prose(300)
    one[10 : 10 + shared] = other[200 : 200 + shared]
    assert Wanted(" ".join(one)).look(" ".join(other)) is None


def test_words_that_lie_far_apart_are_no_passage() -> None:
    words = prose(2000)
    scattered = [w for n in range(0, 2000, 200) for w in words[n : n + 4]]
    assert Wanted(" ".join(scattered)).look(" ".join(words)) is None


@pytest.mark.parametrize("text", ["", "...", "\ud800"])
def test_text_without_words_is_nowhere(text: str) -> None:
    assert Wanted(text).look(wording("tide")) is None
    assert Wanted(wording("tide")).look(text) is None


@given(any_text, any_text)
def test_no_text_of_any_form_is_too_much(one: str, other: str) -> None:
    match = Wanted(one).look(other)
    for passage in match.passages if match else ():
        assert 0 <= passage.start < passage.start + passage.length <= len(other)
        assert 0 <= passage.at < passage.at + passage.of <= len(one)
    whole = Wanted(one).look(one)
    assert (whole is None) == (not np.any(Words.of(one).hashes))
    assert whole is None or whole.share == 1.0
