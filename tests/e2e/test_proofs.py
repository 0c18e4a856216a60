"""Proofs and signatures by the installed command, checked by a program that has the specifications and nothing of ours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests import keys
from tests.e2e.conftest import Ask

OUTSIDE = Path(__file__).with_name("outside.py")
USE = ("--use", "train.pretrain", "--accept", "all", "--dedup", "none", "--tokenizer", "bytes", "--workers", "1")


def outside(*paths: Path | str, code: int = 0) -> Any:
    """What the program says, in a Python of its own that does not see our package."""
    done = subprocess.run(
        [sys.executable, "-I", OUTSIDE, *map(str, paths)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if code == 0 else done.stderr


def test_outside_program_is_short_and_imports_nothing_of_ours() -> None:
    program = OUTSIDE.read_text("utf-8")
    assert len(program.splitlines()) <= 60
    assert not re.search(r"(?m)^\s*(import|from)\s+rightful", program)


@pytest.fixture
def made(ask: Ask, good: Path, tmp_path: Path) -> dict[str, Any]:
    shutil.copytree(good, tmp_path / "rightful-store")
    manifest = ask("export", tmp_path / "out", *USE)
    key, public = keys.pair(tmp_path / "keys")
    ids = pq.read_table(tmp_path / "out" / "index.parquet").column("record_id").to_pylist()
    return {"manifest": manifest, "out": tmp_path / "out", "key": key, "public": public, "ids": ids}


def test_signed_export_and_proofs_hold_outside_and_forgeries_do_not(
    made: dict[str, Any], ask: Ask, tmp_path: Path
) -> None:
    out, public = made["out"], made["public"]
    signed = ask("sign", out, "--key", made["key"])
    said = outside(signed["file"], public)
    assert (said["export"], said["records_root"]) == (made["manifest"]["export"], made["manifest"]["records_root"])
    for n, record in enumerate([*made["ids"][:4], *(f"{n:032x}" for n in range(12))]):
        plain, sealed = tmp_path / f"{n}.json", tmp_path / f"{n}.dsse.json"
        ask("proof", record, out, "-o", plain)
        ask("proof", record, out, "-o", sealed, "--key", made["key"])
        for file in (plain, sealed):
            assert outside(file, public, out / "manifest.json")["is_included"] == (record in made["ids"])
            assert ask("verify-receipt", file, "--key", public, "--manifest", out)["ok"]
    forged = json.loads((tmp_path / "0.json").read_bytes())
    forged["leaf"]["content_sha256"] = "0" * 64
    (tmp_path / "forged.json").write_text(json.dumps(forged))
    assert "AssertionError" in outside(tmp_path / "forged.json", public, code=1)
    assert not ask("verify-receipt", tmp_path / "forged.json", "--manifest", out, code=3)["ok"]
    stranger = keys.pair(tmp_path / "more", b"t" * 32)[1]
    assert "InvalidSignature" in outside(signed["file"], stranger, code=1)
    assert "another key" in ask("verify-receipt", signed["file"], "--key", stranger, code=3)["reasons"][0]


def test_export_carried_elsewhere_stands_alone(made: dict[str, Any], ask: Ask, tmp_path: Path) -> None:
    ask("sign", made["out"], "--key", made["key"])
    made["out"].rename(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "rightful-store")
    answer = ask("verify", "--standalone", tmp_path / "elsewhere", "--key", made["public"])
    assert (answer["ok"], answer["records"], answer["standalone"]) == (True, made["manifest"]["records"], True)
    assert [s["checked"] for s in answer["signatures"]] == [True]


def test_signed_receipt_holds_outside_and_says_what_remains(made: dict[str, Any], ask: Ask, tmp_path: Path) -> None:
    recorded = ask("consent", "withdraw", "--record", made["ids"][0], "--deadline", "2030-01-01T00:00:00Z")
    file = tmp_path / "receipt.dsse.json"
    ask("consent", "receipt", recorded["event"], "--for", "authority", "--key", made["key"], "-o", file)
    said = outside(file, made["public"])
    assert (said["event"], said["open"][0]["what"], said["overdue"]) == (recorded["event"], "repair", False)
    assert ask("verify-receipt", file, "--key", made["public"], "--of-store", made["manifest"]["store"])["ok"]
    assert not ask("verify-receipt", file, "--key", made["public"], "--of-store", "0" * 16, code=3)["ok"]
    envelope = json.loads(file.read_bytes())
    envelope["payload"] = envelope["payload"][:-8] + "AAAAAAA="
    (tmp_path / "forged.json").write_text(json.dumps(envelope))
    assert "InvalidSignature" in outside(tmp_path / "forged.json", made["public"], code=1)
    assert (
        "changed after"
        in ask("verify-receipt", tmp_path / "forged.json", "--key", made["public"], code=3)["reasons"][0]
    )


def test_existing_file_is_not_overwritten_and_errors_name_what_is_wrong(
    made: dict[str, Any], refuse: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "there.json").write_text("mine")
    error = refuse("proof", made["ids"][0], made["out"], "-o", tmp_path / "there.json")
    assert "never overwritten" in error["message"]
    assert (tmp_path / "there.json").read_text() == "mine"
    assert "is not the id of a record" in refuse("proof", "letter-1", made["out"])["message"]
    assert "cannot be read" in refuse("verify-receipt", tmp_path / "none.json", "--key", made["public"])["message"]
