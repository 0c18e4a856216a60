"""The column ``places`` of records: made when they are read, and read again where an earlier list made it. Floor 4.

A part says in its metadata by which version of the lists it was made. In one of an earlier version, and in one from
before there was such a column, every row is looked at again by today's: an entry that was added reaches what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from rightful.catalog import place_lists
from rightful.notation.places import own_places, places
from rightful.store.parquet import Identity, identity, opened

MADE_BY = "rightful.places"
"""The key in the metadata of a part."""
PLACES = pa.list_(pa.string())


def made_by() -> Mapping[str, str]:
    """What a part that is written now says in its metadata."""
    return {MADE_BY: place_lists().version}


def placed(addresses: Iterable[Iterable[str]]) -> pa.Array:
    """Every place that the addresses of each row mean; none where there are none. Never null, which is "not looked at"."""
    lists = place_lists()
    by_record = ((p for url in of for p in places(url, lists)) for of in addresses)
    return pa.array([list(dict.fromkeys(of)) for of in by_record], PLACES)


def placed_again(urls: pa.Array, stored: pa.Array) -> pa.Array:
    """By today's lists, of what an earlier one left: a place that was kept is an address as well."""
    pairs = zip(urls.to_pylist(), stored.to_pylist(), strict=True)
    return placed([*([] if url is None else [url]), *(kept or ())] for url, kept in pairs)


def stone_places(url: str) -> tuple[str, ...]:
    """The places that a tombstone's address stands for."""
    return own_places(url, place_lists())


def is_current(part: Path) -> bool:
    """True where the places of a part were made by today's lists. Raises :class:`StoreError` for what cannot be read."""
    return _made_by(identity(part)) == place_lists().version


@lru_cache(maxsize=65_536)
def _made_by(known: Identity) -> str:
    with opened(Path(known.path)) as file:
        stamped: bytes = (file.schema_arrow.metadata or {}).get(MADE_BY.encode(), b"")
        return stamped.decode(errors="replace")


def register(con: duckdb.DuckDBPyConnection) -> None:
    """The SQL function ``placed_again(url, places)`` on a connection that may have it already."""
    try:
        con.create_function(
            "placed_again",
            placed_again,
            ["VARCHAR", "VARCHAR[]"],
            "VARCHAR[]",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )
    except (duckdb.NotImplementedException, duckdb.CatalogException):
        return  # it is there
