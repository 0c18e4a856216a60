"""Every job in SQL is a tuple of relations: each reads what stands before it, has the columns that it names, and the rows
that were reviewed (relations/JOB.json; ``make golden`` rewrites them).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from rightful import catalog
from rightful.decisions import relations as deciding
from rightful.decisions.cases import Decided
from rightful.decisions.copies import NEAR_MEMBERS, marked
from rightful.events import relations as recording
from rightful.ingest.landing import relations as landing
from rightful.ingest.landing.near import WANTED, gone, placed
from rightful.ingest.landing.sorting import sort_out
from rightful.ingest.plan import plan
from rightful.ingest.retag import RENAMED
from rightful.ingest.retag.marks import NEEDED, successors
from rightful.ingest.tagging import process
from rightful.ingest.work import Choices, Work
from rightful.query import refusals
from rightful.query import relations as asking
from rightful.query.reviews import WITHDRAWN, opens
from rightful.recipes import recipe
from rightful.rights.uses import use_of
from rightful.store.duck import connect, rows, scan
from rightful.store.keyed import values
from rightful.store.layout import private_folder
from rightful.store.ledger import Ledger
from rightful.store.matching import event_sids, former_files, selectors_of
from rightful.store.records import HIDDEN, PAIRS, RECORDS, TEXTS
from rightful.store.relations import Relation, build, strings, typed_columns
from rightful.store.selectors import Named
from rightful.store.views import open_views
from tests.golden.shelf_of_relations import Names, arriving, filled, shown
from tests.unit.shelf import Shelf

HERE = Path(__file__).parent / "relations"
LAW = catalog.load()


@dataclass(frozen=True)
class Job:
    """A tuple of relations that were made, the relations that it started from, and what names the digests in them."""

    con: duckdb.DuckDBPyConnection
    relations: tuple[Relation, ...]
    starts_from: str
    names: Names


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return filled(tmp_path_factory.mktemp("relations"))


@pytest.fixture(scope="module")
def jobs(shelf: Shelf) -> Iterator[dict[str, Job]]:
    """Every job, each on a connection of its own."""
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(Ledger.open(shelf.store.layout.ledger)))

        def opened() -> duckdb.DuckDBPyConnection:
            con = stack.enter_context(closing(connect(threads=1)))
            open_views(con, shelf.store.layout, ledger, ledger.snapshot())
            return con

        yield {
            **_decided(opened(), shelf, ledger),
            **_looking(opened, shelf, ledger),
            **_landed(opened(), shelf, ledger),
            **_retagged(opened(), shelf, ledger),
        }


def _decided(con: duckdb.DuckDBPyConnection, shelf: Shelf, ledger: Ledger) -> dict[str, Job]:
    """Deciding, and what is asked of what is decided."""
    layout = shelf.store.layout
    use = use_of(LAW.vocabulary, ["train.pretrain"], as_of=shelf.clock(), accept=["all"])
    decided = Decided(con, layout, ledger, ledger.snapshot(), LAW, use.as_of)
    names = Names(con)
    decided.join(decided.decide(use))
    jobs = {
        "deciding": Job(con, (*decided.relations, *deciding.decided()), deciding.STARTS_FROM, names),
    }
    known = f"{deciding.STARTS_FROM} {' '.join(r.name for r in jobs['deciding'].relations)}"
    order = "c.n_chars DESC, p.ordinal, c.row, c.record_id"
    made = (
        *asking.selection("n_chars > 0", ("exact", "near"), order, released=False, whole=False),
        *asking.waterfall("n_chars > 0", whole=False),
        asking.considered_copies("n_chars > 0", whole=False),
        asking.ranked(order),
    )
    build(con, made)
    jobs["choosing"] = Job(con, made, known, names)
    pairs = [layout.part("pairs", p.part) for p in ledger.parts("pairs", ledger.snapshot())]
    made = asking.open_pairs(scan(pairs, PAIRS), WITHDRAWN)
    build(con, made, {"opens": opens(decided, use)})
    jobs["reviewing"] = Job(con, made, known, names)
    return jobs


def _looking(opened: Callable[[], duckdb.DuckDBPyConnection], shelf: Shelf, ledger: Ledger) -> dict[str, Job]:
    """What is asked of one record, of refusals and of new events."""
    con, layout = opened(), shelf.store.layout
    names = Names(con)
    [(record,)] = rows(con, "SELECT record_id FROM records WHERE source_record_id = 'mine-0'")
    events = ledger.consents()
    selectors = selectors_of((Named(e.selector, (e.value,)), n) for n, e in enumerate(events[:2]))
    given = {
        "selectors": selectors.table,
        "former_files": former_files(ledger.files.passed()),
        "event_sids": event_sids(events, {(e.selector, e.value): n for n, e in enumerate(events)}),
        "works": pa.table({n: pa.array([], pa.binary()) for n in ("digest", "work")}),
        "refusals": pa.table({"sid": pa.array([0, 1], pa.int64())}),
        "passage_hits": recording.no_passages(),
        "refusing": pa.table({"sid": pa.array([0, 1], pa.int64())}),
        "one_work": pa.table({n: pa.array([], pa.binary()) for n in ("digest", "work")}),
    }
    starts = deciding.STARTS_FROM
    works = (Relation("works", "digest work"),)
    one = (*works, *refusals.of_one_record(selectors.kinds))
    build(con, one, given, {"record": record})
    jobs = {"one-record": Job(con, one, starts, names)}
    con, texts = opened(), [layout.part("texts", p.part) for p in ledger.parts("texts", ledger.snapshot())]
    held = (
        *refusals.withheld(selectors.kinds),
        refusals.KEPT_OUT,
        *refusals.readable_texts(scan(texts[:1], TEXTS, placed=True), scan(texts[1:], TEXTS, placed=True)),
    )
    build(con, held, given)
    jobs["withholding"] = Job(con, held, starts, names)
    con = opened()
    told = (*recording.matched(selectors.kinds), *recording.NEW_STONES, *refusals.TOUCHED)
    build(con, told, given)
    jobs["recording"] = Job(con, told, starts, names)
    con = opened()
    pair = (marked("duplicates"), NEAR_MEMBERS)
    build(con, pair)
    jobs["pair"] = Job(con, pair, starts, names)
    return jobs


def _landed(con: duckdb.DuckDBPyConnection, shelf: Shelf, ledger: Ledger) -> dict[str, Job]:
    """A landing up to where it would publish, and the search for near copies in it."""
    names = Names(con)
    work = Work(shelf.store.layout, ledger, plan([arriving(shelf)], recipe.load(None), LAW), LAW, Choices(), 1)
    private_folder(work.folder)
    arrival = work.arrival([process(task) for task in work.tasks])
    made = sort_out(con, shelf.store.layout, ledger, ledger.snapshot(), arrival, shelf.clock())
    aside = "SELECT 'aside' AS part, 'r' AS record_id, 'outranked' AS reason"
    hidden = landing.hidden_from_now(aside, scan([], HIDDEN))
    build(con, hidden)
    jobs = {"landing": Job(con, (*made, *hidden), landing.STARTS_FROM, names)}
    known = f"{landing.STARTS_FROM} {' '.join(r.name for r in made)}"
    near = (
        gone(("hidden", "hiding")),
        *placed("standing_records", Path("texts"), scan([], pa.schema([RECORDS.field("record_id")]), placed=True)),
        *WANTED,
    )
    some = [r for (r,) in rows(con, "SELECT record_id FROM records ORDER BY source_record_id LIMIT 3")]
    build(con, near, {"new_files": strings(records=[], texts=[]), "wanted": strings(record_id=some)})
    jobs["near"] = Job(con, near, known, names)
    return jobs


def _retagged(con: duckdb.DuckDBPyConnection, shelf: Shelf, ledger: Ledger) -> dict[str, Job]:
    """The marks of exact copies anew."""
    parts = [p.part for p in ledger.parts("records", ledger.snapshot())]
    files = [shelf.store.layout.part("records", part) for part in parts]
    made = (*successors(scan(files, NEEDED, placed=True)), *RENAMED)
    places = strings(part=parts, old=parts).append_column("place", pa.array(range(len(parts)), pa.int64()))
    build(con, made, {"part_places": places, "renamed": strings(old=parts[:1], new=["successor"])})
    return {"retagging": Job(con, made, deciding.STARTS_FROM, Names(con))}


NAMES = (
    "deciding",
    "choosing",
    "reviewing",
    "one-record",
    "withholding",
    "recording",
    "pair",
    "landing",
    "near",
    "retagging",
)


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_those_that_were_reviewed(
    name: str, jobs: dict[str, Job], golden: Callable[[Path, str], None]
) -> None:
    job = jobs[name]
    golden(HERE / f"{name}.json", shown(job.con, job.relations, job.names))


def test_every_job_is_named(jobs: dict[str, Job]) -> None:
    assert tuple(jobs) == NAMES
    assert {p.stem for p in HERE.glob("*.json")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_relation_reads_stands_before_it(name: str, jobs: dict[str, Job]) -> None:
    assert faults(jobs[name].relations, jobs[name].starts_from) == []


@pytest.mark.parametrize("name", NAMES)
def test_relation_has_the_columns_that_it_names(name: str, jobs: dict[str, Job]) -> None:
    job = jobs[name]
    for one in job.relations:
        assert columns(job.con, one.name) == one.columns.split(), one.name


@pytest.mark.parametrize("name", NAMES)
def test_sql_reads_what_the_relation_names(name: str, jobs: dict[str, Job]) -> None:
    job = jobs[name]
    for one in job.relations:
        assert tables_of(job.con, one.query) == set(one.reads.split()), one.name


@pytest.mark.parametrize("name", NAMES)
def test_relation_rests_on_what_it_reads_and_is_empty_without_it(name: str, jobs: dict[str, Job]) -> None:
    job = jobs[name]
    before = set(job.starts_from.split())
    for one in job.relations:
        assert set(one.rests_on.split()) <= before, one.name
        before.add(one.name)
    for one in (r for r in job.relations if r.rests_on):
        if any(rows(job.con, f"SELECT 1 FROM {name} LIMIT 1") for name in one.rests_on.split()):
            continue
        build(job.con, [replace(one, name="run_all_the_same", rests_on="", view=False)], None, VALUES)
        assert rows(job.con, "SELECT * FROM run_all_the_same") == [], one.name


@pytest.mark.parametrize("name", NAMES)
def test_types_of_what_is_made_without_its_query_are_those_of_the_query(name: str, jobs: dict[str, Job]) -> None:
    job = jobs[name]
    for one in (r for r in job.relations if r.rests_on and not r.view and r.through is None):
        typed = typed_columns(one)
        if typed is not None:
            build(job.con, [replace(one, name="of_its_query", rests_on="")], None, VALUES)
            found = rows(job.con, "SELECT column_name, column_type FROM (DESCRIBE of_its_query)")
            assert typed == ", ".join(f'"{column}" {kind}' for column, kind in found), one.name


VALUES = values(bytes(32))
"""What queries about tombstones take."""


def faults(relations: Iterable[Relation], starts_from: str) -> list[str]:
    """What is out of order: a relation that reads one that is not made yet, or has the name of another."""
    before = set(starts_from.split())
    wrong = []
    made: set[str] = set()
    for one in relations:
        wrong += [f"{one.name} reads {name}" for name in one.reads.split() if name not in before]
        wrong += [f"{one.name} is made twice"] if one.name in made else []
        made.add(one.name)
        before.add(one.name)
    return wrong


def columns(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    return [str(row[0]) for row in rows(con, f"DESCRIBE {name}")]


def tables_of(con: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    """The relations that a query names, by the tree that DuckDB makes of it; without those that it makes itself."""
    if not query:
        return set()
    tree = json.loads(rows(con, "SELECT json_serialize_sql(?)", [query])[0][0])
    assert not tree["error"], tree
    named: set[str] = set()
    own: set[str] = set()
    waiting: list[Any] = [tree]
    while waiting:
        at = waiting.pop()
        if isinstance(at, list):
            waiting += at
        elif isinstance(at, dict):
            if at.get("type") == "BASE_TABLE":
                named.add(at["table_name"])
            own |= {entry["key"] for entry in at.get("cte_map", {}).get("map", [])}
            waiting += at.values()
    return named - own


def test_planted_disorder_is_noticed(jobs: dict[str, Job]) -> None:
    job = jobs["deciding"]
    assert "near_texts reads near_members" in faults(
        [r for r in job.relations if r.name != "near_members"], job.starts_from
    )
    swapped = list(job.relations)
    at = [r.name for r in swapped].index("specials")
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    assert faults(swapped, job.starts_from) == ["special_at reads specials"]
    assert "hit is made twice" in faults([*job.relations, Relation("hit", "a")], job.starts_from)
    hidden = Relation("more", "record_id", "records", "SELECT record_id FROM records SEMI JOIN hit USING (record_id)")
    assert tables_of(job.con, hidden.query) == {"records", "hit"} != set(hidden.reads.split())


def test_shape_of_a_store_without_history_is_in_order() -> None:
    """Nothing hidden, no event, no ancestor, nothing observed: fewer relations, in order all the same."""
    bare = deciding.Shape((), (), False, {}, deciding.Observing(), deciding.Chains(), ())
    plain = replace(bare, publishing=False, ending=False)
    assert plain.joined_on == "rights_id, personal_data, legal_basis, pii_state, special, outdated, found"
    for shape in (plain, *(replace(bare, uncounted=uncounted) for uncounted in (("some",), (), None))):
        made = (*deciding.relations(shape), *deciding.decided("decided", shape.joined_on))
        assert faults(made, deciding.STARTS_FROM) == []
        with closing(connect(threads=1)) as con:
            for one in made:
                assert tables_of(con, one.query) == set(one.reads.split()), one.name
    known = f"{deciding.STARTS_FROM} {' '.join(r.name for r in made)} released"
    for released, whole in ((True, False), (False, True)):
        chosen = asking.selection("true", (), "c.row", released=released, whole=whole)
        rest = (*asking.waterfall("true", whole=whole), asking.considered_copies("true", whole=whole))
        assert faults((*chosen, *rest), known) == []
        with closing(connect(threads=1)) as con:
            for one in (*chosen, *rest):
                assert tables_of(con, one.query) == set(one.reads.split()), one.name
    narrowed = (*asking.drawn(), *asking.waterfall("true", whole=False, narrowed=True))
    assert faults(narrowed, f"{known} candidates judged dropped undrawn") == []
    with closing(connect(threads=1)) as con:
        for one in narrowed:
            assert tables_of(con, one.query) == set(one.reads.split()), one.name
