"""Packed sequences: every token of every document once, with its place, its mask and its record; what was revoked is padding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from rightful import load_shards
from rightful.errors import Refused
from rightful.export.loading import Loader, shuffling
from rightful.export.loading.handed import Packed
from tests.unit.export.loading.conftest import RECORDS, manifest_of
from tests.unit.shelf import Shelf

every_packing = pytest.mark.parametrize("pack", ["concat", "best-fit"])


@pytest.fixture(autouse=True)
def small_blocks() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shuffling, "BLOCK_TOKENS", 600)
        patch.setattr(shuffling, "BLOCKS", 2)
        yield


def opened(out: Path, **options: Any) -> Loader:
    return load_shards(out, use="train.pretrain", **{"sequences": True, **options})


def pieces(sequence: Packed) -> Iterator[tuple[int, bytes]]:
    """The documents of a sequence and their tokens, by what the sequence says of itself."""
    starts = np.flatnonzero((sequence.position_ids == 0) & (sequence.loss_mask == 1)).tolist()
    for document, length, start in zip(sequence.documents, sequence.lengths.tolist(), starts, strict=True):
        stop = start + length
        assert sequence.position_ids[start:stop].tolist() == list(range(length))
        yield document, sequence.tokens[start:stop].astype("<u4").tobytes()


def key(sequence: Packed) -> tuple[str, int]:
    return sequence.shard, sequence.first_token


@every_packing
@pytest.mark.parametrize("workers", [0, 2])
def test_sequences_hold_every_token_of_every_document_once(
    shelf_of_notes: Path, texts: dict[str, bytes], pack: str, workers: int
) -> None:
    out = shelf_of_notes / pack
    index, manifest = pq.read_table(out / "index.parquet").to_pylist(), manifest_of(out)
    sequences = list(opened(out, workers=workers))
    assert {len(s.tokens) for s in sequences} == {200}
    assert len(sequences) == sum(shard["rows"] for shard in manifest["shards"]) == len({key(s) for s in sequences})
    assert sum(int(s.loss_mask.sum()) for s in sequences) == manifest["tokens"]
    assert sum(int((s.loss_mask == 0).sum()) for s in sequences) == manifest["padding"]
    whole: dict[str, bytes] = {}
    came = {document: ids for s in sequences for document, ids in pieces(s)}
    assert sorted(came) == list(range(len(index)))
    for entry in sorted(index, key=lambda entry: entry["document_start"]):
        assert entry["document_start"] * 4 == len(whole.get(entry["record_id"], b""))
        whole[entry["record_id"]] = whole.get(entry["record_id"], b"") + came[entry["document"]]
    assert {record: np.frombuffer(ids, "<u4")[:-1].astype(np.uint8).tobytes() for record, ids in whole.items()} == texts
    assert [s.record_ids for s in sequences] == [tuple(index[d]["record_id"] for d in s.documents) for s in sequences]
    assert all(s.record_id == s.record_ids[0] for s in sequences)
    assert [key(s) for s in sequences] != [key(s) for s in opened(out, shuffle=False)]


@every_packing
def test_documents_of_a_packed_export_come_one_by_one(shelf_of_notes: Path, texts: dict[str, bytes], pack: str) -> None:
    out = shelf_of_notes / pack
    documents = sorted(opened(out, sequences=False), key=lambda d: d.start)
    assert {d.record_id for d in documents} == set(texts)
    whole: dict[str, bytes] = {}
    for d in documents:
        assert len(whole.get(d.record_id, b"")) == d.start
        whole[d.record_id] = whole.get(d.record_id, b"") + bytes(np.minimum(d.tokens, 255).astype(np.uint8).tolist())
    assert {record: ids[:-1] for record, ids in whole.items()} == texts
    assert len({d.record_id for d in documents}) == RECORDS


@every_packing
@pytest.mark.parametrize("level", ["exclude", "mask", "rewrite"])
def test_what_was_taken_out_is_padding_and_a_run_goes_on(shelf: Shelf, pack: str, level: str) -> None:
    out = shelf.root / pack
    before = list(opened(out))
    loader = opened(out, rank=0, world_size=2)
    first = [key(s) for s in islice(loader, 3)]
    assert first == [key(s) for s in before[:6:2]]
    saved = loader.state_dict()
    gone = {*before[8].record_ids, before[1].record_ids[-1], before[10].record_ids[0]}
    for record in sorted(gone):
        shelf.withdraw("record", record)
    shelf.store.redact(out, level=level)
    again = opened(out)
    again.load_state_dict(json.loads(json.dumps(saved)))
    after = list(again)
    expected = [s for s in before[6:] if set(s.record_ids) - gone]
    assert len(expected) < len(before) - 6
    assert [[r for r in s.record_ids if r not in gone] for s in expected] == [list(s.record_ids) for s in after]
    for old, new in zip(expected, after, strict=True):
        spans = np.repeat([record not in gone for record in old.record_ids], old.lengths)
        assert new.loss_mask[old.loss_mask == 1].tolist() == spans.astype(int).tolist()
        assert (new.tokens[new.loss_mask == 0] == 256).all()
        assert (new.tokens[new.loss_mask == 1] == old.tokens[new.loss_mask == 1]).all()
        assert len(new.lengths) == len(new.record_ids) == len(new.documents)
    for shuffle in (True, False):
        with pytest.raises(Refused, match="not declared"):
            load_shards(out, use="share.verbatim", shuffle=shuffle)
