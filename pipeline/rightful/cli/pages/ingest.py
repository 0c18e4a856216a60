"""What an ingest did, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from shlex import quote
from typing import Any

from rightful.cli.pages.lines import (
    CONTRADICTED,
    MOST_ROWS,
    by_source,
    counted,
    indented,
    listed,
    number,
    plain,
    table,
    tail,
    wrapped,
)
from rightful.rights.sources import CARD_NAME

LEFT_OUT = re.compile("left out by --(in|ex)clude")
MOST_EACH = 20
"""So many files that are not read are named each."""
MOST_NAMED = 4
"""So many files that lie beside others are named."""
REFUSING_UNREAD = ("subject", "parents")
"""The fields that refuse where they cannot be read."""

INGEST_CHANGES = {
    "superseded": ("older version superseded", "older versions superseded"),
    "updated": (
        "of the added was there before, and only got new tags",
        "of the added were there before, and only got new tags",
    ),
    "retired": ("retired: gone from the files that were read",) * 2,
    "restored": ("counts again", "count again"),
    "adopted": ("passed to another source with its file", "passed to another source with their files"),
}
"""What an ingest answers beside read = added + unchanged + refused + rejected: key -> words for one, for several."""


def step_of(records: int) -> str:
    """What the bar of an ingest says."""
    return f"ingest, {counted(records, 'record')}"


def ingest_lines(answer: Mapping[str, Any]) -> list[str]:
    """What an ingest did."""
    lines = [
        f"read {number(answer['read'])} = added {number(answer['added'])} + unchanged {number(answer['unchanged'])}"
        f" + refused {number(answer['refused'])} + rejected {number(answer['rejected'])}"
    ]
    for name, words in INGEST_CHANGES.items():
        if answer[name]:
            lines.append(counted(answer[name], *words))
    if answer["duplicates"]["exact"]:
        lines.append(f"{counted(answer['duplicates']['exact'], 'new exact copy', 'new exact copies')}, marked")
    if answer["duplicates"]["near"]:
        lines.append(f"{counted(answer['duplicates']['near'], 'new near copy', 'new near copies')}, marked")
    lines += alarm_lines(answer["alarms"])
    if answer["refused"]:
        lines.append(f"{number(answer['refused'])} refused: withdrawn")
    in_columns = [s for s in answer["statements"] if s["file"]]
    if in_columns:
        lines.append("columns whose statements about rights cannot be read; their rows are refused until they can be:")
        head = ("column", "rows", "file", "says")
        rows = [(s["column"], number(s["rows"]), plain(s["file"], 40), plain(s["sample"], 60)) for s in in_columns]
        lines += indented(table(rows[:MOST_ROWS], head, {1}))
        lines.append(
            "  state in the card what the strings mean ([licenses]); set aside ([fields] not_rights) columns that say nothing of rights"
        )
    in_texts = [s for s in answer["statements"] if not s["file"]]
    if in_texts:
        lines.append("what texts say of themselves, against a permission; they wait until it is settled:")
        spoken = [(s["column"], number(s["rows"]), plain(s["source"], 20), plain(s["sample"], 40)) for s in in_texts]
        lines += indented(table(spoken[:MOST_ROWS], ("where", "rows", "source", "says"), {1}))
        lines += [
            "  set aside in the card ([not_notices]) the phrases that are none of the works' own",
            "  what whoever wrote them reserves is lifted by a contract with them ([[contracts]] in the card)",
        ]
    lines += paper_lines(answer["papers"])
    if answer["unread"]:
        lines.append("present but not readable; the records are taken in without these values:")
        unread = [
            (u["field"], u["column"], number(u["rows"]), plain(u["file"], 40), plain(u["sample"], 60))
            for u in answer["unread"]
        ]
        lines += indented(table(unread[:MOST_ROWS], ("field", "column", "rows", "file", "holds"), {2}))
        if any(u["field"] in REFUSING_UNREAD for u in answer["unread"]):
            lines.append(
                "  a person or a parent that cannot be read may be one that refuses: such rows wait until it can be read"
            )
    lines += conversation_lines(answer["conversations"])
    lines += capture_lines(answer["captures"])
    lines += kept_lines(answer["kept"])
    lines += layout_lines(answer["sources"])
    warned = [(plain(s["source"], 40), plain(w, 160)) for s in answer["sources"] for w in s["warnings"]]
    if warned:
        lines += ["statements in cards that grant nothing", *indented(table(warned[:MOST_ROWS]))]
    if answer["contradicted"]:
        lines.append(f"{CONTRADICTED} {by_source(answer['contradicted'])}")
    lines += uncarded_lines(answer["sources"])
    rate = answer["text_bytes"] / 1e6 / answer["seconds"] if answer["seconds"] else 0.0
    lines.append(
        f"snapshot {answer['snapshot']}, {answer['seconds']:.1f} s, {answer['text_bytes'] / 1e6:.1f} MB of text, {rate:.1f} MB/s"
    )
    lines += [
        f"{plain(r['file'], 60)} at commit {r['commit'][:12]}"
        + (f" of {r['committed_at']}" if r["committed_at"] else "")
        for r in answer["repositories"][:MOST_EACH]
    ]
    if len(answer["repositories"]) > MOST_EACH:
        lines.append(f"... and {len(answer['repositories']) - MOST_EACH} more repositories (--json lists all)")
    gone = [(g["file"], counted(g["records"], "record")) for g in answer["gone"]]
    if gone and not answer["gone"][0]["retired"]:
        lines.append("files that are gone still count: --prune retires their records")
    return (
        lines
        + listed("gone", gone)
        + listed("rejected", rejected_rows(answer["errors"]))
        + not_read_lines(answer["skipped"], answer["not_read"])
        + passed_over_lines(answer["passed_over"])
        + [line for folder in answer["nothing_read"] for line in nothing_lines(folder)]
    )


def not_read_lines(skipped: Sequence[Mapping[str, Any]], reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is not read: each where they are few and nobody left them out, else by reason, with the first of each."""
    if len(skipped) <= MOST_EACH and not any(LEFT_OUT.match(of["reason"]) for of in reasons):
        return listed("not read", [(tail(s["file"], 40), _passed(s)) for s in skipped])
    first: dict[str, str] = {}
    for one in skipped:
        first.setdefault(one["reason"], one["file"])
    rows = [
        (number(of["files"] + of["records"]), plain(of["reason"], 60), tail(first[of["reason"]], 40)) for of in reasons
    ]
    more = [f"... and {len(rows) - MOST_ROWS} more reasons (--json lists all)"] if len(rows) > MOST_ROWS else []
    return ["not read (--json lists each):", *indented([*table(rows[:MOST_ROWS], ("", "why", "such as"), {0}), *more])]


def _passed(skipped: Mapping[str, Any]) -> str:
    return (
        f"{skipped['reason']}: {counted(skipped['records'], 'record')}" if "records" in skipped else skipped["reason"]
    )


def paper_lines(papers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The files beside the texts that nobody can read, and what settles them."""
    if not papers:
        return []
    rows = [(_where(p["place"]), number(p["files"]), plain(p["says"], 40)) for p in papers]
    more = [f"... and {len(papers) - MOST_ROWS} more (--json lists all)"] if len(papers) > MOST_ROWS else []
    lines = ["beside the texts nobody can read; what this speaks of is refused until it is settled:"]
    lines += indented([*table(rows[:MOST_ROWS], ("where", "files", "says"), {1}), *more])
    lines.append("  which words of a licence file belong to no licence is shown by: rightful license detect FILE")
    return [
        *lines,
        "  a contract with whoever may license settles it ([[contracts]] in the card); so does, of one line, what it means ([licenses])",
    ]


def _where(place: str) -> str:
    """A file, and where in it: ``LICENSE (not recognised: ...)``."""
    file, within, rest = place.partition(" (")
    return tail(file, 40) + plain(within + rest, 30)


def layout_lines(sources: Iterable[Mapping[str, Any]]) -> list[str]:
    """The layouts that data look like and nobody chose: why that matters, what counts of them, and the line that chooses one."""
    lines: list[str] = []
    for source in sources:
        layout = source["layout"]
        if layout is None or layout["title"] is None:
            continue
        head = f"{plain(source['source'], 40)} looks like {plain(layout['title'], 40)}: "
        lines += wrapped(head, layout["why"], most=2)
        where = plain(source["card"], 200) if source["card"] else f"a {CARD_NAME} beside the data"
        held = "until somebody says so it permits nothing, and restricts" if layout["counts"] == "guessed" else ""
        say = f'if it is, write layout = "{layout["name"]}" into {where}, or ingest with --layout {layout["name"]}'
        lines += wrapped("  ", say + (f"; {held}" if held else ""), most=2)
    return lines


def uncarded_lines(sources: Iterable[Mapping[str, Any]]) -> list[str]:
    """How many files have no card: of some of them other files speak, and of the rest nothing but their rows."""
    uncarded = [s for s in sources if not s["card"] and (s["layout"] is None or s["layout"]["counts"] != "stated")]
    files, beside = sum(s["files"] for s in uncarded), sum(s["beside"] for s in uncarded)
    lines = []
    if beside:
        named = list(dict.fromkeys(place.rpartition("/")[2] for s in uncarded for place in s["stated_in"]))
        have, them = ("has", "it") if beside == 1 else ("have", "them")
        shown = ", ".join(plain(name, 40) for name in named[:MOST_NAMED]) + (", ..." if len(named) > MOST_NAMED else "")
        lines.append(f"{counted(beside, 'file')} {have} no {CARD_NAME}; what lies beside {them} counts: {shown}")
    if silent := files - beside:
        have, their = ("has", "its") if silent == 1 else ("have", "their")
        lines.append(
            f"{counted(silent, 'file')} {have} no {CARD_NAME}: what {their} rows do not say about rights is unknown"
        )
    return lines


def capture_lines(captures: Iterable[Mapping[str, Any]]) -> list[str]:
    """What was looked at for reservations, a line in all: protocol by protocol, what was found first."""
    by_protocol: dict[str, list[str]] = {}
    for c in sorted(captures, key=lambda c: (c["protocol"], c["result"] != "found", c["result"])):
        by_protocol.setdefault(c["protocol"], []).append(f"{number(c['captures'])} {c['result']}")
    shown = "; ".join(f"{protocol} {', '.join(of)}" for protocol, of in by_protocol.items())
    return wrapped("looked at for reservations: ", shown) if shown else []


def rejected_rows(errors: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """What was rejected, one row for all of one file that were rejected for one reason: where the first of them is, and how many more."""
    positions: dict[tuple[str, str], list[str]] = {}
    for error in errors:
        positions.setdefault((error["file"], error["reason"]), []).append(error["position"] or "")
    return [
        (tail(file, 40), of[0] if len(of) == 1 else f"{of[0]} and {number(len(of) - 1)} more".strip(), reason)
        for (file, reason), of in positions.items()
    ]


def conversation_lines(conversations: Sequence[Mapping[str, Any]]) -> list[str]:
    """The forms of the conversations that were read, and where their text comes from."""
    talks = [
        (c["form"], plain(c["columns"], 40), number(c["rows"]), number(c["aside"]), plain(c["file"], 40))
        for c in conversations
    ]
    lines = []
    if talks:
        rows = indented(table(talks[:MOST_ROWS], ("form", "columns", "records", "set aside", "file"), {2, 3}))
        lines += [f"conversations; their text is made by the template {conversations[0]['template']}:", *rows]
    if any(c["aside"] for c in conversations):
        lines.append("  set aside: the row has a text of its own, which is the text")
    return lines


def kept_lines(kept: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns that were kept, and those that were to be and are in no record that was read."""
    there = [(plain(k["column"], 40), plain(k["type"], 40), plain(k["source"], 40)) for k in kept if k["type"]]
    lines = (
        ["kept beside the text:", *indented(table(there[:MOST_ROWS], ("column", "type", "source")))] if there else []
    )
    if len(there) > MOST_ROWS:
        lines.append(f"  and {number(len(there) - MOST_ROWS)} more (--json lists them)")
    missing = [(plain(k["column"], 40), plain(k["source"], 40)) for k in kept if k["type"] is None]
    if missing:
        lines += [
            "to be kept, and in no record that was read:",
            *indented(table(missing[:MOST_ROWS], ("column", "source"))),
        ]
    return lines


def passed_over_lines(passed_over: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is never read unless it is named, by pattern."""
    rows = [(of["pattern"], number(of["paths"]), of["reason"]) for of in passed_over]
    return ["never read unless named:", *indented(table(rows[:MOST_ROWS]))] if rows else []


_WIDER = "next: patterns are relative to the folder, and '*.txt' means a name in any folder of it: see ingest --help"


def nothing_lines(of: Mapping[str, Any]) -> list[str]:
    """Why nothing could be read in a folder, and what to do next."""
    folder = plain(of["folder"], 200)
    if not of["reasons"]:
        return [f"NOTHING TO READ in {folder}: it is empty", "next: name the folder that holds the data"]
    rows = [(number(why["files"]), plain(why["reason"], 90)) for why in of["reasons"]]
    if all(LEFT_OUT.match(why["reason"]) for why in of["reasons"]):
        return [f"NOTHING IS LEFT TO READ in {folder}:", *indented(table(rows[:MOST_ROWS], right={0})), _WIDER]
    return [
        f"NOTHING COULD BE READ in {folder}:",
        *indented(table(rows[:MOST_ROWS], right={0})),
        f"next, if they are text: rightful ingest {plain(quote(of['folder']), 200)} --format text",
        "else convert them to text, JSON lines, CSV or Parquet, or name a file that is to be read all the same",
    ]


def alarm_lines(alarms: Iterable[Mapping[str, Any]]) -> list[str]:
    """The sources that would lose most of their records to others."""
    return [
        f"ALARM: {number(alarm['lost'])} of {counted(alarm['records'], 'record')} of {plain(alarm['source'], 60)} are near copies of"
        " other sources' records"
        for alarm in alarms
    ]
