"""Which records a consent event means, set-wise in SQL. Floor 4. Law 13.

A relation to match has the columns ``record_id, source_id, source_record_id, url, host, places, subject_key, subject_keys,
authors, content_sha256`` and those of :data:`rightful.store.same_text.DIGESTS`. Prefixes match whole path segments; a domain
includes its subdomains. An address means its place, and all places of a record count; where something was granted, the
record is reached itself (``direct``) only by the address as it was written:
``https://elsewhere.example/?u=https://example.org/a`` is not what was granted there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from rightful.notation.owners import SORT_OF_PLACE
from rightful.notation.places import host_of_place
from rightful.notation.urls import OTHER_PLACE, WEB_PLACE, host_of_key
from rightful.rights.consent import CORRECTION, SELECTORS, ConsentEvent, Standing, in_force, standing
from rightful.store.files import Passed
from rightful.store.keyed import TAKES, keyed_digest, keyed_text
from rightful.store.placed import stone_places
from rightful.store.records import ALL_STONES
from rightful.store.relations import Relation, strings, union
from rightful.store.same_text import same_text
from rightful.store.selectors import PATHS, PLACED, Named, Selector, granted_by, identity, match_values

_PATH = "split_part(url, '?', 1)"
# Nearly all addresses only lose their scheme; looking costs a fifth of replacing.
_SPELLED = (
    f"CASE WHEN regexp_matches({_PATH}, '^https?://[^/:]+(/[^/]+)*/?$') THEN substr({_PATH}, strpos({_PATH}, ':') + 1)"
    f" ELSE regexp_replace(regexp_replace(regexp_replace({_PATH}, '/+', '/', 'g'),"
    f" '{WEB_PLACE}', '//\\1\\2'), '{OTHER_PLACE}', '\\1://') END"
)
"""What ``notation.urls.match_key`` makes of an address before its query, said in SQL; a test holds the two together."""
_SPELLED_KEY = f"({_SPELLED}) || substr(url, length({_PATH}) + 1)"
_ROOM = "split_part(place, '?', 1)"
"""A place without its query: what a prefix is a prefix of."""


def _prefixes(path: str, given: str) -> str:
    """All that lies above a path, and itself: ``//host``, ``//host/a``, ``//host/a/b``."""
    return f"""SELECT record_id, unnest(list_transform(range(3, len(parts) + 1), lambda i: array_to_string(parts[1:i], '/'))) AS k
        FROM (SELECT record_id, string_split({path}, '/') AS parts FROM {given})"""


def _domains(host: str, given: str) -> str:
    """A host and every domain above it."""
    return f"""SELECT record_id, unnest(list_transform(range(1, len(parts) + 1), lambda i: array_to_string(parts[i:], '.'))) AS k
        FROM (SELECT record_id, string_split({host}, '.') AS parts FROM {given})"""


def _owners(path: str, given: str) -> str:
    """All that lies above a path, in lower case: by itself, and with the sort of what lies there."""
    lowered = f"(SELECT record_id, lower({path}) AS room FROM {given})"
    sorts = f"SELECT record_id, room, {SORT_OF_PLACE.format(place='room')} AS sort FROM {lowered}"
    above = "list_transform(range(3, len(parts) + 1), lambda i: array_to_string(parts[1:i], '/'))"
    listed = (
        f"SELECT record_id, sort, unnest({above}) AS k FROM (SELECT *, string_split(room, '/') AS parts FROM ({sorts}))"
    )
    return f"SELECT record_id, unnest([k, k || '#' || sort]) AS k FROM ({listed})"


_PLACES = "(SELECT record_id, unnest(places) AS place FROM {rel})"
_HOST = f"trim(split_part({_ROOM}, '/', 3), '[]')"
_NEAR_PREFIXES = f"{_PLACES} WHERE {_HOST} IN (SELECT host FROM {{selectors}} WHERE selector = 'url-prefix')"
_NEAR_OWNERS = f"{_PLACES} WHERE {_HOST} IN (SELECT host FROM {{selectors}} WHERE selector = 'owner')"
_SPELLED_HOSTS = "{rel} WHERE host IN (SELECT host FROM {selectors} WHERE selector = '{kind}!')"


def _join(keys: str, kind: str, direct: str = "NOT s.granting") -> str:
    chosen = f"SELECT r.record_id, s.sid, {direct} AS direct FROM ({keys}) r JOIN {{selectors}} s"
    return f"{chosen} ON s.selector = '{kind}' AND s.value = r.k"


def _equal(column: str, kind: str, value: str = "s.value", direct: str = "true") -> str:
    chosen = f"SELECT r.record_id, s.sid, {direct} AS direct FROM {{rel}} r JOIN {{selectors}} s"
    return f"{chosen} ON s.selector = '{kind}' AND {value} = r.{column}"


_JOINS: Mapping[str, tuple[str, ...]] = {
    "record": (_equal("record_id", "record"),),
    "content-sha256": (
        *(_equal(c, "content-sha256", "unhex(s.value)") for c in ("content_sha256", "norm_sha256")),
        _equal("norm1_sha256", "content-sha256", "unhex(s.value)", direct="false"),  # as others had it too: no grant
    ),
    "url": (
        _join(f"SELECT record_id, place AS k FROM {_PLACES}", "url"),
        _join(
            f"SELECT record_id, rtrim({_SPELLED_KEY}, '/') AS k FROM {_SPELLED_HOSTS.replace('{kind}', 'url')}",
            "url!",
            "true",
        ),
    ),
    "url-prefix": (
        _join(_prefixes(_ROOM, _NEAR_PREFIXES), "url-prefix"),
        _join(_prefixes(_SPELLED, _SPELLED_HOSTS.replace("{kind}", "url-prefix")), "url-prefix!", "true"),
    ),
    "domain": (
        _join(_domains(_HOST, _PLACES), "domain"),
        _join(_domains("host", "{rel} WHERE host IS NOT NULL"), "domain!", "true"),
    ),
    # A refusal of one of several persons reaches the record itself. What one of them granted holds for none of the others:
    # such a match only refuses. NULL: one spelling.
    "subject": (
        "SELECT r.record_id, s.sid, r.alone OR NOT s.granting AS direct"
        " FROM (SELECT record_id, list_count(subject_keys) = len(subject_keys) AS alone,"
        " unnest(subject_keys) AS k FROM {rel} WHERE subject_keys IS NOT NULL"
        " UNION ALL SELECT record_id, true, subject_key FROM {rel} WHERE subject_keys IS NULL AND subject_key IS NOT NULL) r"
        " JOIN {selectors} s ON s.selector = 'subject' AND unhex(s.value) = r.k",
    ),
    "source": (_equal("source_id", "source"),),
    "text": (
        _equal("norm_sha256", "text", "unhex(s.value)"),
        _equal("norm1_sha256", "text", "unhex(s.value)", direct="false"),  # as others had it too: no grant
    ),
    # The record that a passage was found in; what else holds it has tombstones.
    "passage": (_equal("record_id", "passage", "split_part(s.value, ':', 1)"),),
    # As of persons: a refusal by one of several authors reaches the record itself, a grant by one only where it is alone.
    "author": (
        "SELECT r.record_id, n.sid, r.alone OR NOT n.granting AS direct"
        " FROM (SELECT record_id, len(authors) = 1 AS alone, unnest(authors) AS name FROM {rel} WHERE authors IS NOT NULL) r"
        " JOIN (SELECT DISTINCT k.name, s.sid, s.granting FROM (SELECT name, unnest(author_keys(name)) AS k"
        " FROM (SELECT DISTINCT unnest(authors) AS name FROM {rel} WHERE authors IS NOT NULL)) k"
        " JOIN {selectors} s ON s.selector = 'author' AND unhex(s.value) = k.k) n ON n.name = r.name",
    ),
    "owner": (
        _join(_owners(_ROOM, _NEAR_OWNERS), "owner"),
        _join(_owners(_SPELLED, _SPELLED_HOSTS.replace("{kind}", "owner")), "owner!", "true"),
    ),
}
"""For every kind of selector what finds its records: of an address by place, and by the addresses of its grants."""


@dataclass(frozen=True, slots=True)
class Standings:
    """The histories that count at an instant: selector -> standing, and the standings as a list (their index is their id).

    ``several`` are the selectors that mean more places than their own, ``granted`` the addresses of grants as written.
    """

    by_selector: Mapping[Selector, int]
    distinct: tuple[Standing, ...]
    histories: Mapping[Selector, Sequence[ConsentEvent]]
    several: Mapping[Selector, tuple[str, ...]]
    granted: Mapping[Selector, tuple[str, ...]]

    @classmethod
    def at(cls, events: Iterable[ConsentEvent], as_of: datetime) -> Standings:
        """Group events by selector and reduce each history to what counts at ``as_of``."""
        histories: dict[Selector, list[ConsentEvent]] = {}
        several: dict[Selector, tuple[str, ...]] = {}
        granted: dict[Selector, tuple[str, ...]] = {}
        for event in (e for e in in_force(events, as_of) if e.kind != CORRECTION):
            values = match_values(event)
            selector = (event.selector, values[0])
            histories.setdefault(selector, []).append(event)
            if len(values) > 1:
                several[selector] = (*several.get(selector, values[:1]), *values[1:])
            if by := granted_by(event):
                granted[selector] = (*granted.get(selector, ()), *by)
        ids: dict[Standing, int] = {}
        alone: dict[tuple[object, ...], Standing] = {}
        numbers = {}
        for selector, history in histories.items():
            if len(history) == 1:  # as nearly all: those of one import say the same of many selectors
                e = history[0]
                facts = (
                    e.kind,
                    e.acts,
                    e.purposes,
                    e.applications,
                    e.recorded,
                    e.effective,
                    e.valid_until,
                    e.given_by,
                    e.lacks,
                )
                reduced = alone.get(facts)
                if reduced is None:
                    reduced = alone[facts] = standing(history, as_of)
            else:
                reduced = standing(history, as_of)
            if reduced:
                numbers[selector] = ids.setdefault(reduced, len(ids))
        kept = ({k: v for k, v in of.items() if k in numbers} for of in (several, granted))
        return cls(numbers, tuple(ids), histories, *kept)

    def named(self, selector: Selector) -> Named:
        """What a selector matches."""
        return Named(selector[0], self.several.get(selector, selector[1:]), self.granted.get(selector, ()))

    def listed(self) -> Iterable[tuple[Named, int]]:
        """What each selector matches, with the id of its standing."""
        return ((self.named(selector), sid) for selector, sid in self.by_selector.items())


@dataclass(frozen=True, slots=True)
class Selectors:
    """The rows of a table of selectors, and the kinds that occur in it."""

    table: pa.Table
    kinds: frozenset[str]


def selectors_of(selectors: Iterable[tuple[Named, int]]) -> Selectors:
    """The table of what selectors match, each with its number. ``KIND!`` has the addresses of grants as they were written."""
    listed: list[tuple[int, str, str, str | None, bool]] = []
    kinds: set[str] = set()
    for one, sid in selectors:
        kinds.add(one.kind)
        paths = one.kind in PATHS
        for value in one.values:
            listed.append((sid, one.kind, value, host_of_place(value) if paths else None, bool(one.granted)))
        for value in one.granted if one.kind in PLACED else ():
            listed.append((sid, f"{one.kind}!", value, host_of_key(value) if paths else None, True))
    columns = [*zip(*listed, strict=True)] or [(), (), (), (), ()]
    types = (pa.int64(), pa.string(), pa.string(), pa.string(), pa.bool_())
    names = SELECTORS_HAVE.split()
    table = pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
    return Selectors(table, frozenset(kinds))


SELECTORS_HAVE = "sid selector value host granting"
HITS_HAVE = "record_id sid direct"


def hits(name: str, relation: str, kinds: Collection[str], selectors: str = "selectors") -> Relation:
    """What the ``selectors``, which are of these ``kinds``, match in a relation."""
    joins = [join.format(rel=relation, selectors=selectors) for k in SELECTORS if k in kinds for join in _JOINS[k]]
    nothing = "SELECT CAST(NULL AS VARCHAR) AS record_id, CAST(NULL AS BIGINT) AS sid, true AS direct WHERE false"
    body = " UNION ALL ".join(joins) or nothing
    query = f"SELECT record_id, sid, bool_or(direct) AS direct FROM ({body}) GROUP BY ALL"
    return Relation(name, HITS_HAVE, f"{relation} {selectors}" if joins else "", query)


def event_sids(events: Iterable[ConsentEvent], ids: Mapping[Selector, int]) -> pa.Table:
    """The events, each with the number of its selector."""
    known = ((e.event_id, identity(e)) for e in events)
    listed = [(event, ids[selector]) for event, selector in known if selector in ids]
    return pa.table(
        {"event": pa.array([e for e, _ in listed], pa.string()), "sid": pa.array([s for _, s in listed], pa.int64())}
    )


def _placed_stones(stones: Iterable[tuple[int, str]]) -> pa.Table:
    placed = [(int(sid), place) for sid, url in stones for place in stone_places(str(url))]
    return pa.table(
        {"sid": pa.array([s for s, _ in placed], pa.int64()), "place": pa.array([p for _, p in placed], pa.string())}
    )


STONES = (
    Relation("event_sids", "event sid"),
    Relation(
        "stones",
        f"{' '.join(ALL_STONES.names)} sid",
        "tombstones event_sids",
        "SELECT t.*, e.sid FROM tombstones t JOIN event_sids e ON e.event = t.event WHERE t.reach IS NULL",
    ),
    # Those from before places were kept have an address alone.
    Relation(
        "older_stones",
        "sid place",
        "stones",
        "SELECT DISTINCT sid, url FROM stones WHERE places IS NULL AND url IS NOT NULL",
        through=_placed_stones,
    ),
    Relation(
        "stone_places",
        "sid place",
        "stones older_stones",
        """SELECT DISTINCT sid, place FROM (
            SELECT sid, unnest(places) AS place FROM stones UNION ALL SELECT sid, place FROM older_stones)""",
        rests_on="stones",
    ),
)
"""The tombstones of the events that are given, each with the number of its event's selector, and the places they stand for."""


_STONE_KEYS = (
    "t.record_id = r.record_id",
    "t.source_id = r.source_id AND t.source_record_id = r.source_record_id",
    "t.url = r.url",
    *same_text("t", "r"),
)
"""When a tombstone ``t`` means a record ``r``, places left aside."""


def stone_hits(name: str, relation: str) -> Relation:
    """The records of a relation that tombstones mean: ``(record_id, sid)``.

    The same record, the same record of the same source, the same address or place, or the same content. A tombstone
    refuses or is lifted; it never grants, for what it stands for is not the record at hand.
    """
    joins = [f"SELECT r.record_id, t.sid FROM {relation} r JOIN stones t ON {key}" for key in _STONE_KEYS]
    joins.append(
        f"""SELECT r.record_id, t.sid FROM (SELECT record_id, unnest(places) AS place FROM {relation}) r
        JOIN stone_places t ON t.place = r.place"""
    )
    reads = f"{relation} stones stone_places"
    return Relation(name, "record_id sid", reads, " UNION ".join(joins), rests_on="stones")


def keyed_matches(relation: str) -> tuple[Relation, ...]:
    """``keyed_matches``: the rows of a relation that keyed tombstones mean, with the event and the record that was erased.

    Only what arrives is looked at: what was in the store when a tombstone became keyed has one of its own.
    """
    digests = ("content_sha256", "norm_sha256", "norm1_sha256")
    texts = ("source_record_id", "url")
    columns = [f"{keyed_text(c)} AS {c}" for c in texts] + [f"{keyed_digest(c)} AS {c}" for c in digests]
    places = f"list_transform(places, lambda p: {keyed_text('p')}) AS places"
    names = "record_id source_id file norm_rule source_record_id url content_sha256 norm_sha256 norm1_sha256 places"
    joins = [
        f"SELECT r.record_id, t.event, t.record_id AS was FROM keyed_rows r JOIN keyed_stones t ON {key}"
        for key in _STONE_KEYS
    ]
    joins.append(
        """SELECT r.record_id, t.event, t.record_id AS was FROM (SELECT record_id, unnest(places) AS place FROM keyed_rows) r
        JOIN (SELECT event, record_id, unnest(places) AS place FROM keyed_stones) t ON t.place = r.place"""
    )
    joins.append(
        f"""SELECT r.record_id, t.event, t.record_id AS was FROM {_formerly("keyed_rows")}
        JOIN keyed_stones t ON t.source_id = f.former_source AND t.source_record_id = r.source_record_id"""
    )
    return (
        Relation("keyed_stones", " ".join(ALL_STONES.names), "tombstones", "SELECT * FROM tombstones WHERE keyed"),
        Relation(
            "keyed_rows",
            names,
            f"{relation} keyed_stones",
            f"""SELECT record_id, source_id, file, norm_rule, {", ".join([*columns, places])} FROM {relation}
            WHERE EXISTS (SELECT 1 FROM keyed_stones)""",
            rests_on="keyed_stones",
            takes=TAKES,
        ),
        Relation(
            "keyed_matches",
            "record_id event was",
            "keyed_rows keyed_stones former_files",
            " UNION ".join(joins),
            rests_on="keyed_stones",
        ),
    )


FORMER_FILES = Relation("former_files", "source_id file former_source former_file")
"""Which sources a file belonged to before: given, by :func:`former_files`."""


def former_files(passed: Iterable[Passed]) -> pa.Table:
    """The table of :data:`FORMER_FILES`."""
    names = FORMER_FILES.columns.split()
    columns = [*zip(*every_former(passed), strict=True)] or [()] * len(names)
    return strings(**dict(zip(names, columns, strict=True)))


def former_hits(name: str, relation: str, hits: str, selectors: str = "selectors") -> Relation:
    """What ``selectors`` of sources reach in a relation by the source that a file belonged to before, and ``hits`` do not.

    It refuses only: what was granted to that source was granted to that source.
    """
    query = f"""SELECT DISTINCT r.record_id, s.sid, false AS direct FROM {_formerly(relation)}
        JOIN {selectors} s ON s.selector = 'source' AND s.value = f.former_source
        ANTI JOIN {hits} h ON h.record_id = r.record_id AND h.sid = s.sid"""
    return Relation(name, HITS_HAVE, f"{relation} former_files {selectors} {hits}", query, rests_on="former_files")


def former_stone_hits(name: str, relation: str) -> Relation:
    """What tombstones reach in a relation by the id that a row had in the source that its file belonged to before."""
    query = f"""SELECT DISTINCT r.record_id, t.sid FROM {_formerly(relation)}
        JOIN stones t ON t.source_id = f.former_source AND t.source_record_id = r.source_record_id"""
    return Relation(name, "record_id sid", f"{relation} former_files stones", query, rests_on="former_files")


def _formerly(relation: str) -> str:
    return f"{relation} r JOIN former_files f ON f.source_id = r.source_id AND f.file = r.file"


def reaching(relation: str, kinds: Collection[str], prefix: str = "") -> tuple[Relation, ...]:
    """``hits`` and ``stone_hits``: what selectors and tombstones mean in a relation, former sources included."""
    return (
        hits(f"{prefix}named_hits", relation, kinds),
        former_hits(f"{prefix}former_hits", relation, f"{prefix}named_hits"),
        union(f"{prefix}hits", HITS_HAVE, f"{prefix}named_hits", f"{prefix}former_hits"),
        stone_hits(f"{prefix}named_stones", relation),
        former_stone_hits(f"{prefix}former_stones", relation),
        union(f"{prefix}stone_hits", "record_id sid", f"{prefix}named_stones", f"{prefix}former_stones"),
    )


def every_former(passed: Iterable[Passed]) -> list[tuple[str, str, str, str]]:
    """(source id, file, former source id, former file) of every file, however often it passed on, ordered."""
    former: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for p in passed:
        former.setdefault((p.source_id, p.file), set()).add((p.former_source, p.former_file))
    return sorted((*key, *before) for key in former for before in _all_before(key, former))


def _all_before(key: tuple[str, str], former: Mapping[tuple[str, str], set[tuple[str, str]]]) -> set[tuple[str, str]]:
    """All files that a file was before, however often it passed on."""
    before: set[tuple[str, str]] = set()
    waiting = [key]
    while waiting:
        new = former.get(waiting.pop(), set()) - before
        before |= new
        waiting += new
    return before
