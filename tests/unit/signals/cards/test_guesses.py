"""Guesses in cards: where they may stand, what is kept of them, and what a store makes of them until they are confirmed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rightful import Store, catalog
from rightful.errors import InputError
from rightful.signals.cards.guesses import Guess, marked, unmarked
from rightful.signals.cards.source_card import card_of, stored_card
from rightful.signals.cards.warnings import warnings_of
from rightful.signals.rows.claims import about_rows_of

LAW = catalog.load()


def card(**keys: Any) -> Any:
    return card_of({"name": "notes", **keys}, "notes/source.toml", LAW.vocabulary)


@pytest.mark.parametrize("spelled", ["TODO confirm: CC0-1.0", "todo confirm:CC0-1.0", "  TODO  Confirm : CC0-1.0 "])
def test_mark_is_read_in_any_case_and_spacing(spelled: str) -> None:
    guessed = card(license=spelled)
    assert guessed.license == "CC0-1.0"
    assert guessed.guesses == (Guess(("license",), "CC0-1.0"),)


def test_word_that_only_looks_like_a_mark_is_no_licence_that_anybody_can_read() -> None:
    assert card(license="TODO: confirm CC0-1.0").guesses == ()
    assert "cannot be read" in warnings_of(card(license="TODO: confirm CC0-1.0"), LAW.names)[0]


@pytest.mark.parametrize(
    "spelled",
    [
        "(TODO confirm: Reed Press)",
        "“TODO confirm: Reed Press”",
        "TODO confirm Reed Press",
        "TODO: confirm Reed Press",
        "todo-confirm: Reed Press",
        "to_do confirm: Reed Press",
        "Reed Press # TODO confirm",
        "\u200bTODO confirm: Reed Press",
        "TO\u00adDO\u2060 confirm\u200b: Reed Press",
        "\ufeffTODO confirm: Reed Press",
        "TODO confirm\uff1a Reed Press",
    ],
)
def test_mark_that_is_written_otherwise_is_an_error_and_no_confirmed_text(spelled: str) -> None:
    contract = {
        "party": spelled,
        "reference": "R-1",
        "signed_on": "2026-01-01",
        "excludes": ["train"],
        "perpetual": True,
    }
    with pytest.raises(InputError, match="neither a guess nor confirmed") as caught:
        card(contracts=[contract])
    assert caught.value.subject == "notes/source.toml, key contracts[0].party"
    with pytest.raises(InputError, match="neither a guess nor confirmed"):
        card(fields={"not_rights": {"usage": spelled}})


@pytest.mark.parametrize("text", ["Todoroki Confirmations", "to do: confirmed", "what to do; confirm nothing"])
def test_text_in_which_no_mark_stands_is_a_text(text: str) -> None:
    assert card(publisher=text).publisher == text


def test_exclusion_of_a_contract_with_a_guess_has_no_end_and_no_beginning() -> None:
    contract = {"party": "P", "reference": "R", "signed_on": "2026-01-01", "acts": ["eval"], "excludes": ["train"]}
    contract |= {"purposes": ["commercial"], "valid_from": "2026-01-02", "valid_until": marked("2026-02-01")}
    (only,) = card(contracts=[contract]).contracts
    assert (only.acts, only.excludes, only.valid_from, only.valid_until) == ((), ("train",), None, None)


@pytest.mark.parametrize(
    "keys",
    [
        {"name": "TODO confirm: notes"},
        {"fields": {"text": "TODO confirm: body"}},
        {"fields": {"id_scope": "TODO confirm: source"}},
    ],
)
def test_what_is_where_cannot_be_guessed(keys: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="cannot be a guess") as caught:
        card(**keys)
    assert "notes/source.toml, key " in str(caught.value.subject)


def test_guess_of_nothing_is_an_error_that_names_the_key() -> None:
    with pytest.raises(InputError, match="a guess of nothing") as caught:
        card(observed=[{"protocols": ["copy"], "result": "TODO confirm: ", "on": "2026-01-01", "by": "us"}])
    assert caught.value.subject == "notes/source.toml, key observed[0].result"


def test_guess_of_a_wrong_word_is_an_error_as_the_word_is() -> None:
    with pytest.raises(InputError, match="personal_data"):
        card(personal_data="TODO confirm: perhaps")


def test_card_without_guesses_keeps_its_digest_and_one_with_them_has_another() -> None:
    plain = card(license="CC0-1.0")
    assert "guesses" not in plain.as_json()
    assert card(license=marked("CC0-1.0")).digest != plain.digest


def test_stored_card_is_the_card() -> None:
    guessed = card(
        license=marked("CC0-1.0"),
        fields={"not_rights": {"usage": marked("counts")}},
        observed=[{"protocols": ["copy"], "result": marked("found"), "on": "2026-01-01", "by": "us"}],
    )
    stored = stored_card(json.loads(json.dumps(guessed.as_json())))
    assert stored == guessed
    assert stored.not_rights == ()


def test_guessed_correction_corrects_nothing_and_a_guessed_absence_is_none() -> None:
    correction = {"record": "r1", "on": "2026-01-01", "by": "us", "reason": marked("a slip")}
    look = {"protocols": ["copy"], "result": "absent", "on": "2026-01-01", "by": marked("us")}
    guessed = card(corrections=[correction], observed=[look])
    assert (guessed.corrections, guessed.observed) == ((), ())


def test_guessed_confirmation_confirms_nothing() -> None:
    guessed = card(confirms=["README.md", marked("croissant.json")])
    assert guessed.confirms == ("README.md",)
    assert stored_card(json.loads(json.dumps(guessed.as_json()))) == guessed
    assert "confirms" not in card().as_json(), "a card without the key keeps its digest"


@pytest.mark.parametrize("way", ["../README.md", "/etc/README.md", "a//b", "./a", "a/..", "a\\b", "a/"])
def test_confirmed_file_lies_below_the_card(way: str) -> None:
    with pytest.raises(InputError, match="does not lie below the folder") as caught:
        card(confirms=[way])
    assert caught.value.subject == "notes/source.toml, key confirms"


def test_guess_of_publisher_or_ancestor_tells_signals_nothing() -> None:
    sure = about_rows_of(card(publisher="Reed", derived_from=["news"], legal_basis="consent"), LAW.names)
    assert (sure.publisher, sure.ancestors) == ("Reed", frozenset({"news"}))
    for keys in ({"publisher": marked("Reed")}, {"publisher": "Reed", "covers": marked("contents")}):
        assert about_rows_of(card(**keys), LAW.names).publisher == ""
    assert about_rows_of(card(publisher="Reed", covers="compilation"), LAW.names).publisher == ""
    assert about_rows_of(card(derived_from=["news", marked("web")]), LAW.names).ancestors == frozenset({"news"})


def test_keys_are_named_as_they_stand_in_the_card() -> None:
    table = {"license": [marked("MIT")], "fields": {"not_rights": {"usage": marked("x")}}}
    assert [guess.key for guess in unmarked(table, "card")[1]] == ["license[0]", "fields.not_rights.usage"]


def test_warning_names_what_is_guessed_and_how_it_is_confirmed() -> None:
    (warning,) = warnings_of(card(license=marked("CC0-1.0"), personal_data=marked("no")), LAW.names)
    assert "license = 'CC0-1.0', personal_data = 'no'" in warning
    assert "delete 'TODO confirm:'" in warning


def test_guess_permits_once_it_is_confirmed(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "rows.jsonl").write_text(
        json.dumps({"id": "1", "text": "Of the harbour.", "license": "house terms"}) + "\n", "utf-8"
    )
    source = folder / "source.toml"
    text = 'name = "notes"\nlicense = "TODO confirm: CC0-1.0"\npersonal_data = "no"\n[licenses]\n"house terms" = "TODO confirm: CC0-1.0"\n'
    source.write_text(text, "utf-8")
    store = Store(tmp_path / "store")
    store.ingest(folder)
    assert store.query("train.pretrain")["permitted"]["records"] == 0
    explained = store.explain("1", "train.pretrain")
    assert explained["decision"] == "unknown"
    assert [g["key"] for g in explained["guesses"]] == ["license", "licenses.house terms"]
    source.write_text(text.replace('license = "TODO confirm: ', 'license = "'), "utf-8")
    store.ingest(folder)
    assert store.query("train.pretrain")["permitted"]["records"] == 0
    source.write_text(text.replace("TODO confirm: ", ""), "utf-8")
    store.ingest(folder)
    assert store.query("train.pretrain")["permitted"]["records"] == 1
    assert store.explain("1", "train.pretrain")["guesses"] == []


@pytest.mark.parametrize(
    "spelled",
    [
        "(TODO) confirm: P",
        "TODO -- please confirm: P",
        "P (confirm, TODO)",
        "TO-DO: to confirm P",
        "[todo] \u00ab confirm \u00bb P",
    ],
)
def test_mark_in_other_words_is_an_error_that_says_how_a_guess_is_written(spelled: str) -> None:
    look = {"protocols": ["copy"], "result": "absent", "on": "2026-01-01", "by": spelled}
    with pytest.raises(InputError, match="neither a guess nor confirmed") as caught:
        card(observed=[look])
    assert caught.value.subject == "notes/source.toml, key observed[0].by"
    assert "TODO confirm: VALUE" in str(caught.value.hint)


def test_licence_of_an_ancestor_whose_name_is_a_guess_licenses_no_other_of_that_name(tmp_path: Path) -> None:
    def permitted(folder: str, name: str) -> int:
        data = tmp_path / folder
        data.mkdir()
        ancestors = f'[{{ name = "{name}", license = "CC0-1.0" }}, {{ name = "other" }}]'
        (data / "source.toml").write_text(
            f'name = "made"\nlicense = "CC0-1.0"\npersonal_data = "no"\nderived_from = {ancestors}\n'
        )
        (data / "rows.jsonl").write_text(json.dumps({"text": "High water at six."}) + "\n")
        store = Store(tmp_path / f"store-{folder}")
        store.ingest([data])
        answer: int = store.query("train.pretrain").permitted["records"]
        return answer

    assert permitted("confirmed", "other") == 1
    assert permitted("guessed", marked("other")) == 0
