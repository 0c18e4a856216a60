"""The records of an export as a tree of digests, so that one of them is proved without any other being shown. Floor 8.

The tree is the binary trie over the SHA-256 of the record ids (their *places*): a place is followed bit by bit, the highest
first, 0 to the left; a subtree of one record is a leaf, one of none is empty. As in RFC 6962, section 2.1, a byte in
front of what is digested says what it is:

* leaf: ``SHA-256(00 || c0 || c1 || c2 || v)``, where ``v = SHA-256(03 || nonce3 || statement)`` is of what
  :func:`statement` writes, and ``cI = SHA-256(04 || nonceI || piece)`` of three pieces of the place: the byte in which
  the leaf's depth lies (depth // 8), the byte after it, and all that follow;
* inner node: ``SHA-256(01 || left || right)``;
* empty: ``SHA-256(02 || nonce)``.

Nonces are 16 bytes (of an empty node 32) that nobody can guess without the secret of the index, which stands in the
metadata of ``index.parquet``: its reader knows all records anyhow. So a digest beside the way to a place says nothing of
the records below it, nor whether there are any. That a record is absent is proved by the empty node at its place, or by
the leaf there of another, of which one piece is opened: mostly a byte, of a digest of its id, that is not the one asked for.
"""

from __future__ import annotations

import hashlib
import hmac
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.errors import StoreError

SECRET = b"rightful.nonces"
"""The key in the metadata of an index under which its secret stands, in hex."""
COLUMNS = ("record_id", "content_sha256", "decision")
"""The columns of an index that a root is made from."""
LEAF, INNER, EMPTY, STATEMENT, PIECE = b"\x00", b"\x01", b"\x02", b"\x03", b"\x04"
_BITS = 256
_SMALL = 1 << 16
"""Subtrees of so many records are made from lists, which is faster; larger ones from arrays, which are smaller."""


def secret_of(key: bytes, records: Sequence[str]) -> str:
    """The secret of an index, in hex, from the store's ``key`` and its records in their order: the same every time."""
    members = hashlib.sha256("\n".join(records).encode()).digest()
    return hmac.new(key, b"nonces of an index\n" + members, hashlib.sha256).hexdigest()


def with_secret(schema: pa.Schema, secret: str) -> pa.Schema:
    """The schema of an index that is written with its secret."""
    return schema.with_metadata({**(schema.metadata or {}), SECRET: secret.encode()})


def root(index: pa.Table, catalog: str) -> str | None:
    """The root of an index, in hex; None for one without a secret, as earlier versions wrote it.

    ``index``: :data:`COLUMNS` with the metadata of the file; ``catalog``: the digest of the catalogue that decided.
    Raises :class:`StoreError` for an index that names a record twice.
    """
    tree = tree_of(index, catalog)
    return None if tree is None else tree.root().hex()


def tree_of(index: pa.Table, catalog: str) -> Tree | None:
    """The tree of an index; None, and raises, as :func:`root`."""
    secret = (index.schema.metadata or {}).get(SECRET)
    if secret is None:
        return None
    listed = index.select(COLUMNS)
    if not _is_distinct(listed):
        listed = listed.group_by(list(COLUMNS), use_threads=False).aggregate([])
        if not _is_distinct(listed):
            raise StoreError("the index names a record twice, with different contents or decisions")
    places = np.empty((listed.num_rows, 32), np.uint8)
    for n, record in enumerate(listed.column("record_id").to_pylist()):
        places[n] = np.frombuffer(place(record), np.uint8)
    heads = places[:, :8].copy().view(">u8")[:, 0].astype(np.uint64)
    order = np.argsort(heads, kind="stable")
    return Tree(bytes.fromhex(secret.decode()), catalog, heads[order], places[order], listed, order)


def _is_distinct(listed: pa.Table) -> bool:
    return bool(pc.count_distinct(listed.column("record_id")).as_py() == listed.num_rows)


def place(record: str) -> bytes:
    """The place of a record, which is the same in every tree."""
    return hashlib.sha256(record.encode()).digest()


def statement(record: str, content_sha256: str, decision: str, catalog: str) -> bytes:
    """What a leaf says: JSON with sorted keys and no spaces.

    >>> statement("ab", "cd", "permit", "ef")
    b'{"catalog":"ef","content_sha256":"cd","decision":"permit","record":"ab"}'
    """
    facts = f'"content_sha256":"{content_sha256}","decision":"{decision}","record":"{record}"'
    return f'{{"catalog":"{catalog}",{facts}}}'.encode()


def pieces(at: bytes, depth: int) -> tuple[bytes, bytes, bytes]:
    """The three pieces of a place that a leaf of this depth commits to."""
    first = depth // 8
    return at[first : first + 1], at[first + 1 : first + 2], at[first + 2 :]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A record in the tree: its place, what it says, and its four nonces, those of the pieces first."""

    at: bytes
    statement: bytes
    nonces: tuple[bytes, bytes, bytes, bytes]


def leaf_parts(leaf: Leaf, depth: int) -> tuple[bytes, bytes, bytes, bytes]:
    """What the digest of a leaf is of: the digests of its pieces, and of what it says."""
    return _parts(leaf.at, leaf.statement, b"".join(leaf.nonces), depth)


def _parts(at: bytes, says: bytes, nonces: bytes, depth: int) -> tuple[bytes, bytes, bytes, bytes]:
    """The same of a place, with the four nonces one after the other: this runs for every record."""
    sha256 = hashlib.sha256
    p0, p1, p2 = pieces(at, depth)
    return (
        sha256(PIECE + nonces[:16] + p0).digest(),
        sha256(PIECE + nonces[16:32] + p1).digest(),
        sha256(PIECE + nonces[32:48] + p2).digest(),
        sha256(STATEMENT + nonces[48:] + says).digest(),
    )


def leaf_node(parts: Sequence[bytes]) -> bytes:
    """The digest of a leaf."""
    return hashlib.sha256(LEAF + b"".join(parts)).digest()


@dataclass(frozen=True, slots=True)
class Way:
    """The way to the place of a record. ``siblings``: the digests beside it, the deepest first. At its end is ``leaf``, of
    this record or of another, or an empty node, which ``nonce`` opens."""

    siblings: tuple[bytes, ...]
    leaf: Leaf | None = None
    nonce: bytes | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """The records of an index by their places, which are ``places`` (N, 32) in order; ``heads`` are their first 64 bits.
    ``order`` says which row of ``listed`` each is."""

    secret: bytes
    catalog: str
    heads: npt.NDArray[np.uint64]
    places: npt.NDArray[np.uint8]
    listed: pa.Table
    order: npt.NDArray[np.int64]

    def root(self) -> bytes:
        """The digest of all."""
        return self._node(0, len(self.heads), 0, 0)

    def way(self, record: str) -> Way:
        """The way to a record, or to what is at its place."""
        bits = int.from_bytes(place(record), "big")
        low, high, prefix = 0, len(self.heads), 0
        beside: list[bytes] = []
        while high - low > _SMALL:
            depth = len(beside)
            split, right = self._split(low, high, depth, prefix), _bit(bits, depth)
            other = (low, split) if right else (split, high)
            beside.append(self._node(*other, depth + 1, prefix << 1 | 1 - right))
            low, high, prefix = *((split, high) if right else (low, split)), prefix << 1 | right
        few = self._few(low, high)
        low, high = 0, high - low
        while high - low > 1:
            depth = len(beside)
            split, right = few.split(low, high, depth, prefix), _bit(bits, depth)
            other = (low, split) if right else (split, high)
            beside.append(few.node(*other, depth + 1, prefix << 1 | 1 - right))
            low, high, prefix = *((split, high) if right else (low, split)), prefix << 1 | right
        siblings = tuple(reversed(beside))
        if high > low:
            return Way(siblings, leaf=few.leaf(low))
        return Way(siblings, nonce=few.nonce(len(beside), prefix))

    def _node(self, low: int, high: int, depth: int, prefix: int) -> bytes:
        if high - low <= _SMALL:
            return self._few(low, high).node(0, high - low, depth, prefix)
        split = self._split(low, high, depth, prefix)
        left = self._node(low, split, depth + 1, prefix << 1)
        return inner(left, self._node(split, high, depth + 1, prefix << 1 | 1))

    def _split(self, low: int, high: int, depth: int, prefix: int) -> int:
        middle = np.uint64((prefix << 1 | 1) << (63 - depth))
        return low + int(np.searchsorted(self.heads[low:high], middle))

    def _few(self, low: int, high: int) -> _Few:
        """Places low to high, as lists in order."""
        at = [row.tobytes() for row in self.places[low:high]]
        rows = self.listed.take(pa.array(self.order[low:high]))
        columns = (rows.column(name).to_pylist() for name in COLUMNS)
        said = [
            statement(record, content.hex(), decision, self.catalog)
            for record, content, decision in zip(*columns, strict=True)
        ]
        both = sorted(zip(at, said, strict=True))
        return _Few(self.secret, [a for a, _ in both], [s for _, s in both])


@dataclass(frozen=True, slots=True)
class _Few:
    """Neighbours in order, as lists: places and what they say. Of these, ``low`` to ``high`` are meant."""

    secret: bytes
    places: list[bytes]
    statements: list[bytes]

    def node(self, low: int, high: int, depth: int, prefix: int) -> bytes:
        """The digest of a subtree."""
        if high - low == 1:
            return leaf_node(_parts(self.places[low], self.statements[low], self.drawn(low), depth))
        if high == low:
            return hashlib.sha256(EMPTY + self.nonce(depth, prefix)).digest()
        split, depth, prefix = self.split(low, high, depth, prefix), depth + 1, prefix << 1
        return inner(self.node(low, split, depth, prefix), self.node(split, high, depth, prefix | 1))

    def split(self, low: int, high: int, depth: int, prefix: int) -> int:
        """Where those on the right begin."""
        middle = ((prefix << 1 | 1) << (_BITS - 1 - depth)).to_bytes(32, "big")
        return bisect_left(self.places, middle, low, high)

    def leaf(self, low: int) -> Leaf:
        """One of them."""
        drawn = self.drawn(low)
        return Leaf(self.places[low], self.statements[low], (drawn[:16], drawn[16:32], drawn[32:48], drawn[48:]))

    def drawn(self, low: int) -> bytes:
        """The nonces of one of them."""
        return hashlib.blake2b(self.places[low], key=self.secret, digest_size=64).digest()

    def nonce(self, depth: int, prefix: int) -> bytes:
        """What the digest of an empty subtree is of."""
        where = depth.to_bytes(2, "big") + prefix.to_bytes(32, "big")
        return hashlib.blake2b(where, key=self.secret, digest_size=32).digest()


def inner(left: bytes, right: bytes) -> bytes:
    """The digest of an inner node."""
    return hashlib.sha256(INNER + left + right).digest()


def _bit(bits: int, depth: int) -> int:
    return bits >> (_BITS - 1 - depth) & 1
