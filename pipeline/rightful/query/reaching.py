"""Which consent events reach one record, and by what way. Floor 7.

Histories that say the same are decided as one, whoever they are of; here they are told apart again. What is shown of a
record is what reached it, and nothing of what reached others in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

from rightful.decisions.cases import Decided
from rightful.rights.consent import GIVEN, TAKEDOWN, ConsentEvent
from rightful.store.duck import rows
from rightful.store.matching import match, match_former, match_tombstones, register_events, register_selectors

ITSELF, ADDRESS, PERSON, FORMER, COPY = "itself", "address", "person", "former-source", "copy"
WAYS = {
    ITSELF: "the record itself",
    ADDRESS: "the place, spelled in another way or shown by another site",
    PERSON: "one of several persons whom the record names",
    FORMER: "the source that its file belonged to before",
    COPY: "an exact copy, or an older version",
}
"""By what way an event reaches a record: slug -> words."""
_RANK = {TAKEDOWN: 0, GIVEN: 2}


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
    _register_kin(decided, record)
    kinds = register_selectors(con, [(standings.named(selector), n) for n, selector in enumerate(listed)])
    match(con, "own", kinds, "own_hits")
    match(con, "kin", kinds, "kin_hits")
    events = [e for selector in listed for e in standings.histories[selector] if e.counts_from <= decided.as_of]
    register_events(con, events, {selector: n for n, selector in enumerate(listed)})
    match_tombstones(con, "kin", "kin_stones")
    passed = decided.ledger.files.passed()
    match_former(con, passed, "kin", "kin_hits", "kin_stones")
    for name, like in (("former_hits", "own_hits"), ("former_stones", "kin_stones")):
        rows(con, f"CREATE OR REPLACE TABLE {name} AS FROM {like} LIMIT 0")
    match_former(con, passed, "own", "former_hits", "former_stones")
    ways: dict[int, str] = {}
    for n, way in rows(
        con,
        f"""SELECT sid, '{COPY}' FROM kin_hits UNION ALL SELECT sid, '{COPY}' FROM kin_stones
        UNION ALL SELECT t.sid, '{COPY}' FROM stones t JOIN kin_texts k ON k.norm_sha256 = t.norm_sha256
        UNION ALL SELECT sid, '{FORMER}' FROM former_hits UNION ALL SELECT sid, '{FORMER}' FROM former_stones
        UNION ALL SELECT sid, CASE WHEN direct THEN '{ITSELF}' ELSE '{ADDRESS}' END FROM own_hits""",
    ):
        if way == ADDRESS and listed[int(n)][0] == "subject":
            way = PERSON
        ways[int(n)] = min(str(way), ways.get(int(n), COPY), key=[*WAYS].index)
    found = [
        Reaching(event, ways[n])
        for n, selector in enumerate(listed)
        if n in ways
        for event in standings.histories[selector]
        if event.counts_from <= decided.as_of
    ]
    found.sort(key=lambda r: (r.event.recorded, r.event.event_id), reverse=True)
    return sorted(found, key=lambda r: _RANK.get(r.event.kind, 1))


def _register_kin(decided: Decided, record: str) -> None:
    """``own``: the record as it is; ``kin``: all versions of all that has its text, or one that was found the same."""
    run = decided.con.cursor().execute
    run(
        """CREATE OR REPLACE TABLE kin_texts AS SELECT norm_sha256 FROM all_records WHERE record_id = $record
        UNION SELECT o.digest FROM works o JOIN works m ON m.work = o.work
        JOIN all_records a ON a.norm_sha256 = m.digest AND a.record_id = $record""",
        {"record": record},
    ).fetchall()
    run("CREATE OR REPLACE TABLE kin AS SELECT * FROM all_records SEMI JOIN kin_texts USING (norm_sha256)").fetchall()
    run("CREATE OR REPLACE TABLE own AS SELECT * FROM records WHERE record_id = ?", [record]).fetchall()
