"""The readers against third-party files. They skip where the folder is absent."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from rightful.readers import Fields
from rightful.readers.split import items
from rightful.readers.tree import discover
from tests.unit.readers.reading import WELL_KNOWN, Reading, read_items


def read_each(path: Path, fields: Fields = WELL_KNOWN) -> dict[str, Reading]:
    return {item.files[0].name: read_items([item], fields) for item in items(discover(path).files, max_files=1)}


def test_every_document_of_the_collection_is_read_as_it_is(cases: Path) -> None:
    folder = cases / "7-documents"
    listing = discover(folder)
    assert [*listing.skipped, *listing.damages] == []
    read = read_items(item for item in items(listing.files) if item.format == "text")
    assert read.damages == []
    texts = {row["file"]: row["text"] for row in read.rows}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".jsonl":
            assert texts.pop(path.relative_to(folder).as_posix()) == path.read_bytes().decode()
    assert texts == {}


def test_every_line_of_the_document_index_is_read(cases: Path) -> None:
    path = cases / "7-documents" / "docs.shared.jsonl"
    (reading,) = read_each(path, Fields(text="path", license="licence_spdx")).values()
    assert len(reading.rows) == len(path.read_bytes().splitlines())
    assert all(row["license_raw"] and row["url"] and row["source_record_id"] for row in reading.rows)


def test_every_row_of_the_parquet_cases_is_a_record(cases: Path) -> None:
    for path in sorted((cases / "5-corpora").rglob("*.parquet")):
        (reading,) = read_each(path).values()
        assert len(reading.rows) == reading.lines == pq.ParquetFile(path).metadata.num_rows, path
        assert reading.damages == [], path


def test_every_line_of_the_corpora_is_a_record_or_a_damage(cases: Path) -> None:
    folder = cases / "5-corpora"
    for name, reading in read_each(folder / "data-juicer").items():
        assert reading.rows, name
        assert reading.damages == [], name
    dolma = read_each(folder / "dolma")
    assert [
        len(dolma[name].rows) for name in ("expected/remove-paragraphs.json.gz", "expected/email-spans-jq.json.gz")
    ] == [10, 10]
    (told,) = dolma["formats/test.jsonl.zst"].damages
    assert told.reason.startswith("no text field")
    assert read_each(folder / "dolma" / "formats", Fields(text="message"))["test.jsonl.zst"].texts == ["this is a test"]
