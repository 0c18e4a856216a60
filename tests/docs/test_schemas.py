"""schemas/ is what the code says, real files and answers obey it, and what is wrong does not."""

from __future__ import annotations

import copy
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rightful import Store, catalog, schema
from rightful.catalog.reviewed import LICENSE_KEYS
from rightful.cli.app import cli, run
from rightful.decisions.policy import read_policy
from rightful.errors import InputError, RightfulError, UnknownName
from rightful.export.formats import parquet
from rightful.export.papers import INDEX_SCHEMA, REFUSALS_SCHEMA
from rightful.query.stats.folder import BINS, VALUES
from rightful.recipes.recipe import Recipe, load
from rightful.schema import shapes
from rightful.schema.columns import table
from rightful.signals.cards.source_card import card_of
from rightful.stages.order import STAGES
from rightful.store.records import KINDS, LATER_STONES

ROOT = Path(__file__).resolve().parents[2]
CARDS = sorted((ROOT / "sample_data" / "good").glob("*/source.toml"))
BAD_CARDS = sorted((ROOT / "sample_data" / "bad").glob("*/source.toml"))
LICENSES = sorted(path for path in (ROOT / "licenses").glob("*.toml") if not path.name.startswith("_"))
JSON_SCHEMAS = sorted(path.name for path in (ROOT / "schemas").glob(f"*{schema.JSON}"))

pytestmark = pytest.mark.xdist_group("sample")


def plain(value: Any) -> Any:
    """TOML as JSON: dates as the strings that they are written as."""
    if isinstance(value, Mapping):
        return {key: plain(of) for key, of in value.items()}
    if isinstance(value, list):
        return [plain(of) for of in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def complete(shape: Any) -> Any:
    """The schema with every object closed: what comes must not have a key that the schema does not know."""
    if isinstance(shape, list):
        return [complete(of) for of in shape]
    if not isinstance(shape, dict):
        return shape
    found = {key: complete(of) for key, of in shape.items()}
    return found | ({"additionalProperties": False} if "properties" in found else {})


def errors(name: str, value: Any, *, whole: bool = False) -> list[str]:
    """What is wrong with a value, by the schema of this name; ``whole``: unknown keys are wrong too."""
    document = schema.find(name)
    validator = jsonschema.Draft202012Validator(complete(document) if whole else document)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def toml(path: Path) -> Any:
    return plain(tomllib.loads(path.read_text("utf-8")))


def test_schemas_committed_are_those_of_the_code() -> None:
    assert schema.differing(ROOT / "schemas") == [], "run `make docs` and look at the difference"


def test_schemas_written_elsewhere_mend_what_differs_and_remove_what_is_none(tmp_path: Path) -> None:
    assert set(schema.write(tmp_path)) == set(schema.documents())
    (tmp_path / "policy.schema.json").write_text("{}")
    (tmp_path / "old.schema.json").write_text("{}")
    assert schema.write(tmp_path) == ["old.schema.json", "policy.schema.json"]
    assert schema.differing(tmp_path) == []


def test_generator_as_a_command_ends_with_1_where_a_file_differs(tmp_path: Path) -> None:
    def generator(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "rightful.schema", *arguments]
        return subprocess.run(program, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)

    assert generator("--write", tmp_path).returncode == 0
    (tmp_path / "index.arrow.json").unlink()
    done = generator("--check", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "index.arrow.json: is not what the code says; run make docs" in done.stderr


def test_json_schema_is_a_valid_schema_with_a_name_that_carries_a_version(subtests: pytest.Subtests) -> None:
    for name in JSON_SCHEMAS:
        with subtests.test(name):
            document = schema.documents()[name]
            jsonschema.Draft202012Validator.check_schema(document)
            assert document["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
            assert document["$id"].startswith(f"urn:rightful:schema:{name.removesuffix(schema.JSON)}:")
            assert document["$id"].rpartition(":")[2].isdecimal()
            assert [path for path, of in described(document) if not of.get("description")] == []


def described(shape: Mapping[str, Any], path: str = "$") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every key that a schema names, with its shape."""
    for key, of in shape.get("properties", {}).items():
        yield f"{path}.{key}", of
        yield from described(of, f"{path}.{key}")
    for key in ("items", "additionalProperties"):
        if isinstance(shape.get(key), dict):
            yield from described(shape[key], f"{path}[]")
    for of in shape.get("anyOf", []):
        yield from described(of, path)


def test_columns_without_a_sentence_or_a_sentence_without_a_column_stop_the_generator() -> None:
    columns = pa.schema([pa.field("kept", pa.string()), pa.field("new", pa.string())])
    with pytest.raises(
        ValueError, match=r"columns of test: described but not there, or there and not described: .*new"
    ):
        table("test", "F", "1", "", columns, {"kept": "It stays."})
    with pytest.raises(ValueError, match="gone"):
        shapes.matching("test", ["kept"], {"kept": {}, "gone": {}})


def test_schema_of_an_unknown_name_suggests_one() -> None:
    with pytest.raises(UnknownName, match="unknown schema 'source-cart'") as caught:
        schema.find("source-cart")
    assert caught.value.hint == "did you mean 'source-card'?"


# Tables: what is written has these columns.


def columns_of(path: Path) -> list[tuple[str, str, bool]]:
    return listed(pq.read_schema(path))


def listed(columns: pa.Schema) -> list[tuple[str, str, bool]]:
    """Name, type and nullability; Parquet calls the items of a list otherwise than Arrow does."""
    return [(f.name, re.sub(r"list<\w+: ", "list<", str(f.type)), f.nullable) for f in columns]


def columns_said(name: str) -> list[tuple[str, str, bool]]:
    return [(f["name"], f["type"], f["nullable"]) for f in schema.find(f"{name}.arrow.json")["fields"]]


OPTIONAL = frozenset({"conversation", "kept"})
"""The columns that a part of texts has only where a row of it says something there."""


def test_part_of_a_store_has_the_columns_of_its_schema(sample: Any, subtests: pytest.Subtests) -> None:
    optional = {"texts": OPTIONAL, "tombstones": frozenset(f.name for f in LATER_STONES)}
    for kind in KINDS.keys() - {"sketches"}:
        with subtests.test(kind):
            files = sorted((sample.folder / "rightful-store" / kind).glob("*.parquet"))
            assert files
            there = [columns_of(path) for path in files]
            assert columns_said(kind) in there or kind == "tombstones"
            for path, columns in zip(files, there, strict=True):
                lacks = {name for name, *_ in columns_said(kind)} - {name for name, *_ in columns}
                assert lacks <= optional.get(kind, frozenset())
                assert columns == [c for c in columns_said(kind) if c[0] not in lacks]
                assert (
                    pq.read_schema(path).metadata[b"rightful.schema_version"].decode() == schema.find(kind)["version"]
                )


def test_tombstones_of_what_was_erased_have_all_columns_of_their_schema(sample: Any, tmp_path: Path) -> None:
    shutil.copytree(sample.folder / "rightful-store", tmp_path / "store")
    assert Store(tmp_path / "store").compact().records
    for kind in ("tombstones", "sketches"):
        files = sorted((tmp_path / "store" / kind).glob("*.parquet"))
        assert columns_said(kind) in [columns_of(path) for path in files]


def test_file_of_an_export_has_the_columns_of_its_schema(sample: Any, subtests: pytest.Subtests) -> None:
    for name, file, declared in [
        ("index", "index.parquet", INDEX_SCHEMA),
        ("refusals", "refusals.parquet", REFUSALS_SCHEMA),
        ("shard-parquet", "data/shard-00000.parquet", parquet.SCHEMA),
    ]:
        with subtests.test(name):
            assert columns_of(sample.export / file) == columns_said(name)
            assert columns_said(name) == listed(declared)


def test_table_of_statistics_has_the_columns_of_its_schema(sample: Any, subtests: pytest.Subtests) -> None:
    for name, file, declared in [
        ("stats-values", "license.parquet", VALUES),
        ("stats-bins", "histograms.parquet", BINS),
    ]:
        with subtests.test(name):
            assert columns_of(sample.folder / "stats" / file) == columns_said(name) == listed(declared)


def test_records_name_the_stage_that_adds_each_tag() -> None:
    by_stage: dict[str, list[str]] = {}
    for f in schema.find("records")["fields"]:
        by_stage.setdefault(f.get("stage", ""), []).append(f["name"])
    assert by_stage["language"] == ["language", "language_score", "code_share"]
    assert set(by_stage) == {"", *(stage.name for stage in STAGES)}
    assert set(by_stage) >= {"", "normalize", "language", "statistics", "quality", "classifier", "decontaminate", "pii"}


# Answers: real ones obey, and have no key that the schema leaves out.


def test_answers_of_the_verbs_obey_their_schema_and_have_no_other_keys(sample: Any, subtests: pytest.Subtests) -> None:
    for verb in [
        "ingest",
        "query",
        "explain",
        "find",
        "similar",
        "verify",
        "redact",
        "stats",
        "review-list",
        "signal-refresh",
        "signal-wanted",
        "trace",
        "drill",
        "asset",
        "asset-list",
        "asset-card",
        "store-copy",
        "store-status",
        "store-log",
        "source-retire",
    ]:
        with subtests.test(verb):
            for answer in sample.answers[verb]:
                assert errors(f"answer-{verb}", plain(answer), whole=True) == []


def test_answers_of_the_sample_show_every_list_filled(sample: Any) -> None:
    """Otherwise the test above says nothing of what stands in them."""
    empty = {
        f"{verb}.{key}"
        for verb in ("ingest", "query", "explain", "verify", "redact", "manifest", "stats", "review-list")
        for key in sample.answers[verb][0]
        if all(answer[key] in ([], {}) for answer in sample.answers[verb])
    }
    assert empty == set()


def test_answers_of_assets_show_every_list_filled_and_their_file_obeys_its_schema(sample: Any) -> None:
    empty = {
        key for key in sample.answers["asset"][0] if all(of.get(key) in ([], {}) for of in sample.answers["asset"])
    }
    assert empty == set()
    assert (
        errors(
            "asset-card", json.loads((sample.folder / "derived" / "weights" / "rightful.json").read_bytes()), whole=True
        )
        == []
    )


def test_manifests_written_obey_their_schema_and_have_no_other_keys(sample: Any) -> None:
    written = json.loads((sample.export / "manifest.json").read_bytes())
    assert written == sample.manifest
    for manifest in (written, *sample.answers["manifest"]):
        assert errors("manifest", manifest, whole=True) == []


def test_manifest_that_is_damaged_is_told_where(sample: Any, subtests: pytest.Subtests) -> None:
    for change, said in [
        (lambda m: m.pop("tokens"), "'tokens' is a required property"),
        (lambda m: m.update(records=-1), "-1 is less than the minimum of 0"),
        (lambda m: m["use"].update(purpose="profit"), "'profit' is not one of"),
        (lambda m: m["use"]["acts"].append("train"), "'train' is not one of"),
        (lambda m: m["shards"][0].update(sha256="abc"), "'abc' does not match"),
        (lambda m: m["refused"].update(tired=1), "'tired' is not one of"),
        (lambda m: m.update(as_of="2026-11-21T09:30:00"), "does not match"),
        (lambda m: m.update(manifest_version=2), "1 was expected"),
    ]:
        with subtests.test(said):
            manifest = copy.deepcopy(sample.manifest)
            change(manifest)
            assert said in "; ".join(errors("manifest", manifest))


def test_answer_with_a_new_key_stays_valid(sample: Any) -> None:
    assert errors("answer-query", plain({**sample.answers["query"][0], "new": 1})) == []


def test_failure_as_json_obeys_its_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sample: Any, subtests: pytest.Subtests
) -> None:
    for words in [["query", "--use", "trian"], ["verify", "nowhere"], ["query", "--limit", "x"]]:
        with subtests.test(" ".join(words)):
            store = sample.folder / "rightful-store"
            assert run(cli, ["--json", "--store", str(store), *words], as_json=True) == 2
            answer = json.loads(capsys.readouterr().out)
            assert errors("answer-error", answer, whole=True) == []
            assert answer["error"]["exit_code"] == 2


# What is read: the schema and the code agree.


def test_card_of_the_sample_obeys_the_schema(subtests: pytest.Subtests) -> None:
    for path in CARDS:
        with subtests.test(path.parent.name):
            assert errors("source-card", toml(path)) == []


def test_card_that_is_broken_does_not(subtests: pytest.Subtests) -> None:
    for path in BAD_CARDS:
        with subtests.test(path.parent.name):
            assert errors("source-card", toml(path))


def test_bad_cards_are_three() -> None:
    assert [path.parent.name for path in BAD_CARDS] == ["bad-card", "bad-date", "bad-zone"]
    assert len(CARDS) == 10


CARD_VALUES: Mapping[str, list[Any]] = {
    "name": ["x", "", 3, None],
    "license": ["MIT", ["MIT", "CC0-1.0"], [], 7, [7], [""]],
    "authority": ["publisher", "owner"],
    "covers": ["compilation", "database"],
    "license_from": ["scanner", "robots"],
    "personal_data": ["yes", "maybe", True],
    "jurisdiction": ["de", ["DE", "*"], "Germany", ["GER"]],
    "derived_from": ["tide-tables", ["a", {"name": "b", "license": ["MIT"]}], [{"licence": "MIT"}], 4, [""], {}],
    "collected_at": ["2026-03-14", "14.3.2026", "2026-13-01", 2026],
    "collected_for": ["spam_filtering", ["a", "b"], [""], {}],
    "valid_from": ["2026-03-14T10:00:00+01:00", "2026-03-14 10:00", "2026-03-14T25:00:00Z"],
    "valid_until": ["2026-03-14", "2026-03-14T10:00:00", "2026-03-14T10:00:00Z", "soon"],
    "url": ["https://example.org/", 4],
    "publisher": ["A", ["A"]],
    "legal_basis": ["contract", True],
    "consent": [
        {},
        {"acts": "train", "purposes": ["research"]},
        {"acts": ["*"], "status": "withdrawn"},
        {"acts": ["dance"]},
        {"purposes": "profit"},
        {"statys": "given"},
        {"given_on": "2020-01-01", "valid_until": "2030-01-01", "party": "P", "receipt": "R"},
        {"valid_until": "2030-01-01T00:00"},
        {"applications": [3]},
        "given",
    ],
    "fields": [{"text": "body"}, {"texts": "body"}, {"text": 3}, []],
    "licence": ["MIT"],
}


def test_card_key_is_valid_exactly_where_the_code_reads_it(subtests: pytest.Subtests) -> None:
    for key, value in [(key, value) for key, values in CARD_VALUES.items() for value in values]:
        with subtests.test(f"{key} = {value!r}"):
            card = {"name": "x", key: value}
            try:
                card_of(card, "source.toml", catalog.load().vocabulary)
                read = True
            except InputError:
                read = False
            assert (errors("source-card", card) == []) == read


def test_recipe_with_every_setting_is_read_and_valid(tmp_path: Path) -> None:
    said = Recipe().as_json()
    head = f"about = 'x'\npreset = 'none'\nstages = {json.dumps(said.pop('stages'))}\n"
    settings = {name: {k: v if v is not None else "column" for k, v in fields.items()} for name, fields in said.items()}
    settings["fields"]["keep"] = ["score", "metadata.source"]  # one that is the subject is an error
    lines = [head] + [
        f"[{name}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in s.items()) for name, s in settings.items()
    ]
    path = tmp_path / "recipe.toml"
    path.write_text("\n".join(lines))
    assert load(path).settings == Recipe().settings
    assert errors("recipe", toml(path), whole=True) == []


def test_recipe_that_the_code_refuses_is_invalid(tmp_path: Path, subtests: pytest.Subtests) -> None:
    for text, said in [
        ("[langauge]", "'langauge' was unexpected"),
        ("[language]\nchars = 0", "0 is less than the minimum of 1"),
        ("[language]\nbackend = 'guess'", "'guess' is not one of"),
        ("[normalize]\nfast = true", "'fast' was unexpected"),
        ("preset = 'web'", "'web' is not one of"),
        ("stages = ['normalize']", "'normalize' is not one of"),
        ("[quality]\npreset = 'gophers'", "does not match"),
    ]:
        with subtests.test(text):
            path = tmp_path / "recipe.toml"
            path.write_text(text)
            with pytest.raises(InputError):
                load(path)
            assert said in "; ".join(errors("recipe", toml(path)))


def test_policy_is_valid_exactly_where_a_request_can_be_made_with_it(tmp_path: Path, subtests: pytest.Subtests) -> None:
    for text, good in [
        ('purpose = "research"\nactor = "research_org"\naccept = ["attribution", "payment: us = INV-7"]', True),
        ('jurisdiction = ["DE", "EU"]\nprofile = "lenient"\napplication = "translation"', True),
        ('accept = ["payment"]', False),
        ('accept = ["payment: INV-7"]', False),
        ('accept = ["courtesy"]', False),
        ('accept = "notice"', False),
        ('purpose = "profit"', False),
        ('jurisdiction = ["Germany"]', False),
        ('application = "Face Recognition"', False),
        ('permit = "everything"', False),
    ]:
        with subtests.test(text):
            from datetime import UTC

            from rightful.decisions.policy import UseOptions

            path = tmp_path / "policy.toml"
            path.write_text(text)
            assert (errors("policy", toml(path)) == []) == good
            try:
                options = UseOptions(use=("train.pretrain",))
                words = catalog.load().vocabulary
                read_policy(path, words).use(options, words, datetime(2026, 11, 21, tzinfo=UTC))
                read = True
            except InputError:
                read = False
            assert read == good


CONSENT_ROWS = [
    ({"kind": "withdraw", "selector": "domain", "value": "example.org"}, True),
    ({"kind": "grant", "selector": "subject", "value": "a@example.org", "use": "train;share.ids", "until": None}, True),
    ({"kind": "opt-out", "selector": "url", "value": "https://example.org/a", "effective": "2026-01-01"}, True),
    ({"kind": "refuse", "selector": "source", "value": "forum", "reason": "", "purpose": "", "party": ""}, True),
    ({"kind": "forget", "selector": "source", "value": "forum"}, False),
    ({"kind": "withdraw", "selector": "person", "value": "A"}, False),
    ({"kind": "withdraw", "selector": "source", "value": ""}, False),
    ({"kind": "withdraw", "selector": "source"}, False),
    ({"kind": "withdraw", "selector": "source", "value": "forum", "until": "2026-01-01T00:00"}, False),
    ({"kind": "withdraw", "selector": "source", "value": "forum", "when": "now"}, False),
]


def test_consent_row_is_valid_exactly_where_an_import_takes_it(
    sample: Any, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    for row, good in CONSENT_ROWS:
        with subtests.test(str(row)):
            path = tmp_path / "rows.jsonl"
            path.write_bytes(orjson.dumps(row))
            answer = sample.store.consent.import_(path, dry_run=True)
            assert (answer["rows"], answer["errors"] == []) == (1, good)
            assert (errors("consent-row", row) == []) == good


def test_license_file_obeys_the_schema(subtests: pytest.Subtests) -> None:
    for path in LICENSES:
        with subtests.test(path.stem):
            assert errors("license", toml(path)) == []


def test_license_schema_has_the_keys_of_the_catalogue() -> None:
    document = schema.find("license")
    assert set(document["properties"]) == {*LICENSE_KEYS, "outbound_except"}
    assert set(document["required"]) == set(LICENSE_KEYS)


def test_license_file_that_is_wrong_is_invalid(subtests: pytest.Subtests) -> None:
    for change, said in [
        ({"flags": ["strict"]}, "'strict' is not one of"),
        ({"territory": ["Germany"]}, "'Germany' does not match"),
        ({"kind": "code"}, "'code' is not one of"),
        ({"note": "x"}, "'note' was unexpected"),
        ({"outbound": []}, "is not valid under any of the given schemas"),
        ({"verdicts": []}, "[] should be non-empty"),
    ]:
        with subtests.test(said):
            assert said in "; ".join(errors("license", {**toml(ROOT / "licenses" / "mit.toml"), **change}))


def test_exit_codes_of_the_error_schema_are_those_of_all_errors() -> None:
    def kinds(of: type[RightfulError]) -> Iterator[type[RightfulError]]:
        yield of
        for kind in of.__subclasses__():
            yield from kinds(kind)

    stated = schema.find("answer-error")["properties"]["error"]["properties"]["exit_code"]["enum"]
    assert set(stated) == {kind.exit_code for kind in kinds(RightfulError)}


def test_command_prints_a_schema_and_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(cli, ["schema", "policy"], as_json=False) == 0
    assert capsys.readouterr().out == (ROOT / "schemas" / "policy.schema.json").read_text("utf-8")
    assert run(cli, ["--json", "schema"], as_json=True) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["file"] for entry in listed] == list(schema.documents())


def test_ledger_of_the_sample_is_one_that_others_can_read(sample: Any) -> None:
    ledger = sqlite3.connect(f"file:{sample.folder}/rightful-store/ledger.sqlite?mode=ro", uri=True)
    kinds = {kind for (kind,) in ledger.execute("SELECT DISTINCT kind FROM parts")}
    ledger.close()
    assert kinds == set(KINDS) - {"sketches"}, "what a compaction alone makes"


def test_named_use_file_obeys_the_schema_and_so_does_what_is_answered_of_it(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    store = Store(tmp_path / "store")
    made = store.policy.new("mine", use="train", accept=["credit", "payment:Reed Press=INV-7"], jurisdiction="DE")
    terms = {"by": "Ada", "until": "2099-01-01", "ground": "Memo", "lawful_access": True}
    signed = store.policy.sign("eu-tdm-research", **terms)
    listed = store.policy.list()
    assert errors("answer-policy-list", plain(listed.as_json()), whole=True) == []
    for answered in (made, signed, *(store.policy.show(row["name"]) for row in listed)):
        with subtests.test(answered.name):
            assert errors("answer-policy-use", plain(answered.as_json()), whole=True) == []
            assert errors("named-use", toml(Path(answered.path))) == []
    for text in (
        'use = ["train"]',
        'summary = "A"',
        'summary = "A"\nuse = ["trane"]',
        'summary = "A"\nuse = []\nx = 1',
    ):
        assert errors("named-use", tomllib.loads(text)) != []
