"""What a loader hands out: documents, or packed sequences, as arrays or tensors. Floor 8."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from rightful.errors import InputError
from rightful.export.formats import Tokens
from rightful.export.loading.contents import Contents
from rightful.export.loading.reading import Unit


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A document, or the piece of one that is a row of the index. ``tokens``: its ids, ``uint32[length]``, or a tensor of
    ``int64``; ``document``: its number in the index; ``start``: where in the whole document it begins."""

    record_id: str
    tokens: Any
    document: int
    start: int
    shard: str
    first_token: int
    split: str | None

    @property
    def documents(self) -> tuple[int, ...]:
        """Its number, as a sequence has several."""
        return (self.document,)


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A packed sequence. ``tokens``: ``uint32[seq_len]``; ``record_ids``, ``lengths`` (``int32``), ``documents``: of what is in
    it, in order; ``position_ids``: ``int32[seq_len]``, from 0 in each document; ``loss_mask``: ``uint8[seq_len]``, 0 for padding
    and for what may be used no more, whose ids are end-of-document tokens. With ``torch=True`` all arrays are tensors of
    ``int64``."""

    record_id: str
    tokens: Any
    record_ids: tuple[str, ...]
    documents: tuple[int, ...]
    lengths: Any
    position_ids: Any
    loss_mask: Any
    shard: str
    first_token: int
    split: str | None


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes them of ids. ``eod``: what stands in the place of what may be used no more; ``torch``: tensors."""

    contents: Contents
    sequences: bool
    eod: int
    torch: bool

    def item(self, unit: Unit, ids: Tokens) -> Document | Packed:
        """A unit with its ids. Raises :class:`InputError` where tensors are asked for and torch is missing."""
        return self._packed(unit, ids) if self.sequences else self._document(unit, ids)

    def _document(self, unit: Unit, ids: Tokens) -> Document:
        contents, row = self.contents, unit.rows[0]
        return Document(
            record_id=contents.record_ids[row].as_py(),
            tokens=self._as(ids),
            document=int(contents.documents[row]),
            start=int(contents.start[row]),
            shard=contents.shards[unit.shard],
            first_token=unit.first,
            split=self._split(row),
        )

    def _packed(self, unit: Unit, ids: Tokens) -> Packed:
        contents, ids = self.contents, ids.copy()
        places, mask = np.zeros(len(ids), np.int32), np.zeros(len(ids), np.uint8)
        for row in range(*unit.rows):
            start, length = int(contents.first[row]) - unit.first, int(contents.length[row])
            if contents.usable[row]:
                places[start : start + length] = np.arange(length, dtype=np.int32)
                mask[start : start + length] = 1
            else:
                ids[start : start + length] = self.eod
        there = [row for row in range(*unit.rows) if contents.usable[row]]
        records = tuple(contents.record_ids[row].as_py() for row in there)
        return Packed(
            record_id=records[0],
            tokens=self._as(ids),
            record_ids=records,
            documents=tuple(int(contents.documents[row]) for row in there),
            lengths=self._as(contents.length[there].astype(np.int32)),
            position_ids=self._as(places),
            loss_mask=self._as(mask),
            shard=contents.shards[unit.shard],
            first_token=unit.first,
            split=self._split(there[0]),
        )

    def _split(self, row: int) -> str | None:
        splits = self.contents.splits
        return None if splits is None else splits[row].as_py()

    def _as(self, array: npt.NDArray[Any]) -> Any:
        """As it was asked for: an array, or a tensor of int64, which embeddings take."""
        return torch().from_numpy(array.astype(np.int64)) if self.torch else array


def torch() -> Any:
    """PyTorch, where it is asked for. Raises :class:`InputError` where it is not installed."""
    try:
        return import_module("torch")
    except ImportError as error:
        raise InputError(
            "is not installed", subject="torch", hint="leave out torch=True, or install PyTorch: https://pytorch.org"
        ) from error
