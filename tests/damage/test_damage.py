"""A few of the damages that ``make damage`` does by the thousand."""

from __future__ import annotations

from tests.damage import harness


def test_no_flipped_bit_and_no_edited_row_permits_what_was_refused() -> None:
    found = harness.chunk(seed=1, n_flips=60, n_rows=40, follow=5)
    assert harness.faults(found) == []
    assert found.total() == 100
    errors = {what for what, _, outcome in found if outcome == harness.ERROR}
    assert {"records", "hidden", "ledger", "wal", "head", "consents", "parts"} <= errors
