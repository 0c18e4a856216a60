"""Rust packages: ``Cargo.toml``. Floor 2: pure.

The Cargo Book, *The Manifest Format*, "license" and "license-file"; a workspace states for the members that inherit it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rightful.rights.evidence import Evidence
from rightful.signals.packages.stated import name_claims, tables_of, unreadable
from rightful.signals.signal import EVERYTHING, About, OfFile, Within

NAME = "cargo/2"


def read(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """What a package states, and what a workspace states for its members."""
    data = tables_of(raw, place, NAME)
    if isinstance(data, Evidence):
        return [data]
    workspace = data.get("workspace")
    tables = {
        "package": data.get("package"),
        "workspace.package": workspace.get("package") if isinstance(workspace, dict) else None,
    }
    return [
        claim
        for key, table in tables.items()
        if isinstance(table, dict)
        for claim in _stated(table, about, f"{place} ({key})")
    ]


def _stated(table: dict[str, Any], about: About, place: str) -> list[Evidence | Within]:
    claims: list[Evidence | Within] = []
    license, file = table.get("license"), table.get("license-file")
    if isinstance(license, str):
        claims += name_claims(license, about, place, NAME)
    elif license is not None and not _inherited(license):
        claims.append(unreadable(str(license), place, NAME))
    if isinstance(file, str):
        claims.append(Within(unreadable(file, place, NAME), globs=EVERYTHING, refers=file))
    elif file is not None and not _inherited(file):
        claims.append(unreadable(str(file), place, NAME))
    return claims


def _inherited(value: Any) -> bool:
    """True for ``license.workspace = true``: the workspace above states it."""
    return isinstance(value, dict) and value.get("workspace") is True


SIGNAL = OfFile(NAME, frozenset({"cargo.toml"}), read)
