"""``ingest --keep``: rows of a web corpus with what they say beside the text, from the file to the export and out again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, jsonl

FREE = ("--use", "train.pretrain", "--accept", "all")


def web(n: int, **more: Any) -> dict[str, Any]:
    return {
        "text": f"Page {n} of a harbour town tells of boats, nets and number {n} of its lights.",
        "id": f"<urn:uuid:{n}>",
        "dump": "CC-MAIN-2024-10",
        "url": f"https://harbour.example/{n}",
        "file_path": f"s3://commoncrawl/{n}.warc.gz",
        "language": "en",
        "language_score": 0.9,
        "token_count": 20 + n,
        "score": 2.5 + n / 10,
        "int_score": 2 + n // 5,
        **more,
    }


def test_kept_columns_are_filtered_counted_exported_and_withdrawn(
    ingest: Ask, ask: Ask, refuse: Callable[..., Any], tmp_path: Path
) -> None:
    corpus = card(tmp_path / "corpus", "harbour", license="CC0-1.0")
    listed = [web(n, contact="ada@example.org" if n == 3 else None) for n in range(10)]
    pq.write_table(pa.Table.from_pylist(listed), corpus / "web.parquet")
    answer = ingest(corpus, "--keep", "all")
    assert {k["column"]: k["type"] for k in answer["kept"]} == {
        "contact": "VARCHAR",
        "dump": "VARCHAR",
        "file_path": "VARCHAR",
        "int_score": "BIGINT",
        "language_score": "DOUBLE",
        "score": "DOUBLE",
        "token_count": "BIGINT",
    }
    high = ("--where", "kept.score >= 3 AND kept.int_score > 2")
    assert ask("query", *FREE, *high)["permitted"]["records"] == 5
    assert ask("sql", "SELECT kept.dump, count(*) AS n FROM records GROUP BY ALL") == [
        {"dump": "CC-MAIN-2024-10", "n": 10}
    ]
    assert "no such" not in refuse("query", *FREE, "--where", "kept.sore > 1")["message"]
    assert ask("query", *FREE)["permitted"]["records"] == 9  # one owes redaction
    made = ask("export", "out", *FREE, "--format", "text", "--text-as", "jsonl", "--redact", "all", "--workers", "1")
    assert (made["records"], made["kept"]["records"], made["kept"]["redacted"]) == (10, 10, 1)
    rows = [json.loads(line) for line in (tmp_path / "out/data/shard-00000.jsonl").read_text("utf-8").splitlines()]
    by_url = {row["url"]: row["kept"] for row in rows}
    assert by_url["https://harbour.example/3"]["contact"] == "[email]"
    assert by_url["https://harbour.example/4"]["score"] == 2.9
    assert ask("verify", "out")["ok"]
    record = ask("sql", "SELECT record_id FROM records WHERE kept.token_count = 24")[0]["record_id"]
    assert ask("explain", record, *FREE)["kept"]["token_count"] == 24
    ask("consent", "withdraw", "--url", "https://harbour.example/4", "--yes")
    assert ask("explain", record, *FREE)["kept"] is None
    assert ask("sql", "SELECT count(*) AS n FROM records WHERE kept.token_count = 24") == [{"n": 0}]
    again = ask("export", "after", *FREE, "--format", "text", "--redact", "all", "--workers", "1")
    assert again["records"] == 9
    assert not any(b"warc.gz" in path.read_bytes() and b"/4.warc.gz" in path.read_bytes() for path in parts(tmp_path))


def parts(folder: Path) -> list[Path]:
    return [path for path in (folder / "after").rglob("*") if path.is_file()]


def test_parts_and_types_are_the_same_whatever_the_number_of_workers(ask: Ask, tmp_path: Path) -> None:
    corpus = card(tmp_path / "corpus", "harbour", license="CC0-1.0")
    for name, kinds in {"a": (1, 2), "b": (0.5, "x"), "c": ([1], {"k": 1})}.items():
        jsonl(corpus / f"{name}.jsonl", *(web(n * 7 + ord(name), mixed=kinds[n % 2]) for n in range(6)))
    answers = []
    for workers in (1, 3):
        store = tmp_path / f"store-{workers}"
        answers.append(ask("ingest", corpus, "--keep", "all", "--workers", str(workers), store=store)["kept"])
        listed = ask("sql", "SELECT typeof(kept) AS t, kept FROM records ORDER BY record_id", store=store)
        answers.append(listed)
    assert answers[0] == answers[2]
    assert answers[1] == answers[3]
    assert {k["column"]: k["type"] for k in answers[0]}["mixed"] == "VARCHAR"
    assert {row["kept"]["mixed"] for row in answers[1]} == {"1", "2", "0.5", "x", "[1]", '{"k":1}'}
