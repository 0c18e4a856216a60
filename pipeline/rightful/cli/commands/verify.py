"""``rightful verify``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.verify import verify_lines
from rightful.errors import DONE, REFUSED


@cli.command(epilog="Example: rightful verify out/")
@click.argument("export", metavar="[EXPORT]", required=False)
@click.option("--all", is_flag=True, help="Every registered export.")
@click.option("--standalone", is_flag=True, help="Hold a folder against itself, with no store at hand.")
@click.option(
    "--key", metavar="FILE", help="With --standalone: the public key that one of its signatures has to be made with."
)
@click.pass_obj
def verify(context: Context, /, export: str | None, all: bool, standalone: bool, key: str | None) -> int:
    """Re-read an export (its id or folder) and decide every record again. Exit 3: not verified.

    --all verifies every export that this store made, including those whose folder is gone: their records are decided
    again all the same. --standalone checks files, documents, index, the root of the records and signatures; whether a
    record is still permitted only a store knows.
    """
    answer = context.store.verify(export, all=all, standalone=standalone, key=key)
    context.answer(answer, verify_lines(answer))
    return DONE if answer.ok else REFUSED
