"""Is a text anywhere in a store? Every byte of every file is looked at, and every page of every Parquet file unpacked. Floor 4.

A text is cut into pieces of :data:`PIECE_CHARS` code points, one after the other, so that whoever has a run of twice as many has
a piece. Each is looked for as UTF-8, as UTF-16 of either order, and as JSON writes it; beside them the digests by which the text
was known. In the ledger the values of rows are looked at as well as the pages, for SQLite spreads long values over several.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from rightful.errors import InputError
from rightful.stages.normalize import Normalize
from rightful.store.connecting import to_read
from rightful.store.keyed import keyed, tombstone_key
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.parquet import read

PIECE_CHARS = 32
LEAST_CHARS = 8
"""A shorter text stands anywhere."""
_CHUNK = 1 << 24
_DIGEST = "digest"
Bytes = npt.NDArray[np.uint8]


def _escaped(piece: str, *, ascii_only: bool) -> bytes:
    return json.dumps(piece, ensure_ascii=ascii_only)[1:-1].encode("utf-8", "surrogatepass")


def _forms(piece: str) -> Mapping[str, bytes]:
    """A piece as it may lie on disk, each form once."""
    plain = piece.encode("utf-8", "surrogatepass")
    forms = {
        "UTF-8": plain,
        "UTF-16LE": piece.encode("utf-16-le", "surrogatepass"),
        "UTF-16BE": piece.encode("utf-16-be", "surrogatepass"),
        "JSON": _escaped(piece, ascii_only=False),
        "ASCII JSON": _escaped(piece, ascii_only=True),
    }
    return {name: form for n, (name, form) in enumerate(forms.items()) if form not in list(forms.values())[:n]}


class Needles:
    """What is looked for: byte strings, each with (form, number of its piece)."""

    def __init__(self, listed: Mapping[bytes, tuple[str, int]]) -> None:
        self.of = listed
        self.longest = max(map(len, listed))
        self._short = [n for n in listed if len(n) < 16]
        long = [n for n in listed if len(n) >= 16]
        marks = [_mark(np.frombuffer(n[:16], "<u8")[:1], np.frombuffer(n[:16], "<u8")[1:])[0] for n in long]
        self._by_mark: dict[int, list[bytes]] = {}
        for mark, needle in zip(marks, long, strict=True):
            self._by_mark.setdefault(int(mark), []).append(needle)
        self._marks = np.array(sorted(self._by_mark), np.uint64)
        self._low = np.zeros(1 << 16, bool)
        self._low[(self._marks & np.uint64(0xFFFF)).astype(np.int64)] = True

    def within(self, content: bytes | mmap.mmap | memoryview) -> set[tuple[str, int]]:
        """(form, piece) of those that stand in these bytes."""
        seen: set[tuple[str, int]] = set()
        size = len(content)
        for start in range(0, size, _CHUNK):
            chunk = bytes(content[start : start + _CHUNK + self.longest])
            seen |= {self.of[n] for n in self._short if n in chunk}
            seen |= self._long_ones(chunk)
        return seen

    def _long_ones(self, chunk: bytes) -> set[tuple[str, int]]:
        seen: set[tuple[str, int]] = set()
        for shift in range(8) if self._marks.size else ():
            count = (len(chunk) - shift) // 8
            if count < 2:
                continue
            words = np.frombuffer(chunk, "<u8", count, shift)
            marks = _mark(words[:-1], words[1:])
            likely = np.flatnonzero(self._low[(marks & np.uint64(0xFFFF)).astype(np.int64)])
            at = np.searchsorted(self._marks, marks[likely])
            at[at == self._marks.size] = 0
            for place in likely[self._marks[at] == marks[likely]].tolist():
                for needle in self._by_mark[int(marks[place])]:
                    if self.of[needle] not in seen and chunk.startswith(needle, shift + 8 * place):
                        seen.add(self.of[needle])
        return seen


def _mark(first: npt.NDArray[np.uint64], second: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A number for sixteen bytes."""
    mixed = first * np.uint64(0x9E3779B97F4A7C15) ^ second * np.uint64(0xC2B2AE3D27D4EB4F)
    marks: npt.NDArray[np.uint64] = mixed ^ mixed >> np.uint64(29)
    return marks


@dataclass(slots=True)
class Absence:
    """What was looked for, and where it is. ``unread`` are files whose pages could not be unpacked."""

    chars: int
    pieces: int
    present: list[dict[str, Any]] = field(default_factory=list)
    digests: list[dict[str, str]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    tombstones: int = 0

    @property
    def ok(self) -> bool:
        """True when no piece of it is anywhere, and everything could be looked at."""
        return not self.present and not self.unread

    def as_json(self) -> dict[str, Any]:
        """As the command line answers."""
        return {
            "ok": self.ok,
            "chars": self.chars,
            "pieces": self.pieces,
            "present": self.present,
            "digests": self.digests,
            "unread": self.unread,
            "tombstones": self.tombstones,
        }


def absence(layout: Layout, ledger: Ledger, text: str) -> Absence:
    """Look for a text. Raises :class:`InputError` for one that is too short to be told from others."""
    if len(text.strip()) < LEAST_CHARS:
        hint = "give more of it"
        raise InputError(
            f"the text has {len(text.strip())} characters, not {LEAST_CHARS} or more", subject="--absent", hint=hint
        )
    whole = min(PIECE_CHARS, len(text))
    cuts = dict.fromkeys([*range(0, len(text) - whole + 1, whole), len(text) - whole])
    pieces = [piece for piece in dict.fromkeys(text[at : at + whole] for at in cuts) if piece.strip()]
    listed = {form: (name, n) for n, piece in enumerate(pieces) for name, form in _forms(piece).items()}
    digests = digests_of(text)
    for n, digest in enumerate(digests):
        listed |= {digest: (_DIGEST, n), digest.hex()[:32].encode(): (_DIGEST, n)}
    needles = Needles(listed)
    done = Absence(len(text), len(pieces))
    for path in sorted(p for p in layout.root.rglob("*") if p.is_file() and not p.is_symlink()):
        for where, seen in _looked(path, layout, needles, done):
            name = str(path.relative_to(layout.root))
            for form in sorted({f for f, _ in seen} - {_DIGEST}):
                count = len({n for f, n in seen if f == form})
                done.present.append({"file": name, "where": where, "as": form, "pieces": count})
            if any(f == _DIGEST for f, _ in seen):
                done.digests.append({"file": name, "where": where})
    done.tombstones = _tombstones(layout, ledger, digests)
    return done


def digests_of(text: str) -> list[bytes]:
    """The digests by which a text may be known: of its bytes, and of it as a reader sees it, by any rule."""
    columns = Normalize()(pa.RecordBatch.from_pydict({"text": pa.array([text], pa.large_string())}))
    names = ("content_sha256", "norm_sha256", "norm1_sha256")
    return list(dict.fromkeys(d for name in names if (d := columns[name][0].as_py()) is not None))


Seen = set[tuple[str, int]]


def _looked(path: Path, layout: Layout, needles: Needles, done: Absence) -> Iterator[tuple[str, Seen]]:
    """(where, what is there) of one file."""
    try:
        with path.open("rb") as handle:
            if not handle.seek(0, 2):
                return
            with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
                yield "bytes", needles.within(content)
                packed = content[:4] == b"PAR1"
    except FileNotFoundError:  # a run under way ended meanwhile
        return
    if packed:
        try:
            yield from _pages(path, needles)
        except (OSError, pa.ArrowException):
            done.unread.append(str(path.relative_to(layout.root)))
    if path == layout.ledger:
        yield from _rows(path, needles)


def _pages(path: Path, needles: Needles) -> Iterator[tuple[str, Seen]]:
    """Each column of a Parquet file, unpacked a row group at a time."""
    with pq.ParquetFile(path) as file:
        for name in file.schema_arrow.names:
            seen: Seen = set()
            for group in range(file.num_row_groups):
                for chunk in file.read_row_group(group, columns=[name]).column(0).chunks:
                    for buffer in _buffers(chunk):
                        seen |= needles.within(memoryview(buffer))
            yield f"column {name}", seen


def _buffers(chunk: pa.Array) -> Iterator[pa.Buffer]:
    yield from (buffer for buffer in chunk.buffers() if buffer is not None)
    if pa.types.is_dictionary(chunk.type):
        yield from _buffers(chunk.dictionary)


def _rows(path: Path, needles: Needles) -> Iterator[tuple[str, Seen]]:
    """Each table of the ledger, by the values of its rows."""
    with contextlib.closing(to_read(path)) as db:
        names = [str(r[0]) for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            seen: Seen = set()
            cursor: sqlite3.Cursor = db.execute('SELECT * FROM "{}"'.format(name.replace('"', '""')))
            for row in cursor:
                values = "\0".join(value for value in row if isinstance(value, str))
                seen |= needles.within(values.encode("utf-8", "surrogatepass"))
            yield f"table {name}", seen


def _tombstones(layout: Layout, ledger: Ledger, digests: list[bytes]) -> int:
    """How many tombstones know the text, keyed or not."""
    key = tombstone_key(ledger.key)
    known = {*digests, *(keyed(digest, key) for digest in digests)}
    count = 0
    for part in ledger.parts("tombstones", ledger.snapshot()):
        stones = read(layout.part("tombstones", part.part), ["content_sha256", "norm_sha256", "norm1_sha256"])
        columns = (stones.column(name).to_pylist() for name in stones.column_names)
        count += sum(any(d in known for d in row) for row in zip(*columns, strict=True))
    return count
