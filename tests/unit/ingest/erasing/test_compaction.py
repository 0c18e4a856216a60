"""``store compact``: what was withdrawn is nowhere in the store, and no answer but that changes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful.errors import InputError, StoreError
from rightful.events.consents import Request
from rightful.events.on_record import records_of
from rightful.store.erasures import erasures
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from tests.unit.shelf import USE, Shelf, wording

SECRET = "Zwischen Weiden und Wasser wohnte Ottilie Sanftleben, die niemand mehr kennt. "
PERSON = {
    "text": SECRET + wording("mine"),
    "url": "https://ottilie.example/about/her?of=1",
    "title": "Ottilie Sanftleben erzählt",
    "author": "Ottilie Sanftleben",
}
TRACES = ("Zwischen Weiden", "Ottilie", "ottilie.example", "Sanftleben")


def everything(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it lies there, and every column of every Parquet file as its values."""
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        yield str(path.relative_to(root)), path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
            for name in table.column_names:
                values = json.dumps(table.column(name).to_pylist(), default=_plain, ensure_ascii=False)
                yield f"{path.relative_to(root)}:{name}", values.encode()
            yield f"{path.relative_to(root)}:metadata", repr(pq.read_metadata(path).metadata).encode()


def _plain(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes) else str(value)


def places_of(root: Path, *words: str) -> list[str]:
    """Where any of these words stands, in UTF-8 or UTF-16; where an event itself names them is left aside."""
    needles = [w.encode(code) for w in words for code in ("utf-8", "utf-16-le", "utf-16-be")]
    return [where for where, content in everything(root) if any(n in content for n in needles)]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.put("mine", PERSON, wording("b"), wording("c"))
    shelf.put("copies", {"text": PERSON["text"]}, {"text": SECRET + wording("mine", 4)}, wording("d"))
    return shelf


def record_of(shelf: Shelf, name: str) -> str:
    return shelf.store.record_id(name)


def test_compaction_erases_the_text_its_copies_and_all_that_was_said_of_them(shelf: Shelf) -> None:
    root = shelf.root / "store"
    assert any("texts" in place for place in places_of(root, SECRET[:20]))
    mine, near = record_of(shelf, "mine-0"), record_of(shelf, "copies-1")
    shelf.withdraw("record", mine)
    before = shelf.store.query(**USE)
    assert shelf.store.compact()["records"] == 2, "the record and its exact copy"

    left = places_of(root, *TRACES)
    assert {p.partition("/")[0] for p in left} == {"texts"}, left  # the near copy is another text
    shelf.withdraw("record", near)
    assert shelf.store.compact()["records"] == 1
    assert places_of(root, *TRACES) == []
    assert shelf.store.check()["ok"]
    assert before["permitted"] == shelf.store.query(**USE)["permitted"]
    assert shelf.store.compact()["records"] == 0


def test_compaction_leaves_every_other_decision_as_it_was(shelf: Shelf) -> None:
    shelf.put("more", *(wording(f"m{n}") for n in range(4)))
    shelf.withdraw("url", PERSON["url"])
    shelf.withdraw("source", "more", acts=("train.pretrain",))
    before = shelf.chosen()
    reasons = {r["reason"]: r["records"] for r in shelf.store.query(**USE)["excluded"]}
    near = record_of(shelf, "copies-1")
    assert shelf.store.explain(near, **USE)["decision"] == "unknown"
    shelf.store.compact()
    assert shelf.chosen() == before
    after = {r["reason"]: r["records"] for r in shelf.store.query(**USE)["excluded"]}
    assert {**after, "withdrawn": 0} == {**reasons, "withdrawn": 0}
    assert shelf.store.explain(near, **USE)["decision"] == "unknown", "what was nearly the same waits still"


def test_what_was_erased_is_refused_when_it_comes_again_by_text_address_or_id(shelf: Shelf) -> None:
    shelf.withdraw("record", record_of(shelf, "mine-0"))
    shelf.store.compact()
    again = {
        "same": [PERSON],
        "text": [{"text": PERSON["text"], "id": "other"}],
        "spaced": [{"text": PERSON["text"].replace(" ", "  "), "id": "spaced"}],
        "place": [{"text": wording("new"), "url": "http://www.ottilie.example/about/her?of=1"}],
    }
    for name, listed in again.items():
        folder = shelf.root / name
        folder.mkdir()
        (folder / "source.toml").write_text(f'name = "{name}"\nlicense = "MIT"\npersonal_data = "no"\n')
        (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in listed))
        answer = shelf.store.ingest([folder])
        assert (answer["refused"], answer["added"]) == (1, 0), name
    assert {p.partition("/")[0] for p in places_of(shelf.root / "store", SECRET[:20])} == {"texts"}, "of the near copy"


def test_what_was_erased_and_is_allowed_again_comes_back_and_a_second_withdrawal_reaches_it(shelf: Shelf) -> None:
    shelf.put("hers", {**PERSON, "text": wording("hers")})
    record = record_of(shelf, "hers-0")
    shelf.withdraw("record", record)
    shelf.store.compact()
    grant = Request(kind="grant", selector="record", value=record, acts=("train",), purposes=("commercial",))
    shelf.store.consent.record([grant])
    assert record not in shelf.store.query(**USE, ids=True)["ids"], "nothing is left that could leave"
    assert shelf.store.ingest([shelf.root / "hers"])["added"] == 1
    assert record in shelf.store.query(**USE, ids=True)["ids"]
    shelf.withdraw("record", record)
    assert record not in shelf.store.query(**USE, ids=True)["ids"]
    assert shelf.store.compact()["records"] == 1
    assert shelf.store.check()["ok"]


def test_older_snapshots_answer_without_what_was_erased(shelf: Shelf) -> None:
    older = shelf.store.status()["snapshot"]
    shelf.store.tag(recipe="web-en")
    record = record_of(shelf, "mine-0")
    shelf.withdraw("record", record)
    shelf.store.compact()
    assert places_of(shelf.root / "store", "ottilie.example") == []
    listed = shelf.store.sql("SELECT record_id FROM records", snapshot=older)
    assert record not in {r["record_id"] for r in listed}
    assert len(listed) == 4
    assert len(shelf.store.query(**USE, snapshot=older, ids=True)["ids"]) >= 3


def test_erasures_say_what_was_erased_and_when(shelf: Shelf) -> None:
    record = record_of(shelf, "mine-0")
    shelf.withdraw("record", record)
    snapshot = shelf.store.compact()["snapshot"]
    ledger = Ledger.open(Layout(shelf.root / "store").ledger)
    listed = erasures(Layout(shelf.root / "store"), ledger)
    ledger.close()
    assert record in listed["record_id"].to_pylist()
    assert set(listed["snapshot"].to_pylist()) == {snapshot}


def test_refusals_with_limits_and_consents_that_ended_erase_nothing(shelf: Shelf) -> None:
    record = record_of(shelf, "mine-0")
    shelf.withdraw("record", record, acts=("train.pretrain",))
    shelf.store.consent.record([Request(kind="refuse", selector="record", value=record)])
    assert shelf.store.compact()["records"] == 0
    assert len(places_of(shelf.root / "store", SECRET[:20])) > 0


def test_readers_that_began_before_are_waited_for(shelf: Shelf) -> None:
    shelf.withdraw("record", record_of(shelf, "mine-0"))
    access = shelf.store._access
    answer: dict[str, Any] = {}
    with access.ledger():
        thread = threading.Thread(target=lambda: answer.update(shelf.store.compact(wait=30)))
        thread.start()
        thread.join(1.0)
        assert thread.is_alive(), "it waits for the reader"
        old = [p for p in places_of(shelf.root / "store", "ottilie.example") if p.startswith("records")]
        assert old, "and what it reads is there"
    thread.join(30)
    assert answer["interrupted"] is False
    assert [p for p in places_of(shelf.root / "store", "ottilie.example") if p.startswith("records")] == []


def test_check_shows_that_a_text_is_absent_only_when_it_is(shelf: Shelf, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(PERSON["text"])
    record, near = record_of(shelf, "mine-0"), record_of(shelf, "copies-1")
    looked = shelf.store.check(absent=text)["absent"]
    assert not looked["ok"]
    assert {"texts", "records"} <= {p["file"].partition("/")[0] for p in looked["present"] + looked["digests"]}
    assert looked["tombstones"] == 0
    for name in (record, near):
        shelf.withdraw("record", name)
    shelf.store.compact()
    looked = shelf.store.check(absent=text)["absent"]
    assert (looked["ok"], looked["present"], looked["digests"]) == (True, [], [])
    assert looked["tombstones"] == 2, "of the record and of its copy, both keyed"


@pytest.mark.parametrize("code", ["utf-8", "utf-16-le", "utf-16-be"])
def test_check_finds_a_text_in_whatever_encoding_it_is_left(shelf: Shelf, tmp_path: Path, code: str) -> None:
    left = wording("left", words=400)
    (tmp_path / "text.txt").write_text(left)
    assert shelf.store.check(absent=tmp_path / "text.txt")["absent"]["ok"]
    (shelf.root / "store" / "tmp" / "spilled").write_bytes(b"x" * 1001 + left[700:780].encode(code) + b"y")
    looked = shelf.store.check(absent=tmp_path / "text.txt")["absent"]
    assert {(p["file"], p["where"], p["pieces"]) for p in looked["present"]} == {("tmp/spilled", "bytes", 2)}


def test_check_for_a_text_that_is_none_says_why(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("ab cd")
    (tmp_path / "image").write_bytes(bytes(range(256)))
    for name, why in (("short", "5 characters"), ("image", "is no text"), ("missing", "cannot be read")):
        with pytest.raises(InputError, match=why):
            shelf.store.check(absent=tmp_path / name)


def test_names_of_files_and_what_was_read_as_rights_go_where_nothing_else_has_them(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "source.toml").write_text('name = "letters"\nlicense = "MIT"\npersonal_data = "no"\n')
    said = {**PERSON, "license": "(c) Ottilie Sanftleben, all rights reserved"}
    files = {"ottilie-sanftleben.jsonl": [said, "{not json"], "others.jsonl": [{"text": wording("o")}]}
    for name, listed in files.items():
        lines = [row if isinstance(row, str) else json.dumps({"id": f"{name}-0", **row}) for row in listed]
        (folder / name).write_text("".join(line + "\n" for line in lines))
    shelf.store.ingest([folder])
    root = shelf.root / "store"
    kinds = {place.partition("/")[0].partition(":")[0] for place in places_of(root, "ttilie")}
    assert {"records", "texts", "evidence", "rejected"} <= kinds
    before = shelf.store.query(**USE)["permitted"]
    shelf.withdraw("record", record_of(shelf, "ottilie-sanftleben.jsonl-0"))
    shelf.store.compact()
    assert [p for p in places_of(root, "ttilie", "anftleben") if not p.startswith("ledger")] == []
    assert b"ttilie" not in (root / "ledger.sqlite").read_bytes()
    assert shelf.store.check()["ok"]
    assert shelf.store.query(**USE)["permitted"] == before

    again = shelf.store.ingest([folder])
    assert (again["added"], again["refused"], again["rejected"]) == (0, 1, 1), "the file is there still, and read"
    assert shelf.store.compact()["records"] == 0


def test_index_of_passages_has_nothing_of_what_was_erased(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    (tmp_path / "recipe.toml").write_text("[passages]\nindex = true\n")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "source.toml").write_text('name = "mine"\nlicense = "MIT"\npersonal_data = "no"\n')
    rows = [{"id": f"mine-{n}", "text": wording(f"p{n}")} for n in range(3)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    shelf.store.ingest([folder], recipe=tmp_path / "recipe.toml")
    held = set((shelf.root / "store" / "passages").glob("*.parquet"))
    assert len(held) == 1
    before = pq.read_table(next(iter(held))).num_rows
    shelf.withdraw("record", record_of(shelf, "mine-1"))
    shelf.store.compact()
    left = list((shelf.root / "store" / "passages").glob("*.parquet"))
    assert len(left) == 1
    assert {*left} != held
    assert 0 < pq.read_table(left[0]).num_rows < before
    (tmp_path / "gone.txt").write_text(wording("p1"))
    (tmp_path / "there.txt").write_text(wording("p2"))
    assert [r["share"] for r in shelf.store.find(tmp_path / "gone.txt")["records"]] == []
    assert len(shelf.store.find(tmp_path / "there.txt")["records"]) == 1


def test_explain_says_of_a_record_that_it_was_erased_and_when(shelf: Shelf) -> None:
    record = record_of(shelf, "mine-0")
    shelf.withdraw("record", record)
    snapshot = shelf.store.compact()["snapshot"]
    with pytest.raises(StoreError, match=f"it was erased in snapshot {snapshot}"):
        shelf.store.explain(record, **USE)


def test_records_of_an_event_are_what_it_matched_before_and_after_an_erasure(shelf: Shelf) -> None:
    record = record_of(shelf, "mine-0")
    shelf.withdraw("record", record)
    layout = Layout(shelf.root / "store")
    for _ in range(2):
        with closing(Ledger.open(layout.ledger)) as ledger:
            [event] = ledger.consents()
            assert records_of(layout, ledger, [event.event_id]).column("record_id").to_pylist() == [record]
        shelf.store.compact()
