"""A store of an earlier version answers by today's law, and what was withdrawn there stays refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rightful import Store, load_shards
from rightful.errors import RightfulError
from rightful.events.consents import Request
from tests.old_store.conftest import OldStore

LATER = datetime(2026, 12, 1, 12, tzinfo=UTC)
"""Soon after the store was made, so that its periods run and its clock is believed."""
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
REFUSED = {
    "note-5": "withdrawn",
    "note-6": "withdrawn",
    "note-7": "takedown",
    "note-8": "consent-refused",
    "note-9": "consent-expired",
    "note-20": "withdrawn",
    "wms-0001": "withdrawn",
    "castellan-01": "withdrawn",
}


def opened(old: OldStore) -> Store:
    return Store(old.root, clock=lambda: LATER)


def names(store: Store, ids: list[str]) -> set[str]:
    rows = store.sql("SELECT record_id, source_record_id AS name FROM records")
    known = {row["record_id"]: row["name"] for row in rows}
    return {known[i] for i in ids}


@pytest.mark.parametrize("purpose", ["commercial", "noncommercial"])
def test_old_store_permits_nothing_that_it_did_not_permit_then(old: OldStore, purpose: str) -> None:
    ids = set(opened(old).query(**USE, purpose=purpose, ids=True)["ids"])
    assert len(ids) > 40
    assert ids <= set(old.answers["permitted"][purpose])


def test_old_store_keeps_refusing_what_was_withdrawn_by_every_selector(old: OldStore) -> None:
    store = opened(old)
    permitted = names(store, store.query(**USE, ids=True, dedup="none")["ids"])
    assert {"note-1", "note-4", "note-62"} <= permitted
    assert not permitted & set(REFUSED)
    assert not permitted & {"note-60", "note-61"}, "refused again when they were read again"
    for record, reason in REFUSED.items():
        explained = store.explain(record, "train.pretrain")
        assert explained["decision"] != "permit"
        assert reason in {r["reason"] for r in explained["reasons"]}, (record, explained["reasons"])


def test_old_store_shows_its_history_and_its_newest_versions(old: OldStore) -> None:
    store = opened(old)
    assert {k: store.status()[k] for k in ("rows", "events", "exports", "assets")} == {
        k: old.answers["status"][k] for k in ("rows", "events", "exports", "assets")
    }
    [newer] = store.sql("SELECT text FROM records JOIN texts USING (record_id) WHERE source_record_id = 'note-2'")
    assert "version 2" in newer["text"]
    assert [review["verdict"] for review in store.review.log()] == ["distinct"]
    assert len(store.log()) == old.answers["status"]["snapshot"]
    first = store.query(**USE, snapshot=1)
    assert first["considered"]["records"] < store.query(**USE)["considered"]["records"]


def test_old_store_names_what_its_export_holds_and_may_not_any_more(old: OldStore) -> None:
    store = opened(old)
    found = store.verify(old.shards)
    assert not found["ok"]
    stale = {s["record"] for s in found["stale"]}
    withdrawn = {store.record_id(name) for name in ("note-5", "note-6", "note-7", "note-8", "note-20")}
    assert withdrawn <= stale
    assert not [c for c in found["corrupt"] if c["file"].startswith("data/")]


def test_old_store_takes_in_more_and_refuses_what_was_withdrawn(old: OldStore) -> None:
    store = opened(old)
    answer = store.ingest([old.harbour])
    assert answer["read"] == sum(answer[k] for k in ("added", "unchanged", "refused", "rejected"))
    assert answer["refused"] >= 2
    permitted = names(store, store.query(**USE, ids=True, dedup="none")["ids"])
    assert not permitted & {*REFUSED, "note-60", "note-61"}
    with pytest.raises(RightfulError):
        store.explain("note-60", "train.pretrain")


@pytest.mark.parametrize(
    "address", ["http://www.harbour.example:8080//notes/1/", "https://archive.ph/2020/harbour.example/notes/1"]
)
def test_old_store_without_places_refuses_by_place(old: OldStore, address: str) -> None:
    store = opened(old)
    assert "note-1" in names(store, store.query(**USE, ids=True, dedup="none")["ids"])
    [answer] = store.consent.record([Request(kind="withdraw", selector="url", value=address)])
    assert answer["matched"]["records"] == 1
    assert "note-1" not in names(store, store.query(**USE, ids=True, dedup="none")["ids"])


def test_old_store_has_no_kept_columns_and_takes_some_in(old: OldStore) -> None:
    store = opened(old)
    assert {row["kept"] for row in store.sql("SELECT kept FROM records")} == {None}
    assert {row["kept_key"] for row in store.sql("SELECT kept_key FROM records")} == {None}
    with pytest.raises(RightfulError, match="no columns were kept in this store"):
        store.query(**USE, where="kept.score > 1")
    before = store.sql("SELECT count(*) AS n FROM records")[0]["n"]
    new = old.root.parent / "new"
    new.mkdir()
    (new / "rows.jsonl").write_text('{"text": "A new text, with a score.", "score": 2}\n', encoding="utf-8")
    store.ingest([new], keep="all", workers=1)
    listed = store.sql("SELECT kept.score AS score, count(*) AS n FROM records GROUP BY ALL ORDER BY ALL")
    assert [(row["score"], row["n"]) for row in listed] == [(2, 1), (None, before)]
    assert store.check()["ok"]


@pytest.mark.parametrize("level", ["exclude", "mask", "rewrite"])
def test_export_of_an_old_store_is_repaired_at_every_level(old: OldStore, level: str) -> None:
    """What was withdrawn leaves shards whose manifest has none of the keys of today, too."""
    store = opened(old)
    stale = {one["record"] for one in store.verify(old.shards)["stale"]}
    assert stale
    assert store.redact(old.shards, level=level, yes=True)["level"] == level
    assert store.verify(old.shards)["ok"]
    assert store.verify(old.shards, standalone=True)["ok"]
    handed = {unit.record_id for unit in load_shards(old.shards, use="train.pretrain", shuffle=False)}
    assert handed
    assert not handed & stale
