"""The histories of consent events reduced to few standings, and the selectors that name records by more than an address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.rights.consent import GIVEN, TAKEDOWN, WITHDRAWN, ConsentEvent, standing, subject_key
from rightful.store.duck import connect, fill, rows
from rightful.store.matching import SELECTORS_HAVE, STONES, Standings, event_sids, hits, selectors_of, stone_hits
from rightful.store.placed import placed
from rightful.store.relations import Relation, build
from rightful.store.selectors import Named, selector_value

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = b"k" * 32

LATER = "NULL::BOOLEAN AS keyed, NULL::VARCHAR AS reach, NULL::VARCHAR AS was"
"""What a compaction adds to tombstones."""


def match(con: duckdb.DuckDBPyConnection, named: list[tuple[Named, int]]) -> None:
    """``hits``: what selectors mean in ``stored``."""
    selectors = selectors_of(named)
    build(
        con,
        (Relation("selectors", SELECTORS_HAVE), hits("hits", "stored", selectors.kinds)),
        {"selectors": selectors.table},
    )


def match_stones(con: duckdb.DuckDBPyConnection, events: list[ConsentEvent]) -> None:
    """``stone_hits``: what the tombstones of events mean in ``stored``; only one of a record is known, as number 5."""
    sids = event_sids(events, {("record", "00" * 16): 5})
    build(con, (*STONES, stone_hits("stone_hits", "stored")), {"event_sids": sids})


def event(n: int, selector: str, value: str, kind: str = WITHDRAWN, hours: int = 0, **more: Any) -> ConsentEvent:
    at = NOON + timedelta(hours=hours)
    return ConsentEvent(event_id=f"e{n}", kind=kind, selector=selector, value=value, recorded=at, effective=at, **more)


EVENTS = st.lists(
    st.builds(
        event,
        st.integers(0, 10**9),
        st.just("domain"),
        st.sampled_from(["a.org", "b.org", "c.org"]),
        st.sampled_from([GIVEN, WITHDRAWN, TAKEDOWN]),
        st.integers(-3, 3),
        acts=st.sampled_from([frozenset(), frozenset({"train"})]),
    ),
    max_size=12,
    unique_by=lambda e: e.event_id,
)


@given(EVENTS)
def test_standings_give_every_selector_what_its_own_events_say(events: list[ConsentEvent]) -> None:
    found = Standings.at(events, NOON)
    for value in {e.value for e in events}:
        own = standing([e for e in events if e.value == value], NOON)
        at = found.by_selector.get(("domain", value))
        assert (found.distinct[at] if at is not None else ()) == own
    assert len(set(found.distinct)) == len(found.distinct), "one standing has one number"
    assert set(found.by_selector.values()) == set(range(len(found.distinct)))


@given(EVENTS, st.randoms(use_true_random=False))
def test_standings_do_not_depend_on_the_order_in_which_events_are_read(events: list[ConsentEvent], random: Any) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)
    one, two = Standings.at(events, NOON), Standings.at(shuffled, NOON)
    assert {s: one.distinct[i] for s, i in one.by_selector.items()} == {
        s: two.distinct[i] for s, i in two.by_selector.items()
    }


def test_thousand_withdrawals_of_single_records_are_one_standing() -> None:
    found = Standings.at([event(n, "record", f"{n:032x}") for n in range(1_000)], NOON)
    assert len(found.by_selector) == 1_000
    assert len(found.distinct) == 1


def test_event_that_does_not_count_yet_is_no_standing() -> None:
    grant = event(1, "domain", "a.org", GIVEN, hours=1, acts=frozenset({"train"}))
    none = Standings.at([grant], NOON)
    assert (none.by_selector, none.distinct, none.granted) == ({}, (), {})
    assert len(Standings.at([grant], NOON + timedelta(hours=1)).distinct) == 1


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect(threads=1)
    yield made
    made.close()


PEOPLE = ["Mira Ó", "mira ó ", "MIRA  Ó", "Nils", None]
RELATION = st.lists(
    st.fixed_dictionaries(
        {
            "record_id": st.integers(0, 2**128 - 1).map("{:032x}".format),
            "source_id": st.sampled_from(["wiki", "mail"]),
            "source_record_id": st.sampled_from([None, "1", "2"]),
            "url": st.sampled_from([None, "https://a.org/", "https://b.org/x"]),
            "person": st.sampled_from(PEOPLE),
            "content": st.binary(min_size=32, max_size=32) | st.sampled_from([b"c" * 32, b"d" * 32]),
            "norm": st.sampled_from([b"n" * 32, b"c" * 32]),
            "first": st.sampled_from([None, b"z" * 32]),
        }
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda r: r["record_id"],
)


def relation(con: duckdb.DuckDBPyConnection, records: list[dict[str, Any]], name: str = "stored") -> None:
    keys = [subject_key(r["person"], KEY) if r["person"] else None for r in records]
    columns = {
        c: pa.array([r[c] for r in records], pa.string()) for c in ("record_id", "source_id", "source_record_id", "url")
    }
    columns["places"] = placed([r["url"]] if r["url"] else [] for r in records)
    columns["host"] = pa.nulls(len(records), pa.string())
    columns["subject_key"] = pa.array(keys, pa.binary(32))
    columns["subject_keys"] = pa.nulls(len(records), pa.list_(pa.binary(32)))
    columns["content_sha256"] = pa.array([r["content"] for r in records], pa.binary(32))
    columns["norm_sha256"] = pa.array([r["norm"] for r in records], pa.binary(32))
    columns["norm_rule"] = pa.array([r.get("rule", 2) for r in records], pa.int8())
    columns["norm1_sha256"] = pa.array([r.get("first") for r in records], pa.binary(32))
    fill(con, name, pa.table(columns))


def _means(kind: str, value: str, record: dict[str, Any]) -> bool:
    """The oracle: does the selector mean this record?"""
    if kind == "record":
        return bool(record["record_id"] == value.lower())
    if kind == "source":
        return bool(record["source_id"] == value)
    if kind == "content-sha256":
        return bytes.fromhex(value) in (record["content"], record["norm"], record["first"])
    return (
        bool(record["person"])
        and record["person"].split()
        and (" ".join(record["person"].split()).casefold() == " ".join(value.split()).casefold())
    )


@given(RELATION, st.data())
@settings(max_examples=60)
def test_selectors_reach_the_records_that_they_name(records: list[dict[str, Any]], data: st.DataObject) -> None:
    asked = data.draw(
        st.lists(
            st.one_of(
                st.tuples(st.just("record"), st.sampled_from([r["record_id"] for r in records]).map(str.upper)),
                st.tuples(st.just("source"), st.sampled_from(["wiki", "mail", "other"])),
                st.tuples(
                    st.just("content-sha256"), st.sampled_from([(c * 32).hex().upper() for c in (b"c", b"n", b"z")])
                ),
                st.tuples(st.just("subject"), st.sampled_from(["mira Ó", "nils", "nobody"])),
            ),
            max_size=4,
        )
    )
    made = connect(threads=1)
    try:
        relation(made, records)
        selectors = [(Named(kind, (selector_value(kind, value, KEY),)), n) for n, (kind, value) in enumerate(asked)]
        match(made, selectors)
        [(n,)] = rows(made, "SELECT count(*) FROM hits")
        found = {(str(r), int(s)) for r, s in rows(made, "SELECT record_id, sid FROM hits")}
    finally:
        made.close()
    assert n == len(found)
    assert found == {(r["record_id"], s) for s, (k, v) in enumerate(asked) for r in records if _means(k, v, r)}


# What is known of a text by rule: its digest, and by which rule that is; of one of today also that of the first rule.
TODAY, BEFORE = {"rule": 2, "norm": b"n" * 32, "first": b"f" * 32}, {"rule": None, "norm": b"f" * 32}


@pytest.mark.parametrize(
    ("stone", "record", "reached"),
    [
        (TODAY, TODAY, True),
        (BEFORE, BEFORE, True),
        (BEFORE, TODAY, True),
        (TODAY, BEFORE, True),
        (TODAY, {**TODAY, "norm": b"m" * 32}, False),
        (BEFORE, {**TODAY, "norm": b"m" * 32}, True),
        (TODAY, {"rule": 2, "norm": b"f" * 32}, False),
        ({"rule": 2, "norm": b"f" * 32}, TODAY, False),
        (TODAY, {"rule": None, "norm": b"o" * 32}, False),
    ],
    ids=[
        *("today", "before", "stone before", "record before", "other layout", "other layout, stone before"),
        *("no layout", "stone without layout", "other text"),
    ],
)
def test_tombstone_reaches_texts_by_the_rule_that_both_know(
    con: duckdb.DuckDBPyConnection, stone: dict[str, Any], record: dict[str, Any], reached: bool
) -> None:
    plain = {"source_id": "x", "source_record_id": None, "url": None, "person": None, "content": b"1" * 32}
    relation(con, [{**plain, "record_id": "ff" * 16, **record}])
    relation(con, [{**plain, "record_id": "00" * 16, **stone}], "graves")
    con.cursor().execute(f"CREATE TABLE tombstones AS SELECT 'e1' AS event, *, {LATER} FROM graves").fetchall()
    match_stones(con, [event(1, "record", "00" * 16)])
    assert [sid for _, sid in rows(con, "SELECT record_id, sid FROM stone_hits")] == ([5] if reached else [])


def test_digest_of_the_first_rule_never_grants(con: duckdb.DuckDBPyConnection) -> None:
    plain = {"record_id": "ff" * 16, "source_id": "x", "source_record_id": None, "url": None, "person": None}
    relation(con, [{**plain, "content": b"1" * 32, **TODAY}])
    named = [Named("content-sha256", ((c * 32).hex(),)) for c in (b"f", b"n")]
    match(con, [(one, n) for n, one in enumerate(named)])
    assert rows(con, "SELECT sid, direct FROM hits ORDER BY sid") == [(0, False), (1, True)]


@pytest.mark.parametrize(
    ("record", "reached"),
    [
        ({"record_id": "00" * 16}, True),
        ({"source_id": "wiki", "source_record_id": "7"}, True),
        ({"source_id": "mail", "source_record_id": "7"}, False),
        ({"url": "https://a.org/7"}, True),
        ({"url": "http://www.a.org:8080//7"}, True),
        ({"url": "https://web.archive.org/web/2020/a.org/7"}, True),
        ({"url": "https://a.org/71"}, False),
        ({"norm": b"n" * 32}, True),
        ({"content": b"c" * 32}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("places", ["places", "NULL::VARCHAR[] AS places"], ids=["kept", "earlier"])
def test_tombstone_reaches_the_record_its_newer_versions_and_its_copies(
    con: duckdb.DuckDBPyConnection, record: dict[str, Any], reached: bool, places: str
) -> None:
    plain = {"record_id": "ff" * 16, "source_id": "x", "source_record_id": None, "url": None, "person": None}
    stone = {
        "record_id": "00" * 16,
        "source_id": "wiki",
        "source_record_id": "7",
        "url": "https://a.org/7",
        "person": None,
    }
    relation(con, [{**plain, "content": b"1" * 32, "norm": b"2" * 32, **record}])
    relation(con, [{**stone, "content": b"c" * 32, "norm": b"n" * 32}], "graves")
    columns = f"* EXCLUDE (places), {places}"
    con.cursor().execute(f"CREATE TABLE tombstones AS SELECT 'e1' AS event, {columns}, {LATER} FROM graves").fetchall()
    match_stones(con, [event(1, "record", "00" * 16), event(2, "domain", "a.org")])
    assert [sid for _, sid in rows(con, "SELECT record_id, sid FROM stone_hits")] == ([5] if reached else [])
