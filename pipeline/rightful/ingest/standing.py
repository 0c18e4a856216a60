"""Which files stand: what a plan lists, beside what the store was made from. Floor 7. Law 14.

A file is known by where it lies. Given by its own path, by a folder or by a parent of that, it is one file, with the
source and the name that it had; under another card it passes to another source, with all that was recorded about it.
One that comes from another place under the name of a file that is there no longer was moved, and takes its place.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from rightful.errors import InputError
from rightful.ingest.plan import Listed, Plan, no_card, read_card, same_card
from rightful.readers.git.repositories import located
from rightful.readers.tree import shown_name
from rightful.rights.licenses import Catalog
from rightful.rights.sources import CARD_NAME
from rightful.signals.cards.source_card import SourceCard
from rightful.store.files import InputFile, InputFiles, Passed, Seen
from rightful.store.layout import sha256_file

Key = tuple[str, str]
"""(source id, what the records of the file call it): a file, in the store."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A listed file under the name that it has in the store; ``known`` is what the store remembers of it."""

    listed: Listed
    file: InputFile
    known: InputFile | None

    @property
    def key(self) -> Key:
        """Which file it is."""
        return self.file.source_id, self.file.file


@dataclass(slots=True)
class Standing:
    """How what was listed stands to what was known.

    ``emptied`` are files in whose place something lies that holds no records. ``gone`` are not there any more. ``passed``
    went to another source. ``members`` are what the files held that are containers, or were: each with all that was known in
    it, by the container's key.
    """

    coming: list[Coming] = field(default_factory=list)
    emptied: list[InputFile] = field(default_factory=list)
    gone: list[InputFile] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)
    members: dict[Key, list[InputFile]] = field(default_factory=dict)

    def members_now(self, coming: Coming) -> Iterable[tuple[InputFile, InputFile]]:
        """What a container held, as it was and as it is where the container lies now."""
        for file in self.members.get(coming.key, ()):
            yield file, member_of(coming.file, file.file)

    def by_source(self) -> Mapping[str, list[Coming]]:
        """The files of each source, in the order in which they were listed."""
        by_id: dict[str, list[Coming]] = {}
        for coming in self.coming:
            by_id.setdefault(coming.file.source_id, []).append(coming)
        return by_id


def settle(
    plan: Plan, known: InputFiles, older: Iterable[InputFile], cards: Mapping[str, SourceCard], catalog: Catalog
) -> Standing:
    """Bring together what is listed and what is known. ``cards`` are the stored ones by source id; ``older`` are files
    that an earlier version took in, as far as they can be told from the records."""
    older = list(older)
    near = [f for folder in _roots(plan) for f in known.below(folder)]
    by_place: dict[str, list[InputFile]] = {}
    for file in dict.fromkeys([*near, *older]):
        by_place.setdefault(file.place, []).append(file)
    without_card = _WithoutCard(plan, cards, catalog)
    listed = [_governed(one, by_place.get(one.place, []), without_card) for one in plan.listed]
    standing = Standing()
    moved: dict[str, str] = {}
    of_source: dict[str, list[Listed]] = {}
    for one in listed:
        ours = of_source.setdefault(one.card.source_id, [])
        ours.append(one)
        same_card(ours[0].card, one.card)
    named: dict[str, Coming] = {}
    for source, ours in of_source.items():
        there = {f.file: f for f in older if f.source_id == source} | {f.file: f for f in known.of(source)}
        for coming in _named(ours, there, moved):
            named[coming.listed.place] = coming
    standing.coming = [named[one.place] for one in listed]
    keys = {c.key for c in standing.coming}
    holders = {c.known.place: c for c in standing.coming if c.known is not None} | named
    for file in (f for files in by_place.values() for f in files if (f.source_id, f.file) not in keys):
        taker = named.get(file.place)
        if taker is not None:
            standing.passed.append(Passed(*taker.key, file.source_id, file.file))
        elif place := _held_in(file.place, holders):
            _hold(file, place, holders[place], standing)
        elif plan.below(file.place) and not plan.left_out(file.place):
            _sort(file, plan, standing)
    seen = keys | {(f.source_id, f.file) for files in by_place.values() for f in files}
    for source in of_source:
        for file in known.of(source):
            if (file.source_id, file.file) in seen:
                continue
            if place := _held_in(file.place, holders):
                _hold(file, place, holders[place], standing)
            elif _left_behind(file, moved, plan):
                standing.gone.append(file)
    standing.gone.sort(key=lambda f: (f.source_id, f.file))
    return standing


def must_not_empty(standing: Standing, known: InputFiles) -> None:
    """Raise :class:`InputError` where pruning would leave a source without any file."""
    gone: dict[str, list[InputFile]] = {}
    for file in standing.gone:
        gone.setdefault(file.source_id, []).append(file)
    coming = standing.by_source()
    for source, files in gone.items():
        left = {f.file for f in known.of(source)} - {f.file for f in files} - {p.former_file for p in standing.passed}
        if not left and not coming.get(source):
            lost = "its one file is" if len(files) == 1 else f"all its {len(files)} files are"
            raise InputError(
                f"nothing would be left of the source {source!r}: {lost} gone",
                subject="--prune",
                hint="if its disk is mounted and this is intended, confirm with --prune --yes",
            )


def digest_or_empty(path: Path) -> str:
    """The SHA-256 of a file; empty where it cannot be read: whoever reads it says why."""
    try:
        return sha256_file(path)
    except OSError:
        return ""


def member_of(container: InputFile, file: str) -> InputFile:
    """What a container holds under the name ``file`` of its records; without any records."""
    inside = file[len(container.file) :]
    there = replace(container, file=file, name=container.name + inside, place=container.place + inside)
    return replace(there, records=0, held="")


def without_records(file: InputFile) -> InputFile:
    """A file in whose place nothing with records lies."""
    return replace(file, sha256="", reading="", records=0, held="", seen=_NOTHING)


def _held_in(place: str, holders: Mapping[str, Coming]) -> str:
    """The place of the file that a place leads through: it is that of something which lay in that; empty for none."""
    while place:
        place = place.rpartition("/")[0]
        if place in holders:
            break
    return place


def _hold(file: InputFile, place: str, holder: Coming, standing: Standing) -> None:
    """Sort out something that lay in the container at a place: it is the container's, or passed to another source with it."""
    if file.source_id == holder.file.source_id and file.file.startswith(holder.file.file + "/"):
        standing.members.setdefault(holder.key, []).append(file)
    else:
        inside = file.place[len(place) :]
        standing.passed.append(Passed(holder.file.source_id, holder.file.file + inside, file.source_id, file.file))


def _roots(plan: Plan) -> list[str]:
    folders = [shown_name(str(f)) for f in plan.folders]
    return [*folders, *(p for p in sorted({one.place for one in plan.listed}) if not plan.below(p))]


def _governed(one: Listed, known: Sequence[InputFile], without: _WithoutCard) -> Listed:
    """Where no card was found on the way that the file was named: the card that it has, as long as that lies where it lay.

    Without any card it is of the widest of the folders that were ever named, in whatever order.
    """
    if one.card.carded:
        return one
    for file in known:
        if file.card and Path(file.card).is_file():
            card = read_card(Path(file.card), without.catalog, layouts=without.layouts)
            return Listed(replace(one.file, name=file.name), card, file.card)
    widest = without.widest(one.file.path)
    if widest is not None:
        card, above = widest
        name = one.file.path.name if above == one.file.path else str(one.file.path.relative_to(above))
        return Listed(replace(one.file, name=shown_name(name)), card)
    return one


class _WithoutCard:
    """The files and folders that were named, now or before, and have no card."""

    def __init__(self, plan: Plan, cards: Mapping[str, SourceCard], catalog: Catalog) -> None:
        self.catalog = catalog
        self.layouts = plan.layouts
        ours = {one.card.source_id: one.card for one in plan.listed}
        self._cards = {source: card for source, card in {**ours, **cards}.items() if not card.carded}
        self._widest: dict[Path, tuple[SourceCard, Path] | None] = {}

    def widest(self, path: Path) -> tuple[SourceCard, Path] | None:
        """The source of the widest of them that has the path, and the folder (or file) that was named."""
        card_above = self._of_folder(path.parent)
        if card_above is None and (card := self._cards.get(no_card(path).source_id)) is not None:
            return card, path
        return card_above

    def _of_folder(self, folder: Path) -> tuple[SourceCard, Path] | None:
        if folder not in self._widest:
            card_above = self._of_folder(folder.parent) if folder.parent != folder else None
            if card_above is None and (card := self._cards.get(no_card(folder).source_id)) is not None:
                card_above = card, folder
            self._widest[folder] = card_above
        return self._widest[folder]


def _named(listed: Sequence[Listed], there: Mapping[str, InputFile], moved: dict[str, str]) -> Iterable[Coming]:
    """Each file of a source under a name of its own: the one that it has, that of the file whose place it takes, or a new one."""
    by_place = {f.place: f for f in there.values()}
    arriving = {one.place for one in listed}
    by_name: dict[str, list[InputFile]] = {}
    for file in sorted(there.values(), key=lambda f: f.file):
        if file.place not in arriving:
            by_name.setdefault(file.name, []).append(file)
    used = set(there)
    for one in sorted(listed, key=lambda o: o.place):
        name = one.file.name
        known = by_place.get(one.place)
        for file in by_name.get(name, ()) if known is None else ():
            way = _moved(file, one)
            if way is not None:
                moved[way[0]] = way[1]
                by_name[name].remove(file)
                known = file
                break
        key = known.file if known is not None else name if name not in used else _apart(name, one.place)
        used.add(key)
        here = one.file
        file = InputFile(
            source_id=one.card.source_id,
            file=key,
            name=name,
            place=one.place,
            card=one.card_file,
            seen=Seen(size=here.size, mtime_ns=here.mtime_ns, ctime_ns=here.ctime_ns, inode=here.inode),
        )
        yield Coming(replace(one, file=replace(here, name=key)), file, known)


def _apart(name: str, place: str) -> str:
    """A name for a file whose own name another file of the source has: ``a/b~1f2e3d4c.jsonl``."""
    path = PurePosixPath(name)
    stem, dot, suffixes = path.name.partition(".") if not path.name.startswith(".") else (path.name, "", "")
    mark = hashlib.sha256(place.encode()).hexdigest()[:8]
    return str(path.with_name(f"{stem}~{mark}{dot}{suffixes}"))


def _sort(file: InputFile, plan: Plan, standing: Standing) -> None:
    """What became of a file below a named folder that was not listed: something else is there, or nothing, or who knows. What
    lay in a container shares its fate."""
    place = file.place
    while place and place not in plan.passed_over:
        place = place.rpartition("/")[0]
    if not place or not _is_file(place):
        standing.gone.append(file)
    elif _can_be_read(place):
        standing.emptied.append(without_records(file))
    # Else it stands, whatever it holds now: the plan lists it as damaged.


_NOTHING = Seen(size=0, mtime_ns=0, ctime_ns=0, inode=0)


def _left_behind(file: InputFile, moved: Mapping[str, str], plan: Plan) -> bool:
    """True for a file that lay in a folder that was moved, and did not come along."""
    if not file.place.endswith("/" + file.name):
        return False
    base = file.place[: -len(file.name) - 1]
    if base not in moved or _is_file(file.place):
        return False
    place = f"{moved[base]}/{file.name}"
    return bool(plan.below(place)) and not plan.left_out(place) and not _is_file(place)


def _moved(known: InputFile, one: Listed) -> tuple[str, str] | None:
    """(old folder, new folder) where a file and the card in the folder above it are at another place now, both of them."""
    folders = []
    for place, card in ((known.place, known.card), (one.place, one.card_file)):
        if not place.endswith("/" + one.file.name) or card != f"{place[: -len(one.file.name) - 1]}/{CARD_NAME}":
            return None
        folders.append(place[: -len(one.file.name) - 1])
    return None if _is_file(known.card) or _is_file(known.place) else (folders[0], folders[1])


def _is_file(place: str) -> bool:
    """True for a regular file and for a repository; of a name that is stored with escapes it is not known, and so it is taken
    to be there.
    """
    if "\\" in place:
        return True
    try:
        mode = os.lstat(place).st_mode
        return stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and located(Path(place)) is not None)
    except (OSError, ValueError):
        return False


def _can_be_read(place: str) -> bool:
    try:
        with Path(place).open("rb") as handle:
            handle.read(1)
    except OSError:
        return False
    return True
