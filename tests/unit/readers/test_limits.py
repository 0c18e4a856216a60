"""A few bytes that stand for gigabytes: damage with file and position, in bounded time and memory."""

from __future__ import annotations

import bz2
import gzip
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.errors import InputError
from rightful.readers import Damage, Fields, FoundFile, Item, ReadOptions
from rightful.readers.limits import (
    DEFAULT,
    FREE_BYTES,
    STEP_BYTES,
    Limits,
    raised,
    size_of,
    sizes,
    step_rows,
    value_sizes,
    with_changes,
)
from rightful.readers.read import read
from tests.unit.readers.reading import LOOK


def item(path: Path, format: str) -> Item:
    status = path.stat()
    return Item(format, (FoundFile(path, path.name, status.st_size, status.st_mtime_ns, format),))


RATIO = DEFAULT.expansion


def came(path: Path, format: str, limits: Limits = DEFAULT, **fields: str) -> tuple[int, list[Damage]]:
    found = list(read(item(path, format), ReadOptions(Fields(**fields), LOOK, limits)))
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


def test_row_group_that_says_it_is_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    pq.write_table(pa.table({"text": [f"text {n} " * 100 for n in range(1_000)]}), path, row_group_size=500)
    read_rows, damages = came(path, "parquet", Limits(row_group_bytes=10_000))
    assert read_rows == 0
    assert [d.position for d in damages] == ["row 1", "row 501"]
    assert all("bytes unpacked, and at most 10,000 are read" in d.reason for d in damages)
    assert all(raised("row_group_bytes") in d.reason for d in damages)


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
    assert DEFAULT.beyond(FREE_BYTES, 1) is None
    assert DEFAULT.beyond(FREE_BYTES + 1, FREE_BYTES) is None
    assert DEFAULT.beyond(RATIO * 100_000, 100_000) is None
    assert raised("expansion") in (DEFAULT.beyond(RATIO * 100_000 + 1, 100_000) or "")
    assert Limits(expansion=2_000).beyond(RATIO * 100_000 + 1, 100_000) is None


@pytest.mark.parametrize("unpacked", [1, 1 << 10, 1 << 20, 1 << 24, 1 << 28, 1 << 31])
def test_step_never_means_more_than_it_may(unpacked: int) -> None:
    rows = step_rows(64, [(unpacked, 1, True)])
    assert rows == 1 or rows * unpacked <= STEP_BYTES
    assert step_rows(64, [(unpacked, unpacked, True), (unpacked, 1, False)]) == 64


def test_mean_row_counts_where_nothing_is_stored_once() -> None:
    """A megabyte that unpacks to a gigabyte is read a few rows at a time, though it has no dictionary."""
    assert step_rows(64, [(1 << 30, 1 << 20, False)], 64) == 4
    assert step_rows(64, [(1 << 30, 1 << 20, False)], 1 << 20) == 64


MOST = 4_000
LONG = "x" * (MOST + 1)
_PERSON = {"name": "Mira", "mail": "y" * (MOST // 2)}


@pytest.mark.parametrize(
    ("column", "value", "short"),
    [
        ("text", LONG, "x"),
        ("url", "https://a.example/" + LONG, "https://a.example/"),
        ("id", LONG, "1"),
        ("who", ["a" * MOST, "b"], ["a"]),
        ("who", [{"name": "Mira"}, {"name": LONG}], [{"name": "Mira"}]),
        ("who", [_PERSON] * 3, [_PERSON]),
        ("metadata", {"license": LONG}, {"license": "MIT"}),
        ("metadata", {"license": [{"name": LONG}]}, {"license": [{"name": "MIT"}]}),
        ("metadata", '{"license": "' + LONG + '"}', '{"license": "MIT"}'),
        ("license", LONG.encode(), b"MIT"),
    ],
)
def test_value_of_any_column_that_is_read_is_bounded(column: str, value: object, short: object, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    plain = {"text": "the tide was late", column: short}
    rows = [plain, {"text": "the tide was late", column: value}, plain]
    pq.write_table(pa.Table.from_pylist(rows), path)
    mapped = {"subject": "who"} if column == "who" else {}
    read_rows, damages = came(path, "parquet", Limits(value_bytes=MOST), **mapped)
    assert read_rows == 2
    ((position, reason),) = [(d.position, d.reason) for d in damages]
    assert position == "row 2"
    named = "a text of" if column == "text" else f"a value of {column!r}"
    assert reason.startswith((named, f"a value of '{column}."))
    assert reason.endswith(f"at most {MOST} are read{raised('value_bytes')}")
    assert came(path, "parquet", Limits(value_bytes=1 << 20), **mapped) == (3, [])


@pytest.mark.parametrize("column", ["text", "url", "metadata"])
def test_lines_and_rows_of_text_formats_are_bounded_whatever_is_long_in_them(column: str, tmp_path: Path) -> None:
    lines, table = tmp_path / "a.jsonl", tmp_path / "a.csv"
    lines.write_text(f'{{"text": "a", "{column}": "{LONG}"}}\n{{"text": "b"}}\n')
    table.write_text(f"text,{column}_\n{LONG if column == 'text' else 'a'},{LONG}\nb,c\n")
    for path, format, position in ((lines, "jsonl", "line 1"), (table, "csv", "row 1")):
        _, damages = came(path, format, Limits(value_bytes=MOST))
        assert [d.position for d in damages] == [position]
        assert raised("value_bytes") in damages[0].reason


def test_sizes_of_values_count_all_that_is_within() -> None:
    whole = pa.array(["a" * 10, None, "b" * 30])
    assert value_sizes(whole).tolist() == [10, 0, 30]
    assert value_sizes(whole[1:]).tolist() == [0, 30]
    assert value_sizes(whole.dictionary_encode()).tolist() == [10, 0, 30]
    assert value_sizes(pa.array([["a", "bb"], None, [], ["ccc"]])).tolist() == [24, 0, 8, 16]
    assert value_sizes(pa.array([["a", "bb"], None, ["ccc"]])[2:]).tolist() == [16]
    assert value_sizes(pa.array([{"a": "x", "b": ["yy"]}, None])).tolist()[0] == 17
    pairs = pa.array([[("k", "vvv")], None], pa.map_(pa.string(), pa.string()))
    assert value_sizes(pairs).tolist() == [16, 0]
    assert value_sizes(pa.array([[True] * 100])).tolist() == [808], "bits become values"
    assert value_sizes(pa.array([["a", "b"], ["cc", None]], pa.list_(pa.string(), 2))).tolist() == [2, 2]
    assert value_sizes(pa.array(["abc", None], pa.string_view())).tolist() == [3, 0]
    assert value_sizes(pa.array([1, 2], pa.int64())).tolist() == [8, 8]


def test_limits_that_are_none_are_refused_with_their_name() -> None:
    for limits, subject in (({"value_bytes": 0}, "limits.value_bytes"), ({"expansion": -1}, "limits.expansion")):
        with pytest.raises(InputError) as caught:
            Limits(**limits)
        assert caught.value.subject == subject
    with pytest.raises(InputError, match="less than 2 GiB"):
        Limits(value_bytes=1 << 31)
    with pytest.raises(InputError, match="unknown limit") as caught:
        with_changes(DEFAULT, {"value_byte": 1})
    assert caught.value.hint == "did you mean 'value_bytes'?"


@pytest.mark.parametrize(
    ("words", "size"),
    [("1", 1), ("5B", 5), ("512MiB", 512 << 20), ("4 GiB", 4 << 30), ("2k", 2 << 10), ("1T", 1 << 40)],
)
def test_size_is_read_as_it_is_written(words: str, size: int) -> None:
    assert size_of(words) == size


@pytest.mark.parametrize("words", ["", "much", "-1", "1.5GiB", "1PiB", "0x10", "1" * 16])
def test_what_is_no_size_is_an_error(words: str) -> None:
    with pytest.raises(InputError, match="is not a size"):
        sizes([f"value_bytes={words}"])
    with pytest.raises(InputError, match="expected NAME=SIZE"):
        sizes(["value_bytes"])


_PEAK = """
import resource, sys
from pathlib import Path
from rightful.readers import Fields, FoundFile, Item, Damage, ReadOptions
from rightful.readers.read import read
from tests.unit.readers.reading import LOOK
path, format = Path(sys.argv[1]), sys.argv[2]
status = path.stat()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for part in read(Item(format, (FoundFile(path, path.name, status.st_size, 0, format),)), ReadOptions(Fields(), LOOK)):
    if isinstance(part, Damage):
        print(part.reason)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""


def _peak_mib(path: Path, format: str) -> tuple[int, str]:
    """How much more memory reading a file takes, in a process of its own, and what was said of it."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(path), format],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    *said, peak = done.stdout.splitlines()
    return int(peak), "\n".join(said)


@pytest.mark.parametrize("kind", ["dictionary", "gz", "zst"])
def test_memory_stays_bounded_whatever_a_file_stands_for(kind: str, tmp_path: Path) -> None:
    """Gigabytes in a few kilobytes; reading them takes a small part of that."""
    if kind == "dictionary":
        path = tmp_path / "bomb.parquet"
        once = pa.DictionaryArray.from_arrays(pa.array([0] * 500, pa.int32()), pa.array(["x" * 10_000_000]))
        pq.write_table(pa.table({"text": once}), path, compression="zstd")
    else:
        path = tmp_path / f"bomb.jsonl.{kind}"
        piece, pieces = b"x" * (1 << 20), 1_500
        with pa.CompressedOutputStream(str(path), "gzip" if kind == "gz" else "zstd") as out:
            for _ in range(pieces):
                out.write(piece)
    peak, said = _peak_mib(path, "parquet" if kind == "dictionary" else "jsonl")
    assert said
    assert peak < 700, said
