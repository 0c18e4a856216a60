"""What a new event means of what was erased before: the tombstones of that, in its own name. Floor 6.

An event that comes after an erasure finds no row any more. Where it names a record, a text or an address that keyed tombstones
know, it refuses what these refuse: also after the event that led to the erasure was annulled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb
import pyarrow as pa

from rightful.rights.consent import ConsentEvent
from rightful.store.duck import rows, table
from rightful.store.keyed import keyed, tombstone_key
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger, Part
from rightful.store.parquet import columns, scan
from rightful.store.parts import publish_table
from rightful.store.records import ALL_STONES
from rightful.store.relations import Relation, build, strings
from rightful.store.selectors import match_values

_DIGESTS = {
    "content-sha256": ("content_sha256", "norm_sha256", "norm1_sha256"),
    "text": ("norm_sha256", "norm1_sha256"),
}
_NAMES = ", ".join(f"t.{name}" for name in ALL_STONES.names if name != "event")
_KNOWN_BY = (
    "SELECT a.event, t.n FROM named_erased a JOIN stones_erased t ON a.by = 'record' AND t.record_id = a.value",
    """SELECT a.event, t.n FROM named_erased a JOIN (
        SELECT n, unnest(list_append(places, url)) AS place FROM stones_erased) t ON a.by = 'url' AND t.place = a.value""",
    *(
        f"SELECT a.event, t.n FROM named_erased a JOIN stones_erased t ON a.by = '{name}' AND lower(hex(t.{name})) = a.value"
        for name in _DIGESTS["content-sha256"]
    ),
)


def stones_of_erased(
    con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, events: Iterable[ConsentEvent]
) -> list[Part]:
    """Publish the tombstones of what was erased and is what these events, which refuse, name."""
    paths = [layout.part("tombstones", part.part) for part in ledger.parts("tombstones", ledger.snapshot())]
    paths = [path for path in paths if "keyed" in columns(path)]
    if not paths:
        return []
    named = [one for event in events for one in _named(event, tombstone_key(ledger.key))]
    if not named:
        return []
    given = strings(event=[e for e, _, _ in named], by=[b for _, b, _ in named], value=[v for _, _, v in named])
    stones = f"SELECT *, row_number() OVER () AS n FROM {scan(paths, ALL_STONES)} WHERE keyed AND reach IS NULL"
    relations = (
        Relation("named_erased", "event by value"),
        Relation("stones_erased", f"{' '.join(ALL_STONES.names)} n", "", stones),
    )
    build(con, relations, {"named_erased": given})
    query = f"""SELECT DISTINCT k.event, {_NAMES} FROM ({" UNION ".join(_KNOWN_BY)}) k JOIN stones_erased t USING (n)
        ORDER BY ALL"""
    if not rows(con, f"SELECT 1 FROM ({query}) LIMIT 1"):
        return []
    known: pa.Table = table(con, query)
    published = publish_table(layout, "tombstones", known, ALL_STONES)
    return [published] if published else []


def _named(event: ConsentEvent, key: bytes) -> Iterator[tuple[str, str, str]]:
    """(event, by what, value as a keyed tombstone has it) of what an event names."""
    for value in match_values(event):
        if event.selector in ("record", "passage"):
            yield event.event_id, "record", value.partition(":")[0]
        elif event.selector == "url":
            yield event.event_id, "url", keyed(value.encode("utf-8", "surrogatepass"), key).hex()
        else:
            for name in _DIGESTS.get(event.selector, ()):
                yield event.event_id, name, keyed(bytes.fromhex(value), key).hex()
