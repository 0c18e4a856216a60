"""Named uses on the command line: what is listed, what is refused, and what is asked of whoever sits at a terminal."""

from __future__ import annotations

import json
import os
import pty
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rightful.decisions.named import shipped_folder
from rightful.decisions.signing import WHERE, WHO
from tests.e2e.conftest import Ask

Refuse = Callable[..., dict[str, Any]]
NAMES = sorted(path.stem for path in shipped_folder().glob("*.toml"))
RIGHTFUL = Path(sys.executable).parent / "rightful"
SIGNED = ("--by", "Ada, counsel", "--until", "2099-12-31", "--ground", "Memo 7", "--lawful-access")
KEYS = ["name", "summary", "use", "purpose", "actor", "jurisdiction", "accept", "statutes", "signed", "origin", "path"]


@pytest.fixture
def store(good: Path, tmp_path: Path) -> Path:
    copied: Path = shutil.copytree(good, tmp_path / "rightful-store")
    return copied


def at_a_terminal(folder: Path, typed: str, *arguments: str | Path) -> tuple[int, str, str]:
    """How a command ends that is typed at a terminal, with what it prints on stdout and what stood on the screen."""
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    command = subprocess.Popen(
        [str(RIGHTFUL), *map(str, arguments)], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, cwd=folder
    )
    os.close(theirs)
    screen = b""
    try:
        while chunk := os.read(ours, 4096):
            screen += chunk
    except OSError:  # the terminal is gone with the command
        pass
    stdout, _ = command.communicate(timeout=60)
    os.close(ours)
    return command.returncode, stdout.decode(), screen.decode().replace("\r\n", "\n")


def test_policy_list_names_every_named_use_shipped_or_own(ask: Ask, rightful: Any, tmp_path: Path) -> None:
    listed = ask("policy", "list")
    assert [row["name"] for row in listed] == NAMES
    assert all(list(row) == KEYS for row in listed)
    assert {row["origin"] for row in listed} == {"shipped"}
    made = ask("policy", "new", "mine", "--from", "evaluation-only", "--accept", "credit")
    assert (made["name"], made["origin"]) == ("mine", "store")
    assert [step["command"] for step in made["next"]] == ["rightful query --policy mine"]
    signed = ask("policy", "sign", "eu-tdm-research", *SIGNED)
    assert (signed["signed"], signed["signature"]["ground"]) == (True, "Memo 7")
    listed = ask("policy", "list")
    assert sorted(row["name"] for row in listed) == sorted([*NAMES, "mine"])
    assert {row["name"] for row in listed if row["origin"] == "store"} == {"mine", "eu-tdm-research"}
    page = rightful("policy", "list").stdout
    assert all(name in page for name in [*NAMES, "mine (store)", "eu-tdm-research (store, signed)"])
    assert all(len(line) <= 80 for line in page.splitlines())


@pytest.mark.parametrize(
    "command",
    [
        ("query",),
        ("export", "out", "--tokenizer", "bytes"),
        ("explain", "x"),
        ("license", "check", "MIT"),
        ("license", "why", "MIT"),
        ("review", "list"),
        ("policy", "show"),
        ("policy", "sign", "--by", "Ada", "--until", "2099-01-01"),
        ("policy", "new", "mine", "--from"),
    ],
)
def test_unknown_use_is_refused_by_every_command_that_takes_one(
    store: Path, refuse: Refuse, command: tuple[str, ...]
) -> None:
    named = ("reserch-internal",) if command[0] == "policy" else ("--policy", "reserch-internal")
    error = refuse(*command, *named)
    assert error["message"].startswith("unknown named use 'reserch-internal'")
    assert "did you mean 'research-internal'" in error["hint"]
    assert all(name in error["hint"] for name in NAMES)
    assert not (store.parent / "out").exists()


@pytest.mark.parametrize("command", [("query",), ("explain", "mit"), ("license", "check", "MIT"), ("review", "list")])
def test_use_that_contradicts_an_option_is_a_usage_error(store: Path, refuse: Refuse, command: tuple[str, ...]) -> None:
    error = refuse(*command, "--policy", "evaluation-only", "--purpose", "research")
    assert "says purpose commercial, and --purpose says research" in error["message"]
    assert "rightful policy new NAME --from evaluation-only --purpose research" in error["hint"]


def test_refusal_of_an_unsigned_use_ends_in_the_command_that_signs_it(
    store: Path, ask: Ask, refuse: Refuse, rightful: Any
) -> None:
    error = refuse("query", "--policy", "eu-tdm-commercial")
    command = error["hint"].partition("; then ")[2]
    assert [step["command"] for step in error["next"]] == ["rightful policy show eu-tdm-commercial", command]
    assert command.startswith("rightful policy sign eu-tdm-commercial --by")
    words = shlex.split(command)[1:]
    assert rightful(*words).returncode == 2, "nobody signs by copying"
    signed = rightful(*({WHO: "Ada Moreno, counsel", WHERE: "memo 7"}.get(word, word) for word in words))
    assert signed.returncode == 0, signed.stderr
    assert "declared by whoever signs" in signed.stdout
    assert ask("query", "--policy", "eu-tdm-commercial")["policy"]["named"]["in_force"] is True


def test_named_use_and_the_options_that_it_stands_for_export_the_same_shards(store: Path, ask: Ask) -> None:
    use = ["train.pretrain", "use.internal"]
    options = [word for act in use for word in ("--use", act)] + ["--accept", "credit", "--accept", "refrain"]
    named = ask("export", "a", "--policy", "internal-model-commercial", "--tokenizer", "bytes")
    plain = ask("export", "b", *options, "--tokenizer", "bytes")
    alike = ("shards", "records", "tokens", "refused", "obligations", "todo", "licenses", "sources", "expires_at")
    assert [named[key] for key in alike] == [plain[key] for key in alike]
    assert named["policy"]["named"]["name"] == "internal-model-commercial"
    assert {row["bundle"]: row["done"] for row in named["todo"]} == {"credit": True}


def test_to_do_list_counts_who_is_in_the_attribution(store: Path, ask: Ask, rightful: Any) -> None:
    export = ask("export", "out", "--policy", "open-weights-commercial", "--tokenizer", "bytes")
    credit = next(row for row in export["todo"] if row["bundle"] == "credit")
    rows = pq.read_table(store.parent / "out" / "attribution.parquet").to_pylist()
    index = pq.read_table(store.parent / "out" / "index.parquet").to_pylist()
    owing = {row["record_id"] for row in index if "attribution.record" in row["obligations"]}
    authors = {row["attribution"] for row in rows if row["record_id"] in owing and row["attribution"]}
    assert f"credit {len(authors)} author" in credit["text"]
    assert not credit["done"]
    page = rightful("query", "--policy", "open-weights-commercial").stdout
    assert "\nto do\n" in page
    assert "publish ATTRIBUTION.md" in page


def test_signing_at_a_terminal_shows_what_is_signed_and_asks_who_for_what_on_which_ground_until_when(
    tmp_path: Path, ask: Ask
) -> None:
    typed = "Ada, counsel\nthe crawl of May\nMemo 7\n2099-12-31\ny\ny\n"
    code, _, screen = at_a_terminal(tmp_path, typed, "policy", "sign", "eu-tdm-commercial")
    assert code == 0, screen
    asked = ["Who signs", "For what", "On which ground", "Until when", "lawfully accessed?", "Sign it?"]
    assert [screen.index(question) for question in asked] == sorted(screen.index(question) for question in asked)
    assert screen.index("declared by whoever signs") < screen.index("held to all of this") < screen.index(asked[0])
    signature = ask("policy", "show", "eu-tdm-commercial", store=tmp_path / "rightful-store")["signature"]
    wanted = {"by": "Ada, counsel", "for": "the crawl of May", "ground": "Memo 7", "until": "2099-12-31"}
    assert {key: signature[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("Ada\n\nMemo\n2099-12-31\ny\nn\n", "nobody signed it"),
        ("Ada\n\nMemo\n2099-12-31\nn\ny\n", "nobody declares it"),
        ("Ada\n\nMemo\n2001-01-01\ny\ny\n", "before it begins"),
    ],
)
def test_signing_that_is_declined_at_a_terminal_writes_nothing(tmp_path: Path, typed: str, message: str) -> None:
    code, _, screen = at_a_terminal(tmp_path, typed, "policy", "sign", "eu-tdm-commercial")
    assert (code, message in screen) == (2, True), screen
    assert not (tmp_path / "rightful-store").exists()


def test_signing_without_a_terminal_or_for_json_asks_nothing(tmp_path: Path, refuse: Refuse) -> None:
    assert "a signature needs --by" in refuse("policy", "sign", "eu-tdm-commercial")["message"]
    code, stdout, _ = at_a_terminal(tmp_path, "", "--json", "policy", "sign", "eu-tdm-commercial")
    assert (code, json.loads(stdout)["error"]["exit_code"]) == (2, 2)


EXPORT = ("export", "out", "--use", "eval.benchmark", "--tokenizer", "bytes", "--workers", "1", "--accept", "all")


def test_accept_all_shows_what_it_undertakes_and_asks_at_a_terminal(store: Path) -> None:
    code, _, screen = at_a_terminal(store.parent, "n\n", *EXPORT)
    assert (code, "not undertaken; nothing was exported" in screen) == (2, True), screen
    assert not (store.parent / "out").exists()
    assert "Bind the recipients to the same restrictions of use. (use_restrictions.pass_on)" in " ".join(screen.split())
    code, stdout, screen = at_a_terminal(store.parent, "y\n", *EXPORT)
    assert (code, "Undertake all of this?" in screen) == (0, True), screen
    assert stdout.lstrip().startswith("export x-")


@pytest.mark.parametrize("quietly", [("--yes",), ("--json",)])
def test_accept_all_asks_nothing_with_yes_or_for_json(store: Path, quietly: tuple[str, ...]) -> None:
    code, _, screen = at_a_terminal(store.parent, "", *EXPORT, *quietly)
    assert (code, "Undertake" in screen) == (0, False), screen


def test_accept_all_asks_nothing_where_nobody_sits(store: Path, rightful: Any) -> None:
    outcome = rightful(*EXPORT)
    assert outcome.returncode == 0
    assert "--accept all undertakes:" in outcome.stderr
    assert "Undertake" not in outcome.stderr


def test_pages_say_under_which_name_was_asked_and_who_signed_it(store: Path, ask: Ask, rightful: Any) -> None:
    assert rightful("query", "--policy", "evaluation-only").stdout.startswith(
        "named use evaluation-only (shipped)\nuse "
    )
    assert rightful("query", "--use", "eval.benchmark").stdout.startswith("use ")
    ask("policy", "sign", "eu-tdm-commercial", *SIGNED)
    line = "named use eu-tdm-commercial (store), signed by Ada, counsel until 2099-12-31\n"
    assert rightful("query", "--policy", "eu-tdm-commercial").stdout.startswith(line)
    record = ask("query", "--policy", "evaluation-only", "--ids", "--limit", "1")["ids"][0]
    assert "NAMED     evaluation-only (shipped)\n" in rightful("explain", record, "--policy", "evaluation-only").stdout
