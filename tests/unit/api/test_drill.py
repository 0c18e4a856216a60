"""A drill withdraws in a copy: the store and the exports stay as they are, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rightful.errors import InputError, StoreError
from tests.unit.shelf import Shelf, wording

TRAINING: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Twelve records in two exports."""
    made = Shelf(tmp_path_factory.mktemp("drilled"))
    made.put("poets", *({"id": f"p{n}", "text": wording(f"tide{n}")} for n in range(12)))
    made.store.export(made.root / "a", tokenizer="train:400", shard_tokens=900, **TRAINING)
    made.store.export(made.root / "b", tokenizer="bytes", format="megatron", **TRAINING)
    return made


def bytes_of(folder: Path) -> dict[str, str]:
    """Digest of every file that lasts."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "tmp" and not path.name.endswith(("-wal", "-shm", ".lock"))
    }


def test_drill_repairs_copies_and_leaves_everything_as_it_was(shelf: Shelf) -> None:
    before = bytes_of(shelf.root)
    answer = shelf.store.drill(records=2, seed=4)
    assert bytes_of(shelf.root) == before
    assert answer.ok
    assert (answer.records, len(set(answer.picked)), answer.matched, answer.skipped) == (2, 2, 2, [])
    by_format = {one["format"]: one for one in answer.exports}
    assert {name: one["records_removed"] for name, one in by_format.items()} == {"parquet": 2, "megatron": 2}
    assert 0 < by_format["parquet"]["shards_rewritten"] < by_format["parquet"]["shards"]
    assert [(a["kind"]) for a in answer.assets] == ["tokenizer"]
    seconds = answer.seconds
    assert seconds["total"] == pytest.approx(seconds["withdraw"] + seconds["redact"], abs=0.002)
    assert shelf.store.verify(all=True).ok, "nothing was withdrawn here"
    assert shelf.store.drill(records=2, seed=4).picked == answer.picked
    assert shelf.store.drill(records=2, seed=5).picked != answer.picked


@pytest.mark.parametrize("level", ["exclude", "mask"])
def test_drill_at_other_levels(shelf: Shelf, level: str) -> None:
    answer = shelf.store.drill(records=1, export=shelf.root / "b", level=level)
    assert answer.ok
    assert [(one["format"], one["records_removed"]) for one in answer.exports] == [("megatron", 1)]


def test_drill_says_what_it_leaves_out_and_what_does_not_verify(tmp_path: Path) -> None:
    own = Shelf(tmp_path)
    with pytest.raises(StoreError, match="there is no store here"):
        own.store.drill()
    own.put("poets", *({"id": f"p{n}", "text": wording(f"tide{n}")} for n in range(4)))
    with pytest.raises(InputError, match="no export here holds a record"):
        own.store.drill()
    own.store.export(tmp_path / "a", tokenizer="bytes", **TRAINING)
    own.store.export(tmp_path / "b", tokenizer="bytes", shard_tokens=900, **TRAINING)
    (tmp_path / "a").rename(tmp_path / "elsewhere")
    for wrong in ({"records": 0}, {"level": "shred"}):
        with pytest.raises(InputError):
            own.store.drill(**wrong)
    with pytest.raises(StoreError, match="there is no export 'x-nothing'"):
        own.store.drill(export="x-nothing")
    answer = own.store.drill(records=1)
    assert [one["reason"] for one in answer.skipped] == ["its folder is gone"]
    held = own.store.trace(answer.picked[0]).exports
    [shard] = {p["shard"] for p in held if Path(p["path"]).name == "b"}
    other = next(p for p in sorted((tmp_path / "b" / "data").glob("*.parquet")) if not shard.endswith(p.name))
    other.write_bytes(other.read_bytes()[:-9])
    spoiled = own.store.drill(records=1)
    assert (spoiled.picked, spoiled.ok) == (answer.picked, False)
    assert other.name in " ".join(spoiled.exports[0]["corrupt"])
