"""Shards of texts: rows in the order of the store, held in a scratch file, then written in the order asked for. Floor 8."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rightful import engine
from rightful.errors import RightfulError
from rightful.export.formats import text
from rightful.export.formats.text import Row, TextFormat, digests, packed, unpacked
from rightful.export.leaving import Texts, leaving
from rightful.export.made import Made, Shard
from rightful.export.making import Ground, listed
from rightful.export.papers import Credit, credits_of
from rightful.export.redaction import Outcome, RedactionLog
from rightful.export.shards import document_order, shard_plan
from rightful.export.tokens.spool import Spool, SpoolWriter, remove
from rightful.notation.shown import counted

_BYTE = np.dtype(np.uint8)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows as they leave, by position among the chosen records: one document is one row of a shard."""

    spool: Spool

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.spool)

    def length(self, position: int) -> int:
        """One: what counts in a shard of texts is its rows."""
        return 1

    def size_bytes(self, position: int) -> int:
        """How long the row is as JSON."""
        return self.spool.length(position)

    def packed(self, position: int) -> bytes:
        """The row in its one form."""
        return self.spool.tokens(position).tobytes()

    def digests(self, position: int) -> dict[str, bytes]:
        """The digests of the row and of its text."""
        return digests(self.packed(position))

    def remove(self) -> None:
        """Remove the scratch file."""
        remove(self.spool.path)


@dataclass(frozen=True, slots=True)
class Columns:
    """What the texts of some records become: a list of values for every column that comes with the text."""

    values: dict[str, list[str]]
    outcome: Outcome | None


def columns_of(texts: Texts) -> Columns:
    """The columns that come from the stored texts, in a worker. Raises as :func:`leaving` does."""
    ids, left, outcome = leaving(texts)
    return Columns({"record_id": ids, "text": left}, outcome)


def make(ground: Ground) -> Made:
    """Rows, and the shards of them."""
    way = text.find(ground.order.text_as or text.DEFAULT)
    rows, log = _rows(ground)
    shards = _write(ground, way, rows)
    return Made(documents=rows, shards=shards, log=log, lost=np.zeros(len(rows), np.int64), text_as=way.NAME)


def _rows(ground: Ground) -> tuple[Rows, RedactionLog | None]:
    path = ground.building / ".spool"
    log = ground.log()
    credits = credits_of(ground.decided.con, ground.decided.catalog)
    done = 0
    with SpoolWriter(path, _BYTE) as writer, log or contextlib.nullcontext():
        for _, columns in engine.run(columns_of, ground.texts(), ground.order.workers, str):
            for row in _joined(columns, credits):
                writer.append([np.frombuffer(packed(row), _BYTE)])
                done += 1
            if log is not None and columns.outcome is not None:
                log.add(done - len(columns.values["record_id"]), columns.outcome)
            ground.tell("read texts", done, ground.chosen.num_rows)
    return Rows(Spool(path, _BYTE)), log


def _joined(columns: Columns, credits: Iterator[Credit]) -> Iterator[Row]:
    """Rows, from what comes with the texts and what the record says: both are in the order of the store."""
    for of_text in zip(*columns.values.values(), strict=True):
        row = dict(zip(columns.values, of_text, strict=True))
        credit = next(credits)
        if credit.record_id != row["record_id"]:
            raise RightfulError(f"the credits name {credit.record_id} where the text is of {row['record_id']}")
        yield {**row, "url": credit.url, "license": credit.license, "attribution": credit.line}


def _write(ground: Ground, way: TextFormat, rows: Rows) -> list[Shard]:
    """Write every shard and read it back."""
    ids = ground.chosen.column("record_id").to_pylist()
    order = document_order(ids, ground.order.seed)
    shards: list[Shard] = []
    done = 0
    for number, members in enumerate(shard_plan(order, rows.size_bytes, ground.order.shard_bytes)):
        stem = f"shard-{number:05d}"
        paths = way.write(ground.data, stem, (unpacked(rows.packed(i)) for i in members))
        _check_back(way, ground.data, stem, members, rows)
        shards.append(Shard(stem, tuple(members), listed(paths), None))
        done += len(members)
        ground.tell("write shards", done, len(ids))
    return shards


def _check_back(way: TextFormat, data: Path, stem: str, members: list[int], rows: Rows) -> None:
    """Raises :class:`RightfulError` where a shard does not hold what it was made of."""
    n = -1
    for n, row in enumerate(way.read(data, stem)):
        if n >= len(members) or packed(row) != rows.packed(members[n]):
            raise RightfulError("does not read back as it was written", subject=f"{data / stem} row {n}")
    if n + 1 != len(members):
        raise RightfulError(f"holds {counted(n + 1, 'row')}, not {len(members)}", subject=str(data / stem))
