"""``rightful policy``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.pages.lines import EXPORTS, export_lines_of, plain, table
from rightful.notation.times import last, through


@cli.group(epilog="Example: rightful policy show")
def policy() -> None:
    """The standing policy of a store, STORE/policy.toml: undertakings, statutory bases, and who answers for them."""


@policy.command(epilog="Example: rightful policy show --json")
@click.pass_obj
def show(context: Context, /) -> None:
    """What the policy says, and whether it counts now."""
    found = context.store.policy()
    context.answer(found, _lines(found))


@policy.command(epilog='Example: rightful policy sign --by "Ada Moreno, general counsel" --until 2027-11-30')
@click.option("--by", required=True, metavar="NAME", help="Who signs: a name and a role.")
@click.option("--until", required=True, metavar="TIME", help="Until when it counts; a date is included.")
@click.pass_obj
def sign(context: Context, /, by: str, until: str) -> None:
    """Sign the policy as it stands, from now on. A policy that changes afterwards has to be signed again.

    Statutory bases, publishers and copies = "own" bear on decisions, so they need a signature; undertakings do not.
    Exports that hold what is not permitted under it are named.
    """
    found = context.store.sign_policy(by, until)
    context.answer(found, [*_lines(found), *export_lines_of(found)])


def _lines(found: dict[str, Any]) -> list[str]:
    if found["sha256"] is None:
        return [f"no policy: {plain(found['path'])} is not there; every default is the strictest"]
    rows = [(k, plain(v, 140)) for k, v in found.items() if k not in ("basis", "signature", *EXPORTS)]
    for basis in found.get("basis", []):
        rows.append(("basis", plain(", ".join(f"{k} {v}" for k, v in basis.items()), 400)))
    signature = found.get("signature")
    if signature:
        period = f"{signature['on']} through {last(through(str(signature['until']), 'signature.until'))}"
        rows.append(("signed", plain(f"by {signature['by']}, {period}", 200)))
    return table(rows)
