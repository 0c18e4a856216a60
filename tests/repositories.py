"""Git repositories as the tests make them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {
    **{f"GIT_{who}_{what}": of for who in ("AUTHOR", "COMMITTER") for what, of in (("NAME", "Mira"), ("EMAIL", "m@x"))},
    **{f"GIT_{who}_DATE": "2026-03-01T12:00:00+01:00" for who in ("AUTHOR", "COMMITTER")},
}


class Repository:
    """A bare repository, made without a checkout."""

    def __init__(self, path: Path, *, objects: str = "sha1") -> None:
        self.path = path
        self.git("init", "-q", "--bare", "-b", "main", f"--object-format={objects}", str(path), at=None)

    def git(self, *words: str, given: bytes = b"", at: Path | None = None) -> str:
        """Run git in it."""
        return run(*words, given=given, at=self.path if self.path.exists() else at)

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", given=content)

    def tree(self, *entries: tuple[str, bytes, str]) -> str:
        """A folder of (mode, name, id), whatever they are."""
        raw = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(of) for mode, name, of in entries)
        return self.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=raw)

    def commit(self, tree: str, branch: str = "main") -> str:
        commit = self.git("commit-tree", tree, given=b"One day\n")
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def object(self, identity: str) -> Path:
        """The file of a loose object."""
        return self.path / "objects" / identity[:2] / identity[2:]


def committed(of: Repository, files: Mapping[str, str | bytes], branch: str = "main") -> Repository:
    """The repository with a commit of these files, and of no others."""
    lines = [
        f"100644 {of.blob(raw.encode() if isinstance(raw, str) else raw)}\t{name}\n" for name, raw in files.items()
    ]
    index = of.path / "made.index"
    index.unlink(missing_ok=True)
    environment = {"GIT_INDEX_FILE": str(index)}
    run("update-index", "--add", "--index-info", given="".join(lines).encode(), at=of.path, more=environment)
    tree = run("write-tree", at=of.path, more=environment)
    index.unlink(missing_ok=True)
    of.commit(tree, branch)
    return of


def run(*words: str, given: bytes = b"", at: Path | None = None, more: Mapping[str, str] | None = None) -> str:
    """Run git, untouched by who runs the tests."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *words], cwd=at, input=given, capture_output=True, env={**outer, **alone, **IDENTITY, **(more or {})}
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()
