"""Permitted records handed over: ids and tags freely, texts as an export that has no folder and that every verb knows."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from rightful.api.permitted import Handed
from rightful.cli.pages.redact import redact_lines
from rightful.cli.pages.trace import trace_lines
from rightful.cli.pages.verify import verify_lines
from rightful.errors import InputError, Refused
from rightful.query.versions import MEMORY
from tests.unit.shelf import USE, Shelf, wording

MAIL = "Write to harbour.master@example.org about the berth."


class Kept(NamedTuple):
    """A store, and what was handed over of it."""

    shelf: Shelf
    handed: Handed


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Three records that may be used, one of which names somebody, and one that may not; the texts of two of them."""
    made = Shelf(tmp_path_factory.mktemp("kept"))
    made.put("good", wording("a"), wording("b"), {"text": MAIL, "url": "https://example.org/<b>x"})
    made.put("closed", wording("c"), license="LicenseRef-all-rights-reserved")
    return Kept(made, made.store.permitted(**USE, text=True, to="evaluation team"))


@pytest.fixture
def handed(kept: Kept) -> Handed:
    return kept.handed


@pytest.fixture
def shelf(kept: Kept, request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """The store that all tests read; a copy for one that is marked as writing."""
    if request.node.get_closest_marker("usefixtures") is None:
        return kept.shelf
    made = Shelf(Path(shutil.copytree(kept.shelf.root, tmp_path / "shelf")))
    made.minutes = 60
    return made


@pytest.fixture
def a_copy() -> None:
    """What a test that writes is marked with."""


writes = pytest.mark.usefixtures("a_copy")


def texts(of: Handed) -> list[str]:
    return [str(text) for text in of.to_arrow().column("text").to_pylist()]


def test_ids_and_tags_are_those_of_the_query_and_no_text(shelf: Shelf) -> None:
    query = shelf.store.query(**USE, ids=True)
    tags = shelf.store.permitted(**USE)
    assert tags.to_arrow().column("record_id").to_pylist() == query["ids"]
    assert (tags.records, tags.considered, list(tags.excluded)) == (2, 4, query["excluded"])
    assert "text" not in tags.schema.names
    assert {"license_concluded", "language", "source_id", "pii_types"} <= set(tags.schema.names)
    assert not any("subject_key" in name for name in tags.schema.names)
    assert tags.manifest is None
    assert tags.export is None
    assert len(shelf.store.sql("SELECT * FROM exports")) == 1
    assert len(shelf.store.permitted(**USE, limit=1).to_arrow()) == 1


def test_batches_have_at_most_so_many_rows_and_come_as_often_as_they_are_read(handed: Handed) -> None:
    for _ in range(2):
        batches = list(handed.batches(1))
        assert [batch.num_rows for batch in batches] == [1, 1]
        assert pa.Table.from_batches(batches) == handed.to_arrow()
    assert handed.to_arrow().schema == handed.schema


@writes
def test_texts_are_those_that_an_export_has_and_nothing_of_them_stays_on_the_disk(shelf: Shelf, handed: Handed) -> None:
    shelf.store.export(shelf.root / "out", **USE, format="text", text_as="jsonl")
    [shard] = (shelf.root / "out" / "data").iterdir()
    rows = [json.loads(line) for line in shard.read_text("utf-8").splitlines()]
    assert handed.to_arrow().to_pylist() == rows
    assert sorted(texts(handed)) == sorted([wording("a"), wording("b")])
    left = [path for path in (shelf.root / "store").rglob("*") if path.is_file() and "texts" not in path.parts]
    assert not [path for path in left if wording("a").encode() in path.read_bytes()]
    assert not list((shelf.root / "store" / "tmp").iterdir())


def test_ledger_knows_what_left_before_anybody_has_it(shelf: Shelf, handed: Handed) -> None:
    [row] = shelf.store.sql("SELECT export, path, status FROM exports")
    assert row == {"export": handed.export, "path": f"memory:{handed.export} (evaluation team)", "status": "current"}
    assert handed.manifest is not None
    assert (handed.manifest["format"], handed.manifest["handed_to"]) == (MEMORY, "evaluation team")
    assert shelf.store.status()["exports"] == 1
    who = next(entry for entry in shelf.store.log(who=True) if entry["kind"] == "export")["who"]
    assert [(one["did"], one["of"], one["records"]) for one in who] == [("export", handed.export, 2)]


def test_trace_names_the_row_that_a_record_is(shelf: Shelf, handed: Handed) -> None:
    for row, record in enumerate(handed.to_arrow().column("record_id").to_pylist()):
        trace = shelf.store.trace(record)
        [place] = trace.exports
        assert (place["export"], place["shard"], place["start"], place["length"]) == (handed.export, MEMORY, row, 1)
        assert "evaluation team" in "\n".join(trace_lines(trace.as_json()))
    assert shelf.store.trace(handed.export)["records"] == 2
    assert shelf.store.find(text=wording("a"))["records"][0]["exports"] == [handed.export]


@writes
def test_withdrawal_names_who_has_it_and_verify_refuses_it(shelf: Shelf, handed: Handed) -> None:
    assert shelf.store.verify(handed.export).ok
    record = handed.to_arrow().column("record_id")[0].as_py()
    event = shelf.store.consent.withdraw(record=record, reason="asked")
    assert event["exports"] == [handed.export]
    for answer in (shelf.store.verify(handed.export), *shelf.store.verify(all=True)["exports"]):
        assert (answer["ok"], answer["gone"], answer["corrupt"]) == (False, False, [])
        assert [(one["record"], one["reason"]) for one in answer["stale"]] == [(record, "withdrawn")]
        assert "of that copy nothing" not in "\n".join(verify_lines(answer))
    steps = shelf.store.verify(handed.export)["next"]
    assert not [step for step in steps if MEMORY in str(step.get("command"))]
    assert [one["state"] for one in shelf.store.consent.receipt(event["event"])["exports"]] == ["open"]
    made = shelf.store.asset.add("m", kind="model", input=[str(handed.export)], **USE)
    assert made.decision == "deny"
    assert str(handed.export) in json.dumps(made["inputs"])


@writes
def test_repair_says_what_has_to_go_and_only_a_statement_ends_it(shelf: Shelf, handed: Handed) -> None:
    record = handed.to_arrow().column("record_id")[0].as_py()
    event = shelf.store.consent.withdraw(record=record, reason="asked")["event"]
    with pytest.raises(InputError, match=r"handed over in memory to evaluation team.*out of reach"):
        shelf.store.redact(str(handed.export))
    with pytest.raises(InputError, match="nothing can be masked"):
        shelf.store.redact(str(handed.export), level="mask")
    [skipped] = shelf.store.redact(event=event)["skipped"]
    assert skipped["export"] == handed.export
    assert "out of reach" in skipped["reason"]
    assert shelf.store.redact(str(handed.export), dry_run=True)["records_removed"] == 1
    assert not shelf.store.verify(handed.export).ok

    noted = shelf.store.redact(str(handed.export), level="exclude")
    assert (noted.version, noted.records_removed, noted.shards_rewritten) == (2, 1, 0)
    assert [p["decision"] for p in shelf.store.trace(record).exports if p["current"]] == ["excluded"]
    stated = shelf.store.redact(str(handed.export), yes=True)
    assert (stated.version, stated.records, stated.former) == (3, 1, noted.export)
    assert stated.next[0]["command"].endswith(f"verify {stated.export}")
    assert "is gone" in "\n".join(redact_lines(stated.as_json()))
    assert shelf.store.verify(all=True).ok
    assert not [place for place in shelf.store.trace(record).exports if place["current"]]
    assert shelf.store.redact(str(handed.export), yes=True).records_removed == 0
    [*_, last] = shelf.store.sql("SELECT manifest FROM exports ORDER BY created_at")
    assert "holder states" in json.loads(last["manifest"])["repairs"][-1]["note"]


def test_verbs_that_need_a_folder_say_that_it_has_none(shelf: Shelf, handed: Handed) -> None:
    record = handed.to_arrow().column("record_id")[0].as_py()
    with pytest.raises(InputError, match="handed over in memory"):
        shelf.store.proof(record, str(handed.export))
    with pytest.raises(InputError) as drilled:
        shelf.store.drill(records=1)
    assert "handed over in memory" in str(drilled.value)
    assert shelf.store.rebase(str(handed.export)).as_json()["export"] == handed.export
    assert shelf.store.check().ok


@writes
def test_index_that_is_damaged_is_named_and_never_taken_for_permitted(shelf: Shelf, handed: Handed) -> None:
    shelf.store.layout.exported(str(handed.export)).write_bytes(b"PAR1")
    answer = shelf.store.verify(handed.export)
    assert not answer.ok
    assert "nothing says what was handed over" in answer.corrupt[0]["reason"]
    record = handed.to_arrow().column("record_id")[0].as_py()
    assert shelf.store.consent.withdraw(record=record)["exports_unreadable"] == [handed.export]
    with pytest.raises(InputError, match="not whole"):
        shelf.store.redact(str(handed.export), yes=True)


@writes
def test_texts_leave_without_what_redaction_takes_out(shelf: Shelf) -> None:
    handed = shelf.store.permitted(**USE, text=True, redact="email", redact_with="<{type}>")
    assert "Write to <email> about the berth." in texts(handed)
    assert handed.manifest is not None
    assert handed.manifest["redaction"]["spans"] == {"email": 1}
    assert shelf.store.verify(handed.export).ok
    assert shelf.store.permitted(**USE, redact="email").records == 3


def test_nothing_permitted_refuses_texts_and_leaves_no_export(shelf: Shelf) -> None:
    use = {"use": "train.pretrain", "where": "source_id = 'closed'"}
    assert shelf.store.permitted(**use).records == 0
    assert shelf.store.permitted(**use).to_arrow().num_rows == 0
    with pytest.raises(Refused, match="nothing is permitted"):
        shelf.store.permitted(**use, text=True)
    assert len(shelf.store.sql("SELECT * FROM exports")) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": True, "limit": 1}, "limit: is for ids and tags"),
        ({"to": "me"}, "to: is for texts"),
        ({"redact_with": "x", "redact": "email"}, "redact_with: is for texts"),
        ({"text": True, "to": " "}, "says nothing"),
        ({"text": True, "to": "a\x1b[31m"}, "is no line of text"),
        ({"text": True, "to": "x" * 201}, "is too long"),
        ({"text": True, "use": "no.such"}, "no.such"),
        ({"limit": -1}, "is negative"),
    ],
)
def test_request_that_is_none_changes_nothing(shelf: Shelf, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        shelf.store.permitted(**{**USE, **wrong})
    assert len(shelf.store.sql("SELECT * FROM exports")) == 1


@pytest.mark.parametrize("size", [0, -1, True, "8"])
def test_size_of_batches_that_is_none_is_an_error(shelf: Shelf, size: Any) -> None:
    with pytest.raises(InputError, match="no number of rows"):
        shelf.store.permitted(**USE).batches(size)


@pytest.mark.parametrize(("name", "library"), [("to_polars", "polars"), ("to_pandas", "pandas"), ("to_hf", "datasets")])
def test_library_that_is_not_installed_names_its_extra(
    handed: Handed, name: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    extra = {"datasets": "hf"}.get(library, library)
    with pytest.raises(InputError, match=re.escape(f"rightful[{extra}]")):
        getattr(handed, name)()


def test_duckdb_gets_a_relation_that_lives_on_its_own(handed: Handed) -> None:
    relation = handed.to_duckdb()
    assert relation.query("t", "SELECT count(*), count(DISTINCT license) FROM t").fetchall() == [(2, 1)]


def test_notebook_shows_how_many_and_why_the_others_are_not(shelf: Shelf, handed: Handed) -> None:
    assert repr(handed).startswith("<permitted 2 of 4 records for train.pretrain (commercial): texts, export x-")
    page = handed._repr_html_()
    assert "<b>2 of 4 records</b>" in page
    assert "personal-data-found" in page
    assert "ids and tags" in shelf.store.permitted(**USE)._repr_html_()
    hostile = Handed(
        records=0,
        considered=1,
        excluded=({"reason": "<script>", "text": "<i>", "records": 1},),
        use={"asked": ["<b>"], "purpose": "research"},
        snapshot=1,
        obligations={},
        valid_until=None,
        _rows=pa.table({}),
    )
    assert "<script>" not in hostile._repr_html_()
