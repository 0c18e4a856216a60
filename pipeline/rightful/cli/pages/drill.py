"""What a drill found, as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import counted, indented, number, plain, table, wrapped


def drill_lines(answer: Mapping[str, Any]) -> list[str]:
    """How long it took from the event to the last repaired shard, and what was left."""
    seconds, exports = answer["seconds"], answer["exports"]
    head = (
        f"{counted(answer['records'], 'record')} withdrawn by chance (seed {answer['seed']}):"
        f" {seconds['total']:.2f} s from the event to {counted(len(exports), 'repaired export')}"
    )
    rows = [
        (
            plain(one["export"], 24),
            one["format"],
            number(one["records_removed"]),
            f"{number(one['shards_rewritten'])} of {number(one['shards'])}",
            f"{one['bytes'] / 1e6:.1f}",
            f"{one['seconds']['redact']:.2f}",
            "whole" if one["ok"] else "NOT VERIFIED",
        )
        for one in exports
    ]
    lines = wrapped("", head, most=2)
    names = ("export", "format", "records", "shards", "MB", "s", "verified")
    lines += ["", *indented(table(rows, names, right={2, 4, 5}))]
    steps = ", ".join(f"{step} {took:.2f}" for step, took in seconds.items() if step != "total")
    lines += ["", *wrapped("seconds: ", steps)]
    if answer["assets"]:
        named = ", ".join(f"{a['kind']} {plain(a['name'], 40)}" for a in answer["assets"])
        lines += wrapped("tainted, and not repaired by this: ", named)
    lines += [
        line
        for one in answer["skipped"]
        for line in wrapped("left out: ", f"{plain(one['export'], 24)}: {plain(one['reason'], 200)}")
    ]
    lines += [line for one in exports for why in one["corrupt"] for line in wrapped("damaged: ", plain(why, 300))]
    return [*lines, "", "OK: nothing of it is left to be used" if answer["ok"] else "NOT OK"]
