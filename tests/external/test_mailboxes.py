"""Real mailboxes: as many mails as the index counts, and whom they reach."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rightful.api import Store
from rightful.readers.tree import discover
from tests.unit.readers.reading import read_file


@pytest.fixture
def boxes(cases: Path) -> Path:
    folder = cases / "5-corpora" / "mbox"
    if not folder.is_dir():
        pytest.skip("no folder 5-corpora/mbox among the third-party cases")
    return folder


def test_boxes_have_as_many_mails_as_the_index_counts(cases: Path, boxes: Path) -> None:
    index = json.loads((cases / "INDEX.json").read_text("utf-8"))
    listed = index if isinstance(index, list) else index.get("files", index.get("cases", []))
    expected = {
        Path(case["file"]).name: case["expected"]["messages"]
        for case in listed
        if case["file"].startswith("5-corpora/mbox/")
    }
    assert len(expected) == 5
    listing = discover(boxes)
    counts = {file.name: len(read_file(file.path, file.format).rows) for file in listing.files}
    counts |= {skipped.file: 0 for skipped in listing.skipped}
    assert counts == expected


def test_real_mailbox_reaches_whom_it_names(boxes: Path, tmp_path: Path) -> None:
    content = b"".join(
        path.read_bytes().rstrip(b"\n") + b"\n\n"
        for path in sorted(boxes.iterdir())
        if path.read_bytes()[:5] == b"From "
    )
    folder = tmp_path / "box"
    folder.mkdir()
    (folder / "inbox").write_bytes(content)
    (folder / "source.toml").write_text(
        'name = "box"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "yes"\nlegal_basis = "legitimate_interests"\n'
    )
    store = Store(tmp_path / "store")
    answer = store.ingest([folder])
    assert (answer["read"], answer["added"], answer["rejected"]) == (7, 7, 0)
    asked = {"use": "train.pretrain", "accept": "all"}
    before = store.query(**asked)["permitted"]["records"]
    store.consent.withdraw(subject="goran@domain.com")
    assert store.query(**asked)["permitted"]["records"] == before - 1
