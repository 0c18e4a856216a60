"""Token arrays on disk between tokenizing and writing shards: one flat file, read back one array at a time. Floor 8.

A spool is scratch: it is written once by one process, opened by any, and removed. Beside the tokens lies
``NAME.lengths`` with the number of tokens of every array, so that the path is all that travels between processes.

    with SpoolWriter(path, np.uint16) as spool:
        spool.append(encoder.encode_batch(texts))
    Spool(path, np.uint16).tokens(0)
"""

from __future__ import annotations

import contextlib
import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from rightful.errors import DamagedInput, InputError
from rightful.store.conditions import unwritable

_BUFFER_BYTES = 1 << 20


class SpoolWriter:
    """Appends arrays of token ids to a flat little-endian file. Memory: 8 bytes an array.

    As a context manager it closes on success; when the block raises, nothing is left. Raises :class:`InputError`,
    naming the file, when the disk is full or the folder may not be written; ValueError for an id that ``dtype``
    cannot hold.
    """

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        self.path = path
        self.dtype = np.dtype(dtype).newbyteorder("<")
        self._lengths = array("q")
        with _naming(path):
            self._file: BinaryIO = path.open("wb", buffering=_BUFFER_BYTES)

    def append(self, arrays: Iterable[npt.NDArray[Any]]) -> None:
        """Add arrays of ids (one-dimensional, any integer type) in order."""
        for ids in arrays:
            packed = ids.astype(self.dtype)
            if not np.array_equal(packed, ids):
                raise ValueError(f"ids up to {int(ids.max())} do not fit a spool of {self.dtype.name}")
            with _naming(self.path):
                self._file.write(packed.data)
            self._lengths.append(len(packed))

    def __len__(self) -> int:
        """How many arrays were appended."""
        return len(self._lengths)

    def close(self) -> None:
        """Write the lengths; until then the spool cannot be opened."""
        with _naming(self.path):
            self._file.close()
            np.asarray(self._lengths, np.int64).astype("<i8").tofile(_beside(self.path))

    def discard(self) -> None:
        """Remove what was written."""
        with contextlib.suppress(OSError):  # closing flushes once more, on a disk that may be full
            self._file.close()
        remove(self.path)

    def __enter__(self) -> SpoolWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()
            return
        try:
            self.close()
        except InputError:
            self.discard()
            raise


class Spool:
    """A closed spool. ``tokens(i)`` reads one array from the file, so memory is that of the longest array.

    Raises :class:`DamagedInput` when the file does not hold what its lengths say.
    """

    def __init__(self, path: Path, dtype: npt.DTypeLike) -> None:
        self.path = path
        self.dtype = np.dtype(dtype).newbyteorder("<")
        try:
            lengths = np.fromfile(_beside(path), "<i8")
            size = path.stat().st_size
        except OSError as error:
            raise DamagedInput(f"is not a closed spool: {error.strerror}", subject=str(path)) from error
        self._ends = np.cumsum(lengths, dtype=np.int64)
        self.total = int(self._ends[-1]) if len(lengths) else 0
        if size != self.total * self.dtype.itemsize:
            expected = f"{self.total} tokens of {self.dtype.itemsize} bytes"
            raise DamagedInput(f"holds {size} bytes, not {expected}", subject=str(path))
        self._descriptor = os.open(path, os.O_RDONLY)

    def __del__(self) -> None:
        """Let go of the file."""
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    def __len__(self) -> int:
        """How many arrays there are."""
        return len(self._ends)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """(N,) how many tokens each array has."""
        return np.diff(self._ends, prepend=0)

    def length(self, index: int) -> int:
        """How many tokens array ``index`` has."""
        return int(self._ends[index]) - self._start(index)

    def tokens(self, index: int, start: int = 0, length: int | None = None) -> npt.NDArray[Any]:
        """The ids of array ``index``, counted from 0, or ``length`` of them from ``start``; read-only. Raises IndexError outside
        the spool."""
        first, width = self._start(index) + start, self.dtype.itemsize
        there = int(self._ends[index]) - first
        count = there if length is None else length
        if not 0 <= count <= there or start < 0:
            raise IndexError(f"{count} tokens from {start} of array {index}, which has {there + start}")
        data = os.pread(self._descriptor, count * width, first * width)
        return np.frombuffer(data, self.dtype)

    def _start(self, index: int) -> int:
        if not 0 <= index < len(self._ends):
            raise IndexError(f"array {index} of a spool of {len(self._ends)}")
        return int(self._ends[index - 1]) if index else 0


def remove(path: Path) -> None:
    """Remove a spool; one that is gone already is fine."""
    path.unlink(missing_ok=True)
    _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".lengths")


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(error, path) from error
