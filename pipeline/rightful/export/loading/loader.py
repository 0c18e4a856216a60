"""The loader: what may be handed out, in an order that can be gone on with anywhere. Floor 8.

All ranks and workers see one stream: the units of epoch 0 in their order (:mod:`rightful.export.loading.shuffling`), then
those of epoch 1, and so on. Unit *g* of a pass goes to rank *g* mod ``world_size``. So a state is one number, how many units
of the stream were handed out, and any number of ranks goes on from there: nothing is lost, nothing comes twice.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rightful.errors import InputError, Refused, RightfulError
from rightful.export import formats
from rightful.export.consumption.writing import ConsumptionLog
from rightful.export.formats import Shape, Tokens
from rightful.export.loading.asking import Asked, check_export, check_period, check_use
from rightful.export.loading.contents import DOCUMENTS, SIZE, Contents, Skipped, check_files, contents, deny_list
from rightful.export.loading.handed import Document, Maker, Packed
from rightful.export.loading.logged import FolderLog, Log, logging_of
from rightful.export.loading.reading import Reader, Unit, ahead, bounds
from rightful.export.loading.resuming import check_alike, check_chain
from rightful.export.loading.shuffling import Epoch, Ints, Shuffle, Units
from rightful.export.loading.state import SUBJECT, State, written
from rightful.export.loading.torched import dataset_of
from rightful.export.manifest import MANIFEST, digest, read_manifest
from rightful.notation.shown import counted
from rightful.query.exported import REVOCATIONS
from rightful.query.versions import version_of

_log = logging.getLogger("rightful.loader")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a loader hands out; see :func:`rightful.load_shards`."""

    seed: int = 0
    rank: int = 0
    world_size: int = 1
    sequences: bool = False
    split: str | None = None
    rung: float | None = None
    shuffle: bool = True
    epochs: int | None = 1
    workers: int = 0
    torch: bool = False
    check: str = DOCUMENTS
    step_size: int = 1

    def __post_init__(self) -> None:
        for name, least in (("rank", 0), ("world_size", 1), ("workers", 0), ("step_size", 1)):
            _whole(name, getattr(self, name), least)
        _whole("seed", self.seed, -(2**63))
        if self.epochs is not None:
            _whole("epochs", self.epochs, 1)
        if self.rank >= self.world_size:
            raise InputError(
                f"is {self.rank}, and there are {self.world_size}",
                subject="rank",
                hint="ranks count from 0 to world_size - 1",
            )


def _whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**63:
        raise InputError(f"{str(value)[:24]!r} is not a whole number from {least} on", subject=name)


class Loader:
    """Iterate over it; see :func:`rightful.load_shards`. Each iteration is a pass of ``epochs`` epochs, and goes on where the
    one before was left; one after a pass that came to its end is the next pass. A state that was saved at the end of a pass has
    nothing left of it: the first iteration after a resume is the rest of that pass."""

    def __init__(
        self,
        folder: Path,
        asked: Asked,
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
        log: Log | str | Path | None = None,
        share: tuple[int, int, int] | None = None,
    ) -> None:
        self.folder, self.settings, self._asked = folder, settings, asked
        self._clock = clock or _now
        self._log = logging_of(log, settings.step_size, self._new_log)
        self._share = share
        self._looked = self._look()  # first: whatever changes from here on is seen before anything is handed out
        self.manifest = check_export(folder)
        check_use(self.manifest, asked, str(folder))
        check_period(self.manifest, self._clock(), str(folder))
        check_files(folder, self.manifest, settings.check)
        self._digest, self._denied = digest(self.manifest), deny_list(folder)
        checks = settings.check != SIZE
        self._contents = contents(
            folder, self.manifest, self._denied, split=settings.split, rung=settings.rung, digests=checks
        )
        shape = Shape.of_manifest(self.manifest)
        form = formats.find(str(self.manifest["format"]))
        self._reader = Reader(folder, form, shape, self._contents, checks)
        if settings.sequences:
            self._rows = _sequences(self._contents, shape, str(folder))
        else:
            usable = np.flatnonzero(self._contents.usable)
            self._rows = np.stack([usable, usable + 1], axis=1)
        numbers = self._contents.rows if settings.sequences else self._contents.ordinals
        self._ordinals = numbers[self._rows[:, 0]]
        self._maker = Maker(self._contents, settings.sequences, shape.eod, settings.torch)
        self._epochs: dict[int, Epoch] = {}
        self._turn = self._made = 0
        self._ended = False
        self._origin = self._first_state()
        if self.skipped.documents:
            _log.warning(
                "%s: %s of %s may be used no more and %s not handed out",
                folder,
                counted(self.skipped.documents, "document"),
                counted(self.skipped.records, "record"),
                "is" if self.skipped.documents == 1 else "are",
            )

    @property
    def export(self) -> str:
        """The id of the export."""
        return str(self.manifest["export"])

    @property
    def skipped(self) -> Skipped:
        """What may be used no more: masked, on the deny list, or named by ``revocations.jsonl``."""
        return self._contents.skipped

    @property
    def obligations(self) -> dict[str, Any]:
        """What is owed for the use of what is handed out, as the manifest has it."""
        return dict(self.manifest["obligations"])

    @property
    def splits(self) -> dict[str, int]:
        """Split -> documents that are handed out of it; empty where the export has none."""
        splits = self._contents.splits
        if splits is None:
            return {}
        usable = splits.filter(self._contents.usable).drop_null()
        return {row["values"]: row["counts"] for row in usable.value_counts().to_pylist()}

    def __len__(self) -> int:
        """How many units a whole pass hands to this rank. Raises :class:`TypeError` for a pass without an end."""
        if self.settings.epochs is None:
            raise TypeError("a pass without an end has no length")
        total = self.settings.epochs * len(self._ordinals)
        return max(0, -(-(total - self.settings.rank) // self.settings.world_size))

    def __repr__(self) -> str:
        unit = "sequence" if self.settings.sequences else "document"
        skipped = f", {counted(self.skipped.documents, 'document')} skipped" if self.skipped.documents else ""
        of = f"rank {self.settings.rank} of {self.settings.world_size}"
        return f"<{self.export}: {counted(len(self._ordinals), unit)}{skipped}; {of}, epoch {self._state().epoch}>"

    # State

    def state_dict(self) -> dict[str, Any]:
        """How far the run has come: plain JSON, the same for every rank that was handed as many units
        (:class:`rightful.export.loading.state.State`). A log is synced."""
        state = self._state()
        self._log.sync(state.yielded)
        return state.as_json()

    def load_state_dict(self, data: Mapping[str, Any]) -> None:
        """Go on where a state was saved, with any number of ranks and workers.

        A state of an older version of the export goes on with what is left of it. Raises :class:`InputError` for a state of
        another export, tokenizer, seed, split or kind of unit, and for one of a version before documents were renumbered;
        nothing is changed then.
        """
        state, own = State.of_json(data), self._first_state()
        check_alike(state, own)
        same = (state.manifest_sha256, state.export) == (own.manifest_sha256, own.export)
        if not same:
            check_chain(self.folder, self.manifest, state, stable=self._contents.stable)
        own = replace(own, block=state.block, bits=state.bits, epoch=state.epoch, yielded=state.yielded)
        if state.place is not None:
            position = self._epoch_of(own).through(state.place)
            if same and state.skipped == own.skipped and position != state.position:
                raise InputError("is damaged: position and reached are not of one unit", subject=SUBJECT)
            own = replace(own, position=position, reached=state.reached if position else None)
        self._turn += 1  # whatever iterates goes on no more
        self._origin, self._made, self._ended = own, 0, False
        self._epochs.clear()
        self._log.reopen()

    def close(self) -> None:
        """Write what was handed out since the last step ended into the log, and let go of it."""
        self._log.close(self._state().yielded)

    def begin(self, epoch: int) -> None:
        """The next iteration begins this epoch (from 0), whatever was handed out before."""
        self._turn += 1
        self._origin, self._made, self._ended = replace(self._first_state(), epoch=epoch), 0, False
        self._log.reopen()

    def torch_dataset(self) -> Any:
        """The same for PyTorch: an ``IterableDataset`` (:mod:`rightful.export.loading.torched`) from the epoch on that this is at,
        shared among the workers of its ``DataLoader``. Without a log. Raises :class:`InputError` without torch."""
        return dataset_of(OfWorker(self.folder, self._asked, replace(self.settings, torch=True)), self._origin.epoch)

    def _first_state(self) -> State:
        settings, tokens = self.settings, int(self._contents.length.sum(dtype=np.int64))
        shuffle = Shuffle.of(settings.seed, len(self._ordinals), tokens, shuffled=settings.shuffle)
        return State(
            export=self.export,
            manifest_sha256=self._digest,
            tokenizer=str(self.manifest["tokenizer"]["sha256"]),
            seed=settings.seed,
            sequences=settings.sequences,
            split=settings.split,
            rung=settings.rung,
            block=shuffle.block,
            bits=shuffle.bits,
            skipped=self.skipped.documents,
            share=self._share,
        )

    def _state(self) -> State:
        """The state as it is now: as many units as this rank was handed, every rank was."""
        origin, total = self._origin, len(self._ordinals)
        limit, through = self._limit(), origin.position + self._made * self.settings.world_size
        origin = replace(origin, yielded=origin.yielded + self._made)
        if not self._made:
            return origin
        epoch, position = origin.epoch + through // total, through % total
        if limit is not None and epoch >= limit:
            return self._end(origin, limit)
        reached = written(self._epoch(epoch).place(position - 1)) if position else None
        return replace(origin, epoch=epoch, position=position, reached=reached)

    def _end(self, state: State, limit: int) -> State:
        """The end of a pass, which a state is at: nothing is left of it."""
        total = len(self._ordinals)
        return replace(state, epoch=limit - 1, position=total, reached=written(self._epoch(limit - 1).place(total - 1)))

    def _limit(self) -> int | None:
        """The epoch before which the pass ends that has the origin."""
        epochs = self.settings.epochs
        return None if epochs is None else (self._origin.epoch // epochs + 1) * epochs

    def _epoch(self, number: int) -> Epoch:
        """The order of an epoch; of the last few it is kept."""
        if number not in self._epochs:
            while len(self._epochs) > 2:
                del self._epochs[min(self._epochs)]
            self._epochs[number] = self._epoch_of(replace(self._origin, epoch=number))
        return self._epochs[number]

    def _epoch_of(self, state: State) -> Epoch:
        shuffle = Shuffle(state.seed, state.block, state.bits)
        return Units(self._ordinals, shuffle).epoch(state.epoch)

    # The stream

    def __iter__(self) -> Iterator[Document | Packed]:
        """A pass, from the state on. The state moves on when a unit is handed out, not when it is read.

        Raises :class:`Refused` where a permission ends or the export is repaired meanwhile, :class:`DamagedInput` for a shard
        that is not what it was.
        """
        origin = self._state()
        if self._ended:  # the pass before was gone through to its end: this is the next
            origin, self._ended = replace(origin, epoch=origin.epoch + 1, position=0, reached=None), False
        self._turn += 1
        turn, self._origin, self._made = self._turn, origin, 0
        limit = self._limit()
        with contextlib.closing(ahead(self._reader, self._windows(limit), self.settings.workers)) as windows:
            while (window := self._next(windows)) is not None:
                for unit, ids in zip(*window, strict=True):
                    item = self._maker.item(unit, ids)
                    self._made += 1
                    self._log.take(item.documents, origin.yielded + self._made)
                    yield item
                    if turn != self._turn:
                        raise RightfulError(
                            "another iteration of this loader began, or a state was loaded",
                            subject=str(self.folder),
                            hint="iterate anew, or open a loader for each iteration",
                        )
        self._log.write(origin.yielded + self._made)
        if limit is not None:  # every rank ends a pass at the same place and step
            left = (limit - origin.epoch) * len(self._ordinals) - origin.position
            steps = origin.yielded + -(-left // self.settings.world_size)
            self._origin, self._made, self._ended = self._end(replace(origin, yielded=steps), limit), 0, True

    def _next(self, windows: Iterator[tuple[list[Unit], list[Tokens]]]) -> tuple[list[Unit], list[Tokens]] | None:
        """The next window, if it may still be handed out."""
        try:
            window = next(windows, None)
        except RightfulError:
            self._check_still()  # a repair takes files away: that is what there is to say
            raise
        self._check_still()
        return window

    def _windows(self, limit: int | None) -> Iterator[list[Unit]]:
        """The units of this rank from the origin on, a window at a time."""
        rank, world = self.settings.rank, self.settings.world_size
        epoch, position, dealt = self._origin.epoch, self._origin.position, 0
        while limit is None or epoch < limit:
            order = self._epoch(epoch)
            for at in range(order.window_of(position), len(order.windows)):
                members = order.window(at)[max(0, position - int(order.offsets[at])) :]
                own = members[(rank - dealt) % world :: world]
                dealt += len(members)
                if len(own):
                    yield [self._unit(*rows) for rows in self._rows[own].tolist()]
            epoch, position = epoch + 1, 0

    def _unit(self, first: int, last: int) -> Unit:
        contents, seq_len = self._contents, self._reader.shape.seq_len
        if not self.settings.sequences or contents.sequence is None or seq_len is None:
            return Unit(
                int(contents.shard[first]), int(contents.first[first]), int(contents.length[first]), (first, last)
            )
        return Unit(int(contents.shard[first]), int(contents.sequence[first]) * seq_len, seq_len, (first, last))

    # What may change while a run goes on

    def _look(self) -> tuple[object, ...]:
        """What tells that manifest and deny list are those that were read."""
        return tuple(_identity(self.folder / name) for name in (MANIFEST, REVOCATIONS))

    def _check_still(self) -> None:
        """Raises :class:`Refused` where a permission has ended, or something was revoked since the loader was opened."""
        check_period(self.manifest, self._clock(), str(self.folder))
        look = self._look()
        if look == self._looked:
            return
        hint = "open it again and load the state: what is left goes on where this stopped"
        now = read_manifest(self.folder)
        if digest(now) != self._digest:
            raise Refused(
                f"has been repaired: it is version {version_of(now)} now", subject=str(self.folder), hint=hint
            )
        if fresh := deny_list(self.folder) - self._denied:
            raise Refused(f"{counted(len(fresh), 'record')} more were revoked", subject=str(self.folder), hint=hint)
        self._looked = look

    def _new_log(self, folder: Path) -> FolderLog:
        """The log of this rank in a folder of logs."""
        of = self.settings
        return ConsumptionLog(folder, self.folder, rank=of.rank, world_size=of.world_size, seed=of.seed)


def _sequences(contents: Contents, shape: Shape, subject: str) -> Ints:
    """The sequences that have something to hand out: the rows of each, ``int64[n, 2]``, from and to."""
    if shape.seq_len is None or contents.sequence is None:
        raise InputError(
            "was made without packing, so it has documents and no sequences",
            subject=subject,
            hint="leave out sequences=True, or export with --seq-len and --pack",
        )
    at = bounds(contents.shard, contents.sequence)
    usable = np.add.reduceat(contents.usable.astype(np.int64), at[:-1]) > 0
    rows: Ints = np.stack([at[:-1], at[1:]], axis=1)[usable]
    return rows


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class OfWorker:
    """Opens the loader of a worker, in whichever process that is."""

    folder: Path
    asked: Asked
    settings: Settings

    def __call__(self, worker: int, workers: int) -> Loader:
        """The share of one worker of so many, of each rank."""
        of = self.settings
        settings = replace(of, rank=worker * of.world_size + of.rank, world_size=of.world_size * workers)
        return Loader(
            self.folder, self.asked, settings, share=(worker, workers, of.world_size) if workers > 1 else None
        )
