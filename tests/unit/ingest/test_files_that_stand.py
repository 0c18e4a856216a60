"""Law 14.1: which records count depends on the files and cards that stand, not on the order, number or timing of ingests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.ingest.sequences import Histories

SEQUENCES = int(os.environ.get("RIGHTFUL_SEQUENCES", "50"))
FIRST = int(os.environ.get("RIGHTFUL_FIRST_SEQUENCE", "0"))
LANES = 25
"""How many histories share a store."""
STEPS = 6


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEQUENCES, LANES))
def test_which_records_count_depends_on_the_files_and_cards_that_stand(tmp_path: Path, first: int) -> None:
    """Whatever was ingested when: once what is gone is pruned, what counts is what one ingest of what stands would
    count, and no more is permitted than that would permit."""
    last = min(first + LANES, FIRST + SEQUENCES)
    histories = Histories(tmp_path, range(first, last))
    for _ in range(STEPS):
        histories.step()
    what_stands = [lane.root for lane in histories.lanes]
    histories.ingest(histories.store, what_stands, prune=True)
    anew = histories.new_store("anew")
    histories.ingest(anew, what_stands)

    counts, should = histories.counting(histories.store), histories.counting(anew)
    permitted, at_most = histories.permitted(histories.store), histories.permitted(anew)
    for lane in histories.lanes:
        assert counts[lane.name] == should[lane.name], "\n".join(lane.steps)
        assert permitted[lane.name] <= at_most[lane.name], "\n".join(lane.steps)
    again = histories.ingest(histories.store, what_stands)
    assert again["added"] == again["retired"] == again["superseded"] == again["restored"] == 0
