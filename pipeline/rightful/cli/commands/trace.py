"""``rightful trace``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.trace import trace_lines
from rightful.query.tracing import FORMATS, NONE


class _Limit(click.ParamType[Any]):
    """A number, or ``none``."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == NONE else click.INT.convert(value, param, ctx)


LIMIT = _Limit()


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
@click.option(
    "--limit",
    type=LIMIT,
    metavar="N|none",
    help="List at most so many places; all are counted. Default: all places, and of steps what a page holds; none: everything.",
)
@click.option("--step", metavar="N|N-M", help="Of an export or a model: the records that it was given at these steps.")
@click.option(
    "--log",
    metavar="FOLDER",
    help="The consumption log of a run: answers --step, or the steps that were given a record.",
)
@click.option("--megatron-cache", metavar="FOLDER", help="The same for Megatron's own loader: its --data-cache-path.")
@click.option("--global-batch-size", type=int, metavar="N", help="With --megatron-cache: samples of a step.")
@click.option(
    "--micro-batch-size", type=int, metavar="N", help="With --data-parallel-size: to tell which rank read a sample."
)
@click.option("--data-parallel-size", type=int, metavar="N", help="With --micro-batch-size: ranks that read.")
@click.option("--split", metavar="NAME", help="With --megatron-cache: train, valid or test. Default: train.")
@click.pass_obj
def trace(context: Context, /, what: str | None, **options: Any) -> None:
    """Where a record went: shards with its tokens, exports, and the tokenizers, indexes and models made of them.

    WHAT is a record (its id, or its name in its source), an event, an export (its id or folder) or an asset. Of an export or
    an asset it goes both ways: to what it was made of, down to the sources, and to what was made of it. Versions that
    were superseded are listed as such, because what was made of them still holds what they held. No text is shown.

    With --step: the records that a run was given at these steps, by its log. With a record or an event and --log: the steps;
    a model that was registered with its log answers both without.
    """
    answer = context.store.trace(what, **options)
    context.answer(answer, trace_lines(answer))
