"""``--where``: a condition on a record's columns, whatever somebody writes into it. Record tags and users are hostile."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rightful.errors import InputError, UnknownName
from rightful.store.duck import connect, fill, rows
from rightful.store.records import RECORDS
from rightful.store.where import _FUNCTIONS, condition

CON = connect(threads=1)
LANGUAGES = ["en", "de", "en", None, "x' OR '1'='1"]


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    """Five records, two of which are permitted, and a table that nobody may see."""
    n = len(LANGUAGES)
    columns = {f.name: pa.nulls(n, f.type) for f in RECORDS}
    columns["record_id"] = pa.array([f"r{i}" for i in range(n)])
    columns["language"] = pa.array(LANGUAGES)
    columns["n_words"] = pa.array([10, 60, 70, 5, 0], RECORDS.field("n_words").type)
    columns["authors"] = pa.array([["a", "b"], ["c"], [], None, ["a"]], RECORDS.field("authors").type)
    columns["title"] = pa.array(["1", "two", "3", None, ""])
    extra = {"permit": pa.array([True, True, False, False, False]), "secret": pa.array(["s"] * n)}
    fill(CON, "hidden_records", pa.table({**columns, **extra}))
    yield
    assert rows(CON, "SELECT count(*) FROM hidden_records") == [(n,)], "a condition changed a table"


def selected(where: str | None) -> list[str]:
    """The permitted records that a condition leaves, as queries ask for them."""
    query = f"SELECT record_id FROM hidden_records WHERE permit AND {condition(CON, where)} ORDER BY record_id"
    return [str(r[0]) for r in rows(CON, query)]


@pytest.mark.parametrize(
    ("where", "left"),
    [
        (None, ["r0", "r1"]),
        ("", ["r0", "r1"]),
        (" \n ", ["r0", "r1"]),
        ("language = 'en'", ["r0"]),
        ("LANGUAGE = 'en'", ["r0"]),
        ("\"language\" = 'en'", ["r0"]),
        ("language = 'en' OR language = 'de'", ["r0", "r1"]),
        ("NOT (language = 'en') -- the rest", ["r1"]),
        ("/* all */ true", ["r0", "r1"]),
        ("language IN ('de', 'fr') AND n_words BETWEEN 50 AND 100", ["r1"]),
        ("language IS NOT NULL AND n_words % 2 = 0", ["r0", "r1"]),
        ("language LIKE 'e_' ESCAPE '!' AND language NOT LIKE 'd%' AND language ILIKE 'E%'", ["r0"]),
        ("regexp_matches(language, '^d') OR language SIMILAR TO 'f.*' OR language ~ 'd.'", ["r1"]),
        ("CASE WHEN n_words > 50 THEN true ELSE false END", ["r1"]),
        ("coalesce(title, '') <> '1' AND nullif(n_words, 60) IS NULL", ["r1"]),
        ("CAST(n_words AS DOUBLE) / 4 > 2.5 AND n_words::VARCHAR = '60'", ["r1"]),
        ("try_cast(title AS INTEGER) = 1", ["r0"]),
        ("coalesce(fetched_at, TIMESTAMPTZ '2020-02-02 00:00:00Z') > DATE '2020-01-01' + INTERVAL 1 DAY", ["r0", "r1"]),
        (
            "date_trunc('year', DATE '2020-05-05') = DATE '2020-01-01' AND extract(month FROM DATE '2020-05-05') = 5",
            ["r0", "r1"],
        ),
        ("list_contains(authors, 'a') AND 'b' IN authors AND authors[1] = 'a' AND len(authors[1:2]) = 2", ["r0"]),
        ("list_filter(authors, lambda x: x = 'c') <> []", ["r1"]),
        ("list_filter(authors, lambda language: language = 'c') <> [] AND language = 'de'", ["r1"]),
        ("list_transform(authors, lambda x, i: x || i) = ['a1', 'b2']", ["r0"]),
        ("(language, n_words) = ('de', 60)", ["r1"]),
        ("language COLLATE NOCASE = 'DE'", ["r1"]),
        ("json_extract_string('{\"k\": \"de\"}', '$.k') = language", ["r1"]),
        ("md5_number_lower(record_id) % 1 = 0", ["r0", "r1"]),
        ("language = $$en$$ AND language = E'\\x65n'", ["r0"]),
        ("language = 'x'' OR ''1''=''1'", []),
        ("title = ');--'", []),
        ("license_conflict", []),
        (" or ".join(["language = 'en'"] * 3000), ["r0"]),
    ],
)
def test_condition_that_is_allowed_leaves_what_it_says(where: str | None, left: list[str]) -> None:
    assert selected(where) == left


CLOSES_THE_PARENTHESIS = [
    "1=1) OR (1=1",
    "language = 'en') OR (true",
    "true) OR true --",
    "true) OR true /*",
    "true)\nOR (true",
    "1=1)) OR ((1=1",
    "true) WINDOW w AS (ORDER BY 1",
    "true) UNION SELECT (1",
    "true) UNION ALL SELECT record_id FROM hidden_records WHERE (true",
    "true) ORDER BY (1",
    "true) LIMIT (1",
    "true) OFFSET (1",
    "true) GROUP BY ALL HAVING (true",
    "true) GROUP BY (language",
    "true) QUALIFY (true",
    "true) USING SAMPLE (10",
    "true) TABLESAMPLE (10",
    "true); DROP TABLE hidden_records; SELECT (1",
    "true); SELECT (1",
    "(true",
    "true)",
    ")(",
    "$$) OR ($$ = '') OR (true",
]
GOES_ON = [
    "true ORDER BY 1",
    "true LIMIT 1",
    "true QUALIFY true",
    "true GROUP BY ALL",
    "true WINDOW w AS ()",
    "true UNION SELECT 1",
    "true;",
    ";",
    "true; DROP TABLE hidden_records",
    "language = 'en' /*",
    "language = 'en",
    'language = "en',
    "--",
    "/* */",
    "language = $$en",
    "true, true",
    "true AS x",
    "*",
    "language =",
    "WHERE true",
    "SELECT true",
    "DROP TABLE hidden_records",
    "PRAGMA database_list",
    "true\0) OR (true",
    "true) OR (true\0",
    "\0",
    "true \u2029) OR (true",
]
ASKS_ELSEWHERE = [
    "EXISTS (SELECT 1)",
    "(SELECT true)",
    "record_id IN (SELECT record_id FROM hidden_records)",
    "language = ANY (SELECT 'en')",
    "language = ANY (['en'])",
    "record_id IN (FROM hidden_records SELECT record_id)",
    "record_id IN (TABLE hidden_records)",
    "language = (VALUES ('en'))",
    "list_filter(authors, lambda x: (SELECT true)) <> []",
    "CASE WHEN (SELECT true) THEN true END",
    "count(*) > 1",
    "max(n_words) > 1",
    "list(language) = []",
    "row_number() OVER () = 1",
    "sum(n_words) OVER (PARTITION BY language) > 1",
    "unnest([true])",
    "COLUMNS(*) = 'en'",
    "COLUMNS('n_.*') > 1",
    "* IS NULL",
    "#1 = 'en'",
    "$1",
    "?",
    "$name",
    "read_text('/etc/passwd') IS NOT NULL",
    "read_csv('/etc/passwd') IS NOT NULL",
    "glob('/*') IS NOT NULL",
    "query('SELECT 1') = 1",
    "json_serialize_plan('SELECT 1') = ''",
    "json_execute_serialized_sql('') = ''",
    "getenv('HOME') = 'x'",
    "getvariable('x') = 'x'",
    "current_setting('memory_limit') = 'x'",
    "set_config('a', 'b') = 'x'",
    "nextval('s') = 1",
    "pg_get_viewdef(1) = ''",
    "get_block_size('x') = 1",
    "format_type(1, 1) = ''",
    "current_database() = 'x'",
    "current_schema() = 'x'",
    "current_query() = 'x'",
    "txid_current() = 1",
    "version() = 'x'",
    "write_log('x') IS NULL",
    "error('x')",
    "pg_sleep(1) IS NULL",
    "main.now() IS NULL",
    "pg_catalog.current_setting('x') = 'x'",
]
DIFFERS_TOMORROW = [
    "now() > fetched_at",
    "NOW() > fetched_at",
    '"now"() > fetched_at',
    "current_timestamp > fetched_at",
    "CURRENT_TIMESTAMP > fetched_at",
    "current_date > published_at::DATE",
    "today() > published_at::DATE",
    "localtimestamp > published_at",
    "current_localtimestamp() > published_at",
    "transaction_timestamp() > fetched_at",
    "get_current_timestamp() > fetched_at",
    "ago('1 day') > fetched_at",
    "age(fetched_at) > INTERVAL 1 DAY",
    "pg_postmaster_start_time() > fetched_at",
    "pg_conf_load_time() > fetched_at",
    "random() < 0.5",
    "setseed(1) IS NULL",
    "uuid()::VARCHAR > 'a'",
    "gen_random_uuid()::VARCHAR > 'a'",
    "hash(record_id) % 2 = 0",
    "list_transform(authors, lambda x: random()) = []",
    "CASE WHEN true THEN random() > 0.5 END",
]


@pytest.mark.parametrize("where", [*CLOSES_THE_PARENTHESIS, *GOES_ON, *ASKS_ELSEWHERE, *DIFFERS_TOMORROW])
def test_condition_that_is_more_than_one_is_refused(where: str) -> None:
    with pytest.raises(InputError) as caught:
        condition(CON, where)
    assert caught.value.subject == "--where"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("where", "column"),
    [
        ("permit", "permit"),
        ("secret = 's'", "secret"),
        ("hidden_records.permit", "hidden_records.permit"),
        ("records.language = 'en'", "records.language"),
        ("rowid = 1", "rowid"),
        ("part = 'x'", "part"),
        ("case_id = 1", "case_id"),
        ("langauge = 'en'", "langauge"),
        ("x = 'a' AND list_filter(authors, lambda x: true) <> []", "x"),
        ("permit AND list_filter(authors, lambda permit: true) <> []", "permit"),
        ("list_filter(authors, lambda x: x = secret) <> []", "secret"),
        ("list_filter(list_filter(authors, lambda y: true), lambda x: y = x) <> []", "y"),
        ("\"language = 'en'\"", "language = 'en'"),
    ],
)
def test_condition_on_a_column_that_a_record_has_not_names_it(where: str, column: str) -> None:
    with pytest.raises(UnknownName) as caught:
        condition(CON, where)
    assert caught.value.message == f"unknown column {column!r}"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("language > 5", "Cannot compare values of type VARCHAR and type INTEGER"),
        ("lower(authors, 1) = ''", "No function matches"),
        ("regexp_matches(language, '(')", "missing ): ("),
        ("language = 'en' AND regexp_matches(title, '(')", "missing ): ("),
        ("title IN ('a') AND regexp_full_match(title, '[')", "missing ]: ["),
        ("CASE WHEN title = 'a' THEN regexp_replace(title, '(', '') = '' ELSE false END", "missing ): ("),
        ("language = 'en' AND n_words > 'many'::INTEGER", "Could not convert string 'many'"),
        ("strftime(fetched_at, '%Q') = ''", "%Q"),
        ("language::NOSUCHTYPE = 'x'", "NOSUCHTYPE"),
        ("title -> permit = 'x'", "permit"),
        ("now() > fetched_at", "the function now cannot be used"),
        ("EXISTS (SELECT 1)", "subquery is not allowed"),
        ("true) LIMIT (1", "it must be one condition"),
        ("1=1) OR (1=1", "syntax error"),
    ],
)
def test_condition_that_is_refused_says_why(where: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        condition(CON, where)
    assert why in caught.value.message


@pytest.mark.parametrize("word", ["now", "today", "tomorrow", "yesterday", "current_timestamp"])
@pytest.mark.parametrize("of_type", ["TIMESTAMPTZ", "TIMESTAMP", "DATE"])
def test_word_for_the_present_is_no_time(word: str, of_type: str) -> None:
    """It passes as a text that is cast, so it must fail as one: else the clock is back."""
    with pytest.raises(duckdb.ConversionException):
        selected(f"language IS NOT NULL AND coalesce(published_at::DATE, '{word}'::{of_type}) > DATE '2020-01-01'")


@pytest.mark.parametrize(
    "where",
    [
        "(" * 5000 + "true" + ")" * 5000,
        "NOT " * 5000 + "true",
        "n_words" + " + 1" * 5000 + " > 0",
        "CASE WHEN true THEN " * 2000 + "true" + " END" * 2000,
        "list_filter(authors, lambda x: " * 300 + "true" + ") <> []" * 300,
        "x" * 100_000,
        "'" + "x" * 100_000,
    ],
    ids=["parentheses", "not", "plus", "case", "lambda", "name", "string"],
)
def test_condition_that_is_too_deep_or_long_is_refused_in_a_few_words(where: str) -> None:
    with pytest.raises(InputError) as caught:
        condition(CON, where)
    assert len(str(caught.value)) < 1_500


def test_functions_that_are_allowed_answer_the_same_for_the_same_arguments() -> None:
    """Held against the database's own list: nothing here is volatile there, and no name is a slip."""
    known = rows(CON, "SELECT function_name, function_type, stability FROM duckdb_functions()")
    kinds = {str(name): {str(k) for n, k, _ in known if n == name} for name, _, _ in known}
    for name in _FUNCTIONS:
        assert kinds.get(name, {"scalar"}) & {"scalar", "macro"}, f"{name} is no scalar function"
    overloads = rows(
        CON,
        """SELECT function_name, stability, parameter_types, return_type FROM duckdb_functions()
        WHERE function_type = 'scalar' AND stability IS NOT NULL AND stability <> 'CONSISTENT'""",
    )
    for name, stability, takes, gives in overloads:
        if name in _FUNCTIONS:  # goes by the time zone, and by nothing else
            assert stability == "CONSISTENT_WITHIN_QUERY", f"{name} is {stability}"
            assert any(re.search("TIME ZONE|TIMESTAMPTZ", kind) for kind in (*takes, gives)), f"{name}({takes}) changes"
            assert takes, f"{name}() depends on nothing that is handed in"
    assert rows(CON, "SELECT current_setting('TimeZone')")[0][0] in ("UTC", "Etc/UTC")
    macros = dict(rows(CON, "SELECT function_name, any_value(macro_definition) FROM duckdb_functions() GROUP BY 1"))
    for name in _FUNCTIONS:
        text = str(macros.get(name) or "").lower()
        assert not any(word in text for word in ("select", "current_", "random", "now(")), f"{name} is {text}"


PIECES = st.sampled_from(
    [
        *(
            "language",
            "n_words",
            "authors",
            "permit",
            "'en'",
            "''",
            "'",
            '"',
            "1",
            "true",
            "NULL",
            "=",
            "<>",
            "AND",
            "OR",
        ),
        *("NOT", "(", ")", "((", "))", "IN", ",", ";", "--", "/*", "*/", "\n", "$$", "lambda x:", "->", "::", "[", "]"),
        *("SELECT", "FROM hidden_records", "UNION", "WHERE", "ORDER BY", "LIMIT", "GROUP BY ALL", "HAVING", "QUALIFY"),
        *(
            "now()",
            "random()",
            "lower(",
            "CASE WHEN",
            "THEN",
            "END",
            "BETWEEN",
            "IS",
            "EXISTS",
            "#1",
            "?",
            "\0",
            ".",
            "*",
        ),
    ]
)


@given(st.one_of(st.lists(PIECES, max_size=14).map(" ".join), st.text(max_size=20)))
@settings(max_examples=400)
@example("1=1) OR (1=1")
def test_condition_never_lets_out_what_is_not_permitted(where: str) -> None:
    """The one law of it: whatever is written, a record that is not permitted is not selected."""
    try:
        left = selected(where)
    except (InputError, duckdb.DataError):
        return
    assert set(left) <= {"r0", "r1"}
