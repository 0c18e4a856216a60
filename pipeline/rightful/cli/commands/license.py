"""``rightful license``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import split_use, use_options
from rightful.cli.pages.license import check_lines, license_lines, why_lines
from rightful.cli.pages.lines import table
from rightful.decisions.policy import UseOptions, read_policy
from rightful.errors import InputError
from rightful.notation.times import instant
from rightful.query.license import allow_list, check_allowed, claims_of_text, listing, unbound
from rightful.query.license import check as check_expression
from rightful.query.license import show as show_license
from rightful.query.license import why as why_expression
from rightful.rights.undertakings import Unbound
from rightful.rights.uses import PROFILES, Use, one_of


@cli.group(epilog="Example: rightful license show CC-BY-NC-4.0")
def license() -> None:
    """The licence catalogue: a reading of each licence, act by act. Not legal advice."""


@license.command("list", epilog="Example: rightful license list")
@click.pass_obj
def list_(context: Context, /) -> None:
    """All reviewed licences."""
    found = listing(context.store.law)
    context.answer(
        found,
        table([(x["id"], x["kind"], ",".join(x["flags"]), x["name"]) for x in found], ("id", "kind", "flags", "name")),
    )


@license.command(epilog="Example: rightful license show CC-BY-NC-4.0 --profile strict")
@click.argument("name", metavar="LICENSE")
@click.option("--profile", metavar="|".join(PROFILES), help="Only this reading. Default: the three side by side.")
@click.pass_obj
def show(context: Context, /, name: str, profile: str | None) -> None:
    """What a licence says of every act, for every purpose, in the three readings, and what its obligations mean."""
    profiles = PROFILES if profile is None else (one_of("profile", profile, PROFILES),)
    found = show_license(name, context.store.law)
    context.answer(found, license_lines(found, profiles))


@license.command(epilog="Example: rightful license check 'MIT OR GPL-3.0-only' --use train.pretrain --accept notice")
@click.argument("expression", metavar="EXPR")
@use_options
@click.option("--allow", multiple=True, metavar="ID,ID", help="Check against this list of licences instead of a use.")
@click.pass_obj
def check(context: Context, /, expression: str, allow: tuple[str, ...], **options: Any) -> int:
    """What a licence expression, alias or deed address permits. Exit 3 unless it permits.

    EXPR - reads one a line from stdin and answers a JSON array in that order (exit 0). With --allow an OR is satisfied
    by one listed licence, an AND by all.
    """
    law = context.store.law
    if allow:
        if any(options[name] for name in options):
            raise InputError("--allow checks names and takes no use options", hint="leave out --use, --accept, ...")
        listed = allow_list(allow, law)
        ask = partial(check_allowed, allowed=listed, law=law)
    else:
        ask = partial(check_expression, use=_use(context, options, expression), law=law)
    if expression == "-":
        context.as_json = True
        context.answer([ask(line.rstrip("\n")) for line in sys.stdin], [])
        return 0
    answer = ask(expression)
    context.answer(answer, check_lines(answer))
    return 0 if answer["decision"] == "permit" else 3


@license.command(epilog="Example: rightful license why CC-BY-NC-4.0 --use train.pretrain")
@click.argument("expression", metavar="EXPR")
@use_options
@click.pass_obj
def why(context: Context, /, expression: str, **options: Any) -> int:
    """As check, with the clause and the rationale of every licence for every act asked. Exit 3 unless it permits."""
    answer = why_expression(expression, _use(context, options, expression), context.store.law)
    context.answer(answer, why_lines(answer))
    return 0 if answer["decision"] == "permit" else 3


def _use(context: Context, options: dict[str, Any], expression: str) -> Use:
    acts, rest = split_use(options)
    as_of = rest.pop("as_of")
    asked = UseOptions(use=acts, as_of=instant(as_of, "--as-of") if as_of else None, **rest)
    law = context.store.law
    policy = read_policy(context.store.layout.policy, law.vocabulary)
    try:
        return policy.use(asked, law.vocabulary, datetime.now(UTC), law.names)
    except Unbound as error:
        if expression == "-":
            raise
        raise unbound(error, claims_of_text(expression, law), law) from None
