"""Rows that name several persons, or give several addresses, are reached by each of them; ids of every form are read."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.events.consents import Request

MIRA = "mira@example.org"
FORMS: dict[str, Any] = {
    "one": MIRA,
    "list": [MIRA, "jo@example.org"],
    "object": {"name": "Mira", "email": MIRA},
    "semicolon": f"{MIRA}; jo@example.org",
    "shown": f"Mira C <{MIRA}>",
}


def store_of(tmp_path: Path, rows: list[dict[str, Any]], card: str = "") -> Store:
    (tmp_path / "source.toml").write_text(f'name = "mail"\nlicense = "CC0-1.0"\npersonal_data = "no"\n{card}')
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"text": f"Day {n}.", **r}) + "\n" for n, r in enumerate(rows))
    )
    store = Store(tmp_path / "store")
    assert store.ingest([tmp_path / "a.jsonl"])["added"] == len(rows)
    return store


def permitted(store: Store) -> set[str]:
    ids = set(store.query(use="mine.analyse", accept="all", dedup="none", ids=True)["ids"])
    return {r["source_record_id"] for r in store.sql("SELECT * FROM records") if r["record_id"] in ids}


SUBJECT = '[fields]\nsubject = "who"\n'


@pytest.mark.parametrize("named", [MIRA, f"Mira Moreno <{MIRA}>", f"MAILTO:{MIRA.upper()}"])
def test_withdrawal_by_a_person_reaches_every_form(tmp_path: Path, named: str) -> None:
    rows = [{"id": name, "who": who} for name, who in FORMS.items()]
    store = store_of(tmp_path, [*rows, {"id": "other", "who": "ada@example.org"}], SUBJECT)
    assert permitted(store) == {*FORMS, "other"}
    answer = store.consent.record([Request(kind="withdraw", selector="subject", value=named)])
    assert permitted(store) == {"other"}, answer


def test_withdrawal_by_one_of_several_persons_is_of_the_record_and_of_no_copy(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{"id": "both", "who": [MIRA, "jo@example.org"]}], SUBJECT)
    store.consent.record([Request(kind="withdraw", selector="subject", value=MIRA)])
    (excluded,) = store.query(use="mine.analyse", accept="all")["excluded"]
    assert excluded["text"] == "withdrawn", "there is no copy by which it could have come"
    (event,) = store.explain("both", use="mine.analyse", accept="all")["events"]
    assert event["through"] == "itself"


def test_what_one_of_several_persons_gave_grants_nothing_and_says_whose_it_is(tmp_path: Path) -> None:
    card = 'name = "mail"\nlicense = "CC0-1.0"\npersonal_data = "yes"\nlegal_basis = "consent"\n' + SUBJECT
    (tmp_path / "source.toml").write_text(card)
    rows = [
        {"id": "both", "text": "Day one.", "who": [MIRA, "jo@example.org"]},
        {"id": "one", "text": "Two.", "who": MIRA},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "a.jsonl"])
    given = {"acts": ("mine.analyse",), "purposes": ("commercial",)}
    for kind, left in (("grant", {"one"}), ("withdraw", set()), ("grant", {"one"})):
        store.consent.record([Request(kind=kind, selector="subject", value=MIRA, **given)])
        assert permitted(store) == left
        assert {e["through"] for e in store.explain("both", use="mine.analyse")["events"]} == {"person"}


def test_person_that_cannot_be_read_refuses_and_says_so(tmp_path: Path) -> None:
    store = store_of(tmp_path, [{"id": "a", "who": {"ref": 7}}, {"id": "b", "who": None}], SUBJECT)
    assert permitted(store) == {"b"}
    answer = store.explain("a", use="mine.analyse", accept="all")
    assert [r["reason"] for r in answer["reasons"]] == ["person-unreadable"]


URLS: dict[str, Any] = {
    "list": ["https://b.example/1", "https://a.example.org/1"],
    "object": {"href": "https://a.example.org/2"},
    "objects": [{"url": "https://b.example/3"}, {"href": "https://a.example.org/3"}],
    "text": "https://b.example/4, https://a.example.org/4",
    "json": '["https://b.example/5", "https://a.example.org/5"]',
}


@pytest.mark.parametrize("selector", ["domain", "url-prefix"])
def test_withdrawal_by_address_reaches_every_address_of_a_row(tmp_path: Path, selector: str) -> None:
    store = store_of(tmp_path, [{"id": name, "url": url} for name, url in URLS.items()])
    value = "a.example.org" if selector == "domain" else "https://a.example.org/"
    store.consent.record([Request(kind="withdraw", selector=selector, value=value)])
    assert permitted(store) == set()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"$oid": "60f6d845caa1861dcf1631ae"}', "60f6d845caa1861dcf1631ae"),
        ('{"$numberLong": "18446744073709551616"}', "18446744073709551616"),
        (
            '{"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "04"}}',
            "00010203-0405-0607-0809-0a0b0c0d0e0f",
        ),
        ('{"$uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f"}', "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        ("18446744073709551616", "18446744073709551616"),
        ("12345678901234567890123", "12345678901234567890123"),
    ],
)
def test_id_of_every_form_is_read(tmp_path: Path, line: str, expected: str) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": ' + line + ', "text": "A day."}\n')
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "a.jsonl"])
    assert [r["source_record_id"] for r in store.sql("SELECT source_record_id FROM records")] == [expected]


def test_parquet_ids_of_decimals_and_digests_are_read(tmp_path: Path) -> None:
    columns = {
        "d": pa.array([Decimal(18446744073709551615), Decimal(7)], pa.decimal128(20, 0)),
        "b": pa.array([bytes(range(200, 212)), b"abcdefghijkl"], pa.binary(12)),
    }
    for name, column in columns.items():
        folder = tmp_path / name
        folder.mkdir()
        pq.write_table(pa.table({"id": column, "text": ["A day.", "A night."]}), folder / "a.parquet")
        store = Store(folder / "store")
        store.ingest([folder / "a.parquet"])
        ids = {r["source_record_id"] for r in store.sql("SELECT source_record_id FROM records")}
        assert ids == ({"18446744073709551615", "7"} if name == "d" else {bytes(range(200, 212)).hex(), "abcdefghijkl"})


@pytest.mark.parametrize("value", ['"2021-07-20T00:00:00Z"', "1626739200000", '{"$numberLong": "1626739200000"}'])
def test_date_of_extended_json_is_read(tmp_path: Path, value: str) -> None:
    (tmp_path / "a.jsonl").write_text('{"created": {"$date": ' + value + '}, "text": "A day."}\n')
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "a.jsonl"])
    [row] = store.sql("SELECT published_at::VARCHAR AS at FROM records")
    assert row["at"].startswith("2021-07-20 00:00:00")
