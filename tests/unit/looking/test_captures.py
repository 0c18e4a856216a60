"""Captures at rest decide: the newest that can be read of each protocol and location, as far as it was known at the instant."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from rightful.signals.web.stated import License
from rightful.store.ledger import Ledger
from rightful.store.parquet import read
from rightful.store.parts import publish_table
from rightful.store.records import OBSERVATIONS
from tests.unit.looking.web import ASKED, EVERYWHERE, NOON, OPEN, SEARCH, TRAINING, Web

A, B = "https://a.example/one", "https://a.example/two"
PAGES = ("headers", "html")
DAY = timedelta(days=1)


@pytest.fixture
def web(tmp_path: Path) -> Web:
    return Web(tmp_path)


def looked(web: Web, *urls: str, on: datetime | None = None) -> None:
    """Nothing is reserved at the host of these pages, nor on them."""
    for host in {"/".join(url.split("/")[:3]) for url in urls}:
        web.capture(host, ("robots", "tdmrep"), on=on)
    for url in urls:
        web.capture(url, PAGES, on=on)


def test_a_basis_needs_all_four_protocols_of_the_location_of_a_record(web: Web) -> None:
    others = "http://a.example/one", "https://a.example:8443/one", "https://b.a.example/one"
    web.shelve(A, B, *others)
    assert web.permitted() == set()
    web.capture("https://a.example", ("robots", "tdmrep"))
    web.capture(A, "headers")
    assert web.permitted() == set()
    assert web.why(A) == {"not-observed"}
    web.capture(A, "html")
    assert web.permitted() == {A}
    web.capture("https://a.example:8443", ("robots", "tdmrep"))
    web.capture(others[1], PAGES)
    assert web.permitted() == {A, others[1]}


def test_a_reservation_that_was_found_reserves_until_a_newer_one_that_can_be_read_lacks_it(tmp_path: Path) -> None:
    web = Web(tmp_path, relies=False)
    web.shelve(A, name="free", license="CC0-1.0", covers="contents")
    assert web.permitted() == {A}
    web.capture("https://a.example", "robots", "found", TRAINING, on=NOON - 9 * DAY)
    assert (web.permitted(), web.why(A)) == (set(), {"reserved"})
    web.capture("https://a.example", "robots", "failed", on=NOON - 8 * DAY)
    web.capture("https://a.example", "robots", "unreadable", on=NOON - 7 * DAY)
    assert web.permitted() == set()
    web.capture("https://a.example", "tdmrep", "absent", on=NOON - 6 * DAY)
    assert web.permitted() == set()
    web.capture("https://a.example", "robots", "found", SEARCH, on=NOON - 5 * DAY)
    assert web.permitted() == {A}
    assert web.permitted(use="index.search") == set()


def test_what_an_unreadable_capture_reserves_is_added_and_lifts_nothing(web: Web) -> None:
    web.shelve(A)
    looked(web, A, on=NOON - 9 * DAY)
    web.capture("https://a.example", "robots", "unreadable", on=NOON - 5 * DAY)
    assert web.permitted() == {A}
    web.capture("https://a.example", "robots", "unreadable", OPEN, on=NOON - 4 * DAY)
    assert web.permitted() == set()
    web.capture("https://a.example", "robots", "unreadable", on=NOON - 3 * DAY)
    assert web.permitted() == set()
    web.capture("https://a.example", "robots", "absent", on=NOON - 2 * DAY)
    assert web.permitted() == {A}


def test_a_refusal_counts_from_when_it_was_observed_and_an_absence_from_when_it_was_known(web: Web) -> None:
    web.shelve(A)
    looked(web, A, on=NOON - 20 * DAY)
    web.at = NOON + 50 * DAY
    assert web.permitted(as_of=(NOON - DAY).isoformat()) == set()  # nobody here knew
    assert web.permitted(as_of=(NOON + DAY).isoformat()) == {A}
    web.capture("https://a.example", "robots", "found", TRAINING, on=NOON + 10 * DAY)
    assert web.permitted(as_of=(NOON + 9 * DAY).isoformat()) == {A}
    assert web.permitted(as_of=(NOON + 11 * DAY).isoformat()) == set()
    web.at = NOON + 90 * DAY
    web.capture("https://a.example", "robots", "absent", on=NOON + 20 * DAY)
    assert web.permitted(as_of=(NOON + 30 * DAY).isoformat()) == set()
    assert web.permitted() == {A}


def test_an_absence_is_too_old_after_the_days_of_the_policy(web: Web) -> None:
    web.shelve(A)
    looked(web, A, on=NOON - 364 * DAY)
    assert web.permitted() == {A}
    assert (
        web.store.query(use="train.pretrain", jurisdiction="DE", accept="all")["valid_until"] == "2026-11-23T00:00:00Z"
    )
    web.at = NOON + 3 * DAY
    assert web.permitted() == set()
    web.capture(A, PAGES)
    web.capture("https://a.example", "robots")
    assert web.permitted() == set()
    web.capture("https://a.example", "tdmrep")
    assert web.permitted() == {A}


def test_an_address_with_a_result_of_its_own_goes_before_its_host_in_that_capture_only(web: Web) -> None:
    web.shelve(A, B)
    looked(web, A, B, on=NOON - 9 * DAY)
    web.capture("https://a.example", "robots", "found", TRAINING, on=NOON - 8 * DAY, digest="x")
    web.capture(A, "robots", "absent", on=NOON - 8 * DAY, digest="x")
    assert web.permitted() == {A}
    web.capture("https://a.example", "robots", "absent", on=NOON - 7 * DAY)
    web.capture(B, "robots", "found", TRAINING, on=NOON - 7 * DAY)
    assert web.permitted() == {A}
    web.capture("https://a.example", "robots", "absent", on=NOON - 6 * DAY)
    assert web.permitted() == {A, B}


def test_captures_and_cards_are_of_one_history(web: Web) -> None:
    card = [{"protocols": list(EVERYWHERE), "result": "absent", "on": "2026-11-10", "by": "Ada"}]
    web.shelve(A, B, observed=card)
    assert web.permitted() == {A, B}
    web.capture("https://a.example", "robots", "found", TRAINING, on=datetime(2026, 11, 9, tzinfo=UTC))
    assert web.permitted() == {A, B}
    web.capture("https://a.example", "robots", "found", TRAINING, on=datetime(2026, 11, 10, tzinfo=UTC))
    assert web.permitted() == set()
    web.capture("https://a.example", "robots", "absent", on=datetime(2026, 11, 11, tzinfo=UTC))
    assert web.permitted() == {A, B}


def test_a_reservation_of_a_card_ends_where_a_newer_capture_lacks_it(web: Web) -> None:
    card = [{"protocols": list(EVERYWHERE), "result": "found", "on": "2026-11-10", "by": "Ada"}]
    web.shelve(A, observed=card)
    looked(web, A, on=datetime(2026, 11, 9, tzinfo=UTC))
    assert web.permitted() == set()
    looked(web, A, on=datetime(2026, 11, 11, tzinfo=UTC))
    assert web.permitted() == {A}


def test_licences_of_pages_count_while_the_newest_capture_states_them(web: Web) -> None:
    web.shelve(A, B)
    free, not_read = License("https://creativecommons.org/licenses/by/4.0/"), License("ask us first")
    web.capture(A, "html", "absent", licenses=(free,), on=NOON - 3 * DAY)
    assert web.permitted() == {A}
    web.capture(A, "html", "failed", on=NOON - 2 * DAY)
    assert web.permitted() == {A}
    web.capture(A, "html", "absent", licenses=(free, not_read), on=NOON - 2 * DAY)
    assert (web.permitted(), web.why(A)) == (set(), {"license-unreadable"})
    web.capture(A, "html", "absent", on=NOON - DAY)
    assert web.permitted() == set()


def test_many_days_leave_few_cases(web: Web) -> None:
    urls = [f"https://h{n}.example/p" for n in range(60)]
    web.shelve(*urls)
    for n, url in enumerate(urls):
        looked(web, url, on=NOON - (n + 1) * DAY) if n < 12 else None
    assert web.permitted() == set(urls[:12])


def test_a_correction_is_about_rows_and_ends_no_capture(tmp_path: Path) -> None:
    web = Web(tmp_path, relies=False)
    web.shelve(A, license="CC0-1.0", covers="contents")
    web.capture("https://a.example", "robots", "found", TRAINING)
    corrections = tmp_path / "corrections.jsonl"
    corrections.write_text(
        '{"kind": "correction", "selector": "domain", "value": "a.example", "reason": "a mistake"}\n'
    )
    web.store.consent.import_(corrections)
    assert (web.permitted(), web.why(A)) == (set(), {"reserved"})
    web.capture("https://a.example", "robots", "absent", on=NOON - DAY / 2)
    assert web.permitted() == {A}


def test_captures_of_an_earlier_version_have_no_place_and_count(web: Web) -> None:
    earlier = pa.schema([of for of in OBSERVATIONS if of.name != "place"])
    web.shelve(A)
    looked(web, A)
    web.capture("https://a.example", "robots", "found", TRAINING, on=NOON - 5 * DAY)
    for part in (web.store.layout.root / "observations").iterdir():
        assert "place" in read(part).column_names
    with closing(Ledger.open(web.store.layout.ledger, yes=True)) as ledger:
        [first, *_] = (web.store.layout.root / "observations").iterdir()
        older = read(first).select(earlier.names)
        part = publish_table(web.store.layout, "observations", older, earlier)
        assert part is not None
        assert "place" not in read(web.store.layout.part("observations", part.part)).column_names
        with ledger.commit("signal", "earlier", web.clock()) as commit:
            commit.add_parts([part])
    assert web.permitted() == {A}
    assert {c["place"] for c in web.store.explain(A, **ASKED)["looked"]} == {None}
    assert {r["place"] for r in web.store.sql("SELECT place FROM observations")} == {None}
