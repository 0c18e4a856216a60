"""Terms beside a licence that is stated: in a notice, a comment, another key, another file. None of them is lost."""

from __future__ import annotations

import pytest

from rightful import catalog
from rightful.catalog.texts import license_texts
from rightful.rights.evidence import Evidence
from rightful.signals.order import of_file
from rightful.signals.signal import About, Within

ABOUT = About(catalog.load().names, texts=license_texts)
DEP5 = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: 2026 Heron\n"


def says(path: str, content: str) -> list[str]:
    claims = (c.claim if isinstance(c, Within) else c for c in of_file(path, content.encode(), path, ABOUT))
    return [f"see {c.observation.raw}" if _refers(c) else c.expression or c.statement for c in claims]


def _refers(claim: Evidence) -> bool:
    return claim.observation is not None and claim.observation.place.endswith("license-files)")


@pytest.mark.parametrize("path", ["pkg/NOTICE", "pkg/COPYRIGHT.txt", "pkg/a.txt.license"])
@pytest.mark.parametrize(
    "text",
    [
        "Only students may have it.",
        "The contents are for the exclusive benefit of the Heron guild.",
        "A paid subscription is due before deployment.",
        "Dieses Werk darf nicht verwertet werden.",
    ],
)
def test_notice_that_may_restrict_blocks(path: str, text: str) -> None:
    assert says(path, text)[0] == "unreadable"


def test_notice_that_attributes_says_nothing() -> None:
    assert (
        says("pkg/NOTICE", "Heron\nCopyright 2024 Mira Moreno\nThis product includes software developed by Ines Vidal.")
        == []
    )


@pytest.mark.parametrize(
    "text", ["YEAR: 2024\nCOPYRIGHT HOLDER: Heron. No commercial use", "Author: Heron, for members only"]
)
def test_year_and_holder_of_cran_hide_no_terms(text: str) -> None:
    assert says("pkg/LICENSE", text) == ["unreadable"]
    assert says("pkg/LICENSE", "YEAR: 2024\nCOPYRIGHT HOLDER: Heron") == []


def test_sidecar_with_words_beside_its_tag_blocks() -> None:
    assert says("a.txt.license", "SPDX-License-Identifier: MIT\nSPDX-FileCopyrightText: 2024 Heron\n") == ["MIT"]
    assert says("a.txt.license", "SPDX-License-Identifier: MIT\nNot for commercial use.\n") == ["MIT", "unreadable"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"license": "MIT", "License": "GPL-3.0-only"}', ["MIT", "GPL-3.0-only"]),
        ('{"licence": "GPL-3.0-only"}', ["GPL-3.0-only"]),
        (
            '{"license": {"type": "MIT", "url": "https://creativecommons.org/licenses/by-nc/4.0/"}}',
            ["MIT", "CC-BY-NC-4.0"],
        ),
        ('{"license": {"type": "MIT", "url": "https://heron.example/LICENSE"}}', ["MIT"]),
    ],
)
def test_package_json_states_by_every_spelling_and_by_the_address(content: str, expected: list[str]) -> None:
    assert says("package.json", content) == expected


@pytest.mark.parametrize(
    ("license", "expected"),
    [
        ("License: Expat\n Granted for use by members only.\n", ["MIT", "unreadable"]),
        ("License: Expat\n\nLicense: Expat\n Granted for use by members only.\n", ["MIT", "unreadable"]),
        ("License: Expat\nLicense: GPL-3\n", ["MIT", "GPL-3.0-only"]),
        ("License: Expat\nComment: only for members\n", ["MIT", "unreadable"]),
        ("License: Expat\nComment: taken from a mirror\n", ["MIT"]),
        ("License: GPL-3\n On Debian systems, see /usr/share/common-licenses/GPL-3.\n", ["GPL-3.0-only"]),
    ],
)
def test_debian_copyright_hides_no_terms_below_a_name(license: str, expected: list[str]) -> None:
    assert says("debian/copyright", DEP5 + license) == expected


def test_annotations_of_reuse_with_keys_that_nobody_knows_block() -> None:
    annotation = 'path = "**"\nSPDX-License-Identifier = "MIT"\n'
    assert says("REUSE.toml", f"version = 1\n[[annotations]]\n{annotation}") == ["MIT"]
    assert says("REUSE.toml", f"version = 1\n[[annotation]]\n{annotation}") == ["unreadable"]
    assert says("REUSE.toml", f"version = 1\n[[annotations]]\n{annotation.replace('SPDX', 'spdx')}") == ["MIT"]


def test_pyproject_names_license_files_of_any_name() -> None:
    content = '[project]\nlicense = "MIT"\nlicense-files = ["EULA.md", "LICENSE", "legal/*", "Charter.txt"]\n'
    assert says("pyproject.toml", content) == ["MIT", "see Charter.txt"]


@pytest.mark.parametrize(
    "name", ["EULA.txt", "Terms of Use.md", "terms-of-service.txt", "Lizenz.txt", "LICENSE (1).txt", "LICENSE~"]
)
def test_terms_of_any_name_are_read(name: str) -> None:
    assert says(f"pkg/{name}", "For members of the guild.") == ["unreadable"]
