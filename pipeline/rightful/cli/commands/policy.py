"""``rightful policy``."""

from __future__ import annotations

from typing import Any

import click

from rightful.cli.app import Context, cli
from rightful.cli.asking import signing
from rightful.cli.options import stating_options
from rightful.cli.pages.policy import named_lines, named_list_lines, policy_lines


@cli.group(epilog="Example: rightful policy list")
def policy() -> None:
    """Named uses, and the standing policy of a store: what is asked, what is undertaken, and who answers for it."""


@policy.command("list", epilog="Example: rightful policy list")
@click.pass_obj
def list_(context: Context, /) -> None:
    """Named uses: those that come with rightful, and your own.

    Your own lie in STORE/uses/. Ask for one with --policy NAME, on every command that asks about a use.
    """
    answer = context.store.policy.list()
    context.answer(answer, named_list_lines(answer))


@policy.command(epilog="Example: rightful policy show open-weights-commercial")
@click.argument("name", metavar="[NAME]", required=False)
@click.pass_obj
def show(context: Context, /, name: str | None) -> None:
    """What a named use asks for and undertakes; without NAME: the policy.

    Of the policy of the store: what it says, and whether it counts now.
    """
    answer = context.store.policy.show(name)
    context.answer(answer, policy_lines(answer) if name is None else named_lines(answer))


@policy.command(
    epilog="Example: rightful policy new my-model --from open-weights-commercial --accept credit --accept share-alike"
)
@click.argument("name", metavar="NAME")
@click.option(
    "--from", "from_", metavar="NAME", help="The named use that it begins as; what is said beside replaces it."
)
@click.option("--summary", metavar="TEXT", help="What the use is, in one line.")
@stating_options
@click.pass_obj
def new(context: Context, /, name: str, **options: Any) -> None:
    """Write a named use of your own; nothing is overwritten.

    It is STORE/uses/NAME.toml, a file to read and to edit.
    """
    answer = context.store.policy.new(name, **options)
    context.answer(answer, named_lines(answer))


@policy.command(epilog='Example: rightful policy sign --by "Ada Moreno, general counsel" --until 2027-11-30')
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--by", metavar="NAME", help="Who signs: a name and a role. Needed; on a terminal it is asked for.")
@click.option("--until", metavar="TIME", help="Until when it counts; a date is included. Needed.")
@click.option("--ground", metavar="TEXT", help="On which ground: where the assessment is kept. A statute needs it.")
@click.option("--for", "for_", metavar="TEXT", help="For what it is signed, such as a project.")
@click.option("--lawful-access", is_flag=True, help="Declare that every source of this store was lawfully accessed.")
@click.pass_obj
def sign(context: Context, /, name: str | None, **options: Any) -> None:
    """Sign the policy as it stands, or a named use for this store.

    It counts from now on. Statutory bases, publishers and copies = "own" bear on decisions, so they need a signature;
    undertakings do not. What changes afterwards has to be signed again. Exports that hold what is not permitted under it are
    named.
    """
    answer = context.store.policy.sign(name, **signing(context, name, options))
    context.answer(answer, policy_lines(answer) if name is None else named_lines(answer))
