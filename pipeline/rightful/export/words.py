"""The words that options of an export take: the help of a command loads them and nothing else. Floor 8."""

from __future__ import annotations

from typing import Final

HF, GIGATOKEN, AUTO = "hf", "gigatoken", "auto"
BACKENDS: Final = (AUTO, HF, GIGATOKEN)
"""Which library runs a tokenizer: the reference, a faster one, or whichever is worth its proof."""
NONE, CONCAT, BEST_FIT = PACKS = ("none", "concat", "best-fit")
"""How documents become rows: each its own; one after another, cut wherever a row is full; whole wherever they fit."""
SOURCE, SUBJECT, DOMAIN = HOLDERS = ("source", "subject", "domain")
"""Whom documents can be grouped by: what they came with, whom they are about, where they were published."""
ERROR, COUNT = "error", "count"
ON_UNENCODABLE = (ERROR, COUNT)
"""What to do about characters that a tokenizer cannot write: nothing is exported, or they are counted."""
RAW = ("bin", "npy")
"""What a file without a header may be called: as nanoGPT has it, and as OLMo-core."""
