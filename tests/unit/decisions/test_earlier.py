"""A statement that restricts and was read once goes on bounding its row; what sticks never grants; a correction ends it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful.api import Store
from rightful.events.consents import Request

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NC = "CC-BY-NC-4.0"
TEXT = "The hill is grazed by sheep that nobody counts in the evening."


class Field:
    """A folder under a CC0 card whose rows are rewritten and read again; a minute goes by with every verb."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "hill"
        self.folder.mkdir(parents=True)
        self.minutes = 0
        self.store = Store(root / "store", clock=self.clock)
        self.card()

    def clock(self) -> datetime:
        self.minutes += 1
        return NOON + timedelta(minutes=self.minutes)

    def card(self, more: str = "", license: str = "CC0-1.0") -> None:
        (self.folder / "source.toml").write_text(
            f'name = "hill"\npersonal_data = "no"\nlicense = "{license}"\n{more}', encoding="utf-8"
        )

    def read(self, *rows: dict[str, Any], name: str = "r.jsonl", **options: Any) -> dict[str, Any]:
        lines = [
            json.dumps({k: v for k, v in {"id": "1", "text": TEXT, **row}.items() if v is not None}) for row in rows
        ]
        (self.folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return self.store.ingest([self.folder], **options)

    def permitted(self, **use: Any) -> list[str]:
        ids = self.store.query(**{"use": "train.pretrain", "accept": "all", **use}, ids=True)["ids"]
        return sorted(
            str(r["text"]) for r in self.store.sql("SELECT record_id, text FROM texts") if r["record_id"] in ids
        )

    def reasons(self) -> list[str]:
        [record] = self.store.sql("SELECT record_id FROM records")
        answer = self.store.explain(record["record_id"], use="train.pretrain", accept="all")
        before = [e for e in answer["evidence"] if e["place"].endswith("(when it was read before)")]
        assert [e["expression"] for e in before] == [NC]
        return [r["reason"] for r in answer["reasons"]]


@pytest.fixture
def field(tmp_path: Path) -> Field:
    return Field(tmp_path)


@pytest.mark.parametrize("silence", [None, "NOASSERTION", ""])
def test_licence_that_the_row_has_no_more_goes_on_bounding_it(field: Field, silence: str | None) -> None:
    field.read({"license": NC})
    assert field.permitted() == []
    field.read({"license": silence})
    assert field.permitted() == []
    assert field.reasons() == ["earlier-statement"]
    assert field.permitted(purpose="noncommercial") == [TEXT], "what it did not refuse it does not refuse now"
    field.read({"license": silence, "title": "Another"})
    assert field.permitted() == []


@pytest.mark.parametrize("silence", [None, 12, "2026-01-02"])
def test_column_that_may_speak_of_rights_and_says_nothing_now_replaces_nothing(field: Field, silence: Any) -> None:
    field.read({"usage": "ask us first"})
    assert field.permitted() == []
    field.read({"usage": silence})
    assert field.permitted() == [], "what says nothing is no statement"
    field.read({"usage": "CC0-1.0"})
    assert field.permitted() == [TEXT], "a statement in its place is"
    field.read({"usage": "ask us first"})
    field.card('[fields]\nnot_rights = { usage = "token counts" }\n')
    field.read({"usage": silence})
    assert field.permitted() == [TEXT], "a column that the card sets aside never was one"


def test_it_holds_for_another_text_of_the_row_and_after_the_row_was_gone(field: Field) -> None:
    field.read({"license": NC})
    field.read({"text": "The hill has other words now, and sheep."})
    assert field.permitted() == []
    field.read()
    field.read({"text": "The third words of the hill are read after it was empty."})
    assert field.permitted() == []


def test_address_finds_the_row_where_it_has_no_id(field: Field) -> None:
    url = "https://hill.example/1"
    field.read({"id": None, "url": url, "license": NC})
    field.read({"id": None, "url": url, "text": "Other words at the same address."})
    assert field.permitted() == []


def test_other_rows_are_not_bound(field: Field) -> None:
    field.read({"license": NC}, {"id": "2", "text": "A second row of the hill."})
    field.read({}, {"id": "2", "text": "A second row of the hill."})
    assert field.permitted() == ["A second row of the hill."]
    field.read({"text": "An id that begins anew in the next file."}, name="s.jsonl")
    assert "An id that begins anew in the next file." in field.permitted()


def test_file_that_passed_through_several_sources_keeps_the_statements_of_its_rows(field: Field) -> None:
    field.read({"license": NC})
    card = (field.folder / "source.toml").read_text(encoding="utf-8")
    for name in ("moor", "fell", "tarn"):
        (field.folder / "source.toml").write_text(card.replace("hill", name), encoding="utf-8")
        assert field.read({"title": name})["adopted"] == 1
        assert field.permitted() == [], name
    assert field.reasons() == ["earlier-statement"]


def test_renamed_file_keeps_the_statements_of_its_rows(field: Field) -> None:
    field.read({"license": NC})
    (field.folder / "r.jsonl").unlink()
    field.read({}, name="s.jsonl", prune=True)
    assert field.permitted() == []


def test_what_a_row_of_another_file_says_binds_as_long_as_that_file_stands(field: Field) -> None:
    """Ids of the whole source: the row of the later path counts. What replaced its own statement replaced no other's."""
    field.card('[fields]\nid_scope = "source"\n')
    field.read({"license": NC}, name="a.jsonl")
    field.read({"license": "MIT", "text": "Another hill, with goats."}, name="b.jsonl")
    assert field.permitted() == ["Another hill, with goats."]
    field.read({"text": "Another hill, with goats."}, name="b.jsonl")
    assert field.permitted() == []
    (field.folder / "a.jsonl").unlink()
    field.store.ingest([field.folder], prune=True)
    assert field.permitted() == ["Another hill, with goats."]


def test_grant_ends_with_its_file_and_an_obligation_stays(field: Field) -> None:
    field.card(license="MIT")
    field.read({"license": "CC0-1.0"})
    field.card(license="")
    (field.folder / "source.toml").write_text('name = "hill"\npersonal_data = "no"\n', encoding="utf-8")
    field.read({})
    assert field.permitted() == []


def test_new_value_in_its_place_replaces_it(field: Field) -> None:
    field.read({"license": NC})
    field.read({"license": "CC0-1.0"})
    assert field.permitted() == [TEXT]
    field.read({})
    assert field.permitted() == [TEXT], "the newest statement permitted"


def test_unreadable_statement_goes_on_blocking(field: Field) -> None:
    field.read({"license": "ask the shepherd first"})
    field.read({})
    assert field.permitted() == []


@pytest.mark.parametrize("which", ['record = "1"', "all = true", 'record = "all"'])
def test_correction_in_the_card_ends_it(field: Field, which: str) -> None:
    field.read({"license": NC})
    field.card(f'[[corrections]]\n{which}\non = 2026-11-21\nby = "Ada"\nreason = "exported wrongly"\n')
    field.read({})
    assert field.permitted() == [TEXT]


def test_correction_of_an_earlier_day_or_another_row_ends_nothing(field: Field) -> None:
    field.read({"license": NC})
    for entry in ("all = true\non = 2026-11-20", 'record = "2"\non = 2026-11-21'):
        field.card(f'[[corrections]]\n{entry}\nby = "Ada"\nreason = "exported wrongly"\n')
        field.read({})
        assert field.permitted() == []


def test_correction_event_ends_what_was_read_before_it(field: Field, tmp_path: Path) -> None:
    field.read({"license": NC})
    field.read({})
    events = tmp_path / "events.csv"
    events.write_text("kind,selector,value,reason\ncorrection,source,hill,the column was wrong\n", encoding="utf-8")
    assert field.store.consent.import_(events)["applied"] == 1
    assert field.permitted() == [TEXT]
    field.read({"license": NC})
    field.read({})
    assert field.permitted() == [], "what is read after the correction binds again"


def test_correction_lifts_no_withdrawal(field: Field) -> None:
    field.read({})
    for kind in ("withdraw", "correction"):
        field.store.consent.record([Request(kind=kind, selector="source", value="hill")])
    assert field.permitted() == []
