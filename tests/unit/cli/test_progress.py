"""The bar of a long command: on a terminal alone, and gone when the command has ended."""

from __future__ import annotations

import io
import sys
import time

import pytest

from rightful.cli.app import Context


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_bar_on_a_terminal_shows_step_count_unit_and_rate_and_is_wiped_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with Context("nowhere", as_json=False, quiet=False).progress("export", "records") as advance:
        assert advance is not None
        for step in (("reading", 0, 40), ("reading", 12, 40), ("writing", 400_000, 400_000)):
            time.sleep(0.15)  # a bar is drawn ten times a second
            advance(*step)
    text = screen.getvalue()
    assert "reading" in text
    assert "12/40" in text
    assert "writing" in text
    assert "400000/400000" in text
    assert " records/s" in text
    assert text.rpartition("\r")[2].strip() == "", "nothing of the bar stays on the line"


@pytest.mark.parametrize(("screen", "quiet"), [(io.StringIO(), False), (Terminal(), True)])
def test_no_bar_in_a_file_or_with_quiet(screen: io.StringIO, quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", screen)
    with Context("nowhere", as_json=False, quiet=quiet).progress("export", "records") as advance:
        assert advance is None
    assert screen.getvalue() == ""
