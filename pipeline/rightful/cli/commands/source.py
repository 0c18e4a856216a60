"""``rightful source``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.source import source_lines, source_list_lines


@cli.group(epilog="Example: rightful source list")
def source() -> None:
    """What came from where, under which card."""


@source.command("list", epilog="Example: rightful source list --json")
@click.pass_obj
def list_(context: Context, /) -> None:
    """The sources with their licences."""
    sources = context.store.source.list()
    context.answer(sources, source_list_lines(sources))


@source.command(
    short_help="The card of one source, and what behind it permits less.", epilog="Example: rightful source show mail"
)
@click.argument("source", metavar="SOURCE")
@click.pass_obj
def show(context: Context, /, source: str) -> None:
    """The card of one source, and every source behind it that permits less than it states."""
    answer = context.store.source.show(source)
    context.answer(answer, source_lines(answer))
