"""``rightful stats``: what the store holds, in numbers, in tables and in plots."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Ask
from tests.e2e.corpus import acts_on_a_terminal, card, files, jsonl


def test_counts_of_the_sample_add_up_to_what_sql_says(good: Path, ask: Ask) -> None:
    answer = ask("stats", store=good)
    [whole] = ask(
        "sql", "SELECT count(*) AS records, sum(n_chars) AS chars, sum(n_bytes) AS bytes FROM records", store=good
    )
    assert answer["totals"] == whole
    for axis in answer["axes"].values():
        assert axis["others"]["records"] == 0
        if not axis["several"]:
            assert sum(row["records"] for row in axis["rows"]) == whole["records"]
            assert sum(row["bytes"] for row in axis["rows"]) == whole["bytes"]
            assert sum(row["share"] for row in axis["rows"]) == pytest.approx(1)
    for histogram in answer["histograms"].values():
        assert sum(b["count"] for b in histogram["bins"]) == histogram["known"]
        if histogram["of"] == "records":
            assert histogram["known"] + histogram["missing"] == whole["records"]
    assert answer["histograms"]["near-copies"]["known"] == 3
    failed = ask("sql", "SELECT count(*) AS n FROM records WHERE len(filters_failed) = 0", store=good)
    assert {r["value"]: r["records"] for r in answer["axes"]["filter"]["rows"]}[None] == failed[0]["n"]


def test_condition_and_names_narrow_the_answer(good: Path, ask: Ask) -> None:
    answer = ask("stats", "--by", "license", "--by", "words", "--where", "source_id = 'poets'", store=good)
    assert list(answer["axes"]) == ["license"]
    assert list(answer["histograms"]) == ["words"]
    [n] = ask("sql", "SELECT count(*) AS n FROM records WHERE source_id = 'poets'", store=good)
    assert answer["totals"]["records"] == n["n"]


def test_folder_holds_no_text_and_a_second_run_gives_the_same_bytes(
    good: Path, ask: Ask, refuse: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    answer = ask("stats", "-o", tmp_path / "one", store=good)
    ask("stats", "-o", tmp_path / "two", store=good)
    written = files(tmp_path / "one")
    assert sorted(written) == answer["out"]["files"]
    assert written == files(tmp_path / "two")
    assert json.loads(written["stats.json"]) == {k: v for k, v in answer.items() if k not in ("out", "next")}
    for name in written:
        if name.endswith(".svg"):
            ElementTree.fromstring(written[name])
    table = pq.read_table(tmp_path / "one" / "language.parquet").to_pylist()
    assert table == answer["axes"]["language"]["rows"]
    error = refuse("stats", "-o", tmp_path / "one", store=good)
    assert error["subject"] == str(tmp_path / "one")
    assert "exists already" in error["message"]
    assert files(tmp_path / "one") == written


def test_hostile_names_do_nothing_and_older_versions_count_in_their_snapshot_only(
    tmp_path: Path, ask: Ask, ingest: Ask, rightful: Callable[..., Any]
) -> None:
    notes = card(tmp_path / "notes", "notes")
    row = {"id": "n-1", "url": "https://a.example/1", "license": "\u202e<b>&\x1b[31m", "title": "SECRET-TITLE"}
    jsonl(notes / "n.jsonl", {**row, "text": "SECRET-TEXT of the ferry."})
    ingest(notes)
    jsonl(notes / "n.jsonl", {**row, "text": "SECRET-TEXT of the ferry, which waits no longer."})
    assert ingest(notes)["superseded"] == 1
    new, old = (ask("stats", "--snapshot", str(n)) for n in (2, 1))
    assert [a["totals"]["records"] for a in (new, old)] == [1, 1]
    assert new["totals"]["chars"] > old["totals"]["chars"]
    shown = rightful("stats", "-o", "out", "--where", "license_raw LIKE '%<b>%'")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("snapshot 2: 1 record,")
    everything = shown.stdout + "".join(b.decode("latin-1") for b in files(tmp_path / "out").values())
    assert "SECRET" not in everything
    assert acts_on_a_terminal(shown.stdout) == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--by", "licence"), "unknown statistic 'licence'"),
        (("--where", "txet = 1"), "unknown column 'txet'"),
        (("--where", "1/0 > n_words AND cast(title AS INT) = 1"), "fails on a record"),
        (("--snapshot", "99"), "99"),
        (("-o", "."), "exists already"),
    ],
)
def test_request_that_cannot_be_met_says_why_and_changes_nothing(
    arguments: tuple[str, ...], said: str, good: Path, refuse: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    assert said in refuse("stats", *arguments, store=good)["message"]
    assert not list(tmp_path.iterdir())


def test_command_without_a_store_says_how_to_make_one(refuse: Callable[..., dict[str, Any]]) -> None:
    assert "rightful ingest" in refuse("stats")["hint"]
