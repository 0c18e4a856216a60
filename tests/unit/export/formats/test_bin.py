"""The layouts themselves, spelled out with struct and csv as llm.c and the Dolma toolkit have them."""

from __future__ import annotations

import csv
import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import DamagedInput, InputError
from rightful.export.formats import Row, Shape, Span, bin, document

SMALL = Shape(vocab_size=50_257, eod=0)
LARGE = Shape(vocab_size=131_072, eod=0)
PACKED = Shape(vocab_size=50_257, eod=9, seq_len=4)
GPT2, LLAMA3 = (20240520, 1, "H"), (20240801, 7, "I")


def flat(header: tuple[int, int, str], ids: list[int], count: int | None = None) -> bytes:
    """A file as ``write_datafile`` of llm.c makes it."""
    magic, version, letter = header
    first = struct.pack("<3i", magic, version, len(ids) if count is None else count)
    return first + bytes(253 * 4) + struct.pack(f"<{len(ids)}{letter}", *ids)


def table(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def put(folder: Path, data: bytes, *lines: str, suffix: str = ".bin") -> None:
    (folder / f"s{suffix}").write_bytes(data)
    (folder / "s.csv.gz").write_bytes(packed("".join(f"{line}\n" for line in lines).encode()))


def two() -> list[Row]:
    return [
        document("a", np.array([1, 2], np.uint32), source_id="one, two"),
        document("b", np.array([50_000], np.uint32), source_id="three", position=1),
    ]


@pytest.mark.parametrize(
    ("vocab_size", "header"), [(50_257, GPT2), (65_536, GPT2), (65_537, LLAMA3), (131_072, LLAMA3)]
)
def test_bin_bytes_are_those_of_llm_c(tmp_path: Path, vocab_size: int, header: tuple[int, int, str]) -> None:
    shape = Shape(vocab_size=vocab_size, eod=0)
    paths = bin.write(tmp_path, "s", two(), shape)
    assert paths == [tmp_path / "s.bin", tmp_path / "s.csv.gz"]
    assert paths[0].read_bytes() == flat(header, [1, 2, 50_000])
    assert bin.width(shape).itemsize == struct.calcsize(header[2])
    bin.write(tmp_path, "t", [document("a", np.array([vocab_size - 1]))], shape)
    assert [held.tokens.tolist() for held in bin.read(tmp_path, "t", shape)] == [[vocab_size - 1]]


@pytest.mark.parametrize("suffix", [".bin", ".npy"])
@pytest.mark.parametrize(("vocab_size", "kind"), [(50_257, np.uint16), (131_072, np.uint32)])
def test_raw_file_is_ids_and_nothing_else(tmp_path: Path, suffix: str, vocab_size: int, kind: type) -> None:
    shape = Shape(vocab_size=vocab_size, eod=0, raw=suffix)
    assert bin.write(tmp_path, "s", two(), shape)[0] == tmp_path / f"s{suffix}"
    assert np.memmap(tmp_path / f"s{suffix}", kind, "r").tolist() == [1, 2, 50_000]
    assert [held.tokens.tolist() for held in bin.read(tmp_path, "s", shape)] == [[1, 2], [50_000]]


def test_table_says_where_documents_lie_whose_they_are_and_where_in_the_index(tmp_path: Path) -> None:
    bin.write(tmp_path, "s", two(), SMALL)
    assert table(tmp_path / "s.csv.gz") == [["0", "2", "a", "one, two", "0"], ["2", "3", "b", "three", "1"]]
    head = (tmp_path / "s.csv.gz").read_bytes()[:10]
    assert head == b"\x1f\x8b\x08\x00" + bytes(4) + b"\x00\xff"  # no name, no clock, no machine


def test_table_of_sequences_has_lines_for_padding_so_that_none_leaves_a_gap(tmp_path: Path) -> None:
    rows = [
        Row(np.array([1, 2, 9, 9]), (Span(0, "a", "x", 0, 2),)),
        Row(np.array([9, 3, 4, 5]), (Span(1, "b", "x", 1, 1), Span(2, "a", "x", 2, 2))),
        Row(np.array([9, 9, 9, 9]), ()),
    ]
    bin.write(tmp_path, "s", rows, PACKED)
    lines = table(tmp_path / "s.csv.gz")
    assert lines == [
        ["0", "2", "a", "x", "0"],
        ["2", "4", "", "", "-1"],
        ["4", "5", "", "", "-1"],
        ["5", "6", "b", "x", "1"],
        ["6", "8", "a", "x", "2"],
        ["8", "12", "", "", "-1"],
    ]
    held = list(bin.read(tmp_path, "s", PACKED))
    assert [(one.tokens.tolist(), one.record_ids, one.lengths) for one in held] == [
        ([1, 2, 9, 9], ("a",), (2,)),
        ([9, 3, 4, 5], ("b", "a"), (1, 2)),
        ([9, 9, 9, 9], (), ()),
    ]


def test_table_is_read_as_olmo_core_reads_it(tmp_path: Path) -> None:
    """``iter_document_indices``: lines cut at commas, the first two of them taken, each beginning where the last ended."""
    bin.write(tmp_path, "s", two(), SMALL)
    at = 0
    with gzip.open(tmp_path / "s.csv.gz", "rt") as file:
        for line in file:
            start, end, *_ = line.split(",")
            assert int(start) == at
            at = int(end)
    assert at == 3


@given(
    lists=st.lists(
        st.tuples(st.text(max_size=4), st.text(max_size=4), st.lists(st.integers(0, 50_256), max_size=4)), max_size=6
    ),
    raw=st.sampled_from([None, ".npy"]),
)
@settings(max_examples=40)
def test_any_record_and_source_come_back(
    lists: list[tuple[str, str, list[int]]], raw: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, shape = tmp_path_factory.mktemp("bin"), Shape(vocab_size=50_257, eod=0, raw=raw)
    rows = [
        document(record, np.array(ids, np.uint32), source_id=source, position=n)
        for n, (record, source, ids) in enumerate(lists)
    ]
    bin.write(folder, "s", rows, shape)
    held = list(bin.read(folder, "s", shape))
    assert [one.record_ids for one in held] == [(record,) for record, _, _ in lists]
    assert [one.tokens.tolist() for one in held] == [ids for _, _, ids in lists]
    assert [line[3] for line in table(folder / "s.csv.gz")] == [source for _, source, _ in lists]


THREE = ("0,2,a,x,0", "2,3,b,x,1")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is cut short: 0 bytes, and the header alone has 1024"),
        (flat((20240522, 1, "H"), [1, 2, 3]), "begins with magic 20240522 and version 1; known are 20240520 with 1"),
        (flat((20240520, 7, "H"), [1, 2, 3]), "begins with magic 20240520 and version 7"),
        (flat(LLAMA3, [1, 2, 3]), "has ids of 4 bytes; a vocabulary of 50257 has 2"),
        (flat(GPT2, [1, 2, 3], 4), "has 1030 bytes; its header speaks of 4 tokens"),
        (flat(GPT2, [1, 2, 3], -1), "speaks of -1 tokens"),
        (flat(GPT2, [1, 2, 3])[:-1], "has 1029 bytes; its header speaks of 3"),
        (flat(GPT2, [1, 2, 3]) + b"\0\0", "has 1032 bytes; its header speaks of 3"),
        (flat(GPT2, [1, 2, 3])[:12] + b"\1" + flat(GPT2, [1, 2, 3])[13:], "has something in the header behind"),
    ],
)
def test_bin_that_is_not_what_its_header_says_is_damaged(tmp_path: Path, data: bytes, reason: str) -> None:
    put(tmp_path, data, *THREE)
    for read in (lambda: list(bin.read(tmp_path, "s", SMALL)), lambda: bin.access(tmp_path, "s", SMALL)):
        with pytest.raises(DamagedInput, match=reason) as caught:
            read()
        assert caught.value.subject == str(tmp_path / "s.bin")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("0,2,a,x,0",), "has ids up to 2, where s.bin has 3"),
        ((*THREE, "3,4,c,x,2"), "has ids up to 4, where s.bin has 3"),
        ((*THREE, "3,2,c,x,2"), r"expected start,end,id,src,loc from 3 on"),
        (("2,3,b,x,1", "0,2,a,x,0"), r"expected start,end,id,src,loc from 0 on"),
        (("0,2,a,x,0", "1,3,b,x,1"), r"expected start,end,id,src,loc from 2 on"),
        (("start,end,id,src,loc", *THREE), r"expected start,end,id,src,loc from 0 on"),
        (("0,2,a,x", "2,3,b,x"), "expected start,end"),
        (("0,2,a,x,somewhere", "2,3,b,x,1"), "expected start,end"),
        (("0,2,a,x,-1", "2,3,b,x,1"), "expected start,end"),
        (("-0,2,a,x,0", "2,3,b,x,1"), "expected start,end"),
        (("0," + "9" * 30 + ",a,x,0",), "expected start,end"),
        (("0,2,a,x,0", "2,3,,,-1"), "has padding at 2, where every row is a document"),
        (('0,2,"a,x,0',), "is not a whole table in gzip"),
    ],
)
def test_table_that_does_not_fit_the_ids_is_damaged(tmp_path: Path, lines: tuple[str, ...], reason: str) -> None:
    put(tmp_path, flat(GPT2, [1, 2, 3]), *lines)
    with pytest.raises(DamagedInput, match=reason) as caught:
        list(bin.read(tmp_path, "s", SMALL))
    assert str(caught.value.subject).startswith(str(tmp_path / "s.csv.gz"))


@pytest.mark.parametrize(
    "data",
    [
        b"0,3,a,x,0\n",
        packed(b"0,3,a,x,0\n")[:-5],
        packed(b"0,3,a,x,0\n") + b"\0",
        packed(b"0,1,a,x,0\n") + packed(b"1,3,a,x,1\n"),
        packed(b"0,3,a,x,0\n")[:-8] + bytes(8),
        packed(b"0,3,a,x,0"),
        packed(b"0,3,\xff,x,0\n"),
        packed(b"0,3,a,x,0\n\xe2"),
    ],
)
def test_table_that_is_no_whole_gzip_of_lines_in_utf_8_is_damaged(tmp_path: Path, data: bytes) -> None:
    put(tmp_path, flat(GPT2, [1, 2, 3]))
    (tmp_path / "s.csv.gz").write_bytes(data)
    with pytest.raises(DamagedInput, match="is not a whole table in gzip") as caught:
        list(bin.read(tmp_path, "s", SMALL))
    assert caught.value.subject == str(tmp_path / "s.csv.gz")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("0,3,a,x,0", "3,5,b,x,1", "5,8,,,-1"), "has a document across the end of a sequence, at 3"),
        (("0,4,a,x,0", "4,6,b,x,1"), "ends within a sequence of 4, at 6"),
    ],
)
def test_table_across_sequences_is_damaged(tmp_path: Path, lines: tuple[str, ...], reason: str) -> None:
    put(tmp_path, flat(GPT2, list(range(8))), *lines)
    with pytest.raises(DamagedInput, match=reason):
        list(bin.read(tmp_path, "s", PACKED))


def test_raw_file_of_half_an_id_is_damaged(tmp_path: Path) -> None:
    put(tmp_path, b"\1\0\2\0\3", *THREE, suffix=".npy")
    with pytest.raises(DamagedInput, match="has 5 bytes, which are no ids of 2"):
        list(bin.read(tmp_path, "s", Shape(vocab_size=50_257, eod=0, raw=".npy")))


def test_table_of_another_shard_is_damaged(tmp_path: Path) -> None:
    bin.write(tmp_path, "s", two(), SMALL)
    bin.write(tmp_path, "t", [document("c", np.arange(4))], SMALL)
    (tmp_path / "t.csv.gz").replace(tmp_path / "s.csv.gz")
    with pytest.raises(DamagedInput, match=r"has ids up to 4, where s\.bin has 3"):
        list(bin.read(tmp_path, "s", SMALL))


def test_more_tokens_than_the_header_counts_are_refused_and_a_raw_file_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bin, "MOST_TOKENS", 2)
    with pytest.raises(InputError, match=r"a shard of more than 2 tokens, which the header of llm\.c cannot count"):
        bin.write(tmp_path, "s", two(), SMALL)
    assert list(tmp_path.iterdir()) == []
    bin.write(tmp_path, "s", two(), Shape(vocab_size=50_257, eod=0, raw=".bin"))


def test_access_reads_any_place(tmp_path: Path) -> None:
    for shape in (SMALL, LARGE, Shape(vocab_size=50_257, eod=0, raw=".npy")):
        bin.write(tmp_path, "s", [document("r", np.arange(n, n + 10)) for n in range(0, 100, 10)], shape)
        shard = bin.access(tmp_path, "s", shape)
        assert shard.ids(37, 25).tolist() == list(range(37, 62))
        assert shard.ids(100, 0).tolist() == []
        with pytest.raises(DamagedInput, match="has 100 ids, and none at 99 to 101"):
            shard.ids(99, 2)
        shard.close()


def test_bin_memory_does_not_grow_with_the_shard(tmp_path: Path) -> None:
    ids = np.arange(50_000, dtype=np.uint32)
    tracemalloc.start()
    try:
        bin.write(tmp_path, "s", (document("r", ids) for _ in range(100)), SMALL)
        assert sum(len(held.tokens) for held in bin.read(tmp_path, "s", SMALL)) == 5_000_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
