"""``store.source``: what came from where, under which card. Floor 10: part of `api`."""

from __future__ import annotations

from dataclasses import dataclass

from rightful.api import onward
from rightful.api.access import Access
from rightful.api.answer import Rows
from rightful.api.answers import Source
from rightful.api.typed import typed
from rightful.api.upkeep import Retired
from rightful.errors import UnknownName
from rightful.query.sources import sources
from rightful.rights.sources import RESTORED, RETIRED


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

    def retire(self, source: str, *, reason: str, by: str = "", yes: bool = False) -> Retired:
        """A source leaves no more: its records are in no later query or export, and nothing of it is removed.

        ``reason`` says why and ``by`` who decided. The answer's ``exports`` hold what is permitted no more since. Raises
        :class:`InputError`; then nothing is recorded.

        >>> store.source.retire("old-crawl", reason="the terms of the site changed")  # doctest: +SKIP
        """
        return self._turned(source, RETIRED, reason, by, yes)

    def restore(self, source: str, *, reason: str, by: str = "", yes: bool = False) -> Retired:
        """A source that was retired leaves again, as far as the law permits it. Raises :class:`InputError`."""
        return self._turned(source, RESTORED, reason, by, yes)

    def list(self) -> Rows:
        """All sources, and where one is stated wider than a source that it was made from."""
        with self._access.ledger() as ledger:
            listed = sources(ledger, self._access.catalog, ledger.not_before(self._access.clock()))
        return Rows(listed, onward.of_nothing(self._access, not listed))

    def _turned(self, source: str, turn: str, reason: str, by: str, yes: bool) -> Retired:
        from rightful.export.place import sweep_exports
        from rightful.query import retire

        access = self._access
        with access.ledger(yes=yes) as ledger, access.connection("source") as con:
            now = ledger.moment(access.clock())
            sweep_exports(access.layout, ledger)
            answer = retire.record(
                con, access.layout, ledger, access.catalog, source, turn=turn, by=by, reason=reason, now=now
            )
        return Retired(**answer)
