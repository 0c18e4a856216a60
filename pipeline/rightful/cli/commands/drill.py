"""``rightful drill``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.drill import drill_lines
from rightful.errors import DONE, REFUSED
from rightful.query import DRILLED
from rightful.query.versions import LEVELS, REWRITE


@cli.command(epilog="Example: rightful drill --records 100")
@click.option(
    "--records", type=int, default=DRILLED, show_default=True, metavar="N", help="Withdraw so many, drawn by chance."
)
@click.option("--export", metavar="EXPORT", help="Only of this export (its id or folder). Default: of all.")
@click.option(
    "--level", default=REWRITE, show_default=True, metavar="|".join(LEVELS), help="How the copies are repaired."
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Another seed draws other records.")
@click.pass_obj
def drill(context: Context, /, **options: Any) -> int:
    """How long it takes from a withdrawal to repaired shards, tried out. Exit 3: something was left, or does not verify.

    Records are drawn from the exports that lie where they were made, and withdrawn in a copy of the ledger; copies of the
    exports are repaired and verified. Store and exports stay as they are, and the copies are gone afterwards.
    """
    answer = context.store.drill(**options)
    context.answer(answer, drill_lines(answer))
    return DONE if answer.ok else REFUSED
