"""Arrow IPC as `datasets` writes it: the same answer as of Parquet; damage and bombs are told before they are read."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.readers import Fields
from rightful.readers.formats.arrow import first_rows
from rightful.readers.ipc import Malformed, coming
from rightful.readers.limits import Limits
from rightful.readers.tree import discover
from tests.unit.readers.reading import read_file

ROWS = [
    {
        "text": f"Low water at pier {n}.",
        "id": str(n),
        "license": ("CC0-1.0", "MIT")[n % 2],
        "meta": {"url": f"https://example.org/{n}"},
    }
    for n in range(300)
]


def table(rows: list[dict[str, object]] = ROWS) -> pa.Table:
    made = pa.Table.from_pylist(rows)
    return made.set_column(
        made.schema.get_field_index("license"), "license", made.column("license").dictionary_encode()
    )


def stream(path: Path, of: pa.Table, *, compression: str | None = None, rows: int = 100) -> Path:
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, of.schema, options=options) as writer:
        writer.write_table(of, max_chunksize=rows)
    return path


def file(path: Path, of: pa.Table, *, compression: str | None = None, rows: int = 100) -> Path:
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, of.schema, options=options) as writer:
        writer.write_table(of, max_chunksize=rows)
    return path


Write = Callable[..., Path]
both = pytest.mark.parametrize("write", [stream, file])


@both
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_rows_are_those_of_the_same_table_in_parquet(write: Write, compression: str | None, tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "a.parquet")
    wanted = read_file(tmp_path / "a.parquet", "parquet")
    read = read_file(write(tmp_path / "a.arrow", table(), compression=compression), "arrow")
    assert [row | {"file": ""} for row in read.rows] == [row | {"file": ""} for row in wanted.rows]
    assert (len(read.rows), read.lines, read.damages) == (300, 300, [])
    assert read.rows[7]["url"] == "https://example.org/7"


@both
def test_kind_is_told_by_content_and_name(write: Write, tmp_path: Path) -> None:
    write(tmp_path / "data-00000-of-00001.arrow", table())
    file(tmp_path / "rows.bin", table())
    (tmp_path / "old.feather").write_bytes(b"FEA1" + b"\0" * 40)
    listing = discover(tmp_path)
    assert [(f.name, f.format) for f in listing.files] == [
        ("data-00000-of-00001.arrow", "arrow"),
        ("rows.bin", "arrow"),
    ]
    assert [s.file for s in listing.skipped] == ["old.feather"]


@both
def test_rows_that_are_damaged_are_named_by_their_number(write: Write, tmp_path: Path) -> None:
    rows = [*ROWS[:150], {**ROWS[150], "text": None}, *ROWS[151:250], {**ROWS[250], "text": "  "}, *ROWS[251:]]
    read = read_file(write(tmp_path / "a.arrow", table(rows)), "arrow")
    assert read.faults == [("row 151", "the text is null (field 'text')"), ("row 251", "empty text")]
    assert len(read.rows) == 298


@both
@pytest.mark.parametrize("compression", [None, "zstd"])
def test_cut_anywhere_gives_the_batches_before_the_cut_and_names_the_break(
    write: Write, compression: str | None, tmp_path: Path
) -> None:
    whole = write(tmp_path / "a.arrow", table(), compression=compression).read_bytes()
    cut = tmp_path / "cut.arrow"
    chosen = random.Random(3)
    for at in sorted(chosen.sample(range(8, len(whole)), 120)):
        cut.write_bytes(whole[:at])
        read = read_file(cut, "arrow")
        assert len(read.rows) in (0, 100, 200, 300)
        assert [row["text"] for row in read.rows] == [row["text"] for row in ROWS[: len(read.rows)]]
        # A stream that ends where a batch does is whole: nothing in it tells how many there were.
        assert read.damages or len(read.rows) == read.lines


@both
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_flipped_bits_are_damage_or_other_values_and_never_a_crash(
    write: Write, compression: str | None, tmp_path: Path
) -> None:
    whole = bytearray(write(tmp_path / "a.arrow", table(), compression=compression).read_bytes())
    flipped = tmp_path / "flipped.arrow"
    chosen = random.Random(5)
    for _ in range(150):
        at, bit = chosen.randrange(len(whole)), chosen.randrange(8)
        whole[at] ^= 1 << bit
        flipped.write_bytes(whole)
        whole[at] ^= 1 << bit
        read = read_file(flipped, "arrow")
        for batch in read.batches:
            batch.validate(full=True)


def test_offsets_that_point_elsewhere_are_damage(tmp_path: Path) -> None:
    """What Arrow itself does not look at: a text that would begin a gigabyte away."""
    of = pa.table({"text": pa.array(["low", "high"], pa.string())})
    whole = bytearray(stream(tmp_path / "a.arrow", of).read_bytes())
    offsets = struct.pack("<iii", 0, 3, 7)
    at = whole.index(offsets)
    whole[at : at + 12] = struct.pack("<iii", 0, 1 << 30, 7)
    (tmp_path / "b.arrow").write_bytes(whole)
    read = read_file(tmp_path / "b.arrow", "arrow")
    assert not read.rows
    assert "not readable as Arrow" in read.damages[0].reason


def test_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    of = pa.table({"text": pa.array(["low water", "a" * (80 << 20)], pa.large_string())})
    path = stream(tmp_path / "bomb.arrow", of, compression="zstd")
    assert path.stat().st_size < 100_000
    with path.open("rb") as opened:
        assert coming(opened, path.stat().st_size) == 0  # the schema
    before = pa.total_allocated_bytes()
    read = read_file(path, "arrow")
    assert not read.rows
    assert "it unpacks to more than 1,000 times" in read.damages[0].reason
    assert pa.total_allocated_bytes() - before < 1 << 20
    assert len(read_file(path, "arrow", limits=Limits(expansion=1_000_000)).rows) == 2


def test_value_that_stands_for_many_rows_stays_within_bounds(tmp_path: Path) -> None:
    long = "low water " * 100_000
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 400, pa.int32()), pa.array([long]))
    path = stream(tmp_path / "a.arrow", pa.table({"text": texts}), rows=400)
    read = read_file(path, "arrow")
    assert len(read.rows) == 400
    assert max(batch.nbytes for batch in read.batches) < 40 << 20


@pytest.mark.parametrize("metadata", [b"", b"\x10\0\0\0", b"\xff" * 64, struct.pack("<I", 1 << 31) + b"\0" * 60])
def test_metadata_that_is_none_is_malformed(metadata: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    path.write_bytes(b"\xff\xff\xff\xff" + struct.pack("<I", len(metadata) or 9) + metadata)
    with path.open("rb") as opened, pytest.raises(Malformed):
        coming(opened, path.stat().st_size)


def test_columns_without_text_name_what_is_there(tmp_path: Path) -> None:
    read = read_file(stream(tmp_path / "a.arrow", pa.table({"pixels": [1, 2]})), "arrow")
    assert read.lines == 0
    assert "found 'pixels'" in read.damages[0].reason


def test_columns_are_kept_as_those_of_parquet(tmp_path: Path) -> None:
    rows = [
        {"text": "Low water.", "score": 0.5, "dump": "2026-10"},
        {"text": "High water.", "score": None, "dump": "2026-11"},
    ]
    of = pa.Table.from_pylist(rows)
    pq.write_table(of, tmp_path / "a.parquet")
    keep = Fields(keep=("all",))
    read = [
        read_file(tmp_path / "a.parquet", "parquet", keep),
        read_file(stream(tmp_path / "a.arrow", of), "arrow", keep),
    ]
    assert [[row["kept"] for row in one.rows] for one in read] == [
        ['{"dump":"2026-10","score":0.5}', '{"dump":"2026-11"}']
    ] * 2


@both
@pytest.mark.parametrize(("rows", "more"), [(5, True), (100, True), (1_000, False)])
def test_first_rows_are_those_of_the_first_batch(write: Write, rows: int, more: bool, tmp_path: Path) -> None:
    of = table() if more else table(ROWS[:50])
    first, goes_on = first_rows(write(tmp_path / "a.arrow", of), rows)
    assert first.column("text").to_pylist() == [row["text"] for row in ROWS[: min(rows, 100 if more else 50)]]
    assert goes_on or not more


def test_first_rows_of_what_is_no_table_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_bytes(b"\xff\xff\xff\xff\x10\0\0\0 no table at all")
    with pytest.raises(ValueError, match=r"ends in the midst|damaged"):
        first_rows(tmp_path / "a.arrow", 5)
