"""``rightful source``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import yes_option
from rightful.cli.pages.source import source_lines, source_list_lines, turned_lines


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


_reason_option = click.option("--reason", required=True, metavar="TEXT", help="Why; kept with it.")
_by_option = click.option("--by", default="", metavar="NAME", help="Who decided.")


@source.command(
    short_help="A source leaves no more, until it is restored.",
    epilog="Example: rightful source retire old-crawl --reason 'the terms of the site changed'",
)
@click.argument("source", metavar="SOURCE")
@_reason_option
@_by_option
@yes_option
@click.pass_obj
def retire(context: Context, /, source: str, reason: str, by: str, yes: bool) -> None:
    """The records of a source leave no more, until it is restored. Nothing is removed, and copies elsewhere are left alone.

    To have texts erased, or copies in other sources refused as well: rightful consent withdraw --source SOURCE.
    """
    answer = context.store.source.retire(source, reason=reason, by=by, yes=yes)
    context.answer(answer, turned_lines(answer))


@source.command(
    short_help="A source that was retired leaves again.",
    epilog="Example: rightful source restore old-crawl --reason 'the new terms permit it'",
)
@click.argument("source", metavar="SOURCE")
@_reason_option
@_by_option
@yes_option
@click.pass_obj
def restore(context: Context, /, source: str, reason: str, by: str, yes: bool) -> None:
    """A source that was retired leaves again, as far as the law permits it."""
    answer = context.store.source.restore(source, reason=reason, by=by, yes=yes)
    context.answer(answer, turned_lines(answer))
