"""Which of several permitted copies stays: by the order that is stated, and never at the price of a permission."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rightful.decisions import DEDUP, PREFERENCES
from rightful.errors import InputError, UnknownName
from tests.unit.shelf import USE, Shelf, wording

TEXT = wording("a")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Copies of three texts, exact and near, dated and not, permitted and not. Read it only."""
    shelf = Shelf(tmp_path_factory.mktemp("mixed"))
    shelf.put("wire", {"text": TEXT, "published_at": "2020-01-01"}, wording("b"), license="CC0-1.0")
    shelf.put(
        "blog", {"text": TEXT, "published_at": "2018-01-01"}, {"text": wording("a", 4), "fetched_at": "2019-01-01"}
    )
    shelf.put("press", wording("a", 2, 201), TEXT, wording("c"), authority="publisher")
    shelf.put("paid", wording("b", 3), wording("c", 2), TEXT + " and more", license="CC0-1.0")
    shelf.put("shut", wording("d"), wording("d", 2), license="CC-BY-NC-4.0")
    shelf.put("gone", wording("e"), wording("f"))
    shelf.put("also", wording("e"), wording("g"))
    shelf.withdraw("source", "gone")
    return shelf


def test_survivor_is_the_longest_then_the_first_in_the_store_unless_told(shelf: Shelf) -> None:
    shelf.put("first", TEXT)
    shelf.put("long", TEXT + " more")
    shelf.put("later", TEXT)
    assert shelf.chosen() == ["long-0"]
    assert shelf.chosen(dedup="exact") == ["first-0", "long-0"]
    assert shelf.chosen(prefer="shortest") == ["first-0"]
    assert shelf.chosen(prefer=["source:later"]) == ["later-0"]
    assert shelf.chosen(prefer=["source:first", "source:long"]) == ["first-0"]


def test_survivor_by_date_goes_by_publication_then_by_fetching_and_the_undated_come_last(shelf: Shelf) -> None:
    shelf.put("none", TEXT)
    shelf.put("fetched", {"text": TEXT, "fetched_at": "2001-01-01"}, {"text": TEXT, "fetched_at": "2000-01-01"})
    assert shelf.chosen(prefer="earliest") == ["fetched-1"]
    assert shelf.chosen(prefer="latest") == ["fetched-0"]
    shelf.put("dated", {"text": TEXT, "published_at": "2015-01-01"}, {"text": TEXT, "published_at": "2016-01-01"})
    assert shelf.chosen(prefer="earliest") == ["dated-0"]
    assert shelf.chosen(prefer="latest") == ["dated-1"]


def test_survivor_by_publisher_goes_by_the_card_and_by_its_newest(shelf: Shelf) -> None:
    shelf.put("mirror", TEXT + " with a foot")
    shelf.put("press", TEXT, authority="publisher")
    assert shelf.chosen() == ["mirror-0"]
    assert shelf.chosen(prefer="publisher") == ["press-0"]
    shelf.put("press", TEXT)
    assert shelf.chosen(prefer="publisher") == ["mirror-0"]


def test_near_copies_are_held_against_whichever_exact_copy_stays(shelf: Shelf) -> None:
    # The near mark stands at one of the exact copies only; each of them in turn is the one that is permitted.
    for name in ("one", "two", "three"):
        shelf.put(name, TEXT)
    shelf.put("near", wording("a", 3, 190))
    assert [r["n"] for r in shelf.store.sql("SELECT count(*) AS n FROM duplicates WHERE kind = 'near'")] == [2]
    for name in ("one", "two", "three"):
        assert shelf.chosen(where=f"source_id IN ('{name}', 'near')") == [f"{name}-0"]
        assert shelf.chosen(prefer=f"source:{name}") == [f"{name}-0"]


def test_answer_and_manifest_say_in_full_which_copy_was_preferred(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("Old Books", TEXT, TEXT)
    expected = {"dedup": "near", "prefer": ["source:old-books", "earliest", "longest"]}
    options: dict[str, Any] = {**USE, "prefer": ["source:Old Books", "earliest"]}
    assert shelf.store.query(**options)["survivors"] == expected
    manifest = shelf.store.export(tmp_path / "out", tokenizer="bytes", **options)
    written = json.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert manifest["survivors"] == written["survivors"] == expected
    assert shelf.store.verify(tmp_path / "out")["ok"]
    assert shelf.store.query(**USE, dedup="none")["survivors"] == {"dedup": "none", "prefer": ["longest"]}


@pytest.mark.parametrize(
    ("prefer", "kind", "said"),
    [
        ("source:old-boks", UnknownName, "unknown source 'old-boks'"),
        ("source:", UnknownName, "unknown source ''"),
        ("source:x' OR 1=1 --", UnknownName, "unknown source"),
        ("longes", UnknownName, "unknown preference 'longes'"),
        (["longest", "shortest"], InputError, "'shortest' decides nothing after 'longest'"),
        (["latest", "publisher", "earliest"], InputError, "'earliest' decides nothing after 'latest'"),
        (["source:old-books", "source:Old Books"], InputError, "decides nothing after 'source:old-books'"),
    ],
)
def test_preference_that_is_not_one_is_an_error_and_says_what_was_meant(
    prefer: Any, kind: type[InputError], said: str, shelf: Shelf
) -> None:
    shelf.put("Old Books", TEXT)
    with pytest.raises(kind, match=said.replace("'", ".")) as caught:
        shelf.store.query(**USE, prefer=prefer)
    assert caught.value.subject == "--prefer"
    if prefer in ("source:old-boks", "longes"):
        assert "did you mean" in (caught.value.hint or "")


_orders = st.lists(
    st.sampled_from([*PREFERENCES, "source:wire", "source:paid", "source:gone"]), max_size=3, unique=True
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_orders, st.sampled_from(["true", "source_id <> 'wire'", "n_chars % 2 = 0"]), st.sampled_from(["near", "exact"]))
def test_preference_never_decides_what_is_permitted_and_leaves_one_of_every_group(
    mixed: Shelf, prefer: list[str], where: str, dedup: str
) -> None:
    try:
        answer = mixed.store.query(**USE, prefer=prefer, where=where, dedup=dedup, ids=True)
    except InputError:
        assert {*prefer} >= {"longest", "shortest"} or {*prefer} >= {"earliest", "latest"}
        return
    every = mixed.store.query(**USE, where=where, dedup="none", ids=True)
    permitted, chosen = set(every["ids"]), set(answer["ids"])
    assert chosen <= permitted
    assert {(e["reason"], e["records"]) for e in answer["excluded"] if e["reason"] != "duplicate"} == {
        (e["reason"], e["records"]) for e in every["excluded"]
    }
    texts = {
        r["record_id"]: r["norm"] for r in mixed.store.sql("SELECT record_id, hex(norm_sha256) AS norm FROM records")
    }
    groups: dict[str, set[str]] = {}
    for mark in mixed.store.sql("SELECT record_id, group_id, kind FROM duplicates ORDER BY kind DESC"):
        members = {r for r, text in texts.items() if text == texts[mark["record_id"]]}
        within_near = mark["kind"] == "exact" and any(members <= of for n, of in groups.items() if n.startswith("near"))
        if mark["kind"] in DEDUP[dedup] and not within_near:
            groups.setdefault(mark["group_id"], set()).update(members)
    assert groups
    for name, members in groups.items():
        assert len(chosen & members) == min(1, len(permitted & members)), name
    assert permitted - set().union(*groups.values()) <= chosen


@pytest.mark.parametrize("dedup", DEDUP)
@pytest.mark.parametrize("prefer", [(), ("earliest",), ("publisher", "shortest")])
def test_counts_without_a_condition_are_those_of_a_condition_that_all_meet(
    mixed: Shelf, dedup: str, prefer: tuple[str, ...]
) -> None:
    """Without one the counts come from a tally that is made once, with one from a pass over the records."""
    conditions = (None, "n_chars >= 0")
    answers = [mixed.store.query(**USE, dedup=dedup, prefer=prefer, where=w).as_json() for w in conditions]
    for answer in answers:
        answer.pop("as_of")
        answer["use"].pop("as_of", None)
        answer.pop("next")  # the condition stands in it
    assert answers[0] == answers[1]
    assert answers[0]["permitted"]["records"] > 0
