"""docs/ is up to date and true: nothing that has a name is left out, and what it shows runs."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import click
import pytest

from docs import make
from rightful import Store, catalog
from rightful.cli.app import cli
from rightful.errors import DAMAGED, RightfulError
from rightful.export import formats
from rightful.export.upkeep.verify import CHANGED, ERASED, NOT_ASKED, NOT_STORED
from rightful.query.select import OWN_FAMILIES, OWN_REASONS
from rightful.recipes.recipe import Recipe
from rightful.rights.because import FAMILIES, FAMILY_TEXTS, REASONS
from rightful.rights.consent import KINDS as EVENT_KINDS
from rightful.rights.consent import SELECTORS
from rightful.schema import find
from rightful.signals.cards.source_card import card_of
from rightful.stages.order import STAGES
from rightful.store.duck import connect
from rightful.store.records import KINDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
EVERYTHING = "\n".join(DOCS.values())
NOT_OF_THE_LAW = {
    **OWN_REASONS,
    ERASED: "it was erased",
    NOT_STORED: "the store has no such record, or a newer version of it",
    CHANGED: "the record has other content now",
    NOT_ASKED: "the request cannot be made today",
}

pytestmark = pytest.mark.xdist_group("sample")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS[page], re.DOTALL | re.MULTILINE)


def test_generated_pages_are_those_of_the_code() -> None:
    assert [name for name, text in make.pages().items() if DOCS[name] != text] == [], "run `make docs`"


def test_generator_run_as_a_command_finds_nothing_to_write() -> None:
    program = [sys.executable, ROOT / "docs" / "make.py", "--check"]
    done = subprocess.run(program, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_block_is_written_between_its_marks_and_nowhere_else() -> None:
    text = "before\n<!-- generated: a -->\nold\n<!-- end -->\nafter\n"
    assert make.with_block(text, "a", "new") == "before\n<!-- generated: a -->\n\nnew\n\n<!-- end -->\nafter\n"
    with pytest.raises(ValueError, match="no marks"):
        make.with_block(text, "b", "new")


NAMES: dict[str, Callable[[], list[str]]] = {
    "reasons": lambda: [*REASONS, *NOT_OF_THE_LAW],
    "shard formats": lambda: [module.name for module in iter_modules(formats.__path__)],
    "stages": lambda: [stage.name for stage in STAGES],
    "settings": lambda: [key for fields in Recipe().as_json().values() for key in fields],
    "selectors": lambda: list(SELECTORS),
    "events": lambda: list(EVENT_KINDS),
    "parts": lambda: [f"STORE/{kind}/PART.parquet" for kind in KINDS],
    "exit codes": lambda: [str(code) for code in sorted(make.EXIT_CODES)],
    "card keys": lambda: [row[0].split("`")[1] for row in make.key_rows(find("source-card"))],
    "policy keys": lambda: list(find("policy")["properties"]),
    "columns of records": lambda: [f["name"] for f in find("records")["fields"]],
    "acts": lambda: list(catalog.load().vocabulary.acts),
    "applications": lambda: list(catalog.load().vocabulary.applications),
    "obligations": lambda: list(catalog.load().vocabulary.obligations),
}


@pytest.mark.parametrize("kind", NAMES)
def test_names_are_all_documented(kind: str) -> None:
    names = NAMES[kind]()
    assert len(names) > 1
    assert [name for name in names if f"`{name}`" not in EVERYTHING] == []


def test_exit_codes_documented_are_those_that_there_are() -> None:
    kinds = [RightfulError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert set(make.EXIT_CODES) == {0, DAMAGED, *(kind.exit_code for kind in kinds)}


def test_options_of_every_command_are_in_the_reference() -> None:
    for name, command in make.walk(cli):
        assert f"### `{name}" in DOCS["reference.md"]
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert make.spelled(parameter) in DOCS["reference.md"].replace("\\|", "|"), (name, parameter.name)


def test_every_reason_has_its_sentence_and_says_what_to_do() -> None:
    found = re.findall(r"^### `([a-z-]+)`: (.+)\n((?:(?!#).+\n)+)", DOCS["why-was-my-record-excluded.md"], re.MULTILINE)
    assert {slug: sentence for slug, sentence, _ in found} == {**REASONS, **NOT_OF_THE_LAW}
    assert [slug for slug, _, says in found if len(says) < 30] == []


def test_reasons_stand_under_their_family() -> None:
    page = DOCS["why-was-my-record-excluded.md"]
    headed = re.findall(r"^## `([a-z-]+)`: ([^\n]+)\n(.*?)(?=^## )", page, re.DOTALL | re.MULTILINE)
    assert {family: sentence for family, sentence, _ in headed} == FAMILY_TEXTS
    listed = {slug: family for family, _, under in headed for slug in re.findall(r"^### `([a-z-]+)`", under, re.M)}
    assert listed == {**FAMILIES, **OWN_FAMILIES}


def test_card_examples_are_cards_and_show_every_key() -> None:
    shown: set[str] = set()
    for text in blocks("source-cards.md", "toml"):
        data = tomllib.loads(text)
        card_of(data, "source-cards.md", catalog.load().vocabulary)
        shown |= data.keys() | {f"{key}.{k}" for key, of in data.items() if isinstance(of, dict) for k in of}
        tables = [(key, entry) for key, of in data.items() if isinstance(of, list) for entry in of]
        shown |= {f"{key}[].{k}" for key, entry in tables if isinstance(entry, dict) for k in entry}
    assert {row[0].split("`")[1] for row in make.key_rows(find("source-card"))} - shown == set()


def test_commands_in_pages_are_commands(tmp_path: Path) -> None:
    known = {name for name, _ in make.walk(cli)}
    said = set(re.findall(r"`(rightful [a-z][^`]*)`", EVERYTHING)) | set(
        re.findall(r"^\$ (rightful .*)$", EVERYTHING, re.M)
    )
    assert len(said) > 20
    for line in said:
        words = shlex.split(line)
        assert any(" ".join(words[:n]) in known for n in (2, 3)), line


PAGES = [ROOT / "docs" / name for name in DOCS]
PAGES += [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += [ROOT / folder / "README.md" for folder in ("licenses", "sample_data", "schemas")]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_architecture_names_files_that_are_there() -> None:
    table = DOCS["architecture.md"].partition("## Where to put a change")[2]
    named = re.findall(r"`([a-z_/]+(?:\.py|/))`", table)
    assert len(named) >= 8
    for name in named:
        places = (ROOT / name, make.rooms.PACKAGE / name, make.rooms.PACKAGE / "rights" / name)
        assert any(place.exists() for place in places), name


def test_store_can_be_read_with_duckdb_as_the_page_says(sample: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sample.folder)
    (program,) = blocks("store-format.md", "python")
    printed = io.StringIO()
    scope: dict[str, Any] = {}
    with redirect_stdout(printed):
        exec(compile(program, "store-format.md", "exec"), scope)
    scope["ledger"].close()
    query = "SELECT source_id, count(*) AS n, sum(n_chars)::BIGINT AS chars FROM records GROUP BY ALL ORDER BY ALL"
    ours = sample.store.sql(query)
    assert len(ours) >= 10
    assert scope["hiding"], "otherwise nothing is said of rows that are hidden"
    for row in ours:
        line = rf"│ {re.escape(row['source_id'])} +│ +{row['n']} │ +{row['chars']} │"
        assert re.search(line, printed.getvalue()), printed.getvalue()


def test_quick_query_of_the_page_finds_what_the_views_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store("rightful-store")
    store.ingest([ROOT / "sample_data" / "good" / "public-notices"])
    (query,) = blocks("store-format.md", "sql")
    con = connect()
    theirs = con.execute(query).fetchall()
    con.close()
    ours = store.sql(re.sub(r"read_parquet\(.*\)", "records", query))
    assert [row[0] for row in theirs] == ["de", "fr"]
    assert theirs == [tuple(row.values()) for row in ours]
