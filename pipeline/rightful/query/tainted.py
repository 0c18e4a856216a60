"""Which assets hold what is permitted no more: ``tainted``, with the share of their tokens, and since when. Floor 7.

An asset is registered for uses that everything in it permits. Once a record in it is refused for one of these, it is tainted,
by every way that leads to it; repairing an export mends the export, and not what was made of it before. Nothing here says that
a model has unlearned anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from rightful.assets.described import ASSET, Asset, share_of
from rightful.decisions.policy import standing
from rightful.query.derived import NOT_ASKED, Derivation, Deriving, opened, reason
from rightful.query.exported import asked_again
from rightful.query.holding import OF_INDEX, index_file
from rightful.query.versions import HELD, Version, versions
from rightful.rights.derive import Inheritance
from rightful.rights.licenses import Catalog
from rightful.rights.values import Status
from rightful.store.duck import fill, rows, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, stamp
from rightful.store.scratch import workspace

CURRENT, TAINTED, UNREADABLE = STATUSES = ("current", "tainted", "unreadable")
"""``unreadable``: nothing says any more what an export held that the asset came from."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of an asset.

    ``share`` is the part of its tokens that is refused (None: not known), ``since`` the time of the first event that refuses
    any of it (None: a card, policy, licence or period changed, and no event). ``exports`` are those by which it is concerned.
    """

    status: str
    records: int = 0
    tokens: int = 0
    share: float | None = 0.0
    since: str | None = None
    events: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any] | None:
        """What taints it; None where nothing does."""
        if self.status == CURRENT:
            return None
        return {
            "records": self.records,
            "tokens": self.tokens,
            "share": self.share,
            "since": self.since,
            "events": list(self.events),
            "exports": list(self.exports),
            "exports_unreadable": list(self.unreadable),
        }


def standings(
    layout: Layout, ledger: Ledger, catalog: Catalog, now: datetime, assets: Sequence[Asset], wanted: Iterable[str]
) -> dict[str, Standing]:
    """The status of the assets ``wanted`` (ids) among all that are registered."""
    names = list(dict.fromkeys(wanted))
    if not names:
        return {}
    by_id = {asset.asset: asset for asset in assets}
    exports = {one.export: one for one in versions(ledger.exports())}
    with workspace(layout, "assets") as (con, _):
        looking = _Looking(con, layout, ledger, catalog, now, exports, assets)
        return {name: looking.standing(by_id[name]) for name in names}


@dataclass(slots=True)
class _Looking:
    con: Any
    layout: Layout
    ledger: Ledger
    catalog: Catalog
    now: datetime
    exports: Mapping[str, Version]
    assets: Sequence[Asset]
    _deriving: dict[str, Deriving] = field(default_factory=dict)
    _opened: str | None = None
    _lengths: dict[str, int] = field(default_factory=dict)

    def standing(self, asset: Asset) -> Standing:
        """One asset, for each use that it is declared for."""
        refused: dict[str, dict[str, int]] = {}
        unreadable: list[str] = []
        known: tuple[list[str], datetime | None] = ([], None)
        for entry in asset.declared:
            deriving = self.opened_for(entry)
            use, impossible = asked_again(dict(entry), self.catalog, self.now)
            for source in deriving.sources_of([(ASSET, asset.asset)]):
                if source in deriving.bases:
                    continue
                export, members = deriving.export_of(source), deriving.members(source)
                if members is None:
                    unreadable.append(export)
                    continue
                exported = deriving.as_exported(source, use)
                bad = [
                    of.case
                    for of in members
                    if of.case is None or impossible or not deriving.decision(of.case, exported).permits
                ]
                for record, length in self._records(export, bad) if bad else ():
                    refused.setdefault(export, {})[record] = length
        if refused:
            known = self._since(deriving, {r for of in refused.values() for r in of}, asset)
        return self._summed(asset, refused, unreadable, known)

    def _summed(
        self,
        asset: Asset,
        refused: Mapping[str, Mapping[str, int]],
        unreadable: Sequence[str],
        known: tuple[list[str], datetime | None],
    ) -> Standing:
        lost = tuple(dict.fromkeys(unreadable))
        if not refused:
            return Standing(UNREADABLE if lost else CURRENT, share=None if lost else 0.0, unreadable=lost)
        parts = {e: sum(of.values()) / self._lengths[e] if self._lengths[e] else 1.0 for e, of in refused.items()}
        distinct = {record: length for of in refused.values() for record, length in of.items()}
        events, since = known
        return Standing(
            TAINTED,
            records=len(distinct),
            tokens=sum(distinct.values()),
            share=None if lost else share_of(asset, self.assets, parts),
            since=None if since is None else stamp(since),
            events=tuple(events),
            exports=tuple(refused),
            unreadable=lost,
        )

    def opened_for(self, entry: Mapping[str, Any]) -> Deriving:
        """The snapshot as it is decided under the policy of today, with the named use that was asked."""
        name = str(((entry.get("policy") or {}).get("named") or {}).get("name") or "")
        if self._opened != name:
            policy = standing(self.layout, self.catalog.vocabulary, {"policy": entry.get("policy") or {}})
            self._deriving = {
                name: opened(self.con, self.layout, self.ledger, self.catalog, self.now, self.assets, policy)
            }
            self._opened = name
        return self._deriving[name]

    def _records(self, export: str, cases: Sequence[int | None]) -> list[tuple[str, int]]:
        """The records of an export that fall into these cases, with their length; and the length of all of it."""
        index = index_file(self.layout, self.exports[export])
        assert index is not None  # its members were read
        held = scan([index], OF_INDEX)
        if export not in self._lengths:
            self._lengths[export] = int(
                rows(self.con, f"SELECT coalesce(sum(length), 0) FROM {held} WHERE {HELD}")[0][0]
            )
        fill(self.con, "bad_cases", pa.table({"case_id": pa.array(cases, pa.int64())}))
        listed = rows(
            self.con,
            f"""WITH placed AS (
                SELECT h.record_id, h.length, CASE WHEN h.content_sha256 = d.content_sha256 THEN d.case_id END AS of_case
                FROM {held} h LEFT JOIN in_cases d ON d.record_id = h.record_id
                WHERE h.{HELD})
            SELECT p.record_id, sum(p.length)::BIGINT FROM placed p
            WHERE EXISTS (SELECT 1 FROM bad_cases b WHERE b.case_id IS NOT DISTINCT FROM p.of_case) GROUP BY ALL ORDER BY ALL""",
        )
        return [(str(record), int(length or 0)) for record, length in listed]

    def _since(self, deriving: Deriving, records: set[str], asset: Asset) -> tuple[list[str], datetime | None]:
        """The refusing events that reach these records since the asset is there, and when the first was recorded."""
        fill(self.con, "refused_now", pa.table({"record_id": pa.array(sorted(records), pa.string())}))
        decided = deriving.decided
        sids = {
            int(n)
            for (n,) in rows(self.con, "SELECT DISTINCT h.sid FROM hit h SEMI JOIN refused_now r USING (record_id)")
        }
        stones = rows(self.con, "SELECT DISTINCT t.event FROM tombstones t SEMI JOIN refused_now r USING (record_id)")
        named = {str(event) for (event,) in stones}
        reaching = []
        for selector, sid in decided.standings.by_selector.items():
            for event in decided.standings.histories[selector]:
                if event.refuses and (event.event_id in named or sid in sids) and event.counts_from <= self.now:
                    reaching.append(event)
        made = datetime.fromisoformat(asset.created_at)
        later = sorted((e.recorded, e.event_id) for e in reaching if e.recorded >= made)
        return [event for _, event in later], later[0][0] if later else None


def declared_today(
    con: Any,
    layout: Layout,
    ledger: Ledger,
    catalog: Catalog,
    now: datetime,
    assets: Sequence[Asset],
    asset: Asset,
) -> list[tuple[Deriving, Derivation]]:
    """What an asset is declared for, each use as it is decided now; a request that nobody can make any more permits nothing."""
    exports = {one.export: one for one in versions(ledger.exports())}
    looking = _Looking(con, layout, ledger, catalog, now, exports, assets)
    decided = []
    for entry in asset.declared:
        deriving = looking.opened_for(entry)
        use, impossible = asked_again(dict(entry), catalog, now)
        derivation = deriving.derive([(ASSET, asset.asset)], use)
        if impossible:
            refused = dict.fromkeys(use.acts, Inheritance(Status.DENY, frozenset(), frozenset()))
            why = tuple({**reason(NOT_ASKED, act, "", impossible), "text": impossible} for act in use.acts)
            derivation = Derivation(use, refused, why, frozenset(), derivation.valid_until)
        decided.append((deriving, derivation))
    return decided
