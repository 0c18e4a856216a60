"""Texts that are not what their records say: an error that names the part, whatever stands in its place."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.errors import StoreError
from rightful.export.leaving import stored

IDS, TEXTS = ["a", "b"], ["The tide is high.", "The ferry is late."]
DIGESTS = [hashlib.sha256(text.encode()).digest() for text in TEXTS]


def part(tmp_path: Path, columns: dict[str, pa.Array]) -> Path:
    pq.write_table(pa.table(columns), tmp_path / "part.parquet")
    return tmp_path / "part.parquet"


def test_texts_that_are_whole_are_read(tmp_path: Path) -> None:
    assert stored(part(tmp_path, {"record_id": IDS, "text": TEXTS}), [0, 1], DIGESTS) == (IDS, TEXTS)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"record_id": IDS, "text": TEXTS[::-1]}, "does not have the digest"),
        ({"record_id": IDS, "text": pa.nulls(2, pa.string())}, "does not have the digest"),
        ({"record_id": IDS, "text": pa.array([1, 2])}, "does not have the digest"),
        ({"record_id": IDS, "hash": TEXTS}, "damaged"),
        ({"record_id": IDS[:1], "text": TEXTS[:1]}, "it has 1 row, and row 1 was asked for"),
    ],
    ids=["exchanged", "nulls", "numbers", "of-another-kind", "fewer"],
)
def test_texts_that_are_damaged_are_named(tmp_path: Path, columns: dict[str, pa.Array], said: str) -> None:
    path = part(tmp_path, columns)
    with pytest.raises(StoreError, match=said) as raised:
        stored(path, [0, 1], DIGESTS)
    assert raised.value.subject == str(path)
