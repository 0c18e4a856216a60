"""A read-only mount, a full disk: reading goes on, writing is an error with a remedy, and nothing is read that is older.

Mounts need root; where they are not allowed these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pytest

from rightful.errors import StoreError
from rightful.store.conditions import what_the_engine_says
from rightful.store.ledger import Ledger
from tests.conftest import Outcome
from tests.crash import verbs
from tests.crash.conftest import Ground
from tests.crash.corpus import open_store, parts, permitted


def mounted(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """A small disk of its own."""
    folder.mkdir()
    if not shutil.which("mount") or not mounted("-t", "tmpfs", "-o", f"size={size}", "none", str(folder)):
        pytest.skip("mounts are not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def fill_up(file: Path) -> None:
    """Take all the room that there is."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (1 << 16, 1 << 12, 1):
            with suppress(OSError):
                while os.write(handle, bytes(size)):
                    pass
    finally:
        os.close(handle)


READING = (
    ("query", "--use", "train.pretrain", "--accept", "all"),
    ("store", "status"),
    ("store", "log"),
    ("sql", "SELECT count(*) AS n FROM records"),
    ("sql", "SELECT count(*) AS n FROM texts"),
    ("consent", "list"),
    ("source", "list"),
    ("stats",),
    ("explain", "note-1", "--use", "train.pretrain"),
)
WRITING = (
    ("consent", "withdraw", "--domain", "x.example"),
    ("ingest", "coming", "--workers", "1"),
    ("tag", "--recipe", "web-en", "--workers", "1"),
)


@pytest.mark.parametrize("state", ["read-only", "full"])
def test_reading_goes_on_and_writing_says_what_to_do(
    state: str, ground: Ground, rightful: Callable[..., Outcome], tmp_path: Path
) -> None:
    shutil.copytree(ground.coming, tmp_path / "coming")
    with disk(tmp_path / "disk", "16m") as place:
        store = Path(shutil.copytree(ground.store, place / "store"))
        usable, before = permitted(store), parts(store)
        if state == "read-only":
            assert mounted("-o", "remount,ro", str(place))
        else:
            fill_up(place / "filler")
            assert os.statvfs(place).f_bavail == 0
        for words in READING:
            done = rightful("--store", store, *words)
            assert done.returncode == 0, (words, done.stderr)
            assert "Traceback" not in done.stderr
        for words in WRITING:
            done = rightful("--store", store, *words)
            assert done.returncode == 2, (words, done.stderr)
            assert "Traceback" not in done.stderr, words
            assert "error: " in done.stderr
        assert (permitted(store), parts(store)) == (usable, before)
        if state == "full":
            (place / "filler").unlink()
            assert verbs.ingest(store, ground.coming)["added"] > 0, "with room it goes on"


@pytest.mark.parametrize("mib", [60, 150])
def test_too_little_memory_to_begin_is_an_error_with_a_remedy(mib: int, ground: Ground) -> None:
    """As ``ulimit -v`` has it: no library can be loaded then."""
    command = Path(sys.executable).with_name("rightful")
    done = subprocess.run(
        ["sh", "-c", f'ulimit -v {mib << 10}; exec "$0" "$@"', command, "--store", ground.store, "store", "status"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: a library cannot be loaded: ")
    assert "ulimit -v" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("can't start new thread"),
        duckdb.Error("Unknown error: Failed to launch worker thread: Resource temporarily unavailable"),
        OSError("Could not find/load shared object file 'libllvmlite.so' from resource location"),
        duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate"),
    ],
)
def test_library_that_has_no_memory_is_told_as_that(error: Exception) -> None:
    told = what_the_engine_says(error)
    assert told is not None
    assert told[0].startswith("there is not enough memory")
    assert "ulimit -v" in told[1]


def test_commits_that_are_not_merged_are_read_on_a_read_only_mount_or_are_an_error(
    ground: Ground, tmp_path: Path
) -> None:
    """Never the snapshot before: it would permit what was withdrawn."""
    for shared in (True, False):
        with disk(tmp_path / f"disk-{shared}", "16m") as place:
            store = ground.copy(tmp_path / f"store-{shared}")
            holding = Ledger.open(store / "ledger.sqlite")  # keeps the last commits apart
            open_store(store).consent.record(
                [verbs.WITHDRAWAL.__class__(kind="withdraw", selector="domain", value="harbour.example")]
            )
            shutil.copytree(store, place / "store")
            holding.close()
            if not shared:
                (place / "store" / "ledger.sqlite-shm").unlink()
            assert (place / "store" / "ledger.sqlite-wal").stat().st_size
            assert mounted("-o", "remount,ro", str(place))
            if shared:
                assert permitted(place / "store") == []
            else:
                with pytest.raises(StoreError, match="not merged into the ledger"):
                    permitted(place / "store")


def test_folder_that_may_not_be_read_is_an_error_with_a_remedy(
    ground: Ground, rightful: Callable[..., Outcome], tmp_path: Path
) -> None:
    """A part that is gone: what it was of, and what to do."""
    store = ground.copy(tmp_path / "store")
    next((store / "records").iterdir()).unlink()
    for words in READING[:5]:
        done = rightful("--store", store, *words)
        assert "Traceback" not in done.stderr, words
        assert done.returncode in (0, 2)
        assert done.returncode == 0 or "hint: " in done.stderr
