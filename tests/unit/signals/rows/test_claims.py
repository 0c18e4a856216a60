"""What rows claim: statements meet, what cannot be read blocks its row, and the card says what its strings mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rightful import Store, catalog
from rightful.errors import InputError
from rightful.readers import Fields
from rightful.readers.fields import Record, RowReader
from rightful.rights.decide import Case, decide
from rightful.rights.uses import use_of
from rightful.signals.cards.claims import claims_of
from rightful.signals.cards.source_card import SourceCard, card_of, stored_card
from rightful.signals.rows.claims import check_columns, look_of, stated_in
from rightful.stages.license import LicenseTags, RowRights
from tests.reading import NOW

LAW = catalog.load()
NC = "CC-BY-NC-4.0"
UNREAD = "LicenseRef-rightful-unreadable"


def card(**keys: Any) -> SourceCard:
    return card_of({"name": "corpus", "personal_data": "no", **keys}, "source.toml", LAW.vocabulary)


def rights(row: Mapping[str, Any], **keys: Any) -> RowRights:
    its_card = card(**keys)
    look = look_of(its_card, LAW.names)
    found = RowReader(Fields(), look)({"text": "A day.", **row})
    assert isinstance(found, Record), found
    stage = LicenseTags(its_card, tuple(claims_of(its_card, LAW.names, {})), LAW.names, bytes(32))
    return stage.rights_of(found.license_raw, None, found.statements)


def verdict(row: Mapping[str, Any], purpose: str = "commercial", **keys: Any) -> str:
    use = use_of(LAW.vocabulary, ["train.pretrain"], purpose=purpose, accept=["all"], as_of=NOW)
    case = Case(profile=rights(row, **keys).profile, personal_data="no", pii_state="none_found")
    return decide(case, use, LAW).status.word


FREE = "CC0-1.0"


@pytest.mark.parametrize(
    "row",
    [
        {"license": "MIT", "metadata": {"license": NC}},
        {"license": "NOASSERTION", "metadata": {"license": NC}},
        {"license": {"spdx_id": "NOASSERTION", "name": NC}},
        {"license": {"name": "CC-BY-4.0", "url": "https://creativecommons.org/licenses/by-nc/4.0/"}},
        {"license": {"key": "other", "name": NC, "spdx_id": "NOASSERTION"}},
        {"license": ["MIT", {"name": NC}]},
        {"license": json.dumps(["MIT", NC])},
        {"license": str(["MIT", NC])},
        {"license": [["MIT", NC]]},
        {"license": f"MIT, {NC}"},
        {"license": f"MIT\n{NC}"},
        {"license": True},
        {"license": {"name": "MIT", "license": NC}},
        {"rights": NC},
        {"usage": NC},
        {"license": "MIT", "license_link": "https://creativecommons.org/licenses/by-nc/4.0/"},
        {"license": "other", "license_name": NC},
        {"license": 2, "url": "https://www.flickr.com/photos/x/1"},
        {"license": "MIT", "rights": "No commercial use"},
        {"license": "MIT", "rights": "All rights reserved"},
        {"license": "MIT", "license_url": "https://example.org/LICENSE"},
        {"license": 4},
        {"license": {"key": "other", "name": "Other", "spdx_id": "NOASSERTION", "url": None}},
        {"license": {"note": "ask"}},
        {"license": "other", "license_name": "house rules", "license_link": "https://example.org/rules"},
        {"license": "other"},
        {"copyright": "© 2024 Elsevier. All rights reserved, including AI training."},
        {"metadata": "license: " + NC},
        {"license": "NONE"},
    ],
)
def test_row_that_says_more_than_its_card_is_not_permitted_what_the_card_permits(row: dict[str, Any]) -> None:
    assert verdict({}, license=FREE) == "permit"
    assert verdict(row, license=FREE) != "permit"


@pytest.mark.parametrize(
    "row",
    [
        {"license": "MIT", "usage": {"prompt_tokens": 5}},
        {"license": "MIT", "license_score": 0.93},
        {"license": "MIT", "usage": "12", "rights": None, "terms": "N/A", "copyright": "© 2024 Mira Moreno"},
        {
            "license": {
                "key": "mit",
                "name": "MIT License",
                "spdx_id": "MIT",
                "url": "https://api.github.com/licenses/mit",
            }
        },
        {"license": "other", "license_name": "Apache 2.0", "license_link": "LICENSE"},
        {"license": "cc", "license_url": "https://creativecommons.org/licenses/by/4.0/"},
        {"license": "None", "licenses": []},
        {"license": "NOASSERTION"},
        {"license": ["NOASSERTION", "MIT"]},
        {"license": 4, "url": "https://www.flickr.com/photos/x/1"},
        {"rights": "MIT License", "license": "mit"},
        {"rights_holder": "Mira Moreno; ask her first"},
    ],
)
def test_row_that_says_no_more_stays_permitted(row: dict[str, Any]) -> None:
    assert verdict(row, license=FREE) == "permit"


def test_statements_of_a_row_meet_and_that_of_the_card_merges() -> None:
    """A database licence says nothing of the contents: beside another statement of its row it leaves them open."""
    assert verdict({"license": "MIT"}, license="ODbL-1.0") == "permit"
    assert verdict({"license": "MIT", "metadata": {"license": "ODbL-1.0"}}) == "unknown"


def test_columns_of_a_row_are_claims_of_their_own_with_their_place() -> None:
    found = rights({"license": "MIT", "metadata": {"license": NC}, "rights": "ask"})
    places = {(e.column, e.observation.place, e.observation.raw, e.statement) for e in found.profile if e.observation}
    assert places == {
        ("", "license field of the row: license", "MIT", "license"),
        ("metadata.license", "license field of the row: metadata.license", NC, "license"),
        ("rights", "license field of the row: rights", "ask", "unreadable"),
    }
    assert found.blocking == (("rights", "ask"),)
    assert (found.declared, found.concluded, found.conflict) == (f"MIT AND {NC} AND {UNREAD}", None, True)


def test_licence_of_several_columns_that_agree_is_no_conflict() -> None:
    found = rights({"license": "MIT", "metadata": {"license": "mit license"}}, license="MIT")
    assert (found.declared, found.concluded, found.conflict) == ("MIT", "MIT", False)


def test_holder_and_notice_are_kept_for_attribution_and_are_no_licence() -> None:
    found = rights({"license": "MIT", "copyright": "© 2024 Mira Moreno", "rights_holder": "Apache"})
    assert found.notices == ("© 2024 Mira Moreno", "Apache")
    assert found.declared == "MIT"


def test_reservation_in_words_is_heard_in_every_column() -> None:
    for name in ("license", "rights", "copyright", "rights_holder", "metadata"):
        text = "No text and data mining permitted"
        row = {name: {"license": text}} if name == "metadata" else {name: text}
        found = rights({"license_id": "MIT", **row})
        assert any(e.kind == "reservation" and e.basis == "in words" for e in found.profile), name


@pytest.mark.parametrize(
    ("maps", "row", "declared"),
    [
        ({"by": "CC-BY-4.0"}, {"license": "BY"}, "CC-BY-4.0"),
        ({"4": "CC-BY-2.0"}, {"license": 4}, "CC-BY-2.0"),
        ({"free for all": "CC0-1.0"}, {"rights": "Free for  all"}, "CC0-1.0"),
        ({"N/A": "All rights reserved"}, {"license": "n/a"}, "LicenseRef-All-Rights-Reserved"),
        ({"0": "All rights reserved"}, {"usage": 0, "rights": "0"}, "LicenseRef-All-Rights-Reserved"),
        ({"permissive": "MIT OR Apache-2.0"}, {"license": ["permissive"]}, "MIT OR Apache-2.0"),
        ({NC: "MIT"}, {"license": NC}, f"{NC} AND MIT"),
        (
            {"Other": "MIT"},
            {"license": {"key": "other", "name": "Other", "spdx_id": "NOASSERTION"}},
            f"{UNREAD} AND MIT",
        ),
    ],
)
def test_card_maps_its_strings_and_takes_no_reading_away(
    maps: dict[str, str], row: dict[str, Any], declared: str
) -> None:
    found = rights(row, licenses=maps)
    assert set((found.declared or "").split(" AND ")) == set(declared.split(" AND "))
    if UNREAD not in declared:
        assert any(e.observation and e.observation.detector == "license-field-by-card" for e in found.profile)


def test_column_that_the_card_sets_aside_with_a_reason_blocks_nothing() -> None:
    row = {"license": "MIT", "usage": "premium tier"}
    assert verdict(row) == "unknown"
    assert verdict(row, fields={"not_rights": {"usage": "the plan of the customer"}}) == "permit"


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"licenses": {"x": "no such thing"}}, "no such thing"),
        ({"fields": {"not_rights": {"license": "because"}}}, "is a licence by its name"),
        ({"fields": {"not_rights": {"metadata.license_url": "because"}}}, "is a licence by its name"),
    ],
)
def test_card_that_maps_to_nothing_readable_or_hides_a_licence_is_an_error(keys: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        check_columns(card(**keys), "source.toml", LAW.names)


@pytest.mark.parametrize("value", [{"usage": ""}, {"usage": 5}, ["usage"], "usage"])
def test_set_aside_needs_a_table_of_reasons(value: Any) -> None:
    with pytest.raises(InputError, match=r"fields\.not_rights"):
        card(fields={"not_rights": value})


def test_card_with_and_without_the_new_tables_comes_back_from_the_store() -> None:
    full = card(licenses={"by": "CC-BY-4.0"}, fields={"not_rights": {"usage": "tokens"}, "license": "lic"})
    assert stored_card(full.as_json()) == full
    plain = card().as_json()
    assert "licenses" not in plain
    assert "not_rights" not in plain


def test_raw_statement_of_a_place_is_that_of_the_row_itself() -> None:
    several = json.dumps({"license": "MIT", "metadata.license": ["A", "B"]})
    assert stated_in(several, "license field of the row: metadata.license") == '["A","B"]'
    assert stated_in("MIT", "license field of the row") == "MIT"
    assert stated_in("MIT", "corpus/source.toml") is None
    assert stated_in(None, "license field of the row: license") is None


def test_ingest_names_the_columns_that_block_and_how_many_rows(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "source.toml").write_text('name = "corpus"\nlicense = "CC0-1.0"\npersonal_data = "no"\n')
    rows = [{"text": f"Day {n}.", "license": "MIT", "usage": "ask" if n % 2 else 5, "terms": None} for n in range(6)]
    rows += [{"text": "Night.", "license": "house rules", "usage": "ask"}]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "b.jsonl").write_text(json.dumps({"text": "Noon.", "usage": "premium"}) + "\n")
    store = Store(tmp_path / "store")
    answer = store.ingest([folder])
    assert [(s["file"], s["column"], s["rows"], s["sample"]) for s in answer["statements"]] == [
        ("a.jsonl", "usage", 4, "ask"),
        ("a.jsonl", "license", 1, "house rules"),
        ("b.jsonl", "usage", 1, "premium"),
    ]
    assert store.query(use="train.pretrain", accept="all")["permitted"]["records"] == 3
    (folder / "source.toml").write_text(
        'name = "corpus"\nlicense = "CC0-1.0"\npersonal_data = "no"\n'
        '[licenses]\n"house rules" = "MIT"\n[fields]\nnot_rights = {usage = "the plan of the customer"}\n'
    )
    assert store.ingest([folder])["statements"] == []
    assert store.query(use="train.pretrain", accept="all")["permitted"]["records"] == 8


def test_rows_that_differ_only_in_what_an_object_says_are_two_records(tmp_path: Path) -> None:
    objects = [
        {"name": "CC-BY-4.0", "url": f"https://creativecommons.org/licenses/{kind}/4.0/"} for kind in ("by", "by-nc")
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": "One day.", "license": o}) + "\n" for o in objects))
    store = Store(tmp_path / "store")
    assert store.ingest([tmp_path / "a.jsonl"])["added"] == 2


def test_explain_shows_what_the_card_maps_and_sets_aside(tmp_path: Path) -> None:
    (tmp_path / "source.toml").write_text(
        'name = "corpus"\npersonal_data = "no"\n[licenses]\n"house rules" = "MIT"\n[fields]\nnot_rights = {usage = "tokens"}\n'
    )
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"id": "x", "text": "A day.", "license": "house rules", "usage": "ask"}) + "\n"
    )
    store = Store(tmp_path / "store")
    store.ingest([tmp_path / "a.jsonl"])
    answer = store.explain("x", use="train.pretrain", accept="all")
    assert answer["decision"] == "permit"
    [claim] = answer["evidence"]
    assert (claim["raw"], claim["detector"]) == ("house rules", "license-field-by-card/2")
    assert answer["not_rights"] == [{"column": "usage", "reason": "tokens"}]
