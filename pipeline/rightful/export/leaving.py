"""The texts of chosen records as they leave: read from their parts, held against their digests, redacted. Floor 8.

What every format begins with. The plan is a list of :class:`Texts`, each some rows of one part in their order; workers
take one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rightful.errors import StoreError
from rightful.export.kept_form import Left, leaving_kept
from rightful.export.own_form import own_form, redacted
from rightful.export.redaction import Outcome, Redaction
from rightful.notation.contents import content_digest
from rightful.notation.shown import counted
from rightful.store.chain import REMEDY
from rightful.store.texts import read_texts

BATCH_CHARS = 4 << 20


@dataclass(frozen=True, slots=True)
class Texts:
    """Some rows (ascending) of the texts of one part, with the content digests that they must have."""

    part: Path
    rows: npt.NDArray[np.int64]
    digests: tuple[bytes, ...]
    redaction: Redaction | None = None

    def __str__(self) -> str:
        """What it is, for errors."""
        return f"{counted(len(self.rows), 'record')} of part {self.part.stem}"


def runs(parts: Sequence[str], n_chars: Sequence[int] | npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Start and stop of runs of records that lie in one part, about :data:`BATCH_CHARS` characters each."""
    start = size = 0
    for i in range(len(parts)):
        if i > start and (parts[i] != parts[start] or size >= BATCH_CHARS):
            yield start, i
            start, size = i, 0
        size += int(n_chars[i])
    if parts:
        yield start, len(parts)


def leaving(of: Texts) -> tuple[list[str], list[str], Outcome | None]:
    """The record ids and texts as they leave, redacted where that is asked. Raises as :func:`stored` does."""
    ids, texts, _, kept = whole(of.part, of.rows, of.digests)
    if of.redaction is None:
        return ids, texts, None
    done = of.redaction(texts, ids)
    beside = [one.types for one in leaving_kept(kept, of.redaction, ids)]
    return ids, [one.text for one in done], Outcome.of(done, ids, beside)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Records as they leave: ids, texts, own forms of conversations (None: none, or one that stays behind), whether each is
    one, what was kept of each, and what was redacted."""

    ids: list[str]
    texts: list[str]
    owns: list[dict[str, Any] | None]
    talks: list[bool]
    kept: list[Left]
    outcome: Outcome | None


def leaving_whole(of: Texts) -> Leaving:
    """As :func:`leaving`, with the own forms of conversations."""
    ids, texts, conversations, stored_kept = whole(of.part, of.rows, of.digests)
    talks = [conversation is not None for conversation in conversations]
    kept = leaving_kept(stored_kept, of.redaction, ids)
    if of.redaction is None:
        return Leaving(ids, texts, [own_form(conversation) for conversation in conversations], talks, kept, None)
    done = of.redaction(texts, ids)
    owns = redacted(conversations, texts, done, of.redaction, ids)
    outcome = Outcome.of(done, ids, [one.types for one in kept])
    return Leaving(ids, [one.text for one in done], owns, talks, kept, outcome)


def stored(
    path: Path, rows: Sequence[int] | npt.NDArray[np.int64], digests: Sequence[bytes]
) -> tuple[list[str], list[str]]:
    """The record ids and texts of these rows. Raises :class:`StoreError` for a text that has another digest."""
    ids, texts, _, _ = whole(path, rows, digests)
    return ids, texts


def whole(
    path: Path, rows: Sequence[int] | npt.NDArray[np.int64], digests: Sequence[bytes]
) -> tuple[list[str], list[str], list[str | None], list[str | None]]:
    """As :func:`stored`, with the conversations and what was kept as they are stored; None for records without."""
    ids: list[str] = []
    texts: list[str] = []
    conversations: list[str | None] = []
    columns: list[str | None] = []
    for (record, text, conversation, kept), wanted in zip(read_texts(path, rows), digests, strict=True):
        if not isinstance(text, str) or not _has_digest(text, conversation, wanted):  # NULL: a damaged part
            raise StoreError("holds a text that does not have the digest of its record", subject=str(path), hint=REMEDY)
        ids.append(record)
        texts.append(text)
        conversations.append(conversation)
        columns.append(kept)
    return ids, texts, conversations, columns


def _has_digest(text: str, conversation: str | None, wanted: bytes) -> bool:
    try:
        return content_digest(text, conversation) == wanted
    except (ValueError, RecursionError):  # no JSON
        return False
