from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.errors import DamagedInput
from rightful.export.formats import Shape, document, parquet

SMALL, LARGE = Shape(vocab_size=1_000, eod=0), Shape(vocab_size=131_072, eod=0)
ROWS: dict[str, Any] = {"record_id": ["a", "b"], "input_ids": [[1, 2], [3]], "n_tokens": [2, 1]}
LOOSE = pa.schema([("record_id", pa.string()), ("input_ids", pa.list_(pa.int32())), ("n_tokens", pa.int32())])


def write_table(folder: Path, schema: pa.Schema = LOOSE, **changed: Any) -> Path:
    path = folder / "s.parquet"
    pq.write_table(pa.table({**ROWS, **changed}, schema=schema), path)
    return path


def test_parquet_another_engine_reads_the_same(tmp_path: Path) -> None:
    parquet.write(tmp_path, "s", [document("a", np.array([7, 131_071])), document("b", np.array([], np.uint16))], LARGE)
    cursor = duckdb.connect().cursor()
    rows = cursor.execute("SELECT record_id, input_ids, n_tokens FROM read_parquet(?)", [str(tmp_path / "s.parquet")])
    assert rows.fetchall() == [("a", [7, 131_071], 2), ("b", [], 0)]


def test_parquet_columns_are_the_contract(tmp_path: Path) -> None:
    parquet.write(tmp_path, "s", [document("a", np.array([1]))], SMALL)
    said = pq.read_schema(tmp_path / "s.parquet")
    assert {field.name: str(field.type) for field in said} == {
        "record_id": "string",
        "input_ids": "list<element: int32>",
        "n_tokens": "int32",
    }
    column = pq.read_metadata(tmp_path / "s.parquet").row_group(0).column(1)
    assert (column.path_in_schema, column.compression) == ("input_ids.list.element", "ZSTD")


def test_parquet_row_groups_are_bounded_by_tokens_and_rows(tmp_path: Path) -> None:
    lengths = [400_000] * 5 + [3_000_000] + [1] * 10 + [0] * 70_000
    made = (document(str(number), np.zeros(length, np.uint16)) for number, length in enumerate(lengths))
    parquet.write(tmp_path, "s", made, SMALL)
    metadata = pq.read_metadata(tmp_path / "s.parquet")
    rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert rows == [2, 2, 1, 1, 65_536, 70_010 - 65_536]
    assert [len(row.tokens) for row in parquet.read(tmp_path, "s", SMALL)] == lengths


def test_parquet_flipped_bit_in_a_page_is_damaged(tmp_path: Path) -> None:
    parquet.write(tmp_path, "s", [document("a", np.arange(1_000))], SMALL)
    path = tmp_path / "s.parquet"
    column = pq.read_metadata(path).row_group(0).column(1)
    data = bytearray(path.read_bytes())
    data[column.data_page_offset + column.total_compressed_size - 10] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedInput, match=r"is not a whole Parquet file: .*CRC checksum"):
        list(parquet.read(tmp_path, "s", SMALL))


def test_parquet_shard_of_another_writer_is_read(tmp_path: Path) -> None:
    write_table(tmp_path)
    held = list(parquet.read(tmp_path, "s", SMALL))
    assert [row.tokens.tolist() for row in held] == [[1, 2], [3]]
    assert [row.record_ids for row in held] == [("a",), ("b",)]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"n_tokens": [2, 2]}, "n_tokens is not the length of input_ids"),
        ({"n_tokens": [2, None]}, "has rows or ids that are null"),
        ({"input_ids": [[1, None], [3]]}, "has rows or ids that are null"),
        ({"input_ids": [[1, 2], None], "n_tokens": [2, 0]}, "has rows or ids that are null"),
        ({"input_ids": [[1, -2], [3]]}, "has a negative id, -2"),
        (
            {"schema": LOOSE.set(2, pa.field("n_tokens", pa.int64()))},
            r"expected the columns .*, came .*n_tokens: int64",
        ),
    ],
)
def test_parquet_inconsistent_shard_is_damaged(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    path = write_table(tmp_path, **changed)
    with pytest.raises(DamagedInput, match=reason) as caught:
        list(parquet.read(tmp_path, "s", SMALL))
    assert caught.value.subject == str(path)


def test_parquet_row_without_record_id_is_damaged(tmp_path: Path) -> None:
    write_table(tmp_path, record_id=["a", None])
    with pytest.raises(DamagedInput, match="has rows without a record id"):
        list(parquet.read(tmp_path, "s", SMALL))


def test_parquet_other_columns_are_damaged(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["leaked"]}), tmp_path / "s.parquet")
    with pytest.raises(DamagedInput, match=r"expected the columns record_id: string, .*, came text: string"):
        list(parquet.read(tmp_path, "s", SMALL))


PACKED: dict[str, Any] = {
    "record_ids": [["a", "b"]],
    "input_ids": [[1, 2, 3, 9]],
    "lengths": [[2, 1]],
    "position_ids": [[0, 1, 0, 0]],
    "loss_mask": [[1, 1, 1, 0]],
}
SEQUENCES = Shape(vocab_size=1_000, eod=9, seq_len=4)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"position_ids": [[0, 1, 1, 0]]}, "position_ids does not count the ids of each document"),
        ({"position_ids": [[0, 2, 0, 0]]}, "position_ids does not count"),
        ({"position_ids": [[0, 1, 0]]}, "position_ids has not one for each of the ids"),
        ({"lengths": [[2, 3]]}, "lengths of a row are more than its ids"),
        ({"lengths": [[3]]}, "lengths has not one for each of record_ids"),
        ({"lengths": [[-1, 2]]}, "lengths has not one for each of record_ids"),
        ({"record_ids": [["a", None]]}, "has rows or ids that are null"),
        ({"loss_mask": [[1, 1, 2, 0]]}, "loss_mask is not a 0 or 1"),
        ({"input_ids": [[1, 2, -3, 9]]}, "has a negative id, -3"),
    ],
)
def test_parquet_inconsistent_sequence_is_damaged(tmp_path: Path, changed: dict[str, Any], reason: str | None) -> None:
    pq.write_table(pa.table({**PACKED, **changed}, schema=parquet.PACKED), tmp_path / "s.parquet")
    if reason is None:
        (row,) = parquet.read(tmp_path, "s", SEQUENCES)
        assert (row.record_ids, row.lengths) == (("a", "b"), (2, 1))
        return
    with pytest.raises(DamagedInput, match=reason):
        list(parquet.read(tmp_path, "s", SEQUENCES))
