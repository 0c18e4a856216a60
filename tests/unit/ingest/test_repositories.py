"""Repositories in a store: one commit stands, members come and go with it, patterns choose among them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful.api import Store
from rightful.cli.pages.ingest import ingest_lines
from rightful.errors import InputError
from tests.repositories import Repository, committed, run

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CARD = 'name = "knots"\npersonal_data = "no"\n'
FILES = {
    "README": "Of knots and ropes, for those who begin.",
    "src/reef.py": "# SPDX-License-Identifier: MIT\nreef = 'left over right'\n",
    "src/bowline.py": "# SPDX-License-Identifier: GPL-3.0-only\nbowline = 'around the tree'\n",
    "docs/splice.md": "Of splices: unlay the strands and tuck each.",
}


class Harbour:
    """A folder with a repository and a card; a minute goes by with every verb."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "corpus"
        self.folder.mkdir()
        (self.folder / "source.toml").write_text(CARD, "utf-8")
        self.made = committed(Repository(self.folder / "knots.git"), FILES)
        self.made.git("remote", "add", "origin", "https://mira:s3cret@github.com/mira/knots.git")
        self.minutes = 0
        self.store = Store(root / "store", clock=self.clock)

    def clock(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def ingest(self, **options: Any) -> Any:
        return self.store.ingest(self.folder, workers=1, **options)

    def rows(self, columns: str = "file") -> list[Any]:
        kept = self.store.sql(f"SELECT {columns} FROM records ORDER BY file")
        return [next(iter(row.values())) if len(row) == 1 else row for row in kept]

    def permitted(self) -> list[str]:
        ids = self.store.query(use="train.pretrain", accept="all", ids=True)["ids"]
        by_id = {row["record_id"]: row["file"] for row in self.store.sql("SELECT record_id, file FROM records")}
        return sorted(by_id[one] for one in ids)


@pytest.fixture
def harbour(tmp_path: Path) -> Harbour:
    return Harbour(tmp_path)


def test_members_have_their_own_licence_and_the_address_of_the_commit(harbour: Harbour) -> None:
    answer = harbour.ingest()
    commit = harbour.made.git("rev-parse", "main")
    assert (answer.read, answer.added, answer.errors) == (4, 4, [])
    assert answer.repositories == [
        {
            "file": "knots.git",
            "commit": commit,
            "committed_at": "2026-03-01T11:00:00Z",
            "url": f"https://github.com/mira/knots/blob/{commit}/",
        }
    ]
    assert f"knots.git at commit {commit[:12]} of 2026-03-01T11:00:00Z" in ingest_lines(answer)
    assert harbour.rows() == [f"knots.git/{name}" for name in sorted(FILES)]
    assert harbour.rows("url") == [f"https://github.com/mira/knots/blob/{commit}/{name}" for name in sorted(FILES)]
    assert "knots.git/src/reef.py" in harbour.permitted()
    assert "knots.git/README" not in harbour.permitted()
    with (harbour.folder.parent / "all").open("wb") as together:
        for path in (harbour.folder.parent / "store").rglob("*"):
            together.write(path.read_bytes() if path.is_file() else b"")
    assert b"s3cret" not in (harbour.folder.parent / "all").read_bytes()


def test_commit_that_is_known_is_not_read_again_and_a_new_one_is(harbour: Harbour) -> None:
    harbour.ingest()
    harbour.made.git("gc", "-q")
    again = harbour.ingest(rehash=True)
    assert (again.read, again.unchanged, again.added) == (4, 4, 0)
    assert harbour.ingest()["unchanged"] == 4
    committed(
        harbour.made, {name: text for name, text in FILES.items() if name != "README"} | {"new.md": "Of hitches."}
    )
    answer = harbour.ingest()
    # One is new, and the address of the others names the new commit.
    assert (answer.added, answer.updated, answer.retired) == (4, 3, 1)
    assert {row["file"] for row in answer.gone} == set()
    assert "knots.git/new.md" in harbour.rows()


def test_repository_that_moved_is_the_same_and_one_that_is_broken_stands(harbour: Harbour) -> None:
    harbour.ingest()
    (harbour.made.path / "HEAD").write_text("ref: refs/heads/none\n")
    broken = harbour.ingest(prune=True)
    assert [e["reason"] for e in broken.errors] == [
        "its HEAD names 'refs/heads/none', which is not there: name a branch (--revision)"
    ]
    assert (broken.gone, broken.retired) == ([], 0)
    (harbour.made.path / "HEAD").write_text("ref: refs/heads/main\n")
    moved = harbour.folder.parent / "elsewhere"
    shutil.move(harbour.folder, moved)
    answer = harbour.store.ingest(moved, workers=1)
    assert (answer.read, answer.unchanged) == (4, 4)


def test_patterns_choose_members_and_what_is_left_out_of_one_stands(harbour: Harbour) -> None:
    answer = harbour.ingest(exclude=["src/", "README"])
    assert harbour.rows() == ["knots.git/docs/splice.md"]
    assert {of["reason"]: of["files"] for of in answer.not_read} == {
        "left out by --exclude src/": 1,
        "left out by --exclude README": 1,
    }
    assert harbour.ingest()["added"] == 3
    answer = harbour.ingest(include="knots.git/docs/**", prune=True)
    assert (answer.retired, answer.gone, len(harbour.permitted())) == (0, [], len(harbour.permitted()))
    assert len(harbour.rows()) == 4
    reread = harbour.ingest(exclude="*.md")
    assert (reread.retired, reread.unchanged, reread.added) == (0, 3, 0)
    assert harbour.ingest()["unchanged"] == 4
    # What is gone from the commit and is not left out is retired.
    committed(harbour.made, {"README": FILES["README"]})
    assert harbour.ingest(exclude="docs/")["retired"] == 2
    assert harbour.ingest()["retired"] == 1


def test_working_tree_is_read_at_a_revision_and_then_as_files(harbour: Harbour, tmp_path: Path) -> None:
    work = tmp_path / "work" / "knots"
    run("clone", "-q", str(harbour.made.path), str(work))
    (tmp_path / "work" / "source.toml").write_text(CARD, "utf-8")
    (work / "README").write_text("Changed, and not committed.", "utf-8")
    answer = harbour.store.ingest(work, revision="main", workers=1)
    assert (answer.added, len(answer.repositories)) == (4, 1)
    assert harbour.rows() == [f"knots/{name}" for name in sorted(FILES)]
    assert "Changed, and not committed." not in {r["text"] for r in harbour.store.sql("SELECT text FROM texts")}
    files = harbour.store.ingest(work, workers=1)
    assert (files.added, files.unchanged, files.superseded) == (1, 3, 1)
    with pytest.raises(InputError, match="there is no revision"):
        harbour.store.ingest(work, revision="v9")


def test_takedown_of_what_an_owner_published_reaches_the_repository(harbour: Harbour) -> None:
    harbour.ingest()
    before = harbour.permitted()
    harbour.store.consent.withdraw(url_prefix="https://github.com/mira/knots/")
    assert before
    assert harbour.permitted() == []


def test_patterns_are_relative_to_a_repository_that_is_named(harbour: Harbour) -> None:
    harbour.store.ingest(harbour.made.path, include="src/*.py", exclude="/src/reef.py", workers=1)
    assert harbour.rows() == ["knots.git/src/bowline.py"]
    again = harbour.store.ingest(harbour.made.path, revision="main", include="docs/**", workers=1)
    assert (again.added, again.retired, again.gone) == (1, 0, [])
    assert harbour.rows() == ["knots.git/docs/splice.md", "knots.git/src/bowline.py"]
