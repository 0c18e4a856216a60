"""A text in which nothing can be seen is damage in every format, with the same reason."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.readers.reading import read_file

TEXTS = ["\u200b", "\u00ad\ufeff", "\u3164 \u200e", "\u2800", "\ufe0f\U000e0041", "\u200b" * 100, " \u200b\n" * 90]
SEEN = ["\u200b" * 99 + "a", "\u00ad\u0301", "\u3000\u3164\u4e00"]


def rows(path: Path, texts: list[str]) -> str:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    return "jsonl"


def table(path: Path, texts: list[str]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["text"], *([t] for t in texts)])
    return "csv"


def columns(path: Path, texts: list[str]) -> str:
    pq.write_table(pa.table({"text": texts}), path)
    return "parquet"


@pytest.mark.parametrize("write", [rows, table, columns], ids=["jsonl", "csv", "parquet"])
def test_rows_without_anything_to_see_are_empty_texts(write: Callable[[Path, list[str]], str], tmp_path: Path) -> None:
    path = tmp_path / "a"
    form = write(path, [*TEXTS, *SEEN])
    reading = read_file(path, form)
    assert [row["text"] for row in reading.rows] == SEEN
    assert [reason for _, reason in reading.faults] == ["empty text"] * len(TEXTS)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("form", "around"), [("text", "{}"), ("html", "<html><p>{}</p></html>")])
def test_files_without_anything_to_see_are_empty_texts(form: str, around: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(around.format(text), encoding="utf-8")
    assert read_file(path, form).faults == [(None, "empty text")]
