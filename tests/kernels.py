"""What a process does once before it tags its first text, done where the processes of tests are forked from.

The stages compile or load their kernels, tables and models at their first batch. No thread is started for that.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline import catalog, recipe
from pipeline.readers import RAW
from pipeline.urls import canonical, registrable_domain

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
