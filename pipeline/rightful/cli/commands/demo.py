"""``rightful demo``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from rightful.cli.app import cli, run
from rightful.cli.story import tell
from rightful.errors import InputError


@cli.command(epilog="Example: rightful demo --keep demo-rightful")
@click.option("--keep", metavar="DIR", help="Tell it in this new folder and leave it there. Default: a temporary one.")
def demo(keep: str | None) -> int:
    """The whole story on the sample data, in under a minute."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="rightful-demo-") as folder:
            return _tell(Path(folder))
    folder_to_keep = Path(keep)
    if folder_to_keep.exists():
        raise InputError("exists already", subject=keep, hint="name a new folder")
    folder_to_keep.mkdir(parents=True)
    return _tell(folder_to_keep.resolve())


def _tell(folder: Path) -> int:
    return 0 if tell(folder, lambda words: run(cli, ["--store", "rightful-store", *words], as_json=False)) else 1
