"""docs/law.md is the law: each sentence has its test, each test of the laws its sentence, and what code cites is there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from docs import law
from rightful import catalog
from rightful.rights.because import REASONS
from rightful.rights.uses import PROFILES, PURPOSES, RESEARCHERS
from rightful.rights.values import Status, Value, meet, merge, value

PAGE = law.PAGE.read_text("utf-8")
RULES = law.rules(PAGE)
UNNUMBERED = ("#", "|", "*", "<!--", "[^", "Each rule has a number", "Words that the page uses")
"""How a paragraph begins that states no rule: headings, tables, what introduces a section or the page, footnotes."""


def row(line: str) -> list[str]:
    """The cells of a line of a table."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_sentence_of_a_rule_leads_to_a_test() -> None:
    assert len(RULES) > 100
    assert {number: unheld for number, rule in RULES.items() if (unheld := law.unheld(rule))} == {}


@pytest.mark.parametrize(
    ("rule", "unheld"),
    [
        ("It holds.[^a]", []),
        ("It holds,[^a] and so does this.[^b][^c]\nIt is 5.3 of `a. b`.[^d]", []),
        ("It holds.[^a] This does not. It holds.[^a]", ["This does not."]),
        ("This does not.", ["This does not."]),
        ("It holds.[^a]\nThis has no end", ["\nThis has no end"]),
    ],
)
def test_sentence_without_a_test_is_seen(rule: str, unheld: list[str]) -> None:
    assert law.unheld(rule) == unheld


def test_nothing_but_numbered_rules_states_the_law() -> None:
    assert {number.partition(".")[0] for number in RULES} == law.sections(PAGE)
    for paragraph in PAGE.split("\n\n"):
        assert paragraph.startswith((*UNNUMBERED, '<a id="')), paragraph


def test_rules_are_numbered_in_their_order() -> None:
    numbers = [tuple(map(int, number.split("."))) for number in RULES]
    assert numbers == sorted(numbers)
    assert len(re.findall(r"^\*\*\d", PAGE, re.MULTILINE)) == 0, "a rule without its anchor"


def test_every_test_of_the_page_is_one_that_there_is() -> None:
    known = law.tests()
    names = law.notes(PAGE)
    assert [name for name in names if name not in known] == [], (
        "renamed or gone: mend docs/law.md, then run `make docs`"
    )
    assert [name for name in names if len(known[name]) > 1] == [], "whose name would not say which is meant"


def test_every_law_is_stated_on_the_page() -> None:
    laws = [name for name, files in law.tests().items() if files[0].startswith(f"{law.LAWS}/")]
    assert len(laws) > 200
    assert set(laws) - set(law.notes(PAGE)) == set(), (
        "state it in docs/law.md, as `Sentence.[^name]`, then run `make docs`"
    )


def test_what_code_tests_and_data_cite_is_on_the_page() -> None:
    folders = [law.ROOT / name for name in ("pipeline", "tests", "licenses", "docs")]
    files = [p for f in folders for p in sorted(f.rglob("*")) if p.suffix in (".py", ".toml") and p != law.PAGE]
    cited = law.cited(p for p in files if p.name != "test_law_page.py")
    assert len(cited) > 30
    assert {number: where for number, where in cited.items() if number not in {*RULES, *law.sections(PAGE)}} == {}


def test_links_to_rules_lead_to_one() -> None:
    pages = [law.ROOT / "README.md", law.ROOT / "CONTRIBUTING.md", *sorted((law.ROOT / "docs").glob("*.md"))]
    linked = [anchor for page in pages for anchor in re.findall(r"law\.md#([\w.-]+)", page.read_text("utf-8"))]
    assert len(linked) > 10
    assert set(linked) - RULES.keys() == set()


def test_every_reason_leads_to_the_rule_that_it_comes_from() -> None:
    page = (law.ROOT / "docs" / "why-was-my-record-excluded.md").read_text("utf-8")
    sections = dict(re.findall(r"^### `([a-z-]+)`[^\n]*\n(.*?)(?=^##|\Z)", page, re.DOTALL | re.MULTILINE))
    assert [slug for slug in REASONS if "law.md#" not in sections[slug]] == []


@pytest.mark.parametrize("operation", [meet, merge])
def test_tables_of_statuses_are_those_of_the_algebra(operation: Callable[..., Value]) -> None:
    head, rows = re.findall(rf"^\| ({operation.__name__} \| deny .+) \|\n.+\n((?:\|.+\n)+)", PAGE, re.MULTILINE)[0]
    words = {status.name.lower(): value(status) for status in Status}
    across = row(head)[1:]
    assert across == list(words)
    for line in rows.splitlines():
        name, *cells = row(line.replace("*", ""))
        assert [words[cell] for cell in cells] == [operation(words[name], words[other]) for other in across], name


def test_tables_of_the_page_are_those_of_the_vocabulary() -> None:
    words = catalog.load().vocabulary
    acts = [re.findall(r"`([a-z.]+)`", row(line)[0]) for line in RULES_TABLE["2.1"]]
    assert [act for listed in acts for act in listed] == list(words.acts)
    assert [row(line)[0].split("`")[1] for line in RULES_TABLE["5.6"]] == list(PROFILES)
    for line, (name, statute) in zip(RULES_TABLE["10.1"], words.statutes.items(), strict=True):
        identity, source, purposes, who, defeated = row(line)
        assert identity == f"`{name}`"
        assert source == statute.source
        assert purposes == (
            ", ".join(p for p in PURPOSES if p in statute.purposes).replace(", ".join(PURPOSES), "every purpose")
        )
        assert ("anybody" not in who) == (statute.actors == set(RESEARCHERS))
        assert ("lawful access" in who) == statute.lawful_access
        assert ("yes" in defeated) == statute.defeated


def _tables() -> dict[str, list[str]]:
    """The rows of the table that stands below a rule."""
    found: dict[str, list[str]] = {}
    for number, below in re.findall(r'<a id="([\d.]+)"></a>[^\n]*(?:\n[^\n]+)*\n\n(\|[^\n]*(?:\n\|[^\n]*)*)', PAGE):
        found[number] = below.splitlines()[2:]
    return found


RULES_TABLE = _tables()
