"""A guess that nobody confirmed permits nothing, and restricts as if it were confirmed. Law 4.8.

Cards are drawn as tables, as they are written. One value of a card becomes a guess, and what a record is permitted under it
is held against the same card without the key and against the same card with the guess confirmed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.rights.decide import Case, decide
from rightful.rights.evidence import Profile
from rightful.rights.spec import decide as in_short
from rightful.rights.uses import Use
from rightful.signals.cards.claims import looks_of
from rightful.signals.cards.guesses import UNCONFIRMED, marked
from rightful.signals.cards.observed import observations
from rightful.signals.cards.source_card import SourceCard, card_of, stored_card
from rightful.signals.order import of_card, of_record
from rightful.signals.rows.claims import about_rows_of, row_claims
from tests.laws.strategies import uses
from tests.laws.words import (
    BY,
    CATALOG,
    COPYLEFT,
    DB,
    FREE,
    NC,
    ND,
    NOTICE,
    POSTS,
    RESERVED,
    SA,
    TERMS,
    UNREVIEWED,
    US,
    judged,
    licensed,
    slugs,
    statute,
    use,
)

Path = tuple[str | int, ...]
_LICENSE = st.sampled_from(
    [FREE, FREE, BY, SA, NC, ND, DB, US, COPYLEFT, RESERVED, TERMS, UNREVIEWED, POSTS, "no such", f"{FREE} OR {NC}"]
)
_DAYS = st.sampled_from(["2020-01-01", "2024-06-01", "2027-01-01"])
_ACTS = st.lists(
    st.sampled_from(["train", "share", "train.pretrain", "share.adapted"]), min_size=1, max_size=3, unique=True
)
_PURPOSES = st.just(["commercial"]) | st.lists(
    st.sampled_from(["commercial", "research"]), min_size=1, max_size=2, unique=True
)
_PLACES = st.sampled_from([["US"], ["DE", "US"], ["*"]])

KEYS: dict[str, st.SearchStrategy[Any]] = {
    "url": st.just("https://example.org/"),
    "publisher": st.just("The Press"),
    "authority": st.sampled_from(["publisher", "publisher", "collector"]),
    "license": _LICENSE | st.lists(_LICENSE, min_size=1, max_size=2),
    "license_from": st.sampled_from(["scanner", "statement"]),
    "derived_from": st.lists(
        st.fixed_dictionaries({"name": st.sampled_from(["base", "other"])}, optional={"license": _LICENSE}),
        max_size=2,
        min_size=1,
    ),
    "legal_basis": st.sampled_from(["contract", "consent", "legitimate_interests"]),
    "covers": st.sampled_from(["compilation", "contents"]),
    "collected_at": _DAYS,
    "collected_for": st.just(["train.nongen"]),
    "valid_from": _DAYS,
    "valid_until": _DAYS,
    "retain_until": _DAYS,
    "personal_data": st.sampled_from(["yes", "no", "unknown"]),
    "jurisdiction": _PLACES,
    "purposes": _PURPOSES,
    "applications": st.sampled_from([["translation"], ["assistant", "translation"]]),
    "consent": st.fixed_dictionaries(
        {"acts": _ACTS, "purposes": _PURPOSES},
        optional={
            "status": st.sampled_from(["given", "given", "refused", "withdrawn", "expired", "unknown"]),
            "given_on": _DAYS,
            "valid_until": _DAYS,
            "party": st.just("us"),
            "given_by": st.sampled_from([["data_subject"], ["rights_holder"], ["data_subject", "rights_holder"]]),
            "perpetual": st.booleans(),
        },
    ),
    "contracts": st.lists(
        st.fixed_dictionaries(
            {
                "party": st.just("us"),
                "reference": st.just("C-1"),
                "signed_on": _DAYS,
                "acts": _ACTS,
                "purposes": _PURPOSES,
                "valid_until": _DAYS,
            },
            optional={"excludes": _ACTS, "jurisdiction": _PLACES, "obligations": st.just(["attribution.record"])},
        ),
        min_size=1,
        max_size=2,
    ),
    "public_domain": st.fixed_dictionaries(
        {
            "author": st.just("A. Writer"),
            "country": st.sampled_from([["US"], ["DE", "US"]]),
            "reviewer": st.just("R. Eader"),
            "date": st.just("2025-01-01"),
            "year_of_death": st.just(1890),
        }
    ),
    "observed": st.lists(
        st.fixed_dictionaries(
            {
                "protocols": st.just(["robots", "tdmrep", "headers", "html"]) | st.just(["robots"]),
                "result": st.sampled_from(["absent", "absent", "found", "unreadable", "failed"]),
                "on": st.sampled_from(["2024-06-01", "2025-07-01", "2025-12-01"]),
                "by": st.just("crawler"),
            },
            optional={"hosts": st.sampled_from([["example.org"], ["example.com"]])},
        ),
        min_size=1,
        max_size=2,
    ),
    "fields": st.fixed_dictionaries({"not_rights": st.just({"usage": "counts of tokens"})}),
    "licenses": st.dictionaries(
        st.sampled_from(["house terms", FREE, BY]),
        _LICENSE.filter(lambda name: name != "no such"),
        min_size=1,
        max_size=2,
    ),
    "confirms": st.just(["README.md"]),
    "corrections": st.just([{"record": "r1", "on": "2025-01-01", "by": "us", "reason": "a slip"}]),
    "not_notices": st.just({"no-distribution": "a line of the template"}),
}
"""What may stand under each key of a card in which a guess may stand."""


def strings(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where the strings of a table are."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from strings(inner, (*path, key))
    elif isinstance(value, str):
        yield path


def changed(table: dict[str, Any], path: Path, to: str | None) -> dict[str, Any]:
    """The table with another value there; with None, without what stands there."""
    copy = deepcopy(table)
    inner: Any = copy
    for step in path[:-1]:
        inner = inner[step]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return copy


def at(table: dict[str, Any], path: Path) -> str:
    value: Any = table
    for step in path:
        value = value[step]
    return str(value)


def card(table: dict[str, Any]) -> SourceCard:
    """The card as a store keeps it."""
    return stored_card(json.loads(json.dumps(card_of(table, "source.toml", CATALOG.vocabulary).as_json())))


def without(table: dict[str, Any], path: Path) -> SourceCard:
    """The card without the value; where that is no card, without the table or the list that it stands in."""
    for length in range(len(path), 0, -1):
        try:
            return card(changed(table, path[:length], None))
        except InputError:  # less than a card
            continue
    raise AssertionError("no card without a name")


KNOWN = {"base": card_of({"name": "base", "license": FREE}, "base", CATALOG.vocabulary)}


def profile(of: SourceCard, statements: list[tuple[str, str, Any]], host: str | None, text: str = "") -> Profile:
    """All claims that hold for a row of the source with that text, as an ingest and a query make them."""
    about = about_rows_of(of, CATALOG.names)
    spoken = [s for s in statements if not about.look.skips(s[0])]
    row = row_claims({"license_raw": None, "statements": json.dumps(spoken)}, about).claims if spoken else ()
    looks = [look for look in looks_of(of) if look.is_about(host)]
    row = (*row, *of_record({"text": text}, about).claims)
    return frozenset([*of_card(of, CATALOG.names, KNOWN), *row, *observations(looks, "source.toml", 365)])


_ROWS = st.lists(
    st.tuples(st.just("license"), st.just("license"), st.sampled_from([FREE, BY, SA, "house terms", "N/A"]))
    | st.tuples(st.just("usage"), st.just("rights"), st.sampled_from([FREE, BY, "house terms"])),
    max_size=2,
    unique_by=lambda said: said[0],
)
_BASES = st.sampled_from([(), (), (statute("EU-DSM-4", "train", "share"),)])


@st.composite
def guesses(draw: st.DrawFn, key: str) -> tuple[dict[str, Any], Path]:
    """A card with some keys, this one among them, and which of its strings is a guess."""
    others = draw(st.sets(st.sampled_from(sorted(KEYS)), max_size=4)) | draw(
        st.sampled_from([set(), {"license"}, {"license", "personal_data"}])
    )
    table = {"name": "drawn", "personal_data": "no", **{k: draw(KEYS[k]) for k in sorted(others)}, key: draw(KEYS[key])}
    return table, draw(st.sampled_from([path for path in strings(table) if path[0] == key]))


def test_a_guess_may_stand_in_every_key_that_these_laws_try() -> None:
    assert set(KEYS) == set(UNCONFIRMED)


@pytest.mark.parametrize("key", KEYS)
@settings(deadline=None)
@given(data=st.data())
def test_a_guess_never_permits_more_than_nothing_or_than_the_guess_confirmed(key: str, data: st.DataObject) -> None:
    table, path = data.draw(guesses(key))
    try:
        confirmed = card(table)
    except InputError:
        return
    guessed = card(changed(table, path, marked(at(table, path))))
    rows, bases, asked = data.draw(_ROWS), data.draw(_BASES), data.draw(uses)
    host = data.draw(st.sampled_from([None, "example.org"]))
    known: dict[str, Any] = {
        "pii_state": data.draw(st.sampled_from(["none_found", "none_found", "found", "not_scanned"])),
        "pii_found": data.draw(st.sampled_from([frozenset(), frozenset(["email"])])),
        "published": data.draw(st.booleans()),
        "address": host is not None,
    }
    copies = data.draw(st.sampled_from([frozenset(), frozenset([frozenset([licensed(SA)])])]))

    def permits(of: SourceCard, beside: bool) -> bool:
        """This record, or one elsewhere of which it is an exact copy."""
        mine = profile(of, rows, host, "Not for redistribution." if "not_notices" in table else "")
        if beside:
            other = licensed(FREE, authority="publisher")
            return _permits(
                Case(profile=frozenset([other]), copies=frozenset([mine]), personal_data="no", **known), asked
            )
        its = frozenset([*mine, *bases])
        record = Case(
            profile=its, copies=copies, personal_data=of.personal_data, legal_basis=of.legal_basis or None, **known
        )
        return _permits(record, asked)

    for beside in (False, True):
        if permits(guessed, beside):
            assert permits(confirmed, beside)
            assert permits(without(table, path), beside)


def _permits(record: Case, asked: Use) -> bool:
    decision = decide(record, asked, CATALOG)
    short = in_short(record, asked, CATALOG)
    assert {act: word for act, (word, _) in short.items()} == {act: s.word for act, s in decision.by_act}
    return decision.permits


@pytest.mark.parametrize("key", ["party", "reference"])
def test_a_guessed_contract_permits_nothing(key: str) -> None:
    contract = {"party": "Reed Press", "reference": "RP-17", "signed_on": "2020-01-01", "acts": ["train.pretrain"]}
    terms = {"purposes": ["commercial"], "perpetual": True}
    table = {"name": "x", "personal_data": "no", "contracts": [contract | terms]}
    guessed = card(changed(table, ("contracts", 0, key), marked(str(contract[key]))))
    words = [
        _permits(Case(profile=profile(of, [], None), personal_data="no", pii_state="none_found"), use("train.pretrain"))
        for of in (card(table), guessed)
    ]
    assert words == [True, False]


def test_a_guessed_licence_is_unknown_and_refuses_and_asks_all_the_same() -> None:
    guess = judged(
        Case(profile=frozenset([licensed(FREE, guessed=True)]), personal_data="no", pii_state="none_found"), use()
    )
    assert guess.status.word == "unknown"
    assert slugs(guess) == {"guessed"}
    refusing = Case(
        profile=frozenset([licensed(NC, guessed=True), licensed(FREE)]), personal_data="no", pii_state="none_found"
    )
    assert judged(refusing, use()).status.word == "deny"
    asking = Case(
        profile=frozenset([licensed(BY, guessed=True), licensed(FREE)]), personal_data="no", pii_state="none_found"
    )
    assert judged(asking, use()).obligations == {"attribution.record"}
    assert judged(asking, use(accepted=frozenset())).status.word == "deny"


def test_a_source_that_may_be_the_publisher_settles_nothing_and_cancels() -> None:
    def record(*claims: Any, copy: Any) -> Case:
        known: dict[str, Any] = {"personal_data": "no", "pii_state": "none_found", "published": True}
        return Case(profile=frozenset(claims), copies=frozenset([frozenset([copy])]), **known)

    theirs = licensed(NC)
    assert judged(record(licensed(FREE, authority="publisher"), copy=theirs), use()).permits
    assert not judged(record(licensed(FREE, authority="unconfirmed"), copy=theirs), use()).permits
    assert not judged(
        record(
            licensed(FREE, authority="publisher"), licensed(NOTICE, authority="publisher", guessed=True), copy=theirs
        ),
        use(),
    ).permits
    cancels = replace(theirs, authority="unconfirmed")
    assert not judged(record(licensed(FREE, authority="publisher"), copy=cancels), use()).permits


@pytest.mark.parametrize(("guess", "counts"), [("no", "unknown"), ("unknown", "unknown"), ("yes", "yes")])
def test_that_no_person_is_in_it_is_not_known_from_a_guess(guess: str, counts: str) -> None:
    assert card({"name": "x", "personal_data": marked(guess)}).personal_data == counts


@pytest.mark.parametrize("day", ["valid_until", "valid_from"])
def test_what_a_contract_excludes_is_excluded_whatever_day_of_it_is_guessed(day: str) -> None:
    contract: dict[str, Any] = {
        "party": "us",
        "reference": "C-1",
        "signed_on": "2020-01-01",
        "excludes": ["train"],
        "valid_until": "2020-02-01",
    }
    ended = {"name": "x", "license": FREE, "personal_data": "no", "contracts": [contract]}
    if day == "valid_from":
        contract |= {"valid_from": "2090-01-01", "valid_until": "2091-01-01"}
    else:
        assert _trains(card(ended))
    guessed = card(changed(ended, ("contracts", 0, day), marked(str(contract[day]))))
    assert not _trains(guessed)
    assert (guessed.contracts[0].valid_from, guessed.contracts[0].valid_until) == (None, None)


def test_a_guessed_day_of_what_was_found_is_ended_by_no_later_look() -> None:
    def looks(found_on: str, protocol: str = "robots") -> SourceCard:
        by = {"by": "crawler"}
        found = {"protocols": [protocol], "result": "found", "on": found_on, **by}
        absent = {"protocols": ["robots"], "result": "absent", "on": "2025-06-01", **by}
        return card({"name": "x", "observed": [found, absent]})

    def reserves(of: SourceCard) -> bool:
        claims = observations(looks_of(of), "source.toml", 365)
        return any(c.kind == "reservation" and c.valid_until is None for c in claims)

    assert not reserves(looks("2025-01-01"))
    assert reserves(looks(marked("2025-01-01")))
    assert reserves(looks("2025-01-01", marked("robots")))


def _trains(of: SourceCard) -> bool:
    record = Case(profile=profile(of, [], None), personal_data="no", pii_state="none_found")
    return judged(record, use()).permits
