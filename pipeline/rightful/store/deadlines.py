"""Has a deadline passed? Asked by every command, so it reads next to nothing. Floor 4.

Whether anything is left to do then is another question, which takes more: :mod:`rightful.query.duties`.
"""

from __future__ import annotations

from datetime import datetime

from rightful.store.ledger import Ledger, stamp


def any_passed(ledger: Ledger, now: datetime) -> bool:
    """True where the deadline of an event, or the time for which a source is kept, is over; what is done is among them."""
    return _of_events(ledger, now) or any(until <= now for until in ends_of_sources(ledger).values())


def ends_of_sources(ledger: Ledger) -> dict[str, datetime]:
    """Until when the records of sources are kept, by their newest cards; of those whose card says it."""
    with ledger.reading() as db:
        dated = "SELECT 1 FROM sources NOT INDEXED WHERE json_extract(card, '$.retain_until') IS NOT NULL LIMIT 1"
        if not db.execute(dated).fetchone():
            return {}
    newest = {str(s["source_id"]): s["card"].get("retain_until") for s in ledger.sources(ledger.snapshot())}
    return {source: datetime.fromisoformat(until) for source, until in newest.items() if until}


def _of_events(ledger: Ledger, now: datetime) -> bool:
    with ledger.reading() as db:
        if "deadline" not in {str(row[1]) for row in db.execute("PRAGMA table_info(consents)")}:
            return False
        # Without the zone a time sorts as its text does.
        query = "SELECT 1 FROM consents NOT INDEXED WHERE deadline IS NOT NULL AND rtrim(deadline, 'Z') <= ? LIMIT 1"
        return db.execute(query, [stamp(now).rstrip("Z")]).fetchone() is not None
