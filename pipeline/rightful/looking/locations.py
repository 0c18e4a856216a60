"""The locations that a store has records of, and which of them an input is about. Floor 6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from rightful.store.duck import rows
from rightful.store.observations import PORTS, origin_of, parted


@dataclass(frozen=True, slots=True)
class Locations:
    """The locations of all records, of whatever version. ``records`` counts those of each that count today."""

    records: Mapping[str, int]
    by_host: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection) -> Locations:
        """Read from the views of a snapshot."""
        query = f"""SELECT origin, sum(counts)::BIGINT FROM (
                SELECT {origin_of("url")} AS origin, 1 AS counts FROM records WHERE url IS NOT NULL
                UNION ALL SELECT DISTINCT {origin_of("url")}, 0 FROM all_records WHERE url IS NOT NULL)
            WHERE origin IS NOT NULL GROUP BY origin ORDER BY origin"""
        records = {str(origin): int(n) for origin, n in rows(con, query)}
        by_host: dict[str, list[str]] = {}
        for origin in records:
            by_host.setdefault(parted(origin)[1], []).append(origin)
        return cls(records, {host: tuple(listed) for host, listed in by_host.items()})

    def of_host(self, host: str, port: int | None = None) -> tuple[str, ...]:
        """The locations that the name of a host means: of http and https on their own ports, or on the one that is named."""
        return tuple(o for o in self.by_host.get(host, ()) if parted(o)[2] == (port or PORTS.get(parted(o)[0])))

    def listed(self, domains: frozenset[str]) -> list[tuple[str, str]]:
        """(location, domain) of the hosts that are among these domains or below one of them; the nearest domain is named."""
        return [
            (origin, domain)
            for host, origins in self.by_host.items()
            if (domain := _among(host, domains)) is not None
            for origin in origins
        ]

    def count(self, origins: Iterable[str]) -> int:
        """How many records there are at these locations."""
        return sum(self.records.get(origin, 0) for origin in set(origins))

    @property
    def hosts(self) -> Sequence[str]:
        """The hosts."""
        return list(self.by_host)


def _among(host: str, domains: frozenset[str]) -> str | None:
    name = host
    while name:
        if name in domains:
            return name
        name = name.partition(".")[2]
    return None
