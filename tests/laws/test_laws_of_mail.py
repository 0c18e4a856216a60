"""Mail holds personal data by its form, and each of its correspondents may withdraw it. Law 8.10."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful import catalog
from rightful.readers import RAW, Fields, FoundFile, Item, ReadOptions
from rightful.readers.mail.header import Header
from rightful.readers.mail.persons import CORRESPONDENTS, named_in
from rightful.readers.read import personal_types, read
from rightful.rights.columns import Look
from rightful.rights.consent import subject_key
from rightful.signals.cards.claims import claims_of
from rightful.signals.cards.source_card import card_of
from rightful.stages.license import LicenseTags

LAW = catalog.load()
KEY = b"k" * 32
WAYS = ("{}", "Ana <{}>", '"Silva, Ana" <{}>', "bo@example.org, {}", "Friends: {};", "{} (Ana)")


def tagged(card: dict[str, Any], *media_types: str) -> tuple[list[str], list[set[str]]]:
    """``personal_data`` of rows of these media types under a card, and the gates of each."""
    of = card_of({"name": "box", "license": "CC0-1.0", "covers": "contents", **card}, "source.toml", LAW.vocabulary)
    tags = LicenseTags(of, tuple(claims_of(of, LAW.names, {})), LAW.names, KEY, personal=personal_types())
    rows = [{"file": "a", "line": n, "text": "a", "media_type": kind} for n, kind in enumerate(media_types)]
    columns = tags(pa.RecordBatch.from_pylist(rows, RAW))
    profiles = [tags.profiles[of_row] for of_row in columns["rights_id"].cast(pa.string()).to_pylist()]
    gates = [{e.statement for e in profile if e.kind == "gate"} for profile in profiles]
    return columns["personal_data"].cast(pa.string()).to_pylist(), gates


@pytest.mark.parametrize(
    ("card", "counts", "gates"),
    [
        ({}, "yes", {"personal_data"}),
        ({"personal_data": "yes"}, "yes", {"personal_data"}),
        ({"personal_data": "no"}, "unknown", set()),
        ({"legal_basis": "public_task"}, "yes", set()),
    ],
)
def test_mail_is_personal_data_until_its_card_settles_it(card: dict[str, Any], counts: str, gates: set[str]) -> None:
    assert tagged(card, "message/rfc822") == ([counts], [gates])


def test_what_is_no_mail_is_what_its_card_says() -> None:
    assert tagged({}, "text/plain", "message/rfc822", "text/html") == (
        ["unknown", "yes", "unknown"],
        [set(), {"personal_data"}, set()],
    )
    assert tagged({"personal_data": "no"}, "text/plain", "message/rfc822")[0] == ["no", "unknown"]


@given(
    field=st.sampled_from(sorted(CORRESPONDENTS)),
    way=st.sampled_from(WAYS),
    within=st.booleans(),
    case=st.sampled_from([str, str.upper]),
)
def test_each_correspondent_of_a_mail_and_of_those_within_is_named(
    field: str, way: str, within: bool, case: Any
) -> None:
    header = Header(((field, way.format(case("ana@example.org"))),))
    sender = Header((("From", "bo@example.org"),))
    headers = [sender, Header(sender.fields + header.fields)] if within else [Header(sender.fields + header.fields)]
    named = named_in(headers).subjects or []
    assert subject_key("ana@example.org", KEY) in {subject_key(s, KEY) for s in named if s}


@pytest.mark.parametrize(
    "fields",
    [(), (("From", ""),), (("From", "<>"),), (("To", "ana@example.org"),), (("From", "\ufffd <a@b.example>"),)],
)
def test_a_mail_that_does_not_tell_who_wrote_it_names_somebody_who_cannot_be_read(
    fields: tuple[tuple[str, str], ...],
) -> None:
    for headers in ([Header(fields)], [Header((("From", "bo@example.org"),)), Header(fields)]):
        assert "" in (named_in(headers).subjects or [])


def test_no_mail_hides_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    mail = "From {0} Mon Jan  1 00:00:00 2001\nFrom: {0}\nContent-Length: 10000\n\ntext of {0}\n{1}"
    for between in ("\n", ""):
        path.write_text(mail.format("bo@example.org", between) + mail.format("ana@example.org", ""))
        status = path.stat()
        item = Item("mbox", (FoundFile(path, "in.mbox", status.st_size, status.st_mtime_ns, "mbox"),))
        batches = [
            part
            for part in read(item, ReadOptions(Fields(), Look(LAW.names.columns)))
            if isinstance(part, pa.RecordBatch)
        ]
        assert [row["subject"] for batch in batches for row in batch.to_pylist()] == [
            "bo@example.org",
            "ana@example.org",
        ]
