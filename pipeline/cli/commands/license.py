"""``rightful license`` and ``rightful uses``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click

from pipeline.cli.app import Context, cli
from pipeline.cli.options import split_use, use_options
from pipeline.cli.show import plain, table
from pipeline.licensing import check as check_expression
from pipeline.licensing import listing, vocabulary
from pipeline.licensing import show as show_license
from pipeline.policy import UseOptions, read_policy
from pipeline.rights.uses import PROFILES
from pipeline.times import instant


@cli.group(epilog="Example: rightful license show CC-BY-NC-4.0")
def license() -> None:
    """The licence catalogue: a reading of each licence, act by act. Not legal advice."""


@license.command("list", epilog="Example: rightful license list")
@click.pass_obj
def list_(context: Context, /) -> None:
    """All reviewed licences."""
    found = listing(context.store.law)
    context.answer(
        found,
        table([(x["id"], x["kind"], ",".join(x["flags"]), x["name"]) for x in found], ("id", "kind", "flags", "name")),
    )


@license.command(epilog="Example: rightful license show MIT")
@click.argument("name", metavar="LICENSE")
@click.option("--profile", default="strict", show_default=True, metavar="|".join(PROFILES), help="The reading to show.")
@click.pass_obj
def show(context: Context, /, name: str, profile: str) -> None:
    """What a licence says of every act, for every purpose."""
    found = show_license(name, context.store.law)
    lines = [
        f"{found['id']}  {found['name']}",
        found["url"],
        f"scope {', '.join(found['scope'])} · outbound {found['outbound']}",
        "",
    ]
    cells: dict[str, dict[str, str]] = {}
    for v in found["verdicts"]:
        if v["profile"] == profile:
            said = v["verdict"] + (f" [{', '.join(v['obligations'])}]" if v["obligations"] else "")
            cells.setdefault(v["act"], {})[v["purpose"]] = said
    rows = []
    for act, by_purpose in cells.items():
        same = len(set(by_purpose.values())) == 1
        rows += (
            [(act, "any purpose", by_purpose["commercial"])] if same else [(act, p, s) for p, s in by_purpose.items()]
        )
    lines += table(rows, ("act", "purpose", f"verdict ({profile})"))
    context.answer(found, [*lines, "", f"reviewed by {found['reviewer']}, {found['reviewed_at']}"])


@license.command(epilog="Example: rightful license check 'MIT OR GPL-3.0-only' --use train.pretrain --accept notice")
@click.argument("expression", metavar="EXPR")
@use_options
@click.pass_obj
def check(context: Context, /, expression: str, **options: Any) -> int:
    """What a licence expression, alias or deed address permits. Exit 3 unless it permits.

    EXPR - reads one a line from stdin and answers a JSON array in that order (exit 0).
    """
    acts, rest = split_use(options)
    as_of = rest.pop("as_of")
    asked = UseOptions(use=acts, as_of=instant(as_of, "--as-of") if as_of else None, **rest)
    law = context.store.law
    use = read_policy(context.store.layout.policy, law.vocabulary).use(asked, law.vocabulary, datetime.now(UTC))
    if expression == "-":
        answers = [check_expression(line.rstrip("\n"), use, law) for line in sys.stdin]
        context.as_json = True
        context.answer(answers, [])
        return 0
    answer = check_expression(expression, use, law)
    lines = [f"{answer['decision']}: {plain(answer['normalized'] or expression)}"]
    lines += [f"  {r['act']}: {plain(r['text'], 160)}" for r in answer["reasons"]]
    lines += [f"  obligations: {', '.join(answer['obligations'])}"] if answer["obligations"] else []
    context.answer(answer, lines)
    return 0 if answer["decision"] == "permit" else 3


@cli.command(epilog="Example: rightful uses --json")
@click.pass_obj
def uses(context: Context, /) -> None:
    """The words of a request: acts, applications, obligations."""
    words = vocabulary(context.store.law)
    lines = [
        "acts (--use)",
        *table([("  " + a["id"], f"since {a['known_from']}", a["summary"]) for a in words["acts"]]),
        "",
    ]
    lines += ["applications (--application; ! is sensitive)"]
    lines += table([("  " + ("! " if a["sensitive"] else "  ") + a["id"], a["summary"]) for a in words["applications"]])
    lines += ["", "obligations (--accept; ! is a precondition and needs a reference)"]
    lines += table(
        [
            ("  " + ("! " if o["precondition"] else "  ") + o["id"], o["trigger"], o["summary"])
            for o in words["obligations"]
        ]
    )
    context.answer(words, lines)
