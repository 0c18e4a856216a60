"""Columns that are kept grant nothing, hide nothing and name nobody. Laws 6.3, 7.1, 8.5, 8.8."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from rightful.readers.fields import RowReader
from rightful.rights.columns import Columns, Fields, Look
from rightful.stages.pii.stage import PersonalData
from tests.unit.shelf import USE, Shelf

LOOK = Look(lists=Columns(license=frozenset({"license"}), rights=frozenset({"terms"})))
ROW: dict[str, Any] = {
    "text": "A",
    "license": "CC-BY-4.0",
    "terms": "no training",
    "by": {"who": "Ada Example", "terms": "none"},
    "score": 1,
}


def test_what_a_row_says_of_rights_is_the_same_whatever_is_kept_of_it() -> None:
    plain = RowReader(Fields(), LOOK)(ROW)
    assert not isinstance(plain, str)
    for keep in ("all", ("terms",), ("license", "by"), ("by.terms",)):
        kept = RowReader(Fields(keep=keep), LOOK)(ROW)  # type: ignore[arg-type]
        assert not isinstance(kept, str)
        assert kept.kept is not None
        assert kept._replace(kept=None) == plain


def test_the_person_of_a_record_is_kept_in_no_column() -> None:
    for keep in ("all", ("by",), ("by.who", "score"), ("score", "by.terms")):
        if "by.who" in keep:
            continue  # an error where it is asked for
        record = RowReader(Fields(keep=keep, subject="by.who"), LOOK)(ROW)  # type: ignore[arg-type]
        assert not isinstance(record, str)
        assert record.subject == "Ada Example"
        assert "Ada" not in str(record.kept)


def test_what_is_found_in_a_kept_column_is_found_in_the_record() -> None:
    kept = [json.dumps({"mail": "ada@example.org"}), None, json.dumps({"by": "Author: Ada <ada@example.org>"}), "{}"]
    batch = pa.record_batch({"text": pa.array(["A"] * 4, pa.large_string()), "kept": pa.array(kept, pa.large_string())})
    answer = PersonalData()(batch)
    assert answer["pii_types"].to_pylist() == [["email"], [], ["email"], []]
    assert answer["pii_state"].to_pylist() == ["found", "none_found", "found", "none_found"]


def test_what_was_kept_of_a_withdrawn_record_is_seen_by_nobody(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    rows = [{"text": f"A text of number {n}.", "url": f"https://a.example/{n}", "note": f"note {n}"} for n in range(2)]
    (shelf.root / "a").mkdir()
    (shelf.root / "a" / "source.toml").write_text(
        'name = "a"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n[fields]\nkeep = "all"\n',
        encoding="utf-8",
    )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (shelf.root / "a" / "rows.jsonl").write_text(lines, encoding="utf-8")
    shelf.store.ingest([shelf.root / "a"], workers=1)
    assert len(shelf.store.sql("SELECT * FROM records WHERE kept.note = 'note 1'")) == 1
    shelf.withdraw("url", "https://a.example/1")
    assert shelf.store.sql("SELECT * FROM records WHERE kept.note = 'note 1'") == []
    assert shelf.store.query(**USE, where="kept.note = 'note 1'")["considered"]["records"] == 0
    shelf.store.export(tmp_path / "out", **USE, format="text", text_as="jsonl", workers=1)
    assert b"note 1" not in b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
