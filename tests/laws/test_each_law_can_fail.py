"""A test that cannot fail is a defect: each law test is shown to fail when one line of the law is broken."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laws.mutants import ROOT, Mutants
from tests.laws.mutations import MUTATIONS, Mutation

LAWS = {
    node.name: path.relative_to(ROOT).as_posix()
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    if path.name != Path(__file__).name
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
}
"""Every law test: name -> file."""


@pytest.fixture(scope="module")
def mutants() -> Iterator[Mutants]:
    with Mutants() as process:
        yield process


def test_every_law_is_broken_by_some_mutation() -> None:
    named = {name for mutation in MUTATIONS for name in mutation.kills}
    assert named == set(LAWS)
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_a_broken_law_is_noticed(mutation: Mutation, mutants: Mutants) -> None:
    tests = [f"{LAWS[name]}::{name}" for name in mutation.kills]
    assert mutants.failures(mutation, tests) == set(mutation.kills)


SAMPLE = (
    "gates are open",
    "what the person said is not heard",
    "a contract permits nothing",
    "a statutory basis permits nothing",
    "one link of a chain is enough",
    "copies are never contested",
    "a near copy that was withdrawn does not matter",
    "what is newer than a consent is permitted",
    "no reservation defeats a statutory basis",
    "an expired licence permits",
    "a guess permits",
    "an addition lifts what the licence denies",
    "outbound licences bind nothing",
    "personal data needs no legal basis",
)
"""Of each module that decides some mutations that show beside the law in short as well."""


@pytest.mark.parametrize("name", SAMPLE, ids=lambda name: name.replace(" ", "-"))
def test_a_broken_law_is_not_the_law_in_short(name: str, mutants: Mutants) -> None:
    (mutation,) = (m for m in MUTATIONS if m.name == name)
    law = "test_the_law_says_what_its_short_form_says"
    assert mutants.failures(mutation, [f"{LAWS[law]}::{law}"]) == {law}
