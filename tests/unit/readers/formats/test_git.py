"""Git repositories are read at one commit, out of their objects; nothing in one runs, fetches or leads elsewhere."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rightful.errors import InputError
from rightful.readers import Damage, FoundFile, Skipped
from rightful.readers.formats.git import unpack
from rightful.readers.git.repositories import address_of, forge_of
from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.tree import discover
from rightful.readers.unpacking import Room, TooMuch, Unpacking
from tests.repositories import Repository, committed, run
from tests.unit.readers.packing import tree_of

FILES = {"README.md": b"Of ropes.", "src/knot.c": b"int knot;", "src/deep/er/reef.txt": b"Reef.", "LICENSE": b"MIT"}


class Opened:
    """What unpacking a repository gave."""

    def __init__(self, tmp_path: Path, file: FoundFile, limits: Limits = DEFAULT) -> None:
        to = tmp_path / "within" / "to"
        to.mkdir(parents=True)
        self.into = Unpacking(file.name, to, Room(limits, file.size))
        self.told: list[Skipped | Damage] = []
        self.refused = ""
        try:
            for one in unpack(file, self.into):
                self.told.append(one)
        except TooMuch as much:
            self.refused = much.reason
        self.files = tree_of(to)
        assert not any(path.is_symlink() for path in to.rglob("*"))
        assert [entry.name for entry in to.parent.iterdir()] == ["to"], "nothing lies outside"

    @property
    def damages(self) -> dict[str, str]:
        return {one.file: one.reason for one in self.told if isinstance(one, Damage)}

    @property
    def skipped(self) -> dict[str, str]:
        return {one.file: one.reason for one in self.told if isinstance(one, Skipped)}


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "knots.git")


def found(path: Path, revision: str | None = None) -> FoundFile:
    listing = discover(path, revision=revision)
    assert (listing.skipped, listing.damages) == ((), ())
    return listing.files[0]


@pytest.mark.parametrize("objects", ["sha1", "sha256"])
@pytest.mark.parametrize("packed", [False, True])
def test_bare_repository_is_read_at_its_head_out_of_packs_and_loose_objects(
    tmp_path: Path, objects: str, packed: bool
) -> None:
    made = committed(Repository(tmp_path / "knots.git", objects=objects), FILES)
    if packed:
        made.git("gc", "-q")
        assert made.git("count-objects").startswith("0 objects")
    for path, name in ((made.path, "knots.git"), (tmp_path, "knots.git")):
        file = found(path)
        assert (file.name, file.format, file.revision) == (name, "git", made.git("rev-parse", "main"))
        assert file.committed_at == "2026-03-01T11:00:00Z"
    opened = Opened(tmp_path, file)
    assert (opened.files, opened.told, opened.into.is_whole) == (FILES, [], True)


def test_detached_head_and_packed_references_are_known(made: Repository) -> None:
    first = committed(made, FILES).git("rev-parse", "main")
    committed(made, {"other.md": "Other."})
    made.git("pack-refs", "--all")
    assert found(made.path).revision == made.git("rev-parse", "main") != first
    (made.path / "HEAD").write_text(f"{first}\n")
    assert found(made.path).revision == first


def test_working_tree_is_read_at_a_revision_and_what_is_not_committed_is_not(made: Repository, tmp_path: Path) -> None:
    committed(made, FILES)
    made.git("tag", "-a", "v1", "-m", "One", "main")
    committed(made, {"later.md": "Later."})
    work = tmp_path / "work"
    run("clone", "-q", str(made.path), str(work))
    (work / "later.md").write_text("Changed.")
    (work / "new.md").write_text("New.")
    assert {file.name for file in discover(work).files} == {"later.md", "new.md"}
    newest = found(work, "HEAD")
    assert (newest.path, newest.name) == (work, "work")
    assert Opened(tmp_path / "1", newest).files == {"later.md": b"Later."}
    for n, revision in enumerate(("v1", made.git("rev-parse", "--short", "v1^{commit}"))):
        assert Opened(tmp_path / f"of{n}", found(work, revision)).files == FILES


def test_further_working_tree_leads_to_the_repository_that_it_is_of(made: Repository, tmp_path: Path) -> None:
    committed(made, FILES)
    committed(made, {"side.md": "Side."}, "side")
    made.git("worktree", "add", "-q", str(tmp_path / "side"), "side")
    assert (tmp_path / "side" / ".git").is_file()
    assert Opened(tmp_path / "1", found(tmp_path / "side", "HEAD")).files == {"side.md": b"Side."}
    assert Opened(tmp_path / "2", found(tmp_path / "side", "main")).files == FILES


@pytest.mark.parametrize(
    ("revision", "hint"),
    [
        ("mian", "did you mean 'main'?"),
        ("--all", "known: main, v1"),
        ("main:src", "did you mean 'main'?"),
        ("", "known: main, v1"),
    ],
)
def test_unknown_revision_is_an_error_which_says_what_was_probably_meant(
    made: Repository, revision: str, hint: str
) -> None:
    committed(made, FILES).git("tag", "v1", "main")
    with pytest.raises(InputError, match="there is no revision") as caught:
        discover(made.path, revision=revision)
    assert (caught.value.subject, caught.value.hint) == (str(made.path), hint)


def test_revision_of_what_is_no_repository_is_an_error(made: Repository, tmp_path: Path) -> None:
    committed(made, FILES)
    work = tmp_path / "work"
    run("clone", "-q", str(made.path), str(work))
    with pytest.raises(InputError, match="no git repository") as caught:
        discover(work / "src" / "deep", revision="main")
    assert caught.value.hint is not None
    assert "--include 'src/deep/**'" in caught.value.hint
    for path, reason in ((tmp_path, "no git"), (work / "LICENSE", "is a file"), (tmp_path / "no", "no such folder")):
        with pytest.raises(InputError, match=reason):
            discover(path, revision="main")


def test_repository_without_a_commit_or_with_a_head_that_names_nothing_is_told(made: Repository) -> None:
    listing = discover(made.path)
    assert listing.skipped == (Skipped("knots.git", "a git repository without a commit"),)
    committed(made, FILES, "other")
    assert discover(made.path).damages == (
        Damage("knots.git", "its HEAD names 'refs/heads/main', which is not there: name a branch (--revision)"),
    )
    assert found(made.path, "other").name == "knots.git"
    (made.path / "HEAD").write_text("1" * 40)
    assert "is not there or damaged" in discover(made.path).damages[0].reason


def test_names_that_lead_out_or_cannot_lie_anywhere_are_told_and_the_others_are_read(
    made: Repository, tmp_path: Path
) -> None:
    of = made.blob(b"text")
    evil = made.tree(("100644", b"..", of), ("100644", b"a\\..\\..\\b", of), ("100644", b"c:d", of))
    root = made.tree(
        ("40000", b"..", evil),
        ("40000", b".git", made.tree(("100644", b"config", of))),
        ("100644", b"/etc/passwd", of),
        ("100644", b"../../up", of),
        ("100644", b"twice", of),
        ("100644", b"twice", made.blob(b"other")),
        ("100644", b"bell\x07", of),
        ("100644", b"caf\xe9", of),
        ("100644", b"", of),
        ("100644", b"n" * 300, of),
        ("40000", b"in", evil),
        ("100644", b"whole.md", of),
        ("100600", b"odd-mode.md", of),
    )
    made.commit(root)
    opened = Opened(tmp_path, found(made.path))
    assert opened.files == {
        ".git/config": b"text",
        "twice": b"text",
        "bell\x07": b"text",
        os.fsdecode(b"caf\xe9"): b"text",
        "whole.md": b"text",
        "odd-mode.md": b"text",
        "in/c:d": b"text",
    }
    assert len(opened.damages) == 10
    assert "'..' in it" in opened.damages["knots.git/in/a\\..\\..\\b"]
    assert "same name" in opened.damages["knots.git/twice"]


def test_submodules_links_and_a_history_that_is_cut_are_named(made: Repository, tmp_path: Path) -> None:
    of = made.blob(b"text")
    root = made.tree(
        ("100644", b"a.md", of), ("120000", b"link", made.blob(b"/etc/passwd")), ("160000", b"vendored", "a" * 40)
    )
    made.commit(root)
    run("clone", "-q", "--bare", "--depth=1", f"file://{made.path}", str(tmp_path / "cut.git"))
    opened = Opened(tmp_path, found(tmp_path / "cut.git"))
    assert opened.files == {"a.md": b"text"}
    assert opened.skipped == {
        "cut.git": "the history before its revision is not there (a shallow clone)",
        "cut.git/link": "symbolic link: not followed",
        "cut.git/vendored": f"a submodule at {'a' * 40}: ingest it by itself",
    }


def test_links_between_files_end_no_process_and_count_as_no_damage(
    made: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rightful.readers.git.command.MOST_RESTARTS", 2)
    names = [b"%d" % n for n in range(5)]
    folders = [
        made.tree(
            ("100644", b"a.md", made.blob(b"first of " + name)),
            ("120000", b"b", made.blob(b"../LICENSE-" + name)),
            ("100644", b"c.md", made.blob(b"last of " + name)),
        )
        for name in names
    ]
    made.commit(made.tree(*(("40000", name, folder) for name, folder in zip(names, folders, strict=True))))
    opened = Opened(tmp_path, found(made.path))
    assert opened.damages == {}
    assert opened.files == {
        f"{name.decode()}/{file}": of + name
        for name in names
        for file, of in (("a.md", b"first of "), ("c.md", b"last of "))
    }
    assert sorted(opened.into.links.values()) == [b"../LICENSE-" + name for name in names]


def spoiled_blob(made: Repository) -> str:
    made.object(made.blob(b"MIT")).unlink()
    return "is not in the repository: see git fsck"


def changed_blob(made: Repository) -> str:
    path = made.object(made.blob(b"MIT"))
    path.chmod(0o600)
    path.write_bytes(zlib.compress(b"blob 3\0GPL"))
    return "its content is that of another id"


def cut_blob(made: Repository) -> str:
    path = made.object(made.blob(b"MIT"))
    path.chmod(0o600)
    path.write_bytes(zlib.compress(b"blob 300\0GPL"))
    return "is damaged"


def piped_blob(made: Repository) -> str:
    path = made.object(made.blob(b"MIT"))
    path.unlink()
    os.mkfifo(path)
    return "is not in the repository"


@pytest.mark.parametrize("spoil", [spoiled_blob, changed_blob, cut_blob, piped_blob])
def test_lost_object_is_told_with_its_path_stays_known_and_the_others_are_read(
    made: Repository, tmp_path: Path, spoil: Callable[[Repository], str]
) -> None:
    committed(made, FILES)
    reason = spoil(made)
    opened = Opened(tmp_path, found(made.path))
    assert {name: raw for name, raw in opened.files.items() if name != "LICENSE"} == {
        name: raw for name, raw in FILES.items() if name != "LICENSE"
    }
    assert list(opened.damages) == ["knots.git/LICENSE"]
    assert reason in opened.damages["knots.git/LICENSE"]
    # What it said is unknown, and whoever looks for it knows that it was there.
    assert {path.name for path in opened.into.broken} == {"LICENSE"}


def test_lost_folder_is_told_and_nobody_takes_the_rest_for_all(made: Repository, tmp_path: Path) -> None:
    committed(made, FILES)
    made.object(made.git("rev-parse", "main:src/deep")).unlink()
    opened = Opened(tmp_path, found(made.path))
    assert set(opened.files) == {*FILES} - {"src/deep/er/reef.txt"}
    assert list(opened.damages) == ["knots.git/src/deep"]
    assert not opened.into.is_whole


def test_damaged_pack_loses_what_is_in_it_and_no_more(made: Repository, tmp_path: Path) -> None:
    committed(made, {f"{n:03}.txt": os.urandom(2_000) for n in range(50)})
    made.git("gc", "-q")
    (pack,) = (made.path / "objects" / "pack").glob("*.pack")
    raw = bytearray(pack.read_bytes())
    raw[50_000:50_100] = bytes(100)
    pack.chmod(0o600)
    pack.write_bytes(raw)
    opened = Opened(tmp_path, found(made.path))
    assert 1 <= len(opened.damages) <= 2
    assert len(opened.files) == 50
    assert len(opened.into.broken) == len(opened.damages)


def test_list_of_files_that_is_none_is_damage(made: Repository, tmp_path: Path) -> None:
    bad = made.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=b"100644 without an id")
    made.commit(made.tree(("40000", b"bad", bad), ("100644", b"a.md", made.blob(b"text"))))
    opened = Opened(tmp_path, found(made.path))
    assert opened.files == {"a.md": b"text"}
    assert "it is no list of files" in opened.damages["knots.git/bad"]
    assert not opened.into.is_whole


def test_nothing_that_a_repository_says_runs_fetches_or_replaces(made: Repository, tmp_path: Path) -> None:
    committed(made, FILES)
    lost = made.blob(b"MIT")
    readme, knot = made.git("rev-parse", "main:README.md"), made.git("rev-parse", "main:src/knot.c")
    ran = tmp_path / "ran"
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {ran}\n")
    evil.chmod(0o700)
    other = committed(Repository(tmp_path / "other.git"), FILES)
    hooks = made.path / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
        (hooks / hook).write_bytes(evil.read_bytes())
        (hooks / hook).chmod(0o700)
    with (made.path / "config").open("a") as config:
        config.write(
            f"[core]\n fsmonitor = {evil}\n sshCommand = {evil}\n pager = {evil}\n gitProxy = {evil}\n"
            f" alternateRefsCommand = {evil}\n attributesFile = {evil}\n hooksPath = {hooks}\n"
            f'[include]\n path = {evil}\n[protocol "file"]\n allow = always\n[protocol "ext"]\n allow = always\n'
            f'[remote "origin"]\n url = ext::{evil}\n uploadpack = {evil}\n promisor = true\n'
            f'[remote "second"]\n url = {other.path}\n uploadpack = {evil}\n promisor = true\n'
            f'[extensions]\n partialClone = origin\n[filter "x"]\n smudge = {evil}\n[gpg]\n program = {evil}\n'
            "[log]\n showSignature = true\n"
        )
    made.object(lost).unlink()
    (made.path / "objects" / "info").mkdir(exist_ok=True)
    (made.path / "objects" / "info" / "alternates").write_text(f"{other.path}/objects\n")
    replaced = made.path / "refs" / "replace" / readme
    replaced.parent.mkdir(parents=True)
    replaced.write_text(f"{knot}\n")
    ran.unlink(missing_ok=True)
    opened = Opened(tmp_path / "o", found(made.path))
    assert opened.files["README.md"] == FILES["README.md"]
    assert list(opened.damages) == ["knots.git/LICENSE"]
    assert "a partial clone" in opened.damages["knots.git/LICENSE"]
    assert not ran.exists()


def test_objects_that_are_borrowed_from_another_repository_are_not_looked_for(made: Repository, tmp_path: Path) -> None:
    committed(made, FILES)
    run("clone", "-q", "--bare", "--shared", str(made.path), str(tmp_path / "borrows.git"))
    listing = discover(tmp_path / "borrows.git")
    assert listing.files == ()
    assert "is not there or damaged" in listing.damages[0].reason


def test_folder_in_which_a_folder_lies_ten_times_and_so_on_is_bounded(made: Repository, tmp_path: Path) -> None:
    tree = made.tree()
    for _ in range(9):
        tree = made.tree(*(("40000", b"%d" % n, tree) for n in range(10)))
    made.commit(tree)
    opened = Opened(tmp_path, found(made.path), Limits(members=2_000))
    assert "more than 2,000 members" in opened.refused
    of = made.blob(b"a" * 1_000_000)
    made.commit(made.tree(*(("100644", b"%d" % n, of) for n in range(100))))
    assert "it unpacks to more than" in Opened(tmp_path / "2", found(made.path)).refused


def test_folders_without_end_are_told(made: Repository, tmp_path: Path) -> None:
    tree = made.tree(("100644", b"a", made.blob(b"text")))
    for _ in range(150):
        tree = made.tree(("40000", b"d", tree), ("100644", b"b", made.blob(b"text")))
    made.commit(tree)
    opened = Opened(tmp_path, found(made.path))
    assert set(opened.damages.values()) == {"more than 100 folders deep"}
    assert not opened.into.is_whole


def test_without_git_a_repository_is_told_and_a_revision_is_an_error(
    made: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(made, FILES)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert discover(tmp_path).damages[0].reason == "git is not installed, and repositories are read by it"
    with pytest.raises(InputError, match="git is not installed") as caught:
        discover(made.path, revision="main")
    assert caught.value.hint == "install git (2.30 or newer)"


@pytest.mark.parametrize("missing", ["HEAD", "objects"])
def test_folder_that_only_resembles_a_repository_is_read_as_a_folder(made: Repository, missing: str) -> None:
    committed(made, FILES)
    (made.path / missing).rename(made.path / "elsewhere")
    listing = discover(made.path)
    assert "config" in {file.name for file in listing.files}
    assert not any(file.format == "git" for file in listing.files)


@pytest.mark.parametrize(
    ("remote", "forge"),
    [
        ("https://github.com/mira/knots.git", ("github.com", "mira/knots")),
        ("https://mira:s3cret@github.com/mira/knots", ("github.com", "mira/knots")),
        ("https://oauth2:s3cret@www.github.com/mira/knots/", ("github.com", "mira/knots")),
        ("git@github.com:mira/knots.git", ("github.com", "mira/knots")),
        ("ssh://git@GITLAB.com:22/group/sub/knots.git", ("gitlab.com", "group/sub/knots")),
        ("https://git.sr.ht/~mira/knots", ("git.sr.ht", "~mira/knots")),
        ("https://github.com.evil.example/mira/knots", None),
        ("https://github.com/mira/../other/knots", None),
        ("https://github.com/mira/kn%0aots", None),
        ("https://github.com/mira", None),
        ("https://git.example/mira/knots", None),
        ("/srv/knots.git", None),
        ("C:/knots", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_address_of_a_forge_is_known_without_who_cloned_it(remote: str, forge: tuple[str, str] | None) -> None:
    assert forge_of(remote) == forge


def test_address_of_a_file_names_the_commit_and_is_quoted() -> None:
    address = address_of(("github.com", "mira/knots"), "ab12", "größe/a b#1?.md")
    assert address == "https://github.com/mira/knots/blob/ab12/gr%C3%B6%C3%9Fe/a%20b%231%3F.md"


def test_repository_says_where_it_is_published(made: Repository) -> None:
    committed(made, FILES).git("remote", "add", "origin", "https://mira:s3cret@codeberg.org/mira/knots.git")
    file: Any = found(made.path)
    assert file.address == f"https://codeberg.org/mira/knots/src/commit/{file.revision}/"
