"""Shard formats: one file each, found by name; each writes documents and reads them back from the bytes. Floor 8.

There are formats of tokens, and :data:`TEXT`, the format of texts, which has a contract of its own (``formats/text``).
The contract of a format of tokens is :class:`Format`. Adding one is adding ``formats/NAME.py`` with ``NAME``,
``SUFFIXES``, ``width``, ``write``, ``read`` and ``record_ids``; there is no registry. What holds for all:

* A shard is the files ``STEM + suffix`` in one folder. They are written under other names, synced and renamed, the
  suffix that makes the shard visible to a loader last; whatever fails leaves no file under its final name.
* The bytes depend on the documents, their order and the vocabulary's size alone: no clock, no names, no machine.
* Memory is bounded by one buffer and the longest document, not by the shard.
* ``read`` shares no code with ``write``: it parses the layout as its specification has it, checks everything that can
  be checked, and raises :class:`DamagedInput` with the reason.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from rightful.errors import InputError, UnknownName

TEXT = "text"
"""The format of texts: no tokenizer, and rows instead of tokens."""

Tokens = npt.NDArray[np.uint32]
"""What ``read`` yields, whatever the width on disk."""

MAX_TOKENS = 2**31 - 1
"""The longest document: lengths and offsets are 32 bits wide in the formats that trainers read."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a shard: its record and its ids (one-dimensional, any integer type), its end among them.

    Nothing is added by a format: a document that is to end with the end-of-document token has it in ``tokens``.
    """

    record_id: str
    tokens: npt.NDArray[Any]


class Format(Protocol):
    """What the module of every format of tokens has."""

    @property
    def NAME(self) -> str:  # noqa: D102, N802
        ...

    @property
    def SUFFIXES(self) -> tuple[str, ...]:  # noqa: N802
        """The suffixes of a shard's files, in the order in which they appear."""
        ...

    def width(self, vocab_size: int) -> np.dtype[Any]:
        """How a token lies on disk, for a vocabulary of this size (largest id plus one)."""
        ...

    def write(self, folder: Path, stem: str, documents: Iterable[Document], vocab_size: int) -> list[Path]:
        """Write a shard; its files are returned in the order of ``SUFFIXES``.

        Without a token it is a whole shard all the same, but one that trainers' loaders refuse to open: plan none.

        Raises :class:`InputError` when the folder cannot be written (a full disk), when a document is longer than
        :data:`MAX_TOKENS`, or when an id is outside the vocabulary; nothing is left then.
        """
        ...

    def read(self, folder: Path, stem: str) -> Iterator[Tokens]:
        """The ids of every document, in order. Raises :class:`DamagedInput` with file and reason."""
        ...

    def record_ids(self, folder: Path, stem: str) -> Iterator[str] | None:
        """The record of every document, in order; None where the layout has no place for it."""
        ...


def names() -> list[str]:
    """The names of the formats there are, by which their modules are called too."""
    return [module.name for module in pkgutil.iter_modules(__path__)]


def of_tokens() -> list[str]:
    """The names of the formats of tokens."""
    return [name for name in names() if name != TEXT]


def find(name: str) -> Format:
    """The format of tokens of this name. Raises :class:`UnknownName` with the formats there are."""
    if name not in of_tokens():
        raise UnknownName.of("shard format", name, names(), subject="--format")
    return cast(Format, import_module(f"{__name__}.{name}"))


def checked(document: Document, vocab_size: int) -> npt.NDArray[Any]:
    """The ids of a document that may be written. Raises :class:`InputError`: a wrong id would wrap around silently."""
    tokens = document.tokens
    if tokens.ndim != 1 or tokens.dtype.kind not in "ui":
        raise InputError(
            f"expected one-dimensional integer ids, got {tokens.ndim} dimensions of {tokens.dtype}",
            subject=document.record_id,
        )
    if len(tokens) > MAX_TOKENS:
        raise InputError(
            f"has {len(tokens)} tokens; a document holds at most {MAX_TOKENS}",
            subject=document.record_id,
            hint="split it into documents of a sequence length: --seq-len",
        )
    if len(tokens) and not (int(tokens.min()) >= 0 and int(tokens.max()) < vocab_size):
        raise InputError(
            f"ids {int(tokens.min())} to {int(tokens.max())} are not within a vocabulary of {vocab_size}",
            subject=document.record_id,
        )
    return tokens
