"""Questions that cannot be answered, stores and disks that are not what they should be."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Ask
from tests.e2e.corpus import BAD, GOOD, card, files, jsonl

Refuse = Callable[..., dict[str, Any]]

USE = ("--use", "train.pretrain")


@pytest.mark.parametrize(
    ("arguments", "words", "hint"),
    [
        (("query", "--use", "train.pretrian"), "unknown use 'train.pretrian'", "did you mean 'train.pretrain'"),
        (("query", *USE, "--accept", "atribution"), "unknown obligation 'atribution'", "did you mean 'attribution'"),
        (("query", *USE, "--application", "Spam Filter"), "not a dotted name", "write translation"),
        (("query", *USE, "--where", "lang = 'en'"), "unknown column 'lang'", "did you mean 'language'?"),
        (("query", *USE, "--as-of", "2024-01-01T00:00:00"), "has no time zone", "write 2024-01-01T00:00:00Z"),
        (("query", *USE, "--snapshot", "9"), "no snapshot 9", "the newest is 1"),
        (("query", *USE, "--acept", "all"), "No such option '--acept'", None),
        (("qery", *USE), "No such command 'qery'", None),
        (("export", "out", *USE, "--tokenizer", "bytes", "--format", "megatronn"), "'megatronn'", "did you mean"),
        (("export", "out", *USE, "--tokenizer", BAD / "not-a-tokenizer.json"), "is not a tokenizer", "pass the"),
    ],
    ids=lambda value: " ".join(map(str, value[-2:])).replace(str(BAD), "") if isinstance(value, tuple) else "",
)
def test_request_that_cannot_be_one_says_what_was_meant(
    arguments: tuple[str, ...], words: str, hint: str | None, good: Path, tmp_path: Path, refuse: Refuse
) -> None:
    error = refuse(*arguments, store=good)
    assert words in error["message"]
    assert (error["hint"] or "").startswith(hint or "")
    assert "Did you mean" in error["message"] or hint is not None
    assert list(tmp_path.iterdir()) == []


def test_application_that_nobody_registered_is_sensitive_and_reaches_no_mail(good: Path, ask: Ask) -> None:
    answer = ask("query", "--use", "train.nongen", "--application", "spam_filterin", "--accept", "all", store=good)
    sources = {row["source"]: row["permitted"] for row in answer["sources"]}
    assert (sources["mail"], sources["public-notices"]) == (0, 9)
    assert {"outside-consent", "sensitive-application"} <= {row["reason"] for row in answer["excluded"]}


def test_ingest_of_what_is_not_there_or_by_nobody_changes_nothing(tmp_path: Path, refuse: Refuse) -> None:
    card(tmp_path / "corpus", "corpus")
    missing = refuse("ingest", "corpsu")
    assert (missing["message"].partition("\n")[0].endswith("there is no such file or folder"), missing["hint"]) == (
        True,
        "did you mean 'corpus'?",
    )
    assert "--workers 0" in refuse("ingest", "corpus", "--workers", "0")["message"]
    assert {p.name for p in tmp_path.iterdir()} == {"corpus"}


def test_ingest_of_an_empty_folder_makes_an_empty_store(tmp_path: Path, ask: Ask, ingest: Ask, refuse: Refuse) -> None:
    assert "no store here" in refuse("query", *USE)["message"]
    (tmp_path / "empty").mkdir()
    answer = ingest("empty", code=4)
    assert answer["nothing_read"] == [{"folder": str(tmp_path / "empty"), "reasons": []}]
    assert (answer["read"], answer["snapshot"]) == (0, 0)
    found = ask("query", *USE)
    assert (found["considered"]["records"], found["excluded"]) == (0, [])


def test_store_of_a_newer_program_is_left_alone(good_copy: Path, refuse: Refuse) -> None:
    with contextlib.closing(sqlite3.connect(good_copy / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE meta SET value = '99' WHERE key = 'version'")
        ledger.execute("PRAGMA user_version = 99")
    before = files(good_copy, but=["ledger.sqlite-"])
    for arguments in (("ingest", BAD / "ragged.csv"), ("query", *USE)):
        error = refuse(*arguments)
        assert "the store has schema version 99" in error["message"]
        assert error["hint"] == "use a newer rightful; nothing was changed"
    assert files(good_copy, but=["ledger.sqlite-"]) == before


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ("file", "is a file, not a store"),
        ("foreign", "holds other files and no ledger"),
        ("broken", "file is not a database"),
    ],
)
def test_store_that_is_none_is_named_and_left_alone(made: str, words: str, tmp_path: Path, refuse: Refuse) -> None:
    place = tmp_path / "place"
    if made == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / {"foreign": "thesis.tex", "broken": "ledger.sqlite"}[made]).write_text("mine " * 200)
    before = files(tmp_path)
    error = refuse("ingest", GOOD / "poets", store=place)
    assert words in error["message"]
    assert error["subject"].startswith(str(place))
    if made == "broken":
        assert words in refuse("query", *USE, store=place)["message"]
    assert files(tmp_path) == before


def test_store_with_a_name_like_a_pattern_reads_its_own_parts_alone(tmp_path: Path, ask: Ask, ingest: Ask) -> None:
    notes = card(tmp_path / "notes", "notes", license="CC0-1.0")
    jsonl(notes / "a.jsonl", {"id": "a", "text": "One text."})
    for name in ("store1", "st*r?1"):
        ingest(notes, store=tmp_path / name)
    [found] = ask("sql", "SELECT count(*) AS n FROM texts", store=tmp_path / "st*r?1")
    assert found == {"n": 1}


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Callable[[], contextlib.AbstractContextManager[Path]]]:
    """``with full_disk() as folder``: as long as it lasts, hardly anything can be written there.

    A small file system where this process may mount one; else no file of any process of ours may grow beyond 20 kB.
    """
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = (
        os.geteuid() == 0 and subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0
    )

    @contextlib.contextmanager
    def filled() -> Iterator[Path]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        if mounted:
            free = os.statvfs(folder)
            (folder / "ballast").write_bytes(b"x" * (free.f_bavail * free.f_frsize - 40_000))
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
        try:
            yield folder
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            (folder / "ballast").unlink(missing_ok=True)

    yield filled
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_export_to_a_full_disk_leaves_nothing_there_and_nothing_in_the_ledger(
    good_copy: Path, full_disk: Callable[..., Any], ask: Ask, refuse: Refuse
) -> None:
    with full_disk() as folder:
        error = refuse("export", folder / "out", *USE, "--accept", "all", "--tokenizer", "bytes", "--workers", "1")
        assert "cannot be written" in error["message"]
        assert str(folder) in error["subject"]
        assert error["hint"].startswith(("make room on the disk", "allow larger files"))
        assert {p.name for p in folder.iterdir()} <= {"ballast"}
    assert ask("store", "status")["exports"] == 0


def test_ingest_to_a_full_disk_fails_clearly_and_ends_well_when_there_is_room(
    full_disk: Callable[..., Any], ask: Ask, ingest: Ask, refuse: Refuse, good: Path
) -> None:
    with full_disk() as folder:
        store = folder / "store"
        error = refuse("ingest", GOOD, "--workers", "1", store=store)
        assert str(store) in error["subject"]
        assert "cannot be" in error["message"]
        assert error["hint"].startswith(("make room on the disk", "allow larger files"))
    answer = ingest(GOOD, store=store)
    assert (answer["added"], answer["snapshot"]) == (106, 1)
    # The same bytes as in a store with room; only what the store's own key goes into differs, the tags of the mail.
    for kind, differing in (("texts", 0), ("evidence", 0), ("duplicates", 0), ("records", 1)):
        here, there = (set(files(place / kind).values()) for place in (store, good))
        assert (len(here - there), len(there - here)) == (differing, differing), kind
    shutil.rmtree(store)
