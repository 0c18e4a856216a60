"""The receipt of an event says what is so: what was matched, done and when, and what remains; and shows no text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful.cli.pages.consent import receipt_lines
from rightful.cli.pages.lines import fitted
from rightful.errors import InputError
from rightful.events.consents import Request
from rightful.export.receipt_page import page
from rightful.query.exported import INDEX
from tests import keys
from tests.unit.shelf import Shelf, wording

EXPORT: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Three letters by Mira, one of them also elsewhere, and two by others; exported with a tokenizer of its own."""
    shelf = Shelf(tmp_path)
    mira = [{"text": wording(f"m{n}x", words=60), "url": f"https://reeds.example/mira/{n}"} for n in range(3)]
    others = [{"text": wording(f"o{n}x", words=60), "url": f"https://reeds.example/other/{n}"} for n in range(2)]
    shelf.put("letters", *mira, *others)
    shelf.put("copies", {"text": mira[0]["text"], "url": "https://elsewhere.example/copy"})
    shelf.store.export(tmp_path / "out", tokenizer="train:300", **EXPORT)
    return shelf


def withdrawn(shelf: Shelf, **more: Any) -> str:
    more = {"kind": "withdraw", **more}
    recorded = shelf.store.consent.withdraw(url_prefix="https://reeds.example/mira", **more)
    assert recorded.event is not None
    return str(recorded.event)


def ids(shelf: Shelf, where: str) -> set[str]:
    return {row["record_id"] for row in shelf.store.sql(f"SELECT record_id FROM records WHERE {where}")}


def test_receipt_of_a_withdrawal_names_all_that_holds_it_and_what_remains(shelf: Shelf) -> None:
    event = withdrawn(shelf, reason="by letter", proof="folder 7")
    answer = shelf.store.consent.receipt(event)
    mine = ids(shelf, "url LIKE 'https://reeds.example/mira/%'")
    copy = ids(shelf, "url = 'https://elsewhere.example/copy'")
    assert {r["record"]: r["via"] for r in answer.records} == {
        **dict.fromkeys(mine, "itself"),
        **dict.fromkeys(copy, "copy"),
    }
    held = set(pq.read_table(shelf.root / "out" / INDEX).column("record_id").to_pylist()) & (mine | copy)
    assert {r["record"] for r in answer.records if r["exports"]} == held
    assert (answer.matched["records"], answer.matched["copies"]) == (len(mine), len(copy))
    [export] = answer.exports
    assert (export["state"], export["records"], export["open"]) == ("open", len(held), len(held))
    [asset] = answer.assets
    assert (asset["kind"], asset["status"]) == ("tokenizer", "tainted")
    assert 0 < asset["share"] < 1
    assert answer.open == [
        {"what": "repair", "export": export["export"], "records": len(held)},
        {"what": "erase", "export": None, "records": len(mine | copy)},
    ]
    assert [action["what"] for action in answer.actions] == ["recorded", "refused"]
    assert (answer.reason, answer.evidence, answer.complete) == ("by letter", "folder 7", False)


def test_erased_texts_are_named_with_the_time_and_late_ones_as_late(shelf: Shelf) -> None:
    event = withdrawn(shelf, deadline="2026-11-21T12:00:30+00:00")
    before = shelf.store.consent.receipt(event)
    assert before.overdue
    shelf.store.compact()
    answer = shelf.store.consent.receipt(event)
    [erased] = [action for action in answer.actions if action["what"] == "erased"]
    assert (erased["records"], erased["late"]) == (4, True)
    assert {(r["in_store"], r["erased"]) for r in answer.records} == {(False, erased["at"])}
    assert {r["record"] for r in answer.records} == {r["record"] for r in before.records}
    assert [one["what"] for one in answer.open] == ["repair"]


@pytest.mark.parametrize(
    ("level", "verb", "states", "decision"),
    [
        ("rewrite", "withdraw", ["repaired"], None),
        ("mask", "withdraw", ["repaired"], "masked"),
        ("exclude", "withdraw", ["superseded", "open"], "excluded"),  # the bytes are there, and have to go
        ("exclude", "opt-out", ["superseded", "excluded"], "excluded"),
    ],
)
def test_repair_is_named_with_its_level_and_proved(
    shelf: Shelf, level: str, verb: str, states: list[str], decision: str | None
) -> None:
    key, public = keys.pair(shelf.root / "keys")
    shelf.store.sign(shelf.root / "out", key=key)
    event = withdrawn(shelf, kind=verb)
    before = shelf.store.consent.receipt(event)
    record = next(r["record"] for r in before.records if r["exports"])
    shelf.store.redact(event=event, level=level)
    shelf.store.sign(shelf.root / "out", key=key)
    answer = shelf.store.consent.receipt(event)
    assert [one["state"] for one in answer.exports] == states
    [repaired] = [action for action in answer.actions if action["what"] == "repaired"]
    assert (repaired["supersedes"], repaired["level"]) == (before.exports[0]["export"], level)
    assert repaired["export"] == answer.exports[0]["superseded_by"]
    assert any(one["what"] == "repair" for one in answer.open) == ("open" in states)
    proof = shelf.store.proof(record, before.exports[0]["export"])
    assert (proof.export, proof.former) == (repaired["export"], before.exports[0]["export"])
    assert (proof.leaf or {}).get("decision") == decision
    alone = shelf.store.verify(shelf.root / "out", standalone=True, key=public)
    assert (alone.ok, alone.corrupt) == (True, [])


def test_limited_withdrawal_leaves_open_only_what_it_refuses(shelf: Shelf) -> None:
    event = withdrawn(shelf, use=["share"])
    answer = shelf.store.consent.receipt(event)
    assert [one["state"] for one in answer.exports] == ["permitted"]
    assert (answer.open, answer.complete, answer.use) == ([], True, ["share"])


def test_event_that_was_undone_leaves_nothing_open(shelf: Shelf) -> None:
    event = withdrawn(shelf)
    shelf.store.consent.annul(event)
    answer = shelf.store.consent.receipt(event)
    assert (answer.in_force, answer.open) == (False, [])
    assert [one["state"] for one in answer.exports] == ["permitted"]
    assert [one["status"] for one in answer.assets] == ["current"]
    assert answer.actions[-1]["kind"] == "annulment"
    assert "it was undone since" in receipt_lines(answer)


def test_consent_that_was_given_later_lifts_what_was_open(shelf: Shelf) -> None:
    event = withdrawn(shelf)
    terms: dict[str, Any] = {"url_prefix": "https://reeds.example/mira", "use": ["train"], "purpose": ["commercial"]}
    shelf.store.consent.add(**terms)
    answer = shelf.store.consent.receipt(event)
    assert (answer.in_force, answer.open) == (True, [])
    assert answer.actions[-1]["what"] == "later event"


def test_event_that_matches_nothing_has_a_receipt_that_says_so(shelf: Shelf) -> None:
    [recorded] = shelf.store.consent.record(
        [Request(kind="withdraw", selector="url-prefix", value="https://nobody.example/")]
    )
    answer = shelf.store.consent.receipt(recorded["event"])
    assert (answer.matched["records"], answer.records, answer.exports, answer.complete) == (0, [], [], True)


def test_receipt_of_a_person_says_nothing_of_folders_and_an_authority_gets_the_chain(shelf: Shelf) -> None:
    event = withdrawn(shelf)
    person = shelf.store.consent.receipt(event)
    authority = shelf.store.consent.receipt(event, audience="authority")
    assert str(shelf.root) not in json.dumps(person.as_json())
    assert not {"path", "shards", "snapshot"} & {key for one in [*person.exports, *person.actions] for key in one}
    assert (person.snapshot, person.ledger) == (None, None)
    assert authority.exports[0]["path"] == str(shelf.root / "out")
    assert authority.exports[0]["shards"] == ["data/shard-00000.parquet"]
    assert set(authority.ledger or {}) == {"link", "digest"}
    with pytest.raises(InputError, match="is not known"):
        shelf.store.consent.receipt(event, audience="press")


@pytest.mark.parametrize("audience", ["person", "authority"])
def test_receipt_shows_no_text_of_a_record(shelf: Shelf, audience: str) -> None:
    answer = shelf.store.consent.receipt(withdrawn(shelf), audience=audience).as_json()
    for form in (json.dumps(answer), page(answer), "\n".join(receipt_lines(answer))):
        assert not [n for n in range(3) for word in range(60) if f"m{n}x{word}" in form]


def test_receipt_of_a_person_names_the_hash(shelf: Shelf) -> None:
    shelf.put("about", {"text": wording("s", words=30), "who": "mira@reeds.example"}, **{"fields.subject": "who"})
    recorded = shelf.store.consent.withdraw(subject="mira@reeds.example")
    answer = shelf.store.consent.receipt(str(recorded.event), audience="authority").as_json()
    for form in (json.dumps(answer), page(answer), "\n".join(receipt_lines(answer))):
        assert "mira@" not in form


def test_what_was_typed_for_an_event_is_harmless_in_the_page(shelf: Shelf) -> None:
    reason = "# done\n<script>alert(1)</script> [here](http://x.example) | **a**"
    answer = shelf.store.consent.receipt(withdrawn(shelf, reason=reason)).as_json()
    [line] = [line for line in page(answer).splitlines() if "reason" in line]
    assert line == r"* reason: \# done \<script\>alert\(1\)\</script\> \[here\]\(http://x.example\) \| \*\*a\*\*"


def test_lines_of_a_receipt_fit_a_terminal_of_80_columns(shelf: Shelf) -> None:
    event = withdrawn(shelf)
    shelf.store.compact()
    assert max(map(len, fitted(receipt_lines(shelf.store.consent.receipt(event))))) <= 80


def test_receipt_is_signed_and_genuine_for_its_store_alone(shelf: Shelf, tmp_path: Path) -> None:
    key, public = keys.pair(tmp_path / "keys")
    event, file = withdrawn(shelf), tmp_path / "receipt.dsse.json"
    answer = shelf.store.consent.receipt(event, key=key, out=file)
    store = shelf.store.status().store
    checked = shelf.store.verify_receipt(file, key=public, of_store=store)
    assert (checked.ok, checked.what, checked.keyid) == (True, "receipt", answer.keyid)
    assert checked.statement == {k: v for k, v in answer.as_json().items() if k not in ("keyid", "out")}
    assert {one["name"] for one in checked.subjects} == {event, answer.exports[0]["export"]}
    assert shelf.store.verify_receipt(file, key=public, manifest=tmp_path / "out").ok
    assert not shelf.store.verify_receipt(file, key=public, of_store="0" * 16).ok
    with pytest.raises(InputError, match="a page"):
        shelf.store.consent.receipt(event, key=key, out=tmp_path / "r.md")
    with pytest.raises(InputError, match="never overwritten"):
        shelf.store.consent.receipt(event, out=file)
    shelf.store.consent.receipt(event, out=tmp_path / "r.md")
    assert (tmp_path / "r.md").read_text("utf-8").startswith(f"# Receipt: withdrawal {event}\n")


def test_receipt_of_an_unknown_event_is_an_error_that_names_it(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="is not on record") as caught:
        shelf.store.consent.receipt("e-0000000000000000")
    assert caught.value.subject == "e-0000000000000000"
