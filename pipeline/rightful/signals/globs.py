"""Patterns of paths, as files beside texts write them. Floor 2: pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=4_096)
def matcher(globs: tuple[str, ...]) -> re.Pattern[str]:
    """What matches a path that any of the globs means, as :class:`rightful.signals.signal.Within` writes them.

    >>> bool(matcher(("src/*.c",)).fullmatch("src/a/b.c")), bool(matcher(("src/**.c",)).fullmatch("src/a/b.c"))
    (False, True)
    """
    return re.compile("|".join(f"(?:{_regex(glob)})" for glob in globs) or r"(?!)", re.DOTALL)


def escaped(path: str) -> str:
    r"""A path as a glob that means it alone.

    >>> escaped("a*[1].txt")
    'a\\*[1].txt'
    """
    return re.sub(r"([\\*?])", r"\\\1", path)


def _regex(glob: str) -> str:
    return "".join(_pieces(glob))


def _pieces(glob: str) -> Iterable[str]:
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "\\" and at + 1 < len(glob):
            at += 1
            yield re.escape(glob[at])
        elif char == "*":
            run = len(glob[at:]) - len(glob[at:].lstrip("*"))
            at += run - 1
            # Several in a row are one: a hostile pattern must not make the search slow.
            yield ".*" if run > 1 else "[^/]*"
        elif char == "?":
            yield "."
        else:
            yield re.escape(char)
        at += 1
