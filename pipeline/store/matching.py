"""Which records a consent event means, set-wise in SQL. Floor 1.

A relation to match has the columns ``record_id, source_id, source_record_id, url, host, subject_key, content_sha256,
norm_sha256``. Prefixes match whole path segments; a domain includes its subdomains; what is one place in the sense of
``urls.match_key`` is one here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from pipeline.errors import InputError
from pipeline.rights.consent import SELECTORS, ConsentEvent, Standing, standing, subject_key
from pipeline.signals.source_card import source_id
from pipeline.store.engine import fill, rows
from pipeline.urls import OTHER_PLACE, WEB_PLACE, ascii_host, canonical, host_of_key, prefix_key

Selector = tuple[str, str]
"""(kind of selector, value in the form in which it matches)."""

_PATH = "split_part(url, '?', 1)"
# Nearly all addresses only lose their scheme; looking costs a fifth of replacing.
_PLACE = (
    f"CASE WHEN regexp_matches({_PATH}, '^https?://[^/:]+(/[^/]+)*/?$') THEN substr({_PATH}, strpos({_PATH}, ':') + 1)"
    f" ELSE regexp_replace(regexp_replace(regexp_replace({_PATH}, '/+', '/', 'g'),"
    f" '{WEB_PLACE}', '//\\1\\2'), '{OTHER_PLACE}', '\\1://') END"
)
"""What ``urls.match_key`` makes of an address before its query, said in SQL; a test holds the two together."""
_MATCH_KEY = f"({_PLACE}) || substr(url, length({_PATH}) + 1)"

_JOINS: Mapping[str, str] = {
    "record": "SELECT r.record_id, s.sid FROM {rel} r JOIN selectors s ON s.selector = 'record' AND s.value = r.record_id",
    "content-sha256": (
        "SELECT r.record_id, s.sid FROM {rel} r JOIN selectors s ON s.selector = 'content-sha256' AND unhex(s.value) = r.content_sha256"
        " UNION ALL SELECT r.record_id, s.sid FROM {rel} r JOIN selectors s"
        " ON s.selector = 'content-sha256' AND unhex(s.value) = r.norm_sha256"
    ),
    "url": (
        "SELECT r.record_id, s.sid FROM (SELECT record_id, rtrim("
        + _MATCH_KEY
        + ", '/') AS k FROM {rel} WHERE host IN (SELECT host FROM selectors WHERE selector = 'url')) r"
        " JOIN selectors s ON s.selector = 'url' AND s.value = r.k"
    ),
    "url-prefix": (
        "SELECT r.record_id, s.sid FROM ("
        "  SELECT record_id, unnest(list_transform(range(3, len(parts) + 1), lambda i: array_to_string(parts[1:i], '/'))) AS k FROM ("
        "    SELECT record_id, string_split(" + _PLACE + ", '/') AS parts FROM {rel}"
        "    WHERE host IN (SELECT host FROM selectors WHERE selector = 'url-prefix'))) r"
        " JOIN selectors s ON s.selector = 'url-prefix' AND s.value = r.k"
    ),
    "domain": (
        "SELECT r.record_id, s.sid FROM ("
        "  SELECT record_id, unnest(list_transform(range(1, len(parts) + 1), lambda i: array_to_string(parts[i:], '.'))) AS k FROM ("
        "    SELECT record_id, string_split(host, '.') AS parts FROM {rel} WHERE host IS NOT NULL)) r"
        " JOIN selectors s ON s.selector = 'domain' AND s.value = r.k"
    ),
    "subject": "SELECT r.record_id, s.sid FROM {rel} r JOIN selectors s ON s.selector = 'subject' AND unhex(s.value) = r.subject_key",
    "source": "SELECT r.record_id, s.sid FROM {rel} r JOIN selectors s ON s.selector = 'source' AND s.value = r.source_id",
}


@dataclass(frozen=True, slots=True)
class Standings:
    """The histories that count at an instant: selector -> standing, and the standings as a list (their index is their id)."""

    by_selector: Mapping[Selector, int]
    distinct: tuple[Standing, ...]

    @classmethod
    def at(cls, events: Iterable[ConsentEvent], as_of: datetime) -> Standings:
        """Group events by selector and reduce each history to what counts at ``as_of``."""
        histories: dict[Selector, list[ConsentEvent]] = {}
        for event in events:
            histories.setdefault((event.selector, event.value), []).append(event)
        ids: dict[Standing, int] = {}
        alone: dict[tuple[object, ...], Standing] = {}
        found = {}
        for selector, history in histories.items():
            if len(history) == 1:  # as nearly all: those of one import say the same of many selectors
                e = history[0]
                said = (e.kind, e.acts, e.purposes, e.applications, e.recorded, e.effective, e.valid_until)
                reduced = alone.get(said)
                if reduced is None:
                    reduced = alone[said] = standing(history, as_of)
            else:
                reduced = standing(history, as_of)
            if reduced:
                found[selector] = ids.setdefault(reduced, len(ids))
        return cls(found, tuple(ids))


def is_record_id(text: str) -> bool:
    """True for what can be the id of a record: 32 hexadecimal digits."""
    return re.fullmatch("[0-9A-Fa-f]{32}", text.strip()) is not None


def selector_value(kind: str, value: str, key: bytes) -> str:
    """A selector's value in the form in which it matches and is stored; a person becomes a keyed hash.

    Raises :class:`InputError` naming the value when it cannot be one of its kind: what can match nothing is an error,
    not an opt-out without effect.
    """
    if kind not in SELECTORS:
        raise InputError(f"unknown selector {kind!r}", hint="one of " + ", ".join(SELECTORS))
    text = value.strip()
    if not text:
        raise InputError("is empty", subject=f"--{kind}")
    if kind == "subject":
        return subject_key(text, key).hex()
    return _FORMS[kind](text)


def _record(text: str) -> str:
    if not is_record_id(text):
        raise InputError(
            f"{text!r} is not the id of a record",
            subject="--record",
            hint="32 hexadecimal digits; find ids with: rightful query --use ACT --ids, or name it by --url",
        )
    return text.lower()


def _digest(text: str) -> str:
    if not re.fullmatch("[0-9A-Fa-f]{64}", text):
        raise InputError(f"{text!r} is not a SHA-256 in hex", subject="--content-sha256", hint="64 hexadecimal digits")
    return text.lower()


def _address(text: str, kind: str = "url") -> str:
    if canonical(text)[1] is None:
        raise InputError(f"{text!r} is not an address with a host", subject=f"--{kind}", hint="write https://host/path")
    return prefix_key(text)


def _prefix(text: str) -> str:
    for mark, hint in (
        ("*", "leave it out: a prefix covers everything below it; for all hosts of a domain use --domain"),
        ("?", "a prefix ends in the path; for one address with its query use --url"),
        ("#", "leave it out: addresses are matched without a fragment"),
    ):
        if mark in text:
            raise InputError(f"{text!r} has a {mark!r}, a prefix has none", subject="--url-prefix", hint=hint)
    return _address(text, "url-prefix")


def _domain(text: str) -> str:
    rest = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//", "", text)
    name = rest.rstrip("/").removeprefix("*.").strip(".")
    if "/" in name or "\\" in name:
        raise InputError(
            f"{text!r} has a path, a domain has none", subject="--domain", hint="write example.org, or use --url-prefix"
        )
    port = re.fullmatch(r"(\[.*\]|[^:]*):[0-9]*", name)
    host = ascii_host(port[1] if port else name)
    if not host or re.search(r"[^a-z0-9._:-]|\.\.", host):
        raise InputError(f"{text!r} is not a domain", subject="--domain", hint="write example.org")
    return host


_FORMS: Mapping[str, Callable[[str], str]] = {
    "record": _record,
    "content-sha256": _digest,
    "url": _address,
    "url-prefix": _prefix,
    "domain": _domain,
    "source": source_id,
}


def register_selectors(con: duckdb.DuckDBPyConnection, selectors: Iterable[tuple[Selector, int]]) -> set[str]:
    """The table ``selectors(sid, selector, value, host)``; returns the kinds that occur."""
    listed = list(selectors)
    hosts = [host_of_key(value) if kind in ("url", "url-prefix") else None for (kind, value), _ in listed]
    table = pa.table(
        {
            "sid": pa.array([sid for _, sid in listed], pa.int64()),
            "selector": pa.array([kind for (kind, _), _ in listed], pa.string()),
            "value": pa.array([value for (_, value), _ in listed], pa.string()),
            "host": pa.array(hosts, pa.string()),
        }
    )
    fill(con, "selectors", table)
    return {kind for (kind, _), _ in listed}


def match(con: duckdb.DuckDBPyConnection, relation: str, kinds: set[str], into: str) -> int:
    """Fill the table ``into(record_id, sid)`` with what the registered selectors match; returns its number of rows."""
    parts = [_JOINS[kind].format(rel=relation) for kind in SELECTORS if kind in kinds]
    body = (
        " UNION ALL ".join(parts)
        or "SELECT CAST(NULL AS VARCHAR) AS record_id, CAST(NULL AS BIGINT) AS sid WHERE false"
    )
    con.cursor().execute(f"CREATE OR REPLACE TABLE {into} AS SELECT DISTINCT record_id, sid FROM ({body})").fetchall()
    return int(rows(con, f"SELECT count(*) FROM {into}")[0][0])


def register_events(
    con: duckdb.DuckDBPyConnection, events: Iterable[ConsentEvent], ids: Mapping[Selector, int]
) -> None:
    """The tables ``event_sids(event, sid)`` and ``stones``: the tombstones of these events, each with its ``sid``."""
    listed = [(e.event_id, ids[(e.selector, e.value)]) for e in events if (e.selector, e.value) in ids]
    columns = {
        "event": pa.array([e for e, _ in listed], pa.string()),
        "sid": pa.array([s for _, s in listed], pa.int64()),
    }
    fill(con, "event_sids", pa.table(columns))
    con.cursor().execute(
        "CREATE OR REPLACE TABLE stones AS SELECT t.*, e.sid FROM tombstones t JOIN event_sids e ON e.event = t.event"
    ).fetchall()


def match_tombstones(con: duckdb.DuckDBPyConnection, relation: str, tombstones: str, into: str) -> None:
    """Fill ``into(record_id, sid)`` with the records that tombstones (which have a ``sid``) mean.

    The same record, the same record of the same source, the same address, or the same content. A tombstone refuses or
    is lifted; it never grants, for what it stands for is not the record at hand.
    """
    keys = (
        "t.record_id = r.record_id",
        "t.source_id = r.source_id AND t.source_record_id = r.source_record_id",
        "t.url = r.url",
        "t.norm_sha256 = r.norm_sha256",
    )
    joins = " UNION ".join(f"SELECT r.record_id, t.sid FROM {relation} r JOIN {tombstones} t ON {key}" for key in keys)
    con.cursor().execute(f"CREATE OR REPLACE TABLE {into} AS {joins}").fetchall()
