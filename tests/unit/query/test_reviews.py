"""Reviews of near copies: what waits for one, what each verdict changes in a store, and what no verdict changes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rightful.cli.app import cli, run
from rightful.errors import InputError, Refused, UnknownName
from tests.unit.shelf import USE, Shelf, wording

TEXT, NEAR, NEARER = wording("a"), wording("a", 4), wording("a", 2)
WHO: dict[str, str] = {"by": "Ada, editor", "reason": "read both"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def waiting(shelf: Shelf, **options: Any) -> set[tuple[str, str, str, bool]]:
    """(record, other, why, by review) of every pair, by the ids that the sources gave."""
    names = {r["record_id"]: r["source_record_id"] for r in shelf.store.sql("SELECT * FROM records")}
    answer = shelf.store.review.list(**{**USE, **options})
    assert answer["near"] + answer["exact"] == len(answer["open"])
    return {(names[o["record"]], names[o["other"]], ", ".join(o["why"]), o["by_review"]) for o in answer["open"]}


def test_near_copy_of_a_withdrawn_record_waits_until_somebody_says_that_they_are_two_works(shelf: Shelf) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    assert waiting(shelf) == set()
    shelf.withdraw("record", shelf.store.record_id("one-0"))
    assert shelf.reasons() == {"one-0": "withdrawn", "two-0": "near-copy-withdrawn"}
    assert waiting(shelf) == {("two-0", "one-0", "withdrawn", True)}
    [pair] = shelf.store.review.list(**USE)["open"]
    [mark] = shelf.store.sql("SELECT similarity FROM duplicates WHERE kind = 'near' AND role = 'copy'")
    assert (pair["similarity"], pair["source"], pair["records"]) == (mark["similarity"], "two", 1)
    assert shelf.store.explain("two-0", **USE)["reviews"] == []
    review = shelf.store.review.decide("two-0", "one-0", "distinct", **WHO)
    assert (review["verdict"], review["by"], review["reason"], review["records"]) == ("distinct", *WHO.values(), 2)
    assert shelf.reasons() == {"one-0": "withdrawn", "two-0": "license"}
    assert waiting(shelf) == set()
    [told] = shelf.store.explain("two-0", **USE)["reviews"]
    beside = ("records", "exports", "exports_unreadable")
    assert told == {k: v for k, v in review.items() if k not in beside} == shelf.store.review.log()[0]


def test_verdict_of_one_work_spreads_what_refuses_and_the_last_verdict_counts(shelf: Shelf) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    shelf.withdraw("record", shelf.store.record_id("one-0"))
    before = shelf.clock().isoformat()
    shelf.store.review.decide("two-0", "one-0", "same", **WHO)
    told = shelf.store.explain("two-0", **USE)
    assert (told["decision"], told["reasons"][0]["reason"]) == ("deny", "withdrawn")
    assert [(e["kind"], e["through_copy"]) for e in told["events"]] == [("withdrawal", True)]
    assert shelf.reasons(as_of=before)["two-0"] == "near-copy-withdrawn"
    between = shelf.clock().isoformat()
    shelf.store.review.decide("one-0", "two-0", "distinct", **WHO)
    assert shelf.reasons()["two-0"] == "license"
    assert shelf.reasons(as_of=between)["two-0"] == "withdrawn"
    assert [r["verdict"] for r in shelf.store.review.log()] == ["same", "distinct"]


def test_contrary_licence_of_a_near_copy_waits_for_a_use_that_it_refuses_and_for_no_other(shelf: Shelf) -> None:
    shelf.put("free", TEXT)
    shelf.put("paid", NEAR, license="CC-BY-NC-4.0")
    assert waiting(shelf) == {("free-0", "paid-0", "contrary-licence", True)}
    assert waiting(shelf, purpose="noncommercial") == set()
    shelf.store.review.decide("free-0", "paid-0", "same", **WHO)
    assert shelf.reasons()["free-0"] == "contested-copy"
    assert waiting(shelf) == {("free-0", "paid-0", "contrary-licence", False)}
    shelf.store.review.decide("free-0", "paid-0", "distinct", **WHO)
    assert shelf.reasons() == {"free-0": "license", "paid-0": "license-denies"}


def test_contested_exact_copies_are_listed_as_what_no_review_settles(shelf: Shelf) -> None:
    shelf.put("free", TEXT)
    shelf.put("paid", TEXT, license="CC-BY-NC-4.0")
    assert waiting(shelf) == {("free-0", "paid-0", "contrary-licence", False)}
    with pytest.raises(InputError, match="the two have the same text"):
        shelf.store.review.decide("free-0", "paid-0", "distinct", **WHO)
    assert shelf.reasons()["free-0"] == "contested-copy"


def test_verdict_of_two_works_lifts_nothing_but_what_the_near_copy_left_open(shelf: Shelf) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    shelf.put("three", NEARER)
    shelf.put("copy", NEAR)
    shelf.withdraw("record", shelf.store.record_id("one-0"))
    shelf.store.review.decide("two-0", "one-0", "distinct", **WHO)
    # The third is a near copy of the withdrawn one too, and nobody has looked at it.
    assert shelf.reasons() == {
        "one-0": "withdrawn", "two-0": "license", "copy-0": "license", "three-0": "near-copy-withdrawn"
    }  # fmt: skip
    shelf.withdraw("record", shelf.store.record_id("copy-0"))
    assert shelf.reasons() == {
        "one-0": "withdrawn", "two-0": "withdrawn", "copy-0": "withdrawn", "three-0": "near-copy-withdrawn"
    }  # fmt: skip
    assert {pair[:2] for pair in waiting(shelf)} >= {("three-0", "one-0")}


def test_every_exact_copy_of_a_near_copy_waits_and_each_is_heard(shelf: Shelf) -> None:
    # The mark stands at one of them; which one is no matter.
    for name in ("one", "two", "three"):
        shelf.put(name, TEXT)
    shelf.put("near", NEAR)
    shelf.withdraw("source", "near")
    reasons = shelf.reasons()
    assert reasons == dict.fromkeys(("one-0", "two-0", "three-0"), "near-copy-withdrawn") | {"near-0": "withdrawn"}
    [pair] = shelf.store.review.list(**USE)["open"]
    assert pair["records"] == 3
    for name in ("one-0", "two-0", "three-0"):
        assert [c["record"] for c in shelf.store.explain(name, **USE)["copies"] if c["kind"] == "near"] == [
            pair["other"]
        ]
    shelf.store.review.decide("two-0", "near-0", "distinct", **WHO)
    assert set(shelf.reasons().values()) == {"license", "withdrawn"}


def test_review_outlives_another_ingest_of_the_texts_elsewhere_and_the_loss_of_the_withdrawn_one(shelf: Shelf) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    shelf.withdraw("record", shelf.store.record_id("one-0"))
    shelf.store.review.decide("two-0", "one-0", "same", **WHO)
    shelf.put("later", NEAR)
    assert shelf.reasons() == {"one-0": "withdrawn", "two-0": "withdrawn", "later-0": "withdrawn"}
    shelf.put("one", wording("z"))
    assert shelf.reasons()["two-0"] == shelf.reasons()["later-0"] == "withdrawn"
    # The near copy is gone, and what was decided about it can still be taken back.
    log = shelf.store.review.log()[0]
    shelf.store.review.decide(log["record"], log["other"], "distinct", **WHO)
    assert shelf.reasons()["later-0"] == "license"


def test_export_goes_stale_by_a_verdict_of_one_work_and_cannot_be_made_after_it(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    shelf.put("other", wording("b"))
    shelf.withdraw("record", shelf.store.record_id("one-0"))
    shelf.store.review.decide("two-0", "one-0", "distinct", **WHO)
    early = shelf.clock().isoformat()
    shelf.store.export(tmp_path / "out", tokenizer="bytes", **USE)
    assert shelf.store.verify(tmp_path / "out")["ok"]
    shelf.store.review.decide("two-0", "one-0", "same", **WHO)
    found = shelf.store.verify(tmp_path / "out")
    assert [(s["record"], s["reason"]) for s in found["stale"]] == [(shelf.store.record_id("two-0"), "withdrawn")]
    where = "source_id = 'two'"
    assert shelf.store.query(**USE, where=where, as_of=early)["permitted"]["records"] == 1
    with pytest.raises(Refused, match="no longer today"):
        shelf.store.export(tmp_path / "again", tokenizer="bytes", where=where, as_of=early, **USE)


@pytest.mark.parametrize(
    ("changed", "kind", "said"),
    [
        ({"verdict": "distnict"}, UnknownName, "unknown verdict"),
        ({"by": " "}, InputError, "is empty"),
        ({"reason": ""}, InputError, "is empty"),
        ({"reason": "\x1b[2J"}, InputError, "not printable"),
        ({"other": "far-0"}, InputError, "are not near copies of each other"),
        ({"other": "one-0"}, InputError, "have the same text"),
        ({"other": "0" * 32}, InputError, "there is no record"),
        ({"other": "nobody"}, InputError, "there is no record"),
    ],
)
def test_review_that_is_none_is_an_error_and_records_nothing(
    changed: dict[str, str], kind: type[InputError], said: str, shelf: Shelf
) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    shelf.put("far", wording("b"))
    asked = {"record": "one-0", "other": "two-0", "verdict": "same", **WHO, **changed}
    with pytest.raises(kind, match=said):
        shelf.store.review.decide(**asked)
    assert shelf.store.review.log() == []
    assert len(shelf.store.log()) == 3


def test_ledger_from_before_there_were_reviews_is_read_and_takes_one(shelf: Shelf) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    listed = "SELECT count(*) FROM sqlite_master WHERE name = 'reviews'"
    with closing(sqlite3.connect(shelf.store.layout.ledger)) as ledger:
        assert ledger.execute(listed).fetchone() == (0,)
    assert (shelf.store.review.log(), set(shelf.reasons().values())) == ([], {"license"})
    shelf.store.review.decide("one-0", "two-0", "same", **WHO)
    assert len(shelf.store.review.log()) == 1
    assert shelf.store.log()[-1]["kind"] == "review"


def test_list_is_cut_at_the_limit_and_says_how_many_there_are(shelf: Shelf) -> None:
    shelf.put("one", TEXT, wording("b"), wording("c"))
    shelf.put("paid", NEAR, wording("b", 3), wording("c", 3), license="CC-BY-NC-4.0")
    assert len(waiting(shelf)) == 3
    cut = shelf.store.review.list(**USE, limit=1)
    assert (cut["near"], cut["exact"], len(cut["open"])) == (3, 0, 1)
    with pytest.raises(InputError, match="negative"):
        shelf.store.review.list(**USE, limit=-1)


def test_commands_list_decide_and_log_a_review_and_explain_shows_it(
    shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf.put("one", TEXT)
    shelf.put("two", NEAR)
    shelf.put("paid", TEXT, license="CC-BY-NC-4.0")
    ask = ["--store", str(shelf.root / "store")]
    use = ["--use", "train.pretrain", "--accept", "all"]
    assert run(cli, [*ask, "review", "list", *use], as_json=False) == 0
    shown = capsys.readouterr().out
    says = "waiting for a review: 1 (near copies); not settled by a review: 1 (contested exact copies)"
    assert says in " ".join(shown.split())
    assert "the same text: " in shown
    assert "open because it is licensed otherwise" in shown
    decide = ["review", "decide", "--record", "two-0", "--other", "paid-0", "--by", "Ada, editor"]
    assert (
        run(cli, [*ask, *decide, "--verdict", "distinct", "--reason", "a \N{RIGHT-TO-LEFT OVERRIDE}b"], as_json=False)
        == 2
    )
    assert "not printable" in capsys.readouterr().err
    assert run(cli, [*ask, *decide, "--verdict", "distinct", "--reason", "a parody"], as_json=False) == 0
    assert "distinct: two different works" in capsys.readouterr().out
    assert run(cli, [*ask, "review", "log"], as_json=False) == 0
    assert "a parody" in capsys.readouterr().out
    assert run(cli, [*ask, "explain", "two-0", *use], as_json=False) == 0
    page = capsys.readouterr().out
    assert "REVIEWS OF NEAR COPIES" in page
    assert "by Ada, editor" in page
    assert "DECISION  PERMITTED" in page
