"""What comes out of an archive, and where it is laid. Floor 2: the readers.

An archive is unpacked into a folder of its own that nobody else may look into. Nothing is ever laid outside it, no link is
made or followed, and what comes out is bounded in bytes and in number. What cannot be laid down is told with its name.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from rightful.readers import Damage
from rightful.readers.limits import Limits, raised
from rightful.readers.streams import StreamBroken

LONGEST_LINK = 4_096
"""So many bytes may a link lead by."""
DEEPEST_FOLDER = 100
"""So many folders may lie around a member: more are no tree that somebody made."""
_DRIVE = re.compile(rb"[A-Za-z]:")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class TooMuch(Exception):
    """More would come out of an archive than is allowed; ``reason`` says which bound, and how to raise it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Room:
    """How much may come out of a file of ``packed`` bytes, and how much did; archives within it take of the same room.

    Both methods raise :class:`TooMuch`.
    """

    limits: Limits
    packed: int
    unpacked: int = 0
    members: int = 0

    def take(self, size: int) -> None:
        """So many bytes more come out."""
        self.unpacked += size
        if why_not := self.limits.beyond(self.unpacked, self.packed):
            raise TooMuch(why_not)

    def one_more(self) -> None:
        """One member more comes out."""
        self.members += 1
        if self.members > self.limits.members:
            much = (
                f"it has more than {self.limits.members:,} members; what came before that was read{raised('members')}"
            )
            raise TooMuch(much)


@dataclass(slots=True)
class Unpacking:
    """Lays the members of one archive below ``to``. ``name`` is what the archive is called, and with which what is told begins.

    ``broken`` are members that could not be laid down whole, and why: what was readable of each lies there under its name,
    so that whoever looks for it knows that it was there. ``links`` are the places of symbolic links, of which none is made, and
    what they lead to; ``backslashed`` are members in whose names backslashes may be meant as slashes. ``is_whole`` is false once
    anything of unknown name was lost.
    """

    name: str
    to: Path
    room: Room
    broken: dict[Path, str] = field(default_factory=dict)
    links: dict[Path, bytes] = field(default_factory=dict)
    backslashed: list[Path] = field(default_factory=list)
    is_whole: bool = True

    def member(self, name: bytes, content: Iterable[bytes]) -> Damage | None:
        """Lay down a regular member: its name as the archive has it, its content in pieces.

        A piece may raise :class:`StreamBroken`. Answers what is wrong with it. Raises :class:`TooMuch`, and OSError where
        the disk cannot take it.
        """
        self.room.one_more()
        place = self._place(name)
        if isinstance(place, str):
            return self.damage(name, place)
        if b"\\" in name:
            self.backslashed.append(place)
        try:
            opened = self._opened(place)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):
            # Whichever of the two was meant: neither is a statement that anybody can rely on.
            self.broken[place] = "two members of the archive have this name"
            return self.damage(name, "a member before it has the same name: it is not read, and what is there blocks")
        except OSError as error:
            return self.damage(name, f"it cannot be laid down: {error.strerror or error}")
        with opened:
            try:
                for piece in content:
                    self.room.take(len(piece))
                    opened.write(piece)
            except StreamBroken as broken:
                self.broken[place] = broken.reason
                return self.damage(name, broken.reason)
            except TooMuch as much:
                self.broken[place] = much.reason
                raise
        return None

    def unreadable(self, name: bytes, reason: str) -> Damage:
        """A regular member that cannot be read at all."""
        self.room.one_more()
        place = self._place(name)
        if isinstance(place, Path):
            with contextlib.suppress(OSError):
                self._opened(place).close()
            self.broken[place] = reason
        return self.damage(name, reason)

    def linked(self, name: bytes, target: bytes) -> Damage | None:
        """A hard link: the same content once more, where a member before it has that name."""
        self.room.one_more()
        place, of = self._place(name), self._place(target)
        if isinstance(place, str):
            return self.damage(name, place)
        if isinstance(of, str):
            return self.damage(name, f"a hard link to {shown(target)}: {of}")
        try:
            there = of.lstat()
            if not stat.S_ISREG(there.st_mode):
                raise FileNotFoundError
            self.room.take(there.st_size)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.link(of, place, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return self._without_content(name, place, f"a hard link to {shown(target)}, which is no member before it")
        except FileExistsError:
            self.broken[place] = "two members of the archive have this name"
            return self.damage(name, "a member before it has the same name: it is not read, and what is there blocks")
        except OSError as error:
            return self._without_content(name, place, f"it cannot be laid down: {error.strerror or error}")
        if of in self.broken:
            self.broken[place] = self.broken[of]
        return None

    def symbolic(self, name: bytes, target: Iterable[bytes]) -> None:
        """A symbolic link: it is not made, and it is remembered that it was there. Raises :class:`TooMuch`."""
        self.room.one_more()
        place, of = self._place(name), b""
        with contextlib.suppress(StreamBroken):
            for piece in target:
                of += piece
                if len(of) > LONGEST_LINK:
                    break
        if isinstance(place, Path):
            self.links[place] = of

    def lost(self, reason: str) -> Damage:
        """The rest of the archive cannot be read: nobody knows what it says."""
        self.is_whole = False
        return Damage(self.name, reason)

    def damage(self, name: bytes, reason: str) -> Damage:
        """Something that is wrong with a member."""
        return Damage(self.called(name), reason)

    def called(self, name: bytes) -> str:
        """What a member is called in what is told: one that lies nowhere by the name that it has, whatever that is."""
        place = self._place(name)
        inside = shown(name) if isinstance(place, str) else shown(os.fsencode(place.relative_to(self.to)))
        return f"{self.name}/{inside}"

    def _without_content(self, name: bytes, place: Path, reason: str) -> Damage:
        with contextlib.suppress(OSError):
            self._opened(place).close()
        self.broken[place] = reason
        return self.damage(name, reason)

    def _opened(self, place: Path) -> BinaryIO:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(place, _NEW, 0o600), "wb")

    def _place(self, name: bytes) -> Path | str:
        """Where a member goes; why nowhere, where its name leads out of the folder or is none."""
        if b"\0" in name:
            return "a NUL in its name"
        if name.startswith((b"/", b"\\")):
            return "an absolute path: it would lie outside the archive"
        if _DRIVE.match(name):
            return "a path with a drive letter: it would lie outside the archive"
        if b".." in name.replace(b"\\", b"/").split(b"/"):
            return "a path with '..' in it: it would lie outside the archive"
        steps = [step for step in name.split(b"/") if step not in (b"", b".")]
        if not steps:
            return "it has no name"
        if len(steps) > DEEPEST_FOLDER:
            return f"more than {DEEPEST_FOLDER} folders deep"
        if any(len(step) > 255 for step in steps):
            return "a name of more than 255 bytes"
        return self.to.joinpath(*map(os.fsdecode, steps))


MOST_SHOWN = 300


def shown(name: bytes) -> str:
    """A name as it can be told, which nothing need lie under; a long one is cut.

    >>> shown(b"../a\\xff")
    '../a\\\\xff'
    """
    text = name.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
