"""From a training step to the records and back: what a run logged is what its shards hold, and a withdrawal names the steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from rightful import load_shards
from tests.e2e.conftest import Ask

USE = ("--use", "train.nongen", "--application", "spam_filtering", "--accept", "all", "--dedup", "none")
RANKS, ROWS = 2, 2
Handed = dict[tuple[int, int], list[Any]]


@pytest.fixture
def handed(good_copy: Path, ask: Ask, tmp_path: Path) -> Handed:
    """A run of two ranks over packed sequences, logged by the loader: the sequences that each step was handed, by rank."""
    order = (*USE, "--tokenizer", "bytes", "--seq-len", "2048", "--pack", "best-fit", "--workers", "1")
    ask("export", tmp_path / "out", *order, store=good_copy)
    run: Handed = {}
    for rank in range(RANKS):
        given: dict[str, Any] = {"use": "train.nongen", "application": "spam_filtering", "sequences": True, "seed": 5}
        loader = load_shards(
            tmp_path / "out", rank=rank, world_size=RANKS, log=tmp_path / "run", step_size=ROWS, **given
        )
        for number, row in enumerate(loader):
            run.setdefault((number // ROWS, rank), []).append(row)
        loader.state_dict()
    return run


def test_a_run_answers_both_ways_and_a_withdrawal_says_when_a_model_saw_it(
    handed: Handed, good_copy: Path, ask: Ask, tmp_path: Path
) -> None:
    out, run = tmp_path / "out", tmp_path / "run"
    last = max(step for step, _ in handed)
    traced = ask("trace", out, "--step", f"0-{last}", "--log", run, store=good_copy)
    assert (traced["by"], traced["more"]) == ("step", 0)
    streams = {
        f"data/{file.name}": np.concatenate(pq.read_table(file).column("input_ids").to_numpy())
        for file in (out / "data").glob("*.parquet")
    }
    told = {(step["step"], step["rank"]): step["records"] for step in traced["steps"]}
    assert set(told) == set(handed)
    for at, rows in handed.items():
        assert [one["record"] for one in told[at]] == [record for row in rows for record in row.record_ids]
        ids = np.concatenate([row.tokens[: int(np.sum(row.lengths))] for row in rows])
        shards = [streams[one["shard"]][one["start"] : one["start"] + one["length"]] for one in told[at]]
        assert np.array_equal(np.concatenate(shards), ids)

    record = told[last, 0][0]["record"]
    steps = sorted({step for (step, _), rows in handed.items() if any(record in row.record_ids for row in rows)})
    [seen] = ask("trace", record, "--log", run, store=good_copy)["seen"]
    assert [n for first, stop in seen["ranges"] for n in range(first, stop + 1)] == steps

    model = ("spam-1", "--kind", "model", "--input", out, "--log", run)
    added = ask("asset", "add", *model, *USE[:-2], "--acknowledge-new-use", store=good_copy)
    assert added["logs"][0]["ranks"] == RANKS
    of_model = ask("trace", "spam-1", "--step", last, store=good_copy)["steps"]
    assert of_model == [step for step in traced["steps"] if step["step"] == last]
    event = ask("consent", "withdraw", "--record", record, store=good_copy)["event"]
    done = ask("redact", "--event", event, "--level", "exclude", store=good_copy)
    assert "load_shards leaves them out" in done["exports"][0]["note"]
    [seen] = ask("trace", "--event", event, store=good_copy)["seen"]
    assert (seen["name"], seen["first"], seen["last"], seen["steps"]) == ("spam-1", steps[0], steps[-1], len(steps))


def test_what_is_no_log_is_refused_in_the_words_of_the_user(good_copy: Path, refuse: Any, tmp_path: Path) -> None:
    error = refuse("trace", "--step", "3-1", "--log", tmp_path, store=good_copy)
    assert "ends before it begins" in error["message"]
    error = refuse("trace", "--step", "3", "--log", tmp_path, store=good_copy)
    assert "holds no consumption-RANK.log" in error["message"]
