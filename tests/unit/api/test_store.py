"""The library as its caller meets it: quick to import, typed, explained by ``help``."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rightful import Store
from rightful.decisions import DEDUP, PREFERENCES
from rightful.errors import InputError
from rightful.rights.uses import ACTORS, PROFILES, PURPOSES

PACKAGE = Path(__file__).parents[3] / "pipeline"
EXPLAINED = [Store.ingest, Store.query, Store.export]
AS_ELSEWHERE = {"self", "workers", "snapshot", "where", "yes", "dedup", "prefer"}
"""What the docstring of the class explains, or that of :meth:`Store.query`."""


def test_store_is_imported_without_any_engine() -> None:
    code = "import sys; from rightful import Store; Store('none'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "rightful.api.store" in loaded
    assert not loaded & {"numpy", "pyarrow", "duckdb", "numba", "tokenizers", "license_expression", "click"}


@pytest.mark.parametrize("verb", EXPLAINED, ids=lambda verb: verb.__name__)
def test_help_of_a_verb_explains_each_keyword_the_errors_and_an_example(verb: object) -> None:
    page = inspect.getdoc(verb) or ""
    keywords = set(inspect.signature(verb).parameters) - AS_ELSEWHERE  # type: ignore[arg-type]
    if verb is Store.export:
        keywords -= set(inspect.signature(Store.query).parameters)
        keywords |= {"redact"}
    shown = set(re.findall(r"^(\w+)  +\S", page, re.MULTILINE)) | set(re.findall(r"``(\w+)``", page))
    assert {name for name in keywords if not name.endswith("_field")} <= shown
    assert ":class:`InputError`" in page
    assert "\n>>> " in page
    assert all(len(line) <= 120 for line in page.splitlines())


def test_help_of_query_names_every_word_of_the_short_lists() -> None:
    page = inspect.getdoc(Store.query) or ""
    words = [*PURPOSES, *ACTORS, *PROFILES, *DEDUP, *PREFERENCES]
    assert [word for word in words if f"``{word}``" not in page] == []


def test_keywords_that_several_verbs_have_are_explained_by_the_class() -> None:
    page = inspect.getdoc(Store) or ""
    assert {"clock", "yes", "workers", "snapshot", "where"} <= set(re.findall(r"``(\w+)``", page))


def test_type_checker_finds_a_misspelled_keyword_and_a_wrong_type(tmp_path: Path) -> None:
    caller = tmp_path / "caller.py"
    caller.write_text(
        "from rightful import Store\n"
        'store = Store("store")\n'
        'store.query("train", purpos="research")\n'
        "store.consent.withdraw(url_prefix=3)\n"
        'added: str = store.ingest(["mail/"]).added\n'
        'store.query("train", purpose="research", accept=["notice"], as_of="2026-11-21")\n'
        'store.verify("out").stale, store.verify(all=True).exports\n'
    )
    settings = tmp_path / "mypy.ini"  # the library alone: the rest of the package would take a minute
    settings.write_text(
        f"[mypy]\nstrict = True\nmypy_path = {PACKAGE}\ncache_dir = {tmp_path / 'cache'}\n"
        "[mypy-rightful.*]\nfollow_imports = skip\n"
        "[mypy-rightful]\nfollow_imports = silent\n"
        "[mypy-rightful.api.*]\nfollow_imports = silent\n"
    )
    words = [sys.executable, "-m", "mypy", "--config-file", str(settings), str(caller)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    errors = re.findall(r"^caller\.py:(\d+): error: (.*)$", done.stdout, re.MULTILINE)
    assert [line for line, _ in errors] == ["3", "4", "5"], done.stdout
    assert 'Unexpected keyword argument "purpos" for "query" of "Store"; did you mean "purpose"?' in errors[0][1]


def test_verify_takes_one_export_or_all(tmp_path: Path) -> None:
    for given in ({}, {"export": "out", "all": True}):
        with pytest.raises(InputError, match="verifies one export or all"):
            Store(tmp_path).verify(**given)  # type: ignore[call-overload]


def test_demo_lays_out_the_sample_data_and_its_story(tmp_path: Path) -> None:
    demo = Store.demo(keep=tmp_path / "demo")
    assert (Path(demo.folder) / "sample_data" / "good").is_dir()
    commands = [command["command"] for scene in demo.scenes for command in scene["commands"]]
    assert commands[0].startswith("ingest sample_data/good")
    assert {command["exit_code"] for scene in demo.scenes for command in scene["commands"]} == {0, 3, 4}
    with pytest.raises(InputError, match="exists already"):
        Store.demo(keep=tmp_path / "demo")


def test_store_says_where_it_is() -> None:
    assert repr(Store("corpus-store")) == "Store('corpus-store')"
