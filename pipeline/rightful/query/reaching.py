"""Which consent events reach one record, and by what way. Floor 7.

Histories that say the same are decided as one, whoever they are of; here they are told apart again. What is shown of a
record is what reached it, and nothing of what reached others in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

from rightful.decisions.cases import Decided
from rightful.query.refusals import of_one_record
from rightful.rights.consent import GIVEN, PERSONS, RENEWED, TAKEDOWN, ConsentEvent
from rightful.store.duck import rows
from rightful.store.matching import event_sids, former_files, selectors_of
from rightful.store.relations import build

ITSELF, ADDRESS, PERSON, FORMER, COPY = "itself", "address", "person", "former-source", "copy"
WAYS = {
    ITSELF: "the record itself",
    ADDRESS: "the place, spelled in another way or shown by another site",
    PERSON: "one of several persons whom the record names",
    FORMER: "the source that its file belonged to before",
    COPY: "an exact copy, or an older version",
}
"""By what way an event reaches a record: slug -> words."""
_RANK = {TAKEDOWN: 0, GIVEN: 2, RENEWED: 2}


@dataclass(frozen=True, slots=True)
class Reaching:
    """An event and the way by which it reaches the record."""

    event: ConsentEvent
    way: str


def reaching(decided: Decided, record: str) -> list[Reaching]:
    """The events that count at the instant and reach a record: takedowns, other refusals, grants; the newest first.

    Leaves the connection with tables about this record alone, so that it is the last that is asked of it.
    """
    con, standings = decided.con, decided.standings
    reached = {int(s) for (s,) in rows(con, "SELECT sid FROM hit WHERE record_id = ?", [record])}
    listed = [selector for selector, sid in standings.by_selector.items() if sid in reached]
    if not listed:
        return []
    selectors = selectors_of((standings.named(selector), n) for n, selector in enumerate(listed))
    events = [e for selector in listed for e in standings.histories[selector] if e.counts_from <= decided.as_of]
    given = {
        "selectors": selectors.table,
        "former_files": former_files(decided.ledger.files.passed()),
        "event_sids": event_sids(events, {selector: n for n, selector in enumerate(listed)}),
    }
    build(con, of_one_record(selectors.kinds), given, {"record": record})
    ways: dict[int, str] = {}
    for n, way in rows(
        con,
        f"""SELECT sid, '{COPY}' FROM kin_hits UNION ALL SELECT sid, '{COPY}' FROM kin_stone_hits
        UNION ALL SELECT sid, '{COPY}' FROM kin_text_stones
        UNION ALL SELECT sid, '{FORMER}' FROM own_former_hits UNION ALL SELECT sid, '{FORMER}' FROM own_former_stones
        UNION ALL SELECT sid, CASE WHEN direct THEN '{ITSELF}' ELSE '{ADDRESS}' END FROM own_hits""",
    ):
        if way == ADDRESS and listed[int(n)][0] in PERSONS:
            way = PERSON
        ways[int(n)] = min(str(way), ways.get(int(n), COPY), key=[*WAYS].index)
    events_reaching = [
        Reaching(event, ways[n])
        for n, selector in enumerate(listed)
        if n in ways
        for event in standings.histories[selector]
        if event.counts_from <= decided.as_of
    ]
    events_reaching.sort(key=lambda r: (r.event.recorded, r.event.event_id), reverse=True)
    return sorted(events_reaching, key=lambda r: _RANK.get(r.event.kind, 1))
