"""The command line: thin hands. Floor 11: parse, call one verb, print."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """The command ``rightful``. Ends the process with its exit code, see docs/reference.md."""
    gc.set_threshold(_COLLECTED)
    try:
        from rightful.cli.app import cli, hoist, run
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted; nothing was changed\n")
        sys.exit(1)

    words = hoist(sys.argv[1:] if arguments is None else arguments)
    code = run(cli, words, "--json" in words)
    if arguments is None:
        gc.freeze()  # the process ends: nothing is looked for in what it leaves
    sys.exit(code)


_COLLECTED = 50_000
"""So many objects are made before Python looks for those that nobody needs: a catalogue is tens of thousands that stay."""
