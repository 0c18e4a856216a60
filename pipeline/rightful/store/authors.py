"""Authors by keyed hash, set-wise: what the selector ``author`` is matched by. Floor 4.

The names of authors stand in the tags, and no hash of them does: they are hashed under the store's key while an event that
names an author is matched, each distinct name once. A name is known by every spelling that the law reads in it
(:mod:`rightful.rights.named_persons`), as persons are.
"""

from __future__ import annotations

import contextlib
import hashlib
import re

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from rightful.rights.consent import subject_key
from rightful.rights.named_persons import persons
from rightful.store.parquet import literal

_JOINS = "and|und|et|y|e|og|och|en"
"""Words that may join two names."""
_PLAIN = r"(?:[A-Za-z0-9]+(?:\.? |['-]))*[A-Za-z0-9]+"
"""What is nothing but these characters, and has none of those words, is one name in one spelling."""
_SEVERAL = rf"(^| )({_JOINS})( |$)"
_ONE = re.compile(_PLAIN.replace("[A-Za-z0-9]", r"(?:[^\W\d_]|[0-9])"))
"""The same in any script; no digits but these, for others are read as these are."""
_SEVERAL_WORDS = re.compile(_SEVERAL)


def author_keys(name: str, key: bytes) -> list[bytes]:
    """The keyed hash of every spelling of the persons that a name of an author names.

    What cannot be read is known as it was written: a refusal of it in these words reaches it.
    """
    if _ONE.fullmatch(name) and not _SEVERAL_WORDS.search(name.lower()):
        return [subject_key(name, key)]
    spellings = dict.fromkeys([name, *persons(name).spellings])
    return list(dict.fromkeys(subject_key(spelling, key) for spelling in spellings if spelling.strip()))


def register(con: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """The SQL function ``author_keys(name)`` on a connection that may have it already.

    It is the function of that name in Python. The HMAC of a name in one spelling, as nearly all are, is said in SQL (RFC 2104),
    which takes a tenth of the time.
    """

    def keyed(names: pa.Array) -> pa.Array:
        return pa.array([author_keys(name, key) for name in names.to_pylist()], pa.list_(pa.binary()))

    with contextlib.suppress(duckdb.NotImplementedException, duckdb.CatalogException):  # it is there
        con.create_function(
            "keys_of_spellings",
            keyed,
            ["VARCHAR"],
            "BLOB[]",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.DEFAULT,
        )
    padded = (key if len(key) <= 64 else hashlib.sha256(key).digest()).ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded).hex() for pad in (0x36, 0x5C))
    once = f"unhex(sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(lower(name))))))"
    plain = literal(_PLAIN)
    con.cursor().execute(
        f"""CREATE OR REPLACE MACRO author_keys(name) AS
        CASE WHEN regexp_full_match(name, {plain}) AND NOT regexp_matches(lower(name), {literal(_SEVERAL)})
        THEN [{once}] ELSE keys_of_spellings(name) END"""
    ).fetchall()
