"""What copies say to each other: the tables in SQL beside a reading in plain Python, pair by pair."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.decisions import copies
from rightful.decisions.copies import MARKED
from rightful.rights import review as law
from rightful.rights.review import DISTINCT, SAME, Review, standing_reviews, works
from rightful.store.duck import fill, rows
from rightful.store.relations import build

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXTS = "abcdefg"
PROFILES = ("p", "q", "r")


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True)
class World:
    """``rows``: (text, profile, hit) of each record; ``groups``: near groups of texts; ``log``: (one, other, verdict)."""

    rows: tuple[tuple[str, str, bool], ...]
    groups: tuple[frozenset[str], ...]
    log: tuple[tuple[str, str, str], ...]

    @property
    def standing(self) -> dict[frozenset[str], Review]:
        found = []
        for number, (one, other, verdict) in enumerate(self.log):
            texts = frozenset(digest(t).hex() for t in (one, other))
            who: dict[str, Any] = {"by": "Ada", "reason": "read", "record": one, "other": other}
            found.append(Review(review_id=f"{number:03}", texts=texts, verdict=verdict, recorded=NOON, **who))
        return standing_reviews(found, NOON)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    made = st.tuples(st.sampled_from(TEXTS), st.sampled_from(PROFILES), st.sampled_from([False, False, True]))
    listed = draw(st.lists(made, min_size=1, max_size=10))
    there = sorted({text for text, _, _ in listed})
    named = draw(st.lists(st.sampled_from([0, 1, 1, 2]), min_size=len(there), max_size=len(there)))
    groups = [frozenset(t for t, n in zip(there, named, strict=True) if n == number) for number in (1, 2)]
    pairs = st.lists(st.sampled_from(TEXTS), min_size=2, max_size=2, unique=True)
    log = draw(st.lists(st.builds(lambda p, v: (*p, v), pairs, st.sampled_from([SAME, DISTINCT])), max_size=4))
    return World(tuple(listed), tuple(g for g in groups if len(g) > 1), tuple(log))


def found(world: World) -> dict[str, Any]:
    """Of each record what SQL finds: profiles of exact copies and of near ones, whether a near one or itself was withdrawn."""
    con = duckdb.connect()
    names = [f"r{n}" for n in range(len(world.rows))]
    texts = [text for text, _, _ in world.rows]
    columns = {
        "record_id": names,
        "rights_id": [p for _, p, _ in world.rows],
        "norm_sha256": [digest(t) for t in texts],
        "norm1_sha256": pa.nulls(len(texts), pa.binary()),
    }
    rest = {name: pa.nulls(len(names)) for name in (*MARKED, "host", "url") if name not in columns}
    fill(con, "records", pa.table({**columns, **rest}))
    fill(con, "all_records", pa.table(columns))
    marks = [(r, f"exact:{t}", "exact") for r, t in zip(names, texts, strict=True) if texts.count(t) > 1]
    for number, group in enumerate(world.groups):
        marks += [(names[texts.index(t)], f"near:{number}", "near") for t in sorted(group)]
    fill(con, "duplicates", _table(("record_id", "group_id", "kind"), marks))
    # Exact copies have been reached already, as deciding does it.
    hit_texts = {text for text, _, hit in world.rows if hit}
    reached = [(r, 0, True) for r, t in zip(names, texts, strict=True) if t in hit_texts]
    fill(con, "hits_of_texts", _table(("record_id", "sid", "direct"), reached))
    con.execute("ALTER TABLE hits_of_texts ALTER sid TYPE BIGINT")
    con.execute("CREATE TABLE ever_hits AS SELECT record_id, sid FROM hits_of_texts")
    con.execute("CREATE TABLE stones (norm_sha256 BLOB, norm1_sha256 BLOB, sid BIGINT)")
    con.execute("CREATE TABLE refusing AS SELECT 0::BIGINT AS sid")
    con.execute("CREATE TABLE carried (record_id VARCHAR, sid BIGINT, reach VARCHAR)")  # nothing was erased
    con.execute("CREATE TABLE earlier (record_id VARCHAR, said VARCHAR[])")  # what rows stated before concerns no copy
    made = (*copies.REVIEWED, *copies.HIT, copies.marked("duplicates", "reviewed", "hit", "earlier"), *copies.COPIES)
    build(con, made, copies.reviews_given(world.standing))
    exact = {r: set(o) for r, o in rows(con, "SELECT record_id, others FROM exact_others")}
    near = {r: set(o) for r, o in rows(con, "SELECT record_id, others FROM near_others")}
    refused = {r for (r,) in rows(con, "SELECT record_id FROM near_refused")}
    hits = {r for (r,) in rows(con, "SELECT DISTINCT record_id FROM hit")}
    for table in ("exact_others", "near_others", "near_refused"):
        assert rows(con, f"SELECT count(*) - count(DISTINCT record_id) FROM {table}") == [(0,)]
    con.close()
    return {r: (exact.get(r, set()), near.get(r, set()), r in refused, r in hits) for r in names}


def meant(world: World) -> dict[str, Any]:
    """The same by looking at every pair."""
    work = {digest(t).hex(): t for t in TEXTS}
    named = {t: works(world.standing).get(digest(t).hex(), digest(t).hex()) for t in TEXTS}
    calm = {frozenset(work[t] for t in pair) for pair in law.settled(world.standing)}
    said: dict[str, set[str]] = defaultdict(set)
    for text, profile, _ in world.rows:
        said[text].add(profile)
    hit_works = {named[text] for text, _, hit in world.rows if hit}
    open_pairs = [
        (a, b) for group in world.groups for pair in combinations(sorted(group), 2) if frozenset(pair) not in calm
        for a, b in (pair, pair[::-1])
    ]  # fmt: skip
    answer = {}
    for number, (text, profile, _) in enumerate(world.rows):
        exact = {p for t in said if named[t] == named[text] for p in said[t]} - {profile}
        near = {p for a, b in open_pairs if a == text for p in said[b]} - {profile}
        refused = any(a == text and {named[a], named[b]} & hit_works for a, b in open_pairs)
        answer[f"r{number}"] = (exact, near, refused, named[text] in hit_works)
    return answer


def _table(names: tuple[str, ...], listed: list[Any]) -> pa.Table:
    columns = list(zip(*listed, strict=True)) or [()] * len(names)
    kinds = {"sid": pa.int64(), "direct": pa.bool_()}
    return pa.table({n: pa.array(c, kinds.get(n, pa.string())) for n, c in zip(names, columns, strict=True)})


@settings(max_examples=60)
@given(worlds())
def test_copies_in_sql_are_those_that_looking_at_every_pair_finds(world: World) -> None:
    assert found(world) == meant(world)


@pytest.mark.parametrize("reviewed", [False, True])
def test_copies_with_very_many_statements_contest_without_being_listed(reviewed: bool) -> None:
    many = tuple(("b", f"p{n}", False) for n in range(copies.MOST_STATEMENTS + 1))
    log = (("a", "c", DISTINCT),) if reviewed else ()
    world = World((("a", "q", False), *many, ("c", "q", False)), (frozenset("abc"),), log)
    assert found(world)["r0"][1] == {copies.TOO_MANY}
