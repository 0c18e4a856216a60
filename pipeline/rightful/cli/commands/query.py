"""``rightful query``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import (
    dedup_option,
    prefer_option,
    redact_option,
    snapshot_option,
    use_options,
    where_option,
)
from rightful.cli.pages.query import query_lines


@cli.command(
    epilog="Example: rightful query --use train.pretrain --accept attribution --accept notice -o permitted.parquet",
)
@use_options
@where_option
@dedup_option
@prefer_option
@snapshot_option
@redact_option
@click.option("--ids", is_flag=True, help="List the permitted record ids.")
@click.option(
    "-o", "--out", metavar="FILE", help="Write ids and tags (never text) to a new .parquet, .jsonl or .csv file."
)
@click.option("--limit", type=int, metavar="N", help="At most this many ids or rows.")
@click.option("--all-reasons", is_flag=True, help="Show every reason of each family, not the three largest alone.")
@click.pass_obj
def query(context: Context, /, all_reasons: bool, **options: Any) -> None:
    """Which records a use permits, and why the others are excluded."""
    answer = context.store.query(**options)
    context.answer(answer, query_lines(answer, all_reasons))
