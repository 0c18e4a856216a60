"""``rightful verify``."""

from __future__ import annotations

import click

from pipeline.cli.app import Context, cli
from pipeline.cli.show import verify_lines


@cli.command(epilog="Example: rightful verify out/")
@click.argument("export", metavar="EXPORT")
@click.pass_obj
def verify(context: Context, /, export: str) -> int:
    """Re-read an export (its id or folder) and decide every record again. Exit 3: not verified."""
    answer = context.store.verify(export)
    context.answer(answer, verify_lines(answer))
    return 0 if answer["ok"] else 3
