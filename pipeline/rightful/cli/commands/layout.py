"""``rightful layout``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.layout import layout_lines, layout_list_lines


@cli.group(epilog="Example: rightful layout show fineweb")
def layout() -> None:
    """Layouts that corpora come in: which column is which, and what holds of the rights. Not legal advice."""


@layout.command("list", epilog="Example: rightful layout list")
@click.pass_obj
def list_(context: Context, /) -> None:
    """The layouts that come with rightful, and your own.

    Your own lie in STORE/layouts/NAME.toml. Choose one with layout = "NAME" in a card, or with ingest --layout NAME.
    """
    answer = context.store.layouts.list()
    context.answer(answer, layout_list_lines(answer))


@layout.command(epilog="Example: rightful layout show fineweb")
@click.argument("name", metavar="NAME")
@click.pass_obj
def show(context: Context, /, name: str) -> None:
    """What a layout says of columns and rights, why, and what it is known by."""
    answer = context.store.layouts.show(name)
    context.answer(answer, layout_lines(answer))
