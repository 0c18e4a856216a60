"""A withdrawal reaches what it means, and nothing else: in old exports, in new ones, and at the door."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Ask
from tests.e2e.corpus import GOOD, card, jsonl

Records = dict[str, dict[str, Any]]

USE = ("--use", "train.nongen", "--application", "spam_filtering", "--accept", "all", "--dedup", "none")
MIRA = "https://almanac.example/authors/mira-castellan"


class Exported(NamedTuple):
    """A store with an export that holds the mail too, and the ids in it."""

    store: Path
    folder: Path
    ids: set[str]


@pytest.fixture
def exported(shelf: dict[str, Any], good: Path, ask: Ask, tmp_path: Path) -> Exported:
    folder: Path = shelf["folder"] / "exported"
    if "exported" not in shelf:
        shutil.copytree(good, folder / "rightful-store")
        ask("export", folder / "out", *USE, "--tokenizer", "bytes", "--workers", "1", store=folder / "rightful-store")
        shelf["exported"] = True
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    ids = pq.read_table(tmp_path / "out" / "index.parquet").column("record_id").to_pylist()
    return Exported(tmp_path / "rightful-store", tmp_path / "out", set(ids))


def named(records: Records, **wanted: str) -> list[dict[str, Any]]:
    return [r for r in records.values() if all(r[key] == value for key, value in wanted.items())]


def with_copies(records: Records, chosen: list[dict[str, Any]]) -> set[str]:
    """The chosen records and whatever has the same text."""
    texts = {r["norm"] for r in chosen}
    return {r["record_id"] for r in records.values() if r["norm"] in texts}


def _frost_pockets(records: Records) -> list[dict[str, Any]]:
    return named(records, source_record_id="articles/en/frost-pockets.md")


def _of_mira(records: Records) -> list[dict[str, Any]]:
    return [r for r in records.values() if (r["url"] or "").startswith(MIRA + "/")]


def _from_tamsin(records: Records) -> list[dict[str, Any]]:
    lines = (GOOD / "mail" / "messages.jsonl").read_text("utf-8").splitlines()
    hers = {m["message_id"] for m in map(json.loads, lines) if m["person"].startswith("tamsin")}
    return [r for r in named(records, source_id="mail") if r["source_record_id"] in hers]


SELECTORS: dict[str, tuple[Callable[[Records], list[dict[str, Any]]], Callable[[Records], str]]] = {
    "record": (_frost_pockets, lambda records: str(_frost_pockets(records)[0]["record_id"])),
    "content-sha256": (_frost_pockets, lambda records: str(_frost_pockets(records)[0]["norm"])),
    "url-prefix": (_of_mira, lambda records: MIRA.replace("https", "HTTP") + "/"),
    "domain": (
        lambda records: [r for r in records.values() if "almanac.example" in (r["url"] or "")],
        lambda records: "Almanac.Example",
    ),
    "subject": (_from_tamsin, lambda records: " Tamsin.Okoro@example.org"),
    "source": (lambda records: named(records, source_id="handbook"), lambda records: "handbook"),
}


@pytest.mark.parametrize("selector", SELECTORS)
def test_verify_names_exactly_what_a_withdrawal_reaches(
    selector: str, exported: Exported, records: Records, ask: Ask
) -> None:
    of, value = SELECTORS[selector]
    expected = with_copies(records, of(records)) & exported.ids
    event = ask("consent", "withdraw", f"--{selector}", value(records), "--reason", "letter of 20 November")
    assert event["matched"]["records"] in (len(of(records)), len(with_copies(records, of(records))))
    found = ask("verify", exported.folder, code=3)
    assert len(expected) >= 2
    assert {s["record"] for s in found["stale"]} == expected
    assert {s["reason"] for s in found["stale"]} == {"withdrawn"}
    assert found["corrupt"] == []
    assert found["records"] == len(exported.ids)
    if selector == "subject":
        [listed] = ask("consent", "list")
        assert (listed["kind"], listed["reason"]) == ("withdrawal", "letter of 20 November")
        assert "amsin" not in json.dumps([event, listed]), "a person is named by the store's hash only"


def test_withdrawn_records_are_in_no_new_export_and_are_refused_when_they_come_again(
    exported: Exported, records: Records, ask: Ask, ingest: Ask
) -> None:
    hers = with_copies(records, _of_mira(records))
    assert len(hers) == 7, "five texts, and two copies at another address"
    ask("consent", "withdraw", "--url-prefix", MIRA)
    again = ingest(GOOD)
    assert (again["read"], again["added"], again["unchanged"], again["refused"]) == (106, 0, 99, 7)
    once_more = ingest(GOOD)
    assert (once_more["refused"], once_more["snapshot"]) == (7, again["snapshot"])
    refused = ask("sql", "SELECT record_id, reason FROM rejected WHERE outcome = 'refused'")
    assert {r["record_id"]: r["reason"] for r in refused} == dict.fromkeys(hers, "withdrawn")

    manifest = ask("export", "anew", *USE, "--tokenizer", "bytes", "--workers", "1")
    anew = pq.read_table(exported.folder.parent / "anew" / "index.parquet").column("record_id").to_pylist()
    assert set(anew) == exported.ids - hers
    assert manifest["refused"]["withdrawn"] == len(hers)
    assert ask("verify", "anew")["ok"]


def test_withdrawn_text_is_refused_under_another_name_and_by_a_store_that_never_had_it_until_given_again(
    tmp_path: Path, ask: Ask, ingest: Ask
) -> None:
    hers = "https://lists.example/mira"
    rows = [
        {"id": "a", "url": f"{hers}/one", "text": "The lamp burns on the second pier, and nobody asks for whom."},
        {"id": "b", "url": f"{hers}nda/two", "text": "Somebody else, whose name begins alike, writes of herrings."},
    ]
    jsonl(card(tmp_path / "first", "first", license="CC0-1.0") / "a.jsonl", {"id": "z", "text": "Nothing of hers."})
    ingest("first")
    event = ask("consent", "withdraw", "--url-prefix", hers)
    assert event["matched"]["records"] == 0

    jsonl(card(tmp_path / "second", "second", license="CC0-1.0") / "a.jsonl", *rows)
    came = ingest("second")
    assert (came["added"], came["refused"]) == (1, 1)
    # The same text without its address, in a file with another name and under another card.
    bare = {"text": rows[0]["text"]}
    jsonl(card(tmp_path / "third", "third", license="MIT") / "other.jsonl", bare)
    renamed = ingest("third")
    assert (renamed["added"], renamed["refused"]) == (0, 1)
    left = ask("query", "--use", "train.pretrain", "--accept", "all")
    assert left["considered"]["records"] == left["permitted"]["records"] == 2

    # Given again, it comes in again.
    ask("consent", "add", "--url-prefix", hers, "--use", "train", "--purpose", "commercial")
    assert (ingest("second")["added"], ask("query", "--use", "train.pretrain")["permitted"]["records"]) == (1, 3)


def test_consent_given_again_lifts_a_withdrawal(exported: Exported, records: Records, ask: Ask) -> None:
    [record] = (r["record_id"] for r in named(records, source_record_id="articles/en/moth-night.md"))
    ask("consent", "withdraw", "--record", record)
    assert [s["record"] for s in ask("verify", exported.folder, code=3)["stale"]] == [record]
    ask("consent", "add", "--record", record, "--use", "train", "--purpose", "commercial")
    assert ask("verify", exported.folder)["ok"]
    # What it does not name stays refused: a consent is also a ceiling.
    other = ask("explain", record, "--use", "share.verbatim", "--accept", "all")
    assert (other["decision"], other["reasons"][0]["reason"]) != ("permit", "license")
    assert [e["kind"] for e in other["events"]] == ["withdrawal", "grant"]


def test_consent_dry_run_changes_nothing(good: Path, records: Records, ask: Ask) -> None:
    would = ask("consent", "withdraw", "--domain", "almanac.example", "--dry-run", store=good)
    assert (would["event"], would["dry_run"], would["matched"]) == (None, True, {"records": 6, "sources": 1})
    assert ask("consent", "list", store=good) == []


def test_verify_all_names_every_export_and_ends_with_3_when_one_is_stale(
    good_copy: Path, ask: Ask, rightful: Callable[..., Any]
) -> None:
    made = ask(
        "export", "out", "--use", "train.pretrain", "--accept", "all", "--tokenizer", "bytes", "--format", "parquet"
    )
    whole = ask("verify", "--all")
    assert (whole["ok"], [e["export"] for e in whole["exports"]]) == (True, [made["export"]])
    [first] = ask("query", "--use", "train.pretrain", "--accept", "all", "--ids", "--limit", "1")["ids"]
    assert ask("consent", "withdraw", "--record", first)["exports"] == [made["export"]]
    stale = ask("verify", "--all", code=3)
    assert [s["record"] for s in stale["exports"][0]["stale"]] == [first]
    assert ask("sql", "SELECT status FROM exports") == [{"status": "stale"}]
    for words in ((), ("out", "--all")):
        assert rightful("verify", *words).returncode == 2
