"""``rightful asset``."""

from __future__ import annotations

from typing import Any

import click

from rightful.assets.described import KINDS
from rightful.assets.registering import counts
from rightful.cli.app import Context, cli
from rightful.cli.options import reading_option, use_options, yes_option
from rightful.cli.pages.asset import asset_lines, asset_list_lines, card_lines
from rightful.errors import DONE, REFUSED


@cli.group(epilog="Example: rightful asset add wiki-1b --kind model --input out/ --use train.pretrain --accept all")
def asset() -> None:
    """Tokenizers, indexes and models: what they were made of, and what they may be used for."""


@asset.command(
    epilog="Example: rightful asset add wiki-1b --kind model --input out/ --use train.pretrain --accept attribution"
)
@click.argument("name", metavar="NAME")
@click.option("--kind", required=True, metavar="|".join(KINDS), help="What it is.")
@click.option(
    "--input",
    multiple=True,
    metavar="EXPORT|ASSET",
    help="An export (id or folder) or asset (id or name) that it was made of; repeatable.",
)
@click.option(
    "--base",
    multiple=True,
    metavar="FOLDER",
    help="An asset from elsewhere that it was made of: the folder with its rightful.json; repeatable.",
)
@click.option(
    "--tokens",
    multiple=True,
    metavar="INPUT=N",
    help="How many tokens of an input it has seen, where that is not each of them once; repeatable.",
)
@click.option("--file", metavar="PATH", help="Its file or folder; the digest is kept.")
@click.option(
    "--log",
    multiple=True,
    metavar="FOLDER",
    help="The consumption log of the run that it came of, of which digest and place are kept; repeatable.",
)
@use_options
@click.option(
    "--acknowledge-new-use",
    is_flag=True,
    help="The sources were collected for something else, and this first use beyond that is right. It is logged.",
)
@yes_option
@click.pass_obj
def add(context: Context, /, **options: Any) -> int:
    """Register what was made of exports, and what for; where it is registered already, declare it for more.

    Every record in every input, and everything that an input was made of itself, has to permit all that it is declared
    for, as the store stands now. Otherwise nothing is registered, and the exit code is 3.
    """
    answer = context.store.asset.add(**{**options, "tokens": counts(options["tokens"])})
    context.answer(answer, asset_lines(answer))
    return DONE if answer.registered else REFUSED


@asset.command(epilog="Example: rightful asset check wiki-1b --use share.weights --accept all")
@click.argument("name", metavar="NAME")
@use_options
@click.pass_obj
def check(context: Context, /, **options: Any) -> int:
    """Whether an asset may be put to a use: exit code 0 where every input permits it, else 3."""
    answer = context.store.asset.check(**options)
    context.answer(answer, asset_lines(answer))
    return DONE if answer.decision == "permit" else REFUSED


@asset.command(epilog="Example: rightful asset show wiki-1b --json")
@click.argument("name", metavar="NAME")
@click.pass_obj
def show(context: Context, /, name: str) -> None:
    """What an asset was made of and is declared for; whether it is tainted, by how much, and since when.

    The decision is on what it is declared for, as the store stands now.
    """
    answer = context.store.asset.show(name)
    context.answer(answer, asset_lines(answer))


@asset.command("list", epilog="Example: rightful asset list")
@click.pass_obj
def list_(context: Context, /) -> None:
    """All assets, oldest first, with their status. Tokenizers that exports trained are among them."""
    answer = context.store.asset.list()
    context.answer(answer, asset_list_lines(answer))


@asset.command(epilog="Example: rightful asset card wiki-1b --out weights/")
@click.argument("name", metavar="NAME")
@click.option("--actor", metavar="NAME", help="For whom it is stated. Default: for_profit.")
@click.option("--jurisdiction", multiple=True, metavar="CC", help="For which places; repeatable. Default: everywhere.")
@reading_option("The reading of licences. Default: strict.")
@click.option("--as-of", metavar="TIME", help="The instant to decide for. Default: now.")
@click.option("--out", "-o", metavar="FOLDER", help="Write rightful.json and rightful.md into this folder.")
@click.pass_obj
def card(context: Context, /, **options: Any) -> None:
    """The specification of what an asset permits and what not, with reasons, act by act.

    rightful.json travels beside the weights: elsewhere, rightful asset add --base FOLDER holds what is made of it to that.
    Without --out the page is printed. It names no record.
    """
    answer = context.store.asset.card(**options)
    context.answer(answer, card_lines(answer))
