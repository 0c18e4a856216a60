"""In which stored texts passages of a text from outside stand: looked up in the index, or read, and held against them. Floor 7.

The index has one of some forty shingles of a stored text; of the text from outside all are looked up, so that some are met
where words were changed too. Texts are read in the order of how rare the shingles are that they share with it: what stands
everywhere comes last. What the index does not know, since it was not made or the text is too short for it, is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.dedup.passages import Match, Wanted
from rightful.errors import InputError, StoreError
from rightful.notation.contents import content_digest
from rightful.query import NOT_INDEXED
from rightful.stages.shared.shingles import WIDEST, WIDEST_ALONE
from rightful.stages.signature import Signature
from rightful.store.chain import REMEDY
from rightful.store.check import check_files
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, Part
from rightful.store.parquet import opened
from rightful.store.passages import Index, indices
from rightful.store.texts import read_texts

U64 = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

MOST_READ = 2000
"""So many texts at most are read for one question, of those that the index names: those that share what is rarest."""
READ_ROWS = 1024
TOO_SHORT = "the text is too short for the index"
AS_ASKED = "as it was asked"
"""Why texts are read that the index does not name."""
COMMON = "what it has stands in very many texts, and those that share what is rarest were read"
SHORT_UNREAD = "the text is shorter than what the index finds for certain, and not all texts were read"
"""Why something may be missing."""

Place = tuple[str, int]
"""A part of texts and a row in it."""


class Near(NamedTuple):
    """The rows of a part that share shingles with the text from outside, and how telling those are."""

    part: str
    rows: Ints
    weights: npt.NDArray[np.float64]


@dataclass(slots=True)
class Outcome:
    """Where passages were found, and what was done for it. ``read`` counts the texts that were read whole, by why;
    ``missing`` says why there may be more, and of how many texts."""

    matches: dict[Place, Match] = field(default_factory=dict)
    words: int = 0
    indexed: int = 0
    candidates: int = 0
    verified: int = 0
    read: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)


def passages_of(text: str, layout: Layout, ledger: Ledger, snapshot: int, read_all: bool | None) -> Outcome:
    """The texts of a snapshot, hidden rows included, in which passages of a text stand.

    ``read_all``: read every text, index or not; False: read none that the index does not name. None: those without an
    index, and all where the text is too short for it. Raises :class:`InputError` for a text without words.
    """
    wanted = Wanted(text)
    if not wanted.size:
        raise InputError("has no words", subject="text", hint="name a text with letters or digits in it")
    outcome = Outcome(words=wanted.size)
    by_part = indices(layout, ledger, snapshot)
    parts = {part.part: part for part in ledger.parts("texts", snapshot)}
    is_short = wanted.size < certain(wanted)
    whole = dict.fromkeys(parts, AS_ASKED) if read_all else {}
    if read_all is None:
        whole = {part: TOO_SHORT if index else NOT_INDEXED for part, index in by_part.items() if is_short or not index}
    outcome.indexed = sum(parts[part].rows for part, index in by_part.items() if index and part not in whole)
    files = {part: index for part, index in by_part.items() if index is not None and part not in whole}
    rare = _rarest(_nearest(text, files), outcome)
    for part, rows in rare.items():
        for row, stored in _stored(layout.part("texts", part), rows):
            _look(wanted, (part, row), stored, outcome)
    outcome.verified = sum(rows.size for rows in rare.values())
    for part, why in whole.items():
        _read(wanted, text, layout.part("texts", part), parts[part], outcome)
        outcome.read[why] = outcome.read.get(why, 0) + parts[part].rows
    if read_all is False:
        unread = sum(parts[part].rows for part, index in by_part.items() if index is None)
        outcome.missing |= {NOT_INDEXED: unread} if unread else {}
        outcome.missing |= {SHORT_UNREAD: outcome.indexed} if is_short and outcome.indexed else {}
    return outcome


def certain(wanted: Wanted) -> int:
    """A run of so many words of a text (characters, where they stand alone) is found by the index for certain."""
    shingles = Signature()
    return WIDEST_ALONE + shingles.characters - 1 if wanted.by_characters else WIDEST + shingles.words - 1


def _nearest(text: str, files: Mapping[str, Path]) -> list[Near]:
    """The rows that share shingles with the text. One that few texts have weighs more: the reciprocal of how many do."""
    hashes: dict[Signature, U64] = {}
    hits: list[tuple[str, Signature, Ints, Ints]] = []
    for part, path in files.items():
        index = Index.of(path)
        by = index.shingles
        if by not in hashes:
            batch = pa.record_batch({"text": pa.array([text], pa.large_string())})
            hashes[by] = np.unique(by.shingles(batch)[0])
        which, rows = index.find(hashes[by])
        if which.size:
            hits.append((part, by, which, rows))
    counts = {by: np.zeros(of.size, np.int64) for by, of in hashes.items()}
    for _, by, which, _ in hits:
        counts[by] += np.bincount(which, minlength=counts[by].size)
    near = []
    for part, by, which, rows in hits:
        there, at = np.unique(rows, return_inverse=True)
        near.append(Near(part, there, np.bincount(at, 1.0 / counts[by][which]).astype(np.float64)))
    return near


def _rarest(near: list[Near], outcome: Outcome) -> dict[str, Ints]:
    """The rows to read, ascending, by part."""
    outcome.candidates = sum(one.rows.size for one in near)
    if outcome.candidates > MOST_READ:
        outcome.missing[COMMON] = outcome.candidates - MOST_READ
    weights = np.concatenate([np.empty(0), *(one.weights for one in near)])
    of = np.repeat(np.arange(len(near)), [one.rows.size for one in near])
    rows = np.concatenate([np.empty(0, np.int64), *(one.rows for one in near)])
    best = np.argsort(-weights, kind="stable")[:MOST_READ]
    return {one.part: np.sort(rows[best[of[best] == n]]) for n, one in enumerate(near) if (of[best] == n).any()}


def _stored(path: Path, rows: Ints) -> Iterator[tuple[int, str]]:
    """The texts of some rows. They are held against the digests of their records by :func:`check_digests`."""
    for row, (_, text, _, _) in zip(rows.tolist(), read_texts(path, rows), strict=True):
        if not isinstance(text, str):
            raise StoreError("holds a row without a text", subject=str(path), hint=REMEDY)
        yield row, text


def check_digests(path: Path, digests: Mapping[int, bytes]) -> None:
    """Raise :class:`StoreError` unless the texts of these rows have the digests of their records' content."""
    rows = np.array(sorted(digests), np.int64)
    for row, (_, text, conversation, _) in zip(rows.tolist(), read_texts(path, rows), strict=True):
        try:
            if isinstance(text, str) and content_digest(text, conversation) == digests[row]:
                continue
        except (ValueError, RecursionError):  # no JSON
            pass
        raise StoreError("holds a text that does not have the digest of its record", subject=str(path), hint=REMEDY)


def _look(wanted: Wanted, place: Place, text: str, outcome: Outcome) -> None:
    match = wanted.look(text)
    if match is not None:
        outcome.matches[place] = match


def _read(wanted: Wanted, text: str, path: Path, part: Part, outcome: Outcome) -> None:
    """Read all texts of a part; those that share no run of words with the text are not looked at more closely."""
    check_files([(path, part.sha256)])
    runs = Signature(words=wanted.run, characters=wanted.run)
    batch = pa.record_batch({"text": pa.array([text], pa.large_string())})
    known = np.unique(runs.shingles(batch)[0])
    first = 0
    with opened(path) as file:
        for some in file.iter_batches(READ_ROWS, columns=["text"]):
            hashes, starts = runs.shingles(some)
            at = np.searchsorted(known, hashes)
            at[at == known.size] = 0
            hit = np.flatnonzero(known[at] == hashes) if known.size else np.empty(0, np.int64)
            rows = np.unique(np.searchsorted(starts, hit, side="right") - 1)
            for row, stored in zip(
                rows.tolist(), pc.take(some.column("text"), pa.array(rows)).to_pylist(), strict=True
            ):
                _look(wanted, (part.part, first + row), stored, outcome)
            first += some.num_rows
