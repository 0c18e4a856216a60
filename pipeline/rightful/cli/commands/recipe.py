"""``rightful recipe``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.lines import plain, table


@cli.command(epilog="Example: rightful recipe web-en > mine.toml")
@click.argument("name", metavar="[RECIPE]", required=False)
@click.pass_obj
def recipe(context: Context, /, name: str | None) -> None:
    """The settings of a run, resolved; without RECIPE, which recipes there are.

    RECIPE is one that comes with rightful, a file, or the digest of one that records of the store were tagged with
    (column recipe_sha256). What is printed is a recipe again.
    """
    found = context.store.recipe(name)
    if name is None:
        rows = [(p["recipe"], plain(p["about"])) for p in found["presets"]]
        recorded = [(r["digest"], r["records"]) for r in found["recorded"]]
        lines = table(rows, ("recipe", "for"))
        lines += ["", *table(recorded, ("of the store", "records"), right=(1,))] if recorded else []
    else:
        lines = [f"# {found['digest']}", *found["toml"].splitlines()]
    context.answer(found, lines)
