"""Where somebody looked for reservations, set-wise: which observations speak of which records. Floor 5. Law 10.7 to 10.9.

Cards state what was observed of the hosts of a source; captures (:mod:`rightful.store.observations`) what was read at a
location or an address. SQL finds for each location and protocol the newest that could be read at the instant that is asked
about, and numbers the distinct sets of what was observed, so that one case stands for all records with the same.

A refusal counts from the earlier of when it was observed and recorded, an absence from the later. What could not be read
takes the place of nothing; what it reserves is added until a newer capture that can be read lacks it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import duckdb
import pyarrow as pa

from rightful.rights.evidence import Evidence, Profile, from_json
from rightful.signals.cards.claims import looks_of
from rightful.signals.cards.observed import CAPTURE, Look, observations
from rightful.signals.cards.source_card import SourceCard
from rightful.signals.web.captured import OF_A_HOST, OF_AN_ADDRESS, TERMS
from rightful.store.duck import fill, literal, rows
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.observations import known_at, open_captures, origin_of
from rightful.store.relations import Relation

NOTHING: Profile = frozenset()
LOOKED = Relation("looked", "source_id host addressed looked")
AT_ORIGINS = Relation("at_origins", "origin state")
AT_ADDRESSES = Relation("at_addresses", "address state")
"""What was observed where: given, by :func:`observe`. By cards, by captures of a location, by captures of an address."""
_BITS = 21
_NO_DAY = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was observed of the location of a record, and whether it has one: an address on the web."""

    address: bool
    claims: Profile = NOTHING


@dataclass(frozen=True, slots=True)
class Caught:
    """What captures say of one protocol at an instant: the ``result``, the day of the newest that could be read, that of the
    last, and what claims come of them, by number; a negative number where only what restricts in them counts."""

    protocol: str
    result: str
    day: date
    last: date
    claims: tuple[int, ...] = ()


State = tuple[Caught, ...]


@dataclass(frozen=True, slots=True)
class Observing:
    """The observations of a store; :meth:`at` says what a number in the column ``looked`` means.

    ``matters`` is False where no card states any, no capture is there and no basis asks for one: then all records have the
    number 0. ``captured`` is False where there are no captures.
    """

    by_cards: tuple[tuple[bool, tuple[Look, ...], str], ...] = ((False, (), ""), (True, (), ""))
    states: tuple[State, ...] = ((),)
    claims: Mapping[int, tuple[Evidence, ...]] = field(default_factory=dict)
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    within_days: int = 0
    matters: bool = False
    captured: bool = False
    known: dict[int, Seen] = field(default_factory=dict, compare=False, repr=False)

    def at(self, looked: int) -> Seen:
        """What a number means."""
        seen = self.known.get(looked)
        if seen is None:
            mask = (1 << _BITS) - 1
            address, looks, place = self.by_cards[looked & mask]
            merged = {c.protocol: c for n in (looked >> _BITS & mask, looked >> 2 * _BITS) for c in self.states[n]}
            listed = [*looks, *(look for _, caught in sorted(merged.items()) for look in self._looks(caught))]
            seen = self.known[looked] = Seen(address, frozenset(observations(listed, place, self.within_days)))
        return seen

    def _looks(self, caught: Caught) -> Iterator[Look]:
        """Captures of a protocol as looks: the newest that could be read, and what is added to it."""
        known = [e for n in caught.claims if n > 0 for e in self.claims[n]]
        yield Look(caught.protocol, caught.result, caught.day, CAPTURE, claims=tuple(dict.fromkeys(known)))
        added = [e for n in caught.claims if n < 0 for e in self.claims[-n] if _restricts(e)]
        if added:
            yield Look(caught.protocol, "unreadable", caught.last, CAPTURE, claims=tuple(dict.fromkeys(added)))

    @property
    def reads(self) -> str:
        """The relations that :meth:`join` reads, each after a space."""
        return (" looked at_origins at_addresses" if self.captured else " looked") if self.matters else ""

    def column(self, addressed: str) -> str:
        """The SQL of the number of a record ``r`` that was joined by :meth:`join`."""
        if not self.matters:
            return "0"
        of_card = f"coalesce(k.looked, CASE WHEN {addressed} THEN 1 ELSE 0 END)"
        if not self.captured:
            return of_card
        return f"({of_card} + (coalesce(ko.state, 0) << {_BITS}) + (coalesce(ka.state, 0) << {2 * _BITS}))"

    def join(self, addressed: str, url: str) -> str:
        """The SQL that joins what was observed to records ``r``."""
        if not self.matters:
            return ""
        on = f"k.source_id = r.source_id AND k.host = coalesce(r.host, '') AND k.addressed = ({addressed})"
        joins = f"LEFT JOIN looked k ON {on}"
        if self.captured:
            joins += f" LEFT JOIN at_origins ko ON ko.origin = {origin_of(url)}"
            joins += f" LEFT JOIN at_addresses ka ON ka.address = {url}"
        return joins


def observe(
    con: duckdb.DuckDBPyConnection,
    cards: Mapping[str, SourceCard],
    within_days: int,
    *,
    relied: bool,
    captures: tuple[Layout, Ledger] | None = None,
    as_of: datetime | None = None,
) -> Observing:
    """What was observed of which locations, and what its numbers mean. Reads ``records``.

    ``relied`` says that a statutory basis of the policy depends on somebody having looked. ``captures``: where they are,
    as they count at ``as_of``.
    """
    looking = {source: card for source, card in cards.items() if card.observed}
    by_cards, locations = _by_cards(con, looking, within_days)
    columns = {
        "source_id": pa.array([f[0] for f in locations], pa.string()),
        "host": pa.array([f[1] for f in locations], pa.string()),
        "addressed": pa.array([f[2] for f in locations], pa.bool_()),
        "looked": pa.array([f[3] for f in locations], pa.int64()),
    }
    states, claims, tables, captured = _NO_CAPTURES
    if captures is not None and as_of is not None and open_captures(con, *captures):
        states, claims, tables = _captured(con, as_of, within_days, relied=relied, dated=bool(looking))
        captured = True
    return Observing(
        by_cards=by_cards,
        states=states,
        claims=claims,
        tables={LOOKED.name: pa.table(columns), **tables},
        within_days=within_days,
        matters=relied or bool(looking) or captured,
        captured=captured,
    )


def _by_cards(
    con: duckdb.DuckDBPyConnection, looking: Mapping[str, SourceCard], within_days: int
) -> tuple[tuple[tuple[bool, tuple[Look, ...], str], ...], list[tuple[str, str, bool, int]]]:
    """What cards state, numbered by the claims that come of it, and which location has which number."""
    looks = {source: looks_of(card) for source, card in looking.items()}
    numbers: dict[Seen, int] = {Seen(False): 0, Seen(True): 1}
    by_cards: list[tuple[bool, tuple[Look, ...], str]] = [(False, (), ""), (True, (), "")]
    known: dict[tuple[str, bool, tuple[int, ...]], int] = {}
    locations = []
    for source, host, addressed in locations_of(con, looking):
        about = tuple(n for n, look in enumerate(looks[source]) if look.is_about(host or None))
        key = (source, addressed, about)
        if key not in known:
            listed, place = tuple(looks[source][n] for n in about), looking[source].place
            seen = Seen(addressed, frozenset(observations(listed, place, within_days)))
            known[key] = numbers.setdefault(seen, len(numbers))
            if known[key] == len(by_cards):
                by_cards.append((addressed, listed, place))
        locations.append((source, host, addressed, known[key]))
    return tuple(by_cards), locations


def locations_of(con: duckdb.DuckDBPyConnection, sources: Iterable[str]) -> list[tuple[str, str, bool]]:
    """(source, host or empty, whether it has an address) of all records of these sources."""
    listed = ", ".join(map(literal, sources))
    if not listed:
        return []
    query = f"""SELECT DISTINCT source_id, coalesce(host, ''), url IS NOT NULL FROM records
        WHERE source_id IN ({listed}) ORDER BY ALL"""
    return [(str(source), str(host), bool(addressed)) for source, host, addressed in rows(con, query)]


def _table(name: str, numbered: Iterable[tuple[str, int]] = ()) -> pa.Table:
    listed = list(numbered)
    columns = {
        name: pa.array([n for n, _ in listed], pa.string()),
        "state": pa.array([n for _, n in listed], pa.int64()),
    }
    return pa.table(columns)


_NO_CAPTURES: tuple[tuple[State, ...], Mapping[int, tuple[Evidence, ...]], Mapping[str, pa.Table], bool] = (
    ((),),
    {},
    {AT_ORIGINS.name: _table("origin"), AT_ADDRESSES.name: _table("address")},
    False,
)
HOST_WIDE = ", ".join(map(literal, OF_A_HOST))
PAGES = ", ".join(map(literal, OF_AN_ADDRESS))
"""Protocols as SQL lists them."""


SIGNED = "CASE WHEN known AND result <> 'unreadable' THEN number ELSE -number END"
"""The number of the claims of a capture, negative where only what restricts in them counts."""


def newest_captures(con: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Make ``caught(origin, address, protocol, result, day, last, claims)``: what captures say at an instant, by location (address
    NULL) or address and protocol; and ``claims_texts(number, deciding)``. Reads ``captures``.

    ``day`` is that of the newest that could be read. A row of an address goes before that of its host of the same capture.
    Most addresses have one capture of their header fields and one of their page, and hosts by the thousand share what came of
    them: these are ``single_pages(address, first, second)``, by the numbers of ``sayings``; ``several_caught`` has the rest.
    """
    at = known_at(as_of)
    run = con.cursor().execute
    run(
        """CREATE OR REPLACE TABLE claims_texts AS SELECT row_number() OVER (ORDER BY deciding) AS number, deciding
        FROM (SELECT DISTINCT deciding FROM captures WHERE deciding <> '')"""
    ).fetchall()
    counts = f"least(observed_at, recorded) <= {at} AND (result <> 'absent' OR greatest(observed_at, recorded) <= {at})"
    says = f"protocol, result, observed_at::DATE AS day, greatest(observed_at, recorded) <= {at} AS known, deciding"
    run(
        f"""CREATE OR REPLACE TABLE sayings AS
        SELECT row_number() OVER (ORDER BY protocol, result, day, known, s.deciding) AS saying, s.*, t.number,
            CASE protocol WHEN 'headers' THEN 1 WHEN 'html' THEN 2 ELSE 4 END AS bit
        FROM (SELECT DISTINCT {says} FROM captures WHERE address IS NOT NULL AND {counts}) s
        LEFT JOIN claims_texts t ON s.deciding <> '' AND t.deciding = s.deciding"""
    ).fetchall()
    run(
        f"""CREATE OR REPLACE TABLE addressed AS
        SELECT c.address, min(s.saying) AS first, max(s.saying) AS second,
            bit_or(s.bit) > 3 OR count(*) <> bit_count(bit_or(s.bit)) AS several
        FROM (SELECT address, {says} FROM captures WHERE address IS NOT NULL AND {counts}) c
        JOIN sayings s ON s.protocol = c.protocol AND s.result = c.result AND s.day = c.day AND s.known = c.known
            AND s.deciding = c.deciding
        GROUP BY c.address"""
    ).fetchall()
    run(
        "CREATE OR REPLACE VIEW single_pages AS SELECT address, first, second FROM addressed WHERE NOT several"
    ).fetchall()
    wide = "FROM captures WHERE address IS NULL"
    if rows(con, "SELECT 1 FROM addressed WHERE several LIMIT 1"):
        wide += " UNION ALL FROM captures WHERE address IN (SELECT address FROM addressed WHERE several)"
    run(
        f"""CREATE OR REPLACE TABLE counting AS
        SELECT c.origin, c.address, c.protocol, c.observed_at, c.result, c.sha256,
            greatest(c.observed_at, c.recorded) <= {at} AS known, t.number
        FROM ({wide}) c
        LEFT JOIN claims_texts t ON c.deciding <> '' AND t.deciding = c.deciding WHERE {counts}"""
    ).fetchall()
    # An address with a result of its own in one capture has that of its host in all others.
    run(
        f"""CREATE OR REPLACE TABLE every_capture AS
        WITH apart AS (FROM counting WHERE address IS NOT NULL AND protocol IN ({HOST_WIDE}))
        FROM counting UNION ALL BY NAME
        SELECT h.* REPLACE (k.address AS address) FROM (SELECT DISTINCT origin, address, protocol FROM apart) k
        JOIN counting h ON h.origin = k.origin AND h.protocol = k.protocol AND h.address IS NULL
        ANTI JOIN apart o ON o.known AND o.origin = k.origin AND o.address = k.address AND o.protocol = k.protocol
            AND o.observed_at = h.observed_at AND o.sha256 = h.sha256"""
    ).fetchall()
    # Most locations and addresses have one capture: which of several counts is asked of the others alone.
    run(
        f"""CREATE OR REPLACE TABLE several_caught AS
        WITH grouped AS (
            SELECT origin, address, protocol, count(*) AS n, any_value(result) AS result,
                any_value(observed_at)::DATE AS day, any_value({SIGNED}) AS number
            FROM every_capture GROUP BY ALL),
        standing AS (
            SELECT e.*, max(observed_at) FILTER (known AND e.result IN ('absent', 'found'))
                OVER (PARTITION BY e.origin, e.address, e.protocol) AS since
            FROM every_capture e SEMI JOIN (FROM grouped WHERE n > 1) g
                ON g.origin = e.origin AND g.address IS NOT DISTINCT FROM e.address AND g.protocol = e.protocol)
        SELECT origin, address, protocol, result, day, day AS last, CASE WHEN number IS NOT NULL THEN [number] END AS claims
        FROM grouped WHERE n = 1
        UNION ALL
        SELECT origin, address, protocol,
            CASE WHEN bool_or(result = 'found') THEN 'found' WHEN max(since) IS NOT NULL THEN 'absent'
                WHEN bool_or(result = 'unreadable') THEN 'unreadable' ELSE 'failed' END AS result,
            coalesce(max(observed_at) FILTER (result IN ('absent', 'found')), max(observed_at))::DATE AS day,
            max(observed_at)::DATE AS last,
            list_sort(list(DISTINCT {SIGNED}) FILTER (number IS NOT NULL)) AS claims
        FROM standing WHERE since IS NULL OR observed_at >= since GROUP BY ALL"""
    ).fetchall()
    single = f"""SELECT {origin_of("p.address")} AS origin, p.address, s.protocol, s.result, s.day, s.day AS last,
            CASE WHEN s.number IS NOT NULL THEN [{SIGNED}] END AS claims
        FROM single_pages p JOIN sayings s ON s.saying = """
    run(
        f"""CREATE OR REPLACE VIEW caught AS FROM several_caught UNION ALL {single} p.first
        UNION ALL {single} p.second WHERE p.second <> p.first"""
    ).fetchall()


def _captured(
    con: duckdb.DuckDBPyConnection, as_of: datetime, within_days: int, *, relied: bool, dated: bool
) -> tuple[tuple[State, ...], Mapping[int, tuple[Evidence, ...]], Mapping[str, pa.Table]]:
    """The distinct states that captures leave, the claims that they name, and which location and address has which.

    ``dated``: days matter beside those of cards; else only whether a day is long past does.
    """
    newest_captures(con, as_of)
    claims = {int(n): _claims(text) for n, text in rows(con, "SELECT number, deciding FROM claims_texts")}
    run = con.cursor().execute
    run(
        f"""CREATE OR REPLACE TABLE caught_at AS
        SELECT origin, address, string_agg(concat_ws('|', protocol, result, day, last, coalesce(array_to_string(claims, ' '), '')),
            ';' ORDER BY protocol) AS says
        FROM several_caught WHERE address IS NOT NULL OR protocol NOT IN ({PAGES}) GROUP BY origin, address"""
    ).fetchall()
    numbers: dict[State, int] = {(): 0}

    def numbered(state: State) -> int:
        counted = state if dated else _undated(state, as_of, within_days, relied=relied)
        return numbers.setdefault(counted, len(numbers))

    texts = [str(says) for (says,) in rows(con, "SELECT DISTINCT says FROM caught_at ORDER BY ALL")]
    of_text = [(says, numbered(tuple(map(_parsed, says.split(";"))))) for says in texts]
    query = f"SELECT saying, protocol, result, day, {SIGNED} FROM sayings"
    said = {
        saying: Caught(protocol, result, day, day, () if claim is None else (int(claim),))
        for saying, protocol, result, day, claim in rows(con, query)
    }
    pairs = [(a, b) for a, b in rows(con, "SELECT DISTINCT first, second FROM single_pages ORDER BY ALL")]
    of_pair = [numbered(tuple(sorted({said[a], said[b]}, key=lambda c: c.protocol))) for a, b in pairs]
    if len(numbers) >> _BITS:
        raise OverflowError("more distinct observations than can be numbered")
    fill(con, "caught_numbers", _table("says", of_text))
    columns = {"first": [a for a, _ in pairs], "second": [b for _, b in pairs], "state": of_pair}
    fill(con, "pair_numbers", pa.table({name: pa.array(of, pa.int64()) for name, of in columns.items()}))
    of = "FROM caught_at c JOIN caught_numbers n USING (says) WHERE n.state > 0 AND"
    tables = {
        AT_ORIGINS.name: f"SELECT origin, state {of} address IS NULL",
        AT_ADDRESSES.name: f"""SELECT address, state {of} address IS NOT NULL UNION ALL
            SELECT p.address, n.state FROM single_pages p JOIN pair_numbers n USING (first, second) WHERE n.state > 0""",
    }
    return tuple(numbers), claims, {name: con.cursor().sql(q).to_arrow_table() for name, q in tables.items()}


def _parsed(says: str) -> Caught:
    protocol, result, day, last, claims = says.split("|")
    return Caught(protocol, result, date.fromisoformat(day), date.fromisoformat(last), tuple(map(int, claims.split())))


def _undated(state: State, as_of: datetime, within_days: int, *, relied: bool) -> State:
    """A state of which days are told apart only as far as they can change a decision: those that count share the day of the
    first that will be too old, and what is reserved has none. Where nothing relies on them, absences are left aside."""

    def counts(caught: Caught) -> bool:
        try:
            ends = datetime.combine(caught.day + timedelta(days=within_days + 1), time(), UTC)
        except OverflowError:
            return True
        return ends > as_of

    fresh = [c.day for c in state if c.result == "absent" and c.protocol != TERMS and counts(c)]
    listed = []
    for caught in state:
        if not relied and caught.protocol in OF_AN_ADDRESS and caught.result != "found" and not caught.claims:
            continue
        is_fresh = relied and caught.result == "absent" and counts(caught)
        listed.append(replace(caught, day=min(fresh, default=_NO_DAY) if is_fresh else _NO_DAY, last=date.max))
    return tuple(listed)


def _claims(text: str) -> tuple[Evidence, ...]:
    try:
        return tuple(from_json(one) for one in json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError):
        return (Evidence(kind="gate", tier=0, bound_to="work", statement="evidence_missing"),)


def _restricts(claim: Evidence) -> bool:
    """True for what is reserved or cannot be read: what it counts as before it is known, and where the rest cannot be read."""
    return claim.kind != "grant" or claim.statement == "unreadable"
