"""What one long record takes in memory, of the whole way from its file to its part."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.ingest import tagging
from rightful.store.parquet import scan
from rightful.store.records import TEXTS

PIECE = "Ein Tag am Meer, e\u0301t\u00e9, \U0001f600 und\u200b mehr.\n    Zeile {n} mit Wörtern wie sie kommen.\n"
"""With an emoji, which makes a string of Python four times as long, and with what is to be composed and removed."""
SIZE = 16 << 20

_PROGRAM = """
import sys
from rightful import Store, engine
from rightful.ingest import tagging

def peak(line="VmHWM:"):
    (found,) = (l for l in open("/proc/self/status") if l.startswith(line))
    return int(found.split()[1]) << 10

engine.PAYS_BYTES = 1 << 60
tagging.LONG_BYTES = 1 << 20
store, warm, folder = Store(sys.argv[1]), sys.argv[2], sys.argv[3]
store.ingest([warm])
before = peak("VmRSS:")
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
store.ingest([folder])
print(peak() - before)
"""


def text_of(size: int) -> str:
    lines, filled = [], 0
    while filled < size:
        lines.append(PIECE.replace("{n}", str(filled)))
        filled += len(lines[-1].encode())
    return "".join(lines)


def corpus(folder: Path, format: str, size: int) -> Path:
    """A source of one record."""
    folder.mkdir()
    (folder / "source.toml").write_text(f'name = "{folder.name}"\nlicense = "CC0-1.0"\npersonal_data = "no"\n')
    text = text_of(size)
    if format == "text":
        (folder / "a.txt").write_text(text)
    elif format == "jsonl":
        (folder / "a.jsonl").write_text(json.dumps({"id": "a", "text": text}) + "\n")
    else:
        pq.write_table(pa.table({"id": ["a"], "text": pa.array([text], pa.large_string())}), folder / "a.parquet")
    return folder


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak is that of Linux")
@pytest.mark.parametrize(("format", "most"), [("text", 10), ("jsonl", 10), ("parquet", 12)])
def test_long_record_takes_few_times_its_size(tmp_path: Path, format: str, most: int) -> None:
    """Of 200 MB it is about three times; of so little what does not grow with it counts as well. It was 20 times and more."""
    warm, folder = corpus(tmp_path / "warm", format, 1 << 20), corpus(tmp_path / "long", format, SIZE)
    command = [sys.executable, "-c", _PROGRAM, str(tmp_path / "store"), str(warm), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) / SIZE < most


def test_part_of_a_long_text_is_read_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagging, "LONG_BYTES", 100)
    texts = ["short", "long " * 100, "short again", "longer " * 200]
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "source.toml").write_text('name = "rows"\nlicense = "CC0-1.0"\npersonal_data = "no"\n')
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text)
    store = Store(tmp_path / "store")
    monkeypatch.setattr("rightful.readers.rows.BATCH_ROWS", 1)
    store.ingest([folder], workers=1)
    parts = sorted((tmp_path / "store" / "texts").glob("*.parquet"))
    assert len(parts) == 2, "the first long one begins a piece"
    assert sorted(text for part in parts for text in pq.read_table(part)["text"].to_pylist()) == sorted(texts)
    rows = duckdb.sql(f"SELECT text FROM {scan(parts, TEXTS)}").fetchall()
    assert sorted(text for (text,) in rows) == sorted(texts)
