"""What holds for every shard format that lies in pipeline/rightful/export/formats."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.errors import DamagedInput, InputError, RightfulError, UnknownName
from rightful.export import formats
from rightful.export.formats import Held, Row, Shape, Span, document, find, rows_of, text

NAMES = formats.of_tokens()
SMALL, LARGE = Shape(vocab_size=50_257, eod=0), Shape(vocab_size=131_072, eod=7)
TINY = Shape(vocab_size=300, eod=0)

every_format = pytest.mark.parametrize("name", NAMES)


def documents(*lengths: int) -> list[Row]:
    chance = np.random.default_rng(7)
    return [
        document(f"record-{number}", chance.integers(0, 50_257, length, np.uint32), position=number)
        for number, length in enumerate(lengths)
    ]


def read(name: str, folder: Path, stem: str, shape: Shape = SMALL) -> list[list[int]]:
    """The ids of each row of a shard."""
    held = [row.tokens for row in find(name).read(folder, stem, shape)]
    assert all(ids.dtype == np.uint32 for ids in held)
    return [ids.tolist() for ids in held]


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_formats_there_are_at_least_the_two_that_ship() -> None:
    assert {"megatron", "parquet"} <= set(NAMES)


@pytest.mark.parametrize("name", ["parket", "__init__", "..errors", "parquet.write", ""])
def test_find_unknown_format_lists_what_there_is(name: str) -> None:
    with pytest.raises(UnknownName, match="unknown shard format") as caught:
        find(name)
    assert "parquet" in str(caught.value.hint)


@every_format
def test_find_format_has_its_name(name: str) -> None:
    assert name == find(name).NAME


@pytest.mark.parametrize("lacking", formats.CONTRACT)
def test_format_that_lacks_a_part_of_its_contract_is_not_found(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be repaired is not written either."""
    monkeypatch.delattr(find("megatron"), lacking)
    with pytest.raises(RightfulError, match=f"the shard format lacks {lacking}"):
        find("megatron")


def test_repair_is_in_the_contract_of_texts() -> None:
    assert {"rewrite", "mask"} <= set(text.CONTRACT)


@every_format
@given(lengths=st.lists(st.integers(0, 6), min_size=1, max_size=8), data=st.data())
def test_rows_of_a_shard_are_cut_where_they_were_whatever_the_layout_knows(
    name: str, lengths: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, these = tmp_path_factory.mktemp("rows"), documents(*lengths)
    find(name).write(folder, "s", these, SMALL)
    held = list(rows_of(find(name), folder, "s", SMALL, lengths))
    assert [row.tokens.tolist() for row in held] == [row.tokens.tolist() for row in these]
    wrong = data.draw(st.sampled_from([[*lengths, 1], [n + 1 for n in lengths]]))
    with pytest.raises(DamagedInput, match=r"ends before row|has \d+ tokens?, not"):
        list(rows_of(find(name), folder, "s", SMALL, wrong))
    with pytest.raises(DamagedInput, match="holds more than"):
        list(rows_of(find(name), folder, "s", SMALL, lengths[:-1]))


@every_format
@given(rows=st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.booleans()), max_size=3), max_size=4))
def test_packed_rows_come_back_with_what_the_layout_has_a_place_for(
    name: str, rows: list[list[tuple[int, int, bool]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Padding anywhere: before, between and behind documents, as a repair leaves it."""
    folder, shape, made, position = tmp_path_factory.mktemp("packed"), Shape(vocab_size=300, eod=9, seq_len=20), [], 0
    for row in rows:
        tokens, spans, at = np.full(20, 9, np.uint32), [], 0
        for gap, length, counts in row:
            at += gap
            tokens[at : at + length] = np.arange(length) + 100
            spans.append(Span(position, f"r{position}", "s", at, length, counts))
            at, position = at + length, position + 1
        made.append(Row(tokens, tuple(spans)))
    find(name).write(folder, "s", made, shape, masked=True)
    held = list(rows_of(find(name), folder, "s", shape, [20] * len(made)))
    for row, there in zip(made, held, strict=True):
        assert there.tokens.tolist() == row.tokens.tolist()
        assert there.record_ids in (None, tuple(span.record_id for span in row.spans))
        assert there.lengths in (None, tuple(span.length for span in row.spans))
        assert there.mask is None or there.mask.tolist() == row.mask().tolist()
        assert (there.mask is None) == (find(name).MASK_COLUMN is None)


@every_format
def test_mask_of_documents_that_count_no_more_comes_back(tmp_path: Path, name: str) -> None:
    one, two = documents(3, 4)
    two = Row(two.tokens, (two.spans[0]._replace(counts=False),))
    find(name).write(tmp_path, "s", [one, two], SMALL, masked=True)
    masks = [row.mask for row in rows_of(find(name), tmp_path, "s", SMALL, [3, 4])]
    if find(name).MASK_COLUMN is None:
        assert masks == [None, None]
    else:
        assert [mask.tolist() for mask in masks if mask is not None] == [[1, 1, 1], [0, 0, 0, 0]]


@every_format
@given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=6), data=st.data())
def test_access_gives_the_ids_of_any_place(
    name: str, lengths: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, these = tmp_path_factory.mktemp("access"), documents(*lengths)
    find(name).write(folder, "s", these, SMALL)
    whole = np.concatenate([row.tokens for row in these])
    shard = find(name).access(folder, "s", SMALL)
    for _ in range(3):
        first = data.draw(st.integers(0, len(whole)))
        count = data.draw(st.integers(0, len(whole) - first))
        assert shard.ids(first, count).tolist() == whole[first : first + count].tolist()
    for first, count in ((0, len(whole) + 1), (-1, 1), (len(whole), 1), (0, -1)):
        with pytest.raises(DamagedInput):
            shard.ids(first, count)
    shard.close()


def test_row_says_of_each_id_whether_it_counts_and_its_place_in_its_document() -> None:
    row = Row(np.arange(7), (Span(0, "a", "s", 1, 2), Span(1, "b", "s", 4, 2, counts=False)))
    assert row.mask().tolist() == [0, 1, 1, 0, 0, 0, 0]
    assert row.position_ids().tolist() == [0, 0, 1, 0, 0, 1, 0]
    assert Held(np.zeros(1, np.uint32)).mask is None


@every_format
@given(
    token_lists=st.lists(st.lists(st.integers(0, LARGE.vocab_size - 1), max_size=5), max_size=6),
    large=st.booleans(),
)
def test_written_documents_come_back_and_repeat_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, name: str, token_lists: list[list[int]], large: bool
) -> None:
    shape = LARGE if large else SMALL
    these = [
        document(f"id/{n} é", np.array([i % shape.vocab_size for i in ids], np.uint32), position=n)
        for n, ids in enumerate(token_lists)
    ]
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    format_ = find(name)
    paths = format_.write(one, "shard-00000", these, shape)
    assert paths == [one / f"shard-00000{suffix}" for suffix in format_.suffixes(shape)]
    assert sorted(one.iterdir()) == sorted(paths)
    assert read(name, one, "shard-00000", shape) == [row.tokens.tolist() for row in these]
    for held, row in zip(format_.read(one, "shard-00000", shape), these, strict=False):
        assert held.record_ids in (None, (row.spans[0].record_id,))
    again = format_.write(two, "other", iter(these), shape)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


@every_format
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.int64])
def test_written_ids_of_any_integer_type_give_the_same_bytes(tmp_path: Path, name: str, kind: type) -> None:
    ids = [1, 2, 100]
    find(name).write(tmp_path, "a", [document("r", np.array(ids, np.uint32))], SMALL)
    find(name).write(tmp_path, "b", [document("r", np.array(ids, kind))], SMALL)
    for suffix in find(name).suffixes(SMALL):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@every_format
def test_no_documents_give_a_shard_without_any(tmp_path: Path, name: str) -> None:
    find(name).write(tmp_path, "s", [], SMALL)
    assert read(name, tmp_path, "s") == []


@every_format
@pytest.mark.parametrize("shape", [SMALL, LARGE])
def test_largest_id_of_a_vocabulary_comes_back(tmp_path: Path, name: str, shape: Shape) -> None:
    format_, largest = find(name), shape.vocab_size - 1
    assert np.iinfo(format_.width(shape)).max >= largest
    format_.write(tmp_path, "s", [document("r", np.array([0, largest], np.uint32))], shape)
    assert read(name, tmp_path, "s", shape) == [[0, largest]]


@every_format
@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (np.array([5, 50_257], np.uint32), r"ids 5 to 50257 are not within a vocabulary of 50257"),
        (np.array([-1, 5]), r"ids -1 to 5 are not within"),
        (np.array([0.5]), r"expected one-dimensional integer ids, got 1 dimensions of float64"),
        (np.zeros((2, 2), np.uint32), r"got 2 dimensions of uint32"),
        (np.broadcast_to(np.uint8(1), 2**31), r"has 2147483648 tokens; a document holds at most 2147483647"),
    ],
)
def test_tokens_that_cannot_be_written_name_the_record(
    tmp_path: Path, name: str, tokens: np.ndarray, reason: str
) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        find(name).write(tmp_path, "s", [*documents(3), document("the record", tokens)], SMALL)
    assert caught.value.subject == "the record"
    assert list(tmp_path.iterdir()) == []


@every_format
def test_documents_that_fail_leave_what_was_there(tmp_path: Path, name: str) -> None:
    def failing() -> Iterator[Row]:
        yield from documents(10, 20)
        raise DamagedInput("row 3 is torn")

    find(name).write(tmp_path, "s", documents(4), SMALL)
    before = bytes_of(tmp_path)
    for stem in ("s", "new"):
        with pytest.raises(DamagedInput, match="row 3 is torn"):
            find(name).write(tmp_path, stem, failing(), SMALL)
    assert bytes_of(tmp_path) == before


@every_format
def test_full_disk_names_the_file_and_leaves_what_was_there(tmp_path: Path, name: str, small_disk: None) -> None:
    find(name).write(tmp_path, "s", documents(4), SMALL)
    before = bytes_of(tmp_path)
    for stem in ("s", "new"):
        with pytest.raises(InputError, match=r"cannot be written: .*File too large") as caught:
            find(name).write(tmp_path, stem, documents(2_000_000), SMALL)
        assert str(tmp_path) in str(caught.value.subject)
    assert bytes_of(tmp_path) == before


@every_format
def test_full_disk_at_the_very_end_leaves_nothing(tmp_path: Path, name: str, small_disk: None) -> None:
    """Many empty documents: what grows is the part that is written last (footer, index)."""
    nothing = np.zeros(0, np.uint32)
    many = (document(sha256(b"%d" % number).hexdigest(), nothing) for number in range(10_000))
    with pytest.raises(InputError, match="cannot be written"):
        find(name).write(tmp_path, "s", many, SMALL)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from rightful.export.formats import Held, Row, Shape, Span, document, find, rows_of, text
at, seen = int(sys.argv[3]), 0
def hook(event, arguments):
    global seen
    if event == "os.rename":
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1
sys.addaudithook(hook)
find(sys.argv[1]).write(Path(sys.argv[2]), "s", [document("new", np.array([4, 5, 6]))], Shape(vocab_size=300, eod=0))
"""


@every_format
def test_killed_before_a_rename_leaves_the_old_shard_or_none(tmp_path: Path, name: str) -> None:
    format_ = find(name)
    for at, _ in enumerate(format_.suffixes(TINY)):
        folder = tmp_path / str(at)
        folder.mkdir()
        format_.write(folder, "s", [document("old", np.array([1, 2, 3]))], TINY)
        done = subprocess.run([sys.executable, "-c", KILLED, name, folder, str(at)], check=False, timeout=60)
        assert done.returncode == -signal.SIGKILL
        if (folder / f"s{format_.suffixes(TINY)[-1]}").exists():
            assert read(name, folder, "s", TINY) == [[1, 2, 3]]
        format_.write(folder, "s", [document("new", np.array([4, 5, 6]))], TINY)
        assert read(name, folder, "s", TINY) == [[4, 5, 6]]


@every_format
def test_rewritten_shard_replaces_the_old_one(tmp_path: Path, name: str) -> None:
    find(name).write(tmp_path, "s", documents(4, 5), SMALL)
    find(name).write(tmp_path, "s", documents(9), SMALL)
    assert [len(ids) for ids in read(name, tmp_path, "s")] == [9]
    assert len(list(tmp_path.iterdir())) == len(find(name).suffixes(SMALL))


@every_format
def test_file_cut_anywhere_is_damaged(tmp_path: Path, name: str) -> None:
    paths = find(name).write(tmp_path, "s", documents(3, 0, 5), SMALL)
    for path in paths:
        whole = path.read_bytes()
        for size in range(len(whole)):
            path.write_bytes(whole[:size])
            with pytest.raises(DamagedInput) as caught:
                list(find(name).read(tmp_path, "s", SMALL))
            assert str(path) == caught.value.subject
        path.write_bytes(whole)
    assert sum(map(len, read(name, tmp_path, "s"))) == 8


@every_format
def test_file_with_something_behind_is_damaged(tmp_path: Path, name: str) -> None:
    for path in find(name).write(tmp_path, "s", documents(3, 5), SMALL):
        whole = path.read_bytes()
        path.write_bytes(whole + b"\0")
        with pytest.raises(DamagedInput) as caught:
            list(find(name).read(tmp_path, "s", SMALL))
        assert caught.value.subject == str(path)
        path.write_bytes(whole)


@every_format
def test_missing_file_is_damaged(tmp_path: Path, name: str) -> None:
    for path in find(name).write(tmp_path, "s", documents(3), SMALL):
        whole = path.read_bytes()
        path.unlink()
        with pytest.raises(DamagedInput, match="is missing") as caught:
            list(find(name).read(tmp_path, "s", SMALL))
        assert caught.value.subject == str(path)
        path.write_bytes(whole)
