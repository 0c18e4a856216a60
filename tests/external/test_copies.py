"""Copies, held against cases of others: versions of real pages, data-prep-kit's duplicates, dolma's rewritten pages."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful import Store

CARD = 'name = "cases"\nauthority = "publisher"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "no"\n'
USE: dict[str, Any] = {"use": "train.pretrain"}


def ingested(folder: Path, texts: Iterable[tuple[str, str]], times: int = 1) -> tuple[Store, list[dict[str, Any]]]:
    """A store of (id, text), and what each ingest of them answered."""
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "source.toml").write_text(CARD, encoding="utf-8")
    lines = (json.dumps({"id": name, "text": text}) + "\n" for name, text in texts)
    (corpus / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
    store = Store(folder / "store")
    return store, [store.ingest([corpus]) for _ in range(times)]


def grouped(store: Store) -> set[frozenset[str]]:
    """Every two that stand in one group. A near mark stands at one record of a text and means all that have the text."""
    groups: dict[str, list[str]] = {}
    query = """SELECT DISTINCT d.group_id, c.source_record_id AS name FROM duplicates d
        JOIN records r USING (record_id) JOIN records c ON c.norm_sha256 = r.norm_sha256"""
    for row in store.sql(query):
        groups.setdefault(row["group_id"], []).append(row["name"])
    return {frozenset(pair) for members in groups.values() for pair in combinations(members, 2)}


def jaccard(one: str, other: str) -> float:
    """Of the sets of five words in a row, in plain Python."""
    sets = []
    for text in (one, other):
        words = re.findall(r"\w+", text.lower())
        sets.append({tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.fixture
def versions(cases: Path) -> list[dict[str, Any]]:
    """Pages of real repositories, each at two commits, with how alike the two are."""
    path = cases / "6-filters/version-pairs.shared.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_versions_of_pages_are_found_from_four_fifths_on_and_never_below_one_half(
    versions: list[dict[str, Any]], tmp_path: Path
) -> None:
    texts = [(f"{n}{side}", pair[f"text_{side}"]) for n, pair in enumerate(versions) for side in "ab"]
    store, _ = ingested(tmp_path, texts)
    found = grouped(store)
    alike = [n for n, pair in enumerate(versions) if pair["jaccard_word5"] >= 0.8]
    met = [n for n in alike if frozenset((f"{n}a", f"{n}b")) in found]
    of = dict(texts)
    least = min(jaccard(*(of[name] for name in pair)) for pair in found)
    print(
        f"{len(versions)} pairs; from 0.8 on {len(met)} of {len(alike)} in one group; the least alike grouped: {least:.3f}"
    )
    assert len(met) >= 0.99 * len(alike)
    assert least >= 0.5
    assert len(store.query(**USE, ids=True, dedup="near")["ids"]) <= len(texts) - len(met)


def of_data_prep_kit(path: Path) -> Iterator[tuple[str, str]]:
    table = pq.read_table(path)
    yield from ((str(n), text) for n, text in enumerate(table["contents"].to_pylist()))


@pytest.mark.parametrize("dedup", ["exact", "near"])
def test_duplicates_of_data_prep_kit_leave_as_many_as_it_does(cases: Path, tmp_path: Path, dedup: str) -> None:
    folder = cases / "5-corpora/dpk/ededup"
    store, (first, again) = ingested(tmp_path, of_data_prep_kit(folder / "input/sample1.parquet"), times=2)
    kept = store.query(**USE, dedup=dedup, ids=True)["ids"]
    texts = {row["text"] for row in store.sql("SELECT text, record_id FROM texts") if row["record_id"] in kept}
    expected = set(pq.read_table(folder / "expected/sample1.parquet")["contents"].to_pylist())
    print(f"{dedup}: {first['read']} -> {len(kept)}; again: {again['added']} new")
    assert (first["added"], len(kept), texts) == (5, 3, expected)
    assert (again["added"], again["unchanged"]) == (0, 5)  # its incremental run: 5 -> 0
    assert pq.read_metadata(folder / "incremental/sample1.parquet").num_rows == 0


def test_pages_that_dolma_rewrote_are_copies_where_little_changed_and_no_two_pages_are(
    cases: Path, tmp_path: Path
) -> None:
    texts: dict[str, str] = {}
    for name in ("email-spans-jq", "remove-paragraphs"):
        with gzip.open(cases / f"5-corpora/dolma/expected/{name}.json.gz", "rt", encoding="utf-8") as lines:
            texts |= {f"{name} {row['id']}": row["text"] for row in map(json.loads, lines)}
    store, _ = ingested(tmp_path, texts.items())
    found = grouped(store)
    truth = {frozenset(two): jaccard(texts[two[0]], texts[two[1]]) for two in combinations(texts, 2)}
    alike = {pair for pair, value in truth.items() if value >= 0.8}
    print(f"{len(texts)} texts: {len(alike & found)} of {len(alike)} pairs from 0.8 on; grouped {len(found)}")
    assert alike <= found
    assert all(truth[pair] >= 0.5 for pair in found)
