"""What licence files and dataset cards are guessed to say, and where nothing is guessed."""

from __future__ import annotations

import pytest

from rightful import catalog
from rightful.drafts.front_matter import card_paper, front_matter
from rightful.drafts.papers import about, is_paper, read_paper

NAMES = catalog.load().names
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def guess(text: str) -> str | None:
    return read_paper("LICENSE", text.encode(), NAMES).license


@pytest.mark.parametrize(
    ("text", "license"),
    [
        (f"The MIT License (MIT)\n\nCopyright (c) 2020 A. Keeper\n\n{MIT}", "MIT"),
        (f"Copyright (c) 2020 A. Keeper and others\n\n{MIT}", "MIT"),
        (f"# MIT License\n\nCopyright © 2020 A. Keeper\n\n{MIT}", "MIT"),
        ("SPDX-License-Identifier: CC-BY-SA-4.0\n", "CC-BY-SA-4.0"),
        ("// SPDX-License-Identifier: MIT */\n// SPDX-License-Identifier: Apache-2.0\n", "MIT AND Apache-2.0"),
        ("These letters are under https://creativecommons.org/licenses/by-nc/4.0/ .", "CC-BY-NC-4.0"),
        ("Creative Commons Attribution-NonCommercial 4.0 International\n", "CC-BY-NC-4.0"),
        ("Attribution-ShareAlike 4.0 International\n\nSee the deed.", "CC-BY-SA-4.0"),
    ],
)
def test_paper_that_is_recognised_is_guessed(text: str, license: str) -> None:
    assert guess(text) == license


@pytest.mark.parametrize(
    "text",
    [
        "",
        "All rights reserved.",
        "Ask the harbour master.",
        MIT.replace("THE SOFTWARE IS", "The Software shall be used for Good, not Evil. " * 9 + "THE SOFTWARE IS"),
        f"{MIT}\n\nYou may not use this text for training an AI model.",
        MIT.replace("THE SOFTWARE IS", "The Software shall be used for Good, not Evil.\n\nTHE SOFTWARE IS"),
        MIT.replace("THE SOFTWARE IS", "The Software shall not be used for commercial purposes.\n\nTHE SOFTWARE IS"),
        f'{MIT}\n\n"Commons Clause" License Condition v1.0',
        MIT.replace("The above copyright notice and this permission notice shall be included", "Keep it"),
        "SPDX-License-Identifier: No-Such-License-9.9",
        "Under https://creativecommons.org/licenses/by/4.0/ with the following exception: no poems.",
        "Under https://creativecommons.org/licenses/by/4.0/ . Text and data mining is reserved.",
        "x " * 100_000,
        "\0\1\2",
    ],
)
def test_paper_that_is_not_recognised_whole_or_that_adds_something_is_not_guessed(text: str) -> None:
    paper = read_paper("LICENSE", text.encode(), NAMES)
    assert paper.license is None
    assert paper.why


def test_paper_longer_than_any_licence_is_not_read() -> None:
    assert read_paper("LICENSE", b"MIT " * 100_000, NAMES).why == "too long to be a licence text"


@pytest.mark.parametrize(
    "name", ["LICENSE", "LICENCE.txt", "COPYING", "NOTICE", "LICENSE-MIT", "poems__LICENSE.md", "UNLICENSE"]
)
def test_name_of_a_paper_is_one(name: str) -> None:
    assert is_paper(name)


@pytest.mark.parametrize("name", ["license_plates.csv", "legal.md", "a.txt", "README.md", "noticeboard.txt"])
def test_name_of_a_text_is_none(name: str) -> None:
    assert not is_paper(name)


def test_paper_among_licences_is_about_what_its_name_says() -> None:
    assert about("poems__LICENSE", "_licences") == "poems"
    assert about("poems__LICENSE", "poems") == ""
    assert about("LICENSE", "_licences") == ""


@pytest.mark.parametrize(
    ("head", "license"),
    [
        ("license: cc-by-4.0", "CC-BY-4.0"),
        ("license: [mit, apache-2.0]", "MIT AND Apache-2.0"),
        ("license:\n- cc-by-4.0\n- mit", "CC-BY-4.0 AND MIT"),
        ("license: 'odc-by'  # of the collection", "ODC-By-1.0"),
        ("license:\n- https://creativecommons.org/licenses/by-nc/4.0/\n- mit", "CC-BY-NC-4.0 AND MIT"),
        ("license: cc-by-nc-4.0\nlicense: mit", "CC-BY-NC-4.0 AND MIT"),
        ("License: cc-by-nc-4.0\nlicense: mit", "CC-BY-NC-4.0 AND MIT"),
        ("license: mit\nlicenses: [cc-by-nc-4.0]", "MIT AND CC-BY-NC-4.0"),
        ("license: [other, mit]", None),
        ("license: mit\nlicense_name: house-terms", None),
        ("license: mit\nlicense_link: https://house.example/terms", None),
        ("license: mit\n  and not for machines", None),
        ("license:\n- name: house\n- mit", None),
        ("license: other\nlicense_name: house-terms", None),
        ("license: unknown", None),
        ("language: en", None),
        ("license: terms of the harbour", None),
    ],
)
def test_front_matter_of_a_dataset_card_is_guessed(head: str, license: str | None) -> None:
    metadata = front_matter(f"---\n{head}\n---\n# A card\n")
    assert metadata is not None
    assert card_paper("README.md", metadata, NAMES).license == license


@pytest.mark.parametrize("text", ["# A card", "---\nno end", "", "text\n---\nlicense: mit\n---\n"])
def test_readme_without_front_matter_says_nothing(text: str) -> None:
    assert front_matter(text) is None


RIDERS = (
    "The Software shall not be used for commercial purposes of any kind.",
    "The Software shall be used for Good, not Evil.",
    "Commons Clause License Condition v1.0: the License does not grant you the right to Sell the Software.",
    "Additional terms apply: see TERMS.",
    "Only for research.",
    "Nur zu Forschungszwecken.",
    "However, poems are excluded.",
    "Copyright (c) 2020 A. Keeper. Not for commercial use.",
    "Copyright (c) 2020 nobody without permission",
    "<Not for commercial use>",
    "<!-- except poems -->",
)


@pytest.mark.parametrize("rider", RIDERS)
@pytest.mark.parametrize("where", ["before", "within", "after"])
def test_whatever_stands_beside_a_text_leaves_no_guess_and_is_named(rider: str, where: str) -> None:
    texts = {
        "before": f"{rider}\n\n{MIT}",
        "within": MIT.replace("THE SOFTWARE IS", f"{rider}\n\nTHE SOFTWARE IS", 1),
        "after": f"{MIT}\n\n{rider}\n",
    }
    paper = read_paper("LICENSE", texts[where].encode(), NAMES)
    assert paper.license is None
    assert "MIT" in paper.why
    tag = read_paper("LICENSE", f"SPDX-License-Identifier: MIT\n{rider}\n".encode(), NAMES)
    assert tag.license is None
    deed = f"Under https://creativecommons.org/licenses/by/4.0/ .\n{rider}\n"
    assert read_paper("LICENSE", deed.encode(), NAMES).license is None


def test_one_other_word_in_a_text_leaves_no_guess() -> None:
    words = MIT.split(" ")
    for number in range(len(words)):
        assert guess(" ".join([*words[:number], "private", *words[number:]])) is None
        assert guess(" ".join([*words[:number], *words[number + 1 :]])) is None


@pytest.mark.parametrize(
    "head",
    [
        "license:\n- https://example.org/terms\n- mit",
        "license: [other, mit]",
        "license: mit\nlicense_name: house-terms",
        "license: mit\nlicense_link: https://example.org/terms",
        "license: mit\n  and not for ai",
        "license: mit\nlicence: house terms",
        "license: mit\nrights: house terms",
        "license: mit\n- extra: x",
        "license:\n- mit\n  but not for ai",
        "license: mit  # not for commercial use",
        "license: mit\n# only for research",
        "license: mit\ntags:\n- license:cc-by-nc-4.0",
        "license: mit\n? license\n: house terms",
        "license: mit\n<<: *rest",
        "license: mit\nextra_gated_prompt: You agree to ask.",
        "license: |\n  mit",
        "license: [mit,",
        '"license": house terms\nlicense: mit',
        "license: &a mit",
    ],
)
def test_front_matter_that_says_more_or_is_not_understood_is_not_guessed(head: str) -> None:
    metadata = front_matter(f"---\n{head}\n---\n# A card\n")
    assert metadata is not None
    paper = card_paper("README.md", metadata, NAMES)
    assert paper.license is None
    assert paper.why != "its front matter says nothing"


@pytest.mark.parametrize(
    ("head", "license"),
    [
        ("license:\n- https://creativecommons.org/licenses/by-nc/4.0/\n- mit", "CC-BY-NC-4.0 AND MIT"),
        ("License: cc-by-nc-4.0\nlicense: mit", "CC-BY-NC-4.0 AND MIT"),
        ("license: mit\nlicense: cc-by-nc-4.0", "MIT AND CC-BY-NC-4.0"),
        ("license: mit\nlicenses:\n- cc-by-nc-4.0", "MIT AND CC-BY-NC-4.0"),
        ("license: mit\ndataset_info:\n  features:\n  - name: text\n    dtype: string\nlanguage:\n- en", "MIT"),
    ],
)
def test_all_that_front_matter_says_of_licences_holds(head: str, license: str) -> None:
    metadata = front_matter(f"---\n{head}\n---\n# A card\n")
    assert metadata is not None
    assert card_paper("README.md", metadata, NAMES).license == license


def test_card_that_restricts_below_its_front_matter_is_not_guessed() -> None:
    metadata = front_matter("---\nlicense: mit\n---\n# A card\nThis may not be used for commercial purposes.\n")
    assert metadata is not None
    assert card_paper("README.md", metadata, NAMES).license is None
