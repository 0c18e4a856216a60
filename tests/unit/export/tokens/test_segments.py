from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.export.tokens.segments import Segments

BATCHES = [[[1, 2, 3], []], [], [[4]], [[5, 6], [7], [8, 9, 10, 11]], [[12]]]


def filled(folder: Path, batches: list[list[list[int]]], most: int, kind: str = "<u2") -> Segments:
    segments = Segments(folder, kind, most)
    for batch in batches:
        flat = [one for document in batch for one in document]
        segments.append(np.array(flat, np.uint32), np.array([len(d) for d in batch], np.int64))
    return segments


@settings(max_examples=40)
@given(st.lists(st.lists(st.lists(st.integers(0, 60_000), max_size=5), max_size=4), max_size=6), st.integers(1, 9))
def test_segments_give_back_every_document_and_any_piece_of_it(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[list[int]]], most: int
) -> None:
    segments = filled(tmp_path_factory.mktemp("s") / "spool", batches, most)
    documents = [document for batch in batches for document in batch]
    assert len(segments) == len(documents)
    assert segments.lengths().tolist() == [len(document) for document in documents]
    for number, document in enumerate(documents):
        assert segments.tokens(number).tolist() == document
        assert (
            segments.tokens(number, len(document) // 2, len(document) - len(document) // 2).tolist()
            == (document[len(document) // 2 :])
        )
    segments.remove()
    assert not segments.folder.exists()


def test_segments_are_read_while_more_is_appended_and_let_go_in_order(tmp_path: Path) -> None:
    segments = filled(tmp_path / "spool", BATCHES[:3], 3)
    assert segments.tokens(2).tolist() == [4]
    assert segments.lengths(1).tolist() == [0, 1]
    segments.append(np.array([20, 21], np.uint32), np.array([2], np.int64))
    segments.append(np.array([22], np.uint32), np.array([1], np.int64))
    assert [segments.tokens(n).tolist() for n in (2, 3, 4)] == [[4], [20, 21], [22]]
    files = sorted(segments.folder.iterdir())
    segments.release(2)
    assert sorted(segments.folder.iterdir()) == files[1:]
    with pytest.raises(IndexError, match="were let go"):
        segments.tokens(0)
    segments.release(5)
    assert segments.tokens(4).tolist() == [22], "the last file is still written to"


def test_segments_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    segments = filled(tmp_path / "spool", BATCHES, 100)
    with pytest.raises(ValueError, match="do not fit a spool of uint16"):
        segments.append(np.array([1 << 16], np.uint32), np.array([1], np.int64))
    with pytest.raises(ValueError, match="2 ids where the lengths say 3"):
        segments.append(np.array([1, 2], np.uint32), np.array([3], np.int64))
    for record, start, length in ((-1, 0, None), (8, 0, None), (0, 0, 4), (0, -1, 1), (0, 2, 2)):
        with pytest.raises(IndexError):
            segments.tokens(record, start, length)
    with pytest.raises(InputError):
        Segments(tmp_path / "no" / "folder", "<u2")


def test_segments_on_a_full_disk_say_what_the_system_says(tmp_path: Path, small_disk: None) -> None:
    segments = Segments(tmp_path / "spool", "<u2", 1 << 20)
    with pytest.raises(InputError, match="cannot be written: File too large") as caught:
        segments.append(np.zeros(50_000, np.uint32), np.array([50_000], np.int64))
    assert str(tmp_path) in str(caught.value.subject)


def test_segments_memory_does_not_grow_with_the_tokens(tmp_path: Path) -> None:
    ids = np.arange(50_000, dtype=np.uint32)
    tracemalloc.start()
    try:
        segments = Segments(tmp_path / "spool", np.uint16)
        for _ in range(200):
            segments.append(ids, np.array([len(ids)], np.int64))
        assert sum(int(segments.tokens(number)[-1]) for number in range(len(segments))) == 200 * 49_999
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert segments.total * 2 == 20_000_000
    assert peak < 4_000_000
