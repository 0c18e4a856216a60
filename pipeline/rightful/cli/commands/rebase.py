"""``rightful rebase``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.rebase import rebase_lines
from rightful.export import REBASED


@cli.command(epilog="Example: rightful rebase out/ --catalog reading.toml")
@click.argument("export", metavar="EXPORT")
@click.option(
    "--catalog",
    metavar="DIR|FILE",
    help="A catalogue; a folder of readings of licences, in place of the store's; or one reading more.",
)
@click.option("--policy", metavar="NAME|FILE", help="A named use, or the file (.toml) of another policy.")
@click.option("--as-of", metavar="TIME", help="The instant to decide for. Default: now.")
@click.option(
    "--limit", type=int, default=REBASED, show_default=True, metavar="N", help="List at most so many records."
)
@click.pass_obj
def rebase(
    context: Context, /, export: str, catalog: str | None, policy: str | None, as_of: str | None, limit: int
) -> None:
    """Which decisions of an export (its id or folder) flip under another law.

    Its records, and those that were refused when it was made, are decided again, as the store has them: what was
    permitted and would be refused, and the other way, counted by the reason and the clause that it rests on. Readings of
    licences count as if they were signed. It is a question: nothing is written, and the exit code is 0 whatever flips.
    """
    answer = context.store.rebase(export, catalog=catalog, policy=policy, as_of=as_of, limit=limit)
    context.answer(answer, rebase_lines(answer))
