"""Which licences files are: their bytes as text, and what that is. Floor 7."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rightful.catalog import load
from rightful.catalog.texts import license_texts
from rightful.errors import InputError
from rightful.rights.expression import NothingStated, Unreadable, parse, render
from rightful.signals.texts.match import MOST_CHARS, UNKNOWN, Detected, detect
from rightful.signals.texts.words import text_of

MOST_BYTES = 4 * MOST_CHARS


def rows(files: Iterable[str | Path | bytes]) -> list[dict[str, Any]]:
    """One row for each file, in order; those of a folder by path. Bytes are the content of a file, and named ``-``.

    Raises :class:`InputError` for a file that is not there or cannot be read.
    """
    listed: list[dict[str, Any]] = []
    for each in files:
        if isinstance(each, bytes):
            listed.append(row("-", each))
        else:
            listed += [row(str(file), _read(file)) for file in _files(Path(each))]
    return listed


def row(name: str, raw: bytes) -> dict[str, Any]:
    """The row of one file."""
    detected = detect(text_of(raw[: MOST_BYTES + 1]), license_texts()) if raw else Detected()
    return {
        "file": name,
        "expression": _normalized(detected.expression),
        "confidence": round(detected.confidence, 4),
        "licenses": list(detected.licenses),
        "leftover": detected.leftover,
    }


def _normalized(expression: str | None) -> str | None:
    """An expression in the ids of the catalogue; one of a tag that cannot be read is not recognised."""
    if expression is None or expression == UNKNOWN:
        return expression
    try:
        return render(parse(expression, load().names))
    except (Unreadable, NothingStated):
        return UNKNOWN


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    else:
        yield path


def _read(path: Path) -> bytes:
    """The bytes of a file, up to one more than a licence may have."""
    try:
        if not path.is_file():
            raise InputError("no such file" if not path.exists() else "is no file", subject=str(path))
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", subject=str(path)) from error
