"""A takedown holds for the same text, however the file is called, moved, packed or wrapped that brings it again."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rightful.api.store import Store
from tests.unit.readers.packing import as_tar, as_zip
from tests.unit.readers.reading import PACKERS

TAKEN = "Mira wrote this about the lighthouse keeper and his two dogs, and she does not want it to be read by machines."
OTHER = "Nobody has asked for anything about this text on the history of small harbours and what was traded there."
PAGE = "https://mira.example.org/lighthouse"

Wrapped = Callable[[str, str], tuple[str, bytes]]
WRAPS: Mapping[str, Wrapped] = {
    "a loose file": lambda name, text: (name, text.encode()),
    "gzip": lambda name, text: (f"{name}.gz", gzip.compress(text.encode())),
    "zip": lambda name, text: ("a.zip", as_zip({name: text, "other.txt": OTHER})),
    "zip of another name": lambda name, text: ("b.bin", as_zip({f"deep/er/{name}": text})),
    "tar.gz": lambda name, text: ("a.tar.gz", gzip.compress(as_tar({name: text, "other.txt": OTHER}))),
    "tar.zst": lambda name, text: ("a.tar.zst", PACKERS[".zst"](as_tar({name: text}))),
    "tar.bz2": lambda name, text: ("a.tbz2", bz2.compress(as_tar({f"./{name}": text}))),
    "tar.xz": lambda name, text: ("a.txz", lzma.compress(as_tar({name: text}))),
    "zip in tar.zst": lambda name, text: ("w.tar.zst", PACKERS[".zst"](as_tar({"in/a.zip": as_zip({name: text})}))),
    "gzip in zip in tar": lambda name, text: (
        "w.tar",
        as_tar({"a.zip": as_zip({f"{name}.gz": gzip.compress(text.encode()), "tar.zip": as_zip({"o.txt": OTHER})})}),
    ),
}


def by_record(store: Store, row: Mapping[str, Any]) -> None:
    store.consent.withdraw(record=str(row["record_id"]))


def by_content(store: Store, row: Mapping[str, Any]) -> None:
    store.consent.withdraw(content_sha256=str(row["content_sha256"]))


@pytest.mark.parametrize("withdraw", [by_record, by_content])
@pytest.mark.parametrize("first", ["a loose file", "zip in tar.zst"])
def test_text_that_was_taken_down_is_refused_in_every_wrapping(
    tmp_path: Path, first: str, withdraw: Callable[[Store, Mapping[str, Any]], None]
) -> None:
    store = Store(tmp_path / "store")
    laid(tmp_path / "first", WRAPS[first]("page.txt", TAKEN))
    store.ingest(tmp_path / "first", workers=1)
    row = next(r for r in store.sql("SELECT record_id, content_sha256, file FROM records"))
    withdraw(store, row)
    for number, (kind, wrapped) in enumerate(WRAPS.items()):
        # Under a name and a source of its own.
        folder = laid(tmp_path / f"again{number}", wrapped(f"n{number}.md", TAKEN))
        answer = store.ingest(folder, workers=1)
        assert (kind, answer.refused, answer.added <= 1) == (kind, 1, True)
    permitted = store.query(use="train.pretrain", accept="all", dedup="none")["permitted"]["records"]
    assert permitted == 0
    stored = [
        r["record_id"] for r in store.sql("SELECT * FROM records") if r["content_sha256"] == row["content_sha256"]
    ]
    assert stored == [row["record_id"]], "what was withdrawn is refused, and nothing was added to it"


def laid(folder: Path, file: tuple[str, bytes]) -> Path:
    folder.mkdir()
    (folder / file[0]).write_bytes(file[1])
    return folder


def test_same_text_with_other_spaces_is_refused_in_an_archive(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    laid(tmp_path / "first", ("page.txt", TAKEN.encode()))
    store.ingest(tmp_path / "first", workers=1)
    [row] = store.sql("SELECT record_id, content_sha256 FROM records")
    by_record(store, row)
    changed = TAKEN.replace(" ", "  ") + "\n"
    answer = store.ingest(laid(tmp_path / "again", ("c.zip", as_zip({"c.txt": changed}))), workers=1)
    assert (answer.added, answer.refused) == (0, 1)


ABOUT: Mapping[str, Mapping[str, Any]] = {
    "url": {"url": PAGE},
    "url prefix": {"url_prefix": "https://mira.example.org/"},
    "domain": {"domain": "example.org"},
    "subject": {"subject": "mira@example.org"},
}


@pytest.mark.parametrize("about", ABOUT)
def test_takedown_of_an_address_or_a_person_holds_for_rows_in_archives(tmp_path: Path, about: str) -> None:
    store = Store(tmp_path / "store")
    rows = [
        {"text": TAKEN, "url": PAGE, "subject": "mira@example.org"},
        {"text": OTHER, "url": "https://other.test/x", "subject": "noa@other.test"},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    store.ingest(
        laid(tmp_path / "first", ("a.tar", as_tar({"x.zip": as_zip({"r.jsonl": lines})}))),
        workers=1,
        subject_field="subject",
    )
    store.consent.withdraw(**ABOUT[about])
    rows[0]["text"] = "What Mira wrote since on the same page, in quite other words than those of before, about ships."
    for number, (kind, wrapped) in enumerate(WRAPS.items()):
        content = "".join(json.dumps(row) + "\n" for row in rows)
        answer = store.ingest(
            laid(tmp_path / f"again{number}", wrapped(f"n{number}.jsonl", content)), workers=1, subject_field="subject"
        )
        assert (kind, answer.refused) == (kind, 1)


def test_takedown_of_a_source_holds_for_an_archive_that_comes_to_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    root = laid(tmp_path / "corpus", ("a.zip", as_zip({"x.txt": TAKEN})))
    (root / "source.toml").write_text('name = "letters"\n')
    store.ingest(root, workers=1)
    store.consent.withdraw(source="letters")
    (root / "a.zip").unlink()
    laid(root / "sub", ("b.tar", as_tar({"y.zip": as_zip({"y.txt": OTHER})})))
    answer = store.ingest(root, workers=1)
    assert (answer.added, answer.refused) == (0, 1)


def test_archive_with_a_refused_record_is_counted_as_refused_each_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    root = laid(tmp_path / "corpus", ("a.zip", as_zip({"x.txt": TAKEN, "y.txt": OTHER})))
    store.ingest(root, workers=1)
    [row] = store.sql("SELECT record_id, content_sha256 FROM records WHERE file = 'a.zip/x.txt'")
    by_content(store, row)
    for _ in range(3):
        answer = store.ingest(root, workers=1)
        assert (answer.read, answer.unchanged, answer.refused, answer.added) == (2, 1, 1, 0)
