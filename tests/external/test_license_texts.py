"""Licence texts that others collected, with what they expect: right, unknown, and no false claim.

Wrong is a licence that a file is not. A detector of ours says ``LicenseRef-unknown`` where something is left over: source code below a
header, a sentence about the project, a clause of one's own. That is counted, and bounded from below where a folder is about whole texts.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rightful.catalog.texts import license_texts
from rightful.signals.texts.match import UNKNOWN, Detected, detect
from rightful.signals.texts.words import text_of

CASES = Path(os.environ.get("RIGHTFUL_CASES", "../shared/data"))
FOLDER = CASES / "2-licence-text"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the third-party cases are absent: {FOLDER}")

AT_LEAST = {
    "licensee": 18,
    "askalono": 4,
    "spdx-texts": 71,
    "ai-and-data-licences": 5,
    "scancode": 5,
    "google-scenarios": 0,
}
"""So many files of each folder are recognised wholly."""
SCANCODE = {
    "bsd-new": "BSD-3-Clause",
    "bsd-simplified": "BSD-2-Clause",
    "bsd-original-uc": "BSD-4-Clause-UC",
    "uoi-ncsa": "NCSA",
}
"""Keys of ScanCode that are not the id of SPDX in small letters."""
REVIEWED = {
    "ai-and-data-licences/bigscience-open-rail-m.txt": "LicenseRef-BigScience-OpenRAIL-M is the catalogue's id for it",
    "ai-and-data-licences/gutenberg-2020.txt": "LicenseRef-Gutenberg is the catalogue's id for it",
    "licensee/cc-by-nc-sa/LICENSE": "the text of CC-BY-NC-SA-4.0, word for word; their list of licences does not have it",
    "licensee/cc-by-nd/LICENSE": "the text of CC-BY-ND-4.0, word for word; their list of licences does not have it",
    "scancode/external/spdx/gpl-2.0-plus_with_linux-syscall-note_or_linux-openib_SPDX.RULE": "a tag, as it stands",
    "scancode/lic4/bsd-bare-in-spdx.txt": "a tag, as it stands; the catalogue does not read its BSD, so the command says unknown",
    "scancode/lic4/here-proprietary_4.RULE": "a tag, as it stands; they have another id for it",
}
"""File -> why our answer is right although another is expected."""


def answer(path: Path) -> Detected:
    """What a file is."""
    return detect(text_of(path.read_bytes()), license_texts())


def cases(folder: str) -> list[tuple[Path, dict[str, Any]]]:
    """The files of a folder, each with what is expected."""
    index = json.loads((CASES / "INDEX.json").read_text(encoding="utf-8"))
    rows = [row for row in index if row["file"].startswith(f"2-licence-text/{folder}/")]
    return [(CASES / row["file"], row["expected"]) for row in rows if (CASES / row["file"]).is_file()]


def plain(id: str) -> str:
    """An id without what its text does not say: whether later versions may be chosen."""
    lowered = id.lower()
    for end in ("-only", "-or-later", "+", "-plus"):
        lowered = lowered.removesuffix(end)
    return lowered


def expected(given: dict[str, Any]) -> set[str]:
    """The ids that a file is said to have, in small letters."""
    ids = list(given.get("licences", ())) + ([given["spdx"]] if given.get("spdx") else [])
    for expression in given.get("license_expressions", ()):
        ids += [word.strip("()") for word in expression.split() if word not in ("AND", "OR", "WITH")]
    named = {plain(SCANCODE.get(id, id)) for id in ids}
    return {id for id in named if id not in ("noassertion", "no-license", "copyright", "")}


@pytest.mark.parametrize("folder", sorted(AT_LEAST))
def test_texts_of_others_have_no_false_claim(folder: str) -> None:
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    for path, given in cases(folder):
        got, name = answer(path), path.relative_to(FOLDER).as_posix()
        if got.expression in (None, UNKNOWN):
            seen["unknown" if got.expression else "none"] += 1
        elif {plain(id) for id in got.licenses} == expected(given):
            seen["right"] += 1
        elif name not in REVIEWED:
            wrong.append(f"{name}: {got.expression}, expected {sorted(expected(given))}")
    assert wrong == []
    assert seen["right"] >= AT_LEAST[folder], seen


def test_choosealicense_47_of_47() -> None:
    files = sorted((FOLDER / "choosealicense").iterdir())
    missed = [path.stem for path in files if plain(answer(path).expression or "") != path.stem]
    assert (len(files), missed) == (47, [])


def test_what_is_no_license_claims_none() -> None:
    for path, given in cases("scancode"):
        if not given.get("license_expressions") and "not detect anything" in given.get("notes", ""):
            assert answer(path).expression in (None, UNKNOWN), path.name
