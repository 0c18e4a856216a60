"""Whether exports may still be used, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, listed


def verify_lines(answer: Mapping[str, Any]) -> list[str]:
    """Whether an export, or each of all, may still be used."""
    if "exports" in answer:
        return [line for export in answer["exports"] for line in verify_lines(export)] or ["no exports"]
    alone = answer.get("standalone")
    fine = "OK: every file is whole" if alone else "OK: every file is whole, every record still permitted"
    if answer.get("in_memory"):
        fine = "OK: every record still permitted; it was handed over in memory, and of that copy nothing can be said"
    verdict = fine if answer["ok"] else "NOT VERIFIED"
    done = "decided again" if answer.get("in_memory") else "read back"
    lines = [f"{answer['export']}: {counted(answer['records'], 'record')} {done}. {verdict}"]
    lines += listed("stale", [(s["record"], s["shard"], s["text"]) for s in answer["stale"]])
    lines += listed("corrupt", [(c["file"], c["reason"]) for c in answer["corrupt"]])
    return lines + (_alone_lines(answer) if alone else [])


def _alone_lines(answer: Mapping[str, Any]) -> list[str]:
    """What was looked at without a store, and what cannot be."""
    root = answer.get("records_root")
    lines = [f"root of the records: {root or 'none, it is of an earlier version'}"]
    for one in answer["signatures"]:
        state = one["reason"] or ("genuine" if one["checked"] else "not checked: no --key, or another")
        version = "" if one["of_manifest"] else " (of a version before)"
        lines += [f"signature {one['file']}{version}", f"  {state}"]
    if not answer["signatures"]:
        lines.append("no signatures")
    return [*lines, "Whether its records are still permitted only the store knows."]
