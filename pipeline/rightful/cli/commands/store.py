"""``rightful store``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import workers_option, yes_option
from rightful.cli.pages.store import (
    check_lines,
    compact_lines,
    copy_lines,
    log_lines,
    status_lines,
    upgrade_lines,
    who_lines,
)
from rightful.errors import DONE, REFUSED


@cli.group(epilog="Example: rightful store status")
def store() -> None:
    """The store itself: health, history, backups, erasure."""


@store.command(epilog="Example: rightful store status --json")
@click.pass_obj
def status(context: Context, /) -> None:
    """Snapshot, sizes and counts."""
    answer = context.store.status()
    context.answer(answer, status_lines(answer))


@store.command(short_help="Compare everything with what was committed.", epilog="Example: rightful store check --json")
@click.option(
    "--sweep", is_flag=True, help="Remove what killed runs left, if nothing is damaged: staged and orphaned files."
)
@click.option(
    "--absent", metavar="FILE", help="Show that a text is nowhere in the store: nor any piece of it, nor its digests."
)
@click.pass_obj
def check(context: Context, /, sweep: bool, absent: str | None) -> int:
    """Read everything and compare it with what was committed; damage is named, with its remedy (exit 3).

    Covered are the rows of the ledger with its chain and its indexes, the parts of every snapshot, the record indices
    of exports, and the policy with its signature. Orphans are files that belong to no snapshot, such as a killed run
    leaves behind, or to no store; they do no harm, and no command reads them.

    With --absent every file is searched, and every page of the parts unpacked, for pieces of 32 characters of the text:
    as UTF-8, as UTF-16 and as JSON has it (exit 3 where one is there). Where its digests stand is listed, and how many
    tombstones refuse it.
    """
    answer = context.store.check(sweep=sweep, absent=absent)
    context.answer(answer, check_lines(answer))
    return DONE if answer.ok and (answer.absent is None or answer.absent["ok"]) else REFUSED


@store.command(short_help="Rewrite an old store to today's schema.", epilog="Example: rightful store upgrade")
@workers_option
@yes_option
@click.pass_obj
def upgrade(context: Context, /, workers: int | None, yes: bool) -> None:
    """Rewrite what an earlier version wrote to today's schema: columns that came later, the seal of the ledger.

    No tag and no answer changes. Running it again does nothing.
    """
    answer = context.store.upgrade(workers=workers, yes=yes)
    context.answer(answer, upgrade_lines(answer))


@store.command(
    short_help="Back up the store, in use, to a new folder.", epilog="Example: rightful store copy /backup/2026-11-30"
)
@click.argument("to", metavar="TO")
@click.pass_obj
def copy(context: Context, /, to: str) -> None:
    """Copy the store to a new folder while it is in use, as of one commit, and read all of the copy again.

    A ledger in use must not be copied with cp: that can take half of a commit. What is erased later stays in copies that
    were made before: give them an end of their own.
    """
    with context.progress("copying", "B") as progress:
        answer = context.store.copy(to, progress=progress)
    context.answer(answer, copy_lines(answer))


@store.command(short_help="Erase what was withdrawn, physically.", epilog="Example: rightful store compact")
@click.option(
    "--wait",
    type=float,
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long commands that read what is to go are waited for, at most.",
)
@yes_option
@click.pass_obj
def compact(context: Context, /, wait: float, yes: bool) -> None:
    """Erase the text of what was withdrawn, erased or taken down without limits, out of every part of every snapshot.

    So goes what belongs to a source that is kept for no longer (retain_until in its card).
    What may be left of it: tombstones with the id of the record, and keyed hashes of all else that it was known by. It
    is refused when it comes again, and no answer changes. Refusals that name acts or purposes erase nothing, nor do
    opt-outs, refusals of a consent and consents that ended.
    """
    answer = context.store.compact(wait=wait, yes=yes)
    context.answer(answer, compact_lines(answer))


@store.command(epilog="Example: rightful store log --who")
@click.option("--who", is_flag=True, help="Who did what: requests, undertakings, signatures, reviews.")
@click.pass_obj
def log(context: Context, /, who: bool) -> None:
    """The snapshots, oldest first."""
    snapshots = context.store.log(who=who)
    context.answer(snapshots, who_lines(snapshots) if who else log_lines(snapshots))
