"""What the files beside a text claim of it: how far each of them reaches, and where another package begins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rightful import catalog
from rightful.ingest.beside import MOST_BYTES, Beside
from rightful.rights.evidence import Evidence, license_claim
from rightful.signals.signal import EVERYTHING, About, OfFile, Within, observation

NAMES = catalog.load().names
ABOUT = About(NAMES)


def stated(raw: bytes, place: str, about: About) -> list[Evidence | Within]:
    """A licence in one line, ``no`` for a reservation, ``see FILE``, or ``GLOB: licence``, of which the last that matches counts."""
    claims: list[Evidence | Within] = []
    for rank, line in enumerate(raw.decode().splitlines(), 1):
        glob, colon, licence = line.rpartition(": ")
        seen = observation("a-file/1", line, place)
        common: dict[str, Any] = {"tier": 5, "bound_to": "collection", "observation": seen}
        if line == "no":
            claims.append(Evidence(kind="reservation", statement="reserve", **common))
        elif line.startswith("see "):
            blocks = Evidence(kind="grant", statement="unreadable", **common)
            claims.append(Within(blocks, globs=EVERYTHING, refers=line.removeprefix("see ")))
        else:
            claim = license_claim(licence, about.names, tier=5, place=place, detector="a-file/1")
            assert claim is not None
            claims.append(Within(claim, globs=(glob,), rank=rank) if colon else claim)
    return claims


LICENSE = OfFile("a-file/1", frozenset({"license", "license.*", "*.dist-info/metadata"}), stated, frozenset({"*.py"}))
LIFTED = OfFile("a-file-above/1", frozenset({"debian/copyright"}), stated, above=1)
THROUGH = OfFile("a-card/1", frozenset({"card.md"}), stated, through=True)
SIGNALS = (LICENSE, LIFTED, THROUGH)


def tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def of(root: Path, file: str, *more: Path) -> list[str]:
    """What is claimed of a file, the nearest first: ``licence (place)``."""
    claims = Beside([root, *more], SIGNALS).claims(root / file, "it", ABOUT)
    return [f"{c.expression or c.statement} ({c.observation.place})" for c in claims if c.observation]


def test_file_speaks_of_its_folder_and_those_below_and_never_of_siblings(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "r", {"LICENSE": "MIT", "a/LICENSE.txt": "GPL-3.0-only", "a/b/x.txt": "", "c/x.txt": "", "x.txt": ""}
    )
    assert of(root, "a/b/x.txt") == ["GPL-3.0-only (r/a/LICENSE.txt)", "MIT (r/LICENSE)"]
    assert of(root, "c/x.txt") == ["MIT (r/LICENSE)"]
    assert of(root, "x.txt") == ["MIT (r/LICENSE)"]


def test_claims_are_marked_as_those_of_a_file_beside(tmp_path: Path) -> None:
    root = tree(tmp_path, {"LICENSE": "MIT", "x.txt": ""})
    (claim,) = Beside([root], SIGNALS).claims(root / "x.txt", "it", ABOUT)
    assert claim.beside


def test_nothing_above_what_was_named_or_has_a_card_is_read(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", {"LICENSE": "MIT", "a/LICENSE": "0BSD", "a/x.txt": ""})
    beside = Beside([root / "a"], SIGNALS)
    assert [c.expression for c in beside.claims(root / "a/x.txt", "it", ABOUT)] == ["0BSD"]
    assert of(root, "a/x.txt", root / "a") == ["0BSD (r/a/LICENSE)", "MIT (r/LICENSE)"]


def test_name_that_is_code_and_a_link_are_no_papers(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", {"license.py": "MIT", "x.txt": "", "y/LICENSE": "MIT"})
    (root / "LICENSE").symlink_to(root / "y/LICENSE")
    assert of(root, "x.txt") == []


def test_claim_about_some_files_is_of_those_alone_and_the_last_that_matches_counts(tmp_path: Path) -> None:
    said = "**: MIT\ndata/*: GPL-3.0-only\ndata/own.txt: 0BSD"
    files = {"LICENSE": said, "data/x.txt": "", "data/own.txt": "", "data/deep/x.txt": "", "x.txt": ""}
    root = tree(tmp_path / "r", files)
    assert of(root, "data/x.txt") == ["GPL-3.0-only (r/LICENSE)"]
    assert of(root, "data/own.txt") == ["0BSD (r/LICENSE)"]
    assert of(root, "data/deep/x.txt") == of(root, "x.txt") == ["MIT (r/LICENSE)"]


@pytest.mark.parametrize(
    ("refers", "says"),
    [
        ("TERMS", "MIT (r/a/TERMS)"),
        ("../OTHER", "0BSD (r/OTHER)"),
        ("none", "unreadable (r/a/LICENSE)"),
        ("../../outside", "unreadable (r/a/LICENSE)"),
        ("link", "unreadable (r/a/LICENSE)"),
        ("LICENSE", "unreadable (r/a/LICENSE)"),
        (".", "unreadable (r/a/LICENSE)"),
    ],
)
def test_file_that_another_refers_to_is_read_in_its_place(tmp_path: Path, refers: str, says: str) -> None:
    (tmp_path / "outside").write_text("MIT")
    root = tree(
        tmp_path / "r", {"a/LICENSE": f"see {refers}", "a/TERMS": "MIT", "OTHER": "0BSD", "a/x.txt": "", "b/x": ""}
    )
    (root / "a/link").symlink_to(root / "a/TERMS")
    assert of(root, "a/x.txt") == [says]
    assert of(root, "b/x") == []


def test_file_in_a_folder_that_speaks_of_the_one_above(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", {"p/debian/copyright": "src/*: MIT\ndebian/*: 0BSD", "p/src/x.c": "", "p/debian/y": ""})
    assert of(root, "p/src/x.c") == ["MIT (r/p/debian/copyright)"]
    assert of(root, "p/debian/y") == ["0BSD (r/p/debian/copyright)"]
    assert Beside([root / "p/debian"], SIGNALS).claims(root / "p/debian/y", "it", ABOUT), "also where it is the top"


def test_packages_in_node_modules_do_not_mix(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "r",
        {
            "LICENSE": "GPL-3.0-only",
            "x.js": "",
            "node_modules/LICENSE": "0BSD",
            "node_modules/a/LICENSE": "MIT",
            "node_modules/a/lib/x.js": "",
            "node_modules/b/x.js": "",
            "node_modules/a/node_modules/c/x.js": "",
            "node_modules/@s/LICENSE": "Zlib",
            "node_modules/@s/d/x.js": "",
            "node_modules/@s/d/LICENSE": "ISC",
        },
    )
    assert of(root, "x.js") == ["GPL-3.0-only (r/LICENSE)"]
    assert of(root, "node_modules/a/lib/x.js") == ["MIT (r/node_modules/a/LICENSE)"]
    assert of(root, "node_modules/b/x.js") == []
    assert of(root, "node_modules/a/node_modules/c/x.js") == []
    assert of(root, "node_modules/@s/d/x.js") == ["ISC (r/node_modules/@s/d/LICENSE)"]


def test_reservation_and_a_card_go_on_in_packages_that_lie_inside(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", {"LICENSE": "no\nMIT", "card.md": "CC-BY-4.0", "node_modules/a/x.js": ""})
    assert of(root, "node_modules/a/x.js") == ["reserve (r/LICENSE)", "CC-BY-4.0 (r/card.md)"]


def installed(root: Path) -> Path:
    site = "lib/site-packages"
    return tree(
        root,
        {
            "LICENSE": "GPL-3.0-only",
            f"{site}/LICENSE": "Zlib",
            f"{site}/one/x.py": "",
            f"{site}/one-1.dist-info/METADATA": "MIT",
            f"{site}/one-1.dist-info/licenses/sub/LICENSE": "0BSD",
            f"{site}/one-1.dist-info/RECORD": "one/x.py,,\nshared/a.py,,\none-1.dist-info/METADATA,,\nLICENSE,,\nshared/LICENSE,,\n",
            f"{site}/two.py": "",
            f"{site}/two-2.dist-info/METADATA": "ISC",
            f"{site}/two-2.dist-info/RECORD": "two.py,,\nshared/b.py,,\n",
            f"{site}/shared/a.py": "",
            f"{site}/shared/b.py": "",
            f"{site}/shared/c.py": "",
            f"{site}/shared/LICENSE": "Apache-2.0",
            f"{site}/none/x.py": "",
            f"{site}/none-1.dist-info/METADATA": "MIT",
        },
    )


@pytest.mark.parametrize(
    ("file", "licenses"),
    [
        ("one/x.py", ["MIT", "0BSD", "Zlib"]),
        ("one-1.dist-info/METADATA", ["MIT", "0BSD", "Zlib"]),
        ("two.py", ["ISC"]),
        ("shared/a.py", ["Apache-2.0", "MIT", "0BSD", "Zlib"]),
        ("shared/b.py", ["ISC"]),
        ("shared/c.py", ["Apache-2.0"]),
        ("none/x.py", []),
        ("none-1.dist-info/METADATA", ["MIT"]),
    ],
)
def test_distribution_speaks_of_the_files_that_it_lists_and_of_no_other(
    tmp_path: Path, file: str, licenses: list[str]
) -> None:
    root = installed(tmp_path / "r")
    claims = Beside([root], SIGNALS).claims(root / "lib/site-packages" / file, "it", ABOUT)
    assert [c.expression for c in claims] == licenses


def test_paper_that_is_too_long_or_cannot_be_opened_blocks(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", {"LICENSE": "x" * (MOST_BYTES + 1), "x.txt": ""})
    assert of(root, "x.txt") == ["unreadable (r/LICENSE)"]


def test_paper_that_is_gone_when_it_is_read_blocks(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", {"LICENSE": "MIT", "x.txt": ""})
    beside = Beside([root], SIGNALS)
    assert [c.statement for c in beside.claims(root / "x.txt", "it", ABOUT)] == ["license"]
    (root / "LICENSE").unlink()
    assert [c.statement for c in beside.claims(root / "x.txt", "other", ABOUT)] == ["unreadable"]


def test_folder_is_looked_into_once_and_a_file_read_once_for_a_source(tmp_path: Path) -> None:
    root = tree(tmp_path / "r", {"LICENSE": "MIT", "a/x.txt": "", "a/y.txt": ""})
    beside = Beside([root], SIGNALS)
    first = beside.claims(root / "a/x.txt", "it", ABOUT)
    (root / "LICENSE").write_text("GPL-3.0-only")
    assert beside.claims(root / "a/y.txt", "it", ABOUT) == first
    assert [c.expression for c in beside.claims(root / "a/y.txt", "other", ABOUT)] == ["GPL-3.0-only"]


def test_file_that_two_distributions_list_is_granted_by_neither_alone(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "site-packages",
        {
            "a-1.dist-info/METADATA": "MIT",
            "a-1.dist-info/RECORD": "a/x.py,,\nb/x.py,,\n",
            "b-1.dist-info/METADATA": "",
            "b-1.dist-info/RECORD": "b/x.py,,\n",
            "a/x.py": "",
            "b/x.py": "",
        },
    )
    own, others = (Beside([root], SIGNALS).claims(root / file, "it", ABOUT) for file in ("a/x.py", "b/x.py"))
    assert [(c.expression, c.guessed) for c in (*own, *others)] == [("MIT", False), ("MIT", True)]
