"""Mixtures, samples and limits, from the command to the last token: planned, held, repeated, withdrawn, verified."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful import Store
from rightful.errors import InputError, Refused
from tests.e2e.conftest import Ask
from tests.e2e.corpus import card, files, jsonl

Refuse = Callable[..., dict[str, Any]]
USE = ("--use", "train.pretrain", "--dedup", "none", "--workers", "1")


def _texts(name: str, n: int, length: int) -> list[dict[str, Any]]:
    """Texts of different lengths, no two alike."""
    chance = random.Random(name)
    return [
        {"id": f"{name}{i}", "text": " ".join(_word(chance) for _ in range(length + (i * 37) % length))}
        for i in range(n)
    ]


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(chance.randint(1, 4)))


@pytest.fixture(scope="session")
def fleet(shelf: dict[str, Any]) -> Path:
    """A store of three sources: two that are free, and one of which half is not. It is shared: only export from it."""
    if "fleet" not in shelf:
        folder: Path = shelf["folder"] / "fleet"
        jsonl(card(folder / "web", "Web crawl", license="CC0-1.0") / "t.jsonl", *_texts("web", 60, 40))
        jsonl(card(folder / "mail", "mail", license="CC0-1.0") / "t.jsonl", *_texts("mail", 30, 20))
        rows = [
            {**row, "license": "CC0-1.0" if i % 2 else "CC-BY-NC-4.0"} for i, row in enumerate(_texts("code", 20, 9))
        ]
        jsonl(card(folder / "code", "code") / "t.jsonl", *rows)
        Store(folder / "store").ingest([folder / n for n in ("web", "mail", "code")], workers=1)
        shelf["fleet"] = folder / "store"
    made: Path = shelf["fleet"]
    return made


def by_source(out: Path) -> Counter[str]:
    """The tokens of each source, from the index."""
    tokens: Counter[str] = Counter()
    for row in pq.read_table(out / "index.parquet", columns=["source_id", "length"]).to_pylist():
        tokens[row["source_id"]] += row["length"]
    return tokens


def test_mixture_is_planned_held_described_and_verifies(fleet: Path, ask: Ask, tmp_path: Path) -> None:
    mix = ("--mix", "Web crawl=0.7,mail=0.3", "--limit-tokens", "9000")
    manifest = ask("export", "out", *USE, *mix, store=fleet)
    out = tmp_path / "out"
    tokens = by_source(out)
    assert manifest["tokens"] == sum(tokens.values()) <= 9000
    assert manifest["tokens"] >= 8990
    assert abs(tokens["web-crawl"] / manifest["tokens"] - 0.7) < 0.001
    plan = manifest["mix"]
    assert (plan["seed"], plan["unit"], plan["wanted"], plan["total"]) == (0, "tokens", 9000, manifest["tokens"])
    web, mail = plan["parts"]
    assert (web["name"], web["by"], web["wanted"], web["short"], web["repeated"]) == (
        "Web crawl",
        {"source": ["Web crawl"]},
        6300,
        0,
        0,
    )
    assert (web["available"]["records"], web["permitted"]["records"]) == (60, 60)
    assert web["drawn"] == tokens["web-crawl"]
    assert mail["drawn"] == tokens["mail"]
    assert manifest["selection"]["seed"] == 0

    left_out = pq.read_table(out / "refusals.parquet").to_pylist()
    assert {(row["decision"], row["reason"]) for row in left_out} == {("permit", "not-drawn")}
    assert manifest["refused"] == {"not-drawn": len(left_out)}
    assert (
        manifest["records"] + len(left_out) == 90 == web["records"] + mail["records"] + manifest["drawn"]["not_drawn"]
    )
    assert sum(source["permitted"] for source in manifest["sources"]) == manifest["records"]
    assert pq.read_metadata(out / "attribution.parquet").num_rows == manifest["records"]
    assert ask("verify", "out", store=fleet)["ok"] is True


def test_documents_of_a_mixture_stand_mixed_and_not_source_after_source(fleet: Path, ask: Ask, tmp_path: Path) -> None:
    ask("export", "out", *USE, "--mix", "Web crawl=0.5,mail=0.5", store=fleet)
    rows = pq.read_table(tmp_path / "out" / "index.parquet", columns=["source_id"]).to_pylist()
    half = [row["source_id"] for row in rows[: len(rows) // 2]]
    assert 0.25 < half.count("mail") / sum(row["source_id"] == "mail" for row in rows) < 0.75


@pytest.mark.parametrize("format", ["parquet", "megatron", "text"])
def test_same_mixture_has_the_same_bytes_with_one_worker_and_two(fleet: Path, tmp_path: Path, format: str) -> None:
    store = Store(fleet)
    mix = {"part": [{"source": "mail", "share": 0.6, "epochs": 3}, {"where": "n_words > 60", "share": 0.4}]}
    mix["part"][1]["where"] = "n_words > 60 AND source_id = 'web-crawl'"
    for workers in (1, 2):
        store.export(
            tmp_path / str(workers), "train.pretrain", format=format, mix=mix, limit_tokens=20_000, workers=workers
        )
    assert files(tmp_path / "1" / "data") == files(tmp_path / "2" / "data")
    assert files(tmp_path / "1", ["manifest"]) == files(tmp_path / "2", ["manifest"])


def test_repeated_records_are_traced_verified_and_withdrawn_in_every_epoch(
    fleet: Path, ask: Ask, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(fleet, tmp_path / "store"))
    plan = tmp_path / "plan.toml"
    plan.write_text('epochs = 4\n[[part]]\nsource = "mail"\nshare = 0.8\n[[part]]\nsource = "Web crawl"\nshare = 0.2\n')
    manifest = ask("export", "out", *USE, "--mix", plan, "--limit-tokens", "20000", "--seed", "3", store=store)
    mail, _ = manifest["mix"]["parts"]
    assert (mail["records"], mail["most_epochs"]) == (30, 4)
    assert mail["repeated"] == mail["drawn"] - mail["permitted"]["tokens"] > 0
    assert manifest["documents"] > manifest["records"]

    index = pq.read_table(tmp_path / "out" / "index.parquet").to_pylist()
    times = Counter(row["record_id"] for row in index)
    record, most = times.most_common(1)[0]
    assert most == len({row["epoch"] for row in index if row["record_id"] == record}) > 2
    assert len({(row["record_id"], row["epoch"]) for row in index}) == len(index) == manifest["documents"]
    spans = [one for one in ask("trace", record, store=store)["exports"] if one["export"] == manifest["export"]]
    assert len(spans) == most
    assert ask("verify", "out", store=store)["ok"] is True

    assert len({(one["shard"], one["start"]) for one in spans}) == most
    ask("consent", "withdraw", "--record", record, "--reason", "asked to", store=store)
    stale = ask("verify", "out", code=3, store=store)["stale"]
    assert {row["record"] for row in stale} == {record}
    repaired = ask("redact", "out", store=store)
    assert repaired["records_removed"] == 1
    left = pq.read_table(tmp_path / "out" / "index.parquet").to_pylist()
    assert Counter(row["record_id"] for row in left) == times - Counter({record: most})
    assert ask("verify", "out", store=store)["ok"] is True


def test_repeated_records_are_packed_split_and_laddered_like_others(fleet: Path, tmp_path: Path) -> None:
    store = Store(fleet)
    mix = {"part": [{"source": "mail", "share": 0.6, "epochs": 3}, {"source": "web-crawl", "share": 0.4}]}
    made = store.export(
        tmp_path / "out",
        "train.pretrain",
        mix=mix,
        limit_tokens=20_000,
        seq_len=512,
        pack="best-fit",
        split="train=.8,test=.2",
        ladder="0.1,1",
        workers=1,
    )
    index = pq.read_table(tmp_path / "out" / "index.parquet").to_pylist()
    sides: dict[str, set[str]] = {}
    for row in index:
        sides.setdefault(row["record_id"], set()).add(row["split"])
    assert {len(of) for of in sides.values()} == {1}
    assert {row["epoch"] for row in index} >= {0, 1, 2}
    plan = made.mix or {}
    assert made.tokens == plan["total"] == sum(part["drawn"] for part in plan["parts"])
    assert plan["total"] + plan["left_out"]["size"] == 20_000 > plan["total"]
    assert {part["name"]: part["drawn"] for part in plan["parts"]} == by_source(tmp_path / "out")
    assert len(index) == made.documents
    assert sum(part["share_reached"] for part in plan["parts"]) == pytest.approx(1)
    assert {row["epoch"] for row in index if row["split"] == "test"} == {0}
    assert store.verify(str(tmp_path / "out")).ok


def test_mixture_that_would_break_a_cap_is_refused_with_its_plan_and_writes_nothing(
    fleet: Path, refuse: Refuse, tmp_path: Path
) -> None:
    error = refuse("export", "out", *USE, "--mix", "mail=0.5,code=0.5", "--limit-tokens", "5000", code=3, store=fleet)
    assert "code is short by" in error["message"]
    assert "short by" in error["message"].splitlines()[2]
    assert not (tmp_path / "out").exists()
    most = int(error["hint"].partition("--limit-tokens ")[2].partition(";")[0])
    fits = Store(fleet).export(tmp_path / "fits", "train.pretrain", mix="mail=0.5,code=0.5", limit_tokens=most)
    code = fits.mix["parts"][1] if fits.mix else {}
    assert code["drawn"] == code["permitted"]["tokens"]
    assert (code["available"]["records"], code["permitted"]["records"]) == (20, 10)


def test_plan_is_printed_before_anything_is_written(fleet: Path, rightful: Callable[..., Any], tmp_path: Path) -> None:
    done = rightful("--json", "--store", str(fleet), "export", "out", *USE, "--mix", "mail=1", "--limit-tokens", "900")
    assert "mixture of" in done.stderr
    assert done.json()["mix"]["parts"][0]["name"] == "mail"
    seen = []

    def show(plan: Any) -> None:
        seen.append((plan, (tmp_path / "api").exists()))

    made = Store(fleet).export(tmp_path / "api", "train.pretrain", mix={"mail": 1}, limit_tokens=900, show=show)
    assert seen == [(made.mix, False)]


@pytest.mark.parametrize(
    ("options", "subject", "message"),
    [
        ({"mix": "mail=0.5,code=0.4"}, "--mix", "add up to 0.9"),
        ({"mix": "mial=1"}, "--mix, part 1 (mial)", "unknown source 'mial'"),
        ({"mix": "mail=0.5,mail=0.5"}, "--mix, part 2 (mail)", "named twice"),
        ({"mix": "absent.toml"}, "absent.toml", "no such file"),
        ({"limit_tokens": 0}, "--limit-tokens", "not a positive number"),
        ({"limit_tokens": 1}, "--limit-tokens", "less than the shortest document"),
        ({"sample": "2.5"}, "--sample", "no sample"),
        ({"epochs": 2}, "--epochs", "none is asked for"),
        ({"mix_temperature": 2}, "--mix-temperature", "none is asked for"),
        ({"mix": "mail=1", "tokenizer": "train:300"}, "--tokenizer train:300", "cannot be trained where"),
        ({"ids": "absent"}, "--ids absent", "cannot be read"),
    ],
)
def test_what_cannot_be_drawn_is_bad_input_that_names_it(
    fleet: Path, tmp_path: Path, options: dict[str, Any], subject: str, message: str
) -> None:
    with pytest.raises(InputError) as error:
        Store(fleet).export(tmp_path / "out", "train.pretrain", **options)
    assert error.value.subject == subject
    assert message in error.value.message
    assert not (tmp_path / "out").exists()


def test_shares_that_do_not_add_up_and_absent_sources_are_exit_2_at_the_command_line(
    fleet: Path, refuse: Refuse, tmp_path: Path
) -> None:
    assert "did you mean 'mail'" in refuse("export", "out", *USE, "--mix", "mial=1", store=fleet)["hint"]
    assert "add up to 0.9" in refuse("export", "out", *USE, "--mix", "mail=0.5,code=0.4", store=fleet)["message"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("parts", "subject", "message"),
    [
        (
            [{"source": "mail"}, {"where": "n_words > 0"}],
            "mix, part 2 (n_words > 0)",
            "30 of its records are in a part",
        ),
        ([{"source": "web-crawl"}, {"source": "Web crawl"}], "mix, part 2 (Web crawl)", "60 of its records"),
        ([{"where": "n_wrods > 0"}], "mix, part 1 (n_wrods > 0), where", "unknown column 'n_wrods'"),
        ([{"where": "record_id IN (SELECT 1)"}], "mix, part 1 (record_id IN (SELECT 1)), where", "not allowed"),
        (
            [{"where": "CAST(record_id AS INTEGER) > 1", "name": "cast"}],
            "mix, part 1 (cast), where",
            "fails on a record",
        ),
        ([{"language": "tlh"}], "mix, part 1 (tlh)", "unknown language 'tlh'"),
        ([{"license": "CC0"}], "mix, part 1 (CC0)", "unknown license 'CC0'"),
        ([{"domain": "example.org"}], "mix, part 1 (example.org)", "unknown domain"),
    ],
)
def test_part_that_names_what_is_not_there_or_twice_is_bad_input(
    fleet: Path, tmp_path: Path, parts: list[dict[str, Any]], subject: str, message: str
) -> None:
    with pytest.raises(InputError) as error:
        Store(fleet).export(tmp_path / "out", "train.pretrain", dedup="none", mix={"part": parts})
    assert error.value.subject == subject
    assert message in error.value.message


def test_parts_by_license_language_and_condition_take_what_they_name(fleet: Path, tmp_path: Path) -> None:
    mix = {
        "overlap": "first",
        "part": [{"license": "CC0-1.0", "name": "free"}, {"where": "source_id = 'code'", "name": "the rest of code"}],
    }
    with pytest.raises(Refused, match="nothing of the rest of code is permitted"):
        Store(fleet).export(
            tmp_path / "none",
            "train.pretrain",
            dedup="none",
            mix={**mix, "part": [{**mix["part"][0], "share": 0.5}, {**mix["part"][1], "share": 0.5}]},  # type: ignore[dict-item]
        )
    made = Store(fleet).export(tmp_path / "out", "train.pretrain", dedup="none", mix=mix)
    assert made.mix is not None
    free, rest = made.mix["parts"]
    assert (free["available"]["records"], free["permitted"]["records"], free["share_reached"]) == (100, 100, 1.0)
    assert (rest["available"]["records"], rest["permitted"]["records"], rest["drawn"]) == (20, 0, 0)


def test_only_permitted_ones_of_the_named_ids_leave_and_the_others_are_named(
    fleet: Path, ask: Ask, tmp_path: Path
) -> None:
    ask(
        "query",
        "--use",
        "train.pretrain",
        "--dedup",
        "none",
        "-o",
        "ids.jsonl",
        "--where",
        "source_id = 'code'",
        store=fleet,
    )
    permitted = [json.loads(line)["record_id"] for line in (tmp_path / "ids.jsonl").read_text().splitlines()]
    every = ask("sql", "SELECT record_id FROM records WHERE source_id = 'code' ORDER BY ALL", store=fleet)
    named = [row["record_id"] for row in every]
    (tmp_path / "ids.txt").write_text("\n".join([*named, "nobody", named[0]]) + "\n")

    manifest = ask("export", "out", *USE, "--ids", "ids.txt", store=fleet)
    index = pq.read_table(tmp_path / "out" / "index.parquet").to_pylist()
    assert sorted(row["record_id"] for row in index) == sorted(permitted)
    ids = manifest["drawn"]["ids"]
    assert (ids["named"], ids["duplicates"], ids["permitted"]) == (21, 1, 10)
    assert ids["unknown"] == {"records": 1, "first": ["nobody"]}
    assert ids["not_permitted"]["records"] == 10
    assert not {*ids["not_permitted"]["first"]} & {*permitted}
    assert sum(manifest["refused"].values()) == 10
    assert ask("export", "again", *USE, "--ids", "ids.jsonl", store=fleet)["records"] == 10


def test_ids_of_which_the_store_has_none_are_bad_input(fleet: Path, refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("a\nb\n")
    assert "none of its 2 record ids" in refuse("export", "out", *USE, "--ids", "ids.txt", store=fleet)["message"]


def test_sample_lies_inside_a_larger_one_and_the_rest_is_accounted_for(fleet: Path, ask: Ask, tmp_path: Path) -> None:
    drawn = {}
    for sample, n in (("0.1", 10), ("25", 25), ("0.5", 50)):
        manifest = ask("export", sample, *USE, "--sample", sample, store=fleet)
        rows = pq.read_table(tmp_path / sample / "index.parquet", columns=["record_id"]).to_pylist()
        drawn[sample] = {row["record_id"] for row in rows}
        assert manifest["records"] == len(drawn[sample]) == n
        assert manifest["refused"]["not-drawn"] == 100 - n == manifest["drawn"]["not_drawn"]
    assert drawn["0.1"] < drawn["25"] < drawn["0.5"]


def test_limit_is_the_most_tokens_in_whole_documents(fleet: Path, ask: Ask, tmp_path: Path) -> None:
    manifest = ask("export", "out", *USE, "--limit-tokens", "5000", "--sample", "50", store=fleet)
    assert 4995 <= manifest["tokens"] <= 5000
    assert manifest["refused"]["not-drawn"] == 100 - manifest["records"]
    assert ask("export", "all", *USE, "--limit-tokens", str(10**12), store=fleet)["records"] == 100
    texts = ask("export", "texts", *USE, "--format", "text", "--limit-tokens", "5000", store=fleet)
    assert texts["drawn"]["unit"] == "characters"
    assert 4990 <= texts["chars"] <= 5000
    assert ask("verify", "texts", store=fleet)["ok"] is True


def test_redaction_says_nothing_of_what_was_not_drawn(ask: Ask, ingest: Ask, tmp_path: Path) -> None:
    rows = ({"id": str(n), "text": f"Write to sailor{n}@example.com about boat number {n}."} for n in range(30))
    jsonl(card(tmp_path / "in", "letters", license="CC0-1.0") / "t.jsonl", *rows)
    ingest("in")
    redact = ("--use", "train.pretrain", "--dedup", "none", "--redact", "email", "--accept", "all")
    manifest = ask("export", "out", *redact, "--limit-tokens", "500", "--workers", "1")
    assert manifest["records"] < 15
    index = {row["record_id"] for row in pq.read_table(tmp_path / "out" / "index.parquet").to_pylist()}
    spans = pq.read_table(tmp_path / "out" / "redactions.parquet").to_pylist()
    assert {row["record_id"] for row in spans} == index
    assert manifest["redaction"]["records"] == manifest["records"]
    assert manifest["redaction"]["spans"] == {"email": manifest["records"]}
    assert manifest["redaction"]["chars"] + manifest["records"] == manifest["tokens"]
    assert ask("verify", "out")["ok"] is True
