"""The store that commit 3e1e8aa wrote, unpacked for each test."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ARCHIVE = Path(__file__).with_name("store-3e1e8aa.tar.xz")


class OldStore(NamedTuple):
    """Where it lies now, its export and the folder of one source, and what it answered when it was made."""

    root: Path
    shards: Path
    harbour: Path
    answers: dict[str, Any]


@pytest.fixture
def old(tmp_path: Path) -> OldStore:
    """A copy of one's own."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path / "old", filter="data")
    folder = tmp_path / "old"
    answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return OldStore(folder / "store", folder / "shards", folder / "harbour", answers)
