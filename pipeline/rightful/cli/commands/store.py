"""``rightful store``, ``rightful source`` and ``rightful sql``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.bounds import bounded
from rightful.cli.options import snapshot_option, workers_option, yes_option
from rightful.cli.pages.lines import number, plain, table
from rightful.errors import UnknownName
from rightful.query.sql import MAX_SECONDS


@cli.group(epilog="Example: rightful store status")
def store() -> None:
    """The store itself: health and history."""


@store.command(epilog="Example: rightful store status --json")
@click.pass_obj
def status(context: Context, /) -> None:
    """Snapshot, sizes and counts."""
    found = context.store.status()
    shown = {k: v for k, v in found.items() if k != "upgrade"}
    lines = table([(k.replace("_", " "), _cell(v)) for k, v in shown.items()])
    if found["upgrade"]:
        lines.append("an earlier version wrote it: it lacks " + ", ".join(found["upgrade"]))
    context.answer(found, lines)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int) else plain(str(value))


@store.command(epilog="Example: rightful store check --json")
@click.option(
    "--sweep", is_flag=True, help="Remove what killed runs left, if nothing is damaged: staged and orphaned files."
)
@click.pass_obj
def check(context: Context, /, sweep: bool) -> int:
    """Read everything and hold it against what was committed; damage is named, with what to do (exit 3).

    Covered are the rows of the ledger with its chain and its indexes, the parts of every snapshot, the record indices
    of exports, and the policy with its signature. Orphans are files that no snapshot has, as a killed run leaves them,
    or that are none of a store; they do no harm, and no command reads them.
    """
    found = context.store.check(sweep=sweep)
    lines = ["everything is what was committed"] if found["ok"] else []
    for one in found["damaged"]:
        lines += [f"damaged: {plain(one['file'])}: {plain(one['what'])}", f"  remedy: {plain(one['remedy'])}"]
    lines += [f"orphan: {plain(name)}" for name in found["orphans"]]
    lines += [f"swept: {plain(name)}" for name in found.get("swept", ())]
    context.answer(found, lines)
    return 0 if found["ok"] else 3


@store.command(epilog="Example: rightful store upgrade")
@workers_option
@yes_option
@click.pass_obj
def upgrade(context: Context, /, workers: int | None, yes: bool) -> None:
    """Rewrite what an earlier version wrote to today's schema: columns that came later, the seal of the ledger.

    No tag and no answer changes. Running it again does nothing.
    """
    found = context.store.upgrade(workers=workers, yes=yes)
    done = ", ".join(found["added"]) or "nothing: the store has today's schema"
    context.answer(found, [f"added {done}; {number(found['parts'])} parts were written again"])


@store.command(epilog="Example: rightful store log")
@click.pass_obj
def log(context: Context, /) -> None:
    """The snapshots, oldest first."""
    found = context.store.log()
    rows = [
        (s["snapshot"], s["kind"], s["committed_at"], ", ".join(f"{k} {v}" for k, v in s["summary"].items() if v))
        for s in found
    ]
    context.answer(found, table(rows, ("snapshot", "kind", "committed", "what"), right=(0,)))


@cli.group(epilog="Example: rightful source list")
def source() -> None:
    """What came from where, under which card."""


@source.command("list", epilog="Example: rightful source list --json")
@click.pass_obj
def list_(context: Context, /) -> None:
    """The sources with their licences."""
    found = context.store.sources()
    rows = [
        (
            s["source_id"],
            plain(s["card"]["license"] or "-", 50),
            s["card"]["covers"],
            s["card"]["personal_data"],
            "card" if s["card"]["carded"] else "no card",
            f"wider than {len({i['path'] for i in s['inversions']})} ancestors" if s["inversions"] else "",
        )
        for s in found
    ]
    context.answer(found, table(rows, ("source", "licence", "covers", "personal data", "", "")))


@source.command(epilog="Example: rightful source show mail")
@click.argument("name", metavar="SOURCE")
@click.pass_obj
def show(context: Context, /, name: str) -> None:
    """The card of one source, and every source that it was made from which permits less than it states."""
    found = {s["source_id"]: s for s in context.store.sources()}
    if name not in found:
        raise UnknownName.of("source", name, found)
    card = found[name]["card"]
    lines = table([(k, plain(v, 120)) for k, v in card.items() if v not in (None, "", [], {})])
    listed = [
        (plain(i["path"], 80), i["purpose"], i["ancestor"], plain(", ".join(i["acts"]), 160))
        for i in found[name]["inversions"]
    ]
    if listed:
        lines += ["", "stated wider than a source that it was made from (the narrower one holds)"]
        lines += table(listed, ("through", "purpose", "says", "of"))
    context.answer(found[name], lines)


@cli.command(epilog="Example: rightful sql 'SELECT license_concluded, count(*) AS n FROM records GROUP BY ALL'")
@click.argument("query", metavar="QUERY")
@snapshot_option
@click.option(
    "--max-seconds", type=float, default=MAX_SECONDS, show_default=True, metavar="N", help="End a query after so long."
)
@click.option(
    "--max-memory", type=int, default=2048, show_default=True, metavar="MIB", help="End a query that needs more."
)
@click.pass_obj
def sql(context: Context, /, query: str, snapshot: int | None, max_seconds: float, max_memory: int) -> None:
    """Read-only SQL over the store: one SELECT, no files, no network, no settings. Withdrawn texts are not in texts.

    Views: records, texts, duplicates, evidence, consents, sources, exports, assets, rejected.
    """
    within = bounded(max_seconds, max_memory)
    rows = context.store.sql(query, snapshot=snapshot, max_seconds=max_seconds, within=within)
    lines = table([[plain(v, 60) for v in r.values()] for r in rows], list(rows[0])) if rows else ["no rows"]
    context.answer(rows, lines)
