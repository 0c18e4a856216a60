"""``rightful stats``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import snapshot_option, where_option
from rightful.cli.pages.stats import stats_lines
from rightful.query.stats.axes import AXES, HISTOGRAMS


@cli.command(epilog="Example: rightful stats --by source --by license --where \"language = 'en'\" -o statistics/")
@click.option(
    "--by",
    multiple=True,
    metavar="NAME",
    help=f"Only these; repeatable. Counts: {', '.join(AXES)}. Histograms: {', '.join(HISTOGRAMS)}.",
)
@where_option
@snapshot_option
@click.option("-o", "--out", metavar="FOLDER", help="Write Parquet tables and SVG plots into a new folder.")
@click.pass_obj
def stats(context: Context, /, **options: Any) -> None:
    """What the store holds: records, characters and bytes by source, language, licence and more, and histograms.

    Every record that is not superseded counts, whatever it may be used for: `rightful query` shows what is permitted.
    No text of a record is shown or written.
    """
    answer = context.store.stats(**options)
    context.answer(answer, stats_lines(answer))
