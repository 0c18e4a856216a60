"""Uses: what a request means, and how a wrong word is answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from rightful.errors import InputError, UnknownName
from rightful.rights.undertakings import options_for
from rightful.rights.uses import (
    ACTORS,
    EU,
    RESEARCHERS,
    Use,
    asks_for,
    covered,
    covers,
    parents,
    reaches,
    reaches_application,
    touches,
    use_of,
    with_purpose,
)
from tests.laws.words import ACTS, NOW, OBLIGATIONS, PLAIN, SENSITIVE, WORDS, use


def asked(*acts: str, **words: object) -> Use:
    return use_of(WORDS, acts or ("train.pretrain",), as_of=NOW, **words)  # type: ignore[arg-type]


def test_use_of_one_act_has_the_strictest_defaults() -> None:
    assert asked() == Use(
        acts=("train.pretrain",),
        purpose="commercial",
        as_of=NOW,
        application=None,
        actor="for_profit",
        jurisdictions=frozenset(["*"]),
        accepted=frozenset(),
        profile="strict",
    )


def test_use_of_a_parent_act_expands_once_in_the_order_of_the_vocabulary() -> None:
    wanted = asked("share", "train.align", "share.ids")
    assert wanted.acts == ("train.align", "share.ids", "share.verbatim", "share.adapted", "share.weights")
    assert wanted.requested == ("share", "train.align", "share.ids")
    assert wanted.as_json()["acts"] == list(wanted.acts)
    assert wanted.as_json()["asked"] == ["share", "train.align", "share.ids"]
    assert asked("*").acts == ACTS
    assert asked("share") == asked("share.ids", "share.verbatim", "share.adapted", "share.weights")


def test_leaves_of_a_parent_are_all_acts_below_it() -> None:
    assert len(ACTS) == 22
    assert len(WORDS.leaves("train")) == 7
    assert WORDS.leaves("index") == ("index.search", "index.retrieval")
    assert WORDS.leaves("use.internal") == ("use.internal",)


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ({"acts": ["train.pretran"]}, "unknown use 'train.pretran'", "did you mean 'train.pretrain'"),
        ({"acts": ["pretrain"]}, "unknown use 'pretrain'", "'train.pretrain'"),
        ({"acts": ["tra"]}, "unknown use 'tra'", "'train"),
        ({"acts": ["train."]}, "unknown use 'train.'", "did you mean 'train'"),
        ({"acts": []}, "no use named", "--use train.pretrain"),
        ({"purpose": "comercial"}, "unknown purpose 'comercial'", "did you mean 'commercial'"),
        ({"actor": "company"}, "unknown actor 'company'", "known: for_profit, public, research_org"),
        ({"profile": "loose"}, "unknown reading 'loose'", "lenient"),
        ({"accept": ["attribution.recrod"]}, "unknown obligation 'attribution.recrod'", "'attribution.record'"),
        ({"jurisdictions": ["Germany"]}, "jurisdiction 'Germany' is not the code", "DE, US, EU"),
        ({"jurisdictions": ["D1"]}, "jurisdiction 'D1'", "ISO 3166-1"),
        ({"application": "Spam Filtering"}, "application 'Spam Filtering' is not a dotted name", "biometric.identify"),
        ({"application": ""}, "application '' is not a dotted name", "translation"),
    ],
)
def test_use_of_a_wrong_word_says_what_was_probably_meant(words: dict[str, object], message: str, hint: str) -> None:
    arguments = {"acts": ["train.pretrain"], **words}
    with pytest.raises(InputError) as caught:
        use_of(WORDS, arguments.pop("acts"), as_of=NOW, **arguments)  # type: ignore[arg-type]
    assert message in caught.value.message
    assert hint in str(caught.value.hint)
    assert caught.value.exit_code == 2


def test_use_of_an_unknown_act_is_an_unknown_name() -> None:
    with pytest.raises(UnknownName):
        WORDS.leaves("fly")
    with pytest.raises(UnknownName):
        WORDS.obligations_under("fly")


def test_use_of_a_naive_as_of_is_refused_and_another_zone_is_read_as_utc() -> None:
    with pytest.raises(InputError, match="has no time zone"):
        use_of(WORDS, ["train"], as_of=datetime(2026, 1, 1))  # noqa: DTZ001
    berlin = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert use_of(WORDS, ["train"], as_of=berlin).as_of == NOW
    assert use_of(WORDS, ["train"], as_of=berlin).as_of.tzinfo is UTC


def test_accept_of_a_parent_accepts_its_children() -> None:
    assert asked(accept=["attribution"]).accepted == {"attribution.record", "attribution.dataset"}
    assert asked(accept=["notice.licence", "share_alike"]).accepted == {"notice.licence", "share_alike"}


def test_accept_all_leaves_out_what_needs_a_reference() -> None:
    assert asked(accept=["all"]).accepted == set(OBLIGATIONS) - {"payment", "registration", "redact.personal_data"}
    assert asked(accept=["all"]).references == ()


@pytest.mark.parametrize(
    "word", ["payment", "payment:", "payment: ", "payment:INV-7", "payment:=INV-7", "payment:us=", "payment:*=1", "*"]
)
def test_accept_of_a_precondition_without_who_asks_and_a_reference_is_refused(word: str) -> None:
    with pytest.raises(InputError, match="needs who asks for it and a reference") as caught:
        asked(accept=[word])
    assert "payment:LICENCE-OR-PARTY=REFERENCE" in str(caught.value.hint)


def test_accept_of_a_precondition_keeps_its_reference_and_who_asks() -> None:
    wanted = asked(accept=["payment: Reed  Press = INV-7:b=c", "payment:us=INV-8", "all"])
    assert wanted.references == (("payment:Reed Press", "INV-7:b=c"), ("payment:us", "INV-8"))
    assert {"payment@Reed Press", "payment@us"} <= wanted.accepted
    assert "payment" not in wanted.accepted
    assert wanted.as_json()["references"] == {"payment:Reed Press": "INV-7:b=c", "payment:us": "INV-8"}
    assert "payment" in wanted.as_json()["accept"]


@pytest.mark.parametrize("actor", ACTORS)
def test_research_is_asked_by_those_who_qualify(actor: str) -> None:
    for purpose in ("commercial", "noncommercial"):
        assert asked(purpose=purpose, actor=actor).actor == actor
    if actor in RESEARCHERS:
        assert asked(purpose="research", actor=actor).purpose == "research"
        return
    with pytest.raises(InputError, match="qualifying body") as caught:
        asked(purpose="research", actor=actor)
    assert "--actor research_org or --actor public" in str(caught.value.hint)


def test_what_asks_for_research_names_an_actor_that_qualifies_and_keeps_one_that_does() -> None:
    assert with_purpose(asked(), "research") == (("purpose", "research"), ("actor", "research_org"))
    assert with_purpose(asked(actor="public"), "research") == (("purpose", "research"),)
    assert with_purpose(asked(), "noncommercial") == (("purpose", "noncommercial"),)


@pytest.mark.parametrize(
    ("pattern", "name", "result"),
    [
        ("train", "train.pretrain", True),
        ("train.pretrain", "train.pretrain", True),
        ("*", "train.pretrain", True),
        ("train.pretrain", "train", False),
        ("trai", "train.pretrain", False),
        ("train.pre", "train.pretrain", False),
        ("", "train", False),
    ],
)
def test_covers_goes_by_whole_words(pattern: str, name: str, result: bool) -> None:
    assert covers(pattern, name) is result
    assert covered([pattern], name) is result
    assert covered([], name) is False


@pytest.mark.parametrize(
    ("stated", "wanted", "reached", "touched"),
    [
        (["*"], ["*"], True, True),
        (["*"], ["DE", "US"], True, True),
        (["DE"], ["*"], False, True),
        (["DE"], ["DE"], True, True),
        (["DE"], ["DE", "US"], False, True),
        (["DE"], ["US"], False, False),
        (["EU"], ["DE"], True, True),
        (["DE"], ["EU"], False, True),
        (["EU"], ["EU"], True, True),
        (["EU"], ["DE", "US"], False, True),
        (["EU"], ["GB"], False, False),
        ([], ["DE"], False, True),
    ],
)
def test_a_grant_reaches_all_places_and_a_refusal_touches_one(
    stated: list[str], wanted: list[str], reached: bool, touched: bool
) -> None:
    assert reaches(frozenset(stated), frozenset(wanted)) is reached
    assert touches(frozenset(stated), frozenset(wanted)) is touched


def test_the_union_has_its_27_members_and_countries_are_upper_case() -> None:
    assert len(EU) == 27
    assert asked(jurisdictions=["de", "EU"]).jurisdictions == {"DE", "EU"}
    assert asked(jurisdictions=["*"]).jurisdictions == {"*"}


@pytest.mark.parametrize("name", [*SENSITIVE, "emotion.of_children", "unheard_of", "biometric", "translatio", ""])
def test_is_sensitive_for_the_sensitive_set_by_prefix_and_for_what_is_not_registered(name: str) -> None:
    assert WORDS.is_sensitive(name)
    assert not any(WORDS.is_sensitive(plain) for plain in (*PLAIN, "translation.legal"))
    assert WORDS.plain_applications() == PLAIN


def test_a_use_without_application_asks_for_every_plain_one_and_no_sensitive_one() -> None:
    assert all(asks_for(use(), plain, WORDS) for plain in (*PLAIN, "*", "translation.legal"))
    assert not any(asks_for(use(), sensitive, WORDS) for sensitive in (*SENSITIVE, "unheard_of"))
    named = use(application="biometric")
    assert all(asks_for(named, name, WORDS) for name in ("*", "biometric", "biometric.identify"))
    assert not asks_for(named, "translation", WORDS)


def test_reaches_application_only_by_name_where_it_is_sensitive() -> None:
    def reached(*granted: str, application: str | None = None) -> bool:
        return reaches_application(frozenset(granted), use(application=application), WORDS)

    assert reached()
    assert reached("*")
    assert not reached("translation")
    assert reached(application="translation")
    assert reached("translation", application="translation.legal")
    assert not reached("translation", application="assistant")
    assert not reached(application="emotion")
    assert not reached("*", application="emotion")
    assert reached("emotion", "*", application="emotion")
    assert not reached("biometric.identify", application="biometric")


def test_parents_are_named_once() -> None:
    assert parents(["train.pretrain", "train.align", "share_alike", "a.b.c"]) == ("train", "a.b")


def test_options_say_a_bundle_in_place_of_two_or_more_of_its_obligations() -> None:
    owed = {"notice.licence", "attribution.record", "share_alike", "payment@Reed Press", "redact.personal_data@email"}
    bundles = {"credit": ("attribution.record", "notice.licence"), "share-alike": ("share_alike", "share_alike.db")}
    assert options_for(owed, bundles) == (
        ("accept", "credit"),
        ("accept", "payment:Reed Press=REFERENCE"),
        ("redact", "email"),
        ("accept", "share_alike"),
    )
    assert options_for(["notice.licence"], bundles) == (("accept", "notice.licence"),)
