"""Kinds, selectors and what else an event says: recorded, read again, and what they do to a record."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.catalog import load
from rightful.errors import InputError
from rightful.events.on_record import OnRecord, records_of
from rightful.events.requests import Request, event_of
from rightful.notation.owners import owned_places, owner
from rightful.rights.consent import subject_key
from rightful.rights.named_persons import persons
from rightful.store.authors import author_keys, register
from rightful.store.duck import connect, fill, rows
from rightful.store.ledger import Ledger, stamp
from tests.unit.shelf import NOON, Shelf

ROWS: list[dict[str, Any]] = [
    {
        "text": "The ferry left at noon and nobody was on it.",
        "author": "Mira Okonkwo",
        "url": "https://github.com/Mira/notes/blob/1/a.md",
    },
    {
        "text": "Bread wants time, and a cold kitchen gives it time.",
        "author": ["Ann Lee", "Mira Okonkwo <mira@example.org>"],
        "url": "https://github.com/mira/notes/issues/4",
    },
    {
        "text": "A lighthouse keeper counts the nights, not the ships.",
        "author": "Li Wei",
        "url": "https://raw.githubusercontent.com/li/code/main/c.md",
    },
    {"text": "The valley had three names and none of them was kept.", "url": "https://example.org/d"},
]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.put("s", *ROWS)
    assert len(shelf.chosen()) == 4
    return shelf


def gone(shelf: Shelf) -> set[str]:
    return {"s-0", "s-1", "s-2", "s-3"} - set(shelf.chosen())


def record_of(shelf: Shelf, name: str) -> str:
    [row] = shelf.store.sql(f"SELECT record_id FROM records WHERE source_record_id = '{name}'")
    return str(row["record_id"])


@pytest.mark.parametrize(
    ("value", "reached"),
    [
        ({"author": "mira okonkwo"}, {"s-0", "s-1"}),
        ({"author": "mira@example.org"}, {"s-1"}),
        ({"author": "Mira"}, set()),
        ({"author": "Li  Wei"}, {"s-2"}),
        ({"owner": "github.com/mira"}, {"s-0", "s-1"}),
        ({"owner": "https://github.com/MIRA/Notes.git"}, {"s-0", "s-1"}),
        ({"owner": "github.com/mira#issues"}, {"s-1"}),
        ({"owner": "github.com/mira#code"}, {"s-0"}),
        ({"owner": "github.com/mira/other"}, set()),
        ({"owner": "github.com/mir"}, set()),
        ({"owner": "github.com/li"}, {"s-2"}),
        ({"owner": "gitlab.com/mira"}, set()),
    ],
)
def test_refusal_reaches_what_its_selector_names(shelf: Shelf, value: dict[str, str], reached: set[str]) -> None:
    answer = shelf.store.consent.withdraw(**value)  # type: ignore[arg-type]
    assert answer["matched"]["records"] == len(reached)
    assert gone(shelf) == reached
    name = next(iter(value))
    shown = [row for row in shelf.store.consent.list() if row["event"] == answer["event"]]
    assert [row["selector"] for row in shown] == [name]
    if name == "author":
        assert not [name for name in ("mira", "okonkwo", "wei") if name in str(shown).lower()]


def test_refusal_by_text_reaches_the_text_by_its_digest_and_by_a_file_that_has_it(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "seen.txt"
    file.write_text("  " + str(ROWS[3]["text"]).replace(" ", "  ") + "\n", encoding="utf-8")
    by_file = shelf.store.consent.withdraw(text=file, dry_run=True)
    [row] = shelf.store.sql("SELECT lower(hex(norm_sha256)) AS digest FROM records WHERE source_record_id = 's-3'")
    assert by_file["selector"]["value"].split()[0] == row["digest"]
    assert by_file["matched"]["records"] == 1
    shelf.store.consent.withdraw(text=row["digest"])
    assert gone(shelf) == {"s-3"}


def test_refusal_by_passage_reaches_the_record_that_it_is_in(shelf: Shelf) -> None:
    shelf.store.consent.withdraw(passage=f"{record_of(shelf, 's-2')}:2+20")
    assert gone(shelf) == {"s-2"}
    with pytest.raises(InputError, match="nothing is granted by a passage"):
        shelf.store.consent.add(passage=f"{record_of(shelf, 's-2')}:2+20", use="train", purpose="commercial")
    with pytest.raises(InputError, match="does not lie in its record, whose text has 53 characters"):
        shelf.store.consent.withdraw(passage=f"{record_of(shelf, 's-2')}:40+20")
    for wrong in ("x:1+2", f"{record_of(shelf, 's-2')}:2+0", f"{record_of(shelf, 's-2')}"):
        with pytest.raises(InputError, match="not a passage"):
            shelf.store.consent.withdraw(passage=wrong)


def test_refusal_by_passage_reaches_what_else_holds_it_and_not_what_merely_shares_words_with_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    poem = " ".join(f"line{n}" for n in range(60))
    shelf.put(
        "s",
        {"text": f"Before it stands this. {poem} After it stands that."},
        {"text": f"Quoted elsewhere, in capitals: {poem.upper()}. And so on for a while."},
        {"text": poem.replace("line30", "changed")},
        {"text": " ".join(f"line{n}" for n in range(40, 60))},
        {"text": "Something else altogether, about bread and time and a cold kitchen."},
    )
    record = record_of(shelf, "s-0")
    answer = shelf.store.consent.withdraw(passage=f"{record}:23+{len(poem)}", dry_run=True)
    assert (answer["matched"]["records"], answer["known"]) == (3, False)
    event = shelf.store.consent.withdraw(passage=f"{record}:23+{len(poem)}")["event"]
    assert set(shelf.chosen()) == {"s-3", "s-4"}
    with closing(Ledger.open(shelf.store.layout.ledger)) as ledger:
        assert records_of(shelf.store.layout, ledger, [event]).num_rows == 3
    shelf.put("again", {"text": f"Quoted elsewhere, in capitals: {poem.upper()}. And so on for a while."})
    assert set(shelf.chosen()) == {"s-3", "s-4"}
    shelf.store.consent.annul(event)
    assert set(shelf.chosen(dedup="none")) >= {"s-0", "s-1", "s-2"}
    nowhere = shelf.store.consent.withdraw(passage=f"{'0' * 32}:1+2")
    assert nowhere["unmatched"]


@pytest.mark.parametrize("kind", ["withdrawal", "refusal", "opt-out", "erasure", "takedown", "expiry"])
def test_every_kind_that_refuses_refuses_and_is_sticky(shelf: Shelf, kind: str) -> None:
    answer = shelf.store.consent.withdraw(
        record=record_of(shelf, "s-0"), kind=kind, deadline="2026-12-24", proof="mail of 1 June"
    )
    assert (answer["kind"], answer["deadline"], answer["proof"]) == (kind, "2026-12-24T00:00:00Z", "mail of 1 June")
    assert gone(shelf) == {"s-0"}
    shelf.put("again", ROWS[0])
    assert "again-0" not in shelf.chosen()
    with closing(Ledger.open(shelf.store.layout.ledger)) as ledger:
        [event] = ledger.consents()
        assert (event.kind, event.proof, event.refuses) == (kind, "mail of 1 June", True)
        assert event.deadline is not None
        assert event.deadline.isoformat() == "2026-12-24T00:00:00+00:00"
        stones = records_of(shelf.store.layout, ledger, [event.event_id]).to_pylist()
        assert {(s["event"], s["record_id"]) for s in stones} == {(event.event_id, record_of(shelf, "s-0"))}


def test_ledger_gets_columns_for_deadline_and_proof_with_the_first_event_that_has_one(shelf: Shelf) -> None:
    def columns() -> set[str]:
        with closing(Ledger.open(shelf.store.layout.ledger)) as ledger, ledger.reading("consents") as db:
            return {str(row[1]) for row in db.execute("PRAGMA table_info(consents)")}

    shelf.store.consent.withdraw(domain="elsewhere.example")
    assert not columns() & {"deadline", "proof"}
    shelf.store.consent.withdraw(domain="other.example", proof="letter")
    assert columns() >= {"deadline", "proof"}
    assert [e["proof"] for e in shelf.store.consent.list()] == ["", "letter"]
    assert shelf.store.check()["ok"]


def test_annulment_undoes_a_mistake_from_when_it_is_recorded_and_both_stay(shelf: Shelf) -> None:
    mistaken = shelf.store.consent.withdraw(record=record_of(shelf, "s-0"))["event"]
    kept = shelf.store.consent.withdraw(author="Mira Okonkwo", kind="erasure")["event"]
    before = shelf.clock().isoformat()
    answer = shelf.store.consent.annul(kept, reason="another Mira")
    assert (answer["kind"], answer["selector"]) == ("annulment", {"by": "event", "value": kept})
    assert answer["matched"]["records"] == 2
    assert gone(shelf) == {"s-0"}
    assert {"s-0", "s-1"}.isdisjoint(shelf.chosen(as_of=before))
    assert [e["kind"] for e in shelf.store.consent.list()] == ["withdrawal", "erasure", "annulment"]
    shelf.store.consent.annul(mistaken)
    assert gone(shelf) == set()
    assert {r["text"] for r in shelf.store.sql("SELECT text FROM texts")} == {r["text"] for r in ROWS}
    with pytest.raises(InputError, match="was undone by"):
        shelf.store.consent.annul(kept)
    with pytest.raises(InputError, match="is an annulment"):
        shelf.store.consent.annul(answer["event"])
    with pytest.raises(InputError, match="not on record"):
        shelf.store.consent.annul("e-0123456789abcdef")
    with pytest.raises(InputError, match="is not an event"):
        shelf.store.consent.annul("mira")


def test_what_was_refused_at_ingest_is_taken_in_after_the_annulment(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    event = shelf.store.consent
    shelf.put("first", {"text": "Another page of no importance."})
    mistaken = event.withdraw(author="Li Wei")["event"]
    shelf.put("s", *ROWS)
    assert "s-2" not in shelf.chosen()
    event.annul(mistaken)
    shelf.store.ingest([shelf.root / "s"])
    assert "s-2" in shelf.chosen()


def test_renewal_lifts_a_withdrawal_by_its_terms_and_takes_those_of_the_consent_that_it_renews(shelf: Shelf) -> None:
    record = record_of(shelf, "s-0")
    renew: dict[str, Any] = {"record": record, "kind": "renewal"}
    with pytest.raises(InputError, match="no consent to renew"):
        shelf.store.consent.add(**renew)
    shelf.store.consent.add(record=record, use="train", purpose="commercial", until="2026-11-21T12:05:00Z")
    answer = shelf.store.consent.add(**renew, until="2031-01-01")
    assert (answer["use"], answer["purpose"]) == (["train"], ["commercial"])
    assert (answer["kind"], answer["valid_until"]) == ("renewal", "2031-01-01T00:00:00Z")
    shelf.store.consent.withdraw(record=record)
    assert gone(shelf) == {"s-0"}
    with pytest.raises(InputError, match="is a withdrawal"):
        shelf.store.consent.add(**renew)
    shelf.store.consent.add(**renew, use="train", purpose=["commercial", "research", "noncommercial"])
    assert gone(shelf) == set()


def test_kind_that_does_not_go_with_what_is_said_is_refused(shelf: Shelf) -> None:
    consent = shelf.store.consent
    with pytest.raises(InputError, match="kind of refusal"):
        consent.withdraw(domain="example.org", kind="grant")
    with pytest.raises(InputError, match="kind of consent"):
        consent.add(domain="example.org", use="train", kind="erasure")
    with pytest.raises(InputError, match="erases the text for whatever use"):
        consent.withdraw(domain="example.org", kind="erasure", use="train")
    assert not consent.list()


def test_owner_names_its_places_at_every_host_of_a_forge() -> None:
    assert owner("git@github.com:Mira/Notes.git") == "github.com/mira/notes"
    assert owner("https://www.gitlab.com/group/sub/project/") == "gitlab.com/group/sub/project"
    for wrong in ("mira", "github.com", "github.com/", "github.com/mira#stars", "github.com/../x", "https://"):
        assert owner(wrong) is None, wrong
    assert "//mira.github.io/notes" in owned_places("github.com/mira/notes")
    assert "//raw.githubusercontent.com/mira#code" in owned_places("github.com/mira#code")


def test_author_is_known_by_every_spelling_of_a_name() -> None:
    key = b"k" * 32
    assert set(author_keys("Mira Okonkwo", key)) <= set(author_keys("mira  OKONKWO <m@x.org>", key))
    assert len(author_keys("Ann Lee and Bo Ek", key)) > 1
    assert author_keys("Zo\u00eb", key) == author_keys("ZOE\u0308", key)
    assert author_keys("Ann", key) != author_keys("Ann", b"j" * 32)


NAMES = [
    "Mira Okonkwo",
    "Ann-Marie O'Neil",
    "J. R. R. Tolkien",
    "Ann Lee and Bo Ek",
    "Li",
    "Ortega y Gasset",
    "Zo\u00eb",
    "a" * 5_000,
    "7" * 4_097,
    "Contributor 000123",
    "user-42",
    "4 and 5",
    "1 \u00b2 \u0663",
    *("007", "NaN", "null", "none", "3 Y 4", "n1"),
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(NAMES)
        | st.text("aAyeE019 .,-'<>@\u00e9\u0130\uff21\u0663\u00bd\n", max_size=12)
        | st.text(max_size=8),
        max_size=8,
    )
)
def test_keys_in_sql_are_those_in_python(names: list[str]) -> None:
    for key in (b"k" * 32, b"j" * 80):
        con = connect(threads=1)
        register(con, key)
        register(con, key)
        fill(con, "names", pa.table({"name": pa.array([*NAMES, *names], pa.string())}))
        for name in [*NAMES, *names]:
            spelled = [name, *persons(name).spellings]
            assert set(author_keys(name, key)) == {subject_key(s, key) for s in spelled if s.strip()}
        for name, keys in rows(con, "SELECT name, author_keys(name) FROM names"):
            assert keys == author_keys(name, key), name
        con.close()


def test_id_of_an_event_is_the_digest_of_what_it_says_as_one_list_in_json() -> None:
    vocabulary, later = load().vocabulary, NOON + timedelta(days=3)
    plain = Request(kind="withdraw", selector="url", value="https://ex.org/\u00e9", reason='a "word", \u4e2d')
    limited = replace(plain, acts=("train", "mine"), purposes=("noncommercial",), effective=later)
    given = replace(limited, kind="grant", party="A, B", given_by=("rights_holder",), perpetual=True)
    due = replace(plain, deadline=later, proof="mail 7")
    for n, request in enumerate((plain, limited, given, due, replace(given, proof="mail 8"))):
        event = event_of(request, n, b"k" * 32, vocabulary, NOON, OnRecord)
        facts: list[object] = [event.kind, event.selector, event.value]
        facts += [sorted(event.acts), sorted(event.purposes), sorted(event.applications)]
        facts += [stamp(event.effective), stamp(event.recorded), n, event.reason]
        if request.given_by:
            facts += [sorted(event.given_by), event.party, event.perpetual]
        if event.deadline or event.proof:
            facts += [stamp(event.deadline) if event.deadline else None, event.proof]
        assert event.event_id == f"e-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]}"
