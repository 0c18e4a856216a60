"""A ledger that has lost its last commits is not read: the file beside it says how far it had come."""

from __future__ import annotations

import contextlib
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rightful.errors import StoreError
from rightful.rights.consent import ConsentEvent
from rightful.store.ledger import Ledger
from rightful.store.witness import witness_file
from tests.ledgers import rewrite

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _record(ledger: Ledger, n: int) -> None:
    at = NOON + timedelta(minutes=n)
    event = ConsentEvent(
        event_id=f"event-{n}", kind="withdrawal", selector="record", value=f"r-{n}", recorded=at, effective=at
    )
    with ledger.commit("consent", f"run-{n}", at) as commit:
        commit.add_events([(event, event.value, "")])


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A ledger with three events, as a process leaves it that is killed: the last two commits lie beside it."""
    path = tmp_path / "running" / "ledger.sqlite"
    path.parent.mkdir()
    with contextlib.closing(Ledger.create(path, NOON)) as ledger:
        _record(ledger, 1)
    left = tmp_path / "left"
    left.mkdir()
    holding = Ledger.open(path)
    with contextlib.closing(holding), holding.reading(), contextlib.closing(Ledger.open(path)) as ledger:
        _record(ledger, 2)
        _record(ledger, 3)
        for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-head"):
            shutil.copy(path.with_name(name), left / name)
    return left / "ledger.sqlite"


def _events(path: Path) -> list[str]:
    with contextlib.closing(Ledger.open(path, reading=True)) as ledger:
        return [event.event_id for event in ledger.consents()]


def test_what_a_killed_process_left_is_read(killed: Path) -> None:
    assert _events(killed) == ["event-1", "event-2", "event-3"]


def test_no_flipped_bit_in_the_commits_beside_the_ledger_loses_one(killed: Path) -> None:
    """SQLite by itself reads the ledger without the commits from the damaged one on, and says nothing."""
    files = {p: p.read_bytes() for p in killed.parent.iterdir()}
    beside = killed.with_name("ledger.sqlite-wal")
    errors = []
    for at in range(0, len(files[beside]), 1_999):
        for path in killed.parent.iterdir():
            path.unlink()
        for path, content in files.items():
            path.write_bytes(content)
        damaged = bytearray(files[beside])
        damaged[at] ^= 1 << (at % 8)
        beside.write_bytes(damaged)
        try:
            assert _events(killed) == ["event-1", "event-2", "event-3"]
        except StoreError as error:
            errors.append((error.subject, error.hint is not None))
    assert len(errors) > 10
    assert set(errors) == {(str(killed), True)}


@pytest.mark.parametrize("lost", ["truncated", "gone"])
def test_commits_beside_the_ledger_that_are_gone_are_missed(killed: Path, lost: str) -> None:
    beside = killed.with_name("ledger.sqlite-wal")
    if lost == "gone":
        beside.unlink()
    else:
        os.truncate(beside, beside.stat().st_size // 2)
    with pytest.raises(StoreError, match="the ledger has lost its last commits: its chain ends at link") as caught:
        _events(killed)
    assert "remove ledger.sqlite-head" in str(caught.value.hint)
    with contextlib.closing(Ledger.open(killed)) as ledger:
        assert ledger.damages()[0].startswith("the ledger has lost its last commits")
        with pytest.raises(StoreError, match="lost its last commits"):
            _record(ledger, 4)


def test_ledger_that_was_put_back_on_purpose_is_read_once_its_witness_is_removed(killed: Path) -> None:
    killed.with_name("ledger.sqlite-wal").unlink()
    witness_file(killed).unlink()
    assert _events(killed) == ["event-1"]
    with contextlib.closing(Ledger.open(killed)) as ledger:
        _record(ledger, 4)
    assert witness_file(killed).is_file()
    assert _events(killed) == ["event-1", "event-4"]


def test_another_ledger_in_the_place_of_this_one_is_not_read(killed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "ledger.sqlite"
    other.parent.mkdir()
    with contextlib.closing(Ledger.create(other, NOON)) as ledger:
        for n in range(1, 9):
            _record(ledger, n)
    killed.with_name("ledger.sqlite-wal").unlink()
    shutil.copy(other, killed)
    with pytest.raises(StoreError, match="the ledger is not the one that was here"):
        _events(killed)


@pytest.mark.parametrize(
    "said", [b"", b"{}", b"[]", b"\xff", b'{"link": 1.0, "digest": ""}', b'{"link": null, "digest": "a"}', b"1"]
)
def test_witness_that_cannot_be_read_is_an_error(killed: Path, said: bytes) -> None:
    witness_file(killed).write_bytes(said)
    with pytest.raises(StoreError, match="how far the ledger had come cannot be read") as caught:
        _events(killed)
    assert "ledger.sqlite-head" in str(caught.value.hint)


def test_no_flipped_bit_in_the_witness_is_taken_for_good(killed: Path) -> None:
    path = witness_file(killed)
    content = path.read_bytes()
    for at in range(len(content) - 1):
        damaged = bytearray(content)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(StoreError):
            _events(killed)


def test_commit_counts_where_its_witness_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.sqlite"
    with contextlib.closing(Ledger.create(path, NOON)) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            _record(ledger, 1)
        before = witness_file(path).read_bytes()
        _record(ledger, 2)
    assert witness_file(path).read_bytes() != before
    assert _events(path) == ["event-1", "event-2"]


def test_transaction_that_failed_is_not_witnessed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with contextlib.closing(Ledger.create(path, NOON)) as ledger:
        before = witness_file(path).read_bytes()
        with pytest.raises(RuntimeError), ledger.commit("consent", "run", NOON):
            raise RuntimeError("on the way")
        rewrite(ledger, "UPDATE meta SET value = value")
        assert witness_file(path).read_bytes() == before
