"""Which records a use permits, as a waterfall. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rightful.cli.pages.lines import (
    CONTRADICTED,
    MOST_ROWS,
    by_source,
    counted,
    coverage_line,
    indented,
    name_lines,
    number,
    plain,
    table,
    todo_lines,
    use_lines,
    whole,
    wrapped,
)
from rightful.cli.pages.readings import overlay_lines

MOST_REASONS = 3
"""So many reasons of a family are shown where not all of them are asked for."""


def query_lines(answer: Mapping[str, Any], all_reasons: bool = False) -> list[str]:
    """The waterfall by family, with the largest reasons of each, or with all of them."""
    considered, permitted = answer["considered"], answer["permitted"]
    lines = [*name_lines(answer), *use_lines(answer["use"], answer["as_of"]), ""]
    lines.append(f"considered  {counted(considered['records'], 'record')}, {counted(considered['chars'], 'character')}")
    lines += _waterfall(answer, None if all_reasons else MOST_REASONS)
    lines.append(f"permitted   {counted(permitted['records'], 'record')}, {counted(permitted['chars'], 'character')}")
    if answer["obligations"]:
        lines += ["", "obligations that come with them"]
        lines += indented(
            table([(o, number(v["records"]), v["trigger"]) for o, v in answer["obligations"].items()], right=(1,))
        )
    if permitted["records"]:
        lines += ["", *todo_lines(answer["todo"])]
    for one_work in (t for t in answer["together"] if t["licenses"] is not None):
        licenses = ", ".join(one_work["licenses"])
        if one_work["clash"]:
            licenses = "nothing: " + " against ".join(" or ".join(side) for side in one_work["clash"])
        head = f"one work made from all of it ({one_work['act']}) may go out under "
        lines += ["", *wrapped("", head + plain(licenses, 400), most=2)]
    for key, says in (
        ("contested", "contested by copies in"),
        ("contradicted", CONTRADICTED),
    ):
        if answer[key]:
            lines += ["", *wrapped("", f"{says} {by_source(answer[key])}")]
    if answer["notices"]:
        kinds = ", ".join(f"{o['type']} ({number(o['records'])})" for o in answer["notices"])
        lines += ["", *wrapped("", f"kept in copyright notices and author lines: {kinds}")]
    if answer.get("coverage"):
        lines += ["", *wrapped("", coverage_line(answer["coverage"]))]
    if answer["would_permit"]:
        lines += ["", "what would permit more"]
        sets = [(f"+{number(w['records'])}", w["option"]) for w in answer["would_permit"]]
        width = max(len(records) for records, _ in sets)
        lines += whole(f"  {records.rjust(width)}  {option}" for records, option in sets)
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
    if own := overlay_lines(answer):
        lines += ["", *own]
    if answer["valid_until"]:
        lines += ["", f"the permission of some ends on {answer['valid_until']}"]
    if "out" in answer:
        lines += ["", f"ids and tags of {counted(answer['out']['records'], 'record')}: {answer['out']['path']}"]
    return lines + list(answer.get("ids") or [])


def _waterfall(answer: Mapping[str, Any], most: int | None) -> list[str]:
    """The families, and under each its largest reasons with what they are mostly about; ``--json`` has every line."""
    families = answer["families"]
    width = max((len(number(f["records"])) for f in families), default=0)
    lines: list[str] = []
    for family in families:
        reasons = family["reasons"]
        shown = reasons[:most] if most is None or len(reasons) > most + 1 else reasons
        lines += wrapped(f"- {number(family['records']).rjust(width)}  ", _name(family["family"], family["text"]))
        within = max(len(number(r["records"])) for r in shown)
        for reason in shown:
            head = f"{' ' * (width + 4)}{number(reason['records']).rjust(within)}  "
            lines += wrapped(head, _reason(reason, answer["excluded"]))
        if left := reasons[len(shown) :]:
            records = counted(sum(r["records"] for r in left), "record")
            lines.append(f"{' ' * (width + 4)}and {len(left)} more reasons, {records} (--all-reasons)")
    return lines


def _name(family: str, text: str) -> str:
    """``nobody said: nobody who could know said that it may be used``."""
    return f"{family.replace('-', ' ').upper()}: {text}"


def _reason(reason: Mapping[str, Any], excluded: Iterable[Mapping[str, Any]]) -> str:
    """The sentence of a reason with what it is mostly about."""
    rows = [r for r in excluded if r["reason"] == reason["reason"]]
    details = list(dict.fromkeys(r["detail"] for r in rows if r["detail"]))
    about = ", ".join(details[:3]) + (f" and {len(details) - 3} more" if len(details) > 3 else "")
    if reason["reason"] in ("obligation", "not-observed"):
        about = ", ".join(sorted({o for d in details for o in d.split(", ")}))
    return plain(f"{reason['text']}: {about}" if about else reason["text"], 200)
