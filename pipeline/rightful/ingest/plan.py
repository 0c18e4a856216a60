"""The plan of an ingest: what is to be read, under which card. A pure function of files, cards and recipe. Floor 7."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rightful.errors import InputError
from rightful.readers import Damage, FoundFile, Skipped
from rightful.readers.tree import discover, shown_name
from rightful.readers.wanted import EVERYTHING, Wanted
from rightful.recipes.layout import LAYOUT, Layouts
from rightful.recipes.layout import layouts as known_layouts
from rightful.recipes.recipe import Recipe
from rightful.rights.licenses import Catalog
from rightful.rights.sources import CARD_NAME
from rightful.signals.cards.source_card import SourceCard, card_of
from rightful.signals.rows.claims import check_columns
from rightful.store.toml import read_toml


@dataclass(frozen=True, slots=True)
class Listed:
    """A file that was found, the card that governs it and where that lies (empty where no card does).

    The name of the file is its path below the folder of the card. ``confirmed`` are the files whose statements the card makes
    the operator's own.
    """

    file: FoundFile
    card: SourceCard
    card_file: str = ""
    confirmed: frozenset[Path] = frozenset()

    @property
    def place(self) -> str:
        """Where the file lies, as the store remembers it."""
        return shown_name(str(self.file.path))


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do.

    ``folders`` are the folders that were named. ``passed_over`` are the places of files that were looked at and are not
    read, because of what they hold: nothing, or nothing that is supported. ``empty`` are the folders that were named in
    which there is nothing to read. ``wanted`` are the patterns by which files were left out, which says nothing of them.
    """

    listed: tuple[Listed, ...]
    folders: tuple[Path, ...]
    passed_over: frozenset[str]
    skipped: tuple[Skipped, ...]
    damages: tuple[Damage, ...]
    recipe: Recipe
    format: str | None
    layouts: Layouts
    empty: tuple[Empty, ...] = ()
    wanted: Wanted = EVERYTHING

    def below(self, place: str) -> list[str]:
        """The path of a file below each of the folders that were named in which it lies; none where it lies in none of them."""
        tops = (shown_name(str(folder)).rstrip("/") + "/" for folder in self.folders)
        return [place[len(top) :] for top in tops if place.startswith(top)]

    def called(self, place: str) -> str:
        """A file as the patterns mean it: its path below the folder that was named, or its own name; empty for a repository
        that was named, which is a folder itself."""
        if below := self.below(place):
            return below[0]
        return "" if Path(place).is_dir() else place.rpartition("/")[2]

    def leaves_out_of(self, container: str, member: str) -> bool:
        """True where something in a container is left out by the patterns; both are places."""
        if not self.wanted:
            return False
        return self.wanted.leaves_out(self.called(container) + member[len(container) :]) is not None

    def left_out(self, place: str) -> bool:
        """True where a file would have been left out by the patterns, wherever it was looked for: it was not asked about."""
        if not self.wanted:
            return False
        return all(self.wanted.leaves_out(name) is not None for name in self.below(place))


@dataclass(frozen=True, slots=True)
class Empty:
    """A folder that was named and in which nothing can be read. ``reasons``: why -> how many files; none in an empty one."""

    folder: Path
    reasons: Mapping[str, int]


def plan(
    paths: Sequence[Path],
    recipe: Recipe,
    catalog: Catalog,
    *,
    card: Path | None = None,
    format: str | None = None,
    wanted: Wanted = EVERYTHING,
    layouts: Layouts | None = None,
    revision: str | None = None,
) -> Plan:
    """Find the files and the card of each; ``layouts`` are those that a card may name, by default the shipped ones.

    A repository is one file, also where its folder is named: with a ``revision``, or as a bare one. Raises
    :class:`InputError` for a path that is not there or a card that is wrong.
    """
    if not paths:
        raise InputError("nothing to ingest", hint="name files or folders: rightful ingest PATH...")
    layouts = layouts or known_layouts(catalog)
    given = read_card(card, catalog, layouts=layouts) if card is not None else None
    if given is not None and card is not None:
        _check_confirmed(given, card, [p if p.is_dir() else p.parent for p in paths])
    listed: dict[Path, Listed] = {}
    by_source: dict[str, SourceCard] = {}
    skipped: list[Skipped] = []
    damages: list[Damage] = []
    passed_over: set[str] = set()
    empty: list[Empty] = []
    folders: list[Path] = []
    roots = list(dict.fromkeys(p.resolve() for p in paths))
    for path in roots:
        listing = discover(path, format=format, wanted=wanted, revision=revision)
        is_folder = path.is_dir() and not any(file.path == path for file in listing.files)
        if is_folder:
            folders.append(path)
        skipped += listing.skipped
        damages += listing.damages
        root = path if is_folder else path.parent
        if is_folder and not listing.files:
            reasons = Counter([*(s.reason for s in listing.skipped), *(d.reason for d in listing.damages)])
            empty.append(Empty(path, dict(reasons.most_common())))
        looked_at = [*(s.file for s in listing.skipped), *(d.file for d in listing.damages)]
        passed_over |= {f"{shown_name(str(root))}/{name}" for name in looked_at}
        if given is None:
            cards, bases = _cards_of(root, listing.cards, catalog, layouts)
        else:
            # The operator spoke for all of it; what the tree says of itself is named, not followed.
            assert card is not None
            cards, bases = {root: (given, card.resolve())}, {root: root.parent if is_folder else root}
            skipped += [Skipped(shown_name(str(c.relative_to(root.parent))), "--source governs") for c in listing.cards]
        for file in listing.files:
            if file.path in listed:
                continue
            folder = _governing(file.path.parent, root, cards)
            its_card, card_file = cards[folder] if folder else (no_card(path), None)
            base = bases.get(folder, folder) if folder else root
            name = shown_name(str(file.path.relative_to(base)))
            same_card(by_source.setdefault(its_card.source_id, its_card), its_card)
            shown = shown_name(str(card_file)) if card_file else ""
            above = root if given is not None or card_file is None else card_file.parent
            confirmed = frozenset(above / each for each in its_card.confirms)
            listed[file.path] = Listed(replace(file, name=name), its_card, shown, confirmed)
    found = (tuple(listed.values()), tuple(folders), frozenset(passed_over), tuple(skipped), tuple(damages))
    return Plan(*found, recipe, format, layouts, tuple(empty), wanted)


def read_card(path: Path, catalog: Catalog, place: str | None = None, layouts: Layouts | None = None) -> SourceCard:
    """A checked source card, completed by the layout that it names. Raises :class:`InputError` naming file and key.

    ``place`` is kept with the evidence: the path within what was ingested, so that it does not tell where that was.
    """
    data = read_toml(path)
    if layouts is None and LAYOUT in data:
        layouts = known_layouts(catalog)
    card = layouts.card(data, str(path)) if layouts is not None else card_of(data, str(path), catalog.vocabulary)
    check_columns(card, str(path), catalog.names)
    return replace(card, place=shown_name(place or path.name))


def no_card(path: Path) -> SourceCard:
    """The stand-in where nobody stated anything: its name is the path's, told apart by where the path is."""
    digest = hashlib.sha256(json.dumps(str(path), sort_keys=True).encode()).hexdigest()[:16]
    return SourceCard(name=f"{path.name}~{digest[:8]}", carded=False)


Cards = Mapping[Path, tuple[SourceCard, Path]]


def _cards_of(root: Path, listed: Sequence[Path], catalog: Catalog, layouts: Layouts) -> tuple[Cards, dict[Path, Path]]:
    """The card of every folder that has one, and for the root the folder whose card governs it from above.

    Raises :class:`InputError` for one that confirms a file which is not there.
    """
    cards = {c.parent: (read_card(c, catalog, str(c.relative_to(root.parent)), layouts), c) for c in listed}
    bases = {root: root}
    own = root / CARD_NAME
    if root not in cards and own.is_file():  # a single file was named: its own folder speaks first
        cards[root] = (read_card(own, catalog, f"{root.name}/{CARD_NAME}", layouts), own)
    above = folder_above(root) if root not in cards else None
    if above is not None:
        its_card = read_card(above / CARD_NAME, catalog, f"{above.name}/{CARD_NAME}", layouts)
        cards[root] = (its_card, above / CARD_NAME)
        bases[root] = above
    for its_card, file in cards.values():
        _check_confirmed(its_card, file, [file.parent])
    return cards, bases


def _check_confirmed(card: SourceCard, file: Path, folders: Sequence[Path]) -> None:
    """Raise :class:`InputError` where a card confirms a file that lies in none of the folders that it may speak of."""
    for name in card.confirms:
        if not any((folder / name).is_file() for folder in folders):
            raise InputError(
                f"it confirms {name!r}, and there is no such file",
                subject=f"{file}, key confirms",
                hint=f"write the way to the file from {folders[-1]}, or delete the line",
            )


def same_card(one: SourceCard, other: SourceCard) -> None:
    """Two cards that call their sources alike must be one. Raises :class:`InputError` naming both."""
    if one.digest != other.digest:
        raise InputError(
            f"two different cards call their source {one.source_id!r}: {one.place} and {other.place}",
            hint="give each source a name of its own",
        )


def _governing(folder: Path, root: Path, cards: Cards) -> Path | None:
    for candidate in (folder, *folder.parents):
        if candidate in cards:
            return candidate
        if candidate == root:
            return None
    return None


def folder_above(root: Path) -> Path | None:
    """The nearest folder above what was named that has a card: it governs all that lies below it.

    The way up ends at a folder of somebody else, or where anybody may write: a card planted there says nothing.
    """
    owner = root.stat().st_uid
    for folder in root.parents:
        status = folder.stat()
        if status.st_uid != owner or status.st_mode & 0o002:
            return None
        if (folder / CARD_NAME).is_file():
            return folder
    return None
