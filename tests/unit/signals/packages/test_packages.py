"""What packages state of their licence: package.json, pyproject, metadata, Cargo, R, Debian, REUSE."""

from __future__ import annotations

from typing import Any

import pytest

from rightful import catalog
from rightful.catalog.texts import license_texts
from rightful.rights.evidence import Evidence
from rightful.signals.order import of_file
from rightful.signals.signal import About, Within

ABOUT = About(catalog.load().names, texts=license_texts)

MIT = """MIT License

Copyright (c) 2026 Mira Moreno

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation \
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, \
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the \
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE \
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR \
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, \
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def read(path: str, content: str | bytes, about: About = ABOUT) -> list[Evidence | Within]:
    raw = content.encode() if isinstance(content, str) else content
    return of_file(path, raw, f"corpus/{path}", about)


def claim(one: Evidence | Within) -> Evidence:
    return one.claim if isinstance(one, Within) else one


def stated(path: str, content: str | bytes, about: About = ABOUT) -> list[str]:
    return [claim(c).expression or claim(c).statement for c in read(path, content, about)]


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("LICENSE", MIT, ["MIT"]),
        ("license.md", MIT.encode("utf-16"), ["MIT"]),
        ("COPYING", "\ufeff" + MIT, ["MIT"]),
        ("LICENSE-MIT", MIT, ["MIT"]),
        ("x-1.dist-info/licenses/LICENSE", MIT, ["MIT"]),
        ("LICENSE", MIT + "\nThe software shall not be used for military purposes.\n", ["unreadable"]),
        ("LICENSE", MIT.encode("latin-1").replace(b"(c)", b"\xa9"), ["MIT"]),
        ("LICENSE", "see the wiki", ["unreadable"]),
        ("LICENSE", "MIT", ["MIT"]),
        ("LICENSE", "CC BY 4.0\n", ["CC-BY-4.0"]),
        ("LICENSE", "SPDX-License-Identifier: CC0-1.0\n", ["CC0-1.0"]),
        (
            "LICENSE",
            "Copyright 2026 Mira Moreno\nSPDX-License-Identifier: MIT\nSPDX-License-Identifier: 0BSD",
            ["MIT AND 0BSD"],
        ),
        ("LICENSE", "SPDX-License-Identifier: MIT\nNot for sale.", ["unreadable"]),
        ("LICENSE", "", []),
        ("LICENSE", " \n", []),
        ("LICENSE", b"\x00\x01", ["unreadable"]),
        ("LICENSE", "YEAR: 2026\nCOPYRIGHT HOLDER: Mira Moreno\n", []),
        ("LICENSE", "\n" * 399 + "x", ["unreadable"]),
        ("NOTICE", "Heron\nCopyright 2026 Mira Moreno\n", []),
        ("COPYRIGHT.txt", "Copyright 2026 Mira Moreno", []),
        ("license.py", MIT, []),
        ("licensing.txt", MIT, []),
    ],
)
def test_licence_file(path: str, content: str | bytes, says: list[str]) -> None:
    assert stated(path, content) == says


def test_what_a_licence_file_adds_is_quoted_and_words_that_reserve_count() -> None:
    blocks, reserves = map(claim, read("LICENSE", MIT + "\nThis software may not be used for training AI models.\n"))
    assert blocks.statement == "unreadable"
    assert blocks.observation is not None
    assert blocks.observation.place.startswith("corpus/LICENSE (not recognised: 'This software may not")
    assert blocks.observation.raw.startswith("MIT License")
    assert (reserves.kind, reserves.statement, "train" in reserves.acts) == ("reservation", "reserve", True)


def test_licence_file_without_texts_at_hand_blocks() -> None:
    assert stated("LICENSE", MIT, About(ABOUT.names)) == ["unreadable"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"license": "MIT"}', ["MIT"]),
        ('\ufeff{"license": "(MIT OR Apache-2.0)"}', ["MIT OR Apache-2.0"]),
        ('{"license": {"type": "ISC", "url": "https://example.org"}}', ["ISC"]),
        ('{"licenses": [{"type": "MIT"}, {"type": "GPL-2.0-only"}]}', ["MIT OR GPL-2.0-only"]),
        ('{"licenses": [{"type": "MIT"}, {"type": "ours"}]}', ["unreadable"]),
        ('{"licenses": [{"type": "MIT"}, 3]}', ["unreadable"]),
        ('{"licenses": [{"type": "MIT"}]}', ["MIT"]),
        ('{"licenses": {"type": "MIT"}}', ["MIT"]),
        ('{"license": ["MIT", "GPL-2.0-only"]}', ["MIT", "GPL-2.0-only"]),
        ('{"license": "MIT", "licenses": ["0BSD"]}', ["MIT", "0BSD"]),
        ('{"license": "UNLICENSED"}', ["LicenseRef-All-Rights-Reserved"]),
        ('{"license": "SEE LICENSE IN <LICENSE.md>"}', ["unreadable"]),
        ('{"license": "Something of our own"}', ["unreadable"]),
        ('{"license": 3}', ["unreadable"]),
        ('{"license": {}}', ["unreadable"]),
        ('{"license": ""}', []),
        ('{"license": null, "private": true}', []),
        ('{"name": "a"}', []),
        ("", []),
        ("[]", []),
        ("{", ["unreadable"]),
        ('{"license": "MIT", "license": "GPL-2.0-only"}', ["unreadable"]),
        ("[" * 100_000, ["unreadable"]),
        (b"\xff\x00", ["unreadable"]),
    ],
)
def test_package_json(content: str | bytes, says: list[str]) -> None:
    assert stated("package.json", content) == says


def test_what_is_in_another_file_says_where() -> None:
    (there,) = read("package.json", '{"license": "SEE LICENSE IN docs/TERMS.md"}')
    assert isinstance(there, Within)
    assert there.refers == "docs/TERMS.md"
    (terms,) = read("Cargo.toml", '[package]\nlicense-file = "TERMS"')
    assert isinstance(terms, Within)
    assert terms.refers == "TERMS"


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("pyproject.toml", '[project]\nlicense = "MIT AND 0BSD"', ["MIT AND 0BSD"]),
        ("pyproject.toml", '[project]\nlicense = {text = "BSD-3-Clause"}', ["BSD-3-Clause"]),
        ("pyproject.toml", '[project]\nlicense = {file = "LICENSE"}', ["unreadable"]),
        ("pyproject.toml", "[project]\nlicense = 3", ["unreadable"]),
        ("pyproject.toml", '[tool.poetry]\nlicense = "GPL-3.0-only"', ["GPL-3.0-only"]),
        (
            "pyproject.toml",
            '[project]\nclassifiers = ["License :: OSI Approved", "License :: OSI Approved :: MIT License", 3]',
            ["MIT"],
        ),
        ("pyproject.toml", "[tool.ruff]\nline-length = 80", []),
        ("pyproject.toml", '[project]\nname = "a"\nlicense = {file = "A", text = "MIT"}', ["MIT", "unreadable"]),
        ("pyproject.toml", "[project", ["unreadable"]),
        ("pyproject.toml", "a = " + "[" * 100_000, ["unreadable"]),
        (
            "a-1.dist-info/METADATA",
            "Metadata-Version: 2.4\nName: a\nLicense-Expression: MIT OR 0BSD\n\nText",
            ["MIT OR 0BSD"],
        ),
        ("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nLicense: UNKNOWN\n", []),
        (
            "a-1.dist-info/METADATA",
            "Metadata-Version: 2.1\nLicense: MIT\nClassifier: License :: OSI Approved :: BSD License\n",
            ["MIT", "LicenseRef-family-bsd"],
        ),
        (
            "a-1.dist-info/METADATA",
            "Metadata-Version: 2.1\nLicense: " + MIT.replace("\n", "\n        ") + "\nName: a\n",
            ["MIT"],
        ),
        ("a-1.dist-info/METADATA", "Metadata-Version: 2.1\nLicense: Ask us\n", ["unreadable"]),
        ("a-1.dist-info/METADATA", "Metadata-Version: 2.1\n\nLicense: MIT\n", []),
        ("a.egg-info/PKG-INFO", "Metadata-Version: 1.1\nLicense: ZPL 2.1\n", ["ZPL-2.1"]),
        ("PKG-INFO", "something else\nLicense: MIT", []),
        ("METADATA", "Metadata-Version: 2.1\nLicense: MIT\n", []),
    ],
)
def test_python_packages(path: str, content: str, says: list[str]) -> None:
    assert stated(path, content) == says


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[package]\nlicense = "MIT OR Apache-2.0"', ["MIT OR Apache-2.0"]),
        ('[package]\nlicense = "MIT/Apache-2.0"', ["MIT OR Apache-2.0"]),
        ('[package]\nlicense = "MIT"\nlicense-file = "TERMS"', ["MIT", "unreadable"]),
        ("[package]\nlicense.workspace = true", []),
        ('[workspace.package]\nlicense = "0BSD"', ["0BSD"]),
        ("[package]\nlicense = 1", ["unreadable"]),
        ('[package]\nname = "a"', []),
        ("package = 3\nworkspace = []", []),
        ("[", ["unreadable"]),
    ],
)
def test_cargo(content: str, says: list[str]) -> None:
    assert stated("Cargo.toml", content) == says


@pytest.mark.parametrize(
    ("content", "says", "refers"),
    [
        ("Package: a\nLicense: GPL (>= 2)\n", ["GPL-2.0-or-later"], ""),
        ("Package: a\nLicense: GPL-2 |\n  GPL-3\n", ["GPL-2.0-only OR GPL-3.0-only"], ""),
        ("Package: a\nLicense: MIT + file LICENSE\n", ["MIT"], ""),
        ("Package: a\nLicense: file LICENSE\n", ["unreadable"], "LICENSE"),
        ("Package: a\nLicense: GPL-3 + file LICENCE\n", ["GPL-3.0-only", "unreadable"], "LICENCE"),
        ("Package: a\nLicense: What you please\n", ["unreadable"], ""),
        ("License: MIT\n", [], ""),
        ("An ordinary text.\n", [], ""),
        ("", [], ""),
    ],
)
def test_r_description(content: str, says: list[str], refers: str) -> None:
    claims = read("DESCRIPTION", content)
    assert [claim(c).expression or claim(c).statement for c in claims] == says
    assert "".join(c.refers for c in claims if isinstance(c, Within)) == refers


DEP5 = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: heron

Files: *
Copyright: 2026 Mira Moreno
License: GPL-2+

# a comment
Files: data/*.csv
 own\\*file
Copyright: 2026 Mira Moreno
License: Heron-1.0

Files: debian/rules
Copyright: 2026 Mira Moreno
License: Expat or public-domain

License: GPL-2+
 On Debian systems the text is elsewhere.

License: Heron-1.0
 TEXT
""".replace(" TEXT", "\n".join(f" {line or '.'}" for line in MIT.splitlines()))


def test_debian_copyright_says_of_which_files() -> None:
    claims = read("debian/copyright", DEP5)
    assert all(isinstance(c, Within) for c in claims)
    assert [(c.claim.expression, c.globs, c.rank, c.claim.tier) for c in claims if isinstance(c, Within)] == [
        ("GPL-2.0-or-later", ("**",), 1, 5),
        ("MIT", ("data/**.csv", "own\\*file"), 2, 5),
        ("MIT OR LicenseRef-Public-Domain", ("debian/rules",), 3, 3),
    ]
    assert [claim(c).expression for c in read(".reuse/dep5", DEP5)] == [claim(c).expression for c in claims]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (MIT, ["MIT"]),
        ("Copyright 2026 Mira Moreno", []),
        ("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n", ["unreadable"]),
        (DEP5.partition("Files:")[0] + "Files: a\nCopyright: 2026 M\n", ["unreadable"]),
        ("Format: dep5\nLicense: MIT\n", ["MIT"]),
    ],
)
def test_debian_copyright_of_another_form(content: str, says: list[str]) -> None:
    assert stated("debian/copyright", content) == says


def reuse(**annotation: Any) -> str:
    keys = {"path": "path", "license": "SPDX-License-Identifier"}
    listed = "\n".join(f"{keys.get(k, k)} = {v!r}" for k, v in annotation.items())
    return f"version = 1\n[[annotations]]\n{listed}\n"


@pytest.mark.parametrize(
    ("content", "says", "globs", "tier"),
    [
        (reuse(path="data/**", license="CC0-1.0"), ["CC0-1.0"], ("data/**",), 5),
        (reuse(path=["a?.png", "b.png"], license="MIT", precedence="override"), ["MIT"], ("a\\?.png", "b.png"), 3),
        (reuse(path="a", license=["MIT", "0BSD"]), ["MIT", "0BSD"], ("a",), 3),
        (reuse(path="a", license="ours"), ["unreadable"], ("a",), 3),
        (reuse(path="a", license=3), ["unreadable"], ("a",), 3),
        (reuse(license="MIT"), ["unreadable"], ("**",), 5),
    ],
)
def test_reuse_toml(content: str, says: list[str], globs: tuple[str, ...], tier: int) -> None:
    claims = read("REUSE.toml", content)
    assert [claim(c).expression or claim(c).statement for c in claims] == says
    assert {(c.globs, c.claim.tier) for c in claims if isinstance(c, Within)} == {(globs, tier)}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("version = 1", []),
        ("annotations = 3", ["unreadable"]),
        ("annotations = [3]", ["unreadable"]),
        (reuse(path="a"), []),
        ("[[", ["unreadable"]),
    ],
)
def test_reuse_toml_of_another_form(content: str, says: list[str]) -> None:
    assert stated("REUSE.toml", content) == says


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("SPDX-FileCopyrightText: 2026 Mira\nSPDX-License-Identifier: CC-BY-4.0\n", ["CC-BY-4.0"]),
        ("/* SPDX-License-Identifier: MIT */\n# SPDX-License-Identifier: 0BSD", ["MIT", "0BSD"]),
        ("<!-- SPDX-License-Identifier: MIT -->", ["MIT"]),
        ("SPDX-License-Identifier:\n", ["unreadable"]),
        ("SPDX-License-Identifier: ours", ["unreadable"]),
        ("Copyright 2026 Mira Moreno", []),
        ("", []),
        (b"\x00", ["unreadable"]),
    ],
)
def test_sidecar_speaks_of_the_file_that_it_is_named_after(content: str | bytes, says: list[str]) -> None:
    claims = read("fig/a.png.license", content)
    assert [claim(c).expression or claim(c).statement for c in claims] == says
    assert all(isinstance(c, Within) and c.paths == {"a.png"} and c.claim.tier == 3 for c in claims)


def test_card_says_what_a_string_means_and_bounds_what_is_granted() -> None:
    about = About(ABOUT.names, limits={"jurisdictions": frozenset({"DE"})}, licenses=(("heron licence", "MIT"),))
    (one,) = map(claim, read("package.json", '{"license": "Heron  Licence"}', about))
    assert (one.expression, one.jurisdictions) == ("MIT", {"DE"})
    assert one.observation is not None
    assert one.observation.raw == "Heron  Licence"
