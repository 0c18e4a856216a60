"""Which files belong to an installed Python distribution. Floor 2: pure.

A folder ``NAME-VERSION.dist-info`` speaks of the files that its ``RECORD`` lists (PyPA, *Recording installed projects*), one
``NAME.egg-info`` of those in ``installed-files.txt``. Both lie in one folder with those of all other distributions, so one
that lists nothing speaks of itself alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable

LISTS = {".dist-info": "RECORD", ".egg-info": "installed-files.txt"}
"""By how the name of its folder ends: the file in which a distribution lists its own."""
MOST_BYTES = 64 << 20
"""A longer list is read by nobody: the distribution speaks of itself alone."""


def files_of(folder: str, raw: bytes) -> frozenset[str]:
    """The paths that a distribution lists, from the folder that ``folder``, its own name, lies in. What lies outside of that
    folder is left out, and so is a list that is no UTF-8.

    >>> sorted(files_of("a-1.dist-info", b"a/__init__.py,sha256=x,3\\n../../../bin/a,,\\n"))
    ['a/__init__.py']
    """
    try:
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return frozenset()
    if folder.lower().endswith(".egg-info"):
        paths: Iterable[str] = (f"{folder}/{line.strip()}" for line in lines if line.strip())
    else:
        try:
            paths = [row[0] for row in csv.reader(lines) if row]
        except csv.Error:
            return frozenset()
    return frozenset(path for path in map(_plain, paths) if path)


def _plain(path: str) -> str:
    """A path without ``.`` and ``..``; empty for one that leads out of its folder."""
    path = path.replace("\\", "/")
    if path.startswith("/") or "./" not in path:
        return "" if path.startswith("/") else path
    steps: list[str] = []
    for step in path.split("/"):
        if step == "..":
            if not steps:
                return ""
            steps.pop()
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps)
