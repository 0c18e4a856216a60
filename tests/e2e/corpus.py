"""Small corpora with cards, and looking at what a command left."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
GOOD, BAD = SAMPLE / "good", SAMPLE / "bad"


def card(folder: Path, name: str, **keys: object) -> Path:
    """A folder with a source card; its texts hold no personal data unless it says so."""
    folder.mkdir(parents=True, exist_ok=True)
    said = {"name": name, "personal_data": "no", **keys}
    lines = [f"{key} = {json.dumps(value)}" for key, value in said.items()]
    (folder / "source.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def files(folder: Path, but: Iterable[str] = ()) -> dict[str, bytes]:
    """Every file below a folder by its path, without locks and without those whose name starts as ``but`` says."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith((".", *but)))
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def acts_on_a_terminal(text: str) -> set[str]:
    """The characters of a text that do more than show themselves: controls, changes of direction, line separators."""
    return {
        c
        for c in text.replace("\n", "")
        if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(c) in _TURNS
    }
