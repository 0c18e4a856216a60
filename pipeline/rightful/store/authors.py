"""Authors by keyed hash, set-wise: what the selector ``author`` is matched by. Floor 4.

The names of authors stand in the tags, and no hash of them does: they are hashed under the store's key while an event that
names an author is matched, each distinct name once. A name is known by every spelling that the law reads in it
(:mod:`rightful.rights.named_persons`), as persons are.
"""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from rightful.rights.consent import subject_key
from rightful.rights.named_persons import persons

_PLAIN = re.compile(r"[^\W\d_]+(?:['.-]?[^\W\d_]*)*(?: [^\W\d_]+(?:['.-]?[^\W\d_]*)*)*", re.ASCII)
_JOINS = frozenset({"and", "und", "et", "y", "e", "og", "och", "en"})
"""Words between names: what has none of them and nothing but letters is one name in one spelling."""


def author_keys(name: str, key: bytes) -> list[bytes]:
    """The keyed hash of every spelling of the persons that a name of an author names.

    What cannot be read is known as it was written: a refusal of it in these words reaches it.
    """
    if _PLAIN.fullmatch(name) and _JOINS.isdisjoint(name.lower().split(" ")):
        return [subject_key(name, key)]
    spellings = dict.fromkeys([name, *persons(name).spellings])
    return list(dict.fromkeys(subject_key(spelling, key) for spelling in spellings if spelling.strip()))


def register(con: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """The SQL function ``author_keys(name)`` on a connection that may have it already."""

    def keyed(names: pa.Array) -> pa.Array:
        return pa.array([author_keys(name, key) for name in names.to_pylist()], pa.list_(pa.binary()))

    try:
        con.create_function(
            "author_keys",
            keyed,
            ["VARCHAR"],
            "BLOB[]",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.DEFAULT,
        )
    except (duckdb.NotImplementedException, duckdb.CatalogException):
        return  # it is there
