"""SIGKILL at every publish point: the snapshot before stands, and a rerun ends in the same bytes (law 14.5)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rightful.errors import InputError
from tests.crash import faults, verbs
from tests.crash.conftest import Ground
from tests.crash.corpus import USE, counts, new_folder, old_folder, open_store, parts, permitted, shards

COUNTS = {"read": 17, "added": 13, "unchanged": 1, "refused": 2, "rejected": 1, "updated": 1, "superseded": 1}


def test_ingest_killed_at_each_publish_point_keeps_the_snapshot_and_reruns_to_the_same_bytes(
    ground: Ground, tmp_path: Path
) -> None:
    whole = faults.run(verbs.ingest, ground.copy(tmp_path / "whole"), ground.coming)
    wanted, before = parts(tmp_path / "whole"), parts(ground.store)
    assert {k: whole.answer[k] for k in COUNTS} == COUNTS
    by_ingest = wanted.keys() - {"observations", "sketches"}  # these are published by a refresh and a compaction
    assert all(len(wanted[kind]) > len(before[kind]) for kind in by_ingest), "every kind of part is published"

    for at in faults.one_of_each(whole.moments):
        moment = whole.moments[at]
        store = ground.copy(tmp_path / f"at-{at}")
        assert faults.run(verbs.ingest, store, ground.coming, kill_at=at).exitcode == faults.KILLED, moment
        committed = whole.has_committed(at)
        assert parts(store) == (wanted if committed else before), moment

        again = verbs.ingest(store, ground.coming)
        assert parts(store) == wanted, moment
        assert committed or counts(again) == counts(whole.answer), moment
        assert counts(again)["read"] == COUNTS["read"], moment
        assert again["added"] == (0 if committed else COUNTS["added"]), moment
        shutil.rmtree(store)


def test_first_ingest_killed_at_each_commit_makes_the_store_again(tmp_path: Path) -> None:
    """A store's key is drawn when it is made, so only what does not hang on it is compared."""
    folder = old_folder(tmp_path / "old")
    whole = faults.run(verbs.ingest, tmp_path / "whole", folder)
    wanted = parts(tmp_path / "whole")

    for at in (n for n, moment in enumerate(whole.moments) if moment.endswith("a commit")):
        store = tmp_path / f"at-{at}"
        assert faults.run(verbs.ingest, store, folder, kill_at=at).exitcode == faults.KILLED, whole.moments[at]
        verbs.ingest(store, folder)
        assert parts(store) == wanted, whole.moments[at]


def test_ingest_killed_then_run_with_another_recipe_takes_nothing_up(tmp_path: Path) -> None:
    folder = old_folder(tmp_path / "old")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[language]\nchars = 20\n", encoding="utf-8")
    whole = faults.run(verbs.ingest, tmp_path / "whole", folder)
    open_store(tmp_path / "other").ingest([folder], recipe=recipe)

    staged = next(n for n, moment in enumerate(whole.moments) if "/.new-" in moment)
    assert faults.run(verbs.ingest, tmp_path / "store", folder, kill_at=staged).exitcode == faults.KILLED
    open_store(tmp_path / "store").ingest([folder], recipe=recipe)
    assert parts(tmp_path / "store") == parts(tmp_path / "other")
    assert parts(tmp_path / "store") != parts(tmp_path / "whole")


def test_tag_killed_at_each_publish_point_keeps_the_snapshot_and_reruns_to_the_same_bytes(
    ground: Ground, tmp_path: Path
) -> None:
    base = ground.copy(tmp_path / "base")
    verbs.ingest(base, ground.coming)  # so that there are rows that no longer count
    whole = faults.run(verbs.tag, Path(shutil.copytree(base, tmp_path / "whole")))
    wanted, before = parts(tmp_path / "whole"), parts(base)
    assert whole.answer["records"] > 0
    assert wanted["texts"] != before["texts"], "the texts go on under new names"

    for at in faults.one_of_each(whole.moments):
        moment = whole.moments[at]
        store = Path(shutil.copytree(base, tmp_path / f"at-{at}"))
        assert faults.run(verbs.tag, store, kill_at=at).exitcode == faults.KILLED, moment
        committed = whole.has_committed(at)
        assert parts(store) == (wanted if committed else before), moment
        again = verbs.tag(store)
        assert parts(store) == wanted, moment
        assert again["records"] == (0 if committed else whole.answer["records"]), moment
        shutil.rmtree(store)


def test_consent_event_killed_at_each_publish_point_is_recorded_once_or_not_at_all(
    ground: Ground, tmp_path: Path
) -> None:
    folder = old_folder(tmp_path / "old")
    verbs.ingest(tmp_path / "base", folder)
    shutil.copytree(tmp_path / "base", tmp_path / "whole")
    whole = faults.run(verbs.withdraw, tmp_path / "whole")
    before, wanted = parts(tmp_path / "base"), parts(tmp_path / "whole")
    usable, left = permitted(tmp_path / "base"), permitted(tmp_path / "whole")
    assert len(left) == len(usable) - 1

    for at, moment in enumerate(whole.moments):
        store = Path(shutil.copytree(tmp_path / "base", tmp_path / f"at-{at}"))
        assert faults.run(verbs.withdraw, store, kill_at=at).exitcode == faults.KILLED, moment
        committed = whole.has_committed(at)
        assert parts(store) == (wanted if committed else before), moment
        assert permitted(store) == (left if committed else usable), moment
        if not committed:
            verbs.withdraw(store)
        assert parts(store) == wanted, moment
        assert [e["kind"] for e in open_store(store).consent.list()] == ["withdrawal"], moment


@pytest.mark.parametrize("export", [verbs.export, verbs.export_texts])
def test_export_killed_at_each_publish_point_reruns_to_the_same_bytes(
    ground: Ground, tmp_path: Path, export: Callable[[Path, Path], dict[str, Any]]
) -> None:
    whole = faults.run(export, ground.copy(tmp_path / "whole"), tmp_path / "out")
    wanted = shards(tmp_path / "out")
    assert len(wanted) > 2

    for at in faults.one_of_each(whole.moments):
        moment = whole.moments[at]
        store, out = ground.copy(tmp_path / f"at-{at}"), tmp_path / f"out-{at}"
        assert faults.run(export, store, out, kill_at=at).exitcode == faults.KILLED, moment
        registered = [e["export"] for e in open_store(store).sql("SELECT export FROM exports")]
        if whole.has_committed(at):
            assert registered == [whole.answer["export"]]
        else:
            assert not registered, moment
            assert export(store, out)["export"] == whole.answer["export"], moment
        assert shards(out) == wanted, moment
        assert not moment.endswith("a commit") or open_store(store).verify(out)["ok"], moment
        assert not list(tmp_path.glob(f".out-{at}.*")), f"{moment}: what was being built is still there"


def test_export_killed_before_its_commit_is_replaced_and_nothing_else_ever_is(ground: Ground, tmp_path: Path) -> None:
    """Only what a run of this store named and did not register may go."""
    store = ground.copy(tmp_path / "store")
    whole = faults.run(verbs.export, store, tmp_path / "out")
    for out in (tmp_path / "out", ground.coming):
        ended = faults.run(verbs.export, store, out)
        assert isinstance(ended.error, InputError)
        assert "exists already and is not empty" in str(ended.error)
    assert open_store(store).verify(tmp_path / "out")["ok"]

    # Killed after the commit: the mark still lies there, but the ledger knows the export.
    last = len(whole.moments) - 1
    assert faults.run(verbs.export, store, tmp_path / "late", kill_at=last).exitcode == faults.KILLED
    assert isinstance(faults.run(verbs.export, store, tmp_path / "late").error, InputError)
    assert open_store(store).verify(tmp_path / "late")["ok"]


def test_query_after_an_orphan_part_counts_only_what_is_committed(ground: Ground, tmp_path: Path) -> None:
    store = ground.copy(tmp_path / "store")
    whole = faults.run(verbs.ingest, ground.copy(tmp_path / "whole"), ground.coming)
    last = max(n for n, moment in enumerate(whole.moments) if moment == "before a commit")
    assert faults.run(verbs.ingest, store, ground.coming, kill_at=last).exitcode == faults.KILLED
    assert len(list((store / "records").glob("*.parquet"))) > len(parts(store)["records"])

    assert permitted(store) == permitted(ground.store)
    before, after = open_store(ground.store), open_store(store)
    for question in ("SELECT count(*) FROM records", "SELECT count(*) FROM texts", "SELECT count(*) FROM duplicates"):
        assert after.sql(question) == before.sql(question)
    assert after.query(**USE)["considered"] == before.query(**USE)["considered"]
    assert after.status() == before.status()


def test_ingest_killed_again_and_again_goes_on_from_what_is_done(tmp_path: Path) -> None:
    """Every rerun is killed a little later than the one before."""
    folder = new_folder(tmp_path / "new")
    moments = faults.run(verbs.ingest, tmp_path / "whole", folder).moments
    markers = [n for n, m in enumerate(moments) if m.endswith(".json takes its name")]
    store = tmp_path / "store"
    assert faults.run(verbs.ingest, store, folder, kill_at=markers[1]).exitcode == faults.KILLED
    resumed = faults.run(verbs.ingest, store, folder)
    staged = [m for m in resumed.moments if "-000." in m]
    assert not any("000000-000." in m for m in staged), "the first file was read once"
    assert any("000001-000." in m for m in staged)
    assert parts(store) == parts(tmp_path / "whole")
