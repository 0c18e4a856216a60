"""What was taken out of exports, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, listed, number, plain, wrapped

_DONE = {
    "exclude": (
        "is on the deny list now, and lies in the shards still",
        "are on the deny list now, and lie in the shards still",
    ),
    "mask": ("is masked now", "are masked now"),
    "rewrite": ("is gone", "are gone"),
}


def redact_lines(answer: Mapping[str, Any]) -> list[str]:
    """What was done to one export, or to each of those that an event touched."""
    if "exports" not in answer:
        return _lines(answer)
    lines = [line for one in answer["exports"] for line in _lines(one)]
    lines += listed("not repaired", [(s["export"], s["reason"]) for s in answer["skipped"]])
    return lines or [f"no export holds what {answer['event']} matched"]


def _lines(answer: Mapping[str, Any]) -> list[str]:
    n, head = answer["records_removed"], f"{answer['export']} in {answer['folder']}"
    if not n and not answer["shards_rewritten"]:
        return [f"{head}: nothing to do, every record that can be used is permitted"]
    if answer["dry_run"]:
        would = f"{counted(n, 'record')} would go, in {counted(answer['shards_rewritten'], 'shard')} written anew"
        return [f"{head}: {would}", *_reasons(answer), *_beside(answer)]
    one, more = _DONE[answer["level"]]
    return [
        f"{head}: version {answer['version']}, which supersedes {answer['former']}",
        f"{counted(n, 'record')} {one if n == 1 else more}; {counted(answer['shards_rewritten'], 'shard')} written anew",
        *_reasons(answer),
        *_beside(answer),
    ]


def _reasons(answer: Mapping[str, Any]) -> list[str]:
    by_size = sorted(answer["reasons"].items(), key=lambda of: (-of[1], of[0]))
    return ["why: " + ", ".join(f"{number(n)} {reason}" for reason, n in by_size)] if by_size else []


def _beside(answer: Mapping[str, Any]) -> list[str]:
    lines = wrapped("", plain(answer["note"], 400)) if answer["note"] else []
    lines += listed("damaged before, and left as it is", [(d["file"], d["reason"]) for d in answer["damaged"]])
    if answer["linked_elsewhere"]:
        lines += listed(
            "has another name on this disk, under which its bytes stay", [(p,) for p in answer["linked_elsewhere"]]
        )
    return lines
