"""``store upgrade``: says once what it would add, adds it, changes no answer, and survives being killed anywhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from rightful import Store
from rightful.store.parquet import lacking
from rightful.store.records import ABSENT_IS_NULL, ADDED, KINDS
from tests.crash import faults
from tests.old_store.conftest import OldStore
from tests.old_store.test_answers import LATER, USE, opened

PAST = ("records", "hidden", "duplicates", "evidence", "rejected", "sources", "consents", "exports", "assets")


def upgraded(root: Path) -> dict[str, Any]:
    return Store(root, clock=lambda: LATER).upgrade(yes=True)


def answers(store: Store) -> Any:
    """What the store says, but for what an upgrade may change: the names of parts."""
    rows = store.sql("SELECT * EXCLUDE (part, row) FROM records ORDER BY record_id")
    texts = store.sql("SELECT record_id, text FROM texts ORDER BY ALL")
    permitted = {p: store.query(**USE, purpose=p, ids=True)["ids"] for p in ("commercial", "noncommercial")}
    return rows, texts, permitted, store.consent.list(), store.review.log()


def test_old_store_says_what_an_upgrade_would_add_and_then_says_nothing(old: OldStore) -> None:
    store = opened(old)
    told = store.status()
    added = [
        f"the column {name} of records" for name in sorted({*ADDED} - ABSENT_IS_NULL) if name in KINDS["records"].names
    ]
    assert not told["sealed"]
    assert told["upgrade"] == ["the seal of the ledger", *added]
    before = answers(store)
    done = store.upgrade()
    assert done["added"] == told["upgrade"]
    assert (done["parts"], done["records"]) == (told["parts"], told["rows"])
    after = store.status()
    assert (after["sealed"], after["upgrade"]) == (True, [])
    assert store.check()["ok"]
    assert answers(store) == before
    assert store.log()[-1]["kind"] == "upgrade"
    for path in (old.root / "records").glob("*.parquet"):
        listed = {p["part"] for p in store.sql("SELECT DISTINCT part FROM records")}
        assert path.stem not in listed or not lacking(path, KINDS["records"])


def test_upgrade_that_is_run_again_does_nothing(old: OldStore) -> None:
    upgraded(old.root)
    snapshot = opened(old).status()["snapshot"]
    again = upgraded(old.root)
    assert (again["added"], again["parts"], again["snapshot"]) == ([], 0, snapshot)


def test_upgrade_killed_at_each_publish_point_leaves_a_store_that_answers_and_can_be_upgraded(
    old: OldStore, tmp_path: Path
) -> None:
    known = answers(opened(old))
    whole = faults.run(upgraded, Path(shutil.copytree(old.root, tmp_path / "whole")))
    assert whole.answer["parts"] > 10
    kinds = faults.one_of_each(whole.moments)
    for at in (kinds[0], kinds[len(kinds) // 2], *kinds[-3:]):  # of the last, one is before and one after the commit
        root = Path(shutil.copytree(old.root, tmp_path / f"at-{at}"))
        assert faults.run(upgraded, root, kill_at=at).exitcode == faults.KILLED, whole.moments[at]
        store = Store(root, clock=lambda: LATER)
        assert store.query(**USE, ids=True)["ids"] == known[2]["commercial"], whole.moments[at]
        upgraded(root)
        assert store.status()["upgrade"] == []
        assert answers(store) == known, whole.moments[at]
        shutil.rmtree(root)
