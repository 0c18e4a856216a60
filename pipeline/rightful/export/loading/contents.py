"""What an export holds that may be handed out, from its index and its deny list. Floor 8: reads, and holds no token.

About 100 bytes a document are held (record id, digest, place), whatever the length of the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.errors import DamagedInput, InputError, Refused, UnknownName
from rightful.export.loading.shuffling import Ints
from rightful.export.manifest import MANIFEST
from rightful.notation.shown import counted
from rightful.query.exported import INDEX, REVOCATIONS
from rightful.query.versions import PERMIT
from rightful.rights.uses import EVERY
from rightful.store.layout import sha256_file
from rightful.store.parquet import columns as columns_of
from rightful.store.parquet import read

CHECKS = SIZE, DOCUMENTS, DIGEST = "size", "documents", "digest"
"""How much of the shards is held against the manifest: the size of each file when it is opened; that, and the digest of every
document that is handed out, against the index; that, and the digest of every file when it is opened."""
REVOKED = "revoked"
"""Why a document is skipped that only the deny list names; else it is the decision of the index."""
PLACED, PLACED_ROW = "placed", "placed_row"
"""The columns of an index with the numbers that a document and its row had when the export was made: they outlive a rewrite."""
_WANTED = ("document", "record_id", "shard", "first_token", "length", "decision")
_PERHAPS = ("split", "rung", "sequence", "document_start", "tokens_sha256", PLACED, PLACED_ROW)


@dataclass(frozen=True, slots=True)
class Skipped:
    """What an export holds and a loader does not hand out. ``reasons``: decision of the index, or ``revoked`` -> documents."""

    documents: int
    records: int
    reasons: dict[str, int]
    record_ids: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As answers have it."""
        return {"documents": self.documents, "records": self.records, "reasons": dict(self.reasons)}


@dataclass(frozen=True, slots=True)
class Contents:
    """The rows of the index that were asked for, in its order. ``usable``: ``bool[n]``, may be handed out; ``ordinals``, ``rows``:
    the numbers by which documents and sequences are shuffled; ``stable``: these are the same in every version of the export;
    ``digests``: ``uint8[n, 32]``, None where they are not asked for."""

    shards: tuple[str, ...]
    shard: npt.NDArray[np.int32]
    documents: Ints
    ordinals: Ints
    rows: Ints
    first: Ints
    length: Ints
    start: Ints
    sequence: Ints | None
    record_ids: pa.Array
    digests: npt.NDArray[np.uint8] | None
    splits: pa.ChunkedArray | None
    usable: npt.NDArray[np.bool_]
    skipped: Skipped
    stable: bool


def check_files(folder: Path, manifest: Mapping[str, Any], check: str) -> None:
    """Hold the files against the manifest: the index always by its digest, shards as ``check`` says.

    Raises :class:`DamagedInput` for one that is missing or another, :class:`UnknownName` for a check that there is not.
    """
    if check not in CHECKS:
        raise UnknownName.of("check", check, CHECKS, subject="check")
    for file in manifest["files"]:
        if file["path"] == INDEX:
            _check(folder, file, whole=True)
        elif file["path"] == REVOCATIONS and not (folder / REVOCATIONS).is_file():
            raise _damaged(folder / REVOCATIONS, "is missing: it says what may be used no more")
    if not (folder / INDEX).is_file():
        raise _damaged(folder / INDEX, "is missing: nothing says which tokens are which record")
    for shard in manifest["shards"]:
        for file in shard["files"]:
            _check(folder, file, whole=check == DIGEST)


def _check(folder: Path, file: Mapping[str, Any], *, whole: bool) -> None:
    path = folder / file["path"]
    if not path.is_file():
        raise _damaged(path, "is missing")
    size = path.stat().st_size
    if size != file.get("bytes", size):
        raise _damaged(path, f"has {size} bytes, and the manifest says {file['bytes']}")
    if whole and sha256_file(path) != file["sha256"]:
        raise _damaged(path, "has another digest than the manifest")


def _damaged(path: Path, why: str) -> DamagedInput:
    return DamagedInput(
        why, subject=str(path), hint="put it back from a copy of the export; rightful verify names all that differs"
    )


def contents(
    folder: Path,
    manifest: Mapping[str, Any],
    denied: frozenset[str],
    *,
    split: str | None,
    rung: float | None,
    digests: bool,
) -> Contents:
    """What the index names, less what is not asked for and what is ``denied``. ``split``: :data:`EVERY` for all of them;
    ``digests``: also hold those of the documents.

    Raises :class:`InputError` for a split or a rung that there is not, or splits of which none is named; :class:`DamagedInput` for
    an index or a deny list that cannot be gone by; :class:`Refused` where nothing may be handed out.
    """
    path = folder / INDEX
    there = columns_of(path)
    if lacking := [name for name in _WANTED if name not in there]:
        raise _damaged(path, f"lacks the columns {', '.join(lacking)}")
    wanted = [name for name in _PERHAPS if name in there and (name != "tokens_sha256" or digests)]
    table = _of_rung(read(path, [*_WANTED, *wanted]), rung, str(folder))
    table = _of_split(table, EVERY if split is None and rung is not None else split, str(folder))
    names = tuple(shard["path"] for shard in manifest["shards"])
    codes = pc.index_in(table.column("shard"), value_set=pa.array(names, pa.string()))
    if codes.null_count:
        raise _damaged(path, f"names shards that {MANIFEST} does not")
    placed, placed_row = _numbers(table, PLACED), _numbers(table, PLACED_ROW)
    usable, skipped = _usable(table, denied)
    if not usable.any():
        raise Refused(
            f"nothing of it may be handed out: {counted(skipped.documents, 'document')} are excluded, masked or revoked"
            if table.num_rows
            else "nothing of it is asked for: it has no documents",
            subject=str(folder),
        )
    document = table.column("document").to_numpy()
    start = _numbers(table, "document_start")
    return Contents(
        shards=names,
        shard=codes.to_numpy().astype(np.int32),
        documents=document,
        ordinals=document if placed is None else placed,
        rows=document if placed_row is None else placed_row,
        first=table.column("first_token").to_numpy(),
        length=table.column("length").to_numpy(),
        start=np.zeros(table.num_rows, np.int64) if start is None else start,
        sequence=_numbers(table, "sequence"),
        record_ids=table.column("record_id").cast(pa.large_string()).combine_chunks(),
        digests=_digests(table, path) if digests else None,
        splits=table.column("split") if "split" in wanted else None,
        usable=usable,
        skipped=skipped,
        stable=placed is not None and placed_row is not None,
    )


def _numbers(table: pa.Table, name: str) -> Ints | None:
    """A column of whole numbers; None where the index of an earlier version does not say them."""
    if name not in table.column_names or table.column(name).null_count:
        return None
    numbers: Ints = table.column(name).to_numpy().astype(np.int64)
    return numbers


def _digests(table: pa.Table, path: Path) -> npt.NDArray[np.uint8]:
    """The digests of the tokens of every document. Raises :class:`DamagedInput` where one is not said."""
    if "tokens_sha256" not in table.column_names or table.column("tokens_sha256").null_count:
        raise DamagedInput(
            "does not say the digest of every document", subject=str(path), hint="load it with check='size'"
        )
    column = table.column("tokens_sha256").combine_chunks()
    whole = np.frombuffer(column.buffers()[1] or b"", np.uint8).reshape(-1, 32)
    digests: npt.NDArray[np.uint8] = whole[column.offset : column.offset + len(column)]
    return digests


def _of_split(table: pa.Table, split: str | None, subject: str) -> pa.Table:
    known = [] if "split" not in table.column_names else table.column("split").unique().drop_null().to_pylist()
    if split == EVERY or (split is None and not known):
        return table
    if split is None:
        raise InputError(
            f"has the splits {', '.join(known)}, and none was named: what is kept for a test would be trained on",
            subject=subject,
            hint=f"name one: split={known[0]!r}; or take all of them: split={EVERY!r}",
        )
    if not known:
        raise InputError("was made without --split", subject=subject, hint="leave out split=")
    if split not in known:
        raise UnknownName.of("split", split, known, subject=subject)
    return table.filter(pc.equal(table.column("split"), split))


def _of_rung(table: pa.Table, rung: float | None, subject: str) -> pa.Table:
    """What is in a rung of the ladder, and so in all larger ones."""
    if rung is None:
        return table
    known = [] if "rung" not in table.column_names else sorted(table.column("rung").unique().drop_null().to_pylist())
    if not known:
        raise InputError("was made without --ladder", subject=subject, hint="leave out rung=")
    if rung not in known:
        raise InputError(
            f"has no rung {rung!r}", subject=subject, hint=f"known: {', '.join(str(share) for share in known)}"
        )
    return table.filter(pc.less_equal(table.column("rung"), rung))


def _usable(table: pa.Table, denied: frozenset[str]) -> tuple[npt.NDArray[np.bool_], Skipped]:
    """Which rows may be handed out, and what is said of the others."""
    decision, ids = table.column("decision"), table.column("record_id")
    permitted = pc.equal(decision, PERMIT)
    named = pc.is_in(ids, value_set=pa.array(sorted(denied), pa.string()))
    usable: npt.NDArray[np.bool_] = pc.and_(permitted, pc.invert(named)).to_numpy(zero_copy_only=False)
    gone = table.filter(pa.array(~usable)).select(["record_id", "decision"])
    words = ["" if word == PERMIT else word for word in gone.column("decision").to_pylist()]
    reasons: dict[str, int] = {}
    for word in words:
        reasons[word or REVOKED] = reasons.get(word or REVOKED, 0) + 1
    listed = tuple(gone.column("record_id").unique().to_pylist())
    return usable, Skipped(gone.num_rows, len(listed), dict(sorted(reasons.items())), listed)


def deny_list(folder: Path) -> frozenset[str]:
    """The records that ``revocations.jsonl`` names: a line each, of an object with ``record``; empty where there is no such file.

    What somebody added by hand counts, in capitals and with blanks around it as well. Raises :class:`DamagedInput` naming the
    line that is none.
    """
    path = folder / REVOCATIONS
    if not path.is_file():
        return frozenset()
    denied = set()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, f"cannot be read: {type(error).__name__}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            record = entry.get("record", entry.get("record_id"))
        except (ValueError, AttributeError):
            record = None
        if not isinstance(record, str) or not record:
            raise DamagedInput(
                'is no object with "record", so what it revokes is not known',
                subject=f"{path}:{number}",
                hint='write {"record": "..."} a line',
            )
        denied |= {record, record.strip().lower()}
    return frozenset(denied)
