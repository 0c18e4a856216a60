"""``rightful uses``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.uses import uses_lines


@cli.command(epilog="Example: rightful uses train-ai")
@click.argument("word", metavar="[WORD]", required=False)
@click.option("--scheme", metavar="NAME", help="Only this scheme: all its terms, or the one that WORD names.")
@click.pass_obj
def uses(context: Context, /, word: str | None, scheme: str | None) -> None:
    """The words of a request, and what other vocabularies call them; with WORD, what that one means.

    WORD is an act, a purpose, an actor, an application, an obligation, a statute, a parent of some, or a term of
    another scheme (train-ai, NPU, cawg.data_mining, aipref:search), which is explained by date.
    """
    answer = context.store.uses(word, scheme=scheme)
    context.answer(answer, uses_lines(answer))
