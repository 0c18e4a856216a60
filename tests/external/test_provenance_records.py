"""The examples of OASIS prov-meta 1.0: each is read, and none permits more than it states."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rightful.catalog import load
from rightful.rights.evidence import Evidence
from rightful.signals.cards.found.provenance import CARD, OWN, is_one
from rightful.signals.signal import About

FOLDER = "9-reports/prov-meta"


def statements(cases: Path, name: str) -> set[tuple[str, str, str]]:
    claims = CARD.read((cases / FOLDER / name).read_bytes(), name, About(load().names))
    return {(c.statement, f"T{c.tier}", c.expression) for c in claims if isinstance(c, Evidence)}


def test_examples_are_provenance_records(cases: Path) -> None:
    names = sorted(path.name for path in (cases / FOLDER).glob("example-*.json"))
    assert names == ["example-complete.json", "example-minimal.json", "example-moderate.json"]
    assert all(is_one(json.loads((cases / FOLDER / name).read_text("utf-8"))) for name in names)


def test_record_without_a_licence_states_none(cases: Path) -> None:
    assert statements(cases, "example-minimal.json") == set()


def test_licence_on_feeds_is_inferred_and_consents_and_personal_data_block(cases: Path) -> None:
    assert statements(cases, "example-moderate.json") == {
        ("license", "T6", "Apache-2.0"),
        ("unreadable", "T6", ""),
        ("personal_data", "T1", ""),
        ("not_known", "T6", ""),
    }


def test_terms_of_the_complete_record_block(cases: Path) -> None:
    read = statements(cases, "example-complete.json")
    assert ("license", "T6", "CC-BY-4.0 AND LicenseRef-rightful-unreadable") in read
    assert {("unreadable", "T6", ""), ("personal_data", "T1", ""), ("not_known", "T6", "")} <= read
    assert not any(statement == "license" and tier == "T5" for statement, tier, _ in read)


@pytest.mark.parametrize("code", sorted(OWN))
def test_methods_that_are_ones_own_are_codes_of_the_schema(cases: Path, code: str) -> None:
    schema = (cases / FOLDER / "data-provenance.schema.json").read_text("utf-8")
    assert f'"{code}"' in schema
