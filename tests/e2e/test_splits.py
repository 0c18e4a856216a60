"""Splits and ladders: copies on one side, nothing that moves, every format, and what cannot be split."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful.export import formats
from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, jsonl

Refuse = Callable[..., dict[str, Any]]

FREE = ("--use", "train", "--workers", "1")
SPLIT = ("--split", "train=.8,validation=.1,test=.1")
Row = dict[str, Any]


class _Corpus:
    """Texts of random words; ``near`` ones have a few others, ``bridge`` is near to two that are not near to each other."""

    def __init__(self) -> None:
        self.random = random.Random(11)
        self.groups: dict[str, str] = {}

    def words(self, n: int = 110) -> list[str]:
        return ["".join(self.random.choices("abcdefghiklmnoprstu", k=6)) for _ in range(n)]

    def row(self, name: str, words: Iterable[str], group: str | None = None) -> Row:
        self.groups[name] = group or name
        month, day = self.random.randrange(1, 13), self.random.randrange(1, 29)
        return {"id": name, "text": " ".join(words), "date": f"2024-{month:02d}-{day:02d}"}

    def near(self, words: list[str]) -> list[str]:
        at = self.random.randrange(2, len(words) - 2)
        return [*words[:at], *self.words(1), *words[at + 1 :], "at", "last"]


def _written(folder: Path, name: str, rows: list[Row]) -> None:
    """The rows in two sources, copies of half of the texts in another one than the text."""
    of: dict[str, list[Row]] = {"hills": [], "shores": []}
    for row in rows:
        number = int(row["id"].rpartition("-")[2])
        is_other = number % 2 != (row["id"].startswith(("near", "same", "right")) and number % 4 < 2)
        of["shores" if is_other else "hills"].append(row)
    for source, mine in of.items():
        jsonl(card(folder / source, source, license="CC0-1.0") / f"{name}.jsonl", *mine)


@pytest.fixture
def split(shelf: dict[str, Any], ask: Ask, ingest: Ask) -> dict[str, Any]:
    """A store of 220 texts with copies of some, the same with a tenth more, and which texts are copies of each other."""
    if "split" in shelf:
        return dict(shelf["split"])
    folder: Path = shelf["folder"] / "split"
    corpus = _Corpus()
    texts = {f"text-{n}": corpus.words() for n in range(160)}
    first = [corpus.row(name, words) for name, words in texts.items()]
    first += [corpus.row(f"near-{n}", corpus.near(texts[f"text-{n}"]), f"text-{n}") for n in range(30)]
    first += [corpus.row(f"same-{n}", texts[f"text-{n}"], f"text-{n}") for n in range(20, 35)]
    bridged = [corpus.words() for _ in range(10)]
    for n, words in enumerate(bridged):
        first.append(corpus.row(f"left-{n}", [*corpus.words(11), *words[11:]]))
        first.append(corpus.row(f"right-{n}", [*words[:-11], *corpus.words(11)]))
    later = [corpus.row(f"bridge-{n}", words) for n, words in enumerate(bridged)]
    later += [corpus.row(f"late-{n}", corpus.near(texts[f"text-{n}"]), f"text-{n}") for n in range(25, 40)]
    _written(folder / "first", "first", first)
    _written(folder / "later", "later", later)
    answer = ingest(folder / "first", store=folder / "before")
    assert answer["added"] == len(first)
    assert answer["duplicates"]["near"] >= 25
    shutil.copytree(folder / "before", folder / "after")
    ingest(folder / "later", store=folder / "after")
    shelf["split"] = {"before": folder / "before", "after": folder / "after", "groups": corpus.groups}
    return dict(shelf["split"])


def placed(out: Path) -> dict[str, str]:
    """The split of every record of an export, by its id; a record has one."""
    index = pq.read_table(out / "index.parquet", columns=["record_id", "split", "shard"]).to_pylist()
    for row in index:
        assert row["shard"].startswith(f"data/{row['split']}/")
    sides = {row["record_id"]: row["split"] for row in index}
    assert len({(row["record_id"], row["split"]) for row in index}) == len(sides)
    return sides


def names(ask: Ask, store: Path) -> dict[str, str]:
    rows = ask("sql", "SELECT record_id, source_record_id AS name FROM records", store=store)
    return {row["record_id"]: row["name"] for row in rows}


def test_no_group_of_copies_straddles_and_shares_are_told(split: dict[str, Any], ask: Ask, tmp_path: Path) -> None:
    store = split["before"]
    manifest = ask("export", tmp_path / "out", *FREE, *SPLIT, "--dedup", "none", store=store)
    sides, named = placed(tmp_path / "out"), names(ask, store)
    assert len(sides) == manifest["records"] == sum(side["records"] for side in manifest["splits"])
    assert [side["name"] for side in manifest["splits"]] == ["train", "validation", "test"]
    assert Counter(sides.values()) == {side["name"]: side["records"] for side in manifest["splits"]}
    assert sum(side["tokens"] for side in manifest["splits"]) == manifest["tokens"]
    assert sum(side["share_reached"] for side in manifest["splits"]) == pytest.approx(1)
    assert [side["share_wanted"] for side in manifest["splits"]] == [0.8, 0.1, 0.1]
    assert manifest["split"].items() >= {"by": "group", "near_copies": True}.items()
    together = defaultdict(set)
    for record, side in sides.items():
        together[split["groups"][named[record]]].add(side)
    assert {len(of) for of in together.values()} == {1}
    straddling = ask("sql", "SELECT record_id, group_id FROM duplicates", store=store)
    groups = defaultdict(set)
    for row in straddling:
        groups[row["group_id"]].add(sides[row["record_id"]])
    assert groups
    assert {len(of) for of in groups.values()} == {1}
    assert ask("verify", tmp_path / "out", store=store)["ok"]


@pytest.mark.parametrize("dedup", ["none", "near"])
def test_a_tenth_more_moves_nothing_and_bridges_are_left_out(
    split: dict[str, Any], ask: Ask, tmp_path: Path, dedup: str
) -> None:
    ask("export", tmp_path / "old", *FREE, *SPLIT, "--dedup", dedup, store=split["before"])
    manifest = ask("export", tmp_path / "new", *FREE, *SPLIT, "--dedup", dedup, store=split["after"])
    old, new = placed(tmp_path / "old"), placed(tmp_path / "new")
    named = names(ask, split["after"])
    assert {record for record in old.keys() & new.keys() if old[record] != new[record]} == set()
    by_group = {split["groups"][named[record]]: side for record, side in old.items()}
    for record, side in new.items():  # what stands for a text now lies where what stood for it lay
        assert by_group.get(split["groups"][named[record]], side) == side
    assert by_group.keys() <= {split["groups"][named[record]] for record in new} | {
        name for name in by_group if name.startswith(("left", "right"))
    }
    refusals = pq.read_table(tmp_path / "new/refusals.parquet").to_pylist()
    bridges = {named[row["record_id"]] for row in refusals if row["reason"] == "straddles-splits"}
    assert bridges
    assert all(name.startswith("bridge") for name in bridges)
    assert manifest["refused"]["straddles-splits"] == len(bridges)
    apart = {n for n in range(10) if by_group[f"left-{n}"] != by_group[f"right-{n}"]}
    assert bridges == {f"bridge-{n}" for n in apart}
    for n in apart:
        assert {f"left-{n}", f"right-{n}"} <= {named[record] for record in new}


def test_a_tokenizer_is_trained_on_what_is_trained_on(split: dict[str, Any], ask: Ask, tmp_path: Path) -> None:
    asked = ("--split", "test=.2,train=.8", "--tokenizer", "train:300", "--dedup", "none")
    manifest = ask("export", tmp_path / "out", *FREE, *asked, store=split["before"])
    sides = placed(tmp_path / "out")
    trained = [record for record in sides if sides[record] == "train"]
    assert manifest["tokenizer"]["trained_on"]["records"] == len(trained) < len(sides)


def test_a_withdrawn_copy_leaves_its_side_to_the_next(split: dict[str, Any], ask: Ask, tmp_path: Path) -> None:
    store = shutil.copytree(split["before"], tmp_path / "store")
    ask("export", tmp_path / "old", *FREE, *SPLIT, "--dedup", "exact", store=store)
    old, named = placed(tmp_path / "old"), names(ask, store)
    at = {split["groups"][named[record]]: side for record, side in old.items()}
    ask("source", "retire", "hills", "--reason", "ended", "--yes", store=store)
    ask("export", tmp_path / "new", *FREE, *SPLIT, "--dedup", "exact", store=store)
    new = placed(tmp_path / "new")
    assert {record for record in old.keys() & new.keys() if old[record] != new[record]} == set()
    stand = {split["groups"][named[record]]: side for record, side in new.items() if record not in old}
    assert stand
    assert all(at[group] == side for group, side in stand.items())


def test_tags_that_are_made_anew_and_texts_that_are_erased_move_nothing(
    split: dict[str, Any], ask: Ask, tmp_path: Path
) -> None:
    store = shutil.copytree(split["after"], tmp_path / "store")
    ask("export", tmp_path / "old", *FREE, *SPLIT, "--dedup", "none", store=store)
    old, named = placed(tmp_path / "old"), names(ask, store)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[quality]\nmin_words = 3\n", encoding="utf-8")
    which = "source_record_id LIKE 'text-%' AND source_id = 'hills'"
    assert ask("tag", "--recipe", recipe, "--where", which, "--workers", "1", store=store)["records"] > 20
    gone = min(record for record in old if named[record].startswith("text-15"))
    ask("consent", "withdraw", "--record", gone, "--reason", "asked", "--yes", store=store)
    assert ask("store", "compact", "--yes", store=store)["records"] >= 1
    manifest = ask("export", tmp_path / "new", *FREE, *SPLIT, "--dedup", "none", store=store)
    new = placed(tmp_path / "new")
    assert new == {record: side for record, side in old.items() if record in new}
    assert manifest["records"] >= len(old) - 3


@pytest.mark.parametrize("form", formats.names())
def test_every_format_has_splits_and_rungs_that_verify_trace_and_are_repaired(
    split: dict[str, Any], ask: Ask, tmp_path: Path, form: str
) -> None:
    store = shutil.copytree(split["before"], tmp_path / "store")
    more = ("--ladder", "0.1,0.5,1", "--seed", "3", "--format", form)
    manifest = ask("export", tmp_path / "out", *FREE, *SPLIT, *more, store=store)
    out = tmp_path / "out"
    folders = {Path(shard["path"]).parent.as_posix() for shard in manifest["shards"]}
    rungs = [f"data/train/rung-{share}" for share in ("0.1", "0.5", "1")]
    assert folders == {*rungs, "data/validation", "data/test"}
    assert ask("verify", out, store=store)["ok"]
    sides = placed(out)
    record = min(record for record, side in sides.items() if side == "test")
    [traced] = [one for one in ask("trace", record, store=store)["exports"] if one["export"] == manifest["export"]]
    assert traced["shard"].startswith("data/test/")
    ask("consent", "withdraw", "--record", record, "--reason", "asked", "--yes", store=store)
    assert not ask("verify", out, store=store, code=3)["ok"]
    repaired = ask("redact", out, store=store)
    assert repaired["records_removed"] >= 1
    after = json.loads((out / "manifest.json").read_bytes())
    assert ask("verify", out, store=store)["ok"]
    assert placed(out) == {kept: side for kept, side in sides.items() if kept != record}
    assert [side["records"] for side in after["splits"]] == [
        side["records"] - (side["name"] == "test") for side in manifest["splits"]
    ]


def test_rungs_are_nested_hold_their_shares_and_are_the_first_shards(
    split: dict[str, Any], ask: Ask, tmp_path: Path
) -> None:
    more = ("--ladder", "0.1,0.3,1", "--shard-tokens", "4000")
    manifest = ask("export", tmp_path / "out", *FREE, *more, store=split["before"])
    index = pq.read_table(tmp_path / "out/index.parquet").to_pylist()
    shards = [shard["path"] for shard in manifest["shards"]]
    assert [rung["share"] for rung in manifest["ladder"]] == [0.1, 0.3, 1]
    whole = Counter(row["source_id"] for row in index)
    for rung in manifest["ladder"]:
        first = set(shards[: rung["shards"]])
        within = [row for row in index if row["rung"] <= rung["share"]]
        assert {row["shard"] for row in within} == first
        assert sum(row["length"] for row in within) == rung["tokens"]
        assert len({row["record_id"] for row in within}) == rung["records"]
        assert abs(rung["tokens"] - rung["share"] * manifest["tokens"]) <= max(row["length"] for row in index)
        for source, n in Counter(row["source_id"] for row in within).items():
            assert n / len(within) == pytest.approx(whole[source] / len(index), abs=0.05)
    assert manifest["ladder"][-1]["tokens"] == manifest["tokens"]
    assert manifest["splits"] is None


def test_time_splits_by_periods_and_leaves_out_what_has_none(split: dict[str, Any], ask: Ask, tmp_path: Path) -> None:
    store = shutil.copytree(split["before"], tmp_path / "store")
    rows = [{"id": f"undated-{n}", "text": f"{n} boats lie in the bay, and nobody wrote down when."} for n in range(3)]
    jsonl(card(tmp_path / "undated", "undated", license="CC0-1.0") / "rows.jsonl", *rows)
    ask("ingest", tmp_path / "undated", "--workers", "1", store=store)
    by = ("--split-by", "published_at", "--dedup", "none")
    asked = ("--split", "train=..2024-06-30,test=2024-08-01..", *by)
    manifest = ask("export", tmp_path / "out", *FREE, *asked, store=store)
    sides = placed(tmp_path / "out")
    dates = ask("sql", "SELECT record_id, strftime(published_at, '%Y-%m') AS month FROM records", store=store)
    tied = {r["record_id"] for r in ask("sql", "SELECT record_id FROM duplicates", store=store)}
    for row in dates:
        if row["record_id"] not in tied:
            month = row["month"] or ""
            expected = None if month in ("", "2024-07") else "train" if month < "2024-07" else "test"
            assert sides.get(row["record_id"]) == expected
    assert manifest["refused"]["undated"] == 3
    assert manifest["refused"]["outside-splits"] > 0
    groups = defaultdict(set)
    for row in ask("sql", "SELECT record_id, group_id FROM duplicates", store=store):
        if row["record_id"] in sides:
            groups[row["group_id"]].add(sides[row["record_id"]])
    assert {len(of) for of in groups.values()} == {1}
    shares = ask("export", tmp_path / "shares", *FREE, "--split", "train=.7,test=.3", *by, store=store)
    assert shares["splits"][0]["share_reached"] == pytest.approx(0.7, abs=0.05)
    assert shares["splits"][0]["until"] == shares["splits"][1]["since"] is not None


def test_sources_stay_whole(split: dict[str, Any], ask: Ask, refuse: Refuse, tmp_path: Path) -> None:
    by = ("--split-by", "source", "--dedup", "none")
    manifest = ask("export", tmp_path / "out", *FREE, "--split", "train=hills,test=*", *by, store=split["before"])
    index = pq.read_table(tmp_path / "out/index.parquet", columns=["source_id", "split"]).to_pylist()
    assert len({(row["source_id"], row["split"]) for row in index}) == 2
    assert manifest["refused"]["straddles-splits"] > 0
    error = refuse("export", tmp_path / "no", *FREE, "--split", "train=hills", *by, store=split["before"])
    assert "1 source is in no split" in error["message"]
    error = refuse("export", tmp_path / "no", *FREE, "--split", "train=hils,test=*", *by, store=split["before"])
    assert "hils" in error["message"]
    assert not (tmp_path / "no").exists()


def test_what_overlaps_an_evaluation_set_is_in_no_split(ask: Ask, ingest: Ask, tmp_path: Path) -> None:
    corpus = _Corpus()
    texts = [corpus.words(60) for _ in range(60)]
    jsonl(tmp_path / "bench.jsonl", *({"text": " ".join(words[:40])} for words in texts[:4]))
    folder = card(tmp_path / "texts", "texts", license="CC0-1.0")
    jsonl(folder / "rows.jsonl", *(corpus.row(f"text-{n}", words) for n, words in enumerate(texts)))
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(f'near.search = false\n[decontaminate]\nsets = "{tmp_path / "bench.jsonl"}"\n', encoding="utf-8")
    ingest(folder, "--recipe", recipe)
    manifest = ask("export", tmp_path / "out", *FREE, "--split", "train=.7,test=.3")
    assert manifest["refused"]["contaminated"] == 4
    assert manifest["split"]["near_copies"] is False
    assert manifest["split"]["evaluation_sets"] == {"compared": 60, "overlapping": 4}
    assert manifest["records"] == len(placed(tmp_path / "out")) == 56
    assert ask("export", tmp_path / "whole", *FREE)["records"] == 60


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--split", "../x=.9,test=.1"), "cannot be the name"),
        (("--split", "train=.999999,test=.000001"), "nothing is in split 'test'"),
        (("--ladder", "0.00001,1"), "adds nothing"),
    ],
)
def test_what_cannot_be_split_is_refused_and_leaves_nothing(
    split: dict[str, Any], refuse: Refuse, tmp_path: Path, options: tuple[str, ...], reason: str
) -> None:
    error = refuse("export", tmp_path / "out", *FREE, *options, store=split["before"])
    assert reason in error["message"]
    assert list(tmp_path.iterdir()) == []
