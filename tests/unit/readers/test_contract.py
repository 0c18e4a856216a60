"""What every reader promises, whatever lies in the file: batches of one schema, damage with its file, one extent at the end."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.readers import BATCH_ROWS, RAW, Damage, Extent, Fields, FoundFile, Item, ReadOptions, Skipped
from rightful.readers.formats import Guess, Probe, Reader
from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.read import containers, read, readers
from rightful.readers.unpacking import Room, TooMuch, Unpacking
from tests.unit.readers.reading import LOOK, found

FORMATS = {name: reader for reader in readers() for name in reader.FORMATS}
SMALL = Limits(value_bytes=64)

every_format = pytest.mark.parametrize("name", [name for name in FORMATS if name not in containers()])
every_container = pytest.mark.parametrize("name", containers())
contents = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=80).map(str.encode),
    st.lists(
        st.sampled_from(
            [
                b'{"text": "tide"}',
                b"text,id",
                b"tide,1",
                b"%",
                b"PAR1",
                b"",
                b"\xff",
                b"From a Mon Jan  1 00:00:00 2001",
                b"From: a@b.example",
            ]
        )
    ).map(b"\n".join),
)


def outcomes(file: FoundFile, limits: Limits) -> list[pa.RecordBatch | Damage | Skipped | Extent]:
    return list(read(Item(file.format, (file,)), ReadOptions(Fields(), LOOK, limits)))


def plain(outcome: pa.RecordBatch | Damage | Skipped | Extent) -> object:
    return outcome.to_pylist() if isinstance(outcome, pa.RecordBatch) else outcome


def test_formats_have_one_reader_each() -> None:
    assert len(FORMATS) == sum(len(reader.FORMATS) for reader in readers())


@every_format
@given(content=contents, limits=st.sampled_from([DEFAULT, SMALL]))
def test_reader_whatever_is_there_gives_batches_damage_and_one_extent_the_same_each_time(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes, limits: Limits
) -> None:
    path = tmp_path_factory.mktemp("any") / "corpus.bin"
    path.write_bytes(content)
    there = outcomes(found(path, name), limits)
    assert [plain(one) for one in there] == [plain(one) for one in outcomes(found(path, name), limits)]
    *before, last = there
    assert isinstance(last, Extent)
    assert last.lines >= 0
    for outcome in before:
        if isinstance(outcome, Damage | Skipped):
            assert (outcome.file, bool(outcome.reason)) == ("corpus.bin", True)
        else:
            assert isinstance(outcome, pa.RecordBatch)
            assert outcome.schema == RAW
            assert 0 < outcome.num_rows <= BATCH_ROWS
            for text in outcome.column("text").to_pylist():
                assert text.strip()
                assert len(text.encode()) <= limits.value_bytes


@every_container
@given(content=contents)
def test_container_whatever_is_there_lays_down_files_below_its_folder_and_tells_the_rest(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path, to = folder / "corpus.bin", folder / "to"
    path.write_bytes(content)
    to.mkdir()
    into = Unpacking("corpus.bin", to, Room(SMALL, len(content)))
    with contextlib.suppress(TooMuch):
        told = list(containers()[name].unpack(found(path, name), into))
        assert any(isinstance(one, Damage) and one.file == "corpus.bin" and one.reason for one in told)
        assert not into.is_whole
    assert {one.name for one in folder.iterdir()} == {"corpus.bin", "to"}


@every_container
def test_container_that_is_gone_is_damage(name: str, tmp_path: Path) -> None:
    path = tmp_path / "corpus.bin"
    path.write_bytes(b"x")
    file = found(path, name)
    path.unlink()
    (tmp_path / "to").mkdir()
    into = Unpacking("corpus.bin", tmp_path / "to", Room(DEFAULT, 1))
    [damage] = containers()[name].unpack(file, into)
    assert isinstance(damage, Damage)
    assert damage.file == "corpus.bin"
    assert "gone" in damage.reason
    assert not into.is_whole


@every_format
def test_file_that_is_gone_is_damage(name: str, tmp_path: Path) -> None:
    path = tmp_path / "corpus.bin"
    path.write_bytes(b"x")
    file = found(path, name)
    path.unlink()
    damage, extent = outcomes(file, DEFAULT)
    assert isinstance(damage, Damage)
    assert damage.position is None
    assert isinstance(extent, Extent)


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: "-".join(reader.FORMATS))
@given(name=st.text(max_size=12), head=st.binary(max_size=64), packed=st.booleans())
def test_reader_recognises_its_own_formats_and_says_why_not(
    reader: Reader, name: str, head: bytes, packed: bool
) -> None:
    for suffix in ("", ".jsonl", ".txt", ".csv", ".parquet", ".html", *(f".{of}" for of in reader.FORMATS)):
        guess = reader.recognise(Probe(name + suffix, suffix, head, packed, lambda size: head))
        assert guess is None or isinstance(guess, Guess)
        if guess is not None:
            assert guess.format in reader.FORMATS or (guess.format is None and guess.reason)


@pytest.mark.parametrize("reader", readers(), ids=lambda reader: "-".join(reader.FORMATS))
def test_ranges_of_a_file_are_in_order_and_end_with_the_rest(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "corpus.bin"
    path.write_bytes(b'{"text": "tide"}\n' * 1_000)
    ranges = reader.divide(found(path, reader.FORMATS[0]), 4_096)
    assert ranges[0][0] == 0
    assert ranges[-1][1] is None
    for (_, stop), (start, _) in pairwise(ranges):
        assert stop == start
