"""The standing policy and named uses as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import EXPORTS, indented, plain, shown, table, touched_lines, wrapped
from rightful.notation.times import last, through


def policy_lines(answer: Mapping[str, Any]) -> list[str]:
    """What the policy says; after signing also which exports hold what it does not permit."""
    if answer["sha256"] is None:
        return [f"no policy: {plain(answer['path'])} is not there; every default is the strictest"]
    beside = ("basis", "signature", "doubts", *EXPORTS)
    rows = [(key, plain(shown(value), 140)) for key, value in answer.items() if key not in beside]
    for basis in answer.get("basis", []):
        rows.append(("basis", plain(", ".join(f"{key} {shown(value)}" for key, value in basis.items()), 400)))
    signature = answer.get("signature")
    if signature:
        period = f"{signature['on']} through {last(through(str(signature['until']), 'signature.until'))}"
        rows.append(("signed", plain(f"by {signature['by']}, {period}", 200)))
    return table(rows) + (touched_lines(answer) if "exports" in answer else [])


_SHOWN = {"profile": "reading", "jurisdiction": "where"}


def named_list_lines(answer: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every named use with one line of what it is."""
    lines: list[str] = []
    for named in answer:
        marks = [named["origin"]] if named["origin"] == "store" else []
        if named["statutes"]:
            marks.append("signed" if named["signed"] else "to be signed")
        head = plain(named["name"], 64) + (f" ({', '.join(marks)})" if marks else "")
        lines += [head, *wrapped("  ", named["summary"], most=2)]
    return [*lines, "", "in full: rightful policy show NAME; ask for one: rightful query --policy NAME"]


def named_lines(answer: Mapping[str, Any]) -> list[str]:
    """A named use in full: what is asked, what is undertaken, what is declared, who signed, and what comes next."""
    lines = [plain(answer["name"], 64), *wrapped("  ", answer["summary"], most=2), "", "asked"]
    for row in answer["asked"]:
        said = "" if row["by"] == "the named use" else f" ({row['by']})"
        what = row["value"] + said + (f": {row['meaning']}" if row["meaning"] else "")
        lines += wrapped(f"  {_SHOWN.get(row['key'], row['key']).ljust(13)}", what, most=15)
    lines += ["", "undertaken", *(undertaken_lines(answer["undertaken"]) or ["  nothing"])]
    if answer["declared"]:
        lines += ["", "declared by whoever signs"]
        for sentence in answer["declared"]:
            lines += wrapped("  - ", sentence, most=4)
    lines += ["", f"file: {plain(answer['path'], 400)}"]
    if answer["signature"]:
        lines += _signature(answer["signature"])
    if not answer["in_force"]:
        lines.append("nothing of it counts now")
    return lines + (touched_lines(answer) if answer.get("exports") is not None else [])


def undertaken_lines(undertaken: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is undertaken, bundle by bundle, each obligation in words."""
    lines: list[str] = []
    for bundle in undertaken:
        lines += wrapped(f"  {bundle['bundle']}: ", bundle["text"], most=4)
        for row in bundle["obligations"]:
            lines += wrapped("    - ", f"{row['text']} ({row['obligation']})", most=6)
    return lines


def _signature(signature: Mapping[str, str]) -> list[str]:
    period = f"{signature['on']} through {last(through(str(signature['until']), 'signature.until'))}"
    rows = [("signed", f"by {signature['by']}, {period}")]
    rows += [(key, signature[key]) for key in ("for", "ground") if signature.get(key)]
    return indented(table([(key, plain(value, 200)) for key, value in rows]), "")
