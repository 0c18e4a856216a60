"""Is what lies on disk what was committed? Floor 4."""

from __future__ import annotations

import contextlib
from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

from rightful.errors import StoreError
from rightful.notation.shown import counted
from rightful.store.chain import REMEDY
from rightful.store.digests import wrong
from rightful.store.layout import PART_KINDS, Layout, foreign
from rightful.store.ledger import Ledger

DECIDING_KINDS = ("records", "evidence", "duplicates", "near", "hidden", "tombstones", "rejected")
"""The parts that answers rest on. Texts are held against the digest of their record, or of their part, when they are read."""


def damaged_parts(
    layout: Layout, ledger: Ledger, snapshot: int, kinds: Iterable[str] = DECIDING_KINDS
) -> list[tuple[Path, str]]:
    """The parts of a snapshot that are gone or have other bytes than the ledger says, and what is wrong with each."""
    return wrong((layout.part(kind, p.part), p.sha256) for kind in kinds for p in ledger.parts(kind, snapshot))


def check_parts(layout: Layout, ledger: Ledger, snapshot: int, kinds: Iterable[str] = DECIDING_KINDS) -> None:
    """Raise :class:`StoreError` unless every part of these kinds is what was committed: no answer rests on altered ones."""
    check_files((layout.part(kind, p.part), p.sha256) for kind in kinds for p in ledger.parts(kind, snapshot))


def check_files(files: Iterable[tuple[Path, str]]) -> None:
    """Raise :class:`StoreError` unless each of these files has its digest."""
    damaged = wrong(files)
    if damaged:
        path, why = damaged[0]
        more = f"; {counted(len(damaged) - 1, 'more part is', 'more parts are')} damaged" if len(damaged) > 1 else ""
        raise StoreError(f"the part is damaged: it {why}{more}", subject=str(path), hint=REMEDY)


def report(layout: Layout, ledger: Ledger, beside: Iterable[dict[str, str]] = ()) -> dict[str, Any]:
    """``ok, damaged[{file, what, remedy}], orphans[]``: the ledger, every part of every snapshot, indices of exports, and
    what was found to be damaged ``beside`` them.

    An orphan is a file that no snapshot has, as a killed run leaves it, or somebody puts there; it does no harm.
    """
    damaged = [{"file": str(layout.ledger), "what": what, "remedy": _LEDGER} for what in ledger.damages()]
    orphans: list[str] = []
    try:
        files = ledger.part_files()
        bad = wrong((layout.part(kind, part), sha256) for kind, part, sha256 in files)
        if bad:  # a landing that came meanwhile removes files of the index that others take the place of
            files = ledger.part_files()
        listed = {layout.part(kind, part) for kind, part, _ in files}
        damaged += [{"file": str(path), "what": why, "remedy": _PART} for path, why in bad if path in listed]
        indices = ledger.index_files()
        damaged += [
            {"file": str(path), "what": why, "remedy": _INDEX}
            for path, why in wrong((layout.exported(export), sha256) for export, sha256 in indices)
        ]
        known = listed | {layout.exported(e) for e, _ in indices}
        orphans = _unknown(layout, known)
    except StoreError as error:
        if not damaged:
            damaged.append({"file": error.subject or str(layout.ledger), "what": error.message, "remedy": _LEDGER})
    damaged += beside
    return {"ok": not damaged, "damaged": damaged, "orphans": orphans}


def unreadable(layout: Layout, error: StoreError, beside: Iterable[dict[str, str]]) -> dict[str, Any]:
    """The same of a store whose ledger cannot be opened: what the parts should be, nobody knows then."""
    ledger = {"file": str(layout.ledger), "what": error.message, "remedy": error.hint or _LEDGER}
    return {"ok": False, "damaged": [ledger, *beside], "orphans": []}


def _unknown(layout: Layout, known: Container[Path]) -> list[str]:
    """The files and folders of a store that the ledger does not know, but those of runs that may be under way."""
    strangers = foreign(layout)
    for kind in (*PART_KINDS, "exports"):
        with contextlib.suppress(FileNotFoundError):
            strangers += [p for p in sorted((layout.root / kind).iterdir()) if p not in known]
    return [str(path) for path in strangers]


_LEDGER = "put back a copy of the store; without one, ingest the sources into a new store and record the events again"
_PART = "put back this file from a copy of the store; without one, ingest the sources into a new store and record the events again"
_INDEX = "put back this file from a copy of the store, or index.parquet of the export under this name"
