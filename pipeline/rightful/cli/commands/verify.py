"""``rightful verify``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.lines import verify_lines
from rightful.errors import InputError


@cli.command(epilog="Example: rightful verify out/")
@click.argument("export", metavar="[EXPORT]", required=False)
@click.option("--all", "every", is_flag=True, help="Every registered export.")
@click.pass_obj
def verify(context: Context, /, export: str | None, every: bool) -> int:
    """Re-read an export (its id or folder) and decide every record again. Exit 3: not verified.

    With --all every export that this store made, also one whose folder is gone: what it held is decided all the same.
    """
    if every == (export is not None):
        raise InputError("verifies one export or all", subject="verify", hint="name its id or folder, or say --all")
    answer = context.store.verify_all() if export is None else context.store.verify(export)
    found = answer["exports"] if export is None else [answer]
    context.answer(answer, [line for one in found for line in verify_lines(one)] or ["no exports"])
    return 0 if answer["ok"] else 3
