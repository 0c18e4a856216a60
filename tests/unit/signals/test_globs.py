"""Patterns of paths as files beside texts write them."""

from __future__ import annotations

import time

import pytest

from rightful.signals.globs import escaped, matcher


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.c", "a.c", True),
        ("*.c", "src/a.c", False),
        ("**.c", "src/a.c", True),
        ("src/**", "src/a/b/c", True),
        ("src/**", "other/src/a", False),
        ("a?c", "abc", True),
        ("a\\*c", "abc", False),
        ("a\\*c", "a*c", True),
        ("[ab].txt", "a.txt", False),
        ("[ab].txt", "[ab].txt", True),
        ("***", "a/b\nc", True),
        ("a", "ab", False),
        ("\\", "\\", True),
    ],
)
def test_glob_matches(glob: str, path: str, matches: bool) -> None:
    assert bool(matcher((glob,)).fullmatch(path)) == matches


def test_no_globs_match_nothing_and_any_of_several_is_enough() -> None:
    assert not matcher(()).fullmatch("")
    assert matcher(("a", "b/*")).fullmatch("b/c")


@pytest.mark.parametrize("path", ["a*b", "a?b", "a\\b", "[a]"])
def test_escaped_path_matches_itself_alone(path: str) -> None:
    assert matcher((escaped(path),)).fullmatch(path)
    assert not matcher((escaped(path),)).fullmatch("axb")


def test_hostile_glob_ends() -> None:
    start = time.process_time()
    assert not matcher(("*" * 5_000 + "b",)).fullmatch("a" * 10_000)
    assert time.process_time() - start < 5
