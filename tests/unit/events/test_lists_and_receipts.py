"""Opt-out lists and consent records as others write them, imported as events."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import InputError

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DPV = "https://w3id.org/dpv#"
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
ROWS = (
    ("a", "https://github.com/mira/tides/blob/main/a.md", "mira@example.org"),
    ("b", "https://github.com/mira/tides/issues/4", "mira@example.org"),
    ("c", "https://github.com/mira/tides/commit/0f3a", "tom@example.org"),
    ("d", "https://github.com/tom/notes/blob/main/d.md", "tom@example.org"),
    ("e", "https://github.com/tom/knots/blob/main/e.md", "ann@example.org"),
    ("f", "https://journal.example/2026/tides", "ann@example.org"),
)
WORDS = {
    "a": "The mole was built of granite from the quarry above the town, and it stands as it stood.",
    "b": "Who knows at which hour the ferry leaves on a Sunday in winter? The table does not say.",
    "c": "Mend the table of the tides: the second column had minutes where hours belong.",
    "d": "Boats lie at anchor until the pilot comes aboard, and leave with the ebb before noon.",
    "e": "A bowline holds under load and comes undone by hand; a reef knot is for parcels.",
    "f": "In the cold winter of that year the whole harbour froze over, from pier to pier.",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    folder = tmp_path / "forge"
    folder.mkdir()
    (folder / "source.toml").write_text(
        'name = "forge"\nlicense = "CC0-1.0"\npersonal_data = "no"\n[fields]\nsubject = "sender"\n'
    )
    rows = [{"id": n, "url": url, "sender": who, "text": WORDS[n]} for n, url, who in ROWS]
    (folder / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    store = Store(tmp_path / "store", clock=lambda: NOON)
    store.ingest([folder])
    return store


def permitted(store: Store, **use: Any) -> str:
    ids = set(store.query(ids=True, **(USE | use)).ids)
    rows = store.sql("SELECT record_id, source_record_id AS n FROM records")
    return "".join(sorted(row["n"] for row in rows if row["record_id"] in ids))


def imported(store: Store, path: Path, content: object) -> Any:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return store.consent.import_(path)


# --- lists ---------------------------------------------------------------------------------------------------------------


def test_list_by_user_leaves_out_all_a_sort_or_a_repository(store: Store, tmp_path: Path) -> None:
    answer = imported(
        store, tmp_path / "list.json", {"mira": ["GitHub issue"], "tom": ["tom/notes"], "nobody": ["all"]}
    )
    assert (answer.rows, answer.applied, answer.unmatched, answer.errors) == (3, 3, 1, [])
    assert {e["kind"] for e in store.consent.list()} == {"opt-out"}
    assert permitted(store) == "acef"
    imported(store, tmp_path / "list.json", {"mira": ["Commits"]})
    assert permitted(store) == "aef"
    imported(store, tmp_path / "list.json", [{"MIRA": ["all"]}])
    assert permitted(store) == "ef"


def test_list_by_user_names_what_it_cannot_leave_out(store: Store, tmp_path: Path) -> None:
    users = {"mira": ["everything"], "tom": [], "ann": ["a/b/c"], "bo": ["all"], "no name": ["all"]}
    answer = imported(store, tmp_path / "list.json", users)
    assert [(e["row"], e["reason"].split(" of ")[0]) for e in answer.errors[:3]] == [
        (1, "'everything'"),
        (2, "'tom' names nothing that is left out"),
        (3, "'a/b/c'"),
    ]
    assert answer.errors[3]["row"] == 5
    assert answer.applied == 1


def test_list_of_domains_has_remarks_addresses_and_what_is_neither(store: Store, tmp_path: Path) -> None:
    lines = (
        "# as of November\njournal.example   # asked by mail\n\nhttps://github.com/tom/knots/\ngithub.com/mira/tides\n"
    )
    answer = imported(store, tmp_path / "domains.txt", "\ufeff" + lines + "two domains.example\nno_domain!\nhttp://\n")
    assert (answer.applied, answer.unmatched) == (3, 0)
    assert [error["row"] for error in answer.errors] == [6, 7, 8]
    assert permitted(store) == "d"
    again = imported(store, tmp_path / "domains.txt", lines)
    assert (again.applied, again.known) == (0, 3)


@pytest.mark.parametrize("column", ["domain", "url-prefix", "owner", "subject"])
def test_table_with_a_column_named_after_a_selector_is_a_list(store: Store, tmp_path: Path, column: str) -> None:
    value = {
        "domain": "journal.example",
        "url-prefix": "https://journal.example/2026",
        "owner": "github.com/tom/knots",
        "subject": "ann@example.org",
    }[column]
    answer = imported(store, tmp_path / "list.csv", f"{column},reason\n{value},listed\n")
    assert (answer.applied, answer.unmatched) == (1, 0)
    [event] = store.consent.list()
    assert (event["kind"], event["selector"], event["reason"]) == ("opt-out", column, "listed")


def test_table_that_names_two_selectors_or_a_kind_is_read_as_it_says(store: Store, tmp_path: Path) -> None:
    answer = imported(store, tmp_path / "list.csv", "domain,url\na.example,https://b.example\n")
    assert answer.errors[0]["reason"].startswith("unknown column 'domain'")
    imported(store, tmp_path / "list.csv", "domain,kind\njournal.example,takedown\n")
    assert [e["kind"] for e in store.consent.list()] == ["takedown"]


def test_rows_in_one_json_document_are_rows(store: Store, tmp_path: Path) -> None:
    rows = [{"kind": "withdraw", "selector": "domain", "value": "journal.example"}, {"kind": "withdraw"}]
    answer = imported(store, tmp_path / "rows.json", rows)
    assert (answer.applied, [e["row"] for e in answer.errors]) == (1, [2])


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.json", "7", "holds neither events"),
        ("a.json", '{"kind": "withdraw"}', "holds neither events"),
        ("a.json", '{"mira": "all"}', "holds neither events"),
        ("a.json", '["mira"]', "holds neither events"),
        ("a.xml", "<a/>", "suffix that no format of events has"),
        ("a", "x", "suffix that no format of events has"),
    ],
)
def test_file_of_none_of_these_is_refused_as_a_whole(
    store: Store, tmp_path: Path, name: str, content: str, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        imported(store, tmp_path / name, content)
    assert len(store.consent.list()) == 0


def test_list_that_is_no_text_and_document_that_is_too_large_are_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_bytes(b"journal.example\n\xff\xfe\n")
    with pytest.raises(InputError, match="cannot be read as a list of domains"):
        store.consent.import_(tmp_path / "a.txt")
    monkeypatch.setattr("rightful.events.importing.MOST_JSON_BYTES", 10)
    with pytest.raises(InputError, match="more than 10"):
        imported(store, tmp_path / "a.json", {"mira": ["all"]})
    assert len(store.consent.list()) == 0


# --- consent records -----------------------------------------------------------------------------------------------------


def record(status: str, **more: Any) -> dict[str, Any]:
    """A consent record of Mira in whole addresses."""
    return {
        "@id": "urn:r:1",
        "@type": DPV + "ConsentRecord",
        DPV + "hasIdentifier": "r-1",
        DPV + "hasDataSubject": "mira@example.org",
        DPV + "hasConsentStatus": {"@id": DPV + status},
        **{DPV + key: value for key, value in more.items()},
    }


TRAINING = {"hasProcessing": {"@id": "dpv-ai:ModelTraining"}, "hasPurpose": {"@id": DPV + "CommercialPurpose"}}


def last(store: Store) -> dict[str, Any]:
    return store.consent.list()[-1]


def test_consent_that_was_given_grants_what_its_words_say(store: Store, tmp_path: Path) -> None:
    given = {
        "@type": DPV + "ConsentGiven",
        "http://purl.org/dc/terms/date": "2026-01-05T10:00:00Z",
        DPV + "hasDuration": 63115200,
    }
    answer = imported(
        store,
        tmp_path / "r.jsonld",
        {
            "@graph": [
                record("ConsentGiven", **TRAINING, hasPart=given, hasRecipient={"@id": "urn:lab"}),
                {"@id": "urn:lab", "hasName": "The Lab"},
            ]
        },
    )
    assert (answer.applied, answer.errors) == (1, [])
    event = last(store)
    assert (event["kind"], event["selector"], json.loads(event["acts"]), json.loads(event["purposes"])) == (
        "grant",
        "subject",
        ["train"],
        ["commercial"],
    )
    assert (event["effective"], event["valid_until"]) == ("2026-01-05T10:00:00Z", "2028-01-05T22:00:00Z")
    assert (event["party"], event["proof"]) == ("The Lab", "r-1")
    assert "mira" not in json.dumps(store.consent.list().rows)


@pytest.mark.parametrize("as_written", ["ConsentWithdrawn", "dpv:ConsentWithdrawn", DPV + "ConsentWithdrawn"])
def test_withdrawal_is_limited_to_what_all_of_its_words_say(store: Store, tmp_path: Path, as_written: str) -> None:
    node = {"hasDataSubject": "mira@example.org", "dpv:hasConsentStatus": as_written, **TRAINING}
    imported(store, tmp_path / "r.json", node)
    event = last(store)
    assert (event["kind"], json.loads(event["acts"])) == ("withdrawal", ["train"])
    assert permitted(store) == "cdef"
    assert permitted(store, use="index.search") == "abcdef", "search was not withdrawn"


@pytest.mark.parametrize(
    "words", [{}, {"hasPurpose": "https://w3id.org/dpv#Marketing"}, {**TRAINING, "hasProcessing": ["dpv:Profiling"]}]
)
def test_withdrawal_that_our_words_cannot_limit_refuses_everything_and_erases_nothing(
    store: Store, tmp_path: Path, words: dict[str, Any]
) -> None:
    imported(store, tmp_path / "r.jsonld", record("ConsentWithdrawn", **words))
    assert (last(store)["kind"], last(store)["acts"]) == ("refusal", "[]")
    assert permitted(store) == permitted(store, use="index.search") == "cdef"
    assert store.compact().records == 0


@pytest.mark.parametrize(
    "status", ["ConsentRefused", "ConsentUnknown", "ConsentRequested", "ConsentInvalidated", "ConsentMisspelt"]
)
def test_status_that_is_not_valid_for_processing_refuses(store: Store, tmp_path: Path, status: str) -> None:
    imported(store, tmp_path / "r.jsonld", record(status))
    assert last(store)["kind"] == "refusal"
    assert permitted(store) == "cdef"


def test_of_several_statuses_the_strictest_counts_and_of_parts_alone_the_newest(store: Store, tmp_path: Path) -> None:
    both = record("ConsentGiven", **TRAINING)
    both[DPV + "hasConsentStatus"] = [{"@id": DPV + "ConsentGiven"}, {"@id": DPV + "ConsentExpired"}]
    imported(store, tmp_path / "r.jsonld", both)
    assert last(store)["kind"] == "expiry"
    parts = [
        {"@type": "dpv:ConsentWithdrawn", "dct:date": "2026-03-01T00:00:00Z"},
        {"@type": "dpv:ConsentGiven", "dct:date": "2026-01-01T00:00:00Z"},
    ]
    node = {"@type": "dpv:ConsentReceipt", "dpv:hasDataSubject": "tom@example.org", "dpv:hasPart": parts, **TRAINING}
    imported(store, tmp_path / "r.jsonld", node)
    assert (last(store)["kind"], last(store)["effective"]) == ("withdrawal", "2026-03-01T00:00:00Z")


@pytest.mark.parametrize(
    "words",
    [
        {"hasPurpose": DPV + "CommercialPurpose"},
        {"hasProcessing": {"@id": "urn:ours", "@type": "dpv-ai:ModelTraining"}},
        {"hasProcessing": {"@id": "https://example.org/words#ModelTraining"}},
        {"hasProcessing": "dpv:Store"},
    ],
)
def test_consent_to_what_has_no_equal_grants_nothing_and_says_so(
    store: Store, tmp_path: Path, words: dict[str, Any]
) -> None:
    answer = imported(store, tmp_path / "r.jsonld", record("ConsentGiven", **words))
    assert answer.applied == 0
    assert "names no act" in answer.errors[0]["reason"]


def test_kind_of_a_purpose_grants_nothing_of_the_wider_one(store: Store, tmp_path: Path) -> None:
    purpose = {
        "@id": "urn:p",
        "@type": DPV + "CommercialPurpose",
        DPV + "isSubTypeOf": {"@id": DPV + "CommercialPurpose"},
    }
    imported(store, tmp_path / "r.jsonld", record("ConsentGiven", **{**TRAINING, "hasPurpose": purpose}))
    assert (last(store)["kind"], last(store)["purposes"]) == ("grant", "[]")
    imported(store, tmp_path / "r.jsonld", record("ConsentWithdrawn", **{**TRAINING, "hasPurpose": purpose}))
    assert (last(store)["kind"], json.loads(last(store)["purposes"])) == ("withdrawal", ["commercial"])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({DPV + "hasDataSubject": None}, "names no person"),
        ({DPV + "hasConsentStatus": []}, "says of no consent where it stands"),
        ({DPV + "hasDuration": "a while"}, "lasts 'a while'"),
        ({"http://purl.org/dc/terms/date": "yesterday"}, "is not a date or a time"),
    ],
)
def test_record_that_cannot_be_read_is_named_and_the_others_are_recorded(
    store: Store, tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    broken = {**record("ConsentGiven", **TRAINING), **change}
    answer = imported(store, tmp_path / "r.jsonld", [broken, record("ConsentRefused")])
    assert (answer.applied, [e["row"] for e in answer.errors]) == (1, [1])
    assert why in answer.errors[0]["reason"]


def test_times_without_a_zone_grant_no_sooner_and_refuse_no_later_than_any_zone(store: Store, tmp_path: Path) -> None:
    at = {"http://purl.org/dc/terms/date": "2026-01-05T10:00:00"}
    imported(store, tmp_path / "r.jsonld", record("ConsentGiven", **TRAINING) | at)
    assert last(store)["effective"] == "2026-01-05T22:00:00Z"
    imported(store, tmp_path / "r.jsonld", record("ConsentRefused") | at)
    assert last(store)["effective"] == "2026-01-04T20:00:00Z"


def test_person_may_be_a_node_with_an_address_of_mail(store: Store, tmp_path: Path) -> None:
    person = {"@id": "urn:mira", DPV + "hasName": "Mira", DPV + "hasContact": "mailto:mira@example.org"}
    node = {**record("ConsentRefused"), DPV + "hasDataSubject": {"@id": "urn:mira"}}
    answer = imported(store, tmp_path / "r.jsonld", {"@graph": [node, person]})
    assert answer.matched == {"records": 2}


def test_document_that_is_nested_without_end_is_no_record(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        imported(store, tmp_path / "r.json", '{"hasPart":' * 500 + "1" + "}" * 500)
