"""``store.source``: what came from where, under which card. Floor 10: part of `api`."""

from __future__ import annotations

from dataclasses import dataclass

from rightful.api import onward
from rightful.api.access import Access
from rightful.api.answer import Rows
from rightful.api.answers import Source
from rightful.api.typed import typed
from rightful.errors import UnknownName
from rightful.query.sources import sources


@typed
@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of a store with their newest cards."""

    _access: Access

    def show(self, source: str) -> Source:
        """One source, and every source that it was made from which permits less than it states.

        Raises :class:`UnknownName`.
        """
        by_id = {row["source_id"]: row for row in self.list()}
        if source not in by_id:
            raise UnknownName.of("source", source, by_id)
        return Source(**by_id[source])

    def list(self) -> Rows:
        """All sources, and where one is stated wider than a source that it was made from."""
        with self._access.ledger() as ledger:
            listed = sources(ledger, self._access.catalog, ledger.not_before(self._access.clock()))
        return Rows(listed, onward.of_nothing(self._access, not listed))
