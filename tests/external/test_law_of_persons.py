"""Consents, legal bases, preconditions and personal data that was found, on the third-party law cases and their twins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rightful import Store
from rightful.errors import InputError
from rightful.events.consents import Request

TRAIN = {"use": "train.pretrain", "accept": ["all"]}
NAMES = (
    *("f1-consent-over-arr", "f2-consent-over-nc", "f3-consent-no-license", "f4-consent-over-youtube", "f5-ledger"),
    *("j1-no-but-found", "j2-unknown-found", "j5-lb-withdrawn", "k3-future", "k6-payment"),
)


@pytest.fixture(scope="module")
def law(cases: Path) -> Path:
    folder = cases / "8-found" / "law"
    if not folder.is_dir():
        pytest.skip(f"no law cases in {folder}")
    return folder


@pytest.fixture(scope="module")
def store(law: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(tmp_path_factory.mktemp("law") / "store")
    made.ingest([law / name for name in NAMES], workers=1)
    return made


def permitted(store: Store, **asked: Any) -> set[str]:
    answer = store.query(**{**TRAIN, **asked})
    return {row["source"] for row in answer["sources"] if row["permitted"]}


def test_nothing_of_it_is_permitted_as_it_stands_and_each_twin_is(store: Store) -> None:
    assert permitted(store) == set()
    assert permitted(store, redact="all") == {"j1-no-but-found", "j2-unknown-found"}
    assert permitted(store, accept=["all", "payment:P=INV-7"]) == {"k6-payment"}
    assert permitted(store, accept=["all", "payment:somebody=INV-7"]) == set()
    given = {"acts": ("train.pretrain",), "purposes": ("commercial",)}
    place = {"kind": "add", "selector": "domain", "value": "ledger.example"}
    store.consent.record([Request(**place, **given)])
    assert permitted(store) == set()
    both = ("data_subject", "rights_holder")
    store.consent.record([Request(**place, **given, given_by=both, party="us", perpetual=True)])
    assert permitted(store) == {"f5-ledger"}


def test_requests_that_name_nobody_are_errors_that_say_who(store: Store) -> None:
    with pytest.raises(InputError) as caught:
        store.query(**{**TRAIN, "accept": ["payment:INV-7"]})
    assert "who asks here: P" in str(caught.value.hint)
    with pytest.raises(InputError, match="qualifying body"):
        store.query(**TRAIN, purpose="research")


@pytest.mark.parametrize("name", ["j3-legalbasis-junk", "j4-legalbasis-x"])
def test_legal_basis_beside_the_list_is_an_error(law: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not one of consent, contract"):
        Store(tmp_path / "store").ingest([law / name], workers=1)
