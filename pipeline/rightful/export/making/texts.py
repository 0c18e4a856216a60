"""Shards of texts: rows in the order of the store, held in a scratch file, then written in the order asked for. Floor 8."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rightful import engine
from rightful.errors import InputError, RightfulError
from rightful.export.formats import text
from rightful.export.formats.text import COLUMNS, OWN, Row, TextFormat, Types, digests, held, packed, unpacked
from rightful.export.kept_form import KEPT, type_of
from rightful.export.leaving import Texts, leaving_whole
from rightful.export.made import Made
from rightful.export.making import SPOOL, Ground, Way, write_shards
from rightful.export.making.account import account, holders_of_chosen
from rightful.export.own_form import Shapes
from rightful.export.papers import Credit, credits_of
from rightful.export.placing import plan
from rightful.export.planning import Candidates, Pieces, Planned
from rightful.export.redaction import Outcome, RedactionLog
from rightful.export.tokens.segments import Segments
from rightful.notation.shown import counted
from rightful.store.kept import columns_of as columns_of_kept
from rightful.store.kept import joined

_BYTE = np.dtype(np.uint8)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows as they leave, by position among the chosen records: one document is one row of a shard."""

    spool: Segments

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.spool)

    def packed(self, position: int) -> bytes:
        """The row in its one form."""
        return packed(self.row(position))

    def row(self, position: int) -> Row:
        """The row."""
        return unpacked(self.spool.tokens(position).tobytes())

    def digests(self, pieces: Pieces) -> dict[str, list[bytes | None]]:
        """The digests of rows, of their texts and of their own forms."""
        made = [digests(self.packed(record)) for record in pieces.record.tolist()]
        return {name: [of[name] for of in made] for name in made[0]} if made else {}

    def remove(self) -> None:
        """Remove the scratch files."""
        self.spool.remove()


@dataclass(frozen=True, slots=True)
class Columns:
    """What the texts of some records become: a list of values for every column that comes with the text."""

    values: dict[str, list[Any]]
    talks: int
    """How many of the records are conversations, and do not leave as such."""
    less: int
    """Of how many some of what was kept stays behind."""
    outcome: Outcome | None


def columns_of(texts: Texts) -> Columns:
    """The columns that come from the stored texts, in a worker. Raises as :func:`leaving` does."""
    left = leaving_whole(texts)
    staying = sum(talk and own is None for talk, own in zip(left.talks, left.owns, strict=True))
    values: dict[str, list[Any]] = {
        "record_id": left.ids,
        "text": left.texts,
        OWN: left.owns,
        KEPT: [one.kept for one in left.kept],
    }
    return Columns(values, staying, sum(one.is_less for one in left.kept), left.outcome)


def make(ground: Ground) -> Made:
    """Rows, and the shards of them."""
    way = text.find(ground.order.way)
    rows, owns, log = _rows(ground)
    candidates = Candidates(
        ground.chosen.column("record_id").to_pylist(),
        ground.chosen.column("source_id").to_pylist(),
        np.ones(len(rows), np.int64),
        rows.spool.lengths(),
        holders_of_chosen(ground),
        **ground.grouping(),
    )
    draws = ground.draw(candidates.lengths)
    shards, _ = write_shards(ground, _way(way, rows, owns.types()), plan(ground.order, candidates, draws))
    lost = np.zeros(len(rows), np.int64)
    return Made(
        documents=rows,
        shards=shards,
        log=log,
        lost=lost,
        text_as=way.NAME,
        own_form=owns.as_json(),
        kept=owns.kept_as_json(),
        says=account(ground, candidates, shards),
    )


@dataclass(slots=True)
class Owns:
    """The own forms that leave, and how many of the conversations leave as texts alone; what was kept, of how many records, and
    of how many less than was."""

    shapes: Shapes = field(default_factory=Shapes)
    records: int = 0
    left_out: int = 0
    columns: dict[str, Any] = field(default_factory=dict)
    kept: int = 0
    less: int = 0

    def add(self, record: str, own: dict[str, Any]) -> None:
        """One that leaves. Raises :class:`InputError` for a column that every row has as something else."""
        for name in own:
            if name in _TAKEN:
                raise InputError(
                    f"its turns stand in a column {name!r}, which an export has for something else",
                    subject=f"record {record}",
                    hint="read it under another name, or leave it out with --where",
                )
        self.shapes.add(own)
        self.records += 1

    def keep(self, kept: dict[str, Any]) -> None:
        """What was kept of one record, and leaves."""
        self.columns = joined(self.columns, columns_of_kept(kept))
        self.kept += 1

    def types(self) -> Types:
        """The columns, with their types."""
        return {**self.shapes.types(), **({KEPT: type_of(self.columns)} if self.kept else {})}

    def kept_as_json(self) -> dict[str, Any] | None:
        """As it stands in the manifest; None where nothing was kept of any record."""
        if not self.kept + self.less:
            return None
        return {"records": self.kept, "redacted": self.less, "type": type_of(self.columns) if self.kept else "json"}

    def as_json(self) -> dict[str, Any] | None:
        """As it stands in the manifest; None where no conversation leaves."""
        if not self.records + self.left_out:
            return None
        return {"records": self.records, "left_out": self.left_out, "columns": dict(self.shapes.types())}


_TAKEN = frozenset({KEPT, *(column.name for column in COLUMNS)})


def _rows(ground: Ground) -> tuple[Rows, Owns, RedactionLog | None]:
    spool = Segments(ground.building / SPOOL, _BYTE)
    log = ground.log()
    credits = credits_of(ground.decided)
    owns = Owns()
    done = 0
    with log or contextlib.nullcontext():
        for _, columns in engine.run(columns_of, ground.texts(), ground.order.workers, str):
            owns.left_out += columns.talks
            owns.less += columns.less
            batch = []
            for row in _joined(columns, credits):
                own, kept = row[OWN], row.pop(KEPT)
                if own is not None:
                    owns.add(row["record_id"], own)
                if kept is not None:
                    owns.keep(kept)
                    row[OWN] = {**(own or {}), KEPT: kept}
                batch.append(held(row))
            spool.append(np.frombuffer(b"".join(batch), _BYTE), np.array([len(row) for row in batch], np.int64))
            done += len(batch)
            if log is not None and columns.outcome is not None:
                log.add(done - len(columns.values["record_id"]), columns.outcome)
            ground.tell("read texts", done, ground.chosen.num_rows)
    return Rows(spool), owns, log


def _joined(columns: Columns, credits: Iterator[Credit]) -> Iterator[dict[str, Any]]:
    """Rows, from what comes with the texts and what the record says: both are in the order of the store."""
    for of_text in zip(*columns.values.values(), strict=True):
        row = dict(zip(columns.values, of_text, strict=True))
        credit = next(credits)
        if credit.record_id != row["record_id"]:
            raise RightfulError(f"the credits name {credit.record_id} where the text is of {row['record_id']}")
        yield {**row, "url": credit.url, "license": credit.license, "attribution": credit.line}


def _way(form: TextFormat, rows: Rows, own: Types) -> Way:
    def write(folder: Path, planned: Planned) -> list[Path]:
        return form.write(folder, planned.stem, (rows.row(i) for i in planned.pieces.record.tolist()), own)

    def check(folder: Path, planned: Planned) -> None:
        records = planned.pieces.record.tolist()
        n = -1
        for n, row in enumerate(form.read(folder, planned.stem)):
            if n >= len(records) or packed(row) != rows.packed(records[n]):
                where = f"{folder / planned.stem} row {n}"
                raise RightfulError("does not read back as it was written", subject=where)
        if n + 1 != len(records):
            raise RightfulError(
                f"holds {counted(n + 1, 'row')}, not {len(records)}", subject=f"{folder / planned.stem}"
            )

    return Way(write, check, lambda folder, stems: [], has_tokens=False)
