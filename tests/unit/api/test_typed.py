"""Arguments of the library: what means the same is taken, everything else is an error that names the keyword."""

from __future__ import annotations

import copy
import datetime as dt
import inspect
import pickle
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rightful import Store
from rightful.api.typed import _expected
from rightful.errors import InputError, StoreError
from tests.unit.shelf import Shelf, wording

GROUPS = ("consent", "license", "policy", "review", "signal", "source")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """One source; tests only ask."""
    shelf = Shelf(tmp_path_factory.mktemp("typed"))
    shelf.put("poets", wording("tide"), wording("mole"))
    return shelf


@pytest.fixture
def store(shelf: Shelf) -> Store:
    return shelf.store


def verbs() -> dict[str, Callable[..., Any]]:
    """Every public method of the store and its groups."""
    store = Store("no-store")
    methods = {name: getattr(store, name) for name in dir(Store) if name[0] != "_" and callable(getattr(Store, name))}
    for group in GROUPS:
        of = getattr(store, group)
        methods |= {f"{group}.{name}": getattr(of, name) for name in dir(of) if name[0] != "_"}
    return methods


class Strange:
    """What no annotation means."""


NOT_CHECKED = {"requests"}
"""Of these nobody writes another type by mistake."""


def test_every_argument_of_every_verb_refuses_what_it_cannot_mean(subtests: pytest.Subtests) -> None:
    for name, verb in verbs().items():
        parameters = inspect.signature(verb).parameters.values()
        needed = {p.name: [] if p.name in NOT_CHECKED else "x" for p in parameters if p.default is p.empty}
        for keyword in inspect.signature(verb).parameters:
            if keyword in NOT_CHECKED:
                continue
            with subtests.test(f"{name}.{keyword}"), pytest.raises(InputError, match=r"expected .*, not <") as caught:
                verb(**{**needed, keyword: Strange()})
            with subtests.test(f"{name}.{keyword}"):
                assert caught.value.subject == keyword


class Act(StrEnum):
    PRETRAIN = "train.pretrain"


@pytest.mark.parametrize(
    "use",
    [
        "train.pretrain",
        ["train.pretrain"],
        ("train.pretrain",),
        {"train.pretrain"},
        Act.PRETRAIN,
        np.str_("train.pretrain"),
    ],
)
def test_texts_are_taken_from_whatever_gives_them(store: Store, use: Any) -> None:
    assert store.query(use, accept="all").use["asked"] == ["train.pretrain"]


def test_generator_is_read_once(store: Store) -> None:
    assert store.query((use for use in ["train.pretrain", "share"]), accept=iter(["all"])).permitted["records"] == 2


def test_whole_number_of_numpy_is_a_whole_number(store: Store) -> None:
    answer = store.query("train.pretrain", accept="all", ids=np.bool_(True), limit=np.int64(1), snapshot=np.uint8(1))
    assert (type(answer.snapshot), answer.snapshot, len(answer.ids or [])) == (int, 1, 1)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"snapshot": True}, "snapshot: expected a whole number, not True (bool)"),
        ({"snapshot": 1.0}, "snapshot: expected a whole number, not 1.0 (float)"),
        ({"limit": "3"}, "limit: expected a whole number, not '3' (str)"),
        ({"ids": "no"}, "ids: expected True or False, not 'no' (str)"),
        ({"ids": 0}, "ids: expected True or False, not 0 (int)"),
        ({"accept": {"notice": 1}}, "accept: expected a text or several texts, not {'notice': 1} (dict)"),
        ({"accept": [b"notice"]}, "accept: expected a text or several texts, not [b'notice'] (list)"),
        ({"purpose": ["research"]}, "purpose: expected a text, not ['research'] (list)"),
        ({"as_of": dt.date(2026, 1, 1)}, "as_of: expected a datetime or a text, not datetime.date(2026, 1, 1) (date)"),
        ({"where": b"true"}, "where: expected a text, not b'true' (bytes)"),
        ({"out": 3}, "out: expected a text or a path, not 3 (int)"),
        ({"dedup": None}, "dedup: expected a text, not None (NoneType)"),
    ],
)
def test_argument_of_another_type_is_named_with_what_was_expected(
    store: Store, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(InputError) as caught:
        store.query("train.pretrain", **options)
    assert str(caught.value) == why


def test_keyword_that_is_none_suggests_one(store: Store) -> None:
    with pytest.raises(TypeError, match=r"query\(\) has no keyword 'jurisdicton'; did you mean 'jurisdiction'"):
        store.query("train", jurisdicton="DE")  # type: ignore[call-arg]


def test_signature_and_docstring_are_those_of_the_verb() -> None:
    assert [*inspect.signature(Store.explain).parameters][:3] == ["self", "record", "use"]
    assert (Store.explain.__name__, Store.explain.__qualname__) == ("explain", "Store.explain")
    assert (inspect.getdoc(Store.explain) or "").startswith("The decision on one record")


def test_every_annotation_of_a_verb_is_one_that_is_looked_at() -> None:
    for name, verb in verbs().items():
        function = inspect.unwrap(getattr(verb, "__func__", verb))
        unknown = {*function.__annotations__} - {"return"} - {*_expected(function)[1]} - NOT_CHECKED
        assert unknown == set(), name


@pytest.mark.parametrize("root", [b"store", None, 3, ["store"]])
def test_store_in_no_place_is_named(root: Any) -> None:
    with pytest.raises(InputError, match="root: expected a text or a path, not"):
        Store(root)


@pytest.mark.parametrize(
    "gives", [lambda: dt.datetime.now(dt.UTC).replace(tzinfo=None), lambda: 3, lambda: "2026-11-21"]
)
def test_clock_without_a_zone_is_named(shelf: Shelf, gives: Any) -> None:
    with pytest.raises(InputError, match="clock: expected a datetime with a time zone, not"):
        Store(shelf.root / "store", clock=gives).query("train.pretrain")


def test_clock_that_is_none_is_named() -> None:
    with pytest.raises(InputError, match="clock: expected a function, not 3"):
        Store("store", clock=3)  # type: ignore[arg-type]


def test_store_stays_where_it_is_when_the_process_goes_elsewhere(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shelf.root)
    store = Store("store")
    monkeypatch.chdir(tmp_path)
    assert store.status().rows == 2
    assert pickle.loads(pickle.dumps(store)).status().rows == 2


def test_answers_can_be_copied_pickled_and_shown(store: Store) -> None:
    for answer in (
        store.query("train.pretrain"),
        store.sql("SELECT record_id FROM records"),
        store.license.show("MIT"),
    ):
        assert pickle.loads(pickle.dumps(answer)) == answer
        assert copy.deepcopy(answer) == answer
        assert answer._repr_html_().startswith("<table>")


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_sql_seconds_that_are_no_bound_are_refused(store: Store, seconds: float) -> None:
    with pytest.raises(InputError, match="a bound is a positive number"):
        store.sql("SELECT 1 AS n", max_seconds=seconds)


@pytest.mark.parametrize("seconds", [1e18, float("inf"), np.float32(9)])
def test_sql_seconds_beyond_any_clock_are_a_bound(store: Store, seconds: float) -> None:
    assert store.sql("SELECT 1 AS n", max_seconds=seconds) == [{"n": 1}]


def test_record_that_is_none_is_no_record(store: Store) -> None:
    with pytest.raises(StoreError, match="there is no record ''"):
        store.explain("", "train.pretrain")
