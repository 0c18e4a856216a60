"""``store log --who``: who asked for an export, what was undertaken for it, who signed, reviewed and retired."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful import Store

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG = " ".join(f"On day {n} the tide stood {n * 7 % 31} hands above the mark at the mole." for n in range(20))


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("who")
    corpus = folder / "harbour"
    corpus.mkdir()
    (corpus / "source.toml").write_text('name = "harbour"\nlicense = "CC-BY-4.0"\npersonal_data = "no"\n')
    texts = {"a": LONG, "b": LONG.replace("day 9 ", "day nine "), "c": "Of ropes and knots, and how they are kept."}
    (corpus / "a.jsonl").write_text("".join(json.dumps({"id": n, "text": t}) + "\n" for n, t in texts.items()))
    store = Store(folder / "store", clock=Clock())
    store.ingest([corpus])
    (folder / "store" / "policy.toml").write_text('copies = "own"\n')
    store.policy.sign(by="Ada Moreno, counsel", until="2027-01-31")
    store.export(
        folder / "out",
        use="train.pretrain",
        purpose="research",
        actor="public",
        tokenizer="bytes",
        accept="credit",
    )
    store.review.decide("a", "b", "distinct", by="Bo, editor", reason="two days")
    store.consent.withdraw(record="c", reason="mira@example.org asked by mail")
    store.source.retire("harbour", reason="a newer edition", by="Cy, librarian")
    return store.log(who=True).rows


def did(rows: list[dict[str, Any]], what: str) -> tuple[dict[str, Any], dict[str, Any]]:
    [(row, one)] = [(row, one) for row in rows for one in row["who"] if one["did"] == what]
    return row, one


def test_export_has_the_request_what_was_undertaken_and_who_had_signed(rows: list[dict[str, Any]]) -> None:
    row, export = did(rows, "export")
    assert (row["kind"], export["by"]) == ("export", "Ada Moreno, counsel")
    assert (export["use"]["asked"], export["use"]["purpose"], export["use"]["actor"]) == (
        ["train.pretrain"],
        "research",
        "public",
    )
    assert {"attribution.dataset", "attribution.record", "notice.licence"} <= set(export["accepted"])
    assert [(s["of"], s["by"]) for s in export["signatures"]] == [("policy", "Ada Moreno, counsel")]


def test_reviews_and_sources_that_were_retired_stand_at_their_snapshots_with_who_decided(
    rows: list[dict[str, Any]],
) -> None:
    row, review = did(rows, "review")
    assert (row["kind"], review["by"], review["reason"]) == ("review", "Bo, editor", "two days")
    row, turn = did(rows, "retired")
    assert (row["kind"], turn["by"], turn["of"], turn["reason"]) == (
        "source",
        "Cy, librarian",
        "harbour",
        "a newer edition",
    )


def test_events_are_counted_by_kind_and_no_person_is_named(rows: list[dict[str, Any]]) -> None:
    row, event = did(rows, "withdrawal")
    assert (row["kind"], event["events"], event["by"]) == ("consent", 1, None)
    assert "mira" not in json.dumps(rows)


def test_standing_signatures_come_last_and_are_of_no_snapshot(rows: list[dict[str, Any]]) -> None:
    row, signature = did(rows, "sign")
    assert row is rows[-1]
    assert (row["snapshot"], row["kind"], signature["of"]) == (None, "signature", "policy")
    assert signature["by"] == "Ada Moreno, counsel"


def test_snapshots_are_those_of_the_log(rows: list[dict[str, Any]]) -> None:
    assert [row["snapshot"] for row in rows[:-1]] == [1, 2, 3, 4, 5]


def test_policy_that_cannot_be_read_hides_no_history(tmp_path: Path) -> None:
    corpus = tmp_path / "c"
    corpus.mkdir()
    (corpus / "a.jsonl").write_text('{"text": "A note."}\n')
    store = Store(tmp_path / "store", clock=Clock())
    store.ingest([corpus])
    (tmp_path / "store" / "policy.toml").write_text("nothing = [")
    assert [row["snapshot"] for row in store.log(who=True)] == [1]
