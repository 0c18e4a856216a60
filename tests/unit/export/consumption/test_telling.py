"""A trace names the records of a step and the steps of a record: by the shards, for superseded versions, for models."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful.errors import DamagedInput, InputError, RightfulError
from rightful.events.consents import Request
from rightful.export.consumption.writing import ConsumptionLog
from tests.unit.export.consumption.conftest import Making
from tests.unit.shelf import Shelf, wording

TRAINING: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}
RANKS, STEPS, BATCH = 2, 10, 3


def documents_at(step: int, rank: int, total: int) -> list[int]:
    """What the run of these tests reads: three documents a rank, in an order that is none of the index."""
    return [(step * RANKS * BATCH + rank * BATCH + n) * 7 % total for n in range(BATCH)]


def _made(root: Path) -> Shelf:
    """A source, an export of it, a run of two ranks over ten steps, a model that is registered with its log."""
    made = Shelf(root)
    made.put("poets", *({"id": f"p{n}", "text": wording(f"tide{n}")} for n in range(20)))
    made.store.export(root / "out", tokenizer="bytes", shard_tokens=3000, **TRAINING)
    for rank in range(RANKS):
        with ConsumptionLog(root / "run", root / "out", rank=rank, world_size=RANKS, seed=3) as log:
            for step in range(1, STEPS + 1):
                log.append(step, documents_at(step, rank, 20))
    made.store.asset.add("m1", "model", input=root / "out", log=root / "run", use="train.pretrain", accept="all")
    return made


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """One that tests only ask."""
    return _made(tmp_path_factory.mktemp("stepping"))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """One that tests change, each by models and logs of its own."""
    return _made(tmp_path_factory.mktemp("changed"))


def read(out: Path) -> dict[str, tuple[str, int, int]]:
    """Record -> shard, start and length, as the shards alone have them."""
    places = {}
    for file in sorted((out / "data").glob("*.parquet")):
        table, start = pq.read_table(file), 0
        for record, ids in zip(
            table.column("record_id").to_pylist(), table.column("input_ids").to_pylist(), strict=True
        ):
            places[record] = (f"data/{file.name}", start, len(ids))
            start += len(ids)
    return places


def test_a_step_names_its_records_where_the_shards_have_them(shelf: Shelf) -> None:
    traced = shelf.store.trace(shelf.root / "out", step="3-4", log=shelf.root / "run")
    index = pq.read_table(shelf.root / "out" / "index.parquet").column("record_id").to_pylist()
    places = read(shelf.root / "out")
    assert [(s["step"], s["rank"]) for s in traced["steps"]] == [(3, 0), (3, 1), (4, 0), (4, 1)]
    for one in traced["steps"]:
        assert [r["document"] for r in one["records"]] == documents_at(one["step"], one["rank"], 20)
        for record in one["records"]:
            assert record["record"] == index[record["document"]]
            assert (record["shard"], record["start"], record["length"]) == places[record["record"]]
            assert record["decision"] == "permit"
    assert (traced["by"], traced["value"], traced["more"]) == ("step", "3-4", 0)
    assert traced["records"] == len({r["record"] for s in traced["steps"] for r in s["records"]})
    assert [a["name"] for a in traced["assets"]] == ["m1"]


def test_a_record_names_its_steps_as_the_log_has_them(shelf: Shelf) -> None:
    index = pq.read_table(shelf.root / "out" / "index.parquet").column("record_id").to_pylist()
    for number in (0, 7, 19):
        steps = sorted({s for s in range(1, STEPS + 1) for rank in range(RANKS) if number in documents_at(s, rank, 20)})
        for one in (shelf.store.trace(index[number], log=shelf.root / "run"), shelf.store.trace(index[number])):
            [seen] = one["seen"]
            assert [n for a, b in seen["ranges"] for n in range(a, b + 1)] == steps
            assert (seen["first"], seen["last"], seen["steps"]) == (steps[0], steps[-1], len(steps))
        assert (seen["name"], seen["records"], seen["more"]) == ("m1", 1, 0)


def test_a_model_names_its_steps_without_a_log(shelf: Shelf) -> None:
    of_model = shelf.store.trace("m1", step=5)
    of_export = shelf.store.trace(shelf.root / "out", step=5, log=shelf.root / "run")
    assert of_model["steps"] == of_export["steps"]
    assert shelf.store.trace(step=5, log=shelf.root / "run")["steps"] == of_export["steps"]
    [log] = shelf.store.asset.show("m1")["logs"]
    assert (log["ranks"], log["steps"]) == (RANKS, {"first": 1, "last": STEPS})


def test_few_are_listed_and_the_rest_is_counted(shelf: Shelf) -> None:
    few = shelf.store.trace("m1", step="1-10", limit=4)
    assert sum(len(s["records"]) for s in few["steps"]) == 4
    assert few["more"] == RANKS * BATCH * STEPS - 4
    record = few["steps"][0]["records"][0]["record"]
    [seen] = shelf.store.trace(record, limit=1)["seen"]
    every = shelf.store.trace(record, limit="none")["seen"][0]
    assert seen["more"] == len(every["ranges"]) - 1


def test_steps_that_nobody_logged_have_no_records(shelf: Shelf) -> None:
    assert shelf.store.trace("m1", step="500-600")["steps"] == []


def test_the_log_of_another_export_is_refused(shelf: Shelf, export: Making) -> None:
    other, run = export("x-unknown", ["a"]), shelf.root / "other-run"
    with ConsumptionLog(run, other) as log:
        log.append(1, [0])
    with pytest.raises(InputError, match="run on x-unknown, not on x-"):
        shelf.store.trace(shelf.root / "out", step=1, log=run)
    with pytest.raises(InputError, match="no record of"):
        shelf.store.trace(step=1, log=run)
    with pytest.raises(InputError, match="none of the inputs"):
        shelf.store.asset.add("m4", "model", input=shelf.root / "out", log=run, use="train.pretrain", accept="all")


def test_an_edited_log_is_damage(shelf: Shelf, tmp_path: Path) -> None:
    run = shutil.copytree(shelf.root / "run", tmp_path / "run")
    file = run / "consumption-1.log"
    content = bytearray(file.read_bytes())
    content[-20] ^= 4
    file.write_bytes(bytes(content))
    with pytest.raises(DamagedInput, match="was changed"):
        shelf.store.trace(shelf.root / "out", step=1, log=run)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"what": "m1", "step": "x"}, "names no steps"),
        ({"what": "nothing", "step": 1}, "no export and no asset"),
        ({"step": 1}, "traces one thing"),
        ({"event": "e-1", "step": 1}, "of an export or a model"),
        ({"what": "m1", "log": "run"}, "at which step"),
        ({"what": "m1", "step": 1, "log": "run"}, "logs of its own"),
        ({"what": "m1", "step": 1, "megatron_cache": "c"}, "number of samples"),
        ({"what": "m1", "step": 1, "log": "r", "megatron_cache": "c", "global_batch_size": 1}, "one of the two"),
        ({"what": "m1", "step": 1, "split": "train"}, "alone"),
    ],
)
def test_what_cannot_be_asked_says_why(shelf: Shelf, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(RightfulError, match=reason):
        shelf.store.trace(**options)


def test_an_export_without_a_log_asks_for_one(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="what a run wrote down"):
        shelf.store.trace(shelf.root / "out", step=1)


def test_a_log_may_be_registered_with_a_model_that_is_there(own: Shelf) -> None:
    own.store.asset.add("m2", "model", input=own.root / "out", use="train.pretrain", accept="all")
    with pytest.raises(InputError, match="has no log"):
        own.store.trace("m2", step=1)
    own.store.asset.add(
        "m2", "model", input=own.root / "out", log=[own.root / "run"], use="train.pretrain", accept="all"
    )
    assert own.store.trace("m2", step=1)["steps"] == own.store.trace("m1", step=1)["steps"]
    own.store.asset.add("m2", "model", input=own.root / "out", use="train.nongen", accept="all")
    assert own.store.asset.show("m2")["logs"]


def test_a_log_that_was_changed_or_is_gone_is_said_and_the_trace_is_answered(own: Shelf) -> None:
    run = shutil.copytree(own.root / "run", own.root / "another")
    own.store.asset.add("m3", "model", input=own.root / "out", log=run, use="train.pretrain", accept="all")
    record = own.store.trace("m3", step=1)["steps"][0]["records"][0]["record"]
    with ConsumptionLog(run, own.root / "out", rank=0, world_size=RANKS) as log:
        log.append(STEPS + 1, [0])
    traced = own.store.trace(record)
    assert "m3" not in [one["name"] for one in traced["seen"]]
    assert "another digest" in traced["logs_unreadable"][0]["reason"]
    with pytest.raises(InputError, match="another digest"):
        own.store.trace("m3", step=1)
    shutil.rmtree(run)
    assert "is not there" in own.store.trace(record)["logs_unreadable"][0]["reason"]


def test_a_withdrawal_says_at_which_steps_a_model_saw_it_after_the_repair_as_well(own: Shelf) -> None:
    index = pq.read_table(own.root / "out" / "index.parquet").column("record_id").to_pylist()
    gone = index[7]
    [event] = own.store.consent.record([Request(kind="withdraw", selector="record", value=gone)])
    name = event["event"]
    before = own.store.trace(event=name)["seen"]
    own.store.redact(own.root / "out")
    shutil.rmtree(own.root / "out")
    after = own.store.trace(event=name)
    assert [s["ranges"] for s in after["seen"]] == [s["ranges"] for s in before] != []
    assert "m1" in [one["name"] for one in after["seen"]]
    step = after["seen"][0]["first"]
    told = own.store.trace("m1", step=step)
    assert {r["record"]: r["decision"] for s in told["steps"] for r in s["records"]}[gone] == "deny"
    assert not told["holding"][0]["current"]
