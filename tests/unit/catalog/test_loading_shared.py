"""The loader on families, ports and statutes: an entry with a defect is an error that names file and key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rightful.catalog import load, shipped
from rightful.errors import CatalogError
from rightful.rights.licenses import Catalog


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A folder of the shared files and a few licences, without families and ports: quicker to load."""
    folder = tmp_path / "licenses"
    folder.mkdir()
    listed = ["mit.toml", "isc.toml", "zlib.toml", "cc0-1.0.toml", "licenseref-x-tos.toml"]
    for path in [*map(shipped().joinpath, listed), *shipped().glob("_*.toml"), *shipped().glob("cc-by-*3.0*.toml")]:
        shutil.copy(path, folder)
    for name in ("families", "ports"):
        (folder / f"_{name}.toml").write_text(f"schema = 1\n{name} = []\n", encoding="utf-8")
    return folder


FAMILY = """
schema = 1

[[families]]
id = "LicenseRef-house"
name = "House licences"
called = ["house"]
members = ["MIT", "ISC"]
"""
PERIODS = 'periods = [{ since = 2011-04-08, license = "MIT" }, { since = 2018-05-02, license = "ISC" }]'

BAD_FAMILIES = {
    "unknown member": ('"ISC"', '"ISCC"', "members", "'ISCC' is not known"),
    "member that nobody reviewed": ('"ISC"', '"Zlib-acknowledgement"', "members", "is not known"),
    "member that is a family": ('"ISC"', '"LicenseRef-house"', "members", "'LicenseRef-house' is not known"),
    "single member": ('["MIT", "ISC"]', '["MIT"]', "members", ""),
    "member twice": ('"ISC"', '"MIT"', "members", "'MIT' is stated twice"),
    "members and periods": ("members", f"{PERIODS}\nmembers", "members", "either members or periods"),
    "neither members nor periods": ('members = ["MIT", "ISC"]', "", "members", "either members or periods"),
    "no periods": ('members = ["MIT", "ISC"]', "periods = []", "periods", ""),
    "unordered periods": (
        'members = ["MIT", "ISC"]',
        PERIODS.replace("2011", "2019"),
        "periods",
        "not in the order of their dates",
    ),
    "two licences from one day": (
        'members = ["MIT", "ISC"]',
        PERIODS.replace("2011-04-08", "2018-05-02").replace("MIT", "CC0-1.0"),
        "periods",
        "",
    ),
    "period of a licence that is not known": (
        'members = ["MIT", "ISC"]',
        PERIODS.replace("ISC", "ISCC"),
        "periods[1].license",
        "'ISCC' is not known",
    ),
    "period without a day": (
        'members = ["MIT", "ISC"]',
        PERIODS.replace("2018-05-02", '"2018-05-02"'),
        "periods[1].since",
        "expected a date",
    ),
    "id that is no LicenseRef": ("LicenseRef-house", "MIT-like", "id", "'MIT-like' is not a new LicenseRef"),
    "id of a licence": ("LicenseRef-house", "LicenseRef-X-ToS", "id", "'LicenseRef-X-ToS' is not a new LicenseRef"),
    "name of a licence": ('"house"', '"house", "Zlib"', "called", "claimed for LicenseRef-house here and for Zlib in"),
    "name claimed twice": (
        '"house"',
        '"house", "cc0"',
        "called",
        "for LicenseRef-house here and for CC0-1.0 in cc0-1.0",
    ),
    "no name": ('["house"]', "[]", "called", "is empty"),
    "unknown key": ("called", "names", "names", "did you mean 'name'?"),
}
"""What is wrong -> what is replaced in ``FAMILY``, by what, and the key and words of the error."""

PORT = """
schema = 1

[[ports]]
code = "at"
name = "Austria"
version = "3.0"
scope_add = ["database_right"]
irrevocable = true
note = "Moral rights stay."
reviewer = "Somebody who read it"
reviewed_at = 2026-11-21
"""
BAD_PORTS = {
    "version without an unported text": ('"3.0"', '"3.5"', "version", "there is no licence CC-BY-3.5 to read it as"),
    "version as a number": ('"3.0"', "3.0", "version", "expected a text, found 3.0"),
    "code of a licence that has a file": ('"at"', '"igo"', "code", ""),
    "unknown scope": ('"database_right"', '"database"', "scope_add", "did you mean 'database_right'"),
    "no boolean": ("irrevocable = true", 'irrevocable = "yes"', "irrevocable", "true or false"),
    "no date": ("= 2026-11-21", '= "2026"', "reviewed_at", "expected a date"),
    "empty note": ('"Moral rights stay."', '" "', "note", "is empty"),
    "missing reviewer": ('reviewer = "Somebody who read it"\n', "", "reviewer", "missing"),
    "unknown key": ("scope_add", "scopes", "scopes", "unknown key"),
    "name of another port": (
        "reviewed_at = 2026-11-21\n",
        "reviewed_at = 2026-11-21\n" + PORT.partition("schema = 1\n")[2].replace('"at"', '"xx"'),
        "code",
        "claimed for LicenseRef-CC-BY-3.0-XX here and for CC-BY-3.0-AT in _ports.toml",
    ),
    "port listed twice": (
        "reviewed_at = 2026-11-21\n",
        "reviewed_at = 2026-11-21\n" + PORT.partition("schema = 1\n")[2],
        "code",
        "CC-BY-3.0-AT is listed twice",
    ),
}

STATUTE = """
[[statutes]]
id = "XX-1"
summary = "an exception"
source = "Act 1, section 1"
territory = ["EU", "NO"]
acts = ["store.copy", "mine.analyse"]
purposes = ["research"]
actors = ["research_org"]
defeated = true
lawful_access = true
since = 2020-01-01
"""
BAD_STATUTES = {
    "territory that is no country": ('"NO"', '"no"', "territory", "expected codes such as ['EU', 'NO'], found 'no'"),
    "territory everywhere": ('["EU", "NO"]', '["*"]', "territory", "found '*'"),
    "no territory": ('["EU", "NO"]', "[]", "territory", "is empty"),
    "unknown act": ('"mine.analyse"', '"mine.analyze"', "acts", "did you mean 'mine.analyse'"),
    "parent of acts": ('"store.copy"', '"store"', "acts", "'store' is not known"),
    "no act": ('["store.copy", "mine.analyse"]', "[]", "acts", "is empty"),
    "unknown purpose": ('"research"]', '"science"]', "purposes", "'science' is not known"),
    "no purpose": ('["research"]', "[]", "purposes", "is empty"),
    "unknown actor": ('"research_org"', '"university"', "actors", "'university' is not known"),
    "no boolean": ("defeated = true", 'defeated = "yes"', "defeated", "true or false"),
    "no date": ("2020-01-01", '"2020"', "since", "expected a date"),
    "empty source": ('"Act 1, section 1"', '""', "source", "is empty"),
    "missing key": ("lawful_access = true\n", "", "lawful_access", "missing"),
    "unknown key": ("since =", "sinse =", "sinse", "unknown key"),
    "statute defined twice": ('"XX-1"', '"EU-DSM-3"', "id", "'EU-DSM-3' is defined twice"),
}


def defects(table: dict[str, tuple[str, str, str, str]]) -> list[object]:
    """The parameters of a table."""
    return [pytest.param(*row, id=name) for name, row in table.items()]


def refused(folder: Path, name: str, text: str) -> CatalogError:
    """The error that the folder is refused with when one file holds ``text``."""
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load(folder)
    return caught.value


def changed(text: str, old: str, new: str) -> str:
    assert old in text, f"there is no {old!r}"
    return text.replace(old, new, 1)


@pytest.mark.parametrize(("old", "new", "key", "message"), defects(BAD_FAMILIES))
def test_load_of_a_bad_family_names_file_and_key(few: Path, old: str, new: str, key: str, message: str) -> None:
    error = refused(few, "_families.toml", changed(FAMILY, old, new))
    assert error.subject == f"_families.toml: families[0].{key}"
    assert message in str(error)


@pytest.mark.parametrize(("old", "new", "key", "message"), defects(BAD_PORTS))
def test_load_of_a_bad_port_names_file_and_key(few: Path, old: str, new: str, key: str, message: str) -> None:
    error = refused(few, "_ports.toml", changed(PORT, old, new))
    second = new.count("[[ports]]")
    assert error.subject == f"_ports.toml: ports[{second}].{key}"
    assert message in str(error)


@pytest.mark.parametrize(("old", "new", "key", "message"), defects(BAD_STATUTES))
def test_load_of_a_bad_statute_names_file_and_key(
    few: Path, catalog: Catalog, old: str, new: str, key: str, message: str
) -> None:
    words = (few / "_vocabulary.toml").read_text(encoding="utf-8")
    error = refused(few, "_vocabulary.toml", words + changed(STATUTE, old, new))
    assert error.subject == f"_vocabulary.toml: statutes[{len(catalog.vocabulary.statutes)}].{key}"
    assert message in str(error)


def test_load_of_families_and_ports_without_a_defect_reads_them(few: Path) -> None:
    """Otherwise the tests above could refuse for another reason."""
    (few / "_families.toml").write_text(FAMILY.replace('members = ["MIT", "ISC"]', PERIODS), encoding="utf-8")
    (few / "_ports.toml").write_text(PORT, encoding="utf-8")
    with (few / "_vocabulary.toml").open("a", encoding="utf-8") as words:
        words.write(STATUTE)
    loaded = load(few)
    assert loaded.names.families["LicenseRef-house"].members == ("MIT", "ISC")
    assert loaded.licenses["CC-BY-3.0-AT"].scope >= {"copyright", "database_right"}
    assert "CC-BY-3.0-DE" not in loaded.licenses
    assert loaded.vocabulary.statutes["XX-1"].territory == {"EU", "NO"}
