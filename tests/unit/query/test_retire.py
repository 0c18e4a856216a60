"""A source that is retired, and one whose records are kept for no longer: nothing of it leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import InputError, StoreError, UnknownName

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
SHARED = "The mole was built of granite from the quarry above the town, and stands."


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def card(folder: Path, name: str, more: str = "") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "source.toml").write_text(f'name = "{name}"\nlicense = "CC0-1.0"\npersonal_data = "no"\n{more}')


@pytest.fixture
def store(tmp_path: Path) -> Store:
    owns = {
        "harbour": "Boats lie at the mole until the pilot comes aboard, and leave with the ebb.",
        "town": "Streets run uphill from the market; carts take the long way round in winter.",
    }
    for name, own in owns.items():
        card(tmp_path / name, name)
        rows = [
            {"id": f"{name}-1", "text": own},
            {"id": f"{name}-2", "text": SHARED},
        ]
        (tmp_path / name / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    store = Store(tmp_path / "store", clock=Clock())
    store.ingest([tmp_path / "harbour", tmp_path / "town"])
    return store


def permitted(store: Store) -> set[str]:
    ids = set(store.query(ids=True, dedup="none", **USE).ids)
    rows = store.sql("SELECT record_id, source_record_id FROM records")
    return {row["source_record_id"] for row in rows if row["record_id"] in ids}


def test_retired_source_is_in_no_query_and_export_and_its_exports_are_stale(store: Store, tmp_path: Path) -> None:
    before = store.export(tmp_path / "before", tokenizer="bytes", **USE)
    answer = store.source.retire("harbour", reason="the terms changed", by="Ada, editor")
    assert answer.as_json() | {"at": None} == {
        "source": "harbour",
        "retired": True,
        "recorded": True,
        "at": None,
        "by": "Ada, editor",
        "reason": "the terms changed",
        "records": 2,
        "exports": [before["export"]],
        "exports_unreadable": [],
    }
    after = store.export(tmp_path / "after", tokenizer="bytes", **USE)
    assert (before["records"], after["records"]) == (3, 2)
    stale = store.verify(tmp_path / "before").stale
    assert {one["reason"] for one in stale} == {"source-retired"}
    reasons = store.explain("harbour-1", **USE).reasons
    assert [reason["reason"] for reason in reasons] == ["source-retired"]
    assert {s["source_id"]: s["retired"] for s in store.source.list()} == {"harbour": True, "town": False}
    assert store.source.show("harbour").retired is True


def test_retiring_a_source_leaves_copies_from_elsewhere_alone(store: Store) -> None:
    store.source.retire("harbour", reason="too old")
    assert permitted(store) == {"town-1", "town-2"}


def test_reading_a_retired_source_again_restores_nothing(store: Store, tmp_path: Path) -> None:
    store.source.retire("harbour", reason="too old")
    (tmp_path / "harbour" / "b.jsonl").write_text(json.dumps({"id": "new", "text": "A later note of the harbour."}))
    card(tmp_path / "harbour", "harbour", 'url = "https://harbour.example"\n')
    store.ingest([tmp_path / "harbour"])
    assert permitted(store) == {"town-1", "town-2"}
    assert store.source.restore("harbour", reason="looked at again").retired is False
    assert permitted(store) == {"town-1", "town-2", "harbour-1", "harbour-2", "new"}


def test_what_is_so_already_is_not_recorded_again(store: Store) -> None:
    assert store.source.restore("harbour", reason="never was").as_json() | {} == {
        "source": "harbour",
        "retired": False,
        "recorded": False,
        "at": None,
        "by": "",
        "reason": "never was",
        "records": 2,
        "exports": [],
        "exports_unreadable": [],
    } | {"reason": ""}
    first = store.source.retire("harbour", reason="too old", by="Ada")
    snapshot = store.status().snapshot
    again = store.source.retire("harbour", reason="once more")
    assert (again.recorded, again.at, again.by, again.reason) == (False, first.at, "Ada", "too old")
    assert store.status().snapshot == snapshot


def test_question_about_the_time_before_is_answered_as_of_then(store: Store) -> None:
    retired = store.source.retire("harbour", reason="too old")
    assert retired.at is not None
    before = datetime.fromisoformat(retired.at) - timedelta(microseconds=1)
    assert store.query(as_of=before, **USE).permitted["records"] == 3
    assert store.query(as_of=retired.at, **USE).permitted["records"] == 2


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        ({"source": "harbor", "reason": "x"}, UnknownName, "unknown source"),
        ({"source": "", "reason": "x"}, UnknownName, "unknown source"),
        ({"source": "harbour", "reason": " "}, InputError, "is empty"),
        ({"source": "harbour", "reason": "a\x1b[2J"}, InputError, "not printable"),
        ({"source": "harbour", "reason": "a", "by": "b\nc"}, InputError, "not printable"),
    ],
)
def test_bad_request_is_named_and_records_nothing(
    store: Store, given: dict[str, str], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        store.source.retire(**given)
    assert store.status().snapshot == 1
    assert len(permitted(store)) == 4


def test_store_in_which_a_turn_was_changed_by_hand_is_damaged(store: Store, tmp_path: Path) -> None:
    import sqlite3

    store.source.retire("harbour", reason="too old")
    with sqlite3.connect(tmp_path / "store" / "ledger.sqlite") as db:
        db.execute("UPDATE turns SET turn = 'restored'")
    db.close()
    with pytest.raises(StoreError, match="the table turns is not what was committed"):
        store.query(**USE)


def test_retention_of_the_newest_card_counts_for_all_records_of_the_source(store: Store, tmp_path: Path) -> None:
    card(tmp_path / "harbour", "harbour", "retain_until = 2026-11-30\n")
    (tmp_path / "harbour" / "b.jsonl").write_text(json.dumps({"id": "new", "text": "A later note of the harbour."}))
    store.ingest([tmp_path / "harbour"])
    every = {"town-1", "town-2", "harbour-1", "harbour-2", "new"}
    assert permitted(store) == every
    manifest = store.export(tmp_path / "out", tokenizer="bytes", **USE)
    assert manifest["expires_at"] == "2026-12-01T00:00:00Z"
    assert isinstance(store.clock, object)
    clock = store._clock.gives
    assert isinstance(clock, Clock)
    clock.now = datetime(2026, 12, 1, tzinfo=UTC) - timedelta(seconds=2)
    assert permitted(store) == every, "the day is included"
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert permitted(store) == {"town-1", "town-2"}
    [reason] = store.explain("new", **USE).reasons
    assert (reason["reason"], reason["detail"]) == ("retention-ended", "2026-12-01T00:00Z")
    assert {one["reason"] for one in store.verify(tmp_path / "out").stale} == {"retention-ended"}
    card(tmp_path / "harbour", "harbour", "retain_until = 2027-06-30\n")
    store.ingest([tmp_path / "harbour"])
    assert permitted(store) == every, "it may be kept for longer"


@pytest.mark.parametrize("value", ["2026", '"soon"', '"2026-13-01"', "2026-01-01T00:00:00", "true"])
def test_time_that_is_none_is_named_with_file_and_key(tmp_path: Path, value: str) -> None:
    card(tmp_path / "harbour", "harbour", f"retain_until = {value}\n")
    (tmp_path / "harbour" / "a.jsonl").write_text('{"text": "A note."}\n')
    with pytest.raises(InputError) as raised:
        Store(tmp_path / "store").ingest([tmp_path / "harbour"])
    assert "retain_until" in str(raised.value)
    assert "source.toml" in str(raised.value)


def test_guess_of_a_time_counts_as_if_it_were_confirmed(tmp_path: Path) -> None:
    card(tmp_path / "harbour", "harbour", 'retain_until = "TODO confirm: 2026-01-31"\n')
    (tmp_path / "harbour" / "a.jsonl").write_text('{"id": "a", "text": "A note of the harbour."}\n')
    store = Store(tmp_path / "store", clock=Clock())
    store.ingest([tmp_path / "harbour"])
    assert permitted(store) == set()
