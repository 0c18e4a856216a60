"""``rightful find``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import standard_input, use_options
from rightful.cli.pages.find import find_lines
from rightful.query import FOUND


@cli.command(epilog="Example: rightful find letter.txt --author 'Ada Reed' --domain example.org")
@click.argument("text", metavar="[FILE]", required=False)
@click.option(
    "--author", metavar="NAME", help="Records of this author: the name as the source has it, or the address in it."
)
@click.option("--subject", metavar="PERSON", help="Records about this person, by name or mail address.")
@click.option("--url", metavar="URL", help="Records from this address, however it is spelled.")
@click.option("--domain", metavar="DOMAIN", help="Records from this domain or one below it.")
@click.option("--title", metavar="WORDS", help="Records with this in their title, as it stands.")
@click.option(
    "--scan/--no-scan",
    default=None,
    help="Read every text, or none that the index of passages does not name. Default: those without an index, and all where"
    " FILE is too short for it.",
)
@click.option("--limit", type=int, default=FOUND, show_default=True, metavar="N", help="At most so many records.")
@click.option(
    "--report",
    is_flag=True,
    help="All that a person may ask for (GDPR, Article 15): every record, however many, its uses, its source, who has it,"
    " what will happen.",
)
@use_options
@click.pass_obj
def find(context: Context, /, text: str | None, **options: Any) -> None:
    """The records in which a text or parts of it stand, verbatim or nearly, and what holds them. No text is printed.

    FILE holds one text in UTF-8; - reads standard input. What is given beside it must hold as well. With a use each record
    has its decision.
    """
    given = _given() if text == "-" else None if text is None else Path(text)
    answer = context.store.find(given, **options)
    context.answer(answer, find_lines(answer))


def _given() -> bytes:
    """What standard input says, and one byte more than a text may have where it says more."""
    from rightful.readers.limits import DEFAULT

    return standard_input(DEFAULT.value_bytes + 1)
