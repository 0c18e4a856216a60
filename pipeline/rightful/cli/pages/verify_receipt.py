"""Whether a signed file is genuine, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, plain

_SHOWN = {
    "receipt": ("event", "kind", "recorded", "issued_at"),
    "export": ("export", "version", "records", "tokens", "as_of"),
    "proof": ("record", "is_included", "export", "version"),
}


def verify_receipt_lines(answer: Mapping[str, Any]) -> list[str]:
    """The verdict, who signed it, and what it is about; the whole statement stands in ``--json``."""
    if not answer["ok"]:
        return ["NOT GENUINE", *(f"  {plain(reason, 300)}" for reason in answer["reasons"])]
    by = f"signed with the key {answer['keyid'][:16]}" if answer["keyid"] else "held against the manifest"
    lines = [f"GENUINE: {answer['what']}, {by}"]
    lines += [f"  store  {plain(answer['store'], 40)}"] if answer["store"] else []
    statement = answer["statement"] or {}
    for key in _SHOWN.get(answer["what"], ()):
        if statement.get(key) is not None:
            lines.append(f"  {key}  {plain(_flat(statement[key]), 100)}")
    return [*lines, *([f"  of {counted(len(answer['subjects']), 'file')} by digest"] if answer["subjects"] else [])]


def _flat(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
