"""No answer rests on a part that is not what was committed, and ``store check`` names all that is damaged."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rightful import Store, catalog
from rightful.decisions.policy import read_policy
from rightful.errors import InputError, StoreError
from rightful.events.consents import Request
from rightful.store import digests
from tests.ledgers import tamper, unseal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
CARD = 'name = "harbour"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'
LOG = " ".join(f"On day {n} the tide stood {n * 7 % 31} hands above the mark." for n in range(20))
DECIDING = ("records", "evidence", "duplicates", "near", "hidden", "tombstones", "rejected")


def row(n: int, text: str | None = None, **more: str) -> dict[str, str]:
    body = text or f"Note {n} of the harbour. The tide turned at {n} past the hour, and boat {n * 7} went out."
    return {"id": f"note-{n}", "url": f"https://harbour.example/{n}", "text": body, **more}


def opened(root: Path) -> Store:
    return Store(root, clock=lambda: NOON)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a part of every kind, an export and an event."""
    folder = tmp_path_factory.mktemp("made")
    corpus = folder / "harbour"
    corpus.mkdir()
    (corpus / "source.toml").write_text(CARD, encoding="utf-8")
    first = [row(n) for n in range(5)]
    second = [
        *(row(0, "A newer version of the first note, with words of its own."), row(1, title="Renamed"), row(2), row(3)),
        *(
            row(4),
            row(7, row(3)["text"]),
            row(8, LOG),
            row(9, LOG.replace("day 9 ", "day nine "), license="GPL-3.0-only"),
        ),
    ]
    for rows, more in ((first, ""), (second, "{not json\n")):
        (corpus / "a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows) + more, encoding="utf-8")
        opened(folder / "store").ingest([corpus])
    store = opened(folder / "store")
    store.export(folder / "out", **USE, tokenizer="bytes")
    store.consent.record([Request(kind="withdraw", selector="url", value="https://harbour.example/2")])
    return folder / "store"


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "store"))


def flip(path: Path, at: int = 301) -> None:
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << 6
    path.write_bytes(content)


def test_store_that_is_whole_is_told_so(copied: Path) -> None:
    for kind in (*DECIDING, "texts", "signatures", "pairs", "exports"):
        assert list((copied / kind).glob("*.parquet")), kind
    assert opened(copied).check() == {"ok": True, "damaged": [], "orphans": []}


@pytest.mark.parametrize(
    "damage", [flip, Path.unlink, lambda p: p.write_bytes(b""), lambda p: p.write_bytes(b"x" * 999)]
)
@pytest.mark.parametrize("kind", DECIDING)
def test_no_verb_answers_from_a_part_that_is_damaged(copied: Path, kind: str, damage: Callable[[Path], Any]) -> None:
    store = opened(copied)
    assert store.query(**USE)["permitted"]["records"] > 3, "in a process that has read it before"
    path = sorted((copied / kind).glob("*.parquet"))[0]
    damage(path)
    for verb in (
        lambda: store.query(**USE),
        lambda: store.explain("note-3", "train.pretrain"),
        lambda: store.export(copied.parent / "again", **USE, tokenizer="bytes"),
        lambda: store.sql("SELECT count(*) FROM records"),
        lambda: store.stats("language"),
    ):
        with pytest.raises(StoreError) as caught:
            verb()
        assert caught.value.subject == str(path)
        assert "store check" in str(caught.value.hint)
    found = store.check()
    assert not found["ok"]
    assert [d["file"] for d in found["damaged"]] == [str(path)]
    assert all(d["what"] and d["remedy"] for d in found["damaged"])


def test_texts_are_held_against_their_digest_before_they_are_shown_or_leave(copied: Path) -> None:
    store = opened(copied)
    for path in (copied / "texts").glob("*.parquet"):
        flip(path, 40)
    assert store.query(**USE)["permitted"]["records"] > 3, "no text is read for it"
    for verb in (
        lambda: store.sql("SELECT text FROM Texts"),
        lambda: store.export(copied.parent / "again", **USE, tokenizer="bytes"),
    ):
        with pytest.raises(StoreError):
            verb()


@pytest.mark.parametrize("kind", ["texts", "signatures", "pairs", "exports"])
def test_check_covers_the_other_files_too(copied: Path, kind: str) -> None:
    path = sorted((copied / kind).glob("*.parquet"))[0]
    flip(path)
    assert [d["file"] for d in opened(copied).check()["damaged"]] == [str(path)]


def test_check_names_rows_of_the_ledger_and_orphans(copied: Path) -> None:
    tamper(copied / "ledger.sqlite", "DELETE FROM consents")
    (copied / "hidden" / "0123.parquet").write_bytes(b"of a killed run")
    found = opened(copied).check()
    assert not found["ok"]
    assert any("the table consents is not what was committed" in d["what"] for d in found["damaged"])
    assert found["orphans"] == [str(copied / "hidden" / "0123.parquet")]
    with pytest.raises(StoreError, match="the table consents"):
        opened(copied).query(**USE)
    assert opened(copied).check(sweep=True)["swept"] == [], "nothing is removed from a store that is damaged"


def test_check_lists_whatever_is_none_of_the_store(copied: Path) -> None:
    left = [
        copied / "exports" / "x-0123.parquet",
        copied / "notes.txt",
        copied / "records" / "0123.parquet.bak",
        copied / "texts" / "folder.parquet",
    ]
    for path in left[:3]:
        path.write_bytes(b"of somebody")
    left[3].mkdir()
    found = opened(copied).check()
    assert found["ok"]
    assert sorted(found["orphans"]) == sorted(map(str, left))
    assert opened(copied).query(**USE)["permitted"]["records"] > 3, "no command reads them"


def test_check_names_an_index_of_an_export_that_is_gone(copied: Path) -> None:
    (path,) = (copied / "exports").glob("*.parquet")
    path.unlink()
    ((file, what),) = [(d["file"], d["what"]) for d in opened(copied).check()["damaged"]]
    assert (file, what) == (str(path), "is not there")


POLICY = 'accept = ["attribution"]\ncopies = "own"\n'


def _signed(root: Path) -> Path:
    path = root / "policy.toml"
    path.write_text(POLICY, encoding="utf-8")
    opened(root).policy.sign(by="Ada Moreno, counsel", until="2027-01-01")
    return path


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda p: p.write_text(p.read_text().replace("attribution", "notice")), "changed after Ada Moreno"),
        (lambda p: p.write_text(POLICY), "nobody has signed it"),
        (lambda p: p.write_text('accept = ["atribution"]'), "atribution"),
        (lambda p: p.write_text('purpose = "any"'), "any"),
        (lambda p: p.write_text("accept = ["), "is not TOML"),
        (lambda p: p.write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda p: (p.unlink(), p.mkdir()), "cannot be read"),
        (lambda p: (p.unlink(), p.symlink_to("nowhere")), "there is no such file"),
        (lambda p: p.write_text("copied = 1"), "unknown key"),
    ],
)
def test_check_names_a_policy_that_is_not_what_was_signed(
    damage: Callable[[Path], Any], what: str, copied: Path
) -> None:
    path = _signed(copied)
    assert opened(copied).check()["ok"]
    damage(path)
    found = opened(copied).check()
    assert not found["ok"]
    ((file, said, remedy),) = [(d["file"], d["what"], d["remedy"]) for d in found["damaged"]]
    assert file == str(path)
    assert what in said
    assert "sign it again" in remedy
    with pytest.raises(InputError):
        opened(copied).query(**USE)


def test_flipped_bit_in_a_signed_policy_is_named_or_changes_nothing(copied: Path) -> None:
    path = _signed(copied)
    whole = path.read_bytes()
    for at in range(len(whole)):
        content = bytearray(whole)
        content[at] ^= 1 << (at % 7)
        path.write_bytes(content)
        try:
            read = read_policy(path, catalog.load().vocabulary)
        except InputError:
            continue
        assert read.data == tomllib.loads(whole.decode()), (at, content)


def test_check_of_a_ledger_that_cannot_be_opened_names_it(copied: Path) -> None:
    (copied / "ledger.sqlite").write_bytes(b"not a database at all " * 500)
    found = opened(copied).check(sweep=True)
    assert (found["ok"], found["orphans"], found["swept"]) == (False, [], [])
    assert [d["file"] for d in found["damaged"]] == [str(copied / "ledger.sqlite")]
    assert found["damaged"][0]["remedy"]
    with pytest.raises(StoreError, match="there is no store here"):
        opened(copied / "elsewhere").check()


def test_check_sweeps_what_a_killed_run_left(copied: Path) -> None:
    left = copied / "hidden" / "0123.parquet"
    left.write_bytes(b"of a killed run")
    assert opened(copied).check()["orphans"] == [str(left)]
    found = opened(copied).check(sweep=True)
    assert (found["ok"], found["orphans"], found["swept"]) == (True, [], [str(left)])


def test_check_answers_where_the_ledger_cannot_be_read(copied: Path) -> None:
    content = bytearray((copied / "ledger.sqlite").read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    (copied / "ledger.sqlite").write_bytes(content)
    with pytest.raises(StoreError) as caught:
        opened(copied).query(**USE)
    assert caught.value.subject == str(copied / "ledger.sqlite")


def test_file_that_changes_right_after_it_was_read_is_read_again(tmp_path: Path) -> None:
    """Its times have not moved: the clock of a file system ticks slowly."""
    path = tmp_path / "part"
    path.write_bytes(b"one")
    first = digests.sha256_of(path)
    path.write_bytes(b"two")
    assert digests.sha256_of(path) != first


def test_status_says_what_a_store_of_an_earlier_version_lacks(copied: Path) -> None:
    assert (opened(copied).status()["sealed"], opened(copied).status()["upgrade"]) == (True, [])
    unseal(copied / "ledger.sqlite")
    told = opened(copied).status()
    assert (told["sealed"], told["upgrade"]) == (False, ["the seal of the ledger"])


def test_tombstone_of_an_event_that_is_not_there_stops(copied: Path) -> None:
    unseal(copied / "ledger.sqlite")
    tamper(copied / "ledger.sqlite", "DELETE FROM consents")
    with pytest.raises(StoreError, match="a tombstone is of event e-"):
        opened(copied).query(**USE)


def test_act_that_is_not_known_stops_with_its_name(copied: Path) -> None:
    unseal(copied / "ledger.sqlite")
    tamper(copied / "ledger.sqlite", "UPDATE consents SET acts = '[\"train.pretrajn\"]'")
    with pytest.raises(StoreError, match=r"about the act 'train.pretrajn', which is not known here"):
        opened(copied).query(**USE)
