"""The command line: thin hands. Floor 11: parse, call one verb, print."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """The command ``rightful``. Ends the process with its exit code, see docs/reference.md."""
    try:
        from rightful.cli.app import run
        from rightful.cli.commands import cli
        from rightful.cli.options import hoist
    except KeyboardInterrupt:  # while the libraries are loaded
        sys.stderr.write("error: interrupted; nothing was changed\n")
        sys.exit(1)
    except (ImportError, MemoryError, OSError, RuntimeError, SystemError) as error:
        what = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        hint = "free some memory, or allow more (ulimit -v); where there is enough, install rightful again"
        sys.stderr.write(f"error: a library cannot be loaded: {what}\n  hint: {hint}\n")
        sys.exit(2)

    words = hoist(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(cli, words, "--json" in words))
