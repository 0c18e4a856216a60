"""The layout itself, spelled out with struct as megatron-core's indexed_dataset.py has it."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rightful.errors import DamagedInput
from rightful.export.formats import Shape, document, megatron


def index(
    lengths: Sequence[int] = (2, 1),
    offsets: Sequence[int] = (0, 4),
    boundaries: Sequence[int] = (0, 1, 2),
    magic: bytes = b"MMIDIDX\0\0",
    version: int = 1,
    code: int = 8,
    modes: bytes = b"",
) -> bytes:
    return (
        magic
        + struct.pack("<Q", version)
        + struct.pack("<B", code)
        + struct.pack("<QQ", len(lengths), len(boundaries))
        + struct.pack(f"<{len(lengths)}i", *lengths)
        + struct.pack(f"<{len(offsets)}q", *offsets)
        + struct.pack(f"<{len(boundaries)}q", *boundaries)
        + modes
    )


def put(folder: Path, tokens: bytes, **changed: Any) -> None:
    (folder / "s.bin").write_bytes(tokens)
    (folder / "s.idx").write_bytes(index(**changed))


SMALL = Shape(vocab_size=300, eod=0)
THREE = struct.pack("<3H", 1, 2, 65_000)


@pytest.mark.parametrize(("vocab_size", "code", "letter"), [(65_499, 8, "H"), (65_500, 4, "i"), (200_000, 4, "i")])
def test_megatron_bytes_are_the_layout(tmp_path: Path, vocab_size: int, code: int, letter: str) -> None:
    made = [document("a", np.array([1, 2], np.uint32)), document("b", np.array([65_000], np.uint32))]
    megatron.write(tmp_path, "s", made, Shape(vocab_size=vocab_size, eod=0))
    width = struct.calcsize(f"<{letter}")
    assert (tmp_path / "s.bin").read_bytes() == struct.pack(f"<3{letter}", 1, 2, 65_000)
    assert (tmp_path / "s.idx").read_bytes() == index(offsets=(0, 2 * width), code=code)
    assert megatron.width(Shape(vocab_size=vocab_size, eod=0)).itemsize == width


def test_megatron_no_documents_is_one_boundary(tmp_path: Path) -> None:
    megatron.write(tmp_path, "s", [], SMALL)
    assert (tmp_path / "s.bin").read_bytes() == b""
    assert (tmp_path / "s.idx").read_bytes() == index((), (), (0,))


def test_megatron_more_documents_than_a_chunk_of_the_index(tmp_path: Path) -> None:
    lengths = np.random.default_rng(3).integers(0, 3, 150_000)
    megatron.write(tmp_path, "s", (document("r", np.zeros(n, np.uint8)) for n in lengths.tolist()), SMALL)
    raw = (tmp_path / "s.idx").read_bytes()
    offsets = np.frombuffer(raw, "<i8", len(lengths), offset=34 + 4 * len(lengths))
    assert np.array_equal(offsets, (np.cumsum(lengths) - lengths) * 2)
    boundaries = np.frombuffer(raw, "<i8", len(lengths) + 1, offset=34 + 12 * len(lengths))
    assert np.array_equal(boundaries, np.arange(len(lengths) + 1))


def test_megatron_documents_of_several_sequences_and_modes_are_read(tmp_path: Path) -> None:
    put(tmp_path, THREE, boundaries=(0, 2, 2), modes=b"\0\1")
    assert [row.tokens.tolist() for row in megatron.read(tmp_path, "s", SMALL)] == [[1, 2, 65_000], []]


@pytest.mark.parametrize(("code", "kind"), [(1, "<u1"), (2, "<i1"), (3, "<i2"), (4, "<i4"), (5, "<i8"), (8, "<u2")])
def test_megatron_every_integer_type_is_read(tmp_path: Path, code: int, kind: str) -> None:
    tokens = np.array([1, 2, 100], kind)
    put(tmp_path, tokens.tobytes(), offsets=(0, 2 * tokens.itemsize), code=code)
    assert [row.tokens.tolist() for row in megatron.read(tmp_path, "s", SMALL)] == [[1, 2], [100]]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"magic": b"MMIDIDX\0\1"}, r"is not a Megatron index: it begins with b'MMIDIDX\\x00\\x01'"),
        ({"version": 2}, "has version 2; only version 1 is known"),
        ({"code": 7}, "has the token type 7"),
        ({"lengths": (-1, 4)}, "has a sequence of -1 tokens"),
        ({"offsets": (0, 2)}, "has offsets that are not the sum of the lengths before them"),
        ({"offsets": (2, 4)}, "has offsets that are not the sum"),
        ({"boundaries": (0, 1, 1)}, "has document boundaries that do not run from 0 to the number of sequences"),
        ({"boundaries": (1, 2)}, "has document boundaries that do not"),
        ({"boundaries": (0, 2, 1, 2)}, "has document boundaries that do not"),
        ({"boundaries": ()}, "has document boundaries that do not"),
        ({"modes": b"\0"}, "has 83 bytes; 2 sequences and 3 boundaries need 82"),
    ],
)
def test_megatron_inconsistent_index_is_damaged(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    put(tmp_path, THREE, **changed)
    with pytest.raises(DamagedInput, match=reason) as caught:
        list(megatron.read(tmp_path, "s", SMALL))
    assert caught.value.subject == str(tmp_path / "s.idx")


def test_megatron_index_of_another_shard_is_damaged(tmp_path: Path) -> None:
    put(tmp_path, THREE, lengths=(2, 2))
    with pytest.raises(DamagedInput, match="has 6 bytes; its index speaks of 8") as caught:
        list(megatron.read(tmp_path, "s", SMALL))
    assert caught.value.subject == str(tmp_path / "s.bin")


def test_megatron_negative_id_is_damaged(tmp_path: Path) -> None:
    put(tmp_path, struct.pack("<3i", 1, 2, -3), offsets=(0, 8), code=4)
    with pytest.raises(DamagedInput, match="document 1 has the id -3"):
        list(megatron.read(tmp_path, "s", SMALL))


def test_megatron_huge_counts_in_a_small_file_are_damaged_not_allocated(tmp_path: Path) -> None:
    put(tmp_path, THREE)
    data = bytearray((tmp_path / "s.idx").read_bytes())
    data[18:26] = struct.pack("<Q", 2**63)
    (tmp_path / "s.idx").write_bytes(data)
    with pytest.raises(DamagedInput, match="has 82 bytes; 9223372036854775808 sequences"):
        list(megatron.read(tmp_path, "s", SMALL))


def test_megatron_memory_does_not_grow_with_the_shard(tmp_path: Path) -> None:
    ids = np.arange(50_000, dtype=np.uint32)
    tracemalloc.start()
    try:
        megatron.write(tmp_path, "s", (document("r", ids) for _ in range(200)), Shape(vocab_size=50_257, eod=0))
        assert sum(len(row.tokens) for row in megatron.read(tmp_path, "s", SMALL)) == 10_000_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "s.bin").stat().st_size == 20_000_000
    assert peak < 4_000_000
