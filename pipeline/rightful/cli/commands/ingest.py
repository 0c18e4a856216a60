"""``rightful ingest``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import glob_options, read_formats, recipe_option, workers_option, yes_option
from rightful.engine import default_workers
from rightful.errors import DAMAGED, DONE
from rightful.rights.columns import EVERY_COLUMN, MAPPED
from rightful.rights.sources import CARD_NAME

_HOLDS = {
    "text": "that holds the text",
    "id": "with the source's own id of a record",
    "url": "with the address",
    "license": "with the licence of the row",
    "language": "with the language",
    "title": "with the title",
    "author": "with the author, or a list of them",
    "subject": "that names the person a record is about; stored as a keyed hash only",
    "date": "with the date of publication",
    "fetched": "with the time of fetching",
    "parents": "with the ids of the rows that a row was made from",
    "messages": "with the turns of a conversation",
    "media": "that says where the content is, where that is elsewhere",
    "media_sha256": "with the SHA-256 of content that is elsewhere",
}


def _field_options(command: click.Command) -> click.Command:
    for name in MAPPED:
        option = click.Option(
            [f"--{name.replace('_', '-')}-field", f"{name}_field"], metavar="COLUMN", help=f"The column {_HOLDS[name]}."
        )
        command.params.append(option)
    command.params.append(
        click.Option(
            ["--keep"],
            multiple=True,
            metavar="COLUMN",
            help=f"Keep this column beside the text; {EVERY_COLUMN}: each that nothing is read from; repeatable.",
        )
    )
    return command


@click.command(epilog="Example: rightful ingest corpus/ mail.jsonl.gz --source mail.source.toml")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("--source", metavar="CARD.toml", help=f"A source card for all paths; else each folder's own {CARD_NAME}.")
@recipe_option
@click.option("--format", metavar="|".join(read_formats()), help="Default: recognised by content and name.")
@glob_options
@click.option("--revision", metavar="REV", help="Of each PATH, a git repository, the files at a branch, tag or commit.")
@click.option(
    "--layout",
    metavar="NAME|FILE",
    help="The layout of the corpus, one of `rightful layout list` or a file: what it states of the rights counts.",
)
@click.option(
    "--limit",
    multiple=True,
    metavar="NAME=SIZE",
    help="How much is read: value_bytes (one value; 256MiB), row_group_bytes (2GiB), expansion (1000 times), members of an"
    " archive (250000) or depth of archives within archives (4); repeatable.",
)
@workers_option
@click.option("--prune", is_flag=True, help="Retire the records of files that are gone from a named folder.")
@click.option("--rehash", is_flag=True, help="Read the content of every file, whatever its size and times.")
@yes_option
@click.pass_obj
def ingest(
    context: Context, /, paths: tuple[str, ...], limit: tuple[str, ...], workers: int | None, **options: Any
) -> int:
    """Read files or folders into the store; running it again changes nothing.

    A folder's source.toml governs the folder and everything below it. Records that are gone from a file are retired
    when it is read again; files that are gone are listed, and retired with --prune. Secrets, version control, caches and
    checkpoints are never read unless they are named. Exit 4: done, but some inputs were damaged (each is listed), or
    there was nothing to read in a folder.
    """
    from rightful.cli.pages.ingest import ingest_lines, step_of
    from rightful.readers.limits import sizes

    with context.progress("compiling kernels (once)", "bytes") as tell:
        answer = context.store.ingest(
            paths,
            limit=sizes(limit),
            workers=default_workers() if workers is None else workers,
            progress=(lambda done, total, records: tell(step_of(records), done, total)) if tell else None,
            **options,
        )
    context.answer(answer, ingest_lines(answer))
    return DAMAGED if answer.errors or (answer.nothing_read and not answer.gone) else DONE


cli.add_command(_field_options(ingest))
