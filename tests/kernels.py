"""What a process does once before it tags its first text, done where the processes of tests are forked from.

The stages compile or load their kernels, tables and models at their first batch. No thread is started for that.

    python -m tests.kernels     # compiles all of them, those of near copies too: before many processes would at once
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pyarrow as pa

from rightful import Store, catalog
from rightful.notation.urls import canonical, registrable_domain
from rightful.readers import RAW
from rightful.recipes import recipe

TEXT = "The tide turned at noon, and def boat(n): return n + 1  # mira@example.org, 192.0.2.1\n"


def load() -> None:
    """Read the catalogue and the list of suffixes, and run every stage on one short text."""
    catalog.load()
    registrable_domain(canonical("https://harbour.example.org/")[1] or "")
    cells = {"file": "a", "line": 1, "text": TEXT, "media_type": "application/json"}
    raw = pa.RecordBatch.from_pylist([cells], schema=RAW)
    default = recipe.load(None)
    for stage in (*default.running(), default.near.shingles):
        stage(raw)


def main() -> None:
    """Ingest a few rows, two of them near copies, into a store that is thrown away."""
    log = " ".join(f"On day {n} the tide stood {n * 7 % 31} hands above the mark." for n in range(20))
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name) / "corpus"
        corpus.mkdir()
        texts = (TEXT, log, log.replace("day 9 ", "day nine "))
        (corpus / "a.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
        Store(Path(name) / "store").ingest([corpus], workers=1)


if __name__ == "__main__":
    main()
