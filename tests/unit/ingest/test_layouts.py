"""Layouts at an ingest: chosen by card, option or file; recognised by columns; of the wrong kinds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.errors import InputError

ROWS = [
    {"text": "A heron waits at the weir until dusk.", "mark": 3, "licence": "CC0-1.0"},
    {"text": "The mill grinds on Tuesdays, if there is water.", "mark": 4, "licence": "CC0-1.0"},
]
TIDES = """
schema = 1
version = 1
title = "Tides"
about = "Tide tables."
why = "A program wrote the licences: nobody looked."
[[recognise]]
columns = { text = "string", mark = "integer" }
[card]
license_from = "scanner"
[card.fields]
id = "mark"
"""
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    own = Store(tmp_path / "store", clock=lambda: datetime(2026, 11, 30, tzinfo=UTC))
    own.layout.create()
    own.layout.layouts.mkdir()
    (own.layout.layouts / "tides.toml").write_text(TIDES)
    return own


def rows(folder: Path, listed: Sequence[Mapping[str, Any]] = ROWS, card: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in listed))
    if card is not None:
        (folder / "source.toml").write_text(f'name = "{folder.name}"\npersonal_data = "no"\n{card}')
    return folder


def layout_in(answer: Any) -> Any:
    return answer.sources[0]["layout"]


def test_layout_is_chosen_by_the_card_or_by_an_option(store: Store, tmp_path: Path) -> None:
    data = rows(tmp_path / "data", card="")
    store.ingest(data)
    assert store.query(**USE).permitted["records"] == 2, "a licence column is the word of whoever collected the rows"
    by_option = store.ingest(data, layout="tides")
    assert layout_in(by_option) == {
        **{"name": "tides", "version": 1, "by": "option", "counts": "stated"},
        **{"title": None, "why": None},
    }
    assert [e["reason"] for e in store.query(**USE).excluded] == ["inferred-only"]
    rows(data, card='layout = "tides"\n')
    by_card = store.ingest(data)
    assert (layout_in(by_card)["by"], by_card.errors) == ("card", [])
    assert store.sql("SELECT DISTINCT source_record_id FROM records ORDER BY 1") == [
        {"source_record_id": "3"},
        {"source_record_id": "4"},
    ]
    assert [e["reason"] for e in store.query(**USE).excluded] == ["inferred-only"]


def test_card_says_otherwise_in_so_many_words(store: Store, tmp_path: Path) -> None:
    store.ingest(rows(tmp_path / "data", card='layout = "tides"\nlicense_from = "statement"\n'))
    assert store.query(**USE).permitted["records"] == 2


def test_layout_in_a_file_of_its_own_stays_after_it(store: Store, tmp_path: Path) -> None:
    own = tmp_path / "brooks.toml"
    own.write_text(TIDES.replace("Tides", "Brooks").replace("mark = ", "mork = "))
    data = rows(tmp_path / "data")
    assert layout_in(store.ingest(data, layout=own))["name"] == "brooks"
    again = store.ingest(data)
    assert (again.unchanged, layout_in(again)["name"]) == (2, "brooks")
    assert store.source.list()[0]["card"]["layout"]["by"] == "option"


def test_data_without_a_card_is_recognised_and_restricted_until_somebody_says_so(store: Store, tmp_path: Path) -> None:
    data = rows(tmp_path / "data")
    first = store.ingest(data)
    assert layout_in(first) == {
        **{"name": "tides", "version": 1, "by": "columns", "counts": "guessed", "title": "Tides"},
        "why": "A program wrote the licences: nobody looked.",
    }
    assert [e["reason"] for e in store.query(**USE).excluded] == ["guessed"]
    assert store.ingest(data).unchanged == 2
    (record,) = store.sql("SELECT record_id FROM records LIMIT 1")
    told = store.explain(record["record_id"], **USE)
    assert told.guesses == [{"key": "layout", "value": "tides", "file": "known by its columns"}]


def test_data_with_a_card_is_recognised_and_the_card_stands(store: Store, tmp_path: Path) -> None:
    answer = store.ingest(rows(tmp_path / "data", card=""))
    assert (layout_in(answer)["by"], layout_in(answer)["counts"]) == ("columns", "not")
    assert store.query(**USE).permitted["records"] == 2


def test_source_that_was_taken_in_before_its_layout_was_known_keeps_its_reading(store: Store, tmp_path: Path) -> None:
    data = rows(tmp_path / "data")
    (store.layout.layouts / "tides.toml").rename(tmp_path / "tides.toml")
    assert layout_in(store.ingest(data)) is None
    (tmp_path / "tides.toml").rename(store.layout.layouts / "tides.toml")
    again = store.ingest(data)
    assert (again.unchanged, again.added, layout_in(again)["counts"]) == (2, 0, "not")


def test_guess_in_a_card_restricts_and_permits_nothing(store: Store, tmp_path: Path) -> None:
    answer = store.ingest(rows(tmp_path / "data", card='layout = "TODO confirm: tides"\n'))
    assert layout_in(answer)["counts"] == "guessed"
    assert answer.sources[0]["warnings"][0].startswith("layout = 'tides' is guessed and not confirmed")
    assert store.query(**USE).permitted["records"] == 0


def test_recognised_columns_never_take_the_place_of_names_that_are_known(store: Store, tmp_path: Path) -> None:
    store.ingest(rows(tmp_path / "data", [{**row, "id": f"row-{row['mark']}"} for row in ROWS]))
    assert {r["source_record_id"] for r in store.sql("SELECT source_record_id FROM records")} == {"row-3", "row-4"}


@pytest.mark.parametrize("as_parquet", [False, True])
def test_columns_of_other_kinds_are_an_error_where_the_layout_was_chosen(
    store: Store, tmp_path: Path, as_parquet: bool
) -> None:
    other = [{**row, "mark": "three"} for row in ROWS]
    data = rows(tmp_path / "data", other)
    if as_parquet:
        (data / "rows.jsonl").unlink()
        pq.write_table(pa.Table.from_pylist(other), data / "rows.parquet")
    assert layout_in(store.ingest(data)) is None
    with pytest.raises(
        InputError, match="the column 'mark' holds string, and the layout tides has integer there"
    ) as why:
        store.ingest(data, layout="tides")
    assert "rows." in str(why.value.subject)
    assert store.source.list()[0]["card"].get("layout") is None


def test_parquet_and_tables_are_recognised_as_json_is(store: Store, tmp_path: Path) -> None:
    data = rows(tmp_path / "data")
    pq.write_table(pa.Table.from_pylist(ROWS), data / "rows.parquet")
    (data / "rows.csv").write_text("text,mark,licence\nA heron waits at dusk.,3,CC0-1.0\n")
    assert layout_in(store.ingest(data))["name"] == "tides"


@pytest.mark.parametrize(
    ("card", "option", "message"),
    [
        ('layout = "tydes"\n', None, "unknown layout 'tydes'"),
        ("layout = 3\n", None, "layout must be the name of one"),
        ('layout = "tides"\n', "fineweb", "the card says layout 'tides', and --layout 'fineweb'"),
        ("", "tydes", "unknown layout 'tydes'"),
        ("", "nowhere/tydes.toml", "there is no such file"),
        ("", "Tydes!.toml", "is no name of a layout"),
    ],
)
def test_layout_that_is_none_is_an_error(
    store: Store, tmp_path: Path, card: str, option: str | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        store.ingest(rows(tmp_path / "data", card=card), layout=option)
    assert not store.layout.ledger.exists()


def test_two_layouts_of_one_name_are_an_error(store: Store, tmp_path: Path) -> None:
    (store.layout.layouts / "fineweb.toml").write_text(TIDES)
    with pytest.raises(InputError, match="two layouts are called 'fineweb'"):
        store.ingest(rows(tmp_path / "data"))


def test_next_names_the_layout_and_no_claim_that_it_denies(store: Store, tmp_path: Path) -> None:
    (store.layout.layouts / "tides.toml").write_text(TIDES)
    data = rows(tmp_path / "data")
    (edit,) = [step for step in store.ingest(data).next if step["line"]]
    assert edit["text"].startswith("if it is Tides")
    assert edit["line"] == 'name = "data"\nlayout = "tides"'
    assert not [step for step in store.ingest(data, layout="tides").next if step["line"]]
