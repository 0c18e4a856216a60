"""What would be left out for a copy if other cases were permitted, without another query for each of them. Floor 7.

It is what :func:`rightful.decisions.survivors.survivors` makes of the same contenders: the copies and their groups are read
once, in the order by which one of a group stays, and each set of cases is then a pass over arrays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.decisions.survivors import marks_of
from rightful.query.relations import ranked
from rightful.store.duck import table
from rightful.store.relations import build

_Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Copies:
    """The considered records that have copies, by their place in the order: case, characters, and a number for the record.

    ``groups`` has for every kind of copies the places of their members and the numbers of their groups, by group and place.
    """

    case: _Numbers
    chars: _Numbers
    record: _Numbers
    groups: tuple[tuple[_Numbers, _Numbers], ...]

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, kinds: Iterable[str], order: str) -> Copies:
        """Of the table ``considered_copies`` on the connection. ``order`` is that of the survivors, as SQL."""
        build(con, (ranked(order),))
        known = table(con, "SELECT case_id, n_chars, record_id FROM ranked ORDER BY place")
        groups = []
        for marks, which in map(marks_of, kinds):
            members = table(
                con,
                f"""SELECT r.place, d.group_id FROM ranked r
                JOIN (SELECT DISTINCT record_id, group_id FROM {marks} {which}) d ON d.record_id = r.record_id""",
            )
            at, group = _numbers(members.column("place")), _codes(members.column("group_id"))
            by = np.lexsort((at, group))
            groups.append((at[by], group[by]))
        case, chars = (_numbers(known.column(name)) for name in ("case_id", "n_chars"))
        return cls(case, chars, _codes(known.column("record_id")), tuple(groups))

    def left_out(self, permitted: Collection[int]) -> tuple[int, int]:
        """(records, characters) that are left out for a copy where these cases are permitted, and no others."""
        stays = np.isin(self.case, np.fromiter(permitted, np.int64, len(permitted)))
        gone = np.zeros(stays.size, bool)
        for place, group in self.groups:
            contending = stays[place] & ~gone[place]
            at, of = place[contending], group[contending]
            if not at.size:
                continue
            is_first = np.concatenate(([True], of[1:] != of[:-1]))
            first = at[is_first][np.cumsum(is_first) - 1]
            gone[at[self.record[at] != self.record[first]]] = True
        return int(np.count_nonzero(gone)), int(self.chars[gone].sum())


def _numbers(column: pa.ChunkedArray) -> _Numbers:
    return np.asarray(column.combine_chunks(), np.int64)


def _codes(column: pa.ChunkedArray) -> _Numbers:
    """A number for each distinct value."""
    return np.asarray(column.combine_chunks().dictionary_encode().indices, np.int64)
