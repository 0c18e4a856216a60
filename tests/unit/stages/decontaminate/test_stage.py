"""Decontaminate: what of evaluation sets is in a text, held against plain Python; every way a set can be broken."""

from __future__ import annotations

import bz2
import gzip
import json
import pickle
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError, UnknownName
from rightful.stages.decontaminate.stage import Decontaminate
from tests.unit.stages.batches import answers, batch_of, texts
from tests.unit.stages.test_signature import alone, words

QUESTION = "A farmer has 12 barns and in each of them 7 cows, how many legs are there in all?"
OTHER = "Which of the rivers of the continent is the longest one and into which sea does it flow?"

thick = st.lists(
    st.sampled_from(
        ["a", "b", "B", "c", "\u00e9", "e\u0301", "\u200b", "中", "文", "字", "ไ", "א", ",", " ", " ", "\n"]
    ),
    max_size=24,
).map("".join)
plain_words = st.lists(st.sampled_from("a b c d e".split()), max_size=16).map(" ".join)
# Ideographs that are not assigned yet are words for the stage, as the assigned are, but not for the oracle's isalnum().
assigned = texts.map(lambda text: "".join(c for c in text if ord(c) < 0x20000 or unicodedata.category(c) != "Cn"))
any_text = st.one_of(thick, plain_words, assigned)


def write(path: Path, rows: Iterable[Any]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def set_of(folder: Path, *items: str, name: str = "quiz") -> str:
    return write(folder / f"{name}.jsonl", [{"text": item} for item in items])


def ask(stage: Decontaminate, *rows: str) -> list[tuple[Any, ...]]:
    """The columns of each row."""
    return list(zip(*answers(stage, batch_of(*rows)).values(), strict=True))


# --- against plain Python ---------------------------------------------------------------------------------------------


def windows(item: Sequence[str], stage: Decontaminate) -> list[tuple[int, int]]:
    """The n-grams of an item, from where to where, the obvious way."""
    needs = [stage.characters if alone(word[0]) else stage.ngram for word in item]
    found = [(i + 1 - need, i + 1) for i, need in enumerate(needs) if i + 1 >= need]
    weight = sum(stage.ngram / stage.characters if alone(word[0]) else 1 for word in item)
    return found or [(0, len(item))] * (bool(item) and weight >= stage.min_words - 1e-9)


Item = tuple[str, ...]


def looked_for(rows: Sequence[str], stage: Decontaminate) -> dict[Item, list[tuple[int, int]]]:
    """The different items of a set with what of each is looked for, the obvious way."""
    items = {item: windows(item, stage) for item in map(tuple, map(words, rows))}
    holders = Counter(gram for item, spans in items.items() for gram in {item[a:b] for a, b in spans})
    most = stage.max_items or len(rows)
    left = {item: [(a, b) for a, b in spans if holders[item[a:b]] <= most] for item, spans in items.items()}
    return {item: spans for item, spans in left.items() if spans}


def plainly(row: str, sets: dict[str, list[str]], stage: Decontaminate) -> tuple[Any, ...]:
    """What the stage has to answer, the obvious way."""
    tokens = words(row)
    covered: set[int] = set()
    best, best_item, by = 0.0, "", []
    for name, rows in sets.items():
        numbers = {tuple(words(text)): number for number, text in reversed(list(enumerate(rows, 1)))}
        shares = []
        for item, spans in looked_for(rows, stage).items():
            there = set()
            for start, stop in spans:
                length = stop - start
                at = [i for i in range(len(tokens) - length + 1) if tuple(tokens[i : i + length]) == item[start:stop]]
                covered.update(*(range(i, i + length) for i in at))
                there.update(range(start, stop) if at else ())
            if there:
                shares.append(len(there) / len({i for span in spans for i in range(*span)}))
                if shares[-1] > best:
                    best, best_item = shares[-1], f"{name}:{numbers[item]}"
        if shares and max(shares) >= stage.threshold:
            by.append(name)
    return len(covered) / max(len(tokens), 1), best, best_item, by


@settings(max_examples=200)
@given(
    rows=st.lists(any_text, min_size=1, max_size=4),
    sets=st.lists(st.lists(any_text, min_size=1, max_size=6), min_size=1, max_size=3),
    sizes=st.sampled_from([(3, 5, 2), (1, 1, 1), (2, 3, 1), (4, 2, 4)]),
    max_items=st.integers(0, 2),
    threshold=st.sampled_from([0.0, 0.5, 0.75, 1.0]),
)
def test_decontaminate_any_texts_and_sets_equals_plain_python(
    rows: list[str],
    sets: list[list[str]],
    sizes: tuple[int, int, int],
    max_items: int,
    threshold: float,
) -> None:
    rows = [*rows, sets[0][0], f"{rows[0]} {sets[-1][-1]}, {sets[0][0]}"]
    with tempfile.TemporaryDirectory() as folder:
        named = {f"set{i}": items for i, items in enumerate(sets)}
        paths = [set_of(Path(folder), *items, name=name) for name, items in named.items()]
        stage = Decontaminate("; ".join(paths), "text", *sizes, max_items=max_items, threshold=threshold)
        if any(not looked_for(items, stage) for items in named.values()):
            with pytest.raises(InputError, match="nothing to compare with"):
                ask(stage, *rows)
            return
        came = ask(stage, *rows)
        for row, answer in zip(rows, came, strict=True):
            expected = plainly(row, named, stage)
            assert answer[:2] == pytest.approx(expected[:2], abs=1e-6)
            assert answer[2:] == expected[2:]


@given(rows=st.lists(any_text, max_size=6), at=st.integers(0, 6))
def test_decontaminate_row_does_not_depend_on_neighbours_or_slices(rows: list[str], at: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Decontaminate(
            set_of(Path(folder), "a b c d", "中文字 a b"), ngram=3, characters=3, min_words=2, threshold=0
        )
        together = ask(stage, *rows)
        assert together == [answer for row in rows for answer in ask(stage, row)]
        assert together == ask(stage, *rows[:at]) + ask(stage, *rows[at:])
        around = stage(batch_of("a b c", *rows, "c d").slice(1, len(rows)))
        assert list(zip(*(c.to_pylist() for c in around.values()), strict=True)) == together
        for field in stage.adds:
            assert around[field.name].type == field.type
            around[field.name].validate(full=True)
            assert around[field.name].null_count == 0


# --- what counts as the same ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        QUESTION,
        QUESTION.upper(),
        f"Before. {QUESTION} After.",
        QUESTION.replace(" ", "\n\n\t"),
        QUESTION.replace(",", " --").replace("?", ""),
        QUESTION.replace("farmer", "far\u00admer").replace("cows", "co\u200bws"),
        "\u202e" + QUESTION + "\u202c",
        " ".join(f"*{word}*" for word in QUESTION.split()),
    ],
)
def test_decontaminate_question_as_a_reader_sees_it_is_found(tmp_path: Path, row: str) -> None:
    (came,) = ask(Decontaminate(set_of(tmp_path, OTHER, QUESTION)), row)
    assert came[1:] == (1.0, "quiz:2", ["quiz"])


@pytest.mark.parametrize(
    "row", [QUESTION.replace("12", "13"), QUESTION.replace("how many", "count the"), OTHER, "", "?"]
)
def test_decontaminate_question_that_differs_is_not_found_in_full(tmp_path: Path, row: str) -> None:
    ((_, share, _, by),) = ask(Decontaminate(set_of(tmp_path, QUESTION), threshold=1.0), row)
    assert share < 1
    assert by == []


@pytest.mark.parametrize(
    ("item", "row"),
    [
        ("caf\u00e9 na\u00efve " * 8, "cafe\u0301 nai\u0308ve " * 8),
        (
            "מי כתב את הספר הזה ומתי הוא יצא לאור בפעם הראשונה בארץ",
            "(מי כתב את הספר, הזה ומתי; הוא יצא לאור בפעם הראשונה בארץ)",
        ),
        (
            "农夫有十二个谷仓每个谷仓里有七头牛一共有多少条腿",
            "问题:农夫有十二个谷仓,每个谷仓里有七头牛。一共有多少条腿?答",
        ),
        ("ชาวนามียุ้งฉางสิบสองหลัง", "ชาวนามี ยุ้งฉาง สิบสองหลัง"),
    ],
    ids=["composed", "hebrew", "chinese", "thai"],
)
def test_decontaminate_other_scripts_are_found(tmp_path: Path, item: str, row: str) -> None:
    ((_, share, found, by),) = ask(Decontaminate(set_of(tmp_path, item)), row)
    assert (share, found, by) == (1.0, "quiz:1", ["quiz"])


def test_decontaminate_item_shorter_than_an_ngram_is_looked_for_as_a_whole(tmp_path: Path) -> None:
    short = "who wrote the first book about black holes"
    stage = Decontaminate(set_of(tmp_path, short, "who wrote it", "农夫有十二个谷仓每个谷仓里"))
    came = ask(
        stage, f"so {short}, then?", short.replace("first", "last"), "who wrote it", "的农夫有十二个谷仓每个谷仓里的"
    )
    assert [row[1] for row in came] == [1.0, 0.0, 0.0, 1.0]
    assert [(s.rows, s.passages, s.too_short, s.too_common) for s in stage.sizes()] == [(3, 3, 1, 0)]


def test_decontaminate_huge_text_that_holds_one_question_is_tagged(tmp_path: Path) -> None:
    stage = Decontaminate(set_of(tmp_path, QUESTION))
    text = "word " * 5_000_000 + QUESTION + "中" * 8_000_000 + " é" * 500_000
    before, (own, share, item, by), after = ask(stage, "before", text, QUESTION)
    assert 0 < own < 1e-5
    assert (share, item, by) == (1.0, "quiz:1", ["quiz"])
    assert before == (0.0, 0.0, "", [])
    assert after == (1.0, 1.0, "quiz:1", ["quiz"])


def test_decontaminate_item_many_times_in_a_text_counts_its_share_once(tmp_path: Path) -> None:
    half = " ".join(QUESTION.split()[:13])
    stage = Decontaminate(set_of(tmp_path, QUESTION))
    ((own, share, _, _),) = ask(stage, f"{half}. " * 500 + "word " * 6500)
    assert own == pytest.approx(0.5)
    assert share == pytest.approx(13 / 19)


@pytest.mark.parametrize(("threshold", "tagged"), [(0.0, True), (0.68, True), (0.69, False), (1.0, False)])
def test_decontaminate_threshold_is_the_least_share_of_an_item(tmp_path: Path, threshold: float, tagged: bool) -> None:
    stage = Decontaminate(set_of(tmp_path, QUESTION), threshold=threshold)
    ((_, share, item, by),) = ask(stage, " ".join(QUESTION.split()[:13]))  # 13 of 19 words
    assert (share, item) == (pytest.approx(13 / 19), "quiz:1")
    assert bool(by) == tagged


def test_decontaminate_ngrams_that_many_items_have_are_not_looked_for(tmp_path: Path) -> None:
    rule = "Read the text and then choose the best of the four answers that are given below it:"
    items = [f"{rule} what does the author of text number {i} want to tell us?" for i in range(6)]
    path = set_of(tmp_path, *items)
    assert ask(Decontaminate(path, max_items=5), rule) == [(0.0, 0.0, "", [])]
    assert ask(Decontaminate(path, max_items=6), rule)[0][3] == ["quiz"]
    assert ask(Decontaminate(path, max_items=0), rule)[0][3] == ["quiz"]
    ((_, share, item, by),) = ask(Decontaminate(path, max_items=5), items[4])
    assert (share, item, by) == (1.0, "quiz:5", ["quiz"])


def test_decontaminate_item_that_a_set_has_often_counts_once(tmp_path: Path) -> None:
    stage = Decontaminate(set_of(tmp_path, *[QUESTION] * 300, QUESTION.upper()), max_items=1)
    assert ask(stage, QUESTION)[0][1:] == (1.0, "quiz:1", ["quiz"])
    assert [(s.rows, s.passages) for s in stage.sizes()] == [(301, 1)]


@given(row=any_text, one=st.lists(any_text, min_size=1, max_size=4), other=st.lists(any_text, min_size=1, max_size=4))
def test_decontaminate_what_a_set_says_does_not_depend_on_other_sets(
    row: str, one: list[str], other: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [set_of(Path(folder), "a b c", *items, name=name) for name, items in (("one", one), ("other", other))]
        alone_, besides, both = (
            ask(Decontaminate(sets, ngram=3, min_words=1, max_items=2, threshold=0.6), row)[0]
            for sets in (*paths, "\n".join(paths))
        )
        assert both[3] == alone_[3] + besides[3]
        assert both[1] == max(alone_[1], besides[1])
        assert max(alone_[0], besides[0]) <= both[0] <= alone_[0] + besides[0] + 1e-6


# --- files and columns ------------------------------------------------------------------------------------------------

ROWS = [{"q": OTHER, "a": "The Nile, which flows north into the Mediterranean sea"}, {"q": QUESTION, "a": "336"}]


def as_csv(delimiter: str) -> bytes:
    return "".join(
        delimiter.join(f'"{v}"' for v in row) + "\r\n" for row in [("q", "a"), *(r.values() for r in ROWS)]
    ).encode()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


def gzipped(content: bytes) -> bytes:
    """Without the time of day, which would make another test id of it every second."""
    return gzip.compress(content, mtime=0)


LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
FORMATS = {
    "quiz.jsonl": LINES,
    "quiz.ndjson": b"\xef\xbb\xbf" + LINES,
    "quiz.jsonl.gz": gzipped(LINES),
    "quiz.jsonl.bz2": bz2.compress(LINES),
    "quiz.jsonl.zst": pa.compress(LINES, "zstd", asbytes=True),
    "quiz.csv": as_csv(","),
    "quiz.tsv.gz": gzipped(as_csv("\t")),
    "quiz.parquet": as_parquet(ROWS),
}


@pytest.mark.parametrize("name", FORMATS)
def test_decontaminate_every_format_says_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FORMATS[name])
    stage = Decontaminate(str(tmp_path / name), "q, a", threshold=0.9)
    came = ask(stage, QUESTION, ROWS[0]["a"], "336")
    assert [row[2:] for row in came] == [("quiz:2", ["quiz"]), ("quiz:1", ["quiz"]), ("", [])]
    assert stage.sizes()[0][1:] == (2, 4, 1, 0)


def test_decontaminate_plain_text_is_an_item_a_line(tmp_path: Path) -> None:
    (tmp_path / "quiz.txt").write_text(f"\ufeff{OTHER}\n\n{QUESTION}", encoding="utf-8")
    assert ask(Decontaminate(str(tmp_path / "quiz.txt")), QUESTION)[0][2] == "quiz:3"


def test_decontaminate_columns_joined_are_one_item(tmp_path: Path) -> None:
    path = write(tmp_path / "quiz.jsonl", [{"q": "one two three four five six seven", "a": "eight nine ten"}])
    text = "one two three four five six seven? Eight nine ten!"
    assert ask(Decontaminate(path, "q + a"), text)[0][1] == 1.0
    with pytest.raises(InputError, match="none of its 2 items has 8 words"):
        Decontaminate(path, "q, a")(batch_of(text))


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_decontaminate_lists_and_objects_are_read_by_name(tmp_path: Path, suffix: str) -> None:
    half = len(QUESTION.split()) // 2
    first, second = " ".join(QUESTION.split()[:half]), " ".join(QUESTION.split()[half:])
    rows = [
        {"list": [first, None, second], "in": {"text": QUESTION}, "each": [{"text": first}, {"text": second}], "n": 7},
        {"list": [], "in": {"text": None}, "each": [], "n": None},
    ]
    path = tmp_path / f"quiz.{suffix}"
    path.write_bytes(as_parquet(rows) if suffix == "parquet" else "".join(json.dumps(r) + "\n" for r in rows).encode())
    for columns in ("list", "in.text", "each.text", "list + n"):
        assert ask(Decontaminate(str(path), columns), f"{QUESTION} 7")[0][1] == 1.0, columns
    with pytest.raises(InputError, match="'in' is dict") as caught:
        Decontaminate(str(path), "in")(batch_of("a"))
    assert caught.value.hint == "name what is in it: in.text"
    with pytest.raises(UnknownName, match=r"in\.txt" if suffix == "jsonl" else "txt"):
        Decontaminate(str(path), "in.txt").detector  # noqa: B018


def test_decontaminate_each_set_can_have_columns_of_its_own(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", [{"question": QUESTION}])
    other = write(tmp_path / "other.jsonl", [{"Prompt, long": OTHER, "prompt": OTHER}])
    stage = Decontaminate(f"{one}\n{other}\n", "question ; prompt")
    assert [row[3] for row in ask(stage, QUESTION, OTHER, QUESTION + OTHER)] == [["one"], ["other"], ["one", "other"]]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (("a/x.jsonl", "a/y.jsonl"), ["x", "y"]),
        (("a/test.jsonl", "b/test.jsonl.gz"), ["a/test", "b/test"]),
        (("z/a/test.csv", "z/b/test.csv", "z/b/c.txt"), ["a/test", "b/test", "b/c"]),
        (("v1.0/my set.jsonl",), ["my set"]),
    ],
)
def test_decontaminate_names_tell_the_sets_apart(tmp_path: Path, paths: tuple[str, ...], names: list[str]) -> None:
    for path in paths:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        body = b"text\n" if ".csv" in path else b""
        line = b'{"text": "%s"}' if ".jsonl" in path else b'"%s"'
        (tmp_path / path).write_bytes(body + line % QUESTION.encode())
    stage = Decontaminate(";".join(str(tmp_path / path) for path in paths))
    assert ask(stage, QUESTION)[0][3] == names


@pytest.mark.parametrize(
    ("name", "content", "said", "subject"),
    [
        ("q.jsonl", None, "there is no such file", "q.jsonl"),
        ("q.jsonl", b"", "nothing to compare with", "q.jsonl"),
        ("q.jsonl", b"\n \n", "nothing to compare with", "q.jsonl"),
        ("q.jsonl", b'{"text": "a"}\n{"text": "b"\n', "not JSON", "q.jsonl:2"),
        ("q.jsonl", b'{"text": "a"}\n[1]\n', "not a JSON object", "q.jsonl:2"),
        ("q.jsonl", b'{"text": "a"}\n\n{"text": "\xff"}\n', "not UTF-8: byte 0xff", "q.jsonl:3"),
        ("q.jsonl", b'{"text": "\\ud800"}\n', "not JSON", "q.jsonl:1"),
        ("q.jsonl", b'{"text": true}\n', "'text' is bool", "q.jsonl:1"),
        ("q.jsonl", b'{"text": null}\n{"text": "..."}\n', "no word", "q.jsonl"),
        ("q.jsonl", b'{"text": "too short"}\n', "none of its 1 items has 8 words", "q.jsonl"),
        ("q.jsonl", '{"text": "a"}\n'.encode("utf-16"), "not UTF-8", "q.jsonl:1"),
        ("q.jsonl.gz", gzipped(LINES * 500)[:-20], "cannot be read", "q.jsonl.gz:"),
        ("q.jsonl.gz", gzipped(LINES)[:20] + b"damaged" * 9, "cannot be read", "q.jsonl.gz:"),
        ("q.csv", b"", "nothing to compare with", "q.csv"),
        ("q.csv", b"text\n", "nothing to compare with", "q.csv"),
        ("q.csv", b'text,b\n"a",c\n"d"\n', "1 field, expected the 2", "q.csv:3"),
        ("q.csv", b'text\n"never closed\n', "not CSV", "q.csv:2"),
        ("q.csv", b"text,text\na,b\n", "same name", "q.csv:1"),
        ("q.csv", b"text\na\xe9\n", "not UTF-8", "q.csv:2"),
        ("q.txt", b"\n\n", "nothing to compare with", "q.txt"),
        ("q.parquet", b"", "cannot be read as Parquet", "q.parquet"),
        ("q.parquet", b"PAR1" * 9, "cannot be read as Parquet", "q.parquet"),
        ("q.parquet", as_parquet([{"text": "a"}])[:-9], "cannot be read as Parquet", "q.parquet"),
        ("q.json", b"[]", "format of a file is inferred from its name", "q.json"),
        ("questions", b"a", "format of a file is inferred from its name", "questions"),
    ],
)
def test_decontaminate_set_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, content: bytes | None, said: str, subject: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    stage = Decontaminate(str(tmp_path / name))
    with pytest.raises(InputError) as caught:
        stage(batch_of("a"))
    assert said in caught.value.message
    assert (caught.value.subject or "").startswith(str(tmp_path / subject))
    assert pickle.loads(pickle.dumps(caught.value)).subject == caught.value.subject


def test_decontaminate_parquet_that_is_not_utf8_or_has_no_row_is_named(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"], pa.binary()).buffers())
    for name, table, said in (
        ("bad", pa.table({"text": bad}), "not UTF-8"),
        ("empty", pa.table({"text": pa.array([], pa.string())}), "nothing to compare with"),
    ):
        pq.write_table(table, tmp_path / f"{name}.parquet")
        with pytest.raises(InputError, match=said) as caught:
            Decontaminate(str(tmp_path / f"{name}.parquet")).detector  # noqa: B018
        assert (caught.value.subject or "").startswith(str(tmp_path / name))


@pytest.mark.parametrize("name", ["quiz.jsonl", "quiz.csv", "quiz.parquet"])
def test_decontaminate_column_that_is_not_there_is_named_with_a_guess(tmp_path: Path, name: str) -> None:
    rows = [{"question": QUESTION, "answer": "336"}]
    content = {"quiz.jsonl": json.dumps(rows[0]).encode(), "quiz.csv": f'question,answer\n"{QUESTION}",336'.encode()}
    (tmp_path / name).write_bytes(content.get(name) or as_parquet(rows))
    with pytest.raises(UnknownName, match="no column 'questions'") as caught:
        Decontaminate(str(tmp_path / name), "answer, questions").detector  # noqa: B018
    assert "did you mean 'question'?" in (caught.value.hint or "")
    assert caught.value.subject == str(tmp_path / name)


def test_decontaminate_folder_is_not_a_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        Decontaminate(str(tmp_path)).detector  # noqa: B018


# --- identity, settings, cost -----------------------------------------------------------------------------------------


def test_detector_is_the_content_of_the_sets_and_not_where_they_are(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    one, other = set_of(tmp_path / "one", QUESTION), set_of(tmp_path / "other", QUESTION)
    before = Decontaminate(one).detector
    assert before == Decontaminate(other).detector
    set_of(tmp_path / "other", QUESTION, OTHER)
    assert Decontaminate(other).detector != before
    assert ask(Decontaminate(other), OTHER)[0][3] == ["quiz"]
    assert ask(Decontaminate(one), OTHER)[0][3] == []


def test_decontaminate_set_that_changed_is_read_anew(tmp_path: Path) -> None:
    stage = Decontaminate(set_of(tmp_path, QUESTION))
    assert [row[3] for row in ask(stage, QUESTION, OTHER)] == [["quiz"], []]
    before = stage.detector
    set_of(tmp_path, OTHER)
    assert stage.detector != before
    assert [row[3] for row in ask(stage, QUESTION, OTHER)] == [[], ["quiz"]]


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("ngram", {"ngram": 0}),
        ("ngram", {"ngram": 65}),
        ("characters", {"characters": 0}),
        ("characters", {"characters": 65}),
        ("min_words", {"min_words": 0}),
        ("min_words", {"min_words": 14}),
        ("max_items", {"max_items": -1}),
        ("threshold", {"threshold": -0.1}),
        ("threshold", {"threshold": 1.01}),
        ("threshold", {"threshold": float("nan")}),
        ("columns", {"columns": ""}),
        ("columns", {"columns": "a,,b"}),
        ("columns", {"columns": "a + "}),
        ("columns", {"columns": "a; b; c", "sets": "x.txt; y.txt"}),
        ("sets", {"sets": "x.txt; x.txt"}),
    ],
)
def test_decontaminate_impossible_setting_is_named(setting: str, values: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        Decontaminate(**values)
    assert caught.value.subject == f"decontaminate.{setting}"


@pytest.mark.parametrize("longest", [1, 63, 64])
def test_decontaminate_ngrams_of_any_length_are_found(tmp_path: Path, longest: int) -> None:
    item = " ".join(f"w{i}" for i in range(longest + 5))
    stage = Decontaminate(set_of(tmp_path, item), ngram=longest, characters=64, min_words=1)
    assert [row[:2] for row in ask(stage, f"x {item} y", item)] == [
        (pytest.approx((longest + 5) / (longest + 7)), 1.0),
        (1.0, 1.0),
    ]


def test_decontaminate_without_sets_says_nothing_and_loads_no_compiler() -> None:
    code = """
import sys, pyarrow as pa
from rightful.stages.decontaminate.stage import Decontaminate
stage = Decontaminate()
print([column.to_pylist() for column in stage(pa.record_batch({"text": ["a b", ""]})).values()], stage.detector, stage.sizes())
sys.exit("numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"{[[None, None]] * 4} none ()"), done.stderr


def test_decontaminate_sent_to_a_worker_is_small_and_the_same(tmp_path: Path) -> None:
    stage = Decontaminate(set_of(tmp_path, *[f"{QUESTION} {i}" for i in range(1000)]))
    before = ask(stage, QUESTION)
    sent = pickle.dumps(stage)
    assert len(sent) < 1000
    assert pickle.loads(sent) == stage
    assert ask(pickle.loads(sent), QUESTION) == before


# --- real documents ---------------------------------------------------------------------------------------------------


def test_decontaminate_items_planted_in_real_documents_are_all_found(cases: Path, tmp_path: Path) -> None:
    """Every third document has a paragraph of another one in it, in other clothes; none of the rest has a share of 1."""
    folder = cases / "7-documents"
    documents = [
        text
        for path in sorted(folder.rglob("*.md"))[:120]
        if len(words(text := path.read_text(encoding="utf-8", errors="replace"))) > 300
    ]
    source, hosts = documents[::2], documents[1::2]
    host_words = [f" {' '.join(words(host))} " for host in hosts]
    items = []
    for text in source:
        for paragraph in text.split("\n\n"):
            told = " ".join(words(paragraph))
            if 20 <= len(words(paragraph)) <= 60 and not any(f" {told} " in host for host in host_words):
                items.append(paragraph)
                break
    assert len(items) > 15
    stage = Decontaminate(set_of(tmp_path, *items), threshold=1.0)
    planted = [i % len(items) for i in range(len(hosts))]
    rows = [
        f"{host[: len(host) // 2]}\n\n{items[item].upper()}\n\n{host[len(host) // 2 :]}" if i % 3 == 0 else host
        for i, (host, item) in enumerate(zip(hosts, planted, strict=True))
    ]
    for i, (_, share, item, by) in enumerate(ask(stage, *rows)):
        if i % 3 == 0:
            assert (share, by) == (1.0, ["quiz"]), i
            assert words(items[int(item.partition(":")[2]) - 1]) == words(items[planted[i]])
        else:
            assert by == [], i
