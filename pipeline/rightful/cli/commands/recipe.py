"""``rightful recipe``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.recipe import recipe_lines


@cli.command(epilog="Example: rightful recipe web-en > mine.toml")
@click.argument("recipe", metavar="[RECIPE]", required=False)
@click.pass_obj
def recipe(context: Context, /, recipe: str | None) -> None:
    """The settings of a run, resolved; without RECIPE, the list of recipes.

    RECIPE is the name of one that comes with rightful, a file, or the digest of one that was used in this store (column
    recipe_sha256). The output is itself a recipe.
    """
    answer = context.store.recipe(recipe)
    context.answer(answer, recipe_lines(answer))
