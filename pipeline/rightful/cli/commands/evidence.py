"""``rightful evidence``."""

from __future__ import annotations

from pathlib import Path

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import glob_options
from rightful.cli.pages.evidence import scan_lines
from rightful.errors import DAMAGED, DONE


@cli.group(epilog="Example: rightful evidence scan data/")
def evidence() -> None:
    """What is stated of data by cards, by files beside them and by texts."""


@evidence.command(
    short_help="What an ingest would find of rights; cards for it.",
    epilog="Example: rightful evidence scan data/ --write-cards",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@glob_options
@click.option("--write-cards", is_flag=True, help="Write the drafts of cards, every guess marked; never over a card.")
@click.option("--drafts", metavar="FOLDER", type=click.Path(path_type=Path), help="Where, instead of beside the data.")
@click.pass_obj
def scan(
    context: Context,
    /,
    paths: tuple[Path, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    write_cards: bool,
    drafts: Path | None,
) -> int:
    """What an ingest would find of rights: sources, licences, conflicts, what nobody can read. Exit 4 where files are damaged.

    Reads source cards, the cards of others, licence files and metadata of packages, and a sample of the texts; no rows of
    tables. Needs no store and changes none.
    """
    answer = context.store.evidence.scan(
        list(paths), include=include, exclude=exclude, write_cards=write_cards, drafts=drafts
    )
    context.answer(answer, scan_lines(answer))
    return DAMAGED if answer.errors else DONE
