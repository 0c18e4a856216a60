"""The marks of exact copies anew, where the digests of texts changed. Floor 7: part of ``retag``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from rightful.ingest.landing.exact import MARKS, find_earlier
from rightful.store.duck import batches, fill
from rightful.store.layout import Layout
from rightful.store.ledger import Part
from rightful.store.parquet import scan
from rightful.store.parts import publish_table
from rightful.store.records import DUPLICATES, RECORDS
from rightful.store.same_text import DIGESTS, text_of

_NEEDED = pa.schema([RECORDS.field(name) for name in ("record_id", *DIGESTS)])


def exact_marks(
    con: duckdb.DuckDBPyConnection, layout: Layout, standing: Sequence[Part], names: Mapping[str, str]
) -> Part | None:
    """The marks of all records as one part, published; None for no copies.

    ``standing`` are the parts of records in their order, ``names`` what some of them are called from now on. Reads
    ``hidden``, which knows the old names; leaves other views in the place of ``all_records`` and ``duplicates``.
    """
    places = {
        "part": pa.array([names.get(p.part, p.part) for p in standing], pa.string()),
        "old": pa.array([p.part for p in standing], pa.string()),
        "place": pa.array(range(len(standing)), pa.int64()),
    }
    fill(con, "part_places", pa.table(places))
    files: list[Path] = [layout.part("records", part) for part in places["part"].to_pylist()]
    run = con.cursor().execute
    run(
        f"""CREATE OR REPLACE VIEW all_records AS SELECT s.*, p.old, p.place, s.file_row_number AS row
        FROM {scan(files, _NEEDED, placed=True)} s JOIN part_places p ON p.part = parse_filename(s.filename, true)"""
    ).fetchall()
    run(
        """CREATE OR REPLACE VIEW standing_records AS SELECT * FROM all_records a
        WHERE NOT EXISTS (SELECT 1 FROM hidden h WHERE h.part = a.old AND h.record_id = a.record_id)"""
    ).fetchall()
    run("CREATE OR REPLACE VIEW duplicates AS SELECT NULL AS record_id, NULL AS group_id WHERE false").fetchall()
    find_earlier(con, "FROM standing_records")
    run(
        f"CREATE OR REPLACE VIEW standing_texts AS SELECT *, {text_of('earlier')} AS text FROM standing_records"
    ).fetchall()
    run(
        """CREATE OR REPLACE TABLE members AS SELECT record_id, text, place, row FROM standing_texts
        WHERE text IN (SELECT text FROM standing_texts GROUP BY text HAVING count(*) > 1)"""
    ).fetchall()
    return publish_table(layout, "duplicates", batches(con, MARKS), DUPLICATES)
