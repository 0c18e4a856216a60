"""For how many hosts somebody looked, and how long ago: beside every answer that may rest on it. Floor 5. Law 10.8.

A host counts as looked at where every record of it has an observation that could be read, of its location or of its own
address: what failed, or was looked at elsewhere, is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from rightful.decisions.observing import PAGES, locations_of
from rightful.rights.bases import AT_THE_LOCATION
from rightful.signals.cards.claims import looks_of
from rightful.signals.cards.observed import Look
from rightful.signals.cards.source_card import SourceCard
from rightful.signals.web.captured import OF_A_HOST
from rightful.store.duck import fill, literal, rows
from rightful.store.observations import origin_of


@dataclass(frozen=True, slots=True)
class Days:
    """The days on which records were looked at, by cards and by captures; :func:`looked_days` makes the tables."""

    stated: bool
    captured: bool

    def of(self, records: str, columns: str) -> str:
        """The SQL of ``columns`` of the relation ``records`` (as ``r``), with a column a protocol: the day of the newest
        observation that could be read; NULL: never."""
        joins = ""
        if self.stated:
            joins += """ LEFT JOIN looked_by_cards k ON k.source_id = r.source_id AND k.host = coalesce(r.host, '')
                AND k.addressed = (r.url IS NOT NULL)"""
        if self.captured:
            joins += f""" LEFT JOIN looked_at_origins o ON o.origin = {origin_of("r.url")}
                LEFT JOIN looked_at_addresses a ON a.address = r.url"""
        return f"SELECT {columns}, {', '.join(map(self._day, AT_THE_LOCATION))} FROM {records} r{joins}"

    def _day(self, protocol: str) -> str:
        known = [f"k.{protocol}"] if self.stated else []
        known += [f"{'o' if protocol in OF_A_HOST else 'a'}.{protocol}"] if self.captured else []
        return f"greatest({', '.join([*known, 'NULL::DATE'])}) AS {protocol}"


def looked_days(
    con: duckdb.DuckDBPyConnection, cards: Mapping[str, SourceCard], as_of: datetime, *, captured: bool
) -> Days:
    """Make the tables of days. Reads ``records``, and ``caught`` of this instant where ``captured``."""
    looking = {source: card for source, card in cards.items() if card.observed}
    if looking:
        looks = {source: looks_of(card) for source, card in looking.items()}
        listed = [
            (source, host, addressed, *_days(looks[source], host or None, as_of.date()))
            for source, host, addressed in locations_of(con, looking)
        ]
        names = ("source_id", "host", "addressed", *AT_THE_LOCATION)
        kinds = (pa.string(), pa.string(), pa.bool_(), *(pa.date32() for _ in AT_THE_LOCATION))
        columns = {
            n: pa.array([row[i] for row in listed], t) for i, (n, t) in enumerate(zip(names, kinds, strict=True))
        }
        fill(con, "looked_by_cards", pa.table(columns))
    if captured:
        days = ", ".join(
            f"max(day) FILTER (protocol = {literal(p)} AND result IN ('absent', 'found')) AS {p}"
            for p in AT_THE_LOCATION
        )
        each = ", ".join(
            f"CASE WHEN a.protocol = {literal(p)} THEN a.day WHEN b.protocol = {literal(p)} THEN b.day END AS {p}"
            for p in AT_THE_LOCATION
        )
        readable = (
            """(SELECT saying, protocol, CASE WHEN result IN ('absent', 'found') THEN day END AS day FROM sayings)"""
        )
        for name, query in (
            (
                "looked_at_origins",
                f"SELECT origin, {days} FROM several_caught WHERE address IS NULL AND protocol NOT IN ({PAGES}) GROUP BY origin",
            ),
            (
                "looked_at_addresses",
                f"""SELECT address, {days} FROM several_caught WHERE address IS NOT NULL AND protocol IN ({PAGES}) GROUP BY address
                UNION ALL SELECT p.address, {each} FROM single_pages p JOIN {readable} a ON a.saying = p.first
                JOIN {readable} b ON b.saying = p.second""",
            ),
        ):
            con.cursor().execute(f"CREATE OR REPLACE TABLE {name} AS {query}").fetchall()
    return Days(bool(looking), captured)


def coverage(
    con: duckdb.DuckDBPyConnection, days: Days, where: str, within_days: int, as_of: datetime
) -> list[dict[str, Any]]:
    """``[{protocol, hosts, looked, share, fresh, newest, oldest}]`` over the records that a condition selects; empty where
    none of them has an address. ``fresh`` are the hosts that were looked at within the days that count."""
    records = "records" if where == "true" else f"(SELECT * FROM records WHERE {where})"
    if not (days.stated or days.captured):
        hosts = int(rows(con, f"SELECT count(DISTINCT host) FROM {records}")[0][0])
        return [_covered(p, hosts, 0, 0, None, None) for p in AT_THE_LOCATION] if hosts else []
    try:
        since = as_of.date() - timedelta(days=within_days)
    except OverflowError:
        since = date.min
    each = ", ".join(
        f"count({p}) = count(*) AS {p}_all, min({p}) AS {p}_old, max({p}) AS {p}_new" for p in AT_THE_LOCATION
    )
    sums = ", ".join(
        f"count(*) FILTER ({p}_all), count(*) FILTER ({p}_all AND {p}_old >= DATE '{since.isoformat()}'), max({p}_new), min({p}_old)"
        for p in AT_THE_LOCATION
    )
    query = f"""SELECT count(*), {sums} FROM (
        SELECT host, {each} FROM ({days.of(records, "r.host")}) WHERE host IS NOT NULL GROUP BY host)"""
    [(hosts, *numbers)] = rows(con, query)
    of = zip(AT_THE_LOCATION, (numbers[n : n + 4] for n in range(0, len(numbers), 4)), strict=True)
    return [_covered(p, int(hosts), *four) for p, four in of] if hosts else []


def _covered(
    protocol: str, hosts: int, looked: int, fresh: int, newest: date | None, oldest: date | None
) -> dict[str, Any]:
    return {
        "protocol": protocol,
        "hosts": hosts,
        "looked": int(looked),
        "share": round(looked / hosts, 4),
        "fresh": int(fresh),
        "newest": newest.isoformat() if newest else None,
        "oldest": oldest.isoformat() if oldest else None,
    }


def _days(looks: Iterable[Look], host: str | None, today: date) -> list[date | None]:
    """The newest day of each protocol that could be read."""
    readable = [k for k in looks if k.is_about(host) and k.result in ("absent", "found") and k.on <= today]
    return [max((k.on for k in readable if k.protocol == p), default=None) for p in AT_THE_LOCATION]
