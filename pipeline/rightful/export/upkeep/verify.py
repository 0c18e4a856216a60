"""Verify: trust nothing an export says. Floor 8.

The manifest is held against the ledger, files against the manifest, documents against the index by the digest of their
tokens or of their row and text, and every record is decided again, for the use of the manifest, against today's ledger
and catalogue. Where personal data was taken out, it is taken out again and compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import duckdb

from rightful.decisions.cases import Decided
from rightful.decisions.policy import standing
from rightful.errors import InputError, RightfulError
from rightful.export import swap
from rightful.export.formats import TEXT
from rightful.export.manifest import MANIFEST, canonical_json, export_id, find_export, read_manifest
from rightful.export.merkle import COLUMNS as LEAVES
from rightful.export.merkle import SECRET, root
from rightful.export.place import is_mark
from rightful.export.redaction import REDACTIONS
from rightful.export.signed import Beside, beside, is_signature
from rightful.export.signing import SHORT, Checker
from rightful.export.upkeep.back import by_shard, documents, other_beside
from rightful.export.upkeep.recount import recount
from rightful.export.upkeep.rederive import encoder_in, rederive
from rightful.export.upkeep.stored_texts import stored_texts
from rightful.export.words import COUNT
from rightful.notation.shown import counted
from rightful.query.exported import INDEX, asked_again
from rightful.query.versions import FIRST, PERMIT, is_in_memory, level_of, newest, version_of, versions
from rightful.rights.decide import Decision
from rightful.rights.licenses import Catalog
from rightful.rights.uses import Use
from rightful.store.check import damaged_parts
from rightful.store.duck import fill, rows
from rightful.store.erasures import first_erased
from rightful.store.layout import Layout, sha256_file
from rightful.store.ledger import Ledger
from rightful.store.parquet import columns, opened, read
from rightful.store.scratch import workspace

NOT_STORED = "not-in-store"
ERASED = "erased"
CHANGED = "content-changed"
NOT_ASKED = "request-not-valid"
"""Reasons for a stale record that are not the law's: superseded or never here; erased; other content under the same id; a
request that nobody can make any more."""
OUTSIDE = (NOT_STORED, ERASED, CHANGED, NOT_ASKED)
UNKNOWN = "unknown"
"""The decision on these: nothing is known of what is not there."""


@dataclass(slots=True)
class Verification:
    """What was found. ``stale`` records are permitted no longer; ``corrupt`` files are not what was exported.
    ``alone``: what was looked at where no store was at hand. ``in_memory``: it was handed over, and there are no files."""

    export: str
    records: int = 0
    stale: list[dict[str, Any]] = field(default_factory=list)
    corrupt: list[dict[str, str]] = field(default_factory=list)
    gone: bool = False
    alone: dict[str, Any] | None = None
    in_memory: bool = False
    version: int = FIRST
    level: str | None = None

    @property
    def ok(self) -> bool:
        """True when every file is whole and every record still permitted."""
        return not self.stale and not self.corrupt

    def as_json(self) -> dict[str, Any]:
        """As the command line answers."""
        return {
            "ok": self.ok,
            "export": self.export,
            "records": self.records,
            "stale": self.stale,
            "corrupt": _by_file(self.corrupt),
            "gone": self.gone,
            "version": self.version,
            "level": self.level,
            **({"in_memory": True} if self.in_memory else {}),
            **(self.alone or {}),
        }


def _by_file(corrupt: list[dict[str, str]]) -> list[dict[str, str]]:
    """Each file once, with all that is wrong with it."""
    reasons: dict[str, dict[str, None]] = {}
    for c in corrupt:
        reasons.setdefault(c["file"], {})[c["reason"]] = None
    return [{"file": file, "reason": "; ".join(of)} for file, of in reasons.items()]


def verify(
    layout: Layout, ledger: Ledger, catalog: Catalog, name: str, now: datetime, *, gone: bool = False
) -> Verification:
    """Verify an export named by its id or folder. ``gone``: a registered one whose folder is gone is decided again by
    the store's copy of its index, and is not ``ok``.

    Raises :class:`InputError` when the folder is no export, :class:`StoreError` for an id that is not known.
    """
    if (held := newest(ledger.exports(), name)) is not None and is_in_memory(held.manifest):
        return _verify_missing(layout, ledger, catalog, dict(held.row), now)
    if gone and (missing := _missing(ledger, name)) is not None:
        return _verify_missing(layout, ledger, catalog, missing, now)
    registered, folder = find_export(ledger, name)
    verification = Verification(str(registered["export"]) if registered else "")
    manifest = _check_manifest(verification, ledger, folder, registered)
    trusted = registered["manifest"] if registered else manifest
    if trusted is None:
        return verification
    verification.version, verification.level = version_of(trusted), level_of(trusted)
    _check_files(verification, folder, trusted)
    _check_signatures(verification, beside(folder, trusted, None))
    damaged = _damaged(layout, ledger)
    verification.corrupt += [{"file": f"store: {p}", "reason": "is not the part that was committed"} for p in damaged]
    whole = not any(c["file"] == INDEX for c in verification.corrupt)
    if whole:
        _check_documents(verification, folder, trusted)
    index = folder / INDEX if whole else layout.exported(verification.export)
    kept = {f["path"]: f["sha256"] for f in trusted["files"]}.get(INDEX)
    if registered is not None and not damaged and index.is_file() and sha256_file(index) == kept:
        with decided_again(verification, layout, ledger, catalog, index, trusted, now) as con:
            if trusted.get("redaction"):
                _check_anew(verification, trusted, lambda whole: rederive(con, layout, folder, trusted, tokens=whole))
            if trusted["format"] == TEXT:
                _check_anew(verification, trusted, lambda _: stored_texts(con, layout, folder, trusted))
            counts = (trusted["tokenizer"] or {}).get("on_unencodable") == COUNT
            _check_anew(
                verification,
                trusted,
                lambda whole: recount(
                    con, layout, folder, trusted, encoder_in(folder, trusted) if counts and whole else None
                ),
            )
    else:
        verification.corrupt.append(
            {"file": INDEX, "reason": "its records cannot be decided again: nothing says which they are"}
        )
    return verification


def _missing(ledger: Ledger, name: str) -> dict[str, Any] | None:
    """The registration of an export none of whose folders is there."""
    listed = [e for e in ledger.exports() if e["export"] == name]
    return listed[-1] if listed and not any(Path(e["path"]).is_dir() for e in listed) else None


def _verify_missing(
    layout: Layout, ledger: Ledger, catalog: Catalog, registered: dict[str, Any], now: datetime
) -> Verification:
    """What an export held, decided again; of its files nothing can be said. What was handed over in memory has none."""
    manifest = registered["manifest"]
    handed = is_in_memory(manifest)
    verification = Verification(str(registered["export"]), int(manifest["records"]), gone=not handed, in_memory=handed)
    verification.version, verification.level = version_of(manifest), level_of(manifest)
    if not handed:
        verification.corrupt.append(
            {"file": str(registered["path"]), "reason": "is the folder of this export, and is gone"}
        )
    index = layout.exported(verification.export)
    digest = {f["path"]: f["sha256"] for f in manifest["files"]}.get(INDEX)
    if not index.is_file() or (handed and sha256_file(index) != digest):
        reason = "the store's copy is gone as well: nothing says what it held"
        if handed:
            reason = "the store's index is not the one that was registered: nothing says what was handed over"
        verification.corrupt.append({"file": INDEX, "reason": reason})
        return verification
    with decided_again(verification, layout, ledger, catalog, index, manifest, now):
        return verification


def _damaged(layout: Layout, ledger: Ledger) -> list[str]:
    return [f"{path.parent.name}/{path.stem}" for path, _ in damaged_parts(layout, ledger, ledger.snapshot())]


def _check_manifest(
    verification: Verification, ledger: Ledger, folder: Path, registered: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The manifest in the folder; None where there is none that can be gone by."""
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        verification.corrupt.append({"file": MANIFEST, "reason": error.message})
        return None
    verification.export = verification.export or str(manifest["export"])
    if registered is None:
        unfinished = "is of a repair that did not end: run rightful redact again"
        reason = unfinished if swap.is_unsettled(folder) else "this store has no record of such an export"
        verification.corrupt.append({"file": MANIFEST, "reason": reason})
    elif sha256_file(folder / MANIFEST) != registered["manifest_sha256"]:
        verification.corrupt.append({"file": MANIFEST, "reason": "is not the manifest that was registered"})
    elif (after := _successor(ledger, folder, registered)) is not None:
        of = f"is version {version_of(manifest)}, and {after} superseded it here: old files were put back"
        verification.corrupt.append({"file": MANIFEST, "reason": of})
    if export_id(manifest) != manifest["export"]:
        verification.corrupt.append({"file": MANIFEST, "reason": "does not have the digest that its id says"})
        return None
    return manifest


def _successor(ledger: Ledger, folder: Path, registered: dict[str, Any]) -> str | None:
    """The version that superseded another in this very folder."""
    here = [v for v in versions(ledger.exports()) if v.path == str(folder.resolve())]
    if any(v.export == registered["export"] and not v.current for v in here):
        return next((v.export for v in reversed(here) if v.current), None)
    return None


def _check_files(verification: Verification, folder: Path, manifest: dict[str, Any]) -> None:
    listed = [f for shard in manifest["shards"] for f in shard["files"]] + manifest["files"]
    for file in listed:
        path = folder / file["path"]
        if not path.is_file():
            verification.corrupt.append({"file": file["path"], "reason": "is missing"})
        elif sha256_file(path) != file["sha256"]:
            verification.corrupt.append({"file": file["path"], "reason": "has another digest than the manifest"})
    known = {MANIFEST, *(f["path"] for f in listed)}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (
            name not in known
            and not (path.is_dir() and not path.is_symlink())
            and not (is_mark(path) or swap.is_mark(path))
            and not is_signature(name)
        ):
            verification.corrupt.append({"file": name, "reason": "is not in the manifest"})


def _check_documents(verification: Verification, folder: Path, manifest: dict[str, Any]) -> None:
    """Read every shard and hold each document against the index: its digest, its place, its record."""
    listed = by_shard(_index(folder))
    length = number = 0
    missing = False
    for shard in manifest["shards"]:
        path, entries = next(listed, ("", []))
        try:
            if path != shard["path"]:
                raise RightfulError(f"document {number} {_OTHER}")
            wrong: str | None = None
            n = -1
            for n, document in enumerate(documents(manifest, folder, path, entries)):
                wrong = _OTHER if n >= len(entries) else document.differs(entries[n])
                if wrong:
                    raise RightfulError(f"document {number + n} {wrong}")
                verification.records += _is_first(entries[n])
                length += document.length
            number += n + 1
            missing = missing or n + 1 < len(entries)
        except RightfulError as error:
            others = {f["path"] for f in shard["files"]} - {shard["path"]}
            if not others & {c["file"] for c in verification.corrupt}:  # else it is said already which file is at fault
                verification.corrupt.append({"file": shard["path"], "reason": error.message})
            return
    if missing or next(listed, None) is not None:
        verification.corrupt.append({"file": INDEX, "reason": "names documents that no shard holds"})
    said = {c["file"] for c in verification.corrupt}
    strangers = [name for name in other_beside(manifest, folder) if name not in said]
    verification.corrupt += [{"file": name, "reason": "is not what its shards call for"} for name in strangers]
    tokens = None if manifest["tokens"] is None else length
    stated = (manifest["records"], manifest.get("documents", number), manifest["tokens"])
    if (verification.records, number, tokens) != stated:
        counts = counted(verification.records, "record") + ("" if tokens is None else f", {counted(tokens, 'token')}")
        verification.corrupt.append({"file": MANIFEST, "reason": f"counts differ: {counts}"})


_OTHER = "is not the one in the index"


def _is_first(entry: Mapping[str, Any]) -> bool:
    """Whether a document is a record's first, and no later piece of it or repetition."""
    return not entry["document_start"] and not entry["epoch"]


def _index(folder: Path) -> Iterator[dict[str, Any]]:
    """The entries, with null for what an export of an earlier version does not say."""
    path = folder / INDEX
    there = [name for name in _LOOKED_AT if name in columns(path)]
    with opened(path) as source:
        for batch in source.iter_batches(columns=there):
            for entry in batch.to_pylist():
                yield {name: entry.get(name) for name in _LOOKED_AT}


_LOOKED_AT = (
    *("record_id", "shard", "position", "sequence", "first_token", "length", "document_start", "epoch", "decision"),
    *("tokens_sha256", "row_sha256", "text_sha256", "own_sha256"),
)


def _check_anew(
    verification: Verification, manifest: dict[str, Any], made_anew: Callable[[bool], Iterable[dict[str, Any]]]
) -> None:
    """What differs when it is made from the stored texts again, as far as what is needed for it is whole.

    ``made_anew`` is told whether the export has a tokenizer and it is whole.
    """
    damaged = {c["file"] for c in verification.corrupt}
    if damaged & {INDEX, REDACTIONS} or any(name.startswith("store: ") for name in damaged):
        return
    tokenizer = manifest["tokenizer"]
    wrong = made_anew(tokenizer is not None and tokenizer["path"] not in damaged)
    verification.corrupt += [w for w in wrong if w["file"] not in damaged]


@contextlib.contextmanager
def decided_again(
    verification: Verification,
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    index: Path,
    manifest: dict[str, Any],
    now: datetime,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every record decided again, on a connection that has the view ``decided``."""
    with workspace(layout, f"verify-{manifest['export']}") as (con, _):
        again = Again.of(con, layout, ledger, catalog, manifest, now)
        fill(con, "exported", read(index, ["document", "record_id", "shard", "content_sha256", "decision"]))
        refused = again.refused(f"decision = '{PERMIT}'")
        for record, shard, case, permit in dict.fromkeys((r, s, c, p) for _, r, s, c, p in refused):
            _, slug, _, text = again.why(record, case, permit)
            verification.stale.append({"record": record, "shard": shard, "reason": slug, "text": text})
        yield con


@dataclass(frozen=True, slots=True)
class Again:
    """Every record of the store decided for the use of a manifest as it is now: the view ``decided`` of ``decided.con``.

    ``impossible``: why nobody can make that request any more; empty where one can. ``erased``: the snapshots in which records
    were.
    """

    decided: Decided
    use: Use
    decisions: list[Decision]
    impossible: str
    erased: Mapping[str, int]

    @classmethod
    def of(
        cls,
        con: duckdb.DuckDBPyConnection,
        layout: Layout,
        ledger: Ledger,
        catalog: Catalog,
        manifest: dict[str, Any],
        now: datetime,
    ) -> Again:
        """The same law, use and policy by which ``verify`` decides."""
        today = standing(layout, catalog.vocabulary, manifest)
        decided = Decided(con, layout, ledger, ledger.snapshot(), catalog, now, today)
        use, impossible = asked_again(manifest, catalog, now)
        decisions = decided.decide(use)
        decided.join(decisions)
        return cls(decided, use, decisions, impossible, first_erased(layout, ledger))

    def refused(self, where: str) -> list[tuple[int, str, str, int | None, bool]]:
        """What of the table ``exported`` (an index) is not permitted as it is: document, record, shard, case, permit."""
        return rows(
            self.decided.con,
            f"""SELECT i.document, i.record_id, i.shard, d.case_id, coalesce(d.permit, false)
            FROM (SELECT * FROM exported WHERE {where}) i LEFT JOIN decided d ON d.record_id = i.record_id
            WHERE NOT coalesce(d.permit, false) OR ? OR i.content_sha256 IS DISTINCT FROM d.content_sha256 ORDER BY i.document""",
            [bool(self.impossible)],
        )

    def why(self, record: str, case: int | None, permit: bool) -> tuple[str, str, str, str]:
        """Why one of these is refused: the word of the decision, slug and detail of the reason, and a sentence."""
        if case is None and record in self.erased:
            return UNKNOWN, ERASED, "", f"it was erased in snapshot {self.erased[record]}"
        if case is None:
            return UNKNOWN, NOT_STORED, "", "the store has no such record, or a newer version of it"
        if not permit:
            reason = self.decisions[case].reason
            return self.decisions[case].status.word, reason.slug, reason.detail, reason.text
        if self.impossible:
            return UNKNOWN, NOT_ASKED, "", self.impossible
        return UNKNOWN, CHANGED, "", "the record has other content now"


def verify_alone(folder: Path, key: Checker | None) -> Verification:
    """An export held against itself, with no store at hand: its files, documents, index, root of the records, signatures.

    Whether a record is still permitted only a store knows. With a ``key`` one of the signatures has to be made with it.
    Raises :class:`InputError` for a folder that is no export.
    """
    manifest = read_manifest(folder)
    verification = Verification(str(manifest["export"]))
    if export_id(manifest) != manifest["export"]:
        verification.corrupt.append({"file": MANIFEST, "reason": "does not have the digest that its id says"})
    if (folder / MANIFEST).read_bytes() != canonical_json(manifest):
        verification.corrupt.append({"file": MANIFEST, "reason": "is not written as a manifest is: it was edited"})
    signatures: list[Beside] = []
    try:
        verification.version, verification.level = version_of(manifest), level_of(manifest)
        _check_inside(manifest)
        _check_files(verification, folder, manifest)
        if not any(c["file"] == INDEX for c in verification.corrupt):
            _check_documents(verification, folder, manifest)
            _check_root(verification, folder, manifest)
        signatures += beside(folder, manifest, key)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"is not whole: {type(error).__name__} {error}"
        verification.corrupt.append({"file": MANIFEST, "reason": what})
    _check_signatures(verification, signatures)
    if key is not None and not any(s.of_manifest and s.is_checked and s.wrong is None for s in signatures):
        reason = f"is not signed with the key {key.keyid[:SHORT]}"
        verification.corrupt.append({"file": MANIFEST, "reason": reason})
    stated = {"standalone": True, "records_root": manifest.get("records_root")}
    verification.alone = {**stated, "signatures": [s.as_json() for s in signatures]}
    return verification


def _check_signatures(verification: Verification, signatures: Iterable[Beside]) -> None:
    """Each is one, and of what its name says; whose it is only a key tells."""
    verification.corrupt += [{"file": s.file, "reason": s.wrong} for s in signatures if s.wrong is not None]


def _check_inside(manifest: dict[str, Any]) -> None:
    """Raises :class:`ValueError` where a manifest names a file that is not in its folder."""
    files = [f for shard in manifest["shards"] for f in (shard, *shard["files"])] + manifest["files"]
    for path in (PurePosixPath(f["path"]) for f in files):
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"names a file outside its folder: {path}")


def _check_root(verification: Verification, folder: Path, manifest: dict[str, Any]) -> None:
    """The root of the records is that of the index; an export of an earlier version has none."""
    stated = manifest.get("records_root")
    index = read(folder / INDEX, LEAVES)
    if stated is None and SECRET not in (index.schema.metadata or {}):
        return
    if root(index, str(manifest["catalog"])) != stated:
        reason = "its records_root is not that of the index"
        verification.corrupt.append({"file": MANIFEST, "reason": reason})
