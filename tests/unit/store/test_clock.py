"""The time of a commit: it never runs backwards, a clock far ahead is asked about, and what comes while a run is under way counts."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.api import Store
from rightful.errors import InputError, StoreError
from rightful.events.consents import Request
from rightful.store.clock import FAR, STEP, commit_time
from rightful.store.ledger import Ledger
from tests.ledgers import rewrite

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
CARD = 'name = "harbour"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'
GONE = Request(kind="withdraw", selector="domain", value="gone.example")

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def folder_of(folder: Path, **files: list[dict[str, str]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "source.toml").write_text(CARD, encoding="utf-8")
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return folder


def row(n: int, host: str = "here.example") -> dict[str, str]:
    return {
        "id": f"n{n}",
        "url": f"https://{host}/{n}",
        "text": f"Note number {n}: the tide was late by {n * 7} minutes.",
    }


def committed(store: Store) -> list[datetime]:
    return [datetime.fromisoformat(s["committed_at"]) for s in store.log()]


@given(st.lists(st.tuples(INSTANTS, st.booleans()), min_size=1, max_size=12))
def test_commit_times_always_go_forward_and_never_jump_without_a_yes(clock: list[tuple[datetime, bool]]) -> None:
    newest: datetime | None = None
    for now, yes in clock:
        try:
            at = commit_time(now, newest, yes=yes, place="store")
        except InputError:
            assert newest is not None
            assert not yes
            assert now - newest > FAR
            continue
        assert newest is None or newest < at
        assert at >= now
        assert newest is None or yes or at - newest <= FAR
        newest = at


@pytest.mark.parametrize(("after", "asks"), [(FAR, False), (FAR + STEP, True), (timedelta(days=4000), True)])
def test_far_clock_is_asked_about_from_the_first_microsecond_after_four_hundred_days(
    after: timedelta, asks: bool
) -> None:
    if not asks:
        assert commit_time(NOON + after, NOON, yes=False, place="store") == NOON + after
        return
    with pytest.raises(InputError, match=r"days after the newest snapshot \(2026-11-21 12:00 UTC\)") as caught:
        commit_time(NOON + after, NOON, yes=False, place="here")
    assert (caught.value.exit_code, caught.value.subject) == (2, "here")
    assert "--yes" in str(caught.value.hint)
    assert commit_time(NOON + after, NOON, yes=True, place="store") == NOON + after


def verbs(store: Store, folder: Path, out: Path) -> dict[str, Callable[..., Any]]:
    """Every verb that commits."""
    ids = [r["record_id"] for r in store.sql("SELECT record_id FROM records ORDER BY file, record_id")]
    csv = folder.parent / "events.csv"
    csv.write_text("kind,selector,value\nwithdrawal,domain,other.example\n", encoding="utf-8")
    near = [i for i in ids if store.sql(f"SELECT 1 AS n FROM duplicates WHERE record_id = '{i}' AND kind = 'near'")]
    return {
        "ingest": lambda **o: store.ingest([folder_of(folder, later=[row(77)])], **o),
        "tag": lambda **o: store.tag(recipe="none", **o),
        "consent": lambda **o: store.consent.record([GONE], **o),
        "consent import": lambda **o: store.consent.import_(csv, **o),
        "review": lambda **o: store.review.decide(*near[:2], "distinct", by="Ada, editor", reason="two", **o),
        "export": lambda **o: store.export(out, **USE, tokenizer="bytes", **o),
    }


VERBS = ("ingest", "tag", "consent", "consent import", "review", "export")


@pytest.mark.parametrize("verb", VERBS)
def test_verb_under_a_clock_ten_years_ahead_changes_nothing_without_a_yes(verb: str, tmp_path: Path) -> None:
    log = " ".join(f"On day {n} the tide stood {n * 7 % 31} hands above the mark." for n in range(20))
    alike = [{"id": "x", "text": log}, {"id": "y", "text": log.replace("day 9 ", "day nine ")}]
    folder = folder_of(tmp_path / "folder", a=[row(1), row(2)], b=alike)
    now = [NOON]
    store = Store(tmp_path / "store", clock=lambda: now[0])
    store.ingest([folder])
    run = verbs(store, folder, tmp_path / "out")[verb]
    before = store.status()

    now[0] = NOON.replace(year=2036)
    with pytest.raises(InputError, match="3653 days after the newest snapshot") as caught:
        run()
    assert caught.value.exit_code == 2
    assert store.status() == before
    assert not (tmp_path / "out").exists()
    assert not list((tmp_path / "store" / "staging").iterdir()), "nothing was read"

    run(yes=True)
    assert committed(store)[-1] >= now[0]
    now[0] = NOON  # the clock is right again: time does not run backwards
    store.consent.record([Request(kind="withdraw", selector="domain", value="late.example")])
    assert committed(store) == sorted(set(committed(store)))


def test_ingest_that_has_nothing_to_do_asks_nothing(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "folder", a=[row(1)])
    now = [NOON]
    store = Store(tmp_path / "store", clock=lambda: now[0])
    store.ingest([folder])
    now[0] = NOON.replace(year=2036)
    assert store.ingest([folder])["unchanged"] == 1
    assert store.consent.record([GONE], dry_run=True)[0]["dry_run"]
    assert store.status()["snapshot"] == 1


def test_clock_that_was_set_back_gives_the_microsecond_after_the_newest_snapshot(tmp_path: Path) -> None:
    now = [NOON]
    store = Store(tmp_path / "store", clock=lambda: now[0])
    store.ingest([folder_of(tmp_path / "folder", a=[row(1), row(2, "gone.example")])])
    now[0] = NOON - timedelta(days=700)
    store.consent.record([GONE])
    store.ingest([folder_of(tmp_path / "folder", b=[row(3), row(4, "gone.example")])])
    assert committed(store) == [NOON, NOON + STEP, NOON + 2 * STEP]
    assert [e["recorded"] for e in store.consent.list()] == ["2026-11-21T12:00:00.000001Z"]
    assert store.query(**USE)["permitted"]["records"] == 2, "what was withdrawn counts under the old clock as well"


def test_consent_that_is_given_after_a_withdrawal_at_the_same_tick_lifts_it(tmp_path: Path) -> None:
    """What is recorded later is later, however coarse the clock is."""
    store = Store(tmp_path / "store", clock=lambda: NOON)
    store.ingest([folder_of(tmp_path / "folder", a=[row(1)])])
    store.consent.record([Request(kind="withdraw", selector="domain", value="here.example")])
    assert store.query(**USE)["permitted"]["records"] == 0
    store.consent.record(
        [Request(kind="grant", selector="domain", value="here.example", acts=("train",), purposes=("commercial",))]
    )
    assert store.query(**USE)["permitted"]["records"] == 1


class Meanwhile:
    """A store into which a folder is read; when its last file has been read, something else happens."""

    def __init__(self, root: Path, first: list[dict[str, str]], coming: list[dict[str, str]]) -> None:
        self.minutes = 0
        self.root = root
        self.store = Store(root / "store", clock=self.clock)
        self.store.ingest([folder_of(root / "old", a=first)])
        self.coming = folder_of(root / "new", b=coming)

    def clock(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def ingest(self, happens: Callable[[], object]) -> dict[str, Any]:
        ran: list[int] = []

        def progress(done: int, total: int, records: int) -> None:
            if done == total and not ran:
                ran.append(done)
                happens()

        answer = self.store.ingest([self.coming], progress=progress)
        assert ran
        assert answer["read"] == answer["added"] + answer["unchanged"] + answer["refused"] + answer["rejected"]
        return answer

    def texts(self) -> list[str]:
        """Every text that lies in a file of the store."""
        import pyarrow.parquet as pq

        files = sorted((self.root / "store").rglob("*.parquet"))
        return [t for f in files if "text" in pq.read_schema(f).names for t in pq.read_table(f)["text"].to_pylist()]


def request(selector: str, value: str, **more: Any) -> Request:
    return Request(kind=more.pop("kind", "withdraw"), selector=selector, value=value, **more)


@pytest.mark.parametrize("kind", ["withdraw", "refusal", "takedown"])
@pytest.mark.parametrize(
    ("selector", "value"),
    [("domain", "gone.example"), ("url", "https://gone.example/2"), ("url-prefix", "https://gone.example/")],
)
def test_withdrawal_while_an_ingest_runs_refuses_at_its_landing(
    kind: str, selector: str, value: str, tmp_path: Path
) -> None:
    run = Meanwhile(tmp_path, [row(1)], [row(2, "gone.example"), row(3)])
    answer = run.ingest(lambda: run.store.consent.record([request(selector, value, kind=kind)]))
    assert (answer["added"], answer["refused"]) == (1, 1)
    assert not any("number 2:" in text for text in run.texts()), "its text is stored nowhere"
    assert {"outcome": "refused", "position": "line 1"} in run.store.sql("SELECT outcome, position FROM rejected")
    assert run.store.ingest([run.coming])["refused"] == 1, "and it is refused again"


def test_withdrawal_of_a_stored_copy_while_an_ingest_runs_refuses_the_copy_that_comes(tmp_path: Path) -> None:
    """By way of the tombstone: the event names a record of another source."""
    copy = {"id": "copy", "text": row(1, "gone.example")["text"]}
    run = Meanwhile(tmp_path, [row(1, "gone.example")], [copy, row(3)])
    answer = run.ingest(lambda: run.store.consent.record([request("domain", "gone.example")]))
    assert (answer["added"], answer["refused"]) == (1, 1)


def test_withdrawal_of_a_source_or_import_of_many_while_an_ingest_runs_refuses(tmp_path: Path) -> None:
    run = Meanwhile(tmp_path, [row(1)], [row(2, "gone.example"), row(3, "lost.example")])
    events = tmp_path / "events.csv"
    events.write_text(
        "kind,selector,value\nopt-out,domain,gone.example\nopt-out,domain,lost.example\n", encoding="utf-8"
    )
    answer = run.ingest(lambda: run.store.consent.import_(events))
    assert (answer["added"], answer["refused"]) == (0, 2)


def test_limited_withdrawal_while_an_ingest_runs_takes_the_record_in_and_refuses_the_use(tmp_path: Path) -> None:
    run = Meanwhile(tmp_path, [row(1)], [row(2, "gone.example")])
    answer = run.ingest(lambda: run.store.consent.record([request("domain", "gone.example", acts=("train",))]))
    assert answer["added"] == 1
    assert run.store.query(**USE)["permitted"]["records"] == 1


def test_withdrawal_under_a_clock_that_runs_ahead_refuses_at_a_landing_under_one_that_is_behind(tmp_path: Path) -> None:
    run = Meanwhile(tmp_path, [row(1)], [row(2, "gone.example")])
    ahead = Store(run.store.layout.root, clock=lambda: NOON + timedelta(days=30))
    answer = run.ingest(lambda: ahead.consent.record([request("domain", "gone.example")]))
    assert (answer["added"], answer["refused"]) == (0, 1)
    assert committed(run.store) == sorted(set(committed(run.store)))


def test_snapshot_times_of_an_older_store_that_ran_backwards_count_by_the_latest(tmp_path: Path) -> None:
    with contextlib.closing(Ledger.create(tmp_path / "ledger.sqlite", NOON)) as ledger:
        for at in ("2026-11-21T12:00:00Z", "2026-11-21T12:00:00.000002Z", "2026-01-01T00:00:00Z"):
            rewrite(
                ledger,
                "INSERT INTO snapshots SELECT coalesce(max(snapshot), 0) + 1, 'ingest', '', ?, '{}' FROM snapshots",
                [at],
            )
        assert ledger.newest_commit() == NOON + 2 * STEP
        with ledger.commit("test", "run", NOON) as commit:
            assert commit.now == NOON + 3 * STEP


@pytest.mark.parametrize("at", ["", "noon", "2026-11-21T12:00:00.5.5Z"])
def test_snapshot_without_a_time_is_an_error_that_names_the_ledger(at: str, tmp_path: Path) -> None:
    with contextlib.closing(Ledger.create(tmp_path / "ledger.sqlite", NOON)) as ledger:
        rewrite(ledger, "INSERT INTO snapshots VALUES (1, 'ingest', '', ?, '{}')", [at])
        with pytest.raises(StoreError, match="which is not a time") as caught:
            ledger.not_before(NOON)
    assert caught.value.subject == str(tmp_path / "ledger.sqlite")
