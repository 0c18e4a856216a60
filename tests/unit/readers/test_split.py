from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rightful.readers import FoundFile, Item
from rightful.readers.split import FILE_BYTES, cost_of, items, share_of


def file(name: str, size: int, format: str) -> FoundFile:
    return FoundFile(Path("/nowhere") / name, name, size, 0, format)


def names(work: list[Item]) -> list[tuple[str, ...]]:
    return [tuple(f.name for f in item.files) for item in work]


def test_items_of_small_texts_are_packed_by_bytes_and_by_number() -> None:
    texts = [file(f"{n}.md", 10, "text") for n in range(7)]
    assert [len(group) for group in names(items(texts, target_bytes=30))] == [3, 3, 1]
    assert [len(group) for group in names(items(texts, max_files=2))] == [2, 2, 2, 1]
    assert [len(group) for group in names(items([*texts, file("big", 999, "text")], target_bytes=100))] == [7, 1]


def test_items_stand_in_the_order_of_their_first_files() -> None:
    files = [file("a.md", 1, "text"), file("b.csv", 1, "csv"), file("c.html", 1, "html"), file("d.md", 1, "text")]
    assert names(items(files)) == [("a.md", "d.md"), ("b.csv",), ("c.html",)]
    assert [item.format for item in items(files)] == ["text", "csv", "html"]


def test_items_of_a_missing_file_stay_whole_for_the_reader_to_tell() -> None:
    for format in ("jsonl", "parquet"):
        work = items([file("a", 1 << 40, format)], target_bytes=10)
        assert [(item.start, item.stop) for item in work] == [(0, None)]


def test_items_of_no_files_are_none() -> None:
    assert items([]) == []


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from(["text", "html", "csv"])), max_size=30),
    st.integers(1, 60),
    st.integers(1, 5),
)
def test_items_hold_every_file_once_and_keep_the_bounds(made: list[tuple[int, str]], target: int, most: int) -> None:
    files = [file(str(n), size, format) for n, (size, format) in enumerate(made)]
    work = items(files, target, most)
    assert sorted((f for item in work for f in item.files), key=lambda f: int(f.name)) == files
    for item in work:
        assert {f.format for f in item.files} == {item.format}
        assert [int(f.name) for f in item.files] == sorted(int(f.name) for f in item.files)
        assert len(item.files) <= most
        assert len(item.files) == 1 or sum(f.size for f in item.files) <= target
    assert work == items(files, target, most)


def test_cost_is_that_of_the_text_which_a_file_is_guessed_to_hold() -> None:
    plain, packed = file("a.jsonl", 1000, "jsonl"), file("a.jsonl.gz", 1000, "jsonl")
    assert cost_of(plain) == 1000 + FILE_BYTES
    assert {cost_of(f) for f in (packed, file("a", 1000, "parquet"), file("a.zip", 1000, "zip"))} == {4000 + FILE_BYTES}


def test_items_are_an_eighth_of_all_within_bounds() -> None:
    mebi = 1 << 20
    assert [share_of(n * mebi) >> 20 for n in (0, 32, 128, 256, 512, 100_000)] == [16, 16, 16, 32, 64, 64]
