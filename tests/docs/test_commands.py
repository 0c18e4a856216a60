"""Every command and option says what it is for, and its example is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import partial

import click
import pytest

from rightful import Store
from rightful.cli.app import cli, hoist
from rightful.cli.table import TABLE


def walk(command: click.Command, name: str = "rightful") -> Iterator[tuple[str, click.Command]]:
    """Groups and commands with their full names."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in map(partial(command.get_command, context), command.list_commands(context)):
            assert child is not None
            yield from walk(child, f"{name} {child.name}")


COMMANDS = dict(walk(cli))
EXAMPLE = re.compile(r"Example: (rightful .*\S)")


def taken(command: click.Command, words: list[str], parent: click.Context | None = None) -> click.Context:
    """The context of the command that ``words`` end in, parsed and not run."""
    context = command.make_context(command.name, list(words), parent=parent)
    if isinstance(command, click.Group):
        rest = [*context._protected_args, *context.args]
        name, child, arguments = command.resolve_command(context, rest)
        assert child is not None, name
        return taken(child, arguments, context)
    return context


def test_commands_are_those_of_the_blueprint_so_far() -> None:
    wanted = "ingest query export explain license consent source verify sql store demo".split()
    assert set(wanted) <= set(TABLE)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_help_that_is_a_sentence(name: str) -> None:
    said = COMMANDS[name].help or ""
    assert re.match(r"[A-Z].*[.;:]", said, re.DOTALL), said


@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_an_example_that_the_command_line_takes(name: str) -> None:
    said = EXAMPLE.fullmatch(COMMANDS[name].epilog or "")
    assert said, "an epilog reads `Example: rightful ...`"
    lines = [line.partition(" > ")[0] for line in said[1].split(" && ")]
    for line in lines:
        words = hoist(shlex.split(line)[1:])
        context = taken(cli, words)
        if not isinstance(COMMANDS[name], click.Group):
            assert context.command is COMMANDS[name], "the example is of another command"


@pytest.mark.parametrize(
    ("name", "parameter"),
    [(n, p) for n, c in COMMANDS.items() for p in c.params if isinstance(p, click.Option)],
    ids=lambda x: getattr(x, "name", x),
)
def test_option_has_help_and_names_its_value(name: str, parameter: click.Option) -> None:
    assert parameter.help, f"{name} {parameter.opts}"
    assert parameter.help.endswith("."), parameter.help
    assert parameter.is_flag or parameter.metavar, f"{name} {parameter.opts} shows no value"


@pytest.mark.parametrize(
    "name", [n for n, c in COMMANDS.items() if any(isinstance(p, click.Argument) for p in c.params)]
)
def test_argument_is_named_in_capitals(name: str) -> None:
    for parameter in COMMANDS[name].params:
        if isinstance(parameter, click.Argument):
            assert re.fullmatch(r"\[?[A-Z]+\]?(\.\.\.)?", parameter.metavar or ""), f"{name} {parameter.name}"


def test_verbs_of_the_library_have_the_names_of_the_commands() -> None:
    for verb in ("ingest", "query", "export", "explain", "verify", "stats", "sql"):
        assert callable(getattr(Store, verb))
        assert (getattr(Store, verb).__doc__ or "").strip()
