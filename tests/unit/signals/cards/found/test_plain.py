"""YAML and JSON of others: plain values, or why not; and never slowly."""

from __future__ import annotations

import time

import pytest

from rightful.signals.cards.found.plain import Damaged, decoded, json_of, speaks_of_rights, yaml_of


def test_yaml_scalars_are_their_texts() -> None:
    text = "a: no\nb: 1.0\nc: ~\nd: '~'\ne:\nf: 2024-01-01\ng: [x, {h: true}]\n"
    assert yaml_of(text) == {
        "a": "no", "b": "1.0", "c": None, "d": "~", "e": None, "f": "2024-01-01", "g": ["x", {"h": "true"}],
    }  # fmt: skip
    assert yaml_of("") is None
    assert yaml_of("- a\n- b\n") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("license: mit\nlicense: gpl-3.0\n", "the key 'license' twice"),
        ("a: {b: 1, b: 2}\n", "the key 'b' twice"),
        ("a: &x mit\nb: *x\n", "an alias"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", "an alias"),
        ("a: !!python/object/apply:os.system ['true']\n", "a tag"),
        ("a: !!str mit\n", "a tag"),
        ("license: !mine mit\n", "a tag"),
        ("? [a, b]\n: c\n", "a key that is no text"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("a: [1\n", "cannot be read"),
        ("a: '\x01'\n", "cannot be read"),
        ("a\tb: {", "cannot be read"),
        ("[" * 10_000, "deep|nesting depth"),
        ("- " * 10_000 + "x", "deep|nesting depth"),
        ("a: " + "x" * (1 << 20), "longer"),
    ],
    ids=range(15),
)
def test_yaml_that_may_mean_anything_is_damage(text: str, why: str) -> None:
    began = time.monotonic()
    with pytest.raises(Damaged, match=why):
        yaml_of(text)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"license": "MIT", "license": "GPL-3.0-only"}', "the key 'license' twice"),
        ('{"a": [{"b": 1, "b": 1}]}', "the key 'b' twice"),
        ('{"license": "MIT"', r"line 1"),
        ("[" * 100_000, "deeper"),
        ("[" * 60 + "]" * 60, "deeper"),
        ("9" * 5_000, "a number"),
        ("", "cannot be read"),
    ],
    ids=range(7),
)
def test_json_that_may_mean_anything_is_damage(text: str, why: str) -> None:
    with pytest.raises(Damaged, match=why):
        json_of(text)


def test_texts_in_other_encodings_are_damage_that_may_speak_of_rights() -> None:
    assert decoded(b"\xef\xbb\xbflicense: mit") == "license: mit"
    with pytest.raises(Damaged, match="UTF-8"):
        decoded("license: mit".encode("utf-16"))
    assert speaks_of_rights("license: mit".encode("utf-16").decode("utf-8", "replace"))
    assert speaks_of_rights("Lizenz: MIT")
    assert not speaks_of_rights("columns: [a, b]")
