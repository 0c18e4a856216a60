from __future__ import annotations

import bz2
import os
import sys
import tracemalloc
import zlib
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.readers.limits import Limits
from rightful.readers.streams import (
    StreamBroken,
    TooLong,
    chunks,
    compression,
    lines,
    unpacked_head,
    unreadable_window,
    window_bytes,
)
from tests.unit.readers.reading import PACKERS, letters

DATA = b"".join(b"%d %s\n" % (n, os.urandom(8).hex().encode() * (n % 9)) for n in range(6_000))


def drain(path: Path) -> tuple[bytes, str | None]:
    got = bytearray()
    try:
        for chunk in chunks(path):
            got += chunk
    except StreamBroken as broken:
        return bytes(got), broken.reason
    return bytes(got), None


needs_zstandard = pytest.mark.skipif(find_spec("zstandard") is None, reason="pip install 'rightful[zstd]'")


def long_window(data: bytes, log: int) -> bytes:
    """A frame whose header asks for a window of 2**log bytes, as ``zstd --long`` writes it from a pipe."""
    zstandard = import_module("zstandard")
    parameters = zstandard.ZstdCompressionParameters(window_log=log, enable_ldm=True, compression_level=1)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    packed = packer.compress(data) + packer.flush()
    assert window_bytes(packed) == 1 << log
    return bytes(packed)


@needs_zstandard
@pytest.mark.parametrize("log", [28, 31])
def test_chunks_of_zstd_with_a_long_window_are_read(tmp_path: Path, log: int) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(long_window(DATA, log) + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + long_window(b"more\n", log))
    assert drain(path) == (DATA + b"more\n", None)
    assert unpacked_head(path, 100) == DATA[:100]


@needs_zstandard
@pytest.mark.parametrize("cut", [1, 4, 30, 3_000])
def test_chunks_of_a_truncated_long_window_are_a_prefix_and_then_a_reason(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(long_window(DATA, 31)[:-cut])
    got, reason = drain(path)
    assert DATA.startswith(got)
    assert reason is not None
    assert "truncated" in reason


@needs_zstandard
def test_chunks_of_zstd_without_the_extra_name_the_window_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(long_window(DATA, 31))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    got, reason = drain(path)
    assert got == b""
    assert reason is not None
    assert reason.startswith("zstd data with a window of 2 GiB, more than 128 MiB")
    assert "rightful[zstd]" in reason
    assert "zstd -d --long=31" in reason
    assert unreadable_window(path.read_bytes()) == reason


@pytest.mark.parametrize(
    ("head", "window"),
    [("28b52ffd0488", 1 << 27), ("28b52ffd0490", 1 << 28), ("28b52ffd2005", 5), ("28b52ffd600100", 257), ("1f8b08", 0)],
)
def test_window_of_a_frame_is_that_of_its_header(head: str, window: int) -> None:
    assert window_bytes(bytes.fromhex(head)) == window


@pytest.mark.parametrize("suffix", PACKERS)
def test_chunks_of_concatenated_members_are_all_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "name-says-nothing"
    path.write_bytes(b"".join(PACKERS[suffix](part) for part in (DATA, b"one more\n", DATA)))
    assert drain(path) == (DATA + b"one more\n" + DATA, None)


def test_chunks_of_zstd_with_skippable_frames_are_read(tmp_path: Path) -> None:
    frame = b"\x50\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"
    path = tmp_path / "x.zst"
    path.write_bytes(frame + PACKERS[".zst"](DATA) + frame)
    assert compression(path.read_bytes()[:16]) == "zstd"
    assert drain(path) == (DATA, None)


@pytest.mark.parametrize("suffix", PACKERS)
@settings(max_examples=30)  # an example reads the file twice, and byte by byte near its end
@given(data=st.data())
def test_chunks_of_a_truncated_stream_are_a_prefix_and_then_a_reason(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, data: st.DataObject
) -> None:
    packed = PACKERS[suffix](DATA)
    cut = data.draw(st.integers(12, len(packed) - 1))
    path = tmp_path_factory.mktemp("cut") / "x"
    path.write_bytes(packed[:cut])
    got, reason = drain(path)
    assert reason is not None
    assert "truncated" in reason
    assert DATA.startswith(got)
    if suffix == ".gz":  # nothing that can be had is lost
        assert got == zlib.decompressobj(31).decompress(packed[:cut])
    if suffix == ".bz2":
        assert got == bz2.BZ2Decompressor().decompress(packed[:cut])
    if suffix == ".zst":
        assert len(got) == len(DATA) // 131_072 * 131_072 or cut < 100_000  # whole blocks


@pytest.mark.parametrize("suffix", PACKERS)
def test_chunks_of_a_large_truncated_stream_lose_nothing_of_earlier_chunks(tmp_path: Path, suffix: str) -> None:
    first, last = os.urandom(3 << 20), b"the end" * 1_000
    path = tmp_path / "x"
    path.write_bytes(PACKERS[suffix](first) + PACKERS[suffix](last)[:-3])
    got, reason = drain(path)
    assert got[: len(first)] == first
    assert last.startswith(got[len(first) :])
    assert reason is not None
    assert "truncated" in reason


def test_chunks_of_a_file_that_is_cut_while_it_is_read_end_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(PACKERS[".gz"](os.urandom(3 << 20)))
    pieces = chunks(path)
    next(pieces)
    os.truncate(path, 0)
    with pytest.raises(StreamBroken, match="truncated"):
        list(pieces)


def test_chunks_of_gzip_with_a_wrong_checksum_are_read_and_called_corrupt(tmp_path: Path) -> None:
    packed = bytearray(PACKERS[".gz"](DATA))
    packed[-6] ^= 1
    path = tmp_path / "x.gz"
    path.write_bytes(packed)
    got, reason = drain(path)
    assert got == DATA
    assert reason is not None
    assert "the gzip data is corrupt" in reason


@pytest.mark.parametrize("suffix", PACKERS)
def test_chunks_with_something_else_after_the_stream_are_called_corrupt(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(PACKERS[suffix](DATA) + b"something else altogether")
    got, reason = drain(path)
    assert got == DATA
    assert reason is not None
    assert "corrupt" in reason


def test_chunks_of_a_file_that_is_gone_say_so(tmp_path: Path) -> None:
    with pytest.raises(StreamBroken, match="it is gone") as caught:
        next(chunks(tmp_path / "nowhere"))
    assert not caught.value.opened


def test_chunks_of_what_became_a_link_or_a_pipe_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(StreamBroken, match="cannot be read"):
            next(chunks(tmp_path / name))


def test_lines_longer_than_allowed_are_measured_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.zst"
    long = 17 << 20
    path.write_bytes(PACKERS[".zst"](b"a\n" + letters(long) + b"\nb\n" + letters(long)))
    assert list(lines(path, limits=Limits(value_bytes=16 << 20))) == [b"a", TooLong(long), b"b", TooLong(long)]


def test_lines_longer_than_allowed_do_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.truncate(512 << 20)  # takes no room
    tracemalloc.start()
    try:
        assert list(lines(path, limits=Limits(value_bytes=128 << 20))) == [TooLong(512 << 20)]
        assert tracemalloc.get_traced_memory()[1] < 140 << 20  # the limit is 128 MiB
    finally:
        tracemalloc.stop()


@given(
    content=st.lists(st.sampled_from([b"", b"a", b"bc\r", b"\xff" * 7]), max_size=20).map(b"\n".join),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_lines_of_ranges_are_the_lines_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("cut") / "x"
    path.write_bytes(content)
    bounds = [0, *sorted(cuts), None]
    parts = [list(lines(path, a or 0, b)) for a, b in pairwise(bounds)]
    assert list(chain.from_iterable(parts)) == list(lines(path))
    assert b"\n".join(map(bytes, lines(path))) == content.removesuffix(b"\n")  # type: ignore[arg-type]


def test_lines_of_a_range_read_little_beyond_it(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.write(b"a\n")
        file.truncate(1 << 40)  # a terabyte without a newline, which takes no room
    assert list(lines(path, 0, 2)) == [b"a"]
    assert list(lines(path, 5, 1_000)) == []


@pytest.mark.parametrize("suffix", PACKERS)
def test_unpacked_head_of_a_torn_file_is_what_there_is(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(PACKERS[suffix](b"hello world\n"))
    assert unpacked_head(path, 5) == b"hello"
    path.write_bytes(path.read_bytes()[:14])
    assert b"hello world\n".startswith(unpacked_head(path, 5))


def test_unpacked_head_of_a_bomb_is_small_and_quick(tmp_path: Path) -> None:
    path = tmp_path / "x.zst"
    path.write_bytes(PACKERS[".zst"](bytes(256 << 20)))
    assert unpacked_head(path, 8_192) == bytes(8_192)


@pytest.mark.parametrize("head", [b"", b"\x1f", b"BZ", b"BZhello wor", b"BZh9 no", b"PAR1", b"{}\n", b"\x50\x2a"])
def test_compression_of_other_bytes_is_none(head: bytes) -> None:
    assert compression(head) is None
