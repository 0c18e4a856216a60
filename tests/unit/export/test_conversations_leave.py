"""Conversations leave in their own form beside their text: they come back as they were, redacted, and checked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from rightful import Store
from rightful.cli.pages.export import export_lines
from rightful.errors import InputError
from rightful.export.formats import text
from rightful.export.formats.text import OWN, Row, packed
from rightful.export.papers import INDEX_SCHEMA
from rightful.notation.contents import without_nulls
from rightful.query.exported import INDEX
from tests import exports
from tests.exports import manifest_of
from tests.unit.export.test_text_export import NOW, index_of, opened, reasons

MAIL = "ada@example.org"
CARD = 'name = "talks"\nlicense = "CC0-1.0"\ncovers = "contents"\npersonal_data = "yes"\nlegal_basis = "legitimate_interests"\n'
TALKS: dict[str, dict[str, Any]] = {
    "messages": {
        "messages": [
            {"role": "user", "content": f"Write to {MAIL}. 😀 \u2028", "name": None},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "function": {"name": "mail"}}],
                "weight": 1,
            },
        ],
        "tools": [{"name": "mail", "parameters": {"to": "string"}}],
    },
    "sharegpt": {"conversations": [{"from": "human", "value": "When?"}, {"from": "gpt", "value": "At nine."}]},
    "completion": {"system": "Be kind.", "prompt": "Where is the mole?", "completion": "By the harbour."},
    "turns": {
        "prompt": [{"role": "user", "content": "Who sails at dawn?"}],
        "completion": [{"role": "assistant", "content": "Mira does, on most days."}],
    },
    "alpaca": {"instruction": "Add the tides.", "input": "", "output": "Four feet."},
    "preference": {"prompt": "Which boat?", "chosen": "The blue one.", "rejected": "None of them, never."},
    "question": {"question": "How deep is it?", "answer": "Nine fathoms at low water."},
}
PLAIN = {"text": "No talk, but a text about the harbour."}
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "workers": 1, "format": "text", "dedup": "none"}
WAYS = text.names()

every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of :data:`TALKS`, and its exports in every way. Copied by those who change it."""
    folder = tmp_path_factory.mktemp("talks")
    store = filled(folder, [{"id": name, **row} for name, row in {**TALKS, "plain": PLAIN}.items()])
    for way in WAYS:
        store.export(folder / way, text_as=way, **USE)
    return folder


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "mine"))


def filled(folder: Path, rows: list[dict[str, Any]], card: str = CARD) -> Store:
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "source.toml").write_text(card, encoding="utf-8")
    (corpus / "talks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    store = opened(folder)
    assert store.ingest([corpus], workers=1)["added"] == len(rows)
    return store


def rows_of(out: Path) -> list[Row]:
    """The rows of the only shard, with own forms apart."""
    return [*text.find(manifest_of(out)["text_as"]).read(out / "data", "shard-00000")]


def contents(store: Store) -> dict[str, tuple[str, str]]:
    """Text -> its content and its form."""
    query = "SELECT t.text, r.content_sha256, r.media_type FROM records r JOIN texts t USING (record_id)"
    return {row["text"]: (row["content_sha256"], row["media_type"]) for row in store.sql(query)}


@every_way
def test_conversations_come_back_as_they_were_beside_the_text(made: Path, way: str) -> None:
    left = [row.get(OWN) for row in rows_of(made / way)]
    assert [without_nulls(own) for own in left] == [*map(without_nulls, TALKS.values()), None]
    if way == "jsonl":
        assert left[:-1] == [*TALKS.values()]
        line = json.loads((made / way / "data" / "shard-00000.jsonl").read_text("utf-8").split("\n")[0])
        assert line["messages"] == TALKS["messages"]["messages"]
        assert line["instruction"] is None
    assert opened(made).verify(made / way)["ok"]


@every_way
def test_export_that_is_ingested_again_has_the_same_texts_and_contents(made: Path, tmp_path: Path, way: str) -> None:
    (tmp_path / "source.toml").write_text(CARD, encoding="utf-8")
    shutil.copytree(made / way / "data", tmp_path / "data")
    again = Store(tmp_path / "again")
    answer = again.ingest([tmp_path], workers=1)
    assert (answer["added"], answer["rejected"]) == (len(TALKS) + 1, 0)
    before, now = contents(opened(made)), contents(again)
    assert now.keys() == before.keys()
    assert {text for text in now if now[text] != before[text]} == set()


def test_parquet_has_lists_of_structs_where_the_values_are_alike_and_json_elsewhere(made: Path) -> None:
    (shard,) = (made / "parquet" / "data").iterdir()
    schema = pq.read_schema(shard)
    turn = schema.field("conversations").type.value_type
    assert {field.name: field.type for field in turn} == {"from": pa.string(), "value": pa.string()}
    assert pa.types.is_list(schema.field("messages").type)
    assert schema.field("prompt").type == pa.string(), "a string in one row and turns in another"
    kept = pq.read_table(shard).column("prompt").to_pylist()
    assert kept[2] == "Where is the mole?"
    assert json.loads(kept[3]) == TALKS["turns"]["prompt"]
    assert manifest_of(made / "parquet")["own_form"]["columns"]["prompt"] == "json"


def test_manifest_page_and_card_name_the_own_form(made: Path) -> None:
    manifest = manifest_of(made / "jsonl")
    assert (manifest["own_form"]["records"], manifest["own_form"]["left_out"]) == (len(TALKS), 0)
    assert manifest["own_form"]["columns"]["conversations"] == [{"from": "string", "value": "string"}]
    assert any(
        line.startswith("in their own form beside the text: 7 conversations") for line in export_lines(manifest, "o")
    )
    assert "7 conversations in the own form beside the text" in (made / "jsonl" / "README.md").read_text("utf-8")
    front = yaml.safe_load((made / "parquet" / "README.md").read_text("utf-8").split("---")[1])
    features = {feature["name"]: feature for feature in front["dataset_info"]["features"]}
    assert features["conversations"]["list"] == [
        {"name": "from", "dtype": "string"},
        {"name": "value", "dtype": "string"},
    ]
    assert features["prompt"]["dtype"] == "string"


def test_export_without_conversations_has_no_columns_for_them(tmp_path: Path) -> None:
    store = filled(tmp_path, [PLAIN])
    manifest = store.export(tmp_path / "out", text_as="parquet", **USE)
    assert manifest["own_form"] is None
    assert pq.read_schema(tmp_path / "out" / "data" / "shard-00000.parquet").names == [c.name for c in text.COLUMNS]


@every_way
def test_redaction_takes_personal_data_out_of_the_own_form_as_out_of_the_text(mine: Path, way: str) -> None:
    store = opened(mine)
    store.export(mine / "red", text_as=way, redact="all", **USE)
    first = rows_of(mine / "red")[0]
    assert first[OWN]["messages"][0]["content"] == "Write to [email]. 😀 \u2028"
    assert first["text"].startswith("tools: ")
    everything = b"".join(path.read_bytes() for path in (mine / "red").rglob("*") if path.is_file())
    assert MAIL.encode() not in everything
    assert manifest_of(mine / "red")["own_form"]["left_out"] == 0
    assert store.verify(mine / "red")["ok"]


@every_way
def test_conversation_that_cannot_be_redacted_exactly_leaves_as_text_alone_and_is_named(
    tmp_path: Path, way: str
) -> None:
    turns = [{"role": "user", "content": "Mine.", "card": 4111111111111111}]
    store = filled(tmp_path, [{"id": "a", "messages": turns}, {"id": "b", **TALKS["sharegpt"]}])
    manifest = store.export(tmp_path / "out", text_as=way, redact="all", **USE)
    assert manifest["own_form"]["left_out"] == manifest["own_form"]["records"] == 1
    one, other = rows_of(tmp_path / "out")
    assert (one["text"], one.get(OWN)) == ("user: Mine.\ncard: [card]", None)
    assert other[OWN] == TALKS["sharegpt"]
    assert any("whose turns could not be redacted exactly" in line for line in export_lines(manifest, "out"))
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"4111111111111111" not in everything
    assert store.verify(tmp_path / "out")["ok"]


def changed(out: Path, way: str, change: Callable[[list[Row]], list[Row]]) -> None:
    own = manifest_of(out)["own_form"]["columns"]
    text.find(way).write(out / "data", "shard-00000", change(rows_of(out)), own)


def registered(store: Store, out: Path) -> None:
    """The export as if it had been made with the rows that it has now."""
    entries = index_of(out)
    for entry, row in zip(entries, rows_of(out), strict=True):
        entry.update(text.digests(packed(row)))
    pq.write_table(pa.Table.from_pylist(entries, INDEX_SCHEMA), out / INDEX)
    manifest = manifest_of(out)
    manifest["own_form"]["records"] = sum(entry["own_sha256"] is not None for entry in entries)
    exports.register(store, out, manifest, NOW)
    shutil.copy(out / INDEX, store.layout.exported(manifest["export"]))


def other_turn(rows: list[Row]) -> list[Row]:
    return [*rows[:1], {**rows[1], OWN: {"conversations": [{"from": "human", "value": "Never?"}]}}, *rows[2:]]


@every_way
@pytest.mark.parametrize("redact", [None, "all"])
def test_turns_that_were_changed_are_noticed_by_the_index_and_by_the_store(
    mine: Path, way: str, redact: str | None
) -> None:
    store, out = opened(mine), mine / "out"
    store.export(out, text_as=way, redact=redact, **USE)
    changed(out, way, other_turn)
    shard = f"data/shard-00000.{way}"
    assert "document 1 is not the one in the index" in reasons(store, out)[shard]
    registered(store, out)
    assert reasons(store, out) == {shard: "document 1 has other turns than its record"}


@every_way
def test_turns_beside_a_record_that_has_none_or_taken_from_one_that_has_are_noticed(mine: Path, way: str) -> None:
    store, out = opened(mine), mine / way
    changed(out, way, lambda rows: [*rows[:-1], {**rows[-1], OWN: TALKS["sharegpt"]}])
    registered(store, out)
    assert reasons(store, out) == {f"data/shard-00000.{way}": "document 7 has other turns than its record"}
    changed(out, way, lambda rows: [{k: v for k, v in rows[0].items() if k != OWN}, *rows[1:-1], PLAIN | rows[-1]])
    registered(store, out)
    assert "document 0 has other turns than its record" in reasons(store, out)[f"data/shard-00000.{way}"]


def test_column_of_turns_that_every_row_has_as_something_else_is_an_error_before_anything_is_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "source.toml").write_text(CARD + '[fields]\nmessages = "attribution"\n', encoding="utf-8")
    row = {"attribution": TALKS["turns"]["prompt"]}
    (tmp_path / "corpus" / "talks.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    store = opened(tmp_path)
    store.ingest([tmp_path / "corpus"], workers=1)
    with pytest.raises(InputError, match="its turns stand in a column 'attribution'"):
        store.export(tmp_path / "out", **USE)
    assert not (tmp_path / "out").exists()
