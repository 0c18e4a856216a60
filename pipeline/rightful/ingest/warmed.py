"""Imported by the process that workers are forked from: it tags one text, and so loads what every item needs. Floor 7.

Catalogue, models, tables, compiled kernels and the index of licence texts are loaded where they are used first; here that is
one record of nobody's, whose tags are thrown away.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pyarrow as pa

from rightful.catalog import load
from rightful.ingest.tagging import Tagger
from rightful.ingest.task import Task
from rightful.readers import RAW, Item
from rightful.recipes.recipe import Recipe
from rightful.signals.cards.source_card import SourceCard

_TEXT = """Models and tables are loaded before the first item comes. Write to somebody@example.org, or to nobody. Été, 今日は.

Copyright 2026 Nobody. Permission is hereby granted, free of charge, to whoever reads the license below.
"""


def _tag() -> None:
    """Tag a text as the default recipe does."""
    raw = pa.RecordBatch.from_pylist([{"file": "", "line": 1, "text": _TEXT, "media_type": "text/plain"}], RAW)
    names = load().names
    Tagger(Task(0, Item("jsonl", ()), SourceCard(name="", carded=False), (), (), Recipe(), names, b"\0" * 32, Path()))(
        raw
    )


with contextlib.suppress(Exception):  # a worker meets the same, and says it of an item
    _tag()
