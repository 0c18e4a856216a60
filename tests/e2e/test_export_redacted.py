"""`export --redact`: what is planted in a corpus and asked for does not leave, and the offsets say where it lay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, files, jsonl

FREE = ("--use", "train", "--workers", "1")
PLANTED = {
    "email": "ada.lovelace@example.org",
    "phone": "+44 20 7946 0958",
    "iban": "GB82 WEST 1234 5698 7654 32",
    "card": "5555 5555 5555 4444",
    "aws_key": "AKIAZQ3DRSTUVWXY2345",
}


@pytest.fixture
def planted(ingest: Ask, tmp_path: Path) -> dict[str, str]:
    """A store with a text for each type, and one with all; the texts by the record's own name."""
    texts = {kind: f"\u200f😀 שלום: {word} {{{word}}}\n{word}" for kind, word in PLANTED.items()}
    texts["all"] = "; ".join(PLANTED.values())
    texts["none"] = "Three boats lay at the mole."
    # With a basis, for without one all that was found is taken out or nothing leaves (see test_personal_data_found.py).
    corpus = card(tmp_path / "corpus", "planted", license="CC0-1.0", personal_data="yes", legal_basis="contract")
    jsonl(corpus / "texts.jsonl", *({"id": name, "text": text} for name, text in texts.items()))
    assert ingest(corpus)["added"] == len(texts)
    return texts


def exported(out: Path) -> dict[str, str]:
    rows = pq.read_table(out / "data" / "shard-00000.parquet").to_pylist()
    return {row["record_id"]: bytes(row["input_ids"][:-1]).decode() for row in rows}


def test_export_redacting_all_lets_nothing_out_and_verifies(planted: dict[str, str], ask: Ask, tmp_path: Path) -> None:
    manifest = ask("export", "out", *FREE, "--tokenizer", "bytes", "--redact", "all")
    assert manifest["redaction"]["spans"] == dict.fromkeys(sorted(PLANTED), 4)
    named = {
        r["source_record_id"]: r["record_id"] for r in ask("sql", "SELECT source_record_id, record_id FROM records")
    }
    left = exported(tmp_path / "out")
    for kind in PLANTED:
        assert left[named[kind]] == f"\u200f😀 שלום: [{kind}] {{[{kind}]}}\n[{kind}]"
    assert left[named["all"]] == "; ".join(f"[{kind}]" for kind in PLANTED)
    assert left[named["none"]] == planted["none"]

    for place in pq.read_table(tmp_path / "out" / "redactions.parquet").to_pylist():
        [name] = [name for name, record in named.items() if record == place["record_id"]]
        [kind] = place["types"]
        assert planted[name][place["start"] : place["stop"]] == PLANTED[kind]
        assert left[place["record_id"]][place["new_start"] : place["new_stop"]] == f"[{kind}]"
    bytes_ = b"".join(files(tmp_path / "out").values())
    assert not [kind for kind, word in PLANTED.items() if word.encode() in bytes_]
    assert ask("verify", "out")["ok"]

    shard = tmp_path / "out" / "data" / "shard-00000.parquet"
    table = pq.read_table(shard)
    rows = table.to_pylist()
    rows[0]["input_ids"] = [*planted["email"].encode(), 256]
    rows[0]["n_tokens"] = len(rows[0]["input_ids"])
    pq.write_table(table.from_pylist(rows, table.schema), shard)
    found = ask("verify", "out", code=3)
    assert {c["file"] for c in found["corrupt"]} == {"data/shard-00000.parquet"}


def test_export_redacting_is_the_same_for_two_workers_and_takes_out_only_what_is_asked_for(
    planted: dict[str, str], ask: Ask, tmp_path: Path
) -> None:
    order = ("--use", "train", "--snapshot", "1", "--format", "megatron", "--tokenizer", "train:300", "--seed", "3")
    order = (*order, "--redact", "email", "--redact", "secret", "--redact-with", "<{type}>", "--as-of", "2100-01-01")
    for workers in ("1", "2"):
        ask("export", f"with-{workers}", *order, "--workers", workers)
    assert files(tmp_path / "with-1") == files(tmp_path / "with-2")
    assert ask("verify", "with-1")["ok"]
    ask("export", "plain", *FREE, "--tokenizer", "bytes", "--redact", "email", "--redact-with", "")
    left = "".join(exported(tmp_path / "plain").values())
    assert [kind for kind, word in PLANTED.items() if word in left] == ["phone", "iban", "card", "aws_key"]


def test_export_redacting_what_is_not_known_says_what_was_meant(
    planted: dict[str, str], refuse: Callable[..., dict[str, Any]], rightful: Callable[..., Any], tmp_path: Path
) -> None:
    order = ("export", "out", *FREE, "--tokenizer", "bytes")
    error = refuse(*order, "--redact", "e-mail")
    assert (error["subject"], error["hint"]) == ("--redact", "did you mean 'email'?")
    assert "without --redact" in refuse(*order, "--redact-with", "x")["message"]
    assert not (tmp_path / "out").exists()
    said = rightful(*order, "--redact", "card").stdout
    assert "redacted: 4 card, in 2 records" in said
