"""A look is bounded: by entries, by time, by what is read of one file, and by how many files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.drafts.sampling import HEAD_BYTES, MOST_FILES, chosen, sample
from rightful.drafts.walking import walk
from rightful.errors import InputError
from tests.unit.readers.packing import as_zip


def clock() -> float:
    return 0.0


def test_walk_stops_at_its_bound_and_says_so(tmp_path: Path) -> None:
    for n in range(40):
        (tmp_path / f"{n:02}.txt").write_text("x")
    assert walk(tmp_path, clock).whole
    stopped = walk(tmp_path, clock, entries=10)
    assert (stopped.whole, len(stopped.files)) == (False, 10)


def test_walk_stops_when_its_time_is_over(tmp_path: Path) -> None:
    for n in range(600):
        (tmp_path / f"{n:03}.txt").touch()
    ticks = iter(range(1_000))
    stopped = walk(tmp_path, lambda: float(next(ticks)), seconds=0.5)
    assert not stopped.whole
    assert 0 < len(stopped.files) < 600


def test_walk_passes_over_what_is_never_read_links_and_stores(tmp_path: Path) -> None:
    for name in ("a.txt", ".env", "model.pt", ".git/config", "store/ledger.sqlite"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    for name in ("records", "texts"):
        (tmp_path / "store" / name).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a.txt")
    walked = walk(tmp_path, clock)
    assert [file.name for file in walked.files] == ["a.txt"]
    assert walked.reasons == {
        "secrets": 1,
        "checkpoints": 1,
        "version control data": 1,
        "a symbolic link": 1,
        "a store or an export of rightful": 1,
    }


def test_walk_of_nothing_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file") as caught:
        walk(tmp_path / "gone", clock)
    assert str(tmp_path / "gone") in str(caught.value.subject)


def test_few_files_of_many_are_chosen_from_every_folder(tmp_path: Path) -> None:
    for folder in range(30):
        (tmp_path / str(folder)).mkdir()
        for n in range(20):
            (tmp_path / str(folder) / f"{n}.txt").write_text("a text")
    picked = chosen(walk(tmp_path, clock))
    assert len(picked) <= MOST_FILES
    assert {file.folder for file in picked} == {str(n) for n in range(30)}


def test_huge_file_is_looked_at_by_its_head(tmp_path: Path) -> None:
    """A sparse file of 5 GB takes no more than its first records."""
    path = tmp_path / "data" / "rows.jsonl"
    path.parent.mkdir()
    lines = "".join(json.dumps({"id": str(n), "text": "Of the harbour."}) + "\n" for n in range(50))
    path.write_text(lines, "utf-8")
    os.truncate(path, 5 << 30)
    (piece,) = sample(chosen(walk(path.parent, clock)), tmp_path / "sample")
    assert piece.path is not None
    assert piece.truncated
    assert piece.path.stat().st_size <= HEAD_BYTES
    assert len(piece.path.read_text("utf-8").splitlines()) >= 50


def test_row_that_does_not_end_is_said(tmp_path: Path) -> None:
    path = tmp_path / "data" / "rows.jsonl"
    path.parent.mkdir()
    path.write_text('{"text": "' + "x" * (HEAD_BYTES + 10), "utf-8")
    (piece,) = sample(chosen(walk(path.parent, clock)), tmp_path / "sample")
    assert piece.path is None
    assert "no record ends" in piece.unread


def test_first_rows_of_parquet_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "data" / "rows.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"text": [f"Of the harbour {n}." for n in range(5_000)]}), path)
    (piece,) = sample(chosen(walk(path.parent, clock)), tmp_path / "sample")
    assert piece.path is not None
    assert pq.read_metadata(piece.path).num_rows == 300


def test_damaged_file_is_named_and_stops_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "bad.parquet").write_bytes(b"PAR1 and no more")
    (data / "good.jsonl").write_text('{"text": "Of the harbour."}\n', "utf-8")
    pieces = {piece.of.name: piece for piece in sample(chosen(walk(data, clock)), tmp_path / "sample")}
    assert pieces["good.jsonl"].path is not None
    assert pieces["bad.parquet"].path is None
    assert pieces["bad.parquet"].unread


def test_archive_is_not_opened_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.zip").write_bytes(as_zip({"a.txt": "A letter."}))
    [piece] = sample(chosen(walk(tmp_path / "in", clock)), tmp_path / "to")
    assert (piece.path, piece.unread) == (None, "an archive is not opened: an ingest reads what it holds")
