"""Documents of real repositories are withdrawn by their owner: receipt and proofs, held against the specifications alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful import Store
from tests import keys
from tests.e2e import test_proofs

REPOSITORIES = {
    "semver__semver.org": "CC-BY-3.0",
    "18F__handbook": "CC0-1.0",
    "rust-lang__book": "MIT OR Apache-2.0",
}
GONE = "18f__handbook"
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}


def outside(file: Path, public: Path) -> Any:
    program = [sys.executable, "-I", test_proofs.OUTSIDE, file, public]
    done = subprocess.run(program, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def store(cases: Path, tmp_path: Path) -> Store:
    """A store with some repositories, each under its own licence."""
    for name, license_ in REPOSITORIES.items():
        if not (cases / "7-documents" / name).is_dir():
            pytest.skip(f"no folder 7-documents/{name} among the third-party cases")
        shutil.copytree(cases / "7-documents" / name, tmp_path / "in" / name)
        card = f'name = "{name}"\nlicense = "{license_}"\ncovers = "contents"\npersonal_data = "no"\n'
        (tmp_path / "in" / name / "source.toml").write_text(card, encoding="utf-8")
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "in"])
    return store


def records(folder: Path) -> set[str]:
    return set(pq.read_table(folder / "index.parquet").column("record_id").to_pylist())


def test_withdrawal_of_an_owner_is_done_and_proved_to_whoever_has_a_public_key(store: Store, tmp_path: Path) -> None:
    mine, public = keys.pair(tmp_path / "keys")
    forms: dict[str, dict[str, Any]] = {
        "parquet": {"tokenizer": "bytes"},
        "megatron": {"tokenizer": "bytes", "format": "megatron"},
        "text": {"format": "text", "text_as": "jsonl"},
    }
    for name, form in forms.items():
        store.export(tmp_path / name, **USE, **form)
        store.sign(tmp_path / name, key=mine)
    before = {name: records(tmp_path / name) for name in forms}
    meant = {row["record_id"] for row in store.sql(f"SELECT record_id FROM records WHERE source_id = '{GONE}'")}
    held = [meant & ids for ids in before.values()]  # some may not leave, as personal data was found in them
    assert held[0]
    assert held == held[:1] * len(forms)
    record = min(held[0])
    for name in forms:
        store.proof(record, tmp_path / name, key=mine, out=tmp_path / f"{name}.in.json")
    event = str(store.consent.withdraw(record=sorted(meant)).as_json()["events"][0]["event"])
    for name in forms:
        store.redact(tmp_path / name)
        store.sign(tmp_path / name, key=mine)
        store.proof(record, tmp_path / name, key=mine, out=tmp_path / f"{name}.out.json")
    store.compact()
    store.consent.receipt(event, audience="authority", key=mine, out=tmp_path / "receipt.json")
    for name in forms:
        assert outside(tmp_path / f"{name}.in.json", public)["is_included"]
        assert not outside(tmp_path / f"{name}.out.json", public)["is_included"]
        assert records(tmp_path / name) == before[name] - meant
        alone = store.verify(tmp_path / name, standalone=True, key=public)
        assert (alone.ok, alone.corrupt) == (True, [])
    said = outside(tmp_path / "receipt.json", public)
    assert (said["complete"], said["open"]) == (True, [])
    assert [one["state"] for one in said["exports"]] == ["repaired"] * len(forms)
    assert {action["what"] for action in said["actions"]} == {"recorded", "refused", "repaired", "erased"}
    assert [one["in_store"] for one in said["records"]] == [False] * len(said["records"])
