"""What a container holds, as a folder of its own that is read as any folder is. Floor 7.

It is unpacked into the folder of the run, which nobody else may look into and which is gone when it was read, or with the
next run after a kill. Containers that lie in it are unpacked in their own places, so that what lies around them speaks of
what they hold. What files beside the container state goes on inside, up to where another package begins.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from rightful.ingest.around import begins_package
from rightful.ingest.beside import Beside, unreadable
from rightful.ingest.stated_beside import StatedBeside
from rightful.ingest.task import Task, once, placed
from rightful.readers import Damage, FoundFile, Skipped
from rightful.readers.limits import raised
from rightful.readers.read import containers
from rightful.readers.split import items
from rightful.readers.tree import discover, shown_name
from rightful.readers.unpacking import Room, TooMuch, Unpacking
from rightful.rights.evidence import Evidence
from rightful.rights.sources import CARD_NAME
from rightful.signals.packages.license_file import SIGNAL as LICENSE_FILE
from rightful.store.layout import private_folder, remove_tree

SUFFIX = ".unpacked"
"""How the folders end that are unpacked into, in the folder of the run."""
_CUT_SAFELY = ("jsonl", "warc")
"""Formats in which a record that was cut off is never taken for a whole one: what came before the cut is read."""
_WHOLE = 1 << 62
"""No file in a container is divided: its container is read in one go."""


@dataclass(slots=True)
class Unpacked:
    """What was in a container: the items to read, each as a task of its own, and what is not read."""

    tasks: list[Task] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    stated: StatedBeside = field(default_factory=StatedBeside)


@contextlib.contextmanager
def unpacked(task: Task) -> Iterator[Unpacked]:
    """Unpack the container that a task is about; it lies there for as long as this lasts. Raises OSError where it cannot."""
    scratch = task.folder / f"{task.index:06d}.{os.getpid()}{SUFFIX}"
    remove_tree(scratch)
    private_folder(scratch)
    try:
        yield _Opening(task, Path(os.path.realpath(scratch))).done()  # as files are listed that lie there
    finally:
        remove_tree(scratch)


def remove_left(folder: Path) -> None:
    """Remove what a killed run had unpacked in its folder."""
    for left in folder.glob(f"*{SUFFIX}"):
        remove_tree(left)


class _Opening:
    """One container, and those within it. ``cut`` are the folders of those of which nobody knows all that they hold."""

    def __init__(self, task: Task, scratch: Path) -> None:
        assert task.inside is not None
        self.task = task
        self.inside = task.inside
        self.scratch = scratch
        self.top = scratch / "x"
        self.file = task.item.files[0]
        self.room = Room(task.recipe.limits, self.file.size)
        self.files: list[FoundFile] = []
        self.broken: dict[Path, str] = {}
        self.cut: dict[Path, Evidence] = {}
        self.full = False
        self.out = Unpacked()

    def done(self) -> Unpacked:
        """Unpack all of it, and say what there is to read."""
        self._open(self.file, self.top, 1)
        self._tell()
        return self.out

    def _open(self, file: FoundFile, to: Path, depth: int) -> None:
        to.mkdir(0o700)
        into = Unpacking(file.name, to, self.room)
        lost = ""
        try:
            for outcome in containers()[file.format].unpack(file, into):
                if isinstance(outcome, Damage):
                    lost = outcome.reason if not into.is_whole else lost
                    self.out.damages.append(outcome)
                else:
                    self.out.skipped.append(outcome)
        except TooMuch as much:
            self.full, lost = True, much.reason
            self.out.damages.append(into.lost(lost))
        self.broken |= into.broken | _lost_papers(into)
        for place in into.backslashed:
            if _is_license(place.with_name(place.name.rpartition("\\")[2])):
                why = f"of {shown_name(place.name)} nobody knows which folder it speaks of: its name has backslashes"
                self.cut[to] = unreadable(file.name, why)
        if not into.is_whole:
            # Whatever is not there may have restricted what is.
            self.cut[to] = unreadable(
                file.name, f"not all of the archive can be read, and with it what it says: {lost}"
            )
        self._list(file, to, depth)

    def _list(self, container: FoundFile, to: Path, depth: int) -> None:
        """Look at what was laid down. The one folder at the top of an archive is what was archived: it was named."""
        at_top = list(to.iterdir())
        called = self.inside.called + container.name[len(self.file.name) :]
        base = at_top[0] if len(at_top) == 1 and at_top[0].is_dir() else to
        if base != to and self.inside.wanted.excluded(f"{called}/{shown_name(base.name)}", folder=True):
            base = to
        top = f"/{shown_name(base.name)}" if base != to else ""
        before = f"{container.name}{top}/"
        listing = discover(base, format=self.inside.format, wanted=self.inside.wanted, within=called + top)
        unread = {before + shown_name(str(path.relative_to(base))) for path in self.broken if path.is_relative_to(base)}
        self.out.damages += [replace(d, file=before + d.file) for d in listing.damages if before + d.file not in unread]
        self.out.skipped += [replace(s, file=before + s.file) for s in listing.skipped if before + s.file not in unread]
        reason = f"a card inside an archive does not govern: put {CARD_NAME} beside the archive"
        self.out.skipped += [Skipped(before + shown_name(str(c.relative_to(base))), reason) for c in listing.cards]
        for found in listing.files:
            lies = container.lies / found.path.relative_to(to)
            file = replace(found, name=before + found.name, within=lies, address=_address(container, found, to))
            if file.format in containers():
                self._nested(file, depth + 1)
            elif file.path not in self.broken or file.format in _CUT_SAFELY:
                self.files.append(file)

    def _nested(self, file: FoundFile, depth: int) -> None:
        deepest = self.task.recipe.limits.depth
        if depth > deepest:
            much = f"an archive within {depth - 1} others, and {deepest} deep is read{raised('depth')}"
            self.out.damages.append(Damage(file.name, much))
        elif self.full:
            self.out.damages.append(
                Damage(file.name, "not opened: no more may come out of the archive that it lies in")
            )
        else:
            place = file.path
            packed = self.scratch / f"{len(self.out.damages)}-{self.room.members}-{depth}.packed"
            place.rename(packed)
            self._open(replace(file, path=packed), place, depth)
            remove_tree(packed) if packed.is_dir() else packed.unlink()

    def _tell(self) -> None:
        """Group the files by what is claimed of them, as those of a folder are."""
        lying = Beside([self.top], called={self.top: self.file.name}, broken=self.broken)
        around = [claim for claim, _ in self.task.papers]
        source = self.task.card.source_id
        papers: dict[str, tuple[Evidence, ...]] = {}
        groups: dict[tuple[Evidence, ...], list[FoundFile]] = {}
        self.out.stated.count_members(source, len(self.files))
        for file in self.files:
            beyond = self._is_beyond(file.path.parent)
            claims = (
                *lying.claims(file.path, source, self.inside.about),
                *(claim for claim in around if not beyond or claim.kind != "grant"),
                *(claim for folder, claim in self.cut.items() if file.path.is_relative_to(folder)),
            )
            papers[file.name] = claims
            self.out.stated.count(source, claims)
            groups.setdefault(once(claims), []).append(file)
        for beside, files in groups.items():
            for item in items(files, _WHOLE):
                task = replace(self.task, item=item, beside=beside, papers=placed(item, papers), inside=None)
                self.out.tasks.append(task)

    def _is_beyond(self, folder: Path) -> bool:
        """True where another package begins between what lies beside the container and a folder in it."""
        inner = [folder, *folder.parents]
        return begins_package(self.file.lies) or any(map(begins_package, inner[: inner.index(self.top)]))


def _is_license(place: Path) -> bool:
    return LICENSE_FILE.reads(f"{place.parent.parent.name}/{place.parent.name}/{place.name}".lower())


def _lost_papers(into: Unpacking) -> dict[Path, str]:
    """Licence files that are links, which are not followed: nobody has read what they say, unless it speaks of their folder anyway,
    as what lies there or above does. An empty file lies in the place of each."""
    lost: dict[Path, str] = {}
    for place, target in into.links.items():
        if not _is_license(place):
            continue
        of = Path(os.path.normpath(place.parent / os.fsdecode(target.partition(b"\0")[0])))
        is_near = of.is_relative_to(into.to) and place.is_relative_to(of.parent) and of != place
        if is_near and _is_license(of) and of.is_file():
            continue
        with contextlib.suppress(OSError):
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.touch(mode=0o600)
        lost[place] = "a symbolic link, which is not followed"
    return lost


def _address(container: FoundFile, found: FoundFile, to: Path) -> str:
    """Where a member is published: of a repository by its path, of any other container with that."""
    if not container.revision or not container.address:
        return container.address
    return container.address + quote(os.fsencode(found.path.relative_to(to)), safe="/~")
