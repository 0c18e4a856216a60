"""`license detect`: files of any encoding, folders, what came in, and what is not there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rightful import Store
from rightful.catalog import load
from rightful.catalog import texts as loading
from rightful.catalog.tables import Table
from rightful.errors import CatalogError, InputError


def mit(holder: str = "Ada Moreno") -> str:
    """The text of MIT."""
    text = next(text for id, _, text in loading.license_texts().licenses if id == "MIT")
    return text.replace("<year> <copyright holders>", f"2024 {holder}")


@pytest.fixture
def detect(tmp_path: Path):  # type: ignore[no-untyped-def]
    """The verb of a store that is not there: it needs none."""
    return Store(tmp_path / "store").license.detect


def test_detect_a_folder_is_all_its_files_by_path(tmp_path: Path, detect) -> None:  # type: ignore[no-untyped-def]
    tree = tmp_path / "tree"
    (tree / "b").mkdir(parents=True)
    (tree / "LICENSE").write_bytes(mit("Åsa").encode("utf-16"))
    (tree / "b" / "COPYING").write_text(mit() + "\nNot for commercial use.\n", encoding="utf-8")
    (tree / "b" / "empty").write_bytes(b"")
    (tree / "b" / "link").symlink_to(tree / "LICENSE")
    rows = detect(tree)
    assert [(Path(row["file"]).name, row["expression"]) for row in rows] == [
        ("LICENSE", "MIT"),
        ("COPYING", "LicenseRef-unknown"),
        ("empty", None),
    ]
    assert rows[1]["licenses"] == ["MIT"]
    assert rows[1]["leftover"].startswith("Not for commercial use")


def test_detect_bytes_are_a_file_named_dash(detect) -> None:  # type: ignore[no-untyped-def]
    assert detect(mit().encode())[0] == {
        "file": "-",
        "expression": "MIT",
        "confidence": 1.0,
        "licenses": ["MIT"],
        "leftover": "",
    }


def test_detect_a_tag_is_in_the_ids_of_the_catalogue(detect) -> None:  # type: ignore[no-untyped-def]
    tags = [b"SPDX-License-Identifier: GPL-2.0+\n", b"SPDX-License-Identifier: MIT OR Frobnitz\n"]
    assert [row["expression"] for row in detect(tags)] == ["GPL-2.0-or-later", "LicenseRef-unknown"]


def test_detect_what_is_not_there_is_named(tmp_path: Path, detect) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="no such file") as raised:
        detect([tmp_path / "LICENCE"])
    assert raised.value.subject == str(tmp_path / "LICENCE")


def test_license_texts_without_their_bundle_say_so(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="cannot be read"):
        loading._bundle(tmp_path / "spdx-bundle.json.gz")
    other = tmp_path / "other.json.gz"
    other.write_bytes(gzip.compress(json.dumps({"format": 2, "licenses": []}).encode()))
    with pytest.raises(CatalogError, match="format 2, expected 1"):
        loading._bundle(other)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"id": "MIT", "digest": "abc", "source": "x"}, "32 hexadecimal digits"),
        ({"id": "MIT", "digest": "a" * 32}, "missing"),
        ({"id": "MIT", "digest": "a" * 32, "source": "x", "txt": ""}, "unknown key"),
    ],
)
def test_known_texts_are_checked(entry: dict[str, str], message: str) -> None:
    data = {"schema": 1, "version": "2026-11-30", "texts": [entry]}
    with pytest.raises(CatalogError, match=message):
        loading.read_known(Table("_texts.toml", "", data))


def test_digest_of_texts_depends_on_every_text() -> None:
    licenses = [("MIT", "MIT License", "Permission")]
    digests = {
        loading._digest(licenses, {}, "3.29"),
        loading._digest(licenses, {"a" * 32: "MIT"}, "3.29"),
        loading._digest([("MIT", "MIT License", "permission")], {}, "3.29"),
        loading._digest(licenses, {}, "3.30"),
    }
    assert len(digests) == 4


def test_known_texts_are_of_licences_that_the_catalogue_reads() -> None:
    catalog = load()
    assert {id for id in loading.license_texts().known.values() if id not in catalog.licenses} == set()
