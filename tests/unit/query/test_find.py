"""Find: a passage, a person, an address lead to records with what they are; no text is answered, nothing is missed in silence."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rightful.errors import InputError, StoreError
from rightful.query import passages as searching
from rightful.query.passages import COMMON, NOT_INDEXED, SHORT_UNREAD, TOO_SHORT
from rightful.store.ledger import Ledger
from tests.ledgers import rewrite
from tests.unit.shelf import Shelf, wording

TIDE = wording("tide").split()
PASSAGE = " ".join(TIDE[40:100])


def filled(folder: Path) -> Shelf:
    """A text that stands in several records, a row with all that can be asked for, and a short one."""
    shelf = Shelf(folder)
    moles = {
        "text": wording("mole"),
        "author": ["Ada Reed <ada@example.org>"],
        "title": "On moles",
        "url": "https://www.example.org/moles?utm_source=x",
    }
    shelf.put("poets", wording("tide"), wording("tide", 20), moles, "A short row.")
    persons = folder / "persons"
    persons.mkdir()
    (persons / "row.jsonl").write_text(
        json.dumps({"id": "persons-0", "text": "Of a person.", "who": "Bea Marsh"}) + "\n"
    )
    shelf.store.ingest([persons], subject_field="who")
    shelf.put("mirror", " ".join([*wording("reed").split(), *TIDE[30:120]]), "…!")
    return shelf


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """One for all tests that only ask."""
    return filled(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def own(tmp_path: Path) -> Shelf:
    """One for a test that changes it."""
    return filled(tmp_path)


def found(shelf: Shelf, *given: Any, **options: Any) -> dict[str, dict[str, Any]]:
    """What is found, by the ids that the sources gave."""
    return {one["source_record_id"]: one for one in shelf.store.find(*given, **options).records}


def test_passage_is_looked_up_and_found_in_every_record_that_has_it(shelf: Shelf) -> None:
    answer = shelf.store.find(PASSAGE)
    assert answer.searched["read"] == [], "the index names them"
    assert answer.searched["indexed"] == 7
    assert answer.searched["verified"] == 3
    assert answer.missing == []
    records = found(shelf, PASSAGE)
    assert set(records) == {"poets-0", "poets-1", "mirror-0"}
    text = " ".join([*wording("reed").split(), *TIDE[30:120]])
    one = records["mirror-0"]
    assert text[one["start"] :][: one["length"]] == PASSAGE
    assert (one["share"], one["state"], one["decision"], one["exports"]) == (1.0, "stored", None, [])


def test_passage_in_which_words_were_changed_is_found(shelf: Shelf) -> None:
    words = PASSAGE.split()
    words[7], words[31], words[50] = "otherwise", "besides", "again"
    assert set(found(shelf, " ".join(words))) == {"poets-0", "poets-1", "mirror-0"}


def test_answer_has_no_text_of_a_record(shelf: Shelf) -> None:
    shown = json.dumps(shelf.store.find(PASSAGE, author="Ada Reed").as_json() | shelf.store.find(PASSAGE).as_json())
    assert "tide4" not in shown


def test_text_too_short_for_the_index_is_looked_for_in_every_text(shelf: Shelf) -> None:
    answer = shelf.store.find("SHORT  row")
    assert [one["source_record_id"] for one in answer.records] == ["poets-3"]
    assert answer.searched["read"] == [{"reason": TOO_SHORT, "records": 7}]
    unread = shelf.store.find("short row", scan=False)
    assert unread.records == []
    assert unread.missing == [{"reason": SHORT_UNREAD, "records": 7}]


def test_scan_finds_what_the_index_finds(shelf: Shelf) -> None:
    assert found(shelf, PASSAGE, scan=True) == found(shelf, PASSAGE)


def test_text_that_is_nowhere_is_no_error(shelf: Shelf) -> None:
    answer = shelf.store.find(wording("elsewhere"))
    assert (answer.records, answer.more, answer.missing) == ([], 0, [])


@pytest.mark.parametrize(
    "by",
    [
        {"author": "ada reed"},
        {"author": "ADA@example.org"},
        {"author": "Ada Reed <ada@example.org>"},
        {"title": "MOLES"},
        {"url": "http://example.org/moles"},
        {"domain": "example.org"},
        {"author": "Ada Reed", "title": "on moles", "domain": "example.org"},
    ],
)
def test_record_is_found_by_what_is_known_of_it(shelf: Shelf, by: dict[str, str]) -> None:
    answer = shelf.store.find(**by)
    (record,) = answer.records
    assert record["source_record_id"] == "poets-2"
    assert (record["start"], record["length"], record["share"]) == (0, len(wording("mole")), None)
    assert answer.by == sorted(by, key=["title", "author", "subject", "url", "domain"].index)
    assert "Ada" not in json.dumps({k: v for k, v in answer.as_json().items() if k != "records"}), (
        "persons are not repeated"
    )


def test_person_is_found_by_a_keyed_hash_and_not_repeated(shelf: Shelf) -> None:
    answer = shelf.store.find(subject="bea  marsh")
    assert [one["source_record_id"] for one in answer.records] == ["persons-0"]
    assert "marsh" not in json.dumps(answer.as_json()).lower()
    assert found(shelf, subject="Bea") == {}


def test_all_that_is_given_must_hold(shelf: Shelf) -> None:
    assert found(shelf, wording("mole"), author="Ada Reed").keys() == {"poets-2"}
    assert found(shelf, PASSAGE, author="Ada Reed") == {}
    assert found(shelf, author="Ada Reed", title="rooks") == {}
    assert found(shelf, author="Ada") == {}, "no name is guessed from a part of it"


def test_use_decides_what_was_found(shelf: Shelf) -> None:
    answer = shelf.store.find(author="Ada Reed", use="train.pretrain", accept="all")
    assert answer.records[0]["decision"] == "permit"
    assert answer.use["acts"] == ["train.pretrain"]


def test_withdrawn_and_superseded_records_are_named_as_such(own: Shelf) -> None:
    own.withdraw("url", "https://example.org/moles")
    (record,) = own.store.find(author="Ada Reed").records
    assert (record["state"], record["decision"]) == ("withdrawn", "deny")
    own.put("mirror", wording("other"), "…!")
    assert found(own, PASSAGE)["mirror-0"]["state"] == "superseded"


@pytest.mark.parametrize("selector", ["record", "url", "copy", "version"])
def test_withdrawal_is_known_of_a_passage_whatever_reached_it(own: Shelf, selector: str) -> None:
    """Only the rows that were found are looked at: the others are known by what the event left on record."""
    mole = " ".join(wording("mole").split()[20:90])
    own.put("copies", wording("mole"))
    name, record = "poets-2", found(own, mole)["poets-2"]["record"]
    if selector == "url":
        own.withdraw("url", "https://example.org/moles")
    elif selector == "version":
        name = "mirror-0"
        own.withdraw("record", found(own, PASSAGE)["mirror-0"]["record"])
        own.put("mirror", "…!")
        mole = PASSAGE
    else:
        own.withdraw("record", record)
        name = "copies-0" if selector == "copy" else name
    assert found(own, mole)[name]["state"] == "withdrawn"
    assert found(own, mole)[name]["decision"] == "deny"


def test_exports_and_tokenizers_that_hold_it_are_named(own: Shelf) -> None:
    exported = own.store.export(own.root / "out", use="train", accept="all", tokenizer="train:300", dedup="none")
    answer = own.store.find(PASSAGE)
    held = {one["source_record_id"]: one["exports"] for one in answer.records}
    assert held["poets-0"] == [exported.export]
    assert answer.exports == [exported.export]
    assert answer.assets == answer.records[0]["assets"] != []


def test_what_is_over_the_limit_is_counted(shelf: Shelf) -> None:
    answer = shelf.store.find(PASSAGE, limit=1)
    assert (len(answer.records), answer.more) == (1, 2)


def test_what_stands_everywhere_comes_last_and_is_named(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_READ", 1)
    answer = shelf.store.find(" ".join([*wording("reed").split()[:100], PASSAGE]))
    assert [one["source_record_id"] for one in answer.records] == ["mirror-0"], "it has what nobody else has"
    assert answer.missing == [{"reason": COMMON, "records": 2}]


def test_texts_without_an_index_are_read_and_counted(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[passages]\nindex = false\n")
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "row.jsonl").write_text(json.dumps({"id": "plain-0", "text": wording("tide")}) + "\n")
    shelf.store.ingest([folder], recipe=recipe)
    assert not [*shelf.store.layout.root.glob("passages/*")]
    answer = shelf.store.find(PASSAGE)
    assert [one["source_record_id"] for one in answer.records] == ["plain-0"]
    assert answer.searched["read"] == [{"reason": NOT_INDEXED, "records": 1}]
    unread = shelf.store.find(PASSAGE, scan=False)
    assert (unread.records, unread.missing) == ([], [{"reason": NOT_INDEXED, "records": 1}])
    assert [step["command"].split()[-2:] for step in unread.next] == [["tag", "--passages"]]
    done = shelf.store.tag(passages=True)
    assert (done.stages, done.records, done.unchanged, done.parts) == (["passages"], 0, 1, 1)
    assert found(shelf, PASSAGE, scan=False).keys() == {"plain-0"}
    assert shelf.store.check().ok
    again = shelf.store.tag(passages=True)
    assert (again.stages, again.snapshot) == ([], done.snapshot), "nothing to do changes nothing"
    with pytest.raises(InputError, match="does nothing else"):
        shelf.store.tag(passages=True, where="true")


def test_index_that_is_made_later_is_that_of_an_ingest(own: Shelf, tmp_path: Path) -> None:
    folder = own.store.layout.root / "passages"
    wanted = {file.name: file.read_bytes() for file in folder.iterdir()}
    with closing(Ledger.open(own.store.layout.ledger)) as ledger:
        rewrite(ledger, "DELETE FROM parts WHERE kind = 'passages'")
    for file in folder.iterdir():
        file.unlink()
    own.store.tag(passages=True)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == wanted


def test_index_follows_rows_that_do_not_land(own: Shelf) -> None:
    own.withdraw("record", found(own, author="Ada Reed")["poets-2"]["record"])
    own.put("copies", wording("mole"), wording("heron"))
    heron = " ".join(wording("heron").split()[5:60])
    assert set(found(own, heron, scan=False)) == {"copies-1"}
    assert set(found(own, wording("mole"), scan=False)) == {"poets-2"}


def test_tags_that_change_leave_the_index_as_it_is(own: Shelf, tmp_path: Path) -> None:
    before = found(own, PASSAGE)
    recipe = tmp_path / "other.toml"
    recipe.write_text('stages = ["language"]\n')
    own.store.tag(recipe=recipe)
    assert found(own, PASSAGE) == before
    assert own.store.find(PASSAGE).searched["read"] == []


def test_text_that_is_not_what_was_committed_is_an_error(own: Shelf) -> None:
    for part in (own.store.layout.root / "texts").iterdir():
        raw = part.read_bytes()
        part.write_bytes(raw.replace(raw[100:140], bytes(40)))
    with pytest.raises(StoreError):
        own.store.find(PASSAGE)


@pytest.mark.parametrize(
    ("given", "options", "why"),
    [
        ((), {}, "nothing to look for"),
        (("…!",), {}, "has no words"),
        (("",), {}, "has no words"),
        ((), {"author": " "}, "is empty"),
        ((PASSAGE,), {"limit": 0}, "not a positive number"),
        ((), {"domain": "a/b"}, "has a path"),
        ((b"\xff\xfe",), {}, "not UTF-8"),
        (("a \ud800 b",), {}, "half a character"),
    ],
)
def test_what_cannot_be_looked_for_is_named(shelf: Shelf, given: Any, options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        shelf.store.find(*given, **options)
