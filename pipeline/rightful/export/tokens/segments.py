"""Tokens of documents, or bytes of rows, on disk until their shards are written. Floor 8.

They are appended in order, read at any place, and let go in order. They lie in files of about :data:`SEGMENT_TOKENS`
tokens each, which are mapped into memory to be read, by any thread, also while more is appended. A document lies in
one file. What is needed no more is removed: where shards are written as their documents come, what lies on the disk
is some shards and not the corpus.
"""

from __future__ import annotations

import mmap
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rightful.store.conditions import unwritable
from rightful.store.layout import remove_tree

SEGMENT_TOKENS = 64 << 20


@dataclass(slots=True)
class _Segment:
    """A file: its first document, how many tokens came before it, and what is mapped of it."""

    path: Path
    record: int
    first: int
    ids: npt.NDArray[Any] | None = None


class Segments:
    """See the module. ``dtype`` holds every id. Memory: 8 bytes a document.

    Raises :class:`InputError`, naming the file, when the disk is full or the folder may not be written; ValueError for an
    id that ``dtype`` cannot hold.
    """

    def __init__(self, folder: Path, dtype: npt.DTypeLike, most: int = SEGMENT_TOKENS) -> None:
        self.folder = folder
        self.dtype = np.dtype(dtype).newbyteorder("<")
        self._most = most
        self._ends = array("q")
        self._segments: list[_Segment] = []
        self._largest = np.iinfo(self.dtype).max
        try:
            folder.mkdir()
        except OSError as error:
            raise unwritable(error, folder) from error

    def __len__(self) -> int:
        """How many documents were appended."""
        return len(self._ends)

    @property
    def total(self) -> int:
        """How many tokens were appended."""
        return self._ends[-1] if self._ends else 0

    def append(self, tokens: npt.NDArray[Any], lengths: npt.NDArray[np.int64]) -> None:
        """Add documents: their ids one after another (one-dimensional, any integer type), and how many each has."""
        if tokens.size and not (int(tokens.min()) >= 0 and int(tokens.max()) <= self._largest):
            raise ValueError(f"ids up to {int(tokens.max())} do not fit a spool of {self.dtype.name}")
        before = self.total
        ends = before + np.cumsum(lengths, dtype=np.int64)
        if len(ends) and int(ends[-1]) - before != len(tokens):
            raise ValueError(f"{len(tokens)} ids where the lengths say {int(ends[-1]) - before}")
        if not self._segments or before - self._segments[-1].first >= self._most:
            path = self.folder / f"{len(self._segments):06d}"
            self._segments.append(_Segment(path, len(self._ends), before))
        path = self._segments[-1].path
        try:
            with path.open("ab") as file:  # numpy's tofile does not say what the system said
                file.write(np.ascontiguousarray(tokens, self.dtype).data)
        except OSError as error:
            raise unwritable(error, path) from error
        self._ends.frombytes(ends.tobytes())

    def lengths(self, start: int = 0) -> npt.NDArray[np.int64]:
        """How many tokens each document has, from document ``start`` on."""
        ends = np.array(self._ends[start:], np.int64)
        before = self._ends[start - 1] if start else 0
        lengths: npt.NDArray[np.int64] = ends - np.concatenate([[before], ends[:-1]])[: len(ends)]
        return lengths

    def tokens(self, record: int, start: int = 0, length: int | None = None) -> npt.NDArray[Any]:
        """The ids of document ``record``, counted from 0, or ``length`` of them from ``start``; read-only.

        Raises IndexError outside the documents, and for one that was let go.
        """
        if not 0 <= record < len(self._ends):
            raise IndexError(f"document {record} of {len(self._ends)}")
        first, last = (self._ends[record - 1] if record else 0), self._ends[record]
        low = first + start
        high = last if length is None else low + length
        if not first <= low <= high <= last:
            raise IndexError(f"ids {start} to {high - first} of a document of {last - first}")
        segment = self._segments[bisect_right(self._segments, record, key=lambda s: s.record) - 1]
        low, high = low - segment.first, high - segment.first
        ids = segment.ids
        if ids is None or len(ids) < high:
            segment.ids = ids = self._mapped(segment, high)
        return ids[low:high]

    def run(self, first: int, stop: int) -> npt.NDArray[Any]:
        """The ids of the documents from ``first`` up to ``stop``, one after another; read-only."""
        parts = []
        while first < stop:
            at = bisect_right(self._segments, first, key=lambda s: s.record)
            last = min(stop, self._segments[at].record if at < len(self._segments) else stop)
            segment = self._segments[at - 1]
            low = (self._ends[first - 1] if first else 0) - segment.first
            high = self._ends[last - 1] - segment.first
            ids = segment.ids
            if ids is None or len(ids) < high:
                segment.ids = ids = self._mapped(segment, high)
            parts.append(ids[low:high])
            first = last
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, self.dtype), *parts])

    def release(self, record: int) -> None:
        """Let go of the documents before ``record``: nobody reads them any more."""
        for segment, following in zip(self._segments[:-1], self._segments[1:], strict=True):
            if following.record <= record:
                segment.ids = None
                segment.path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove everything."""
        for segment in self._segments:
            segment.ids = None
        remove_tree(self.folder)

    def _mapped(self, segment: _Segment, wanted: int) -> npt.NDArray[Any]:
        if not wanted:
            return np.empty(0, self.dtype)
        try:
            with segment.path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError as error:
            raise IndexError(f"documents from {segment.record} on were let go") from error
        return np.frombuffer(mapped, self.dtype, len(mapped) // self.dtype.itemsize)
