"""Which files of a path are wanted: the patterns of ``--include`` and ``--exclude``. Floor 2: the readers.

A pattern is one of ``.gitignore``, relative to the path that was named. ``*`` and ``?`` stay within a name, ``**`` crosses
folders and is none of them as well. A pattern with a slash before its end begins at the named path, any other one means a
name in whatever folder. One that means a folder means all that is in it; with a slash or ``/**`` at its end it means folders
alone. A backslash takes the next character as it is; brackets and ``!`` stand for themselves. Case counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from rightful.errors import InputError

LEFT_OUT = "left out by --exclude"
NOT_INCLUDED = "left out by --include"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The patterns of an ingest. An exclude wins; without an include everything else is wanted."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """True where something can be left out."""
        return bool(self.include or self.exclude)

    def excluded(self, name: str, *, folder: bool = False) -> str | None:
        """Why a path is left out by an exclude, or None. ``name`` is relative to what was named, with slashes.

        >>> Wanted(exclude=("*.log", "docs/")).excluded("a/docs/b.txt")
        'left out by --exclude docs/'
        """
        name = name.lstrip("/")
        met = next((glob for glob in self.exclude if _means(glob, name, folder)), None)
        return None if met is None else f"{LEFT_OUT} {met}"

    def leaves_out(self, name: str) -> str | None:
        """Why a file is left out, or None.

        >>> Wanted(include=("**/*.md",)).leaves_out("README.md"), Wanted(include=("/docs",)).leaves_out("src/docs/a")
        (None, 'left out by --include')
        """
        excluded = self.excluded(name)
        if (
            excluded is None
            and self.include
            and not any(_means(glob, name.lstrip("/"), False) for glob in self.include)
        ):
            return NOT_INCLUDED
        return excluded

    def options(self) -> list[str]:
        """As they are typed."""
        names = (("--include", self.include), ("--exclude", self.exclude))
        return [word for option, globs in names for glob in globs for word in (option, glob)]


EVERYTHING = Wanted()


def wanted(include: str | Iterable[str] | None, exclude: str | Iterable[str] | None) -> Wanted:
    """The patterns as options have them. Raises :class:`InputError` naming one that can mean nothing."""
    return Wanted(_checked(include, "--include"), _checked(exclude, "--exclude"))


def _checked(globs: str | Iterable[str] | None, option: str) -> tuple[str, ...]:
    listed = [globs] if isinstance(globs, str) else list(globs or ())
    for glob in listed:
        parts = [part for part in glob.split("/") if part not in ("", ".")]
        if not parts or ".." in parts:
            raise InputError(
                f"the pattern {glob!r} means no file below a path that is named",
                subject=option,
                hint="patterns are relative to each named path: '**/*.md', 'docs/**', '*.txt'",
            )
    return tuple(dict.fromkeys(listed))


def _means(glob: str, name: str, folder: bool) -> bool:
    of_files, of_folders = _compiled(glob)
    return (of_folders if folder else of_files).fullmatch(name) is not None


@cache
def _compiled(glob: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What matches the files that a pattern means, and the folders of which it means all."""
    parts = [part for part in glob.split("/") if part not in ("", ".")]
    anchored = "/" in glob.rstrip("/").removeprefix("./")
    folders_only = glob.endswith("/")
    while len(parts) > 1 and parts[-1] == "**":
        parts.pop()
        folders_only = True
    path = ("" if anchored else "(?:.*/)?") + _path(parts)
    return (
        re.compile(path + ("/.*" if folders_only else "(?:/.*)?"), re.DOTALL),
        re.compile(path + "(?:/.*)?", re.DOTALL),
    )


def _path(parts: Sequence[str]) -> str:
    pieces: list[str] = []
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            if number and parts[number - 1] == "**":
                continue  # several in a row are one: a search must not take for ever
            pieces.append(".*" if last else "(?:.*/)?")
        else:
            pieces.append(_name(part) + ("" if last else "/"))
    return "".join(pieces)


def _name(glob: str) -> str:
    pieces: list[str] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "\\" and at + 1 < len(glob):
            at += 1
            pieces.append(re.escape(glob[at]))
        elif char == "*":
            if not pieces or pieces[-1] != "[^/]*":
                pieces.append("[^/]*")
        else:
            pieces.append("[^/]" if char == "?" else re.escape(char))
        at += 1
    return "".join(pieces)
