"""A trace finds what the shards hold, and nothing else; each asset has the share that is traced; the picture has all of it."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.dom import minidom

import numpy as np
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

from rightful.errors import InputError, UnknownName
from rightful.events.consents import Request
from rightful.export.formats import Shape, find
from rightful.query.tracing.graph import MOST_RANGES, Edge, Graph, Lying, Node, Spread, graph_of, ranges
from rightful.query.tracing.picture import dot, svg
from tests.unit.shelf import Shelf, wording

TRAINING: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "dedup": "none"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Two sources, a text that both have, and three exports of parts of them; tests only ask."""
    made = Shelf(tmp_path_factory.mktemp("traced"))
    mira = {"author": "Mira Castellan", "url": "https://mira.example/p"}
    made.put("poets", *({"id": f"p{n}", "text": wording(f"tide{n}"), **mira} for n in range(7)))
    shared = {"id": "n0", "text": wording("tide0")}
    made.put("news", shared, *({"id": f"n{n}", "text": wording(f"mole{n}")} for n in range(1, 5)))
    export = made.store.export
    export(made.root / "a", tokenizer="bytes", shard_tokens=3000, seed=3, **TRAINING)
    export(made.root / "b", tokenizer="train:400", format="megatron", where="source_record_id <> 'p1'", **TRAINING)
    export(made.root / "c", format="text", where="source_record_id LIKE 'p%'", **TRAINING)
    return made


def ids(shelf: Shelf) -> dict[str, str]:
    return {r["source_record_id"]: r["record_id"] for r in shelf.store.sql("FROM records")}


def scanned(folder: Path) -> dict[str, list[tuple[str, int, int]]]:
    """Record -> (shard, start, length) of every document, as the shards alone have them."""
    at: dict[str, list[tuple[str, int, int]]] = {}
    for file in sorted((folder / "data").glob("*.parquet")):
        table = pq.read_table(file)
        start = 0
        lengths = (
            [len(t) for t in table.column("input_ids").to_pylist()]
            if "input_ids" in table.column_names
            else [1] * table.num_rows
        )
        for record, length in zip(table.column("record_id").to_pylist(), lengths, strict=True):
            at.setdefault(record, []).append((f"data/{file.name}", start, length))
            start += length
    return at


def test_trace_finds_every_export_that_holds_a_record(shelf: Shelf) -> None:
    by_folder = {name: scanned(shelf.root / name) for name in ("a", "c")}
    assert sum(map(len, by_folder["a"].values())) == 12
    for record in ids(shelf).values():
        answer = shelf.store.trace(record)
        for name, held in by_folder.items():
            places = [(p["shard"], p["start"], p["length"]) for p in answer.exports if Path(p["path"]).name == name]
            assert places == held.get(record, []), name
        units = {Path(p["path"]).name: p["unit"] for p in answer.exports}
        assert units.items() <= {"a": "tokens", "b": "tokens", "c": "rows"}.items()


def test_ranges_of_a_format_without_record_ids_hold_the_text_and_all_of_them_are_found(shelf: Shelf) -> None:
    shape = Shape.of_manifest(json.loads((shelf.root / "b" / "manifest.json").read_bytes()))
    rows = find("megatron").read(shelf.root / "b" / "data", "shard-00000", shape)
    tokens = np.concatenate([row.tokens for row in rows])
    covered = np.zeros(len(tokens), np.int64)
    tokenizer = Tokenizer.from_file(str(next((shelf.root / "b").rglob("tokenizer.json"))))
    texts = {r["record_id"]: r["text"] for r in shelf.store.sql("FROM texts")}
    for name, record in ids(shelf).items():
        places = [p for p in shelf.store.trace(record).exports if Path(p["path"]).name == "b"]
        assert len(places) == (name != "p1"), name
        for p in places:
            held = slice(p["start"], p["start"] + p["length"])
            covered[held] += 1
            assert tokenizer.decode(tokens[held].tolist(), skip_special_tokens=True) == texts[record]
    assert covered.tolist() == [1] * len(tokens)


def test_event_is_traced_to_copies_in_other_sources_and_to_the_tokenizer(shelf: Shelf, tmp_path: Path) -> None:
    root = tmp_path / "store"
    shutil.copytree(shelf.store.layout.root, root)
    store = type(shelf.store)(root, clock=shelf.clock)
    known = ids(shelf)
    event = store.consent.withdraw(record=known["p0"], reason="by mail").event
    answer = store.trace(event=event)
    assert (answer.by, answer.value, answer.records, answer.record) == ("event", event, 1, None)
    assert answer.event is not None
    assert (answer.event["kind"], answer.event["selector"]["by"], answer.event["reason"]) == (
        "withdrawal",
        "record",
        "by mail",
    )
    assert answer.copies["records"] == 1
    vias = {(Path(p["path"]).name, p["record"], p["via"]) for p in answer.exports}
    both = ((known["p0"], "itself"), (known["n0"], "copy"))
    assert vias == {*((name, *one) for name in "ab" for one in both), ("c", known["p0"], "itself")}
    by_name = {Path(h["path"]).name: h for h in answer.holding}
    assert {name: h["records"] for name, h in by_name.items()} == {"a": 2, "b": 2, "c": 1}
    assert by_name["c"]["share"] == pytest.approx(1 / 7)
    [asset] = answer.assets
    assert (asset["kind"], asset["way"][0], asset["share"]) == (
        "tokenizer",
        by_name["b"]["export"],
        by_name["b"]["share"],
    )
    assert store.trace(event).exports == answer.exports
    stale = store.trace(all_stale=True)
    assert {(p["export"], p["record"]) for p in stale.exports} == {(p["export"], p["record"]) for p in answer.exports}
    assert store.trace(record := known["p1"]).copies == {"records": 0, "exports": []}, record


def test_event_is_traced_although_the_store_has_the_records_no_more(tmp_path: Path) -> None:
    own = Shelf(tmp_path)
    own.put("poets", *({"id": f"p{n}", "text": wording(f"tide{n}")} for n in range(3)))
    known = set(ids(own).values())
    own.store.export(tmp_path / "a", tokenizer="bytes", **TRAINING)
    (tmp_path / "poets" / "rows.jsonl").unlink()
    (tmp_path / "poets" / "other.jsonl").write_text('{"id": "p9", "text": "Something else."}\n')
    own.store.ingest([tmp_path / "poets"], prune=True)
    assert list(ids(own)) == ["p9"]
    event = own.store.consent.withdraw(source="poets").event
    for answer in (own.store.trace(event=event), own.store.trace(source="poets")):
        assert {p["record"] for p in answer.exports if p["via"] == "itself"} == known
        assert answer.records == 4


def test_source_and_person_are_traced_and_a_person_is_a_hash(shelf: Shelf) -> None:
    answer = shelf.store.trace(source="news", limit=2)
    assert (answer.records, len(answer.exports), answer.more) == (5, 2, 8)
    assert answer.copies["records"] == 1
    assert {p["via"] for p in answer.exports} == {"itself"}
    person = shelf.store.trace(subject="Mira Castellan")
    assert re.fullmatch("([0-9a-f]{32,64} ?)+", person.value)
    assert "Castellan" not in repr(person.as_json())


def test_what_an_export_and_an_asset_were_made_of(shelf: Shelf) -> None:
    [row] = shelf.store.sql("SELECT asset, name FROM assets")
    asset = shelf.store.trace(row["asset"])
    assert shelf.store.trace(row["name"]).value == row["asset"]
    exports = {Path(r["path"]).name: r["export"] for r in shelf.store.sql("FROM exports")}
    assert [(i["kind"], i["id"], i["share"]) for i in asset.inputs] == [("export", exports["b"], 1.0)]
    assert {s["name"]: s["records"] for s in asset.sources} == {"poets": 6, "news": 5}
    assert sum(s["share"] for s in asset.sources) == pytest.approx(1)
    back = shelf.store.trace(shelf.root / "b")
    assert (back.by, back.value) == ("export", exports["b"])
    assert back.sources == asset.sources
    assert [(i["kind"], i["id"]) for i in back.inputs] == [("asset", row["asset"])]
    assert [a["asset"] for a in back.assets] == [row["asset"]]
    kinds = {n["id"]: n["kind"] for n in asset.graph["nodes"]}
    ways = {(kinds[e["from"]], kinds[e["to"]]) for e in asset.graph["edges"]}
    assert ways == {("source", "export"), ("export", "asset")}


def test_nothing_known_and_nothing_named(shelf: Shelf) -> None:
    trace = shelf.store.trace
    assert trace("0" * 32).exports == []
    with pytest.raises(InputError, match="there is no record 'nobody', and no event, export or asset"):
        trace("nobody")
    with pytest.raises(InputError, match="is not on record"):
        trace(event="e-0000000000000000")
    for wrong in ({}, {"what": "p0", "source": "news"}, {"source": "news", "all_stale": True}):
        with pytest.raises(InputError, match="traces one thing"):
            trace(**wrong)
    with pytest.raises(UnknownName, match="unknown source 'nwes'"):
        trace(source="nwes")
    with pytest.raises(UnknownName, match="png"):
        trace("p0", format="png")
    with pytest.raises(InputError, match="is a file for a picture"):
        trace("p0", out="trace.txt")
    with pytest.raises(InputError, match="not a number of places"):
        trace("p0", limit=-1)


def test_picture_has_every_shard_and_range_and_is_written_whole(shelf: Shelf, tmp_path: Path) -> None:
    record = ids(shelf)["p2"]
    answer = shelf.store.trace(record, out=tmp_path / "p.svg")
    assert answer.out == str(tmp_path / "p.svg")
    written = (tmp_path / "p.svg").read_text("utf-8")
    assert minidom.parseString(written).documentElement.tagName == "svg"
    drawn = shelf.store.trace(record, format="dot").picture
    assert drawn is not None
    for p in answer.exports:
        last = f"{p['start'] + p['length'] - 1:,}".replace(",", " ")
        for picture in (written, drawn):
            assert p["shard"] in picture
            assert f"to {last}" in picture
    for line in (*written.split("\n"), *drawn.split("\n")):
        assert "tide2" not in line, "no text"
    assert "picture" not in answer.as_json()


def spread(n: int) -> Spread:
    records = tuple(f"{i:032x}" for i in range(n))
    return Spread(n, 0, records, frozenset(), (Lying("x-1", "data/s.bin", "tokens", n, ((0, 5), (9, 1)), records),))


def answered(**more: Any) -> dict[str, Any]:
    of: dict[str, Any] = {"by": "source", "value": 'a"b\\c</g>', "event": None, "records": 3, "sources": []}
    held = {"export": "x-1", "version": 1, "format": "megatron", "current": True, "records": 3, "share": 0.00001}
    return of | {"holding": [held], "assets": [], "inputs": []} | more


def test_names_from_outside_end_no_string_and_no_element() -> None:
    graph = graph_of(answered(), spread(3))
    assert 'label="source\\na\\"b\\\\c</g>"' in dot(graph, 'x"\n').decode()
    assert "</g>" not in "".join(
        t.firstChild.data
        for t in minidom.parseString(svg(graph, "</svg>", "")).getElementsByTagName("path")
        if t.firstChild
    )
    assert "under 0.01 %" in dot(graph, "").decode()


def test_boxes_of_a_picture_lie_apart_and_inside() -> None:
    draw = random.Random(5)
    for _ in range(20):
        graph = Graph()
        names = [
            graph.add(Node(f"n{i}", "record", ("x" * draw.randint(0, 90),) * draw.randint(1, 4))) for i in range(12)
        ]
        for _ in range(18):
            graph.join(draw.choice(names), draw.choice(names), beside=draw.random() < 0.2)
        document = minidom.parseString(svg(graph, "h", "d"))
        boxes = [
            tuple(float(r.getAttribute(k)) for k in ("x", "y", "width", "height"))
            for r in document.getElementsByTagName("rect")[1:]  # the first is the paper
        ]
        assert len(boxes) == 12
        width, height = (float(document.documentElement.getAttribute(k)) for k in ("width", "height"))
        for i, (x, y, w, h) in enumerate(boxes):
            assert x >= 0
            assert x + w <= width
            assert y + h <= height
            for x2, y2, w2, h2 in boxes[i + 1 :]:
                assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_circle_of_nodes_is_laid_out() -> None:
    graph = Graph()
    for name in "abc":
        graph.add(Node(name, "asset", (name,)))
    for pair in ("ab", "bc", "ca"):
        graph.join(*pair)
    assert sorted(n.id for layer in graph.layers() for n in layer) == ["a", "b", "c"]
    graph.join("a", "nobody")
    assert ("a", "nobody") not in graph.edges
    assert Edge("a", "b") in graph.edges.values()


def test_ranges_that_are_too_many_are_counted() -> None:
    some = tuple((n * 10, 5) for n in range(MOST_RANGES))
    assert ranges(Lying("x", "s", "tokens", 2, ((0, 5), (1000, 2500)))) == ("tokens 0 to 4", "tokens 1 000 to 3 499")
    *first, last = ranges(Lying("x", "s", "tokens", 1000, some))
    assert (len(first), last) == (MOST_RANGES - 1, f"and {1001 - MOST_RANGES} more ranges")


def test_author_is_traced_by_a_keyed_hash(shelf: Shelf) -> None:
    answer = shelf.store.trace(author="Mira Castellan")
    assert answer.records == 7
    assert "Castellan" not in repr(answer.as_json())
    assert {p["record"] for p in answer.exports} == {i for name, i in ids(shelf).items() if name[0] == "p"}


def test_annulment_is_traced_to_what_it_undid(tmp_path: Path) -> None:
    own = Shelf(tmp_path)
    own.put("poets", {"id": "p0", "text": wording("tide")}, {"id": "p1", "text": wording("mole")})
    own.store.export(tmp_path / "a", tokenizer="bytes", **TRAINING)
    event = own.store.consent.withdraw(record=ids(own)["p0"]).event
    [undone] = own.store.consent.record([Request(kind="annulment", selector="event", value=str(event))])
    answer = own.store.trace(event=undone["event"])
    assert [p["record"] for p in answer.exports] == [ids(own)["p0"]]
    assert own.store.trace(all_stale=True).exports == []


def test_event_is_traced_after_its_records_were_erased(tmp_path: Path) -> None:
    own = Shelf(tmp_path)
    own.put("poets", {"id": "p0", "text": wording("tide")}, {"id": "p1", "text": wording("mole")})
    own.put("news", {"id": "n0", "text": wording("tide")})
    own.store.export(tmp_path / "a", tokenizer="bytes", **TRAINING)
    event = own.store.consent.withdraw(record=ids(own)["p0"]).event
    before = own.store.trace(event=event)
    assert own.store.compact().records == 2
    after = own.store.trace(event=event)
    assert [p["record"] for p in after.exports] == [p["record"] for p in before.exports]
    assert len(after.exports) == 2
    assert after.assets == before.assets


def test_event_repairs_an_export_that_holds_a_copy_alone(tmp_path: Path) -> None:
    own = Shelf(tmp_path)
    own.put("poets", {"id": "p0", "text": wording("tide")})
    own.put("news", {"id": "n0", "text": wording("tide")}, {"id": "n1", "text": wording("mole")})
    own.store.export(tmp_path / "a", tokenizer="bytes", where="source_record_id LIKE 'n%'", **TRAINING)
    event = own.store.consent.withdraw(record=ids(own)["p0"]).event
    answer = own.store.trace(event=event)
    assert [(p["record"], p["via"]) for p in answer.exports] == [(ids(own)["n0"], "copy")]
    assert "redact --event" in answer.next[0]["command"]
    done = own.store.redact(event=event)
    assert (done.records_removed, [one["version"] for one in done.exports]) == (1, [2])
    after = own.store.trace(event=event)
    assert [(p["version"], p["current"], p["record"]) for p in after.exports] == [(1, False, ids(own)["n0"])]
    assert after.next == []
