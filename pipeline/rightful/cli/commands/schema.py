"""``rightful schema``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli


@cli.command(epilog="Example: rightful schema source-card > source-card.schema.json")
@click.argument("name", metavar="[NAME]", required=False)
@click.pass_obj
def schema(context: Context, /, name: str | None) -> None:
    """The schema of a table, of a file that is read, or of an answer; without NAME, the list of schemas.

    Files and answers have JSON Schemas, with which editors complete and check source.toml; tables list their columns.
    """
    from rightful.cli.pages.schema import schema_lines

    answer = context.store.schema(name)
    context.answer(answer, schema_lines(answer))
