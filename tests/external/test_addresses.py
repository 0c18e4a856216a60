"""Addresses that escaped a withdrawal: every spelling of the place, and every copy that something else shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rightful import Store
from rightful.events.consents import Request

PREFIX = "https://example.org/mira"
OTHERS = {"13", "14", "21", "22", "23", "27", "28", "31", "32", "33", "34"}
"""Other places: another path or host, a letter in another case, a parameter of a segment that is no session."""


@pytest.fixture
def web(cases: Path, tmp_path: Path) -> Store:
    folder = cases / "8-found" / "law-addresses" / "web"
    if not folder.is_dir():
        pytest.skip("the cases 8-found/law-addresses are not there")
    store = Store(tmp_path / "store")
    store.ingest([folder])
    return store


def permitted(store: Store) -> set[str]:
    ids = set(store.query("train.pretrain", accept="all", dedup="none", ids=True)["ids"])
    rows = store.sql("SELECT record_id, source_record_id AS name FROM records")
    return {str(row["name"]).split()[0] for row in rows if row["record_id"] in ids}


@pytest.mark.parametrize("spelled", [PREFIX, "http://www.example.org:8080//mira/", "m.example.org/%6dira"])
def test_withdrawal_by_prefix_reaches_every_spelling_of_the_place(web: Store, spelled: str) -> None:
    assert len(permitted(web)) == 35
    web.consent.record([Request(kind="withdraw", selector="url-prefix", value=spelled)])
    assert permitted(web) == OTHERS


def test_withdrawal_by_domain_reaches_what_others_show_of_it(web: Store) -> None:
    web.consent.record([Request(kind="withdraw", selector="domain", value="example.org")])
    assert permitted(web) == {"33", "34"}


def test_receipt_for_another_spelling_lifts_the_withdrawal(web: Store) -> None:
    web.consent.record([Request(kind="withdraw", selector="url-prefix", value=PREFIX)])
    receipt = Request(
        kind="grant",
        selector="url-prefix",
        value="http://www.example.org/mira/",
        acts=("train",),
        purposes=("commercial",),
    )
    web.consent.record([receipt])
    assert len(permitted(web)) == 35
