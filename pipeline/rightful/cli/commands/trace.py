"""``rightful trace``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.trace import trace_lines
from rightful.query.tracing import FORMATS


@cli.command(epilog="Example: rightful trace --event e-3f0c9b7d2a6158e4 --format svg -o trace.svg")
@click.argument("what", metavar="[WHAT]", required=False)
@click.option("--event", metavar="EVENT", help="Of a consent event: what it matched, and all copies of that.")
@click.option("--source", metavar="SOURCE", help="Of all records of a source.")
@click.option("--author", metavar="NAME", help="Of all records of an author.")
@click.option("--subject", metavar="PERSON", help="Of all records about a person.")
@click.option(
    "--all-stale", is_flag=True, help="Of all that exports hold and that is permitted no more for their uses."
)
@click.option("--format", metavar="|".join(FORMATS), help="Print a table, or the picture. Default: as FILE is called.")
@click.option("-o", "--out", metavar="FILE", help="Write the picture to a file: .dot or .svg.")
@click.option("--limit", type=int, metavar="N", help="List at most so many places; all are counted. Default: all.")
@click.pass_obj
def trace(context: Context, /, what: str | None, **options: Any) -> None:
    """Where a record went: shards with its tokens, exports, and the tokenizers, indexes and models made of them.

    WHAT is a record (its id, or its name in its source), an event, an export (its id or folder) or an asset. Of an export or
    an asset it goes both ways: to what it was made of, down to the sources, and to what was made of it. Versions that
    were superseded are listed as such, because what was made of them still holds what they held. No text is shown.
    """
    answer = context.store.trace(what, **options)
    context.answer(answer, trace_lines(answer))
