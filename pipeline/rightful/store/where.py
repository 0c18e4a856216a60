"""A user's ``--where``: one condition on the columns of a record, and nothing else. Floor 4.

The text is parsed by DuckDB and the tree is checked before it becomes part of a query: no subquery, no table, no
parameter, and only functions that are listed here, whose answer is a function of their arguments. What it is made of
then cannot read a file, reach a network, change a setting or make the same export differ tomorrow.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from rightful.errors import InputError, UnknownName
from rightful.store.check import check_parts
from rightful.store.duck import fill, rows, sql_type
from rightful.store.kept import KEPT, kept_columns, reading
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.records import RECORDS

_ALLOWED = frozenset(
    {
        "COLUMN_REF",
        "COMPARISON",
        "CONJUNCTION",
        "CONSTANT",
        "FUNCTION",
        "BETWEEN",
        "OPERATOR",
        "CAST",
        "TYPE",
        "CASE",
        "COLLATE",
        "LAMBDA",
        "LAMBDA_REF",
    }
)

# A list, because DuckDB's own word for it is not enough: versions call current_localtimestamp() and ago() consistent, and
# others call the hour of an instant "consistent within a query", as it goes by the time zone, which `duck.connect` sets.
_FUNCTIONS = frozenset(
    """
    + - * / // % ** ^ & | << >> ~ || -> ->> @> <@ && ^@ ~~ !~~ ~~* !~~* ~~~ row struct_pack struct_extract list_value
    like_escape not_like_escape ilike_escape not_ilike_escape regexp_matches regexp_full_match regexp_extract
    regexp_extract_all regexp_replace regexp_split_to_array regexp_escape
    length len char_length character_length strlen bit_length octet_length lower lcase upper ucase trim ltrim rtrim
    lpad rpad left right substr substring concat concat_ws replace translate reverse repeat split_part string_split
    str_split string_to_array contains starts_with ends_with prefix suffix instr position strpos ascii chr unicode ord
    strip_accents nfc_normalize url_decode url_encode levenshtein damerau_levenshtein hamming jaccard
    jaro_similarity jaro_winkler_similarity md5 md5_number_lower md5_number_upper sha1 sha256 hex unhex to_hex from_hex
    base64 to_base64 from_base64 encode decode parse_filename parse_dirname parse_dirpath parse_path
    abs ceil ceiling floor round trunc sign sqrt cbrt exp ln log log2 log10 pow power mod greatest least fdiv fmod
    isnan isinf isfinite even gcd lcm bit_count xor if nullif
    year month day hour minute second quarter week weekday weekofyear yearweek dayofweek dayofyear isodow isoyear
    decade century epoch epoch_ms epoch_us date_part datepart date_trunc datetrunc date_diff datediff date_add date_sub
    datesub last_day make_date make_timestamp make_timestamptz to_timestamp strftime strptime try_strptime time_bucket
    timezone to_years to_months to_weeks to_days to_hours to_minutes to_seconds
    list_contains list_has list_has_any list_has_all list_position list_indexof list_extract list_element
    array_extract list_slice array_slice list_filter list_transform list_apply list_reduce list_distinct list_unique
    list_sort list_reverse_sort list_reverse list_concat list_append list_prepend list_intersect list_count list_sum
    list_min list_max list_avg list_any_value list_first list_last flatten array_contains array_has array_has_any
    array_has_all array_length array_position array_to_string array_filter array_transform range generate_series
    json_extract json_extract_string json_extract_path json_extract_path_text json_value json_exists json_valid
    json_type json_keys json_array_length json_contains
    """.split()
)

_SHOWN_CHARS = 200


class KeptIn(NamedTuple):
    """A snapshot of a store, in which columns may have been kept; ``hidden`` answers the rows ``(part, row)`` of texts that may
    not be looked at."""

    layout: Layout
    ledger: Ledger
    snapshot: int
    hidden: Callable[[], pa.Table] | None = None


def condition(con: duckdb.DuckDBPyConnection, where: str | None, of: KeptIn | None = None) -> str:
    """The condition in parentheses, ready to stand after WHERE or AND; ``true`` for None. Raises :class:`InputError`.

    One on columns that were kept (``kept.score > 0.8``) is about more than what records have: it is answered here, once for
    all records of the snapshot ``of``, and what comes back names those for which it holds.
    """
    if where is None or not where.strip():
        return "true"
    tree = _parsed(con, where)
    for node in _nodes(tree):
        kind = node["class"]
        if kind not in _ALLOWED:
            raise _refused(where, f"{kind.lower().replace('_', ' ')} is not allowed in it")
        if kind == "FUNCTION" and node["function_name"].lower() not in _FUNCTIONS:
            raise _refused(where, f"the function {node['function_name']} cannot be used in it")
    named = list(_columns(tree))
    for names in named:
        if names[0].lower() not in (*RECORDS.names, KEPT):
            raise UnknownName.of("column", ".".join(names)[:_SHOWN_CHARS], [*RECORDS.names, KEPT], subject="--where")
    if any(names[0].lower() == KEPT for names in named):
        return _of_kept(con, where, of)
    _bind(con, where)
    return f"(\n{where}\n)"


def _of_kept(con: duckdb.DuckDBPyConnection, where: str, of: KeptIn | None) -> str:
    """The condition as one on ids: of the records of the views of ``con`` for which it holds with what was kept of them."""
    columns = kept_columns(of.layout, of.ledger, of.snapshot) if of is not None else {}
    if of is None or not columns:
        raise _refused(where, "no columns were kept in this store", "keep some: rightful ingest --keep COLUMN")
    read = reading(columns, "t.kept")
    _bind(con, where, f"(SELECT {read} FROM (SELECT CAST(NULL AS VARCHAR) AS kept) t)")
    check_parts(of.layout, of.ledger, of.snapshot, ("texts",))
    out = "SELECT NULL AS part, NULL AS row WHERE false"
    if of.hidden is not None:
        fill(con, "hidden_from_conditions", of.hidden())
        out = "FROM hidden_from_conditions"
    name = "holds_" + hashlib.sha256(where.encode()).hexdigest()[:16]
    checked = f"(\n{where}\n)"
    with naming_condition(checked):
        rows(
            con,
            f"""CREATE OR REPLACE TABLE {name} AS SELECT record_id FROM (
                SELECT r.*, {read} AS {KEPT} FROM records r LEFT JOIN (
                    SELECT t.part, t.row, t.kept FROM all_texts t
                    ANTI JOIN ({out}) h ON h.part = t.part AND h.row = t.row) t ON t.part = r.part AND t.row = r.row) records
            WHERE {checked}""",
        )
    return f"(record_id IN (SELECT h.record_id FROM {name} h))"


@contextlib.contextmanager
def naming_condition(checked: str) -> Iterator[None]:
    """Whatever runs in it with a :func:`condition` blames that for values that fail: a cast, a division, a pattern.

    A condition whose types fit may still fail on the value of a record. Raises :class:`InputError`.
    """
    try:
        yield
    except (duckdb.DataError, duckdb.ProgrammingError) as error:
        if checked == "true":
            raise
        why = str(error).partition("\n")[0]
        raise InputError(f"fails on a record: {why}", subject="--where", hint="try_cast gives NULL") from error


def _parsed(con: duckdb.DuckDBPyConnection, where: str) -> Any:
    """The tree of the condition, which must be the same with parentheses around it and without.

    Without them it cannot close what is opened around it; within them it cannot go on with another clause.
    """
    within, alone = (_tree(con, where, f"{opened}\n{where}\n{closed}") for opened, closed in (("(", ")"), (" ", " ")))
    if within != alone:
        raise _refused(where, "it must be one condition")
    return within


def _tree(con: duckdb.DuckDBPyConnection, where: str, enclosed: str) -> Any:
    query = f"SELECT 1 FROM records WHERE {enclosed}"
    try:
        parsed = json.loads(str(rows(con, "SELECT json_serialize_sql(?)", [query])[0][0]))
    except RecursionError:
        raise _refused(where, "it is nested too deeply") from None
    if parsed.get("error"):
        raise _refused(where, str(parsed.get("error_message", "it cannot be parsed")))
    statements = parsed["statements"]
    node = statements[0]["node"]
    plain = node["type"] == "SELECT_NODE" and not node["modifiers"] and not node["group_expressions"]
    if len(statements) != 1 or not plain or node["qualify"] or node["having"] or node.get("sample"):
        raise _refused(where, "it must be one condition")
    return node["where_clause"]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every expression of the tree."""
    waiting = [tree]
    while waiting:
        at = waiting.pop()
        if isinstance(at, dict):
            if "class" in at:
                yield at
            waiting.extend(at.values())
        elif isinstance(at, list):
            waiting.extend(at)


def _columns(tree: Any) -> Iterator[list[str]]:
    """Every reference that is not to a parameter of a lambda around it."""
    waiting: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        at, bound = waiting.pop()
        if isinstance(at, list):
            waiting.extend((inner, bound) for inner in at)
        elif isinstance(at, dict):
            kind = at.get("class")
            if kind == "LAMBDA":
                bound |= {name for side in _nodes(at["lhs"]) for name in side.get("column_names", [])}
            elif kind == "COLUMN_REF" and at["column_names"][0] not in bound:
                yield at["column_names"]
            waiting.extend((inner, bound) for inner in at.values())


def _bind(con: duckdb.DuckDBPyConnection, where: str, kept: str = "") -> None:
    """Types fit, columns exist, and patterns, formats and constants can be used: shown on a record of which nothing is known.

    A version of the database may look at a pattern while it binds or when it runs. As a column and not as a filter,
    because a filter stops at the first part that decides, and what stands behind it would not be looked at; from a table,
    because what is unknown by the query itself is folded away. ``kept`` is the SQL of what was kept of such a record.
    """
    unknown = ", ".join(f'CAST(NULL AS {sql_type(f.type)}) AS "{f.name}"' for f in RECORDS)
    also = f", {kept} AS {KEPT}" if kept else ""
    rows(con, f"CREATE OR REPLACE TABLE unknown_record AS SELECT {unknown}{also}")
    try:
        rows(con, f"SELECT CAST((\n{where}\n) AS BOOLEAN) FROM unknown_record AS records")
    except duckdb.Error as error:
        raise _refused(where, str(error).partition("\n")[0]) from error


def _refused(
    where: str, why: str, hint: str = "for example --where \"language = 'en' AND n_words > 50\""
) -> InputError:
    shown = where if len(where) <= _SHOWN_CHARS else where[:_SHOWN_CHARS] + "..."
    return InputError(f"{shown!r} cannot be used: {why}", subject="--where", hint=hint)
