"""What the machine says when it cannot: a full disk, a read-only mount, too little memory; and what to do. Floor 1."""

from __future__ import annotations

import errno

import duckdb
import pyarrow as pa

_REMEDIES = {
    errno.ENOSPC: "make room on the disk, then run it again",
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


def what_the_engine_says(error: Exception) -> tuple[str, str] | None:
    """An error of a query engine as (what, what to do), where it is about the machine or a file; None elsewhere."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, duckdb.OutOfMemoryException | pa.ArrowMemoryError):
        return f"there is not enough memory: {first}", "free some, or allow more (ulimit -v)"
    if isinstance(error, duckdb.IOException):
        full = "No space left" in str(error)
        return first, _REMEDIES[errno.ENOSPC] if full else "find out what is damaged with: rightful store check"
    if isinstance(error, duckdb.Error | pa.ArrowException):
        return f"a file cannot be read: {first}", "find out what is damaged with: rightful store check"
    return None
