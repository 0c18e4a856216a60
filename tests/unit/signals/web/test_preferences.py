"""AIPREF and content signals: what one statement says, on a day."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.catalog.signals import signals_of
from rightful.signals.web import aipref, content_signal
from rightful.signals.web.stated import Reading, strictest

SIGNALS = signals_of()
LATEST = date(2026, 11, 30)
TRAINS = frozenset({"train", "synth.derive"})


def statuses(reading: Reading) -> dict[str, str]:
    return {one.label: one.status for one in reading.statements}


@pytest.mark.parametrize(
    ("raw", "stated", "result"),
    [
        ("train-ai=y, search=n", {"train-ai": "allow", "search": "reserve"}, "found"),
        ("train-ai=n", {"train-ai": "reserve"}, "found"),
        ("train-ai=n;exceptions=cc-cr-ec", {"train-ai": "reserve"}, "found"),
        ("train-ai=y;not=n", {"train-ai": "allow"}, "found"),
        ("train-ai;allow=n, train-ai=y", {"train-ai": "allow"}, "found"),
        ("train-ai=y, train-ai=n", {"train-ai": "reserve"}, "found"),
        ('train-ai=y, train-ai, search=n, search="n"', {"train-ai": "unknown", "search": "unknown"}, "unreadable"),
        ('train-ai="n"', {"train-ai": "unknown"}, "unreadable"),
        ("train-ai=no", {"train-ai": "unknown"}, "unreadable"),
        ("train-ai=?0", {"train-ai": "unknown"}, "unreadable"),
        ("train-ai=(n y)", {"train-ai": "unknown"}, "unreadable"),
        ("", {}, "absent"),
        ("  ", {}, "absent"),
        ("made-up=y", {}, "absent"),
        ("made-up=1", {}, "absent"),
        ("made-up=n", {}, "unreadable"),
        ("made-up=?0", {}, "unreadable"),
        ("ai-train=n, search=y", {"search": "allow"}, "unreadable"),
        ("tdm=n, genai=y", {"tdm": "reserve", "genai": "allow"}, "found"),
    ],
)
def test_a_statement_says_of_each_label_what_its_token_says(raw: str, stated: dict[str, str], result: str) -> None:
    reading = aipref.read(raw, SIGNALS, LATEST)
    assert (statuses(reading), reading.result) == (stated, result)
    assert bool(reading.unread) == (result == "unreadable")


@pytest.mark.parametrize(
    "raw",
    [
        "Train-AI=n",
        'train-ai;has;parameters="?";',
        "train-ai=n,",
        "train-ai: n",
        b"train-ai=n, \xff",
        "train-ai=n " * 9_000,
    ],
)
def test_a_statement_that_cannot_be_read_leaves_open_all_that_it_could_reserve(raw: str | bytes) -> None:
    reading = aipref.read(raw, SIGNALS, LATEST)
    assert reading.result == "unreadable"
    assert [one.status for one in reading.statements] == ["unknown"]
    assert reading.statements[0].acts >= {*TRAINS, "mine.analyse", "index.search", "infer.ground"}


@pytest.mark.parametrize("on", [date(2020, 1, 1), date(2025, 8, 1), date(2025, 11, 1), LATEST, None])
def test_a_label_means_all_that_it_has_meant_by_then(on: date | None) -> None:
    assert aipref.read("train-ai=n", SIGNALS, on).statements[0].acts == TRAINS


@pytest.mark.parametrize(
    ("raw", "stated", "result"),
    [
        ("search=yes,ai-train=no", {"search": "allow", "ai-train": "reserve"}, "found"),
        (
            "search=yes, ai-input=no, ai-train=no",
            {"search": "allow", "ai-input": "reserve", "ai-train": "reserve"},
            "found",
        ),
        ("Search = YES ; AI-Train = No", {"search": "allow", "ai-train": "reserve"}, "found"),
        ("ai-train=n", {"ai-train": "unknown"}, "unreadable"),
        ("ai-train=", {"ai-train": "unknown"}, "unreadable"),
        ("ai-train=no ai-input=no", {"ai-train": "reserve", "ai-input": "reserve"}, "found"),
        ("use=no", {}, "unreadable"),
        ("use=yes", {}, "absent"),
        ("", {}, "absent"),
    ],
)
def test_a_content_signal_says_yes_or_no(raw: str, stated: dict[str, str], result: str) -> None:
    reading = content_signal.read(raw, SIGNALS, LATEST)
    assert (statuses(reading), reading.result) == (stated, result)


def test_a_content_signal_that_refuses_once_refuses() -> None:
    reading = content_signal.read("ai-train=no, ai-train=yes", SIGNALS, LATEST)
    assert strictest(reading.statements)["train"].status == "reserve"


@pytest.mark.parametrize(
    "raw", ["no training, please", "ai-train", b"\xff\xfe", "ai-train=no; see terms", "a=yes," * 20_000]
)
def test_what_is_no_signal_may_be_any_of_them(raw: str | bytes) -> None:
    reading = content_signal.read(raw, SIGNALS, LATEST)
    assert reading.result == "unreadable"
    assert strictest(reading.statements)["index.search"].status == "unknown"


@given(st.binary(max_size=100))
def test_any_bytes_are_read(raw: bytes) -> None:
    for detector in (aipref, content_signal):
        reading = detector.read(raw, SIGNALS, LATEST)
        assert reading.result in ("absent", "found", "unreadable")


def test_a_statement_of_any_size_is_read_in_time() -> None:
    started = time.process_time()
    for raw in (b"a=(" * 500_000, b"a;b" * 20_000, b"a=" * 500_000, b"," * 60_000, b"= " * 30_000):
        aipref.read(raw, SIGNALS)
        content_signal.read(raw, SIGNALS)
    assert time.process_time() - started < 3
