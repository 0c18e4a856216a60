"""A snapshot as DuckDB views over its Parquet parts. Floor 4.

``records`` has the rows that count: those of newer parts hide older versions and older tags. ``texts`` follows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from rightful.errors import StoreError
from rightful.notation.shown import counted
from rightful.store import authors
from rightful.store.chain import REMEDY
from rightful.store.check import DECIDING_KINDS, check_files
from rightful.store.duck import fill, literal, scan
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.parquet import lacking
from rightful.store.placed import is_current, register
from rightful.store.records import ADDED, KINDS


def open_views(
    con: duckdb.DuckDBPyConnection,
    layout: Layout,
    ledger: Ledger,
    snapshot: int,
    *,
    older: bool = False,
    texts: bool = False,
    every: bool = False,
) -> None:
    """Create the views ``records, texts, duplicates, evidence, rejected, hidden, tombstones`` and ``part_order``, and the
    function ``author_keys``.

    ``records`` has the extra columns ``part`` and ``row`` (0-based within the part); ``part_order(part, ordinal)``
    gives the order of the store. Raises :class:`StoreError` for tags that lack columns, as an earlier version wrote them,
    unless ``older`` takes them as they are, and for a part that is not what was committed. ``texts``: those too, for
    whoever reads them through the view. ``every``: of every snapshot, one after the other.
    """
    parts_of = ledger.every_part if every else partial(ledger.parts, snapshot=snapshot)
    kinds_read = (*DECIDING_KINDS, "texts") if texts else DECIDING_KINDS
    check_files((layout.part(kind, p.part), p.sha256) for kind in kinds_read for p in parts_of(kind))
    run = con.cursor().execute
    authors.register(con, ledger.key)
    for kind in ("hidden", "duplicates", "evidence", "rejected", "tombstones"):
        kinds = (kind, "near") if kind == "duplicates" else (kind,)
        files = [layout.part(k, p.part) for k in kinds for p in parts_of(k)]
        run(f"CREATE OR REPLACE VIEW {kind} AS SELECT * FROM {scan(files, KINDS[kind])}").fetchall()
    parts = parts_of("records")
    if parts and not older:
        _check_columns(layout, (p.part for p in parts))
    order = {
        "part": pa.array([p.part for p in parts], pa.string()),
        "ordinal": pa.array([p.ordinal for p in parts], pa.int64()),
    }
    fill(con, "part_order", pa.table(order))
    today = _as_today(con, [layout.part("records", p.part) for p in parts])
    for kind in ("records", "texts"):
        files = [layout.part(kind, p.part) for p in parts]
        view = f"""CREATE OR REPLACE VIEW all_{kind} AS
            SELECT * EXCLUDE (filename, file_row_number) {today if kind == "records" else ""},
                parse_filename(filename, true) AS part, file_row_number AS row
            FROM {scan(files, KINDS[kind], placed=True)}"""
        try:
            run(view).fetchall()
        except duckdb.Error as error:  # of texts, which are held against their digests when they are read
            why = f"a part cannot be read: {str(error).partition(chr(10))[0]}"
            raise StoreError(why, subject=str(layout.root / kind), hint=REMEDY) from error
    hides = int(run("SELECT count(*) FROM hidden").fetchall()[0][0])
    for kind in ("records", "texts"):
        where = (
            "WHERE NOT EXISTS (SELECT 1 FROM hidden h WHERE h.part = a.part AND h.record_id = a.record_id)"
            if hides
            else ""
        )
        run(f"CREATE OR REPLACE VIEW {kind} AS SELECT a.* FROM all_{kind} a {where}").fetchall()


def open_rows(con: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: int, places: pa.Table) -> None:
    """Create ``all_records`` of these rows alone (``part, row``), the views ``hidden`` and ``tombstones``, and the function
    ``author_keys``: a few rows of a large store, of which nothing else is read. Raises :class:`StoreError` as
    :func:`open_views` does for what is read.
    """
    named = set(places.column("part").to_pylist())
    files = [(layout.part("records", p.part), p.sha256) for p in ledger.parts("records", snapshot) if p.part in named]
    kinds = {
        kind: [(layout.part(kind, p.part), p.sha256) for p in ledger.parts(kind, snapshot)] for kind in _WITHHOLDING
    }
    check_files([*files, *(file for of in kinds.values() for file in of)])
    authors.register(con, ledger.key)
    run = con.cursor().execute
    for kind, of in kinds.items():
        query = scan([path for path, _ in of], KINDS[kind])
        run(f"CREATE OR REPLACE VIEW {kind} AS SELECT * FROM {query}").fetchall()
    paths = [path for path, _ in files]
    fill(con, "wanted_rows", places)
    today = _as_today(con, paths)
    run(
        f"""CREATE OR REPLACE TABLE all_records AS SELECT a.* FROM (
            SELECT * EXCLUDE (filename, file_row_number) {today}, parse_filename(filename, true) AS part, file_row_number AS row
            FROM {scan(paths, KINDS["records"], placed=True)}) a
        SEMI JOIN wanted_rows w ON w.part = a.part AND w.row = a.row"""
    ).fetchall()


_WITHHOLDING = ("hidden", "tombstones")
_PERSONS = "coalesce(subject_keys, CASE WHEN subject_key IS NULL THEN [] ELSE [subject_key] END)"
"""An earlier version knew one person of a record at most."""


def _as_today(con: duckdb.DuckDBPyConnection, files: list[Path]) -> str:
    """What takes the place of ``places`` in parts that an earlier list made, their addresses read again, and of the
    persons in those that knew one at most.
    """
    older = [file.stem for file in files if not is_current(file)]
    if not older:
        return ""
    register(con)
    listed = ", ".join(literal(name) for name in older)
    again = "placed_again(url, places)"
    if len(older) < len(files):
        again = f"CASE WHEN parse_filename(filename, true) IN ({listed}) THEN {again} ELSE places END"
    return f"REPLACE ({again} AS places, {_PERSONS} AS subject_keys)"


def _check_columns(layout: Layout, parts: Iterable[str]) -> None:
    """Raise :class:`StoreError` for tags without columns whose absence has no meaning: only ``tag`` can fill them."""
    for part in parts:
        lacks = [name for name in lacking(layout.part("records", part), KINDS["records"]) if name not in ADDED]
        if lacks:
            raise StoreError(
                f"the tags were written by an earlier version, without {lacks[0]}"
                + (f" and {counted(len(lacks) - 1, 'more column')}" if len(lacks) > 1 else ""),
                subject=str(layout.root),
                hint="bring them up to date: rightful tag",
            )
