"""``rightful schema``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.lines import table
from rightful.schema import documents, find, render


@cli.command(epilog="Example: rightful schema source-card > source-card.schema.json")
@click.argument("name", metavar="[NAME]", required=False)
@click.pass_obj
def schema(context: Context, /, name: str | None) -> None:
    """The schema of a table, of a file that is read, or of an answer; without NAME, which there are.

    Files and answers have JSON Schemas, which editors complete and check source.toml with; tables list their columns.
    """
    if name is not None:
        document = find(name)
        context.answer(document, render(document).splitlines())
        return
    found = [
        {"name": file.partition(".")[0], "file": file, "description": document["description"]}
        for file, document in documents().items()
    ]
    context.answer(found, table([(x["name"], x["description"]) for x in found], ("schema", "of what")))
