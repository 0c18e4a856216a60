"""Pages of our own in both directions: what is of the page, what is another's, what says nothing, what is reserved."""

from __future__ import annotations

import pytest

from rightful.catalog import load
from rightful.catalog.signals import signals_of
from rightful.rights.expression import NothingStated, Unreadable, parse, render
from rightful.signals.web import html
from rightful.signals.web.stated import RESERVE, Reading
from tests.unit.signals.web.pages import OF_OTHERS, OF_THE_PAGE, RESERVED, SILENT, UNREADABLE, URL, Case

NAMES = load(None).names
SIGNALS = signals_of()


def read(page: str | bytes, url: str = URL) -> Reading:
    return html.read(page if isinstance(page, bytes) else page.encode(), url, SIGNALS, NAMES)


def meant(raw: str) -> str:
    try:
        return render(parse(raw, NAMES))
    except (Unreadable, NothingStated):
        return "?"


def licences(reading: Reading) -> tuple[tuple[str, int], ...]:
    return tuple(sorted({(meant(one.raw), one.tier) for one in reading.licenses}))


def reserved(reading: Reading) -> frozenset[str]:
    return frozenset(act for one in reading.statements if one.status == RESERVE for act in one.acts)


ALL = (*OF_THE_PAGE, *OF_OTHERS, *SILENT, *RESERVED, *UNREADABLE)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_page_says_what_the_table_has(case: Case) -> None:
    reading = read(case.html)
    says = bool(case.licences or case.reserved)
    expected = case.result or ("found" if says else "absent")
    assert (licences(reading), reserved(reading), reading.result) == (
        tuple(sorted(case.licences)),
        case.reserved,
        expected,
    ), reading


def test_table_has_both_directions() -> None:
    assert len(ALL) >= 60
    assert len({case.id for case in ALL}) == len(ALL)
