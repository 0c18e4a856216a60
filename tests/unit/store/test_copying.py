"""``store copy``: a backup of a store in use is whole, as of one commit, and nothing is left where it is not."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import InputError, StoreError
from rightful.store import copying
from tests.ledgers import unseal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
CARD = 'name = "harbour"\nlicense = "CC0-1.0"\npersonal_data = "no"\n'


def write(corpus: Path, name: str, rows: range) -> None:
    corpus.mkdir(exist_ok=True)
    (corpus / "source.toml").write_text(CARD)
    lines = [{"id": f"n-{n}", "text": f"Note {n}: the tide turned, and boat {n * 7} went out."} for n in rows]
    (corpus / name).write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    write(tmp_path / "harbour", "a.jsonl", range(5))
    store = Store(tmp_path / "store", clock=lambda: NOON)
    store.ingest([tmp_path / "harbour"])
    store.export(tmp_path / "out", tokenizer="bytes", **USE)
    store.consent.withdraw(record="n-2", reason="asked by mail")
    (tmp_path / "store" / "policy.toml").write_text('accept = ["notice"]\n')
    (tmp_path / "store" / "tokenizers").mkdir()
    (tmp_path / "store" / "tokenizers" / "own.json").write_text("{}")
    return store


def everything(root: Path) -> dict[str, bytes]:
    files = (p for p in root.rglob("*") if p.is_file() and not p.name.startswith((".", "ledger.sqlite")))
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in files}


def test_copy_answers_as_the_store_and_is_its_owners_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "store" / "texts" / "orphan.parquet").write_bytes(b"left by a killed run")
    (tmp_path / "store" / "staging" / "run").mkdir()
    answer = store.copy(tmp_path / "copy")
    copy = Store(tmp_path / "copy", clock=lambda: NOON)
    assert (answer.ok, answer.snapshot, answer.path) == (True, store.status().snapshot, str(tmp_path / "copy"))
    assert copy.check() == {"ok": True, "damaged": [], "orphans": []}
    assert copy.query(ids=True, **USE).ids == store.query(ids=True, **USE).ids
    assert copy.log().rows == store.log().rows
    assert copy.verify(tmp_path / "out").stale == store.verify(tmp_path / "out").stale
    expected = everything(tmp_path / "store")
    del expected["texts/orphan.parquet"]
    assert everything(tmp_path / "copy") == expected
    assert not any((tmp_path / "copy" / "staging").iterdir())
    modes = {p.stat().st_mode & 0o077 for p in [tmp_path / "copy", *(tmp_path / "copy").rglob("*")]}
    assert modes == {0}


def test_copy_goes_on_as_a_store_of_its_own(store: Store, tmp_path: Path) -> None:
    store.copy(tmp_path / "copy")
    copy = Store(tmp_path / "copy", clock=lambda: NOON)
    write(tmp_path / "harbour", "b.jsonl", range(5, 8))
    assert copy.ingest([tmp_path / "harbour"]).added == 3
    assert copy.check().ok
    assert (store.status().rows, copy.status().rows) == (5, 8)


def test_copy_has_commits_that_only_the_log_of_sqlite_has(store: Store, tmp_path: Path) -> None:
    holding = sqlite3.connect(tmp_path / "store" / "ledger.sqlite")
    holding.execute("BEGIN")
    holding.execute("SELECT count(*) FROM snapshots").fetchone()  # a reader: what comes now is not merged
    store.consent.withdraw(record="n-3", reason="by mail")
    assert (tmp_path / "store" / "ledger.sqlite-wal").stat().st_size > 0
    store.copy(tmp_path / "copy")
    holding.close()
    assert Store(tmp_path / "copy").consent.list()[-1]["reason"] == "by mail"
    assert not (tmp_path / "copy" / "ledger.sqlite-wal").exists()


def test_copy_knows_how_far_its_ledger_had_come(store: Store, tmp_path: Path) -> None:
    store.copy(tmp_path / "copy")
    assert (tmp_path / "copy" / "ledger.sqlite-head").read_bytes() == (
        tmp_path / "store" / "ledger.sqlite-head"
    ).read_bytes()


def test_what_is_committed_while_it_is_copied_is_whole_or_not_there(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that came meanwhile are copied as well: the copy is of the commit that it has."""
    plain, done = copying._copied_files, []

    def slowly(*given: Any, **named: Any) -> Any:
        copied = plain(*given, **named)
        if not done:  # right after the first round another process commits
            done.append(True)
            write(tmp_path / "harbour", "b.jsonl", range(5, 9))
            other = threading.Thread(target=lambda: store.ingest([tmp_path / "harbour"]))
            other.start()
            other.join()
        return copied

    monkeypatch.setattr(copying, "_copied_files", slowly)
    store.copy(tmp_path / "copy")
    copy = Store(tmp_path / "copy", clock=lambda: NOON)
    assert copy.check().ok
    assert copy.status().rows == store.status().rows == 9


@pytest.mark.parametrize("kind", ["texts", "records", "signatures", "exports"])
def test_damaged_part_is_named_and_nothing_is_left(store: Store, tmp_path: Path, kind: str) -> None:
    part = next((tmp_path / "store" / kind).glob("*.parquet"))
    content = bytearray(part.read_bytes())
    content[100] ^= 1
    part.write_bytes(content)
    with pytest.raises(StoreError, match="has other bytes than were committed") as raised:
        store.copy(tmp_path / "copy")
    assert raised.value.subject == str(part)
    part.unlink()
    with pytest.raises(StoreError, match="is not there"):
        store.copy(tmp_path / "copy")
    assert {p.name for p in tmp_path.iterdir()} == {"harbour", "out", "store"}


def test_what_was_written_otherwise_than_read_is_no_copy(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = copying._sync_all

    def breaks(root: Path) -> None:
        plain(root)
        part = next((root / "texts").glob("*.parquet"))
        part.write_bytes(part.read_bytes()[:-9])

    monkeypatch.setattr(copying, "_sync_all", breaks)
    with pytest.raises(StoreError, match="the copy is not what was committed"):
        store.copy(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_place_that_is_taken_or_in_the_store_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for to, why in (("there", "exists already"), ("store/backup", "lies in the store"), ("store", "exists already")):
        with pytest.raises(InputError, match=why):
            store.copy(tmp_path / to)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        store.copy(tmp_path / "file" / "copy")


def test_what_a_killed_copy_left_is_removed_by_the_next_to_that_place(store: Store, tmp_path: Path) -> None:
    gone, other = tmp_path / ".copy.999999999.copy", tmp_path / f".copy.{os.getppid()}.copy"
    for left in (gone, other):
        (left / "texts").mkdir(parents=True)
    store.copy(tmp_path / "copy")
    assert not gone.exists()
    assert other.exists(), "somebody is at work there"


def test_store_of_an_earlier_version_without_a_seal_is_copied_as_it_is(store: Store, tmp_path: Path) -> None:
    unseal(tmp_path / "store" / "ledger.sqlite")
    store.copy(tmp_path / "copy")
    assert not (tmp_path / "copy" / "ledger.sqlite-head").exists()
    assert Store(tmp_path / "copy").status().sealed is False


def test_copy_of_no_store_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store here"):
        Store(tmp_path / "none").copy(tmp_path / "copy")
