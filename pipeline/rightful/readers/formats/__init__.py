"""What a reader module says of itself, so that adding a format is one file. Floor 2: the readers.

A module of this package that has ``FORMATS`` is a reader (:class:`Reader` lists what it defines). ``tree`` asks each one
whether it knows a file, ``split`` how a large file may be divided, ``read`` calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from rightful.readers import Damage, FoundFile, Item, Read, ReadOptions, Skipped
from rightful.readers.unpacking import Unpacking

Ranges = tuple[tuple[int, int | None], ...]
"""Ranges of a file as ``(start, stop)``, in the unit that the format divides by; None means to the end."""

WHOLE: Ranges = ((0, None),)
"""The ranges of a file that is read in one go."""


class Rank(IntEnum):
    """How sure a reader is that a file is its own; the highest wins."""

    TEXT = 0
    """It is some text, and nothing better is known."""
    LOOKS = 1
    """It looks like the format, though its name does not say so."""
    NAMED = 2
    """Its name says so."""
    MAGIC = 3
    """Its first bytes say so and cannot mean anything else."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A reader's claim on a file. ``format`` None: it is of this kind but is not read, and ``reason`` says why."""

    rank: Rank
    format: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A file as a recogniser sees it: the name without a compression suffix, and the first bytes as decompressed.

    ``suffix`` is that of ``name`` (see :func:`suffix`).
    ``head`` holds at most 8 KiB; ``more(n)`` reads up to ``n`` decompressed bytes from the start, for the few who need
    them. ``packed`` is true where the bytes are compressed.
    """

    name: str
    suffix: str
    head: bytes
    packed: bool
    more: Callable[[int], bytes] = field(repr=False)


class Reader(Protocol):
    """What a reader module defines.

    One whose records hold personal data by their form, as mail does, has ``PERSONAL = True`` beside these, and their media type
    as ``MEDIA_TYPE``.
    """

    FORMATS: tuple[str, ...]
    """The names of its formats, as ``--format`` takes them and ``FoundFile.format`` has them."""
    PACKS: bool
    """Small files share an item; otherwise each file is an item of its own."""

    def recognise(self, probe: Probe) -> Guess | None:
        """What the file is, if this reader knows it."""
        ...

    def divide(self, file: FoundFile, target_bytes: int) -> Ranges:
        """The ranges to read a large file in, each of about ``target_bytes``. Depends on the file alone."""
        ...

    def read(self, item: Item, by: ReadOptions) -> Iterator[Read]:
        """The records of an item as batches of ``RAW``, its damages, what holds no text, captures, and at the end its extent."""
        ...


class Container(Protocol):
    """What a module defines whose formats hold files: they are laid down, and each of them is read as what it is."""

    FORMATS: tuple[str, ...]
    PACKS: bool
    """False: a container is an item of its own, and is not divided."""
    UNPACKS: bool
    """True."""

    def recognise(self, probe: Probe) -> Guess | None:
        """What the file is, if it is one of these."""
        ...

    def divide(self, file: FoundFile, target_bytes: int) -> Ranges:
        """The whole of it."""
        ...

    def unpack(self, file: FoundFile, into: Unpacking) -> Iterator[Skipped | Damage]:
        """Lay down the files that it holds, and tell what is not laid down. Raises :class:`TooMuch`, and OSError where the
        disk cannot take them."""
        ...


def suffix(name: str) -> str:
    """The last suffix of a file name, lower-cased, with its dot; empty where what follows the last dot is no suffix.

    >>> suffix("docs/index.html.MD"), suffix(".gitignore"), suffix("notes-v1.5"), suffix("v1.5.0__LICENSE")
    ('.md', '', '', '')
    """
    base = name.rpartition("/")[2]
    stem, dot, last = base.rpartition(".")
    plausible = last.replace("+", "").replace("-", "").isalnum() and last.isascii() and len(last) <= 12
    if not dot or not stem.strip(".") or not plausible or last.isdigit():
        return ""
    return "." + last.lower()
