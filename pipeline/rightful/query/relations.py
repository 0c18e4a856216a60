"""What a query computes once a snapshot is decided, in order: what is chosen, the waterfall, pairs that wait. Floor 7."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rightful.decisions.copies import MARKED, TOO_MANY
from rightful.decisions.relations import KEYS
from rightful.decisions.survivors import survivors
from rightful.notation.contents import EXTERNAL
from rightful.store.records import RECORDS
from rightful.store.relations import Relation

STARTS_FROM = (
    "records duplicates part_order marked decided decided_marked decided_cases near_members exact_members tally"
)
"""The relations of a decided snapshot that are read; beside them ``released`` and ``held_out`` where a selection asks for
them."""
_CASE_KEYS = "special outdated looked found published term chain through case_id permit"
_JUDGED_HAVE = " ".join([*RECORDS.names, "part row", _CASE_KEYS, "released is_here held"])
_CANDIDATES_HAVE = " ".join([*MARKED, "case_id"])
_OF_CANDIDATES = ", ".join(f"c.{name}" for name in _CANDIDATES_HAVE.split())


def selection(
    where: str, kinds: Iterable[str], order: str, *, released: bool, whole: bool, held: bool = False
) -> tuple[Relation, ...]:
    """``chosen``: permitted, selected by the condition ``where``, and one of each group of copies of these ``kinds``.

    ``released``: only what is in ``released(record_id, content_sha256)``, and has its content here. ``held``: only what is not in
    ``held_out(record_id, held)``, which says why. ``whole``: none of them narrows anything.
    """
    here = f"d.media_type <> '{EXTERNAL}'" if released else "true"
    out = (
        f"{here} AND EXISTS (SELECT 1 FROM released r WHERE r.record_id = d.record_id AND r.content_sha256 = d.content_sha256)"
        if released
        else "true"
    )
    return (
        Relation(
            "judged",
            _JUDGED_HAVE,
            f"decided{' released' if released else ''}{' held_out' if held else ''}",
            f"SELECT d.*, {out} AS released, {here} AS is_here, {_HELD if held else _NOT_HELD} AS held FROM decided d",
            view=True,
        ),
        # Permission is decided inside: nothing that is said of the rest can widen it.
        Relation(
            "candidates",
            _JUDGED_HAVE,
            "judged",
            f"SELECT * FROM (SELECT * FROM judged WHERE permit AND released AND held = '') WHERE {where}",
            view=True,
        ),
        # Who else may be left out for a copy: those of the candidates that have copies.
        Relation(
            "contenders",
            _CANDIDATES_HAVE,
            "decided_marked",
            _marked("decided_marked c WHERE c.permit"),
            rests_on="marked",
        )
        if whole
        else Relation(
            "contenders",
            _CANDIDATES_HAVE,
            "candidates marked",
            _marked("candidates c SEMI JOIN marked m ON m.row = c.row AND m.part = c.part"),
            rests_on="marked",
        ),
        *survivors(kinds, order),
        Relation(
            "chosen",
            _JUDGED_HAVE,
            "candidates dropped",
            """SELECT c.* FROM candidates c
            WHERE NOT EXISTS (SELECT 1 FROM dropped d WHERE d.row = c.row AND d.part = c.part)""",
            view=True,
        ),
    )


_NOT_HELD = "''"
_HELD = "coalesce((SELECT h.held FROM held_out h WHERE h.record_id = d.record_id), '')"


def _marked(of: str) -> str:
    return f"SELECT {_OF_CANDIDATES} FROM {of}"


_AXES = "case_id, license_concluded, language, source_id"


def drawn() -> tuple[Relation, ...]:
    """``chosen`` without what is in ``undrawn(record_id)``, which is given: less than what is permitted was asked for."""
    query = """SELECT c.* FROM candidates c
        WHERE NOT EXISTS (SELECT 1 FROM dropped d WHERE d.row = c.row AND d.part = c.part)
            AND NOT EXISTS (SELECT 1 FROM undrawn u WHERE u.record_id = c.record_id)"""
    return (Relation("chosen", _JUDGED_HAVE, "candidates dropped undrawn", query, view=True),)


def waterfall(where: str, *, whole: bool, narrowed: bool = False) -> tuple[Relation, ...]:
    """``waterfall``: records and characters by case, licence, language, source, whether another copy stays instead,
    whether the record may be chosen at all, why it is held out (empty: it is not), and where what is chosen was
    ``narrowed``, whether it is in ``undrawn``."""
    columns = f"{_AXES.replace(',', '')} is_dropped released is_here held records chars"
    if narrowed:
        query = f"""SELECT x.case_id, x.license_concluded, x.language, x.source_id, d.row IS NOT NULL AS is_dropped,
                x.released, x.is_here, x.held, u.record_id IS NOT NULL AS is_undrawn, count(*) AS records,
                sum(x.n_chars)::BIGINT AS chars
            FROM (SELECT * FROM judged WHERE {where}) x LEFT JOIN dropped d ON d.row = x.row AND d.part = x.part
            LEFT JOIN undrawn u ON u.record_id = x.record_id GROUP BY ALL"""
        return (Relation("waterfall", columns.replace("held", "held is_undrawn"), "judged dropped undrawn", query),)
    if not whole:
        query = f"""SELECT x.case_id, x.license_concluded, x.language, x.source_id, d.row IS NOT NULL AS is_dropped,
                x.released, x.is_here, x.held, count(*) AS records, sum(x.n_chars)::BIGINT AS chars
            FROM (SELECT * FROM judged WHERE {where}) x LEFT JOIN dropped d ON d.row = x.row AND d.part = x.part
            GROUP BY ALL"""
        return (Relation("waterfall", columns, "judged dropped", query),)
    return (
        Relation(
            "considered",
            f"{_AXES.replace(',', '')} records chars",
            "tally decided_cases",
            f"""SELECT {_AXES}, sum(records) AS records, sum(chars) AS chars
            FROM tally JOIN decided_cases USING ({KEYS}) GROUP BY ALL""",
        ),
        Relation(
            "left_out_for_copies",
            f"{_AXES.replace(',', '')} records chars",
            "contenders dropped",
            f"""SELECT {_AXES}, count(*) AS records, sum(n_chars) AS chars
            FROM contenders c SEMI JOIN dropped d ON d.row = c.row AND d.part = c.part GROUP BY ALL""",
            rests_on="contenders",
        ),
        Relation(
            "waterfall",
            columns,
            "considered left_out_for_copies",
            f"""SELECT {_AXES}, is_dropped, true AS released, true AS is_here, '' AS held, sum(records)::BIGINT AS records,
                sum(chars)::BIGINT AS chars FROM (
                SELECT *, false AS is_dropped FROM considered
                UNION ALL SELECT {_AXES}, -records, -chars, false FROM left_out_for_copies
                UNION ALL SELECT *, true FROM left_out_for_copies)
            GROUP BY ALL HAVING sum(records) > 0""",
        ),
    )


def considered_copies(where: str, *, whole: bool) -> Relation:
    """The considered records that have copies, permitted or not: among them other requests would choose."""
    if whole:
        return Relation(
            "considered_copies", _CANDIDATES_HAVE, "decided_marked", _marked("decided_marked c"), rests_on="marked"
        )
    of = f"(SELECT * FROM judged WHERE released AND held = '' AND {where}) c SEMI JOIN marked m ON m.row = c.row AND m.part = c.part"
    return Relation("considered_copies", _CANDIDATES_HAVE, "judged marked", _marked(of), rests_on="marked")


def ranked(order: str) -> Relation:
    """``ranked``: the considered copies, each with its place in the order by which one of a group stays, from 0."""
    query = f"""SELECT c.record_id, c.case_id, c.n_chars, row_number() OVER (ORDER BY {order}) - 1 AS place
        FROM considered_copies c JOIN part_order p ON p.part = c.part"""
    return Relation("ranked", "record_id case_id n_chars place", "considered_copies part_order", query)


OPEN_HAVE: Sequence[str] = (
    *("kind", "record", "source", "license", "other", "other_source", "other_license"),
    *("similarity", "why", "records", "by_review"),
)


def open_pairs(stored_pairs: str, withdrawn: str) -> tuple[Relation, ...]:
    """``open_pairs``: of what copies leave open, two texts a row, each named by one record.

    ``opens`` is given: the statements that leave a case open, or ``withdrawn``, of which there is no statement.
    ``stored_pairs`` is the SQL of the parts that have the similarities of near copies.
    """
    members = "kind group_id text record_id case_id"
    texts = "kind group_id text case_id record records"
    of_case = "kind group_id text other_text case_id record other records why"
    return (
        Relation("opens", "case_id kind rights_id why"),
        Relation(
            "open_members",
            members,
            "near_members exact_members decided opens",
            """SELECT 'near' AS kind, m.group_id, m.text, m.record_id, d.case_id FROM near_members m
            JOIN decided d ON d.record_id = m.record_id WHERE d.case_id IN (SELECT case_id FROM opens WHERE kind = 'near')
            UNION ALL SELECT 'exact', m.group_id, m.rights_id, m.record_id, d.case_id FROM exact_members m
            JOIN decided d ON d.record_id = m.record_id WHERE d.case_id IN (SELECT case_id FROM opens WHERE kind = 'exact')""",
            rests_on="opens",
        ),
        Relation(
            "open_texts",
            texts,
            "open_members",
            """SELECT kind, group_id, text, case_id, min(record_id) AS record, count(*) AS records FROM open_members
            GROUP BY ALL""",
        ),
        Relation(
            "near_firsts",
            "group_id text rights_id record",
            "near_members",
            "SELECT group_id, text, rights_id, min(record_id) AS record FROM near_members GROUP BY ALL",
        ),
        Relation(
            "exact_firsts",
            "group_id rights_id record",
            "exact_members",
            "SELECT group_id, rights_id, min(record_id) AS record FROM exact_members GROUP BY ALL",
        ),
        # A text beside each of the texts that leave it open: stated of a near copy, withdrawn near by, stated of an exact one.
        Relation(
            "open_beside",
            f"{texts} other_text other why",
            "open_texts opens near_firsts exact_firsts near_hits",
            f"""SELECT o.*, n.text AS other_text, n.record AS other, w.why FROM open_texts o
            JOIN opens w ON w.case_id = o.case_id AND w.kind = 'near' AND w.why <> '{withdrawn}'
            JOIN near_firsts n ON n.group_id = o.group_id AND n.text <> o.text
                AND (n.rights_id = w.rights_id OR w.rights_id = '{TOO_MANY}')
            WHERE o.kind = 'near'
            UNION ALL SELECT o.*, n.text, n.record, w.why FROM open_texts o
            JOIN opens w ON w.case_id = o.case_id AND w.why = '{withdrawn}'
            JOIN near_firsts n ON n.group_id = o.group_id AND n.text <> o.text
            WHERE o.kind = 'near' AND EXISTS (
                SELECT 1 FROM near_hits h WHERE h.group_id = o.group_id AND (h.text = n.text OR h.text = o.text))
            UNION ALL SELECT o.*, n.rights_id, n.record, w.why FROM open_texts o
            JOIN opens w ON w.case_id = o.case_id AND w.kind = 'exact'
            JOIN exact_firsts n ON n.group_id = o.group_id AND n.rights_id <> o.text
                AND (n.rights_id = w.rights_id OR w.rights_id = '{TOO_MANY}')
            WHERE o.kind = 'exact'""",
        ),
        Relation(
            "undecided",
            f"{texts} other_text other why",
            "open_beside near_settled",
            """SELECT f.* FROM open_beside f
            ANTI JOIN near_settled a ON a.group_id = f.group_id AND a.text = f.text AND a.other = f.other_text""",
        ),
        Relation(
            "undecided_by_case",
            of_case,
            "undecided",
            """SELECT kind, group_id, text, other_text, case_id, min(record) AS record, min(other) AS other,
                any_value(records) AS records, list(DISTINCT why) AS why FROM undecided GROUP BY ALL""",
        ),
        Relation(
            "undecided_pairs",
            "kind group_id text other_text record other records why",
            "undecided_by_case",
            """SELECT kind, group_id, text, other_text, min(record) AS record, min(other) AS other,
                sum(records)::BIGINT AS records, list_sort(list_distinct(flatten(list(why)))) AS why
            FROM undecided_by_case GROUP BY kind, group_id, text, other_text""",
        ),
        Relation(
            "near_marks",
            "text record_id role similarity",
            "duplicates near_members",
            """SELECT m.text, d.record_id, d.role, d.similarity FROM duplicates d
            JOIN near_members m ON m.record_id = d.record_id WHERE d.kind = 'near'""",
        ),
        Relation(
            "measured",
            "a b similarity",
            "",
            f"""SELECT least(record_id_a, record_id_b) AS a, greatest(record_id_a, record_id_b) AS b,
                max(similarity) AS similarity FROM {stored_pairs} GROUP BY ALL""",
        ),
        Relation(
            "open_pairs",
            " ".join(OPEN_HAVE),
            "undecided_pairs records near_marks measured",
            """SELECT p.kind, p.record, r.source_id AS source, r.license_concluded AS license, p.other,
                s.source_id AS other_source, s.license_concluded AS other_license,
                CASE WHEN r.norm_sha256 = s.norm_sha256 THEN 1.0 WHEN x.role = 'anchor' THEN y.similarity
                    WHEN y.role = 'anchor' THEN x.similarity ELSE q.similarity END AS similarity,
                p.why, p.records, p.kind = 'near' AS by_review
            FROM undecided_pairs p JOIN records r ON r.record_id = p.record JOIN records s ON s.record_id = p.other
            LEFT JOIN near_marks x ON p.kind = 'near' AND x.text = p.text
            LEFT JOIN near_marks y ON p.kind = 'near' AND y.text = p.other_text
            LEFT JOIN measured q ON q.a = least(x.record_id, y.record_id) AND q.b = greatest(x.record_id, y.record_id)""",
        ),
    )
