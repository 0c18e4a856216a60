"""Answers about licences as lines for people. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from string import ascii_lowercase
from typing import Any

from rightful.cli.pages.lines import indented, plain, table, whole, wrapped
from rightful.cli.pages.readings import diff_lines as diff_lines
from rightful.cli.pages.readings import overlay_lines
from rightful.cli.pages.readings import reading_lines as reading_lines
from rightful.query.memo_page import page


def check_lines(answer: Mapping[str, Any]) -> list[str]:
    """A decision on an expression."""
    lines = [f"{answer['decision']}: {plain(answer['normalized'] or answer['expression'], 200)}"]
    lines += [
        f"  {r['act']}: {plain(r['text'], 300)}" if r["act"] else f"  {plain(r['text'], 300)}"
        for r in answer["reasons"]
    ]
    lines += [f"  obligations: {', '.join(answer['obligations'])}"] if answer["obligations"] else []
    lines += indented(overlay_lines(answer))
    if answer["needs"]:
        lines.append("  would permit: " + " ".join(f"--accept {o}" for o in answer["needs"]))
    return lines


def detected_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which licences files are; of what is not recognised, what is in it and what is left over."""
    lines: list[str] = []
    for row in rows:
        lines.append(f"{plain(row['file'], 300)}: {row['expression'] or 'no licence text'}")
        if row["leftover"] and row["licenses"]:
            lines += wrapped(
                "  ", f"beside the text of {', '.join(row['licenses'])}: {plain(row['leftover'], 200)} ..."
            )
        elif row["leftover"]:
            lines += wrapped("  ", f"begins: {plain(row['leftover'], 200)} ...")
    return lines


def license_list_lines(licenses: Sequence[Mapping[str, Any]]) -> list[str]:
    """All reviewed licences; those of which there is a reading of one's own are marked."""
    rows = [
        (each["id"] + ("*" if each["overlay"] else ""), each["kind"], ", ".join(each["flags"]), each["name"])
        for each in licenses
    ]
    own = (
        ["", "* a reading of one's own: see rightful license show"] if any(each["overlay"] for each in licenses) else []
    )
    return [*table(rows, ("id", "kind", "flags", "name")), *own]


def license_lines(license: Mapping[str, Any], profiles: Sequence[str]) -> list[str]:
    """One licence: one row per act and purpose, one column per reading. Letters stand for the obligations listed below."""
    letters = dict(zip(license["meaning"], ascii_lowercase, strict=False))
    cells = {(v["profile"], v["purpose"], v["act"]): _cell(v, letters) for v in license["verdicts"]}
    acts = list(dict.fromkeys(act for _, _, act in cells))
    purposes = list(dict.fromkeys(purpose for _, purpose, _ in cells))
    rows: list[list[str]] = []
    for act in acts:
        by_purpose = [(purpose, [cells[profile, purpose, act] for profile in profiles]) for purpose in purposes]
        for words, group in groupby(by_purpose, key=lambda s: s[1]):
            alike = [purpose for purpose, _ in group]
            rows.append([act, "any purpose" if len(alike) == len(purposes) else ", ".join(alike), *words])
    outbound = license["outbound"] if isinstance(license["outbound"], str) else ", ".join(license["outbound"])
    lines = [
        f"{license['id']}  {license['name']}",
        license["url"],
        *_wrapped("scope", ", ".join(license["scope"])),
        *_wrapped("territory", ", ".join(license["territory"])),
        *(_wrapped("flags", ", ".join(license["flags"])) if license["flags"] else []),
        *_wrapped("goes out under", outbound),
        *(_wrapped("forbids", ", ".join(license["use_restrictions"])) if license["use_restrictions"] else []),
        "",
        *table(rows, ("act", "purpose", *profiles)),
    ]
    if license["meaning"]:
        lines += ["", "obligations"]
        lines += _meanings((letters[i], o) for i, o in license["meaning"].items())
    lines += ["", "why"]
    for profile in profiles:
        for (clause, rationale), stated in _reasons(license["verdicts"], profile).items():
            lines += [f"  {profile} reading, {stated}", *_wrapped("   ", f"{clause}: {rationale}")]
    return [*lines, "", f"read by {license['reviewer']}, {license['reviewed_at']}", *overlay_lines(license)]


def memo_lines(answer: Mapping[str, Any]) -> list[str]:
    """The page for counsel, or where it was written to."""
    return [f"memo written to {plain(answer['out'], 300)}"] if answer.get("out") else whole(page(answer))


def why_lines(answer: Mapping[str, Any]) -> list[str]:
    """A decision on an expression, licence by licence, act by act."""
    use = answer["use"]
    lines = [*check_lines(answer), "", f"{use['purpose']} · {use['actor']} · {use['profile']} reading"]
    for reading in answer["readings"]:
        lines += ["", f"{reading['license']} on {reading['act']}: {reading['verdict']}"]
        if reading["counts_as"] != reading["verdict"]:
            lines.append(f"  counts as {reading['counts_as']} here (scope, territory or a forbidden application)")
        lines += _wrapped("  clause", reading["clause"])
        lines += _wrapped("  because", reading["rationale"])
        if reading["obligations"]:
            lines += _wrapped("  on condition of", ", ".join(reading["obligations"]))
        if reading["outbound"] is not None:
            lines += _wrapped("  goes out under", ", ".join(reading["outbound"]))
        lines += wrapped("  ", f"{reading['url']}; {reading['reviewer']}, {reading['reviewed_at']}")
    for act, offers in answer["alternatives"].items():
        lines += ["", f"all together, {act}"]
        for offer in offers:
            owed = f" with {', '.join(offer['obligations'])}" if offer["obligations"] else ""
            open_ = f" (not accepted: {', '.join(offer['not_accepted'])})" if offer["not_accepted"] else ""
            lines += _wrapped(f"  {offer['says']}", (owed + open_).strip() or "without conditions")
    if answer["meaning"]:
        lines += ["", "what the exporter undertakes"]
        lines += _meanings((i, o) for i, o in answer["meaning"].items())
    return lines


def _cell(verdict: Mapping[str, Any], letters: Mapping[str, str]) -> str:
    owed = " ".join(sorted(letters[o] for o in verdict["obligations"]))
    return f"{verdict['verdict']} {owed}".rstrip()


def _reasons(verdicts: Iterable[Mapping[str, Any]], profile: str) -> dict[tuple[str, str], str]:
    """(clause, rationale) -> for which purposes, and for which acts where it is not most of them."""
    reasons: dict[tuple[str, str], dict[str, list[str]]] = {}
    for v in verdicts:
        if v["profile"] == profile:
            reasons.setdefault((v["clause"], v["rationale"]), {}).setdefault(v["purpose"], []).append(v["act"])
    shown = {}
    for reason, by_purpose in reasons.items():
        acts = next(iter(by_purpose.values()))
        where = "any purpose" if len(by_purpose) == 3 else ", ".join(by_purpose)
        shown[reason] = where if len(acts) > 8 else f"{where}, {', '.join(acts)}"
    return shown


def _meanings(listed: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    rows = [(i, o["id"] if i != o["id"] else "", o["trigger"], o) for i, o in listed]
    head = max((len(f"{i} {name}".strip()) for i, name, _, _ in rows), default=0)
    lines: list[str] = []
    for i, name, trigger, o in rows:
        reference = " Needs a reference." if o["precondition"] else ""
        lines += _wrapped(f"  {f'{i} {name}'.strip().ljust(head)}  {trigger.ljust(16)}", f"{o['summary']}{reference}")
    return lines


def _wrapped(head: str, text: str) -> list[str]:
    return wrapped(f"{head}  ", text, most=42)
