"""``rightful ingest``."""

from __future__ import annotations

import click

from rightful.cli.app import DAMAGED, Context, cli
from rightful.cli.options import recipe_option, workers_option, yes_option
from rightful.cli.pages.lines import ingest_lines
from rightful.engine import default_workers
from rightful.readers.limits import sizes

FIELDS = ("text", "id", "url", "license", "language", "title", "author", "subject", "date")


def _field_options(command: click.Command) -> click.Command:
    for name in FIELDS:
        option = click.Option(
            [f"--{name}-field", f"{name}_field"], metavar="COLUMN", help=f"The column that holds the {name}."
        )
        command.params.append(option)
    return command


@click.command(epilog="Example: rightful ingest corpus/ mail.jsonl.gz --source mail.source.toml")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("--source", metavar="CARD.toml", help="A source card for all paths; else each folder's own source.toml.")
@recipe_option
@click.option("--format", metavar="F", help="jsonl, parquet, csv or text. Default: recognised by content and name.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=SIZE",
    help="How much is read: value_bytes (one value; 256MiB), row_group_bytes (2GiB) or expansion (1000 times); repeatable.",
)
@workers_option
@click.option("--prune", is_flag=True, help="Retire the records of files that are gone from a folder that is named.")
@click.option("--rehash", is_flag=True, help="Look at the content of every file, whatever its size and times say.")
@yes_option
@click.pass_obj
def ingest(
    context: Context,
    /,
    paths: tuple[str, ...],
    source: str | None,
    recipe: str | None,
    format: str | None,
    limits: tuple[str, ...],
    workers: int | None,
    prune: bool,
    rehash: bool,
    yes: bool,
    **fields: str,
) -> int:
    """Read files or folders into the store; running it again changes nothing.

    A folder's source.toml governs it and all below. What is gone from a file that is read again is retired; files that
    are gone are listed, and retired with --prune. Exit 4: done, but some inputs were damaged; each is listed.
    """
    columns: dict[str, str | None] = {name: fields[f"{name}_field"] for name in FIELDS}
    with context.progress("compiling kernels (once)", "bytes") as tell:
        answer = context.store.ingest(
            list(paths),
            source=source,
            recipe=recipe,
            format=format,
            fields=columns,
            limits=sizes(limits),
            workers=default_workers() if workers is None else workers,
            prune=prune,
            rehash=rehash,
            yes=yes,
            progress=(lambda done, total, records: tell(f"ingest, {records} records", done, total)) if tell else None,
        )
    context.answer(answer, ingest_lines(answer))
    return DAMAGED if answer["errors"] else 0


cli.add_command(_field_options(ingest))
