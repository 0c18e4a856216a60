"""Pages that a command writes to a file. Floor 11."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rightful.errors import InputError
from rightful.store.layout import publish


def write_new(out: str, lines: Iterable[str]) -> None:
    """Write lines to a file that is not there yet. Raises :class:`InputError`; then nothing was written."""
    path = Path(out)
    if path.exists() or path.is_symlink():
        raise InputError("exists already", subject=out, hint="name another file; nothing is overwritten")
    if not path.parent.is_dir():
        raise InputError("there is no such folder", subject=str(path.parent))
    with publish(path) as fresh:
        fresh.write_text("\n".join([*lines, ""]), encoding="utf-8")
