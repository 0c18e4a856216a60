"""``rightful demo``."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from rightful.cli.app import cli, run
from rightful.cli.pages.demo import command_lines, exit_lines, scene_lines


@cli.command(epilog="Example: rightful demo --keep demo-rightful")
@click.option("--keep", metavar="DIR", help="Run it in this new folder and keep the folder. Default: a temporary one.")
def demo(keep: str | None) -> int:
    """The whole story on the sample data, in under a minute.

    Every line that starts with $ is a command that you can type; what follows is what it printed.
    """
    if keep is not None:
        return _tell(Path(keep))
    with tempfile.TemporaryDirectory(prefix="rightful-demo-") as folder:
        return _tell(Path(folder) / "demo")


def _tell(folder: Path) -> int:
    """Tell the story in a new folder, by the commands themselves: 0 when every exit code is as told."""
    from rightful import Store

    good = True
    laid_out = Store.demo(keep=folder)
    with _inside(Path(laid_out.folder)):
        for scene in laid_out.scenes:
            _print(scene_lines(scene))
            for each in scene["commands"]:
                _print(command_lines(each))
                code = run(cli, ["--store", "rightful-store", *shlex.split(each["command"])], as_json=False)
                _print(exit_lines(code))
                good = good and code == each["exit_code"]
    return 0 if good else 1


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
