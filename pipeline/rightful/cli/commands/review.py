"""``rightful review``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import snapshot_option, use_options, yes_option
from rightful.rights.review import VERDICTS


@cli.group(epilog="Example: rightful review list --use train.pretrain")
def review() -> None:
    """Near copies that leave a record undecided until somebody reviews them, and the verdicts."""


@review.command(
    "list",
    short_help="What copies leave undecided for a use.",
    epilog="Example: rightful review list --use train.pretrain --accept attribution",
)
@use_options
@snapshot_option
@click.option("--limit", type=int, default=100, show_default=True, metavar="N", help="At most this many pairs.")
@click.option("--kind", metavar="copies|notices", help="Only one of the two; both where it is not said.")
@click.pass_obj
def list_(context: Context, /, **options: Any) -> None:
    """What copies leave undecided for a use: near copies that wait for a review, and contested exact copies.

    Near copies are listed that were withdrawn or reserved, or are licensed otherwise. Exact copies are listed too: a
    signed policy that names the publishing source or says copies = "own" settles them, and no review does.

    Notices in the texts themselves are listed by phrase and source: "All rights reserved" under a permissive licence.
    A phrase that is none of the works' own is set aside in the card ([not_notices]); words that reserve never are.
    """
    from rightful.cli.pages.review import waiting_lines

    answer = context.store.review.list(**options)
    context.answer(answer, waiting_lines(answer))


@review.command(
    epilog="Example: rightful review decide --record 3c2911a2 --other 9d00f1b7 --verdict distinct"
    ' --by "Ada Moreno, editor" --reason "a parody, not the poem"'
)
@click.option("--record", required=True, metavar="RECORD", help="One of the two, as in explain.")
@click.option("--other", required=True, metavar="RECORD", help="Its near copy.")
@click.option("--verdict", required=True, metavar="|".join(VERDICTS), help="Two works, or one.")
@click.option("--by", required=True, metavar="NAME", help="Who decided: a name and a role.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the review.")
@yes_option
@click.pass_obj
def decide(context: Context, /, **options: Any) -> None:
    """Record what somebody decided about two near copies. Nothing is ever removed; the latest verdict on a pair counts.

    distinct: two works; neither leaves the other undecided any longer, and all other evidence still counts. same: one
    work; what refuses one refuses the other, as with exact copies. The verdict holds for the two texts wherever they
    are ingested again. Exports that hold records which are no longer permitted are named.
    """
    from rightful.cli.pages.review import review_lines

    answer = context.store.review.decide(**options)
    context.answer(answer, review_lines(answer))


@review.command(epilog="Example: rightful review log --json")
@click.pass_obj
def log(context: Context, /) -> None:
    """All verdicts on near copies, oldest first: who, when and why."""
    from rightful.cli.pages.review import log_lines

    reviews = context.store.review.log()
    context.answer(reviews, log_lines(reviews))
