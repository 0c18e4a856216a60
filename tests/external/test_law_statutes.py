"""Sources that once leaked, held against their right values: bases, limits, chains. Inputs of others; skipped where absent."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rightful import Store, catalog
from rightful.decisions.policy import sign
from rightful.errors import InputError
from rightful.events.consents import Request
from tests.unit.policies import BASIS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LOOKED = """
[[observed]]
protocols = ["robots", "tdmrep", "headers", "html"]
result = "absent"
on = 2026-10-01
by = "Ada"

[[observed]]
protocols = ["copy"]
result = "absent"
on = 2026-10-01
by = "Ada"
"""


class Shelf:
    """Copies of the folders of others, each with what is added to its card, in one store."""

    def __init__(self, folder: Path, cases: Path) -> None:
        self.folder, self.cases = folder, cases / "8-found" / "law"
        ticks = iter(range(100_000))
        self.store = Store(folder / "store", clock=lambda: NOON + timedelta(seconds=next(ticks)))

    def takes(self, *names: str, more: str = "") -> None:
        for name in names:
            copied = shutil.copytree(self.cases / name, self.folder / name)
            with (copied / "source.toml").open("a", encoding="utf-8") as card:
                card.write(f"\n{more}\n")
            self.store.ingest([copied])

    def says(self, row: str, **asked: Any) -> str:
        use: dict[str, Any] = {"use": "train.pretrain", "accept": ["all"], **asked}
        return str(self.store.explain(row, **use)["decision"])


@pytest.fixture
def shelf(tmp_path: Path, cases: Path) -> Shelf:
    if not (cases / "8-found" / "law").is_dir():
        pytest.skip("8-found/law is not among the cases")
    return Shelf(tmp_path, cases)


RESERVING = ("e1-elsevier", "e3-tdmno", "e6-nyt")
UNREAD = ("e2-arr", "e4-rsl", "e5-els", "e7-reddit", "e8-unknown", "e9-anth")


def test_no_basis_gets_past_what_nobody_looked_at_or_can_read(shelf: Shelf) -> None:
    shelf.takes("e0-silent", *RESERVING, *UNREAD)
    path = shelf.folder / "store" / "policy.toml"
    path.write_text(BASIS, encoding="utf-8")
    sign(path, catalog.load().vocabulary, by="Ada", until=NOON + timedelta(days=900), now=NOON)
    asked = {"jurisdiction": ["DE"]}
    assert {n: shelf.says(f"{n}-0", **asked) for n in ("e0-silent", *RESERVING)} == {
        "e0-silent": "unknown",
        **dict.fromkeys(RESERVING, "deny"),
    }
    assert "permit" not in {shelf.says(f"{n}-0", **asked) for n in UNREAD}
    for name in ("e0-silent", *RESERVING, *UNREAD):
        shutil.rmtree(shelf.folder / name)
    shelf.takes("e0-silent", *RESERVING, *UNREAD, more=LOOKED)
    assert shelf.says("e0-silent-0", **asked) == "permit"
    assert "permit" not in {shelf.says(f"{n}-0", **asked) for n in (*RESERVING, *UNREAD)}


def test_limits_of_a_card_bound_the_licences_of_its_rows(shelf: Shelf) -> None:
    shelf.takes("l1-jur-rows", "l2-expired-rows", "l3-expired-card-and-row", "l4-jur-card-row", "l5-scanner-compil")
    named = ("l1-jur-rows", "l2-expired-rows", "l3-expired-card-and-row", "l4-jur-card-row", "l5-scanner-compil")
    assert {n: shelf.says(f"{n}-0") for n in named} == {**dict.fromkeys(named[:4], "unknown"), named[4]: "permit"}
    assert [shelf.says(f"{n}-0", jurisdiction=["US"]) for n in (named[0], named[3])] == ["permit", "permit"]


def test_source_is_no_ancestor_of_itself(shelf: Shelf) -> None:
    for name in ("y1-self", "y2-self"):
        with pytest.raises(InputError, match="derived_from names the source itself"):
            shelf.takes(name)
    shelf.takes("y2b-self")
    assert shelf.says("y2b-self-0") == "unknown"


def test_rows_and_withdrawals_of_an_ancestor_reach_its_children(shelf: Shelf) -> None:
    shelf.takes("z-parent", "z-child", "z-parent2", "z-child2", "z-child3", "z-child4")
    assert {n: shelf.says(f"z-child{n}-0") for n in ("", "2", "3", "4")} == {
        "": "deny",
        "2": "permit",
        "3": "unknown",
        "4": "unknown",
    }
    shelf.store.consent.record([Request(kind="withdraw", selector="source", value="z-parent2")])
    assert shelf.says("z-child2-0") == "deny"
