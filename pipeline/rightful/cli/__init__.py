"""The command line: thin hands. Floor 11: parse, call one verb, print."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """The command ``rightful``. Ends the process with its exit code, see docs/reference.md."""
    try:
        from rightful.cli.app import cli, hoist, run
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted; nothing was changed\n")
        sys.exit(1)

    words = hoist(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(cli, words, "--json" in words))
