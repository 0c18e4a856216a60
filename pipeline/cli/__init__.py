"""The command line: thin hands. Floor 6: parse, call one verb, print."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """The command ``rightful``. Ends the process with the exit code of the blueprint."""
    from pipeline.cli.app import run
    from pipeline.cli.commands import cli
    from pipeline.cli.options import hoist

    words = hoist(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(cli, words, "--json" in words))
