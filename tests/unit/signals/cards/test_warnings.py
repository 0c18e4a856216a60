"""What an ingest says of cards: what they state that grants nothing, and what was found against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rightful.api import Store
from rightful.catalog import load
from rightful.cli.pages.ingest import ingest_lines
from rightful.signals.cards.source_card import card_of
from rightful.signals.cards.warnings import warnings_of

FULL = {
    "given_by": ["rights_holder"],
    "party": "Reed Press",
    "valid_until": "2030-01-01",
    "acts": ["train"],
    "purposes": ["commercial"],
}
NOTHING = "[consent] given_by rights_holder grants nothing: it does not name "


def warned(consent: dict[str, Any] | None, **card: Any) -> tuple[str, ...]:
    table = {"name": "letters", **card} | ({} if consent is None else {"consent": consent})
    return warnings_of(card_of(table, "source.toml", load().vocabulary), load().names)


@pytest.mark.parametrize("license", ["CC-BY 4.O", "CC-BY-4", ["MIT", "my own words"]])
def test_license_that_cannot_be_read_is_warned_of(license: str | list[str]) -> None:
    (warning,) = warned(None, license=license)
    assert "cannot be read, and so permits nothing" in warning
    assert warned(None, license="CC-BY-4.0") == warned(None, license=["MIT", "ISC"]) == warned(None) == ()


def without(*keys: str, **more: Any) -> dict[str, Any]:
    return {k: v for k, v in FULL.items() if k not in keys} | more


@pytest.mark.parametrize(
    ("consent", "missing"),
    [
        (without("party"), "party"),
        (without("party", party="  "), "party"),
        (without("valid_until"), "valid_until or perpetual"),
        (without("valid_until", perpetual=False), "valid_until or perpetual"),
        (without("acts", "purposes"), "acts, purposes"),
        (
            without("party", "valid_until", given_by=["data_subject", "rights_holder"]),
            "party, valid_until or perpetual",
        ),
    ],
)
def test_consent_of_a_rights_holder_that_is_incomplete_is_warned_of(consent: dict[str, Any], missing: str) -> None:
    assert warned(consent) == (NOTHING + missing,)


@pytest.mark.parametrize(
    "consent",
    [
        None,
        FULL,
        without("valid_until", perpetual=True),
        without("party", "valid_until", given_by=["data_subject"]),
        without("given_by", "party"),
        without("party", status="withdrawn"),
        without("party", status="refused"),
    ],
)
def test_consent_that_does_what_it_says_is_not_warned_of(consent: dict[str, Any] | None) -> None:
    assert warned(consent) == ()


def test_basis_of_consent_without_a_consent_of_data_subjects_is_warned_of() -> None:
    (line,) = warned(None, personal_data="yes", legal_basis="consent")
    assert line.startswith("legal_basis 'consent' is none by itself: there is no consent of data subjects in [consent]")
    assert warned(FULL, personal_data="yes", legal_basis="consent") == (line,), "a rights holder is no data subject"
    assert warned({"given_by": ["data_subject"]}, personal_data="yes", legal_basis="consent") == ()
    assert warned(None, personal_data="yes", legal_basis="contract") == ()


def write(folder: Path, card: str, *texts: str) -> Path:
    folder.mkdir()
    (folder / "source.toml").write_text(f'name = "{folder.name}"\n{card}', encoding="utf-8")
    lines = [json.dumps({"id": n, "text": text}) for n, text in enumerate(texts)]
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_ingest_says_which_cards_grant_nothing_and_ends_as_it_would(tmp_path: Path) -> None:
    card = 'license = "CC-BY-NC-4.0"\n[consent]\ngiven_by = ["rights_holder"]\nacts = ["train"]\npurposes = ["commercial"]\n'
    letters = write(tmp_path / "letters", card, "Dear reader of the harbour.")
    plain = write(tmp_path / "plain", 'license = "CC0-1.0"\n', "The tide turned at noon.")
    answer = Store(tmp_path / "store").ingest([letters, plain])
    assert {s["source"]: s["warnings"] for s in answer["sources"]} == {
        "letters": [NOTHING + "party, valid_until or perpetual"],
        "plain": [],
    }
    assert (answer["added"], answer["errors"]) == (2, [])
    shown = " ".join("\n".join(ingest_lines(answer)).split())
    assert f"statements in cards that grant nothing letters {NOTHING}party, valid_until or perpetual" in shown
    again = Store(tmp_path / "store").ingest([letters])
    assert [len(s["warnings"]) for s in again["sources"]] == [1], "also where no file was read again"


def test_ingest_lists_the_cards_that_personal_data_contradicts_as_a_query_does(tmp_path: Path) -> None:
    denied = 'license = "CC0-1.0"\npersonal_data = "no"\n'
    mail = write(tmp_path / "mail", denied, "Write to ada.byron@harbour-mail.org, or call.", "The tide turned at noon.")
    more = write(
        tmp_path / "more", denied, *(f"Boat {n} is asked for by bea{n}@harbour-mail.org today." for n in range(3))
    )
    said = write(tmp_path / "said", 'license = "CC0-1.0"\npersonal_data = "yes"\n', "Write to cleo@harbour-mail.org.")
    store = Store(tmp_path / "store")
    answer = store.ingest([mail, more, said])
    assert answer["contradicted"] == [{"source": "more", "records": 3}, {"source": "mail", "records": 1}]
    assert answer["contradicted"] == store.query(use="train.pretrain", dedup="none")["contradicted"]
    assert "personal data found, though denied by the card of more (3), mail (1)" in ingest_lines(answer)
    assert store.ingest([mail, more, said])["contradicted"] == [], "nothing was read"
