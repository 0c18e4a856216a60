"""Readings of one's own on disk: what is read, what is signed, and what is an error that names the file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rightful import Store, catalog
from rightful.decisions import own_readings
from rightful.decisions.overlay import MOST_FILES, damages, effective, overlay_files, read_overlays
from rightful.errors import InputError
from rightful.rights.expression import parse, render

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
BY = "Ada Moreno, counsel"
SHIPPED = catalog.load()


def finished(text: str) -> str:
    """A draft in which somebody wrote what was to be written."""
    for todo, done in {
        "TODO: name, role": BY,
        "TODO: why it is read so": "Opinion 12",
        "TODO: its name": "Acme Terms 2",
        "https://example.org/TODO": "https://acme.example/terms",
        "TODO: where the text says so": "Section 2",
        "TODO: why that means this": "It says so.",
    }.items():
        text = text.replace(todo, done)
    return text


def put(folder: Path, id: str, from_: str | None = None, change: Callable[[str], str] = finished) -> Path:
    """A reading in the folder, edited; ``change`` is what an editor does."""
    planned = own_readings.drafted(id, from_, folder, now=NOON)
    planned.publish()
    planned.path.write_text(change(planned.path.read_text("utf-8")), encoding="utf-8")
    return planned.path


def sign(folder: Path, id: str, until: datetime = NOON + YEAR) -> None:
    own_readings.signed(id, folder, by=BY, until=until, now=NOON).publish()


def verdict(folder: Path, id: str, as_of: datetime, act: str = "train.pretrain") -> str:
    law = effective(SHIPPED, folder, as_of)
    return law.licenses[id].verdicts["strict", "commercial", act].status.word


def test_no_folder_is_the_catalogue_itself(tmp_path: Path) -> None:
    assert effective(SHIPPED, tmp_path / "licenses", NOON) is SHIPPED
    (tmp_path / "licenses").mkdir()
    (tmp_path / "licenses" / "notes.md").write_text("x")
    (tmp_path / "licenses" / ".mit.toml.swp").write_bytes(b"\xff")
    assert effective(SHIPPED, tmp_path / "licenses", NOON) is SHIPPED


@pytest.mark.parametrize("id", ["MIT", "CC-BY-4.0", "GPL-3.0-only", "LicenseRef-Academic-Research-Only"])
def test_draft_of_a_licence_of_the_catalogue_says_what_the_catalogue_says(tmp_path: Path, id: str) -> None:
    put(tmp_path, id)
    [unsigned] = read_overlays(tmp_path)
    assert unsigned.license.verdicts == SHIPPED.licenses[id].verdicts
    assert effective(SHIPPED, tmp_path, NOON).licenses[id].verdicts == SHIPPED.licenses[id].verdicts
    assert (unsigned.by, unsigned.ground, unsigned.called) == ("", "Opinion 12", {})


def test_draft_from_nothing_says_nothing_of_any_act(tmp_path: Path) -> None:
    put(tmp_path, "LicenseRef-Acme")
    [own] = read_overlays(tmp_path)
    assert {v.status.word for v in own.license.verdicts.values()} == {"unknown"}


def test_draft_is_not_signed_before_it_is_written(tmp_path: Path) -> None:
    put(tmp_path, "LicenseRef-Acme", "MIT", change=str)
    with pytest.raises(InputError, match="still has something to do: name, url, reviewer, ground") as caught:
        sign(tmp_path, "LicenseRef-Acme")
    assert caught.value.subject == str(tmp_path / "licenseref-acme.toml")


def test_signed_reading_counts_from_its_instant_through_its_last_day(tmp_path: Path) -> None:
    put(tmp_path, "CC-BY-NC-4.0", "CC-BY-4.0")
    assert verdict(tmp_path, "CC-BY-NC-4.0", NOON) == "deny"
    sign(tmp_path, "CC-BY-NC-4.0")
    verdicts = [verdict(tmp_path, "CC-BY-NC-4.0", at) for at in (NOON - timedelta(seconds=1), NOON, NOON + YEAR)]
    assert verdicts == ["deny", "permit", "deny"]


def test_reading_that_forbids_forbids_at_once(tmp_path: Path) -> None:
    put(tmp_path, "MIT", change=lambda text: finished(text).replace('class = "notice"', 'class = "excluded"'))
    assert verdict(tmp_path, "MIT", NOON) == "deny"


def test_new_licence_is_unknown_until_it_is_signed_and_afterwards(tmp_path: Path) -> None:
    put(tmp_path, "LicenseRef-Acme", "MIT")
    assert verdict(tmp_path, "LicenseRef-Acme", NOON) == "unknown"
    sign(tmp_path, "licenseref-acme")
    assert [verdict(tmp_path, "LicenseRef-Acme", at) for at in (NOON, NOON + YEAR)] == ["permit", "unknown"]


def test_names_of_a_new_licence_are_read_while_it_is_in_force(tmp_path: Path) -> None:
    put(
        tmp_path,
        "LicenseRef-Acme",
        "MIT",
        lambda text: finished(text).replace("aliases = []", 'aliases = ["Expat License", "acme 2"]'),
    )
    read = {}
    for when, at in (("before", NOON), ("in force", NOON), ("over", NOON + YEAR)):
        if when == "in force":
            sign(tmp_path, "LicenseRef-Acme")
        names = effective(SHIPPED, tmp_path, at).names
        read[when] = []
        for text in ("expat license", "ACME 2", "https://www.acme.example/terms/", "MIT", "acme 2 OR MIT"):
            try:
                read[when].append(render(parse(text, names)))
            except ValueError:
                read[when].append("")
    assert read["before"] == read["over"] == ["MIT", "", "", "MIT", ""]
    assert read["in force"] == ["LicenseRef-Acme", "LicenseRef-Acme", "LicenseRef-Acme", "MIT", ""]
    [own] = read_overlays(tmp_path)
    assert own.redirects["expat license"] == "MIT"


def _replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        text = finished(text)
        assert old in text
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "what", "key"),
    [
        (_replaced('flags = ["', 'fla = ["'), "unknown key", "key fla"),
        (_replaced("schema = 1", "schema = 2"), "expected 1, found 2", "key schema"),
        (_replaced('id = "CC-BY-ND-4.0"', 'id = "MIT"'), "the file of 'MIT' is called mit.toml", "key id"),
        (_replaced('profiles = ["lenient"]', 'profiles = ["strict"]'), "is stated twice", "verdicts[1]"),
        (_replaced('"research"]', '"commercial"]'), "'commercial' is stated twice", "verdicts[0].purposes"),
        (
            _replaced('["strict", "cc-guidance"]', '["strict"]'),
            "nothing is stated for profile 'cc-guidance'",
            "verdicts",
        ),
        (_replaced('"cc by nd 4.0"', '"acme 2"'), "'acme 2' is no name of CC-BY-ND-4.0", "key aliases"),
        (_replaced("deprecated_ids = []", 'deprecated_ids = ["MIT"]'), "'MIT' is no name of", "key deprecated_ids"),
        (_replaced('ground = "Opinion 12"', ""), "is empty", "key ground"),
        (_replaced('name = "', 'name = \n"'), "is not TOML", ""),
    ],
)
def test_reading_that_is_wrong_is_an_error_that_names_file_and_key(
    tmp_path: Path, change: Callable[[str], str], what: str, key: str
) -> None:
    path = tmp_path / "cc-by-nd-4.0.toml"
    draft = own_readings.drafted("CC-BY-ND-4.0", None, tmp_path, now=NOON)
    path.write_text(change((draft.raw or b"").decode()), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(what)) as caught:
        effective(SHIPPED, tmp_path, NOON)
    assert str(caught.value.subject).startswith(str(path))
    assert key in str(caught.value.subject)
    assert [d["file"] for d in damages(tmp_path)] == [str(path)]


@pytest.mark.parametrize(
    ("aliases", "what"),
    [
        ('["MIT"]', "is written in ids of the catalogue"),
        ('["mit or apache-2.0"]', "is written in ids of the catalogue"),
        ('["LicenseRef-Custom"]', "is written in ids of the catalogue"),
        ('["NOASSERTION"]', "says nothing"),
        ('["LicenseRef-rightful-unreadable"]', "stands for what cannot be read"),
    ],
)
def test_new_licence_takes_no_id_and_no_sentinel_for_a_name(tmp_path: Path, aliases: str, what: str) -> None:
    path = put(
        tmp_path, "LicenseRef-Acme", "MIT", lambda t: finished(t).replace("aliases = []", f"aliases = {aliases}")
    )
    with pytest.raises(InputError, match=what) as caught:
        read_overlays(tmp_path)
    assert caught.value.subject == f"{path}, key aliases"


@pytest.mark.parametrize(
    "id", ["LicenseRef-Custom", "licenseref-FAMILY-cc", "LicenseRef-rightful-unreadable", "a b", "../mit", ""]
)
def test_what_is_no_licence_is_not_drafted(tmp_path: Path, id: str) -> None:
    folder = tmp_path / "licenses"
    with pytest.raises(InputError, match=r"."):
        own_readings.drafted(id, "MIT", folder, now=NOON).publish()
    assert not folder.exists()


def test_two_readings_of_one_licence_or_of_one_name_are_an_error(tmp_path: Path) -> None:
    first = put(tmp_path, "LicenseRef-Acme", "MIT")
    (tmp_path / "LicenseRef-Acme.toml").write_bytes(first.read_bytes())
    with pytest.raises(InputError, match=r"is called licenseref-acme\.toml"):
        read_overlays(tmp_path)
    (tmp_path / "LicenseRef-Acme.toml").unlink()
    put(tmp_path, "LicenseRef-Other-Acme", "MIT")
    with pytest.raises(
        InputError, match=r"is claimed for LicenseRef-Other-Acme here and elsewhere in licenseref-acme\.toml"
    ):
        read_overlays(tmp_path)


def test_reading_that_was_changed_after_signing_is_an_error_until_it_is_signed_again(tmp_path: Path) -> None:
    path = put(tmp_path, "CC-BY-NC-4.0", "CC-BY-4.0")
    sign(tmp_path, "CC-BY-NC-4.0")
    path.write_text(path.read_text("utf-8").replace("Opinion 12", "Opinion 13"), encoding="utf-8")
    with pytest.raises(InputError, match=f"the reading was changed after {BY} signed it") as caught:
        effective(SHIPPED, tmp_path, NOON)
    assert caught.value.subject == str(path)
    assert "rightful license sign cc-by-nc-4.0" in str(caught.value.hint)
    sign(tmp_path, "CC-BY-NC-4.0")
    assert verdict(tmp_path, "CC-BY-NC-4.0", NOON) == "permit"


def test_what_is_no_ordinary_file_of_text_is_an_error_and_nobody_waits(tmp_path: Path) -> None:
    good = put(tmp_path, "MIT")
    path = tmp_path / "isc.toml"
    for make, what in (
        (lambda: os.mkfifo(path), "a pipe"),
        (lambda: path.symlink_to(good), "is a link"),
        (path.mkdir, "a folder"),
        (lambda: path.write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda: path.write_bytes(b"#" * (5 << 20)), "has 5,242,880 bytes"),
        (lambda: path.write_bytes(b"a = " + b"[" * 9_000), "is nested too deeply"),
    ):
        make()
        with pytest.raises(InputError, match=what) as caught:
            effective(SHIPPED, tmp_path, NOON)
        assert caught.value.subject == str(path)
        assert [d["file"] for d in damages(tmp_path)] == [str(path)]
        path.rmdir() if path.is_dir() else path.unlink()
    assert list(damages(tmp_path)) == []


def test_folder_that_is_none_or_holds_too_many_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    for n in range(MOST_FILES + 1):
        (tmp_path / "full" / f"{n}.toml").touch()
    for name, what in (("file", "is no folder"), ("full", "holds 1,001 readings")):
        with pytest.raises(InputError, match=what):
            overlay_files(tmp_path / name)


def test_file_from_elsewhere_is_signed_into_the_store_and_takes_no_place(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", clock=lambda: NOON)
    elsewhere = put(tmp_path / "mail", "CC-BY-NC-4.0", "CC-BY-4.0")
    answer = store.license.sign(str(elsewhere), by=BY, until="2027-11-30")
    assert answer.path == str(tmp_path / "store" / "licenses" / "cc-by-nc-4.0.toml")
    assert "signature" not in elsewhere.read_text("utf-8")
    assert store.license.check("CC-BY-NC-4.0", "train.pretrain", accept="all").decision == "permit"
    with pytest.raises(InputError, match="has a reading of this licence already"):
        store.license.sign(str(elsewhere), by=BY, until="2028-11-30")
    with pytest.raises(InputError, match="exists already"):
        store.license.new("CC-BY-NC-4.0")
    assert store.license.remove("cc-by-nc-4.0").removed
    assert store.license.check("CC-BY-NC-4.0", "train.pretrain", accept="all").decision == "deny"
    with pytest.raises(InputError, match=r"there is no reading 'CC-BY-NC-4\.0'"):
        store.license.remove("CC-BY-NC-4.0")


def test_answers_name_the_reading_that_they_rest_on_and_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", clock=lambda: NOON)
    put(tmp_path / "store" / "licenses", "CC-BY-NC-4.0", "CC-BY-4.0")
    [unsigned] = store.license.check("CC-BY-NC-4.0 AND MIT", "train.pretrain").overlay
    assert (unsigned["id"], unsigned["by"], unsigned["in_force"]) == ("CC-BY-NC-4.0", None, False)
    store.license.sign("CC-BY-NC-4.0", by=BY, until="2027-11-30")
    [signed] = store.license.check("CC-BY-NC-4.0", "train.pretrain").overlay
    assert (signed["by"], signed["until"], signed["in_force"]) == (BY, "2027-12-01T00:00:00+00:00", True)
    assert store.license.check("MIT", "train.pretrain").overlay == []
    assert [r["id"] for r in store.license.list() if r["overlay"]] == ["CC-BY-NC-4.0"]
