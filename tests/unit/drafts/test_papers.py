"""What is read of licence files and of cards that others wrote, what of it is guessed, and where nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rightful import catalog
from rightful.api.stated import StatedOf
from rightful.drafts.cards import Draft
from rightful.drafts.looking import Data
from rightful.drafts.papers import Paper, about, is_card, is_paper
from rightful.drafts.stated import draft
from rightful.drafts.walking import walk

CATALOG = catalog.load()
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


def looked(name: str, raw: bytes) -> tuple[list[Paper], Draft]:
    """What is read of a file beside some rows, and the draft of their card."""
    with TemporaryDirectory() as room:
        folder = Path(room, "corpus")
        folder.mkdir()
        rows = folder / "rows.jsonl"
        rows.write_text('{"text": "The tide."}\n')
        (folder / name).write_bytes(raw)
        data = Data("corpus")
        StatedOf(CATALOG, walk(folder, lambda: 0.0), []).tell(data, "", [rows], None, folder)
        return data.papers, draft(data, folder, folder / "source.toml", "corpus", CATALOG.names)


def read(text: str) -> str | None:
    """The licence that a LICENSE states; nothing of it is ever a guess of the card."""
    papers, drafted = looked("LICENSE", text.encode())
    assert not drafted.guesses
    return papers[0].license if papers else None


def guess(text: str) -> str | None:
    """What a dataset card is guessed to state."""
    guesses = {entry.key: entry for entry in looked("README.md", text.encode())[1].guesses}
    return str(guesses["license"].value) if "license" in guesses else None


@pytest.mark.parametrize(
    ("text", "license"),
    [
        (f"The MIT License (MIT)\n\nCopyright (c) 2020 A. Keeper\n\n{MIT}", "MIT"),
        (f"Copyright (c) 2020 A. Keeper and others\n\n{MIT}", "MIT"),
        (f"# MIT License\n\nCopyright © 2020 A. Keeper\n\n{MIT}", "MIT"),
        ("SPDX-License-Identifier: CC-BY-SA-4.0\n", "CC-BY-SA-4.0"),
        ("// SPDX-License-Identifier: MIT */\n// SPDX-License-Identifier: Apache-2.0\n", "MIT AND Apache-2.0"),
        ("Creative Commons Attribution-NonCommercial 4.0 International\n", "CC-BY-NC-4.0"),
    ],
)
def test_paper_that_is_recognised_is_read_as_an_ingest_reads_it_and_is_no_guess(text: str, license: str) -> None:
    papers, drafted = looked("LICENSE", text.encode())
    assert [(p.file, p.license, p.tier) for p in papers] == [("LICENSE", license, 5)]
    assert not drafted.guesses
    assert f"{license} (from LICENSE)" in drafted.beside


@pytest.mark.parametrize(
    "text",
    [
        "Ask the harbour master.",
        MIT.replace("THE SOFTWARE IS", "The Software shall be used for Good, not Evil. " * 9 + "THE SOFTWARE IS"),
        f"{MIT}\n\nYou may not use this text for training an AI model.",
        MIT.replace("THE SOFTWARE IS", "The Software shall not be used for commercial purposes.\n\nTHE SOFTWARE IS"),
        f'{MIT}\n\n"Commons Clause" License Condition v1.0',
        MIT.replace("The above copyright notice and this permission notice shall be included", "Keep it"),
        "SPDX-License-Identifier: No-Such-License-9.9",
        "Under https://creativecommons.org/licenses/by/4.0/ with the following exception: no poems.",
        "Under https://creativecommons.org/licenses/by/4.0/ . Text and data mining is reserved.",
        "Under https://creativecommons.org/licenses/by-nc/4.0/ .",
        "x " * 100_000,
        "\0\1\2",
    ],
)
def test_paper_that_is_not_recognised_whole_or_that_adds_something_is_named_and_not_guessed(text: str) -> None:
    (paper,), drafted = looked("LICENSE", text.encode())
    assert (paper.license, paper.tier) == (None, 5)
    assert "nobody can read" in paper.why
    assert not drafted.guesses
    assert not drafted.beside
    assert any(note.startswith("LICENSE (") or "nobody can read" in note for note in drafted.notes)


def test_empty_paper_states_nothing_and_one_that_reserves_all_rights_is_no_permission() -> None:
    assert looked("LICENSE", b"")[0] == []
    assert read("All rights reserved.") == "LicenseRef-All-Rights-Reserved"


def test_paper_longer_than_any_licence_is_not_read() -> None:
    (paper,), drafted = looked("LICENSE", b"MIT " * (1 << 20) + b"x")
    assert paper.license is None
    assert "more than" in paper.why
    assert not drafted.guesses


@pytest.mark.parametrize(
    "name", ["LICENSE", "LICENCE.txt", "COPYING", "NOTICE", "LICENSE-MIT", "poems__LICENSE.md", "UNLICENSE"]
)
def test_name_of_a_paper_is_one(name: str) -> None:
    assert is_paper(name)


@pytest.mark.parametrize("name", ["license_plates.csv", "legal.md", "a.txt", "README.md", "noticeboard.txt"])
def test_name_of_a_text_is_none(name: str) -> None:
    assert not is_paper(name)


@pytest.mark.parametrize(("name", "is_one"), [("README.md", True), ("croissant.json", True), ("notes.md", False)])
def test_card_of_others_is_known_by_its_name(name: str, is_one: bool) -> None:
    assert is_card(name) is is_one


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
        ("license: cc-by-nc-4.0\nlicense: mit", None),
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
    assert guess(f"---\n{head}\n---\n# A card\n") == license


@pytest.mark.parametrize("text", ["# A card", "---\nno end", "", "text\n---\nlicense: mit\n---\n"])
def test_readme_without_front_matter_says_nothing(text: str) -> None:
    papers, drafted = looked("README.md", text.encode())
    assert (papers, drafted.entries, drafted.notes) == ([], (), ())


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
    if where == "within" and "Good, not Evil" in rider:
        assert read(texts[where]) == "JSON"  # that is a licence of its own
    else:
        (paper,), _ = looked("LICENSE", texts[where].encode())
        assert paper.license is None
        assert "not recognised" in paper.why
    assert read(f"SPDX-License-Identifier: MIT\n{rider}\n") is None
    assert read(f"{rider}\nSPDX-License-Identifier: MIT\n") is None
    assert read(f"Under https://creativecommons.org/licenses/by/4.0/ .\n{rider}\n") is None


def test_one_other_word_in_a_text_leaves_it_unread() -> None:
    words = MIT.split(" ")
    for number in range(0, len(words), 7):
        assert read(" ".join([*words[:number], "private", *words[number:]])) is None
        assert read(" ".join([*words[:number], *words[number + 1 :]])) is None


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
        "license: mit\n? license\n: house terms",
        "license: mit\n<<: *rest",
        "license: mit\nextra_gated_prompt: You agree to ask.",
        "license: [mit,",
        '"license": house terms\nlicense: mit',
    ],
)
def test_front_matter_that_says_more_or_is_not_understood_is_not_guessed(head: str) -> None:
    _, drafted = looked("README.md", f"---\n{head}\n---\n# A card\n".encode())
    assert not drafted.guesses
    assert any("nobody can read" in note or "names no licence" in note for note in drafted.notes)


@pytest.mark.parametrize(
    ("head", "license"),
    [
        ("license:\n- https://creativecommons.org/licenses/by-nc/4.0/\n- mit", "CC-BY-NC-4.0 AND MIT"),
        ("License: cc-by-nc-4.0\nlicense: mit", "CC-BY-NC-4.0 AND MIT"),
        ("license: mit\ntags:\n- license:cc-by-nc-4.0", "MIT AND CC-BY-NC-4.0"),
        ("license: |\n  mit", "MIT"),
        ("license: &a mit", "MIT"),
        ("license: mit\nlicenses:\n- cc-by-nc-4.0", "MIT AND CC-BY-NC-4.0"),
        ("license: mit\ndataset_info:\n  features:\n  - name: text\n    dtype: string\nlanguage:\n- en", "MIT"),
    ],
)
def test_all_that_front_matter_says_of_licences_holds(head: str, license: str) -> None:
    assert guess(f"---\n{head}\n---\n# A card\n") == license


def test_card_that_restricts_below_its_front_matter_is_not_guessed() -> None:
    assert guess("---\nlicense: mit\n---\n# A card\nOn gulls.\n") == "MIT"
    assert guess("---\nlicense: mit\n---\n# A card\nThis may not be used for commercial purposes.\n") is None


def test_all_sources_of_a_card_are_drafted_as_those_that_the_data_were_made_from() -> None:
    head = "source_datasets:\n- extended|old-corpus\n- original\n- news\n- Corpus"
    _, drafted = looked("README.md", f"---\n{head}\n---\n".encode())
    (entry,) = drafted.guesses
    assert (entry.key, entry.value) == ("derived_from", ("old-corpus", "news"))
    assert entry.as_json()["line"] == 'derived_from = ["old-corpus", "news"]'


def test_label_that_says_what_a_licence_file_says_is_no_guess_and_another_is() -> None:
    with TemporaryDirectory() as room:
        for number, label in enumerate(("mit", "apache-2.0")):
            folder = Path(room, str(number))
            folder.mkdir()
            (folder / "a.txt").write_text("The tide.")
            (folder / "LICENSE").write_text("SPDX-License-Identifier: MIT\n")
            (folder / "README.md").write_text(f"---\nlicense: {label}\n---\n")
            data = Data("x")
            StatedOf(CATALOG, walk(folder, lambda: 0.0), []).tell(data, "", [folder / "a.txt"], None, folder)
            guesses = draft(data, folder, folder / "source.toml", "x", CATALOG.names).guesses
            assert [g.value for g in guesses] == ([] if label == "mit" else ["Apache-2.0"])


def test_card_that_labels_single_files_is_to_be_confirmed_itself(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("The tide.")
    head = "configs:\n- config_name: a\n  license: mit\n  data_files: a.txt"
    (tmp_path / "README.md").write_text(f"---\n{head}\n---\n")
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]
    data = Data("x")
    StatedOf(CATALOG, walk(tmp_path, lambda: 0.0), []).tell(data, "", files, None, tmp_path)
    (entry,) = draft(data, tmp_path, tmp_path / "source.toml", "x", CATALOG.names).guesses
    assert (entry.key, entry.value) == ("confirms", ("README.md",))
