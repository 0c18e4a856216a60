"""Several processes at one store, or at one OUT: all land, or wait, or one fails with a clear word. Never a mixture."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from rightful.errors import InputError, Refused
from rightful.store.layout import Layout
from tests.crash import faults, verbs
from tests.crash.conftest import Ground
from tests.crash.corpus import (
    USE,
    counts,
    new_folder,
    old_folder,
    open_store,
    parts,
    permitted,
    row,
    shards,
    write_folder,
)


def check_ledger(root: Path) -> None:
    """SQLite finds no fault, and every part is there with its digest."""
    with sqlite3.connect(root / "ledger.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    db.close()
    assert parts(root)


def test_two_ingests_of_different_folders_both_land(tmp_path: Path) -> None:
    folders = [
        write_folder(tmp_path / f"f{n}", {"a.jsonl": [row(100 * n + i) for i in range(8)], "b.jsonl": [row(7)]})
        for n in range(2)
    ]
    layout = Layout(tmp_path / "store")
    layout.create()
    with layout.lock("commit"):  # neither may land before both have read everything
        runs = [faults.Started(verbs.ingest, layout.root, folder) for folder in folders]
        for run in runs:
            run.reach("000001.json")
    ended = [run.wait() for run in runs]
    assert [e.exitcode for e in ended] == [0, 0]
    assert sum(e.answer["added"] for e in ended) == 17 - 1, "one record is in both folders, and once in the first"
    assert [counts(e.answer)["read"] for e in ended] == [9, 9]
    check_ledger(layout.root)
    assert open_store(layout.root).status()["rows"] == 16
    assert [s["kind"] for s in open_store(layout.root).log()] == ["ingest", "ingest"]


def test_three_ingests_of_one_folder_land_once(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "new")
    layout = Layout(tmp_path / "store")
    layout.create()
    with layout.lock("commit"):
        runs = [faults.Started(verbs.ingest, layout.root, folder)]
        runs[0].reach("000002.json")
        runs += [faults.Started(verbs.ingest, layout.root, folder) for _ in range(2)]
        for run in runs[1:]:
            run.reach("after a commit")  # the ledger is open
    ended = [run.wait() for run in runs]
    assert [e.exitcode for e in ended] == [0, 0, 0]
    assert [e.answer["added"] for e in ended] == [16, 0, 0]
    assert [counts(e.answer)["read"] for e in ended] == [17, 17, 17]
    check_ledger(layout.root)
    assert open_store(layout.root).status()["snapshot"] == 1
    assert not list(layout.root.glob(".run-*")), "a lock that was passing is still there"


def test_ingest_beside_a_consent_event_and_queries_refuses_what_was_withdrawn(tmp_path: Path) -> None:
    """The event comes while the ingest waits to land: it was not there when the files were read."""
    verbs.ingest(tmp_path / "store", old_folder(tmp_path / "old"))
    usable = permitted(tmp_path / "store")
    folder = new_folder(tmp_path / "new")
    layout = Layout(tmp_path / "store")
    with layout.lock("commit"):
        ingest = faults.Started(verbs.ingest, layout.root, folder)
        ingest.reach("000002.json")
        assert permitted(layout.root) == usable, "a query waits for nobody"
    verbs.withdraw(layout.root)
    ended = ingest.wait()
    assert ended.exitcode == 0
    check_ledger(layout.root)
    store = open_store(layout.root)
    # Both wait for the same lock. Where the event was first: the record of that host, and the copy of one that was stored.
    kinds = [s["kind"] for s in store.log()]
    first = kinds.index("consent") < len(kinds) - 1 - kinds[::-1].index("ingest")
    assert counts(ended.answer)["refused"] == (2 if first else 0), kinds
    withdrawn = {r["record_id"] for r in store.sql("SELECT record_id FROM records WHERE host = 'gone.example'")}
    assert not withdrawn & set(permitted(layout.root))
    known = {r["record_id"] for r in open_store(layout.root).sql("SELECT record_id FROM records", snapshot=1)}
    hosts = store.sql("SELECT record_id FROM records WHERE host = 'gone.example'")
    assert not first or {r["record_id"] for r in hosts} <= known
    again = counts(verbs.ingest(layout.root, folder))
    assert (again["added"], again["refused"]) == (0, 2)


def test_two_exports_to_one_folder_make_one_and_a_clear_refusal(ground: Ground, tmp_path: Path) -> None:
    store, out = ground.copy(tmp_path / "store"), tmp_path / "out"
    layout = Layout(store)
    with layout.lock("commit"):  # the first may not name OUT before the second has begun
        first = faults.Started(verbs.export, store, out)
        first.reach("manifest.json")
        second = faults.Started(verbs.export, store, out)
        assert second.passes_nothing_for(1.5), "the second builds beside the first"
    ended = [first.wait(), second.wait()]
    assert [e.exitcode for e in ended] == [0, 2]
    assert isinstance(ended[1].error, InputError)
    assert ended[1].error.subject == str(out)
    assert "exists already" in ended[1].error.message
    check_ledger(store)
    assert open_store(store).verify(out)["ok"]
    assert [e["export"] for e in open_store(store).sql("SELECT export FROM exports")] == [ended[0].answer["export"]]


def test_two_exports_of_two_stores_to_one_folder_leave_one_whole(ground: Ground, tmp_path: Path) -> None:
    """The lock of a store does not know another store; the name of a folder does."""
    stores, out = [ground.copy(tmp_path / f"s{n}") for n in range(2)], tmp_path / "out"
    verbs.export(stores[1], tmp_path / "wanted", seed=1)
    with Layout(stores[0]).lock("commit"):
        late = faults.Started(verbs.export, stores[0], out)
        late.reach("manifest.json")
        verbs.export(stores[1], out, seed=1)
    ended = late.wait()
    assert isinstance(ended.error, InputError), ended
    assert ended.error.subject == str(out)
    assert shards(out) == shards(tmp_path / "wanted")
    assert open_store(stores[1]).verify(out)["ok"]
    assert not open_store(stores[0]).sql("SELECT export FROM exports")


@pytest.mark.parametrize("form", [{"tokenizer": "bytes"}, {"format": "text"}])
def test_withdrawal_while_an_export_is_made_is_not_exported(tmp_path: Path, form: dict[str, str]) -> None:
    verbs.ingest(tmp_path / "store", old_folder(tmp_path / "old"))
    store = open_store(tmp_path / "store")
    told: list[str] = []

    def withdraw(step: str, done: int, total: int) -> None:
        if not told:
            verbs.withdraw(tmp_path / "store")
        told.append(step)

    with pytest.raises(Refused, match="1 chosen record is no longer permitted") as caught:
        store.export(tmp_path / "out", **USE, **form, progress=withdraw)
    assert caught.value.hint == "run it again"
    assert not (tmp_path / "out").exists()
    assert not store.sql("SELECT export FROM exports")
    assert store.export(tmp_path / "out", **USE, **form)["records"] == 12
    assert store.verify(tmp_path / "out")["ok"]


def test_consent_event_about_others_while_an_export_is_made_does_not_stop_it(ground: Ground, tmp_path: Path) -> None:
    store = ground.copy(tmp_path / "store")
    told: list[str] = []

    def withdraw(step: str, done: int, total: int) -> None:
        if not told:
            told.append(step)
            open_store(store).consent.record(
                [verbs.WITHDRAWAL.__class__(kind="takedown", selector="domain", value="x.example")]
            )

    manifest = open_store(store).export(tmp_path / "out", **USE, tokenizer="bytes", progress=withdraw)
    assert told
    assert manifest["records"] == 12
    assert open_store(store).verify(tmp_path / "out")["ok"]
