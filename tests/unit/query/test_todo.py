"""What has to be done, in plain words: counts are real, and only what an export does is called done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rightful import catalog
from rightful.query.todo import Credits, Owed, todo
from rightful.rights.undertakings import redactions
from rightful.rights.uses import Use, use_of

WORDS = catalog.load().vocabulary
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SEVENTEEN = Credits(17, 0)
CREDIT = frozenset({"attribution.record", "notice.licence", "notice.copyright"})


def use(*acts: str, **options: Any) -> Use:
    return use_of(WORDS, acts, as_of=NOW, **options)


def rows(owed: list[Owed], of: Use, credits: Credits = SEVENTEEN) -> dict[str, dict[str, Any]]:
    return {row["bundle"]: row for row in todo(owed, of, WORDS, lambda _: credits)}


def test_credit_of_very_many_records_stands_in_the_table_of_attribution() -> None:
    for more, paper in ((9_999, "ATTRIBUTION.md"), (10_000, "attribution.parquet")):
        row = rows([Owed(CREDIT, 1), Owed(frozenset(), more)], use("train.pretrain", "share.weights"))["credit"]
        assert f"name the licences of 1 record: {paper} does it" in row["text"]
        assert f"publish {paper}" in row["text"]


def test_what_stays_in_the_house_is_credited_by_the_export_and_nothing_is_left() -> None:
    listed = rows(
        [Owed(CREDIT, 12), Owed(frozenset({"notice.licence"}), 3), Owed(frozenset(), 9)], use("train.pretrain")
    )
    assert listed == {
        "credit": {
            "bundle": "credit",
            "obligations": ["attribution.record", "notice.copyright", "notice.licence"],
            "records": 15,
            "text": "credit 17 authors and name the licences of 15 records: ATTRIBUTION.md does it;"
            " keep copyright notices: they stay in the texts",
            "done": True,
        }
    }


@pytest.mark.parametrize(
    ("act", "with_what"),
    [
        ("share.weights", "the weights"),
        ("serve.model", "the model that others use"),
        ("serve.output", "what the model writes"),
        ("index.search", "the excerpts"),
        ("infer.ground", "the answers"),
    ],
)
def test_credit_of_what_is_handed_on_beside_the_export_is_not_done_by_it(act: str, with_what: str) -> None:
    row = rows([Owed(CREDIT, 1)], use("train.pretrain", act))["credit"]
    assert not row["done"]
    assert row["text"].endswith(f"still to do: publish ATTRIBUTION.md and the copyright notices with {with_what}")
    assert "credit 17 authors and name the licences of 1 record: ATTRIBUTION.md does it" in row["text"]


@pytest.mark.parametrize("act", ["share.verbatim", "share.adapted"])
def test_notice_files_of_sources_are_added_by_whoever_shares_the_texts(act: str) -> None:
    row = rows([Owed(CREDIT, 2)], use(act))["credit"]
    assert (row["done"], "NOTICE files" in row["text"]) == (False, True)


def test_changes_are_stated_by_who_makes_them() -> None:
    owed = [Owed(frozenset({"notice.changes"}), 4)]
    assert rows(owed, use("train.pretrain"))["credit"]["text"] == "say what was changed: nothing is"
    taken_out = use("train.pretrain")
    taken_out = Use(
        **{**{f: getattr(taken_out, f) for f in Use.__dataclass_fields__}, "accepted": redactions(["email"])}
    )
    assert rows(owed, taken_out)["credit"]["text"] == "say what was taken out: README.md does it"
    row = rows(owed, use("synth.derive"))["credit"]
    assert (row["text"], row["done"]) == ("say what you change in them", False)


def test_records_without_an_author_are_counted_apart() -> None:
    owed = [Owed(frozenset({"attribution.record"}), 5)]
    for credits, text in (
        (Credits(1, 4), "credit 1 author and 4 records without a named author"),
        (Credits(0, 1), "credit 1 record without a named author"),
        (Credits(1234, 0), "credit 1 234 authors"),
    ):
        assert rows(owed, use("train.pretrain"), credits)["credit"]["text"].replace("\u202f", " ").startswith(text)


def test_personal_data_are_done_by_redaction_and_who_they_are_is_left_alone() -> None:
    owed = [Owed(redactions(["email", "phone"]) | {"no_reidentify"}, 2), Owed(redactions(["email"]), 1)]
    row = rows(owed, use("train.pretrain"))["persons"]
    assert "take email, phone out of 3 records: an export with --redact does it" in row["text"]
    assert (row["done"], row["records"]) == (False, 3)
    assert rows(owed[1:], use("train.pretrain"))["persons"]["done"]


def test_precondition_is_done_where_its_reference_is_there() -> None:
    owed = [Owed(frozenset({"payment@Reed Press"}), 7)]
    row = rows(owed, use("train.pretrain", accept=["payment:Reed Press=INV-7"]))["preconditions"]
    assert (row["text"], row["done"], row["records"]) == ("payment:Reed Press was met before: INV-7", True, 7)
    assert not rows(owed, use("train.pretrain"))["preconditions"]["done"]


def test_every_obligation_has_a_sentence_and_its_bundle_and_no_other_is_called_done() -> None:
    for one in WORDS.obligations.values():
        if one.precondition:
            continue
        owed = redactions(["email"]) if one.id == "redact.personal_data" else frozenset({one.id})
        [row] = todo([Owed(owed, 3)], use("train.pretrain"), WORDS, lambda _: Credits(2, 0))
        assert one.id in WORDS.bundles[row["bundle"]].obligations
        assert (row["obligations"], row["records"]) == ([one.id], 3)
        assert row["text"].strip()
        assert row["done"] == (
            (row["bundle"] == "credit" and one.id != "attribution.dataset") or bool(redactions(["email"]) & owed)
        )


def test_nothing_owed_is_nothing_to_do() -> None:
    assert todo([], use("train"), WORDS, lambda _: Credits(0, 0)) == []
    assert todo([Owed(frozenset({"naming"}), 0)], use("train"), WORDS, lambda _: Credits(0, 0)) == []
