from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.errors import DamagedInput, InputError
from rightful.export.tokens.spool import Spool, SpoolWriter, remove


@given(st.lists(st.lists(st.lists(st.integers(0, 65_535), max_size=6), max_size=4), max_size=4))
def test_spool_what_was_appended_comes_back_in_order(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[list[int]]]
) -> None:
    path = tmp_path_factory.mktemp("spool") / "tokens.bin"
    with SpoolWriter(path, np.uint16) as writer:
        for batch in batches:
            writer.append([np.array(ids, np.uint32) for ids in batch])
    expected = [ids for batch in batches for ids in batch]
    spool = Spool(path, np.uint16)
    assert [spool.tokens(number).tolist() for number in range(len(spool))] == expected
    assert [spool.length(number) for number in range(len(spool))] == [len(ids) for ids in expected]
    assert spool.total == sum(map(len, expected)) == path.stat().st_size // 2


def test_spool_file_is_flat_and_little_endian(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "t", np.int32) as writer:
        writer.append([np.array([1, 258]), np.array([], np.uint32), np.array([3], np.uint16)])
    assert (tmp_path / "t").read_bytes() == bytes([1, 0, 0, 0, 2, 1, 0, 0, 3, 0, 0, 0])
    assert len(writer) == 3


def test_spool_id_that_does_not_fit_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="ids up to 65536 do not fit a spool of uint16"),
        SpoolWriter(tmp_path / "t", np.uint16) as writer,
    ):
        writer.append([np.array([1], np.uint32), np.array([65_536], np.uint32)])
    assert list(tmp_path.iterdir()) == []


def test_spool_outside_of_it_is_an_index_error(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "t", np.uint16) as writer:
        writer.append([np.array([1])])
    for index in (-1, 1):
        with pytest.raises(IndexError, match=f"array {index} of a spool of 1"):
            Spool(tmp_path / "t", np.uint16).tokens(index)


def test_spool_never_closed_is_damaged(tmp_path: Path) -> None:
    SpoolWriter(tmp_path / "t", np.uint16)._file.close()
    with pytest.raises(DamagedInput, match="is not a closed spool: No such file"):
        Spool(tmp_path / "t", np.uint16)


def test_spool_cut_short_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "t"
    with SpoolWriter(path, np.uint16) as writer:
        writer.append([np.array([1, 2, 3])])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedInput, match="holds 5 bytes, not 3 tokens of 2 bytes") as caught:
        Spool(path, np.uint16)
    assert caught.value.subject == str(path)


def test_spool_remove_takes_both_files_and_may_be_repeated(tmp_path: Path) -> None:
    with SpoolWriter(tmp_path / "t", np.uint16) as writer:
        writer.append([np.array([1])])
    remove(tmp_path / "t")
    assert list(tmp_path.iterdir()) == []
    remove(tmp_path / "t")


@pytest.mark.parametrize("arrays", [1, 40])
def test_spool_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path, small_disk: None, arrays: int) -> None:
    """One array is still in the buffer when the block ends; forty are not."""
    path = tmp_path / "t"
    with (
        pytest.raises(InputError, match="cannot be written: File too large") as caught,
        SpoolWriter(path, np.uint16) as writer,
    ):
        writer.append([np.zeros(50_000, np.uint32)] * arrays)
    assert caught.value.subject == str(path)
    assert list(tmp_path.iterdir()) == []


def test_spool_memory_does_not_grow_with_the_tokens(tmp_path: Path) -> None:
    ids = np.arange(50_000, dtype=np.uint32)
    tracemalloc.start()
    try:
        with SpoolWriter(tmp_path / "t", np.uint16) as writer:
            for _ in range(200):
                writer.append([ids])
        spool = Spool(tmp_path / "t", np.uint16)
        assert sum(int(spool.tokens(number)[-1]) for number in range(len(spool))) == 200 * 49_999
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert spool.total * 2 == 20_000_000
    assert peak < 4_000_000
