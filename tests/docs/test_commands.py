"""Every command and option says what it is for, and its example is one that the command line takes."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable, Iterator
from functools import partial, reduce
from pathlib import Path
from typing import Any, cast

import click
import pytest

import docs.make
from docs.make import twin_of
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


def test_command_has_help_that_is_a_sentence(subtests: pytest.Subtests) -> None:
    for name in COMMANDS:
        with subtests.test(name):
            said = COMMANDS[name].help or ""
            assert re.match(r"[A-Z].*[.;:]", said, re.DOTALL), said


def test_command_has_an_example_that_the_command_line_takes(subtests: pytest.Subtests) -> None:
    for name in COMMANDS:
        with subtests.test(name):
            said = EXAMPLE.fullmatch(COMMANDS[name].epilog or "")
            assert said, "an epilog reads `Example: rightful ...`"
            lines = [line.partition(" > ")[0] for line in said[1].split(" && ")]
            for line in lines:
                words = hoist(shlex.split(line)[1:])
                context = taken(cli, words)
                if not isinstance(COMMANDS[name], click.Group):
                    assert context.command is COMMANDS[name], "the example is of another command"


def test_option_has_help_and_names_its_value(subtests: pytest.Subtests) -> None:
    for name, parameter in [(n, p) for n, c in COMMANDS.items() for p in c.params if isinstance(p, click.Option)]:
        with subtests.test(f"{name} {parameter.name}"):
            assert parameter.help, f"{name} {parameter.opts}"
            assert parameter.help.endswith("."), parameter.help
            assert parameter.is_flag or parameter.metavar, f"{name} {parameter.opts} shows no value"


def test_argument_is_named_in_capitals(subtests: pytest.Subtests) -> None:
    for name in [n for n, c in COMMANDS.items() if any(isinstance(p, click.Argument) for p in c.params)]:
        with subtests.test(name):
            for parameter in COMMANDS[name].params:
                if isinstance(parameter, click.Argument):
                    assert re.fullmatch(r"\[?[A-Z]+\]?(\.\.\.)?", parameter.metavar or ""), f"{name} {parameter.name}"


NOT_KEYWORDS = {
    # What is about this process, or about what is printed.
    "rightful": {"store", "as_json", "quiet"},
    "rightful license show": {"profile"},
    "rightful query": {"all_reasons"},
}
"""The options that are no keyword of the twin, by command. Nothing else is an exception."""
ONLY_KEYWORDS = {
    # A library gets functions where a command shows a bar.
    "rightful init": {"ask"},
    "rightful ingest": {"progress"},
    "rightful tag": {"progress"},
    "rightful export": {"progress", "show"},
    "rightful store copy": {"progress"},
}
"""The keywords of a twin that are no option, by command."""
OTHER_DEFAULTS = {
    # It may end the process: right where that is there for the query alone.
    ("rightful sql", "max_memory"),
}
PLAIN = [name for name, command in COMMANDS.items() if not isinstance(command, click.Group)]


def twin(name: str) -> Callable[..., Any]:
    """The twin of a command, as a caller reaches it."""
    return cast(Callable[..., Any], reduce(getattr, twin_of(name), Store("no-store")))


def test_command_has_its_twin_with_a_keyword_for_every_option_and_no_other(subtests: pytest.Subtests) -> None:
    for name in PLAIN:
        with subtests.test(name):
            assert twin_of(name)[-1].removesuffix("_") == name.split()[-1].replace("-", "_")
            options = {p.name for p in COMMANDS[name].params} - NOT_KEYWORDS.get(name, set())
            assert set(inspect.signature(twin(name)).parameters) - ONLY_KEYWORDS.get(name, set()) == options


def test_twin_says_what_it_does_and_the_type_of_everything_it_takes_and_answers(subtests: pytest.Subtests) -> None:
    for name in PLAIN:
        with subtests.test(name):
            signature = inspect.signature(twin(name))
            assert re.match(r"[A-Z].*[.;:]", inspect.getdoc(twin(name)) or "", re.DOTALL)
            untyped = [
                p.name for p in signature.parameters.values() if p.annotation in (inspect.Parameter.empty, "Any")
            ]
            assert (untyped, signature.return_annotation) != ([], inspect.Signature.empty)
            assert not untyped
            assert not any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in signature.parameters.values())


def test_keyword_has_the_default_of_its_option(subtests: pytest.Subtests) -> None:
    for name in PLAIN:
        with subtests.test(name):
            keywords = inspect.signature(twin(name)).parameters
            for option in COMMANDS[name].params:
                if isinstance(option, click.Option) and option.name in keywords and not option.required:
                    default = keywords[option.name].default
                    shown = option.default if isinstance(option.default, str | int | float) else None
                    # An option that is not given is None, an empty text or False.
                    assert (default or None) == (shown or None) or (name, option.name) in OTHER_DEFAULTS, option.opts


def test_every_public_method_of_the_store_and_its_groups_is_the_twin_of_a_command() -> None:
    store = Store("no-store")
    groups = {
        name: getattr(store, name)
        for name in ("asset", "consent", "evidence", "layouts", "license", "policy", "review", "signal", "source")
    }
    methods = {name for name in dir(Store) if name[0] != "_" and callable(getattr(Store, name))}
    methods |= {f"{group}.{name}" for group, of in groups.items() for name in dir(of) if name[0] != "_"}
    # The id behind a name; events of any kind in one commit, as an import makes them; objects of datasketch; duties of status;
    # tables of other libraries, in this process.
    others = {"record_id", "consent.record", "signatures", "minhash", "lsh", "duties", "permitted"}
    assert methods - others == {".".join(twin_of(name)) for name in PLAIN}


def test_reference_names_command_and_twin(subtests: pytest.Subtests) -> None:
    for name in PLAIN:
        with subtests.test(name):
            page = (Path(docs.make.__file__).parent / "reference.md").read_text("utf-8")
            assert f"### `{name}" in page
            assert f"`store.{'.'.join(twin_of(name))}`" in page
