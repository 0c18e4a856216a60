"""``rightful review``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import snapshot_option, split_use, use_options, yes_option
from rightful.cli.pages.lines import export_lines_of, number, plain, table, use_line
from rightful.query.reviews import WHYS
from rightful.rights.review import VERDICTS


@cli.group(epilog="Example: rightful review list --use train.pretrain")
def review() -> None:
    """Near copies that leave a record open until somebody decides, and what was decided."""


@review.command("list", epilog="Example: rightful review list --use train.pretrain --accept attribution")
@use_options
@snapshot_option
@click.option("--limit", type=int, default=100, show_default=True, metavar="N", help="At most this many pairs.")
@click.pass_obj
def list_(context: Context, /, **options: Any) -> None:
    """What copies leave open for a use: near copies that wait for a review, and contested exact copies.

    A near copy was withdrawn, reserved, or is licensed otherwise. Exact copies are listed too; a card that says who
    publishes the work, or a signed policy with copies = "own", settles them, and no review does.
    """
    use, rest = split_use(options)
    answer = context.store.review_list(use, **rest, **options)
    context.answer(answer, _lines(answer))


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
    """Record what somebody decided about two near copies. Nothing is ever removed; of one pair the last counts.

    distinct: two works; the one leaves nothing open at the other any more, and all else stands. same: one work; what
    refuses the one refuses the other, as with exact copies. It holds for the two texts, wherever they are ingested again.
    Exports that hold what is permitted no more since are named.
    """
    answer = context.store.review_decide(**options)
    line = (
        f"{answer['review']}  {answer['verdict']}: {VERDICTS[answer['verdict']]}; {number(answer['records'])} records"
    )
    context.answer(answer, [line, *export_lines_of(answer)])


@review.command(epilog="Example: rightful review log --json")
@click.pass_obj
def log(context: Context, /) -> None:
    """All that was decided about near copies, oldest first: who, when, why."""
    found = context.store.review_log()
    names = ("review", "verdict", "record", "other", "by", "recorded", "reason")
    rows = [[plain(one[name], 60) for name in names] for one in found]
    context.answer(found, table(rows, names) if rows else ["no reviews"])


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    yield use_line(answer["use"], answer["as_of"])
    yield (
        f"waiting for a review: {number(answer['near'])} (near copies);"
        f" settled by none: {number(answer['exact'])} (contested exact copies)"
    )
    for one in answer["open"]:
        alike = (
            "the same text"
            if one["kind"] == "exact"
            else f"alike {one['similarity']:.2f}"
            if one["similarity"]
            else "alike"
        )
        more = f" and {number(one['records'] - 1)} with the same text" if one["records"] > 1 else ""
        yield ""
        yield f"{one['record']}  {_told(one['source'], one['license'])}{more}"
        yield f"  {alike}: {one['other']}  {_told(one['other_source'], one['other_license'])}"
        yield "  open because " + "; ".join(WHYS[why] for why in one["why"])
    left = answer["near"] + answer["exact"] - len(answer["open"])
    if left:
        yield from ("", f"and {number(left)} more (--limit)")


def _told(source: str, license: str | None) -> str:
    return f"{plain(source, 60)}, {plain(license or 'no licence', 60)}"
