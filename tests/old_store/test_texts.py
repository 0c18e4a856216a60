"""Texts whose digest means something else today: what was withdrawn in a store of an earlier version stays refused.

The store of 3e1e8aa knows texts by rightful-norm/1, for which indentation was nothing. Until ``tag`` has made the digests
anew a text of today is held against them by that rule; afterwards only a text with the same indentation is a copy.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.events.consents import Request
from rightful.stages.shared.normal import earlier, normalized
from tests.old_store.conftest import OldStore

LATER = datetime(2026, 12, 1, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
CARD = 'name = "{}"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'


class Desk:
    """A store of the earlier version, a program that it holds, and what may arrive of it."""

    def __init__(self, old: OldStore, folder: Path) -> None:
        self.store, self.folder = Store(old.root, clock=lambda: LATER), folder
        [row] = self.store.sql(
            """SELECT r.record_id, lower(hex(r.norm_sha256)) AS digest, t.text FROM records r
            JOIN texts t USING (record_id) WHERE r.file = 'src/extremes.py'"""
        )
        self.record, self.digest, self.text = row["record_id"], row["digest"], row["text"]
        # Today's rule calls the first a copy, rightful-norm/1 both.
        self.copy = self.text.replace("\n", "  \n") + "\n\n"
        self.moved = re.sub("\n    return ", "\n        return ", self.text, count=1)
        assert normalized(self.copy) == normalized(self.text) != normalized(self.moved)
        assert earlier(self.copy) == earlier(self.moved) == earlier(self.text)

    def ingest(self, name: str, text: str) -> dict[str, Any]:
        folder = self.folder / name
        folder.mkdir()
        (folder / "source.toml").write_text(CARD.format(name), encoding="utf-8")
        (folder / "rows.jsonl").write_text(json.dumps({"id": name, "text": text}) + "\n", encoding="utf-8")
        return self.store.ingest([folder])

    def withdraw(self, selector: str = "record", value: str | None = None) -> None:
        self.store.consent.record(
            [Request(kind="withdraw", selector=selector, value=value or self.record, reason="asked")]
        )

    def permits(self, name: str) -> bool:
        rows = self.store.sql(f"SELECT record_id FROM records WHERE source_record_id = '{name}'")
        ids = self.store.query(**USE, ids=True, dedup="none")["ids"]
        return bool({row["record_id"] for row in rows} & set(ids))

    def refusal(self, name: str) -> set[str]:
        return {reason["reason"] for reason in self.store.explain(name, "train.pretrain")["reasons"]}


@pytest.fixture
def desk(old: OldStore, tmp_path: Path) -> Desk:
    return Desk(old, tmp_path)


@pytest.mark.parametrize("form", ["copy", "moved"])
def test_copy_of_a_text_that_was_withdrawn_in_an_old_store_is_refused_when_it_arrives(desk: Desk, form: str) -> None:
    desk.withdraw()
    assert desk.ingest("mirror", getattr(desk, form))["refused"] == 1


@pytest.mark.parametrize("form", ["copy", "moved"])
def test_copy_that_arrived_in_an_old_store_is_refused_with_the_text_that_is_withdrawn(desk: Desk, form: str) -> None:
    assert desk.ingest("mirror", getattr(desk, form))["duplicates"]["exact"] == 1
    assert desk.permits("mirror")
    desk.withdraw()
    assert not desk.permits("mirror")
    assert desk.refusal("mirror") == {"withdrawn"}


def test_text_of_an_old_store_is_refused_with_the_copy_that_is_withdrawn(desk: Desk) -> None:
    desk.ingest("mirror", desk.copy)
    desk.withdraw(value=desk.store.record_id("mirror"))
    assert desk.record not in desk.store.query(**USE, ids=True, dedup="none")["ids"]


def test_copy_in_an_old_store_is_refused_also_when_the_withdrawn_text_has_a_newer_version(
    desk: Desk, old: OldStore
) -> None:
    desk.ingest("mirror", desk.copy)
    desk.withdraw()
    rows = [{"id": "note-1", "url": "https://harbour.example/notes/1", "text": "A newer version of the first note."}]
    (old.harbour / "a.jsonl").write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
    desk.store.ingest([old.harbour])  # from here on rows of the store are hidden
    assert not desk.permits("mirror")


def test_withdrawal_by_the_digest_that_an_old_store_showed_reaches_the_text_of_today(desk: Desk) -> None:
    desk.withdraw("content-sha256", desk.digest)
    desk.store.tag()
    assert desk.record not in desk.store.query(**USE, ids=True, dedup="none")["ids"]
    assert desk.ingest("mirror", desk.copy)["refused"] == 1


def test_tag_brings_the_digests_of_an_old_store_up_to_date(desk: Desk) -> None:
    assert desk.ingest("moved", desk.moved)["duplicates"]["exact"] == 1
    answer = desk.store.tag()
    assert {"normalize", "near"} <= set(answer["stages"])
    assert desk.store.sql("SELECT count(*) AS n FROM records WHERE norm_rule IS DISTINCT FROM 2") == [{"n": 0}]
    rows = desk.store.sql(
        "SELECT t.text, lower(hex(r.norm_sha256)) AS digest FROM records r JOIN texts t USING (record_id)"
    )
    digests: dict[str, set[str]] = {}
    for row in rows:
        digests.setdefault(normalized(row["text"]), set()).add(row["digest"])
    assert {len(found) for found in digests.values()} == {1}
    assert len({min(found) for found in digests.values()}) == len(digests)
    marks = desk.store.sql(
        """SELECT d.group_id, count(DISTINCT r.norm_sha256) AS texts, count(*) AS records, bool_and(d.group_id = 'exact:'
        || lower(substr(hex(r.norm_sha256), 1, 32))) AS named
        FROM duplicates d JOIN records r USING (record_id) WHERE d.kind = 'exact' GROUP BY d.group_id"""
    )
    assert marks
    assert all(mark["texts"] == 1 and mark["records"] > 1 and mark["named"] for mark in marks)
    copied = desk.store.sql(
        "SELECT count(*) AS n FROM (SELECT norm_sha256 FROM records GROUP BY ALL HAVING count(*) > 1)"
    )
    assert copied == [{"n": len(marks)}]
    assert desk.store.tag()["stages"] == [], "and then there is nothing to do"


def test_after_tag_what_was_withdrawn_before_is_refused_and_its_copies_too(desk: Desk) -> None:
    desk.ingest("mirror", desk.copy)
    before = set(desk.store.query(**USE, ids=True, dedup="none")["ids"])
    desk.withdraw()
    desk.store.tag()
    assert set(desk.store.query(**USE, ids=True, dedup="none")["ids"]) <= before - {desk.record}
    assert not desk.permits("mirror")
    assert desk.ingest("another", "\n" + desk.copy)["refused"] == 1


def test_after_tag_a_program_with_other_indentation_is_not_withdrawn_with_it(desk: Desk) -> None:
    desk.store.tag()
    desk.withdraw()
    assert desk.ingest("moved", desk.moved)["added"] == 1
    assert "withdrawn" not in desk.refusal("moved")


def test_text_of_a_copy_in_an_old_store_is_not_shown_once_the_text_is_withdrawn(desk: Desk) -> None:
    desk.ingest("mirror", desk.copy)
    shown = "SELECT count(*) AS n FROM texts JOIN records USING (record_id) WHERE source_record_id = 'mirror'"
    assert desk.store.sql(shown) == [{"n": 1}]
    desk.withdraw()
    assert desk.store.sql(shown) == [{"n": 0}]
    desk.store.tag()
    assert desk.store.sql(shown) == [{"n": 0}]


def test_export_that_holds_a_copy_is_named_when_the_text_of_an_old_store_is_withdrawn(
    desk: Desk, tmp_path: Path
) -> None:
    desk.ingest("mirror", desk.copy)
    made = desk.store.export(tmp_path / "out", **USE, where="source_id = 'mirror'", tokenizer="bytes")
    [answer] = desk.store.consent.record(
        [Request(kind="withdraw", selector="record", value=desk.record, reason="asked")]
    )
    assert made["export"] in answer["exports"]
