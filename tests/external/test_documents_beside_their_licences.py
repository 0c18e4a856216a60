"""Documents with the licence texts of their repositories laid beside them, and no cards: what the tree says of each folder."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from rightful import catalog
from rightful.catalog.texts import license_texts
from rightful.ingest.beside import Beside
from rightful.signals.signal import About

LEAST_RECOGNISED = 21
"""Folders whose licence files are recognised wholly; a better matcher raises it."""
OTHERWISE: dict[str, set[str]] = {
    "ansible__ansible-documentation": {
        "GPL-3.0-only"
    },  # "or later" stands in heads of files, not in the text of the licence
    "rust-lang__book": {"Apache-2.0", "MIT"},  # that one may be chosen stands in no file beside these documents
    "tldr-pages__tldr": {"CC-BY-4.0 AND MIT"},  # MIT is that of the scripts: a licence of a part holds as well
    "CompVis__stable-diffusion": {"LicenseRef-CreativeML-OpenRAIL-M"},  # the same licence under the catalogue's own id
    "meta-llama__llama": {"LicenseRef-Llama-2"},  # the same
}


@pytest.fixture
def documents(cases: Path, tmp_path: Path) -> tuple[Path, dict[str, set[str]]]:
    """A copy with the licence texts in place, and by folder the licences of the shared ledger."""
    folder = cases / "7-documents"
    if not (folder / "docs.shared.jsonl").is_file():
        pytest.skip("no folder 7-documents among the third-party cases")
    for repository in folder.iterdir():
        if repository.is_dir() and repository.name != "_licences":
            shutil.copytree(repository, tmp_path / repository.name)
    for text in (folder / "_licences").iterdir():
        repository, _, name = text.name.rpartition("__")
        if (tmp_path / repository).is_dir():
            shutil.copy(text, tmp_path / repository / name)
    ledger: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "docs.shared.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        ledger[row["file"].split("/")[1]].add(row["licence_spdx"])
    return tmp_path, ledger


def test_licences_beside_documents_are_those_of_the_ledger_or_unreadable(
    documents: tuple[Path, dict[str, set[str]]],
) -> None:
    root, ledger = documents
    about = About(catalog.load().names, texts=license_texts)
    beside = Beside([root])
    recognised = set()
    for folder in sorted(ledger):
        for document in (root / folder).rglob("*"):
            if document.is_file():
                claims = beside.claims(document, folder, about)
                read = {c.expression for c in claims if c.kind == "grant" and c.statement == "license"}
                expected = ledger[folder] | OTHERWISE.get(folder, set())
                assert read <= expected, f"{document} is not under {read - expected}"
                if read and all(c.statement != "unreadable" for c in claims):
                    recognised.add(folder)
    print(f"{len(recognised)} folders recognised of {len(ledger)}: {sorted(recognised)}")
    assert len(recognised) >= LEAST_RECOGNISED, sorted(recognised)
