"""The SHA-256 of files, read once by a process while a file stays what it was. Floor 4."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rightful.errors import StoreError
from rightful.store.layout import sha256_file
from rightful.store.parquet import Identity, identity

SETTLED_NS = 2_000_000_000
"""A file that changed so lately may change again without another time on it: it is read again the next time."""
MOST_KNOWN = 1 << 18

_known: dict[Identity, str] = {}


def sha256_of(path: Path) -> str:
    """The digest of a file. Raises :class:`StoreError` when it is not there or cannot be read."""
    before = identity(path)
    known = _known.get(before)
    if known is not None:
        return known
    began = time.time_ns()
    try:
        digest = sha256_file(path)
    except OSError as error:
        raise StoreError(f"cannot be read: {error.strerror}", subject=str(path)) from error
    if identity(path) == before and began - max(before.mtime_ns, before.ctime_ns) > SETTLED_NS:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[before] = digest
    return digest


def wrong(files: Iterable[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """(file, what is wrong with it) of the files that do not have the digest that they should have, in their order."""
    listed = list(files)

    def look(file: tuple[Path, str]) -> str:
        path, wanted = file
        try:
            return "" if sha256_of(path) == wanted else "has other bytes than were committed"
        except StoreError as error:
            return "is not there" if not path.exists() else error.message

    if len(listed) < 2:
        reasons = [look(file) for file in listed]
    else:
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1, len(listed))) as pool:  # hashing lets go of the interpreter
            reasons = list(pool.map(look, listed))
    return [(path, why) for (path, _), why in zip(listed, reasons, strict=True) if why]
