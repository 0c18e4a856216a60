"""What lies beside the shards, and what `verify` says of it: names that are no titles, files that are named once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rightful import Store
from rightful.errors import InputError

CARD = 'name = "letters"\nlicense = "CC-BY-4.0"\npersonal_data = "no"\n'


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Store, Path]:
    corpus = tmp_path / "letters"
    corpus.mkdir()
    (corpus / "source.toml").write_text(CARD, encoding="utf-8")
    rows = [{"id": "a", "text": "A row without a title."}, {"id": "b", "text": "One with it.", "title": "To Mira"}]
    (corpus / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (corpus / "to-nils.txt").write_text("A file that is one letter.", encoding="utf-8")
    store = Store(tmp_path / "store")
    store.ingest([corpus])
    store.export(tmp_path / "out", "train.pretrain", accept="all", tokenizer="bytes")
    return store, tmp_path / "out"


def test_attribution_credits_titles_and_files_that_are_one_record_and_no_containers(
    exported: tuple[Store, Path],
) -> None:
    store, out = exported
    lines = [
        line for line in (out / "ATTRIBUTION.md").read_text(encoding="utf-8").splitlines() if line.startswith("- ")
    ]
    [row] = store.sql("SELECT record_id FROM records WHERE source_record_id = 'a'")
    assert sorted(line.partition(", from")[0] for line in lines) == sorted(
        [f"- record {row['record_id']}", "- To Mira", r"- to-nils.txt"]
    )


@pytest.mark.parametrize("damage", [b"", b"PAR1 and nothing else"])
def test_verify_names_every_damaged_file_once(exported: tuple[Store, Path], damage: bytes) -> None:
    store, out = exported
    [shard] = (out / "data").iterdir()
    shard.write_bytes(damage)
    found = store.verify(out)
    assert not found["ok"]
    assert [c["file"] for c in found["corrupt"]] == [f"data/{shard.name}"]
    assert found["corrupt"][0]["reason"].startswith("has another digest than the manifest; ")


def test_export_into_the_store_itself_is_refused_and_leaves_nothing(exported: tuple[Store, Path]) -> None:
    store, out = exported
    root = out.parent / "store"
    before = sorted(path.name for path in root.iterdir())
    for place in (root / "out", root, root / "parts" / ".." / "out"):
        with pytest.raises(InputError, match="lies in the store itself"):
            store.export(place, "train", accept="attribution")
    assert sorted(path.name for path in root.iterdir()) == before
