"""What an answer says can be done next: every command is typed as it stands, in the folder where it was given, and does it."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from rightful import catalog
from rightful.cli.app import cli, hoist, run
from rightful.query.select import OWN_FAMILIES
from rightful.query.steps import Card, Request, Typing, after_explain, basic_string
from rightful.rights.because import FAMILIES
from tests.unit.shelf import wording

PARTY = 'O\'Neil "& Söhne" $HOME'


def ran(line: str | list[str]) -> tuple[int, Any]:
    """Exit code and JSON of a command line as it would be typed, after ``rightful``."""
    words = shlex.split(line) if isinstance(line, str) else line
    assert words[0] == "rightful"
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = run(cli, hoist(["--json", *words[1:]]), True)
    try:
        return code, json.loads(out.getvalue())
    except ValueError:
        return code, out.getvalue()


def edited(step: Mapping[str, Any], instead: str = "") -> None:
    """Do an edit: ``instead`` is what is written for dots that only the operator can fill in."""
    path = Path(step["file"])
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    line = step["line"].replace('license = "..."', f'license = "{instead}"') if instead else step["line"]
    assert "..." not in line, line
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")


def runs(steps: list[Mapping[str, Any]], ends: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """Run every command; answers what each said by its text."""
    done = {}
    for step in steps:
        if step["command"] is not None:
            code, answer = ran(step["command"])
            assert code in ends, (step, code, answer)
            done[step["text"]] = answer
    return done


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with data whose rights are stated in many ways; the store is the one that needs no name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RIGHTFUL_STORE", raising=False)
    return laid(tmp_path)


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same, with the data in the store."""
    folder = laid(tmp_path_factory.mktemp("desk"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("RIGHTFUL_STORE", raising=False)
        assert ran(["rightful", "ingest", "my data", "--workers", "1"])[0] == 0
        yield folder


def laid(tmp_path: Path) -> Path:
    """The data, in a folder beside it."""
    data = tmp_path / "my data"
    for name, card, rows in (
        ("by", 'license = "CC-BY-4.0"', [{"text": wording(f"a{n}")} for n in range(4)]),
        (
            "rows",
            'license_from = "statement"',
            [
                {"text": wording("r1"), "license": "CC BY 4"},
                {"text": wording("r2"), "license": "see \"terms\"\n'it'"},
            ],
        ),
        ("nc", 'license = "CC-BY-NC-4.0"', [{"text": wording("n1")}]),
        ("dated", 'license = "MIT"\nvalid_until = 2020-01-01', [{"text": wording("d1")}]),
        ("mail", 'license = "CC0-1.0"', [{"text": wording("m1") + " Write to ada.moreno@letters.example."}]),
    ):
        (data / name).mkdir(parents=True)
        persons = "unknown" if name == "mail" else "no"
        (data / name / "source.toml").write_text(
            f'name = "{name}"\ncovers = "contents"\npersonal_data = "{persons}"\n{card}\n'
        )
        (data / name / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    (data / "bare").mkdir()
    (data / "bare" / "rows.jsonl").write_text(json.dumps({"text": wording("x1")}) + "\n")
    return tmp_path


def test_steps_of_an_ingest_lead_to_records_that_are_permitted(desk: Path) -> None:
    command = ["rightful", "ingest", "my data", "--workers", "1"]
    code, answer = ran(command)
    assert code == 0
    edits = [s for s in answer["next"] if s["command"] is None]
    meant = next(s for s in edits if "'CC BY 4'" in s["text"])
    assert (meant["file"], meant["line"]) == (
        "my data/rows/source.toml",
        '[licenses]\n"CC BY 4" = "CC-BY-4.0"',
    )
    assert "did you mean CC-BY-4.0" in meant["text"]
    bare = next(s for s in edits if s["file"] == "my data/source.toml")
    before = ran("rightful query --use train.pretrain --accept all")[1]["permitted"]["records"]
    edited(meant)
    edited(bare, "CC0-1.0")
    again = [s for s in answer["next"] if s["text"] == "then read it again"]
    assert [s["command"] for s in again] == ["rightful ingest 'my data'"]
    assert runs(again)
    assert ran("rightful query --use train.pretrain --accept all")[1]["permitted"]["records"] == before + 2
    unknown = next(s for s in edits if "see " in s["text"])
    assert unknown["line"].endswith('"see \\"terms\\"\\n\'it\'" = "..."')
    [last] = runs([answer["next"][-1]]).values()
    assert "train.pretrain" in last["use"]["asked"]


@pytest.mark.parametrize(
    "request_line",
    [
        "--use train.pretrain",
        "--use train.pretrain --where \"license_concluded = 'MIT'\" --dedup exact",
        "--use share --accept attribution --jurisdiction DE --reading strict --prefer longest",
        "--use train.pretrain --where 'n_chars < 0'",
        "--use train.pretrain --accept all --redact all",
    ],
)
def test_steps_of_a_query_do_what_they_say(read: Path, request_line: str) -> None:
    code, answer = ran(f"rightful query {request_line}")
    assert code == 0
    assert answer["next"]
    done = runs(answer["next"])
    for text, told in done.items():
        if text.startswith("export "):
            assert told["records"] == answer["permitted"]["records"]
            assert told["export"].startswith("x-")
        elif text.startswith("permit "):
            assert told["permitted"] == answer["would_permit"][0]["permitted"]
        elif text.startswith("see what one of"):
            assert told["reasons"][0]["text"].startswith(text.partition("lacks: ")[2].partition(":")[0])
        elif text == "ask of all records":
            assert told["considered"]["records"] > 0
    exported = any(s["text"].startswith("export ") for s in answer["next"])
    assert exported == (answer["permitted"]["records"] > 0)


def test_export_that_is_refused_ends_in_the_export_that_is_not(read: Path) -> None:
    where = "source_id = 'by'"
    code, answer = ran(
        [
            "rightful",
            "export",
            "refused",
            "--use",
            "train.pretrain",
            "--where",
            where,
            "--tokenizer",
            "bytes",
            "--seed",
            "3",
        ]
    )
    assert (code, answer["error"]["exit_code"]) == (3, 3)
    steps = answer["error"]["next"]
    assert steps[0]["text"] == "permit 4 more, 4 in all"
    done = runs(steps)
    assert done[steps[0]["text"]]["records"] == 4
    assert ran(["rightful", "verify", "refused"])[1]["next"] == []


def test_export_that_is_permitted_no_more_ends_in_one_that_is(desk: Path) -> None:
    assert ran(["rightful", "ingest", "my data", "--workers", "1"])[0] == 0
    request = [
        "--use",
        "train.pretrain",
        "--accept",
        "all",
        "--where",
        "source_id IN ('by', 'mail')",
        "--redact",
        "all",
    ]
    assert ran(["rightful", "export", "old", *request])[1]["records"] == 5
    assert ran("rightful consent withdraw --source by")[0] == 0
    code, told = ran("rightful verify old")
    assert (code, len(told["stale"])) == (3, 4)
    why, repair, anew = told["next"]
    assert ran(why["command"])[1]["reasons"][0]["reason"] == "withdrawn"
    assert ran(anew["command"])[1]["records"] == 1
    assert ran(repair["command"])[1]["records_removed"] == 4


def test_export_under_a_signed_name_is_made_anew_under_that_name_with_its_tokenizer(desk: Path) -> None:
    assert ran(["rightful", "ingest", "my data", "--workers", "1"])[0] == 0
    signed = ["--by", "Ada Moreno, counsel", "--until", "2099-12-31", "--ground", "memo 7", "--lawful-access"]
    assert ran(["rightful", "policy", "sign", "eu-tdm-research", *signed])[0] == 0
    made = ran("rightful export old --policy eu-tdm-research --tokenizer train:300 --redact all --accept share-alike")[
        1
    ]
    assert ran("rightful consent withdraw --source nc")[0] == 0
    anew = ran("rightful verify old")[1]["next"][-1]["command"]
    assert "--policy eu-tdm-research" in anew
    assert "--tokenizer train:300" in anew
    assert "--accept share_alike" in anew
    assert "--purpose" not in anew
    again = ran(anew)[1]
    assert (again["records"], again["use"]["accept"]) == (made["records"] - 1, made["use"]["accept"])


def test_steps_of_an_explanation_do_what_they_say(read: Path) -> None:
    alike = "source_id = 'by' AND record_id <> (SELECT min(record_id) FROM records WHERE source_id = 'by')"
    rows = ran(["rightful", "sql", f"SELECT record_id, source_id FROM records WHERE NOT ({alike})"])[1]
    assert len(rows) == 7
    asked = "--use train.pretrain"
    for row in rows:
        answer = ran(f"rightful explain {row['record_id']} {asked}")[1]
        assert answer["next"], row
        done = runs(answer["next"], ends=(0, 3))
        assert all(told["decision"] == "permit" for text, told in done.items() if text == "see it permitted")
        edits = [s for s in answer["next"] if s["command"] is None]
        if row["source_id"] in ("rows",) or answer["reasons"][0]["reason"] == "nothing-stated":
            assert len(edits) == 1, (row, answer["next"])


def test_record_that_was_retired_is_named_with_the_exports_that_hold_it(desk: Path) -> None:
    assert ran(["rightful", "ingest", "my data", "--workers", "1"])[0] == 0
    query = "SELECT record_id FROM records WHERE source_id = 'by'"
    record = ran(["rightful", "sql", query])[1][0]["record_id"]
    request = "--use train.pretrain --accept all"
    made = ran(f"rightful export held {request}")[1]["export"]
    (desk / "my data/by/rows.jsonl").write_text(json.dumps({"text": wording("other")}) + "\n")
    assert ran(["rightful", "ingest", "my data", "--workers", "1"])[0] == 0
    code, answer = ran(f"rightful explain {record} {request}")
    error = answer["error"]
    assert (code, error["message"]) == (
        2,
        f"the record {record} counts no more: it was retired, or a newer version took its place;"
        f" these exports still hold it: {made}",
    )
    [step] = error["next"]
    code, told = ran(step["command"])
    assert (code, told["export"]) == (3, made)
    assert record in {s["record"] for s in told["stale"]}
    [_, anew] = told["next"]
    assert ran(anew["command"])[1]["records"] > 0
    code, answer = ran(f"rightful explain nothing-of-that-name {request}")
    assert code == 2
    assert answer["error"]["message"].startswith("there is no record 'nothing-of-that-name'")
    assert ran(answer["error"]["next"][0]["command"])[1]["ids"]


def test_empty_store_ends_in_the_reading_of_the_folder(desk: Path) -> None:
    for line in (
        "query --use train",
        "sql 'SELECT 1'",
        "stats",
        "consent list",
        "verify --all",
        "source list",
        "explain x --use train",
    ):
        code, answer = ran(f"rightful {line}")
        assert (code, answer["error"]["next"][1]["command"]) == (2, "rightful ingest .")
    (desk / "empty").mkdir()
    assert ran("rightful ingest empty --store none")[0] == 4, "nothing was read"
    for line in ("query --use train", "stats"):
        code, answer = ran(f"rightful {line} --store none")
        assert (code, answer["next"][1]["command"]) == (0, "rightful --store none ingest .")
    assert runs(answer["next"])
    assert ran("rightful query --use train --store none")[1]["considered"]["records"] == 10


def test_lists_of_nothing_end_in_a_command(read: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line, nothing in (("consent list", "no events"), ("review log", "no reviews")):
        assert run(cli, shlex.split(line), False) == 0
        shown = capsys.readouterr().out.splitlines()
        assert shown[0] == nothing
        command = shown[-1].strip()
        assert ran(command)[0] == 0, command
    assert ran("rightful sql 'SELECT 1 WHERE false'") == (0, [])


@pytest.mark.parametrize(
    "expression",
    ["CC BY 4", "CC-BY-4.0", "CC-BY-NC-4.0", "unheard of", "-MIT", "GPL-3.0-only AND GFDL-1.3-only", PARTY],
)
@pytest.mark.parametrize("verb", ["check", "why"])
def test_steps_of_a_check_do_what_they_say(expression: str, verb: str) -> None:
    code, answer = ran(["rightful", "license", verb, "--use", "train.pretrain", "--", expression])
    assert code == 3
    assert answer["next"]
    done = runs(answer["next"], ends=(0, 3))
    assert all(told["decision"] == "permit" for text, told in done.items() if text == "see it permitted")


def test_missing_licence_is_put_on_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = ran(["rightful", "license", "check", "MIT AND Zlib", "--allow", "Apache-2.0"])
    assert code == 3
    [(_, told)] = runs(answer["next"]).items()
    assert told["decision"] == "permit"


TAGS = {"source_id": "s", "license_concluded": None}


@pytest.mark.parametrize("slug", [*FAMILIES])
@pytest.mark.parametrize("license", [None, "MIT"])
def test_every_refusal_ends_in_a_step(slug: str, license: str | None) -> None:
    answer = {
        **{"record": "0" * 32, "decision": "deny", "would_change": [], "reasons": [{"reason": slug}]},
        **{"evidence": [], "tags": {**TAGS, "license_concluded": license}},
    }
    card = Card("/data/source.toml", "/data", True, False)
    for lies in (card, None):
        steps = after_explain(answer, Typing("a store"), Request(("--use", "train")), lies, catalog.load())
        assert steps
        assert all((s.command is None) == (s.file is not None) == (s.line is not None) for s in steps)
        for words in (shlex.split(s.command) for s in steps if s.command):
            assert words[:3] == ["rightful", "--store", "a store"]
    assert slug not in OWN_FAMILIES


@pytest.mark.parametrize("text", ['a "b" \\ c', "line\nline\ttab", "\x7f\u202e\U0001f600", ""])
def test_string_of_a_card_reads_back_as_it_was(text: str) -> None:
    import tomllib

    written = basic_string(text)
    assert tomllib.loads(f"{written} = {written}") == {text: text}
    assert written.isprintable()


def test_an_option_that_is_added_takes_the_place_of_the_one_that_it_replaces() -> None:
    asked = ("--use", "train", "--purpose", "commercial", "--where", "x = '--purpose'", "--accept", "notice")
    typed = Typing()("query", options=asked, more="--purpose noncommercial --accept credit")
    assert shlex.split(typed)[2:] == [
        *("--use", "train", "--where", "x = '--purpose'", "--accept", "notice"),
        *("--purpose", "noncommercial", "--accept", "credit"),
    ]


MIT_AND_MORE = """MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software, for peaceful ends only.
"""


def test_what_blocks_in_files_beside_a_text_is_not_answered_with_a_licence_in_the_card(desk: Path) -> None:
    (desk / "repos/buoys").mkdir(parents=True)
    (desk / "repos/sails").mkdir()
    (desk / "repos/source.toml").write_text('name = "repos"\npersonal_data = "no"\n', encoding="utf-8")
    (desk / "repos/buoys/LICENSE").write_text(MIT_AND_MORE, encoding="utf-8")
    (desk / "repos/buoys/a.txt").write_text("A buoy lies where the sand begins, and nods.", encoding="utf-8")
    (desk / "repos/sails/package.json").write_text('{"name": "sails", "license": "house rules"}', encoding="utf-8")
    (desk / "repos/sails/b.txt").write_text("Take in the sail before the wind takes it.", encoding="utf-8")
    assert ran("rightful ingest repos --workers 1")[0] == 0
    _, explained = ran("rightful explain buoys/a.txt --use train.pretrain")
    detect, contract, _ = explained["next"]
    done = runs([detect])[detect["text"]]
    assert [(one["expression"], Path(one["file"]).name) for one in done] == [("LicenseRef-unknown", "LICENSE")]
    assert contract["line"].startswith("[[contracts]]\n")
    _, explained = ran("rightful explain sails/b.txt --use train.pretrain --accept all")
    means, again = explained["next"]
    assert (means["file"], means["line"]) == ("repos/source.toml", '[licenses]\n"house rules" = "..."')
    card = desk / "repos/source.toml"
    card.write_text(card.read_text(encoding="utf-8") + means["line"].replace("...", "MIT"), encoding="utf-8")
    runs([again])
    assert ran("rightful explain sails/b.txt --use train.pretrain --accept all")[1]["decision"] == "permit"


def test_every_notice_of_a_text_has_a_line_and_what_nobody_looked_at_is_listed(desk: Path) -> None:
    (desk / "web").mkdir()
    (desk / "web/source.toml").write_text('name = "web"\nlicense = "CC0-1.0"\npersonal_data = "no"\n', encoding="utf-8")
    text = "The ferry is late.\n\nCopyright 2024 Gazette Press. All rights reserved. Not for redistribution.\n"
    (desk / "web/a.txt").write_text(text, encoding="utf-8")
    (desk / "bare").mkdir()
    (desk / "bare/source.toml").write_text('name = "bare"\npersonal_data = "no"\n', encoding="utf-8")
    row = {"id": "r", "text": "What stands there.", "url": "https://a.example/r"}
    (desk / "bare/rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert ran("rightful ingest web bare --workers 1")[0] == 0
    _, explained = ran("rightful explain a.txt --use train.pretrain")
    lines = [step["line"] for step in explained["next"] if step["line"]]
    assert lines == ['[not_notices]\nall-rights-reserved = "..."\nno-distribution = "..."']
    sign = "rightful policy sign eu-tdm-commercial --by 'Ada, counsel' --until 2027-01-31 --ground G --lawful-access"
    assert ran(sign)[0] == 0
    _, explained = ran("rightful explain r --policy eu-tdm-commercial")
    wanted, refresh = explained["next"]
    protocols = {w["protocol"] for w in runs([wanted])[wanted["text"]]["wanted"]}
    assert protocols == {"robots", "tdmrep", "headers", "html"}
    assert refresh["command"] == "rightful signal refresh --help"
