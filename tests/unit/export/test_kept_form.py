"""Kept columns as they leave: typed, written and read back as the same, and without what the scan finds."""

from __future__ import annotations

import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from rightful.export.formats import text
from rightful.export.formats.text import OWN, packed
from rightful.export.kept_form import KEPT, leaving_kept, type_of
from rightful.export.redaction import Redaction
from rightful.store.kept import columns_of, joined
from tests.unit.store.test_kept import OBJECTS

ALL = Redaction.of(["all"])


def left(kept: dict[str, Any]) -> Any:
    return leaving_kept([json.dumps(kept)], ALL, ["r"])[0]


@pytest.mark.parametrize("way", text.names())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(objects=OBJECTS)
def test_what_is_written_is_read_back_as_the_same(tmp_path: Path, way: str, objects: list[dict[str, Any]]) -> None:
    objects = [json.loads(json.dumps(one)) for one in objects]
    rows = [
        {"record_id": str(n), "text": "t", "url": None, "license": None, "attribution": "a", OWN: {KEPT: one}}
        for n, one in enumerate(objects)
    ]
    own = {KEPT: type_of(reduce(joined, map(columns_of, objects), {}))}
    form = text.find(way)
    form.write(tmp_path, "s", rows, own)
    assert [packed(row) for row in form.read(tmp_path, "s")] == [packed(row) for row in rows]


def test_strings_lose_what_is_found_in_them_and_the_rest_stays() -> None:
    one = left({"to": ["ada@example.org", {"cc": "Bob <bob@example.org>"}], "n": 3})
    assert one.kept == {"to": ["[email]", {"cc": "Bob <[email]>"}], "n": 3}
    assert (one.types, one.is_less) == (frozenset({"email"}), True)


@pytest.mark.parametrize(
    "kept",
    [
        {"phone": 4915112345678},
        {"phone": "0151 12345678"},
        {"ada@example.org": 1},
        {"deep": [{"x": {"eve@example.org": "y"}}]},
        {"author": "Author: Ada Example <ada@example.org>"},
        {"notice": "Copyright (c) 2020 Ada Example <ada@example.org>"},
    ],
)
def test_column_in_which_something_is_still_found_stays_behind(kept: dict[str, Any]) -> None:
    one = left({**kept, "score": 0.5})
    assert "ada@example.org" not in json.dumps(one.kept)
    assert one.is_less
    assert one.kept is not None
    assert one.kept["score"] == 0.5
    assert one.kept.keys() <= {"score", *kept}
    (name,) = kept
    assert one.kept.get(name) is None or "[" in str(one.kept[name])
    assert left({name: kept[name]}).kept in (None, {name: one.kept.get(name)})


def test_nothing_is_changed_where_nothing_is_found_or_nothing_is_taken_out() -> None:
    kept = {"score": 0.5, "dump": "CC-MAIN-2024-10", "mail": None}
    assert left(kept).kept == kept
    one = leaving_kept(['{"mail":"ada@example.org"}', None], None, ["a", "b"])
    assert [of.kept for of in one] == [{"mail": "ada@example.org"}, None]
