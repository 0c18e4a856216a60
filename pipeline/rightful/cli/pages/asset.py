"""Assets as lines. Floor 11: pure formatters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rightful.assets.card import card_page
from rightful.cli.pages.lines import counted, indented, number, plain, table, use_line, use_lines, whole, wrapped

_MOST_REASONS = 12


def asset_lines(answer: Mapping[str, Any]) -> list[str]:
    """The decision on an asset, what it was made of, and what is owed."""
    named = f"{answer['kind']} {plain(answer['name'], 80)}"
    id_of = f" ({answer['asset']})" if answer["asset"] else ""
    if answer.get("registered") is None:
        lines = [f"{named}{id_of}: {answer['decision']}"]
    else:
        lines = [f"{named}{id_of}: {'registered' if answer['registered'] else 'not registered: ' + answer['decision']}"]
    lines += _status_lines(answer)
    lines += use_lines(answer["use"], answer["as_of"]) if answer["use"] else _declared_lines(answer["declared"])
    if answer["use"] and answer["decision"] == "permit" and not answer["is_declared"]:
        lines += wrapped("", "it is not declared for this: rightful asset add declares it, and is logged")
    lines += _reason_lines(answer["reasons"])
    lines += _new_use_lines(answer["new_uses"]) if answer["decision"] == "permit" else []
    lines += ["", "made of", *indented(table(_inputs(answer["inputs"]), right={2, 3}))]
    if answer["obligations"]:
        rows = [(one["trigger"], one["owed"], one["summary"]) for one in answer["obligations"]]
        lines += ["", "owed", *indented(table(rows))]
    limited = {act: licenses for act, licenses in answer["outbound"].items() if licenses is not None}
    if limited:
        lines += ["", "goes out under", *indented(table([(act, ", ".join(of)) for act, of in limited.items()]))]
    return lines


def asset_list_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """All assets."""
    if not rows:
        return ["no assets"]
    cells = [
        (
            row["asset"],
            row["kind"],
            row["name"],
            row["status"],
            counted(len(row["inputs"]), "input"),
            ", ".join(row["acts"]),
        )
        for row in rows
    ]
    return table(cells, ("id", "kind", "name", "status", "made of", "declared for"))


def card_lines(answer: Mapping[str, Any]) -> list[str]:
    """The page, or where it was written to."""
    if answer["files"]:
        return [f"written: {plain(file, 300)}" for file in answer["files"]]
    return whole(line for line in card_page(answer).splitlines())


def _status_lines(answer: Mapping[str, Any]) -> list[str]:
    of = answer["tainted"]
    if not of:
        return []
    if answer["status"] == "unreadable":
        return wrapped("", f"unreadable: nothing says what was in {', '.join(of['exports_unreadable'])}")
    share = "an unknown share" if of["share"] is None else f"{of['share']:.4%}"
    since = f" since {of['since']}" if of["since"] else ""
    events = f" by {', '.join(of['events'][:5])}" if of["events"] else ""
    more = f", and {len(of['events']) - 5} more" if len(of["events"]) > 5 else ""
    what = f"tainted{since}: {counted(of['records'], 'record')} in it refused now, {share} of its tokens{events}{more}"
    return wrapped("", what)


def _declared_lines(declared: Sequence[Mapping[str, Any]]) -> list[str]:
    """What it is declared for; the instant of that is no matter here."""
    listed = (use_line(one["use"], "").rpartition(" · as of")[0].removeprefix("use ") for one in declared)
    return [line for of in listed for line in wrapped("declared for ", of, most=4)]


def _reason_lines(reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Each reason once; where several inputs have it, with the records that it holds of in each."""
    by_text: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in reasons:
        by_text.setdefault((one["act"], one["text"]), []).append(one)
    several = len({one.get("input") for one in reasons}) > 1
    lines: list[str] = []
    for (act, text), alike in [*by_text.items()][:_MOST_REASONS]:
        held = [_of_input(one, several) for one in alike if one.get("records")]
        records = f" ({', '.join(held)})" if held else ""
        lines += wrapped("  ", f"{act}: {plain(text, 300)}{records}", most=4)
    more = len(by_text) - _MOST_REASONS
    return lines + ([f"  ... and {number(more)} more (--json lists all)"] if more > 0 else [])


def _of_input(one: Mapping[str, Any], several: bool) -> str:
    where = f" in {plain(one['input'], 60)}" if several and one.get("input") else ""
    return counted(one["records"], "record") + where


def _new_use_lines(uses: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for one in uses:
        why = f"{plain(one['source'], 60)} was collected for {plain(', '.join(one['collected_for']), 120)}"
        lines += wrapped("  new use: ", f"{why}; {', '.join(one['acts'])} is beyond that, and was acknowledged")
    return lines


def _inputs(inputs: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for one in inputs:
        kind = next(k for k in ("export", "asset", "base") if k in one)
        tokens = "" if one["tokens"] is None else f"{number(one['tokens'])} tokens"
        share = "" if one["share"] is None else f"{one['share']:.2%}"
        rows.append((f"{kind} {one[kind]}", str(one["name"] or ""), tokens, share, str(one["decision"])))
    return rows
