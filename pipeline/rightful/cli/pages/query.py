"""Which records a use permits, as a waterfall. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import (
    CONTRADICTED,
    MOST_ROWS,
    by_source,
    counted,
    indented,
    number,
    plain,
    table,
    use_line,
)


def query_lines(answer: Mapping[str, Any]) -> list[str]:
    """The waterfall."""
    considered, permitted = answer["considered"], answer["permitted"]
    lines = [use_line(answer["use"], answer["as_of"]), ""]
    lines.append(f"considered  {counted(considered['records'], 'record')}, {counted(considered['chars'], 'character')}")
    lines += table(_waterfall(answer["excluded"]), right=(0,))
    lines.append(f"permitted   {counted(permitted['records'], 'record')}, {counted(permitted['chars'], 'character')}")
    if answer["obligations"]:
        lines += ["", "obligations that come with them"]
        lines += indented(
            table([(o, number(v["records"]), v["trigger"]) for o, v in answer["obligations"].items()], right=(1,))
        )
    for whole in (t for t in answer["together"] if t["licenses"] is not None):
        licenses = ", ".join(whole["licenses"])
        if whole["clash"]:
            licenses = "nothing: " + " against ".join(" or ".join(side) for side in whole["clash"])
        lines += ["", f"one work made from all of it ({whole['act']}) may go out under {plain(licenses, 400)}"]
    for key, says in (
        ("contested", "contested by copies in"),
        ("contradicted", CONTRADICTED),
    ):
        if answer[key]:
            lines += ["", f"{says} {by_source(answer[key])}"]
    if answer["notices"]:
        kinds = ", ".join(f"{o['type']} ({number(o['records'])})" for o in answer["notices"])
        lines += ["", f"kept in copyright notices and author lines: {kinds}"]
    if answer["would_permit"]:
        lines += ["", "what would permit more"]
        lines += indented(
            table([(f"+{number(w['records'])}", w["option"]) for w in answer["would_permit"]], right=(0,))
        )
    shown = answer["licenses"][:MOST_ROWS]
    lines += [
        "",
        *table(
            [(plain(row["license"], 60), number(row["permitted"]), number(row["excluded"])) for row in shown],
            ("licence", "permitted", "excluded"),
            right=(1, 2),
        ),
    ]
    if len(answer["licenses"]) > MOST_ROWS:
        lines.append(
            f"and {counted(len(answer['licenses']) - MOST_ROWS, 'more licence', 'more licences')} (--json lists them all)"
        )
    if answer["valid_until"]:
        lines += ["", f"the permission of some ends on {answer['valid_until']}"]
    if "out" in answer:
        lines += ["", f"ids and tags of {counted(answer['out']['records'], 'record')}: {answer['out']['path']}"]
    return lines + list(answer.get("ids") or [])


def _waterfall(excluded: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """One line per reason, with what it is mostly about; ``--json`` has every line."""
    by_reason: dict[str, list[Mapping[str, Any]]] = {}
    for row in excluded:
        by_reason.setdefault(row["reason"], []).append(row)
    lines = []
    for rows in by_reason.values():
        details = list(dict.fromkeys(r["detail"] for r in rows if r["detail"]))
        text = rows[0]["text"].removesuffix(f": {rows[0]['detail']}") if details else rows[0]["text"]
        about = ", ".join(details[:3]) + (f" and {len(details) - 3} more" if len(details) > 3 else "")
        if rows[0]["reason"] == "obligation":
            about = ", ".join(sorted({o for d in details for o in d.split(", ")}))
        total = sum(int(r["records"]) for r in rows)
        lines.append((total, f"{text}: {about}" if about else text))
    lines.sort(key=lambda line: -line[0])
    return [(f"- {number(n)}", plain(text, 150)) for n, text in lines]
