"""What datasketch says of signatures: the same values, and an internal failure where a compiled one differs."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasketch
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.dedup.sketch import MOST_SHINGLES, arithmetic, check, low_bits, sketched, stored
from rightful.errors import FAILED, RightfulError
from rightful.ingest import tagging
from rightful.stages.signature import PERMUTATIONS, Signature
from rightful.store.ledger import Ledger
from tests.unit.shelf import Shelf, wording
from tests.unit.stages.batches import batch_of, texts

STAGE = Signature()


def signed(*rows: str) -> tuple[pa.RecordBatch, dict[str, pa.Array]]:
    batch = batch_of(*rows)
    ids = pa.array([f"{n:032x}" for n in range(len(rows))])
    return batch, {"record_id": ids, **STAGE(batch)}


@given(st.lists(texts, min_size=1, max_size=4))
def test_sketch_stored_and_computed_by_datasketch_are_one(rows: list[str]) -> None:
    batch, signatures = signed(*rows)
    hashes, starts = STAGE.shingles(batch)
    for i, values in enumerate(signatures["signature"].to_pylist()):
        ours = stored(np.frombuffer(values, "<u4"), STAGE, datasketch.MinHash)
        theirs = sketched(hashes[starts[i] : starts[i + 1]], STAGE, datasketch.MinHash)
        assert ours == theirs
        assert ours.jaccard(theirs) == 1
    check(STAGE, batch, signatures)


def test_sketch_made_by_a_user_with_the_stated_parameters_compares() -> None:
    text = wording("tide")
    batch, signatures = signed(text)
    hashes, _ = STAGE.shingles(batch)
    users = datasketch.MinHash(num_perm=112, seed=1, scheme="affine32", hashfunc=low_bits)
    users.update_batch(hashes)
    ours = stored(np.frombuffer(signatures["signature"][0].as_py(), "<u4"), STAGE, datasketch.MinHash)
    assert ours.jaccard(users) == 1


def test_sketch_refuses_words_that_would_be_hashed_another_way() -> None:
    (values,) = signed("a b c d e")[1]["signature"].to_pylist()
    sketch = stored(np.frombuffer(values, "<u4"), STAGE, datasketch.MinHash)
    with pytest.raises(TypeError, match=r"a number, not bytes: Store\.minhash\(text\)"):
        sketch.update(b"a b c d e")


def test_sketch_does_not_change_what_is_stored_and_can_be_pickled() -> None:
    values = np.frombuffer(signed("a b c d e")[1]["signature"][0].as_py(), "<u4")
    before = values.copy()
    sketch = pickle.loads(pickle.dumps(stored(values, STAGE, datasketch.MinHash)))
    sketch.update(1)
    assert (values == before).all()


def test_check_takes_the_longest_text_that_is_not_too_long_and_says_whether_there_was_one() -> None:
    assert not check(STAGE, *signed())
    assert not check(STAGE, *signed("", "…"))
    assert not check(STAGE, *signed("word " * (MOST_SHINGLES + 5)))
    assert check(STAGE, *signed("", "a b c", "word " * (MOST_SHINGLES + 5)))


@pytest.mark.parametrize("place", [0, 57, PERMUTATIONS - 1])
def test_check_one_value_that_differs_is_an_internal_failure_that_names_the_record(place: int) -> None:
    batch, signatures = signed("a b", "one two three four five six")
    values = np.array([np.frombuffer(s, "<u4") for s in signatures["signature"].to_pylist()])
    values[1, place] ^= 1
    signatures["signature"] = pa.array([row.tobytes() for row in values], pa.binary(4 * PERMUTATIONS))
    with pytest.raises(RightfulError, match=r"1 of 112 values of its signature .* datasketch 2\.") as caught:
        check(STAGE, batch, signatures)
    assert caught.value.subject == f"record {1:032x}"
    assert caught.value.exit_code == FAILED


def test_ingest_with_a_loop_that_computes_another_value_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(self: Signature, batch: pa.RecordBatch, *, pick: bool) -> tuple[dict[str, Any], Any]:
        columns, picked = right(self, batch, pick=pick)
        signatures = pa.array([bytes(4) + s[4:] for s in columns["signature"].to_pylist()], pa.binary(448))
        return {**columns, "signature": signatures}, picked

    shelf = Shelf(tmp_path)
    right = Signature.with_picked
    monkeypatch.setattr(Signature, "with_picked", wrong)
    with pytest.raises(RightfulError, match=r"record [0-9a-f]{32}: 1 of 112 values"):
        shelf.put("tides", wording("tide"))
    ledger = Ledger.open(shelf.store.layout.ledger, reading=True)
    assert (ledger.snapshot(), ledger.parts("records", 1)) == (0, [])
    ledger.close()
    monkeypatch.setattr(Signature, "with_picked", right)
    shelf.put("tides", wording("tide"))
    assert shelf.store.status().rows == 1


def test_ingest_checks_one_signature_of_each_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[bool] = []

    def counting(*given: Any) -> bool:
        checked.append(check(*given))
        return checked[-1]

    monkeypatch.setattr(tagging, "check", counting)
    shelf = Shelf(tmp_path)
    shelf.put("tides", *(wording(f"tide{n}") for n in range(5)))
    assert checked == [True]


def test_arithmetic_is_that_of_datasketch_and_leaves_neither_scipy_nor_half_a_package_behind() -> None:
    code = """
import sys
from rightful.dedup.sketch import arithmetic
kind = arithmetic()
left = {name.partition(".")[0] for name in sys.modules} & {"datasketch", "scipy"}
assert not left, left
import datasketch
assert datasketch.MinHashLSH and datasketch.minhash.MinHash is datasketch.MinHash
one, other = (of(16, seed=3, scheme="affine32") for of in (kind, datasketch.MinHash))
one.update(b"x"), other.update(b"x")
print((one.hashvalues == other.hashvalues).all(), kind.__module__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "datasketch.minhash"], done.stderr


def test_arithmetic_beside_the_whole_package_is_its_class() -> None:
    arithmetic.cache_clear()
    assert arithmetic() is datasketch.MinHash
