"""What a worker stages of captures."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from rightful.catalog import load
from rightful.ingest import captured
from rightful.ingest.captured import HOSTS, StagedCaptures
from rightful.readers import Capture

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_files_of_hosts_do_not_gather_while_pages_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captured, "BATCH_BYTES", 1_000)
    staged = StagedCaptures(tmp_path, 0, load().names)
    for n in range(40):
        reserving = (("X-Robots-Tag", "noai"), ("X-Tide", "low " * 250))
        staged.add(Capture("headers", f"https://coast.example/{n}", f"a {n}", NOW, 200, fields=reserving))
        staged.add(Capture("robots", f"https://h{n}.example/robots.txt", f"a {n}", NOW, 200, body=b"#" * 600))
    assert staged.rows[HOSTS] == 40
    staged.close()
