"""Verification names the file that is at fault, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.shelf import Shelf, wording


@pytest.mark.parametrize("suffix", [".idx", ".bin"])
def test_file_of_a_pair_that_is_gone_is_named_alone(tmp_path: Path, suffix: str) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("texts", *(wording(f"t{n}") for n in range(3)))
    out = tmp_path / "out"
    shelf.store.export(out, "train.pretrain", tokenizer="bytes", format="megatron")
    [gone] = (out / "data").glob(f"*{suffix}")
    gone.unlink()
    verified = shelf.store.verify(out)
    assert not verified.ok
    assert [c["file"] for c in verified.corrupt] == [f"data/{gone.name}"]
    assert verified.corrupt[0]["reason"].startswith("is missing")
