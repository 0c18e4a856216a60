"""Rows whose content is elsewhere: the same record from every format, and never one that takes a text for none."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.notation.contents import EXTERNAL
from rightful.readers import Fields
from tests.unit.readers.reading import read_file

SHA = hashlib.sha256(b"a picture").hexdigest()
ROWS: list[dict[str, Any]] = [
    {
        "url": "https://img.example.org/1.jpg",
        "caption": "A heron",
        "key": "000000001",
        "status": "success",
        "width": 640,
        "height": 480,
        "sha256": SHA,
        "license": "CC-BY-4.0",
    },
    {
        "url": "https://img.example.org/2.jpg",
        "caption": None,
        "key": "000000002",
        "status": "success",
        "width": 64,
        "height": 48,
        "sha256": "none",
        "license": "CC0-1.0",
    },
]


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def csvfile(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def arrow(path: Path, rows: list[dict[str, Any]]) -> Path:
    of = pa.Table.from_pylist(rows)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, of.schema) as writer:
        writer.write_table(of)
    return path


Write = Callable[[Path, list[dict[str, Any]]], Path]
FORMATS: dict[str, Write] = {"jsonl": jsonl, "csv": csvfile, "parquet": parquet, "arrow": arrow}
every_format = pytest.mark.parametrize("format", FORMATS)


@every_format
def test_rows_of_pictures_are_records_without_a_text(format: str, tmp_path: Path) -> None:
    read = read_file(FORMATS[format](tmp_path / "rows", ROWS), format)
    assert read.damages == []
    cells = ("text", "url", "title", "license_raw", "media", "media_sha256", "media_type")
    assert [tuple(row[cell] for cell in cells) for row in read.rows] == [
        ("", ROWS[0]["url"], "A heron", "CC-BY-4.0", ROWS[0]["url"], SHA, EXTERNAL),
        ("", ROWS[1]["url"], None, "CC0-1.0", ROWS[1]["url"], None, EXTERNAL),
    ]


@every_format
def test_column_that_is_named_is_where_the_content_is(format: str, tmp_path: Path) -> None:
    rows = [
        {
            "pageurl": "https://photos.example.org/p/1",
            "download": "https://live.example.org/1.jpg",
            "text": "Low water",
        },
        {
            "pageurl": "https://photos.example.org/p/2",
            "download": "swh:1:cnt:94a9ed024d3859793618152ea559a168bbcbb5e2",
            "text": "High",
        },
    ]
    read = read_file(FORMATS[format](tmp_path / "rows", rows), format, Fields(url="pageurl", media="download"))
    assert [(row["text"], row["title"], row["media_type"]) for row in read.rows] == [
        ("", "Low water", EXTERNAL),
        ("", "High", EXTERNAL),
    ]
    first, second = read.rows
    assert first["urls"] == ["https://live.example.org/1.jpg", "https://photos.example.org/p/1"]
    assert (second["url"], second["urls"], second["media"][:4]) == ("https://photos.example.org/p/2", None, "swh:")


@every_format
def test_row_that_does_not_say_where_its_content_is_is_damaged(format: str, tmp_path: Path) -> None:
    read = read_file(FORMATS[format](tmp_path / "rows", [ROWS[0], {**ROWS[1], "url": None}]), format)
    assert read.faults == [
        ("line 2" if format == "jsonl" else "row 2", "nobody says where its content is (field 'url')")
    ]
    assert len(read.rows) == 1


@every_format
@pytest.mark.parametrize(
    "row",
    [
        {"url": "https://example.org/1", "text": "Low water.", "width": 640, "height": 480, "sha256": SHA},
        {"url": "https://example.org/1", "text": "Low water.", "sha256": SHA},
    ],
)
def test_row_with_a_text_is_a_text(format: str, row: dict[str, Any], tmp_path: Path) -> None:
    [read] = read_file(FORMATS[format](tmp_path / "rows", [row]), format).rows
    assert (read["text"], read["media"], read["media_sha256"]) == ("Low water.", None, None)
    assert read["media_type"] == "text/plain"


@every_format
def test_text_that_is_named_goes_before_where_it_came_from(format: str, tmp_path: Path) -> None:
    fields = Fields(text="content", media="blob_id")
    [there] = read_file(FORMATS[format](tmp_path / "a", [{"blob_id": "94a9", "content": "x = 1"}]), format, fields).rows
    [not_there] = read_file(
        FORMATS[format](tmp_path / "b", [{"blob_id": "94a9", "path": "/a.py"}]), format, fields
    ).rows
    assert (there["text"], there["media"], not_there["text"], not_there["media"]) == ("x = 1", None, "", "94a9")


@every_format
@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"url": "https://example.org/1", "title": "Low water"}, Fields()),
        ({"width": 640, "height": 480, "caption": "Low water"}, Fields()),
        ({"url": "https://example.org/1", "width": 640, "height": 480}, Fields(text="body")),
        ({"caption": "Low water"}, Fields(media="download")),
    ],
)
def test_row_without_a_text_is_no_picture_because_of_that(
    format: str, row: dict[str, Any], fields: Fields, tmp_path: Path
) -> None:
    read = read_file(FORMATS[format](tmp_path / "rows", [row]), format, fields)
    assert not read.rows
    assert len(read.damages) == 1
