"""What a crawl brings: captures of pages and hosts are evidence as after a refresh, committed with its records."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from rightful.store.parquet import read
from tests.crawls import NOAI, NOON, Crawl
from tests.unit.looking.web import ASKED, Web

A, B = "https://a.example/one", "https://a.example/private/two"
HOST = "https://a.example"
AGAINST_TRAINING = "User-agent: GPTBot\nDisallow: /private/\n"


@pytest.fixture
def web(tmp_path: Path) -> Web:
    web = Web(tmp_path)
    web.shelve("https://other.example/x", name="first")
    return web


def ingested(web: Web, crawl: Crawl, name: str = "crawl") -> object:
    crawl.write(web.root / name / "pages.warc.gz")
    (web.root / name / "source.toml").write_text(f'name = "{name}"\npersonal_data = "no"\n', encoding="utf-8")
    return web.store.ingest([web.root / name])


def test_a_crawl_in_which_nothing_is_reserved_is_an_observation_of_that(web: Web) -> None:
    crawl = Crawl()
    crawl.page(A)
    crawl.page(B)
    crawl.host(HOST)
    answer = ingested(web, crawl)
    assert web.permitted() == {A, B}
    assert {(c["protocol"], c["result"], c["captures"]) for c in answer["captures"]} == {
        ("headers", "absent", 2),
        ("html", "absent", 2),
        ("robots", "absent", 1),
        ("tdmrep", "absent", 1),
    }
    looked = web.store.explain(A, **ASKED)["looked"]
    assert {(c["protocol"], c["result"], c["counts"]) for c in looked} == {
        (p, "absent", True) for p in ("robots", "tdmrep", "headers", "html")
    }
    assert all(c["place"].startswith("pages.warc.gz, byte ") for c in looked)
    assert not [w for w in web.store.signal.wanted()["wanted"] if w["host"] == "a.example"]


@pytest.mark.parametrize(
    ("head", "fields", "robots", "tdmrep"),
    [
        (NOAI, (), "", ""),
        ("", (("tdm-reservation", "1"),), "", ""),
        ("", (("X-Robots-Tag", "noai"),), "", ""),
        ('<meta name="tdm-reservation" content="1">', (), "", ""),
        ("", (), AGAINST_TRAINING, ""),
        ("", (), "", '[{"location": "/private/", "tdm-reservation": 1}]'),
    ],
)
def test_what_is_reserved_where_the_crawl_looked_refuses(
    web: Web, head: str, fields: tuple[tuple[str, str], ...], robots: str, tdmrep: str
) -> None:
    crawl = Crawl()
    crawl.page(A)
    crawl.page(B, head, *fields)
    crawl.host(HOST, robots=robots, tdmrep=tdmrep)
    ingested(web, crawl)
    assert web.permitted() == {A}
    assert "reserved" in web.why(B)
    assert [c for c in web.store.explain(B, **ASKED)["looked"] if c["result"] == "found" and c["statements"]]


@pytest.mark.parametrize("status", [503, 301, 401])
def test_robots_without_an_answer_that_says_anything_is_no_look(web: Web, status: int) -> None:
    crawl = Crawl()
    crawl.page(A)
    crawl.host(HOST, status=status)
    ingested(web, crawl)
    assert (web.permitted(), web.why(A)) == (set(), {"not-observed"})


@pytest.mark.parametrize("first", ["hosts", "pages"])
def test_captures_of_hosts_and_pages_meet_in_whatever_order_they_come(web: Web, first: str) -> None:
    hosts, pages = Crawl(), Crawl()
    hosts.host(HOST, robots=AGAINST_TRAINING)
    pages.page(A)
    pages.page(B)
    listed = [("hosts", hosts), ("pages", pages)]
    for name, crawl in listed if first == "hosts" else reversed(listed):
        answer = ingested(web, crawl, name)
        if name == "hosts":
            [of_robots] = [c["result"] for c in answer["captures"] if c["protocol"] == "robots"]
    # What a file of rules for paths comes to is what it says of the addresses that there are.
    assert of_robots == ("absent" if first == "hosts" else "found")
    assert web.permitted() == {A}
    assert web.why(B) == {"reserved"}


def test_the_same_crawl_again_adds_nothing(web: Web) -> None:
    crawl = Crawl()
    crawl.page(A)
    crawl.page(B, NOAI)
    crawl.host(HOST, robots=AGAINST_TRAINING)
    ingested(web, crawl)
    parts = sorted((web.store.layout.root / "observations").iterdir())
    answer = web.store.ingest([web.root / "crawl"], rehash=True)
    assert answer["added"] == 0
    crawl.page(A)  # written otherwise: all of it is read again
    ingested(web, crawl)
    assert sorted((web.store.layout.root / "observations").iterdir()) == parts


def test_of_pages_only_what_they_state_is_kept_and_of_absences_nothing(web: Web) -> None:
    crawl = Crawl()
    crawl.page(A, words="Words of a page that nobody else has.")
    crawl.page(B, NOAI, ("X-Robots-Tag", "noai"))
    ingested(web, crawl)
    [part] = (web.store.layout.root / "observations").iterdir()
    kept = {(r["address"], r["protocol"]): r["raw"] for r in read(part).to_pylist()}
    assert kept.pop((B, "headers")) == b"Content-Type: text/html; charset=utf-8\nX-Robots-Tag: noai"
    assert set(kept.values()) == {None}
    assert b"nobody else" not in part.read_bytes()


def test_of_what_is_refused_no_capture_is_kept(web: Web) -> None:
    web.store.consent.withdraw(url=A)
    crawl = Crawl()
    crawl.page(A, NOAI)
    crawl.page(B)
    answer = ingested(web, crawl)
    assert answer["refused"] == 1
    [part] = (web.store.layout.root / "observations").iterdir()
    assert set(read(part, ["address"]).column(0).to_pylist()) == {B}


def test_what_nobody_can_date_lifts_nothing_and_still_reserves(web: Web) -> None:
    crawl = Crawl(at=None)
    crawl.page(A)
    crawl.page(B, NOAI)
    crawl.host(HOST)
    ingested(web, crawl)
    assert web.permitted() == set()
    assert "not-observed" in web.why(A)
    assert "reserved" in web.why(B)
    parts = sorted((web.store.layout.root / "observations").iterdir())
    crawl.page(A)
    ingested(web, crawl)
    assert sorted((web.store.layout.root / "observations").iterdir()) == parts


def test_rules_for_paths_of_a_file_that_nobody_can_date_may_mean_any_path(web: Web) -> None:
    crawl = Crawl()
    crawl.page(A)
    crawl.host(HOST)
    crawl.at = None
    crawl.host(HOST, robots=AGAINST_TRAINING)
    ingested(web, crawl)
    assert web.permitted() == set()


def test_file_of_a_host_that_stands_elsewhere_reserves_and_is_no_look(web: Web) -> None:
    crawl = Crawl()
    crawl.page(A)
    crawl.answer(f"{HOST}/robots.txt", b"", status=404)
    crawl.answer(f"{HOST}/tdmrep.json", b"", status=404)
    ingested(web, crawl)
    assert (web.permitted(), web.why(A)) == (set(), {"not-observed"})
    crawl.host(HOST)
    crawl.answer(f"{HOST}/tdmrep.json", b'[{"location": "/*", "tdm-reservation": 1}]')
    ingested(web, crawl)
    assert (web.permitted(), web.why(A)) == (set(), {"reserved"})


def test_sql_has_what_was_observed_and_the_claims_of_it(web: Web) -> None:
    assert web.store.sql("SELECT * FROM observations") == []
    crawl = Crawl()
    crawl.page(A)
    crawl.page(B, NOAI)
    ingested(web, crawl)
    query = "SELECT address, result, deciding, place FROM observations WHERE protocol = 'html' ORDER BY address"
    absent, found = web.store.sql(query)
    assert (absent["address"], absent["result"], absent["deciding"]) == (A, "absent", "")
    assert found["result"] == "found"
    assert "reservation" in found["deciding"]
    assert found["place"].startswith("pages.warc.gz, byte ")


def test_a_crawl_says_what_a_refresh_of_the_same_captures_says(web: Web, tmp_path: Path) -> None:
    crawl = Crawl()
    crawl.page(A, '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">')
    crawl.page(B, NOAI, ("X-Robots-Tag", "noai"))
    crawl.page(f"{HOST}/three", "", ("tdm-reservation", "0"))
    crawl.host(HOST, robots=AGAINST_TRAINING, tdmrep='[{"location": "/three", "tdm-reservation": 0}]')
    ingested(web, crawl)
    other = Web(tmp_path / "refreshed")
    other.shelve(A, B, f"{HOST}/three")
    bodies: dict[str, list[dict[str, object]]] = {}
    for stood in crawl.records:
        head, _, block = stood.partition(b"\r\n\r\n")
        fields, _, body = block.removesuffix(b"\r\n\r\n").partition(b"\r\n\r\n")
        url = head.decode().partition("WARC-Target-URI: ")[2].partition("\r\n")[0]
        status, lines = int(fields.split()[1]), [line for line in fields.decode().split("\r\n")[1:] if line]
        row: dict[str, object] = {"url": url, "observed_at": NOON.isoformat(), "status": status}
        if url.endswith(("robots.txt", "tdmrep.json")):
            protocol = "robots" if url.endswith("robots.txt") else "tdmrep"
            bodies.setdefault(protocol, []).append({**row, "body": body.decode()})
        else:
            bodies.setdefault("headers", []).append({**row, "headers": lines})
            bodies.setdefault("html", []).append({**row, "body": body.decode()})
    for protocol, rows in bodies.items():
        table = tmp_path / f"{protocol}.jsonl"
        table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        other.store.signal.refresh(**{protocol: table})
    columns = "scheme, host, port, address, protocol, observed_at, result, statements, deciding, varies, hex(sha256) AS digest"
    query = f"SELECT {columns} FROM observations ORDER BY ALL"
    assert web.store.sql(query) == other.store.sql(query)
    for use in ("train.pretrain", "index.search"):
        assert web.permitted(use=use) == other.permitted(use=use)
    assert web.permitted() == {A, f"{HOST}/three"}


def test_a_second_crawl_takes_the_place_of_the_first_and_looks_grow_old(web: Web) -> None:
    first, second = Crawl(NOON - timedelta(days=300)), Crawl(NOON)
    for crawl, head in ((first, ""), (second, NOAI)):
        crawl.page(A, head)
        crawl.page(B)
        crawl.host(HOST)
    ingested(web, first, "first-crawl")
    assert web.permitted() == {A, B}
    ingested(web, second, "second-crawl")
    assert web.permitted() == {B}
    web.at += timedelta(days=360)
    assert web.permitted() == {B}
    web.at += timedelta(days=10)
    assert web.permitted() == set()


def test_licence_that_a_page_states_counts_and_is_none_of_the_record(tmp_path: Path) -> None:
    web = Web(tmp_path, relies=False)
    crawl = Crawl()
    crawl.page(A, '<link rel="license" href="https://creativecommons.org/publicdomain/zero/1.0/">')
    crawl.page(B)
    ingested(web, crawl)
    assert web.permitted() == {A}
    [claim] = [e for e in web.store.explain(A, **ASKED)["evidence"] if e["expression"] == "CC0-1.0"]
    assert (claim["tier"], claim["bound_to"], claim["detector"]) == (4, "location", "html/1")
    assert {r["license_concluded"] for r in web.store.sql("SELECT license_concluded FROM records")} == {None}


def test_a_page_without_a_record_is_left_aside_unless_it_states_something(web: Web) -> None:
    crawl = Crawl()
    crawl.page(A)
    crawl.answer(f"{HOST}/empty", b"<html></html>", (("Content-Type", "text/html"),))
    crawl.answer(f"{HOST}/closed", b"<html></html>", (("Content-Type", "text/html"), ("tdm-reservation", "1")))
    answer = ingested(web, crawl)
    assert {c["captures"] for c in answer["captures"] if (c["protocol"], c["result"]) == ("headers", "absent")} == {2}
    kept = {r["address"] for r in web.store.sql("SELECT address FROM observations")}
    assert kept == {A, f"{HOST}/closed"}
    web.shelve(f"{HOST}/closed", name="later", license="CC0-1.0", covers="contents")
    assert web.why(f"{HOST}/closed") == {"reserved"}
