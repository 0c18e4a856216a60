"""The tree over the records of an export: its root is that of the specification, written here once more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful import Store
from rightful.errors import StoreError
from rightful.export import merkle
from rightful.export.merkle import COLUMNS, root, secret_of, statement, tree_of, with_secret
from rightful.query.exported import INDEX
from rightful.store.parquet import read
from tests.exports import manifest_of

CATALOG = "c" * 64
KEY = b"the key of a store"
SCHEMA = pa.schema([("record_id", pa.string()), ("content_sha256", pa.binary(32)), ("decision", pa.string())])
IDS = st.lists(st.text("0123456789abcdef", min_size=1, max_size=6), unique=True, max_size=40)


def index(ids: Sequence[str], key: bytes = KEY) -> pa.Table:
    contents = [hashlib.sha256(i.encode()).digest() for i in ids]
    columns = [pa.array(ids, pa.string()), pa.array(contents, pa.binary(32)), pa.array(["permit"] * len(ids))]
    return pa.table(columns, schema=with_secret(SCHEMA, secret_of(key, sorted(ids))))


def folded(table: pa.Table, record: str) -> tuple[str, bool]:
    """The root that the way to a record leads to, and whether the record is there: by the words of the specification."""
    tree = tree_of(table, CATALOG)
    assert tree is not None
    way = tree.way(record)
    place = hashlib.sha256(record.encode()).digest()
    depth, is_there = len(way.siblings), False
    if way.leaf is None:
        assert way.nonce is not None
        node = hashlib.sha256(b"\2" + way.nonce).digest()
    else:
        split = depth // 8
        at = way.leaf.at
        cut = [at[split : split + 1], at[split + 1 : split + 2], at[split + 2 :]]
        said = [hashlib.sha256(b"\4" + n + p).digest() for n, p in zip(way.leaf.nonces[:3], cut, strict=True)]
        said.append(hashlib.sha256(b"\3" + way.leaf.nonces[3] + way.leaf.statement).digest())
        node = hashlib.sha256(b"\0" + b"".join(said)).digest()
        is_there = at == place
        assert is_there == (json.loads(way.leaf.statement)["record"] == record)
    bits = f"{int.from_bytes(place, 'big'):0256b}"
    for n, sibling in enumerate(way.siblings):
        pair = (sibling, node) if bits[depth - 1 - n] == "1" else (node, sibling)
        node = hashlib.sha256(b"\1" + b"".join(pair)).digest()
    return node.hex(), is_there


@given(IDS, st.sampled_from([1, 2, 5, 1 << 16]))
@settings(deadline=None)
def test_way_to_every_record_and_to_others_leads_to_the_root(ids: list[str], small: int) -> None:
    table = index(ids)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merkle, "_SMALL", small)
        expected = root(table, CATALOG)
        for record in [*ids, "not hex", "ffffff0"]:
            assert folded(table, record) == (expected, record in ids)


@given(IDS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_root_does_not_depend_on_the_order_of_rows(ids: list[str], chance: object) -> None:
    shuffled = sorted(ids, key=lambda i: chance.random())  # type: ignore[attr-defined]
    assert root(index(ids), CATALOG) == root(index(shuffled), CATALOG)


def test_root_changes_with_every_fact_and_with_the_secret() -> None:
    table = index(["a", "b", "c"])
    base = root(table, CATALOG)
    content = pa.array([b"x" * 32, *table.column("content_sha256").to_pylist()[1:]], pa.binary(32))
    others = [
        root(index(["a", "b"]), CATALOG),
        root(index(["a", "b", "d"]), CATALOG),
        root(index(["a", "b", "c"], b"another key"), CATALOG),
        root(table, "d" * 64),
        root(table.set_column(1, SCHEMA.field(1), content), CATALOG),
        root(table.set_column(2, SCHEMA.field(2), pa.array(["permit", "deny", "permit"])), CATALOG),
    ]
    assert len({base, *others}) == len(others) + 1


def test_rows_of_one_record_are_one_leaf_and_may_not_differ() -> None:
    table = index(["a", "b"])
    twice = pa.concat_tables([table, table.slice(0, 1)])
    assert root(twice, CATALOG) == root(table, CATALOG)
    other = table.slice(0, 1).set_column(2, SCHEMA.field(2), pa.array(["deny"]))
    with pytest.raises(StoreError, match="names a record twice"):
        root(pa.concat_tables([table, other]), CATALOG)


def test_index_without_a_secret_has_no_root() -> None:
    assert root(index(["a"]).replace_schema_metadata(None), CATALOG) is None


def test_leaf_states_canonical_json() -> None:
    facts = {"record": "ab", "content_sha256": "cd", "decision": "permit", "catalog": "ef"}
    assert statement("ab", "cd", "permit", "ef") == json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def test_export_has_the_root_of_its_index_in_its_manifest(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "source.toml").write_text('name = "letters"\nlicense = "CC0-1.0"\npersonal_data = "no"\n', "utf-8")
    rows = [{"id": str(n), "text": f"Letter number {n}, which says little."} for n in range(9)]
    (corpus / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    store = Store(tmp_path / "store")
    store.ingest([corpus])
    made = store.export(tmp_path / "out", "train.pretrain", accept="all", tokenizer="bytes")
    again = store.export(tmp_path / "again", "train.pretrain", accept="all", format="text", dedup="none")
    table = read(tmp_path / "out" / INDEX, COLUMNS)
    assert made.records_root == manifest_of(tmp_path / "out")["records_root"] == root(table, made.catalog)
    assert again.records_root == made.records_root  # of the same records, whatever their form
    kept = read(store.layout.exported(made.export), COLUMNS)
    assert root(kept, made.catalog) == made.records_root
