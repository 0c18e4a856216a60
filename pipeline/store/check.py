"""Is what lies on disk what was committed? Floor 1."""

from __future__ import annotations

from pipeline.errors import StoreError
from pipeline.store.layout import Layout, sha256_file
from pipeline.store.ledger import Ledger

DECIDING_KINDS = ("records", "evidence", "duplicates", "near", "hidden", "tombstones")
"""The parts that a decision rests on. Texts are held against the digest of their record when they are read."""


def damaged_parts(layout: Layout, ledger: Ledger, snapshot: int) -> list[str]:
    """The deciding parts of a snapshot that are gone or have other bytes than the ledger says, as ``kind/part``."""
    found = []
    for kind in DECIDING_KINDS:
        for part in ledger.parts(kind, snapshot):
            path = layout.part(kind, part.part)
            if not path.is_file() or sha256_file(path) != part.sha256:
                found.append(f"{kind}/{part.part}")
    return found


def check_parts(layout: Layout, ledger: Ledger, snapshot: int) -> None:
    """Raise :class:`StoreError` unless every deciding part is what was committed: nothing leaves on altered tags."""
    damaged = damaged_parts(layout, ledger, snapshot)
    if damaged:
        raise StoreError(
            f"{len(damaged)} parts are not what was committed: {', '.join(damaged[:3])}",
            subject=str(layout.root),
            hint="restore them from a copy, or ingest the sources into a new store",
        )
