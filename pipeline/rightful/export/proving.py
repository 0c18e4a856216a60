"""The proof that a record is in an export or is not, for whoever has neither the store nor the export. Floor 8.

A proof is JSON. It needs the manifest alone (its ``records_root``), or a signature of it, and discloses no other record;
how it is checked stands in ``docs/withdrawal.md``, and in :func:`wrong_with` once more.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rightful.errors import InputError, StoreError
from rightful.export import merkle
from rightful.export.manifest import digest, read_manifest
from rightful.export.versions import named
from rightful.notation.dsse import PROOF
from rightful.query.exported import INDEX
from rightful.query.holding import index_file
from rightful.query.versions import Version, version_of
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.parquet import columns, read

_RECORD = re.compile(r"[0-9a-f]{32}")
_OLD = "it was made by an earlier version, which wrote none; export it again, or repair it with: rightful redact"


def proof(layout: Layout, ledger: Ledger, record: str, name: str) -> dict[str, Any]:
    """The proof about a record and an export (its id or folder; the newest version of it).

    Raises :class:`InputError` for what is no record id, for a folder that is no export and for an export without a root;
    :class:`StoreError` for an id that is not known, and for an index that is not the one that was exported.
    """
    if not _RECORD.fullmatch(record):
        raise InputError(
            "is not the id of a record: 32 hex digits", subject=record, hint='find ids with: rightful sql "SELECT ..."'
        )
    known = named(ledger, name)
    manifest = known.registered["manifest"] if known.registered else read_manifest(known.folder)
    index = _index(layout, known.registered, manifest, known.folder)
    return of_index(index, manifest, record)


def of_index(index: Path, manifest: Mapping[str, Any], record: str) -> dict[str, Any]:
    """The same from the index of an export, whose bytes are those that its manifest says.

    Raises :class:`InputError` for an export without a root, :class:`StoreError` for an index that has another.
    """
    root = manifest.get("records_root")
    if root is None:
        raise InputError("has no records_root", subject=str(manifest["export"]), hint=_OLD)
    tree = merkle.tree_of(read(index, merkle.COLUMNS), str(manifest["catalog"]))
    if tree is None or tree.root().hex() != root:
        raise StoreError("does not have the root that its manifest says", subject=str(index))
    way = tree.way(record)
    return {
        "proof": PROOF,
        "record": record,
        "is_included": way.leaf is not None and way.leaf.at == merkle.place(record),
        "export": manifest["export"],
        "version": version_of(manifest),
        "manifest_sha256": digest(manifest),
        "records_root": root,
        **_end(way, record),
        "siblings": [one.hex() for one in way.siblings],
    }


def _index(layout: Layout, registered: Mapping[str, Any] | None, manifest: Mapping[str, Any], folder: Path) -> Path:
    export = str(manifest["export"])
    if registered is not None:
        index = index_file(layout, Version(export, str(folder), 1, None, None, True, registered))
    else:
        wanted = {f["path"]: f["sha256"] for f in manifest["files"]}.get(INDEX)
        path = folder / INDEX
        index = path if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == wanted else None
    if index is None or not set(merkle.COLUMNS) <= set(columns(index)):
        raise StoreError(f"its {INDEX} is missing or changed, so nothing can be proved", subject=export)
    return index


def _end(way: merkle.Way, record: str) -> dict[str, Any]:
    """What is at the end of the way: the leaf of the record, opened; one piece of another's; or the nonce of nothing."""
    end: dict[str, Any] = {"leaf": None, "other": None, "nonce": None}
    if way.leaf is None:
        assert way.nonce is not None
        return {**end, "nonce": way.nonce.hex()}
    depth = len(way.siblings)
    if way.leaf.at == merkle.place(record):
        facts = json.loads(way.leaf.statement)
        del facts["record"]
        return {**end, "leaf": {**facts, "nonces": [one.hex() for one in way.leaf.nonces]}}
    mine, others = merkle.pieces(merkle.place(record), depth), merkle.pieces(way.leaf.at, depth)
    n = next(i for i in range(3) if mine[i] != others[i])
    parts = [one.hex() for one in merkle.leaf_parts(way.leaf, depth)]
    parts[n] = ""
    opened = {"piece": n, "value": others[n].hex(), "nonce": way.leaf.nonces[n].hex()}
    return {**end, "other": {**opened, "parts": parts}}


def is_proof(data: object) -> bool:
    """Whether JSON looks like a proof, genuine or not."""
    return isinstance(data, dict) and data.get("proof") == PROOF


def wrong_with(proof: Mapping[str, Any], root: str) -> str | None:
    """Why a proof does not prove what it says of the export with this root; None where it does."""
    try:
        node, is_included = _opened(proof)
        record = str(proof["record"])
        bits = int.from_bytes(merkle.place(record), "big")
        siblings = [bytes.fromhex(one) for one in proof["siblings"]]
        if len(siblings) > 256 or any(len(one) != 32 for one in siblings):
            return "it has siblings that are no digests"
        for n, sibling in enumerate(siblings):
            is_right = bits >> (256 - len(siblings) + n) & 1
            node = merkle.inner(sibling, node) if is_right else merkle.inner(node, sibling)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return "it is not whole: something in it is missing, or is not of the form of a proof"
    if node.hex() != root:
        return "it does not lead to the root of the manifest"
    if is_included != proof.get("is_included"):
        return f"it says is_included: {str(proof.get('is_included')).lower()}, and proves the contrary"
    return None


def _opened(proof: Mapping[str, Any]) -> tuple[bytes, bool]:
    """The node at the end of a proof, and whether it is the leaf of the record."""
    depth = len(proof["siblings"])
    # Anything else is absent from every tree: an id in capitals, or with a character behind it that nobody sees.
    if not _RECORD.fullmatch(proof["record"]):
        raise ValueError("no id of a record")
    at = merkle.place(str(proof["record"]))
    ends = [key for key in ("leaf", "other", "nonce") if proof[key] is not None]
    (end,) = ends
    if end == "nonce":
        return hashlib.sha256(merkle.EMPTY + _of_length(proof["nonce"], 32)).digest(), False
    if end == "leaf":
        leaf = proof["leaf"]
        facts = (str(proof["record"]), str(leaf["content_sha256"]), str(leaf["decision"]), str(leaf["catalog"]))
        if any('"' in fact or "\\" in fact for fact in facts):
            raise ValueError("no facts of ours")
        n0, n1, n2, n3 = (_of_length(one, 16) for one in leaf["nonces"])
        parts = merkle.leaf_parts(merkle.Leaf(at, merkle.statement(*facts), (n0, n1, n2, n3)), depth)
        return merkle.leaf_node(parts), True
    other = proof["other"]
    n, value = other["piece"], bytes.fromhex(other["value"])
    if type(n) is not int or n not in (0, 1, 2):
        raise ValueError("no piece of a place")
    mine = merkle.pieces(at, depth)[n]
    if value == mine or len(value) != len(mine) or other["parts"][n] != "":
        raise ValueError("no piece of another place")
    digests = [b"" if i == n else _of_length(one, 32) for i, one in enumerate(other["parts"])]
    digests[n] = hashlib.sha256(merkle.PIECE + _of_length(other["nonce"], 16) + value).digest()
    if len(digests) != 4:
        raise ValueError("no leaf")
    return merkle.leaf_node(digests), False


def _of_length(text: str, length: int) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != length:
        raise ValueError(f"{length} bytes are expected")
    return data
