"""Whether workers are started before the plan is made: by how much changed since the store did."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rightful import engine
from rightful.ingest.soon import _newer_bytes, warm_workers


def sparse(path: Path, size: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize(
    ("workers", "size", "is_started"), [(2, engine.PAYS_BYTES, True), (2, 1000, False), (1, engine.PAYS_BYTES, False)]
)
def test_workers_start_early_for_much_that_is_new(workers: int, size: int, is_started: bool, tmp_path: Path) -> None:
    file = sparse(tmp_path / "in" / "below" / "a.jsonl", size)
    for named in (file, tmp_path / "in", str(tmp_path / "in")):
        with warm_workers(workers, [named], tmp_path / "no-ledger") as warm:
            assert (warm._server is not None) == is_started


def test_what_is_older_than_the_store_is_not_counted(tmp_path: Path) -> None:
    file = sparse(tmp_path / "a.jsonl", engine.PAYS_BYTES)
    ledger = sparse(tmp_path / "ledger", 1)
    later = file.stat().st_ctime + 5
    os.utime(ledger, (later, later))
    assert _newer_bytes([file], ledger) == 0
    assert _newer_bytes([file, tmp_path / "nothing"], None) == engine.PAYS_BYTES


def test_links_are_not_followed(tmp_path: Path) -> None:
    sparse(tmp_path / "out" / "a.jsonl", engine.PAYS_BYTES)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "round").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "away").symlink_to(tmp_path / "out")
    assert _newer_bytes([tmp_path / "in"], None) < 1000
