"""Answers as lines for people. Floor 11: pure formatters; text of records is made harmless before it is shown."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from rightful.notation.shown import number as number
from rightful.notation.shown import plain as plain

_ACTS_ON_A_TERMINAL = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON need not escape and a terminal obeys: control characters, changes of direction, halves of a character."""


MOST_ROWS = 40
"""So many rows of a list are shown to people; --json has them all."""


def document(data: Any) -> str:
    """One JSON document in which nothing acts on a terminal; it reads back as the same data."""
    text = json.dumps(data, ensure_ascii=False, default=str)
    return _ACTS_ON_A_TERMINAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = (), right: Container[int] = ()) -> list[str]:
    """Columns by width; ``right`` names the columns that hold numbers."""
    cells = [[plain(c) for c in row] for row in rows]
    if head:
        cells.insert(0, [plain(c) for c in head])
    if not cells:
        return []
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  ".join(
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def indented(lines: Iterable[str], by: str = "  ") -> list[str]:
    """The lines, moved to the right."""
    return [by + line for line in lines]


def wrapped(head: str, text: str, width: int, most: int) -> list[str]:
    """``head`` and the text after it in lines of ``width``; they hang as far in as the head is long, ``most`` at the most."""
    first, *rest = textwrap.wrap(plain(text), width) or [""]
    return [head + first, *indented(rest, " " * min(len(head), most))]


def alarm_lines(alarms: Iterable[Mapping[str, Any]]) -> list[str]:
    """The sources that would lose most of their records to others."""
    return [
        f"ALARM: {number(alarm['lost'])} of {number(alarm['records'])} records of {plain(alarm['source'], 60)} are near copies of"
        " other sources' records"
        for alarm in alarms
    ]


CONTRADICTED = "personal data found, though denied by the card of"

REFUSING_UNREAD = ("subject", "parents")
"""The fields that refuse where they cannot be read."""

INGEST_CHANGES = {
    "superseded": "older versions superseded",
    "updated": "records with new tags",
    "retired": "retired: gone from what was read",
    "restored": "count again",
    "adopted": "passed to another source with their files",
}
"""What an ingest answers beside read = added + unchanged + refused + rejected: key -> words."""


def ingest_lines(answer: Mapping[str, Any]) -> list[str]:
    """What an ingest did."""
    lines = [
        f"read {number(answer['read'])} = added {number(answer['added'])} + unchanged {number(answer['unchanged'])}"
        f" + refused {number(answer['refused'])} + rejected {number(answer['rejected'])}"
    ]
    for name, text in INGEST_CHANGES.items():
        if answer[name]:
            lines.append(f"{number(answer[name])} {text}")
    if answer["duplicates"]["exact"]:
        lines.append(f"{number(answer['duplicates']['exact'])} new exact copies, marked")
    if answer["duplicates"]["near"]:
        lines.append(f"{number(answer['duplicates']['near'])} new near copies, marked")
    lines += alarm_lines(answer["alarms"])
    if answer["refused"]:
        lines.append(f"{number(answer['refused'])} refused: withdrawn")
    if answer["statements"]:
        lines.append("columns that say something of rights which cannot be read; the rows are refused until it can:")
        head = ("column", "rows", "file", "says")
        told = [
            (s["column"], number(s["rows"]), plain(s["file"], 40), plain(s["sample"], 60)) for s in answer["statements"]
        ]
        lines += indented(table(told[:MOST_ROWS], head, {1}))
        lines.append(
            "  say in the card what the strings mean ([licenses]); set aside ([fields] not_rights) only what says nothing of rights"
        )
    if answer["unread"]:
        lines.append("there, but not readable: the records are taken in without them")
        listed = [
            (u["field"], u["column"], number(u["rows"]), plain(u["file"], 40), plain(u["sample"], 60))
            for u in answer["unread"]
        ]
        lines += indented(table(listed[:MOST_ROWS], ("field", "column", "rows", "file", "holds"), {2}))
        if any(u["field"] in REFUSING_UNREAD for u in answer["unread"]):
            lines.append(
                "  a person or a parent that cannot be read may be one that refuses: such rows wait until it can"
            )
    warned = [(plain(s["source"], 40), plain(w, 160)) for s in answer["sources"] for w in s["warnings"]]
    if warned:
        lines += ["what cards state that grants nothing", *indented(table(warned[:MOST_ROWS]))]
    if answer["contradicted"]:
        lines.append(f"{CONTRADICTED} {_by_source(answer['contradicted'])}")
    uncarded = [s for s in answer["sources"] if not s["card"]]
    if uncarded:
        files = sum(s["files"] for s in uncarded)
        lines.append(f"{number(files)} files have no source.toml: what their rows do not say about rights is unknown")
    rate = answer["text_bytes"] / 1e6 / answer["seconds"] if answer["seconds"] else 0.0
    lines.append(
        f"snapshot {answer['snapshot']}, {answer['seconds']:.1f} s, {answer['text_bytes'] / 1e6:.1f} MB of text, {rate:.1f} MB/s"
    )
    gone = [(g["file"], f"{number(g['records'])} records") for g in answer["gone"]]
    if gone and not answer["gone"][0]["retired"]:
        lines.append("files that are gone still count: --prune retires their records")
    return (
        lines
        + _listed("gone", gone)
        + _listed("rejected", [(e["file"], e["position"] or "", e["reason"]) for e in answer["errors"]])
        + _listed("not read", [(s["file"], s["reason"]) for s in answer["skipped"]])
    )


def _by_source(listed: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{plain(o['source'], 40)} ({number(o['records'])})" for o in listed[:8])


def query_lines(answer: Mapping[str, Any]) -> list[str]:
    """The waterfall."""
    considered, permitted = answer["considered"], answer["permitted"]
    lines = [use_line(answer["use"], answer["as_of"]), ""]
    lines.append(f"considered  {number(considered['records'])} records, {number(considered['chars'])} characters")
    lines += table(_waterfall(answer["excluded"]), right=(0,))
    lines.append(f"permitted   {number(permitted['records'])} records, {number(permitted['chars'])} characters")
    if answer["obligations"]:
        lines += ["", "obligations that come with them"]
        lines += indented(
            table([(o, number(v["records"]), v["trigger"]) for o, v in answer["obligations"].items()], right=(1,))
        )
    for whole in (t for t in answer["together"] if t["licenses"] is not None):
        said = ", ".join(whole["licenses"])
        if whole["clash"]:
            said = "nothing: " + " against ".join(" or ".join(side) for side in whole["clash"])
        lines += ["", f"one thing made of all of it ({whole['act']}) may go out under {plain(said, 400)}"]
    for key, says in (
        ("contested", "contested by copies in"),
        ("contradicted", CONTRADICTED),
    ):
        if answer[key]:
            lines += ["", f"{says} {_by_source(answer[key])}"]
    if answer["notices"]:
        listed = ", ".join(f"{o['type']} ({number(o['records'])})" for o in answer["notices"])
        lines += ["", f"kept in copyright notices and author lines: {listed}"]
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
        lines.append(f"and {number(len(answer['licenses']) - MOST_ROWS)} more licences (--json lists them all)")
    if answer["valid_until"]:
        lines += ["", f"the permission of some ends on {answer['valid_until']}"]
    if "out" in answer:
        lines += ["", f"ids and tags of {number(answer['out']['records'])} records: {answer['out']['path']}"]
    return lines + list(answer.get("ids") or [])


def use_line(use: Mapping[str, Any], as_of: str) -> str:
    """The request in one line."""
    said = f"use {', '.join(use['asked'])} · {use['purpose']} · {use['actor']}"
    said += f" · for {use['application']}" if use["application"] else ""
    said += f" · {', '.join(use['jurisdictions'])}" if use["jurisdictions"] != ["*"] else ""
    said += f" · {use['profile']} reading · as of {as_of}"
    return said


def export_lines(manifest: Mapping[str, Any], out: str) -> list[str]:
    """What was exported."""
    lines = [
        f"export {manifest['export']}: {number(manifest['records'])} records, {number(manifest['tokens'])} tokens,"
        f" {len(manifest['shards'])} shards ({manifest['format']}) in {out}"
    ]
    backend = manifest["tokenizer"]["backend"]
    if backend["compared"] is not None:
        what = f"{backend['name']} {backend['version']}"
        lines.append(
            f"tokenized with {what}; {number(backend['compared'])} documents held against the reference: same ids"
        )
    elif backend["note"]:
        lines.append(f"tokenized with the reference: {backend['note']}")
    if manifest["lost"]:
        lines.append(
            f"lost: {number(manifest['lost'])} characters of {number(manifest['lost_records'])} records,"
            " which the tokenizer has no way to write"
        )
    if manifest["tokenizer"]["unknown_tokens"]:
        lines.append(f"unknown tokens: {number(manifest['tokenizer']['unknown_tokens'])}")
    if manifest["refused"]:
        lines.append("left out: " + ", ".join(f"{number(n)} {reason}" for reason, n in manifest["refused"].items()))
    if said := manifest["redaction"]:
        spans = ", ".join(f"{number(n)} {kind}" for kind, n in said["spans"].items()) or "nothing found"
        lines.append(f"redacted: {spans}, in {number(said['records'])} records")
    if said and said["not_found"]:
        missed = ", ".join(f"{kind} in {number(n)} records" for kind, n in said["not_found"].items())
        lines.append(f"tagged at ingest but not found by this scan, so still there: {missed}")
    lines.append("obligations: " + (", ".join(manifest["obligations"]) or "none"))
    lines.append("permission ends: " + (manifest["expires_at"] or "no dated end is known"))
    return lines


def verify_lines(answer: Mapping[str, Any]) -> list[str]:
    """Whether an export may still be used."""
    verdict = "OK: every file is whole, every record still permitted" if answer["ok"] else "NOT VERIFIED"
    lines = [f"{answer['export']}: {number(answer['records'])} records read back. {verdict}"]
    lines += _listed("stale", [(s["record"], s["shard"], s["text"]) for s in answer["stale"]])
    return lines + _listed("corrupt", [(c["file"], c["reason"]) for c in answer["corrupt"]])


def consent_lines(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was recorded."""
    lines = []
    for a in answers:
        said = f"would record {a['kind']}" if a["dry_run"] else f"{a['event']}  {a['kind']}"
        matched = a["matched"]
        lines.append(
            f"{said} by {a['selector']['by']} {plain(a['selector']['value'], 80)}, effective {a['effective']}:"
            f" matches {number(matched['records'])} records in {number(matched['sources'])} sources"
        )
    return lines


EXPORTS = ("exports", "exports_unreadable")
"""The keys of an answer that name exports."""


def export_lines_of(answer: Mapping[str, Any]) -> list[str]:
    """The exports that hold what was refused, or is permitted no more."""
    lines = [f"export {name} holds what is refused now: see rightful verify {name}" for name in answer["exports"]]
    return lines + [f"export {name}: nothing says what it holds" for name in answer["exports_unreadable"]]


def unmatched_lines(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The events that match no record: a slip of the pen, or meant for what is still to come."""
    return [
        f"{a['kind']} by {a['selector']['by']} {plain(a['selector']['value'], 80)} matches nothing yet;"
        f" it will {'count for' if a['kind'] == 'grant' else 'refuse'} what arrives later"
        for a in answers
        if a["unmatched"]
    ]


def incomplete_lines(answers: Iterable[Mapping[str, Any]]) -> list[str]:
    """The consents that were given as rights holder and grant nothing, as they do not say all that they have to."""
    return [
        f"{a['kind']} by {a['selector']['by']} {plain(a['selector']['value'], 80)} grants nothing as rights_holder:"
        f" it does not name {', '.join(a['lacks'])}"
        for a in answers
        if a["lacks"]
    ]


def _waterfall(excluded: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """One line a reason, with what it is mostly about; ``--json`` has every line."""
    by_reason: dict[str, list[Mapping[str, Any]]] = {}
    for row in excluded:
        by_reason.setdefault(row["reason"], []).append(row)
    found = []
    for rows in by_reason.values():
        details = list(dict.fromkeys(r["detail"] for r in rows if r["detail"]))
        said = rows[0]["text"].removesuffix(f": {rows[0]['detail']}") if details else rows[0]["text"]
        about = ", ".join(details[:3]) + (f" and {len(details) - 3} more" if len(details) > 3 else "")
        if rows[0]["reason"] == "obligation":
            about = ", ".join(sorted({o for d in details for o in d.split(", ")}))
        total = sum(int(r["records"]) for r in rows)
        found.append((total, f"{said}: {about}" if about else said))
    found.sort(key=lambda f: -f[0])
    return [(f"- {number(n)}", plain(said, 150)) for n, said in found]


def _listed(name: str, rows: Sequence[Sequence[object]], limit: int = 20) -> list[str]:
    if not rows:
        return []
    more = [f"  ... and {len(rows) - limit} more (--json lists all)"] if len(rows) > limit else []
    return [f"{name}:", *indented(table([[plain(c, 110) for c in row] for row in rows[:limit]])), *more]
