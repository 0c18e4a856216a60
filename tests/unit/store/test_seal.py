"""What the seal of a ledger, its witness and the digests of files promise, in small: each is broken by `test_seal_can_fail`."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful.errors import StoreError
from rightful.store import chain, digests
from rightful.store.chain import Total, row_digest
from rightful.store.digests import sha256_of, wrong
from rightful.store.files import InputFile, Seen
from rightful.store.layout import sha256_file
from rightful.store.ledger import Ledger, Part
from rightful.store.witness import Witness, read_witness, witness_file, write_witness
from tests.ledgers import tamper, unseal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def write(path: Path, *numbers: int) -> Path:
    """A ledger with a commit for each number: a part, and a file that takes the place of the one before."""
    there = path.exists()
    with closing(Ledger.open(path) if there else Ledger.create(path, NOON)) as ledger:
        for n in numbers:
            with ledger.commit("test", f"run-{n}", NOON) as commit:
                commit.add_parts([Part("records", f"part-{n}", n, n, f"{n:064x}")])
                seen = Seen(size=n, mtime_ns=n, ctime_ns=n, inode=n)
                name = "a.jsonl"
                commit.add_files([InputFile(source_id="s", file=name, name=name, place="/a", seen=seen)], [], [])
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "ledger.sqlite", 1, 2, 3)


def parts(path: Path) -> list[str]:
    with closing(Ledger.open(path)) as ledger:
        return [p.part for p in ledger.parts("records", 9)]


def stops(path: Path, *statements: str, asked: Callable[[Path], Any] = parts) -> str:
    """The error that reading ends in once a ledger was changed behind its back; empty for none."""
    kept, head = path.read_bytes(), witness_file(path).read_bytes()
    tamper(path, *statements)
    try:
        asked(path)
    except StoreError as error:
        return error.message
    finally:
        path.write_bytes(kept)
        witness_file(path).write_bytes(head)
    return ""


def test_what_was_committed_is_read_and_goes_on_adding_up(path: Path) -> None:
    assert parts(path) == ["part-1", "part-2", "part-3"]
    write(path, 4)
    assert parts(path)[-1] == "part-4"
    with closing(Ledger.open(path)) as ledger:
        assert ledger.damages() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE parts SET kind = 'hidden' WHERE part = 'part-2'",
        "UPDATE parts SET rows = rows + 64 WHERE part = 'part-2'",
        "DELETE FROM parts WHERE part = 'part-2'",
        "INSERT INTO parts SELECT kind, 'more', rows, bytes, sha256, added, ended, 99 FROM parts WHERE part = 'part-1'",
    ],
)
def test_row_that_changes_comes_or_goes_stops_what_reads_its_table(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        columns = [r[1] for r in db.execute("PRAGMA table_info(parts)")]
    values = {"part": "'more'", "ordinal": "99"}
    insert = f"INSERT INTO parts SELECT {', '.join(values.get(c, c) for c in columns)} FROM parts WHERE part = 'part-1'"
    assert "the table parts is not what was committed" in stops(path, insert if "INSERT" in statement else statement)


def test_row_of_a_large_table_is_missed_by_whoever_reads_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "SMALL", -1)
    changed = "UPDATE parts SET kind = 'hidden' WHERE part = 'part-2'"
    assert "the table parts" in stops(path, changed)

    def other(path: Path) -> None:
        with closing(Ledger.open(path)) as ledger:
            assert ledger.consents(9) == []

    assert stops(path, changed, asked=other) == ""
    monkeypatch.setattr(chain, "SMALL", 2_000)
    assert "the table parts" in stops(path, changed, asked=other), "of a small table by all"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE chain SET snapshot = snapshot + 64 WHERE link = 2", "its chain is broken at link 2"),
        ("UPDATE chain SET state = 'x' || state WHERE link = 2", "its chain is broken at link 2"),
        ("UPDATE chain SET digest = 'x' || digest WHERE link = 2", "its chain is broken at link 2"),
        ("DELETE FROM chain WHERE link = 2", "its chain is broken at link 2"),
        ("DELETE FROM chain", "its chain is empty"),
        ("DELETE FROM chain WHERE link = (SELECT max(link) FROM chain)", "what its tables add up to"),
        ("UPDATE sealed SET rows = rows + 1 WHERE name = 'consents'", "what its tables add up to"),
        ("DROP TABLE sealed", "the table sealed is missing"),
        ("CREATE TABLE more (n INTEGER)", "its schema is not what was committed"),
        ("PRAGMA user_version = 1", "its header says 1"),
        ("UPDATE meta SET value = '1' WHERE key = 'version'", "its version is '1'"),
    ],
)  # fmt: skip
def test_chain_and_schema_are_what_was_committed(path: Path, statement: str, said: str) -> None:
    assert said in stops(path, statement)


def test_damage_is_not_sealed_by_the_commit_that_comes_after(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "SMALL", -1)
    tamper(path, "DELETE FROM parts WHERE part = 'part-2'")
    with closing(Ledger.open(path)) as ledger, ledger.commit("test", "run-4", NOON) as commit:
        commit.remember("fact", "said")
    with pytest.raises(StoreError, match="the table parts"):
        parts(path)
    with closing(Ledger.open(path)) as ledger:
        assert any("the table parts" in damage for damage in ledger.damages())


def test_digest_of_a_row_goes_by_all_its_columns_but_nulls_at_its_end() -> None:
    assert row_digest('["a",1,null,null]') == row_digest('["a",1]')
    listed = ['["a",1]', '["b",1]', '["a",2]', '["a",null,1]', '["a",1,""]', '["a"]']
    assert len({row_digest(row) for row in listed}) == len(listed)
    one, other = Total(1, row_digest(listed[0])), Total(1, row_digest(listed[1]))
    assert one.plus(other) == other.plus(one)
    assert one.plus(other).plus(Total(-1, -other.digest)) == one
    assert one.plus(other).rows == 2


def test_ledger_without_a_seal_is_sealed_by_who_writes_unless_one_was_sealed_here(path: Path) -> None:
    unseal(path)
    assert parts(path) == ["part-1", "part-2", "part-3"]
    write(path, 4)
    assert "the table parts" in stops(path, "DELETE FROM parts WHERE part = 'part-2'")
    head = witness_file(path).read_bytes()
    unseal(path)
    witness_file(path).write_bytes(head)
    with pytest.raises(StoreError, match="that one was sealed"):
        parts(path)


def test_witness_says_how_far_a_ledger_had_come(path: Path, tmp_path: Path) -> None:
    known = read_witness(path)
    assert known is not None
    before = path.read_bytes()
    write(path, 4)
    later = read_witness(path)
    assert later is not None
    assert later.link == known.link + 1
    path.write_bytes(before)
    with pytest.raises(StoreError, match="the ledger has lost its last commits"):
        parts(path)
    write_witness(path, Witness(known.link, "0" * 64))
    with pytest.raises(StoreError, match="the ledger is not the one that was here"):
        parts(path)
    write_witness(path, known)
    assert parts(path) == ["part-1", "part-2", "part-3"]
    for said in (b"", b"{", b"[]", json.dumps({"link": "2", "digest": "x"}).encode(), b'{"link": 2}'):
        witness_file(path).write_bytes(said)
        with pytest.raises(StoreError, match="cannot be read") as caught:
            parts(path)
        assert witness_file(path).name in str(caught.value.hint)
    witness_file(path).unlink()
    assert read_witness(path) is None
    assert parts(path) == ["part-1", "part-2", "part-3"]


def test_digest_of_a_file_is_remembered_while_it_is_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "part"
    path.write_bytes(b"one")
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return sha256_file(path)

    monkeypatch.setattr(digests, "sha256_file", counted)
    one = sha256_of(path)
    assert (sha256_of(path), len(read)) == (one, 2), "written a moment ago: it may change within the same instant"
    monkeypatch.setattr(time, "time_ns", lambda: path.stat().st_ctime_ns + digests.SETTLED_NS + 1)
    assert (sha256_of(path), sha256_of(path), len(read)) == (one, one, 3)
    path.write_bytes(b"two")
    assert sha256_of(path) != one
    here = path.stat()
    path.write_bytes(b"six")
    os.utime(path, ns=(here.st_atime_ns, here.st_mtime_ns))
    assert sha256_of(path) == sha256_file(path), "the same size and time, and other bytes"


def test_files_with_other_bytes_or_none_are_named(tmp_path: Path) -> None:
    good, bad, gone, folder = (tmp_path / name for name in ("good", "bad", "gone", "folder"))
    good.write_bytes(b"good")
    bad.write_bytes(b"bad")
    folder.mkdir()
    wanted = sha256_file(good)
    found = dict(wrong((path, wanted) for path in (good, bad, gone, folder)))
    assert found == {
        bad: "has other bytes than were committed", gone: "is not there", folder: "cannot be read: Is a directory"
    }  # fmt: skip
    assert wrong([(good, wanted)]) == []
    assert wrong([(bad, wanted)]) == [(bad, "has other bytes than were committed")]


def test_newest_link_is_the_one_that_the_witness_knows_and_none_of_a_ledger_without_a_seal(path: Path) -> None:
    with closing(Ledger.open(path)) as ledger:
        first = ledger.newest_link()
        assert first is not None
        assert first == read_witness(path)
    write(path, 4)
    with closing(Ledger.open(path)) as ledger:
        second = ledger.newest_link()
    assert second is not None
    assert second == read_witness(path)
    assert second.link > first.link
    unseal(path)
    with closing(Ledger.open(path)) as ledger:
        assert ledger.newest_link() is None
