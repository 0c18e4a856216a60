"""``signal refresh`` and ``signal wanted``: captures and lists for the locations of a store, and where nobody looked."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.errors import InputError, UnknownName
from rightful.looking.inputs import domains_of
from tests.unit.looking.web import ASKED, Web

A, B, C, D = "https://a.example/one", "https://www.b.example/two", "https://c.example/", "http://d.example:8080/x"
LISTED = {"protocol": "robots", "on": "2026-11-03", "by": "the index of opt-outs"}


@pytest.fixture
def web(tmp_path: Path) -> Web:
    web = Web(tmp_path, relies=False)
    web.shelve(A, B, C, D, license="CC0-1.0", covers="contents")
    return web


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_list_of_domains_reserves_them_and_what_is_below_them(web: Web, tmp_path: Path) -> None:
    listed = tmp_path / "opted-out.txt"
    listed.write_text(
        "\ufeff# who opted out\nB.example.\nexample\n*.d.example  # all of it\nnowhere.example\r\nmün.example\nno domain/at all\n"
    )
    before = web.permitted()
    answer = web.store.signal.refresh(list=listed, result="found", **LISTED, dry_run=True)
    assert (answer.snapshot, answer.dry_run, web.permitted()) == (None, True, before)
    assert not list(web.store.layout.root.glob("observations/*.parquet"))
    answer = web.store.signal.refresh(list=listed, result="found", **LISTED)
    assert (answer.locations, answer.records, answer.reserved, answer.unmatched) == (4, 4, 4, 2)
    [error] = answer.errors
    assert error["place"] == f"{listed}:7"
    assert web.permitted() == set()
    again = web.store.signal.refresh(list=listed, result="found", **LISTED)
    assert (again.added, again.changed, again.snapshot) == (0, 0, answer.snapshot)
    lifted = tmp_path / "back.csv"
    lifted.write_text("domain,rank\na.example,1\n")
    answer = web.store.signal.refresh(list=lifted, result="absent", **{**LISTED, "on": "2026-11-04"})
    assert (answer.locations, answer.lifted, web.permitted()) == (1, 1, {A})


def test_lists_of_domains_are_read_at_once(tmp_path: Path) -> None:
    listed = tmp_path / "many.txt"
    listed.write_text("".join(f"host{n}.example\n" for n in range(100_000)))
    domains, errors = domains_of(listed)
    assert (len(domains), errors) == (100_000, [])


def test_terms_of_a_host_reserve_in_words_and_tables_say_when_and_with_what_answer(web: Web, tmp_path: Path) -> None:
    says = "You may read this. Use for training of AI models or text and data mining is prohibited."
    rows = [
        {"host": "a.example", "observed_at": "2026-11-01", "status": 200, "body": says},
        {"host": "d.example:8080", "observed_at": "2026-11-01", "status": 403, "body": says},
        {"url": "https://www.b.example/terms", "observed_at": "2026-11-01", "status": 404, "body": None},
        {"host": "other.example", "observed_at": "2026-11-01", "body": says},
        {"host": "c.example", "observed_at": "2027-11-01", "body": says},
        {"host": "c.example", "observed_at": "at noon", "body": says},
        {"host": "", "observed_at": "2026-11-01", "body": says},
        {"host": "c.example", "observed_at": "2026-11-01", "status": "gone", "body": says},
    ]
    table = lines(tmp_path / "terms.jsonl", *rows)
    answer = web.store.signal.refresh(terms=table)
    assert (answer.locations, answer.unreadable, answer.unmatched, answer.reserved) == (3, 1, 1, 1)
    assert [e["place"].rpartition(":")[2] for e in answer.errors] == ["6", "7", "8", "5"]
    assert web.permitted() == {B, C, D}
    [claim] = [e for e in web.store.explain(A, **ASKED)["evidence"] if e["kind"] == "reservation"]
    assert (claim["tier"], claim["detector"]) == (5, "terms/1")
    assert "prohibited" in claim["raw"] or "training" in claim["raw"]


def test_files_name_hosts_and_do_not_say_when(web: Web, tmp_path: Path) -> None:
    folder = tmp_path / "terms"
    (folder / "a.example").mkdir(parents=True)
    (folder / "a.example" / "terms.txt").write_text("No data mining.")
    (folder / "d.example_8080.txt").write_text("No text and data mining.")
    (folder / "nobody.example.txt").write_text("No text and data mining.")
    with pytest.raises(InputError, match="do not say when"):
        web.store.signal.refresh(terms=folder)
    answer = web.store.signal.refresh(terms=folder, on="2026-11-01")
    assert (answer.locations, answer.unmatched) == (2, 1)
    assert D not in web.permitted()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "nothing to read"),
        ({"list": "none.txt", **LISTED, "result": "found"}, "no such file"),
        ({"terms": "none", "on": "2026-11-01"}, "no such file or folder"),
        ({"list": "own.txt", "protocol": "robots", "result": "found"}, "does not say when"),
        ({"list": "own.txt"}, "neither what was looked at"),
        ({"protocol": "robots"}, "are stated of a list"),
        ({"terms": "own.txt", "on": "2027-11-01"}, "later than now"),
        ({"html": "own.txt", "on": "2026-11-01"}, "of single addresses"),
        ({"terms": "bad.jsonl"}, "unknown column 'hosts'"),
        ({"terms": "cut.jsonl"}, "is not JSON"),
        ({"terms": "cut.parquet"}, "cannot be read"),
    ],
)
def test_what_cannot_be_refreshed_is_said_and_changes_nothing(
    web: Web, tmp_path: Path, options: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text("a.example\n")
    lines(tmp_path / "bad.jsonl", {"hosts": "a.example"})
    (tmp_path / "cut.jsonl").write_text('{"host": "a.exa')
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    snapshot = web.store.status()["snapshot"]
    with pytest.raises(InputError, match=says):
        web.store.signal.refresh(**options)  # type: ignore[arg-type]
    assert web.store.status()["snapshot"] == snapshot


def test_a_list_of_what_cannot_be_listed_is_no_list(web: Web, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("a.example\n")
    for options in ({"protocol": "html"}, {"result": "failed"}):
        with pytest.raises(UnknownName):
            web.store.signal.refresh(list=tmp_path / "own.txt", **{**LISTED, "result": "found", **options})


def test_wanted_are_hosts_that_nobody_looked_at_or_long_ago_by_records(web: Web, tmp_path: Path) -> None:
    web.shelve("https://a.example/more", "https://a.example/yet", name="more")
    web.capture("https://a.example", "robots", "failed")
    answer = web.store.signal.wanted(protocol="robots")
    assert next((w["url"], w["records"], w["last_looked"]) for w in answer.wanted) == (
        "https://a.example/robots.txt",
        3,
        None,
    )
    assert answer.totals == [{"protocol": "robots", "hosts": 4, "locations": 4, "records": 6, "never": 6}]
    web.capture("https://a.example", ("robots", "tdmrep"))
    web.capture(C, "html")
    assert "https://a.example/robots.txt" not in {w["url"] for w in web.store.signal.wanted().wanted}
    old = web.store.signal.wanted(protocol="robots", older_than=0).wanted
    assert [w["last_looked"] for w in old if w["host"] == "a.example"] == ["2026-11-20"]
    assert C not in {w["url"] for w in web.store.signal.wanted(protocol=["html"]).wanted}
    for name in ("w.jsonl", "w.csv", "w.parquet", "w.txt"):
        written = web.store.signal.wanted(out=tmp_path / name, limit=1)
        assert (len(written.wanted), written.out) == (1, {"path": str(tmp_path / name), "rows": 6})
    assert "http://d.example:8080/.well-known/tdmrep.json\n" in (tmp_path / "w.txt").read_text()
    for wrong in ({"protocol": "copy"}, {"older_than": -1}, {"out": tmp_path / "w.txt"}, {"out": tmp_path / "w.doc"}):
        with pytest.raises(InputError):
            web.store.signal.wanted(**wrong)  # type: ignore[arg-type]


ROBOTS = """
User-agent: GPTBot
Disallow: /private
Disallow: /*.pdf$

User-agent: *
Allow: /
"""


def test_robots_are_evaluated_for_the_addresses_of_the_store(tmp_path: Path) -> None:
    web = Web(tmp_path, relies=False)
    urls = [
        f"https://a.example/{path}" for path in ("", "open", "private", "private/2", "x.pdf", "x.pdf?v=1", "caf%C3%A9")
    ]
    web.shelve(*urls, C, license="CC0-1.0", covers="contents")
    (tmp_path / "robots").mkdir()
    (tmp_path / "robots" / "a.example.txt").write_text(ROBOTS)
    (tmp_path / "robots" / "c.example").mkdir()
    (tmp_path / "robots" / "c.example" / "robots.txt").write_text("User-agent: *\nDisallow: /\n")
    answer = web.store.signal.refresh(robots=tmp_path / "robots", on="2026-11-03")
    assert (answer.locations, answer.added, answer.reserved, answer.unreadable) == (2, 5, 2, 0)
    kept = {urls[2], urls[3], urls[4]}
    assert web.permitted() == set(urls) - kept
    (tmp_path / "robots" / "a.example.txt").write_text("<!DOCTYPE html><html><body>not found</body></html>")
    answer = web.store.signal.refresh(robots=tmp_path / "robots", on="2026-11-04")
    assert (answer.unreadable, answer.changed, web.permitted()) == (1, 0, set(urls) - kept)
    (tmp_path / "robots" / "a.example.txt").write_text("# all are welcome\n")
    answer = web.store.signal.refresh(robots=tmp_path / "robots", on="2026-11-05")
    assert (answer.lifted, web.permitted()) == (1, set(urls))


def test_addresses_that_come_later_are_held_against_the_captures_of_their_host(tmp_path: Path) -> None:
    web = Web(tmp_path, relies=False)
    free = {"license": "CC0-1.0", "covers": "contents"}
    web.shelve("https://a.example/open", "https://a.example/private", **free)
    robots = tmp_path / "a.example.txt"
    robots.write_text(ROBOTS)
    web.store.signal.refresh(robots=robots, on="2026-11-03")
    web.shelve("https://a.example/private/3", "https://a.example/y.pdf", "https://a.example/y", name="later", **free)
    assert web.permitted() == {"https://a.example/open", "https://a.example/y"}
    parts = list((web.store.layout.root / "observations").glob("*.parquet"))
    web.store.ingest([web.root / "later"])
    assert list((web.store.layout.root / "observations").glob("*.parquet")) == parts
    assert web.store.check()["ok"]


FIELDS = (
    "HTTP/1.1 200 OK\r\nX-Robots-Tag: googlebot:\r\n noai\r\n",
    ["Server: x", "X-Robots-Tag: noai"],
    [{"name": "X-Robots-Tag", "value": "noai"}],
    [["X-Robots-Tag", "noai"]],
    {"X_Robots_Tag": ["all", "noai"]},
)


@pytest.mark.parametrize("fields", FIELDS)
def test_header_fields_are_read_in_whatever_form_a_table_has_them(web: Web, tmp_path: Path, fields: object) -> None:
    table = lines(tmp_path / "headers.jsonl", {"url": A, "observed_at": "2026-11-03", "status": 200, "headers": fields})
    assert web.store.signal.refresh(headers=table).reserved == 1
    assert A not in web.permitted()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"headers": "no field at all"}, "no header field"),
        ({"headers": {"X-Robots-Tag": {"0": "noai"}}}, "headers are neither"),
        ({"headers": [["X-Robots-Tag", "noai", "more"]]}, "headers are neither"),
        ({"headers": [{"key": "X-Robots-Tag", "val": "noai"}]}, "headers are neither"),
        ({}, ""),
        ({"body": "X-Robots-Tag: noai"}, ""),
    ],
)
def test_header_fields_that_were_not_kept_or_cannot_be_read_are_no_absence(
    web: Web, tmp_path: Path, row: dict[str, object], said: str
) -> None:
    table = lines(tmp_path / "headers.jsonl", {"url": A, "observed_at": "2026-11-03", "status": 200, **row})
    answer = web.store.signal.refresh(headers=table)
    assert [said in one["reason"] for one in answer.errors] == ([True] if said else [])
    looked = web.store.explain(A, **ASKED)["looked"]
    assert [one["result"] for one in looked] == ([] if said else ["failed"])


@pytest.mark.parametrize("host", ["https://a.example", "a.example/x", "me@a.example", "a.example:0", "a.example:99999"])
def test_a_host_that_is_none_is_named(web: Web, tmp_path: Path, host: str) -> None:
    table = lines(tmp_path / "robots.jsonl", {"host": host, "observed_at": "2026-11-03", "status": 404})
    answer = web.store.signal.refresh(robots=table)
    assert ([host in one["reason"] for one in answer.errors], answer.added) == ([True], 0)


def test_a_list_with_several_columns_says_which_are_the_domains(web: Web, tmp_path: Path) -> None:
    listed = tmp_path / "ranked.csv"
    listed.write_text("1,a.example\n2,b.example\n")
    with pytest.raises(InputError, match="none is called domain"):
        web.store.signal.refresh(list=listed, result="found", **LISTED)


def test_a_table_with_a_column_twice_is_refused(web: Web, tmp_path: Path) -> None:
    table = tmp_path / "robots.csv"
    table.write_text("url,observed_at,status,url\nhttps://a.example/,2026-11-03,404,https://b.example/\n")
    with pytest.raises(InputError, match="twice"):
        web.store.signal.refresh(robots=table)


def test_a_table_has_times_in_nanoseconds_and_statuses_that_became_fractions(web: Web, tmp_path: Path) -> None:
    seen = pa.array([1_793_700_000_000_000_001], pa.timestamp("ns", "UTC"))
    body = ["User-agent: GPTBot\nDisallow: /\n"]
    pq.write_table(pa.table({"url": [A], "observed_at": seen, "status": [200.0], "body": body}), tmp_path / "r.parquet")
    answer = web.store.signal.refresh(robots=tmp_path / "r.parquet")
    assert (answer.errors, answer.reserved) == ([], 1)
