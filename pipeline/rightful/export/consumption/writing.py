"""The log that a trainer keeps: at each step, which documents it was given. Floor 8.

Each step is one write at the end of the file, so that a process that is killed loses nothing that it had logged;
:meth:`ConsumptionLog.sync` puts it on the disk, for a machine that goes down. A step costs about four bytes a document and
eight beside.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import operator
import os
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rightful.errors import InputError
from rightful.export.consumption.frames import MAGIC, OPENING, Numbers, frame, step_body, varint
from rightful.export.consumption.scanning import Opening, Scan, blocks
from rightful.export.manifest import digest, read_manifest
from rightful.export.versions import SUPERSEDED
from rightful.query.exported import INDEX
from rightful.query.versions import supersedes_of
from rightful.store.conditions import unwritable
from rightful.store.layout import sha256_file, sync

MOST_STEP = 2**62


class ConsumptionLog:
    """The log of one rank of a run on an export: ``consumption-RANK.log`` in a folder that all ranks share.

    ``export`` is the folder of the export, whose ``index.parquet`` numbers the documents. A file that is there is gone on
    with, as after a resume: what it says of the first step that is logged now, and of all after it, counts no more. A torn
    tail is put aside, into ``consumption-RANK.log.torn``; ``torn_bytes`` says how much, and ``last_step`` how far the file
    went (None: nowhere).

    Raises :class:`InputError` for a folder that is no export, for the log of another export (a later version of the
    same is none), for a file that another process writes, or that cannot be written; :class:`DamagedInput` for one that
    was changed.

    >>> with ConsumptionLog("run/", "out/", rank=0, world_size=8) as log:  # doctest: +SKIP
    ...     log.append(1200, [17, 4711, 4])
    """

    def __init__(
        self, folder: str | Path, export: str | Path, rank: int = 0, world_size: int = 1, seed: int = 0
    ) -> None:
        if not 0 <= rank < world_size:
            raise InputError(f"rank {rank} is none of {world_size} ranks", subject="log")
        self.export = Path(export)
        manifest = read_manifest(self.export)
        self._opening = Opening(
            export=str(manifest["export"]),
            manifest_sha256=digest(manifest),
            documents=_documents(self.export),
            rank=rank,
            world_size=world_size,
            seed=seed,
        )
        self.path = Path(folder) / f"consumption-{rank}.log"
        self.torn_bytes = 0
        self.last_step: int | None = None
        self._step: int | None = None
        self._by_record: tuple[Numbers, Numbers, Any] | None = None
        self._file = -1
        try:
            self._open(manifest)
        except OSError as error:
            self.close()
            raise unwritable(error, self.path) from error
        except BaseException:
            self.close()
            raise

    def append(
        self,
        step: int | np.integer[Any],
        documents: Sequence[int] | Numbers | None = None,
        *,
        record_ids: Sequence[str] | None = None,
    ) -> None:
        """Log what a step was given, in that order: numbers of documents in the index, or ids of records, each with all its pieces.

        What is appended to the step that was last adds to it (micro-batches). Raises :class:`InputError` for a step before
        the last, for a document that the index does not have, and where the disk is full; the file is as it was then.
        """
        if (documents is None) == (record_ids is None):
            raise InputError("takes the numbers of documents, or the ids of records", subject="log.append")
        try:
            at = operator.index(step)
        except TypeError:
            at = -1
        if not 0 <= at < MOST_STEP:
            raise InputError(f"{step!r} is no step: a whole number from 0", subject="log.append")
        if self._step is not None and at < self._step:
            raise InputError(
                f"step {step} comes after step {self._step}",
                subject=str(self.path),
                hint="a run that goes back to a checkpoint opens its log again",
            )
        given = self._pieces(record_ids) if record_ids is not None else _numbers(documents)
        if len(given) and not 0 <= int(given.min()) <= int(given.max()) < self._opening.documents:
            raise InputError(
                f"documents {int(given.min())} to {int(given.max())} are not within the index of {self._opening.export}, which has"
                f" {self._opening.documents}",
                subject="log.append",
            )
        self._write(step_body(at, given))
        self.last_step = self._step = at

    def sync(self) -> None:
        """Wait until what was logged is on the disk: for a checkpoint that is to be resumed from."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise unwritable(error, self.path) from error

    def close(self) -> None:
        """Sync and close the file; closing it again does nothing."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.fsync(self._file)
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        if getattr(self, "_file", -1) >= 0:
            self.close()

    def __enter__(self) -> ConsumptionLog:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _open(self, manifest: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                "is written by another process, or by a loader of this one that is there still",
                subject=str(self.path),
                hint="each rank has a file of its own",
            ) from None
        scan = Scan.of(self.path)
        deque(blocks(scan), maxlen=0)
        self._check_same(scan, manifest)
        self._put_aside(scan)
        self._size, self._checksum = scan.size, scan.checksum
        self.last_step = next((step for step in reversed(scan.last_steps) if step is not None), None)
        if not self._size:
            self._emit(MAGIC)
            sync(self.path.parent)
        body = varint(OPENING) + json.dumps(self._opening.as_json(), sort_keys=True, separators=(",", ":")).encode()
        self._write(body)

    def _check_same(self, scan: Scan, manifest: dict[str, Any]) -> None:
        """A file is gone on with by the same export, or a later version of it."""
        if not scan.openings:
            return
        before = scan.openings[-1].export
        if before not in {str(manifest["export"]), *_before(self.export, manifest)}:
            raise InputError(
                f"is the log of a run on {before}, and this is {manifest['export']}, which is no later version of it",
                subject=str(self.path),
                hint="give the run a folder of its own",
            )

    def _put_aside(self, scan: Scan) -> None:
        """Take a torn tail out of the file, and keep its bytes beside it."""
        self.torn_bytes = scan.torn
        if scan.torn:
            tail = os.pread(self._file, scan.torn, scan.size)
            with self.path.with_name(self.path.name + ".torn").open("ab") as aside:
                aside.write(tail)
            os.ftruncate(self._file, scan.size)

    def _write(self, body: bytes) -> None:
        content, checksum = frame(body, self._checksum)
        self._emit(content)
        self._checksum = checksum

    def _emit(self, content: bytes) -> None:
        try:
            if os.write(self._file, content) != len(content):
                raise OSError(28, os.strerror(28))  # the disk took a part of it
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise unwritable(error, self.path) from error
        self._size += len(content)

    def _pieces(self, record_ids: Iterable[str]) -> Numbers:
        """The documents of records, each with all that it was cut into."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from rightful.store.parquet import opened, read

        if self._by_record is None:
            with opened(self.export / INDEX) as file:
                columns = [name for name in ("record_id", "epoch") if name in file.schema_arrow.names]
            table = read(self.export / INDEX, columns)
            # Of a record that a mixture repeats the first round stands for all.
            first = np.flatnonzero(table.column("epoch").to_numpy() == 0) if len(columns) > 1 else np.arange(len(table))
            names = table.column("record_id").combine_chunks().take(pa.array(first))
            sorted_by = pc.sort_indices(names)
            ids, order = names.take(sorted_by), first[sorted_by.to_numpy()]
            firsts = np.flatnonzero(
                np.concatenate([[True], pc.not_equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)])
            )
            self._by_record = order.astype(np.int64), np.append(firsts, len(order)), ids.take(pa.array(firsts))
        order, bounds, known = self._by_record
        wanted = pa.array(list(record_ids), pa.string())
        at = pc.index_in(wanted, value_set=known)
        if at.null_count:
            missing = wanted.filter(pc.is_null(at))[0].as_py()
            raise InputError(f"record {missing!r} is not in {self._opening.export}", subject="log.append")
        return np.concatenate(
            [np.empty(0, np.int64), *(np.sort(order[bounds[n] : bounds[n + 1]]) for n in at.to_pylist())]
        )


def _documents(export: Path) -> int:
    """How many documents the index of an export has."""
    from rightful.store.parquet import opened

    with opened(export / INDEX) as file:
        return int(file.metadata.num_rows)


def _numbers(documents: Sequence[int] | Numbers | None) -> Numbers:
    given = np.asarray(documents)
    if given.ndim != 1 or (given.dtype.kind not in "iu" and len(given)):
        raise InputError(
            f"expected a row of whole numbers, got {given.ndim} dimensions of {given.dtype}", subject="log.append"
        )
    return given.astype(np.int64)


def _before(export: Path, manifest: dict[str, Any]) -> set[str]:
    """The versions that an export supersedes, as far as its folder has their manifests."""
    chain: set[str] = set()
    at = supersedes_of(manifest)
    while at is not None and at not in chain:
        chain.add(at)
        path = export / SUPERSEDED / f"{at}.json"
        try:
            at = supersedes_of(json.loads(path.read_bytes()))
        except (OSError, ValueError, AttributeError):
            at = None
    return chain


def log_files(place: Path) -> list[Path]:
    """The files of a log, by rank: of a folder, or the file that is named. Raises :class:`InputError` where there are none."""
    from rightful.export.consumption.scanning import rank_of

    if place.is_file():
        return [place]
    try:
        files = [path for path in place.iterdir() if rank_of(path) is not None] if place.is_dir() else []
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", subject=str(place)) from error
    if not files:
        raise InputError(
            "holds no consumption-RANK.log" if place.is_dir() else "is not there",
            subject=str(place),
            hint="name the folder that load_shards or ConsumptionLog wrote its log to",
        )
    return sorted(files, key=lambda path: rank_of(path) or 0)


def digest_of(place: Path) -> str:
    """One digest of all files of a log: the SHA-256 over their ranks and digests. Raises as :func:`log_files`."""
    import hashlib

    files = log_files(place)
    return hashlib.sha256("".join(f"{path.name} {sha256_file(path)}\n" for path in files).encode()).hexdigest()
