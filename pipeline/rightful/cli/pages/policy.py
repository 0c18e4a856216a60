"""The standing policy as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import EXPORTS, plain, shown, table, touched_lines
from rightful.notation.times import last, through


def policy_lines(answer: Mapping[str, Any]) -> list[str]:
    """What the policy says; after signing also which exports hold what it does not permit."""
    if answer["sha256"] is None:
        return [f"no policy: {plain(answer['path'])} is not there; every default is the strictest"]
    beside = ("basis", "signature", *EXPORTS)
    rows = [(key, plain(shown(value), 140)) for key, value in answer.items() if key not in beside]
    for basis in answer.get("basis", []):
        rows.append(("basis", plain(", ".join(f"{key} {shown(value)}" for key, value in basis.items()), 400)))
    signature = answer.get("signature")
    if signature:
        period = f"{signature['on']} through {last(through(str(signature['until']), 'signature.until'))}"
        rows.append(("signed", plain(f"by {signature['by']}, {period}", 200)))
    return table(rows) + (touched_lines(answer) if "exports" in answer else [])
