"""Whether exports may still be used, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, listed


def verify_lines(answer: Mapping[str, Any]) -> list[str]:
    """Whether an export, or each of all, may still be used."""
    if "exports" in answer:
        return [line for export in answer["exports"] for line in verify_lines(export)] or ["no exports"]
    verdict = "OK: every file is whole, every record still permitted" if answer["ok"] else "NOT VERIFIED"
    lines = [f"{answer['export']}: {counted(answer['records'], 'record')} read back. {verdict}"]
    lines += listed("stale", [(s["record"], s["shard"], s["text"]) for s in answer["stale"]])
    return lines + listed("corrupt", [(c["file"], c["reason"]) for c in answer["corrupt"]])
