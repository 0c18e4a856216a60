"""What the law says, as data: cases.toml asks, decisions.json answers; `make golden` rewrites the answers."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from rightful import catalog
from rightful.notation.times import instant
from rightful.rights.because import REASONS
from rightful.rights.consent import AS_SUBJECT, ConsentEvent, Standing, standing
from rightful.rights.decide import Case, Decision, decide
from rightful.rights.evidence import Evidence, Profile
from rightful.rights.expression import license_id
from rightful.rights.licenses import License
from rightful.rights.sources import SourceTerm
from rightful.rights.undertakings import shown as in_words
from rightful.rights.uses import PROFILES, PURPOSES, Use, redacting, use_of
from rightful.signals.cards.claims import claims_of, looks_of
from rightful.signals.cards.observed import observations
from rightful.signals.cards.source_card import SourceCard, card_of
from rightful.signals.order import of_record
from rightful.stages.license import LicenseTags

HERE = Path(__file__).parent
LAW = catalog.load()
CASES: list[dict[str, Any]] = tomllib.loads((HERE / "cases.toml").read_text("utf-8"))["cases"]
KEYS = frozenset(
    "name card row pii use purpose application actor jurisdiction accept profile as_of events copy_events copies"
    " ancestors claims own_copies near_withdrawn near host observed_within through unmatched lost_event found redact"
    " published earlier text retired".split()
)


def at(text: str) -> datetime:
    return instant(text, "cases.toml")


def card(data: Mapping[str, Any]) -> SourceCard:
    return card_of({"name": "golden", **data}, "source.toml", LAW.vocabulary)


def profile(case: Mapping[str, Any]) -> Profile:
    """The rights profile of a record, as an ingest would give it, and what no card can state."""
    ancestors = {data["name"]: card(data) for data in case.get("ancestors", [])}
    its_card = card(case.get("card", {}))
    tags = LicenseTags(its_card, tuple(claims_of(its_card, LAW.names, ancestors)), LAW.names, b"key")
    in_text = of_record({"text": case["text"]}, tags.about).claims if "text" in case else ()
    return tags.rights_of(case.get("row")).profile | {claim(data) for data in case.get("claims", [])} | {*in_text}


def claim(data: Mapping[str, Any]) -> Evidence:
    fields: dict[str, Any] = {key: frozenset(of) if isinstance(of, list) else of for key, of in data.items()}
    if "stated_on" in fields:
        fields["stated_on"] = date.fromisoformat(fields["stated_on"])
    return Evidence(**fields)


def standings(events: Iterable[Mapping[str, Any]], as_of: datetime) -> frozenset[Standing]:
    """The history of one selector at an instant."""
    found = [
        ConsentEvent(
            event_id=f"e-{n}",
            kind=event["kind"],
            selector="record",
            value="r",
            recorded=at(event.get("recorded", event["on"])),
            effective=at(event["on"]),
            acts=frozenset(event.get("acts", ())),
            purposes=frozenset(event.get("purposes", ())),
            applications=frozenset(event.get("applications", ())),
            given_by=frozenset(event.get("given_by", AS_SUBJECT)),
            party=event.get("party", ""),
            perpetual=event.get("perpetual", False),
        )
        for n, event in enumerate(events)
    ]
    reduced = standing(found, as_of)
    return frozenset([reduced] if reduced else [])


def use(case: Mapping[str, Any]) -> Use:
    acts = case["use"]
    asked = use_of(
        LAW.vocabulary,
        [acts] if isinstance(acts, str) else acts,
        as_of=at(case.get("as_of", "2026-11-21")),
        purpose=case.get("purpose", "commercial"),
        application=case.get("application"),
        actor=case.get("actor", "for_profit"),
        jurisdictions=case.get("jurisdiction", ()),
        accept=case.get("accept", ()),
        profile=case.get("profile", "strict"),
        license_id=partial(license_id, names=LAW.names),
    )
    return redacting(asked, case["redact"]) if "redact" in case else asked


def decided(case: Mapping[str, Any]) -> Decision:
    asked = use(case)
    its_card = card(case.get("card", {}))
    looks = [look for look in looks_of(its_card) if look.is_about(case.get("host"))]
    whole = Case(
        profile=profile(case) | {*observations(looks, "source.toml", case.get("observed_within", 365))},
        standings=standings(case.get("events", ()), asked.as_of),
        copies=frozenset(profile(copy) for copy in case.get("copies", ())) - {profile(case)},
        copy_standings=standings(case.get("copy_events", ()), asked.as_of),
        personal_data=its_card.personal_data,
        legal_basis=its_card.legal_basis or None,
        pii_state=case.get("pii", "none_found"),
        own_copies=case.get("own_copies", False),
        published=case.get("published", False),
        pii_found=frozenset(case.get("found", ())),
        near_withdrawn=case.get("near_withdrawn", False),
        near=frozenset(profile(copy) for copy in case.get("near", ())) - {profile(case)},
        address="host" in case,
        through=frozenset(
            Case(profile=profile(row), way=row["way"], personal_data="no", pii_state="none_found")
            for row in case.get("through", ())
        ),
        unmatched=frozenset(case.get("unmatched", ())),
        lost_event=case.get("lost_event", False),
        term=SourceTerm(case.get("retired", False), its_card.retain_until),
        earlier=frozenset(e for row in case.get("earlier", ()) for e in profile({"row": row}) - profile({})),
    )
    return decide(whole, asked, LAW)


def shown(case: Mapping[str, Any]) -> dict[str, Any]:
    """A case and its decision on one line."""
    decision = decided(case)
    by_act = {act: status.word for act, status in decision.by_act}
    line = {
        "case": case["name"],
        "decision": decision.status.word,
        "by_act": by_act if len(set(by_act.values())) > 1 else None,
        "reasons": list(dict.fromkeys(reason.text for reason in decision.reasons)),
        "obligations": sorted(map(in_words, decision.obligations)),
        "needs": sorted(map(in_words, decision.needs or ())),
        "valid_until": decision.valid_until.isoformat() if decision.valid_until else None,
    }
    return {key: of for key, of in line.items() if of}


def test_decisions_are_those_that_were_reviewed(golden: Callable[[Path, str], None]) -> None:
    lines = [json.dumps(shown(case), ensure_ascii=False) for case in CASES]
    golden(HERE / "decisions.json", "[\n" + ",\n".join(lines) + "\n]\n")


def test_cases_have_names_of_their_own_and_known_keys_only() -> None:
    assert [name for name, n in Counter(case["name"] for case in CASES).items() if n > 1] == []
    assert {key for case in CASES for key in case} <= KEYS


def letters(license: License, reading: str, purpose: str) -> str:
    """What a licence says of every act in the order of the vocabulary: a letter each, and a digit for its obligations."""
    kinds: dict[frozenset[str], int] = {frozenset(): 0}
    said = ""
    for act in LAW.vocabulary.acts:
        verdict = license.verdicts[reading, purpose, act]
        said += verdict.status.word[0]
        if verdict.obligations:
            said += str(kinds.setdefault(verdict.obligations, len(kinds)))
    owed = [" + ".join(sorted(of)) for of in kinds if of]
    return said + "".join(f" · {n} {of}" for n, of in enumerate(owed, 1))


def test_verdicts_of_every_licence_are_those_that_were_reviewed(golden: Callable[[Path, str], None]) -> None:
    lines = [f"acts: {' '.join(LAW.vocabulary.acts)}"]
    for license in sorted(LAW.licenses.values(), key=lambda x: x.id.casefold()):
        by_verdicts: dict[str, list[str]] = {}
        for reading, purpose in product(PROFILES, PURPOSES):
            by_verdicts.setdefault(letters(license, reading, purpose), []).append(f"{reading} {purpose}")
        lines += ["", f"{license.id} · {license.kind} · {' '.join(sorted(license.flags)) or '-'}"]
        lines += [f"  {', '.join(where)}: {verdicts}" for verdicts, where in by_verdicts.items()]
    golden(HERE / "licenses.txt", "\n".join(lines) + "\n")


def test_cases_touch_every_kind_of_licence_act_purpose_and_reading() -> None:
    named = {e.expression for case in CASES for e in profile(case)}
    kinds = {x.kind for x in LAW.licenses.values() if any(x.id in expression for expression in named)}
    assert kinds == {x.kind for x in LAW.licenses.values()}
    assert {act for case in CASES for act in use(case).acts} == set(LAW.vocabulary.acts)
    assert {case.get("purpose", "commercial") for case in CASES} == set(PURPOSES)
    assert {case.get("profile", "strict") for case in CASES} == set(PROFILES)


def test_cases_give_every_reason_that_the_law_has() -> None:
    assert {r.slug for case in CASES for r in decided(case).reasons} == set(REASONS)


@pytest.mark.parametrize("word", ["permit", "deny", "unknown"])
def test_cases_end_in_every_decision_often(word: str) -> None:
    assert sum(decided(case).status.word == word for case in CASES) >= 15


def test_evidence_of_cases_is_dated_in_utc() -> None:
    assert all(use(case).as_of.tzinfo is UTC for case in CASES)
