"""A worker that dies costs time and nothing else; a file that always kills its worker is named (law 14.5 and 14.6)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rightful.engine import WorkerDied
from tests.crash import faults, verbs
from tests.crash.corpus import counts, old_folder, open_store, parts, permitted, row, write_folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files enough for several workers, one of them poisoned."""
    names = ["a.jsonl", "b.jsonl", verbs.POISON, "x.jsonl", "y.jsonl"]
    rows = {name: [row(100 * n + i + 100) for i in range(5)] for n, name in enumerate(names)}
    return write_folder(tmp_path_factory.mktemp("files") / "files", rows)


def test_worker_killed_mid_run_leaves_the_same_bytes(files: Path, tmp_path: Path) -> None:
    alone = faults.run(verbs.ingest, tmp_path / "alone", files)
    died = faults.run(verbs.ingest_with_a_death, tmp_path / "store", files, 2)
    assert (tmp_path / "store" / ".died").exists(), "no worker died"
    assert died.exitcode == 0
    assert counts(died.answer) == counts(alone.answer)
    assert parts(tmp_path / "store") == parts(tmp_path / "alone")


def test_file_that_always_kills_its_worker_is_named_and_the_store_stays_as_it_was(files: Path, tmp_path: Path) -> None:
    verbs.ingest(tmp_path / "store", old_folder(tmp_path / "old"))
    before, usable = parts(tmp_path / "store"), permitted(tmp_path / "store")
    ended = faults.run(verbs.ingest_with_a_killer, tmp_path / "store", files, 2)
    assert isinstance(ended.error, WorkerDied)
    assert ended.error.subject == str(files / verbs.POISON)
    assert "died 2 times although nothing else was running" in ended.error.message
    assert ended.exitcode == 1
    assert (parts(tmp_path / "store"), permitted(tmp_path / "store")) == (before, usable)

    # When the file is taken away the rest goes in as if nothing had been.
    healthy = Path(shutil.copytree(files, tmp_path / "healthy", ignore=shutil.ignore_patterns(verbs.POISON)))
    assert verbs.ingest(tmp_path / "store", healthy)["added"] == 20
    assert open_store(tmp_path / "store").status()["rows"] == 33


def test_driver_killed_mid_run_takes_its_workers_along_and_a_rerun_lands(files: Path, tmp_path: Path) -> None:
    """What workers of a killed driver would still write is what a rerun writes."""
    started = faults.Started(verbs.ingest, tmp_path / "store", files, 2)
    started.reach("after a commit")  # the ledger is there, the workers are being started
    assert started.process.pid is not None
    started.process.kill()
    assert started.wait().exitcode == faults.KILLED
    verbs.ingest(tmp_path / "store", files, 2)
    verbs.ingest(tmp_path / "alone", files)
    assert parts(tmp_path / "store") == parts(tmp_path / "alone")
