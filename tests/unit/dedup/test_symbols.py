"""What stands between words: short texts that differ in a symbol are two, long ones where most symbols differ."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.dedup import symbols
from rightful.stages.shared import shingles
from tests.unit.dedup.records import Corpus, groups_of


def near(folder: Path, one: str, other: str) -> bool:
    """Whether two texts are near copies; or one text (then they are no pair of contents)."""
    return groups_of(Corpus(folder).add({"a": one, "b": other})) == {frozenset("ab")}


SHORT = {
    "plus and minus": ("What is 12 + 7?", "What is 12 - 7?"),
    "times and over": ("What is 12 * 7?", "What is 12 / 7?"),
    "multiplication sign": ("What is 12 \u00d7 7?", "What is 12 \u00f7 7?"),
    "where the sign is": ("let x = -3 and y = 4", "let x = 3 and y = -4"),
    "less and greater": (
        "if (alpha < beta) return alpha; else return beta;",
        "if (alpha > beta) return alpha; else return beta;",
    ),
    "less or equal": ("while i < n and j < m", "while i <= n and j < m"),
    "swapped": ("r = a & b; s = a | b; done = true", "r = a | b; s = a & b; done = true"),
    "languages": ("I love C", "I love C++"),
    "sharp": ("I love C++", "I love C#"),
    "emoji": ("The phone came today \U0001f600", "The phone came today \U0001f621"),
    "family": ("\U0001f468\u200d\U0001f469\u200d\U0001f467 at home", "\U0001f468\U0001f469\U0001f467 at home"),
    "currency": ("It costs \u20ac100 per person per night", "It costs \u00a3100 per person per night"),
    "separator": ("The total is 1.234 for all items", "The total is 1,234 for all items"),
    "percent": ("Give it 5% more on that day", "Give it 5 more on that day"),
    "negation": ("run it when !ready and open", "run it when ready and open"),
    "flag": ("call it with --force today", "call it with force today"),
    "brackets": ("the set {1, 2, 3} of it", "the set (1, 2, 3) of it"),
    "index": ("take f[x] of them all", "take f(x) of them all"),
    "question": ("You did it.", "You did it?"),
    "han": ("\u6211\u559c\u6b22\u5403\u82f9\u679c\u3002", "\u6211\u559c\u6b22\u5403\u82f9\u679c\uff1f"),
    "persian": (
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0631\u0641\u062a",
        "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645 \u0631\u0641\u062a",
    ),
    "indented": ("if x:\n    y = 1\nz = 2", "if x:\n    y = 1\n    z = 2"),
    "two levels back": ("a:\n  b:\n    c\n  d", "a:\n  b:\n    c\nd"),
    "tab and blanks": ("all:\n\tcc a.c", "all:\n    cc a.c"),
    "yaml": ("a:\n  b: 1\nc: 2", "a:\nb: 1\nc: 2"),
}


@pytest.mark.parametrize(("one", "other"), SHORT.values(), ids=SHORT)
def test_near_short_texts_that_differ_in_symbols_are_two(one: str, other: str, tmp_path: Path) -> None:
    assert not near(tmp_path, one, other)


TYPOGRAPHY = {
    "quotes": ("She said \u201cno\u201d, it\u2019s the \u2018last\u2019 one", "She said \"no\", it's the 'last' one"),
    "dashes": ("a well\u2010known case \u2014 and so on \u2013 it goes", "a well-known case - and so on - it goes"),
    "minus": ("x = \u22123 and y = 4", "x = -3 and y = 4"),
    "ellipsis": ("and then\u2026 nothing more", "and then... nothing more"),
    "wide": ("\u4e00\u4e8c\uff08\u4e09\uff09\uff0c\u56db\uff1f", "\u4e00\u4e8c(\u4e09),\u56db?"),
    "case": ("Page 1, of 2", "PAGE 1, OF 2"),
    "blanks": ("one  two\nthree \u00a0four", "one two three four"),
    "rule": ("Notes\n*****\nof the day", "Notes\n#####\nof the day"),
    "deeper": ("def f(x):\n    if x:\n        return 1\n    return 2", "def f(x):\n  if x:\n    return 1\n  return 2"),
    "margin": ("    if x:\n        y = 1", "if x:\n    y = 1"),
    "last stop": (
        "It was the first of the days on which nobody came to see them at the house",
        "It was the first of the days on which nobody came to see them at the house.",
    ),
}


@pytest.mark.parametrize(("one", "other"), TYPOGRAPHY.values(), ids=TYPOGRAPHY)
def test_near_short_texts_that_differ_in_typography_are_one(one: str, other: str, tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    result = corpus.add({"a": one, "b": other})
    assert result.counts.same_content == 1 or groups_of(result) == {frozenset("ab")}


CHANCE = random.Random(3)
NUMBERS = [(CHANCE.randrange(100), CHANCE.randrange(100)) for _ in range(120)]
WORDS = [f"{CHANCE.choice('bcdfgh')}{CHANCE.choice('aeiou')}{CHANCE.randrange(900)}" for _ in range(300)]


def lines(form: str) -> str:
    return "\n".join(form.format(a=a, b=b, w=WORDS[a], v=WORDS[b + 100]) for a, b in NUMBERS)


LONG = {
    "worksheet": (lines("{a} + {b} ="), lines("{a} - {b} =")),
    "comparisons": (lines("assert {w} < {v};"), lines("assert {w} > {v};")),
    "prices": (lines("{w} costs \u20ac{a} today"), lines("{w} costs \u00a3{a} today")),
    "negative": (lines("{w} = -{a}"), lines("{w} = {a}")),
    "smiles": (lines("{w} and {v} \U0001f600"), lines("{w} and {v} \U0001f621")),
    "decimals": (lines("{w} {a}.{b}"), lines("{w} {a},{b}")),
    "not": (lines("if (!{w}) {v}();"), lines("if ({w}) {v}();")),
    "and": (lines("{w} && {v};"), lines("{w} || {v};")),
    "plusplus": (lines("{w}++; {v};"), lines("{w}; {v};")),
}


@pytest.mark.parametrize(("one", "other"), LONG.values(), ids=LONG)
def test_near_long_texts_in_which_all_signs_differ_are_two(one: str, other: str, tmp_path: Path) -> None:
    assert not near(tmp_path / "alone", one, other)
    head = "A page of them, as it was handed out by the teacher on Monday.\n"
    assert not near(tmp_path / "headed", head + one, other)


PROSE = ". ".join(" ".join(WORDS[i : i + 9]).capitalize() + ", so it was" for i in range(0, 300, 9)) + "."
CODE = lines("def {w}(x):\n    if x < {a}:\n        return {b} + x\n    return {v}\n")
SAME = {
    "one sign of many": (LONG["worksheet"][0], LONG["worksheet"][0].replace("+", "-", 3)),
    "no punctuation": (PROSE, PROSE.replace(".", "").replace(",", "")),
    "quoted": (PROSE, "\n".join("> " + line for line in PROSE.split(". "))),
    "listed": (PROSE.replace(". ", ".\n"), "\n".join("* " + line for line in PROSE.split(". "))),
    "other bullets": ("\n".join("- " + p for p in PROSE.split(". ")), "\n".join("+ " + p for p in PROSE.split(". "))),
    "emphasis": (PROSE, PROSE.replace("so it", "**so it**").replace("was", "*was*")),
    "headings": ("\n".join("== " + p + " ==" for p in PROSE.split(". ")), PROSE.replace(". ", "\n\n")),
    "hyphens": (PROSE.replace("so it", "so-it"), PROSE.replace("so it", "so \u2014 it")),
    "indented again": (CODE, CODE.replace("    ", "\t")),
    "one operator": (CODE, CODE.replace("<", "<=", 2)),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_near_long_texts_whose_symbols_say_the_same_are_one(one: str, other: str, tmp_path: Path) -> None:
    assert near(tmp_path, one, other)


def hashed(texts: list[str]) -> Mapping[str, list[list[int]]]:
    """What the loops give for some texts."""
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    bounds = np.concatenate([[0], np.cumsum([len(text.encode()) for text in texts])]).astype(np.int64)
    points, table = shingles.table(), symbols.symbols()
    found = {}
    for name in ("signs", "all"):
        starts, out = np.zeros(bounds.size, np.int64), np.zeros(data.size + len(texts) + 1, np.uint64)
        if name == "signs":
            symbols.meanings(data, bounds, points, table, symbols.unheard(), starts, out)
        else:
            symbols.as_they_are(data, bounds, points, table, 5, 8, starts, out)
        found[name] = [out[a:b].tolist() for a, b in pairwise(starts)]
    return found


anything = st.text(
    st.sampled_from(
        "aB1_ \t\n\r+-*/<>=|~!#.,:'\"()\u2026\u2014\u201c\u20ac\U0001f600\ufe0f\u200d\u4e00\u3002\u0e01\u0301\u00e9\u00a0"
    )
    | st.characters(codec="utf-8"),
    max_size=60,
)


@given(st.lists(anything, min_size=1, max_size=6))
def test_what_a_text_is_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    together = hashed(texts)
    for i, text in enumerate(texts):
        alone = hashed([text])
        assert {name: found[i] for name, found in together.items()} == {name: found[0] for name, found in alone.items()}


@given(anything, st.sampled_from(["\u201c", "\u2014", "\u2026", "\uff0b", "\uff1d", "\u2019", "\u2212"]))
def test_what_a_text_is_does_not_depend_on_typography(text: str, curly: str) -> None:
    plain = {"\u201c": '"', "\u2014": "-", "\u2026": "...", "\uff0b": "+", "\uff1d": "=", "\u2019": "'", "\u2212": "-"}[
        curly
    ]
    one, other = hashed([f"{text} x{curly} {curly}y"])["all"], hashed([f"{text} x{plain} {plain}y"])["all"]
    assert one == other


@pytest.mark.parametrize("unit", ["+ ", "| ", "- \t", "+\u200d", "(((", "a+", " \n\t", "\u20ac"])
def test_texts_of_symbols_alone_cost_what_they_are_long(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    assert len(hashed([text])["signs"][0]) <= len(text)
