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
from rightful.export.formats import Document, find, text

NAMES = formats.of_tokens()
SMALL, LARGE = 50_257, 131_072

every_format = pytest.mark.parametrize("name", NAMES)


def documents(*lengths: int, vocab_size: int = SMALL) -> list[Document]:
    chance = np.random.default_rng(7)
    return [
        Document(f"record-{number}", chance.integers(0, vocab_size, length, np.uint32))
        for number, length in enumerate(lengths)
    ]


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


def test_repair_is_in_the_contract_of_formats() -> None:
    assert {"rewrite", "mask", "MASK_COLUMN"} <= set(formats.CONTRACT)
    assert {"rewrite", "mask"} <= set(text.CONTRACT)


@every_format
@given(
    lists=st.lists(st.tuples(st.lists(st.integers(0, 99), max_size=5), st.booleans()), max_size=6),
    masked_first=st.booleans(),
)
def test_rewritten_shard_is_that_of_what_is_kept_and_a_masked_one_has_its_places(
    name: str, lists: list[tuple[list[int], bool]], masked_first: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    format_, folder = find(name), tmp_path_factory.mktemp("repair")
    these = [Document(f"record-{n}", np.array(ids, np.uint32)) for n, (ids, _) in enumerate(lists)]
    keep = [stays for _, stays in lists]
    format_.write(folder, "s", these, SMALL)
    format_.mask(folder, "s", folder, "masked", keep, 100, SMALL)
    read = [ids.tolist() for ids in format_.read(folder, "masked")]
    assert read == [ids if stays else [100] * len(ids) for ids, stays in lists]
    before, after = format_.record_ids(folder, "s"), format_.record_ids(folder, "masked")
    assert (before is None) == (after is None)
    assert before is None or after is None or list(before) == list(after)
    rewritten = format_.rewrite(folder, "masked" if masked_first else "s", folder, "less", keep, SMALL)
    assert [ids.tolist() for ids in format_.read(folder, "less")] == [ids for ids, stays in lists if stays]
    if not masked_first:  # a mask says of what is left that it counts
        wanted = format_.write(folder, "wanted", [d for d, stays in zip(these, keep, strict=True) if stays], SMALL)
        assert [p.read_bytes() for p in rewritten] == [p.read_bytes() for p in wanted]


@every_format
@pytest.mark.parametrize("keep", [[], [True], [True] * 4])
def test_repair_of_another_number_of_documents_is_damage_and_leaves_nothing(
    tmp_path: Path, name: str, keep: list[bool]
) -> None:
    find(name).write(tmp_path, "s", documents(3, 0, 5), SMALL)
    before = bytes_of(tmp_path)
    with pytest.raises(DamagedInput, match="documents that its index speaks of"):
        find(name).rewrite(tmp_path, "s", tmp_path, "t", keep, SMALL)
    with pytest.raises(DamagedInput, match="documents that its index speaks of"):
        find(name).mask(tmp_path, "s", tmp_path, "t", keep, 7, SMALL)
    assert bytes_of(tmp_path) == before


@every_format
@given(
    token_lists=st.lists(st.lists(st.integers(0, LARGE - 1), max_size=5), max_size=6),
    large=st.booleans(),
)
def test_written_documents_come_back_and_repeat_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, name: str, token_lists: list[list[int]], large: bool
) -> None:
    vocab_size = LARGE if large else SMALL
    these = [
        Document(f"id/{n} é", np.array([i % vocab_size for i in ids], np.uint32)) for n, ids in enumerate(token_lists)
    ]
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    format_ = find(name)
    paths = format_.write(one, "shard-00000", these, vocab_size)
    assert paths == [one / f"shard-00000{suffix}" for suffix in format_.SUFFIXES]
    assert sorted(one.iterdir()) == sorted(paths)
    came = list(format_.read(one, "shard-00000"))
    assert [ids.tolist() for ids in came] == [document.tokens.tolist() for document in these]
    assert all(ids.dtype == np.uint32 for ids in came)
    kept = format_.record_ids(one, "shard-00000")
    assert kept is None or list(kept) == [document.record_id for document in these]
    again = format_.write(two, "other", iter(these), vocab_size)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


@every_format
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.int64])
def test_written_ids_of_any_integer_type_give_the_same_bytes(tmp_path: Path, name: str, kind: type) -> None:
    ids = [1, 2, 100]
    find(name).write(tmp_path, "a", [Document("r", np.array(ids, np.uint32))], SMALL)
    find(name).write(tmp_path, "b", [Document("r", np.array(ids, kind))], SMALL)
    for suffix in find(name).SUFFIXES:
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@every_format
def test_no_documents_give_a_shard_without_any(tmp_path: Path, name: str) -> None:
    find(name).write(tmp_path, "s", [], SMALL)
    assert list(find(name).read(tmp_path, "s")) == []


@every_format
@pytest.mark.parametrize("vocab_size", [SMALL, LARGE])
def test_largest_id_of_a_vocabulary_comes_back(tmp_path: Path, name: str, vocab_size: int) -> None:
    format_ = find(name)
    assert np.iinfo(format_.width(vocab_size)).max >= vocab_size - 1
    format_.write(tmp_path, "s", [Document("r", np.array([0, vocab_size - 1], np.uint32))], vocab_size)
    assert [ids.tolist() for ids in format_.read(tmp_path, "s")] == [[0, vocab_size - 1]]


@every_format
@pytest.mark.parametrize(
    ("tokens", "reason"),
    [
        (np.array([5, SMALL], np.uint32), r"ids 5 to 50257 are not within a vocabulary of 50257"),
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
        find(name).write(tmp_path, "s", [*documents(3), Document("the record", tokens)], SMALL)
    assert caught.value.subject == "the record"
    assert list(tmp_path.iterdir()) == []


@every_format
def test_documents_that_fail_leave_what_was_there(tmp_path: Path, name: str) -> None:
    def failing() -> Iterator[Document]:
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
    many = (Document(sha256(b"%d" % number).hexdigest(), nothing) for number in range(10_000))
    with pytest.raises(InputError, match="cannot be written"):
        find(name).write(tmp_path, "s", many, SMALL)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from rightful.export.formats import Document, find, text
at, seen = int(sys.argv[3]), 0
def hook(event, arguments):
    global seen
    if event == "os.rename":
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        seen += 1
sys.addaudithook(hook)
find(sys.argv[1]).write(Path(sys.argv[2]), "s", [Document("new", np.array([4, 5, 6]))], 300)
"""


@every_format
def test_killed_before_a_rename_leaves_the_old_shard_or_none(tmp_path: Path, name: str) -> None:
    format_ = find(name)
    for at, _ in enumerate(format_.SUFFIXES):
        folder = tmp_path / str(at)
        folder.mkdir()
        format_.write(folder, "s", [Document("old", np.array([1, 2, 3]))], 300)
        done = subprocess.run([sys.executable, "-c", KILLED, name, folder, str(at)], check=False, timeout=60)
        assert done.returncode == -signal.SIGKILL
        if (folder / f"s{format_.SUFFIXES[-1]}").exists():
            assert [ids.tolist() for ids in format_.read(folder, "s")] == [[1, 2, 3]]
        format_.write(folder, "s", [Document("new", np.array([4, 5, 6]))], 300)
        assert [ids.tolist() for ids in format_.read(folder, "s")] == [[4, 5, 6]]


@every_format
def test_rewritten_shard_replaces_the_old_one(tmp_path: Path, name: str) -> None:
    find(name).write(tmp_path, "s", documents(4, 5), SMALL)
    find(name).write(tmp_path, "s", documents(9), SMALL)
    assert [len(ids) for ids in find(name).read(tmp_path, "s")] == [9]
    assert len(list(tmp_path.iterdir())) == len(find(name).SUFFIXES)


@every_format
def test_file_cut_anywhere_is_damaged(tmp_path: Path, name: str) -> None:
    paths = find(name).write(tmp_path, "s", documents(3, 0, 5), SMALL)
    for path in paths:
        whole = path.read_bytes()
        for size in range(len(whole)):
            path.write_bytes(whole[:size])
            with pytest.raises(DamagedInput) as caught:
                list(find(name).read(tmp_path, "s"))
            assert str(path) == caught.value.subject
        path.write_bytes(whole)
    assert len(list(find(name).read(tmp_path, "s"))) == 3


@every_format
def test_file_with_something_behind_is_damaged(tmp_path: Path, name: str) -> None:
    for path in find(name).write(tmp_path, "s", documents(3, 5), SMALL):
        whole = path.read_bytes()
        path.write_bytes(whole + b"\0")
        with pytest.raises(DamagedInput) as caught:
            list(find(name).read(tmp_path, "s"))
        assert caught.value.subject == str(path)
        path.write_bytes(whole)


@every_format
def test_missing_file_is_damaged(tmp_path: Path, name: str) -> None:
    for path in find(name).write(tmp_path, "s", documents(3), SMALL):
        whole = path.read_bytes()
        path.unlink()
        with pytest.raises(DamagedInput, match="is missing") as caught:
            list(find(name).read(tmp_path, "s"))
        assert caught.value.subject == str(path)
        path.write_bytes(whole)
