"""Files that people write by hand in TOML: cards, recipes, policies. Floor 4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rightful.errors import InputError
from rightful.notation.toml import toml_of


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a table. Raises :class:`InputError` naming it and the place."""
    return toml_of(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that somebody wrote by hand. Raises :class:`InputError` naming it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", subject=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error}", subject=str(path)) from error
