"""Shard formats: one file each, found by name; each writes documents and reads them back from the bytes. Floor 8.

There are formats of tokens, and :data:`TEXT`, the format of texts, which has a contract of its own (``formats/text``).
The contract of a format of tokens is :class:`Format`. Adding one is adding ``formats/NAME.py`` with ``NAME``,
``SUFFIXES``, ``MASK_COLUMN``, ``width``, ``write``, ``read``, ``record_ids``, ``rewrite`` and ``mask``; there is no registry,
and one that lacks any of it is not found: what cannot be repaired is not written. What holds for all:

* A shard is the files ``STEM + suffix`` in one folder. They are written under other names, synced and renamed, the
  suffix that makes the shard visible to a loader last; whatever fails leaves no file under its final name.
* The bytes depend on the documents, their order and the vocabulary's size alone: no clock, no names, no machine.
* Memory is bounded by one buffer and the longest document, not by the shard.
* ``read`` shares no code with ``write``: it parses the layout as its specification has it, checks everything that can
  be checked, and raises :class:`DamagedInput` with the reason.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from rightful.errors import DamagedInput, InputError, RightfulError, UnknownName

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

    @property
    def MASK_COLUMN(self) -> str | None:  # noqa: N802
        """The column in which a masked shard says to a trainer which tokens count; None where the layout has no place for it."""
        ...

    def rewrite(
        self, source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool], vocab_size: int
    ) -> list[Path]:
        """Write the shard ``source/stem`` anew as ``folder/name``, with the documents alone that are to be kept.

        ``keep`` has a truth for each document. What ``read`` and ``record_ids`` say of the rest stays as it was. Raises as
        ``read`` and ``write`` do, and :class:`DamagedInput` where there are not as many documents.
        """
        ...

    def mask(
        self, source: Path, stem: str, folder: Path, name: str, keep: Sequence[bool], filler: int, vocab_size: int
    ) -> list[Path]:
        """The same with all documents in their places: every id of one that is not kept is ``filler``."""
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
    module = import_module(f"{__name__}.{name}")
    if lacking := [part for part in CONTRACT if not hasattr(module, part)]:
        raise RightfulError(
            f"the shard format lacks {', '.join(lacking)}", subject=name, hint="its contract is rightful.export.formats"
        )
    return cast(Format, module)


CONTRACT = tuple(sorted(name for name in vars(Format) if not name.startswith("_")))
"""What the module of a format has."""


def lying(form: Any, source: Path, stem: str) -> Iterator[Document]:
    """The documents of a shard that lies in a folder, as ``form`` reads them; their records are empty where it has none."""
    ids = form.record_ids(source, stem)
    for tokens in form.read(source, stem):
        yield Document("" if ids is None else next(ids), tokens)


def kept(documents: Iterable[Document], keep: Sequence[bool], subject: Path) -> Iterator[Document]:
    """The documents that are to be kept. Raises :class:`DamagedInput` for ``subject`` where there are more or fewer."""
    return (document for document, stays in paired(documents, keep, subject) if stays)


def masked(documents: Iterable[Document], keep: Sequence[bool], filler: int, subject: Path) -> Iterator[Document]:
    """All documents, with ``filler`` for every id of those that are not kept. Raises as :func:`kept`."""
    for document, stays in paired(documents, keep, subject):
        yield document if stays else Document(document.record_id, np.full_like(document.tokens, filler))


Item = TypeVar("Item")


def paired(items: Iterable[Item], keep: Sequence[bool], subject: Path) -> Iterator[tuple[Item, bool]]:
    """What lies in a shard, each with whether it is kept. Raises :class:`DamagedInput` where there is more or less of it."""
    number = 0
    for number, item in enumerate(items, 1):
        if number > len(keep):
            break
        yield item, bool(keep[number - 1])
    if number != len(keep):
        raise DamagedInput(f"does not hold the {len(keep)} documents that its index speaks of", subject=str(subject))


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
