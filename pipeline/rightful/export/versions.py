"""An export by its id or folder, whichever version lies there now; and where old manifests are kept. Floor 8."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.export.manifest import find_export
from rightful.store.ledger import Ledger

SUPERSEDED = "superseded"
"""The folder in an export with the manifests of its versions before, ``EXPORT.json`` each, byte for byte."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: its registration (None where this ledger has none), its folder, and the id that was named
    where that is of a version before."""

    registered: dict[str, Any] | None
    folder: Path
    former: str | None


def named(ledger: Ledger, name: str) -> Named:
    """The newest version of the export that an id or a folder names. Raises as :func:`find_export` does."""
    registered, folder = find_export(ledger, name)
    is_former = registered is not None and name != registered["export"] and name in _ids(ledger)
    return Named(registered, folder, name if is_former else None)


def _ids(ledger: Ledger) -> set[str]:
    return {str(row["export"]) for row in ledger.exports()}
