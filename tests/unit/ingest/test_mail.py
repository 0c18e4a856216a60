"""Mail in a store: whom it names, and that it waits for a basis and a scan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rightful.errors import InputError
from rightful.rights.persons import LEGAL_BASES
from tests.unit.shelf import Shelf

ANA = '"Ana" <ANA@example.org>'


def mails(*headers: str) -> str:
    """A mailbox of mails with these headers, each from Bo where none says who wrote it, with texts of their own."""
    listed = []
    for n, header in enumerate(headers):
        whole = header if "From:" in header else f"From: bo@example.org\n{header}"
        listed.append(f"From x Mon Jan  1 00:00:00 2001\nMessage-ID: <{n}>\n{whole}\n\nText number {n} of the box.\n\n")
    return "".join(listed)


def shelf_of(tmp_path: Path, content: str, **card: Any) -> tuple[Shelf, dict[str, Any]]:
    shelf = Shelf(tmp_path)
    folder = tmp_path / "box"
    folder.mkdir()
    (folder / "in.mbox").write_text(content)
    said = {"name": "box", "license": "CC0-1.0", "covers": "contents", **card}
    (folder / "source.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in said.items()))
    return shelf, shelf.store.ingest([folder])


def test_mail_holds_personal_data_where_its_card_says_nothing(tmp_path: Path) -> None:
    shelf, answer = shelf_of(tmp_path, mails("To: ana@example.org"))
    assert answer["contradicted"] == []
    assert shelf.store.sql("SELECT personal_data FROM records") == [{"personal_data": "yes"}]
    assert shelf.reasons() == {"0": "no-legal-basis"}


def test_mail_of_a_card_that_denies_persons_is_listed_and_unknown(tmp_path: Path) -> None:
    shelf, answer = shelf_of(tmp_path, mails("To: ana@example.org", "To: cy@example.org"), personal_data="no")
    assert answer["contradicted"] == [{"source": "box", "records": 2}]
    assert shelf.store.sql("SELECT DISTINCT personal_data FROM records") == [{"personal_data": "unknown"}]


@pytest.mark.parametrize("said", ["yes", "unknown"])
def test_mail_with_a_basis_is_let_be_once_it_was_scanned(tmp_path: Path, said: str) -> None:
    basis = "legitimate_interests"
    assert basis in LEGAL_BASES
    shelf, _ = shelf_of(tmp_path, mails("To: ana@example.org"), personal_data=said, legal_basis=basis)
    assert shelf.chosen() == ["0"]
    assert shelf.store.sql("SELECT DISTINCT personal_data FROM records") == [{"personal_data": "yes"}]


def test_other_texts_beside_mail_are_as_their_card_says(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("texts", "A text that no mail is.", personal_data="unknown")
    assert shelf.store.sql("SELECT personal_data FROM records") == [{"personal_data": "unknown"}]
    assert shelf.chosen() == ["texts-0"]


def test_withdrawal_by_address_reaches_each_mail_to_from_or_about_her(tmp_path: Path) -> None:
    content = mails(
        f"From: {ANA}",
        "To: Cy <cy@example.org>, =?utf-8?q?Ana?= <ana@example.org>",
        "Cc: ana at example.org (Ana)",
        "Resent-To: ana@Example.org",
        "To: cy@example.org",
    )
    shelf, _ = shelf_of(tmp_path, content, personal_data="yes", legal_basis="legitimate_interests")
    assert sorted(shelf.chosen()) == ["0", "1", "2", "3", "4"]
    shelf.withdraw("subject", "ana@example.org")
    assert shelf.chosen() == ["4"]
    assert set(shelf.reasons().values()) >= {"withdrawn"}


def test_mail_whose_sender_cannot_be_read_is_refused(tmp_path: Path) -> None:
    content = mails("From: \nTo: ana@example.org", "From: =?x-own?q?=E1na?= <a@example.org>", "To: ana@example.org")
    shelf, answer = shelf_of(tmp_path, content, personal_data="yes", legal_basis="legitimate_interests")
    assert shelf.chosen() == ["2"]
    assert [(u["field"], u["column"], u["rows"]) for u in answer["unread"]] == [("subject", "From", 2)]


def test_wish_not_to_be_archived_blocks_what_a_card_grants(tmp_path: Path) -> None:
    content = mails("X-No-Archive: yes", "Subject: tide")
    shelf, _ = shelf_of(tmp_path, content, personal_data="yes", legal_basis="legitimate_interests")
    assert shelf.chosen() == ["1"]


def test_card_cannot_say_that_a_wish_is_a_licence(tmp_path: Path) -> None:
    shelf, answer = shelf_of(tmp_path, mails("X-No-Archive: yes"))
    assert not [step for step in answer["next"] if "X-No-Archive" in str(step["line"])]
    card = tmp_path / "box" / "source.toml"
    card.write_text(card.read_text() + '[licenses]\n"x-no-archive:  YES" = "CC0-1.0"\n')
    with pytest.raises(InputError, match="a wish of whoever wrote it"):
        shelf.store.ingest([tmp_path / "box"])


def test_mails_of_one_id_are_both_kept_and_copies_are_one(tmp_path: Path) -> None:
    content = mails("To: ana@example.org").replace("number", "other") + mails("To: cy@example.org") * 2
    shelf, answer = shelf_of(tmp_path, content)
    assert answer["read"] == 3
    texts = shelf.store.sql("SELECT text FROM texts ORDER BY text")
    assert [t["text"] for t in texts] == ["Text number 0 of the box.", "Text other 0 of the box."]


def test_refusal_of_a_mail_says_what_it_rests_on(tmp_path: Path) -> None:
    shelf, _ = shelf_of(tmp_path, mails("To: ana@example.org"))
    (record,) = shelf.store.sql("SELECT record_id FROM records")
    answer = shelf.store.explain(record["record_id"], use="train.pretrain")
    assert "message/rfc822" in str(dict(answer))


def test_box_that_stands_is_not_read_again(tmp_path: Path) -> None:
    shelf, first = shelf_of(tmp_path, mails("To: ana@example.org", "To: cy@example.org"))
    again = shelf.store.ingest([tmp_path / "box"])
    assert (first["added"], again["added"], again["unchanged"]) == (2, 0, 2)
