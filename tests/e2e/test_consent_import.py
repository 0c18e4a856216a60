"""Opt-outs by the thousand come in files, and some rows are wrong."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Ask

COLUMNS = "kind selector value use application effective reason".split()
MIRA = "https://almanac.example/authors/mira-castellan"
FINE = [
    ("opt-out", "url-prefix", MIRA, "", "", "", "letter"),
    ("withdrawal", "domain", "nowhere.example", "train", "", "2026-01-01", ""),
    ("withdraw", "source", "handbook", "train.tokenizer; share", "", "2026-01-01T08:00:00+01:00", ""),
]
WRONG = [
    (("withdrawl", "source", "mail", "", "", "", ""), "unknown kind of consent event 'withdrawl'"),
    (("withdraw", "domian", "nowhere.example", "", "", "", ""), "unknown selector 'domian'"),
    (("withdraw", "record", "", "", "", "", ""), "value is empty"),
    (("withdraw", "record", "abc", "trian", "", "", ""), "unknown use 'trian'"),
    (("withdraw", "record", "abc", "", "", "2026-01-01T08:00:00", ""), "has no time zone"),
    (("withdraw", "record", "abc", "", "", "soon", ""), "is not a date or a time"),
    (("withdraw", "content-sha256", "abc", "", "", "", ""), "is not a SHA-256 in hex"),
    (("withdraw", "url-prefix", "nowhere", "", "", "", ""), "is not an address with a host"),
    (("grant", "subject", "ida@example.org", "", "", "", ""), "names the acts that it allows"),
]


def _csv(path: Path, rows: list[dict[str, str]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return 2  # the header is the first line


def _jsonl(path: Path, rows: list[dict[str, str]]) -> int:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return 1


def _parquet(path: Path, rows: list[dict[str, str]]) -> int:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return 1


@pytest.mark.parametrize(("suffix", "write"), [("csv", _csv), ("jsonl", _jsonl), ("parquet", _parquet)])
def test_import_applies_what_is_right_and_names_the_row_of_what_is_wrong(
    suffix: str, write: Callable[[Path, list[dict[str, str]]], int], good_copy: Path, ask: Ask, tmp_path: Path
) -> None:
    rows = [FINE[0], *(row for row, _ in WRONG), *FINE[1:]]
    path = tmp_path / f"opt-outs.{suffix}"
    first = write(path, [dict(zip(COLUMNS, row, strict=True)) for row in rows])
    if suffix == "csv":
        dry = ask("consent", "import", path, "--dry-run", code=4)
        assert (dry["applied"], dry["matched"], len(dry["errors"])) == (0, {"records": 13}, len(WRONG))
    answer = ask("consent", "import", path, code=4)
    assert {k: answer[k] for k in ("rows", "applied", "unmatched")} == {"rows": 12, "applied": 3, "unmatched": 1}
    assert [e["row"] for e in answer["errors"]] == list(range(first + 1, first + 1 + len(WRONG)))
    assert all(words in e["reason"] for e, (_, words) in zip(answer["errors"], WRONG, strict=True))
    listed = ask("consent", "list")
    assert [(e["selector"], e["shown"]) for e in listed] == [row[1:3] for row in FINE]
    assert listed[2]["effective"] == "2026-01-01T07:00:00Z"


def test_import_works_as_the_single_events_would(good_copy: Path, ask: Ask, tmp_path: Path) -> None:
    _csv(tmp_path / "opt-outs.csv", [dict(zip(COLUMNS, row, strict=True)) for row in FINE])
    assert ask("consent", "import", "opt-outs.csv")["errors"] == []
    both = ask("query", "--use", "train.pretrain", "--use", "train.tokenizer", "--accept", "all", "--dedup", "none")
    only = ask("query", "--use", "train.pretrain", "--accept", "all", "--dedup", "none")
    withdrawn = [sum(r["records"] for r in q["excluded"] if r["reason"] == "withdrawn") for q in (only, both)]
    assert withdrawn == [7, 7 + 8], "the handbook only from the acts that were named"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("latin.csv", b"kind,selector,value\nwithdraw,source,caf\xe9\n", "cannot be read as CSV"),
        ("broken.parquet", b"PAR1 and nothing PAR1", "cannot be read as Parquet"),
    ],
)
def test_import_of_what_is_no_table_changes_nothing(
    name: str, content: bytes, words: str, good: Path, tmp_path: Path, refuse: Callable[..., Any]
) -> None:
    (tmp_path / name).write_bytes(content)
    error = refuse("consent", "import", name, store=good)
    assert error["subject"] == name
    assert words in error["message"]


def test_import_of_odd_json_names_the_line_and_takes_no_list_for_a_text(
    good_copy: Path, ask: Ask, tmp_path: Path
) -> None:
    lines = (
        '{"kind": "withdraw", "selector": "source", "value": ["poets", "mail"]}',
        "not json",
        '["withdraw", "source", "poets"]',
        "",
        '{"kind": "withdraw", "selector": "source", "value": "poets", "valeu": 1}',
    )
    (tmp_path / "odd.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    answer = ask("consent", "import", "odd.jsonl", code=4)
    assert (answer["rows"], answer["applied"]) == (4, 0)
    assert [e["row"] for e in answer["errors"]] == [1, 2, 3, 5]
    reasons = [e["reason"] for e in answer["errors"]]
    for words, reason in zip(("is a list", "not JSON", "not an object", "column 'valeu'"), reasons, strict=True):
        assert words in reason


def test_consent_that_names_nothing_or_no_time_is_refused(good: Path, refuse: Callable[..., Any]) -> None:
    assert "names no records" in refuse("consent", "withdraw", "--reason", "all of it", store=good)["message"]
    naive = refuse("consent", "withdraw", "--source", "mail", "--effective", "2026-01-01T00:00", store=good)
    assert (naive["subject"], "time zone" in naive["message"]) == ("--effective", True)
