"""``rightful similar``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import standard_input
from rightful.query import MATCHES, NEAR


@cli.command(epilog="Example: rightful similar draft.txt --threshold 0.5")
@click.argument("text", metavar="FILE")
@click.option(
    "--threshold",
    type=float,
    default=NEAR,
    show_default=True,
    metavar="SHARE",
    help="The least Jaccard similarity of the shingles of both texts, above 0.",
)
@click.option("--limit", type=int, default=MATCHES, show_default=True, metavar="N", help="At most so many matches.")
@click.pass_obj
def similar(context: Context, /, text: str, **options: Any) -> None:
    """The records that are near copies of a text from outside, withdrawn ones too. No text is printed.

    FILE holds one text in UTF-8; - reads standard input. Signatures are compared, then whole texts.
    """
    from rightful.cli.pages.similar import similar_lines
    from rightful.readers.limits import DEFAULT

    answer = context.store.similar(standard_input(DEFAULT.value_bytes + 1) if text == "-" else Path(text), **options)
    context.answer(answer, similar_lines(answer))
