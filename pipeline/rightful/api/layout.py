"""``store.layouts``: the layouts that corpora come in. Floor 10: part of `api`.

The commands are ``rightful layout``; ``store.layout`` is where the files of the store lie.
"""

from __future__ import annotations

from dataclasses import dataclass

from rightful.api.access import Access
from rightful.api.answer import Rows
from rightful.api.answers import CorpusLayout
from rightful.api.typed import typed
from rightful.recipes.layout import layouts


@typed
@dataclass(frozen=True, slots=True)
class CorpusLayouts:
    """Layouts that corpora come in: which column is which, and what holds of the rights. It needs no store."""

    _access: Access

    def list(self) -> Rows:
        """The layouts that come with rightful, and those of the store, ``STORE/layouts/NAME.toml``. By name.

        Raises :class:`InputError` for a file that is no layout, and for two of one name.
        """
        known = layouts(self._access.catalog, self._access.layout.layouts)
        return Rows([layout.listed() for layout in known.by_name.values()])

    def show(self, name: str) -> CorpusLayout:
        """What a layout says of columns and rights, why, and what it is known by. Raises :class:`UnknownName`."""
        return CorpusLayout(**layouts(self._access.catalog, self._access.layout.layouts).find(name).as_json())
