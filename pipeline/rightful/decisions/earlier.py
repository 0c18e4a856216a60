"""What was stated about a row before, and is not stated in it any more: it goes on bounding the record. Floor 5. Law 6.5 to 6.7.

A row is read again where its source and file have a row of its own id or address, whatever its text; where another row of
the source has its address, and an id does not tell them apart; where ids are of the whole source; and where a row of the
source has its id and text, or text alone where neither has an id or address. Of each place in a row (the column that a
statement stands in) the newest statement counts, and only where the row has none there now; so does every one that a file
holds still, in a row for which a row of another file counts. A correction ends what was taken in before it: one in the card
of the source, or an event.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pyarrow as pa

from rightful.rights.columns import columns_beside
from rightful.rights.consent import CORRECTION, in_force
from rightful.signals.cards.source_card import FILE_SCOPE, SourceCard
from rightful.signals.places import DEFAULT_COLUMN, ROW_PLACE, notice_place, row_place
from rightful.store.ledger import Ledger
from rightful.store.matching import SELECTORS_HAVE, hits, selectors_of
from rightful.store.relations import Relation, Rows, strings, union
from rightful.store.selectors import named

_KEYS = (
    "now.source_id = was.source_id AND now.file = was.file AND now.source_record_id = was.source_record_id",
    "now.source_id = was.source_id AND now.url = was.url AND (now.source_record_id IS NULL OR was.source_record_id IS NULL"
    " OR now.source_record_id = was.source_record_id)",
    "now.source_id = was.source_id AND now.source_record_id = was.source_record_id AND now.norm_sha256 = was.norm_sha256",
    "now.source_id = was.source_id AND now.norm_sha256 = was.norm_sha256 AND now.source_record_id IS NULL"
    " AND was.source_record_id IS NULL AND (now.url IS NULL OR was.url IS NULL)",
    "now.source_id = was.source_id AND now.source_record_id = was.source_record_id"
    " AND now.source_id IN (SELECT source_id FROM source_wide)",
)
"""When a row that counts is one that was read before, in SQL."""


def earlier_relations(cards: Mapping[str, SourceCard], kinds: Collection[str]) -> tuple[Relation, ...]:
    """The relations of a job: the last, ``earlier``, has the statements that bind records as well, each
    ``rights id, a unit separator, place``. ``kinds`` are those of the selectors of corrections.
    """
    joins = " UNION ".join(
        f"SELECT now.record_id, was.rights_id, was.place, was.ordinal, was.part, was.stands"
        f" FROM records now JOIN stated_before was ON {key}"
        for key in _KEYS
    )
    # Of a row that was erased nothing is left to know it by, but what knew it when it was taken in again.
    joins += (
        " UNION SELECT now.record_id, was.rights_id, was.place, was.ordinal, was.part, was.stands"
        " FROM records now JOIN tombstones t ON t.record_id = now.record_id"
        " JOIN stated_before was ON was.record_id = t.was AND was.source_id = now.source_id"
    )
    return (
        Relation("source_wide", "source_id"),
        Relation("part_times", "part at"),
        Relation("correction_selectors", SELECTORS_HAVE),
        Relation("event_corrections", "sid until"),
        Relation("card_corrections", "source_id record until"),
        Relation(
            "stated_here",
            _STATED_HAVE,
            "all_records part_order hidden evidence",
            """SELECT a.record_id, a.source_id, a.file, a.source_record_id, a.url, a.norm_sha256, a.rights_id, a.part, p.ordinal,
                e.place, h.stands
            FROM all_records a JOIN part_order p ON p.part = a.part
            JOIN (SELECT part, record_id, bool_or(reason = 'outranked') AS stands FROM hidden WHERE reason <> 'elsewhere'
                GROUP BY ALL) h ON h.part = a.part AND h.record_id = a.record_id
            JOIN (SELECT DISTINCT rights_id, source_id, place FROM evidence WHERE bound_to = 'work') e
                ON e.rights_id = a.rights_id AND e.source_id = a.source_id""",
            rests_on="hidden",
        ),
        # What a row stated while its file belonged to another source.
        Relation(
            "stated_formerly",
            _STATED_HAVE,
            "stated_here former_files",
            """SELECT w.* REPLACE (f.source_id AS source_id, f.file AS file)
            FROM stated_here w JOIN former_files f ON f.former_source = w.source_id AND f.former_file = w.file""",
            rests_on="former_files",
        ),
        union("stated_before", _STATED_HAVE, "stated_here", "stated_formerly"),
        replace(hits("correction_hits", "records", kinds, "correction_selectors"), rests_on="stated_here"),
        # What was taken in before ``until`` bounds the record no more.
        Relation(
            "corrected",
            "record_id until",
            "correction_hits event_corrections records card_corrections",
            """SELECT record_id, max(until) AS until FROM (
                SELECT h.record_id, e.until FROM correction_hits h JOIN event_corrections e ON e.sid = h.sid WHERE h.direct
                UNION ALL SELECT r.record_id, c.until FROM records r JOIN card_corrections c ON c.source_id = r.source_id
                    AND (c.record = '' OR c.record = r.source_record_id OR c.record = r.url OR c.record = r.record_id)
            ) GROUP BY record_id""",
            rests_on="stated_here",
        ),
        # Places that the card of the source declares by now to say nothing of rights.
        Relation(
            "set_aside",
            "source_id place",
            "stated_before",
            "SELECT DISTINCT source_id, place FROM stated_before",
            through=partial(_set_aside, cards),
            rests_on="stated_before",
        ),
        Relation(
            "earlier",
            "record_id said",
            "records stated_before source_wide evidence set_aside part_times corrected tombstones",
            f"""WITH bound AS ({joins}),
            mine AS (
                SELECT r.record_id, e.place FROM records r SEMI JOIN bound b ON b.record_id = r.record_id
                JOIN (SELECT DISTINCT rights_id, source_id, place FROM evidence WHERE bound_to = 'work') e
                    ON e.rights_id = r.rights_id AND e.source_id = r.source_id
                UNION SELECT r.record_id, a.place FROM records r SEMI JOIN bound b ON b.record_id = r.record_id
                JOIN set_aside a ON a.source_id = r.source_id),
            open AS (
                SELECT b.*, max(ordinal) OVER (PARTITION BY record_id, place) AS newest FROM bound b
                ANTI JOIN mine m ON m.record_id = b.record_id
                    AND m.place IN (b.place, CASE WHEN b.place = '{ROW_PLACE}' THEN '{row_place(DEFAULT_COLUMN)}' END))
            SELECT record_id, list_sort(list(DISTINCT rights_id || chr(31) || place)) AS said FROM open o
            JOIN part_times t ON t.part = o.part LEFT JOIN corrected c USING (record_id)
            WHERE (o.stands OR o.ordinal = o.newest) AND (c.until IS NULL OR t.at >= c.until) GROUP BY record_id""",
            rests_on="stated_here",
        ),
    )


_STATED_HAVE = "record_id source_id file source_record_id url norm_sha256 rights_id part ordinal place stands"


@dataclass(frozen=True, slots=True)
class EarlierGiven:
    """What is given of former statements: the tables by name, and the kinds of the selectors of corrections."""

    tables: Mapping[str, pa.Table]
    kinds: Collection[str]


def earlier_given(ledger: Ledger, snapshot: int, cards: Mapping[str, SourceCard], as_of: datetime) -> EarlierGiven:
    """What the ledger and the cards know of rows that were read before."""
    wide = [source for source, card in cards.items() if card.id_scope != FILE_SCOPE]
    times = ledger.part_times("records")
    corrections = (e for e in in_force(ledger.consents(), as_of) if e.kind == CORRECTION)
    standing = {e.event_id for e in corrections if e.counts_from <= as_of}
    events = [e for e in ledger.consents(snapshot) if e.event_id in standing]
    selectors = selectors_of((named(e), n) for n, e in enumerate(events))
    entries = [
        (source, entry.record, datetime.combine(entry.on, time(), UTC) + timedelta(days=1))
        for source, card in cards.items()
        for entry in card.corrections
        if datetime.combine(entry.on, time(), UTC) <= as_of
    ]
    instants = pa.timestamp("us", "UTC")
    until = [e.counts_from for e in events]
    tables = {
        "source_wide": strings(source_id=wide),
        "part_times": strings(part=times).append_column("at", pa.array(list(times.values()), instants)),
        "correction_selectors": selectors.table,
        "event_corrections": pa.table(
            {"sid": pa.array(range(len(until)), pa.int64()), "until": pa.array(until, instants)}
        ),
        "card_corrections": strings(source_id=[e[0] for e in entries], record=[e[1] for e in entries]).append_column(
            "until", pa.array([e[2] for e in entries], instants)
        ),
    }
    return EarlierGiven(tables, selectors.kinds)


def _set_aside(cards: Mapping[str, SourceCard], places: Rows) -> pa.Table:
    beside = [
        (str(source), str(place))
        for source, place in places
        if source in cards
        and (
            columns_beside(str(place).removeprefix(row_place("")), [name for name, _ in cards[source].not_rights])
            or place in {notice_place(phrase) for phrase, _ in cards[source].not_notices}
        )
    ]
    return strings(source_id=[s for s, _ in beside], place=[p for _, p in beside])
