"""What other parts say of a record that is erased: what was read as its rights, where it stood, what its file is called. Floor 7.

What a claim rests on goes where no other record has the claim, and what decides stays. The name of a file goes where the store
has nothing else of it: a keyed hash takes its place, so that it is still one file.
"""

from __future__ import annotations

from collections.abc import Mapping

from rightful.store.keyed import TAKES, keyed_text
from rightful.store.records import ERASED, EVIDENCE, OBSERVATIONS, REJECTED
from rightful.store.relations import Relation

NAMELESS = "erased-"
"""What the name of a file that was erased begins with."""

BESIDE = (
    Relation(
        "staying",
        "record_id source_id rights_id file url",
        "all_records due_rows",
        f"""SELECT DISTINCT record_id, source_id::VARCHAR AS source_id, rights_id, file, url FROM all_records a
        WHERE recipe_sha256 <> '{ERASED}'
            AND NOT EXISTS (SELECT 1 FROM due_rows d WHERE d.part = a.part AND d.row = a.row)""",
    ),
    Relation(
        "going",
        "source_id rights_id file url",
        "all_records due_rows",
        """SELECT DISTINCT source_id::VARCHAR AS source_id, rights_id, file, url FROM all_records a
        JOIN due_rows d ON d.part = a.part AND d.row = a.row""",
    ),
    Relation(
        "claims_gone",
        "rights_id source_id",
        "going staying",
        """SELECT DISTINCT rights_id, source_id FROM going g
        ANTI JOIN staying s ON s.rights_id = g.rights_id AND s.source_id = g.source_id""",
    ),
    Relation(
        "files_gone",
        "source_id file nameless",
        "going staying held_files due",
        f"""SELECT DISTINCT g.source_id, g.file, '{NAMELESS}' || left({keyed_text("g.source_id || chr(0) || g.file")}, 16) AS nameless
        FROM going g ANTI JOIN staying s ON s.source_id = g.source_id AND s.file = g.file
        ANTI JOIN (SELECT source_id, file FROM held_files h ANTI JOIN due d ON d.record_id = h.record_id WHERE h.kind <> 'not') o
            ON o.source_id = g.source_id AND o.file = g.file WHERE g.file <> ''""",
        takes=TAKES,
    ),
    Relation(
        "urls_gone",
        "url",
        "going staying",
        "SELECT DISTINCT url FROM going g ANTI JOIN staying s ON s.url = g.url WHERE g.url IS NOT NULL",
    ),
)
"""``claims_gone``, ``files_gone`` and ``urls_gone``: what no record has that stays. ``held_files`` are all that files hold."""


_GONE = "SELECT source_id AS whose, list(file) AS gone FROM files_gone GROUP BY ALL"


def rewritten(kind: str, old: str) -> tuple[str, str]:
    """(a condition on the rows ``p`` of ``old`` of which any makes the part one to be written anew, the query of what it has
    then), for the kinds of which rows stay and say less."""
    listed = {
        "evidence": (
            "(p.rights_id, p.source_id) IN (SELECT (rights_id, source_id) FROM claims_gone) AND p.raw IS NOT NULL"
            " OR EXISTS (SELECT 1 FROM files_gone g WHERE g.source_id = p.source_id AND list_contains(p.files, g.file))",
            _columns(
                EVIDENCE.names,
                {
                    "raw": "CASE WHEN (p.rights_id, p.source_id) IN (SELECT (rights_id, source_id) FROM claims_gone)"
                    " THEN NULL ELSE raw END",
                    "files": "list_filter(files, lambda f: NOT list_contains(coalesce(gone, []), f))",
                },
            ),
        ),
        "rejected": (
            "p.file IN (SELECT file FROM files_gone)",
            _columns(
                REJECTED.names,
                {"file": "coalesce((SELECT min(nameless) FROM files_gone g WHERE g.file = p.file), file)"},
            ),
        ),
        "observations": (
            "p.address IN (SELECT url FROM urls_gone) AND (p.raw IS NOT NULL OR p.place IS NOT NULL)",
            _columns(
                OBSERVATIONS.names,
                {
                    name: f"CASE WHEN p.address IN (SELECT url FROM urls_gone) THEN NULL ELSE {name} END"
                    for name in ("raw", "place")
                },
            ),
        ),
    }
    condition, columns = listed[kind]
    beside = f"LEFT JOIN ({_GONE}) g ON g.whose = p.source_id" if kind == "evidence" else ""
    return condition, f"SELECT {columns} FROM {old} p {beside} ORDER BY file_row_number"


KINDS_BESIDE = ("evidence", "rejected", "observations")


def _columns(names: list[str], instead: Mapping[str, str]) -> str:
    return ", ".join(f"{instead[name]} AS {name}" if name in instead else name for name in names)
