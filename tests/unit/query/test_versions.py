"""Which versions of exports are current, from the rows of a ledger alone."""

from __future__ import annotations

from typing import Any

from rightful.query.versions import current, newest, versions


def row(export: str, path: str, before: str | None = None, version: int | None = None) -> dict[str, Any]:
    manifest: dict[str, Any] = {"export": export}
    if before is not None:
        manifest |= {"version": version or 2, "level": "rewrite", "supersedes": {"export": before}}
    return {"export": export, "path": path, "manifest": manifest}


def test_export_that_was_never_repaired_is_version_one_and_current() -> None:
    [only] = versions([row("x-1", "/out")])
    assert (only.version, only.level, only.supersedes, only.current) == (1, None, None, True)


def test_later_version_at_the_same_place_supersedes_the_one_before() -> None:
    rows = [row("x-1", "/out"), row("x-2", "/out", "x-1"), row("x-3", "/out", "x-2", 3)]
    assert [v.export for v in current(rows)] == ["x-3"]
    assert [(v.version, v.current) for v in versions(rows)] == [(1, False), (2, False), (3, True)]
    assert all(newest(rows, name).export == "x-3" for name in ("x-1", "x-2", "x-3"))  # type: ignore[union-attr]


def test_repair_of_a_copy_leaves_the_original_current() -> None:
    rows = [row("x-1", "/out"), row("x-2", "/copy", "x-1")]
    assert [(v.export, v.path) for v in current(rows)] == [("x-1", "/out"), ("x-2", "/copy")]
    assert newest(rows, "x-1").path == "/out"  # type: ignore[union-attr]


def test_the_same_repair_of_two_copies_supersedes_at_each_place_alone() -> None:
    rows = [row("x-1", "/out"), row("x-1", "/copy"), row("x-2", "/copy", "x-1")]
    assert [(v.export, v.path) for v in current(rows)] == [("x-1", "/out"), ("x-2", "/copy")]
    rows.append(row("x-2", "/out", "x-1"))
    assert [(v.export, v.path) for v in current(rows)] == [("x-2", "/copy"), ("x-2", "/out")]


def test_chain_through_a_version_of_another_place_supersedes() -> None:
    rows = [row("x-1", "/out"), row("x-2", "/copy", "x-1"), row("x-3", "/out", "x-2", 3)]
    assert [(v.export, v.path) for v in current(rows)] == [("x-2", "/copy"), ("x-3", "/out")]


def test_another_export_in_an_emptied_place_supersedes_nothing() -> None:
    rows = [row("x-1", "/out"), row("x-9", "/out")]
    assert len(current(rows)) == 2


def test_chain_that_leads_back_to_itself_ends() -> None:
    rows = [row("x-1", "/out", "x-2"), row("x-2", "/out", "x-1")]
    assert [v.export for v in current(rows)] == ["x-2"]
    assert newest(rows, "x-9") is None
