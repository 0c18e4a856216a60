"""The layout itself, spelled out with struct and json as mosaicml-streaming has it."""

from __future__ import annotations

import json
import struct
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import DamagedInput, InputError
from rightful.export.formats import Row, Shape, Span, document, mds

SMALL = Shape(vocab_size=50_257, eod=0)
LARGE = Shape(vocab_size=131_072, eod=0)
PACKED = Shape(vocab_size=50_257, eod=9, seq_len=4)
DOCUMENT = {"input_ids": "ndarray:uint16", "record_id": "str"}
SEQUENCE = {
    "input_ids": "ndarray:uint16",
    "lengths": "ndarray:int32",
    "loss_mask": "ndarray:uint8",
    "position_ids": "ndarray:int32",
    "record_ids": "json",
}
LETTERS = {"uint8": "B", "uint16": "H", "uint32": "I", "int32": "i"}


def configuration(columns: dict[str, str], **changed: Any) -> dict[str, Any]:
    return {
        "column_encodings": list(columns.values()),
        "column_names": list(columns),
        "column_sizes": [None] * len(columns),
        "compression": None,
        "format": "mds",
        "hashes": ["sha256"],
        "size_limit": None,
        "version": 2,
        **changed,
    }


def numbers(values: list[int], kind: str) -> bytes:
    """``NDArray.encode`` of one dimension of fewer than 256."""
    return struct.pack("<BB", (1 << 2) | 0, len(values)) + struct.pack(f"<{len(values)}{LETTERS[kind]}", *values)


def sample(columns: dict[str, str], values: dict[str, Any]) -> bytes:
    """``MDSWriter.encode_sample``."""
    parts = []
    for name, encoding in columns.items():
        value = values[name]
        if isinstance(value, bytes):
            parts.append(value)
        elif encoding == "str":
            parts.append(value.encode())
        elif encoding == "json":
            parts.append(json.dumps(value).encode())
        else:
            parts.append(numbers(value, encoding.split(":")[1]))
    return struct.pack(f"<{len(parts)}I", *map(len, parts)) + b"".join(parts)


def shard(
    config: Any, samples: list[bytes], shift: Callable[[list[int]], list[int]] = lambda offsets: offsets
) -> bytes:
    """``MDSWriter.encode_joint_shard``."""
    text = (config if isinstance(config, str) else json.dumps(config, sort_keys=True)).encode()
    offsets = [4 + 4 * (len(samples) + 1) + len(text)]
    for one in samples:
        offsets.append(offsets[-1] + len(one))
    return struct.pack(f"<{len(offsets) + 1}I", len(samples), *shift(offsets)) + text + b"".join(samples)


def documents(columns: dict[str, str], *values: dict[str, Any]) -> bytes:
    return shard(configuration(columns), [sample(columns, one) for one in values])


ONE, TWO = {"input_ids": [1, 2], "record_id": "a"}, {"input_ids": [50_000], "record_id": "bé"}
ROW = {
    "input_ids": [9, 1, 2, 3],
    "lengths": [2, 1],
    "loss_mask": [0, 1, 1, 0],
    "position_ids": [0, 0, 1, 0],
    "record_ids": ["a", "bé"],
}


def two() -> list[Row]:
    return [document("a", np.array([1, 2], np.uint32)), document("bé", np.array([50_000], np.uint32))]


def test_mds_bytes_are_the_layout(tmp_path: Path) -> None:
    assert mds.write(tmp_path, "s", two(), SMALL) == [tmp_path / "s.mds"]
    assert (tmp_path / "s.mds").read_bytes() == documents(DOCUMENT, ONE, TWO)


@pytest.mark.parametrize(("vocab_size", "kind"), [(65_536, "uint16"), (65_537, "uint32")])
def test_mds_ids_are_as_wide_as_the_vocabulary_needs(tmp_path: Path, vocab_size: int, kind: str) -> None:
    shape = Shape(vocab_size=vocab_size, eod=0)
    mds.write(tmp_path, "s", [document("a", np.array([vocab_size - 1]))], shape)
    columns = {**DOCUMENT, "input_ids": f"ndarray:{kind}"}
    assert (tmp_path / "s.mds").read_bytes() == documents(columns, {"input_ids": [vocab_size - 1], "record_id": "a"})
    assert mds.width(shape) == np.dtype(kind)
    assert [held.tokens.tolist() for held in mds.read(tmp_path, "s", shape)] == [[vocab_size - 1]]


def test_mds_masked_documents_have_a_mask(tmp_path: Path) -> None:
    rows = [two()[0], Row(np.array([7], np.uint32), (Span(1, "bé", "", 0, 1, False),))]
    mds.write(tmp_path, "s", rows, SMALL, masked=True)
    columns = {"input_ids": "ndarray:uint16", "loss_mask": "ndarray:uint8", "record_id": "str"}
    masked = {"input_ids": [7], "loss_mask": [0], "record_id": "bé"}
    assert (tmp_path / "s.mds").read_bytes() == documents(columns, {**ONE, "loss_mask": [1, 1]}, masked)
    assert [held.mask.tolist() for held in mds.read(tmp_path, "s", SMALL) if held.mask is not None] == [[1, 1], [0]]


def test_mds_sequences_have_documents_positions_and_a_mask(tmp_path: Path) -> None:
    rows = [Row(np.array([9, 1, 2, 3]), (Span(0, "a", "", 1, 2), Span(1, "bé", "", 3, 1, False)))]
    mds.write(tmp_path, "s", rows, PACKED)
    assert (tmp_path / "s.mds").read_bytes() == documents(SEQUENCE, ROW)
    held = next(mds.read(tmp_path, "s", PACKED))
    assert (held.tokens.tolist(), held.record_ids, held.lengths) == ([9, 1, 2, 3], ("a", "bé"), (2, 1))
    assert held.mask is not None
    assert held.mask.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(("count", "head"), [(255, "<BB"), (256, "<BH"), (65_535, "<BH"), (65_536, "<BI")])
def test_mds_length_of_ids_is_as_wide_as_it_needs(tmp_path: Path, count: int, head: str) -> None:
    ids = np.arange(count) % 50_000
    mds.write(tmp_path, "s", [document("a", ids)], SMALL)
    value = struct.pack(head, 1 << 2 | {"<BB": 0, "<BH": 1, "<BI": 2}[head], count) + ids.astype("<u2").tobytes()
    assert (tmp_path / "s.mds").read_bytes() == documents(DOCUMENT, {"input_ids": value, "record_id": "a"})
    assert [held.tokens.tolist() for held in mds.read(tmp_path, "s", SMALL)] == [ids.tolist()]
    assert mds.access(tmp_path, "s", SMALL).ids(3, count - 5).tolist() == ids[3:-2].tolist()


def test_index_names_the_shards_of_a_folder_with_their_digests(tmp_path: Path) -> None:
    mds.write(tmp_path, "b", two(), SMALL)
    mds.write(tmp_path, "a", two()[:1], SMALL)
    assert mds.finish(tmp_path, ["b", "a"], SMALL) == [tmp_path / "index.json"]
    entries = []
    for stem, samples in (("b", 2), ("a", 1)):
        data = (tmp_path / f"{stem}.mds").read_bytes()
        raw = {"basename": f"{stem}.mds", "bytes": len(data), "hashes": {"sha256": sha256(data).hexdigest()}}
        entries.append(configuration(DOCUMENT, raw_data=raw, samples=samples, zip_data=None))
    expected = json.dumps({"shards": entries, "version": 2}, sort_keys=True)
    assert (tmp_path / "index.json").read_text() == expected


def test_index_of_a_missing_or_damaged_shard_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(DamagedInput, match="is missing"):
        mds.finish(tmp_path, ["s"], SMALL)
    (tmp_path / "s.mds").write_bytes(b"\1\0\0\0")
    with pytest.raises(DamagedInput, match="has 4 bytes; the offsets of 1 samples need 12"):
        mds.finish(tmp_path, ["s"], SMALL)
    assert not (tmp_path / "index.json").exists()


@given(
    lists=st.lists(st.tuples(st.text(max_size=4), st.lists(st.integers(0, 131_071), max_size=4)), max_size=6),
    where=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
@settings(max_examples=40)
def test_any_record_comes_back_and_any_place_is_read(
    lists: list[tuple[str, list[int]]], where: tuple[float, float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mds")
    mds.write(folder, "s", [document(record, np.array(ids, np.uint32)) for record, ids in lists], LARGE)
    held = list(mds.read(folder, "s", LARGE))
    assert [(one.record_ids, one.tokens.tolist()) for one in held] == [((record,), ids) for record, ids in lists]
    stream = [i for _, ids in lists for i in ids]
    first, last = sorted(round(part * len(stream)) for part in where)
    one = mds.access(folder, "s", LARGE)
    assert one.ids(first, last - first).tolist() == stream[first:last]
    with pytest.raises(DamagedInput, match=f"has {len(stream)} ids"):
        one.ids(first, len(stream) - first + 1)
    one.close()


GOOD = documents(DOCUMENT, ONE, TWO)
ONES = [sample(DOCUMENT, ONE)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "has 0 bytes; the offsets of 0 samples need 8"),
        (struct.pack("<I", 2**32 - 1) + GOOD[4:], "the offsets of 4294967295 samples need"),
        (GOOD[:-1], "its offsets end at"),
        (GOOD + b"\0", "its offsets end at"),
        (shard(configuration(DOCUMENT), ONES * 2, lambda o: [o[0], o[2], o[1]]), "offsets that do not follow"),
        (shard(configuration(DOCUMENT), ONES, lambda o: [4, o[1]]), "offsets that do not follow"),
        (shard(configuration(DOCUMENT), ONES, lambda o: [o[0] + 1, o[1]]), "has no configuration in JSON"),
        (shard("{", ONES), "has no configuration in JSON"),
        (shard("\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), ONES), "has no configuration in JSON"),
        (shard("[]", ONES), "expected the configuration"),
        (shard(configuration(DOCUMENT, version=1), ONES), "expected the configuration"),
        (shard(configuration(DOCUMENT, compression="zstd"), ONES), "expected the configuration"),
        (shard(configuration({"record_id": "str", "input_ids": "ndarray:uint16"}), ONES), "expected the configuration"),
        (shard(configuration({**DOCUMENT, "input_ids": "ndarray:uint32"}), ONES), "expected the configuration"),
        (shard(configuration({**DOCUMENT, "record_id": "pkl"}), ONES), "expected the configuration"),
        (documents(SEQUENCE, ROW), "expected the configuration"),
    ],
)
def test_mds_that_is_no_shard_of_this_shape_is_damaged(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "s.mds").write_bytes(data)
    for read in (lambda: list(mds.read(tmp_path, "s", SMALL)), lambda: mds.access(tmp_path, "s", SMALL)):
        with pytest.raises(DamagedInput, match=reason) as caught:
            read()
        assert caught.value.subject == str(tmp_path / "s.mds")


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (b"\0\0\0", "sample 1: unpack_from"),
        (sample(DOCUMENT, ONE) + b"\0", "sample 1: 16 bytes, and columns of 15"),
        (sample(DOCUMENT, {**ONE, "input_ids": b"\x04\x02\x01\0"}), "input_ids has 2 bytes, not 2 numbers"),
        (sample(DOCUMENT, {**ONE, "input_ids": b"\x08\x01\x01\x01\0"}), "input_ids is no list of numbers"),
        (sample(DOCUMENT, {**ONE, "input_ids": b"\x07" + bytes(8)}), "input_ids is no list of numbers"),
        (sample(DOCUMENT, {**ONE, "input_ids": b""}), "input_ids is no list of numbers"),
        (sample(DOCUMENT, {**ONE, "record_id": b"\xff"}), "sample 1: 'utf-8' codec"),
    ],
)
def test_mds_sample_that_is_not_its_columns_is_damaged(tmp_path: Path, one: bytes, reason: str) -> None:
    (tmp_path / "s.mds").write_bytes(shard(configuration(DOCUMENT), [*ONES, one]))
    with pytest.raises(DamagedInput, match=reason) as caught:
        list(mds.read(tmp_path, "s", SMALL))
    assert caught.value.subject == str(tmp_path / "s.mds")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"loss_mask": [0, 1, 1]}, "loss_mask is not a 0 or 1 for each"),
        ({"loss_mask": [0, 1, 2, 0]}, "loss_mask is not a 0 or 1"),
        ({"lengths": [2]}, "lengths has not one for each of record_ids"),
        ({"lengths": [2, 3]}, "lengths has not one for each"),
        ({"lengths": [4, -1]}, "lengths has not one for each"),
        ({"lengths": [3, 1]}, "position_ids does not count"),
        ({"position_ids": [0, 0, 1]}, "position_ids does not count"),
        ({"position_ids": [0, 0, 0, 0]}, "position_ids does not count"),
        ({"position_ids": [0, 0, 1, 2]}, "position_ids does not count"),
        ({"record_ids": [1, 2]}, "record_ids is no list of texts"),
        ({"record_ids": "ab"}, "record_ids is no list of texts"),
        ({"record_ids": b"["}, "sample 0: "),
        ({"input_ids": [1, 2, 3], "loss_mask": [1, 1, 1]}, "3 ids, where every sequence has 4"),
    ],
)
def test_mds_sequence_whose_columns_contradict_is_damaged(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    (tmp_path / "s.mds").write_bytes(documents(SEQUENCE, {**ROW, **changed}))
    with pytest.raises(DamagedInput, match=reason):
        list(mds.read(tmp_path, "s", PACKED))


@pytest.mark.parametrize("one", [b"\0" * 9, struct.pack("<2I", 2**31, 1) + b"\x04\x01\0"])
def test_access_to_a_sample_whose_ids_go_beyond_it_is_damaged(tmp_path: Path, one: bytes) -> None:
    (tmp_path / "s.mds").write_bytes(shard(configuration(DOCUMENT), [*ONES, one]))
    with pytest.raises(DamagedInput, match=r"has a sample that is too short|has input_ids that go beyond"):
        mds.access(tmp_path, "s", SMALL)


def test_shard_that_its_offsets_cannot_address_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mds, "_MOST_BYTES", len(GOOD) - 1)
    with pytest.raises(InputError, match=f"a shard of {len(GOOD)} bytes, where MDS has room for {len(GOOD) - 1}"):
        mds.write(tmp_path, "s", two(), SMALL)
    assert list(tmp_path.iterdir()) == []


def test_mds_memory_does_not_grow_with_the_shard(tmp_path: Path) -> None:
    ids = np.arange(50_000, dtype=np.uint32)
    tracemalloc.start()
    try:
        mds.write(tmp_path, "s", (document("r", ids) for _ in range(100)), SMALL)
        assert sum(len(held.tokens) for held in mds.read(tmp_path, "s", SMALL)) == 5_000_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
