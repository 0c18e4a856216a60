"""TOML as people write it. Floor 1: pure; the bytes are handed in."""

from __future__ import annotations

import tomllib
from typing import Any

from rightful.errors import InputError


def toml_of(raw: bytes, subject: str) -> dict[str, Any]:
    """A table from TOML in UTF-8. Raises :class:`InputError` naming ``subject`` and the place in it."""
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"cannot be read: {error}", subject=subject) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}", subject=subject) from error
    except RecursionError:  # nested by somebody who means harm
        raise InputError("is nested too deeply", subject=subject) from None
