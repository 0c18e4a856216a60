"""Rows of somebody else, decided: as the store has them, else by what they state; what nobody knows is refused."""

from __future__ import annotations

import hashlib
import pickle
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.integrations.deciding import Deciding, Verdict, decide_rows
from tests.unit.shelf import USE, Shelf, wording

MAIL = "Write to harbour.master@example.org about the berth."


class Kept(NamedTuple):
    shelf: Shelf
    ids: dict[str, str]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Two records that may be used, one that may not, one that was withdrawn; opt-outs of a domain and of a part of another."""
    made = Shelf(tmp_path_factory.mktemp("kept"))
    made.put("good", wording("a"), {"text": wording("b"), "url": "https://good.example/b"}, wording("w"))
    made.put("closed", wording("c"), license="LicenseRef-all-rights-reserved")
    ids = {
        r["source_record_id"]: r["record_id"] for r in made.store.sql("SELECT record_id, source_record_id FROM records")
    }
    made.withdraw("record", ids["good-2"])
    made.withdraw("domain", "opt.example")
    made.withdraw("url-prefix", "https://half.example/private/")
    return Kept(made, ids)


@pytest.fixture(scope="module")
def deciding(kept: Kept) -> Any:
    with Deciding(kept.shelf.store, **USE) as opened:
        yield opened


def answer(deciding: Deciding, **row: Any) -> Verdict:
    [verdict] = deciding([row])
    return verdict


def test_row_that_is_a_record_is_decided_as_the_record(deciding: Deciding, kept: Kept) -> None:
    for row in (
        {"record_id": kept.ids["good-0"]},
        {"id": kept.ids["good-0"]},
        {"text": wording("a")},
        {"content_sha256": hashlib.sha256(wording("a").encode()).hexdigest()},
        {"id": "good-0", "text": wording("a")},
    ):
        verdict = answer(deciding, **row)
        assert (verdict.permit, verdict.record) == (True, kept.ids["good-0"]), row
    assert answer(deciding, url="HTTPS://good.example:443/b").record == kept.ids["good-1"]
    assert answer(deciding, text=wording("c")).reason == "license-unclear"
    assert answer(deciding, record_id=kept.ids["good-2"]).reason == "withdrawn"


def test_other_content_under_a_name_of_the_store_is_not_what_was_decided(deciding: Deciding, kept: Kept) -> None:
    for row in ({"record_id": kept.ids["good-0"]}, {"url": "https://good.example/b"}):
        verdict = answer(deciding, **row, text="Something else.", license="CC0-1.0")
        assert (verdict.permit, verdict.reason) == (False, "content-changed")


def test_record_that_the_store_does_not_have_is_refused_only_where_it_is_called_one(deciding: Deciding) -> None:
    strange = "f" * 32
    assert answer(deciding, record_id=strange, license="MIT", text="x y").reason == "not-in-store"
    assert answer(deciding, id=strange, license="MIT", text="x y").permit


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "nothing-stated"),
        ({"text": "A day."}, "nothing-stated"),
        ({"text": "A day.", "license": "CC-BY-NC-4.0"}, "license-denies"),
        ({"text": "A day.", "license": "other"}, "license-unreadable"),
        ({"text": "A day.", "license": "MIT", "rights": "All rights reserved"}, "license-unclear"),
        ({"text": MAIL, "license": "MIT"}, "personal-data-found"),
        ({"text": 5, "license": "MIT"}, "row-unreadable"),
        ({"text": "A day.", "license": "MIT", "url": "http://www.opt.example:8080/q?utm_source=x"}, "withdrawn"),
        ({"license": "MIT", "url": "https://half.example/private/x"}, "withdrawn"),
        ({"text": wording("w"), "license": "CC0-1.0", "url": "https://elsewhere.example/w"}, "withdrawn"),
        ({"text": wording("w").replace(" ", "  "), "license": "CC0-1.0"}, "withdrawn"),
        ({"text": wording("c").replace(" ", "  "), "license": "CC0-1.0"}, "contested-copy"),
        ({"content_sha256": "zz", "license": None}, "nothing-stated"),
    ],
)
def test_row_that_nobody_knows_is_refused_by_the_law(deciding: Deciding, row: dict[str, Any], reason: str) -> None:
    verdict = answer(deciding, **row)
    assert (verdict.permit, verdict.reason) == (False, reason), verdict
    assert verdict.text


def test_row_that_states_enough_is_permitted_with_its_obligations(deciding: Deciding) -> None:
    verdict = answer(deciding, text="A day.", license="CC-BY-4.0", url="https://half.example/public/x")
    assert (verdict.permit, verdict.by, verdict.record) == (True, "row", None)
    assert "attribution.record" in verdict.obligations


def test_same_content_from_elsewhere_is_held_against_its_own_place_and_licence(deciding: Deciding) -> None:
    same = {"text": wording("a")}
    assert answer(deciding, **same, url="https://fine.example/x").permit
    assert answer(deciding, **same, url="https://opt.example/x").reason == "withdrawn"
    assert answer(deciding, **same, license="CC-BY-NC-4.0").reason == "license-denies"


def test_copy_that_another_stays_for_and_what_the_condition_leaves_out_are_named(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("one", {"text": wording("a"), "url": "https://a.example/1"})
    shelf.put("two", {"text": wording("a"), "url": "https://a.example/2"})
    rows = [{"url": f"https://a.example/{n}", "text": wording("a")} for n in (1, 2)]
    verdicts = decide_rows(rows, store=shelf.store, **USE)
    assert sorted(v.reason for v in verdicts if not v.permit) == ["duplicate"]
    assert sum(v.permit for v in verdicts) == 1
    left = decide_rows(rows, store=shelf.store, **USE, where="source_id = 'one'")
    assert [(v.permit, v.reason) for v in left if not v.permit] == [(False, "not-selected")]


def test_question_goes_to_another_process_and_is_opened_there(kept: Kept) -> None:
    deciding = pickle.loads(pickle.dumps(Deciding(str(kept.shelf.store.layout.root), **USE)))
    with deciding as opened:
        assert answer(opened, text="A day.", license="MIT").permit
        with deciding as again:
            assert answer(again, text="A day.").reason == "nothing-stated"
        assert answer(opened, text="A day.", license="MIT").permit
    with pytest.raises(InputError, match="is not open"):
        deciding([{"text": "x"}])


@pytest.mark.parametrize("option", ["as_of", "snapshot", "redact", "limit"])
def test_option_that_a_filter_cannot_keep_is_none(kept: Kept, option: str) -> None:
    with pytest.raises(InputError, match="is no option of a filter"):
        decide_rows([], store=kept.shelf.store, **USE, **{option: None})


ROWS = st.dictionaries(
    st.sampled_from(["text", "id", "url", "license", "record_id", "content_sha256", "rights", "date", "authors"]),
    st.one_of(
        st.none(),
        st.text(max_size=12),
        st.integers(),
        st.floats(),
        st.binary(max_size=4),
        st.lists(st.text(max_size=4), max_size=2),
        st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
        st.sampled_from(["MIT", "CC-BY-NC-4.0", "https://opt.example/a", "//", "\x00", "\ud800", wording("a")]),
    ),
    max_size=5,
)


@settings(max_examples=60)
@given(st.lists(ROWS, max_size=4))
def test_whatever_a_row_is_it_gets_a_verdict_and_no_other_row_changes_it(
    deciding: Deciding, rows: list[dict[str, Any]]
) -> None:
    verdicts = deciding(rows)
    assert len(verdicts) == len(rows)
    assert verdicts == [deciding([row])[0] for row in rows]
    for row, verdict in zip(rows, verdicts, strict=True):
        assert verdict.reason
        silent = "license" not in row and "rights" not in row and verdict.record is None
        assert not (verdict.permit and silent), row


def test_filter_without_its_library_names_the_extra(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    from rightful.integrations.datatrove import RightsFilter

    monkeypatch.setitem(sys.modules, "datatrove", None)
    with pytest.raises(InputError, match=r"rightful\[datatrove\]"):
        RightsFilter(kept.shelf.store, **USE)


@pytest.mark.parametrize("column", ["content", "raw_content", "Text", "body"])
def test_content_counts_in_whichever_column_an_ingest_finds_it(deciding: Deciding, kept: Kept, column: str) -> None:
    free = {"license": "CC0-1.0"}
    verdict = answer(deciding, **{column: wording("w")}, **free)
    assert (verdict.permit, verdict.reason, verdict.by) == (False, "withdrawn", "digest")
    assert answer(deciding, **{column: wording("new") + MAIL}, **free).reason == "personal-data-found"
    for name in ({"url": "https://good.example/b"}, {"record_id": kept.ids["good-1"]}):
        assert answer(deciding, **name).permit
        assert answer(deciding, **{column: wording("other")}, **name).reason == "content-changed"
        assert answer(deciding, text=None, **{column: wording("other")}, **name).reason == "content-changed"
    assert answer(deciding, **{column: wording("b")}, link="https://opt.example/b").reason == "withdrawn"


def test_conversation_is_content(deciding: Deciding) -> None:
    assert answer(deciding, messages=talk(MAIL), license="CC0-1.0").reason == "personal-data-found"
    assert answer(deciding, messages=talk("x"), url="https://good.example/b").reason == "content-changed"
    assert answer(deciding, messages=[{"role": 7}], url="https://good.example/b").reason == "content-changed"


def talk(said: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": said}, {"role": "assistant", "content": wording("talk")}]


def test_conversation_of_the_store_is_decided_as_the_record(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("talks", *[{"messages": talk(wording(n)), "url": f"https://talk.example/{n}"} for n in "ab"])
    with Deciding(shelf.store, **USE) as deciding:
        for row in (
            {"messages": talk(wording("a"))},
            {"messages": talk(wording("a")), "url": "https://talk.example/a"},
        ):
            verdict = answer(deciding, **row)
            assert (verdict.permit, verdict.by) == (True, "digest")
        shelf.withdraw("url-prefix", "https://talk.example/a")
        assert answer(deciding, messages=talk(wording("a")), license="CC0-1.0").reason == "withdrawn"
        assert answer(deciding, messages=talk(wording("b"))).permit


@pytest.mark.parametrize("text", [b"other", ["other"], 7, {"a": "other"}])
def test_content_that_is_no_text_is_not_decided_by_its_address(deciding: Deciding, text: Any) -> None:
    assert answer(deciding, text=text, url="https://good.example/b").reason == "content-changed"
    assert answer(deciding, text=text, license="CC0-1.0").reason == "row-unreadable"


def test_withdrawal_counts_in_a_pipeline_that_runs(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("good", wording("a"))
    with Deciding(shelf.store, **USE) as deciding:
        assert answer(deciding, text=wording("a")).permit
        assert answer(deciding, url="https://late.example/1", license="CC0-1.0", text=wording("x")).permit
        shelf.withdraw("domain", "late.example")
        assert (
            answer(deciding, url="https://late.example/1", license="CC0-1.0", text=wording("x")).reason == "withdrawn"
        )
        shelf.withdraw("source", "good")
        assert answer(deciding, text=wording("a")).reason == "withdrawn"


def test_permission_that_ends_ends_in_a_pipeline_that_runs(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("good", wording("a"), valid_until=(shelf.clock() + timedelta(days=1)).isoformat())
    with Deciding(shelf.store, **USE) as deciding:
        assert answer(deciding, text=wording("a")).permit
        shelf.minutes += 3 * 24 * 60
        assert not answer(deciding, text=wording("a")).permit
