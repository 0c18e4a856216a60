"""Which records the parts of a mixture name, as conditions on the records of a store. Floor 8.

What a part names is looked for among all that the store has, before any decision: a name that is not there is an error of
whoever wrote it, and what is there and not permitted is for the plan to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from rightful.decisions.cases import Decided
from rightful.errors import InputError, UnknownName
from rightful.export.planning.mixing import Mix, Part
from rightful.notation.shown import plain
from rightful.query.kept import kept_in_decided
from rightful.store.duck import literal, rows
from rightful.store.ledger import Ledger
from rightful.store.where import condition, naming_condition

_COLUMNS = {
    "source": "source_id",
    "language": "language",
    "license": "license_concluded",
    "domain": "registrable_domain",
}


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a mixture as SQL conditions on records, in their order. One that a record neither meets nor fails is false."""

    mix: Mix
    conditions: tuple[str, ...]

    @property
    def within(self) -> str:
        """The condition that a record is in one of them."""
        return f"({' OR '.join(self.conditions)})"

    def available(self, con: duckdb.DuckDBPyConnection, where: str) -> list[dict[str, int]]:
        """Records and characters of each among those that are ``judged`` and meet ``where``, whatever was decided."""
        sums = ", ".join(
            f"count(*) FILTER ({c}), coalesce(sum(n_chars) FILTER ({c}), 0)::BIGINT" for c in self.conditions
        )
        with naming_condition(where):
            [counts] = rows(con, f"SELECT {sums} FROM (SELECT * FROM judged WHERE {where})")
        return [{"records": int(counts[i]), "chars": int(counts[i + 1])} for i in range(0, len(counts), 2)]

    def holds(self, con: duckdb.DuckDBPyConnection) -> list[npt.NDArray[np.bool_]]:
        """Of each part a mask over the ``chosen`` records, in the order of the store."""
        listed = ", ".join(f"{c} AS part_{n}" for n, c in enumerate(self.conditions))
        held = (
            con.cursor()
            .execute(
                f"""SELECT {", ".join(f"r.part_{n}" for n in range(len(self.conditions)))}
                FROM (SELECT part, row, {listed} FROM chosen) r JOIN part_order p ON p.part = r.part
                ORDER BY p.ordinal, r.row"""
            )
            .fetchnumpy()
        )
        return [np.asarray(held[f"part_{n}"], np.bool_) for n in range(len(self.conditions))]


def parts_of(mix: Mix, decided: Decided) -> Parts:
    """The conditions of the parts. Raises :class:`InputError` for a name that the store does not have and for a condition that
    cannot be used, naming the part."""
    return Parts(mix, tuple(f"coalesce({_condition(part, n, decided)}, false)" for n, part in enumerate(mix.parts)))


def _condition(part: Part, n: int, decided: Decided) -> str:
    if part.by == "where":
        return _where(part, n, decided)
    if part.by == "source":
        values = _sources(part, decided.ledger)
    elif part.by == "domain":
        return f"({' OR '.join(_domain(part, value, decided.con) for value in part.values)})"
    else:
        values = _known(part, decided.con)
    return f"{_COLUMNS[part.by]} IN ({', '.join(map(literal, values))})"


def _sources(part: Part, ledger: Ledger) -> Sequence[str]:
    """The ids of the sources that a part names, by name or id."""
    listed = ledger.sources(ledger.snapshot())
    ids = {card["card"]["name"]: card["source_id"] for card in listed} | {
        c["source_id"]: c["source_id"] for c in listed
    }
    for value in part.values:
        if value not in ids:
            raise UnknownName.of("source", plain(value, 60), ids, subject=part.place)
    return [ids[value] for value in part.values]


def _known(part: Part, con: duckdb.DuckDBPyConnection) -> Sequence[str]:
    known = _values(part, con)
    for value in part.values:
        if value not in known:
            raise UnknownName.of(part.by, plain(value, 60), known, subject=part.place)
    return part.values


def _values(part: Part, con: duckdb.DuckDBPyConnection) -> Iterable[str]:
    column = _COLUMNS[part.by]
    return {str(row[0]) for row in rows(con, f"SELECT DISTINCT {column} FROM records WHERE {column} IS NOT NULL")}


def _domain(part: Part, value: str, con: duckdb.DuckDBPyConnection) -> str:
    """A domain with its subdomains, as in consent events."""
    named = value.strip().strip(".").lower()
    found = f"(host = {literal(named)} OR ends_with(host, {literal('.' + named)}))"
    if not rows(con, f"SELECT 1 FROM records WHERE {found} LIMIT 1"):
        raise UnknownName.of("domain", plain(value, 60), _values(part, con), subject=part.place)
    return found


def _where(part: Part, n: int, decided: Decided) -> str:
    """The condition, answered once for all records of the snapshot, so that a value on which it fails is said of the part."""
    con, name = decided.con, f"named_by_part_{n}"
    with _said_of(part):
        checked = condition(con, part.values[0], kept_in_decided(decided))
        with naming_condition(checked):
            rows(con, f"CREATE OR REPLACE TABLE {name} AS SELECT record_id FROM records WHERE {checked}")
    return f"(record_id IN (SELECT h.record_id FROM {name} h))"


@contextmanager
def _said_of(part: Part) -> Iterator[None]:
    """What is wrong with the condition of a part names the part."""
    try:
        yield
    except UnknownName as error:
        raise UnknownName(error.message, subject=f"{part.place}, where", hint=error.hint) from error
    except InputError as error:
        raise InputError(error.message, subject=f"{part.place}, where", hint=error.hint) from error
