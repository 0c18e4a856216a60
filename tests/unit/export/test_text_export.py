"""An export of texts, from the store to `verify`: what a row has, what shards are, and what is noticed of any change."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful import Store, schema
from rightful.errors import InputError, Refused, RightfulError, UnknownName
from rightful.export.formats import text
from rightful.export.formats.text import Row, packed
from rightful.export.making import texts
from rightful.export.papers import INDEX_SCHEMA, Credit, credits_of
from rightful.query.exported import INDEX
from tests import exports
from tests.exports import manifest_of

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WAYS = text.names()
CARD = """name = "harbour"
license = "CC-BY-4.0"
authority = "publisher"
personal_data = "yes"
legal_basis = "legitimate_interests"
[fields]
author = "by"
"""
# A NUL is damage when it is read in, so no stored text has one.
STRANGE = (
    "Bell \a, escape \x1b[31m, lines \u2028 \u2029 \x85 \x0b, quotes \" ' \\, \U0001f6a2, \u05e9\u05dc\u05d5\u05dd"
)
ROWS: list[dict[str, Any]] = [
    {"id": "plain", "text": "The boats came in at six.", "title": "At *six*", "by": "Ida Moe", "url": "https://h.example/1"},
    {"id": "strange", "text": STRANGE, "title": "Signs | and [links](x)"},
    {"id": "mail", "text": "Write to ada@example.org about the nets.", "by": "Ole"},
    {"id": "long", "text": "The tide turned, and boat after boat went out. " * 400},
    {"id": "own", "text": "This note is under a licence of its own.", "license": "MIT"},
]  # fmt: skip
USE: dict[str, Any] = {"use": "train.pretrain", "accept": "all", "workers": 1}

every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of :data:`ROWS`, and an export of its texts in every way. Copied by those who change it."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "corpus").mkdir()
    (folder / "corpus" / "source.toml").write_text(CARD, encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (folder / "corpus" / "notes.jsonl").write_text(lines, encoding="utf-8")
    store = opened(folder)
    answer = store.ingest([folder / "corpus"], workers=1)
    assert answer["added"] == len(ROWS), answer["errors"]
    for way in WAYS:
        store.export(folder / way, **USE, format="text", text_as=way)
    return folder


@pytest.fixture
def mine(made: Path, tmp_path: Path) -> Path:
    copied: Path = shutil.copytree(made, tmp_path / "mine")
    return copied


def opened(folder: Path) -> Store:
    return Store(folder / "store", clock=lambda: NOW)


def rows_of(out: Path) -> list[Row]:
    """The rows of all shards, read as a stranger would."""
    rows: list[Row] = []
    for path in sorted((out / "data").iterdir()):
        if path.suffix == ".parquet":
            rows += pq.read_table(path).to_pylist()
        else:
            rows += [json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1]]
    return rows


def index_of(out: Path) -> list[dict[str, Any]]:
    return pq.read_table(out / INDEX).to_pylist()


@every_way
def test_rows_are_the_stored_texts_with_address_licence_and_attribution(made: Path, way: str) -> None:
    rows = rows_of(made / way)
    assert [row["text"] for row in rows] == [row["text"] for row in ROWS]
    assert [list(row) for row in rows] == [["record_id", "text", "url", "license", "attribution"]] * len(ROWS)
    assert [row["url"] for row in rows] == ["https://h.example/1", None, None, None, None]
    stored = {
        r["record_id"]: r for r in opened(made).sql("SELECT record_id, license_concluded AS license FROM records")
    }
    assert {row["record_id"]: row["license"] for row in rows} == {k: r["license"] for k, r in stored.items()}
    assert "MIT" in str(rows[4]["license"])
    page = (made / way / "ATTRIBUTION.md").read_text("utf-8").splitlines()
    assert [f"- {row['attribution']}" for row in rows] == [line for line in page if line.startswith("- ")]
    assert str(rows[0]["attribution"]).startswith(r"At \*six\*, by Ida Moe, from harbour, https://h.example/1")


@every_way
def test_manifest_and_index_of_texts_count_rows_and_name_no_tokenizer(made: Path, way: str) -> None:
    manifest = manifest_of(made / way)
    assert (manifest["format"], manifest["text_as"]) == ("text", way)
    assert (manifest["tokenizer"], manifest["tokens"], manifest["lost"]) == (None, None, 0)
    assert manifest["chars"] == sum(len(row["text"]) for row in ROWS)
    [shard] = manifest["shards"]
    assert (shard["path"], shard["records"], shard["tokens"]) == (f"data/shard-00000.{way}", len(ROWS), None)
    assert not (made / way / "tokenizer").exists()
    assert [e.message for e in jsonschema.Draft202012Validator(schema.find("manifest")).iter_errors(manifest)] == []
    for n, (entry, row) in enumerate(zip(index_of(made / way), rows_of(made / way), strict=True)):
        assert (entry["document"], entry["position"], entry["first_token"], entry["length"]) == (n, n, n, 1)
        assert (entry["record_id"], entry["shard"], entry["lost"]) == (row["record_id"], shard["path"], 0)
        assert entry["content_sha256"] == hashlib.sha256(str(row["text"]).encode()).digest()
        as_json = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert entry["row_sha256"] == hashlib.sha256(as_json.encode()).digest()
        assert entry["tokens_sha256"] is None
    assert opened(made).verify(made / way)["ok"]
    card = (made / way / "README.md").read_text("utf-8")
    assert f"data_files: data/*.{way}" in card
    assert "5 texts, one row each, in 1 shard (text" in card
    assert "`share.verbatim`" in card


@every_way
def test_shards_of_texts_are_bounded_by_bytes_and_the_same_for_any_number_of_workers(
    made: Path, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rightful.export.leaving.BATCH_CHARS", 60)
    store = opened(made)
    sizes = [len(packed(row)) for row in rows_of(made / way)]
    for name, workers, seed in (("one", 1, None), ("two", 2, None), ("seed-1", 1, 7), ("seed-2", 2, 7)):
        out = tmp_path / name
        order = {"format": "text", "text_as": way, "shard_bytes": sizes[0] + sizes[1], "seed": seed, "snapshot": 1}
        manifest = store.export(out, **USE | {"workers": workers}, **order)
        assert store.verify(out)["ok"]
        if seed is None:
            assert [shard["records"] for shard in manifest["shards"]] == [2, 1, 1, 1]
    for one, two in (("one", "two"), ("seed-1", "seed-2")):
        assert {p.name: p.read_bytes() for p in (tmp_path / one / "data").iterdir()} == {
            p.name: p.read_bytes() for p in (tmp_path / two / "data").iterdir()
        }
    kept, drawn = ([row["record_id"] for row in rows_of(tmp_path / name)] for name in ("one", "seed-1"))
    assert kept != drawn
    assert sorted(map(str, kept)) == sorted(map(str, drawn))


@every_way
def test_redacted_texts_leave_without_what_was_found_and_verify(mine: Path, way: str) -> None:
    store = opened(mine)
    manifest = store.export(mine / "red", **USE, format="text", text_as=way, redact="email")
    assert manifest["redaction"]["spans"] == {"email": 1}
    assert rows_of(mine / "red")[2]["text"] == "Write to [email] about the nets."
    entry = index_of(mine / "red")[2]
    assert entry["redacted_sha256"] == hashlib.sha256(b"Write to [email] about the nets.").digest()
    everything = b"".join(p.read_bytes() for p in (mine / "red").rglob("*") if p.is_file())
    assert b"ada@example.org" not in everything
    assert store.verify(mine / "red")["ok"]
    # Put back what was taken out, and cover it up: the text is not what its record of the index says.
    rewritten(mine / "red", way, lambda rows: [*rows[:2], {**rows[2], "text": ROWS[2]["text"]}, *rows[3:]])
    forged(store, mine / "red")
    assert reasons(store, mine / "red") == {f"data/shard-00000.{way}": "document 2 has another text than its record"}
    # The digest of the redacted text as well: it is not the stored text without its personal data.
    entries = index_of(mine / "red")
    entries[2]["redacted_sha256"] = entries[2]["content_sha256"]
    pq.write_table(pa.Table.from_pylist(entries, INDEX_SCHEMA), mine / "red" / INDEX)
    forged(store, mine / "red")
    assert reasons(store, mine / "red") == {
        f"data/shard-00000.{way}": "document 2 is not the stored text without its personal data"
    }


@every_way
def test_selection_and_withdrawal_are_those_of_every_export(mine: Path, way: str) -> None:
    store = opened(mine)
    store.export(mine / "few", **USE, format="text", text_as=way, where="n_chars < 30", dedup="none")
    assert [row["text"] for row in rows_of(mine / "few")] == [ROWS[0]["text"]]
    refused = pq.read_table(mine / way / "refusals.parquet").to_pylist()
    assert refused == []
    [record] = [str(row["record_id"]) for row in rows_of(mine / "few")]
    store.consent.withdraw(record=record)
    stale = store.verify(mine / "few")["stale"]
    assert [(s["record"], s["reason"]) for s in stale] == [(record, "withdrawn")]
    with pytest.raises(Refused, match="nothing is permitted"):
        store.export(mine / "none", **USE, format="text", text_as=way, where="n_chars < 30")
    assert not (mine / "none").exists()
    store.export(mine / "rest", **USE, format="text", text_as=way)
    assert record not in {row["record_id"] for row in rows_of(mine / "rest")}
    [left_out] = pq.read_table(mine / "rest" / "refusals.parquet").to_pylist()
    assert (left_out["record_id"], left_out["reason"]) == (record, "withdrawn")


def rewritten(out: Path, way: str, change: Callable[[list[Row]], Iterable[Row]]) -> Path:
    """The only shard with other rows."""
    own = (manifest_of(out)["own_form"] or {}).get("columns", {})
    [path] = text.find(way).write(out / "data", "shard-00000", change(rows_of(out)), own)
    return path


def forged(store: Store, out: Path) -> None:
    """Give the index the digests that the rows have now, and register all of it anew."""
    entries = index_of(out)
    left = text.find(manifest_of(out)["text_as"]).read(out / "data", "shard-00000")
    for entry, row in zip(entries, left, strict=True):
        entry.update(text.digests(packed(row)))
    pq.write_table(pa.Table.from_pylist(entries, INDEX_SCHEMA), out / INDEX)
    manifest = manifest_of(out)
    exports.register(store, out, manifest, NOW)
    shutil.copy(out / INDEX, store.layout.exported(manifest["export"]))


def reasons(store: Store, out: Path) -> dict[str, str]:
    return {c["file"]: c["reason"] for c in store.verify(out)["corrupt"]}


@every_way
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda rows: [{**rows[0], "text": "The boats came in at two."}, *rows[1:]], "document 0 is not the one in"),
        (lambda rows: [*rows[:4], {**rows[4], "license": "CC0-1.0"}], "document 4 is not the one in the index"),
        (lambda rows: [*rows[:4], {**rows[4], "url": ""}], "document 4 is not the one in the index"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "document 0 is not the one in the index"),
        (lambda rows: [*rows[:2], *rows[3:]], "document 2 is not the one in the index"),
        (lambda rows: [*rows, rows[0]], "document 5 is not the one in the index"),
    ],
)
def test_verify_names_a_shard_whose_rows_were_changed_dropped_or_moved(
    mine: Path, way: str, change: Callable[[list[Row]], Iterable[Row]], reason: str
) -> None:
    """Once with the digest that the manifest knows, and once covered up by a manifest that was registered."""
    store, name = opened(mine), f"data/shard-00000.{way}"
    rewritten(mine / way, way, change)
    touched = reasons(store, mine / way)
    assert list(touched) == [name]
    assert "has another digest than the manifest" in touched[name]
    assert reason in touched[name]
    exports.register(store, mine / way, manifest_of(mine / way), NOW)
    [(file, said)] = reasons(store, mine / way).items()
    assert (file, said.startswith(reason)) == (name, True)


@every_way
def test_verify_names_a_last_row_that_is_gone_and_one_text_that_was_covered_up(mine: Path, way: str) -> None:
    store = opened(mine)
    rewritten(mine / way, way, lambda rows: rows[:-1])
    exports.register(store, mine / way, manifest_of(mine / way), NOW)
    assert reasons(store, mine / way) == {
        INDEX: "names documents that no shard holds",
        "manifest.json": "counts differ: 4 records",
    }
    again = store.export(mine / "again", **USE, format="text", text_as=way)
    rewritten(mine / "again", way, lambda rows: [{**rows[0], "text": "Another text."}, *rows[1:]])
    forged(store, mine / "again")
    assert again["records"] == 5
    assert reasons(store, mine / "again") == {f"data/shard-00000.{way}": "document 0 has another text than its record"}


@every_way
def test_verify_names_a_shard_that_is_cut_missing_or_too_many(mine: Path, way: str) -> None:
    store, out = opened(mine), mine / way
    path = out / "data" / f"shard-00000.{way}"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert re.search(r"is cut short|is not JSON|not a whole Parquet", reasons(store, out)[f"data/{path.name}"])
    path.unlink()
    assert "is missing" in reasons(store, out)[f"data/{path.name}"]
    path.write_bytes(whole)
    (out / "data" / f"shard-00001.{way}").write_bytes(whole)
    assert reasons(store, out) == {f"data/shard-00001.{way}": "is not in the manifest"}


@pytest.mark.parametrize(
    ("options", "subject", "hint"),
    [
        ({"format": "text", "tokenizer": "bytes"}, "--tokenizer", "leave it out"),
        ({"format": "text", "eod": "</s>"}, "--eod", "leave it out"),
        ({"format": "text", "tokenizer_backend": "hf"}, "--tokenizer-backend", "leave it out"),
        ({"format": "text", "on_unencodable": "count"}, "--on-unencodable", "leave it out"),
        ({"format": "text", "shard_tokens": 5}, "--shard-tokens", "--shard-bytes bounds a shard of texts"),
        ({"format": "parquet", "text_as": "jsonl"}, "--text-as", "--format text"),
        ({"format": "megatron", "text_as": "parquet"}, "--text-as", "--format text"),
        ({"shard_bytes": 5}, "--shard-bytes", "--format text"),
    ],
)
def test_option_of_the_other_kind_of_format_is_an_error_before_anything_is_made(
    made: Path, tmp_path: Path, options: dict[str, Any], subject: str, hint: str
) -> None:
    with pytest.raises(InputError) as caught:
        opened(made).export(tmp_path / "out", **USE, **options)
    assert caught.value.subject == subject
    assert hint in str(caught.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_way_or_size_that_is_none_is_an_error(made: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown form of texts 'csv'"):
        opened(made).export(tmp_path / "out", **USE, format="text", text_as="csv")
    with pytest.raises(InputError, match="--shard-bytes 0 is not a positive number"):
        opened(made).export(tmp_path / "out", **USE, format="text", shard_bytes=0)
    assert list(tmp_path.iterdir()) == []


def test_texts_that_may_be_handed_on_have_a_card_that_does_not_deny_it(mine: Path) -> None:
    opened(mine).export(mine / "share", "share.verbatim", accept="all", format="text", workers=1)
    assert "was not decided here" not in (mine / "share" / "README.md").read_text("utf-8")


@every_way
def test_text_of_a_conversation_is_held_against_the_text_of_its_record(tmp_path: Path, way: str) -> None:
    """The digest of its content is over its turns as well."""
    turns = [{"role": "user", "content": "When is high water?"}, {"role": "assistant", "content": "At six."}]
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "source.toml").write_text(CARD, encoding="utf-8")
    talk = json.dumps({"id": "talk", "messages": turns})
    (tmp_path / "corpus" / "talks.jsonl").write_text(talk + "\n", encoding="utf-8")
    store = opened(tmp_path)
    assert store.ingest([tmp_path / "corpus"], workers=1)["added"] == 1
    for name, redact in (("plain", None), ("red", "email")):
        out = tmp_path / name
        store.export(out, **USE, format="text", text_as=way, redact=redact)
        [row], [entry] = rows_of(out), index_of(out)
        assert row["text"] == store.sql("SELECT text FROM texts")[0]["text"]
        assert entry["text_sha256"] == hashlib.sha256(str(row["text"]).encode()).digest() != entry["content_sha256"]
        assert store.verify(out)["ok"]
        [of_talk] = text.find(way).read(out / "data", "shard-00000")
        rewritten(out, way, lambda _, of=of_talk: [{**of, "text": "At five."}])
        forged(store, out)
        assert reasons(store, out) == {f"data/shard-00000.{way}": "document 0 has another text than its record"}


@every_way
def test_shard_that_does_not_read_back_as_it_was_meant_is_no_export(
    made: Path, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk or a library that writes something else than what it was given."""
    form = text.find(way)
    faithful = form.write
    for wrong, message in (
        (lambda rows: [{**rows[0], "text": "Other."}, *rows[1:]], "does not read back as it was written"),
        (lambda rows: [*rows, rows[-1]], "does not read back as it was written"),
        (lambda rows: rows[:-1], "holds 4 rows, not 5"),
    ):
        monkeypatch.setattr(form, "write", partial(unfaithful, faithful, wrong))
        with pytest.raises(RightfulError, match=message):
            opened(made).export(tmp_path / "out", **USE, format="text", text_as=way)
        assert list(tmp_path.iterdir()) == []


def unfaithful(
    write: Callable[..., list[Path]],
    wrong: Callable[[list[Row]], list[Row]],
    folder: Path,
    stem: str,
    rows: Any,
    *of: Any,
) -> list[Path]:
    return write(folder, stem, wrong(list(rows)), *of)


def test_credit_of_another_record_stops_the_export(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def shifted(*of: Any) -> Iterator[Credit]:
        credits = list(credits_of(*of))
        return iter([*credits[1:], credits[0]])

    monkeypatch.setattr(texts, "credits_of", shifted)
    with pytest.raises(RightfulError, match="the credits name"):
        opened(made).export(tmp_path / "out", **USE, format="text")
    assert list(tmp_path.iterdir()) == []
