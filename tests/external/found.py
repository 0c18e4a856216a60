"""What tests of 8-found ask of a store: rows by the ids that their sources gave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rightful import Store

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}


def found_cases(cases: Path, kind: str) -> Path:
    """A folder of 8-found; skips where it is absent."""
    folder = cases / "8-found" / kind
    if not folder.is_dir():
        pytest.skip(f"no folder 8-found/{kind} among the third-party cases")
    return folder


def ingested(store: Path, *folders: Path) -> tuple[Store, dict[str, Any]]:
    """A store of these folders and what the ingest answered, whose counts add up."""
    opened = Store(store)
    answer = opened.ingest(list(folders))
    assert answer["read"] == sum(answer[k] for k in ("added", "unchanged", "refused", "rejected"))
    return opened, answer


def column(store: Store, name: str) -> dict[str, Any]:
    """A column of the records by the ids of the source."""
    return {r["source_record_id"]: r[name] for r in store.sql(f"SELECT source_record_id, {name} FROM records")}


def permitted(store: Store, **asked: Any) -> set[str]:
    """The ids of the source of what is permitted; with ``dedup="none"`` unless asked otherwise."""
    ids = set(store.query(**{**USE, "dedup": "none", **asked}, ids=True)["ids"])
    rows = store.sql("SELECT record_id, source_record_id FROM records")
    return {str(r["source_record_id"]) for r in rows if r["record_id"] in ids}


def grouped(store: Store) -> set[frozenset[str]]:
    """The groups of copies, exact and near, by the ids of the source."""
    query = "SELECT group_id, source_record_id AS name FROM duplicates JOIN records USING (record_id)"
    groups: dict[str, set[str]] = {}
    for row in store.sql(query):
        groups.setdefault(row["group_id"], set()).add(str(row["name"]))
    return {frozenset(members) for members in groups.values()}
