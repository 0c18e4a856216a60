"""Web archives of other projects: every record is read or counted, as many of each type as warcio finds."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rightful import Store

FOLDER = "5-corpora/warc"
CRAWLED = "a record about the crawl (metadata:)"  # of wget: warcio counts them as resources


@pytest.fixture(scope="module")
def archives(cases: Path) -> dict[str, dict[str, Any]]:
    """File -> what the index of the cases says of it."""
    listed = json.loads((cases / "INDEX.json").read_text())
    found = {one["file"]: one for one in listed if one["group"] == FOLDER}
    if not found:
        pytest.skip(f"no {FOLDER} among the third-party cases")
    return found


def test_every_archive_has_the_records_that_warcio_counts(
    archives: dict[str, dict[str, Any]], cases: Path, tmp_path: Path
) -> None:
    for number, (file, case) in enumerate(archives.items()):
        answer = Store(tmp_path / str(number)).ingest([cases / file])
        assert answer["read"] == sum(answer[k] for k in ("added", "unchanged", "refused", "rejected"))
        assert (answer["rejected"], answer["errors"]) == (0, []), file
        counts = Counter({s["reason"]: s["records"] for s in answer["skipped"]})
        texts = answer["read"] + counts.pop(CRAWLED, 0)
        expected = dict(case["expected"]["record_counts_warcio"])
        assert texts == sum(expected.pop(kind, 0) for kind in ("response", "resource", "conversion")), file
        assert dict(counts) == expected, file


def test_captures_of_every_archive_are_evidence(
    archives: dict[str, dict[str, Any]], cases: Path, tmp_path: Path
) -> None:
    responses = sum(case["expected"]["record_counts_warcio"].get("response", 0) for case in archives.values())
    answer = Store(tmp_path / "store").ingest([cases / FOLDER])
    captures = Counter()
    for one in answer["captures"]:
        captures[one["protocol"]] += one["captures"]
    assert captures["html"] == responses
    assert captures["headers"] >= responses
