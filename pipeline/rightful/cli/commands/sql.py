"""``rightful sql``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import snapshot_option
from rightful.cli.pages.sql import sql_lines
from rightful.query import MAX_SECONDS


@cli.command(epilog="Example: rightful sql 'SELECT license_concluded, count(*) AS n FROM records GROUP BY ALL'")
@click.argument("query", metavar="QUERY")
@snapshot_option
@click.option(
    "--max-seconds",
    type=float,
    default=MAX_SECONDS,
    show_default=True,
    metavar="N",
    help="Stop a query after this many seconds.",
)
@click.option(
    "--max-memory",
    type=int,
    default=2048,
    show_default=True,
    metavar="MIB",
    help="Stop a query that needs more memory.",
)
@click.pass_obj
def sql(context: Context, /, query: str, snapshot: int | None, max_seconds: float, max_memory: int) -> None:
    """Read-only SQL over the store: one SELECT, no files, no network, no settings. Withdrawn texts are not in texts.

    Views: records, texts, duplicates, evidence, consents, sources, exports, assets, rejected, observations.
    """
    rows = context.store.sql(query, snapshot=snapshot, max_seconds=max_seconds, max_memory=max_memory)
    context.answer(rows, sql_lines(rows))
