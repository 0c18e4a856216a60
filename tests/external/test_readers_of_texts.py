"""Exported texts, read by Hugging Face `datasets` and by polars, offline: they get what the store has, to the character.

Both are too large to be installed for this alone: ``make readers`` has them in an environment of their own. Elsewhere a
Python that has them is named by ``RIGHTFUL_READERS``; without one these tests skip.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.notation.contents import without_nulls

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
COLUMNS = ["record_id", "text", "url", "license", "attribution"]
CARD = 'name = "harbour"\nlicense = "CC-BY-4.0"\nauthority = "publisher"\npersonal_data = "no"\n'
TEXTS = [
    "The boats came in at six.",
    "Bell \a, escape \x1b[31m, lines \u2028 \u2029 \x85 \x0b \x0c \x1c\r\n, quotes \" \\ ', \U0001f6a2",
    "\u05e9\u05dc\u05d5\u05dd, \u0645\u0631\u062d\u0628\u0627, \u4f60\u597d, null, NaN, true, {}",
    "The tide turned, and boat after boat went out. " * 30_000,
    *(f"Note {n} of the harbour: boat {n * 7} went out at {n} past the hour." for n in range(300)),
]
READ = """
import json, sys
from pathlib import Path
import datasets, polars
folder, way = sys.argv[1:]
made = datasets.load_dataset(folder)
assert list(made) == ["train"], made
files = sorted((Path(folder) / "data").iterdir())
frame = polars.concat([polars.read_parquet(f) if way == "parquet" else polars.read_ndjson(f, schema=SCHEMA) for f in files])
print(json.dumps({
    "datasets": {"types": {n: f.dtype for n, f in made["train"].features.items()}, "rows": made["train"].to_list()},
    "polars": {"types": {n: str(t) for n, t in frame.schema.items()}, "rows": frame.to_dicts()},
}))
""".replace("SCHEMA", f"dict.fromkeys({COLUMNS!r}, polars.String)")


@pytest.fixture(scope="module")
def python() -> str:
    """A Python that has both readers."""
    named = os.environ.get("RIGHTFUL_READERS", sys.executable)
    done = subprocess.run([named, "-c", "import datasets, polars"], capture_output=True, check=False)
    if done.returncode:
        if "RIGHTFUL_READERS" in os.environ:
            pytest.fail(f"RIGHTFUL_READERS={named} lacks datasets or polars")
        pytest.skip("datasets and polars are not installed here: make readers")
    return named


@pytest.mark.parametrize("way", ["parquet", "jsonl"])
def test_exported_texts_are_read_by_datasets_and_polars_to_the_character(tmp_path: Path, python: str, way: str) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "source.toml").write_text(CARD, encoding="utf-8")
    # Only the last has an address: a reader that guesses from the first rows takes the column for one of nothing.
    rows = [{"id": str(n), "text": text} for n, text in enumerate(TEXTS)]
    rows[-1]["url"] = "https://harbour.example/last"
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "corpus" / "notes.jsonl").write_text(lines, encoding="utf-8")
    store = Store(tmp_path / "store", clock=lambda: NOW)
    assert store.ingest([tmp_path / "corpus"], workers=1)["added"] == len(TEXTS)
    order: dict[str, Any] = {"format": "text", "text_as": way, "dedup": "none", "shard_bytes": 1 << 20, "workers": 1}
    manifest = store.export(tmp_path / "out", "train.pretrain", accept="all", **order)
    assert len(manifest["shards"]) > 1

    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    done = subprocess.run(
        [python, "-c", READ, tmp_path / "out", way],
        env={**os.environ, **offline},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    readers = json.loads(done.stdout)
    stored = {r["record_id"]: r["text"] for r in store.sql("SELECT record_id, text FROM texts")}
    assert sorted(stored.values()) == sorted(TEXTS)
    for name, reader in readers.items():
        assert list(reader["types"]) == COLUMNS, name
        assert {kind.lower() for kind in reader["types"].values()} == {"string"}, name
        assert {row["record_id"]: row["text"] for row in reader["rows"]} == stored, name
        assert [row["url"] for row in reader["rows"] if row["url"]] == ["https://harbour.example/last"], name
        assert {row["license"] for row in reader["rows"]} == {"CC-BY-4.0"}, name
    assert readers["datasets"]["rows"] == readers["polars"]["rows"]


TALKS = [
    {"messages": [{"role": "user", "content": "When?", "name": None}, {"role": "assistant", "content": "At nine."}]},
    {"messages": [{"role": "user", "content": "Thanks.", "tags": ["end"], "seen": {"at": 1.5, "by": [[True]]}}]},
    {"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "name": "tide"}]}]},
    {"prompt": "Where is the mole?", "completion": "By the harbour."},
    {"instruction": "Add the tides.", "input": "", "output": "Four feet."},
]
READ_TALKS = """
import json, sys
import datasets
made = datasets.load_dataset(sys.argv[1])["train"]
print(json.dumps({"rows": made.to_list(), "types": {n: str(f) for n, f in made.features.items()}}))
"""


@pytest.mark.parametrize("way", ["parquet", "jsonl"])
def test_conversations_are_read_by_datasets_as_lists_of_objects_and_as_they_were(
    tmp_path: Path, python: str, way: str
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "source.toml").write_text(CARD, encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in [{"text": "No talk."}, *TALKS])
    (tmp_path / "corpus" / "talks.jsonl").write_text(lines, encoding="utf-8")
    store = Store(tmp_path / "store", clock=lambda: NOW)
    store.ingest([tmp_path / "corpus"], workers=1)
    store.export(tmp_path / "out", "train", accept="all", format="text", text_as=way, dedup="none", workers=1)
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "home"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    done = subprocess.run(
        [python, "-c", READ_TALKS, tmp_path / "out"],
        env={**os.environ, **offline},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["types"]["messages"].startswith("List({'content': Value('string')"), answer["types"]
    own = [{k: v for k, v in row.items() if k not in COLUMNS and v is not None} for row in answer["rows"]]
    assert [without_nulls(row) for row in own] == [{}, *map(without_nulls, TALKS)]
