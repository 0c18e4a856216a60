"""Which row is which: rows that are read again, rows of ancestors, files that passed through sources. Law 6.5 to 6.7, 11 and 14."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.decisions.earlier import earlier_given, earlier_relations
from rightful.decisions.lineage import Chains, ancestor_rows, chain_pairs, chains
from rightful.errors import InputError
from rightful.ingest.plan import no_card, plan
from rightful.ingest.standing import Standing, must_not_empty, settle
from rightful.readers.values import parents
from rightful.recipes import recipe
from rightful.recipes.layout import Layouts
from rightful.signals.cards.claims import WAY
from rightful.signals.cards.source_card import Ancestor, Correction, SourceCard
from rightful.signals.places import ROW_PLACE, row_place
from rightful.store.duck import connect, fill, rows
from rightful.store.files import InputFile, Passed, Seen
from rightful.store.ledger import Ledger, Part
from rightful.store.matching import FORMER_FILES, every_former, former_files
from rightful.store.records import ALL_STONES
from rightful.store.relations import build
from tests.laws.words import CATALOG

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LICENSE, RIGHTS = row_place("license"), row_place("rights")


@dataclass(frozen=True)
class Row:
    """A row: what tells it from others, what it names as its parents, and the places in which it states something."""

    id: str | None = None
    url: str | None = None
    text: str = "text"
    source: str = "notes"
    file: str = "a.jsonl"
    parents: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    part: int = 1


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with three parts, a day between them; the last is of noon."""
    with closing(Ledger.create(tmp_path / "ledger.sqlite", NOON - timedelta(days=3))) as made:
        for n in (1, 2, 3):
            with made.commit("test", f"run-{n}", NOON - timedelta(days=3 - n)) as commit:
                commit.add_parts([Part("records", f"part-{n}", n, n, f"{n:064x}")])
        yield made


def table(listed: Sequence[Row], prefix: str) -> pa.Table:
    """Rows as the views of a snapshot have them; the record ids count on from 0."""
    columns: dict[str, Any] = {
        "record_id": [f"{prefix}{n}" for n in range(len(listed))],
        "source_id": [r.source for r in listed],
        "file": [r.file for r in listed],
        "source_record_id": pa.array([r.id for r in listed], pa.string()),
        "url": pa.array([r.url for r in listed], pa.string()),
        "norm_sha256": [r.text.encode() for r in listed],
        "parents": pa.array([list(r.parents) for r in listed], pa.list_(pa.string())),
        "rights_id": [f"{r.part}:{'+'.join(r.says)}" for r in listed],
        "part": [f"part-{r.part}" for r in listed],
        "row": list(range(len(listed))),
    }
    return pa.table(columns)


def bound(
    ledger: Ledger, now: Row, *was: Row, cards: Mapping[str, SourceCard] | None = None, hidden: str = "superseded"
) -> set[tuple[int, str]]:
    """The statements that bind a row as well: the part that they were read in, and the place."""
    with closing(connect()) as con:
        fill(con, "records", table([now], "now"))
        fill(con, "all_records", table(was, "was"))
        fill(con, "tombstones", ALL_STONES.empty_table())
        fill(con, "part_order", pa.table({"part": ["part-1", "part-2", "part-3"], "ordinal": [1, 2, 3]}))
        stones = [(f"part-{r.part}", f"was{n}", hidden) for n, r in enumerate(was)]
        fill(
            con, "hidden", pa.table(dict(zip(("part", "record_id", "reason"), zip(*stones, strict=True), strict=True)))
        )
        said = [(f"{r.part}:{'+'.join(r.says)}", r.source, place, "work") for r in (now, *was) for place in r.says]
        names = ("rights_id", "source_id", "place", "bound_to")
        fill(con, "evidence", pa.table(dict(zip(names, zip(*said, strict=True), strict=True))))
        known = earlier_given(ledger, ledger.snapshot(), cards or {}, NOON)
        relations = (FORMER_FILES, *earlier_relations(cards or {}, known.kinds))
        build(con, relations, {"former_files": former_files(ledger.files.passed()), **known.tables})
        found = [s for (listed,) in rows(con, "SELECT said FROM earlier") for s in listed]
    return {(int(s.partition(":")[0]), s.partition(chr(31))[2]) for s in found}


SAME = {
    # before and now: one row that is read again
    "id and file": (Row(id="1", text="old"), Row(id="1", text="new")),
    "address": (Row(url="https://a.example/", text="old"), Row(url="https://a.example/", text="new", file="b.jsonl")),
    "address, then an id": (Row(url="https://a.example/", text="old"), Row(id="1", url="https://a.example/")),
    "id and text": (Row(id="1"), Row(id="1", file="b.jsonl")),
    "text alone": (Row(), Row(file="b.jsonl")),
}
OTHER = {
    "another id": (Row(id="1", text="old"), Row(id="2", text="new")),
    "another id and the same text": (Row(id="1"), Row(id="2")),
    "the same id in another file": (Row(id="1", text="old"), Row(id="1", text="new", file="b.jsonl")),
    "another id at the same address": (Row(id="1", url="https://a.example/"), Row(id="2", url="https://a.example/")),
    "text alone, and an id": (Row(), Row(id="1")),
    "another text": (Row(text="old"), Row(text="new")),
    "two addresses of one text": (Row(url="https://a.example/"), Row(url="https://b.example/")),
    "another source": (Row(id="1"), Row(id="1", source="else")),
}


@pytest.mark.parametrize("name", SAME)
def test_what_a_row_said_binds_the_row_that_is_read_again(ledger: Ledger, name: str) -> None:
    was, now = SAME[name]
    assert bound(ledger, replace(now, part=3), replace(was, says=(LICENSE,))) == {(1, LICENSE)}
    assert bound(ledger, replace(now, part=3, source="x"), replace(was, says=(LICENSE,))) == set()


@pytest.mark.parametrize("name", OTHER)
def test_what_a_row_said_binds_no_other_row(ledger: Ledger, name: str) -> None:
    was, now = OTHER[name]
    assert bound(ledger, replace(now, part=3), replace(was, says=(LICENSE,))) == set()


def test_where_ids_are_of_the_whole_source_any_file_has_the_row(ledger: Ledger) -> None:
    was, now = Row(id="1", text="old", says=(LICENSE,)), Row(id="1", text="new", file="b.jsonl", part=3)
    cards = {"notes": SourceCard("notes", id_scope="source")}
    assert bound(ledger, now, was, cards=cards) == {(1, LICENSE)}


def test_what_is_said_in_the_same_place_replaces_what_was_said_there_and_nothing_else(ledger: Ledger) -> None:
    first, second = Row(id="1", says=(LICENSE, RIGHTS)), Row(id="1", says=(LICENSE,), part=2)
    assert bound(ledger, Row(id="1", part=3), first, second) == {(1, RIGHTS), (2, LICENSE)}, "the newest of each place"
    assert bound(ledger, Row(id="1", part=3, says=(LICENSE,)), first, second) == {(1, RIGHTS)}
    old = Row(id="1", says=(ROW_PLACE,))
    assert bound(ledger, Row(id="1", part=3, says=(RIGHTS,)), old) == {(1, ROW_PLACE)}
    assert bound(ledger, Row(id="1", part=3, says=(LICENSE,)), old) == set(), "an earlier version named no column"
    cards = {"notes": SourceCard("notes", not_rights=(("rights", "token counts"),))}
    assert bound(ledger, Row(id="1", part=3), first, cards=cards) == {(1, LICENSE)}, "the card sets it aside"
    assert bound(ledger, Row(id="1", part=3), first, hidden="elsewhere") == set(), "the row stands, in another part"


def test_what_a_file_says_still_is_replaced_by_nothing_that_another_said(ledger: Ledger) -> None:
    first, second = Row(id="1", says=(LICENSE,)), Row(id="1", says=(LICENSE,), part=2)
    assert bound(ledger, Row(id="1", part=3), first, second, hidden="outranked") == {(1, LICENSE), (2, LICENSE)}
    assert bound(ledger, Row(id="1", part=3, says=(LICENSE,)), first, hidden="outranked") == set()


def test_a_correction_ends_what_was_read_before_it(ledger: Ledger) -> None:
    """The parts were taken in on the 19th, the 20th and the 21st."""

    def after(on: int, record: str = "") -> set[tuple[int, str]]:
        entry = Correction(record=record, on=date(2026, 11, on), by="Ada", reason="a slip")
        was = (Row(id="1", says=(LICENSE,)), Row(id="1", says=(RIGHTS,), part=2))
        cards = {"notes": SourceCard("notes", corrections=(entry,))}
        return bound(ledger, Row(id="1", part=3), *was, cards=cards)

    every = {(1, LICENSE), (2, RIGHTS)}
    assert [after(on) for on in (18, 19, 20, 22)] == [every, every - {(1, LICENSE)}, set(), every]
    assert (after(20, "1"), after(20, "2")) == (set(), every)


def test_what_a_row_said_in_a_source_that_its_file_had_before_binds_it(ledger: Ledger) -> None:
    was = Row(id="1", source="first", file="x.jsonl", says=(LICENSE,))
    now = Row(id="1", part=3)
    assert bound(ledger, now, was) == set()
    with ledger.commit("test", "passed", NOON) as commit:
        commit.add_files([], [], [Passed("notes", "a.jsonl", "second", "y.jsonl")])
        commit.add_files([], [], [Passed("second", "y.jsonl", "first", "x.jsonl")])
    assert bound(ledger, now, was) == {(1, LICENSE)}
    assert bound(ledger, replace(now, file="b.jsonl", id="2"), was) == set()


_files = st.tuples(st.sampled_from("abcd"), st.sampled_from("xy"))


@given(st.lists(st.tuples(_files, _files), max_size=8))
def test_a_file_was_all_that_those_were_that_it_was_before(
    steps: list[tuple[tuple[str, str], tuple[str, str]]],
) -> None:
    found = {(f[:2], f[2:]) for f in every_former(Passed(*now, *was) for now, was in steps)}
    wanted = set(steps)
    while more := {(a, d) for a, b in wanted for c, d in wanted if b == c} - wanted:
        wanted |= more
    assert found == wanted


# --- rows of ancestors -------------------------------------------------------------------------------------------


def came(of: Chains, *listed: Row) -> tuple[dict[int, set[int]], set[int]]:
    """Which rows (by number) each row came from, and the rows that name a parent which is nowhere."""
    with closing(connect()) as con:
        fill(con, "records", table(listed, "r"))
        build(con, ancestor_rows(of), {"chain_pairs": chain_pairs(of)})
        found: dict[int, set[int]] = {}
        for record, row in rows(con, "SELECT record_id, arow FROM ancestor_rows"):
            found.setdefault(int(record[1:]), set()).add(int(row[1:]))
        return found, {int(r[1:]) for (r,) in rows(con, "SELECT record_id FROM strays")}


def of_cards(**derived: tuple[str, ...]) -> Chains:
    """The chains of sources by the names of what they were made from; all have rows."""
    cards = {
        name: SourceCard(name, derived_from=tuple(Ancestor(name=a) for a in from_)) for name, from_ in derived.items()
    }
    return chains(cards, cards)


ROOT = (Row(id="1", source="root", text="one"), Row(id="2", url="https://r.example/", source="root", text="two"))


def test_a_record_comes_from_the_row_that_it_names_else_from_one_of_its_address_id_or_text() -> None:
    of = of_cards(child=("root",), root=())
    for now in (Row(id="1", text="x"), Row(id="7", text="one"), Row(id="8", text="x", parents=("1",))):
        assert came(of, *ROOT, replace(now, source="child")) == ({2: {0}}, set()), now
    assert came(of, *ROOT, Row(url="https://r.example/", text="x", source="child")) == ({2: {1}}, set())
    assert came(of, *ROOT, Row(id="1", text="x", parents=("2",), source="child")) == ({2: {1}}, set()), (
        "named, not alike"
    )
    assert came(of, *ROOT, Row(id="9", text="x", source="child")) == ({}, set()), "any row of it, for all that is known"
    assert came(of, *ROOT, Row(id="1", text="one", source="else")) == ({}, set()), "made from nothing that is known"


def test_a_parent_that_is_nowhere_is_not_known() -> None:
    of = of_cards(child=("root",), root=())
    assert came(of, *ROOT, Row(id="9", text="x", parents=("1", "7"), source="child")) == ({2: {0}}, {2})
    assert came(of, *ROOT, Row(id="1", text="x", parents=("7",), source="child"))[1] == {2}


def test_a_parent_that_cannot_be_read_is_one_that_nobody_knows() -> None:
    of = of_cards(child=("root",), root=())
    value: object
    for value in (["1", {"row": 2}], ["1", True], [{"id": "1"}, {"id": 5.5e300}], [{"id": 1}, ["a", "b"]]):
        named = parents(value)
        assert named is not None
        assert came(of, *ROOT, Row(id="9", text="x", parents=tuple(named), source="child")) == ({2: {0}}, {2}), value
    for value in (["1", None], [1, "", {}], [{"id": "1"}, {"id": None, "row": None}], "1"):
        assert parents(value) == ["1"], "what says nothing is no parent"


def test_through_a_source_in_between_a_record_comes_from_the_row_in_between() -> None:
    of = of_cards(child=("mid",), mid=("root",), root=())
    mid = Row(id="m", text="mid", parents=("1",), source="mid")
    assert came(of, *ROOT, mid, Row(id="c", text="child", parents=("m",), source="child"))[0] == {2: {0}, 3: {2, 0}}
    lost = Row(id="n", text="lost", source="mid")
    both = Row(id="c", text="child", parents=("m", "n"), source="child")
    assert came(of, *ROOT, mid, lost, both)[0] == {2: {0}, 4: {2, 3}}, "one of the two may have come from any row"


def test_nothing_is_its_own_ancestor_and_a_circle_ends() -> None:
    of = of_cards(a=("b",), b=("c",), c=("a", "b"))
    assert {source: set(found) for source, found in of.of.items()} == {
        "a": {"b", "c"}, "b": {"c", "a"}, "c": {"a", "b"}
    }  # fmt: skip
    assert of.of["c"]["b"].count(WAY) == 0, "the shortest way"
    assert chains({"a": SourceCard("a", derived_from=(Ancestor(name="b"),))}, ["a"]).children == ()


# --- files -------------------------------------------------------------------------------------------------------


class Folder:
    """A folder with files, and what a store remembers of the files that it took in."""

    def __init__(self, root: Path, ledger: Ledger) -> None:
        self.root, self.ledger = root, ledger
        root.mkdir()

    def has(self, *names: str, card: str = "") -> None:
        for name in names:
            (self.root / name).write_text('{"text": "A day."}\n', encoding="utf-8")
        if card:
            (self.root / "source.toml").write_text(f'name = "{card}"\n', encoding="utf-8")

    def knew(self, source: str, *names: str, card: bool = True) -> None:
        seen = Seen(size=1, mtime_ns=1, ctime_ns=1, inode=1)
        where = str(self.root / "source.toml") if card else ""
        files = [
            InputFile(source_id=source, file=n, name=n, place=str(self.root / n), card=where, seen=seen) for n in names
        ]
        with self.ledger.commit("test", f"knew {names}", NOON) as commit:
            commit.add_files(files, [], [])

    def settled(self, *paths: str) -> Standing:
        cards = {c.source_id: c for c in [no_card(self.root), *(SourceCard(n) for n in ("notes", "old"))]}
        listed = plan(
            [self.root / path for path in paths or ("",)], recipe.load("none"), CATALOG, layouts=Layouts(CATALOG, {})
        )
        return settle(listed, self.ledger.files, [], cards, CATALOG)


@pytest.fixture
def folder(tmp_path: Path, ledger: Ledger) -> Folder:
    return Folder(tmp_path / "in", ledger)


def test_a_file_that_comes_under_another_card_passes_on_and_is_not_gone(folder: Folder) -> None:
    folder.has("a.jsonl", "b.jsonl", card="notes")
    folder.knew("old", "a.jsonl")
    found = folder.settled()
    assert found.passed == [Passed("notes", "a.jsonl", "old", "a.jsonl")]
    assert (found.gone, [c.key for c in found.coming]) == ([], [("notes", "a.jsonl"), ("notes", "b.jsonl")])


def test_a_file_stands_until_the_folder_that_it_lay_in_is_named_without_it(folder: Folder) -> None:
    folder.has("a.jsonl", card="notes")
    folder.knew("notes", "a.jsonl", "b.jsonl")
    assert folder.settled("a.jsonl").gone == []
    assert [f.file for f in folder.settled().gone] == ["b.jsonl"]
    (folder.root / "b.jsonl").write_bytes(b"")
    found = folder.settled()
    assert ([f.file for f in found.gone], [f.file for f in found.emptied]) == ([], ["b.jsonl"]), "it holds nothing now"


def test_a_file_that_is_named_by_itself_keeps_its_card_and_its_name(folder: Folder) -> None:
    (folder.root / "deep" / "er").mkdir(parents=True)
    (folder.root / "deep").chmod(0o777)  # where anybody may write the way up to a card ends
    folder.has("deep/er/a.jsonl", card="notes")
    folder.knew("notes", "deep/er/a.jsonl")
    [found] = folder.settled("deep/er/a.jsonl").coming
    assert (found.key, found.known is not None) == (("notes", "deep/er/a.jsonl"), True)


def test_two_files_of_one_name_are_two(folder: Folder, tmp_path: Path, ledger: Ledger) -> None:
    folder.has("a.jsonl", card="notes")
    other = Folder(tmp_path / "other", ledger)
    other.knew("notes", "a.jsonl")
    other.has("a.jsonl", card="notes")
    [found] = folder.settled().coming
    assert found.file.file != "a.jsonl"
    assert (found.file.name, found.known) == ("a.jsonl", None)


def test_pruning_never_empties_a_source_in_silence(folder: Folder, ledger: Ledger) -> None:
    folder.knew("notes", "a.jsonl", "b.jsonl")
    folder.has("c.jsonl", card="else")
    found = folder.settled()
    assert len(found.gone) == 2
    with pytest.raises(InputError, match="nothing would be left of the source 'notes'"):
        must_not_empty(found, ledger.files)
    must_not_empty(Standing(gone=found.gone[:1]), ledger.files)
