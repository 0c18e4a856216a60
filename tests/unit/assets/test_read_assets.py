from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful.assets.described import Asset, Input, downstream, read_assets
from rightful.errors import StoreError
from rightful.store.ledger import Ledger
from tests.unit.shelf import Shelf, wording

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "format": "parquet", "workers": 1}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    shelf.put("open", *(wording(name) for name in ("ash", "birch", "cedar")))
    return shelf


def read(shelf: Shelf) -> tuple[Asset, ...]:
    with closing(Ledger.open(shelf.store.layout.ledger)) as ledger:
        return read_assets(ledger)


def test_a_tokenizer_that_an_export_trained_has_that_export_as_its_input(shelf: Shelf) -> None:
    made = shelf.store.export(shelf.root / "out", **USE, tokenizer="train:300")
    (tokenizer,) = read(shelf)
    assert (tokenizer.kind, tokenizer.asset) == ("tokenizer", made["tokenizer"]["asset"])
    assert tokenizer.inputs == (Input("export", made["export"], made["tokens"], 1.0),)
    assert [one["use"]["acts"] for one in tokenizer.declared] == [["train.tokenizer"]]


def test_one_tokenizer_of_two_exports_comes_from_both(shelf: Shelf) -> None:
    exports = [
        shelf.store.export(shelf.root / f"out{n}", **USE, tokenizer="train:300", seed=n)["export"] for n in (1, 2)
    ]
    (tokenizer,) = read(shelf)
    assert {one.id for one in tokenizer.inputs} == {*exports}
    assert [one.share for one in tokenizer.inputs] == [0.5, 0.5]
    assert [downstream([tokenizer], [export])[0][1] for export in exports] == [(e, tokenizer.asset) for e in exports]


def test_a_store_without_assets_has_none(shelf: Shelf) -> None:
    assert read(shelf) == ()


@pytest.mark.parametrize("description", [{}, {"inputs": [{"weights": "w"}], "declared": []}, {"inputs": [], "use": 1}])
def test_a_row_that_is_no_asset_is_an_error_that_says_so(shelf: Shelf, description: dict[str, Any]) -> None:
    with (
        closing(Ledger.open(shelf.store.layout.ledger)) as ledger,
        ledger.commit("asset", "", datetime.now(UTC)) as commit,
    ):
        commit.add_asset("m-1", "model", "m", "", description)
    with pytest.raises(StoreError, match="an asset that is none"):
        read(shelf)
