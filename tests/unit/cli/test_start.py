"""What ``rightful --help`` loads, and that its table is what the commands are."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from rightful.cli.app import cli
from rightful.cli.options import read_formats, shard_formats, text_formats
from rightful.cli.table import GROUPS, TABLE

LIGHT = {"rightful", "rightful.cli", "rightful.cli.app", "rightful.cli.table", "rightful.errors"}


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["no-such-command"]])
def test_words_that_run_no_command_load_click_and_nothing_heavy(words: list[str]) -> None:
    code = (
        f"import sys; sys.argv = ['rightful', *{words!r}]\n"
        "from rightful.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('loaded:', *sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    modules = set(loaded.rpartition("loaded:")[2].split())
    assert "click" in modules
    assert {name for name in modules if name.partition(".")[0] == "rightful"} == LIGHT
    assert not modules & {"numpy", "pyarrow", "duckdb", "numba", "tokenizers", "json", "tempfile"}


def test_help_of_no_verb_loads_arrays_or_an_engine(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from rightful.cli.app import cli\n"
        "for name in sys.argv[1:]:\n"
        "    cli.get_command(None, name)\n"
        "    print(name, *{*sys.modules} & {'numpy', 'pyarrow', 'duckdb', 'numba', 'tokenizers'})"
    )
    environment = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(tmp_path)}
    for _ in range(2):  # the names of formats are found once, by loading the formats
        run = [sys.executable, "-c", code, *sorted(TABLE)]
        done = subprocess.run(run, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split("\n")[:-1] == sorted(TABLE), "a verb loads more than its help needs"


@pytest.mark.parametrize(
    ("names", "answer"),
    [
        (read_formats, lambda: tuple(importlib.import_module("rightful.readers.read").formats())),
        (shard_formats, lambda: tuple(importlib.import_module("rightful.export.formats").names())),
        (text_formats, lambda: tuple(importlib.import_module("rightful.export.formats.text").names())),
    ],
)
def test_names_in_a_help_are_those_of_what_is_loaded(
    names: Callable[[], tuple[str, ...]],
    answer: Callable[[], tuple[str, ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert names() == answer()  # found
    assert names() == answer()  # kept


@pytest.mark.parametrize(
    "words", [["uses"], ["license", "check", "MIT", "--use", "index"], ["license", "list"], ["policy", "list"]]
)
def test_answer_of_the_catalogue_alone_loads_no_arrays_and_no_engine(words: list[str], tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = ['rightful', *{words!r}]\n"
        "from rightful.cli import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code\n"
        "print('loaded:', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert not {*done.stdout.rpartition("loaded:")[2].split()} & {"numpy", "pyarrow", "duckdb", "numba", "tokenizers"}


def test_what_lists_records_and_traces_loads_no_compiler() -> None:
    verbs = ("asset", "asset_answers", "consent", "reading", "source", "store", "trace", "upkeep")
    code = f"import sys; from rightful.api import {', '.join(verbs)}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numba" not in loaded


def test_table_of_commands_names_the_module_that_each_is_in() -> None:
    context = click.Context(cli)
    assert cli.list_commands(context) == sorted(TABLE)
    for name, entry in TABLE.items():
        command = cli.get_command(context, name)
        assert command is not None
        of = command.callback.__module__ if command.callback else None
        assert of == f"rightful.cli.commands.{entry.module}", name
    assert cli.commands.keys() == TABLE.keys(), "a command that the table does not have is one that nobody can run"


def test_every_command_is_in_one_group_of_the_help() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted({*grouped}), "a command is in two groups"
    assert {*TABLE} <= {*grouped}, "a command that is in no group is one that the help does not name"


def test_help_leads_from_data_to_an_export_in_the_order_in_which_one_meets_commands() -> None:
    text = cli.get_help(click.Context(cli, terminal_width=80))
    places = [text.index(f"\n{title}:\n") for title in GROUPS]
    assert places == sorted(places)
    commands = [text.index(f"\n  {name} ") for name in ("init", "ingest", "query", "export")]
    assert commands == sorted(commands)
    three = re.findall(r"^    rightful (\w+) .*\S  +\S", text, re.MULTILINE)
    assert three == ["init", "ingest", "export"]
    assert max(map(len, text.splitlines())) <= 80


def test_summary_fits_a_terminal_of_80_columns_in_one_line() -> None:
    widest = max(map(len, TABLE))
    context = click.Context(cli, terminal_width=80 - 2)  # click leaves two columns free
    lines = cli.get_help(context).splitlines()
    for name, entry in TABLE.items():
        assert f"  {name:<{widest}}  {entry.summary}" in lines
        assert entry.summary.endswith(".")


def test_library_that_cannot_be_loaded_is_an_error_and_no_traceback(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "duckdb.py").write_text("raise ImportError('libstdc++.so.6: cannot map the segment')")
    code = "from rightful.cli import main; main(['query', '--use', 'index', '--json'])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(folder)}, cwd=folder
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: a library cannot be loaded: libstdc++.so.6: cannot map the segment\n  hint: ")
    assert '"exit_code": 2' in done.stdout


def test_summary_of_a_command_of_a_group_is_whole_in_one_line_of_80_columns(subtests: pytest.Subtests) -> None:
    top = click.Context(cli)
    for group in TABLE:
        command = cli.get_command(top, group)
        if isinstance(command, click.Group):
            shown = command.get_help(click.Context(command, info_name=group, terminal_width=80)).splitlines()
            listed = shown[shown.index("Commands:") + 1 :]
            for name in command.commands:
                with subtests.test(f"{group} {name}"):
                    (line,) = [line for line in listed if line.split()[:1] == [name]]
                    assert len(line) <= 80
                    assert re.search(r"[^.]\.$", line), line
                    assert not re.match(r"\s{6,}", listed[listed.index(line) + 1]), "it goes on in the next line"
