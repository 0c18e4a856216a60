"""What every signal promises: claims that the law knows, from whatever is handed to it, and none from nothing."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful import catalog
from rightful.readers import RAW
from rightful.rights.evidence import Evidence, license_claim, rights_id
from rightful.signals.cards.claims import claims_of
from rightful.signals.cards.source_card import card_of
from rightful.signals.order import CARD, SIGNALS, STATEMENTS, OfCard, of_card, of_file, of_record, of_statements
from rightful.signals.rows.claims import about_rows_of
from rightful.signals.signal import EVERYTHING, About, Claims, OfFile, OfRecord, Within, observation
from rightful.stages.license import LicenseTags

CATALOG = catalog.load()
OF_FILES = [signal for signal in SIGNALS if isinstance(signal, OfFile)]
OF_RECORDS = [signal for signal in SIGNALS if isinstance(signal, OfRecord)]
PLAIN = About(CATALOG.names)


def a_value(kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Anything that a reader may hand over in a column of that type."""
    if pa.types.is_list(kind):
        return st.none() | st.lists(a_value(kind.value_type), max_size=3)
    if pa.types.is_integer(kind):
        return st.integers(0, 1 << 40)
    if pa.types.is_timestamp(kind):
        return st.none() | st.datetimes()
    return (
        st.none()
        | st.text(max_size=40)
        | st.sampled_from(["MIT", "GPL-3.0-only", "no AI", "\x00", "{", "[1", "NOASSERTION"])
    )


def test_signals_have_a_name_with_a_version_each_its_own() -> None:
    names = [signal.name for signal in SIGNALS]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z][a-z0-9-]*/\d+", name)
        seen = observation(name, "raw", "place")
        assert f"{seen.detector}/{seen.detector_version}" == name


def test_card_and_columns_of_rights_come_first() -> None:
    assert SIGNALS[:2] == (CARD, STATEMENTS)
    assert [signal for signal in SIGNALS if isinstance(signal, OfCard)] == [CARD]


def test_signals_read_columns_that_readers_hand_over_and_names_in_lower_case() -> None:
    for signal in OF_RECORDS:
        assert signal.columns
        assert set(signal.columns) <= set(RAW.names)
    for signal in OF_FILES:
        assert signal.files
        assert {name.lower() for name in signal.files} == signal.files


@pytest.mark.parametrize("signal", OF_RECORDS, ids=lambda signal: signal.name)
def test_record_that_states_nothing_claims_nothing(signal: OfRecord) -> None:
    assert not signal.read(dict.fromkeys(signal.columns), PLAIN)


@pytest.mark.parametrize("signal", OF_RECORDS, ids=lambda signal: signal.name)
@given(data=st.data())
def test_record_whatever_it_holds_gives_claims_with_what_was_read(signal: OfRecord, data: st.DataObject) -> None:
    row = {name: data.draw(a_value(RAW.field(name).type)) for name in signal.columns if name != "statements"}
    row |= {"statements": None} if "statements" in signal.columns else {}
    read = signal.read(row, PLAIN)
    assert read == signal.read(row, PLAIN)
    assert hash(read) == hash(signal.read(row, PLAIN))
    for claim in read.claims:
        assert claim.observation is not None
        assert claim.observation.place
        assert claim.observation.detector


def test_file_whatever_it_holds_gives_claims_with_the_place_where_it_was_read() -> None:
    for signal in OF_FILES:
        for name in signal.files:
            for raw in (b"", b"\xff\xfe\x00", b"\xef\xbb\xbf{", b"{" * 100_000, b"no", "MIT\n".encode("utf-16")):
                for read in of_file(name.upper(), raw, "corpus/it", PLAIN):
                    claim = read.claim if isinstance(read, Within) else read
                    assert claim.observation is not None
                    assert claim.observation.place.startswith("corpus/it")
                    assert claim.observation.detector
    assert of_file("nobody-reads-this.txt", b"MIT", "corpus/it", PLAIN) == []


def reader(**fields: Any) -> OfFile:
    def read(raw: bytes, place: str, about: About) -> list[Evidence | Within]:
        return [license_beside(raw.decode())]

    return OfFile("a-file/1", fields.pop("files"), read, **fields)


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("LICENSE", True),
        ("a/b/License-MIT.txt", True),
        ("license.py", False),
        ("unlicense", False),
        ("x-1.dist-info/METADATA", True),
        ("a/x-1.dist-info/METADATA", True),
        ("METADATA", False),
    ],
)
def test_file_is_read_by_patterns_of_its_name_and_of_the_end_of_its_path(path: str, read: bool) -> None:
    signal = reader(files=frozenset({"license", "license[-._]*", "*.dist-info/metadata"}), but=frozenset({"*.py"}))
    assert bool(of_file(path, b"MIT", "corpus/it", PLAIN, [signal])) == read


def test_claims_that_go_on_in_packages_that_lie_inside_say_so() -> None:
    (claim,) = of_file("card.md", b"MIT", "card.md", PLAIN, [reader(files=frozenset({"card.md"}), through=True)])
    assert claim == Within(license_beside("MIT"), globs=EVERYTHING, through=True)


def test_claims_of_the_card_are_those_of_the_source() -> None:
    card = card_of({"name": "forum", "license": "MIT", "publisher": "A"}, "source.toml", CATALOG.vocabulary)
    assert of_card(card, CATALOG.names, {}) == claims_of(card, CATALOG.names, {})
    assert [claim.expression for claim in of_card(card, CATALOG.names, {})] == ["MIT"]


def test_columns_of_rights_are_read_with_the_limits_of_the_card() -> None:
    table = {"name": "forum", "jurisdiction": ["DE"], "license_from": "scanner", "licenses": {"ours": "CC0-1.0"}}
    card = card_of(table, "source.toml", CATALOG.vocabulary)
    about = about_rows_of(card, CATALOG.names)
    read = of_statements({"license_raw": "ours", "statements": None}, about)
    assert [(claim.expression, claim.tier, claim.jurisdictions) for claim in read.claims] == [
        ("CC0-1.0", 6, frozenset({"DE"}))
    ]
    assert read.claims[0].observation is not None
    assert (read.claims[0].observation.detector, read.claims[0].observation.detector_version) == (
        *("license-field-by-card", "2"),
    )
    assert not of_record({"license_raw": "ours"}, about), "what is read once is not read twice"


def license_beside(text: str) -> Evidence:
    claim = license_claim(text, CATALOG.names, tier=5, place="forum/LICENSE", detector="a-file/1")
    assert claim is not None
    return claim


def test_claims_of_a_file_beside_a_text_meet_those_of_its_card() -> None:
    card = card_of({"name": "forum", "license": "MIT"}, "source.toml", CATALOG.vocabulary)
    claims = tuple(of_card(card, CATALOG.names, {}))
    without = LicenseTags(card, claims, CATALOG.names, b"key").rights_of(None)
    beside = (license_beside("GPL-3.0-only"),)
    rights = LicenseTags(card, claims, CATALOG.names, b"key", None, beside).rights_of(None)
    assert (without.declared, without.concluded, without.conflict) == ("MIT", "MIT", False)
    assert (rights.declared, rights.conflict) == ("GPL-3.0-only", True)
    assert rights.concluded == "MIT AND GPL-3.0-only"
    assert rights.profile == without.profile | set(beside)
    assert rights.rights_id == rights_id(rights.profile) != without.rights_id


def test_claims_have_a_truth_value() -> None:
    assert not Claims()
    assert Claims(notices=("(c) A",))
    assert Claims(claims=(license_beside("MIT"),))
