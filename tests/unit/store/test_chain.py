"""The seal of the ledger: no row of any table changes, comes or goes without an error that names the ledger."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import StoreError
from rightful.rights.consent import WITHDRAWN, ConsentEvent
from rightful.rights.review import Review
from rightful.store import chain
from rightful.store.chain import SCHEMA, tables, total
from rightful.store.files import InputFile, Passed, Seen
from rightful.store.ledger import Ledger, Part
from tests.ledgers import rewrite, tamper, unseal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
READS: dict[str, Callable[[Ledger], Any]] = {
    "meta": lambda ledger: (ledger.key, ledger.meta("store_id"), ledger.remembered("fact"), ledger.meta("created_at")),
    "snapshots": lambda ledger: (ledger.snapshots(), ledger.snapshot(), ledger.not_before(NOON)),
    "parts": lambda ledger: [ledger.parts(kind, n) for kind in ("records", "hidden") for n in range(1, 4)],
    "files": lambda ledger: (ledger.files.of("notes"), ledger.files.below("/in"), ledger.files.lists()),
    "passed": lambda ledger: ledger.files.passed(),
    "sources": lambda ledger: ledger.sources(9),
    "consents": lambda ledger: (ledger.consents(9), ledger.consent_rows(), ledger.consent_count()),
    "reviews": lambda ledger: ledger.reviews(),
    "exports": lambda ledger: ledger.exports(),
    "assets": lambda ledger: ledger.assets(),
}
"""Table -> what reads it."""


def event(n: int) -> ConsentEvent:
    return ConsentEvent(
        event_id=f"e-{n}", kind=WITHDRAWN, selector="domain", value=f"host{n}.example", recorded=NOON, effective=NOON
    )


def review(n: int) -> Review:
    return Review(
        review_id=f"r-{n}", texts=frozenset({f"{n:064x}", f"{n + 1:064x}"}), verdict="distinct", recorded=NOON,
        by="Ada", reason="two works", record=f"{n:032x}", other=f"{n + 1:032x}",
    )  # fmt: skip


def taken(n: int) -> InputFile:
    seen = Seen(size=n, mtime_ns=n, ctime_ns=n, inode=n)
    name = f"{n % 2}.jsonl"
    return InputFile(source_id="notes", file=name, name=name, place=f"/in/{name}", seen=seen, sha256="00", held=f"h{n}")


def fill(path: Path) -> None:
    """Rows in every table, in several commits, of which one replaces and ends rows."""
    with closing(Ledger.create(path, NOON)) as ledger:
        for n in (1, 2, 3):
            with ledger.commit("test", f"run-{n}", NOON) as commit:
                commit.add_parts(Part(kind, f"{kind}-{n}", n, 10 * n, f"{n:064x}") for kind in ("records", "hidden"))
                if n == 2:
                    commit.end_part("records", "records-1")
                commit.remember("fact", f"said {n}")
                commit.add_files([taken(n)], [], [Passed("notes", f"{n}", "former", "a")])
                commit.add_source("notes", f"digest-{n}", {"name": "notes", "said": n}, "notes/source.toml")
                commit.add_events([(event(n), f"host{n}.example", "")])
                commit.add_review(review(n))
                commit.add_export(f"x-{n}", f"/out/{n}", "00", {"records": n})
                commit.add_asset(f"t-{n}", "tokenizer", "t", "00", {"said": n})


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    fill(path)
    return path


@pytest.fixture
def copied(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(filled, tmp_path / "ledger.sqlite"))


def asked(path: Path, read: Callable[[Ledger], Any]) -> Any:
    """What a method answers, or the error that it raises, which names the ledger and says what to do."""
    try:
        with closing(Ledger.open(path)) as ledger:
            return read(ledger)
    except StoreError as error:
        return error if error.subject == str(path) and error.hint else repr(error)


def read_all(path: Path) -> dict[str, Any]:
    return {table: asked(path, read) for table, read in READS.items()}


def every_row(path: Path) -> Iterator[tuple[str, int, list[str]]]:
    with closing(sqlite3.connect(path)) as db:
        for table in tables(db):
            names = [str(r[1]) for r in db.execute(f"PRAGMA table_info({table})")]
            for (row,) in db.execute(f"SELECT rowid FROM {table}").fetchall():
                yield table, int(row), names


def test_every_table_has_rows_and_a_method_that_reads_it(filled: Path) -> None:
    assert {table for table, _, _ in every_row(filled)} == set(READS)
    assert not [a for a in read_all(filled).values() if isinstance(a, StoreError)]


def test_value_of_any_row_that_is_changed_is_an_error(filled: Path, tmp_path: Path) -> None:
    known = read_all(filled)
    tried = 0
    for table, row, names in every_row(filled):
        for name in names:
            path = Path(shutil.copy(filled, tmp_path / "ledger.sqlite"))
            try:
                tamper(path, f"UPDATE {table} SET {name} = coalesce({name} || '1', 7) WHERE rowid = {row}")
            except sqlite3.IntegrityError:  # the table cannot hold such a value
                tamper(path, f"UPDATE {table} SET {name} = {name} + 64 WHERE rowid = {row}")
            answers = read_all(path)
            assert isinstance(answers[table], StoreError), (table, row, name)
            assert all(isinstance(a, StoreError) or a == known[t] for t, a in answers.items()), (table, row, name)
            tried += 1
    assert tried > 150


def test_row_that_is_gone_or_doubled_is_an_error(filled: Path, tmp_path: Path) -> None:
    known = read_all(filled)
    for table, row, names in every_row(filled):
        numbers = {"parts": {"ordinal", "added"}, "snapshots": {"snapshot"}}.get(table, set())
        other = [f"{n} + 100" if n in numbers else f"{n} || 'x'" if n == names[0] else n for n in names]
        copied = ", ".join(other)
        for statement in (
            f"DELETE FROM {table} WHERE rowid = {row}",
            f"INSERT INTO {table} SELECT {copied} FROM {table} WHERE rowid = {row}",
        ):
            path = Path(shutil.copy(filled, tmp_path / "ledger.sqlite"))
            try:
                tamper(path, statement)
            except sqlite3.IntegrityError:
                tamper(path, statement.replace(f"{names[0]} || 'x'", names[0]))
            answers = read_all(path)
            assert isinstance(answers[table], StoreError), statement
            assert all(isinstance(a, StoreError) or a == known[t] for t, a in answers.items()), statement
            found = asked(path, Ledger.damages)
            assert isinstance(found, StoreError) or any(f"table {table}" in d for d in found), statement


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TABLE reviews", "schema"),
        ("DROP TABLE consents", "schema"),
        ("DROP TABLE chain", "the table chain is missing"),
        ("DROP TABLE sealed", "the table sealed is missing"),
        ("DROP INDEX consents_by_selector", "schema"),
        ("CREATE TABLE more (n INTEGER)", "schema"),
        ("CREATE TRIGGER t AFTER INSERT ON parts BEGIN DELETE FROM parts; END", "schema"),
        ("ALTER TABLE parts ADD COLUMN more TEXT", "schema"),
        ("UPDATE sqlite_master SET sql = replace(sql, 'selector', 'selectos') WHERE name = 'consents'", "ledger"),
        ("UPDATE sealed SET rows = rows + 1 WHERE name = 'consents'", "add up to"),
        ("UPDATE sealed SET digest = 'f' || substr(digest, 2) WHERE name = 'parts'", "add up to"),
        ("UPDATE sealed SET digest = 'no digest' WHERE name = 'parts'", "an invalid value"),
        ("DELETE FROM sealed WHERE name = 'hidden'; ", ""),
        ("DELETE FROM sealed WHERE name = 'reviews'", "add up to"),
        ("INSERT INTO sealed VALUES ('more', 0, '0')", "add up to"),
        ("DELETE FROM chain", "chain is empty"),
        ("DELETE FROM chain WHERE link = 1", "chain is broken at link 1"),
        ("DELETE FROM chain WHERE link = 2", "chain is broken at link 2"),
        ("DELETE FROM chain WHERE link = (SELECT max(link) FROM chain)", "add up to"),
        ("INSERT INTO chain SELECT max(link) + 1, snapshot, state, digest FROM chain", "chain is broken"),
        ("UPDATE chain SET snapshot = snapshot + 64 WHERE link = 2", "chain is broken at link 2"),
        ("UPDATE chain SET state = 'x' || state WHERE link = 2", "chain is broken at link 2"),
        ("UPDATE chain SET digest = 'x' || digest WHERE link = 2", "chain is broken at link 2"),
        ("UPDATE meta SET value = '1' WHERE key = 'version'", "version"),
        ("UPDATE meta SET value = 'two' WHERE key = 'version'", "version"),
        ("DELETE FROM meta WHERE key = 'version'", "version"),
        ("PRAGMA user_version = 0", "its header says 0"),
        ("PRAGMA user_version = 66", "its header says 66"),
    ],
)  # fmt: skip
def test_seal_or_schema_that_is_damaged_stops_every_reading(copied: Path, statement: str, said: str) -> None:
    before = read_all(copied)
    tamper(copied, statement)
    answers = read_all(copied)
    if not said:  # nothing was changed
        assert answers == before
        return
    errors = [str(a) for a in answers.values() if isinstance(a, StoreError)]
    assert len(errors) == len(READS), answers
    assert all(said in error for error in errors), errors[0]


def test_seal_that_is_taken_off_whole_is_an_error(copied: Path) -> None:
    """As a ledger of an earlier version has none: its version says whether there should be one, in two places."""
    tamper(copied, "DROP TABLE chain", "DROP TABLE sealed")
    assert all("missing" in str(a) for a in read_all(copied).values())
    tamper(copied, "UPDATE meta SET value = '1' WHERE key = 'version'")
    assert all("its header says 2" in str(a) for a in read_all(copied).values())


def test_index_that_hides_a_row_changes_no_answer(copied: Path) -> None:
    """One flipped bit in the index entry of a part made it unfindable."""
    known = read_all(copied)
    with closing(sqlite3.connect(copied)) as db:
        (root,) = db.execute(
            "SELECT rootpage FROM sqlite_master WHERE tbl_name = 'parts' AND type = 'index'"
        ).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    content = bytearray(copied.read_bytes())
    page = slice((root - 1) * size, root * size)
    assert content[page].count(b"hidden") > 2
    content[page] = content[page].replace(b"hidden", b"hidlen")
    copied.write_bytes(content)
    with closing(sqlite3.connect(copied)) as db:
        assert not db.execute("SELECT * FROM parts WHERE kind = 'hidden' AND part = 'hidden-1'").fetchall()
    assert read_all(copied) == known
    with closing(Ledger.open(copied)) as ledger:
        assert any("index" in damage for damage in ledger.damages())
        with ledger.commit("test", "run", NOON) as commit:
            commit.end_part("hidden", "hidden-1")
        assert [p.part for p in ledger.parts("hidden", 4)] == ["hidden-2", "hidden-3"]


def test_no_answer_rests_on_an_index(copied: Path) -> None:
    asked: list[str] = []
    with closing(Ledger.open(copied)) as ledger:
        ledger._db.set_trace_callback(asked.append)
        for read in READS.values():
            read(ledger)
        ledger.taken_in(["records-1", "records-2"])
        ledger.newest_consent()
        ledger._db.set_trace_callback(None)
        selects = {a for a in asked if a.lstrip().startswith("SELECT")}
        assert len(selects) > 20
        plans = {a: " ".join(str(r[3]) for r in ledger._db.execute(f"EXPLAIN QUERY PLAN {a}")) for a in selects}
    assert not [(a, plan) for a, plan in plans.items() if "INDEX" in plan.replace("AUTOMATIC COVERING INDEX", "")]


def test_damage_is_not_sealed_by_the_next_commit(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "SMALL", -1)  # as if it were in one of a million rows, which nobody read
    tamper(copied, "UPDATE consents SET acts = '[\"share\"]' WHERE event = 'e-1'")
    with closing(Ledger.open(copied)) as ledger:
        with ledger.commit("test", "run", NOON) as commit:
            commit.add_events([(event(7), "host7.example", "")])
        with pytest.raises(StoreError, match="the table consents is not what was committed"):
            ledger.consents()
        assert [d for d in ledger.damages() if "consents" in d]


def test_row_that_was_damaged_and_then_replaced_still_does_not_add_up(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "SMALL", -1)
    tamper(copied, "UPDATE meta SET value = 'other' WHERE key = 'fact'")
    with closing(Ledger.open(copied)) as ledger:
        with ledger.commit("test", "run", NOON) as commit:
            commit.remember("fact", "said 9")
        with pytest.raises(StoreError, match="the table meta is not what was committed"):
            ledger.remembered("fact")


def test_ledger_without_a_seal_is_read_and_sealed_by_the_first_that_writes(copied: Path) -> None:
    known = read_all(copied)
    unseal(copied)
    assert read_all(copied) == known
    with closing(Ledger.open(copied)) as ledger:
        assert not ledger.is_sealed()
        with ledger.commit("test", "run", NOON) as commit:
            commit.add_review(review(8))
        assert ledger.is_sealed()
        assert len(ledger.reviews()) == 4
        assert ledger.damages() == []
    tamper(copied, "DELETE FROM reviews WHERE review = 'r-8'")
    assert isinstance(read_all(copied)["reviews"], StoreError)


def test_ledger_that_cannot_be_read_in_full_is_not_sealed(copied: Path) -> None:
    unseal(copied)
    tamper(copied, "UPDATE sqlite_master SET rootpage = 3 WHERE name = 'consents_by_selector'")
    with (
        closing(Ledger.open(copied)) as ledger,
        pytest.raises(StoreError, match="cannot be sealed as it is"),
        ledger.commit("test", "run", NOON),
    ):
        pytest.fail("it was written to")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE consents SET selector = 'dolain' WHERE event = 'e-2'", "event e-2 has the selector 'dolain'"),
        ("UPDATE consents SET kind = 'withdraval' WHERE event = 'e-2'", "event e-2 is of the kind 'withdraval'"),
        ("UPDATE consents SET purposes = '[\"commerce\"]' WHERE event = 'e-2'", "the purpose 'commerce'"),
        ("UPDATE consents SET acts = '[\"train' WHERE event = 'e-2'", "an invalid value"),
        ("UPDATE consents SET recorded = '2026-13-41' WHERE event = 'e-2'", "an invalid value"),
        ("UPDATE parts SET kind = 'hidlen' WHERE part = 'hidden-2'", "parts of the kind 'hidlen'"),
        ("UPDATE reviews SET verdict = 'distant' WHERE review = 'r-2'", "review r-2 has the verdict 'distant'"),
        ("UPDATE sources SET card = '{' WHERE digest = 'digest-3'", "an invalid value"),
        ("UPDATE meta SET value = 'no key' WHERE key = 'key'", "an invalid value"),
        ("UPDATE exports SET manifest = ''", "an invalid value"),
    ],
)
def test_word_that_is_not_known_stops_with_its_name(copied: Path, statement: str, said: str) -> None:
    """Also where it was committed as it is: nothing is passed over."""
    with closing(Ledger.open(copied)) as ledger:
        rewrite(ledger, statement)
    errors = [str(a) for a in read_all(copied).values() if isinstance(a, StoreError)]
    assert len(errors) == 1
    assert said in errors[0]


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("INSERT OR REPLACE INTO t (a, b) VALUES (?, ?)"), st.tuples(st.sampled_from("abc"), st.text())),
        st.tuples(st.just("UPDATE t SET b = ? WHERE a = ?"), st.tuples(st.text(), st.sampled_from("abc"))),
        st.tuples(st.just("UPDATE t SET a = a || ?"), st.tuples(st.sampled_from("xy"))),
        st.tuples(st.just("DELETE FROM t WHERE a >= ?"), st.tuples(st.sampled_from("abc"))),
        st.tuples(st.just("INSERT INTO t (a, c) VALUES (?, ?)"), st.tuples(st.text(), st.integers(-(2**63), 2**63 - 1))),
        st.tuples(st.just("ALTER TABLE t ADD COLUMN d_{n} TEXT"), st.just(())),
        st.tuples(st.just("CREATE TABLE u_{n} (e TEXT)"), st.just(())),
        st.tuples(st.just("commit"), st.just(())),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=60)
@given(CHANGES, st.booleans())
def test_what_is_counted_on_the_way_is_what_there_is(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, tuple[Any, ...]]], fails: bool
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    with closing(Ledger.create(folder / "ledger.sqlite", NOON)) as ledger:
        rewrite(ledger, "CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT, c INTEGER) STRICT")
        rows: list[list[tuple[str, tuple[Any, ...]]]] = [[]]
        for n, (statement, values) in enumerate(changes):
            if statement == "commit":
                rows.append([])
            else:
                rows[-1].append((statement.format(n=n), values))
        for transaction in rows:
            try:
                with ledger._immediate():
                    for statement, values in transaction:
                        ledger._db.execute(statement, values)
                    if fails and transaction is rows[-1]:
                        raise KeyError("mine")
            except (KeyError, sqlite3.IntegrityError, sqlite3.OperationalError):
                pass
            assert ledger.damages() == []
            with ledger.reading("t") as db:
                head = ledger._seal.head()
                assert head.states == {name: total(db, name) for name in (*tables(db), SCHEMA)}
    shutil.rmtree(folder)


def test_damage_that_the_message_of_the_database_quotes_is_an_error_too(copied: Path) -> None:
    content = copied.read_bytes()
    assert content.count(b"snapshot INTEGER PRIMARY KEY") >= 1
    copied.write_bytes(content.replace(b"snapshot INTEGER PRIMARY KEY", b"snapshot INTE\xc7ER PRIMARY KEY"))
    assert all(isinstance(a, StoreError) for a in read_all(copied).values())
