"""Options that several commands share, written once. Floor 11."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from copy import copy
from importlib import import_module
from typing import Any, TypeVar

import click

from rightful.compiling import code_of, compiled, user_cache
from rightful.decisions import DEDUP, PREFERENCES
from rightful.rights.uses import ACT_FAMILIES, ACTORS, PROFILES, PURPOSES

Command = TypeVar("Command", bound=Callable[..., Any])
USE_OPTION_NAMES = ("purpose", "application", "actor", "jurisdiction", "accept", "profile", "as_of", "policy")


def reading_option(says: str) -> Callable[[Command], Command]:
    """How licences are read: ``--reading``, which was ``--profile``; keyword and JSON key keep that name."""
    return click.option("--reading", "--profile", "profile", cls=Renamed, metavar="|".join(PROFILES), help=says)


def glob_options(command: Command) -> Command:
    """Which files of the named paths are wanted: ``--include``, ``--exclude``."""
    for option in reversed(_GLOB_OPTIONS):
        command = option(command)
    return command


_GLOB_OPTIONS = (
    click.option(
        "--include",
        multiple=True,
        metavar="PATTERN",
        help="Only files that it means, relative to each PATH: '**/*.md', 'docs/**', '*.txt'; repeatable.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="PATTERN",
        help="No file that it means; wins over --include. What the store has of it stands; repeatable.",
    ),
)


class Renamed(click.Option):
    """An option of which the first name is shown; an older one goes on being taken."""

    @property
    def names(self) -> list[str]:
        """As help and reference name it."""
        return self.opts[:1]

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """The line of the help, without the older name."""
        alone = copy(self)
        alone.opts = self.names
        return super(Renamed, alone).get_help_record(ctx)


_USE_OPTIONS = (
    click.option(
        "--use",
        multiple=True,
        metavar="ACT",
        help=f"An act, such as train.pretrain, or all of a family: {', '.join(ACT_FAMILIES)}; repeatable. One line on each:"
        " rightful uses.",
    ),
    click.option("--purpose", metavar="|".join(PURPOSES), help="What the use is for. Default: commercial."),
    click.option("--application", metavar="NAME", help="What the trained thing is for, such as translation."),
    click.option("--actor", metavar="|".join(ACTORS), help="Who makes the use. Default: for_profit."),
    click.option(
        "--jurisdiction",
        multiple=True,
        metavar="CC",
        help="Where the use takes place; repeatable. Default: everywhere.",
    ),
    click.option(
        "--accept",
        multiple=True,
        metavar="OBLIGATION",
        help="An obligation that will be met, a bundle such as credit, or all; a precondition as payment:LICENCE-OR-PARTY=REFERENCE;"
        " repeatable.",
    ),
    reading_option("The reading of licences. Default: strict."),
    click.option("--as-of", metavar="TIME", help="The instant to decide for. Default: now."),
    click.option("--policy", metavar="NAME", help="A named use, such as research-internal: see rightful policy list."),
)


def use_options(command: Command) -> Command:
    """Everything that says what is asked. Every default is the strictest."""
    for option in reversed(_USE_OPTIONS):
        command = option(command)
    return command


def stating_options(command: Command) -> Command:
    """What a named use says of a request: neither when nor under which name it is asked."""
    for option in reversed(_USE_OPTIONS[:-2]):
        command = option(command)
    return command


def read_formats() -> tuple[str, ...]:
    """The formats that are read, in the order in which they are listed."""
    return _kept_names("rightful.readers.read", "formats", "readers", "readers/formats")


def shard_formats() -> tuple[str, ...]:
    """The formats of shards."""
    return _kept_names("rightful.export.formats", "names", "export/formats", "export/formats/text")


def text_formats() -> tuple[str, ...]:
    """The ways to write shards of texts."""
    return _kept_names("rightful.export.formats.text", "names", "export/formats/text")


def _kept_names(module: str, function: str, *code: str) -> tuple[str, ...]:
    """The names that a function of a module answers. What they are found in is loaded once, and not for every help."""

    def found() -> tuple[str, ...]:
        return tuple(getattr(import_module(module), function)())

    return compiled(code_of(*code), found, user_cache(os.environ, "names", module))


def standard_input(most: int = -1) -> bytes:
    """What comes in, at most so many bytes; nothing where standard input is closed."""
    return b"" if sys.stdin is None or sys.stdin.closed else sys.stdin.buffer.read(most)


workers_option = click.option("--workers", type=int, metavar="N", help="Worker processes. Default: one per core.")
recipe_option = click.option(
    "--recipe", metavar="FILE|NAME", help="Settings of the stages: a file (TOML) or one of `rightful recipe`."
)
where_option = click.option(
    "--where", metavar="SQL", help="A condition on the columns of a record, such as \"language = 'en'\"."
)
dedup_option = click.option(
    "--dedup", default="near", show_default=True, metavar="|".join(DEDUP), help="Keep one of each duplicate group."
)
prefer_option = click.option(
    "--prefer",
    multiple=True,
    metavar="source:NAME|" + "|".join(PREFERENCES),
    help="Which copy to keep; repeatable, the first counts most. Ties: the longest, then the first in the store.",
)
yes_option = click.option(
    "--yes", is_flag=True, help="Confirm that the clock is right although the newest snapshot is over 400 days old."
)
much_option = click.option(
    "--yes",
    is_flag=True,
    help="Record it though it matches much of the store, or the newest snapshot is over 400 days old.",
)
redact_option = click.option(
    "--redact",
    multiple=True,
    metavar="TYPE",
    help="Decide as an export that removes personal data of this type would; a group such as contact, or all; repeatable.",
)
snapshot_option = click.option("--snapshot", type=int, metavar="N", help="An older snapshot. Default: the newest.")
