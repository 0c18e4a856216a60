"""The line through the system on the sample data: in, asked, explained, looked at."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful.store.records import RECORDS
from tests.e2e.conftest import Ask
from tests.e2e.corpus import GOOD, files

Records = dict[str, dict[str, Any]]

BY, NC, SA, DUAL = "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-SA-4.0", "MIT OR Apache-2.0"
FREE = {BY: 20, "MIT": 2, SA: 15, "CC0-1.0": 10, DUAL: 8, "GPL-3.0-only": 2, "GFDL-1.3-only": 1, "OGL-UK-3.0": 1}
"""What every obligation but preconditions buys in the sample data: of nine mirrored pages, three are told to be copies of
pages that may be used and one a near copy of such a page, two are copies of poems that may not and one a near copy, one is
itself the longer of two near copies, and one is the mirror's own."""

USES: dict[str, tuple[list[str], dict[str, int]]] = {
    "nothing accepted": (["train.pretrain"], {"CC0-1.0": 9}),
    "attribution and notice": (
        ["train.pretrain", "--accept", "attribution", "--accept", "notice"],
        {BY: 17, "MIT": 1, "CC0-1.0": 9, DUAL: 8},
    ),
    "everything accepted": (["train.pretrain", "--accept", "all"], FREE),
    # The poems are permitted now, and with them their copies: of each pair one stays.
    "noncommercial": (
        ["train.pretrain", "--purpose", "noncommercial", "--accept", "all"],
        {**FREE, "MIT": 5, NC: 5, f"{NC} AND {BY}": 1},
    ),
    # Sharing as it is does not adapt: NoDerivatives allows it, and so does the Business Source License.
    "sharing verbatim": (
        ["share.verbatim", "--purpose", "noncommercial", "--accept", "all"],
        {**FREE, "MIT": 5, NC: 5, f"{NC} AND {BY}": 1, f"{NC} AND CC-BY-NC-ND-4.0": 1, "BUSL-1.1": 1},
    ),
    "a spam filter": (["train.nongen", "--application", "spam_filtering"], {"CC0-1.0": 9, "unknown": 9}),
    "before the archive's agreement ended": (
        ["train.pretrain", "--accept", "all", "--as-of", "2022-06-01"],
        {**FREE, "MIT": 10},
    ),
    "after the mail's consent ends": (
        ["train.nongen", "--application", "spam_filtering", "--as-of", "2035-01-01T00:00:00+01:00"],
        {"CC0-1.0": 9},
    ),
}


def test_ingest_of_the_sample_data_reads_all_and_names_every_source(good: Path, shelf: dict[str, Any]) -> None:
    answer = shelf["ingest"]
    assert {k: answer[k] for k in ("read", "added", "unchanged", "refused", "rejected")} == {
        "read": 106,
        "added": 106,
        "unchanged": 0,
        "refused": 0,
        "rejected": 0,
    }
    assert answer["duplicates"] == {"exact": 5, "near": 3}
    assert {s["source"] for s in answer["sources"]} == {p.name for p in GOOD.iterdir()}
    assert answer["errors"] == answer["skipped"] == []


def test_ingest_again_changes_nothing_on_disk(good_copy: Path, ingest: Ask) -> None:
    before = files(good_copy, but=["ledger"])
    for path in (GOOD, GOOD / "poets", GOOD / "poets" / "poems.jsonl.gz"):
        answer = ingest(path)
        assert (answer["snapshot"], answer["added"], answer["unchanged"]) == (1, 0, answer["read"])
        assert answer["read"] > 0
    assert files(good_copy, but=["ledger"]) == before


@pytest.mark.parametrize(("asked", "expected"), USES.values(), ids=USES.keys())
def test_query_permits_these_licences_and_no_other_record_leaks(
    asked: list[str], expected: dict[str, int], good: Path, records: Records, ask: Ask
) -> None:
    answer = ask("query", "--use", *asked, "--ids", store=good)
    permitted = {row["license"]: row["permitted"] for row in answer["licenses"] if row["permitted"]}
    assert permitted == expected
    # The ids speak for themselves: what the store says of each of them, looked up one by one.
    assert Counter(records[i]["license_concluded"] or "unknown" for i in answer["ids"]) == expected
    assert len(set(answer["ids"])) == len(answer["ids"]) == answer["permitted"]["records"]
    assert sum(records[i]["n_chars"] for i in answer["ids"]) == answer["permitted"]["chars"]
    texts = Counter(records[i]["norm"] for i in answer["ids"])
    assert max(texts.values()) == 1, "one of each group of copies"
    # The waterfall adds up, on every axis.
    assert answer["considered"]["records"] == len(records)
    for count in ("records", "chars"):
        excluded = sum(row[count] for row in answer["excluded"])
        assert answer["considered"][count] == answer["permitted"][count] + excluded
    for axis in ("licenses", "languages", "sources"):
        assert sum(row["permitted"] for row in answer[axis]) == answer["permitted"]["records"]
        assert sum(row["permitted"] + row["excluded"] for row in answer[axis]) == len(records)


def test_query_says_what_more_undertakings_would_permit_and_they_do(good: Path, ask: Ask) -> None:
    """The promise counts every copy, so it is held against a query that keeps them."""
    use = ("query", "--use", "train.pretrain", "--accept", "attribution", "--accept", "notice", "--dedup", "none")
    before = ask(*use, store=good)
    [more] = [row for row in before["would_permit"] if row["option"] == "--accept all"]
    after = ask(*use, "--accept", "all", store=good)
    assert more["records"] == 25
    for count in ("records", "chars"):
        assert after["permitted"][count] == before["permitted"][count] + more[count]


def test_query_out_writes_ids_and_tags_and_never_text(
    good: Path, records: Records, ask: Ask, tmp_path: Path, refuse: Callable[..., Any]
) -> None:
    use = ("query", "--use", "train.pretrain", "--accept", "attribution", "--accept", "notice")
    columns = set(RECORDS.names) - {"subject_key", "subject_keys", "kept_key"}
    rows: dict[str, list[dict[str, Any]]] = {}
    for kind in ("parquet", "jsonl", "csv"):
        path = tmp_path / f"out.{kind}"
        assert ask(*use, "-o", path, store=good)["out"]["records"] == 35
        if kind == "parquet":
            rows[kind] = pq.read_table(path).to_pylist()
        elif kind == "jsonl":
            rows[kind] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        else:
            with path.open(encoding="utf-8", newline="") as handle:
                rows[kind] = list(csv.DictReader(handle))
        assert all(set(row) == columns for row in rows[kind])
    ids = [row["record_id"] for row in rows["parquet"]]
    assert len(set(ids)) == 35
    assert set(ids) <= set(records)
    assert [row["record_id"] for row in rows["jsonl"]] == [row["record_id"] for row in rows["csv"]] == ids
    shown = "".join((tmp_path / f"out.{kind}").read_text("utf-8") for kind in ("jsonl", "csv"))
    assert "The ferry" not in shown

    before = (tmp_path / "out.csv").read_bytes()
    assert "exists already" in refuse(*use, "-o", tmp_path / "out.csv", store=good)["message"]
    assert (tmp_path / "out.csv").read_bytes() == before


def test_query_where_narrows_what_is_considered_and_limit_what_is_listed(
    good: Path, records: Records, ask: Ask
) -> None:
    where = "language = 'ja' AND source_id <> 'forum'"
    use = ("query", "--use", "train.pretrain", "--accept", "all", "--where", where, "--ids", "--limit", "3")
    answer = ask(*use, store=good)
    assert (answer["considered"]["records"], answer["permitted"]["records"]) == (10, 8)
    assert {row["reason"]: row["records"] for row in answer["excluded"]} == {"license-expired": 2}
    assert len(answer["ids"]) == 3
    assert {records[i]["source_id"] for i in answer["ids"]} <= {"almanac", "village-wiki", "open-data"}


def test_query_of_the_past_shows_what_held_then_and_of_an_old_snapshot_what_holds_now(
    good_copy: Path, records: Records, ask: Ask
) -> None:
    use = ("query", "--use", "train.pretrain", "--accept", "all", "--ids")
    before = ask(*use)
    ask("consent", "withdraw", "--source", "handbook")
    handbook = {i for i in before["ids"] if records[i]["source_id"] == "handbook"}
    assert len(handbook) == 8
    for now in (ask(*use), ask(*use, "--snapshot", "1")):
        assert set(before["ids"]) - set(now["ids"]) == handbook
        assert {"withdrawn": 8}.items() <= {row["reason"]: row["records"] for row in now["excluded"]}.items()
    assert ask(*use, "--as-of", before["as_of"])["ids"] == before["ids"]


def test_explain_answers_whether_this_mail_may_train_that(good: Path, ask: Ask) -> None:
    spam = ask("explain", "wms-0001", "--use", "train.nongen", "--application", "spam_filtering", store=good)
    assert (spam["decision"], spam["reasons"][0]["reason"]) == ("permit", "consent")
    translation = ask("explain", "wms-0001", "--use", "train.nongen", "--application", "translation", store=good)
    assert (translation["decision"], translation["reasons"][0]["reason"]) == ("deny", "outside-consent")
    [consent] = [e for e in translation["evidence"] if e["kind"] == "consent"]
    assert consent["determining"]
    assert (consent["applications"], consent["raw"]) == (["spam_filtering"], "receipt WMS-2024-117")
    assert {"option": "--application spam_filtering", "decision": "permit"} in translation["would_change"]


def test_explain_finds_a_record_by_the_start_of_its_id_and_by_its_address(
    good: Path, records: Records, ask: Ask, refuse: Callable[..., Any]
) -> None:
    [poem] = [r for r in records.values() if r["source_record_id"] == "m-004"]
    for name in (poem["record_id"][:10], poem["url"]):
        answer = ask("explain", name, "--use", "train.pretrain", "--accept", "all", store=good)
        assert (answer["record"], answer["decision"]) == (poem["record_id"], "unknown")
        assert answer["reasons"][0]["reason"] == "contested-copy"
        assert [(c["source"], c["license"]) for c in answer["copies"]] == [("poets", NC)]
    assert "no record 'm-999'" in refuse("explain", "m-999", "--use", "train", store=good)["message"]


def test_license_check_decides_an_expression_and_its_exit_code_says_so(ask: Ask, rightful: Callable[..., Any]) -> None:
    either = ask("license", "check", "GPL-3.0-only OR mit", "--use", "train.pretrain", "--accept", "notice")
    assert (either["decision"], either["normalized"]) == ("permit", "GPL-3.0-only OR MIT")
    assert either["obligations"] == ["notice.copyright", "notice.licence"]
    both = ask("license", "check", "GPL-3.0-only AND MIT", "--use", "train.pretrain", "--accept", "notice", code=3)
    assert (both["decision"], both["reasons"][0]["reason"]) == ("deny", "obligation")
    lines = "CC0-1.0\nhttps://creativecommons.org/licenses/by-nc/4.0/\n\nCC BY 4.0\nall yours, friend\n"
    listed = rightful(
        "license", "check", "-", "--use", "train.pretrain", "--accept", "attribution", "--accept", "notice", stdin=lines
    )
    assert listed.returncode == 0
    assert [(row["normalized"], row["decision"]) for row in listed.json()] == [
        ("CC0-1.0", "permit"),
        (NC, "deny"),
        (None, "unknown"),
        (BY, "permit"),
        (None, "unknown"),
    ]
    reasons = [row["reasons"][0]["reason"] for row in listed.json()]
    assert reasons == ["license", "license-denies", "nothing-stated", "license", "license-unreadable"]


def test_license_list_and_show_and_uses_know_the_same_words(ask: Ask, refuse: Callable[..., Any]) -> None:
    listed = {row["id"] for row in ask("license", "list")}
    assert listed >= {BY, NC, SA, "MIT", "Apache-2.0", "GPL-3.0-only", "CC0-1.0", "BUSL-1.1"}
    shown = ask("license", "show", "cc-by-nc-4.0")
    words = ask("uses")
    assert shown["id"] == NC
    assert {v["act"] for v in shown["verdicts"]} == {a["id"] for a in words["acts"]}
    assert {o for v in shown["verdicts"] for o in v["obligations"]} <= {o["id"] for o in words["obligations"]}
    verdicts = {(v["profile"], v["purpose"], v["act"]): v["verdict"] for v in shown["verdicts"]}
    assert verdicts["strict", "commercial", "train.pretrain"] == "deny"
    assert verdicts["strict", "noncommercial", "train.pretrain"] == "permit"


def test_source_and_store_commands_say_what_is_there(good: Path, ask: Ask, refuse: Callable[..., Any]) -> None:
    listed = ask("source", "list", store=good)
    assert {s["source_id"] for s in listed} == {p.name for p in GOOD.iterdir()}
    card = ask("source", "show", "mail", store=good)["card"]
    assert (card["personal_data"], card["consent"]["applications"]) == ("yes", ["spam_filtering"])
    status = ask("store", "status", store=good)
    assert (status["snapshot"], status["rows"], status["events"]) == (1, 106, 0)
    [only] = ask("store", "log", store=good)
    assert (only["snapshot"], only["kind"], only["summary"]["added"]) == (1, "ingest", 106)


def test_sql_shows_every_view_with_its_text_and_times(good: Path, ask: Ask) -> None:
    views = "records texts duplicates evidence consents sources exports assets rejected".split()
    counts = ", ".join(f"(SELECT count(*) FROM {view}) AS {view}" for view in views)
    [found] = ask("sql", f"SELECT {counts}", store=good)
    assert {view: n for view, n in found.items() if n} == {
        "records": 106,
        "texts": 106,
        "duplicates": 16,
        "evidence": found["evidence"],
        "sources": 10,
    }
    [poem] = ask(
        "sql",
        "SELECT r.*, t.text, sum(n_chars) OVER () AS chars FROM records r JOIN texts t USING (record_id)"
        " WHERE published_at IS NOT NULL ORDER BY record_id LIMIT 1",
        store=good,
    )
    assert len(poem["text"]) == poem["n_chars"] < poem["chars"]
    assert poem["published_at"].endswith("+00:00")
    assert len(poem["content_sha256"]) == 64


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('{store}/ledger.sqlite')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''out.csv''')",
        "COPY records TO 'out.csv'",
        "SET enable_external_access = true",
        "PRAGMA enable_profiling",
        "SELECT 1; SELECT 2",
    ],
)
def test_sql_reads_no_file_and_no_network_and_changes_nothing(
    query: str, good: Path, refuse: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text("a\nTOP SECRET\n", encoding="utf-8")
    before = files(good, but=["ledger.sqlite-"])
    error = refuse("sql", query.format(store=good), store=good)
    assert "the query fails" in error["message"] or "sql runs one SELECT" in error["message"]
    assert "SECRET" not in json.dumps(error)
    assert files(good, but=["ledger.sqlite-"]) == before
    assert {p.name for p in tmp_path.iterdir()} == {"secret.csv"}
