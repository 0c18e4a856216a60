"""Columns that are kept: beside the texts, in no tag, in every question and export, gone with the record."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.errors import InputError
from tests.unit.shelf import USE, Shelf, wording

WEB = {
    "score": 0.5,
    "int_score": 3,
    "dump": "CC-MAIN-2024-10",
    "metadata": {"source": "x", "mail": None},
}


def rows(n: int = 4, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "text": wording(f"w{i}"),
            "url": f"https://a.example/{i}",
            **WEB,
            "score": i / 4,
            "token_count": 200 + i,
            **more,
        }
        for i in range(n)
    ]


def fill(shelf: Shelf, listed: list[dict[str, Any]], name: str = "web", **options: Any) -> dict[str, Any]:
    folder = shelf.root / name
    folder.mkdir(exist_ok=True)
    card = folder / "source.toml"
    if not card.exists():
        card.write_text(f'name = "{name}"\nlicense = "CC0-1.0"\ncovers = "contents"\n', encoding="utf-8")
    numbered = [json.dumps({"id": f"{name}-{n}", **row}) + "\n" for n, row in enumerate(listed)]
    (folder / "rows.jsonl").write_text("".join(numbered), encoding="utf-8")
    return dict(shelf.store.ingest([folder], **{"keep": "all", "workers": 1, **options}).as_json())


def kept(shelf: Shelf) -> list[Any]:
    return [r["kept"] for r in shelf.store.sql("SELECT kept FROM records ORDER BY source_record_id")]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_all_columns_that_nothing_is_read_from_are_kept_as_one_struct(shelf: Shelf) -> None:
    answer = fill(shelf, rows(2))
    assert kept(shelf)[1] == {
        "dump": "CC-MAIN-2024-10",
        "int_score": 3,
        "metadata": {"source": "x"},
        "score": 0.25,
        "token_count": 201,
    }
    assert [(k["column"], k["type"]) for k in answer["kept"]] == [
        ("dump", "VARCHAR"),
        ("int_score", "BIGINT"),
        ("metadata", "STRUCT(source VARCHAR)"),
        ("score", "DOUBLE"),
        ("token_count", "BIGINT"),
    ]
    types = {r["column_name"]: r["column_type"] for r in shelf.store.sql("DESCRIBE records")}
    assert types["kept"].startswith("STRUCT(dump VARCHAR, int_score BIGINT")


def test_named_columns_are_kept_in_their_objects_and_one_that_no_record_has_is_named(shelf: Shelf) -> None:
    answer = fill(shelf, rows(2), keep=["score", "metadata.source", "sore"])
    assert kept(shelf)[1] == {"metadata": {"source": "x"}, "score": 0.25}
    assert [k["column"] for k in answer["kept"] if k["type"] is None] == ["sore"]


def test_store_without_kept_columns_answers_null_and_says_so_to_a_condition(shelf: Shelf) -> None:
    shelf.put("plain", "A text alone.")
    assert kept(shelf) == [None]
    with pytest.raises(InputError, match="no columns were kept in this store"):
        shelf.store.query(**USE, where="kept.score > 0.5")


def test_condition_selects_by_kept_columns_by_quoted_names_and_beside_tags(shelf: Shelf) -> None:
    fill(shelf, [{**row, "the 'best\" one": i} for i, row in enumerate(rows(4))])
    assert shelf.chosen(where="kept.score > 0.4") == ["web-2", "web-3"]
    assert shelf.chosen(where="kept.metadata.source = 'x' AND source_record_id = 'web-1'") == ["web-1"]
    assert shelf.chosen(where="""kept."the 'best"" one" = 3""") == ["web-3"]
    assert shelf.chosen(where="kept['int_score'] = 4") == []
    answer = shelf.store.query(**USE, where="kept.score > 0.4")
    assert answer["considered"]["records"] == 2
    assert shelf.store.stats(where="kept.score > 0.4")["totals"]["records"] == 2


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("kept.sore > 0.5", "sore"),
        ("kept.score > (SELECT 1)", "subquery is not allowed"),
        ("getenv(kept.dump) = 'x'", "getenv"),
        ("CAST(kept.dump AS INTEGER) > 1", "fails on a record"),
        ("kept IS NULL) OR (true", "cannot be used"),
        ("kept IS NULL; DROP TABLE part_order", "syntax error"),
    ],
)
def test_condition_on_kept_columns_is_bounded_as_any_other(shelf: Shelf, where: str, why: str) -> None:
    fill(shelf, rows(2))
    with pytest.raises(InputError, match=why):
        shelf.store.query(**USE, where=where)


def test_changed_value_is_an_update_of_the_record_and_the_same_again_is_none(shelf: Shelf) -> None:
    first = rows(3)
    fill(shelf, first)
    before = {r["source_record_id"]: r["record_id"] for r in shelf.store.sql("SELECT * FROM records")}
    again = fill(shelf, first, rehash=True)
    assert (again["added"], again["unchanged"], again["updated"]) == (0, 3, 0)
    first[1]["score"] = 0.9
    changed = fill(shelf, first)
    assert changed["read"] == changed["added"] + changed["unchanged"] == 3
    assert changed["updated"] == 1
    assert [k["score"] for k in kept(shelf)] == [0.0, 0.9, 0.5]
    assert before == {r["source_record_id"]: r["record_id"] for r in shelf.store.sql("SELECT * FROM records")}


def test_other_keep_reads_the_files_again_and_none_leaves_them_as_they_are(shelf: Shelf) -> None:
    first = rows(2)
    fill(shelf, first, keep=None)
    assert fill(shelf, first, keep=None)["unchanged"] == 2
    assert fill(shelf, first, keep=["dump"])["updated"] == 2
    assert kept(shelf) == [{"dump": "CC-MAIN-2024-10"}] * 2
    assert fill(shelf, first, keep=["dump", "dump"])["updated"] == 0
    fill(shelf, first, keep=None)
    assert kept(shelf) == [None, None]


def test_card_keeps_columns_where_no_option_does(shelf: Shelf) -> None:
    folder = shelf.root / "web"
    folder.mkdir()
    (folder / "source.toml").write_text(
        'name = "web"\nlicense = "CC0-1.0"\ncovers = "contents"\n[fields]\nkeep = ["score"]\n', encoding="utf-8"
    )
    fill(shelf, rows(2), keep=None)
    assert kept(shelf)[1] == {"score": 0.25}
    fill(shelf, rows(2), keep=["dump"])
    assert kept(shelf)[1] == {"dump": "CC-MAIN-2024-10", "score": None}


def test_recipe_keeps_columns_and_says_them_again(shelf: Shelf, tmp_path: Path) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text('[fields]\nkeep = ["score", "dump"]\n', encoding="utf-8")
    fill(shelf, rows(2), keep=None, recipe=recipe)
    assert kept(shelf)[0] == {"dump": "CC-MAIN-2024-10", "score": 0.0}
    recipe.write_text('[fields]\nkeep = "all"\n', encoding="utf-8")
    fill(shelf, rows(2), keep=None, recipe=recipe)
    assert "token_count" in kept(shelf)[0]
    recipe.write_text("[fields]\nkeep = [1]\n", encoding="utf-8")
    with pytest.raises(InputError, match="must be a list of columns"):
        fill(shelf, rows(2), keep=None, recipe=recipe)


def test_person_of_a_record_is_never_kept(shelf: Shelf) -> None:
    listed = rows(2, who="Ada Example", meta={"who": "Ada Example", "n": 1})
    fill(shelf, listed, subject_field="who")
    assert all("who" not in k for k in kept(shelf))
    fill(shelf, listed, name="again", subject_field="meta.who")
    assert [k["meta"]["who"] for k in kept(shelf)][:2] == [None, None]
    with pytest.raises(InputError, match="names a person"):
        fill(shelf, listed, subject_field="who", keep=["who"])
    fill(shelf, listed, name="again", subject_field="meta.who", keep=["meta"])
    stored = [r["kept"] for r in shelf.store.sql("SELECT kept FROM texts WHERE kept NOT LIKE '%dump%'")]
    assert stored == ['{"meta":{"n":1}}'] * 2


def test_columns_that_speak_of_rights_are_heard_though_they_are_kept(shelf: Shelf) -> None:
    fill(shelf, rows(2, usage_terms="no machine learning"), keep=["usage_terms"])
    assert kept(shelf) == [{"usage_terms": "no machine learning"}] * 2
    assert shelf.chosen() == []


def test_finding_in_a_kept_column_is_one_of_the_record_and_owes_redaction(shelf: Shelf) -> None:
    listed = rows(3)
    listed[1] |= {"contact": "ada@example.org", "author_line": "Author: Bob <bob@example.org>"}
    fill(shelf, listed)
    tags = {r["source_record_id"]: r for r in shelf.store.sql("SELECT * FROM records")}
    assert (tags["web-1"]["pii_state"], tags["web-1"]["pii_types"]) == ("found", ["email"])
    assert tags["web-1"]["pii_counts"] == [2]
    assert (tags["web-0"]["pii_state"], tags["web-0"]["pii_types"]) == ("none_found", [])
    assert shelf.chosen() == ["web-0", "web-2"]
    assert shelf.chosen(redact="email") == ["web-0", "web-1", "web-2"]


@pytest.mark.parametrize("way", ["jsonl", "parquet"])
def test_export_of_texts_has_the_kept_columns_redacted_and_is_verified(shelf: Shelf, tmp_path: Path, way: str) -> None:
    listed = rows(4)
    listed[1] |= {"contact": "Write to ada@example.org", "deep": [{"to": ["bob@example.org"]}]}
    listed[2] |= {"phone": 4915112345678, "mixed": 5}
    listed[3] |= {"mixed": "five", "eve@example.org": 1}
    fill(shelf, listed)
    manifest = shelf.store.export(tmp_path / "out", **USE, format="text", text_as=way, redact="all")
    data = b"".join(p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file())
    left = left_in(tmp_path / "out", way)
    assert left[1]["contact"] == "Write to [email]"
    assert left[1]["deep"] == [{"to": ["[email]"]}]
    assert left[2].get("phone") is None
    assert left[2]["mixed"] == "5"
    assert left[3]["mixed"] == "five"
    assert b"ada@example.org" not in data
    assert not any("example.org" in str(k) for k in left)
    assert manifest["kept"]["records"] == 4
    assert manifest["kept"]["redacted"] == 3
    assert manifest["redaction"]["not_found"] == {}
    assert shelf.store.verify(tmp_path / "out")["ok"]


def left_in(out: Path, way: str) -> list[dict[str, Any]]:
    (shard,) = (out / "data").glob(f"*.{way}")
    if way == "jsonl":
        return [json.loads(line)["kept"] for line in shard.read_text(encoding="utf-8").splitlines()]
    return [dict(k) for k in pq.read_table(shard).column("kept").to_pylist()]


def test_export_of_tokens_takes_nothing_of_it_and_counts_what_was_found_there_as_taken_out(
    shelf: Shelf, tmp_path: Path
) -> None:
    fill(shelf, rows(2, contact="ada@example.org"))
    manifest = shelf.store.export(tmp_path / "out", **USE, tokenizer="bytes", redact="all")
    assert manifest["records"] == 2
    assert manifest["kept"] is None
    assert shelf.store.verify(tmp_path / "out")["ok"]


def test_datasets_loads_an_export_with_kept_columns(shelf: Shelf, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    fill(shelf, [*rows(3), {"text": wording("bare")}])
    for way in ("jsonl", "parquet"):
        shelf.store.export(tmp_path / way, **USE, format="text", text_as=way)
        loaded = datasets.load_dataset(str(tmp_path / way), split="train", cache_dir=str(tmp_path / f"cache-{way}"))
        scores = sorted(row["score"] for row in loaded["kept"] if row is not None and row["score"] is not None)
        assert scores == [0.0, 0.25, 0.5]


def test_query_writes_the_kept_columns_and_where_persons_are_taken_out_only_those_without(
    shelf: Shelf, tmp_path: Path
) -> None:
    listed = rows(3)
    listed[1]["contact"] = "ada@example.org"
    fill(shelf, listed)
    for suffix in ("parquet", "jsonl", "csv"):
        shelf.store.query(**USE, redact="all", out=tmp_path / f"ids.{suffix}")
        assert b"ada@example.org" not in (tmp_path / f"ids.{suffix}").read_bytes()
    written = pq.read_table(tmp_path / "ids.parquet")
    assert [k and k["score"] for k in written.column("kept").to_pylist()] == [0.0, None, 0.5]
    assert "kept_key" not in written.column_names
    lines = [json.loads(line) for line in (tmp_path / "ids.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["kept"] and line["kept"]["score"] for line in lines] == [0.0, None, 0.5]
    with (tmp_path / "ids.csv").open(encoding="utf-8", newline="") as file:
        assert json.loads(next(csv.DictReader(file))["kept"])["dump"] == "CC-MAIN-2024-10"


def test_explain_shows_what_was_kept_until_it_is_withdrawn(shelf: Shelf) -> None:
    fill(shelf, rows(2))
    assert shelf.store.explain("web-1", **USE)["kept"]["score"] == 0.25
    shelf.withdraw("url", "https://a.example/1")
    assert shelf.store.explain("web-1", **USE)["kept"] is None
    assert shelf.store.explain("web-0", **USE)["kept"]["score"] == 0.0


def test_nobody_sees_what_was_kept_of_a_withdrawn_record_nor_learns_of_it_by_conditions(shelf: Shelf) -> None:
    fill(shelf, rows(3, secret="the answer"))
    shelf.withdraw("url", "https://a.example/1")
    assert [k and k["score"] for k in kept(shelf)] == [0.0, None, 0.5]
    assert not shelf.store.sql("SELECT * FROM texts WHERE kept LIKE '%0.25%'")
    counted = shelf.store.query(**USE, where="kept.score = 0.25")
    assert counted["considered"]["records"] == 0
    assert shelf.store.stats(where="kept.secret = 'the answer'")["totals"]["records"] == 2


def test_names_of_columns_that_only_a_withdrawn_record_has_are_gone_with_it(shelf: Shelf) -> None:
    listed = rows(2)
    listed[1]["quetzalcoatlus"] = 1
    fill(shelf, listed)
    assert "quetzalcoatlus" in str(list(shelf.store.sql("DESCRIBE records")))
    shelf.withdraw("url", "https://a.example/1")
    assert "quetzalcoatlus" not in str(list(shelf.store.sql("DESCRIBE records")))
    assert [k and k["score"] for k in kept(shelf)] == [0.0, None]


def test_tags_and_evidence_hold_no_kept_value(shelf: Shelf) -> None:
    fill(shelf, rows(3, secret="quetzalcoatlus"))
    where = [p.parent.name for p in shelf.store.layout.root.rglob("*.parquet") if "quetzalcoatlus" in strings_of(p)]
    assert where == ["texts"]
    ledger = b"".join(p.read_bytes() for p in shelf.store.layout.root.glob("ledger*"))
    assert b"quetzalcoatlus" not in ledger


def strings_of(path: Path) -> str:
    file = pq.ParquetFile(path)
    return str(file.read().to_pydict()) + str(file.metadata.metadata) + str(file.schema_arrow)


def test_tag_carries_kept_values_along_and_scans_them_again(shelf: Shelf, tmp_path: Path) -> None:
    recipe = tmp_path / "no.toml"
    recipe.write_text('[pii]\nlook_for = "ipv4"\n', encoding="utf-8")
    fill(shelf, rows(2, contact="ada@example.org"), recipe=recipe)
    before = kept(shelf)
    assert [r["pii_types"] for r in shelf.store.sql("SELECT pii_types FROM records")] == [[], []]
    shelf.store.tag(recipe="default", workers=1)
    assert kept(shelf) == before
    assert [r["pii_types"] for r in shelf.store.sql("SELECT pii_types FROM records")] == [["email"], ["email"]]
    assert fill(shelf, rows(2, contact="ada@example.org"), rehash=True)["updated"] == 0
    assert shelf.store.tag(recipe=recipe, where="kept.score > 0.1", workers=1)["records"] == 1


def test_sources_that_differ_are_read_as_one_struct(shelf: Shelf) -> None:
    fill(shelf, rows(1), name="one")
    fill(shelf, [{"text": wording("two"), "score": "high", "other": [1, 2]}], name="two")
    shelf.put("three", "Nothing beside it.")
    one, three, two = kept(shelf)
    assert (one["score"], one["other"], two["score"], two["other"], two["dump"]) == ("0.0", None, "high", [1, 2], None)
    assert three is None


def test_parquet_csv_and_json_keep_the_same(shelf: Shelf) -> None:
    listed = [{"id": f"r{i}", "text": wording(f"p{i}"), "score": i + 0.5, "n": i, "tags": ["a", "b"]} for i in range(3)]
    folder = shelf.root / "tables"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(listed), folder / "a.parquet", row_group_size=1)
    (folder / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in listed), encoding="utf-8")
    shelf.store.ingest([folder], keep="all", workers=1)
    stored = [r["kept"] for r in shelf.store.sql("SELECT kept FROM texts")]
    want = [json.dumps({"n": i, "score": i + 0.5, "tags": ["a", "b"]}, separators=(",", ":")) for i in range(3)]
    assert sorted(stored) == sorted(want)
