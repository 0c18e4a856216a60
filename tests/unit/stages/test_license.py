"""The rights columns of batches: names that mean one licence or another by the date of the text, and its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful import catalog
from rightful.readers.values import FIRST_INSTANT, LAST_INSTANT
from rightful.rights.evidence import rights_id
from rightful.signals.cards.claims import claims_of
from rightful.signals.cards.source_card import SourceCard, card_of
from rightful.signals.order import of_record
from rightful.signals.signal import Claims
from rightful.stages.license import LicenseTags

LAW = catalog.load()
POSTS = "LicenseRef-StackExchange"
[FAMILY] = [f for f in LAW.names.families.values() if f.id == POSTS]
UNREADABLE = "LicenseRef-rightful-unreadable"

Row = tuple[str | None, datetime | None]
"""The licence field of a row, and its date."""


def tags(*cards: SourceCard, **keys: Any) -> LicenseTags:
    card = card_of({"name": "posts", **keys}, "source.toml", LAW.vocabulary)
    claims = claims_of(card, LAW.names, {c.source_id: c for c in cards})
    return LicenseTags(card, tuple(claims), LAW.names, b"key")


def batch(rows: Sequence[Row]) -> pa.RecordBatch:
    n = len(rows)
    return pa.record_batch(
        {
            "license_raw": pa.array([r[0] for r in rows], pa.string()),
            "published_at": pa.array([r[1] for r in rows], pa.timestamp("us", "UTC")),
            "authors": pa.array([None] * n, pa.list_(pa.string())),
            "subject": pa.array([None] * n, pa.string()),
        }
    )


def concluded(stage: LicenseTags, rows: Sequence[Row]) -> list[str | None]:
    found: list[str | None] = stage(batch(rows))["license_concluded"].to_pylist()
    return found


def on(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def test_text_of_a_known_day_is_under_the_licence_of_its_period_from_its_first_day_on() -> None:
    before = timedelta(microseconds=1)
    rows: list[Row] = [
        (None, when)
        for since, _ in FAMILY.periods
        for start in [on(since.year, since.month, since.day)]
        for when in (start - before, start)
    ]
    assert concluded(tags(license="stackexchange"), rows) == [
        UNREADABLE,
        "CC-BY-SA-2.5",
        "CC-BY-SA-2.5",
        "CC-BY-SA-3.0",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
    ]


@pytest.mark.parametrize("year", [1, 1969, 1999, 2004])
def test_text_from_before_there_was_any_period_is_under_none_of_its_licences(year: int) -> None:
    """Whether a name of another family had a period by then makes no difference."""
    assert concluded(tags(license="stackexchange"), [(None, on(year))]) == [UNREADABLE]


def test_batch_with_no_dates_keeps_the_family_and_one_with_some_resolves_those() -> None:
    stage = tags(license="stackexchange")
    undated: list[Row] = [(None, None)] * 3
    assert concluded(stage, undated) == [POSTS] * 3
    mixed: list[Row] = [(None, None), (None, on(2012)), (None, None), (None, on(2020)), (None, on(2012))]
    assert concluded(stage, mixed) == [POSTS, "CC-BY-SA-3.0", POSTS, "CC-BY-SA-4.0", "CC-BY-SA-3.0"]
    assert concluded(stage, undated) == [POSTS] * 3


def test_column_of_dates_without_a_type_is_a_column_without_dates() -> None:
    stage = tags(license="stackexchange")
    plain = batch([(None, None)] * 2)
    at = plain.schema.get_field_index("published_at")
    untyped = plain.set_column(at, "published_at", pa.nulls(2))
    assert stage(untyped)["license_concluded"].to_pylist() == [POSTS] * 2


def test_batch_without_rows_has_columns_without_rows() -> None:
    for license in ("stackexchange", "MIT"):
        found = tags(license=license)(batch([]))
        assert {len(column) for column in found.values()} == {0}


def test_dates_at_both_ends_of_the_calendar_are_read() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    ends = [epoch + timedelta(microseconds=at) for at in (FIRST_INSTANT, LAST_INSTANT)]
    assert concluded(tags(license="stackexchange"), [(None, at) for at in ends]) == [UNREADABLE, "CC-BY-SA-4.0"]


def test_field_of_a_row_goes_by_the_date_of_the_row_and_its_neighbours_do_not() -> None:
    rows: list[Row] = [
        ("stack exchange", on(2012)),
        ("MIT", on(2012)),
        (None, on(2012)),
        ("stack exchange", None),
        ("MIT OR Stack Overflow", on(2020)),
    ]
    assert concluded(tags(), rows) == ["CC-BY-SA-3.0", "MIT", None, POSTS, "MIT OR CC-BY-SA-4.0"]


def test_licence_of_a_post_stands_beside_that_of_the_day_and_both_hold() -> None:
    stage = tags(license="stackexchange")
    found = stage(batch([("CC BY-SA 4.0", on(2012)), ("CC BY-SA 3.0", on(2012)), ("CC BY-SA 4.0", None)]))
    assert found["license_concluded"].to_pylist() == [
        "CC-BY-SA-3.0 AND CC-BY-SA-4.0",
        "CC-BY-SA-3.0",
        f"{POSTS} AND CC-BY-SA-4.0",
    ]
    assert found["license_conflict"].to_pylist() == [True, False, True]
    assert found["license_declared"].to_pylist() == ["CC-BY-SA-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0"]


def test_ancestor_whose_licence_goes_by_date_goes_by_the_date_of_the_record() -> None:
    root = card_of({"name": "dump", "license": "stackexchange"}, "dump.toml", LAW.vocabulary)
    stage = tags(root, license="MIT", derived_from=["dump"])
    by_layer = [
        {e.layer: e.expression for e in stage.rights_of(None, period).profile} for period in (None, date(2011, 4, 8))
    ]
    assert by_layer == [{"": "MIT", "dump": POSTS}, {"": "MIT", "dump": "CC-BY-SA-3.0"}]
    ids = stage(batch([(None, None), (None, on(2012)), (None, on(2013)), (None, on(2020))]))["rights_id"].to_pylist()
    assert len(set(ids)) == 3
    assert ids[1] == ids[2]


def test_rights_of_a_dated_text_are_those_of_the_licence_itself() -> None:
    """The identity of a profile is what it says, not by which name it was found."""
    [ours] = tags(license="stackexchange")(batch([(None, on(2012))]))["rights_id"].to_pylist()
    [theirs] = tags(license="CC-BY-SA-3.0")(batch([(None, None)]))["rights_id"].to_pylist()
    assert ours == theirs


def test_licence_that_does_not_go_by_date_is_the_same_on_every_day() -> None:
    for license in ("MIT", "cc", "gpl"):
        stage = tags(license=license)
        assert len(set(stage(batch([(None, None), (None, on(1990)), (None, on(2020))]))["rights_id"].to_pylist())) == 1


fields = st.sampled_from([None, "MIT", "stack exchange", "wikipedia", "cc", "MIT AND stackexchange", "as is"])
days = st.none() | st.datetimes(timezones=st.just(UTC))


@given(st.lists(st.tuples(fields, days), max_size=12), st.sampled_from(["stackexchange", "MIT", "wikipedia"]))
def test_what_a_row_gets_does_not_depend_on_the_rows_beside_it(rows: list[Row], license: str) -> None:
    together = tags(license=license)(batch(rows))["rights_id"].to_pylist()
    apart = [tags(license=license)(batch([row]))["rights_id"].to_pylist()[0] for row in rows]
    assert together == apart
    stage = tags(license=license)
    profiles = {rights_id(found.profile): found for key in rows for found in [_read(stage, key)]}
    assert set(together) <= set(profiles)


def _read(stage: LicenseTags, row: Row) -> Any:
    """The slow way: the claims of the card and the row, each under its licence of that very day."""
    raw, when = row
    exact = replace(stage, seen={})
    return exact.rights_of(raw, None if when is None else when.date())


TEXTS = [
    "The tide.",
    "# SPDX-License-Identifier: MIT\nx = 1\n",
    "a" * 20_000,
    "é" * 4_095 + "x©\nNot for redistribution.\n" + "b" * 30_000,
    "c" * 30_000 + "\n\nCOPYRIGHT 2020 Mole. ALL RIGHTS RESERVED.\n",
    "d" * 9_000 + "\n\nStrictly confidential.\n",
    "e" * 9_000 + "\n\nNo AI training.\n\n" + "f" * 9_000,
    "",
    "版权所有。\n\n" + "文" * 9_000,
]


def test_rows_are_read_by_their_texts_and_those_without_a_trigger_are_not_read_at_all() -> None:
    whole = batch([("MIT", None)] * len(TEXTS)).append_column("text", pa.array(TEXTS, pa.large_string()))
    stage = tags(license="MIT")
    read = stage._read_beside(whole)
    about = stage.about
    assert read == {n: claims for n, text in enumerate(TEXTS) if (claims := of_record({"text": text}, about))}
    assert set(read) == {1, 4, 5, 8}
    columns = stage(whole)
    for n, rights in enumerate(columns["rights_id"].to_pylist()):
        profile = stage.profiles[rights]
        assert profile == stage.rights_of("MIT").profile | {*of_record({"text": TEXTS[n]}, about).claims}
    assert columns["license_conflict"].to_pylist() == [n in (4, 5, 8) for n in range(len(TEXTS))]


def test_texts_without_any_trigger_cost_no_row_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "rightful.stages.license.of_record", lambda record, *_: asked.append(record["text"]) or Claims()
    )
    texts = ["The tide came in."] * 5 + ["Licensed for all."]
    tags()(batch([(None, None)] * 6).append_column("text", pa.array(texts, pa.large_string())))
    assert asked == ["Licensed for all."]
