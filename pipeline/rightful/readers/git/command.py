"""Runs git over the objects of a repository that nobody trusts. Floor 2: the readers.

git works in an empty repository of ours, into which the packs and loose objects are linked, and the references written. So
the configuration of the other, its hooks, its borrowed and replaced objects and its caches (commit graph, bitmaps) are never
read by git: nothing in it can run, fetch or lead elsewhere. Every content is held against its id.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from rightful.errors import InputError
from rightful.readers.git.repositories import MOST_BYTES, Places, head_of, object_files, references, small
from rightful.readers.streams import CHUNK_BYTES, StreamBroken

MOST_RESTARTS = 1_000
"""So many damaged objects may end the process that reads them."""
_ALLOCATED = "2g"  # what git may allocate at once: an object that claims to be larger is damaged, or no text
_STREAMED = "16m"  # larger contents are not held in memory
_LONGEST_HEADER = 256
_AHEAD = 100
"""So many objects are asked for at once: their ids fit into a pipe, whatever becomes of what comes out."""
_SETTINGS = {
    "core.bigFileThreshold": _STREAMED,
    "core.commitGraph": "false",
    "core.multiPackIndex": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.deltaBaseCacheLimit": "64m",
    "protocol.allow": "never",
}


def git_command() -> str:
    """The path of git. Raises :class:`InputError` where it is not installed."""
    path = shutil.which("git")
    if path is None or not Path(path).is_absolute():
        raise InputError("git is not installed, and repositories are read by it", hint="install git (2.30 or newer)")
    return path


class Git:
    """A repository as git may see it, for as long as this lasts."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.command = git_command()
        self.references = references(places)
        self.head, self.branch = head_of(places, self.references)
        self._exit = contextlib.ExitStack()

    def __enter__(self) -> Git:
        self.folder = Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="rightful-git-")))
        self.settings = self._settings()
        self._lay()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @property
    def algorithm(self) -> str:
        """What ids are made with: ``sha1`` or ``sha256``."""
        return "sha256" if self.settings.get("extensions.objectformat", "").lower() == "sha256" else "sha1"

    @property
    def is_partial(self) -> bool:
        """Whether objects were left at the place that it was cloned from."""
        return any(k == "extensions.partialclone" or re.fullmatch(r"remote\..*\.promisor", k) for k in self.settings)

    @property
    def remote(self) -> str:
        """The address that it was cloned from: that of ``origin``, or of the only one that there is; empty for none."""
        remotes = {k: v for k, v in self.settings.items() if re.fullmatch(r"remote\..*\.url", k, re.DOTALL)}
        only = next(iter(remotes.values())) if len(remotes) == 1 else ""
        return remotes.get("remote.origin.url", only)

    def commit(self, revision: str) -> str | None:
        """The id of the commit that a revision means, or None."""
        if not revision or revision.startswith("-") or "\0" in revision:
            return None
        done = self.run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        identity = done.stdout.decode("ascii", "replace").strip()
        return identity if done.returncode == 0 and re.fullmatch("[0-9a-f]{40,64}", identity) else None

    def committed_at(self, commit: str) -> str:
        """When a commit was made, as whoever made it says (ISO 8601, UTC); empty where that cannot be read."""
        done = self.run("log", "-1", "--no-show-signature", "--format=%ct", commit)
        seconds = done.stdout.strip()
        if done.returncode or not re.fullmatch(rb"\d{1,11}", seconds):
            return ""
        return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")

    def run(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run git once, for a short answer."""
        return subprocess.run(self.words(*words), env=self.environment(), input=given, capture_output=True, check=False)

    def words(self, *words: str) -> list[str]:
        """A command of git."""
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        return [self.command, "--no-pager", *settings, *words]

    def environment(self) -> dict[str, str]:
        """What git may know: nothing of who runs it, nothing that leads out of the folder."""
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "GIT_DIR": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_ALLOC_LIMIT": _ALLOCATED,
            "HOME": str(self.folder),
            "LC_ALL": "C",
        }

    def _settings(self) -> dict[str, str]:
        """What its configuration says, as data; files that it includes are not read."""
        raw = small(self.places.common / "config")
        if len(raw) >= MOST_BYTES:
            return {}
        done = self.run("config", "--no-includes", "--file", "-", "--null", "--list", given=raw)
        lines = done.stdout.decode("utf-8", "replace").split("\0") if done.returncode == 0 else []
        return {name: value for name, _, value in (line.partition("\n") for line in lines) if name}

    def _lay(self) -> None:
        objects = self.folder / "objects"
        for name in ("objects/pack", "objects/info", "refs"):
            (self.folder / name).mkdir(parents=True)
        root = self.places.objects.resolve()
        for folder, entry in object_files(root):
            (objects / folder).mkdir(exist_ok=True)
            (objects / folder / entry.name).symlink_to(entry.path)
        version = "1" if self.algorithm == "sha256" else "0"
        config = f"[core]\n\tbare = true\n\trepositoryformatversion = {version}\n"
        config += "[extensions]\n\tobjectformat = sha256\n" if version == "1" else ""
        (self.folder / "config").write_text(config, "utf-8")
        lines = "".join(f"{identity} {name}\n" for name, identity in sorted(self.references.items()))
        (self.folder / "packed-refs").write_text(lines, "utf-8")
        (self.folder / "HEAD").write_text(f"{self.head}\n" if self.head else "ref: refs/heads/none\n", "utf-8")
        shallow = small(self.places.common / "shallow")
        if shallow:
            (self.folder / "shallow").write_bytes(shallow)

    def objects(self) -> Objects:
        """What reads its objects; it ends with this."""
        return self._exit.enter_context(contextlib.closing(Objects(self)))


class Objects:
    """Objects by their id, from one process, which is started again where a damaged object ends it."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._in_step = True
        self._held = bytearray()
        self._upcoming: deque[str] = deque()
        self._sent: deque[str] = deque()
        self._mark = f"none-{secrets.token_hex(16)}"
        self._width = 40 if git.algorithm == "sha1" else 64

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self._sent.clear()
        self._held.clear()
        self._in_step = True
        if process is not None:
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    stream.close() if stream is not None else None
            process.kill()
            process.wait()

    def ahead(self, identities: Iterable[str]) -> None:
        """Which contents will be wanted next, in this order: they are asked for while others are read."""
        self._upcoming = deque(identity for identity in identities if len(identity) == self._width)

    def content(self, identity: str, kind: str) -> Iterator[bytes]:
        """The content of an object in pieces. Raises :class:`StreamBroken` where it is missing, damaged or of another kind."""
        if len(identity) != self._width:
            raise StreamBroken(f"its id is none: {identity[:64]}", opened=False)
        try:
            yield from self._content(identity, kind)
        finally:
            if not self._in_step:
                self.close()  # what still comes is not wanted

    def _content(self, identity: str, kind: str) -> Iterator[bytes]:
        if self._sent and self._sent[0] != identity:
            self._upcoming.clear()  # somebody wants others
            self.close()
        given, out = self._pipes()
        self._in_step = False
        held = self._held
        end = f"{self._mark} missing\n".encode()

        def fill() -> None:
            piece = out.read1(CHUNK_BYTES)
            if not piece:
                raise StreamBroken(f"its object {identity} is damaged", opened=True)
            held.extend(piece)

        if self._sent:
            self._sent.popleft()
            words_given = b""
        else:
            if self._upcoming and self._upcoming[0] == identity:
                next_ones = [self._upcoming.popleft() for _ in range(min(_AHEAD, len(self._upcoming)))]
            else:
                next_ones = [identity]
            words_given = "".join(f"{one}\n{self._mark}\n" for one in next_ones).encode()
            self._sent.extend(next_ones[1:])
        with contextlib.suppress(OSError):  # where the process has ended, nothing is there to read either
            # git hands out less than it announces of some damaged objects, and waits: what it does not know ends each.
            given.write(words_given)
            given.flush()
        while b"\n" not in held and len(held) < _LONGEST_HEADER:
            fill()
        stop = held.find(b"\n", 0, _LONGEST_HEADER)
        header = bytes(held[: max(stop, 0)])
        del held[: stop + 1]
        words = header.decode("ascii", "replace").split()
        if len(words) == 2 and words[1] == "missing":
            self._in_step = self._ends(held, end, fill)
            raise StreamBroken(f"its object {identity} is not in the repository{self._why()}", opened=False)
        if len(words) != 3 or not words[2].isdigit():
            raise StreamBroken(f"its object {identity} is damaged", opened=False)
        if words[1] != kind:
            raise StreamBroken(f"its object {identity} is a {words[1]}, not a {kind}", opened=False)
        left = int(words[2])
        digest = hashlib.new(self._git.algorithm, f"{kind} {left}\0".encode(), usedforsecurity=False)
        while left:
            safe = left if len(held) >= left else max(0, len(held) - len(end))
            if 0 <= held.find(end) < left:
                raise StreamBroken(f"its object {identity} is damaged: it ends too early", opened=True)
            piece = bytes(held[:safe])
            del held[:safe]
            left -= safe
            digest.update(piece)
            if piece:
                yield piece
            if left:
                fill()
        self._in_step = self._ends(held, b"\n" + end, fill)
        if digest.hexdigest() != identity:
            raise StreamBroken(f"its object {identity} is damaged: its content is that of another id", opened=True)

    def _ends(self, held: bytearray, end: bytes, fill: Callable[[], None]) -> bool:
        """Whether the answer ends as it must, so that the next one can be asked for."""
        while len(held) < len(end):
            fill()
        ends = held.startswith(end)
        del held[: len(end)]
        return ends

    def _pipes(self) -> tuple[IO[bytes], io.BufferedReader]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._starts += 1
            if self._starts > MOST_RESTARTS:
                raise StreamBroken(f"not read: more than {MOST_RESTARTS} objects before it are damaged", opened=False)
            self._process = subprocess.Popen(
                self._git.words("cat-file", "--batch"),
                env=self._git.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, cast(io.BufferedReader, self._process.stdout)

    def _why(self) -> str:
        if self._git.is_partial:
            return ", a partial clone: fetch the rest first (git fetch --refetch --no-filter)"
        if self._git.places.borrows:
            return (
                ": it borrows some from another (objects/info/alternates), which is not looked into: git repack -a -d"
            )
        return ": see git fsck"
