"""What a row says of rights is found wherever and however it is written, and nothing else is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful.readers import Fields, FoundFile
from rightful.readers.fields import Record, RowReader
from rightful.readers.statements import MOST, of_folders
from rightful.rights.columns import Look
from tests.unit.readers.reading import LOOK, read_file, write_lines

NC = "CC-BY-NC-4.0"


def record(row: dict[str, Any], fields: Fields | None = None, look: Look = LOOK) -> Record:
    found = RowReader(fields or Fields(), look)({"text": "A day.", **row})
    assert isinstance(found, Record), found
    return found


def said(row: dict[str, Any], **more: Any) -> list[list[Any]]:
    """Place, kind and value of every statement."""
    found = record(row, **more)
    if found.statements is not None:
        listed: list[list[Any]] = json.loads(found.statements)
        return listed
    return [] if found.license_raw is None else [["license", "license", found.license_raw]]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "license",
            "LICENSE",
            "Licence",
            "licenses",
            "license_id",
            "licenseUrl",
            "license-url",
            "license.name",
            "licenseURI",
        ),
        *(
            "dc:license",
            "dcterms:license",
            "schema:license",
            "@license",
            "xmpRights:license",
            "http://purl.org/dc/terms/license",
        ),
        *(
            "spdx",
            "spdx_id",
            "SPDX-License-Identifier",
            "detected_licenses",
            "max_stars_repo_licenses",
            "image_license",
        ),
        *(
            "Lizenz",
            "licencia",
            "licença",
            "licence",
            "лицензия",
            "许可证",
            "ライセンス",
            "라이선스",
            "ｌｉｃｅｎｓｅ",
            "lic\u200bense",
        ),
        *(
            "rights",
            "dc:rights",
            "DC.rights",
            "usage_rights",
            "accessRights",
            "copyright",
            "usage",
            "terms",
            "dc:terms",
        ),
        *("license_type", "licenseNotes", "license_score", "work_copyright_text", "termsOfUse", "xmpRights:UsageTerms"),
    ],
)
def test_statement_is_found_under_every_spelling_of_a_name(name: str) -> None:
    [[place, kind, value]] = said({name: NC})
    assert (place, value) == (name, NC)
    assert kind in ("license", "rights")


@pytest.mark.parametrize(
    "name",
    ["id", "title", "search_terms", "token_usage", "human_rights", "driver_license", "silence", "content", "source"],
)
def test_column_that_only_sounds_so_says_nothing(name: str) -> None:
    assert said({name: NC}) == []


@pytest.mark.parametrize(
    "row",
    [
        {"metadata": {"license": NC}},
        {"metadata": {"License": NC}},
        {"meta": {"deep": [{"very": {"license": NC}}]}},
        {"repo": {"license": {"spdx_id": NC}}},
        {"metadata": json.dumps({"license": NC})},
        {"metadata": " \n" + json.dumps({"a": {"license": NC}})},
        {"anything": json.dumps([{"license": NC}])},
        {"metadata": json.dumps({"inner": json.dumps({"license": NC})})},
        {"metadata": "{'license': '" + NC + "', 'x': None}"},
        {"metadata": [{"key": "license", "value": NC}]},
        {"metadata": [{"name": "license", "content": NC, "lang": "en"}]},
        {"metadata": [["license", NC], ["x", "y"]]},
        {"metadata": {"tags": [{"k": "dc:rights", "v": NC}]}},
        {"images": [{"src": "a.png"}, {"src": "b.png", "license": NC}]},
        {"metadata": {"key": "license", "value": NC}},
        {"metadata": [json.dumps({"license": NC})]},
        {"metadata": json.dumps(json.dumps({"license": NC}))},
        {"anything": json.dumps(json.dumps([{"license": NC}]))},
        {"tags": ["language:en", f"license:{NC}"]},
        {"meta": {"tags": [f"License = {NC}", "12:30", ""]}},
    ],
)
def test_statement_is_found_however_deep_and_in_whatever_form(row: dict[str, Any]) -> None:
    found = said(row)
    assert NC in json.dumps([value for _, _, value in found])
    assert len(found) == 1


def test_statements_of_a_row_are_all_kept_and_none_comes_first() -> None:
    row = {"license": "MIT", "metadata": {"license": NC}, "rights": "Apache-2.0"}
    expected = {"license": "MIT", "metadata.license": NC, "rights": "Apache-2.0"}
    for order in (row, dict(reversed(row.items()))):
        assert json.loads(record(order).license_raw or "") == expected
        assert {place: value for place, _, value in said(order)} == expected


@pytest.mark.parametrize(
    ("row", "raw"),
    [
        ({"license": "MIT"}, "MIT"),
        ({"license": ["MIT", None, "Ünlicense"]}, '["MIT","Ünlicense"]'),
        ({"license": {"spdx_id": "MIT"}}, "MIT"),
        ({"license": 4}, "4"),
        ({"license": "NOASSERTION"}, "NOASSERTION"),
        ({"license": "N/A"}, "N/A"),
        ({"license": " "}, None),
        ({"license": []}, None),
        ({"license": float("nan")}, None),
        ({"metadata": {"license": "MIT"}}, "MIT"),
        ({"license": "MIT", "metadata": {"license": "MIT"}}, "MIT"),
        ({"license": "MIT", "license_url": None, "licenses": "N/A", "spdx": "NOASSERTION"}, "MIT"),
        ({"license": "NOASSERTION", "metadata": {"license": NC}}, NC),
        ({"license": "", "licenses": NC}, NC),
        ({"license": '["MIT",  "X"]'}, '["MIT",  "X"]'),
        ({"license": "['MIT']"}, "['MIT']"),
    ],
)
def test_raw_licence_of_one_statement_is_what_it_was(row: dict[str, Any], raw: str | None) -> None:
    """Ids of records are digests of it: what says no more than before must not make another record."""
    assert record(row).license_raw == raw


def test_object_that_names_its_licence_in_several_ways_is_kept_whole() -> None:
    github = {"key": "mit", "name": "MIT License", "spdx_id": "MIT", "url": None}
    assert json.loads(record({"license": github}).license_raw or "") == {"license": github}
    assert said({"license": github}) == [["license", "license", github]]


@pytest.mark.parametrize(
    "value",
    [
        *(
            0.93,
            17,
            True,
            None,
            "0.93",
            "1,234",
            "12 %",
            "true",
            "No",
            "2024-01-31",
            "2024-01-31T10:00:00Z",
            "31.01.2024",
        ),
        *(
            {"prompt_tokens": 5},
            {"prompt_tokens": 5, "details": {"cached": 0}},
            [],
            {},
            "N/A",
            "-",
            "null",
            "nan",
            "None",
        ),
        *(date(2024, 1, 31), [1, 2, 3], '{"prompt_tokens": 5}'),
    ],
)
def test_numbers_truth_values_dates_and_null_say_nothing_where_a_column_may_speak_of_rights(value: Any) -> None:
    for name in ("usage", "license_score", "rights"):
        found = record({"license": "MIT", name: value})
        assert (found.license_raw, found.statements) == ("MIT", None), name


@pytest.mark.parametrize("value", [0, 4, 2.5, True, "yes", "2024-01-31"])
def test_any_other_value_counts_in_a_column_that_is_a_licence_by_name(value: Any) -> None:
    assert said({"license_id": value}) == [["license_id", "license", value]]


def test_bare_copyright_notice_and_holder_are_kept_apart() -> None:
    found = said({"license": "MIT", "copyright": "© 2024 Mira Moreno", "rights_holder": "MIT"})
    assert found == [
        ["license", "license", "MIT"],
        ["copyright", "notice", "© 2024 Mira Moreno"],
        ["rights_holder", "holder", "MIT"],
    ]
    assert record({"license": "MIT", "copyright": "© 2024 Mira Moreno"}).license_raw == "MIT"


def test_words_within_an_object_that_may_speak_are_each_a_statement() -> None:
    found = said({"usage": {"tokens": 5, "policy": "ask first", "license": NC}})
    assert sorted(found) == [["usage.license", "license", NC], ["usage.policy", "rights", "ask first"]]


@pytest.mark.parametrize("broken", ["license: " + NC, '{"license": "' + NC, "<dc:rights>" + NC + "</dc:rights>"])
def test_string_of_metadata_that_names_a_licence_and_cannot_be_read_is_a_statement(broken: str) -> None:
    assert said({"metadata": broken}) == [["metadata", "rights", broken]]
    assert said({"summary": broken}) == []


def test_text_is_never_looked_into() -> None:
    text = json.dumps({"license": NC})
    assert said({"text": text}) == []
    assert said({"doc": {"body": text}}, fields=Fields(text="doc.body")) == []


def test_key_that_comes_twice_within_a_string_is_damage_of_the_row() -> None:
    row = {"text": "A day.", "metadata": '{"license": "NC", "license": "MIT"}'}
    reason = RowReader(Fields(), LOOK)(row)
    assert reason == "the key 'license' in 'metadata' comes twice: a reader would keep one and lose the other"


def test_column_that_is_set_aside_says_nothing_and_one_that_is_a_licence_cannot_be() -> None:
    look = Look(LOOK.lists, set_aside=("usage", "metadata"))
    row = {"usage": {"policy": "ask"}, "metadata": {"terms": "ask", "license": NC}, "stats": {"usage": "ask"}}
    assert sorted(place for place, _, _ in said(row, look=look)) == ["metadata.license", "stats.usage"]


def test_option_names_one_more_column_and_hides_no_other() -> None:
    found = said({"sort": "MIT", "license": NC, "a": {"b": "X"}}, fields=Fields(license="sort"))
    assert sorted(found) == [["license", "license", NC], ["sort", "license", "MIT"]]
    assert said({"a": {"b": "X"}}, fields=Fields(license="a.b")) == [["a.b", "license", "X"]]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"license": 4, "url": "https://www.flickr.com/photos/x/1"}, "flickr"),
        ({"license": "4", "coco_url": "x", "flickr_url": "http://farm1.staticflickr.com/x.jpg"}, "flickr"),
        ({"license": 10, "images": ["https://live.staticflickr.com/1/2.jpg"]}, "flickr"),
        ({"license": 4, "url": "https://example.org/flickr"}, "license"),
        ({"license": 11, "url": "https://www.flickr.com/photos/x/1"}, "license"),
        ({"license": 4, "url": "https://notflickr.com/photos/x/1"}, "license"),
    ],
)
def test_number_is_a_licence_of_flickr_where_the_row_is(row: dict[str, Any], kind: str) -> None:
    [[_, found, value]] = said(row)
    assert (found, str(value)) == (kind, str(row["license"]))


def test_more_statements_than_anybody_reads_are_one_that_nobody_can() -> None:
    found = record({"images": [{"license": f"L{n}"} for n in range(MOST + 1)]})
    assert json.loads(found.statements or "") == [["images.license", "license", f"{MOST + 1} statements about rights"]]


def test_statement_that_is_too_long_is_cut_and_stays_unreadable() -> None:
    found = record({"license": "MIT OR " * 10_000, "rights": "x" * 50_000})
    values = [value for _, _, value in json.loads(found.statements or "")]
    assert [len(v) for v in values] == [20_001, 20_001]


def test_folders_of_a_partitioned_data_set_speak_for_the_rows_below() -> None:
    for folder, value in (("license=CC-BY-4.0", "CC-BY-4.0"), ("dc%3Arights=a%20b", "a b")):
        [statement] = of_folders(lying(f"/data/{folder}/2024/part.parquet"), LOOK)
        assert statement.value == value
    assert of_folders(lying("/d/license=__HIVE_DEFAULT_PARTITION__/host=node1/usage=5/p.parquet"), LOOK) == []
    assert of_folders(lying("/d/x/license=MIT"), LOOK) == [], "the file itself is no folder"


def test_folders_that_an_archive_was_unpacked_to_say_nothing_and_those_that_it_lies_in_do() -> None:
    file = replace(lying("/license=MIT/store/x/a.jsonl"), within=Path("/data/license=GPL-3.0-only/c.zip/a.jsonl"))
    assert [s.value for s in of_folders(file, LOOK)] == ["GPL-3.0-only"]


def lying(path: str) -> FoundFile:
    return FoundFile(Path(path), path, 1, 0, "jsonl")


def test_folder_statement_reaches_every_format(tmp_path: Path) -> None:
    folder = tmp_path / f"license={NC}"
    folder.mkdir()
    write_lines(folder / "a.jsonl", ['{"text": "A day.", "license": "MIT"}'])
    write_lines(folder / "a.csv", ["text,license", "A day.,MIT"])
    (folder / "a.txt").write_text("A day.")
    pq.write_table(pa.table({"text": ["A day."], "license": ["MIT"]}), folder / "a.parquet")
    for format in ("jsonl", "csv", "parquet"):
        [row] = read_file(folder / f"a.{format}", format).rows
        assert json.loads(row["license_raw"]) == {"license": "MIT", "license=": NC}, format
    assert [row["license_raw"] for row in read_file(folder / "a.txt", "text").rows] == [NC]


STRUCT = pa.struct({"license": pa.string(), "url": pa.string()})
PARQUET: dict[str, pa.Array] = {
    "metadata": pa.array([{"license": NC}, None], STRUCT),
    "info": pa.array([[("license", NC), ("x", "y")], []], pa.map_(pa.string(), pa.string())),
    "meta": pa.array([json.dumps({"license": NC}), None]),
    "extra": pa.array([[{"license": NC, "url": None}], None], pa.list_(STRUCT)),
    "tags": pa.array(
        [[{"key": "license", "value": NC}], []], pa.list_(pa.struct({"key": pa.string(), "value": pa.string()}))
    ),
    "properties": pa.array([["language:en", f"license:{NC}"], []], pa.large_list(pa.string())),
    "details": pa.array([json.dumps(json.dumps({"license": NC})), None]),
    "pairs": pa.array([[["license", NC]], []], pa.list_(pa.list_(pa.string()))),
    "dc:rights": pa.array([NC, None]),
    "licenses": pa.array([[NC], []], pa.list_(pa.string())),
    "License": pa.array([NC, "N/A"]).dictionary_encode(),
    "license_code": pa.array([NC.encode(), None], pa.binary()),
    "blob": pa.array([json.dumps({"license": NC}), None], pa.json_()),
    "deep": pa.array([{"a": {"b": [{"license": NC}]}}, None]),
    "one": pa.array([{"key": "license", "value": NC}, None], pa.struct({"key": pa.string(), "value": pa.string()})),
}


@pytest.mark.parametrize("name", PARQUET)
def test_parquet_statement_is_found_whatever_the_type(tmp_path: Path, name: str) -> None:
    table = pa.table({"text": ["A day.", "A night."], name: PARQUET[name]})
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = read_file(tmp_path / "a.parquet", "parquet").rows
    assert NC in first["license_raw"]
    assert second["license_raw"] in (None, "N/A")


def test_parquet_says_what_json_lines_say(tmp_path: Path) -> None:
    rows = [
        {"text": f"Day {n}.", "license": ["MIT", None, "N/A", "NOASSERTION"][n % 4], "rights": [NC, None, "0.9"][n % 3],
         "metadata": {"license": [None, "Apache-2.0"][n % 2], "usage": ["ask", None][n % 2]}, "copyright": "© 2024 Mira"}
        for n in range(40)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=7)
    write_lines(tmp_path / "a.jsonl", [json.dumps(row) for row in rows])
    columnar, by_row = (read_file(tmp_path / f"a.{f}", f).rows for f in ("parquet", "jsonl"))
    keys = ("license_raw", "statements")
    assert [[r[k] for k in keys] for r in columnar] == [[r[k] for k in keys] for r in by_row]
    assert len({r["license_raw"] for r in columnar}) == 6


def test_parquet_number_of_flickr_is_told_row_by_row(tmp_path: Path) -> None:
    urls = ["https://www.flickr.com/1", "https://example.org/1", None]
    pq.write_table(pa.table({"text": ["a", "b", "c"], "license": [4, 4, 4], "url": urls}), tmp_path / "a.parquet")
    kinds = [json.loads(r["statements"])[0][1] for r in read_file(tmp_path / "a.parquet", "parquet").rows]
    assert kinds == ["flickr", "license", "license"]


def test_parquet_key_that_comes_twice_within_a_string_is_damage_of_its_row(tmp_path: Path) -> None:
    twice = '{"license": "NC", "license": "MIT"}'
    pq.write_table(pa.table({"text": ["a", "b", "c"], "meta": ["{}", twice, twice]}), tmp_path / "a.parquet")
    reading = read_file(tmp_path / "a.parquet", "parquet")
    assert reading.texts == ["a"]
    assert [position for position, _ in reading.faults] == ["row 2", "row 3"]


def test_two_columns_of_one_name_that_speak_of_rights_are_damage_of_the_file(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.csv", ["text,rights,rights", "A day.,MIT,NC"])
    assert read_file(tmp_path / "a.csv", "csv").faults == [(None, "two columns are named 'rights'")]
    twice = pa.table([pa.array(["a"]), pa.array(["MIT"]), pa.array(["NC"])], names=["text", "rights", "rights"])
    pq.write_table(twice, tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet", "parquet").faults == [(None, "two columns are named 'rights'")]
