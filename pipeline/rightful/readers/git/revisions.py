"""A git repository as something to read: which commit it is at, or is asked for. Floor 2: the readers."""

from __future__ import annotations

import os
from pathlib import Path

from rightful.errors import InputError, did_you_mean
from rightful.readers import Damage, FoundFile, Skipped
from rightful.readers.git.command import Git
from rightful.readers.git.repositories import address_of, forge_of, located, size_of

FORMAT = "git"
_SHOWN = ("refs/heads/", "refs/tags/", "refs/remotes/")


def at_head(path: Path, name: str) -> FoundFile | Skipped | Damage:
    """A repository that was met, at its HEAD."""
    try:
        with _opened(path) as git:
            if not git.head and not git.references:
                return Skipped(name, "a git repository without a commit")
            if not git.head:
                return Damage(name, f"its HEAD names {git.branch!r}, which is not there: name a branch (--revision)")
            commit = git.commit(git.head)
            if commit is None:
                return Damage(name, f"the commit {git.head[:64]!r} of its HEAD is not there or damaged: see git fsck")
            return _file(git, path, name, commit)
    except InputError as error:
        return Damage(name, error.message)


def at_revision(path: Path, revision: str) -> FoundFile:
    """The repository that a named path is, or is the working tree of, at a branch, tag or commit.

    Raises :class:`InputError` where it is none, and where the revision is not known.
    """
    real = Path(os.path.realpath(path))
    if not real.is_dir():
        reason = "is a file, not a git repository" if real.exists() else "there is no such folder"
        raise InputError(f"--revision: {reason}", subject=str(path), hint="name the repository, or its working tree")
    if located(real) is None:
        top = next((folder for folder in real.parents if located(folder) is not None), None)
        hint = "name a bare repository, or the top of a working tree"
        if top is not None:
            below = real.relative_to(top).as_posix()
            hint = f"name the top of the working tree, {top}, and what is wanted of it: --include '{below}/**'"
        raise InputError("--revision: it is no git repository", subject=str(path), hint=hint)
    with _opened(real) as git:
        commit = git.commit(revision)
        if commit is None:
            names = {name.removeprefix(kind) for name in git.references for kind in _SHOWN if name.startswith(kind)}
            hint = did_you_mean(revision, names) if names else "it has no branch and no tag"
            raise InputError(f"there is no revision {revision!r} in it", subject=str(path), hint=hint)
        return _file(git, real, real.name, commit)


def _opened(path: Path) -> Git:
    places = located(path)
    if places is None:
        raise InputError("it is no git repository any more", subject=str(path))
    return Git(places)


def _file(git: Git, path: Path, name: str, commit: str) -> FoundFile:
    forge = forge_of(git.remote)
    # The commit says whether it is what was read before: its first 60 bits stand for a time of change.
    return FoundFile(
        path,
        name,
        size_of(git.places),
        int(commit[:15], 16),
        FORMAT,
        revision=commit,
        committed_at=git.committed_at(commit),
        address=address_of(forge, commit, "") if forge is not None else "",
    )
