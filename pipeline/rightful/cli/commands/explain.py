"""``rightful explain``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import redact_option, snapshot_option, use_options


@cli.command(epilog="Example: rightful explain 3c2911a2 --use train.nongen --application translation")
@click.argument("record", metavar="RECORD")
@use_options
@snapshot_option
@redact_option
@click.pass_obj
def explain(context: Context, /, record: str, **options: Any) -> None:
    """The decision on one record, the evidence that determined it, and what would change it.

    RECORD is an id, its first 8 letters or more, the source's own id, or an address.
    """
    from rightful.cli.pages.explain import explain_lines

    answer = context.store.explain(record, **options)
    context.answer(answer, explain_lines(answer))
