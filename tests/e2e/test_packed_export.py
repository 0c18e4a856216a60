"""Packed exports: every place is true to the token, in every format, through withdrawal and repair; shards by rights holder."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.errors import InputError
from rightful.export import formats, holding
from rightful.export.formats import Shape
from rightful.export.planning.packing import BEST_FIT, CONCAT
from tests.e2e.corpus import card, files, jsonl
from tests.exports import manifest_of
from tests.unit.shelf import Shelf

USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}
SEQ_LEN = 96
SOURCES = ("delta", "mole", "quay")
every_format = pytest.mark.parametrize("form", formats.of_tokens())


def rows_of(source: str, n: int) -> list[dict[str, Any]]:
    """Texts of many lengths: of nothing but one letter, of a row to the token, and of several rows."""
    chance = random.Random(source)
    lengths = [1, SEQ_LEN - 2, SEQ_LEN - 1, SEQ_LEN, 5 * SEQ_LEN + 7, *(chance.randint(3, 160) for _ in range(n - 5))]
    letters = "abcdefgh ijklmnop qrstuvwxyz"
    return [
        {
            "text": source[0] + "".join(chance.choices(letters, k=length - 1)),
            "url": f"https://{chance.choice(['a', 'b'])}.example.{source[0]}x.org/{k}",
        }
        for k, length in enumerate(lengths)
    ]


@pytest.fixture(scope="module")
def harbour_to_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("packed")
    made = Shelf(root)
    for source in SOURCES:
        made.put(source, *rows_of(source, 20))
    return root


@pytest.fixture
def harbour(harbour_to_copy: Path, tmp_path: Path) -> Shelf:
    made = Shelf(Path(shutil.copytree(harbour_to_copy, tmp_path / "shelf")))
    made.minutes = 60
    return made


def tokens_of(harbour: Shelf) -> dict[str, list[int]]:
    """What each record is in bytes: its text, and the end of document."""
    texts = harbour.store.sql("SELECT record_id, text FROM texts")
    return {row["record_id"]: [*row["text"].encode(), 256] for row in texts}


def index_of(out: Path) -> list[dict[str, Any]]:
    return pq.read_table(out / "index.parquet").to_pylist()


def ids_of(out: Path, manifest: dict[str, Any]) -> dict[str, list[int]]:
    """All ids of every shard, read at random places."""
    form, shape = formats.find(manifest["format"]), Shape.of_manifest(manifest)
    found = {}
    for shard in manifest["shards"]:
        path = out / shard["path"]
        access = form.access(path.parent, path.name.split(".")[0], shape)
        found[shard["path"]] = access.ids(0, shard["tokens"] + shard["padding"]).tolist()
        access.close()
    return found


def check_places(out: Path, known: dict[str, list[int]]) -> dict[str, Any]:
    """Every place of the index has the tokens of its document, none is of two, and what is of none is padding."""
    manifest = manifest_of(out)
    shards = ids_of(out, manifest)
    taken = {path: np.zeros(len(ids), bool) for path, ids in shards.items()}
    there: dict[str, list[tuple[int, int]]] = {}
    for place in index_of(out):
        first, last = place["first_token"], place["first_token"] + place["length"]
        begin = place["document_start"]
        ids = shards[place["shard"]][first:last]
        if place["decision"] == "masked":
            assert ids == [256] * place["length"]
        else:
            assert ids == known[place["record_id"]][begin : begin + place["length"]]
        assert not taken[place["shard"]][first:last].any()
        taken[place["shard"]][first:last] = True
        assert place["sequence"] == first // SEQ_LEN == (last - 1) // SEQ_LEN
        there.setdefault(place["record_id"], []).append((begin, place["length"]))
    for path, ids in shards.items():
        assert len(ids) % SEQ_LEN == 0
        assert {ids[n] for n in np.flatnonzero(~taken[path])} <= {256}
    assert manifest["tokens"] == sum(int(of.sum()) for of in taken.values())
    assert manifest["padding"] == sum(len(of) for of in taken.values()) - manifest["tokens"]
    sequence = manifest["sequence"]
    assert sequence["rows"] * SEQ_LEN == manifest["tokens"] + manifest["padding"]
    assert sequence["padding"] == manifest["padding"]
    assert sequence["padding_share"] == pytest.approx(manifest["padding"] / (sequence["rows"] * SEQ_LEN), abs=1e-6)
    assert sequence["split_documents"] == sum(len(parts) > 1 for parts in there.values())
    return manifest


@pytest.mark.parametrize(("form", "how"), [("parquet", CONCAT), *((form, BEST_FIT) for form in formats.of_tokens())])
def test_packed_shards_have_every_token_of_every_document_where_the_index_says(
    harbour: Shelf, form: str, how: str, tmp_path: Path
) -> None:
    known = tokens_of(harbour)
    out = tmp_path / "out"
    harbour.store.export(out, **USE, format=form, seq_len=SEQ_LEN, pack=how, seed=7, shard_tokens=SEQ_LEN * 9)
    manifest = check_places(out, known)
    assert manifest["tokens"] == sum(map(len, known.values()))
    assert len(manifest["shards"]) > 3
    assert harbour.store.verify(out)["ok"]
    pieces: dict[str, list[int]] = {}
    for place in index_of(out):
        pieces.setdefault(place["record_id"], []).append(place["length"])
    if how == BEST_FIT:
        for record, lengths in pieces.items():
            assert (len(lengths) > 1) == (len(known[record]) > SEQ_LEN), "what fits whole is whole"
        assert manifest["padding"] < 0.05 * (manifest["tokens"] + manifest["padding"])
    else:
        assert manifest["padding"] < SEQ_LEN
    record = max(known, key=lambda one: len(known[one]))
    traced = harbour.store.trace(record)["exports"]
    shards = ids_of(out, manifest)
    spelled = [i for p in traced for i in shards[p["shard"]][p["start"] : p["start"] + p["length"]]]
    assert sorted(spelled) == sorted(known[record])


@every_format
def test_repair_of_packed_shards_leaves_all_others_where_the_index_says(
    harbour: Shelf, form: str, tmp_path: Path
) -> None:
    known = tokens_of(harbour)
    out = tmp_path / "out"
    order: dict[str, Any] = {"format": form, "seq_len": SEQ_LEN, "pack": BEST_FIT, "holders": "source"}
    harbour.store.export(out, **USE, **order, seed=7, shard_tokens=SEQ_LEN * 9)
    before = check_places(out, known)
    longest = max(known, key=lambda one: len(known[one]))
    shortest = next(one for one in known if len(known[one]) == 2)
    harbour.withdraw("record", longest)
    harbour.withdraw("record", shortest)
    stale = [(one["record"], one["shard"]) for one in harbour.store.verify(out)["stale"]]
    assert len(stale) == len(set(stale))
    assert {record for record, _ in stale} == {longest, shortest}
    rebased = harbour.store.rebase(out)
    assert (rebased["records"], rebased["flipped"]) == (len(known), 2)
    assert sum(row["records"] for row in harbour.store.trace(out)["sources"]) == len(known)
    for level in ("exclude", "mask", "rewrite"):
        assert harbour.store.redact(out, level=level)["level"] == level
        after = check_places(out, known)
        assert harbour.store.verify(out)["ok"]
        gone, rows = (len(known[longest]) + 2, 5) if level == "rewrite" else (0, 0)
        assert after["tokens"] == before["tokens"] - gone
        assert after["sequence"]["rows"] == before["sequence"]["rows"] - rows, "rows of which nothing is left are gone"
        check_map(out, harbour, "CAST(source_id AS VARCHAR)")


def check_map(out: Path, harbour: Shelf, column: str) -> None:
    """Every place of the index that is not masked is within a range of its holder, and no range is of two."""
    manifest = manifest_of(out)
    of_record = {
        r["record_id"]: r["holder"] for r in harbour.store.sql(f"SELECT record_id, {column} AS holder FROM records")
    }
    found = holding.map_of(manifest, out)
    assert found is not None
    owner: dict[tuple[str, int], str] = {}
    for one in found.to_pylist():
        for at in range(one["start"], one["start"] + one["length"]):
            assert (one["shard"], at) not in owner
            owner[one["shard"], at] = one["holder"]
    held = set()
    for place in index_of(out):
        if place["decision"] == "masked":
            continue
        for at in range(place["first_token"], place["first_token"] + place["length"]):
            assert owner[place["shard"], at] == of_record[place["record_id"]]
        held.add(of_record[place["record_id"]])
    assert manifest["holders"]["holders"] == len(held)
    assert set(owner.values()) == held


@pytest.mark.parametrize("how", [None, CONCAT, BEST_FIT])
def test_shards_by_holder_are_touched_by_the_withdrawal_of_one_alone(
    harbour: Shelf, how: str | None, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    packing: dict[str, Any] = {} if how is None else {"seq_len": SEQ_LEN, "pack": how}
    harbour.store.export(out, **USE, **packing, seed=7, shard_tokens=SEQ_LEN * 9, holders="source")
    check_map(out, harbour, "CAST(source_id AS VARCHAR)")
    of_shard: dict[str, set[str]] = {}
    for place in index_of(out):
        of_shard.setdefault(place["shard"], set()).add(place["source_id"])
    assert all(len(sources) == 1 for sources in of_shard.values())
    assert {source for sources in of_shard.values() for source in sources} == set(SOURCES)
    harbour.withdraw("source", "mole")
    [touched] = {frozenset(path for path, sources in of_shard.items() if "mole" in sources)}
    kept = {path: (out / path).read_bytes() for path in of_shard.keys() - touched}
    harbour.store.redact(out, yes=True)
    assert {path: (out / path).read_bytes() for path in kept} == kept
    assert not any((out / path).exists() for path in touched)
    assert [one["holder"] for one in manifest_of(out)["holders"]["listed"]] == list(
        dict.fromkeys(place["source_id"] for place in index_of(out))
    )


def test_each_split_is_packed_by_itself_and_the_map_is_of_all(harbour: Shelf, tmp_path: Path) -> None:
    known = tokens_of(harbour)
    out = tmp_path / "out"
    order: dict[str, Any] = {"seq_len": SEQ_LEN, "pack": BEST_FIT, "holders": "domain", "split": "train=.7,test=.3"}
    harbour.store.export(out, **USE, **order, format="mds", seed=7, shard_tokens=SEQ_LEN * 9)
    manifest = check_places(out, known)
    assert manifest["tokens"] == sum(map(len, known.values()))
    assert {Path(shard["path"]).parent.name for shard in manifest["shards"]} == {"train", "test"}
    check_map(out, harbour, "coalesce(registrable_domain, host)")
    assert harbour.store.verify(out)["ok"]


def test_map_of_many_holders_lies_in_a_table_that_the_manifest_names(
    harbour: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "MOST_LISTED", 3)
    out = tmp_path / "out"
    order: dict[str, Any] = {"format": "megatron", "seq_len": SEQ_LEN, "pack": CONCAT, "holders": "domain"}
    manifest = harbour.store.export(out, **USE, **order, shard_tokens=SEQ_LEN * 5)
    assert manifest["holders"]["listed"] is None
    assert manifest["holders"]["table"]["path"] == "holders.parquet"
    check_map(out, harbour, "coalesce(registrable_domain, host)")
    one = next(iter(tokens_of(harbour)))
    for level in ("exclude", "rewrite"):
        harbour.withdraw("record", one)
        harbour.store.redact(out, level=level)
        check_map(out, harbour, "coalesce(registrable_domain, host)")
        assert harbour.store.verify(out)["ok"]
    (out / "holders.parquet").write_bytes((out / "holders.parquet").read_bytes()[:-1])
    found = harbour.store.verify(out)
    assert [c["file"] for c in found["corrupt"]] == ["holders.parquet"]


def test_text_is_grouped_by_holder_too(harbour: Shelf, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = harbour.store.export(out, **USE, format="text", holders="domain", seed=1, shard_bytes=3000)
    assert manifest["sequence"] is None
    assert len(manifest["shards"]) > 3
    check_map(out, harbour, "coalesce(registrable_domain, host)")


def test_truncation_is_said_and_nothing_else_is_lost(harbour: Shelf, tmp_path: Path) -> None:
    known = tokens_of(harbour)
    out = tmp_path / "out"
    harbour.store.export(out, **USE, seq_len=SEQ_LEN, pack=BEST_FIT, truncate=True)
    sequence = check_places(out, known)["sequence"]
    longer = [len(ids) - SEQ_LEN for ids in known.values() if len(ids) > SEQ_LEN]
    assert (sequence["truncated_documents"], sequence["truncated_tokens"]) == (len(longer), sum(longer))
    assert sequence["split_documents"] == 0
    assert harbour.store.verify(out)["ok"]


@every_format
def test_rows_without_packing_are_cut_and_not_padded(harbour: Shelf, form: str, tmp_path: Path) -> None:
    known = tokens_of(harbour)
    out = tmp_path / "out"
    manifest = harbour.store.export(out, **USE, format=form, seq_len=SEQ_LEN, seed=2)
    assert (manifest["padding"], manifest["sequence"]["pack"]) == (0, "none")
    shards = ids_of(out, manifest)
    spelled: dict[str, list[int]] = {}
    for place in index_of(out):
        assert place["length"] <= SEQ_LEN
        assert len(spelled.setdefault(place["record_id"], [])) == place["document_start"]
        spelled[place["record_id"]] += shards[place["shard"]][place["first_token"] :][: place["length"]]
    assert spelled == known
    assert harbour.store.verify(out)["ok"]


def test_rows_of_one_token_and_one_row_for_all(harbour: Shelf, tmp_path: Path) -> None:
    for name, size in (("one", 1), ("all", 1 << 16)):
        manifest = harbour.store.export(tmp_path / name, **USE, format="megatron", seq_len=size, pack=BEST_FIT)
        assert manifest["sequence"]["rows"] == (manifest["tokens"] if size == 1 else 1)
        assert harbour.store.verify(tmp_path / name)["ok"]


def test_two_workers_write_the_same_bytes(harbour: Shelf, tmp_path: Path) -> None:
    order: dict[str, Any] = {"seq_len": SEQ_LEN, "pack": BEST_FIT, "holders": "domain", "seed": 4}
    for workers in (1, 2):
        harbour.store.export(
            tmp_path / f"with-{workers}", **USE, **order, as_of="2100-01-01", snapshot=3, workers=workers
        )
    assert files(tmp_path / "with-1") == files(tmp_path / "with-2")


def test_person_is_named_by_the_keyed_hash_alone(tmp_path: Path) -> None:
    corpus = card(tmp_path / "corpus", "letters", license="CC0-1.0", personal_data="yes", legal_basis="contract")
    names = ["Ada Lovelace", "Bo Ekberg", None]
    rows = [{"id": str(n), "text": f"Letter {n} lay at the mole.", "by": names[n % 3]} for n in range(9)]
    jsonl(corpus / "letters.jsonl", *rows)
    store = Store(tmp_path / "store")
    store.ingest([corpus], subject_field="by", workers=1)
    manifest = store.export(tmp_path / "out", **USE, holders="subject", workers=1)
    keyed = store.sql("SELECT DISTINCT lower(hex(subject_key)) AS key FROM records")
    assert {one["holder"] for one in manifest["holders"]["listed"]} == {row["key"] for row in keyed}
    assert len(keyed) == 3
    assert not [name for name in names if name and name.encode() in b"".join(files(tmp_path / "out").values())]


def test_what_cannot_be_packed_is_said_before_anything_is_written(
    good: Path, refuse: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    for words, subject in (
        (("--seq-len", "0"), "--seq-len"),
        (("--seq-len", "99999999999"), "--seq-len"),
        (("--pack", "best-fit"), "--pack best-fit"),
        (("--pack", "bestfit", "--seq-len", "8"), "--pack"),
        (("--truncate",), "--truncate"),
        (("--holders", "author"), "--holders"),
        (("--format", "text", "--seq-len", "8"), "--seq-len"),
        (("--format", "text", "--seq-len", "8", "--pack", "concat"), "--seq-len"),
    ):
        error = refuse("export", "out", "--use", "train", *words, store=good)
        assert error["subject"] == subject, words
        assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="needs a length of rows"):
        Store(good).export(tmp_path / "out", "train", truncate=True)
