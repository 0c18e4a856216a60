"""What an ingest answers of values that are there and cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rightful.api import Store
from rightful.cli.pages.ingest import ingest_lines
from rightful.ingest.staged import Done, Spoken, finished, mark, marker_of
from rightful.readers import Damage, Unread
from tests.unit.ingest.sequences import QUICK

CARD = 'name = "diary"\nlicense = "CC0-1.0"\npersonal_data = "no"\n[fields]\nsubject = "mail"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recipe.toml").write_text(QUICK, encoding="utf-8")
    folder = tmp_path / "diary"
    folder.mkdir()
    (folder / "source.toml").write_text(CARD, encoding="utf-8")
    return folder


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    lines = [json.dumps({"text": f"Day {n} of {path.stem}.", **row}) for n, row in enumerate(rows)]
    path.write_text("\n".join(lines), encoding="utf-8")


def ingest(folder: Path, **choices: Any) -> dict[str, Any]:
    store = Store(folder.parent / "store")
    return dict(store.ingest([folder], recipe=folder.parent / "recipe.toml", **choices))


def test_ingest_names_what_is_there_and_cannot_be_read_by_file_and_column(folder: Path) -> None:
    write(
        folder / "a.jsonl", [{"date": "soon"}, {"date": "later", "url": {"a": 1}}, {"date": "2024-01-02", "id": True}]
    )
    write(folder / "b.jsonl", [{"date": None, "mail": {"id": 7}}, {"date": "-"}])
    answer = ingest(folder)
    assert answer["unread"] == [
        {"field": "date", "column": "date", "rows": 2, "sample": "soon", "file": "a.jsonl", "source": "diary"},
        {"field": "id", "column": "id", "rows": 1, "sample": "true", "file": "a.jsonl", "source": "diary"},
        {"field": "url", "column": "url", "rows": 1, "sample": '{"a":1}', "file": "a.jsonl", "source": "diary"},
        {"field": "subject", "column": "mail", "rows": 1, "sample": "an object", "file": "b.jsonl", "source": "diary"},
    ]
    assert answer["read"] == answer["added"] == 5, "nothing is rejected for it"
    shown = "\n".join(ingest_lines(answer))
    assert "present but not readable; the records are taken in without these values:" in shown
    assert "subject  mail" in shown
    assert "such rows wait until it can" in shown


def test_ingest_that_can_read_everything_names_nothing(folder: Path) -> None:
    write(folder / "a.jsonl", [{"date": "2024-01-02", "id": "a", "url": "https://example.org"}])
    answer = ingest(folder)
    assert answer["unread"] == []
    assert "not readable" not in "\n".join(ingest_lines(answer))


def test_ingest_names_them_again_where_the_file_is_read_again(folder: Path) -> None:
    write(folder / "a.jsonl", [{"date": "soon"}])
    ingest(folder)
    assert ingest(folder)["unread"] == [], "nothing was read"
    write(folder / "a.jsonl", [{"date": "soon"}, {"date": "later"}])
    assert [u["rows"] for u in ingest(folder)["unread"]] == [2]


def test_row_whose_person_cannot_be_read_is_named_and_refused(folder: Path) -> None:
    write(folder / "a.jsonl", [{"mail": {"id": 7}}, {"mail": "ada@example.org"}])
    assert [u["field"] for u in ingest(folder)["unread"]] == ["subject"]
    answer = Store(folder.parent / "store").query(use="train.pretrain", accept="all", dedup="none")
    assert answer["permitted"]["records"] == 1


def test_row_whose_parent_cannot_be_read_waits_where_it_came_from_a_source(folder: Path, tmp_path: Path) -> None:
    """One of two parents cannot be read: the terms of the other are not all that binds it."""
    write(folder / "a.jsonl", [{"id": "p1", "license": "MIT"}, {"id": "p2", "license": "CC-BY-NC-4.0"}])
    ingest(folder)
    child = tmp_path / "child"
    child.mkdir()
    card = CARD.replace('"diary"', '"child"').replace("[fields]", 'derived_from = ["diary"]\n[fields]')
    (child / "source.toml").write_text(card, encoding="utf-8")
    write(child / "c.jsonl", [{"id": "c1", "parents": ["p1"]}, {"id": "c2", "parents": ["p1", {"row": 2}]}])
    assert [(u["field"], u["rows"]) for u in ingest(child)["unread"]] == [("parents", 1)]
    store = Store(folder.parent / "store")
    answer = store.query(use="train.pretrain", accept="all", dedup="none", ids=True)
    ids = {r["record_id"]: r["source_record_id"] for r in store.sql("SELECT record_id, source_record_id FROM records")}
    assert sorted(ids[i] for i in answer["ids"]) == ["c1", "p1"]


def test_result_of_an_item_comes_back_from_its_marker_as_it_was(tmp_path: Path) -> None:
    done = Done(
        index=3,
        source_id="diary",
        pieces=(),
        lines=7,
        damages=(Damage("a.jsonl", "not JSON", "line", 2),),
        profiles={"r": ({"evidence_id": "e"},)},
        text_bytes=9,
        files={"a.jsonl": 6},
        statements=(Spoken("a.jsonl", "usage", 2, "ask"),),
        unread=(Unread("a.jsonl", "date", "date", 4, "soon\u2026"),),
    )
    mark(marker_of(tmp_path, 3), done)
    assert finished(marker_of(tmp_path, 3)) == done
