"""What the authors of the licence files say that they say (``verdicts.txt``), through the real reading and the law."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rightful.catalog import load
from rightful.rights.undertakings import obligation_of
from tests.reading import answer, asking, stated


class Claim(NamedTuple):
    """One line of the table."""

    stated: str
    act: str
    purpose: str
    profile: str
    asked: str
    answer: str
    obligations: str


def table() -> list[Claim]:
    lines = Path(__file__).with_name("verdicts.txt").read_text(encoding="utf-8").splitlines()
    return [Claim(*(cell.strip() for cell in line.split("|"))) for line in lines if line and not line.startswith("#")]


def more(asked: str) -> dict[str, Any]:
    """What a request says beside act, purpose and profile."""
    if asked == "-":
        return {}
    if asked.startswith("accept="):
        return {"accept": asked.removeprefix("accept=").split(",")}
    return {"jurisdictions": [asked]} if asked.isupper() else {"application": asked}


@pytest.mark.parametrize("claim", table(), ids=lambda c: f"{c.stated}, {c.act}, {c.purpose}, {c.profile}, {c.asked}")
def test_license_says_what_its_author_claims(claim: Claim) -> None:
    law = load()
    card, _, row = claim.stated.partition(" + ")
    use = asking(law, claim.act, purpose=claim.purpose, profile=claim.profile, **more(claim.asked))
    came = answer(law, stated(law, card, row or None), use)
    assert came.status.word == claim.answer, [reason.as_json() for reason in came.reasons]
    words = set(claim.obligations.split()) - {"-", "none"}
    owed = {obligation_of(o) for o in came.obligations}
    assert {o for o in words if not o.startswith("!")} <= owed
    assert not {o.removeprefix("!") for o in words if o.startswith("!")} & owed
    assert claim.obligations != "none" or not came.obligations


def test_table_of_claims_uses_the_words_of_the_vocabulary() -> None:
    obligations = {o.removeprefix("!") for claim in table() for o in claim.obligations.split()}
    assert obligations - {"-", "none"} <= set(load().vocabulary.obligations)
    assert {claim.answer for claim in table()} == {"permit", "deny", "unknown"}
    assert [claim for claim in table() if claim.answer != "permit" and claim.obligations != "-"] == []
