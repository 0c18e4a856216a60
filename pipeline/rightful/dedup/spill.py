"""Spill: values on disk that are written once and read through a mapping, without a copy of their own. Floor 5.

Pages of a mapping are the system's to take back, and they are handed back after each block of work: what is in memory
does not grow with the file.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

ZEROS_BYTES = 1 << 20
KEPT_BYTES = 1 << 26
"""A mapping up to this size keeps its pages."""


class Spill:
    """A file of values of one kind, which has to be new, readable by its owner alone."""

    def __init__(self, path: Path, kind: npt.DTypeLike) -> None:
        self.kind = np.dtype(kind)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._bytes = 0
        self._mapped: mmap.mmap | None = None

    def __len__(self) -> int:
        return self._bytes // self.kind.itemsize

    def append(self, values: npt.NDArray[Any]) -> None:
        """Write values behind those that are there."""
        self._write(np.ascontiguousarray(values, self.kind).reshape(-1).view(np.uint8).data)

    def room(self, values: int) -> None:
        """Append so many zeros. They are written, so that a full disk is an error here and not a fault later."""
        left, zeros = values * self.kind.itemsize, memoryview(bytes(ZEROS_BYTES))
        while left:
            size = min(left, ZEROS_BYTES)
            self._write(zeros[:size])
            left -= size

    def _write(self, raw: memoryview) -> None:
        self._bytes += len(raw)
        while raw:
            raw = raw[os.write(self._file, raw) :]

    def values(self) -> npt.NDArray[Any]:
        """All values, as they lie in the file; what is set in them is written."""
        if not self._bytes:
            return np.empty(0, self.kind)
        if self._mapped is None or len(self._mapped) != self._bytes:
            self._mapped = mmap.mmap(self._file, self._bytes)
        return np.frombuffer(self._mapped, self.kind)

    def release(self) -> None:
        """Hand the pages of a large mapping back; they are read again where they are needed."""
        if self._mapped is not None and self._bytes > KEPT_BYTES and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._mapped = None  # it goes with the last array of it
        os.close(self._file)
