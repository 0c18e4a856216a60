"""What is taken of the chosen records before, or without, a mixture: named ids, a sample, at most so many tokens. Floor 8.

In this order: the ids that are named, of these the sample, of this the mixture or as many whole documents as
``--limit-tokens`` has room for. Each only narrows what is permitted: an id that is not permitted is counted and named,
and never exported.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rightful.errors import InputError, StoreError
from rightful.export.planning.mixture import Ints, fill
from rightful.notation.shown import number, plain
from rightful.store.parquet import columns, read

_PERSON = b"rightful.draw"
"""Tells these digests from those of the order of documents: what is drawn first would otherwise stand first as well."""
COLUMN = "record_id"
_NAMED = 5
_LONGEST = 1024
PARQUET = b"PAR1"


def ranks(ids: Sequence[str], seed: int) -> Ints:
    """Of each record its place in the order of drawing: that of a keyed digest of its id, the same on every machine. int64."""
    key = str(seed).encode()
    drawn = b"".join(hashlib.blake2b(i.encode(), key=key, digest_size=16, person=_PERSON).digest() for i in ids)
    halves = np.frombuffer(drawn, ">u8").reshape(-1, 2)
    rank = np.empty(len(ids), np.int64)
    rank[np.lexsort((halves[:, 1], halves[:, 0]))] = np.arange(len(ids))
    return rank


@dataclass(frozen=True, slots=True)
class Sample:
    """How much a sample is: a ``share`` (0..1] of the records, or their ``number``."""

    share: float | None
    number: int | None

    def size(self, records: int) -> int:
        """How many of so many records it is: at least one, of a share the closest."""
        if self.number is not None:
            return min(self.number, records)
        return min(records, max(1, int(records * (self.share or 0.0) + 0.5)))


def sample_of(given: str | int | float, subject: str = "--sample") -> Sample:
    """``0.1`` for a tenth of the records, ``1000`` for a thousand of them. Raises :class:`InputError`.

    >>> sample_of("0.1"), sample_of("1000")
    (Sample(share=0.1, number=None), Sample(share=None, number=1000))
    """
    text = str(given).strip()
    try:
        share = float(text)
    except ValueError:
        share = float("nan")
    if isinstance(given, bool) or not text.isascii():
        share = float("nan")
    if text.isdecimal() and text.isascii() and 1 <= int(text[:20]) < 2**63:
        return Sample(None, int(text))
    if 0 < share <= 1 and not text.isdecimal():
        return Sample(share, None)
    raise InputError(
        f"{plain(text, 24)!r} is no sample",
        subject=subject,
        hint="a share such as 0.1 (1.0 for all), or a number of records such as 1000",
    )


def sampled(positions: Ints, rank: Ints, sample: Sample) -> Ints:
    """The sample of these positions, sorted: the first in the order of drawing, so that a smaller one lies inside a larger one."""
    first = positions[np.argsort(rank[positions], kind="stable")]
    return np.sort(first[: sample.size(len(positions))])


def limited(positions: Ints, lengths: Ints, rank: Ints, most: int) -> Ints:
    """Of these positions whole documents of at most ``most`` tokens, as close to it as they come; sorted.

    All where there is room for all; otherwise in the order of drawing, see :func:`~rightful.export.planning.mixture.fill`.
    Raises :class:`InputError` where not even one fits.
    """
    ordered = positions[np.argsort(rank[positions], kind="stable")]
    taken = np.sort(ordered[fill(lengths[ordered], most)])
    if len(positions) and not len(taken):
        raise InputError(
            f"{number(most)} is less than the shortest document has, {number(int(lengths[positions].min()))}",
            subject="--limit-tokens",
            hint="documents leave whole",
        )
    return taken


def check_limit(most: object, subject: str = "--limit-tokens") -> None:
    """Raises :class:`InputError` for what is not a number of tokens."""
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most < 2**63:
        raise InputError(f"{plain(most, 24)} is not a positive number of tokens", subject=subject)


@dataclass(frozen=True, slots=True)
class Named:
    """The ids of a file: in its order, each once, and how many lines had one before them."""

    ids: tuple[str, ...]
    duplicates: int


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of named ids: how many are ``permitted`` and stay; those that are ``unknown`` to the store, ``outside`` of
    what else was asked for (``--where``, a mixture), ``not_permitted``, or permitted ``copies`` of one that stays."""

    permitted: int
    unknown: tuple[str, ...]
    outside: tuple[str, ...]
    not_permitted: tuple[str, ...]
    copies: tuple[str, ...]

    def as_json(self, named: Named) -> dict[str, Any]:
        """As it stands in the manifest; of those that did not leave the first few are named."""
        return {
            "named": len(named.ids),
            "duplicates": named.duplicates,
            "permitted": self.permitted,
            **{
                kind: {"records": len(ids), "first": [*ids[:_NAMED]]}
                for kind in ("unknown", "outside", "not_permitted", "copies")
                for ids in (getattr(self, kind),)
            },
        }


def matched(named: Named, stored: Collection[str], asked: Mapping[str, bool], chosen: Collection[str]) -> Matched:
    """What becomes of each named id. ``stored``: those of them that the store has; ``asked``: of those that meet the request
    whether they are permitted; ``chosen``: those that stay. The first of these that an id is not in is what it is named for."""
    kinds: dict[str, list[str]] = {"unknown": [], "outside": [], "not_permitted": [], "copies": [], "permitted": []}
    for record in named.ids:
        if record not in stored:
            kind = "unknown"
        elif record not in asked:
            kind = "outside"
        elif not asked[record]:
            kind = "not_permitted"
        else:
            kind = "permitted" if record in chosen else "copies"
        kinds[kind].append(record)
    permitted = len(kinds.pop("permitted"))
    return Matched(permitted, **{kind: tuple(ids) for kind, ids in kinds.items()})


def read_ids(path: Path) -> Named:
    """The record ids of a file: one on each line; or the column ``record_id`` of CSV, JSON Lines or Parquet, as
    ``query -o`` writes them, told apart by their content.

    Raises :class:`InputError` naming file and line for what is none of these, and for a file without ids.
    """
    subject = f"--ids {path}"
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == PARQUET
        listed = _of_parquet(path, subject) if is_parquet else _of_lines(path, subject)
        ids: dict[str, None] = {}
        given = 0
        for record in listed:
            given += 1
            ids[record] = None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", subject=subject) from error
    if not ids:
        raise InputError("has no record ids", subject=subject, hint="rightful query -o FILE.parquet writes such a file")
    return Named(tuple(ids), given - len(ids))


def _of_parquet(path: Path, subject: str) -> Iterator[str]:
    try:
        if COLUMN not in columns(path):
            raise InputError(
                f"has no column {COLUMN}", subject=subject, hint=f"it has: {plain(', '.join(columns(path)), 120)}"
            )
        listed = read(path, [COLUMN]).column(COLUMN).to_pylist()
    except StoreError as error:  # of a file that is none of a store
        raise InputError(error.message, subject=subject) from error
    for n, record in enumerate(listed, 1):
        yield _id(record, f"{subject}, row {n}")


def _of_lines(path: Path, subject: str) -> Iterator[str]:
    with path.open("r", encoding="utf-8-sig", newline="") as file:
        try:
            first = file.readline()
            file.seek(0)
            if first.lstrip().startswith("{"):
                yield from _of_jsonl(file, subject)
            elif "," in first or first.strip().strip('"') == COLUMN:
                yield from _of_csv(file, subject)
            else:
                for n, line in enumerate(file, 1):
                    if line.strip():
                        yield _id(line.strip(), f"{subject}, line {n}")
        except UnicodeDecodeError as error:
            raise InputError(f"is not UTF-8: {error.reason} at byte {error.start}", subject=subject) from error


def _of_jsonl(lines: Any, subject: str) -> Iterator[str]:
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{subject}, line {n}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"is not JSON: {plain(error, 120)}", subject=place) from error
        if not isinstance(row, dict) or COLUMN not in row:
            raise InputError(f"has no {COLUMN}", subject=place)
        yield _id(row[COLUMN], place)


def _of_csv(lines: Any, subject: str) -> Iterator[str]:
    rows = csv.reader(lines)
    try:
        header = next(rows)
        if COLUMN not in header:
            raise InputError(f"has no column {COLUMN}", subject=subject, hint="its first line names the columns")
        at = header.index(COLUMN)
        for row in rows:
            if row:
                yield _id(row[at] if at < len(row) else None, f"{subject}, line {rows.line_num}")
    except csv.Error as error:
        raise InputError(f"is not CSV: {plain(error, 120)}", subject=f"{subject}, line {rows.line_num}") from error


def _id(given: Any, place: str) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > _LONGEST or not given.isprintable():
        raise InputError(f"{plain(repr(given), 60)} is not a record id", subject=place)
    return given.strip()
