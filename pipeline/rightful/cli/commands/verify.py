"""``rightful verify``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.verify import verify_lines
from rightful.errors import DONE, REFUSED


@cli.command(epilog="Example: rightful verify out/")
@click.argument("export", metavar="[EXPORT]", required=False)
@click.option("--all", is_flag=True, help="Every registered export.")
@click.pass_obj
def verify(context: Context, /, export: str | None, all: bool) -> int:
    """Re-read an export (its id or folder) and decide every record again. Exit 3: not verified.

    --all verifies every export that this store made, including those whose folder is gone: their records are decided
    again all the same.
    """
    answer = context.store.verify(export, all=all)
    context.answer(answer, verify_lines(answer))
    return DONE if answer.ok else REFUSED
