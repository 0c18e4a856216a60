"""What the machine says when it cannot: a full disk, a read-only mount, too little memory; and what to do. Floor 4."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

from rightful.errors import InputError

NO_ROOM = "make room on the disk, then run it again"
BUSY = "another command holds it: run it again when that has ended"
_REMEDIES = {
    errno.ENOSPC: NO_ROOM,
    errno.EDQUOT: "make room within the quota, then run it again",
    errno.EROFS: "the file system is mounted read-only: mount it for writing",
    errno.EACCES: "run it as the owner of the files, or change their permissions",
    errno.EPERM: "run it as the owner of the files",
    errno.EIO: "the disk reports an error: copy what can be read to another one, then: rightful store check",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.ENFILE: "the system has too many open files",
    errno.EFBIG: "allow larger files (ulimit -f)",
    errno.ENOMEM: "free some memory, or allow more (ulimit -v)",
    errno.ENOENT: "it was there a moment ago: find out what is missing with: rightful store check",
}


def remedy(error: OSError) -> str:
    """What to do about an error of the operating system."""
    return _REMEDIES.get(error.errno or 0, "find out what is damaged with: rightful store check")


def unwritable(error: OSError, place: Path) -> InputError:
    """The error for a file or folder that cannot be written: what the operating system says, and what to do."""
    hint = _REMEDIES.get(error.errno or 0, "name another place, or mend this one")
    return InputError(f"cannot be written: {error.strerror or error}", subject=str(place), hint=hint)


_NO_MEMORY = (
    "can't start new thread",
    "failed to launch worker thread",
    "load shared object file",  # of llvmlite: it is there, and cannot be mapped
    "bad allocation",
)
"""How libraries say that there is no memory, or no thread, for them. Of those that were loaded nothing else says so."""


def what_the_engine_says(error: Exception) -> tuple[str, str] | None:
    """An error of a library as (what, what to do), where it is about the machine or a file; None elsewhere."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    short = any(words in first.lower() for words in _NO_MEMORY)
    if short or _is_of(error, "duckdb", "OutOfMemoryException") or _is_of(error, "pyarrow", "ArrowMemoryError"):
        return f"there is not enough memory: {first}", "free some, or allow more (ulimit -v, ulimit -u)"
    if _is_of(error, "duckdb", "IOException"):
        full = "No space left" in str(error)
        return first, _REMEDIES[errno.ENOSPC] if full else "find out what is damaged with: rightful store check"
    if _is_of(error, "duckdb", "Error") or _is_of(error, "pyarrow", "ArrowException"):
        return f"a file cannot be read: {first}", "find out what is damaged with: rightful store check"
    return None


def is_interrupt(error: Exception) -> bool:
    """Whether it is Ctrl-C, which ends a query of DuckDB with an error of its own words."""
    return type(error) is RuntimeError and str(error) == "Query interrupted"


def _is_of(error: Exception, library: str, kind: str) -> bool:
    """Whether a library raised it. One that is not loaded did not: none is loaded for the sake of its errors."""
    module = sys.modules.get(library)
    return module is not None and isinstance(error, getattr(module, kind))
