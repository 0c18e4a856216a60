"""The operator's standing undertakings: they fill in what a request leaves open, and undertake; nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import catalog
from pipeline.errors import InputError, UnknownName
from pipeline.policy import UNDERTAKINGS, Policy, UseOptions, read_policy, strings
from pipeline.rights.uses import EVERY

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WORDS = catalog.load().vocabulary
ASKED = UseOptions(use=("train.pretrain",))


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


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
