"""``rightful redact``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.redact import redact_lines
from rightful.errors import DAMAGED, DONE
from rightful.query.versions import LEVELS, REWRITE


@cli.command(epilog="Example: rightful redact out/")
@click.argument("export", metavar="[EXPORT]", required=False)
@click.option("--event", metavar="EVENT", help="Every export that holds what this event matched.")
@click.option(
    "--level",
    default=REWRITE,
    show_default=True,
    metavar="|".join(LEVELS),
    help="List it for loaders, put other ids in its place, or write the shards without it.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@click.option("--yes", is_flag=True, help="Also what nothing refuses but the store does not have, however much.")
@click.pass_obj
def redact(context: Context, /, export: str | None, event: str | None, level: str, dry_run: bool, yes: bool) -> int:
    """Take out of an export (its id or folder) what is permitted no more.

    What verify calls stale goes. Only the shards that hold it are written anew, under new names; all others stay as they
    are. The result is a new version with a manifest of its own, which supersedes the old one. Only `rewrite` erases: after
    `mask` lengths and places are as they were, after `exclude` all bytes are.
    """
    answer = context.store.redact(export, event=event, level=level, dry_run=dry_run, yes=yes)
    context.answer(answer, redact_lines(answer))
    return DAMAGED if answer.is_incomplete else DONE
