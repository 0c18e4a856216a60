"""How a mixture is read: what it says, and what it may not say."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from rightful.errors import InputError
from rightful.export.planning.mixing import read_mix

A_PART = {"source": "a", "share": 1.0}


def test_listed_sources_have_their_shares() -> None:
    mix = read_mix("web = 0.7,a=b=0.3", tokens=500, seed=4)
    assert [(p.name, p.by, p.values, p.share) for p in mix.parts] == [
        ("web", "source", ("web",), 0.7),
        ("a=b", "source", ("a=b",), 0.3),
    ]
    assert (mix.tokens, mix.seed, mix.temperature) == (500, 4, None)
    assert mix.parts[0].epochs == 1


def test_mapping_of_sources_is_the_same_as_the_list() -> None:
    assert [p.share for p in read_mix({"web": 0.7, "mail": 0.3}).parts] == [0.7, 0.3]
    assert read_mix({"tokens": 0.5, "seed": 0.5}).parts[0].values == ("tokens",)


def test_file_says_parts_caps_and_target(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        """tokens = 1_000
seed = 7
epochs = 2
overlap = "first"
[[part]]
name = "both"
source = ["a", "b"]
share = 0.75
[[part]]
where = "language = 'de'"
share = 0.25
epochs = 1.5
""",
        encoding="utf-8",
    )
    for given in (path, str(path)):
        mix = read_mix(given)
        assert (mix.tokens, mix.seed, mix.overlap) == (1000, 7, "first")
        assert [(p.name, p.by, p.values) for p in mix.parts] == [
            ("both", "source", ("a", "b")),
            ("language = 'de'", "where", ("language = 'de'",)),
        ]
        assert [p.epochs for p in mix.parts] == [2, Fraction(3, 2)]


@pytest.mark.parametrize(
    ("mix", "subject", "message"),
    [
        ("a=0.7,b=0.2", "--mix", "the shares add up to 0.9, not to 1"),
        ("a=0.7,b=0.300001", "--mix", "the shares add up to 1.000001, not to 1"),
        ("a=-0.5,b=1.5", "--mix, part 1 (a)", "the share -0.5 is not a number from 0 to 1"),
        ("a=nan,b=1", "--mix, part 1 (a)", "the share nan is not a number from 0 to 1"),
        ("a=inf", "--mix, part 1 (a)", "the share inf is not a number from 0 to 1"),
        ("a=70%", "--mix", "'70%' is not a number"),
        ("a=0,7", "--mix, part 2 (7)", "has no share, and others have"),
        ("a=0.5,,b=0.5", "--mix", "part 2, '', names no source"),
        ("=1", "--mix", "names no source"),
        ("a=0.5,a=0.5", "--mix, part 2 (a)", "a is named twice"),
        (
            {"part": [{"name": "n", **A_PART}, {"source": "b", "share": 0, "name": "n"}]},
            "mix, part 2 (n)",
            "named twice",
        ),
        ({"part": [{"source": ["a", "a"], "share": 1}]}, "mix, part 1 (a, a)", "is named twice"),
        ({"part": []}, "mix", "has no parts"),
        ({"part": "a"}, "mix", "has no parts"),
        ({}, "mix", "has no parts"),
        ({"tokens": 5, "seed": "x"}, "mix", "has no parts"),
        ({"part": [A_PART], "sead": 1}, "mix", "unknown key 'sead'"),
        ({"part": [{**A_PART, "epoch": 1}]}, "mix, part 1", "unknown key 'epoch'"),
        ({"part": [{"share": 1}]}, "mix, part 1", "names its records by nothing"),
        ({"part": [{**A_PART, "language": "de"}]}, "mix, part 1", "by source and language"),
        ({"part": [{"where": ["a", "b"], "share": 1}]}, "mix, part 1", "is not a condition in quotes"),
        ({"part": [{"source": 5, "share": 1}]}, "mix, part 1", "source = 5 is not a name in quotes"),
        ({"part": [{"source": [], "share": 1}]}, "mix, part 1", "is not a name in quotes"),
        ({"part": [{"source": "a", "share": True}]}, "mix, part 1 (a)", "the share True"),
        ({"part": [{"source": "a", "share": "1"}]}, "mix, part 1 (a)", "the share '1'"),
        ({"part": [{**A_PART, "tokens": 5}]}, "mix, part 1 (a)", "has a share and a number of tokens"),
        ({"part": [{"source": "a", "tokens": 0}]}, "mix, part 1 (a)", "0 is not a number of tokens"),
        ({"part": [{**A_PART, "epochs": 0}]}, "mix, part 1 (a)", "epochs = 0 is not a number above 0"),
        ({"part": [{**A_PART, "epochs": float("nan")}]}, "mix, part 1 (a)", "epochs = nan"),
        ({"part": [A_PART], "temperature": 2}, "temperature", "says shares where parts say none"),
        ({"part": [{"source": "a"}], "temperature": 0}, "mix", "the temperature 0 is not a number above 0"),
        ({"part": [A_PART], "overlap": "last"}, "mix", "overlap = 'last' is not known"),
        ({"part": [A_PART], "seed": 2**63}, "mix", "is not a 64-bit number"),
        ({"part": [A_PART], "tokens": 1.5}, "mix", "1.5 is not a number of tokens"),
        ({"part": [5]}, "mix, part 1", "is 5, not a table"),
    ],
)
def test_what_a_mixture_may_not_say_is_an_error_that_names_the_part(mix: Any, subject: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_mix(mix)
    assert error.value.subject == subject
    assert message in error.value.message


def test_shares_that_do_not_add_up_are_offered_in_their_proportions() -> None:
    with pytest.raises(InputError, match=r"--mix web=0\.6667,mail=0\.3333"):
        read_mix("web=0.5,mail=0.25")


def test_shares_add_up_within_what_floats_can_say() -> None:
    assert len(read_mix(",".join(f"s{n}={1 / 7!r}" for n in range(7))).parts) == 7


@pytest.mark.parametrize(
    ("raw", "message"),
    [(b"part = [", "is not TOML"), (b"\xff\xfe", "cannot be read"), (b"", "has no parts"), (b"x" * 9, "is not TOML")],
)
def test_file_that_is_not_one_is_an_error_that_names_it(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=message) as error:
        read_mix(str(path))
    assert error.value.subject == str(path)


def test_file_that_is_not_there_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_mix("absent.toml")


def test_option_that_says_something_else_than_the_file_is_an_error() -> None:
    table = {"part": [A_PART], "seed": 1, "tokens": 10}
    assert read_mix(table, seed=1, tokens=10).seed == 1
    with pytest.raises(InputError, match="--seed: is 2, and mix says seed = 1"):
        read_mix(table, seed=2)
    with pytest.raises(InputError, match="--limit-tokens: is 5, and mix says tokens = 10"):
        read_mix(table, tokens=5)


def test_tokens_of_parts_and_another_target_are_an_error() -> None:
    with pytest.raises(InputError, match="--limit-tokens: is 9 tokens, and the parts have 5 together"):
        read_mix({"part": [{"source": "a", "tokens": 5}]}, tokens=9)


def test_parts_without_amounts_are_shared_by_size() -> None:
    assert read_mix("a,b").temperature == 1
    assert read_mix("a,b", temperature=2.5).temperature == 2.5
