"""A web archive decides by itself: what it looked at permits under a statute, and what was reserved there refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.crawls import NOAI, Crawl
from tests.e2e.conftest import Ask
from tests.e2e.test_policy import BY, DSM_4, UNTIL

COMMERCE = ("--use", "train.pretrain", "--jurisdiction", "DE", "--accept", "all")
OPEN, CLOSED = "https://coast.example/open", "https://coast.example/closed"
REFUSING = "https://other.example/page"
NO_ANSWER = "https://third.example/page"


def archive(file: Path) -> None:
    crawl = Crawl(datetime.now(UTC) - timedelta(days=3))
    crawl.page(OPEN)
    crawl.page(CLOSED, NOAI)
    crawl.page(REFUSING)
    crawl.page(NO_ANSWER)
    crawl.host("https://coast.example", robots="User-agent: *\nDisallow: /admin/\n")
    crawl.host("https://other.example", robots="User-agent: CCBot\nDisallow: /\n")
    crawl.host("https://third.example", status=503)
    crawl.write(file)


def test_archive_with_its_captures_is_evidence_of_what_was_looked_at(
    ask: Ask, ingest: Ask, rightful: Callable[..., Any], tmp_path: Path
) -> None:
    archive(tmp_path / "crawl" / "one.warc.gz")
    (tmp_path / "crawl" / "source.toml").write_text('name = "crawl"\npersonal_data = "no"\n')
    answer = ingest("crawl")
    counted = {(c["protocol"], c["result"]): c["captures"] for c in answer["captures"]}
    assert counted == {
        ("headers", "absent"): 4,
        ("html", "absent"): 3,
        ("html", "found"): 1,
        ("robots", "absent"): 1,
        ("robots", "failed"): 1,
        ("robots", "found"): 1,
        ("tdmrep", "absent"): 3,
    }
    (tmp_path / "rightful-store" / "policy.toml").write_text(DSM_4, encoding="utf-8")
    ask("policy", "sign", *BY, UNTIL.date().isoformat())
    query = ask("query", *COMMERCE, "--ids")
    listed = ask("sql", "SELECT record_id, url FROM records")
    assert {r["url"] for r in listed if r["record_id"] in query["ids"]} == {OPEN}
    coverage = {c["protocol"]: (c["hosts"], c["looked"]) for c in query["coverage"]}
    assert coverage == {"robots": (3, 2), "tdmrep": (3, 3), "headers": (3, 3), "html": (3, 3)}
    for url, protocol in ((CLOSED, "html"), (REFUSING, "robots")):
        explained = ask("explain", url, *COMMERCE)
        assert "reserved" in {r["reason"] for r in explained["reasons"]}
        [found] = [c for c in explained["looked"] if c["result"] == "found"]
        assert (found["protocol"], found["counts"]) == (protocol, True)
        assert found["place"].startswith("one.warc.gz, byte ")
    assert {r["reason"] for r in ask("explain", NO_ANSWER, *COMMERCE)["reasons"]} == {"not-observed"}
    wanted = {(w["protocol"], w["host"]) for w in ask("signal", "wanted")["wanted"]}
    assert wanted == {("robots", "third.example")}
    page = rightful("explain", CLOSED, *COMMERCE).stdout
    assert "html: found" in page
    assert "one.warc.gz, byte" in page
    again = ingest("crawl", "--rehash")
    assert (again["added"], again["snapshot"]) == (0, answer["snapshot"])
