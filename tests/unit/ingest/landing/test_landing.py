"""Landing: what becomes of every record that was read. Counts add up, marks are complete, bytes come back."""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rightful.api import Store
from rightful.dedup.settings import Near
from rightful.events.consents import Request
from rightful.ingest.damages import MOST_LISTED
from rightful.ingest.landing.near import SETTINGS
from rightful.store.ledger import Ledger
from rightful.store.views import open_views

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
CARD = 'name = "harbour"\nauthority = "publisher"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'
HOSTS = ("a.example", "b.example")


class Harbour:
    """A folder that is rewritten and ingested again and again; the clock goes on by a minute a verb."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "folder"
        self.folder.mkdir(parents=True)
        (self.folder / "source.toml").write_text(CARD, encoding="utf-8")
        self.minutes = 0
        self.store = Store(root / "store", clock=self.clock)

    def clock(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def ingest(self, **files: list[dict[str, Any] | str]) -> dict[str, Any]:
        for name, rows in files.items():
            lines = [
                r if isinstance(r, str) else json.dumps({k: v for k, v in r.items() if v is not None}) for r in rows
            ]
            (self.folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        answer = self.store.ingest([self.folder])
        assert answer["read"] == answer["added"] + answer["unchanged"] + answer["refused"] + answer["rejected"], answer
        return answer

    def withdraw(self, selector: str, value: str) -> None:
        self.store.consent.record([Request(kind="withdraw", selector=selector, value=value)])

    def ids(self, **options: Any) -> list[str]:
        return list(self.store.query(**USE, ids=True, **options)["ids"])

    def texts(self) -> list[str]:
        return sorted(r["text"] for r in self.store.sql("SELECT text FROM texts"))


@pytest.fixture
def harbour(tmp_path: Path) -> Harbour:
    return Harbour(tmp_path)


def row(n: int, text: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": f"n{n}", "url": f"https://a.example/{n}", "text": text or f"Note number {n} of the harbour.", **more}


def test_record_that_is_read_again_is_unchanged_and_makes_no_snapshot(harbour: Harbour) -> None:
    first = harbour.ingest(f=[row(1), row(2), "{torn"])
    again = harbour.ingest()
    assert (first["added"], first["rejected"]) == (2, 1)
    assert (again["added"], again["unchanged"], again["rejected"]) == (0, 2, 1)
    assert again["snapshot"] == first["snapshot"] == 1
    assert harbour.ingest(g=[row(1)])["unchanged"] == 3, "from another file of the source it is the same record"


def test_record_twice_in_a_run_lands_once(harbour: Harbour) -> None:
    assert harbour.ingest(f=[row(1), row(1)], g=[row(1), row(2)])["added"] == 2
    assert len(harbour.texts()) == 2


def test_record_with_other_tags_replaces_its_row_and_comes_back_when_they_do(harbour: Harbour) -> None:
    """The part that comes back has the bytes of the first, which is hidden: it needs another name."""
    titles = []
    for n, title in enumerate(["One", "Two", "One", "Two"]):
        answer = harbour.ingest(f=[row(1, title=title)])
        assert (answer["added"], answer["updated"], answer["superseded"]) == (1, int(n > 0), 0)
        titles += [r["title"] for r in harbour.store.sql("SELECT title FROM records")]
    assert titles == ["One", "Two", "One", "Two"]
    assert [r["title"] for r in harbour.store.sql("SELECT title FROM records", snapshot=2)] == ["Two"]
    assert len(harbour.ids()) == 1


def test_record_with_another_text_supersedes_the_one_before(harbour: Harbour) -> None:
    harbour.ingest(f=[row(1, "The first version."), row(2)])
    answer = harbour.ingest(f=[row(1, "The second version."), row(2)])
    assert (answer["added"], answer["unchanged"], answer["superseded"], answer["updated"]) == (1, 1, 1, 0)
    assert harbour.texts() == ["Note number 2 of the harbour.", "The second version."]
    before = {r["text"] for r in harbour.store.sql("SELECT text FROM texts", snapshot=1)}
    assert "The first version." in before


def test_record_that_was_withdrawn_is_refused_by_name_copy_and_again(harbour: Harbour) -> None:
    harbour.ingest(f=[row(1), row(2)])
    gone = harbour.store.sql("SELECT record_id FROM records WHERE source_record_id = 'n1'")[0]["record_id"]
    harbour.withdraw("record", gone)
    assert len(harbour.ids()) == 1
    copy = {"id": "copy", "url": "https://b.example/c", "text": row(1)["text"]}
    for answer in (harbour.ingest(g=[copy, row(3)]), harbour.ingest()):
        assert (answer["refused"], answer["rejected"]) == (2, 0), "the record itself, read again, and its copy"
    refused = harbour.store.sql("SELECT file, position, reason, outcome FROM rejected ORDER BY file")
    assert refused == [
        {"file": f"{name}.jsonl", "position": "line 1", "reason": "withdrawn", "outcome": "refused"} for name in "fg"
    ]
    assert len(harbour.ids()) == 2


def test_copy_that_comes_beside_a_refused_record_is_refused_at_once(harbour: Harbour) -> None:
    """Not only when it is read again, after the refusal has left its tombstone."""
    harbour.ingest(f=[row(1)])
    harbour.withdraw("domain", "b.example")
    named, copy = row(2, url="https://b.example/2"), row(3, row(2)["text"])
    for answer in (harbour.ingest(g=[copy, named]), harbour.ingest()):
        assert (answer["added"], answer["refused"], answer["unchanged"]) == (0, 2, 1)
    assert len(harbour.texts()) == 1


def test_copies_are_marked_across_files_and_runs_with_the_first_as_anchor(harbour: Harbour) -> None:
    text = "The same words in every one of them."
    assert harbour.ingest(f=[row(1, text), row(2)])["duplicates"]["exact"] == 0
    assert harbour.ingest(g=[row(3, text), row(4, text)])["duplicates"]["exact"] == 2
    marks = harbour.store.sql(
        """SELECT r.source_record_id AS id, d.role, m.source_record_id AS matched FROM duplicates d
        JOIN records r USING (record_id) LEFT JOIN records m ON m.record_id = d.matched_id ORDER BY id"""
    )
    assert [tuple(m.values()) for m in marks] == [("n1", "anchor", None), ("n3", "copy", "n1"), ("n4", "copy", "n1")]
    assert len(harbour.ids(dedup="none")) == 4
    assert len(harbour.ids(dedup="exact")) == 2


def test_run_that_reads_nothing_new_but_damage_tells_it_again(harbour: Harbour) -> None:
    answers = [harbour.ingest(f=["{torn", "[1]"]), harbour.ingest()]
    for answer in answers:
        assert [(e["file"], e["position"]) for e in answer["errors"]] == [("f.jsonl", "line 1"), ("f.jsonl", "line 2")]
    assert harbour.store.sql("SELECT count(*) AS n FROM rejected") == [{"n": 2}]
    assert answers[0]["snapshot"] == answers[1]["snapshot"]


def test_rows_that_an_unclosed_quote_took_are_rejected_one_by_one(harbour: Harbour) -> None:
    table = "id,text\n1,The first note.\n" + '2,"The second note.\n3,The third note.\n4,The fourth note.\n'
    (harbour.folder / "a.csv").write_text(table, encoding="utf-8")
    answer = harbour.ingest()
    assert (answer["read"], answer["added"], answer["rejected"]) == (4, 1, 3)
    assert [e["position"] for e in answer["errors"]] == ["row 2", "row 3", "row 4"]
    assert not any("rows" in e for e in answer["errors"]), "each stands for itself"
    assert [e["reason"] for e in answer["errors"]][1:] == ["lost with row 2"] * 2
    more = MOST_LISTED + 5
    (harbour.folder / "a.csv").write_text(table + "5,x\n" * (more - 3), encoding="utf-8")
    answer = harbour.ingest()
    assert (answer["read"], answer["rejected"]) == (1 + more, more)
    assert [(e["position"], e["rows"]) for e in answer["errors"]] == [("row 2", more)]


def test_search_without_near_copies_is_remembered_so_that_stored_texts_are_not_searched_as_new(
    harbour: Harbour,
) -> None:
    harbour.ingest(f=[row(1)])
    assert harbour.store.sql("SELECT count(*) AS n FROM duplicates") == [{"n": 0}]
    with closing(Ledger.open(harbour.store.layout.ledger)) as ledger:
        assert ledger.remembered(SETTINGS) == Near().digest


def test_other_settings_that_find_the_same_pairs_leave_them_stored(harbour: Harbour) -> None:
    words = [f"word{n}" for n in range(200)]
    harbour.ingest(f=[{"id": i, "text": " ".join([*words, *more])} for i, more in (("a", ["x"]), ("b", ["y"]))])
    recipe = harbour.folder.parent / "recipe.toml"
    for threshold in ("0.7", "0.71", "0.71"):
        recipe.write_text(f"[near]\nthreshold = {threshold}\n", encoding="utf-8")
        harbour.store.ingest([harbour.folder], recipe=recipe)
        with closing(Ledger.open(harbour.store.layout.ledger)) as ledger:
            assert [p.rows for p in ledger.parts("pairs", ledger.snapshot())] == [1]
        assert len(harbour.ids(dedup="near")) == 1


def test_record_of_two_files_stays_as_the_first_says_when_only_the_other_is_read_again(harbour: Harbour) -> None:
    elsewhere = row(1) | {"url": "https://b.example/1"}
    first = harbour.ingest(f=[row(1)], g=["{torn", elsewhere])
    again = harbour.ingest()
    assert (again["updated"], again["unchanged"], again["snapshot"]) == (0, 2, first["snapshot"])
    assert harbour.store.sql("SELECT url FROM records") == [{"url": "https://a.example/1"}]
    # What the first file says anew counts, and what the other says once the first has it no more.
    assert harbour.ingest(f=[row(1) | {"url": "https://a.example/one"}])["updated"] == 1
    assert harbour.store.sql("SELECT url FROM records") == [{"url": "https://a.example/one"}]


ROWS = st.builds(
    lambda n, text, host, title: {
        "id": n,
        "url": f"https://{host}/{n}",
        "text": f"Text {text} that several may have.",
        "title": title,
    },
    st.sampled_from("xyz"),
    st.integers(0, 3),
    st.sampled_from(HOSTS),
    st.sampled_from([None, "One", "Two"]),
)
STEPS = st.one_of(
    st.tuples(
        st.just("ingest"),
        st.dictionaries(st.sampled_from("fg"), st.lists(st.one_of(ROWS, st.just("{torn")), max_size=5)),
    ),
    st.tuples(st.just("withdraw"), st.sampled_from(HOSTS)),
)


@given(st.lists(STEPS, min_size=2, max_size=4).map(lambda steps: [("ingest", {"f": [row(0)]}), *steps]))
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
def test_ingests_and_withdrawals_in_a_row_keep_the_store_whole(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any]]
) -> None:
    harbour = Harbour(tmp_path_factory.mktemp("harbour"))
    withdrawn: set[str] = set()
    for verb, what in steps:
        if verb == "withdraw":
            harbour.withdraw("domain", what)
            withdrawn.add(what)
            continue
        answer = harbour.ingest(**what)
        again = harbour.ingest()
        assert again["snapshot"] == answer["snapshot"], "a rerun is no-op"
        assert again["added"] == again["updated"] == again["superseded"] == 0
        assert (again["read"], again["rejected"]) == (answer["read"], answer["rejected"])
        assert again["refused"] == answer["refused"]
    _check_whole(harbour, withdrawn)


def _stored_texts(store: Store) -> list[tuple[str, str]]:
    """(record id, text) of all that counts, as it lies in the store."""
    with closing(Ledger.open(store.layout.ledger)) as ledger, closing(duckdb.connect()) as con:
        open_views(con, store.layout, ledger, ledger.snapshot())
        return [
            (str(record), str(text)) for record, text in con.execute("SELECT record_id, text FROM texts").fetchall()
        ]


def _check_whole(harbour: Harbour, withdrawn: set[str]) -> None:
    records = harbour.store.sql("SELECT record_id, host, content_sha256, norm_sha256 FROM records")
    stored = _stored_texts(harbour.store)
    assert len({r["record_id"] for r in records}) == len(records)
    assert sorted(r["record_id"] for r in records) == sorted(record for record, _ in stored), "a text for each record"
    texts = dict(stored)
    # What was withdrawn stays stored, and nobody is shown its text.
    shown = {r["record_id"]: r["text"] for r in harbour.store.sql("SELECT record_id, text FROM texts")}
    assert shown.items() <= texts.items()
    assert not {r["host"] for r in records if r["record_id"] in shown} & withdrawn
    if not withdrawn:
        assert shown == texts
    for record in records:
        assert hashlib.sha256(texts[record["record_id"]].encode()).hexdigest() == record["content_sha256"]
    for group in {r["norm_sha256"] for r in records}:
        members = {r["record_id"] for r in records if r["norm_sha256"] == group}
        marked = harbour.store.sql(f"SELECT DISTINCT record_id FROM duplicates WHERE group_id = 'exact:{group[:32]}'")
        assert len(members) == 1 or members <= {m["record_id"] for m in marked}, "a copy without a mark"
    by_id = {r["record_id"]: r for r in records}
    usable = harbour.ids(dedup="none")
    assert not {by_id[i]["host"] for i in usable} & withdrawn
    survivors = [by_id[i]["norm_sha256"] for i in harbour.ids()]
    assert sorted(survivors) == sorted({by_id[i]["norm_sha256"] for i in usable}), "one of each group stays"
