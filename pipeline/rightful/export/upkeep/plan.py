"""Which documents of an export a repair is about, and whether it can be done. Floor 8: reads, and writes nothing.

What is to go is what ``verify`` calls stale: every record that is permitted no more for the use of the export, as it is
now, by today's ledger and catalogue. Nothing else goes, and none of that stays.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from rightful.errors import InputError
from rightful.export.holding import TABLE
from rightful.export.manifest import MANIFEST, export_id
from rightful.export.papers import INDEX_SCHEMA
from rightful.export.redaction import REDACTIONS
from rightful.export.upkeep.verify import OUTSIDE, Again
from rightful.notation.shown import counted
from rightful.query.exported import INDEX, REVOCATIONS
from rightful.query.versions import EXCLUDE, EXCLUDED, MASK, MASKED, PERMIT, Version, version_of
from rightful.store.duck import rows, scan
from rightful.store.layout import Layout, sha256_file
from rightful.store.ledger import Ledger
from rightful.store.records import TOMBSTONES

REFUSALS, ATTRIBUTION, CARD = "refusals.parquet", "attribution.parquet", "README.md"
REMADE = (INDEX, REFUSALS, ATTRIBUTION, "ATTRIBUTION.md", REVOCATIONS, REDACTIONS, TABLE, CARD)
"""What is written anew beside the shards; all else is kept as it lies."""
_READ = (REFUSALS, ATTRIBUTION, REVOCATIONS, REDACTIONS, TABLE)
"""What is made of the file before, which has to be whole for it."""
MOST_SHARE, MOST_RECORDS = 0.01, 1000
"""More than this share of an export, and more than so many records, go without ``--yes`` only where the law refuses them."""
_TOUCHES = {EXCLUDE: (PERMIT,), MASK: (PERMIT, EXCLUDED)}
"""Level -> the documents that it can do something about, by their decision in the index."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """A document that goes, where it lies, and why: the word of the decision, slug and detail of the reason."""

    document: int
    record_id: str
    shard: str
    position: int
    start: int
    length: int
    was: str
    word: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A repair that can be done. ``fresh``: what goes and was there to be used, or on the deny list alone; ``emptied``: places of
    documents that were masked before, which a rewrite drops."""

    folder: Path
    manifest: dict[str, Any]
    level: str
    index: Path
    fresh: list[Doomed]
    emptied: list[Doomed]
    events: list[str]
    damaged: list[dict[str, str]]
    linked_elsewhere: list[str]

    @property
    def version(self) -> int:
        """That of the manifest to come."""
        return version_of(self.manifest) + 1

    @property
    def gone(self) -> list[Doomed]:
        """Every document that changes, in the order of the index."""
        return sorted([*self.fresh, *self.emptied], key=lambda one: one.document)

    @property
    def touched(self) -> dict[str, list[Doomed]]:
        """Shard -> what changes in it; none where the bytes stay."""
        by_shard: dict[str, list[Doomed]] = {}
        for one in [] if self.level == EXCLUDE else self.gone:
            by_shard.setdefault(one.shard, []).append(one)
        return by_shard

    @property
    def reasons(self) -> dict[str, int]:
        """Reason -> records that go for it."""
        return dict(sorted(Counter({one.record_id: one.reason for one in self.fresh}.values()).items()))

    @property
    def records(self) -> int:
        """How many records go, each with all of its places."""
        return len({one.record_id for one in self.fresh})


def plan(
    layout: Layout,
    ledger: Ledger,
    again: Again,
    registered: Mapping[str, Any],
    folder: Path,
    level: str,
    event: str | None,
    *,
    yes: bool,
) -> Plan:
    """What a repair at ``level`` does to the export in ``folder``, with its index in the table ``exported``.

    Raises :class:`InputError` where the folder is not what was registered as far as that is needed, or where too many
    records go only because the store does not have them; nothing is changed then.
    """
    con, manifest = again.decided.con, registered["manifest"]
    _check_manifest(folder, registered)
    index = index_of(layout, folder, manifest)
    document = "document, record_id, shard, position, first_token, length, content_sha256, decision"
    con.cursor().execute(
        f"CREATE OR REPLACE TABLE exported AS SELECT {document} FROM {scan([index], INDEX_SCHEMA)}"
    ).fetchall()
    usable = _TOUCHES.get(level, (PERMIT, EXCLUDED))
    fresh = _doomed(con, again, usable)
    emptied = [] if level in _TOUCHES else _emptied(con)
    matched = _matched(con, layout, ledger, fresh)
    if not yes:
        _ask(fresh, matched, len_of(con), str(manifest["export"]))
    events = sorted({e for of in matched.values() for e in of} | ({event} if event else set()))
    of_level = Plan(folder, manifest, level, index, fresh, emptied, events, [], [])
    if not of_level.gone:
        return of_level
    of_level.damaged.extend(_check_files(folder, manifest, set(of_level.touched)))
    of_level.linked_elsewhere.extend(_linked(folder, manifest, set(of_level.touched)))
    return of_level


def of_index(
    layout: Layout, ledger: Ledger, again: Again, held: Version, index: Path, level: str, event: str | None
) -> Plan:
    """The same of what has an index alone, and no folder."""
    con = again.decided.con
    document = "document, record_id, shard, position, first_token, length, content_sha256, decision"
    con.cursor().execute(
        f"CREATE OR REPLACE TABLE exported AS SELECT {document} FROM {scan([index], INDEX_SCHEMA)}"
    ).fetchall()
    fresh = _doomed(con, again, _TOUCHES.get(level, (PERMIT, EXCLUDED)))
    matched = _matched(con, layout, ledger, fresh)
    events = sorted({e for of in matched.values() for e in of} | ({event} if event else set()))
    return Plan(Path(held.path), held.manifest, level, index, fresh, [], events, [], [])


def index_of(layout: Layout, folder: Path, manifest: Mapping[str, Any]) -> Path:
    """The index of an export: in its folder, else the store's copy. Raises :class:`InputError` where neither is whole."""
    digest = next((f["sha256"] for f in manifest["files"] if f["path"] == INDEX), None)
    for path in (folder / INDEX, layout.exported(str(manifest["export"]))):
        if path.is_file() and sha256_file(path) == digest:
            return path
    raise InputError(
        "has another digest than the manifest, or is missing, and the store's copy of it as well: nothing says which documents are which",
        subject=str(folder / INDEX),
        hint="put it back from a copy of the export",
    )


def len_of(con: duckdb.DuckDBPyConnection) -> int:
    """How many records the table ``exported`` has."""
    return int(rows(con, "SELECT count(DISTINCT record_id) FROM exported")[0][0])


def _check_manifest(folder: Path, registered: Mapping[str, Any]) -> None:
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError("is missing", subject=str(path), hint="put it back from a copy of the export")
    if sha256_file(path) != registered["manifest_sha256"] or export_id(registered["manifest"]) != registered["export"]:
        raise InputError(
            f"is not the manifest of {registered['export']} that was registered: it was edited, or is of another version",
            subject=str(path),
            hint="put it back from a copy of the export; rightful verify says what else differs",
        )


def _doomed(con: duckdb.DuckDBPyConnection, again: Again, decisions: Iterable[str]) -> list[Doomed]:
    """The documents of these decisions that are permitted no more."""
    named = ", ".join(f"'{decision}'" for decision in decisions)
    refused = {document: (case, permit) for document, _, _, case, permit in again.refused(f"decision IN ({named})")}
    if not refused:
        return []
    places = rows(
        con,
        """SELECT document, record_id, shard, position, first_token, length, decision FROM exported
        WHERE document IN (SELECT unnest(?)) ORDER BY document""",
        [list(refused)],
    )
    doomed = []
    for document, record, shard, position, start, length, was in places:
        word, slug, detail, _ = again.why(record, *refused[document])
        doomed.append(Doomed(document, record, shard, position, start, length, was, word, slug, detail))
    return doomed


def _emptied(con: duckdb.DuckDBPyConnection) -> list[Doomed]:
    places = rows(
        con,
        f"""SELECT document, record_id, shard, position, first_token, length, decision FROM exported
        WHERE decision = '{MASKED}' ORDER BY document""",
    )
    return [
        Doomed(n, r, shard, at, start, length, was, "", MASKED, "") for n, r, shard, at, start, length, was in places
    ]


def _matched(
    con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, doomed: list[Doomed]
) -> dict[str, set[str]]:
    """Record -> the events that matched it, of the records that go."""
    parts = [layout.part("tombstones", p.part) for p in ledger.parts("tombstones", ledger.snapshot())]
    if not parts or not doomed:
        return {}
    query = f"SELECT DISTINCT record_id, event FROM {scan(parts, TOMBSTONES)} WHERE record_id IN (SELECT unnest(?))"
    by_record: dict[str, set[str]] = {}
    for record, event in rows(con, query, [[one.record_id for one in doomed]]):
        by_record.setdefault(str(record), set()).add(str(event))
    return by_record


def _ask(doomed: list[Doomed], matched: Mapping[str, Any], records: int, export: str) -> None:
    """Records that no law refuses go in numbers only where somebody says so: the store may be another than was meant."""
    of = {one.record_id: one.reason for one in doomed if one.reason in OUTSIDE and one.record_id not in matched}
    outside = Counter(of.values())
    n = outside.total()
    if n > MOST_RECORDS and n > MOST_SHARE * records:
        listed = ", ".join(f"{k} {reason}" for reason, k in sorted(outside.items()))
        raise InputError(
            f"{counted(n, 'record')} of {records} would go although nothing refuses them ({listed})",
            subject=export,
            hint="is this the store that the export was made from, with all its sources? Where it is, pass --yes",
        )


def _check_files(folder: Path, manifest: Mapping[str, Any], touched: set[str]) -> list[dict[str, str]]:
    """What is damaged of what stays as it is. Raises :class:`InputError` for what a repair has to read or take away."""
    damaged = []
    for shard in manifest["shards"]:
        for file in shard["files"]:
            path = folder / file["path"]
            if shard["path"] in touched:
                _check_whole(folder, file)
            elif not path.is_file():
                damaged.append({"file": file["path"], "reason": "is missing"})
            elif path.stat().st_size != file["bytes"]:
                damaged.append(
                    {"file": file["path"], "reason": f"has {path.stat().st_size} bytes, not {file['bytes']}"}
                )
    for file in manifest["files"]:
        if file["path"] in _READ:
            _check_whole(folder, file)
        elif file["path"] not in REMADE and not (folder / file["path"]).is_file():
            damaged.append({"file": file["path"], "reason": "is missing"})
    return damaged


def _check_whole(folder: Path, file: Mapping[str, Any]) -> None:
    path = folder / file["path"]
    if not path.is_file():
        raise InputError(
            "is missing, and has to be repaired", subject=str(path), hint="put it back from a copy of the export"
        )
    if path.resolve() != folder / file["path"]:
        raise InputError(
            f"lies behind a link, at {path.resolve()}: what is taken out of the export would stay there",
            subject=str(path),
            hint="copy the export with the files themselves (cp -rL) and repair that; then remove what the links lead to",
        )
    if sha256_file(path) != file["sha256"]:
        raise InputError(
            "has another digest than the manifest, so what lies where in it is not known",
            subject=str(path),
            hint="put it back from a copy of the export; rightful verify names all that differs",
        )


def _linked(folder: Path, manifest: Mapping[str, Any], touched: set[str]) -> list[str]:
    """Files that are to lose documents and have another name as well: their bytes stay under that."""
    files = [file["path"] for shard in manifest["shards"] if shard["path"] in touched for file in shard["files"]]
    return [path for path in files if (folder / path).stat().st_nlink > 1]


def revoked(folder: Path, manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The deny list of a version: record -> its line."""
    if not any(file["path"] == REVOCATIONS for file in manifest["files"]):
        return {}
    lines = (folder / REVOCATIONS).read_text(encoding="utf-8").splitlines()
    return {str(row["record"]): row for row in map(json.loads, lines)}
