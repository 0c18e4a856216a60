"""The layouts that come with it, those of a store, and one that is handed in: files of data. Floor 6."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rightful.errors import InputError, UnknownName
from rightful.rights.licenses import Catalog
from rightful.signals.cards.guesses import confirmed_or_not
from rightful.signals.cards.layouts import RowLayout, completed, layout_of
from rightful.signals.cards.source_card import SourceCard, card_of
from rightful.signals.rows.claims import check_columns
from rightful.store.toml import read_toml

SHIPPED_FOLDER = Path(__file__).parent / "layouts"
SHIPPED, STORE, FILE = "shipped", "store", "file"
"""Where a layout comes from: the package, ``STORE/layouts``, a file that was named."""
LAYOUT = "layout"
"""The key of a card that names one."""
BY_CARD, BY_OPTION, BY_COLUMNS = "card", "option", "columns"
"""Who says that a source has a layout: its card, whoever ingests it, or the columns of the data alone."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Layouts:
    """The layouts of a run by name; ``chosen`` is the one that an option names for all that is read."""

    catalog: Catalog
    by_name: Mapping[str, RowLayout] = field(default_factory=dict)
    chosen: RowLayout | None = None

    def find(self, name: str, subject: str | None = None) -> RowLayout:
        """The layout of a name. Raises :class:`UnknownName`."""
        if name not in self.by_name:
            raise UnknownName.of(LAYOUT, name, self.by_name, subject=subject)
        return self.by_name[name]

    def card(self, data: Mapping[str, Any], place: str) -> SourceCard:
        """A checked card, completed by the layout that it names, or that was chosen.

        Raises :class:`InputError` naming file and key; also where both name one, and not the same.
        """
        layout, confirmed, by = self._of(data, place)
        if layout is None:
            return card_of(data, place, self.catalog.vocabulary)
        merged, of = completed(data, layout, guessed=not confirmed, by=by)
        try:
            return card_of(merged, place, self.catalog.vocabulary, of)
        except InputError as error:
            error.hint = f"{error.hint + '; ' if error.hint else ''}it was completed by the layout {layout.name}"
            raise

    def stand_in(self, card: SourceCard, layout: RowLayout, by: str) -> SourceCard:
        """What a layout states of a source that has no card; recognised by columns alone it is a guess."""
        merged, of = completed({"name": card.name}, layout, guessed=by == BY_COLUMNS, by=by)
        made = card_of(merged, card.place, self.catalog.vocabulary, of)
        return replace(made, carded=False)

    def _of(self, data: Mapping[str, Any], place: str) -> tuple[RowLayout | None, bool, str]:
        named = data.get(LAYOUT)
        if named is None:
            return self.chosen, True, BY_OPTION
        if not isinstance(named, str) or not named.strip():
            raise InputError(f"{LAYOUT} must be the name of one, not {named!r}", subject=place)
        name, confirmed = confirmed_or_not(named)
        layout = self.find(name, f"{place}, key {LAYOUT}")
        if self.chosen is not None and self.chosen.name != layout.name:
            hint = "leave out --layout, or name the other one in the card"
            raise InputError(
                f"the card says layout {layout.name!r}, and --layout {self.chosen.name!r}", subject=place, hint=hint
            )
        return layout, confirmed or self.chosen is not None, BY_CARD


def layouts(catalog: Catalog, folder: Path | None = None, chosen: str | Path | None = None) -> Layouts:
    """The layouts that there are; ``folder`` has those of a store, ``chosen`` is a name or a file (``.toml``).

    Raises :class:`InputError` for a file that is none, for two of one name, and :class:`UnknownName`.
    """
    known = dict(sorted({**_shipped(catalog), **_own(folder, catalog)}.items()))
    if chosen is None:
        return Layouts(catalog, known)
    path = Path(chosen)
    if str(chosen) in known or path.suffix != ".toml":
        return Layouts(catalog, known, Layouts(catalog, known).find(str(chosen), "--layout"))
    given = read_layout(path, catalog, FILE)
    there = known.get(given.name)
    if there is not None and there.path != given.path:
        raise _two(given.name, str(path), there.path)
    return Layouts(catalog, {**known, given.name: given}, given)


def read_layout(path: Path, catalog: Catalog, origin: str) -> RowLayout:
    """The layout of a file. Raises :class:`InputError` naming it and the key."""
    name = path.stem
    if not _NAME.fullmatch(name) or len(name) > 64:
        hint = "write small letters, digits and single hyphens: my-corpus.toml"
        raise InputError(f"{name[:80]!r} is no name of a layout", subject=str(path), hint=hint)
    return _checked(layout_of(read_toml(path), name, str(path), catalog.vocabulary, origin), catalog)


def _checked(layout: RowLayout, catalog: Catalog) -> RowLayout:
    card = card_of({"name": layout.name, **layout.card}, layout.path, catalog.vocabulary)
    check_columns(card, layout.path, catalog.names)
    return layout


def _own(folder: Path | None, catalog: Catalog) -> dict[str, RowLayout]:
    if folder is None:
        return {}
    own: dict[str, RowLayout] = {}
    for path in _files(folder):
        own[path.stem] = read_layout(path, catalog, STORE)
        there = SHIPPED_FOLDER / path.name
        if there.exists():
            raise _two(path.stem, str(path), str(there))
    return own


def _files(folder: Path) -> list[Path]:
    try:
        names = sorted(of.name for of in folder.iterdir() if of.suffix == ".toml" and not of.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        if isinstance(error, NotADirectoryError) and not folder.parent.is_dir():
            return []  # what it would lie in is no store: whoever opens that says so
        hint = "make it a folder of layouts, or take it away"
        raise InputError(f"cannot be read: {error.strerror or error}", subject=str(folder), hint=hint) from None
    return [folder / name for name in names]


def _shipped(catalog: Catalog) -> dict[str, RowLayout]:
    return {path.stem: read_layout(path, catalog, SHIPPED) for path in _files(SHIPPED_FOLDER)}


def _two(name: str, first: str, second: str) -> InputError:
    return InputError(f"two layouts are called {name!r}: {first} and {second}", hint="give yours a name of its own")
