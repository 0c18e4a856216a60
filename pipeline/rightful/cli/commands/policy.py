"""``rightful policy``."""

from __future__ import annotations

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.policy import policy_lines


@cli.group(epilog="Example: rightful policy show")
def policy() -> None:
    """The standing policy of a store, STORE/policy.toml: undertakings, statutory bases, and who answers for them."""


@policy.command(epilog="Example: rightful policy show --json")
@click.pass_obj
def show(context: Context, /) -> None:
    """What the policy says, and whether it counts now."""
    answer = context.store.policy.show()
    context.answer(answer, policy_lines(answer))


@policy.command(epilog='Example: rightful policy sign --by "Ada Moreno, general counsel" --until 2027-11-30')
@click.option("--by", required=True, metavar="NAME", help="Who signs: a name and a role.")
@click.option("--until", required=True, metavar="TIME", help="Until when it counts; a date is included.")
@click.pass_obj
def sign(context: Context, /, by: str, until: str) -> None:
    """Sign the policy as it stands, from now on. A policy that changes afterwards has to be signed again.

    Statutory bases, publishers and copies = "own" bear on decisions, so they need a signature; undertakings do not.
    Exports that hold what is not permitted under it are named.
    """
    answer = context.store.policy.sign(by=by, until=until)
    context.answer(answer, policy_lines(answer))
