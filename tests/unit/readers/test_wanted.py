"""Patterns of ``--include`` and ``--exclude`` mean what those of ``.gitignore`` mean, relative to what was named."""

from __future__ import annotations

from pathlib import Path

import pytest

from rightful.errors import InputError
from rightful.readers import Skipped
from rightful.readers.tree import discover
from rightful.readers.wanted import Wanted, wanted


@pytest.mark.parametrize(
    ("glob", "means", "not_these"),
    [
        ("*.txt", ("a.txt", "x/y/a.txt", "notes.txt/inside.md"), ("a.txt.gz", "a.TXT", "txt")),
        ("/*.txt", ("a.txt",), ("x/a.txt",)),
        ("docs/*.md", ("docs/a.md",), ("docs/x/a.md", "x/docs/a.md")),
        ("docs/**/*.md", ("docs/a.md", "docs/x/y/a.md"), ("a.md", "docs.md")),
        ("**/*.md", ("a.md", "x/y/a.md"), ("a.txt", "amd")),
        ("docs/**", ("docs/a", "docs/x/y"), ("docs", "x/docs/a")),
        ("docs/", ("docs/a", "x/docs/y/z"), ("docs", "x/docs")),
        ("docs", ("docs", "docs/a", "x/docs/a"), ("docs2", "mydocs/a")),
        ("./docs/a", ("docs/a",), ("x/docs/a",)),
        ("a?c", ("abc", "x/abc"), ("a/c", "abbc")),
        ("[ab].txt", ("[ab].txt",), ("a.txt",)),
        (r"a\*b", ("a*b",), ("axb",)),
        ("a**b", ("ab", "axxb"), ("a/b",)),
        ("**/x/**/y", ("x/y", "a/x/b/c/y"), ("y", "xy")),
        ("**", ("a", "x/y"), ()),
        ("größe/*", ("größe/a",), ("grosse/a",)),
    ],
)
def test_pattern_means_these_and_not_those(glob: str, means: tuple[str, ...], not_these: tuple[str, ...]) -> None:
    excluding, including = Wanted(exclude=(glob,)), Wanted(include=(glob,))
    assert [excluding.leaves_out(name) for name in means] == [f"left out by --exclude {glob}"] * len(means)
    assert [excluding.leaves_out(name) for name in not_these] == [None] * len(not_these)
    assert [including.leaves_out(name) for name in (*means, *not_these)] == [
        *[None] * len(means),
        *["left out by --include"] * len(not_these),
    ]


def test_exclude_wins_over_include() -> None:
    both = Wanted(include=("*.md",), exclude=("drafts/",))
    assert both.leaves_out("a.md") is None
    assert both.leaves_out("drafts/a.md") == "left out by --exclude drafts/"
    assert both.excluded("x/drafts", folder=True) == "left out by --exclude drafts/"
    assert both.excluded("x/drafts") is None


def test_pattern_of_many_stars_is_fast() -> None:
    assert Wanted(include=("**/" * 300 + "*" * 300 + "b",)).leaves_out("a/" * 300 + "a") == "left out by --include"


@pytest.mark.parametrize("glob", ["", "/", "./", "../a", "a/../b"])
def test_pattern_that_can_mean_nothing_is_an_error_which_names_it(glob: str) -> None:
    with pytest.raises(InputError, match="means no file below a path that is named") as caught:
        wanted(None, ["*.txt", glob])
    assert caught.value.subject == "--exclude"
    assert repr(glob) in caught.value.message


def tree(root: Path) -> Path:
    for name in ("a.md", "b.txt", "docs/c.md", "docs/deep/d.txt", "node/e.md", "source.toml", ".env"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("Of the harbour.", "utf-8")
    return root


def test_discover_leaves_out_with_the_reason_a_folder_once_and_never_a_card(tmp_path: Path) -> None:
    listing = discover(tree(tmp_path), wanted=wanted("*.md", ["docs/**"]))
    assert [file.name for file in listing.files] == ["a.md", "node/e.md"]
    assert listing.skipped == (
        Skipped(".env", "secrets", ".env"),
        Skipped("b.txt", "left out by --include"),
        Skipped("docs/", "left out by --exclude docs/**"),
    )
    assert [card.name for card in listing.cards] == ["source.toml"]


def test_discover_what_was_unpacked_goes_by_the_names_that_it_has_from_where_patterns_begin(tmp_path: Path) -> None:
    listing = discover(tree(tmp_path), wanted=wanted(None, "sub/x.zip/docs/**"), within="sub/x.zip")
    assert [file.name for file in listing.files] == ["a.md", "b.txt", "node/e.md"]
    assert Skipped("docs/", "left out by --exclude sub/x.zip/docs/**") in listing.skipped
    assert discover(tree(tmp_path), wanted=wanted("x.zip", None), within="sub/x.zip").files != ()


def test_discover_file_that_is_named_goes_by_its_own_name(tmp_path: Path) -> None:
    listing = discover(tree(tmp_path) / "docs" / "c.md", wanted=wanted(None, "*.md"))
    assert listing.files == ()
    assert listing.skipped == (Skipped("c.md", "left out by --exclude *.md"),)
