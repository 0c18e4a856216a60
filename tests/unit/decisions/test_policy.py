"""The operator's standing policy: undertakings fill in what a request leaves open; statutory bases are evidence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rightful.catalog import load
from rightful.decisions.policy import Policy, UseOptions, read_policy, strings
from rightful.decisions.policy_reader import UNDERTAKINGS
from rightful.errors import InputError, UnknownName
from rightful.rights.bases import statute
from rightful.rights.uses import EVERY
from tests.unit.policies import ASKED, BASIS, MONTH, NOON, WORDS, by_hand, signed, written


def test_policy_that_is_not_there_is_empty_and_the_use_is_the_strictest(tmp_path: Path) -> None:
    policy = read_policy(tmp_path / "policy.toml", WORDS)
    assert policy == Policy({})
    assert policy.as_json() == {"sha256": None}
    use = policy.use(ASKED, WORDS, NOON)
    assert (use.purpose, use.actor, use.profile, use.application) == ("commercial", "for_profit", "strict", None)
    assert (use.jurisdictions, use.accepted, use.as_of) == (frozenset({EVERY}), frozenset(), NOON)


def test_policy_answers_what_the_request_leaves_open(tmp_path: Path) -> None:
    text = 'purpose = "research"\nactor = "research_org"\njurisdiction = ["DE"]\nprofile = "lenient"\n'
    text += 'application = "translation"\naccept = ["attribution"]\n'
    policy = read_policy(written(tmp_path, text), WORDS)
    use = policy.use(ASKED, WORDS, NOON)
    assert (use.purpose, use.actor, use.profile, use.application) == (
        "research",
        "research_org",
        "lenient",
        "translation",
    )
    assert use.jurisdictions == frozenset({"DE"})
    assert use.accepted == {o for o in WORDS.obligations if o.startswith("attribution")}
    assert policy.as_json()["purpose"] == "research"
    assert len(policy.as_json()["sha256"]) == 64


def test_request_goes_before_the_policy_but_adds_to_what_it_accepts(tmp_path: Path) -> None:
    policy = read_policy(
        written(tmp_path, 'purpose = "research"\njurisdiction = ["DE"]\naccept = ["attribution"]\n'), WORDS
    )
    asked = UseOptions(
        use=("train.pretrain",), purpose="commercial", jurisdiction=("FR",), accept=("notice.licence",), as_of=NOON
    )
    use = policy.use(asked, WORDS, datetime(2030, 1, 1, tzinfo=UTC))
    assert (use.purpose, use.jurisdictions, use.as_of) == ("commercial", frozenset({"FR"}), NOON)
    assert use.accepted == {o for o in WORDS.obligations if o.startswith("attribution")} | {"notice.licence"}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('porpose = "research"', "unknown key 'porpose'", "did you mean 'purpose'?"),
        ('use = ["train"]', "unknown key 'use'", None),
        ("allow_all = true", "unknown key 'allow_all'", None),
        ('as_of = "2020-01-01"', "unknown key 'as_of'", None),
        ('accept = "attribution"', "accept must be a list of strings, not 'attribution'", None),
        ("accept = [1]", "accept must be a list of strings, not [1]", None),
        ('jurisdiction = "DE"', "jurisdiction must be a list of strings, not 'DE'", None),
        ("purpose = true", "purpose must be a string, not True", None),
        ('[purpose]\nname = "research"', "purpose must be a string, not {'name': 'research'}", None),
    ],
)
def test_policy_that_is_wrong_names_the_file_and_the_key(
    tmp_path: Path, text: str, message: str, hint: str | None
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_policy(path, WORDS)
    assert (caught.value.subject, caught.value.message) == (str(path), message)
    assert hint is None or caught.value.hint == hint


@pytest.mark.parametrize("key", sorted(UNDERTAKINGS))
def test_policy_with_a_word_that_does_not_exist_is_refused_when_it_is_used(tmp_path: Path, key: str) -> None:
    """An application may be any; everything else is one of a closed list, and never quietly the default."""
    value = '["no-such-word"]' if key in ("accept", "jurisdiction") else '"no-such-word"'
    policy = read_policy(written(tmp_path, f"{key} = {value}\n"), WORDS)
    with pytest.raises(InputError) as caught:
        policy.use(ASKED, WORDS, NOON)
    assert "no-such-word" in caught.value.message


def test_policy_that_is_not_toml_is_an_error_and_not_an_empty_policy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not TOML"):
        read_policy(written(tmp_path, "accept = ["), WORDS)
    with pytest.raises(InputError, match="cannot be read"):
        read_policy(tmp_path, WORDS)


def test_use_that_is_not_named_is_refused() -> None:
    with pytest.raises(InputError, match="no use named"):
        Policy({}).use(UseOptions(), WORDS, NOON)
    with pytest.raises(UnknownName):
        Policy({}).use(UseOptions(use=("train.pretrian",)), WORDS, NOON)


def test_strings_takes_one_several_or_none() -> None:
    assert (strings(None), strings("ab"), strings(["a", "b"]), strings(iter("ab"))) == (
        (),
        ("ab",),
        ("a", "b"),
        ("a", "b"),
    )


# --- statutory bases ---------------------------------------------------------------------------------------------


def test_basis_becomes_evidence_of_the_period_and_scope_that_were_signed(tmp_path: Path) -> None:
    policy = signed(written(tmp_path, BASIS))
    assert policy == read_policy(tmp_path / "policy.toml", WORDS)
    [basis] = policy.bases
    assert (basis.kind, basis.tier, basis.statement, basis.basis) == ("grant", 7, "statute", "EU-DSM-4")
    assert basis.acts == {"train.pretrain", "mine.analyse"}
    assert (basis.purposes, basis.actors) == ({"commercial"}, {"for_profit"})
    assert basis.jurisdictions == {"DE", "FR"}
    assert basis.obligations == {"delete_on_withdrawal"}
    assert (basis.valid_from, basis.valid_until) == (NOON, NOON + MONTH)
    assert basis.observation is not None
    assert basis.observation.raw == "Assessment 7, signed by Ada Moreno, counsel"
    assert policy.as_json(NOON)["in_force"] is True
    assert policy.as_json(NOON + MONTH)["in_force"] is False


@pytest.mark.parametrize(
    ("jurisdiction", "statute", "reached"),
    [("de", "EU-DSM-4", "DE"), ("EU", "EU-DSM-4", "EU"), ("jp", "JP-30-4", "JP")],
)
def test_place_of_a_basis_is_read_like_the_place_of_a_request(
    tmp_path: Path, jurisdiction: str, statute: str, reached: str
) -> None:
    text = BASIS.replace('"DE", "FR"', f'"{jurisdiction}"').replace("EU-DSM-4", statute)
    [basis] = signed(written(tmp_path, text)).bases
    assert basis.jurisdictions == {reached}


def test_basis_for_a_parent_act_means_what_was_practised_when_it_was_signed(tmp_path: Path) -> None:
    """A parent in a grant covers the leaves known on the date of the grant; a leaf that is named is meant."""
    text = BASIS.replace('"train.pretrain", "mine.analyse"', '"train", "mine.analyse"')
    old = read_policy(written(tmp_path, by_hand(text, "2014-01-01", "2030-01-01")), WORDS)
    assert old.bases[0].acts == {"mine.analyse", "train.embed", "train.nongen"}
    named = read_policy(written(tmp_path, by_hand(BASIS, "2014-01-01", "2030-01-01")), WORDS)
    assert named.bases[0].acts == {"train.pretrain", "mine.analyse"}
    assert signed(written(tmp_path, text)).bases[0].acts > old.bases[0].acts


def test_basis_counts_from_the_statute_where_that_is_later_than_the_signature(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path, by_hand(BASIS, "2015-01-01", "2030-01-01")), WORDS)
    assert policy.bases[0].valid_from == datetime(2021, 6, 7, tzinfo=UTC)
    assert WORDS.statutes["EU-DSM-4"].since == date(2021, 6, 7)


def test_non_commercial_analysis_in_the_united_kingdom_is_open_to_every_actor(tmp_path: Path) -> None:
    """Section 29A of the CDPA names a purpose, non-commercial research, and nobody who may pursue it."""
    text = BASIS.replace("EU-DSM-4", "UK-29A").replace('"DE", "FR"', '"GB"').replace('"commercial"', '"noncommercial"')
    [basis] = signed(written(tmp_path, text)).bases
    assert basis.actors == {"for_profit"}
    catalog = load()
    for purpose, granted in (("noncommercial", True), ("commercial", False)):
        asked = UseOptions(
            use=("train.pretrain",), purpose=purpose, actor="for_profit", jurisdiction=("GB",), as_of=NOON
        )
        use = read_policy(tmp_path / "none.toml", WORDS).use(asked, WORDS, NOON)
        assert (statute(basis, [], "train.pretrain", use, catalog, None) is not None) is granted


SEVERAL = BASIS + BASIS.replace("EU-DSM-4", "JP-30-4").replace('"DE", "FR"', '"JP"')


def test_several_bases_are_several_grants(tmp_path: Path) -> None:
    policy = signed(written(tmp_path, SEVERAL))
    assert [b.basis for b in policy.bases] == ["EU-DSM-4", "JP-30-4"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BASIS.replace("EU-DSM-4", "EU-DSM-5"), "unknown statute 'EU-DSM-5'"),
        (BASIS.replace("EU-DSM-4", "eu-dsm-4"), "unknown statute 'eu-dsm-4'"),
        (BASIS.replace('"mine.analyse"', '"share.ids"'), "basis[0].acts: EU-DSM-4 does not reach share.ids"),
        (
            BASIS.replace('"mine.analyse"', '"share"'),
            "basis[0].acts: EU-DSM-4 does not reach share.adapted, share.ids, share.verbatim, share.weights",
        ),
        (BASIS.replace('"mine.analyse"', '"mine.think"'), "unknown use 'mine.think'"),
        (
            BASIS.replace("EU-DSM-4", "EU-DSM-3"),
            "basis[0].purposes: EU-DSM-3 does not reach commercial",
        ),
        (
            BASIS.replace("EU-DSM-4", "EU-DSM-3").replace('"commercial"', '"research"'),
            "basis[0].actors: EU-DSM-3 does not reach for_profit",
        ),
        (BASIS.replace('"for_profit"', '"*"'), "basis[0].actors: EU-DSM-4 does not reach *"),
        (BASIS.replace('"commercial"', '"any"'), "basis[0].purposes: EU-DSM-4 does not reach any"),
        (BASIS.replace('"FR"', '"US"'), "basis[0].jurisdiction: EU-DSM-4 does not reach DE, US"),
        (BASIS.replace('"FR"', '"*"'), "basis[0].jurisdiction: EU-DSM-4 does not reach *, DE"),
        (
            BASIS.replace("lawful_access = true\n", ""),
            "EU-DSM-4 presupposes lawful access, and basis[0].lawful_access does not declare it",
        ),
        (
            BASIS.replace("lawful_access = true", "lawful_access = 1"),
            "EU-DSM-4 presupposes lawful access, and basis[0].lawful_access does not declare it",
        ),
        (
            BASIS.replace('actors = ["for_profit"]\n', ""),
            "basis[0].actors is missing: a basis names what it is relied on for",
        ),
        (
            BASIS.replace('["DE", "FR"]', "[]"),
            "basis[0].jurisdiction is missing: a basis names what it is relied on for",
        ),
        (
            BASIS.replace('["commercial"]', '"commercial"'),
            "basis[0].purposes must be a list of strings, not 'commercial'",
        ),
        (BASIS.replace("delete_on_withdrawal", "delete"), "unknown obligation 'delete'"),
        (BASIS + 'until = "2030-01-01"\n', "unknown key 'basis[0].until'"),
        (SEVERAL.replace('"JP"', '"US"'), "basis[1].jurisdiction: JP-30-4 does not reach US"),
        ('basis = "EU-DSM-4"\n', "basis must be a list of tables, not 'EU-DSM-4'"),
        ("basis = [1]\n", "basis[0] must be a table, not 1"),
        ('copies = "all"\n', "unknown value of copies 'all'"),
        ("copies = true\n", "unknown value of copies 'True'"),
    ],
)
def test_basis_beyond_the_statute_is_not_signed_and_the_file_stays_as_it_was(
    tmp_path: Path, text: str, message: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        signed(path)
    assert caught.value.message == message
    assert str(caught.value.subject).startswith(str(path))
    assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_application_that_is_nearly_a_registered_one_is_asked_as_written_and_doubted() -> None:
    use = Policy({}).use(UseOptions(use=("train.pretrain",), application="translaton"), WORDS, NOON)
    assert use.application == "translaton"
    assert use.as_json()["doubts"] == [
        "application 'translaton' is not registered, so it counts as sensitive; did you mean 'translation'?"
    ]
    for application in ("translation", "translation.legal", "weather", None):
        use = Policy({}).use(UseOptions(use=("train.pretrain",), application=application), WORDS, NOON)
        assert "doubts" not in use.as_json()
