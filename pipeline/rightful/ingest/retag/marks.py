"""The marks of exact copies anew, where the digests of texts changed. Floor 7: part of ``retag``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from rightful.ingest.landing.exact import TEXT, earlier_texts, marks
from rightful.store.duck import batches
from rightful.store.layout import Layout
from rightful.store.ledger import Part
from rightful.store.parquet import scan
from rightful.store.parts import publish_table
from rightful.store.records import DUPLICATES, RECORDS
from rightful.store.relations import Relation, build, strings
from rightful.store.same_text import DIGESTS

NEEDED = pa.schema([RECORDS.field(name) for name in ("record_id", *DIGESTS)])


def successors(scanned: str) -> tuple[Relation, ...]:
    """``members``, as :mod:`rightful.ingest.landing.exact` has them: the records of every text that several have.

    ``part_places`` is given: what each part was called, and its place among them; ``scanned`` is the SQL of the parts.
    """
    whole = f"{' '.join(NEEDED.names)} filename file_row_number old place row"
    return (
        Relation("part_places", "part old place"),
        Relation(
            "successors",
            whole,
            "part_places",
            f"""SELECT s.*, p.old, p.place, s.file_row_number AS row
            FROM {scanned} s JOIN part_places p ON p.part = parse_filename(s.filename, true)""",
            view=True,
        ),
        Relation(
            "standing_successors",
            whole,
            "successors hidden",
            """SELECT * FROM successors a
            WHERE NOT EXISTS (SELECT 1 FROM hidden h WHERE h.part = a.old AND h.record_id = a.record_id)""",
            view=True,
        ),
        earlier_texts("standing_successors", among="successors"),
        Relation(
            "standing_texts",
            f"{whole} text",
            "standing_successors earlier_texts",
            f"SELECT *, {TEXT} AS text FROM standing_successors",
            view=True,
        ),
        Relation(
            "members",
            "record_id text place row",
            "standing_texts",
            """SELECT record_id, text, place, row FROM standing_texts
            WHERE text IN (SELECT text FROM standing_texts GROUP BY text HAVING count(*) > 1)""",
        ),
        Relation("no_marks", "record_id group_id", "", "SELECT '' AS record_id, '' AS group_id WHERE false", view=True),
    )


def exact_marks(
    con: duckdb.DuckDBPyConnection, layout: Layout, standing: Sequence[Part], names: Mapping[str, str]
) -> Part | None:
    """The marks of all records as one part, published; None for no copies.

    ``standing`` are the parts of records in their order, ``names`` what some of them are called from now on. Reads
    ``hidden``, which knows the old names.
    """
    new = [names.get(p.part, p.part) for p in standing]
    places = strings(part=new, old=(p.part for p in standing))
    places = places.append_column("place", pa.array(range(len(standing)), pa.int64()))
    files = [layout.part("records", part) for part in new]
    build(con, successors(scan(files, NEEDED, placed=True)), {"part_places": places})
    return publish_table(layout, "duplicates", batches(con, marks("no_marks")), DUPLICATES)
