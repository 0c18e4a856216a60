"""Words as they are typed: a shell takes each as it is. Floor 1: pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

_READ_IN_DOUBLE_QUOTES = frozenset('"$`\\!\n')


def quoted(word: str) -> str:
    """A word for a shell, in the quotes that are easier to read.

    >>> quoted("language = 'en'"), quoted("Reed Press"), quoted("MIT")
    ('"language = \\'en\\'"', "'Reed Press'", 'MIT')
    """
    if "'" in word and not _READ_IN_DOUBLE_QUOTES & set(word):
        return f'"{word}"'
    return shlex.quote(word)


def typed(words: Iterable[str]) -> str:
    """A line of words."""
    return " ".join(map(quoted, words))


def typed_options(pairs: Iterable[tuple[str, str]]) -> str:
    """Options with their values: ``--accept notice``."""
    return typed(word for name, value in pairs for word in (f"--{name}", value))
