"""Grown: looking up what is new in the index of bands answers what a search over everything does, step for step."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rightful.dedup import lookup
from rightful.dedup.columns import hash_names
from rightful.dedup.grown import Before, grown
from rightful.dedup.lookup import Named
from rightful.dedup.near import near
from rightful.dedup.settings import SIGNATURES, Near, Result
from tests.unit.dedup.records import signed

WORDS = [f"w{i}" for i in range(60)]
TIGHT = Near(bands=8, rows=2, threshold=0.5, bucket_limit=3, bucket_anchors=2)
TIGHTER = Near(bands=1, rows=1, threshold=0.5, bucket_limit=2, bucket_anchors=1)
LOOSE = Near(bands=4, rows=1, threshold=0.3, bucket_limit=5, bucket_anchors=1, linkage="anchor", alarm_share=0.1)
KINDS = [Near(), TIGHT, TIGHTER, LOOSE]


def text(family: int, edits: int, length: int) -> str:
    """One of a few families of texts, more or less edited; the same arguments give the same text."""
    chance = random.Random(f"{family} {edits}")
    words = random.Random(family).choices(WORDS, k=40)[: 8 + length]
    for _ in range(edits):
        words[chance.randrange(len(words))] = chance.choice(WORDS)
    return " ".join(words)


Row = tuple[str, str]
"""The part and the id of a record."""


@dataclass
class Store:
    """Parts of signatures, what is hidden, pairs and an index, as a store has them."""

    folder: Path
    near: Near
    texts: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Path] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    hidden: set[Row] = field(default_factory=set)
    pairs: list[Path] = field(default_factory=list)
    groups: list[Path] = field(default_factory=list)
    segments: list[Path] = field(default_factory=list)
    state: Path | None = None
    step: int = 0

    def read(self, ids: list[str]) -> Iterator[pa.RecordBatch]:
        """The texts of records."""
        texts = pa.array([self.texts[name] for name in ids], pa.large_string())
        yield pa.record_batch({"record_id": pa.array(ids, pa.string()), "text": texts})

    def read_of(self, part: str, ids: list[str]) -> Iterator[pa.RecordBatch]:
        """The texts of records of a part."""
        assert {*ids} <= {*pq.read_table(self.parts[part])["record_id"].to_pylist()}
        return self.read(ids)

    def fetch(self, part: str, hashes: np.ndarray) -> pa.Table:
        """Signatures of a part."""
        table = pq.read_table(self.parts[part])
        there = np.isin(hash_names(table["record_id"].combine_chunks()), hashes)
        return table.filter(pa.array(there))

    def some(self, name: str, part: str, rows: set[Row]) -> Path:
        """A file of some rows of a part."""
        table = pq.read_table(self.parts[part])
        mask = [(part, record) in rows for record in table["record_id"].to_pylist()]
        path = self.folder / f"{self.step}-{name}-{part}.parquet"
        pq.write_table(table.filter(pa.array(mask)).cast(SIGNATURES), path)
        return path

    def land(self, arrives: dict[str, str], hide: set[Row], show: set[Row]) -> tuple[Result, Result]:
        """Take in records, hide and show others: the answers of the search over everything, and by the index."""
        self.step += 1
        part = f"p{self.step}"
        self.texts |= arrives
        stored = [self.some("stored", p, {*self.rows} - self.hidden - hide) for p in self.parts]
        fresh = [(p, self.some("again", p, show)) for p in sorted({p for p, _ in show})]
        if arrives:
            sources = {name: f"s{int(name[1:]) % 3}" for name in arrives}
            self.parts[part] = signed(self.folder / f"{part}.parquet", arrives, sources)
            fresh.append((part, self.parts[part]))
        names = [*(p for p in self.parts if p != part), *(p for p, _ in fresh)]
        spill = self.folder / f"spill{self.step}"
        paths = [path for _, path in fresh]
        expected = near(paths, stored, self.pairs, self.read, spill / "all", self.near, parts=names)
        by_index = expected
        if self.state is not None:
            before = Before(
                self.segments,
                self.state,
                self.pairs,
                self.groups,
                named(self.hidden),
                named(hide),
                self.fetch,
                self.read_of,
            )
            by_index = grown(fresh, before, spill / "grown", self.near)
        self.segments = [*by_index.stays, *by_index.index[:-1]]
        self.state = by_index.index[-1]
        self.rows += [(part, name) for name in arrives]
        self.hidden = (self.hidden | hide) - show
        self.pairs.append(expected.pairs)
        self.groups = [expected.groups]
        return expected, by_index


def named(rows: set[Row]) -> Named:
    """Rows as a search is given them."""
    listed = sorted(rows)
    return Named(pa.array([p for p, _ in listed], pa.string()), pa.array([r for _, r in listed], pa.string()))


def same(expected: Result, by_index: Result) -> None:
    """Pairs, similarities, anchors, groups and alarms are the same, byte for byte."""
    assert pq.read_table(by_index.pairs).to_pylist() == pq.read_table(expected.pairs).to_pylist()
    assert pq.read_table(by_index.groups).to_pylist() == pq.read_table(expected.groups).to_pylist()
    assert by_index.alarms == expected.alarms


STEP = st.tuples(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)), max_size=6),
    st.integers(0, 2**32),
    st.sampled_from([0.0, 0.1, 0.5]),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([False, False, False, True]),
)


def run(
    folder: Path, near_settings: Near, steps: Sequence[tuple[list[tuple[int, int, int]], int, float, float, bool]]
) -> None:
    """Land step by step: what arrives; which of the rows are hidden and shown again; whether the index is lost before."""
    store, number = Store(folder, near_settings), 0
    for arrives, seed, hides, shows, lost in steps:
        chance = random.Random(seed)
        texts = {f"r{number + n}": text(*how) for n, how in enumerate(arrives)}
        number += len(arrives)
        standing = sorted({*store.rows} - store.hidden)
        hide = {row for row in standing if chance.random() < hides}
        show = {row for row in sorted(store.hidden) if chance.random() < shows}
        if lost:
            store.state, store.segments = None, []
        same(*store.land(texts, hide, show))


@pytest.fixture(autouse=True)
def read_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets are read bit by bit, as large ones are."""
    monkeypatch.setattr(lookup, "FIRST_READ", 1)


@settings(max_examples=6, deadline=None, suppress_health_check=[*HealthCheck])
@given(which=st.integers(0, 3), steps=st.lists(STEP, min_size=2, max_size=4))
def test_grown_in_steps_of_any_kind_answers_what_a_search_over_everything_does(
    tmp_path_factory: pytest.TempPathFactory,
    which: int,
    steps: list[tuple[list[tuple[int, int, int]], int, float, float, bool]],
) -> None:
    run(tmp_path_factory.mktemp("grown"), KINDS[which], steps)


@pytest.mark.parametrize("which", range(4))
def test_grown_after_a_large_step_in_small_ones_with_limits_reached_answers_the_same(
    tmp_path: Path, which: int
) -> None:
    chance = random.Random(which)

    def some(n: int, longer: int) -> list[tuple[int, int, int]]:
        return [(chance.randrange(3), chance.randrange(7), chance.randrange(6) + longer) for _ in range(n)]

    steps = [(some(40, 0), 0, 0.0, 0.0, False)]
    for n in range(12):  # what is longer leads
        arrives = some(chance.randrange(3), chance.choice([0, n]))
        steps.append((arrives, n, chance.choice([0, 0, 0.1, 0.3]), chance.choice([0, 0.3]), False))
    run(tmp_path, KINDS[which], steps)


SONG = random.Random(3).choices(WORDS, k=60)


def verses(*lengths: int) -> dict[str, str]:
    """The beginnings of one text, the longest of which lead, by how long they are."""
    return {f"r{n}": " ".join(SONG[:n]) for n in lengths}


def test_grown_where_an_anchor_comes_and_goes_pairs_count_no_more_and_again(tmp_path: Path) -> None:
    store = Store(tmp_path, TIGHTER)
    counts = []

    def land(arrives: dict[str, str], hide: set[Row], show: set[Row]) -> None:
        expected, by_index = store.land(arrives, hide, show)
        same(expected, by_index)
        counts.append((expected.counts.kept, by_index.counts.kept))

    land(verses(40, 41, 42, 43, 44), set(), set())
    longest = {("p2", "r50")}
    land(verses(50), set(), set())
    for _ in range(2):
        land({}, longest, set())
        land({}, set(), longest)
    assert len({kept for kept, _ in counts[1:]}) > 1, "nothing changed"
    assert [kept for kept, _ in counts[1:]] == [kept for _, kept in counts[1:]]


def test_grown_in_a_bucket_of_which_the_first_are_hidden_finds_its_anchors(tmp_path: Path) -> None:
    store = Store(tmp_path, TIGHTER)
    for arrives, hide in (
        (verses(*range(36, 58)), set()),
        ({}, {("p1", f"r{n}") for n in range(40, 58)}),
        (verses(30, 31, 32, 33, 34), set()),
        (verses(35), set()),
    ):
        same(*store.land(arrives, hide, set()))
    assert len(store.segments) == 3
