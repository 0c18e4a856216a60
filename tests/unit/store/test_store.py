"""The store: files that are whole when they exist, a ledger whose every snapshot can be read again, locks."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError, StoreError
from rightful.rights.consent import GIVEN, RIGHTS_HOLDER, WITHDRAWN, ConsentEvent
from rightful.store.duck import batches, connect, fill, literal, rows, scan, table
from rightful.store.files import InputFile, Passed, Seen
from rightful.store.layout import Layout, move_into_place, publish, publish_folder, sha256_file
from rightful.store.ledger import LEDGER_VERSION, Commit, Ledger, Part, stamp
from rightful.store.records import KINDS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.create(tmp_path / "ledger.sqlite", NOON)
    yield made
    made.close()


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file of this process grows beyond 4 KiB while the test runs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 10, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def part(kind: str, name: str, size: int = 1) -> Part:
    return Part(kind, name, size, 10 * size, "00" * 32)


# --- publish ---


def test_publish_that_ends_well_leaves_the_file_and_nothing_else(tmp_path: Path) -> None:
    with publish(tmp_path / "new" / "file") as temporary:
        temporary.write_bytes(b"whole")
        assert not (tmp_path / "new" / "file").exists()
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["file"]
    assert (tmp_path / "new" / "file").read_bytes() == b"whole"


def test_publish_whose_block_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")

    def half() -> None:
        with publish(tmp_path / "file") as temporary:
            temporary.write_bytes(b"half")
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        half()
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_publish_of_a_folder_gives_it_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with publish_folder(tmp_path / "new" / "folder") as temporary:
        (temporary / "file").write_bytes(b"whole")
        assert not (tmp_path / "new" / "folder").exists()
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["folder"]
    assert (tmp_path / "new" / "folder" / "file").read_bytes() == b"whole"


def test_publish_of_a_folder_that_fails_leaves_nothing(tmp_path: Path, full_disk: None) -> None:
    with pytest.raises(InputError) as caught, publish_folder(tmp_path / "folder") as temporary:
        (temporary / "file").write_bytes(b"x" * (8 << 10))
    assert (caught.value.subject, caught.value.message) == (
        str(tmp_path / "folder"),
        "cannot be written: File too large",
    )
    assert not list(tmp_path.iterdir())


def test_publish_of_a_folder_never_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="exists already"), publish_folder(tmp_path / "folder"):
        raise AssertionError

    def late() -> None:
        with publish_folder(tmp_path / "late") as temporary:
            (temporary / "ours").write_bytes(b"2")
            (tmp_path / "late").mkdir()  # meanwhile
            (tmp_path / "late" / "theirs").write_bytes(b"1")

    with pytest.raises(InputError, match="cannot be written"):
        late()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["folder", "late", "theirs"]


def test_publish_on_a_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path, full_disk: None) -> None:
    with pytest.raises(InputError) as caught, publish(tmp_path / "file") as temporary:
        temporary.write_bytes(b"x" * (8 << 10))
    assert caught.value.subject == str(tmp_path / "file")
    assert caught.value.message == "cannot be written: File too large"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("place", "why"), [("taken/below/file", "Not a directory"), ("x" * 255, "File name too long")])
def test_publish_where_no_file_can_be_says_so(tmp_path: Path, place: str, why: str) -> None:
    (tmp_path / "taken").write_bytes(b"a file")
    with pytest.raises(InputError) as caught, publish(tmp_path / place) as temporary:
        temporary.write_bytes(b"x")
    assert caught.value.subject == str(tmp_path / place)
    assert caught.value.message == f"cannot be written: {why}"
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_file_that_is_moved_into_place_replaces_what_was_left_there(tmp_path: Path) -> None:
    (tmp_path / "staged").write_bytes(b"new")
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "p").write_bytes(b"orphan")
    digest = sha256_file(tmp_path / "staged")
    move_into_place(tmp_path / "staged", tmp_path / "records" / "p")
    assert sha256_file(tmp_path / "records" / "p") == digest
    assert not (tmp_path / "staged").exists()


# --- layout ---


@pytest.mark.parametrize("left", ["ledger.sqlite-journal", "ledger.sqlite-wal", ".commit.lock", "policy.toml"])
def test_layout_is_created_where_a_store_is_in_the_making(tmp_path: Path, left: str) -> None:
    (tmp_path / left).touch()
    Layout(tmp_path).create()
    assert (tmp_path / "records").is_dir()
    assert not Layout(tmp_path).exists(), "there is no store before there is a ledger"


def test_layout_is_not_created_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(StoreError, match="holds other files and no ledger") as caught:
        Layout(tmp_path).create()
    assert caught.value.subject == str(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize(("place", "why"), [("file", "is a file, not a store"), ("file/store", "cannot be created")])
def test_layout_is_not_created_on_a_file(tmp_path: Path, place: str, why: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=why):
        Layout(tmp_path / place).create()


def _hold(root: Path, passing: bool, times: int, log: Path) -> None:
    """Take a lock again and again, and write down where two would hold it at once."""
    for _ in range(times):
        with Layout(root).lock("x", passing=passing):
            try:
                os.close(os.open(root / "held", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                log.write_text("two held it", encoding="utf-8")
                return
            (root / "held").unlink()


@pytest.mark.parametrize("passing", [False, True])
def test_lock_is_held_by_one_process_at_a_time(tmp_path: Path, passing: bool) -> None:
    """A passing lock is the harder one: its file comes and goes."""
    (tmp_path / "store").mkdir()
    context = multiprocessing.get_context("forkserver")
    holders = [
        context.Process(target=_hold, args=(tmp_path / "store", passing, 200, tmp_path / "log")) for _ in range(3)
    ]
    for holder in holders:
        holder.start()
    for holder in holders:
        holder.join(60)
    assert [holder.exitcode for holder in holders] == [0, 0, 0]
    assert not (tmp_path / "log").exists()
    assert (tmp_path / "store" / ".x.lock").exists() is not passing


def test_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Layout(tmp_path).lock("x", passing=True):
        raise KeyError
    assert not list(tmp_path.iterdir())
    with Layout(tmp_path).lock("x"):
        pass


# --- ledger ---


def test_ledger_that_is_created_again_is_the_same_store(tmp_path: Path, ledger: Ledger) -> None:
    again = Ledger.create(tmp_path / "ledger.sqlite", NOON + timedelta(days=1))
    with contextlib.closing(again):
        assert (again.key, again.meta("store_id")) == (ledger.key, ledger.meta("store_id"))
        assert again.meta("created_at") == "2026-11-21T12:00:00Z"
    assert len(ledger.key) == 32
    with contextlib.closing(Ledger.create(tmp_path / "other.sqlite", NOON)) as other:
        assert other.key != ledger.key


def test_ledger_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store here") as caught:
        Ledger.open(tmp_path / "ledger.sqlite")
    assert caught.value.hint == "make one with: rightful ingest PATH"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100])
def test_ledger_that_is_something_else_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(content)
    with pytest.raises(StoreError, match="the ledger cannot be read") as caught:
        Ledger.open(tmp_path / "ledger.sqlite")
    assert caught.value.subject == str(tmp_path / "ledger.sqlite")


def test_ledger_of_a_newer_program_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db, db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'version'", [str(LEDGER_VERSION + 1)])
        db.execute(f"PRAGMA user_version = {LEDGER_VERSION + 1}")
    with pytest.raises(StoreError, match=f"schema version {LEDGER_VERSION + 1}, this program knows {LEDGER_VERSION}"):
        Ledger.open(tmp_path / "ledger.sqlite")


def test_commit_whose_block_fails_leaves_no_trace(ledger: Ledger) -> None:
    def half() -> None:
        with ledger.commit("ingest", "run", NOON) as commit:
            commit.add_parts([part("records", "a")])
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        half()
    assert (ledger.snapshot(), ledger.parts("records", 1), ledger.snapshots()) == (0, [], [])
    with ledger.commit("ingest", "run", NOON) as commit:
        commit.add_parts([part("records", "a")])
        commit.summary["added"] = 3
    assert ledger.snapshots() == [
        {
            "snapshot": 1,
            "kind": "ingest",
            "run": "run",
            "committed_at": "2026-11-21T12:00:00Z",
            "summary": {"added": 3},
        }
    ]


def test_commit_that_another_process_waits_for_comes_first(tmp_path: Path, ledger: Ledger) -> None:
    with contextlib.closing(Ledger.open(tmp_path / "ledger.sqlite")) as other:
        other._db.execute("PRAGMA busy_timeout = 50")
        with ledger.commit("ingest", "a", NOON):
            with pytest.raises(StoreError, match="the ledger cannot be written: database is locked"):
                other.commit("ingest", "b", NOON).__enter__()
            assert other.snapshot() == 0, "reading waits for nobody, and sees what is committed"
        assert other.snapshot() == 1


CHANGES = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["add", "end"]), st.sampled_from(["records", "hidden"]), st.sampled_from("abcd"))
    ),
    min_size=1,
    max_size=6,
)


@given(CHANGES)
@settings(max_examples=60)
def test_every_snapshot_has_the_parts_that_it_had_when_it_was_committed(
    tmp_path_factory: pytest.TempPathFactory, changes: list[list[tuple[str, str, str]]]
) -> None:
    """Against a model: a list of parts, copied after each commit."""
    made = Ledger.create(tmp_path_factory.mktemp("ledger") / "ledger.sqlite", NOON)
    with contextlib.closing(made):
        standing: dict[str, list[str]] = {"records": [], "hidden": []}
        history = [{k: list(v) for k, v in standing.items()}]
        for snapshot in changes:
            with made.commit("test", "run", NOON) as commit:
                _apply(commit, snapshot, standing)
            history.append({k: list(v) for k, v in standing.items()})
        for number, wanted in enumerate(history):
            for kind, names in wanted.items():
                found = made.parts(kind, number)
                assert [p.part for p in found] == names, f"{kind} in snapshot {number}"
                assert [p.ordinal for p in found] == sorted({p.ordinal for p in found})


def _apply(commit: Commit, changes: list[tuple[str, str, str]], standing: dict[str, list[str]]) -> None:
    """A part that stands is not added again, and not within the commit that ended it."""
    ended: set[tuple[str, str]] = set()
    added: set[tuple[str, str]] = set()
    for what, kind, name in changes:
        if what == "add" and name not in standing[kind] and (kind, name) not in ended:
            commit.add_parts([part(kind, name)])
            standing[kind].append(name)
            added.add((kind, name))
        elif what == "end" and name in standing[kind] and (kind, name) not in added:
            commit.end_part(kind, name)
            standing[kind].remove(name)
            ended.add((kind, name))


@pytest.mark.parametrize("snapshot", [-1, 2, 10**9])
def test_snapshot_that_does_not_exist_is_named_with_the_newest(ledger: Ledger, snapshot: int) -> None:
    with ledger.commit("test", "run", NOON):
        pass
    with pytest.raises(StoreError, match=f"there is no snapshot {snapshot}") as caught:
        ledger.check_snapshot(snapshot)
    assert caught.value.hint == "the newest is 1"
    assert [ledger.check_snapshot(s) for s in (None, 0, 1)] == [1, 0, 1]


def test_input_file_is_remembered_as_it_was_last_taken_in_until_it_ends(ledger: Ledger) -> None:
    seen = Seen(size=10, mtime_ns=5, ctime_ns=6, inode=7)
    first = InputFile(
        source_id="src", file="a", name="a", place="/corpus/a", seen=seen, sha256="1", reading="r", records=3
    )
    second = replace(first, sha256="2")
    for file in (first, second):
        with ledger.commit("ingest", "run", NOON) as commit:
            commit.add_files([file], [], [])
    assert list(ledger.files.of("src")) == list(ledger.files.below("/corpus")) == [replace(second, snapshot=2)]
    assert list(ledger.files.below("/corpus/a")) == [replace(second, snapshot=2)]
    assert not list(ledger.files.of("other"))
    assert not list(ledger.files.below("/corp"))
    touched = replace(second, snapshot=2, seen=replace(seen, mtime_ns=50))
    ledger.renew_files([touched])
    assert (list(ledger.files.of("src")), ledger.snapshot()) == ([touched], 2)
    with ledger.commit("ingest", "run", NOON) as commit:
        commit.add_files([], [("src", "a")], [Passed("new", "a", "src", "a")])
    assert not list(ledger.files.of("src"))
    assert ledger.files.ended("src") == ["a"]
    assert ledger.files.passed() == [Passed("new", "a", "src", "a")]


def test_source_card_is_kept_for_every_snapshot_that_had_it(ledger: Ledger) -> None:
    for digest in ("one", "one", "two", "one"):
        with ledger.commit("ingest", "run", NOON) as commit:
            commit.add_source("src", digest, {"name": digest}, "source.toml")
    assert [s["digest"] for n in range(5) for s in ledger.sources(n)] == ["one", "one", "two", "one"]
    assert ledger.sources(3)[0]["card"] == {"name": "two"}
    assert [s["added"] for n in range(5) for s in ledger.sources(n)] == [1, 1, 3, 4]


def test_consent_event_comes_back_as_it_was_recorded(ledger: Ledger) -> None:
    full = ConsentEvent(
        event_id="e-1",
        kind=GIVEN,
        selector="domain",
        value="ex.org",
        recorded=NOON,
        effective=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=2))),
        acts=frozenset({"train", "mine"}),
        purposes=frozenset({"research"}),
        applications=frozenset({"translation"}),
        valid_until=NOON + timedelta(days=9),
        reason="said so",
        party="somebody",
    )
    holder = replace(full, event_id="e-3", given_by=frozenset({RIGHTS_HOLDER}), perpetual=True, valid_until=None)
    bare = ConsentEvent(event_id="e-2", kind=WITHDRAWN, selector="subject", value="ab", recorded=NOON, effective=NOON)
    with ledger.commit("ingest", "run", NOON):
        pass
    with ledger.commit("consent", "run", NOON) as commit:
        commit.add_events([(full, "ex.org", "somebody"), (bare, "(a person)", ""), (holder, "ex.org", "somebody")])
    assert ledger.consents() == [full, bare, holder]
    assert ledger.consents(1) == []
    assert ledger.newest_consent() == 2
    told = [(r["shown"], r["party"], r["given_by"]) for r in ledger.consent_rows()]
    assert told == [("ex.org", "somebody", None), ("(a person)", "", None), ("ex.org", "somebody", '["rights_holder"]')]


def test_events_that_were_read_are_remembered_until_another_one_is_recorded(tmp_path: Path, ledger: Ledger) -> None:
    first = ConsentEvent(event_id="e-1", kind=WITHDRAWN, selector="url", value="x", recorded=NOON, effective=NOON)
    with ledger.commit("consent", "run", NOON) as commit:
        commit.add_events([(first, "x", "")])
        assert ledger.consents() == []  # it has no snapshot yet
    ledger.consents().clear()
    [again] = ledger.consents()
    assert again == first
    assert ledger.consents()[0] is again
    with (
        contextlib.closing(Ledger.open(tmp_path / "ledger.sqlite")) as other,
        other.commit("consent", "run", NOON) as commit,
    ):
        commit.add_events([(replace(first, event_id="e-2"), "x", "")])
    assert [e.event_id for e in ledger.consents()] == ["e-1", "e-2"]
    assert ledger.consents(1) == [first]


def test_events_of_an_earlier_ledger_are_those_of_data_subjects_and_take_capacities_from_then_on(
    ledger: Ledger,
) -> None:
    given = ConsentEvent(event_id="e-1", kind=GIVEN, selector="url", value="x", recorded=NOON, effective=NOON)
    holder = replace(given, event_id="e-2", given_by=frozenset({RIGHTS_HOLDER}), party="A", perpetual=True)
    for column in ("given_by", "perpetual"):
        ledger._db.execute(f"ALTER TABLE consents DROP COLUMN {column}")
    with ledger.commit("consent", "run", NOON) as commit:
        commit.add_events([(given, "x", "")])
    assert ledger.consents() == [given]
    assert ledger.consent_rows()[0]["given_by"] is None
    with ledger.commit("consent", "run", NOON) as commit:
        commit.add_events([(holder, "x", "A")])
    assert ledger.consents() == [given, holder]


@given(
    st.datetimes(
        min_value=datetime(1, 1, 3),  # noqa: DTZ001 (hypothesis adds the zone)
        max_value=datetime(9999, 12, 29),  # noqa: DTZ001
        timezones=st.timezones(),
    )
)
def test_stamp_is_read_back_as_the_same_instant(at: datetime) -> None:
    written = stamp(at)
    assert datetime.fromisoformat(written) == at.astimezone(
        UTC
    )  # a wall time that is told twice equals nothing elsewhere
    assert written.endswith("Z")


# --- DuckDB ---


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_literal_is_the_text_that_it_was(texts: list[str]) -> None:
    with contextlib.closing(connect()) as con:
        assert rows(con, "SELECT " + ", ".join(literal(text) for text in texts)) == [tuple(texts)]


@pytest.mark.parametrize("kind", KINDS)
def test_scan_of_no_file_has_the_types_of_a_file_without_rows(tmp_path: Path, kind: str) -> None:
    pq.write_table(KINDS[kind].empty_table(), tmp_path / "empty.parquet")
    with contextlib.closing(connect()) as con:
        described = [
            [(name, of_type) for name, of_type, *_ in rows(con, f"DESCRIBE SELECT * FROM {scan(files, KINDS[kind])}")]
            for files in ([], [tmp_path / "empty.parquet"])
        ]
    assert described[0] == described[1]


def test_connection_is_in_utc_loads_no_extension_and_spills_where_it_is_told(tmp_path: Path) -> None:
    with contextlib.closing(connect(tmp_path / "spill")) as con:
        assert rows(con, "SELECT TIMESTAMPTZ '2026-11-21 12:00:00+02'::VARCHAR") == [("2026-11-21 10:00:00+00",)]
        names = ("autoinstall_known_extensions", "autoload_known_extensions", "temp_directory")
        found = rows(con, f"SELECT name, value FROM duckdb_settings() WHERE name IN {names} ORDER BY name")
    assert [value for _, value in found] == ["false", "false", str(tmp_path / "spill")]


@pytest.mark.parametrize("read", [lambda con: table(con, "FROM t"), lambda con: batches(con, "FROM t", 2).read_all()])
def test_table_that_is_filled_again_has_the_new_rows_in_order(read: Callable[..., pa.Table]) -> None:
    with contextlib.closing(connect()) as con:
        for content in ([1], [3, 1, 2, 9, 7]):
            fill(con, "t", pa.table({"n": content}))
            assert read(con).column("n").to_pylist() == content
