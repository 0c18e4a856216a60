"""What is asked on a terminal before something is signed or undertaken. Elsewhere nothing is asked. Floor 11."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import click

from rightful.cli.app import Context, on_terminal
from rightful.cli.pages.policy import named_lines, policy_lines, undertaken_lines
from rightful.errors import InputError


def on_a_terminal(context: Context) -> bool:
    """True where somebody sits there who can be asked."""
    return not context.as_json and on_terminal(sys.stdin) and on_terminal(sys.stderr)


def signing(context: Context, name: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a signature, completed by whoever sits at the terminal, who reads first what is signed."""
    given = dict(options)
    if (given["by"] and given["until"]) or not on_a_terminal(context):
        return given
    from rightful.decisions.named import presupposes_access

    if name is None:
        lines, data = policy_lines(context.store.policy.show()), {}
    else:
        answer = context.store.policy.show(name)
        lines, data = named_lines(answer), answer.as_json()
    for line in lines:
        click.echo(line, err=True)
    click.echo("\nWhoever signs is held to all of this.", err=True)
    for key, question in (
        ("by", "Who signs (name, role)"),
        ("for_", "For what (may be empty)"),
        (
            "ground",
            "On which ground: where the assessment is kept" + ("" if data.get("statutes") else " (may be empty)"),
        ),
        ("until", "Until when (a day, included)"),
    ):
        if not given[key]:
            may_be_empty = key == "for_" or (key == "ground" and not data.get("statutes"))
            given[key] = click.prompt(question, default="" if may_be_empty else None, show_default=False, err=True)
    if data.get("statutes") and not given["lawful_access"] and presupposes_access(*_bases(context, str(name))):
        given["lawful_access"] = click.confirm("Was every source of this store lawfully accessed?", err=True)
    if not click.confirm("Sign it?", err=True):
        raise InputError("nobody signed it; nothing was written")
    return given


def _bases(context: Context, name: str) -> tuple[Mapping[str, Any], Any]:
    from rightful.decisions.named import find

    words = context.store.catalog.vocabulary
    return find(name, context.store.layout.uses, words, resign=True).data, words


Answer = TypeVar("Answer")


def confirmed(context: Context, ask: Callable[[dict[str, bool]], Answer], options: Mapping[str, Any]) -> Answer:
    """What ``ask`` answers; where it wants a yes first, as it matches much of the store, whoever sits at a terminal is asked.

    ``ask`` is given the options that change. Raises :class:`InputError` where nobody sits there, or the answer is no.
    """
    from rightful.events.consents import Unconfirmed

    try:
        return ask({})
    except Unconfirmed as error:
        if options["yes"] or not on_a_terminal(context):
            raise
        click.echo(f"It {error.message}.", err=True)
        if not click.confirm("Record it?", err=True):
            raise InputError("not confirmed; nothing was recorded", subject="consent") from error
    return ask({"yes": True})


def undertaking(context: Context, accept: Iterable[str], *, yes: bool) -> None:
    """Show what ``--accept all`` undertakes, and have it confirmed by whoever sits at a terminal.

    Raises :class:`InputError` where that is declined.
    """
    if not any(word.partition(":")[0].strip() == "all" for word in accept):
        return
    from rightful.query.named import undertaken

    context.warn(["--accept all undertakes:", *undertaken_lines(undertaken(["all"], context.store.catalog.vocabulary))])
    if yes or not on_a_terminal(context):
        return
    if not click.confirm("Undertake all of this?", err=True):
        hint = "accept what can be met: rightful query shows which conditions there are"
        raise InputError("not undertaken; nothing was exported", subject="--accept all", hint=hint)
