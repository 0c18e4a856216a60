"""``rightful tag``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import recipe_option, where_option, workers_option, yes_option
from rightful.engine import default_workers


@cli.command(epilog="Example: rightful tag --recipe web-en")
@recipe_option
@where_option
@click.option(
    "--passages", is_flag=True, help="Index the passages of texts that have no index, for rightful find; nothing else."
)
@workers_option
@yes_option
@click.pass_obj
def tag(
    context: Context, /, recipe: str | None, where: str | None, passages: bool, workers: int | None, yes: bool
) -> None:
    """Run again, on what is stored, the stages whose settings changed; texts are read, never changed.

    The result is a new snapshot with the tags that an ingest with this recipe would give. Without --recipe each record
    keeps its recipe, and only stages that have a newer version run again; to change the recipe of all records, name it
    (--recipe default is the one of an ingest that names none). --where limits it to some records; the settings of near
    copies ([near]), which concern the whole store, then stay as they are.
    """
    from rightful.cli.pages.tag import tag_lines

    with context.progress("tag", "records") as tell:
        answer = context.store.tag(
            recipe=recipe,
            where=where,
            passages=passages,
            workers=default_workers() if workers is None else workers,
            yes=yes,
            progress=(lambda done, total: tell("tag", done, total)) if tell else None,
        )
    context.answer(answer, tag_lines(answer))
