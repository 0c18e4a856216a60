"""What a worker leaves of an item: staged parts, and a marker that says what became of it. Floor 7.

A run that was killed leaves both, and the next run of the same plan takes them up. It trusts neither: the marker has a
digest of itself and of every file beside it, and what does not agree is done again. A flipped bit never lands.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from rightful.readers import Damage, Skipped, Talked, Unread
from rightful.store.layout import publish, sha256_file

STAGED_KINDS = ("records", "texts", "signatures", "rows")
PASSAGES = "passages"
"""Staged beside them, unless the recipe says otherwise."""
CAPTURE_KINDS = ("observations", "hosts")
"""Staged beside the records, where a reader met captures: rows of pages, and what it met of hosts as it came. One file an item."""
STAGED_ROWS = pa.schema([pa.field("file", pa.string(), nullable=False), pa.field("line", pa.int64(), nullable=False)])


class Spoken(NamedTuple):
    """A column of a file whose statements about rights block some of its rows, with what the first of them says, and the
    first that differ."""

    file: str
    column: str
    rows: int
    sample: str
    samples: Sequence[str] = ()


class Looked(NamedTuple):
    """What came of so many captures of a protocol: one of :data:`rightful.signals.web.stated.RESULTS`."""

    protocol: str
    result: str
    captures: int


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one item. ``pieces`` are row counts of the staged parts; ``profiles`` the claims by rights id;
    ``files`` the records of each file; ``statements`` the columns whose statements about rights block rows; ``unread``
    the columns in which something is there that cannot be read; ``talks`` the conversations; ``skipped`` what holds no text;
    ``contradicted`` how many records have personal data in
    them although the card denies it; ``kept`` the columns that were kept, with their types (``store.kept``); ``captured`` row
    counts of the files of :data:`CAPTURE_KINDS` that there are, ``looked`` what came of the captures of pages; ``digests`` the
    SHA-256 of the staged files by name; ``stated`` what files in a container state of what lies beside them
    (``StatedBeside.dumps``)."""

    index: int
    source_id: str
    pieces: tuple[int, ...]
    lines: int
    damages: tuple[Damage, ...]
    profiles: Mapping[str, tuple[dict[str, Any], ...]]
    text_bytes: int
    files: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    statements: tuple[Spoken, ...] = ()
    unread: tuple[Unread, ...] = ()
    talks: tuple[Talked, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    contradicted: int = 0
    captured: Mapping[str, int] = field(default_factory=dict)
    looked: tuple[Looked, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    stated: Mapping[str, Any] = field(default_factory=dict)

    def dumps(self) -> str:
        """As JSON, for the marker."""
        damages = [[d.file, d.reason, d.unit, d.number, d.rows] for d in self.damages]
        return json.dumps(
            {
                "index": self.index,
                "source_id": self.source_id,
                "pieces": self.pieces,
                "lines": self.lines,
                "damages": damages,
                "profiles": self.profiles,
                "text_bytes": self.text_bytes,
                "files": dict(self.files),
                "seconds": dict(self.seconds),
                "statements": self.statements,
                "unread": self.unread,
                "talks": self.talks,
                "skipped": [[s.file, s.reason, s.pattern, s.records] for s in self.skipped],
                "contradicted": self.contradicted,
                "captured": dict(self.captured),
                "looked": self.looked,
                "kept": dict(self.kept),
                "digests": dict(self.digests),
                "stated": dict(self.stated),
            }
        )

    @classmethod
    def loads(cls, text: str) -> Done:
        """The inverse of :meth:`dumps`."""
        data = json.loads(text)
        data["damages"] = tuple(Damage(*d) for d in data["damages"])
        data["pieces"] = tuple(data["pieces"])
        data["statements"] = tuple(Spoken(f, c, n, sample, tuple(more)) for f, c, n, sample, more in data["statements"])
        data["unread"] = tuple(Unread(*u) for u in data["unread"])
        data["talks"] = tuple(Talked(*t) for t in data.get("talks", ()))
        data["skipped"] = tuple(Skipped(*s) for s in data.get("skipped", ()))
        data["looked"] = tuple(Looked(*one) for one in data.get("looked", ()))
        data["profiles"] = {k: tuple(v) for k, v in data["profiles"].items()}
        return cls(**data)


def staged(folder: Path, index: int, piece: int, kind: str) -> Path:
    """The staged file of one piece of an item; ``kind`` is one of :data:`STAGED_KINDS`."""
    return folder / f"{index:06d}-{piece:03d}.{kind}.parquet"


def unfinished(final: Path) -> Path:
    """What this process calls a staged file until it is whole: a worker of a killed run may still be writing the same."""
    return final.with_name(f".{final.name}.{os.getpid()}.tmp")


def staged_captures(folder: Path, index: int, kind: str) -> Path:
    """The staged file of the captures of an item; ``kind`` is one of :data:`CAPTURE_KINDS`."""
    return folder / f"{index:06d}.{kind}.parquet"


_ROW_BITS, _PIECE_BITS = 32, 12


class Place(NamedTuple):
    """Where a staged row is: the item that it came of, the staged piece of that, the row in the piece."""

    item: int
    piece: int
    row: int

    def packed(self) -> int:
        """As one number; numbers go by item, piece and row.

        >>> Place.unpacked(Place(2, 1, 7).packed())
        Place(item=2, piece=1, row=7)
        """
        return (((self.item << _PIECE_BITS) | self.piece) << _ROW_BITS) | self.row

    @classmethod
    def unpacked(cls, packed: int) -> Place:
        """The inverse of :meth:`packed`."""
        piece = (packed >> _ROW_BITS) & ((1 << _PIECE_BITS) - 1)
        return cls(packed >> (_ROW_BITS + _PIECE_BITS), piece, packed & ((1 << _ROW_BITS) - 1))


PLACE = (
    f"((split_part(parse_filename(filename), '-', 1)::BIGINT << {_ROW_BITS + _PIECE_BITS})"
    f" + (split_part(split_part(parse_filename(filename), '-', 2), '.', 1)::BIGINT << {_ROW_BITS}) + file_row_number)"
)
"""The SQL of the packed place of a row of :func:`staged` files, which are scanned with their places."""
PIECE = f"{{}} >> {_ROW_BITS}"
"""The SQL of what rows of one piece share, of a packed place."""


def marker_of(folder: Path, index: int) -> Path:
    """The file that says what became of an item."""
    return folder / f"{index:06d}.json"


def mark(marker: Path, done: Done) -> None:
    """Say that an item is done: the digest of what follows on the first line, then the result."""
    content = done.dumps()
    with publish(marker, private=True) as temporary:
        temporary.write_text(f"{_digest(content.encode())}\n{content}", encoding="utf-8")


def digests_of(folder: Path, index: int, pieces: int, captured: Iterable[str] = ()) -> dict[str, str]:
    """The SHA-256 of every staged file of an item, by name; ``captured`` are the kinds of captures that it has. Raises
    :class:`OSError` where one cannot be read."""
    files = [staged(folder, index, piece, kind) for piece in range(pieces) for kind in STAGED_KINDS]
    files += [f for piece in range(pieces) if (f := staged(folder, index, piece, PASSAGES)).exists()]
    files += [staged_captures(folder, index, kind) for kind in captured]
    return {file.name: sha256_file(file) for file in files}


def finished(marker: Path) -> Done | None:
    """What an earlier run did with an item, if it is all there and as that run wrote it. None: it is to be done, and the
    marker is gone: a run that died while it landed has moved some files, and a disk may have changed others."""
    try:
        first, _, content = marker.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    except OSError:  # a medium that cannot be read: what is written anew may be
        first, content = b"", b""
    if first == _digest(content).encode():
        done = Done.loads(content.decode())
        if _is_whole(marker.parent, done):
            return done
    marker.unlink()
    return None


def _is_whole(folder: Path, done: Done) -> bool:
    try:
        return digests_of(folder, done.index, len(done.pieces), done.captured) == dict(done.digests)
    except OSError:
        return False


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
