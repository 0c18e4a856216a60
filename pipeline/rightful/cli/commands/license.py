"""``rightful license``."""

from __future__ import annotations

import sys
from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.options import reading_option, use_options
from rightful.cli.pages.license import check_lines, license_lines, license_list_lines, why_lines
from rightful.errors import DONE, REFUSED
from rightful.rights.uses import PROFILES, one_of


@cli.group(epilog="Example: rightful license show CC-BY-NC-4.0")
def license() -> None:
    """The licence catalogue: a reading of each licence, act by act. Not legal advice."""


@license.command("list", epilog="Example: rightful license list")
@click.pass_obj
def list_(context: Context, /) -> None:
    """All reviewed licences."""
    licenses = context.store.license.list()
    context.answer(licenses, license_list_lines(licenses))


@license.command(
    short_help="What a licence says of every act, for every purpose.",
    epilog="Example: rightful license show CC-BY-NC-4.0 --reading strict",
)
@click.argument("license", metavar="LICENSE")
@reading_option("Only this reading. Default: the three side by side.")
@click.pass_obj
def show(context: Context, /, license: str, profile: str | None) -> None:
    """What a licence says of every act, for every purpose, in the three readings, and what its obligations mean."""
    profiles = PROFILES if profile is None else (one_of("reading", profile, PROFILES),)
    answer = context.store.license.show(license)
    context.answer(answer, license_lines(answer, profiles))


@license.command(epilog="Example: rightful license check 'MIT OR GPL-3.0-only' --use train.pretrain --accept notice")
@click.argument("expression", metavar="EXPR")
@use_options
@click.option("--allow", multiple=True, metavar="ID,ID", help="Check against this list of licences instead of a use.")
@click.pass_obj
def check(context: Context, /, expression: str, **options: Any) -> int:
    """What a licence expression, alias or deed address permits. Exit 3 unless it permits.

    EXPR - reads one expression per line from stdin and answers a JSON array in that order (exit 0). With --allow an OR
    is satisfied by one listed licence, an AND by all.
    """
    if expression == "-":
        context.as_json = True
        lines = [line.rstrip("\n") for line in sys.stdin]
        context.answer(context.store.license.check(lines, **options), [])
        return DONE
    answer = context.store.license.check(expression, **options)
    context.answer(answer, check_lines(answer))
    return DONE if answer.decision == "permit" else REFUSED


@license.command(
    short_help="As check, with the clause and the rationale of every licence.",
    epilog="Example: rightful license why CC-BY-NC-4.0 --use train.pretrain",
)
@click.argument("expression", metavar="EXPR")
@use_options
@click.pass_obj
def why(context: Context, /, expression: str, **options: Any) -> int:
    """As check, with the clause and the rationale of every licence for every act requested. Exit 3 unless it permits."""
    answer = context.store.license.why(expression, **options)
    context.answer(answer, why_lines(answer))
    return DONE if answer.decision == "permit" else REFUSED
