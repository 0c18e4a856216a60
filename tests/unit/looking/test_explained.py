"""What is shown of captures: coverage of a query, and each capture of a record with what was in force at its fetch."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from rightful.cli.pages.explain import explain_lines
from rightful.cli.pages.lines import coverage_line
from rightful.signals.web.stated import License
from tests.unit.looking.web import ASKED, EVERYWHERE, NOON, TRAINING, Web

A, B, C = "https://a.example/one", "https://a.example/two", "https://c.example/"
DAY = timedelta(days=1)


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path)


def test_coverage_counts_hosts_of_which_every_record_was_looked_at(web: Web) -> None:
    web.shelve(A, B, C)
    web.capture("https://a.example", "robots", on=NOON - 3 * DAY)
    web.capture("https://c.example", "robots", "failed")
    web.capture(A, "html", on=NOON - 400 * DAY)
    web.capture(C, "html", "found", TRAINING, on=NOON - 400 * DAY)
    covered = {c["protocol"]: c for c in web.store.query(**ASKED)["coverage"]}
    assert [covered[p]["hosts"] for p in EVERYWHERE] == [2, 2, 2, 2]
    assert [covered[p]["looked"] for p in EVERYWHERE] == [1, 0, 0, 1]
    assert (covered["robots"]["share"], covered["robots"]["newest"], covered["robots"]["fresh"]) == (
        0.5,
        "2026-11-18",
        1,
    )
    assert (covered["html"]["fresh"], covered["tdmrep"]["newest"]) == (0, None)
    assert coverage_line(covered.values()) == (
        "robots.txt looked at for 50 % of 2 hosts, newest 2026-11-18; TDMRep, response headers for none of 2 hosts;"
        " pages for 50 % of 2 hosts, newest 2025-10-17, 1 of them too long ago"
    )
    narrowed = web.store.query(**ASKED, where="host = 'a.example'")["coverage"]
    assert [(c["hosts"], c["looked"]) for c in narrowed] == [(1, 1), (1, 0), (1, 0), (1, 0)]


def test_coverage_takes_what_cards_state_and_is_none_of_a_store_without_addresses(tmp_path: Path) -> None:
    web = Web(tmp_path, relies=False)
    web.put("prose", {"text": "A text that came by post."}, license="CC0-1.0")
    assert web.store.query(**ASKED)["coverage"] == []
    card = [{"protocols": ["robots"], "result": "absent", "on": "2026-11-10", "by": "Ada", "domains": ["a.example"]}]
    web.shelve(A, C, observed=card)
    robots, *rest = web.store.query(**ASKED)["coverage"]
    assert (robots["hosts"], robots["looked"], robots["oldest"]) == (2, 1, "2026-11-10")
    assert {c["looked"] for c in rest} == {0}
    web.capture("https://c.example", "robots")
    assert web.store.query(**ASKED)["coverage"][0]["looked"] == 2


def test_explain_shows_what_counts_and_what_was_in_force_at_the_fetch(web: Web) -> None:
    web.put("web", {"text": "One text that was fetched.", "url": A, "fetched_at": "2026-11-05T10:00:00Z"})
    web.capture("https://a.example", "robots", "found", TRAINING, on=NOON - 19 * DAY)
    web.capture("https://a.example", "robots", "failed", on=NOON - 17 * DAY)
    web.capture("https://a.example", "robots", "absent", on=NOON - 10 * DAY)
    web.capture("https://a.example", "robots", "unreadable", on=NOON - 9 * DAY)
    answer = web.store.explain(A, **ASKED)
    shown = [(c["result"], c["counts"], c["at_fetch"]) for c in answer["looked"]]
    assert shown == [
        ("unreadable", True, False),
        ("absent", True, False),
        ("failed", False, False),
        ("found", False, True),
    ]
    assert answer["looked"][-1]["statements"] == [
        {"acts": ["synth.derive", "train"], "status": "reserve", "raw": "noai"}
    ]
    assert not [e for e in answer["evidence"] if e["kind"] == "observation"]
    page = " ".join(" ".join(explain_lines(answer)).split())
    assert "robots: found https://a.example, 2026-11-02T12:00:00Z; no longer counts, in force at the fetch" in page
    before = web.store.explain(A, **ASKED, as_of=(NOON - 11 * DAY).isoformat())
    assert [c["result"] for c in before["looked"]] == ["failed", "found"]


def test_a_reservation_of_a_capture_is_shown_with_what_stood_there(web: Web) -> None:
    web.shelve(A)
    web.capture(A, "html", "found", TRAINING)
    [claim] = [e for e in web.store.explain(A, **ASKED)["evidence"] if e["kind"] == "reservation"]
    assert (claim["raw"], claim["place"], claim["detector"]) == ("noai", A, "html/1")
    assert claim["determining"]


def test_a_licence_that_a_page_states_is_credited_counted_and_shown(tmp_path: Path) -> None:
    web = Web(tmp_path, relies=False)
    web.shelve(A, B)
    web.shelve(C, name="own", license="MIT")
    web.capture(A, "html", licenses=(License("CC-BY-4.0", "a", 4),))
    web.capture(C, "html", licenses=(License("CC0-1.0", "a", 4),))
    answer = web.store.query(**ASKED)
    assert {r["license"]: r["permitted"] for r in answer["licenses"]} == {
        "CC-BY-4.0": 1,
        "MIT AND CC0-1.0": 1,
        "unknown": 0,
    }
    web.store.export(tmp_path / "out", **ASKED, tokenizer="bytes")
    credited = pq.read_table(tmp_path / "out" / "attribution.parquet").to_pylist()
    assert {r["url"]: r["license"] for r in credited} == {A: "CC-BY-4.0", C: "MIT AND CC0-1.0"}
    attribution = (tmp_path / "out" / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "CC-BY-4.0" in attribution
    assert "no licence" not in attribution
    web.store.export(tmp_path / "texts", **ASKED, format="text")
    [shard] = (tmp_path / "texts" / "data").glob("*.parquet")
    assert {r["url"]: r["license"] for r in pq.read_table(shard).to_pylist()} == {
        A: "CC-BY-4.0",
        C: "MIT AND CC0-1.0",
    }
    page = [line.strip() for line in explain_lines(web.store.explain(A, **ASKED))]
    assert f"and CC-BY-4.0, as read at {A}" in page
