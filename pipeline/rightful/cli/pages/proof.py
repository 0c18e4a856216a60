"""What is proved of a record, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, plain


def proof_lines(answer: Mapping[str, Any]) -> list[str]:
    """Whether the record is there, of which root it is proved, and the file."""
    there = "is in" if answer["is_included"] else "is NOT in"
    lines = [f"record {answer['record']} {there} {answer['export']}, version {answer['version']}"]
    if answer.get("former"):
        lines.append(f"{answer['former']} was named, which this version superseded")
    if answer["leaf"]:
        lines += [f"content   {answer['leaf']['content_sha256']}", f"decision  {answer['leaf']['decision']}"]
    lines += [f"root      {answer['records_root']}", f"proved by {counted(len(answer['siblings']), 'digest')}"]
    return [*lines, *([f"written: {plain(answer['out'], 300)}"] if answer.get("out") else [])]
