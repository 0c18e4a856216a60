"""Which exports hold what is permitted no more. Floor 7.

An event names the exports that hold a record which it refuses for their use, by the index that the store keeps of each:
the folder may be anywhere. A review or a signature names those that hold what is permitted no more since. Whether an
export may be used today is asked of every record in it when somebody asks, so that a receipt, a card, a review or a policy
counts in either direction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from rightful.assets.described import Asset, downstream, read_assets, upstream
from rightful.decisions.cases import Decided
from rightful.decisions.named import Named
from rightful.decisions.policy import Policy, named_in, named_today, read_policy
from rightful.events.consents import Held
from rightful.events.on_record import meant
from rightful.query.exported import asked_again
from rightful.query.holding import SUPERSEDED, held_by, holdings
from rightful.query.refusals import HELD, TOUCHED, texts_of_works
from rightful.query.versions import Version, current, versions
from rightful.rights.consent import ConsentEvent, ruling
from rightful.rights.licenses import Catalog, Overlay
from rightful.store.duck import rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.matching import Standings
from rightful.store.relations import build
from rightful.store.scratch import workspace
from rightful.store.selectors import identity

CURRENT, STALE, UNREADABLE = "current", "stale", "unreadable"


@dataclass(frozen=True, slots=True)
class Holders:
    """Asked while events are recorded: for each the exports that hold what it refuses."""

    layout: Layout
    ledger: Ledger
    catalog: Catalog
    now: datetime

    def __call__(self, con: Any, events: Sequence[ConsentEvent]) -> Held:
        """What the registered exports hold of what ``hits`` and its kin are."""
        every = {e.export: e for e in versions(self.ledger.exports())}
        if not every:
            return Held([[] for _ in events], [])
        listed = {e.export: e for e in current(self.ledger.exports())}
        assets = read_assets(self.ledger)
        inputs = {asset.asset: upstream(assets, asset.asset)[0] for asset in assets}
        made_of = {export: every[export] for exports in inputs.values() for export in exports if export in every}
        build(con, TOUCHED, {"one_work": texts_of_works(self.ledger, self.now)})
        holding: list[list[str]] = [[] for _ in events]
        unreadable = []
        refused = self._refused(events)
        by_export: dict[str, list[int]] = {}
        for export, one in {**made_of, **listed}.items():
            held = held_by(self.layout, one)
            if held is None:
                unreadable += [export] if export in listed else []
                continue
            build(con, HELD, {"held": held})
            reached = "SELECT DISTINCT r.sid FROM touched r SEMI JOIN held h ON h.record_id = r.record_id ORDER BY ALL"
            by_export[export] = [int(n) for (n,) in rows(con, reached)]
        for export, one in listed.items():
            for n in by_export.get(export, ()):
                if refused(n, export, one.manifest):
                    holding[n].append(export)
        return Held(holding, unreadable, self._assets(assets, inputs, by_export, len(events), refused))

    def _assets(
        self,
        assets: Sequence[Asset],
        inputs: Mapping[str, Sequence[str]],
        by_export: Mapping[str, Sequence[int]],
        events: int,
        refused: Callable[[int, str, Mapping[str, Any]], bool],
    ) -> list[list[dict[str, Any]]]:
        """For each event the assets with something in them that it refuses for what they are declared for: whatever became of
        the export since."""
        named: list[list[dict[str, Any]]] = [[] for _ in range(events)]
        for asset in assets:
            for n in sorted({n for export in inputs[asset.asset] for n in by_export.get(export, ())}):
                if any(refused(n, f"{asset.asset} {i}", entry) for i, entry in enumerate(asset.declared)):
                    by = [export for export in inputs[asset.asset] if n in by_export.get(export, ())]
                    way = next(way for of, way in downstream(assets, by) if of.asset == asset.asset)
                    row = {"asset": asset.asset, "kind": asset.kind, "name": asset.name, "path": list(way)}
                    named[n].append(row)
        return named

    def _refused(self, events: Sequence[ConsentEvent]) -> Callable[[int, str, Mapping[str, Any]], bool]:
        """Whether the history that an event belongs to refuses the use of an export, or what an asset is declared for."""
        words = self.catalog.vocabulary

        @cache
        def standings() -> Standings:
            return Standings.at([*self.ledger.consents(), *events], self.now)

        known: dict[tuple[int, str], bool] = {}

        def by_standing(sid: int, of: str, request: Mapping[str, Any]) -> bool:
            if (sid, of) not in known:
                use, _ = asked_again(dict(request), self.catalog, self.now)
                known[sid, of] = any(ruling(standings().distinct[sid], act, use, words).refuses for act in use.acts)
            return known[sid, of]

        def refused(n: int, of: str, request: Mapping[str, Any]) -> bool:
            [event] = meant(self.ledger, [events[n]])  # an annulment of a consent: what it let be may be refused since
            sid = standings().by_selector.get(identity(event))
            return sid is not None and by_standing(sid, of, request)

        return refused


def holding(layout: Layout, ledger: Ledger, record: str) -> tuple[list[str], list[str]]:
    """The registered exports that hold a record, and those of which nothing says what they hold."""
    with workspace(layout, "holding") as (con, _):
        held = holdings(con, layout, ledger, [record], current(ledger.exports()))
    return held.exports(), held.unreadable


def statuses(layout: Layout, ledger: Ledger, catalog: Catalog, now: datetime) -> dict[str, str]:
    """Every registered export: ``current`` while all its records are permitted for its use as they are, else ``stale``;
    ``superseded`` where later versions took the place of all there were."""
    refused = refused_now(layout, ledger, catalog, now)
    earlier = {e.export: SUPERSEDED for e in versions(ledger.exports())}
    return earlier | {
        e: UNREADABLE if records is None else STALE if records else CURRENT for e, records in refused.items()
    }


@dataclass(frozen=True, slots=True)
class Touched:
    """The registered exports that hold what is permitted no more, and those of which nothing says what they hold."""

    exports: list[str]
    unreadable: list[str]

    def as_json(self) -> dict[str, list[str]]:
        """As the command line answers."""
        return {"exports": self.exports, "exports_unreadable": self.unreadable}


Refused = Mapping[str, frozenset[str] | None]
"""Export -> ids of the records that it holds and that are not permitted for its use as they are; None: nothing says
what it holds."""


def refused_now(
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    now: datetime,
    policy: Policy | None = None,
    named: Named | None = None,
    overlays: tuple[Overlay, ...] | None = None,
    among: Sequence[Version] | None = None,
) -> Refused:
    """What every registered export holds that is permitted no more, each under the named use that it was made for.

    ``policy`` is in the place of the store's, ``named`` in that of the named use of its name, and ``overlays`` in that of
    the readings of one's own. ``among``: the exports to look into; those that are current by default.
    """
    listed = {e.export: e for e in (current(ledger.exports()) if among is None else among)}
    if not listed:
        return {}
    by_export: dict[str, frozenset[str] | None] = {}
    with workspace(layout, "statuses") as (con, _):
        by_use: dict[str | None, list[str]] = {}
        for export, one in listed.items():
            by_use.setdefault(named_in(one.manifest), []).append(export)
        for name, export in ((name, export) for name, exports in by_use.items() for export in exports):
            manifest = listed[export].manifest
            if export == by_use[name][0]:
                under = _under(layout, catalog, manifest, policy, named)
                decided = Decided(con, layout, ledger, ledger.snapshot(), catalog, now, under, overlays)
            held = held_by(layout, listed[export])
            if held is None:
                by_export[export] = None
                continue
            build(con, HELD, {"held": held})
            use, impossible = asked_again(manifest, catalog, now)
            decided.join(decided.decide(use))
            refused = """SELECT DISTINCT h.record_id FROM held h LEFT JOIN decided d ON d.record_id = h.record_id
                WHERE ? OR NOT coalesce(d.permit, false) OR h.content_sha256 IS DISTINCT FROM d.content_sha256"""
            by_export[export] = frozenset(str(r) for (r,) in rows(con, refused, [bool(impossible)]))
    return {export: by_export[export] for export in listed}


def _under(
    layout: Layout, catalog: Catalog, manifest: Mapping[str, Any], policy: Policy | None, named: Named | None
) -> Policy:
    """The policy that an export is decided under today, with what is tried in the place of what the store has."""
    tried = named is not None and named.name == named_in(manifest)
    beside = named if tried else named_today(layout, catalog.vocabulary, manifest)
    own = policy if policy is not None else read_policy(layout.policy, catalog.vocabulary)
    return own if beside is None else own.beside(beside)


def newly_touched(before: Refused, after: Refused, bound: Iterable[str] = ()) -> Touched:
    """The exports that hold what was permitted ``before`` and is not ``after``, or one of ``bound`` that is not."""
    named = frozenset(bound)
    unreadable = [export for export, records in after.items() if records is None]
    since = {e: (records or frozenset()) - ((before.get(e) or frozenset()) - named) for e, records in after.items()}
    return Touched([export for export, records in since.items() if records], unreadable)
