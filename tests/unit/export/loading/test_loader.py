"""A loader hands out every document once, goes on exactly, and refuses what was not declared or may be used no more."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful import load_shards
from rightful.errors import DamagedInput, InputError, Refused, RightfulError, UnknownName
from rightful.export import formats
from rightful.export.consumption.reading import Log
from rightful.export.loading import Loader, shuffling
from rightful.export.loading import loader as module
from rightful.export.loading.asking import Asked
from rightful.export.manifest import canonical_json, export_id
from tests.unit.export.loading.conftest import RECORDS, manifest_of
from tests.unit.shelf import Shelf


def opened(out: Path, **options: Any) -> Loader:
    return load_shards(out, **{"use": "train.pretrain", **options})


def ids(items: Any) -> list[str]:
    return [item.record_id for item in items]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Windows of a few documents, as an export has them that is a million times as large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shuffling, "BLOCK_TOKENS", 300)
        patch.setattr(shuffling, "BLOCKS", 2)
        yield


@pytest.mark.parametrize(("name", "workers"), [(name, n % 2 * 2) for n, name in enumerate(formats.of_tokens())])
def test_every_document_is_handed_out_once_with_its_tokens(
    shelf_of_notes: Path, texts: dict[str, bytes], name: str, workers: int, small_blocks: None
) -> None:
    loader = opened(shelf_of_notes / name, workers=workers)
    documents = list(loader)
    assert len(loader) == len(documents) == RECORDS
    assert {d.record_id: bytes(d.tokens[:-1].tolist()) for d in documents} == texts
    assert {(d.tokens.dtype.str, int(d.tokens[-1])) for d in documents} == {("<u4", 256)}
    index = pq.read_table(shelf_of_notes / name / "index.parquet").to_pylist()
    for d in documents:
        entry = index[d.document]
        place = (entry["record_id"], entry["shard"], entry["first_token"], entry["length"])
        assert place == (d.record_id, d.shard, d.first_token, len(d.tokens))
    assert ids(documents) != [entry["record_id"] for entry in index]
    assert ids(opened(shelf_of_notes / name, shuffle=False, workers=workers)) == [e["record_id"] for e in index]
    assert ids(opened(shelf_of_notes / name)) == ids(documents)
    assert ids(opened(shelf_of_notes / name, seed=1)) != ids(documents)


def test_formats_are_handed_out_in_one_order(shelf_of_notes: Path) -> None:
    orders = {tuple(ids(opened(shelf_of_notes / name))) for name in formats.of_tokens()}
    assert len(orders) == 1


def test_two_epochs_over_two_ranks_of_two_workers_see_each_document_once_per_epoch(shelf_of_notes: Path) -> None:
    loaders = [opened(shelf_of_notes / "parquet", rank=rank, world_size=2, workers=2) for rank in range(2)]
    orders = []
    for _ in range(2):
        shares = [ids(loader) for loader in loaders]
        assert [len(share) for share in shares] == [19, 18]
        assert Counter(shares[0] + shares[1]).most_common(1)[0][1] == 1
        orders.append(shares)
    assert orders[0] != orders[1]
    whole = opened(shelf_of_notes / "parquet", epochs=2)
    both = ids(whole)
    assert Counter(both) == dict.fromkeys(texts_of(whole), 2)
    assert both[0::2][:19] == orders[0][0]
    assert ids(islice(opened(shelf_of_notes / "parquet", epochs=None), 3 * RECORDS))[: 2 * RECORDS] == both
    with pytest.raises(TypeError):
        len(opened(shelf_of_notes / "parquet", epochs=None))


def texts_of(loader: Loader) -> set[str]:
    return set(loader._contents.record_ids.to_pylist())


STOPS = st.lists(st.tuples(st.integers(0, 14), st.sampled_from([1, 2, 3, 4])), max_size=3)


@settings(max_examples=15, deadline=None)
@given(stops=STOPS, seed=st.integers(0, 3), epochs=st.sampled_from([1, 2]), shuffle=st.booleans())
def test_a_run_that_stops_anywhere_goes_on_with_any_number_of_ranks(
    shelf_of_notes: Path, stops: list[tuple[int, int]], seed: int, epochs: int, shuffle: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shuffling, "BLOCK_TOKENS", 300)
        patch.setattr(shuffling, "BLOCKS", 2)
        out = shelf_of_notes / "megatron"
        how: dict[str, Any] = {"seed": seed, "epochs": epochs, "shuffle": shuffle, "check": "size"}
        whole = ids(opened(out, **how))
        state: dict[str, Any] | None = None
        seen: list[str] = []
        for steps, world in [*stops, (len(whole), 3)]:
            ranks = []
            for rank in range(world):
                loader = opened(out, rank=rank, world_size=world, workers=rank % 2, **how)
                if state is not None:
                    loader.load_state_dict(state)
                ranks.append((loader, list(islice(loader, steps))))
            shares = [ids(items) for _, items in ranks]
            seen += [share[n] for n in range(steps) for share in shares if n < len(share)]
            states = [loader.state_dict() for loader, _ in ranks]
            if steps and len(seen) < len(whole):
                assert all(other == states[0] for other in states)
            state = json.loads(json.dumps(states[0]))
        assert seen == whole


def test_a_state_counts_what_was_handed_out_and_not_what_was_read(shelf_of_notes: Path) -> None:
    out = shelf_of_notes / "parquet"
    loader = opened(out, workers=2)
    run = iter(loader)
    assert loader.state_dict()["position"] == 0
    first = [next(run).record_id for _ in range(5)]
    saved = loader.state_dict()
    assert (saved["epoch"], saved["position"], saved["yielded"]) == (0, 5, 5)
    rest = ids(run)
    assert (loader.state_dict()["epoch"], loader.state_dict()["position"]) == (0, RECORDS)
    second = ids(loader)
    other = opened(out)
    other.load_state_dict(saved)
    assert (first + rest, ids(other), ids(other)) == (ids(opened(out)), rest, second)
    del run


def test_a_state_of_the_last_unit_ends_the_pass(shelf_of_notes: Path) -> None:
    out = shelf_of_notes / "parquet"
    loader = opened(out)
    run = iter(loader)
    for _ in range(RECORDS):
        next(run)
    for _ in range(2):
        other = opened(out)
        other.load_state_dict(loader.state_dict())
        assert ids(other) == []
        assert len(ids(other)) == RECORDS
        assert ids(run) == []


def test_what_was_broken_off_goes_on_and_an_older_iteration_does_not(shelf_of_notes: Path) -> None:
    loader = opened(shelf_of_notes / "parquet")
    run = iter(loader)
    seen = ids(islice(run, 10))
    seen += ids(islice(loader, 4))
    with pytest.raises(RightfulError, match="another iteration"):
        next(run)
    seen += ids(loader)
    assert seen == ids(opened(shelf_of_notes / "parquet"))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"use": "train.finetune"}, "made for train.pretrain, and train.finetune"),
        ({"use": ["train.pretrain", "share.verbatim"]}, "share.verbatim was asked for"),
        ({"use": "train"}, "and 4 more|was asked for"),
        ({"purpose": "noncommercial"}, "purpose commercial, and noncommercial"),
        ({"application": "biometric.identify"}, "not sensitive, and biometric.identify"),
        ({"application": "never_heard_of"}, "never_heard_of was asked for"),
        ({"actor": "public"}, "actor for_profit, and public"),
    ],
)
def test_a_use_that_was_not_declared_is_refused(shelf_of_notes: Path, options: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        opened(shelf_of_notes / "parquet", **options)


def test_less_than_was_declared_is_no_other_use(shelf: Shelf) -> None:
    out = shelf.root / "narrow"
    shelf.store.export(
        out,
        use=["train", "mine"],
        accept="all",
        purpose="noncommercial",
        jurisdiction=["EU"],
        application="translation",
        tokenizer="bytes",
    )
    asked: dict[str, Any] = {"purpose": "noncommercial", "application": "translation"}
    assert len(ids(opened(out, **asked))) == RECORDS
    assert len(ids(opened(out, use="train", jurisdictions=["DE", "FR"], **asked))) == RECORDS
    for more in ({"jurisdictions": "US"}, {"jurisdictions": "*"}, {"use": "share.ids"}, {"application": None}):
        with pytest.raises(Refused, match="not declared"):
            opened(out, **{**asked, **more})
    with pytest.raises(Refused, match="purpose='noncommercial'"):
        opened(out, application="translation")


@pytest.mark.parametrize(
    ("options", "kind", "why"),
    [
        ({"use": "train.pretain"}, UnknownName, "train.pretrain"),
        ({"use": []}, InputError, "no use named"),
        ({"purpose": "fun"}, UnknownName, "fun"),
        ({"check": "all"}, UnknownName, "check"),
        ({"split": "train"}, InputError, "without --split"),
        ({"sequences": True}, InputError, "without packing"),
        ({"rung": 0.1}, InputError, "without --ladder"),
        ({"rank": 2, "world_size": 2}, InputError, "rank"),
        ({"rank": -1}, InputError, "rank"),
        ({"seed": "x"}, InputError, "seed"),
        ({"epochs": 0}, InputError, "epochs"),
        ({"workers": 1.5}, InputError, "workers"),
    ],
)
def test_options_that_are_none_are_named(
    shelf_of_notes: Path, options: dict[str, Any], kind: type[InputError], why: str
) -> None:
    with pytest.raises(kind, match=why):
        opened(shelf_of_notes / "parquet", **options)


def rewritten(out: Path, **changes: Any) -> None:
    """The manifest with other contents and the id of these."""
    manifest = {**manifest_of(out), **changes}
    (out / "manifest.json").write_bytes(canonical_json({**manifest, "export": export_id(manifest)}))


def test_an_export_that_is_none_expired_or_changed_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no manifest"):
        opened(tmp_path / "nowhere")
    out = shelf.root / "parquet"
    rewritten(out, expires_at="2027-01-01T00:00:00Z")
    assert ids(opened(out, clock=lambda: datetime(2026, 12, 31, tzinfo=UTC)))
    with pytest.raises(Refused, match="may have ended at 2027-01-01"):
        opened(out, clock=lambda: datetime(2027, 1, 1, tzinfo=UTC))
    use = manifest_of(out)["use"]
    rewritten(out, manifest_version=99)
    with pytest.raises(InputError, match="is of version 99"):
        opened(out)
    rewritten(out, manifest_version=1, use={})
    with pytest.raises(InputError, match="for which use"):
        opened(out)
    rewritten(out, use=use)
    manifest = {**manifest_of(out), "manifest_version": 1}
    manifest["use"]["acts"].append("share.verbatim")
    (out / "manifest.json").write_bytes(canonical_json(manifest))
    with pytest.raises(DamagedInput, match="it was changed"):
        opened(out, use="share.verbatim")
    shelf.store.export(shelf.root / "texts", use="train.pretrain", accept="all", format="text")
    with pytest.raises(InputError, match="has texts"):
        opened(shelf.root / "texts")


def test_a_permission_that_ends_while_a_run_goes_on_ends_it(shelf: Shelf, small_blocks: None) -> None:
    out = shelf.root / "parquet"
    rewritten(out, expires_at="2027-01-01T00:00:00Z")
    now = [datetime(2026, 12, 31, tzinfo=UTC)]
    loader = opened(out, clock=lambda: now[0])
    run = iter(loader)
    next(run)
    now[0] = datetime(2027, 1, 2, tzinfo=UTC)
    with pytest.raises(Refused, match="may have ended"):
        ids(run)
    assert 0 < loader.state_dict()["position"] < RECORDS


@pytest.mark.parametrize(
    ("name", "check"),
    [*((name, "documents") for name in formats.of_tokens()), ("parquet", "size"), ("megatron", "digest")],
)
def test_shards_that_are_missing_cut_or_swapped_are_refused(shelf: Shelf, name: str, check: str) -> None:
    out = shelf.root / name
    one, other = (shard["path"] for shard in manifest_of(out)["shards"][:2])
    whole = (out / one).read_bytes()
    (out / one).write_bytes(whole[:-1])
    with pytest.raises(DamagedInput, match=f"{len(whole) - 1} bytes, and the manifest says"):
        opened(out, check=check)
    (out / one).unlink()
    with pytest.raises(DamagedInput, match="is missing"):
        opened(out, check=check)
    (out / one).write_bytes(whole)
    loader = opened(out, check=check)
    (out / other).unlink()
    with pytest.raises(DamagedInput):
        ids(loader)
    # As large, and another
    (out / other).write_bytes((out / one).read_bytes()[: (out / one).stat().st_size])
    if check == "size":
        return
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    (out / one).write_bytes(flipped)
    with pytest.raises(DamagedInput):
        ids(opened(out, check=check))


def test_an_index_that_was_changed_is_refused(shelf: Shelf) -> None:
    out = shelf.root / "parquet"
    table = pq.read_table(out / "index.parquet")
    pq.write_table(table, out / "index.parquet", compression="none")
    with pytest.raises(DamagedInput, match=r"index\.parquet: has another digest"):
        opened(out)
    (out / "index.parquet").unlink()
    with pytest.raises(DamagedInput, match=r"index\.parquet: is missing"):
        opened(out)


@pytest.mark.parametrize(
    ("name", "level"),
    [("megatron", "exclude"), ("bin", "mask"), ("mds", "rewrite"), ("parquet", "rewrite")],
)
def test_what_was_taken_out_is_not_handed_out_and_a_run_goes_on_with_the_rest(
    shelf: Shelf, name: str, level: str, small_blocks: None, caplog: pytest.LogCaptureFixture
) -> None:
    out = shelf.root / name
    whole = ids(opened(out))
    loader = opened(out, workers=1)
    run = iter(loader)
    seen = [next(run).record_id for _ in range(10)]
    saved = loader.state_dict()
    gone = {whole[3], whole[12], whole[13], whole[30]}
    for record in sorted(gone):
        shelf.withdraw("record", record)
    shelf.store.redact(out, level=level)
    with pytest.raises(Refused, match="is version 2 now"):
        ids(run)
    left = [record for record in whole if record not in gone]
    with caplog.at_level(logging.WARNING, "rightful.loader"):
        again = opened(out)
    if level == "rewrite":
        assert again.skipped.documents == 0
        assert sorted(ids(again)) == sorted(left)
    else:
        word = {"exclude": "excluded", "mask": "masked"}[level]
        assert again.skipped.as_json() == {"documents": 4, "records": 4, "reasons": {word: 4}}
        assert set(again.skipped.record_ids) == gone
        assert "4 documents of 4 records may be used no more and are not handed out" in caplog.text
        assert "4 documents skipped" in repr(again)
        assert ids(again) == left
    again = opened(out)
    again.load_state_dict(saved)
    assert again.state_dict()["position"] == 9
    assert seen + ids(again) == whole[:10] + [record for record in whole[10:] if record not in gone]


def test_a_deny_list_that_somebody_wrote_counts(shelf: Shelf, small_blocks: None) -> None:
    out = shelf.root / "megatron"
    whole = ids(opened(out))
    loader = opened(out)
    run = iter(loader)
    next(run)
    saved = loader.state_dict()
    (out / "revocations.jsonl").write_text(json.dumps({"record": whole[5]}) + "\n\n")
    with pytest.raises(Refused, match="1 record more"):
        ids(run)
    again = opened(out)
    assert (again.skipped.reasons, again.skipped.record_ids) == ({"revoked": 1}, (whole[5],))
    again.load_state_dict(saved)
    assert ids(again) == [record for record in whole[1:] if record != whole[5]]
    (out / "revocations.jsonl").write_text('{"record": "a"}\n{"record": 5}\n')
    with pytest.raises(DamagedInput, match="jsonl:2"):
        opened(out)
    (out / "revocations.jsonl").write_bytes(b'{"record": "\xff"}\n')
    with pytest.raises(DamagedInput, match="cannot be read"):
        opened(out)
    (out / "revocations.jsonl").write_text("".join(json.dumps({"record": record}) + "\n" for record in whole))
    with pytest.raises(Refused, match="37 documents"):
        opened(out)


def test_a_deny_list_that_is_gone_is_missed(shelf: Shelf) -> None:
    out = shelf.root / "parquet"
    shelf.withdraw("record", ids(opened(out))[0])
    shelf.store.redact(out, level="exclude")
    (out / "revocations.jsonl").unlink()
    with pytest.raises(DamagedInput, match="says what may be used no more"):
        opened(out)


def test_states_of_others_are_refused(shelf_of_notes: Path) -> None:
    loader = opened(shelf_of_notes / "parquet")
    next(iter(loader))
    state = loader.state_dict()
    other = opened(shelf_of_notes / "megatron")
    with pytest.raises(InputError, match="no later version of it"):
        other.load_state_dict(state)
    for change, why in (
        ({"tokenizer": "0" * 64}, "is of tokenizer 0000"),
        ({"seed": 5}, "is of seed 5, and this loader has 0"),
        ({"split": "test"}, "is of split test"),
        ({"sequences": True}, "is of sequences True"),
        ({"bits": None}, "reads in order, and this one reads shuffled"),
        ({"share": [0, 2, 1]}, "is of worker 0 of 2 on 1 rank, and this is of all ranks"),
        ({"position": 2}, "not of one unit"),
    ):
        with pytest.raises(InputError, match=why):
            loader.load_state_dict({**state, **change})
    assert loader.state_dict() == state
    assert len(ids(loader)) == RECORDS - 1


class Kept:
    """A log in memory."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, list[int]]] = []
        self.synced = 0

    def append(self, step: int, documents: Any) -> None:
        self.steps.append((step, list(documents)))

    def sync(self) -> None:
        self.synced += 1


def test_a_log_has_the_documents_of_each_step(shelf_of_notes: Path) -> None:
    logs = [Kept(), Kept()]
    loaders = [opened(shelf_of_notes / "parquet", rank=r, world_size=2, log=logs[r], step_size=4) for r in range(2)]
    shares = [[d.document for d in loader] for loader in loaders]
    assert [[document for _, of in log.steps for document in of] for log in logs] == shares
    assert [[(step, len(of)) for step, of in log.steps] for log in logs] == [
        [(0, 4), (1, 4), (2, 4), (3, 4), (4, n)] for n in (3, 2)
    ]
    states = [loader.state_dict() for loader in loaders]
    assert states[0] == states[1]
    assert (states[0]["yielded"], logs[0].synced) == (19, 1)
    next(iter(loaders[1]))
    loaders[1].state_dict()
    assert logs[1].steps[-1][0] == 4


def test_a_log_of_a_run_that_went_on_with_other_ranks_has_every_document_once(
    shelf_of_notes: Path, tmp_path: Path
) -> None:
    out, log = shelf_of_notes / "parquet", tmp_path / "run"
    index = pq.read_table(out / "index.parquet").column("record_id").to_pylist()
    state, steps = None, []
    for world, stop in ((2, 6), (4, 4), (1, 99)):
        loaders = [opened(out, rank=rank, world_size=world, log=log, step_size=2, epochs=2) for rank in range(world)]
        shares = []
        for loader in loaders:
            if state is not None:
                loader.load_state_dict(state)
            saved = []
            for n, item in enumerate(loader, 1):
                saved.append(item.record_id)
                if n == stop:
                    break
            shares.append(saved)
        began = 0 if state is None else state["yielded"] // 2
        if world > 1:  # what was handed out after the last state is lost with the process, and comes again
            states = [loader.state_dict() for loader in loaders]
            for loader in loaders:
                next(iter(loader))
                loader.close()
            state = states[0]
        for n in range(0, max(map(len, shares)), 2):
            steps.append((began + n // 2, [share[n : n + 2] for share in shares]))
    of = Log(log)
    for step, shares in steps:
        given = of.given([(step, step)])
        listed = [[index[d] for d in given.document[given.rank == rank].tolist()] for rank in range(len(shares))]
        assert listed == shares, step
    everything = of.given([(0, 10_000)])
    assert Counter(everything.document.tolist()) == dict.fromkeys(range(RECORDS), 2)


def test_without_torch_tensors_are_refused(shelf_of_notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("rightful.export.loading.handed.import_module", missing)
    with pytest.raises(InputError, match="torch: is not installed"):
        ids(opened(shelf_of_notes / "parquet", torch=True))
    assert module.Loader is Loader


def test_splits_are_named_and_rungs_lie_in_each_other(shelf: Shelf) -> None:
    out = shelf.root / "split"
    shape: dict[str, Any] = {"split": "train=.6,test=.4", "ladder": "0.2,0.5,1", "shard_tokens": 400}
    shelf.store.export(out, use="train.pretrain", accept="all", tokenizer="bytes", **shape)
    index = pq.read_table(out / "index.parquet").to_pylist()
    of = {name: {e["record_id"] for e in index if e["split"] == name} for name in ("train", "test")}
    with pytest.raises(InputError, match=r"none was named(?s:.)*split='train'"):
        opened(out)
    for name, records in of.items():
        loader = opened(out, split=name)
        assert (set(ids(loader)), loader.splits) == (records, {name: len(records)})
    assert set(ids(opened(out, split="*"))) == of["train"] | of["test"]
    with pytest.raises(UnknownName, match="validation"):
        opened(out, split="validation")
    rungs = [set(ids(opened(out, rung=share))) for share in (0.2, 0.5, 1)]
    assert rungs[0] < rungs[1] < rungs[2] == of["train"]
    with pytest.raises(InputError, match=r"known: 0\.2, 0\.5, 1\.0"):
        opened(out, rung=0.3)
    loader = opened(out, rung=0.5)
    run = iter(loader)
    first = next(run).record_id
    again = opened(out, rung=0.5)
    again.load_state_dict(json.loads(json.dumps(loader.state_dict())))
    assert {first, *ids(again)} == rungs[1]
    with pytest.raises(InputError, match=r"is of rung 0\.5, and this loader has 1"):
        opened(out, rung=1).load_state_dict(loader.state_dict())


def test_splits_are_none_where_there_are_none(shelf_of_notes: Path) -> None:
    loader = opened(shelf_of_notes / "parquet")
    assert (loader.splits, loader.export, loader.obligations) == (
        {},
        manifest_of(shelf_of_notes / "parquet")["export"],
        {},
    )
    assert np.array_equal(next(iter(loader)).documents, next(iter(opened(shelf_of_notes / "parquet"))).documents)


def test_worker_goes_on_for_as_many_ranks_only(shelf_of_notes: Path) -> None:
    """Workers are at different places, and what one alone was handed says nothing of another number of ranks."""
    asked = Asked.of("train.pretrain", None, None, None, ())

    def workers(ranks: int) -> list[Loader]:
        opening = module.OfWorker(shelf_of_notes / "parquet", asked, module.Settings(world_size=ranks))
        return [opening(worker, 2) for worker in range(2)]

    first = workers(1)
    handed = [d.record_id for loader, n in zip(first, (2, 1), strict=True) for d in islice(loader, n)]
    states = [loader.state_dict() for loader in first]
    with pytest.raises(InputError, match="worker 0 of 2 on 1 rank, and this is of worker 0 of 2 on 2 ranks"):
        workers(2)[0].load_state_dict(states[0])
    for loader, state in zip(workers(1), states, strict=True):
        loader.load_state_dict(json.loads(json.dumps(state)))
        handed += ids(loader)
    assert len(handed) == len(set(handed)) == RECORDS


def test_deny_list_counts_however_an_id_is_written(shelf: Shelf) -> None:
    out = shelf.root / "parquet"
    one, other = ids(opened(out))[:2]
    lines = [json.dumps({"record": f" {one.upper()}"}), json.dumps({"record_id": f"{other}\n"})]
    (out / "revocations.jsonl").write_text("\n".join(lines))
    loader = opened(out)
    assert set(loader.skipped.record_ids) == {one, other}
    assert not {one, other} & {*ids(loader)}


def test_record_that_is_revoked_while_a_loader_opens_is_not_handed_out(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = shelf.root / "parquet"
    read = module.contents

    def meanwhile(*given: Any, **options: Any) -> Any:
        contents = read(*given, **options)
        (out / "revocations.jsonl").write_text(json.dumps({"record": contents.record_ids[0].as_py()}))
        return contents

    monkeypatch.setattr(module, "contents", meanwhile)
    with pytest.raises(Refused, match="1 record more were revoked"):
        list(opened(out))
