"""Inputs that earlier versions read wrongly, with their right values: statements about rights in rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.external.found import column, found_cases, ingested, permitted


@pytest.fixture(scope="module")
def readers(cases: Path) -> Path:
    return found_cases(cases, "readers")


def test_found_statement_beside_another_is_never_dropped(readers: Path, tmp_path: Path) -> None:
    store, _ = ingested(tmp_path / "store", readers / "twolic")
    assert permitted(store) == {"h"}
    declared = column(store, "license_declared")
    assert all("CC-BY-NC-4.0" in (declared[i] or "") for i in "abcdfgijkl")
    assert declared["e"] is None


def test_found_statement_in_metadata_of_any_form_is_read(readers: Path, tmp_path: Path) -> None:
    for folder in ("meta", "realmeta"):
        store, _ = ingested(tmp_path / folder, readers / folder)
        assert permitted(store) == set()
        assert all("CC-BY-NC-4.0" in said for said in column(store, "license_declared").values())


def test_found_key_that_comes_twice_is_damage(readers: Path, tmp_path: Path) -> None:
    _, answer = ingested(tmp_path / "store", readers / "dupkeys")
    assert (answer["read"], answer["added"], answer["rejected"]) == (3, 0, 3)
    assert all("comes twice" in e["reason"] for e in answer["errors"])


def test_found_columns_that_speak_of_rights_are_heard(cases: Path, tmp_path: Path) -> None:
    folders = sorted((cases / "8-found" / "law").glob("a*"))
    if not folders:
        pytest.skip("no folders 8-found/law/a* among the third-party cases")
    store, _ = ingested(tmp_path / "store", *folders)
    silent = {f"a2-list-{n}" for n in (4, 5, 6, 7, 8, 23, 25)}  # the card says CC0
    assert permitted(store) == silent | {f"a2-list-{n}" for n in (0, 2, 3, 17, 18)}


def test_found_null_as_it_is_written_says_nothing(readers: Path, tmp_path: Path) -> None:
    store, _ = ingested(tmp_path / "store", readers / "csvs")
    rows = store.sql("SELECT license_raw, license_declared FROM records WHERE file = 'licna.csv' ORDER BY license_raw")
    assert [r["license_raw"] for r in rows] == ["N/A", "NULL", "nan", None]
    assert {r["license_declared"] for r in rows} == {"MIT"}, "the card's"


def test_found_rows_behind_an_unclosed_quote_are_counted(readers: Path, tmp_path: Path) -> None:
    _, answer = ingested(tmp_path / "store", readers / "csvs" / "unterminated.csv")
    assert (answer["read"], answer["rejected"]) == (3, 3)


def test_found_long_windows_are_read_or_named(readers: Path, tmp_path: Path) -> None:
    _, answer = ingested(tmp_path / "store", readers / "zstdlong")
    assert answer["skipped"] == []
    assert answer["added"] == 4 or all("zstd -d --long=31" in e["reason"] for e in answer["errors"])


def test_found_xhtml_elements_closed_in_their_tag_lose_no_text(readers: Path, tmp_path: Path) -> None:
    store, _ = ingested(tmp_path / "store", readers / "xhtml")
    texts = store.sql("SELECT file, text FROM texts JOIN records USING (record_id) WHERE file LIKE '%.xhtml'")
    assert len(texts) == 10
    assert all("The ferry to the island leaves at nine" in r["text"] and "]]>" not in r["text"] for r in texts)


def test_found_language_is_that_of_the_text_in_plain_letters(readers: Path, tmp_path: Path) -> None:
    """Capitals, no-break and zero-width spaces, soft hyphens and other forms of letters, beside the plain text."""
    store, _ = ingested(tmp_path / "store", readers / "lang2")
    language = column(store, "language")
    for code in ("EN", "FR", "PL", "TR", "SL", "ES", "BG", "RU", "EL"):
        assert (language[code], language[f"{code}-upper"]) == (code.lower(), code.lower())
    for form in ("nbsp", "zwsp", "shy", "bold", "sans", "fraktur", "fullwidth", "Title", "rlo"):
        assert language[f"EN-{form}"] == "en"


def test_found_versions_are_no_addresses_and_addresses_are(readers: Path, tmp_path: Path) -> None:
    """Lists and ranges of versions, and releases of packages, beside real addresses in the same files."""
    store, _ = ingested(tmp_path / "store", readers / "pii2")
    types = column(store, "pii_types")
    assert not {i for i in ("0", "8", "9", "10", "17", "19") if {"ipv4", "email"} & set(types[i])}
    assert all("email" in types[i] for i in ("15", "16", "18"))
    assert column(store, "pii_counts")["2"] == [2], "two of the four are addresses of somebody"
    assert column(store, "pii_types")["2"] == ["ipv4"]
    store, _ = ingested(tmp_path / "other", readers / "pii")
    types = column(store, "pii_types")
    assert not {i for i in ("ver", "ver2", "sec", "oid") if "ipv4" in types[i]}
    assert "ipv4" in types["ipport"]
    assert all("email" in types[i] for i in ("emailcjk", "emailcjk2", "emailuni"))
