"""Rows of ancestors: what was stated and withdrawn of the row that a record came from reaches it, in any order of ingest."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.events.consents import Request

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FREE, NC = "CC0-1.0", "CC-BY-NC-4.0"
Row = dict[str, Any]


class Shelf:
    """A store, and sources that are written and ingested one by one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ticks = iter(range(100_000))
        self.store = Store(folder / "store", clock=lambda: NOON + timedelta(seconds=next(ticks)))

    def takes(self, name: str, *rows: Row, card: str = "") -> None:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "source.toml").write_text(f'name = "{name}"\npersonal_data = "no"\n{card}\n', encoding="utf-8")
        named = ({"text": f"What {name} says in its row {n} of tides and moles.", **row} for n, row in enumerate(rows))
        (folder / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in named), encoding="utf-8")
        self.store.ingest([folder])

    def says(self, row: str) -> tuple[str, set[str]]:
        answer = self.store.explain(row, use="train.pretrain", accept=["all"])
        return answer["decision"], {r["reason"] for r in answer["reasons"]}

    def withdraws(self, selector: str, value: str) -> None:
        self.store.consent.record([Request(kind="withdraw", selector=selector, value=value)])

    def permitted(self) -> int:
        found: int = self.store.query(use="train.pretrain", accept=["all"])["permitted"]["records"]
        return found


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def derived(*parents: str, license: str = "MIT") -> str:
    return f'license = "{license}"\nderived_from = {json.dumps(parents)}'


ROOTS = (
    {"id": "a", "url": "https://root.example/a", "license": NC},
    {"id": "b", "url": "https://root.example/b", "license": "MIT"},
)


@pytest.mark.parametrize("first", ["root", "face"])
@pytest.mark.parametrize("key", ["id", "url"])
def test_record_counts_with_the_row_of_the_same_id_or_address_in_its_ancestor(
    shelf: Shelf, first: str, key: str
) -> None:
    faces = [{"id": f"f{n}", **({"url": r["url"]} if key == "url" else {"id": r["id"]})} for n, r in enumerate(ROOTS)]
    takes = {
        "root": lambda: shelf.takes("root", *ROOTS, card=f'license = "{FREE}"'),
        "face": lambda: shelf.takes("face", *faces, card=derived("root")),
    }
    takes[first]()
    if first == "face":
        assert shelf.permitted() == 0
    takes["face" if first == "root" else "root"]()
    named = shelf.store.sql(
        "SELECT record_id, coalesce(url, source_record_id) AS k FROM records WHERE source_id = 'face'"
    )
    ids = {r["k"][-1]: r["record_id"] for r in named}
    assert shelf.says(ids["a"]) == ("deny", {"license-denies"})
    assert shelf.says(ids["b"]) == ("permit", {"license"})
    told = shelf.store.explain(ids["a"], use="train.pretrain")["ancestors"]
    assert [(a["way"], a["source"], a["license"]) for a in told] == [("root", "root", f"{FREE} AND {NC}")]
    assert "(through root)" in shelf.store.explain(ids["a"], use="train.pretrain", accept=["all"])["reasons"][0]["text"]


def test_record_counts_with_the_row_of_the_same_text(shelf: Shelf) -> None:
    shelf.takes(
        "root",
        {"id": "a", "text": "One text of the mole.", "license": NC},
        {"id": "b", "license": "MIT"},
        card=f'license = "{FREE}"',
    )
    shelf.takes("face", {"id": "f", "text": "One  text of the mole."}, card=derived("root"))
    word, reasons = shelf.says("f")
    assert word == "deny"
    assert "license-denies" in reasons


def test_where_no_row_is_found_all_rows_of_the_ancestor_count(shelf: Shelf) -> None:
    shelf.takes("root", *ROOTS, card=f'license = "{FREE}"')
    shelf.takes("face", {"id": "f"}, card=derived("root"))
    assert shelf.says("f") == ("deny", {"license-denies", "ancestor-row-unknown"})
    shelf.takes("root", {"id": "a", "license": "MIT"}, {"id": "b", "license": FREE})
    assert shelf.says("f") == ("permit", {"license"})
    shelf.withdraws("url", "https://root.example/zz")
    assert shelf.says("f")[0] == "permit"


def test_event_on_a_row_reaches_what_comes_from_it_and_leaves_open_what_was_not_matched(shelf: Shelf) -> None:
    rows = [{"id": n, "url": f"https://root.example/{n}", "license": "MIT"} for n in "ab"]
    shelf.takes("root", *rows, card=f'license = "{FREE}"')
    shelf.takes("face", {"id": "f1", "url": "https://root.example/b"}, {"id": "f2"}, {"id": "a"}, card=derived("root"))
    assert [shelf.says(r)[0] for r in ("f1", "f2")] == ["permit", "permit"]
    [root] = shelf.store.sql("SELECT record_id FROM records WHERE source_id = 'root' AND source_record_id = 'a'")
    shelf.withdraws("record", root["record_id"])
    [same] = shelf.store.sql("SELECT record_id FROM records WHERE source_id = 'face' AND source_record_id = 'a'")
    assert shelf.says(same["record_id"]) == ("deny", {"withdrawn"})
    assert shelf.says("f1") == ("permit", {"license"})
    assert shelf.says("f2") == ("unknown", {"ancestor-row-unknown"})


def test_withdrawal_of_a_source_reaches_all_that_comes_through_it_in_several_steps(shelf: Shelf) -> None:
    for row, name, card in (
        ("t", "top", derived("mid")),
        ("m", "mid", derived("root")),
        ("r", "root", f'license = "{FREE}"'),
    ):
        shelf.takes(name, {"id": row}, card=card)
    shelf.takes("other", {"id": "o"}, card='license = "MIT"')
    assert [shelf.says(r)[0] for r in "tmro"] == ["permit"] * 4
    shelf.withdraws("source", "root")
    for row in "tm":
        told = shelf.store.explain(row, use="train.pretrain", accept=["all"])
        assert (told["decision"], told["reasons"][0]["reason"]) == ("deny", "withdrawn")
    assert [shelf.says(r)[0] for r in "ro"] == ["deny", "permit"]


def test_withdrawal_of_an_ancestor_that_is_not_here_reaches_its_child(shelf: Shelf) -> None:
    shelf.takes("face", {"id": "f"}, card='license = "MIT"\nderived_from = [{name = "Big Crawl", license = "MIT"}]')
    assert shelf.says("f")[0] == "permit"
    shelf.withdraws("source", "big-crawl")
    assert shelf.says("f") == ("deny", {"withdrawn"})


def test_circle_of_sources_with_rows_ends(shelf: Shelf) -> None:
    for name, parent in (("one", "two"), ("two", "three"), ("three", "one")):
        shelf.takes(
            name,
            {"id": "x", "license": "MIT"},
            {"id": name, "license": NC if name == "three" else "MIT"},
            card=derived(parent),
        )
    assert shelf.says("one")[0] == "deny"
    assert shelf.says("three")[0] == "deny"
    shelf.withdraws("source", "two")
    assert shelf.permitted() == 0


def test_row_is_found_through_the_row_in_between(shelf: Shelf) -> None:
    shelf.takes("root", *ROOTS, card="")
    shelf.takes("mid", *({"id": f"m{r['id']}", "url": r["url"]} for r in ROOTS), card=derived("root"))
    shelf.takes("top", {"id": "mb"}, {"id": "ma"}, card=derived("mid"))
    found = shelf.store.sql("SELECT record_id, source_record_id AS id FROM records WHERE source_id = 'top'")
    assert {r["id"]: shelf.says(r["record_id"])[0] for r in found} == {"ma": "deny", "mb": "permit"}


def test_ancestor_whose_rows_state_their_licences_needs_none_in_its_card(shelf: Shelf) -> None:
    shelf.takes("root", *ROOTS)
    shelf.takes("face", {"id": "b"}, card=derived("root"))
    [face] = shelf.store.sql("SELECT record_id FROM records WHERE source_id = 'face'")
    assert shelf.says(face["record_id"]) == ("permit", {"license"})
    shelf.takes("face", {"id": "b"}, card='license = "MIT"\nderived_from = [{name = "root", license = "CC-BY-NC-4.0"}]')
    assert shelf.permitted() == 1
    assert shelf.store.sql("SELECT count(*) AS n FROM records WHERE source_id = 'face'") == [{"n": 1}]


def test_rows_that_a_record_names_go_before_what_looks_alike_and_one_that_is_not_there_is_not_known(
    shelf: Shelf,
) -> None:
    shelf.takes("root", *ROOTS)
    shelf.takes(
        "face",
        {"id": "f1", "url": ROOTS[0]["url"], "parents": ["b"]},
        {"id": "f2", "parent_ids": "b"},
        {"id": "f3", "parents": [{"id": "b"}, "zz"]},
        {"id": "f4", "parents": ["a", "b"]},
        card=derived("root"),
    )
    assert [shelf.says(f"f{n}")[0] for n in (1, 2, 3, 4)] == ["permit", "permit", "deny", "deny"]
    assert "ancestor-row-unknown" in shelf.says("f3")[1]
    assert "ancestor-row-unknown" not in shelf.says("f4")[1]
    shelf.takes("face", {"id": "f1", "url": ROOTS[0]["url"], "parents": ["a"]}, card=derived("root"))
    assert shelf.says("f1")[0] == "deny"
