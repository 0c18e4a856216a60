"""The group of commands: global options, errors, exit codes, progress. Floor 11."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, TextIO

import click

from rightful import __version__
from rightful.cli.table import GROUPS, TABLE
from rightful.errors import DONE, FAILED, UNUSABLE, RightfulError

if TYPE_CHECKING:
    from rightful.api import Store
    from rightful.api.answer import Answer, Rows

# Everything else is imported where it is needed: `rightful --help` loads click and this file alone.


def on_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sits at the other end. A stream that was closed before the start is None."""
    return stream is not None and not stream.closed and stream.isatty()


class Context:
    """What every command gets: the store, how to answer, how to show progress."""

    def __init__(self, store: str, as_json: bool, quiet: bool) -> None:
        self.root = store
        self.as_json = as_json
        self.quiet = quiet

    @cached_property
    def store(self) -> Store:
        """The store that the command line names; nothing is opened yet."""
        from rightful.api import Store

        return Store(self.root)

    def answer(self, data: Answer | Rows, lines: Iterable[str]) -> None:
        """Print the answer: one JSON document, or lines for people."""
        from rightful.cli.pages.lines import document, doubt_lines, fitted, next_lines

        self.warn(doubt_lines(data))
        if self.as_json:
            click.echo(document(data.as_json()))
        elif not self.quiet:
            for line in fitted([*lines, *next_lines(getattr(data, "next", None) or ())]):
                click.echo(line)

    def remind(self) -> None:
        """Name what is overdue, after a command that reached a store, whatever it did there."""
        if "store" not in self.__dict__ or self.quiet:
            return
        with suppress(RightfulError):  # what is wrong with the store the command has said itself
            if late := self.store.duties(overdue=True):
                from rightful.cli.pages.store import overdue_line

                self.warn([overdue_line(late)])

    def warn(self, lines: Iterable[str]) -> None:
        """Print to stderr what somebody should look at, whatever form the answer has."""
        for line in [] if self.quiet else lines:
            click.echo(line, err=True)

    @contextmanager
    def progress(self, title: str, unit: str) -> Iterator[Callable[[str, int, int], None] | None]:
        """A bar with rate and remaining time on stderr while a long command runs in a terminal; None elsewhere."""
        if self.quiet or not on_terminal(sys.stderr):
            yield None
            return
        from tqdm import tqdm

        shape = "{desc} {bar} {n_fmt}/{total_fmt} {rate_fmt} {elapsed}<{remaining}"
        with tqdm(desc=title, unit=f" {unit}", bar_format=shape, leave=False, file=sys.stderr) as bar:

            def advance(step: str, done: int, total: int) -> None:
                if bar.desc != step or bar.total != total:
                    bar.set_description_str(step, refresh=False)
                    bar.total = total
                bar.update(done - bar.n)

            yield advance


class Below(click.Group):
    """A group below another: its commands with summaries that are whole, each in one line of the terminal."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, by name."""
        room = formatter.width - 6 - max(map(len, self.commands), default=0)
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, _in_one_line(one.get_short_help_str(1000), room))
                    for name, one in sorted(self.commands.items())
                ]
            )


def _in_one_line(summary: str, room: int) -> str:
    """A sentence, or as much of it as says something by itself and fits."""
    while len(summary) > room and (cut := max(map(summary.rfind, ";:,"))) > 0:
        summary = f"{summary[:cut]}."
    return summary


class Commands(click.Group):
    """The group of all commands; each is imported when it is first used."""

    group_class = Below

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, sorted."""
        return sorted(TABLE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if (entry := TABLE.get(cmd_name)) is None:
            return None
        import_module(f"rightful.cli.commands.{entry.module}")
        return self.commands[cmd_name]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by what somebody wants, with their summaries, from the table: none is imported for it."""
        widest = max(map(len, TABLE))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), TABLE[name].summary) for name in names if name in TABLE])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: rightful init corpus/ && rightful ingest corpus/ && rightful export out/ --policy research-internal",
)
@click.option(
    "--store",
    envvar="RIGHTFUL_STORE",
    default="./rightful-store",
    show_default=True,
    metavar="DIR",
    help="The store (RIGHTFUL_STORE).",
)
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document on stdout.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.version_option(__version__, prog_name="rightful")
@click.pass_context
def cli(context: click.Context, store: str, as_json: bool, quiet: bool) -> None:
    """Every record carries what it may be used for; nothing leaves without permission.

    \b
    From data to a first result:
      rightful init DATA                 what is it, and what does it say?
      rightful ingest DATA               read it into the store
      rightful export OUT --policy NAME  what that use permits, with the proof

    `rightful policy list` has the names, `rightful demo` tells a whole story.
    """
    context.obj = Context(store, as_json, quiet)
    context.call_on_close(context.obj.remind)


def hoist(arguments: Sequence[str]) -> list[str]:
    """Global options stand anywhere on the line: bring them to the front. What follows ``--`` stays where it is."""
    front: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            rest += [word, *waiting]
            break
        if word in ("--json", "--quiet"):
            front.append(word)
        elif word == "--store" and waiting:
            front += [word, waiting.pop(0)]
        elif word.startswith("--store="):
            front.append(word)
        else:
            rest.append(word)
    return front + rest


def run(group: click.Group, words: list[str], as_json: bool) -> int:
    """Run one command line and answer its exit code; every error ends in one place."""
    try:
        code = group.main(words, prog_name="rightful", standalone_mode=False)
        return code if isinstance(code, int) else DONE
    except RightfulError as error:
        return _fail(str(error), error.exit_code, as_json, error.subject, error.hint, error.next)
    except click.ClickException as error:
        error.show()
        return _json_error(error.format_message(), UNUSABLE, as_json)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _interrupted(as_json)
    except BrokenPipeError:
        return FAILED
    except Exception as error:
        return _failure(error, as_json)


def _interrupted(as_json: bool) -> int:
    return _fail("interrupted; what was committed before stands", FAILED, as_json)


def _failure(error: Exception, as_json: bool) -> int:
    """What the machine cannot do, with what to do about it; anything else is a defect of ours."""
    if _while_importing(error):
        what = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        hint = "free some memory, or allow more (ulimit -v); where there is enough, install rightful again"
        return _condition(f"a library cannot be loaded: {what}", hint, as_json)
    if isinstance(error, MemoryError):
        return _condition("there is not enough memory", "free some, or allow more (ulimit -v)", as_json)

    from rightful.store.conditions import is_interrupt, remedy, what_the_engine_says

    if is_interrupt(error):
        return _interrupted(as_json)
    of_the_system = isinstance(error, OSError) and error.errno is not None
    if not of_the_system and (condition := what_the_engine_says(error)) is not None:
        return _condition(*condition, as_json)
    if isinstance(error, OSError):
        place = error.filename if isinstance(error.filename, str) else None
        return _condition(f"{error.strerror or error}", remedy(error), as_json, place)
    kept = _kept(error)
    hint = f"this is a defect of rightful; the store is as it was. Where it happened: {kept}"
    return _fail(f"internal failure: {type(error).__name__}: {error}", FAILED, as_json, hint=hint)


def _while_importing(error: Exception) -> bool:
    """True for an error that came up while a module was being loaded: verbs load what they need when they run."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        trace = trace.tb_next
    return isinstance(error, ImportError)


def _condition(message: str, hint: str, as_json: bool, subject: str | None = None) -> int:
    """An error that the machine is in, not the request: nothing half done is left."""
    text = str(RightfulError(message, subject=subject, hint=hint))
    return _fail(text, UNUSABLE, as_json, subject, hint)


def _kept(error: Exception) -> str:
    """The file with where in the code an error came up, for a report."""
    import os
    import tempfile
    import traceback

    details = "".join(traceback.format_exception(error))
    try:
        handle, name = tempfile.mkstemp(prefix="rightful-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(details)
        return name
    except OSError:
        return "could not be written down"


def _fail(
    message: str,
    code: int,
    as_json: bool,
    subject: str | None = None,
    hint: str | None = None,
    steps: Sequence[Mapping[str, object]] = (),
) -> int:
    from rightful.notation.shown import plain

    text = message if hint is None or "hint: " in message else f"{message}\n  hint: {hint}"
    for n, line in enumerate(text.split("\n")):
        with suppress(OSError):
            click.echo(plain(line) if n else f"error: {plain(line)}", err=True)
    if steps:
        from rightful.cli.pages.lines import next_lines

        with suppress(OSError):
            for line in next_lines(steps):
                click.echo(line, err=True)
    return _json_error(message, code, as_json, subject, hint, steps)


def _json_error(
    message: str,
    code: int,
    as_json: bool,
    subject: str | None = None,
    hint: str | None = None,
    steps: Sequence[Mapping[str, object]] = (),
) -> int:
    if as_json:
        import json

        said = {"message": message, "subject": subject, "hint": hint, "exit_code": code, "next": list(steps)}
        with suppress(OSError):  # where nobody can be told, the exit code says it
            click.echo(json.dumps({"error": said}))
    return code
