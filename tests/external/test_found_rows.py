"""Rows that earlier versions lost, hid or misread, with their right values: ids, files that change, encodings, tokens."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import InputError
from rightful.events.consents import Request
from tests.external.found import USE, column, found_cases, ingested, permitted


@pytest.fixture
def readers(cases: Path) -> Path:
    return found_cases(cases, "readers")


def counted(store: Store) -> set[tuple[str, str]]:
    rows = store.sql("SELECT file, source_record_id FROM records")
    return {(str(r["file"]), str(r["source_record_id"])) for r in rows}


@pytest.mark.parametrize(("name", "files"), [("restart", "abc"), ("restart2", ("day1", "day2"))])
def test_found_ids_that_restart_in_every_file_hide_nothing(
    readers: Path, tmp_path: Path, name: str, files: tuple[str, ...]
) -> None:
    """Nine of three files and six of two, whatever is read first, alone, again or touched."""
    every = {(f"{file}.jsonl", str(n)) for file in files for n in range(3)}
    for at, order in enumerate((files, files[::-1])):
        folder = shutil.copytree(readers / name, tmp_path / f"{at}")
        store = Store(tmp_path / f"store{at}")
        for file in order:
            store.ingest([folder / f"{file}.jsonl"])
        assert counted(store) == every
        os.utime(folder / f"{order[0]}.jsonl", (1_000_000_000, 1_000_000_000))
        answer = store.ingest([folder])
        assert (answer["added"], answer["unchanged"]) == (0, len(every))
        assert counted(store) == every


def test_found_change_of_content_under_the_same_size_and_time_is_seen(readers: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(readers / "mtime", tmp_path / "mtime")
    path = folder / "x.jsonl"
    kept = path.read_text(encoding="utf-8")
    gone = kept.replace('"id":"2"', '"id":"1"').replace("Snow", "Rain")
    path.write_text(gone + kept, encoding="utf-8")
    os.utime(path, (0, 0))
    store, _ = ingested(tmp_path / "store", folder)
    assert permitted(store) == {"1", "2"}
    path.write_text((gone + kept).replace("CC-BY-4.0", "LicRef-NC"), encoding="utf-8")
    os.utime(path, (0, 0))
    answer = store.ingest([folder])
    assert answer["unchanged"] == 0
    assert permitted(store) == set()
    path.write_text(kept, encoding="utf-8")
    assert store.ingest([folder])["retired"] == 1
    assert set(column(store, "record_id")) == {"2"}


IDS: dict[str, set[str | None]] = {
    "bin.parquet": {"c8c9cacbcccdcecfd0d1d2d3", "abcdefghijkl"},
    "dec.parquet": {"18446744073709551615", "7"},
    "dict.parquet": {"x", "y"},
    "u64.parquet": {"18446744073709551615", "1"},
    # True names nobody: of five rows four have an id, and the summary names the column.
    "m.jsonl": {"60f6d845caa1861dcf1631ae", "18446744073709551616", "1000", "0", None},
}


@pytest.mark.parametrize("name", IDS)
def test_found_ids_and_dates_of_any_form_are_read(readers: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "ids"
    folder.mkdir()
    for file in (name, "source.toml"):
        shutil.copy(readers / "ids" / file, folder)
    store, answer = ingested(tmp_path / "store", folder)
    assert (answer["read"], answer["added"]) == (len(IDS[name]), len(IDS[name]))
    assert set(column(store, "source_record_id")) == IDS[name]
    named = [(u["column"], u["rows"]) for u in answer["unread"]]
    assert named == {"m.jsonl": [("id", 1)], "dict.parquet": [("date", 2)]}.get(name, []), "true, and times of no day"
    if name == "m.jsonl":
        assert column(store, "published_at")["60f6d845caa1861dcf1631ae"] == "2021-07-20T00:00:00+00:00"


REACHED = {
    # folder: the withdrawal, the records that it reaches
    "subjects": (("subject", "mira@example.org"), {"one", "two", "list1", "obj", "semi", "disp"}),
    "urllist": (("domain", "a.example.org"), {"l1", "l2", "o", "null", "junk", "wb"}),
    "hive/in": (("domain", "blog.example.org"), {"1"}),
}


@pytest.mark.parametrize("name", REACHED)
def test_found_persons_and_addresses_are_reached_wherever_the_store_lies(
    readers: Path, tmp_path: Path, name: str
) -> None:
    (selector, value), reached = REACHED[name]
    store, _ = ingested(tmp_path / "host=node1" / "record_id=zz" / "url=x" / "store", readers / name)
    before = permitted(store)
    [answer] = store.consent.record([Request(kind="withdraw", selector=selector, value=value)])
    assert answer["matched"]["records"] == len(reached)
    assert permitted(store) == before - reached


def test_found_encodings_and_forms_of_json_are_read_or_named(readers: Path, tmp_path: Path) -> None:
    store, answer = ingested(tmp_path / "store", readers / "enc")
    assert set(column(store, "record_id")) == {
        *("bom", "cr1", "cr2", "nolf", "s2", "t0", "tg", "u", "g", "g2", "m1", "m2")
    }
    assert (answer["read"], answer["rejected"]) == (23, 11)
    skipped = {s["file"] for s in answer["skipped"]}
    assert skipped == {"arr.json", "empty.jsonl", "one.json", "one.json.gz", "pretty.json", "rs.json-seq"}
    damaged = {e["file"] for e in answer["errors"]}
    assert damaged == {
        *("cat.jsonl", "comma.jsonl", "cr.jsonl", "nan.jsonl", "nul.jsonl", "sur.jsonl"),
        *("tail0.jsonl.gz", "tailg.jsonl.gz"),
    }


REFUSED = ("backslash", "cr", "dup", "multihead", "nul", "onecol", "space", "stray", "unterminated")
"""Files of readers/csvs with a row that no strict reader takes; every other file is read whole."""


def test_found_forms_of_csv_are_read_or_named(readers: Path, tmp_path: Path) -> None:
    store, answer = ingested(tmp_path / "store", readers / "csvs")
    assert {e["file"] for e in answer["errors"]} == {f"{name}.csv" for name in REFUSED}
    files = [file for file, _ in counted(store)]
    assert {"bomq.csv", "excel_sep.csv", "semicolon.csv", "trail.csv", "multi.csv", "ff.csv"} <= set(files)
    reasons = {e["file"]: e["reason"] for e in answer["errors"]}
    assert "carriage returns" in reasons["cr.csv"]
    assert "two columns are named 'text'" in reasons["dup.csv"]


@pytest.mark.parametrize("name", ["zh", "th", "de", "hi"])
def test_found_texts_of_every_script_pass_the_rules_of_quality(readers: Path, tmp_path: Path, name: str) -> None:
    store, answer = ingested(tmp_path / "store", readers / "qual")
    assert answer["errors"] == []
    assert column(store, "filters_failed")[name] == []


def test_found_capitals_are_read_as_the_letters_that_they_are(readers: Path, tmp_path: Path) -> None:
    store, _ = ingested(tmp_path / "store", readers / "lang")
    language = column(store, "language")
    assert [language[f"upper{of}"] for of in ("", "_de", "_fr", "_ru")] == ["en", "de", "fr", "ru"]
    assert [language[of] for of in ("hans", "fa", "bold", "fullwidth", "py")] == ["zh", "fa", "en", "en", "zxx"]
    assert {language[of] for of in ("emoji", "punct", "num")} == {"und"}


def test_found_tokenizer_that_cannot_write_a_text_drops_nothing_in_silence(readers: Path, tmp_path: Path) -> None:
    """An error that names the record and the character; counted where that is asked for, in manifest and index."""
    tiny = str(readers / "tiny-tokenizer.json")
    store, answer = ingested(tmp_path / "store", readers / "tok")
    assert (answer["added"], answer["rejected"]) == (7, 1), "the text of nothing but U+200B"
    with pytest.raises(InputError, match="has no way to write the character") as caught:
        store.export(tmp_path / "error", **USE, tokenizer=tiny)
    assert "--on-unencodable count" in str(caught.value.hint)
    assert not (tmp_path / "error").exists()
    made = store.export(tmp_path / "counted", **USE, tokenizer=tiny, on_unencodable="count")
    assert (made["records"], made["lost_records"], made["lost"]) == (7, 6, 65)
    assert store.verify(tmp_path / "counted")["ok"]
    whole = store.export(tmp_path / "whole", **USE, tokenizer="bytes")
    texts = store.sql("SELECT text FROM texts")
    assert whole["tokens"] == sum(len(t["text"].encode()) + 1 for t in texts), "a literal end of document ends none"


def test_found_personal_data_is_taken_out_of_what_leaves(readers: Path, tmp_path: Path) -> None:
    store, _ = ingested(tmp_path / "store", readers / "redact")
    assert permitted(store) == {"2"}
    assert permitted(store, redact="email") == {"1", "2"}
    made: dict[str, Any] = store.export(tmp_path / "out", **USE, tokenizer="bytes", redact="email")
    assert made["records"] == 2
    shards = b"".join(p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert b"mira@example.com" not in shards
    assert store.verify(tmp_path / "out")["ok"]
