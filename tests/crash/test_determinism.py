"""Same inputs, recipe and seed, same bytes: whatever the workers, the store, the process or the cut (law 14.6)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rightful.ingest.work
from tests.conftest import ROOT
from tests.crash import verbs
from tests.crash.conftest import Ground
from tests.crash.corpus import counts, open_store, parts, permitted, row, shards, write_folder

SEED = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six files, some damage, some copies within and across files."""
    rows = {f"{n}.jsonl": [row(50 * n + i) for i in range(20)] for n in range(6)}
    mixed = [*rows["3.jsonl"][:5], "{torn", *rows["3.jsonl"][5:], row(999, body=rows["1.jsonl"][2]["text"])]
    return write_folder(tmp_path_factory.mktemp("folder") / "folder", {**rows, "3.jsonl": mixed})


@pytest.fixture(scope="module")
def store(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in a store, with one worker."""
    root = tmp_path_factory.mktemp("stores") / "one"
    assert verbs.ingest(root, folder)["rejected"] == 1
    return root


@pytest.mark.parametrize("workers", [2, 3])
def test_ingest_with_more_workers_has_the_parts_of_one(folder: Path, store: Path, tmp_path: Path, workers: int) -> None:
    verbs.ingest(tmp_path / "store", folder, workers)
    assert parts(tmp_path / "store") == parts(store)


@pytest.mark.parametrize("export", [verbs.export, verbs.export_texts])
def test_export_is_the_same_with_more_workers_and_in_another_store(
    folder: Path, store: Path, tmp_path: Path, export: Callable[..., dict[str, Any]]
) -> None:
    verbs.ingest(tmp_path / "store", folder)
    for seed in (None, SEED):
        export(store, tmp_path / f"one-{seed}", seed=seed)
        export(tmp_path / "store", tmp_path / f"two-{seed}", workers=2, seed=seed)
        assert shards(tmp_path / f"two-{seed}") == shards(tmp_path / f"one-{seed}")
        assert len(shards(tmp_path / f"one-{seed}")) > 10
    assert shards(tmp_path / f"one-{SEED}") != shards(tmp_path / "one-None"), "the seed orders the documents"


def test_export_with_a_seed_does_not_hang_on_the_order_of_ingest(tmp_path: Path) -> None:
    halves = [write_folder(tmp_path / f"half-{n}", {"a.jsonl": [row(9 * n + i) for i in range(9)]}) for n in range(2)]
    for name, order in (("there", halves), ("back", halves[::-1])):
        for half in order:
            verbs.ingest(tmp_path / name, half)
        verbs.export(tmp_path / name, tmp_path / f"{name}-out", seed=SEED)
    assert permitted(tmp_path / "there") != permitted(tmp_path / "back")
    assert shards(tmp_path / "there-out") == shards(tmp_path / "back-out")


def test_hash_seed_of_the_process_changes_no_byte(ground: Ground, store: Path, folder: Path, tmp_path: Path) -> None:
    """Sets are iterated in another order in every process; the ground has consent events and every kind of part."""
    verbs.ingest(ground.copy(tmp_path / "events"), ground.coming)
    wanted = parts(tmp_path / "events")
    verbs.export(tmp_path / "events", tmp_path / "out", seed=SEED)
    script = (
        "import sys; from tests.crash import verbs; from pathlib import Path; a = [Path(x) for x in sys.argv[1:]]\n"
    )
    script += f"verbs.ingest(a[0], a[1]); verbs.export(a[0], a[2], seed={SEED})"
    for hash_seed in ("1", "2"):
        again = ground.copy(tmp_path / f"events-{hash_seed}")
        out = tmp_path / f"out-{hash_seed}"
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", script, again, ground.coming, out], env=environment, check=True)
        assert parts(again) == wanted
        assert shards(out) == shards(tmp_path / "out")


@pytest.mark.parametrize("target_bytes", [700, 3_000])
def test_file_in_ranges_gives_the_records_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target_bytes: int
) -> None:
    lines = [row(n) if n % 17 else "[not an object]" for n in range(120)]
    folder = write_folder(tmp_path / "folder", {"big.jsonl": lines, "small.jsonl": [row(500)]})
    whole = verbs.ingest(tmp_path / "whole", folder)
    monkeypatch.setattr(rightful.ingest.work, "share_of", lambda cost_bytes: target_bytes)
    cut = verbs.ingest(tmp_path / "cut", folder)

    assert len(parts(tmp_path / "cut")["records"]) > len(parts(tmp_path / "whole")["records"]) + 3
    assert counts(cut) == counts(whole)
    assert [e["position"] for e in cut["errors"]] == [f"line {n + 1}" for n in range(0, 120, 17)]
    rows = "SELECT * EXCLUDE (part, row) FROM records ORDER BY record_id"
    assert open_store(tmp_path / "cut").sql(rows) == open_store(tmp_path / "whole").sql(rows)
    for name in ("whole", "cut"):
        verbs.export(tmp_path / name, tmp_path / f"{name}-out")
    assert shards(tmp_path / "cut-out") == shards(tmp_path / "whole-out")
