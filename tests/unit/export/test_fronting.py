"""The head of a dataset card: YAML that the hub takes, with the licences that are in the export and the columns that its shards have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rightful.export.fronting import about_of
from tests.unit.shelf import USE, Shelf, wording


def head(folder: Path) -> dict[str, Any]:
    text = (folder / "README.md").read_text("utf-8")
    assert text.startswith("---\n")
    parsed: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return parsed


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    made.put("a", wording("a"), wording("b"))
    made.put("b", wording("c"), license="CC-BY-4.0")
    return made


def test_columns_in_the_card_are_those_of_the_shards(shelf: Shelf) -> None:
    shelf.store.export(shelf.root / "rows", **USE)
    assert head(shelf.root / "rows")["dataset_info"]["features"] == [
        {"name": "record_id", "dtype": "string"},
        {"name": "input_ids", "list": "int32"},
        {"name": "n_tokens", "dtype": "int32"},
    ]
    shelf.store.export(shelf.root / "packed", **USE, seq_len=256, pack="best-fit")
    names = [column["name"] for column in head(shelf.root / "packed")["dataset_info"]["features"]]
    assert names == ["record_ids", "input_ids", "lengths", "position_ids", "loss_mask"]


def test_format_that_datasets_cannot_read_has_no_viewer_and_no_configuration(shelf: Shelf) -> None:
    shelf.store.export(shelf.root / "mds", **USE, format="mds")
    card = head(shelf.root / "mds")
    assert card["viewer"] is False
    assert not card.keys() & {"configs", "dataset_info"}


def test_licences_are_a_list_as_the_hub_knows_them(shelf: Shelf) -> None:
    shelf.store.export(shelf.root / "one", **USE, where="source_id = 'b'", format="text")
    card = head(shelf.root / "one")
    assert (card["license"], card["size_categories"]) == (["cc-by-4.0"], ["n<1K"])
    assert card["configs"] == [{"config_name": "default", "data_files": "data/*.parquet"}]
    shelf.store.export(shelf.root / "two", **USE, format="text")
    card = head(shelf.root / "two")
    assert card["license"] == ["cc0-1.0", "cc-by-4.0"]
    assert card["license_details"] == "CC0-1.0 (2 records), CC-BY-4.0 (1 record)"


@pytest.mark.parametrize(
    ("licenses", "name", "has_details"),
    [(["ICU"], "icu", False), (["MIT", "ICU"], "of-each-record", True), ([], "of-each-record", True)],
)
def test_licence_that_the_hub_has_no_name_for_is_other(licenses: list[str], name: str, has_details: bool) -> None:
    listed = [{"license": one, "permitted": 1} for one in licenses]
    lines = about_of({"licenses": listed, "records": 1, "use": {"acts": ["train.pretrain"]}})
    card = yaml.safe_load("\n".join(lines))
    assert (card["license"], card["license_name"], card["license_link"]) == ("other", name, "ATTRIBUTION.md")
    assert ("license_details" in card) == has_details


@pytest.mark.parametrize(
    ("records", "size"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**10, "10B<n<100B"), (10**12, "n>1T")],
)
def test_size_and_hostile_licence_stand_in_one_yaml(records: int, size: str) -> None:
    listed = [{"license": 'a": b\n---\n- c', "permitted": records}, {"license": "MIT", "permitted": 1}]
    lines = about_of({"licenses": listed, "records": records, "use": {"acts": ["train.nongen"]}})
    card = yaml.safe_load("\n".join(lines))
    assert card["size_categories"] == [size]
    assert 'a": b\n---' in card["license_details"]
    assert "task_categories" not in card
