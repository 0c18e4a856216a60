"""What is stated of records, as it is stored: the profiles of a decided snapshot by rights id. Floor 5."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from rightful.decisions.copies import TOO_MANY
from rightful.rights.evidence import Evidence, Observation, Profile, from_json, rights_id
from rightful.store.duck import rows

MANY_STATEMENTS = Evidence(
    kind="grant", tier=5, bound_to="work", statement="license", expression="LicenseRef-rightful-too-many-statements"
)
_UNREAD_BEFORE = Evidence(kind="grant", tier=5, bound_to="work", statement="unreadable")
_NOT_STORED = Evidence(kind="gate", tier=0, bound_to="work", statement="evidence_missing")
"""Stands for a profile whose evidence is missing or does not match its id: what it refused is not known, so all is."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles that cases are made of. ``before`` are the statements of rows that were read before, by what ``earlier``
    calls them."""

    by_id: Mapping[str, Profile]
    before: Mapping[str, Profile]

    def of(self, rights: str | None) -> Profile:
        """What a rights id stands for; what is missing or damaged refuses."""
        if rights == TOO_MANY:
            return frozenset([MANY_STATEMENTS])
        return self.by_id.get(rights or "", frozenset([_NOT_STORED]))


def read_profiles(con: duckdb.DuckDBPyConnection) -> Profiles:
    """The profiles that ``tally`` and ``specials`` name, from ``evidence``."""
    return Profiles(_by_id(con), _before(con))


def _by_id(con: duckdb.DuckDBPyConnection) -> dict[str, Profile]:
    needed = "SELECT DISTINCT rights_id FROM tally UNION SELECT DISTINCT unnest(others || near) FROM specials"
    claims_by_id: dict[str, set[Evidence]] = {}
    query = f"""SELECT rights_id, deciding, raw, place, detector, detector_version, observed_at
        FROM evidence WHERE rights_id IN ({needed})"""
    for rights, deciding, raw, place, detector, version, at in rows(con, query):
        claims = claims_by_id.setdefault(str(rights), set())
        if deciding is not None:
            seen = Observation(raw or "", place or "", detector or "", version or "", at or "")
            claims.add(_claim(deciding, seen))
    whole = {r: frozenset(c) for r, c in claims_by_id.items()}
    return {r: p if rights_id(p) == r else frozenset([_NOT_STORED]) for r, p in whole.items()}


def _before(con: duckdb.DuckDBPyConnection) -> dict[str, frozenset[Evidence]]:
    """The statements of rows that were read before, by rights id and place; one that is not stored refuses."""
    wanted = [str(r[0]) for r in rows(con, "SELECT DISTINCT unnest(earlier) FROM specials ORDER BY 1")]
    statements = {}
    for name in wanted:
        rights, place = name.split(chr(31), 1)
        claims = rows(
            con,
            """SELECT deciding, raw, place, detector, detector_version, observed_at FROM evidence
            WHERE rights_id = ? AND place = ? AND bound_to = 'work'""",
            [rights, place],
        )
        read = {_claim(d, Observation(r or "", p or "", n or "", v or "", at or "")) for d, r, p, n, v, at in claims}
        statements[name] = frozenset({_UNREAD_BEFORE} if not read or _NOT_STORED in read else read)
    return statements


def stored_claims(con: duckdb.DuckDBPyConnection) -> list[Evidence]:
    """Every claim that the store has, each once. Reads the view ``evidence``."""
    distinct = rows(con, "SELECT DISTINCT deciding FROM evidence WHERE deciding IS NOT NULL")
    nowhere = Observation("", "", "", "")
    return [_claim(str(deciding), nowhere) for (deciding,) in distinct]


def _claim(deciding: str, seen: Observation) -> Evidence:
    """A stored claim; one that cannot be read stands for evidence that is missing."""
    try:
        return from_json(json.loads(deciding), seen)
    except (ValueError, KeyError, TypeError, AttributeError):
        return _NOT_STORED
