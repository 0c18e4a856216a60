"""Erasing changes no decision: what events reach through a text that is gone, they go on reaching."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest

from rightful.decisions.cases import Decided
from rightful.decisions.policy import UseOptions, read_policy
from rightful.dedup.erased import near_erased
from rightful.events.consents import Request
from rightful.export.receipt_page import page
from rightful.store.duck import connect, rows
from rightful.store.keyed import tombstone_key
from rightful.store.ledger import Ledger
from tests.golden.shelf_of_relations import filled, write
from tests.unit.shelf import USE, Shelf, wording


def decisions(shelf: Shelf) -> dict[str, str]:
    """What is decided of every record that counts, by source and id there."""
    law, layout = shelf.store.catalog, shelf.store.layout
    asked = UseOptions(use=("train.pretrain",), accept=("all",))
    with closing(Ledger.open(layout.ledger)) as ledger, closing(connect()) as con:
        use = read_policy(layout.policy, law.vocabulary).use(asked, law.vocabulary, shelf.clock())
        decided = Decided(con, layout, ledger, ledger.snapshot(), law, use.as_of)
        made = decided.decide(use)
        decided.join(made)
        listed = rows(con, "SELECT source_record_id, case_id FROM decided")
    return {str(name): made[case].status.name.lower() for name, case in listed}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return filled(tmp_path_factory.mktemp("filled"))


def copied(made: Shelf, to: Path) -> Shelf:
    shelf = Shelf(Path(copytree(made.root, to)))
    shelf.minutes = made.minutes
    return shelf


@pytest.mark.parametrize(
    ("name", "through", "waits"),
    [
        ("mine-1", {"near-0": "blocked"}, ()),  # what it is nearly the same as was withdrawn by its address
        # Which row of root these came from nobody knows: what the one that is gone stated is not known of them any more.
        ("root-0", {"face-1": "deny"}, ("mirror-0", "face-2")),
        ("root-1", {"face-0": "deny", "mirror-0": "deny"}, ()),
        ("mine-2", {}, ()),
    ],
)
def test_what_is_left_is_decided_as_if_nothing_had_been_erased(
    made: Shelf, tmp_path: Path, name: str, through: dict[str, str], waits: tuple[str, ...]
) -> None:
    shelf = copied(made, tmp_path / "shelf")
    shelf.withdraw("record", shelf.store.record_id(name))
    before = decisions(shelf)
    erased = shelf.store.compact()["records"]
    after = decisions(shelf)
    assert {r: before[r] for r in after} == after | dict.fromkeys(waits, "deny")
    assert {after[r] for r in waits} <= {"blocked"}
    assert {r: after[r] for r in through} == through
    assert before.keys() - after.keys() >= {name}
    assert len(before) - len(after) <= erased, "only what was erased is gone"


def test_a_row_that_was_erased_and_is_read_again_is_bound_by_what_it_stated(made: Shelf, tmp_path: Path) -> None:
    assert decisions(made)["hill-0"] != "permit", "it stated a licence before, and states none now"
    ended = []
    for way in ("kept", "compacted"):
        shelf = copied(made, tmp_path / way)
        record = shelf.store.record_id("hill-0")
        shelf.withdraw("record", record)
        if way == "compacted":
            shelf.store.compact()
        grant = Request(kind="grant", selector="record", value=record, acts=("train",), purposes=("commercial",))
        shelf.store.consent.record([grant])
        again = tmp_path / way / "again"
        write(again, "hill", *({"text": wording(f"h{n}")} for n in range(3)))
        shelf.store.ingest([again])
        ended.append(decisions(shelf)["hill-0"])
    assert ended[0] == ended[1] != "permit"


def test_what_comes_of_an_erased_row_later_is_not_permitted(made: Shelf, tmp_path: Path) -> None:
    shelf = copied(made, tmp_path / "shelf")
    record = shelf.store.record_id("root-1")
    shelf.withdraw("record", record)
    shelf.store.compact()
    later = tmp_path / "later"
    rows = [{"text": wording("v"), "parents": ["root-1"]}, {"text": wording("w"), "parents": [record]}]
    write(later, "late", *rows, derived_from=["root"])
    shelf.store.ingest([later])
    decided = decisions(shelf)
    assert "permit" not in {decided["late-0"], decided["late-1"]}


def test_near_copy_that_first_comes_after_the_erasure_waits_for_a_review_as_it_would_have_before(
    tmp_path: Path,
) -> None:
    coming = ({"text": wording("mira", 3)}, {"text": wording("mira").upper() + " and on"}, {"text": wording("unlike")})
    ended = []
    for way in ("kept", "compacted"):
        shelf = Shelf(tmp_path / way)
        shelf.put("s", {"text": wording("mira"), "url": "https://ex.org/1"}, {"text": wording("other")})
        event = shelf.store.consent.withdraw(url="https://ex.org/1")["event"]
        if way == "compacted":
            assert shelf.store.compact()["records"] == 1
        shelf.put("late", *coming)
        ended.append(shelf.reasons())
        assert set(shelf.chosen()) == {"s-1", "late-2"}
        shelf.store.tag()
        shelf.put("later", {"text": wording("mira", 5)})
        assert set(shelf.chosen()) == {"s-1", "late-2"}
        shelf.store.consent.annul(event)
        assert {"s-1", "late-2"} < set(shelf.chosen())
    kept, compacted = ended
    assert {kept.pop("s-0"), compacted["late-0"], compacted["late-1"]} == {"withdrawn", "near-copy-withdrawn"}
    assert kept == compacted


def test_what_is_left_of_a_sketch_tells_nothing_without_the_key(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("s", {"text": wording("mira")}, {"text": wording("other")}, {"text": "..."})
    rows = shelf.store.sql("SELECT record_id FROM records WHERE source_record_id <> 's-1'")
    [signatures] = (tmp_path / "store" / "signatures").glob("*.parquet")
    before = pq.read_table(signatures, partitioning=None)
    for row in rows:
        shelf.store.consent.withdraw(record=row["record_id"])
    assert shelf.store.compact()["records"] == 2
    [path] = (tmp_path / "store" / "sketches").glob("*.parquet")
    [kept] = pq.read_table(path, partitioning=None).to_pylist()
    assert kept["record_id"] in {r["record_id"] for r in rows}
    assert (len(kept["bands"]), len(kept["hashes"])) == (16 * 8, 112 * 4), "and a text without words has none"
    same = [
        n
        for n in range(0, 448, 4)
        for s in before.column("signature").to_pylist()
        if s[n : n + 4] == kept["hashes"][n : n + 4]
    ]
    assert not same
    copy = tmp_path / "before.parquet"
    pq.write_table(before, copy)
    with closing(Ledger.open(shelf.store.layout.ledger)) as ledger:
        key = tombstone_key(ledger.key)
    erased = pq.read_table(path, partitioning=None)
    assert list(near_erased([copy], erased, key, 0.7)) == [(kept["record_id"], kept["record_id"])]
    assert list(near_erased([copy], erased, b"another key", 0.7)) == []


@pytest.mark.parametrize("by", ["record", "url", "content_sha256", "text"])
def test_event_after_an_erasure_means_what_was_erased_also_when_the_one_before_is_annulled(
    tmp_path: Path, by: str
) -> None:
    shelf = Shelf(tmp_path)
    row = {"text": wording("mira"), "url": "https://ex.org/1"}
    shelf.put("s", row, {"text": wording("other"), "url": "https://ex.org/2"})
    record = shelf.store.record_id("s-0")
    [known] = shelf.store.sql(
        "SELECT lower(hex(content_sha256)) AS content_sha256, lower(hex(norm_sha256)) AS text FROM records"
        " WHERE source_record_id = 's-0'"
    )
    mistaken = shelf.store.consent.withdraw(url_prefix="https://ex.org/1")["event"]
    shelf.store.compact()
    meant = shelf.store.consent.withdraw(**{by: {**known, "record": record, "url": row["url"]}[by]}, kind="erasure")
    shelf.store.consent.annul(mistaken)
    shelf.put("copy", {"text": row["text"], "url": "https://else.org/1"}, {"text": wording("mira", 4)})
    shelf.put("place", {"text": wording("new"), "url": row["url"]})
    assert shelf.chosen() == ["s-1"]
    assert shelf.store.consent.receipt(meant["event"])["records"][0]["record"] == record
    shelf.store.consent.annul(meant["event"])
    for source in ("copy", "place"):
        shelf.store.ingest([shelf.root / source])
    assert {"copy-0", "place-0"} <= set(shelf.chosen(dedup="none"))


def test_export_says_of_what_was_erased_that_it_was(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("s", {"text": wording("mira"), "url": "https://ex.org/1"}, {"text": wording("other")})
    out = tmp_path / "out"
    shelf.store.export(out, **USE)
    event = shelf.store.consent.withdraw(url="https://ex.org/1")["event"]
    snapshot = shelf.store.compact()["snapshot"]
    [stale] = shelf.store.verify(out)["stale"]
    assert (stale["reason"], stale["text"]) == ("erased", f"it was erased in snapshot {snapshot}")
    [repaired] = shelf.store.redact(event=event)["exports"]
    assert (repaired["reasons"], repaired["events"]) == ({"erased": 1}, [event])
    assert shelf.store.verify(out)["ok"]


@pytest.mark.parametrize("verdict", ["same", "distinct", None])
def test_what_is_the_same_work_is_erased_and_a_near_copy_stays_and_is_named(
    tmp_path: Path, verdict: str | None
) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("mine", {"text": wording("b"), "id": "one"}, {"text": wording("x"), "id": "else"})
    shelf.put("theirs", {"text": wording("b", 3), "id": "near"})
    shelf.put("further", {"text": wording("b", 3), "id": "copy"})
    one, near, copy = (shelf.store.record_id(name) for name in ("one", "near", "copy"))
    if verdict:
        shelf.store.review.decide(one, near, verdict, by="Ada", reason="read both")
    event = str(shelf.store.consent.withdraw(record=one).event)
    stays = [] if verdict else sorted([near, copy])
    for done in (False, True):
        answer = shelf.store.consent.receipt(event)
        assert {r["record"] for r in answer.records} == ({one, near, copy} if verdict == "same" else {one})
        assert [(r["record"], r["why"]) for r in answer.stays] == [(r, "near") for r in stays]
        assert answer.open == ([] if done else [{"what": "erase", "export": None, "records": len(answer.records)}])
        assert ("nearly the same" in page(answer)) == bool(stays)
        erased = shelf.store.compact()["records"]
        assert erased == (0 if done else len(answer.records))
        assert shelf.store.compact()["records"] == 0
    left = {
        row["source_record_id"]
        for row in shelf.store.sql("SELECT source_record_id FROM texts JOIN records USING (record_id)")
    }
    assert left == ({"else"} if verdict == "same" else {"else", "near", "copy"})


def test_ledger_has_no_digest_of_a_file_whose_text_was_refused(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("s", {"text": "Yes, Ada."}, {"text": wording("other")})
    shelf.store.consent.withdraw(record=shelf.store.record_id("s-0"), kind="erasure")
    shelf.store.compact()
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "source.toml").write_text('name = "files"\nlicense = "CC0-1.0"\ncovers = "contents"\n', "utf-8")
    (folder / "a.txt").write_text("Yes, Ada.", "utf-8")
    first = shelf.store.ingest([folder])
    assert first["refused"] == 1
    shelf.store.compact()
    digest = hashlib.sha256(b"Yes, Ada.").hexdigest()
    ledger = (tmp_path / "store" / "ledger.sqlite").read_bytes()
    assert digest.encode() not in ledger
    again = shelf.store.ingest([folder])
    assert (again["refused"], again["snapshot"]) == (1, first["snapshot"]), "it is read again, and nothing is new"
