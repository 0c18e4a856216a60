"""What killed runs left is gone after the next command that writes; what runs is let be; the same plan goes on."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rightful.events.consents import Request
from rightful.store.layout import Layout, private_folder
from rightful.store.scratch import scratch
from rightful.store.sweep import sweep
from tests.crash import faults, verbs
from tests.crash.conftest import Ground
from tests.crash.corpus import (
    USE,
    counts,
    old_folder,
    open_store,
    open_to_others,
    parts,
    permitted,
    row,
    strays,
    write_folder,
)


def killed(store: Path, verb: Callable[..., Any], *arguments: Any, at: str) -> None:
    """Run a verb on a copy of the store to learn its moments, then kill it at the first whose name has ``at`` in it.

    Of the commits at the last: the first makes the ledger.
    """
    trial = Path(shutil.copytree(store, store.with_name(f"{store.name}-trial")))
    elsewhere = [
        a.with_name(f"{a.name}-trial") if verb is verbs.export and isinstance(a, Path) else a for a in arguments
    ]
    moments = faults.run(verb, trial, *elsewhere).moments
    shutil.rmtree(trial)
    number = [n for n, moment in enumerate(moments) if at in moment][-1 if "commit" in at else 0]
    assert faults.run(verb, store, *arguments, kill_at=number).exitcode == faults.KILLED


def other_ingest(root: Path) -> None:
    open_store(root).ingest([write_folder(root.with_name("other"), {"o.jsonl": [row(90)]})])


def event_import(root: Path) -> None:
    file = root.with_name("events.csv")
    file.write_text("kind,selector,value\nopt-out,domain,other.example\n", encoding="utf-8")
    open_store(root).consent.import_(file)


def export_elsewhere(root: Path) -> None:
    open_store(root).export(root.with_name("elsewhere"), **USE, tokenizer="bytes")


NEXT: dict[str, Callable[[Path], object]] = {
    "withdraw": lambda root: open_store(root).consent.record(
        [Request(kind="withdraw", selector="domain", value="x.example")]
    ),
    "import": event_import,
    "ingest": other_ingest,
    "tag": verbs.tag,
    "export": export_elsewhere,
}
STAGES = ("000001.json", "/.new-", " texts/", "before a commit")
"""Where an ingest dies: while it reads, while it lands, with texts where parts lie, with all of them there."""


@pytest.fixture(scope="module")
def debris(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A store for each of :data:`STAGES` in which an ingest was killed there."""
    folder = tmp_path_factory.mktemp("debris")
    found = {}
    for number, stage in enumerate(STAGES):
        store = ground.copy(folder / f"store-{number}")
        killed(store, verbs.ingest, ground.coming, at=stage)
        assert strays(store)
        found[stage] = store
    return found


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("verb", NEXT)
def test_what_a_killed_ingest_left_is_gone_after_the_next_command_that_writes(
    verb: str, stage: str, debris: dict[str, Path], ground: Ground, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(debris[stage], tmp_path / "store"))
    assert parts(store) == parts(ground.store), "the snapshot before stands"
    NEXT[verb](store)
    assert strays(store) == []
    assert open_to_others(store) == []


@pytest.mark.parametrize("stage", STAGES)
def test_reading_and_asking_what_would_be_sweep_nothing(stage: str, debris: dict[str, Path], tmp_path: Path) -> None:
    store = Path(shutil.copytree(debris[stage], tmp_path / "store"))
    before = strays(store)
    permitted(store)
    open_store(store).sql("SELECT count(*) AS n FROM records")
    open_store(store).consent.record([verbs.WITHDRAWAL], dry_run=True)
    assert strays(store) == before


@pytest.mark.parametrize("stage", STAGES)
def test_ingest_of_the_same_plan_is_taken_up_when_it_is_the_next_to_write(
    stage: str, debris: dict[str, Path], ground: Ground, tmp_path: Path
) -> None:
    whole = faults.run(verbs.ingest, ground.copy(tmp_path / "whole"), ground.coming)
    store = Path(shutil.copytree(debris[stage], tmp_path / "store"))
    again = faults.run(verbs.ingest, store, ground.coming)
    staged = [m for m in again.moments if m.endswith(".json takes its name")]
    assert counts(again.answer) == counts(whole.answer)
    assert parts(store) == parts(tmp_path / "whole")
    assert strays(store) == []
    if stage == "000001.json":
        assert not any("000000.json" in m for m in staged), "the first file was read once"


def test_withdrawal_after_an_ingest_was_killed_leaves_no_text_of_it(ground: Ground, tmp_path: Path) -> None:
    """The staged text is of somebody who withdraws before the ingest is run again."""
    store = ground.copy(tmp_path / "store")
    killed(store, verbs.ingest, ground.coming, at="000002.json")
    open_store(store).consent.record([Request(kind="withdraw", selector="domain", value="harbour.example")])
    assert strays(store) == []
    again = counts(verbs.ingest(store, ground.coming))
    assert (again["added"], again["refused"]) == (0, 16)
    assert strays(store) == []


def test_withdrawal_while_an_ingest_runs_that_is_killed_then_is_refused_when_it_goes_on(
    ground: Ground, tmp_path: Path
) -> None:
    store = ground.copy(tmp_path / "store")
    with Layout(store).lock("commit"):
        run = faults.Started(verbs.ingest, store, ground.coming)
        run.reach("000002.json")
    run.process.kill()
    run.wait()
    # Only the ledger says so: a command of a version that swept nothing, or the copy of a ledger.
    open_store(store).consent.record(
        [Request(kind="withdraw", selector="url-prefix", value="https://harbour.example/notes/5")]
    )
    again = verbs.ingest(store, ground.coming)
    assert counts(again)["added"] > 0
    assert strays(store) == []


@pytest.mark.parametrize("verb", ["withdraw", "ingest", "tag"])
def test_ingest_under_way_is_let_be_by_what_is_written_meanwhile(verb: str, ground: Ground, tmp_path: Path) -> None:
    whole = faults.run(verbs.ingest, ground.copy(tmp_path / "whole"), ground.coming)
    store = ground.copy(tmp_path / "store")
    with Layout(store).lock("commit"):
        run = faults.Started(verbs.ingest, store, ground.coming)
        run.reach("000002.json")
        staged = sorted(p.name for p in (store / "staging").rglob("0*"))
        sweep(Layout(store))
        assert sorted(p.name for p in (store / "staging").rglob("0*")) >= staged
    NEXT[verb](store)
    ended = run.wait()
    assert ended.exitcode == 0
    assert counts(ended.answer)["read"] == counts(whole.answer)["read"]
    assert strays(store) == []


def test_tag_that_was_killed_leaves_nothing_after_the_next_command(ground: Ground, tmp_path: Path) -> None:
    for number, at in enumerate((".records.parquet takes", " texts/", "before a commit")):
        store = ground.copy(tmp_path / f"store-{number}")
        if at == " texts/":
            at = " records/"
        killed(store, verbs.tag, at=at)
        assert strays(store), at
        NEXT["withdraw"](store)
        assert strays(store) == [], at
        verbs.tag(store)
        assert strays(store) == [], at


def test_consent_event_that_was_killed_before_its_commit_leaves_nothing(tmp_path: Path) -> None:
    verbs.ingest(tmp_path / "store", old_folder(tmp_path / "old"))
    killed(tmp_path / "store", verbs.withdraw, at="before a commit")
    assert strays(tmp_path / "store"), "its tombstones"
    NEXT["import"](tmp_path / "store")
    assert strays(tmp_path / "store") == []


@pytest.mark.parametrize("at", ["/shard-00001", "manifest.json", "/out takes its name", "before a commit"])
@pytest.mark.parametrize("verb", ["withdraw", "ingest", "export"])
def test_export_that_was_killed_leaves_nothing_wherever_the_next_command_writes(
    verb: str, at: str, ground: Ground, tmp_path: Path
) -> None:
    """Beside OUT lay shards, and a spool of everything that was to leave."""
    store, out = ground.copy(tmp_path / "store"), tmp_path / "here" / "out"
    out.parent.mkdir()
    trial = faults.run(verbs.export, ground.copy(tmp_path / "trial"), tmp_path / "trials" / "out").moments
    number = next(n for n, moment in enumerate(trial) if at in moment)
    assert faults.run(verbs.export, store, out, kill_at=number).exitcode == faults.KILLED
    assert list(out.parent.iterdir())
    NEXT[verb](store)
    assert list(out.parent.iterdir()) == []
    assert strays(store) == []


def test_export_that_was_killed_after_its_commit_stays(ground: Ground, tmp_path: Path) -> None:
    store, out = ground.copy(tmp_path / "store"), tmp_path / "out"
    moments = faults.run(verbs.export, ground.copy(tmp_path / "trial"), tmp_path / "trials").moments
    assert faults.run(verbs.export, store, out, kill_at=len(moments) - 1).exitcode == faults.KILLED
    NEXT["withdraw"](store)
    assert open_store(store).verify(out)["ok"]
    assert not (out / ".unregistered").exists()


def test_export_under_way_is_let_be_in_the_store_and_in_its_copy(ground: Ground, tmp_path: Path) -> None:
    """Of the copy nobody holds a lock, and its locks name the folder in which the run of the other builds."""
    store, out = ground.copy(tmp_path / "store"), tmp_path / "out"
    with Layout(store).lock("commit"):
        run = faults.Started(verbs.export, store, out)
        run.reach("manifest.json")
        for root in (store, Path(shutil.copytree(store, tmp_path / "copy"))):
            sweep(Layout(root))
        NEXT["withdraw"](tmp_path / "copy")
    ended = run.wait()
    assert ended.exitcode == 0, ended.error
    assert open_store(store).verify(out)["ok"]


def test_lock_of_an_export_that_names_something_else_removes_nothing(ground: Ground, tmp_path: Path) -> None:
    """The lock of a store that came from elsewhere may name anything."""
    store, precious = ground.copy(tmp_path / "store"), tmp_path / ".precious.99999999.partial"
    precious.mkdir()
    (precious / "notes.txt").write_text("mine", encoding="utf-8")
    named = json.dumps([os.fsencode(p).hex() for p in (precious, tmp_path / "store")])
    for number, content in enumerate((named, "[]", "{", '["zz"]', "[1, 2]", "null", named.replace("39", "2e"))):
        (store / f".export-{number}.lock").write_text(content, encoding="utf-8")
    NEXT["withdraw"](store)
    assert (precious / "notes.txt").exists()
    assert strays(store) == []


def test_folders_of_an_earlier_version_go_when_their_process_has_ended(ground: Ground, tmp_path: Path) -> None:
    store = ground.copy(tmp_path / "store")
    gone, there = store / "tmp" / "query-99999999", store / "tmp" / f"query-{os.getpid()}"
    for folder in (gone, there):
        private_folder(folder)
        (folder / "spilled").write_bytes(b"text")
    with scratch(Layout(store), "mine") as mine:
        sweep(Layout(store))
        assert mine.is_dir()
    assert not gone.exists()
    assert there.is_dir()


def test_whole_parts_that_no_killed_run_left_are_not_touched(ground: Ground, tmp_path: Path) -> None:
    """An older ledger was put back beside newer parts: nobody was killed, and they are somebody's."""
    store = ground.copy(tmp_path / "store")
    older = (store / "ledger.sqlite").read_bytes()
    other_ingest(store)
    newer = parts(store)["texts"]
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm", "ledger.sqlite-head"):
        (store / name).unlink(missing_ok=True)
    (store / "ledger.sqlite").write_bytes(older)
    NEXT["withdraw"](store)
    assert all((store / "texts" / f"{part}.parquet").is_file() for part, *_ in newer)


def test_ledger_that_is_gone_is_not_made_anew_beside_its_parts(ground: Ground, tmp_path: Path) -> None:
    """What was withdrawn would be forgotten with it."""
    for number, damage in enumerate((Path.unlink, lambda p: p.write_bytes(b""))):
        store = ground.copy(tmp_path / f"store-{number}")
        for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
            (store / name).unlink(missing_ok=True)
        damage(store / "ledger.sqlite")
        ended = faults.run(verbs.ingest, store, ground.coming)
        assert ended.exitcode == 2
        assert "the ledger is missing or empty" in str(ended.error)
        assert ended.error is not None
        assert "put back a copy" in str(ended.error.hint)


def test_failed_landing_leaves_nothing_among_the_parts(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a kill: an error on the way."""
    store = ground.copy(tmp_path / "store")
    before = parts(store)
    from rightful.store.ledger import Commit

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Commit, "add_files", full)
        with pytest.raises(Exception, match="No space left on device"):
            verbs.ingest(store, ground.coming)
    assert parts(store) == before
    assert not [name for name in strays(store) if not name.startswith("staging/")]
    verbs.ingest(store, ground.coming)
    assert strays(store) == []
