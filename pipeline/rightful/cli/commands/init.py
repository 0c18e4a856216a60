"""``rightful init``."""

from __future__ import annotations

import sys
from typing import Any

import click

from rightful.cli.app import Context, cli, on_terminal
from rightful.errors import DAMAGED, DONE


@cli.command(epilog="Example: rightful init corpus/ --yes")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("--yes", is_flag=True, help="Ask nothing: every guess stays one, and nothing is signed.")
@click.option("--drafts", metavar="FOLDER", help="Where the drafts are to lie, if not with the data.")
@click.pass_obj
def init(context: Context, /, paths: tuple[str, ...], yes: bool, **options: Any) -> int:
    """Look at some data, draft source.toml where there is none, and show what would follow.

    Looks at some files of each folder. On a terminal it asks at most six questions; elsewhere, with --yes or --json,
    none. Every guess is marked TODO confirm and permits nothing until somebody deletes these words. A card that is
    there stands. Exit 4: a draft could not be written, or there was nothing to look at.
    """
    from rightful.cli.pages.init import init_lines

    quiet = yes or context.as_json or context.quiet or not (on_terminal(sys.stdin) and on_terminal(sys.stdout))
    answer = context.store.init(paths, yes=quiet, ask=_ask, **options)
    context.answer(answer, init_lines(answer))
    failed = any(draft["text"] is not None and not draft["written"] for draft in answer.drafts)
    return DAMAGED if failed or not answer.looked["files"] else DONE


def _ask(question: Any) -> str:
    """Ask a question of :mod:`rightful.api.questions` on the terminal until the answer is one of its choices, or begins one."""
    from rightful.cli.pages.init import question_lines

    for line in question_lines(question.text, question.details):
        click.echo(line)
    while True:
        given: str = click.prompt("", default=question.default, show_default=bool(question.default), prompt_suffix="> ")
        close: list[str] = [choice for choice in question.choices if choice.startswith(given.strip().lower())]
        if not question.choices or given.strip() in question.choices:
            return given
        if len(close) == 1:
            return close[0]
        click.echo("one of: " + ", ".join(close or question.choices))
