"""Instants as people write them: one meaning, or an error that says what to write."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.notation import times
from rightful.notation.times import instant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-21", "2026-11-21T00:00:00+00:00"),
        ("  2026-11-21\n", "2026-11-21T00:00:00+00:00"),
        ("20261121", "2026-11-21T00:00:00+00:00"),
        ("2026-11-21T09:30:00Z", "2026-11-21T09:30:00+00:00"),
        ("2026-11-21 09:30Z", "2026-11-21T09:30:00+00:00"),
        ("2026-11-21T09:30:00+02:00", "2026-11-21T07:30:00+00:00"),
        ("2026-11-21T00:30:00.000001-00:30", "2026-11-21T01:00:00.000001+00:00"),
    ],
)
def test_instant_is_read_into_utc(written: str, meant: str) -> None:
    assert instant(written, "--as-of").isoformat() == meant


@pytest.mark.parametrize(
    ("written", "hint"),
    [("2026-11-21T09:30:00", "write 2026-11-21T09:30:00Z for UTC, or +01:00"), ("2026-11-21 9", "write 2026-11-21")],
)
def test_instant_without_a_zone_or_a_form_says_what_to_write(written: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        instant(written, "--effective")
    assert caught.value.subject == "--effective"
    assert repr(written) in caught.value.message
    assert str(caught.value.hint).startswith(hint)


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-00:01"])
def test_instant_beyond_the_calendar_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="outside the years 1 to 9999"):
        instant(written, "--until")


@given(st.datetimes(timezones=st.timezones()))
def test_instant_of_what_python_writes_is_the_same_instant(at: datetime) -> None:
    try:
        wanted = at.astimezone(UTC)
        whole = at.utcoffset() == timedelta(seconds=round(at.utcoffset().total_seconds()))  # type: ignore[union-attr]
    except OverflowError:
        return
    if whole:
        assert instant(at.isoformat(), "x") == wanted


@given(st.dates())
def test_instant_of_a_date_is_its_first_in_utc(day: date) -> None:
    assert instant(day.isoformat(), "x") == datetime(day.year, day.month, day.day, tzinfo=UTC)


@given(st.one_of(st.text(), st.from_regex(r"[0-9T:+Z. -]{0,40}")))
@example("")
@example("today")
@example("2026-02-30")
@example("٢٠٢٦-١١-٢١")
@example("-2026-11-21")
def test_instant_of_anything_else_is_an_input_error(text: str) -> None:
    found: datetime | None = None
    refused: InputError | None = None
    try:
        found = instant(text, "x")
    except InputError as error:
        refused = error
    assert (found and found.tzinfo is UTC) or (refused and refused.subject == "x" and refused.hint)


def test_examples_in_times_hold() -> None:
    assert doctest.testmod(times).attempted
    assert not doctest.testmod(times).failed
