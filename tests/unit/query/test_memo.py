"""A page for counsel, and what differs between catalogues."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rightful import Store, catalog, schema
from rightful.cli.pages.license import diff_lines, reading_lines
from rightful.errors import InputError
from rightful.query.memo import memo
from rightful.query.memo_page import page
from rightful.rights.uses import PROFILES
from tests.unit.decisions.test_overlay import BY, finished

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LAW = catalog.load()
EXPRESSIONS = [
    "MIT OR GPL-3.0-only",
    "cc",
    "GPL-2.0-only WITH Classpath-exception-2.0",
    "Zlib AND LicenseRef-mine",
    "llama3",
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", clock=lambda: NOON)


def obeys(name: str, answer: Any) -> None:
    jsonschema.validate(json.loads(json.dumps(answer.as_json())), schema.find(name))


@pytest.mark.parametrize("expression", [*EXPRESSIONS, *sorted(LAW.licenses)[::9]])
def test_memo_fits_80_columns_and_says_every_act_in_every_reading(expression: str) -> None:
    answer = memo(expression, LAW, NOON)
    jsonschema.validate(json.loads(json.dumps(answer)), schema.find("answer-license-memo"))
    lines = page(answer)
    assert [line for line in lines if len(line) > 80 and " " in line.strip("- ")] == [], "but for an address"
    for license in answer["licenses"]:
        said = [(v["profile"], p, a) for v in license["verdicts"] for p in v["purposes"] for a in v["acts"]]
        assert sorted(said) == sorted(LAW.licenses[license["id"]].verdicts)
        assert all(v["clause"] and v["rationale"] for v in license["verdicts"])
        assert f"read by: {license['reviewer'][:20]}" in " ".join(" ".join(lines).split())


def test_memo_says_what_is_open_and_what_is_owed() -> None:
    answer = memo("CC-BY-ND-4.0", LAW, NOON)
    [license] = answer["licenses"]
    assert answer["together"] == []
    assert {p["profile"] for p in license["open"]} <= set(PROFILES)
    assert any("train.pretrain" in row["acts"] and row["profile"] == "strict" for row in license["open"])
    assert {o["id"] for o in license["obligations"]} >= {"attribution.record", "notice.copyright"}
    assert all(o["trigger"] and o["summary"] for o in license["obligations"])
    assert (license["text_read"], license["own_reading"]) == ("whole", None)
    lines = "\n".join(page(answer))
    for head in ("# Licence memo: CC-BY-ND-4.0", "#### strict reading", "### Obligations", "### What is open"):
        assert f"\n{head}" in f"\n{lines}"


def test_memo_of_an_expression_says_what_its_licences_permit_together() -> None:
    answer = memo("MIT AND CC-BY-NC-4.0", LAW, NOON)
    rows = [r for r in answer["together"] if r["profile"] == "strict" and "train.pretrain" in r["acts"]]
    by_purpose = {p: (r["verdict"], r["obligations_of_each_way"]) for r in rows for p in r["purposes"]}
    assert by_purpose["commercial"] == ("deny", [])
    verdict, [owed] = by_purpose["noncommercial"]
    assert verdict == "permit"
    assert {"attribution.record", "notice.licence"} <= set(owed)


def test_memo_names_what_nobody_reviewed_and_what_an_addition_does() -> None:
    answer = memo("Zlib WITH LLVM-exception AND LicenseRef-mine", LAW, NOON)
    assert [u["id"] for u in answer["unreviewed"]] == ["LicenseRef-mine"]
    assert [a["id"] for a in answer["additions"]] == ["LLVM-exception"]
    assert "    rightful license new LicenseRef-mine" in page(answer)
    [family] = memo("cc", LAW, NOON)["families"]
    assert len(family["members"]) > 3


def test_memo_of_ones_own_reading_says_who_answers_for_it_and_what_differs(store: Store, tmp_path: Path) -> None:
    drafted = store.license.new("CC-BY-NC-4.0", from_="CC-BY-4.0")
    obeys("answer-license-reading", drafted)
    assert drafted.todo == ["reviewer", "ground"]
    assert "to be written: reviewer, ground" in reading_lines(drafted)
    path = Path(drafted.path)
    path.write_text(finished(path.read_text("utf-8")), encoding="utf-8")
    before = store.license.memo("CC-BY-NC-4.0")
    assert "- signed by: nobody" in page(before)
    assert before.licenses[0]["own_reading"]["in_force"] is False
    signed = store.license.sign("CC-BY-NC-4.0", by=BY, until="2027-11-30", ground="Board, 3 November")
    obeys("answer-license-reading", signed)
    answer = store.license.memo("CC-BY-NC-4.0", out=tmp_path / "memo.md")
    obeys("answer-license-memo", answer)
    [license] = answer.licenses
    own = license["own_reading"]
    assert (own["by"], own["ground"], own["in_force"], own["replaces"]) == (BY, "Opinion 12", True, True)
    differs = {(v["before"]["verdict"], v["after"]["verdict"]) for v in own["differs"]["verdicts"]}
    assert ("deny", "permit") in differs
    text = (tmp_path / "memo.md").read_text("utf-8")
    assert text == "\n".join([*page(answer), ""])
    assert "ground: Opinion 12" in text
    assert max(map(len, text.splitlines())) <= 80
    with pytest.raises(InputError, match="exists already"):
        store.license.memo("MIT", out=tmp_path / "memo.md")
    with pytest.raises(InputError, match="there is no such folder"):
        store.license.memo("MIT", out=tmp_path / "no" / "memo.md")


@pytest.mark.parametrize("text", ["", "NOASSERTION", "acme terms 2", "MIT OR", "\x1b[31m"])
def test_memo_of_what_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(InputError, match="no licence can be read in this"):
        memo(text, LAW, NOON)


def test_diff_names_what_was_added_removed_and_read_otherwise(store: Store, tmp_path: Path) -> None:
    nothing = store.license.diff()
    assert (nothing.added, nothing.removed, nothing.changed, nothing.same) == ([], [], [], len(LAW.licenses))
    for id, from_ in (("CC-BY-NC-4.0", "CC-BY-4.0"), ("LicenseRef-Acme", "MIT")):
        path = Path(store.license.new(id, from_=from_).path)
        path.write_text(finished(path.read_text("utf-8")), encoding="utf-8")
    [added] = store.license.diff().added
    assert (added["id"], added["draft"]) == ("LicenseRef-Acme", True)
    folder = store.layout.licenses
    answer = store.license.diff(None, folder)
    obeys("answer-license-diff", answer)
    assert [(a["id"], a["draft"]) for a in answer.added] == [("LicenseRef-Acme", False)], "as if it were signed"
    [change] = answer.changed
    assert {f["fact"] for f in change["facts"]} == {"flags", "outbound"}
    [strict] = [
        v
        for v in change["verdicts"]
        if (v["profile"], v["purpose"]) == ("strict", "commercial") and "train.pretrain" in v["acts"]
    ]
    assert (strict["before"]["verdict"], strict["after"]["verdict"]) == ("deny", "permit")
    assert strict["before"]["clause"]
    lines = diff_lines(answer)
    assert "added LicenseRef-Acme  Acme Terms 2" in lines
    assert "CC-BY-NC-4.0" in lines
    back = store.license.diff(folder / "licenseref-acme.toml", catalog.shipped())
    assert [r["id"] for r in back.removed] == ["LicenseRef-Acme"]


def test_diff_of_what_is_no_catalogue_is_an_error_and_nobody_waits(store: Store, tmp_path: Path) -> None:
    empty, piped = tmp_path / "empty", tmp_path / "piped"
    empty.mkdir()
    piped.mkdir()
    (piped / "_vocabulary.toml").write_text("schema = 1\n")
    os.mkfifo(piped / "mit.toml")
    for path, what in (
        (tmp_path / "none", "no such folder"),
        (empty, "no catalogue and no reading"),
        (piped, "a pipe"),
    ):
        with pytest.raises(InputError, match=what) as caught:
            store.license.diff(path)
        assert str(caught.value.subject).startswith(str(path))
    (piped / "mit.toml").unlink()
    (piped / "_words.toml").write_text("schema = 1\n")
    with pytest.raises(InputError, match="not a shared file") as caught:
        store.license.diff(piped)
    assert caught.value.subject == str(piped / "_words.toml")


def test_diff_reads_a_catalogue_that_lacks_words_of_today(store: Store, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(catalog.shipped(), older, ignore=shutil.ignore_patterns("_places.toml", "zlib.toml"))
    answer = store.license.diff(older)
    assert ([a["id"] for a in answer.added], answer.removed, answer.changed) == (["Zlib"], [], [])


def test_change_that_cannot_be_made_makes_no_folder(store: Store) -> None:
    for change in (
        lambda: store.license.new("a b"),
        lambda: store.license.sign("MIT", by=BY, until="2027-11-30"),
        lambda: store.license.remove("MIT"),
    ):
        with pytest.raises(InputError, match=r"no id of a licence|there is no reading"):
            change()
    assert not store.layout.root.exists()


def test_text_of_a_reading_does_nothing_to_a_terminal_or_a_page(store: Store) -> None:
    path = Path(store.license.new("LicenseRef-Acme", from_="MIT").path)
    hostile = r"Acme \u001b[31m # `x` <b> \u202e"
    text = path.read_text("utf-8").replace("TODO: its name", hostile).replace("TODO: why it is read so", hostile)
    path.write_text(finished(text).replace("First and second paragraph", hostile), encoding="utf-8")
    answer = store.license.memo("LicenseRef-Acme")
    lines = "\n".join(
        [
            *page(answer),
            *diff_lines(store.license.diff()),
            *reading_lines(store.license.sign("LicenseRef-Acme", BY, "2027-11-30")),
        ]
    )
    assert not {"\x1b", "\u202e"} & set(lines)
    assert "\\`x\\` \\<b\\>" in lines
