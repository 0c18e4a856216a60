"""A few bytes that stand for gigabytes: damage with file and position, in bounded time and memory."""

from __future__ import annotations

import bz2
import gzip
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.readers import Damage, Fields, FoundFile, Item
from pipeline.readers import parquet as reader
from pipeline.readers.limits import FREE_BYTES, RATIO, STEP_BYTES, beyond, step_rows
from pipeline.readers.read import read
from tests.unit.readers.reading import LOOK


def item(path: Path, format: str) -> Item:
    status = path.stat()
    return Item(format, (FoundFile(path, path.name, status.st_size, status.st_mtime_ns, format),))


def came(path: Path, format: str) -> tuple[int, list[Damage]]:
    found = list(read(item(path, format), Fields(), LOOK))
    return sum(b.num_rows for b in found if isinstance(b, pa.RecordBatch)), [d for d in found if isinstance(d, Damage)]


@pytest.mark.parametrize(("rows", "length"), [(2_000, 1_000_000), (200, 20_000_000), (100_000, 100_000)])
def test_values_that_are_stored_once_and_meant_a_thousand_times_are_damage(
    rows: int, length: int, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.parquet"
    once = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * length]))
    with pq.ParquetWriter(
        path, pa.schema([("text", once.type)]), compression="zstd", dictionary_pagesize_limit=1 << 30
    ) as w:
        w.write_table(pa.table({"text": once}), row_group_size=rows)
    assert path.stat().st_size < 20_000
    start = time.monotonic()
    read_rows, damages = came(path, "parquet")
    assert time.monotonic() - start < 20
    assert read_rows * length <= FREE_BYTES
    assert len(damages) == 1
    assert "row group 1 breaks off" in damages[0].reason
    assert f"more than {RATIO:,} times" in damages[0].reason
    assert damages[0].file == "bomb.parquet"
    assert damages[0].position == f"row {read_rows + 1}"


def test_row_group_that_says_it_is_too_large_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.parquet"
    pq.write_table(pa.table({"text": [f"text {n} " * 100 for n in range(1_000)]}), path, row_group_size=500)
    monkeypatch.setattr(reader, "ROW_GROUP_BYTES", 10_000)
    read_rows, damages = came(path, "parquet")
    assert read_rows == 0
    assert [d.position for d in damages] == ["row 1", "row 501"]
    assert all("bytes unpacked, and at most 10,000 are read" in d.reason for d in damages)


def test_file_that_is_packed_as_files_are_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "plain.parquet"
    texts = [f"Document {n % 50}: " + "the tide was late again. " * 400 for n in range(6_000)]
    pq.write_table(pa.table({"id": [str(n) for n in range(6_000)], "text": texts}), path, compression="zstd")
    assert came(path, "parquet") == (6_000, [])


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress])
def test_stream_of_one_letter_is_damage_at_its_line(packer: object, tmp_path: Path) -> None:
    path = tmp_path / "bomb.jsonl"
    path.write_bytes(packer(b'{"text": "whole"}\n' + b"x" * (160 << 20)))  # type: ignore[operator]
    rows, damages = came(path, "jsonl")
    assert rows == 1
    if packer is bz2.compress:  # deflate cannot pack that well
        assert "more than 1,000 times" in damages[0].reason
    assert damages[0].position == "line 2"


def test_bound_is_on_the_ratio_and_small_things_are_free() -> None:
    assert beyond(FREE_BYTES, 1) is None
    assert beyond(FREE_BYTES + 1, FREE_BYTES) is None
    assert beyond(RATIO * 100_000, 100_000) is None
    assert beyond(RATIO * 100_000 + 1, 100_000) is not None


@pytest.mark.parametrize("unpacked", [1, 1 << 10, 1 << 20, 1 << 24, 1 << 28, 1 << 31])
def test_step_never_means_more_than_it_may(unpacked: int) -> None:
    rows = step_rows(64, [(unpacked, 1, True)])
    assert rows == 1 or rows * unpacked <= STEP_BYTES
    assert step_rows(64, [(unpacked, unpacked, True), (unpacked, 1, False)]) == 64
