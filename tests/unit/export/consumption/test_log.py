"""A consumption log, written and read: what counts after resumes, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import DamagedInput, InputError
from rightful.export.consumption.reading import Log, ranges, spans
from rightful.export.consumption.writing import ConsumptionLog, digest_of
from tests.unit.export.consumption.conftest import Making

EVERYTHING = [(0, 2**60)]


def entries(place: Path) -> list[tuple[int, int, int]]:
    """``(step, rank, document)`` of all that counts."""
    of = Log(place).given(EVERYTHING)
    return list(zip(of.step.tolist(), of.rank.tolist(), of.document.tolist(), strict=True))


def test_a_log_answers_both_ways(export: Making, tmp_path: Path) -> None:
    out, run = export("x-1", [f"r{n}" for n in range(100)]), tmp_path / "run"
    for rank in range(2):
        with ConsumptionLog(run, out, rank=rank, world_size=2, seed=7) as log:
            for step in range(1, 20):
                log.append(step, [step * 2 + rank, 99 - step])
    log = Log(run)
    assert log.steps == (1, 19)
    assert (log.ranks, log.missing, log.torn) == ([0, 1], [], {})
    of = log.given([(3, 3)])
    assert [*zip(of.rank.tolist(), of.document.tolist(), strict=True)] == [(0, 6), (0, 96), (1, 7), (1, 96)]
    back = log.steps_of({"x-1": np.array([7])})
    assert [*zip(back.step.tolist(), back.rank.tolist(), strict=True)] == [(3, 1)]
    assert not len(log.steps_of({"x-2": np.array([7])}).step)


def test_appends_of_one_step_add_up(export: Making, tmp_path: Path) -> None:
    with ConsumptionLog(tmp_path / "run", export("x-1", ["a", "b", "c"])) as log:
        log.append(5, [2])
        log.append(5, [0, 2])
        log.append(6, [])
    assert entries(tmp_path / "run") == [(5, 0, 2), (5, 0, 0), (5, 0, 2)]


def test_records_named_by_id_are_all_their_pieces(export: Making, tmp_path: Path) -> None:
    with ConsumptionLog(tmp_path / "run", export("x-1", ["b", "a", "b", "c"])) as log:
        log.append(step=0, record_ids=["c", "b"])
        log.append(step=1, record_ids=[])
        with pytest.raises(InputError, match="'z' is not in x-1"):
            log.append(step=1, record_ids=["a", "z"])
    assert entries(tmp_path / "run") == [(0, 0, 3), (0, 0, 0), (0, 0, 2)]


def test_a_record_that_a_mixture_repeats_stands_for_its_first_round(export: Making, tmp_path: Path) -> None:
    out = export("x-1", [])
    table = pa.table({"record_id": ["a", "b", "a", "a"], "epoch": pa.array([1, 0, 0, 0], pa.int32())})
    pq.write_table(table, out / "index.parquet")
    with ConsumptionLog(tmp_path / "run", out) as log:
        log.append(step=0, record_ids=["a"])
        log.append(1, [0])
    assert entries(tmp_path / "run") == [(0, 0, 2), (0, 0, 3), (1, 0, 0)]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_a_resume_overrides_all_from_its_first_step(
    tmp_path_factory: pytest.TempPathFactory, openings: list[tuple[int, int]]
) -> None:
    place = tmp_path_factory.mktemp("run")
    out = _bare(place, 200)
    expected: dict[int, int] = {}
    for number, (first, count) in enumerate(openings):
        expected = {step: document for step, document in expected.items() if step < first}
        with ConsumptionLog(place, out) as log:
            for step in range(first, first + count):
                log.append(step, [number * 20 + step])
                expected[step] = number * 20 + step
    assert entries(place) == [(step, 0, document) for step, document in sorted(expected.items())]


def test_an_opening_without_a_step_overrides_nothing(export: Making, tmp_path: Path) -> None:
    out, run = export("x-1", ["a", "b"]), tmp_path / "run"
    with ConsumptionLog(run, out) as log:
        log.append(3, [1])
    ConsumptionLog(run, out).close()
    assert entries(run) == [(3, 0, 1)]


def test_ranks_that_a_resumed_run_does_not_have_count_no_more(export: Making, tmp_path: Path) -> None:
    out, run = export("x-1", list("abcdefgh")), tmp_path / "run"
    for world_size, first, stop in ((4, 0, 6), (2, 3, 5), (4, 5, 6)):
        for rank in range(world_size):
            if (world_size, first, rank) == (4, 5, 3):
                continue  # killed before its first step: what its file has is of a run that was undone
            with ConsumptionLog(run, out, rank=rank, world_size=world_size) as log:
                for step in range(first, stop):
                    log.append(step, [rank + (4 if first == 5 else 0)])
    by_step: dict[int, list[int]] = {}
    for step, rank, _ in entries(run):
        by_step.setdefault(step, []).append(rank)
    assert by_step == {0: [0, 1, 2, 3], 1: [0, 1, 2, 3], 2: [0, 1, 2, 3], 3: [0, 1], 4: [0, 1], 5: [0, 1, 2, 3]}


def test_a_rank_whose_file_is_not_there_is_named(export: Making, tmp_path: Path) -> None:
    with ConsumptionLog(tmp_path / "run", export("x-1", ["a"]), rank=2, world_size=4) as log:
        log.append(0, [0])
    assert Log(tmp_path / "run").missing == [0, 1, 3]
    assert entries(tmp_path / "run" / "consumption-2.log") == [(0, 2, 0)]


@pytest.mark.parametrize("lost", [1, 3, 6])
def test_a_torn_tail_is_dropped_said_and_kept_aside(export: Making, tmp_path: Path, lost: int) -> None:
    out, run = export("x-1", list("abc")), tmp_path / "run"
    with ConsumptionLog(run, out) as log:
        log.append(1, [0])
        log.append(2, [1])
    file = run / "consumption-0.log"
    whole = file.read_bytes()
    file.write_bytes(whole[:-lost])
    left = Log(run)
    assert left.given(EVERYTHING).step.tolist() == [1]
    assert left.torn == {"consumption-0.log": 7 - lost}
    with ConsumptionLog(run, out) as log:
        assert (log.torn_bytes, log.last_step) == (7 - lost, 1)
        log.append(2, [2])
    assert entries(run) == [(1, 0, 0), (2, 0, 2)]
    assert (run / "consumption-0.log.torn").read_bytes() == whole[-7:-lost]
    assert Log(run).torn == {}


def test_zeros_behind_the_end_are_a_torn_tail(export: Making, tmp_path: Path) -> None:
    with ConsumptionLog(tmp_path / "run", export("x-1", ["a"])) as log:
        log.append(1, [0])
    file = tmp_path / "run" / "consumption-0.log"
    file.write_bytes(file.read_bytes() + bytes(4096))
    assert Log(tmp_path / "run").torn == {"consumption-0.log": 4096}


def test_a_changed_byte_or_a_frame_that_is_gone_is_damage(export: Making, tmp_path: Path) -> None:
    out, run = export("x-1", list("abc")), tmp_path / "run"
    with ConsumptionLog(run, out) as log:
        for step in range(4):
            log.append(step, [step % 3])
    file = run / "consumption-0.log"
    whole = file.read_bytes()
    for changed in (whole[:-10] + bytes([whole[-10] ^ 1]) + whole[-9:], whole[:-14] + whole[-7:]):
        file.write_bytes(changed)
        with pytest.raises(DamagedInput, match="checksum"):
            Log(run)
        with pytest.raises(DamagedInput, match="checksum"):
            ConsumptionLog(run, out)
        assert file.read_bytes() == changed


def test_the_log_of_another_export_is_not_gone_on_with(export: Making, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with ConsumptionLog(run, export("x-1", ["a"])) as log:
        log.append(0, [0])
    with pytest.raises(InputError, match="run on x-1, and this is x-2"):
        ConsumptionLog(run, export("x-2", ["a"], "other"))
    with ConsumptionLog(run, export("x-3", ["a", "b"], "next", supersedes="x-1")) as log:
        log.append(1, [1])
    log = Log(run)
    assert sorted(log.exports) == ["x-1", "x-3"]
    assert [log.openings[n].export for n in log.given(EVERYTHING).opening.tolist()] == ["x-1", "x-3"]


def test_a_file_that_is_written_by_another_is_refused(export: Making, tmp_path: Path) -> None:
    out = export("x-1", ["a"])
    with ConsumptionLog(tmp_path / "run", out), pytest.raises(InputError, match="another process"):
        ConsumptionLog(tmp_path / "run", out)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((1, [0]), "comes after step 2"),
        ((3, [9]), "not within the index"),
        ((3, [-1]), "not within the index"),
        ((-1, [0]), "is no step"),
        ((2.5, [0]), "is no step"),
        ((3, [0.5]), "whole numbers"),
        ((3, [[0]]), "dimensions"),
        ((3,), "numbers of documents, or the ids"),
    ],
)
def test_what_cannot_be_logged_leaves_the_log_as_it_was(
    export: Making, tmp_path: Path, arguments: tuple[Any, ...], reason: str
) -> None:
    with ConsumptionLog(tmp_path / "run", export("x-1", ["a", "b"])) as log:
        log.append(2, [1])
        with pytest.raises(InputError, match=reason):
            log.append(*arguments)
        log.append(3, [0])
    assert entries(tmp_path / "run") == [(2, 0, 1), (3, 0, 0)]


def test_what_is_no_log_is_said(tmp_path: Path, export: Making) -> None:
    with pytest.raises(InputError, match="holds no consumption"):
        Log(tmp_path)
    with pytest.raises(InputError, match="is not there"):
        Log(tmp_path / "nowhere")
    (tmp_path / "consumption-0.log").write_bytes(b"something else")
    with pytest.raises(InputError, match="is no consumption log"):
        Log(tmp_path)
    (tmp_path / "consumption-0.log").write_bytes(b"RFC")
    with pytest.raises(InputError, match="says nothing"):
        Log(tmp_path)
    with pytest.raises(InputError, match="rank 4"):
        ConsumptionLog(tmp_path, export("x-1", ["a"]), rank=4, world_size=4)


def test_a_killed_process_loses_no_step_that_it_had_logged(export: Making, tmp_path: Path) -> None:
    script = f"""import os, signal
from rightful.export.consumption.writing import ConsumptionLog
log = ConsumptionLog({str(tmp_path / "run")!r}, {str(export("x-1", ["a"]))!r})
for step in range(50): log.append(step, [0])
os.kill(os.getpid(), signal.SIGKILL)"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert [step for step, _, _ in entries(tmp_path / "run")] == list(range(50))


def test_a_log_costs_less_than_a_hundredth_of_its_tokens(tmp_path: Path) -> None:
    documents, step_documents = 20_000, 4
    order = np.random.default_rng(0).permutation(documents)
    with ConsumptionLog(tmp_path / "run", _bare(tmp_path, documents)) as log:
        for step in range(documents // step_documents):
            log.append(step, order[step * step_documents : (step + 1) * step_documents])
    size = (tmp_path / "run" / "consumption-0.log").stat().st_size
    assert size < 0.005 * documents * 600 * 2  # documents of 600 tokens as uint16
    assert [document for _, _, document in entries(tmp_path / "run")] == order.tolist()
    few = Log(tmp_path / "run").given(EVERYTHING, most=10)
    assert (few.document.tolist(), few.more) == (order[:10].tolist(), documents - 10)


def test_the_digest_of_a_log_is_that_of_all_its_files(export: Making, tmp_path: Path) -> None:
    out, run = export("x-1", ["a"]), tmp_path / "run"
    for rank in range(2):
        ConsumptionLog(run, out, rank=rank, world_size=2).close()
    before = digest_of(run)
    (run / "notes.txt").write_text("nothing of it")
    assert digest_of(run) == before
    (run / "consumption-1.log").unlink()
    assert digest_of(run) != before


@pytest.mark.parametrize("words", ["", "a", "5-", "-5", "9-3", "1--2", "1,,2", "٣"])
def test_what_names_no_steps_is_refused(words: str) -> None:
    with pytest.raises(InputError):
        spans(words)


def test_steps_as_spans() -> None:
    assert spans("1200-1210, 7") == [(1200, 1210), (7, 7)]
    assert ranges(np.array([1, 2, 3, 7, 9, 10])) == [(1, 3), (7, 7), (9, 10)]
    assert ranges(np.array([], np.int64)) == []


def _bare(place: Path, documents: int) -> Path:
    needed = ("format", "use", "shards", "files", "records", "tokens", "tokenizer")
    (place / "manifest.json").write_text(json.dumps({**dict.fromkeys(needed), "export": "x-1"}))
    pq.write_table(pa.table({"record_id": pa.repeat("r", documents)}), place / "index.parquet")
    return place
