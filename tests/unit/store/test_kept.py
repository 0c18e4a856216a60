"""The types of kept columns: a join that does not depend on order or grouping, and that an engine can read."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.store.kept import MOST_COLUMNS, columns_in, columns_of, joined, reading, shape_of, type_name

NAMES = st.sampled_from(["a", "A", "b", 'x"y', "q'z", "dot.ted", "tab\t", "ü", ""]) | st.text(max_size=4)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
OBJECTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4), min_size=1, max_size=6)


def all_of(objects: list[dict[str, Any]]) -> dict[str, Any]:
    return reduce(joined, map(columns_of, objects), {})


@given(OBJECTS, st.randoms(use_true_random=False), st.integers(0, 6))
def test_types_depend_on_no_order_and_no_division(objects: list[dict[str, Any]], random: Any, at: int) -> None:
    whole = all_of(objects)
    shuffled = random.sample(objects, len(objects))
    assert all_of(shuffled) == whole
    assert joined(all_of(shuffled[:at]), all_of(shuffled[at:])) == whole
    assert joined(whole, whole) == whole
    stored = pa.array([json.dumps(one) for one in objects], pa.large_string())
    assert columns_in(stored.slice(at), columns_in(stored.slice(0, at), {})) == whole


@settings(max_examples=60, deadline=None)
@given(OBJECTS)
def test_engine_reads_every_object_by_the_types_of_all(objects: list[dict[str, Any]]) -> None:
    columns = all_of(objects)
    with duckdb.connect() as con:
        con.register("t", pa.table({"kept": [json.dumps(one, ensure_ascii=False) for one in objects]}))
        read = con.execute(f"SELECT {reading(columns, 'kept')} FROM t").fetchall()
    for one, (struct,) in zip(objects, read, strict=True):
        if not isinstance(struct, dict):
            continue
        for name, value in struct.items():
            if columns[name] in ("int", "int64", "double", "bool", "string"):
                assert value == one.get(name)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([1, 2], "BIGINT"),
        ([1, 0.5], "DOUBLE"),
        ([2**60, 1], "BIGINT"),
        ([2**60, 0.5], "VARCHAR"),
        ([2**64], "VARCHAR"),
        ([1, "a"], "VARCHAR"),
        ([True, 1], "VARCHAR"),
        ([[1], [0.5], []], "DOUBLE[]"),
        ([{"a": 1}, {"b": "x"}], "STRUCT(a BIGINT, b VARCHAR)"),
        ([{"a": 1, "A": 2}], "VARCHAR"),
        ([{"": 1}], "VARCHAR"),
        ([{f"k{n}": n} for n in range(300)], "VARCHAR"),
        ([None], "VARCHAR"),
    ],
)
def test_type_is_the_least_that_has_all_values(values: list[Any], name: str) -> None:
    assert type_name(reduce(lambda a, b: joined(a, b), ({"c": shape_of(v)} for v in values))["c"]) == name


def test_more_columns_than_an_engine_should_have_are_read_as_json() -> None:
    columns = {f"c{n}": "int" for n in range(MOST_COLUMNS + 1)}
    assert reading(columns, "kept") == "CAST(kept AS VARCHAR)"
    assert reading({"a": "int", "A": "double", "": "int"}, "k") == """json_transform(k, '{"A":"DOUBLE"}')"""
