"""Dumps of Wikipedia and Stack Exchange: as many records as the index counts, their licence by date, whom to credit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rightful.api import Store

WIKI = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
POSTS = "beer.stackexchange-Posts.first250.xml"


def expected(cases: Path, name: str) -> dict[str, Any]:
    index = json.loads((cases / "INDEX.json").read_text("utf-8"))
    (entry,) = (entry for entry in index if Path(entry["file"]).name == name)
    return dict(entry["expected"])


def taken_in(cases: Path, group: str, name: str, tmp_path: Path) -> tuple[Store, dict[str, Any]]:
    path = cases / "5-corpora" / group / name
    if not path.is_file():
        pytest.skip(f"no file 5-corpora/{group}/{name} among the third-party cases")
    folder = tmp_path / "dump"
    folder.mkdir()
    shutil.copy(path, folder / name)
    (folder / "source.toml").write_text(f'name = "{group}"\npersonal_data = "no"\n')
    (tmp_path / "recipe.toml").write_text("stages = []\n")
    store = Store(tmp_path / "store")
    return store, store.ingest([folder], recipe=tmp_path / "recipe.toml")


def reasons(answer: dict[str, Any]) -> dict[str, int]:
    return {one["reason"]: one["records"] for one in answer["skipped"] if "records" in one}


def test_pages_of_wikipedia_are_those_that_the_index_counts(cases: Path, tmp_path: Path) -> None:
    counts = expected(cases, WIKI)
    store, answer = taken_in(cases, "mediawiki", WIKI, tmp_path)
    skipped = reasons(answer)
    other = "a page of namespace 4, which is not among those that are read"
    assert answer["added"] + sum(skipped.values()) == counts["pages"] == 206
    assert counts["pages"] - skipped[other] == counts["ns0"]
    assert skipped == {"a redirect": 99, other: 1}, "the hundredth redirect is the page of the other namespace"
    assert answer["errors"] == []
    (row,) = store.sql("SELECT url, license_declared, attribution FROM records WHERE title = 'Autism'")
    assert row["url"] == "https://en.wikipedia.org/wiki/Autism"
    assert row["license_declared"] == "CC-BY-SA-3.0 OR GFDL-1.3-no-invariants-or-later"
    assert row["attribution"] == "Wikipedia contributors; Doc James"
    everywhere = store.sql("SELECT DISTINCT license_concluded AS license FROM records")
    assert [found["license"] for found in everywhere] == ["CC-BY-SA-3.0 OR GFDL-1.3-no-invariants-or-later"]
    share = {"use": "train.pretrain", "dedup": "none"}
    assert store.query(**share)["permitted"]["records"] == 0
    assert store.query(**share, accept="all")["permitted"]["records"] == answer["added"]


def test_revisions_of_a_dump_with_history_are_told_apart(cases: Path, tmp_path: Path) -> None:
    store, answer = taken_in(cases, "mediawiki", "dump.xml", tmp_path)
    assert (answer["added"], reasons(answer)["an older revision"]) == (1, 1)
    (row,) = store.sql("SELECT source_record_id, title, attribution, published_at FROM records")
    assert (row["source_record_id"], row["title"]) == ("1", "Foo")
    assert row["attribution"] == "Wikipedia contributors", "the address of who was not logged in is not kept"


def test_posts_of_stack_exchange_are_those_that_the_index_counts(cases: Path, tmp_path: Path) -> None:
    counts = expected(cases, POSTS)
    store, answer = taken_in(cases, "stackexchange", POSTS, tmp_path)
    skipped = reasons(answer)
    (kinds,) = store.sql(
        "SELECT count(*) FILTER (url LIKE '%/q/%') AS q, count(*) FILTER (url LIKE '%/a/%') AS a FROM records"
    )
    assert answer["added"] + sum(skipped.values()) == counts["rows"] == 250
    assert (kinds["q"], kinds["a"]) == (counts["questions"], counts["answers"]) == (105, 143)
    (row,) = store.sql("SELECT url, license_declared, attribution FROM records WHERE source_record_id = '4'")
    assert row["url"] == "https://beer.stackexchange.com/a/4"
    assert row["license_declared"] == "CC-BY-SA-3.0"
    assert row["attribution"] == "https://beer.stackexchange.com/users/12; https://beer.stackexchange.com/users/25"
