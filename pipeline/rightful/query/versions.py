"""Versions of exports: what the rows of the ledger say lies at a place now, and what lay there before. Floor 7: pure.

A repaired export lies at the same place under a new manifest, which has a ``version`` (absent: 1), the ``level`` of the
repair, and in ``supersedes`` the export and the digest of the manifest before. The ledger keeps a row for each, and
nothing in it changes: a row is superseded where a later one at the same place names it, directly or through others.
A copy at another place stays as current as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FIRST = 1
"""The version of an export that was never repaired."""
EXCLUDE, MASK, REWRITE = "exclude", "mask", "rewrite"
LEVELS = (EXCLUDE, MASK, REWRITE)
"""What a repair does with the records that are permitted no more: lists them (the bytes stay), puts other ids in the
place of theirs (the places stay), or writes the shards without them (the bytes are gone)."""

PERMIT, MASKED, EXCLUDED = "permit", "masked", "excluded"
"""``decision`` in the index of an export: the document is there to be used; its tokens were overwritten; it is there, and on
the deny list."""
MEMORY = "memory"
"""The format of what was handed over in memory: it has no folder, and its shard is called so as well."""
HELD = f"decision <> '{MASKED}'"
"""The condition on the rows of an index under which the content of the record lies in the shard."""


@dataclass(frozen=True, slots=True)
class Version:
    """One row of the ledger's exports: a version of an export at a place. ``current``: no later row there supersedes it."""

    export: str
    path: str
    version: int
    level: str | None
    supersedes: str | None
    current: bool
    row: Mapping[str, Any]

    @property
    def manifest(self) -> dict[str, Any]:
        """Its manifest, as the ledger has it."""
        manifest: dict[str, Any] = self.row["manifest"]
        return manifest


def version_of(manifest: Mapping[str, Any]) -> int:
    """The version that a manifest states."""
    return int(manifest.get("version") or FIRST)


def level_of(manifest: Mapping[str, Any]) -> str | None:
    """The level of the repair that made this version; None for one that was never repaired."""
    return manifest.get("level")


def is_in_memory(manifest: Mapping[str, Any]) -> bool:
    """True where texts were handed over in memory: there is no folder, and what became of the copy is out of reach."""
    return manifest.get("format") == MEMORY


def supersedes_of(manifest: Mapping[str, Any]) -> str | None:
    """The export that a manifest supersedes; None for the first version."""
    before = manifest.get("supersedes")
    return str(before["export"]) if isinstance(before, Mapping) and "export" in before else None


def versions(rows: Iterable[Mapping[str, Any]]) -> list[Version]:
    """Every row of ``Ledger.exports()``, in its order, with what it supersedes and whether it is current."""
    listed = list(rows)
    before = {str(row["export"]): supersedes_of(row["manifest"]) for row in listed}
    gone: set[tuple[str, str]] = set()
    earlier: dict[str, set[str]] = {}
    for row in listed:
        path = str(row["path"])
        here = earlier.setdefault(path, set())
        gone.update((export, path) for export in chain(str(row["export"]), before) if export in here)
        here.add(str(row["export"]))
    return [
        Version(
            str(row["export"]),
            str(row["path"]),
            version_of(row["manifest"]),
            level_of(row["manifest"]),
            supersedes_of(row["manifest"]),
            (str(row["export"]), str(row["path"])) not in gone,
            row,
        )
        for row in listed
    ]


def current(rows: Iterable[Mapping[str, Any]]) -> list[Version]:
    """The versions that are current, oldest first."""
    return [version for version in versions(rows) if version.current]


def newest(rows: Iterable[Mapping[str, Any]], export: str) -> Version | None:
    """What an export has become: the newest current version at the places where it was; None for an id that is not known.

    Where it is current itself at some place, it is that.
    """
    listed = versions(rows)
    own = [version for version in listed if version.export == export]
    if not own:
        return None
    still = [version for version in own if version.current]
    if still:
        return still[-1]
    before = {version.export: version.supersedes for version in listed}
    places = {version.path for version in own}
    later = [v for v in listed if v.current and v.path in places and export in chain(v.export, before)]
    return later[-1] if later else own[-1]


def chain(export: str, before: Mapping[str, str | None]) -> Iterator[str]:
    """The exports that one supersedes, directly and through others; a chain that leads back to itself ends there."""
    met = {export}
    at = before.get(export)
    while at is not None and at not in met:
        met.add(at)
        yield at
        at = before.get(at)
