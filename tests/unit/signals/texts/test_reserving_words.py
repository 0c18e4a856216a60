"""Words that reserve text and data mining, AI or training, in any statement about rights; and those that do not."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful import Store, catalog
from rightful.errors import CatalogError
from rightful.rights.decide import Case, decide
from rightful.rights.evidence import Evidence
from rightful.rights.reserving import ROLES
from rightful.rights.uses import use_of
from rightful.signals.cards.claims import claims_of, reserved_in_words
from rightful.signals.cards.source_card import SourceCard, card_of
from rightful.signals.texts.reserving_words import MAX_LENGTH, reserving_phrase
from rightful.stages.license import LicenseTags
from tests.unit.signals.texts.reserving_cases import RESERVING, SILENT

LAW = catalog.load()
WORDS = LAW.names.reserving
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ALL = [text for texts in RESERVING.values() for text in texts]
BAN = "No text and data mining permitted"


def reserves(text: str) -> bool:
    return reserving_phrase(text, WORDS) is not None


@pytest.mark.parametrize("text", ALL)
def test_statement_that_forbids_or_reserves_mining_or_training_reserves_it(text: str) -> None:
    assert reserves(text)


@pytest.mark.parametrize("text", SILENT)
def test_statement_that_only_names_or_permits_it_reserves_nothing(text: str) -> None:
    assert reserving_phrase(text, WORDS) is None


def test_every_language_of_the_list_is_tried() -> None:
    assert set(RESERVING) == {language.id for language in WORDS.languages}


SPELLINGS: dict[str, Callable[[str], str]] = {
    "in capitals": str.upper,
    "in small letters, but for the short names": lambda t: " ".join(
        w if w.strip(".,:;()") in ("AI", "IA", "KI", "AI-training", "AI-träning") else w.lower() for w in t.split(" ")
    ),
    "in full-width letters": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "with zero-width spaces": lambda t: "\u200b".join(t),
    "with soft hyphens": lambda t: "\u00ad".join(t),
    "with no-break spaces": lambda t: t.replace(" ", "\u00a0"),
    "with many spaces": lambda t: t.replace(" ", " \t  \n "),
    "decomposed": lambda t: unicodedata.normalize("NFD", t),
    "without accents": lambda t: "".join(c for c in unicodedata.normalize("NFD", t) if unicodedata.category(c) != "Mn"),
    "in quotes": lambda t: f'"{t}"',
    "in brackets": lambda t: f"[{t}]",
    "with text before": lambda t: f"© 2024 Reed Press, Harbour Road 7. {t}",
    "with text behind": lambda t: f"{t.rstrip('.')}. For all questions write to the editors.",
    "beside a licence": lambda t: f"CC BY 4.0. {t}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spelling_and_what_stands_around_it_do_not_hide_a_reservation(spelling: str) -> None:
    lost = [text for text in ALL if not reserves(SPELLINGS[spelling](text))]
    # Words that are told apart by their capitals alone are one word without them.
    together = {"LicenseRef-NoAITraining", "No A I"} if spelling.startswith(("in capitals", "in small")) else set()
    assert set(lost) <= together


@pytest.mark.parametrize("spelling", [s for s in SPELLINGS if s not in ("in capitals", "with text before")])
def test_spelling_and_what_stands_around_it_make_no_reservation(spelling: str) -> None:
    assert [text for text in SILENT if text.strip() and reserves(SPELLINGS[spelling](text))] == []


@pytest.mark.parametrize(
    "text",
    [
        "N\u043e text and data mining permitted",
        "No te\u0445t and d\u0430ta mining permitted",
        "\u039do \u0391\u0399 tr\u0430ining",
        "N\u041e \u0410\u0406 TRAINING",
        "N o  A I  t r a i n i n g",
        "A.I. t\u200braining is not permitted",
        "\ud835\udc0d\ud835\udc28".encode("utf-16", "surrogatepass").decode("utf-16") + " AI training",
        "\u24c3\u24de AI training",
    ],
)
def test_letters_that_look_alike_do_not_hide_a_reservation(text: str) -> None:
    assert reserves(text)


@given(st.sampled_from(ALL), st.sampled_from([t for t in SILENT if t.strip()]))
def test_silent_sentence_before_or_after_a_reservation_takes_nothing_away(said: str, beside: str) -> None:
    assert reserves(f"{said.rstrip('.')}. {beside[:1].upper() + beside[1:]}")
    assert reserves(f"{beside.rstrip('.')}. {said[:1].upper() + said[1:]}")


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert reserving_phrase(text, WORDS) in (None, reserving_phrase(text, WORDS))


@pytest.mark.parametrize(
    "text", ["AI " * 9_000, "AI not prohibited, may, " * 2_000, "a b " * 9_000, "A." * 20_000, "no " * 9_000]
)
def test_long_statement_is_read_in_bounded_time(text: str) -> None:
    reserving_phrase(text, WORDS)
    assert not reserves("x" * MAX_LENGTH + f". {BAN}")


def test_phrase_is_the_sentence_that_reserves() -> None:
    assert reserving_phrase(f"© Reed Press. {BAN}. Write to us.", WORDS) == BAN


# --- what it claims ----------------------------------------------------------------------------------------------


def a_card(**keys: Any) -> SourceCard:
    return card_of({"name": "reed", "personal_data": "no", **keys}, "reed/source.toml", LAW.vocabulary)


def of_row(card: SourceCard, row: str | None) -> frozenset[Evidence]:
    return LicenseTags(card, tuple(claims_of(card, LAW.names, {})), LAW.names, b"key").rights_of(row).profile


def word(profile: frozenset[Evidence], act: str = "train.pretrain", **asked: Any) -> str:
    use = use_of(LAW.vocabulary, [act], **{"as_of": NOON, "accept": ["all"], **asked})
    return decide(Case(profile=profile, personal_data="no", pii_state="none_found"), use, LAW).status.word


@pytest.mark.parametrize(
    ("card", "row", "tier", "bound_to"),
    [
        ({"license": BAN}, None, 5, "collection"),
        ({"license": ["CC0-1.0", BAN]}, None, 5, "collection"),
        ({"license": BAN, "license_from": "scanner"}, None, 6, "collection"),
        ({"license": "CC0-1.0"}, BAN, 5, "work"),
        ({"license": "CC0-1.0"}, json.dumps(["CC0-1.0", BAN]), 5, "work"),
        ({"license": "CC0-1.0", "license_from": "scanner"}, BAN, 6, "work"),
        ({"license": "CC0-1.0", "jurisdiction": ["US"], "valid_until": "2020-01-01"}, BAN, 5, "work"),
    ],
)
def test_reservation_in_words_counts_at_the_tier_of_the_statement_and_no_limit_bounds_it(
    card: dict[str, Any], row: str | None, tier: int, bound_to: str
) -> None:
    profile = of_row(a_card(**card), row)
    [found] = [e for e in profile if e.kind == "reservation"]
    assert (found.tier, found.bound_to, found.acts) == (tier, bound_to, {"mine.analyse", "train", "synth.derive"})
    assert (found.jurisdictions, found.valid_until) == ({"*"}, None)
    assert found.observation is not None
    assert (found.observation.raw, found.observation.detector) == (BAN, "reserving-words")
    for act in ("mine.analyse", "train.pretrain", "train.embed", "synth.derive"):
        assert word(profile, act) == "deny"
    assert word(profile, "share.verbatim") == "unknown"


def test_what_can_be_read_beside_the_reservation_still_counts() -> None:
    profile = of_row(a_card(), json.dumps(["CC-BY-NC-4.0", BAN]))
    assert any("CC-BY-NC-4.0" in e.expression for e in profile)
    assert word(profile, "share.verbatim") == "deny"


def test_ancestor_whose_licence_reserves_in_words_reserves_in_its_layer() -> None:
    card = a_card(license="CC0-1.0", derived_from=[{"name": "root", "license": BAN}])
    assert {e.layer for e in claims_of(card, LAW.names, {}) if e.kind == "reservation"} == {"root"}
    assert word(frozenset(claims_of(card, LAW.names, {}))) == "deny"


def test_name_of_a_licence_is_read_in_its_file_and_not_in_its_words() -> None:
    for known in ("MIT", "CC-BY-4.0 OR Apache-2.0", "All rights reserved", "BigScience OpenRAIL-M"):
        assert reserved_in_words(known, LAW.names, tier=5, place="") == []
    assert reserved_in_words("LicenseRef-No-AI-Training", LAW.names, tier=5, place="")


def test_no_basis_that_yields_to_reservations_gets_past_a_reservation_in_words(tmp_path: Path) -> None:
    relied = Evidence(
        kind="grant",
        tier=7,
        bound_to="collection",
        statement="statute",
        basis="EU-DSM-4",
        acts=frozenset(["train.pretrain"]),
        purposes=frozenset(["commercial"]),
        actors=frozenset(["for_profit"]),
        jurisdictions=frozenset(["EU"]),
    )
    profile = of_row(a_card(license="CC0-1.0"), BAN) | {relied}
    assert word(profile, jurisdictions=["DE"]) == "deny"


def test_explain_shows_the_phrase_that_reserved(tmp_path: Path) -> None:
    folder = tmp_path / "reed"
    folder.mkdir()
    (folder / "source.toml").write_text('name = "reed"\npersonal_data = "no"\nlicense = "CC0-1.0"\n', encoding="utf-8")
    said = {"r1": f"© Reed. {BAN}.", "r2": "Reed & Co: AI training is prohibited!", "r3": "CC0-1.0"}
    rows = [{"id": i, "text": f"What {i} says of the tides.", "license": s} for i, s in said.items()]
    (folder / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    store = Store(tmp_path / "store", clock=lambda: NOON)
    store.ingest([folder])
    for row, phrase in (("r1", BAN), ("r2", "Reed & Co: AI training is prohibited")):
        answer = store.explain(row, use="train.pretrain")
        assert (answer["decision"], answer["reasons"][0]["reason"]) == ("deny", "reserved")
        [shown] = [e for e in answer["evidence"] if e["kind"] == "reservation"]
        assert (shown["phrase"], shown["raw"], shown["determining"]) == (phrase, said[row], True)
    assert store.query(use="train.pretrain")["permitted"]["records"] == 1


# --- the list ----------------------------------------------------------------------------------------------------


def test_list_names_every_role_in_every_language_and_changes_the_digest_of_the_catalogue(tmp_path: Path) -> None:
    assert all(set(language.by_role) == set(ROLES) for language in WORDS.languages)
    for path in catalog.shipped().glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    words = tmp_path / "_reserving_words.toml"
    text = words.read_text("utf-8")
    words.write_text(text.replace('"noimageai", ', ""), "utf-8")
    assert catalog.load(tmp_path).digest != LAW.digest
    assert replace(WORDS, signs=()) != WORDS
    for broken in (
        text.replace('id = "de"', 'id = "en"'),
        text.replace("negates", "negate", 1),
        text.replace('"train"', '"trian"', 1),
    ):
        folder = tmp_path / str(hash(broken))
        folder.mkdir()
        for path in catalog.shipped().glob("*.toml"):
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / words.name).write_text(broken, "utf-8")
        with pytest.raises(CatalogError, match=r".") as caught:
            catalog.load(folder)
        assert str(caught.value.subject).startswith("_reserving_words.toml")
