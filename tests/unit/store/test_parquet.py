"""Parquet files are opened in one place, and what their path looks like changes nothing."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.errors import StoreError
from rightful.events.consents import Request
from rightful.store.duck import connect, rows
from rightful.store.parquet import columns, opened, read, row_count, scan, verbatim
from tests.conftest import ROOT

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all"}
CARD = 'name = "harbour"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'
NOTES = [
    {"id": "a", "url": "https://blog.example.org/a", "text": "The ferry waits an hour for whoever mends the lamp."},
    {"id": "b", "url": "https://harbour.example/b", "text": "Herrings are counted by the dozen and paid by weight."},
    {
        "id": "c",
        "url": "https://harbour.example/c",
        "text": "Nets hang over the rail until Sunday.",
        "license": "GPL-3.0-only",
    },
    {"id": "d", "url": "https://harbour.example/d", "text": "Herrings are counted by the dozen and paid by weight."},
]
N = pa.schema([pa.field("n", pa.string())])
N_AND_M = pa.schema([*N, pa.field("m", pa.list_(pa.string()))])

COLUMNS = (
    "host=node1 record_id=zz row=7 part=x dt=2024-01-01 url=x license_concluded=MIT language=en source_id=abc n_chars=1"
)
SPILL = "key=7 row=3 pair=9 n_shingles=0 similarity=0 kind=near text=x a=b"
SNIFFED = {
    "columns": COLUMNS.replace(" ", "/"),
    "the name of the file": "filename=a/file_row_number=7",
    "spill of the search for copies": SPILL.replace(" ", "/"),
    "null": "host=__HIVE_DEFAULT_PARTITION__/url=%41",
    "globs and quotes": '[host=a]/st*r?/**/it\'s "so"/{a,b}/new\nline',
    "a backslash and home": "~/a\\b/~user",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "harbour"
    folder.mkdir()
    (folder / "source.toml").write_text(CARD, encoding="utf-8")
    (folder / "a.jsonl").write_text("".join(json.dumps(n) + "\n" for n in NOTES), encoding="utf-8")
    return folder


def story(root: Path, corpus: Path, out: Path) -> dict[str, Any]:
    """What a store says of itself through ingest, withdrawal, tags, export and sql, without what is drawn by lot."""
    store = Store(root, clock=lambda: NOON)
    first = store.ingest([corpus])
    [event] = store.consent.record([Request(kind="withdraw", selector="domain", value="blog.example.org")])
    again = store.ingest([corpus])
    answer = store.query(**USE, ids=True)
    manifest = store.export(out, **USE, tokenizer="bytes")
    found = store.verify(out)
    counts = ("read", "added", "unchanged", "refused", "rejected", "superseded", "duplicates")
    return {
        "counts": [[done[name] for name in counts] for done in (first, again)],
        "matched": event["matched"],
        "answer": {k: answer[k] for k in ("permitted", "excluded", "licenses", "languages", "sources", "ids")},
        "shards": [file["sha256"] for shard in manifest["shards"] for file in shard["files"]],
        "verified": (found["ok"], found["records"]),
        "rows": store.sql("SELECT * FROM records ORDER BY record_id"),
        "copies": store.sql("SELECT * FROM duplicates ORDER BY ALL"),
        "axes": store.stats(["language", "license"])["axes"],
    }


@pytest.fixture(scope="module")
def plainly(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("plain")
    told = story(folder / "store", corpus, folder / "out")
    assert told["matched"] == {"records": 1, "sources": 1}
    assert told["verified"][0]
    assert told["answer"]["permitted"]["records"] == 2, "one of the copies, and the licence of its own"
    return told


@pytest.mark.parametrize("name", SNIFFED.values(), ids=SNIFFED.keys())
def test_path_of_a_store_changes_nothing(name: str, corpus: Path, plainly: dict[str, Any], tmp_path: Path) -> None:
    assert story(tmp_path / name / "store", corpus, tmp_path / "out") == plainly


@pytest.mark.parametrize("name", ["host=node1", "text=x", "id=7", "st*r"])
def test_path_of_what_is_read_changes_nothing(name: str, corpus: Path, tmp_path: Path) -> None:
    """A Parquet file of somebody else's below such a folder has the columns that it has."""
    stored = [taken_in(tmp_path / f"{n}", folder, corpus) for n, folder in enumerate((name, "plain"))]
    assert stored[0] == stored[1]
    assert len(stored[0]) == len(NOTES)


@pytest.mark.parametrize("column", ["license", "License_Concluded"])
def test_folder_that_names_a_licence_states_it_of_its_rows_and_changes_nothing_else(
    column: str, corpus: Path, tmp_path: Path
) -> None:
    """The folder of a partitioned data set is a statement beside those of row and card: they meet."""
    named, plain = (
        taken_in(tmp_path / f"{n}", folder, corpus) for n, folder in enumerate((f"{column}=CC-BY-NC-4.0", "plain"))
    )
    told = {row["source_record_id"]: row["license_concluded"] for row in named}
    assert {"CC-BY-NC-4.0" in str(concluded) for concluded in told.values()} == {True}
    assert not [row for row in plain if "CC-BY-NC-4.0" in str(row)]
    same = ("source_record_id", "url", "n_chars")
    assert sorted(tuple(r[k] for k in same) for r in named) == sorted(tuple(r[k] for k in same) for r in plain)


def taken_in(root: Path, folder: str, corpus: Path) -> list[dict[str, Any]]:
    """The records of the notes as Parquet, read from below a folder of this name."""
    place = root / "in" / folder
    shutil.copytree(corpus, place)
    (place / "a.jsonl").unlink()
    pq.write_table(pa.Table.from_pylist(NOTES), place / "a.parquet")
    store = Store(root / "store", clock=lambda: NOON)
    store.ingest([place])
    shown = "record_id, source_record_id, url, license_raw, license_concluded, n_chars"
    return store.sql(f"SELECT {shown} FROM records ORDER BY ALL")


@pytest.mark.parametrize("name", [COLUMNS.replace(" ", "/"), "filename=a", "[a]"])
def test_consent_file_below_such_a_folder_has_its_own_columns(name: str, corpus: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store", clock=lambda: NOON)
    store.ingest([corpus])
    folder = tmp_path / name / "kind=grant" / "value=blog.example.org"
    folder.mkdir(parents=True)
    row = {"kind": "withdrawal", "selector": "domain", "value": "harbour.example"}
    pq.write_table(pa.Table.from_pylist([row]), folder / "events.parquet")
    answer = store.consent.import_(folder / "events.parquet", dry_run=True)
    assert (answer["rows"], answer["errors"], answer["matched"]["records"]) == (1, [], 3)


@pytest.mark.parametrize("folder", ["it's", "st*r?", "a[b]c", "new\nline", "é", "n=1", "{a,b}", "**", "a\\b", "a\\*b"])
def test_scan_reads_the_file_that_is_named_and_no_other(tmp_path: Path, folder: str) -> None:
    for name in (folder, "star1", "abc", "a", "b"):
        (tmp_path / name).mkdir(exist_ok=True)
        pq.write_table(pa.table({"n": [name]}), tmp_path / name / "p.parquet")
    path = tmp_path / folder / "p.parquet"
    with contextlib.closing(connect()) as con:
        assert rows(con, f"SELECT n, filename FROM {scan([path], N, placed=True)}") == [(folder, str(path))]


def test_path_that_the_engine_cannot_be_given_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="backslash") as caught:
        verbatim(tmp_path / "a*b\\c")
    assert caught.value.hint


def test_scan_gives_the_columns_of_the_schema_and_no_others(tmp_path: Path) -> None:
    pq.write_table(pa.table({"extra": [1], "n": ["old"]}), tmp_path / "old.parquet")
    pq.write_table(pa.table({"m": [["x"]], "n": ["new"]}), tmp_path / "new.parquet")
    pq.write_table(pa.table({"n": pa.array(["said"]).dictionary_encode()}), tmp_path / "said.parquet")
    files = [tmp_path / f"{name}.parquet" for name in ("old", "new", "said")]
    with contextlib.closing(connect()) as con:
        found = con.sql(f"SELECT * FROM {scan(files, N_AND_M)} ORDER BY n")
        assert found.columns == ["n", "m"]
        assert found.fetchall() == [("new", ["x"]), ("old", None), ("said", None)]
        placed = con.sql(f"SELECT * FROM {scan(files, N_AND_M, placed=True)} ORDER BY n")
        assert placed.columns == ["n", "m", "filename", "file_row_number"]
        assert [row[2:] for row in placed.fetchall()] == [
            (str(tmp_path / f"{n}.parquet"), 0) for n in ("new", "old", "said")
        ]
        empty = con.sql(f"SELECT * FROM {scan([], N_AND_M, placed=True)}")
        assert (empty.columns, empty.fetchall()) == (placed.columns, [])
        assert empty.types == placed.types


@pytest.mark.parametrize("break_it", ["missing", "folder", "text", "cut"])
def test_file_that_cannot_be_read_is_named(tmp_path: Path, break_it: str) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"n": ["a"]}), path)
    if break_it == "missing":
        path.unlink()
    elif break_it == "folder":
        path.unlink()
        path.mkdir()
    elif break_it == "text":
        path.write_text("not Parquet at all", encoding="utf-8")
    else:
        path.write_bytes(path.read_bytes()[:-9])
    for look in (columns, opened, read, row_count, lambda p: scan([p], N)):
        with pytest.raises(StoreError) as caught:
            look(path)
        assert caught.value.subject == str(path)
        assert "store check" in str(caught.value.hint)


def test_columns_are_read_again_when_the_file_is_another(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"n": ["a"]}), path)
    assert columns(path) == ("n",)
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"m": ["a"]}), other)
    other.replace(path)
    assert columns(path) == ("m",)


# --- nothing else opens them ---

GUESSING = re.compile(
    r"read_parquet|parquet_scan|parquet_metadata|read_table|read_pandas|ParquetDataset|pyarrow\.dataset|\bds\.dataset"
    r"|(?:FROM|JOIN)\s+'[^']*\.parquet|from_parquet|query_parquet"
)
"""What takes a path for more than the name of one file."""


def _texts(*folders: str) -> list[Path]:
    found = [p for f in folders for p in sorted((ROOT / f).rglob("*")) if p.suffix in (".py", ".md", ".toml", ".sql")]
    return [*found, *sorted(ROOT.glob("*.md"))]


def test_nothing_but_one_function_reads_parquet_by_a_path_that_is_guessed_at() -> None:
    guessing = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _texts("pipeline", "docs", "benchmarks", "sample_data")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if GUESSING.search(line)
    ]
    ours = [g for g in guessing if g.startswith("pipeline/rightful/store/parquet.py")]
    assert len([g for g in ours if "read_parquet" in g]) == 1
    documented = [g for g in guessing if g.startswith(("docs/exports.md", "docs/store-format.md"))]
    assert len(documented) == 4
    assert all(re.search(r"hive_partitioning ?= ?(?i:false)|\*\*as_written", g) for g in documented)
    assert '"hive_partitioning": False' in (ROOT / "docs" / "store-format.md").read_text(encoding="utf-8")
    measured = [g for g in guessing if g.startswith("benchmarks/")]
    assert guessing == [*ours, *documented, *measured], "open parts with rightful.store.parquet"


def test_files_of_a_store_are_opened_by_one_module() -> None:
    """The others that open a Parquet file open one that a user named, or a shard as a stranger would."""
    others = {
        "pipeline/rightful/drafts/looking.py",
        "pipeline/rightful/drafts/sampling.py",
        "pipeline/rightful/events/importing.py",
        "pipeline/rightful/ingest/recognising.py",
        "pipeline/rightful/looking/inputs.py",
        "pipeline/rightful/readers/formats/parquet.py",
        "pipeline/rightful/stages/decontaminate/sets.py",
        "pipeline/rightful/export/formats/parquet.py",
        "pipeline/rightful/export/formats/text/parquet.py",
        "pipeline/rightful/store/absence.py",
    }
    opens = re.compile(r"pq\.(?:ParquetFile\(|read_|.*memory_map)")
    found = {
        str(path.relative_to(ROOT))
        for path in _texts("pipeline")
        if path.suffix == ".py" and opens.search(path.read_text(encoding="utf-8"))
    }
    assert found - others == {"pipeline/rightful/store/parquet.py"}
