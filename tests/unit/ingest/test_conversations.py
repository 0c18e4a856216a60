"""What a store keeps of conversations: beside their texts, in the identity of the record, and out again with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.cli.pages.explain import explain_lines
from rightful.cli.pages.ingest import ingest_lines
from rightful.errors import StoreError
from rightful.export.leaving import stored as held
from rightful.ingest.retag.parts import _raw
from rightful.ingest.staged import Done
from rightful.notation.contents import content_digest
from rightful.query.exported import INDEX
from rightful.readers import Talked
from rightful.stages.normalize import Normalize
from rightful.store.parquet import columns, read
from rightful.store.texts import read_texts
from tests.unit.shelf import Shelf, wording


def said(*contents: str, **more: Any) -> dict[str, Any]:
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[n % 2], "content": c, **more} for n, c in enumerate(contents)]}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_record_has_the_conversation_beside_its_text_and_the_digest_of_both(shelf: Shelf) -> None:
    shelf.put("talks", said("When?", "At nine."), {"text": "No talk."})
    talk, plain = shelf.store.sql(
        "SELECT r.source_record_id, r.media_type, r.content_sha256, t.text, t.conversation FROM records r JOIN texts t"
        " USING (record_id) ORDER BY r.source_record_id"
    )
    assert json.loads(talk["conversation"])["columns"] == said("When?", "At nine.")
    assert talk["media_type"] == "text/plain; conversation=messages"
    for row in (talk, plain):
        assert bytes.fromhex(row["content_sha256"]) == content_digest(row["text"], row["conversation"])
    assert (plain["conversation"], plain["media_type"]) == (None, "text/plain")


def test_part_without_conversations_has_no_column_for_them_and_one_with_them_begins_where_they_do(shelf: Shelf) -> None:
    shelf.put("plain", "One.", "Two.")
    (part,) = (shelf.root / "store" / "texts").iterdir()
    assert columns(part) == ("record_id", "text")
    shelf.put("talks", said("When?"))
    assert {columns(p) for p in (shelf.root / "store" / "texts").iterdir()} == {
        ("record_id", "text"),
        ("record_id", "text", "conversation"),
    }


def test_conversations_that_differ_in_a_role_are_two_records_and_the_same_again_is_none(shelf: Shelf) -> None:
    one, other = said("When?"), {"messages": [{"role": "system", "content": "When?"}]}
    first = shelf.root / "first"
    shelf.put("first", {"id": "a", **one}, {"id": "a", **other}, {"id": "b", **one})
    assert len(shelf.store.sql("SELECT * FROM records")) == 3
    (first / "more.jsonl").write_text(json.dumps({"id": "b", **said("When?", name=None)}) + "\n", encoding="utf-8")
    assert shelf.store.ingest([first])["unchanged"] == 4


def test_tag_leaves_the_digest_of_a_conversation_as_it_is(shelf: Shelf) -> None:
    shelf.put("talks", said(wording("tide"), wording("ferry"), name="Ada"), "No talk.")
    (name,) = (part.name for part in (shelf.root / "store" / "records").iterdir())
    tags, texts = (read(shelf.root / "store" / kind / name).combine_chunks() for kind in ("records", "texts"))
    (raw,) = [_raw(tags.to_batches()[0], texts.to_batches()[0])]
    assert Normalize()(raw)["content_sha256"].to_pylist() == tags.column("content_sha256").to_pylist()


def test_ingest_names_form_columns_and_template_of_each_file_and_what_was_set_aside(shelf: Shelf) -> None:
    folder = shelf.root / "talks"
    shelf.put("talks", "No talk.")
    rows = [said("When?"), {"text": "Ours.", **said("Never.")}, {"prompt": "a", "completion": "b"}, {"messages": []}]
    (folder / "more.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answer = shelf.store.ingest([folder])
    common = {"source": "talks", "file": "more.jsonl", "template": "rightful-turns/1"}
    assert answer["conversations"] == [
        {**common, "form": "messages", "columns": "messages", "rows": 1, "aside": 1},
        {**common, "form": "prompt-completion", "columns": "prompt, completion", "rows": 1, "aside": 0},
    ]
    shown = "\n".join(ingest_lines(answer))
    assert "their text is made by the template rightful-turns/1" in shown
    assert "set aside: the row has a text of its own" in shown
    assert "a conversation without turns (field 'messages')" in shown


def test_explain_says_in_which_form_a_conversation_came(shelf: Shelf) -> None:
    shelf.put("talks", said("When?"), "No talk.")
    answer = shelf.store.explain("talks-0", use="train")
    assert answer["tags"]["conversation"] == "messages"
    assert any(line.startswith("TALK ") and "messages" in line for line in explain_lines(answer))
    other = shelf.store.explain("talks-1", use="train")
    assert other["tags"]["conversation"] is None
    assert not any(line.startswith("TALK ") for line in explain_lines(other))


def test_withdrawn_conversation_leaves_in_no_form_and_nobody_can_look_at_its_turns(shelf: Shelf) -> None:
    shelf.put("talks", said("When does Ada leave?"), said("Never."), url="https://talks.example")
    (record,) = shelf.store.sql("SELECT record_id FROM records WHERE source_record_id = 'talks-0'")
    shelf.withdraw("record", record["record_id"])
    assert shelf.chosen() == ["talks-1"]
    assert [row["record_id"] == record["record_id"] for row in shelf.store.sql("SELECT * FROM texts")] == [False]
    assert not shelf.store.sql("SELECT * FROM texts WHERE conversation LIKE '%Ada%'")
    shelf.put("copies", {"text": "user: When does Ada leave?"})
    assert "copies-0" not in shelf.chosen(), "its text by another name is refused as well"


def test_export_of_conversations_with_redaction_is_verified_and_a_changed_turn_is_not(shelf: Shelf) -> None:
    shelf.put("talks", said("Write to ada@example.org.", "Yes."), said("No data here."), personal_data="unknown")
    out = shelf.root / "out"
    shelf.store.export(out, "train", tokenizer="bytes", redact="all", workers=1)
    assert shelf.store.verify(out)["ok"]
    index = read(out / INDEX).to_pylist()
    assert sorted(entry["redactions"] for entry in index) == [0, 1]
    (stored,) = (shelf.root / "store" / "texts").iterdir()
    rows = read(stored).to_pylist()
    digests = {row["record_id"]: content_digest(row["text"], row["conversation"]) for row in rows}
    assert {entry["record_id"]: entry["content_sha256"] for entry in index} == digests
    shown = [*read_texts(stored, [0, 1])]
    changed = pa.table(
        {
            "record_id": [row[0] for row in shown],
            "text": [row[1] for row in shown],
            "conversation": [str(row[2]).replace("user", "User") for row in shown],
        }
    )
    stored.chmod(0o600)
    pq.write_table(changed, stored)
    with pytest.raises(StoreError, match="does not have the digest of its record"):
        held(stored, [0, 1], list(digests.values()))


def test_marker_of_an_earlier_version_knows_no_conversations() -> None:
    done = Done(0, "a", (1,), 1, (), {}, 1, talks=(Talked("f", "messages", "messages", "t", 1, 0),))
    assert Done.loads(done.dumps()) == done
    older = {k: v for k, v in json.loads(done.dumps()).items() if k != "talks"}
    assert Done.loads(json.dumps(older)).talks == ()
