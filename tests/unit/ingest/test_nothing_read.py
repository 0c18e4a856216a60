"""A folder in which there is nothing to read says so, and what is never read is counted by its pattern."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.cli.pages.ingest import ingest_lines


def folder_of(tmp_path: Path, *names: str) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"\0\1 not a text")
    return folder


def test_folder_without_a_readable_file_says_why_by_kind_and_what_is_next(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "a.pdf", "b.pdf", "c.png", ".env")
    answer = Store(tmp_path / "store").ingest(folder)
    assert answer.nothing_read == [
        {
            "folder": str(folder),
            "reasons": [
                {"reason": "not a supported type (.pdf)", "files": 2},
                {"reason": "secrets", "files": 1},
                {"reason": "not a supported type (.png)", "files": 1},
            ],
        }
    ]
    assert answer.passed_over == [{"pattern": ".env", "reason": "secrets", "paths": 1}]
    page = "\n".join(ingest_lines(answer))
    assert "2  not a supported type (.pdf)" in page
    assert f"rightful ingest {folder} --format text" in page
    assert max(map(len, page.splitlines())) <= 200


def test_folder_that_is_empty_says_so(tmp_path: Path) -> None:
    answer = Store(tmp_path / "store").ingest(folder_of(tmp_path))
    assert [of["reasons"] for of in answer.nothing_read] == [[]]
    assert "it is empty" in "\n".join(ingest_lines(answer))


def test_folder_with_one_readable_file_is_not_among_them(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "a.pdf")
    (folder / "a.txt").write_text("Of the harbour.", "utf-8")
    assert Store(tmp_path / "store").ingest(folder).nothing_read == []


@pytest.mark.parametrize(("names", "code"), [((), 4), (("a.pdf",), 4), (("a.pdf", "b.txt"), 0)])
def test_command_ends_with_4_where_nothing_could_be_read(
    tmp_path: Path, rightful: Callable[..., Any], names: tuple[str, ...], code: int
) -> None:
    folder = folder_of(tmp_path, *names)
    if "b.txt" in names:
        (folder / "b.txt").write_text("Of the harbour.", "utf-8")
    done = rightful("--store", str(tmp_path / "store"), "ingest", str(folder))
    assert done.returncode == code, done.stderr
