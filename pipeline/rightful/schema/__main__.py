"""``python -m rightful.schema --write | --check [FOLDER]``: for those who work on rightful."""

from __future__ import annotations

import sys
from pathlib import Path

from rightful.errors import UNUSABLE
from rightful.schema import differing, write

USAGE = "usage: python -m rightful.schema --write | --check [FOLDER]\n"


def main(arguments: list[str]) -> int:
    """Write or compare; the default folder is ``schemas/`` of the checkout."""
    if not arguments or arguments[0] not in ("--write", "--check") or len(arguments) > 2:
        sys.stderr.write(USAGE)
        return UNUSABLE
    folder = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).parents[3] / "schemas"
    if not folder.is_dir():
        sys.stderr.write(f"error: {folder}: is not a folder\n")
        return UNUSABLE
    if arguments[0] == "--write":
        sys.stdout.write("".join(f"wrote {name}\n" for name in write(folder)))
        return 0
    stale = differing(folder)
    sys.stderr.write("".join(f"error: {folder / name}: is not what the code says; run make docs\n" for name in stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
