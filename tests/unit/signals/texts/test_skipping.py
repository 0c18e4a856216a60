"""What is skipped when a text is read could not have been met: every short cut beside the long way round."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful import catalog
from rightful.catalog.texts import license_texts
from rightful.signals.signal import About
from rightful.signals.texts import aloud, file_headers, match, notices, of_text, regions, reserving_words, words
from rightful.signals.texts.index import index_of
from rightful.signals.texts.of_text import text_claims
from rightful.signals.texts.words import Words, words_of
from tests.laws import edited_texts
from tests.unit.signals.texts.reserving_cases import RESERVING, SILENT

NAMES = catalog.load().names
PLAIN = About(NAMES, texts=license_texts)
LISTED = notices._listed(NAMES.notices)

_WORDS = """license licence licensed licences released under by to the of terms conditions GPL LGPLv3 public domain creative
commons cc-by CC BY cc0 mit MIT permit BSD-3 apache mpl free software you may not use copy redistribute modify this it file
see accompanying copying COPYING copyright unlicensed be used distributed Permission is hereby granted to use, author authors
grants disclaims holders everyone permitted unencumbered boost - version provided 'as-is' "AS-IS" redistributions and
SPDX-License-Identifier: S\u017fPDX- L\u0131cense all rights reserved AI training language model prohibited no mining
data document work document, our my content 2020 \u00a9 (c) <b> </b> [licensed](x) [under] dnl rem r\"\"\" \uff4c\uff49cense
fu\u0308r \u7248\u6743\u6240\u6709 \ubb34\ub2e8 \u043f\u0440\u0430\u0432\u0430 confidential do distribute""".split()
_JOINTS = [" ", " ", " ", "\n", "\n# ", "\n * ", "\n\n", ". ", "; ", "-", "'", "", "\t", "\u00a0", "\u2028", "\u0301"]
_SPOKEN = st.sampled_from(_WORDS) | st.sampled_from(
    [w.replace("*", "book") for w, _ in LISTED] + list(NAMES.notices.own)
)
TEXTS = st.lists(st.tuples(_SPOKEN, st.sampled_from(_JOINTS)), max_size=30).map(
    lambda of: "".join(w + j for w, j in of)
)


def _line(text: str) -> str:
    return " ".join(regions.folded(text).split())


@given(TEXTS)
def test_what_speaks_of_a_license_is_not_skipped(text: str) -> None:
    line = _line(text)
    if file_headers.FULL.search(line):
        assert file_headers._may_be_full(line)
        assert file_headers._may_be_full(regions.folded(text))
    if file_headers.STATES.search(line):
        assert file_headers._MAY_STATE.search(line)
    assert file_headers._names_one(line) is bool("licen" in line or file_headers._NAMES_ONE.search(line))
    if file_headers._SUBJECT.match(line):
        assert file_headers._may_be_given(line)
    assert file_headers._unlinked(line) == " ".join(file_headers.LINK.sub(r"\1", line).split())


@given(TEXTS, st.sampled_from(["wordings", "own", "weak"]))
def test_no_wording_that_stands_in_a_text_is_skipped(text: str, name: str) -> None:
    plain = regions.folded(text)
    spoken = notices.tokens(plain)
    words = NAMES.notices
    notices.wordings_in("", frozenset(), words)
    table = {"wordings": words.compiled["wordings"], "own": notices._own(words), "weak": notices._weak(words)}[name]
    met = {n for n, (_, pattern) in enumerate(table.met) if pattern.search(plain)}
    assert met <= set(table.of(plain, spoken))
    assert table.meets(plain, spoken) is bool(met)


@pytest.mark.parametrize("number", range(len(LISTED)))
def test_every_wording_is_met_in_the_midst_of_letters_beside_it(number: int) -> None:
    wording = LISTED[number][0].replace("*", "book")
    for text in (
        wording,
        wording.upper(),
        f"({wording})",
        f"\u00e9{wording}\u00e9",
        f"x {wording}.",
        wording.replace(" ", "\n"),
    ):
        plain = regions.folded(text)
        pattern = re.compile(notices._wording(LISTED[number][0]))
        there = pattern in [p for _, p in notices.wordings_in(plain, notices.tokens(plain), NAMES.notices)]
        assert there or not pattern.search(plain)


@given(st.text())
def test_words_are_those_between_signs(text: str) -> None:
    assert notices.tokens(text) == frozenset(re.findall(r"\w+", text))


@given(st.text(st.sampled_from(" \t/*<!-%({[#|=}\"'rubdnlemREM;+>.)\\x0bxA1"), max_size=24))
def test_a_line_is_bare_whatever_its_signs(line: str) -> None:
    inner = line.strip()
    begins = regions._MARKERS.match(inner)
    assert regions.bare(line) == regions._ENDS.sub("", inner[begins.end() :] if begins else inner).strip()


@given(TEXTS)
def test_names_of_what_may_be_reserved_are_those_of_every_word(text: str) -> None:
    plain = regions.folded(text)
    spoken = notices.tokens(plain)
    whole, beginnings, within, _ = notices._naming(NAMES.reserving)
    long_way = [w for w in spoken if w in whole or w.startswith(beginnings)] + [w for w in within if w in plain]
    assert set(notices.reserved_in(plain, spoken, NAMES.reserving)) == set(long_way)


def test_a_text_says_the_same_whether_or_not_anything_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    @given(TEXTS.flatmap(lambda t: st.sampled_from([t, f"# {t}", f"/* {t} */ x = 1", f"---\n{t}\n---\n{t}"])))
    def same(text: str) -> None:
        short = text_claims({"text": text}, PLAIN)
        with monkeypatch.context() as patch:
            patch.setattr(file_headers, "_may_be_full", lambda plain: True)
            patch.setattr(file_headers, "_FULL_WORDS", ("",))
            patch.setattr(file_headers, "_may_be_given", lambda plain: True)
            patch.setattr(file_headers, "_MAY_STATE", re.compile(""))
            patch.setattr(notices._Table, "of", lambda table, text, spoken: range(len(table.met)))
            patch.setattr(of_text, "reserved_in", lambda plain, spoken, reserving: ("",))
            stated_in = file_headers.stated_in
            patch.setattr(of_text, "stated_in", lambda *a, pointing=True: stated_in(*a, pointing=True))
            assert text_claims({"text": text}, replace(PLAIN)) == short

    same()


def _twice(monkeypatch: pytest.MonkeyPatch, texts: list[str]) -> tuple[list[object], list[object]]:
    """What texts are as licences, and what they are where every licence that is near is walked along."""
    index = index_of(license_texts())
    with monkeypatch.context() as patch:
        patch.setattr(match._Places, "have", lambda places, needed: True)
        index.read.clear()
        long_way: list[object] = [match.detect(text, license_texts()) for text in texts]
    index.read.clear()
    return [match.detect(text, license_texts()) for text in texts], long_way


def test_no_license_is_passed_over_that_a_walk_would_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    edits = [*edited_texts.benign(5, 60), *edited_texts.restricting(6, 60)]
    short, long_way = _twice(monkeypatch, [edit.text for edit in edits])
    assert [(e.license, e.how) for e, one, other in zip(edits, short, long_way, strict=True) if one != other] == []


def test_no_text_of_a_license_lacks_a_word_that_it_needs() -> None:
    index = index_of(license_texts())
    texts_of = {id: text for id, _, text in license_texts().licenses}
    for source in index.sources:
        if not source.template.is_notice:
            places = match._Places(words_of(texts_of[source.id]))
            assert places.have(source.needed[min(source.needed)]), source.id
    assert sum(any(source.needed.values()) for source in index.sources) > 0.9 * len(index.sources)


@given(st.lists(st.sampled_from(["a", "b", "ab", ""]), max_size=12), st.integers(1, 3))
def test_places_are_those_of_the_words_in_a_row(words: list[str], size: int) -> None:
    read = Words(words, words, frozenset(), "")
    for first in {tuple(words[k : k + size]) for k in range(len(words))}:
        n = len(first)
        assert match._Places(read)._at(first) == [p for p in range(len(words)) if tuple(words[p : p + n]) == first]


_SIGNS = st.text(st.sampled_from(" \n\tabABo.No*_~`-'\u00a0\u00e9"), max_size=30)


@given(_SIGNS)
def test_what_is_looked_for_quickly_is_what_the_plain_expressions_meet(text: str) -> None:
    emphasis = r"(?<!\w)[*_~`]{1,3}(?=\S)|(?<=\S)[*_~`]{1,3}(?!\w)"
    camel = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|(?<=No)(?=[A-Z])"
    blanks = r"(?!\n\s*\n)\s+"
    assert aloud._EMPHASIS.sub("", text) == re.sub(emphasis, "", text)
    assert reserving_words._CAMEL.sub(r" \g<0>", text) == re.sub(camel, " ", text)
    assert reserving_words._BLANKS.sub(" ", text) == re.sub(blanks, " ", text)
    if reserving_words._SPACED.search(text):
        assert reserving_words._MAY_BE_SPACED.search(text)
    if reserving_words._ACRONYM.search(text):
        assert reserving_words._MAY_BE_ACRONYM.search(text)


@given(TEXTS)
def test_words_of_a_statement_are_those_of_the_plain_way(text: str) -> None:
    assert reserving_words._spoken(text) == [reserving_words._folded(w) for w in reserving_words._WORD.findall(text)]


def test_a_statement_reserves_the_same_whether_or_not_sentences_are_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = st.sampled_from([*(said for each in RESERVING.values() for said in each), *SILENT]) | TEXTS

    @given(st.lists(said, max_size=5))
    def same(sentences: list[str]) -> None:
        text = ". ".join(sentences)
        short = reserving_words.reserving_phrase(text, NAMES.reserving)
        with monkeypatch.context() as patch:
            patch.setattr(reserving_words._Naming, "among", lambda naming, spoken: True)
            assert reserving_words.reserving_phrase(text, NAMES.reserving) == short

    same()


@given(st.lists(TEXTS | _SIGNS | st.sampled_from(["", "\x00", "\n\x00", "<b\n>", "<br", "a\x00\n"]), max_size=5))
def test_paragraphs_that_are_read_at_once_say_what_each_says(paragraphs: list[str]) -> None:
    assert aloud.all_aloud(paragraphs) == {each: aloud.aloud(each) for each in paragraphs}


_PAPER = st.lists(
    st.sampled_from(
        ["1. ", "a) ", "\n", " ", "MIT", "\x01", "\u01c3", "&#451;", "Licence", "\u0130", "51 Franklin Street"]
    )
    | st.sampled_from(
        [", ", "Fifth Floor", "Boston, MA 02110-1301, USA", "cambridge", "59 temple place", "<http://a.b>"]
    )
    | st.sampled_from(["x@y.org", "<mailto:a@b.c>", "<?xml a='b'?>", "<!doctype html>", "(ii) ", "\u00e9", "_", "\t"]),
    max_size=14,
).map("".join)


@given(_PAPER)
def test_words_of_a_license_are_those_of_the_plain_expressions(text: str) -> None:
    plain = words_of(text).text
    forms, small = (words._WORD.findall(each) for each in (plain, plain.casefold()))
    small = small if len(small) == len(forms) else [form.casefold() for form in forms]
    assert words._split(plain) == (forms, small)
    assert words._without_foundation(text, text.lower()) == words._FOUNDATION.sub(" ", text)
    for line in text.split("\n"):
        assert words._without_addresses(line) == words._ADDRESS.sub(words._without_markup, line)
    assert words._MAY_LINK.search(text) or "@" in text or not words._ADDRESS.search(text)
    assert "<!" in text or "<?" in text or not words._PREAMBLE.search(text)


@given(st.text(st.sampled_from(" \t/*<!-%({[#|=}\"'rubdnlemREM;+>.)\x0bxA1"), max_size=16))
def test_lines_are_bare_whether_or_not_their_signs_are_looked_for(line: str) -> None:
    assert [*regions._bare([line])] == [regions.bare(line)]
