"""The loader of the catalogue: a licence is a data change only, and every defect of the data names file and key."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rightful.catalog import load, shipped
from rightful.errors import CatalogError
from rightful.rights.licenses import Catalog
from tests.reading import answer, asking, stated

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped folder."""
    return Path(shutil.copytree(shipped(), tmp_path / "licenses"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replaces one text in one file of the copy."""

    def replace(name: str, old: str, new: str) -> Path:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return replace


def test_load_of_the_same_folder_is_read_once(catalog: Catalog) -> None:
    assert load(shipped()) is catalog


def test_digest_follows_the_data_and_not_their_layout(catalog: Catalog, edit: Edit) -> None:
    folder = edit("mit.toml", "schema = 1\n", "# a remark\nschema   =   1\n")
    assert load(folder).digest == catalog.digest
    reworded = shutil.copytree(folder, folder.with_name("reworded"))
    path = reworded / "mit.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("a short excerpt", "an excerpt"), encoding="utf-8")
    assert load(reworded).digest != catalog.digest


def test_new_license_file_is_a_data_change_only(edit: Edit) -> None:
    folder = edit("_vocabulary.toml", 'version = "2026-11-30"', 'version = "2026-11-22"')
    text = (folder / "mit.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?s)other_urls = \[.*?\]", "other_urls = []", text)
    text = re.sub(r"(?s)\naliases = \[.*?\]", '\naliases = ["house rules 1"]', text)
    text = text.replace('id = "MIT"', 'id = "LicenseRef-House-1"').replace('"MIT License"', '"House Rules One"')
    text = text.replace('"https://opensource.org/license/mit"', '"https://house.example/1"')
    text = text.replace("use_restrictions = []", 'use_restrictions = ["military", "biometric"]')
    (folder / "licenseref-house-1.toml").write_text(text, encoding="utf-8")
    loaded = load(folder)
    assert loaded.version == "2026-11-22"
    assert loaded.licenses["LicenseRef-House-1"].use_restrictions == {"military", "biometric"}
    use = asking(loaded, "train.pretrain", accept=["notice"])
    assert answer(loaded, stated(loaded, "the House Rules 1 licence"), use).permits


DEFECTS = {
    "missing key": ("mit.toml", "irrevocable = false\n", "", "mit.toml: irrevocable", "missing"),
    "unknown key": ("mit.toml", "family =", "familly =", "mit.toml: familly", "did you mean 'family'?"),
    "unknown key in a verdict": ("mit.toml", "clause =", "clauses =", "mit.toml: verdicts[0].clauses", "'clause'"),
    "unknown key in an act": (
        "_vocabulary.toml",
        "known_from =",
        "known_form =",
        "_vocabulary.toml: acts[0].known_form",
        "did you mean 'known_from'",
    ),
    "empty rationale": (
        "isc.toml",
        'clause = "First paragraph"',
        'clause = " "',
        "isc.toml: verdicts[0].clause",
        "empty",
    ),
    "missing verdict": (
        "cc-by-nc-4.0.toml",
        'purposes = ["noncommercial", "research"]',
        'purposes = ["noncommercial"]',
        "cc-by-nc-4.0.toml: verdicts",
        "nothing is stated for profile 'strict' and purpose 'research'",
    ),
    "verdict stated twice": (
        "cc-by-nc-4.0.toml",
        'purposes = ["noncommercial", "research"]',
        'purposes = ["noncommercial", "research", "commercial"]',
        "cc-by-nc-4.0.toml: verdicts[1].profiles",
        "'strict' for purpose 'commercial' is stated twice",
    ),
    "act stated twice in rows": (
        "agpl-3.0-only.toml",
        'acts = ["serve.model"]',
        'acts = ["serve.model", "serve.output"]',
        "agpl-3.0-only.toml: verdicts[0].rows[1].acts",
        "'serve.output' is stated twice",
    ),
    "act stated twice in a row": (
        "agpl-3.0-only.toml",
        'acts = ["serve.model"]',
        'acts = ["serve.model", "serve.model"]',
        "agpl-3.0-only.toml: verdicts[0].rows[1].acts",
        "'serve.model' is stated twice",
    ),
    "act stated twice in a class": (
        "_classes.toml",
        'acts = ["share.ids"]',
        'acts = ["share.ids", "use.internal"]',
        "_classes.toml: classes[1].rules[1].acts",
        "'use.internal' is stated twice",
    ),
    "act left out of a class": (
        "_classes.toml",
        '"serve.model", "use.internal",',
        '"serve.model",',
        "_classes.toml: classes[0].rules",
        "class 'unconditional' says nothing of 'use.internal'",
    ),
    "unknown act": (
        "agpl-3.0-only.toml",
        '"serve.model"',
        '"serve.models"',
        "agpl-3.0-only.toml: verdicts[0].rows[1].acts",
        "did you mean 'serve.model'",
    ),
    "parent of acts": (
        "agpl-3.0-only.toml",
        'acts = ["serve.model"]',
        'acts = ["train"]',
        "agpl-3.0-only.toml: verdicts[0].rows[1].acts",
        "'train' is not known",
    ),
    "unknown obligation": (
        "bsd-3-clause.toml",
        '"no_endorsement"',
        '"no_endorsment"',
        "bsd-3-clause.toml: verdicts[0].rows[0].obligations",
        "did you mean 'no_endorsement'",
    ),
    "obligation of a refusal": (
        "bsd-3-clause.toml",
        'status = "permit"',
        'status = "deny"',
        "bsd-3-clause.toml: verdicts[0].rows[0].obligations",
        "obligations come with a permission only",
    ),
    "unknown status": (
        "bsd-3-clause.toml",
        'status = "permit"',
        'status = "allow"',
        "bsd-3-clause.toml: verdicts[0].rows[0].status",
        "'allow' is not known",
    ),
    "unknown class": ("isc.toml", 'class = "notice"', 'class = "notices"', "isc.toml: verdicts[0].class", "'notice'"),
    "unknown profile": (
        "isc.toml",
        '["lenient"]',
        '["loose"]',
        "isc.toml: verdicts[1].profiles",
        "'loose' is not known",
    ),
    "unknown purpose": (
        "isc.toml",
        '"research"]',
        '"science"]',
        "isc.toml: verdicts[0].purposes",
        "'science' is not known",
    ),
    "unknown kind": ("isc.toml", '"software"', '"code"', "isc.toml: kind", "'code' is not known"),
    "unknown flag": ("cc-by-sa-4.0.toml", '["sa"]', '["share"]', "cc-by-sa-4.0.toml: flags", "'share' is not known"),
    "unknown scope": ("isc.toml", '["copyright"]', '["copyrights"]', "isc.toml: scope", "did you mean 'copyright'"),
    "empty scope": ("isc.toml", '["copyright"]', "[]", "isc.toml: scope", "is empty"),
    "unknown territory": ("isc.toml", '["*"]', '["uk"]', "isc.toml: territory", "found ['uk']"),
    "unknown application": (
        "isc.toml",
        "use_restrictions = []",
        'use_restrictions = ["millitary"]',
        "isc.toml: use_restrictions",
        "did you mean 'military'",
    ),
    "unknown outbound": (
        "cc-by-sa-4.0.toml",
        '"GPL-3.0-only"',
        '"GPL-3.0"',
        "cc-by-sa-4.0.toml: outbound",
        "'GPL-3.0' is not known",
    ),
    "share alike to any": (
        "gpl-2.0-only.toml",
        'outbound = ["GPL-2.0-only"]',
        'outbound = "any"',
        "gpl-2.0-only.toml: outbound",
        "lists the licences that it accepts",
    ),
    "exception to a list": (
        "gpl-2.0-only.toml",
        'outbound = ["GPL-2.0-only"]',
        'outbound = ["GPL-2.0-only"]\noutbound_except = ["MIT"]',
        "gpl-2.0-only.toml: outbound_except",
        "goes with outbound = 'any' only",
    ),
    "outbound misspelt": ("mit.toml", '"any"', '"all"', "mit.toml: outbound", "expected a list, found 'all'"),
    "no boolean": ("mit.toml", "irrevocable = false", 'irrevocable = "no"', "mit.toml: irrevocable", "true or false"),
    "no date": ("mit.toml", "= 2026-11-21", '= "2026-11-21"', "mit.toml: reviewed_at", "expected a date"),
    "a moment for a date": ("mit.toml", "= 2026-11-21", "= 2026-11-21T00:00:00Z", "mit.toml: reviewed_at", "a date"),
    "no web address": ("mit.toml", '"https://opensource.org/license/mit"', '"mit"', "mit.toml: url", "a web address"),
    "alias claimed twice": (
        "isc.toml",
        "aliases = [",
        'aliases = ["Apache 2 Licence", ',
        "isc.toml: aliases",
        "claimed for ISC here and for Apache-2.0 in apache-2.0.toml",
    ),
    "alias that is the id of another": (
        "isc.toml",
        "aliases = [",
        'aliases = ["zlib", ',
        "isc.toml: aliases",
        "claimed for ISC here and for Zlib in the SPDX list",
    ),
    "address claimed twice": (
        "isc.toml",
        "other_urls = [",
        'other_urls = ["http://www.opensource.org/licenses/MIT/", ',
        "mit.toml: other_urls",
        "claimed for MIT here and for ISC in isc.toml",
    ),
    "deprecated id of another": (
        "isc.toml",
        "deprecated_ids = []",
        'deprecated_ids = ["GPL-2.0"]',
        "isc.toml: deprecated_ids",
        "claimed for ISC here and for GPL-2.0-only in gpl-2.0-only.toml",
    ),
    "shared alias claimed twice": (
        "_aliases.toml",
        '"pddl" = "PDDL-1.0"',
        '"cc0" = "PDDL-1.0"',
        "_aliases.toml: aliases.cc0",
        "for CC0-1.0 in cc0-1.0.toml",
    ),
    "shared alias of nothing": (
        "_aliases.toml",
        '"pddl" = "PDDL-1.0"',
        '"pddl" = "PDDL-9"',
        "_aliases.toml: aliases.pddl",
        "'PDDL-9' is not an expression",
    ),
    "id that SPDX does not know": ("mit.toml", 'id = "MIT"', 'id = "MITT"', "mit.toml: id", "did you mean 'MIT'"),
    "file of another name": ("mit.toml", 'id = "MIT"', 'id = "ISC"', "mit.toml: id", "is called isc.toml"),
    "id of another case": ("mit.toml", 'id = "MIT"', 'id = "mit"', "mit.toml: id", "'mit' is not an SPDX id"),
    "newer format": ("mit.toml", "schema = 1", "schema = 2", "mit.toml: schema", "expected 1, found 2"),
    "no TOML": ("mit.toml", "schema = 1", "schema = = 1", "mit.toml", "not readable as TOML"),
    "act defined twice": (
        "_vocabulary.toml",
        'id = "mine.analyse"',
        'id = "store.copy"',
        "_vocabulary.toml: acts[1].id",
        "'store.copy' is defined twice",
    ),
    "act that is a parent": (
        "_vocabulary.toml",
        'id = "mine.analyse"',
        'id = "train"',
        "_vocabulary.toml: acts",
        "'train' is a leaf and a parent",
    ),
    "unknown trigger": (
        "_vocabulary.toml",
        'trigger = "always"',
        'trigger = "sometimes"',
        "_vocabulary.toml: obligations[0].trigger",
        "'sometimes' is not known",
    ),
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_load_of_a_defect_names_file_key_and_what_is_wrong(defect: tuple[str, str, str, str, str], edit: Edit) -> None:
    name, old, new, subject, message = defect
    with pytest.raises(CatalogError) as caught:
        load(edit(name, old, new))
    assert caught.value.subject == subject
    assert message in str(caught.value)


def test_load_of_a_folder_without_a_vocabulary_says_which_file_is_missing(folder: Path) -> None:
    (folder / "_vocabulary.toml").unlink()
    with pytest.raises(CatalogError, match=r"_vocabulary\.toml: missing from the licence folder 'licenses'"):
        load(folder)


def test_load_of_a_shared_file_that_nobody_reads_is_an_error(folder: Path) -> None:
    (folder / "_alias.toml").write_text("schema = 1\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"did you mean '_aliases\.toml'"):
        load(folder)


def test_load_of_a_file_in_another_encoding_says_so(folder: Path) -> None:
    (folder / "mit.toml").write_bytes("schema = 1 # é".encode("latin-1"))
    with pytest.raises(CatalogError, match=r"mit\.toml: not readable as TOML"):
        load(folder)
