"""What would permit more: every set that is offered is run as a query, and gives what it promised."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.shelf import Shelf, wording

LICENSES = (
    "CC-BY-NC-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-4.0",
    "CC0-1.0",
    "GPL-3.0-only",
    "CC-BY-ND-4.0",
    "All rights reserved",
    "",
)


def asked(options: Iterable[str]) -> dict[str, Any]:
    """Options of the command line as the library takes them."""
    found: dict[str, Any] = {}
    words = " ".join(options).split()
    for name, value in zip(words[::2], words[1::2], strict=True):
        key = name.removeprefix("--").replace("reading", "profile")
        if key in ("accept", "jurisdiction"):
            found.setdefault(key, []).append(value)
        else:
            found[key] = value
    return found


def holds(shelf: Shelf, **more: Any) -> list[dict[str, Any]]:
    """Every set that is offered gives, when it is asked for, what it said; answers the sets."""
    answer = shelf.store.query("train.pretrain", **more)
    offered = answer["would_permit"]
    assert len(offered) <= 10
    for one in offered:
        assert one["option"] == " ".join(one["options"])
        assert 1 <= len(one["options"]) <= 3
        added = asked(one["options"])
        accept = [*([more["accept"]] if "accept" in more else []), *added.pop("accept", [])]
        given = shelf.store.query("train.pretrain", **{**more, **added, "accept": accept})["permitted"]
        assert given == one["permitted"], one
        assert given["records"] - answer["permitted"]["records"] == one["records"] > 0
        for other in offered:
            apart = [{*" ".join(o["options"]).split("--")} for o in (other, one)]
            assert not (apart[0] < apart[1] and other["records"] >= one["records"]), (other, one)
    return list(offered)


def test_query_offers_the_options_that_are_needed_together(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.put("songs", *(wording(f"s{n}") for n in range(4)), license="CC-BY-NC-SA-4.0")
    offered = holds(shelf)
    assert [o["records"] for o in offered] == [4] * len(offered)
    assert all(any(p.startswith("--purpose") for p in o["options"]) for o in offered)
    assert any(o["options"][0] == "--purpose noncommercial" and "--accept" in o["option"] for o in offered)
    assert all("--actor research_org" in o["option"] for o in offered if "research" in o["option"])


def test_query_promises_what_stays_of_copies_and_no_more(tmp_path: Path) -> None:
    """Twelve records of nine texts: nine come."""
    shelf = Shelf(tmp_path)
    shelf.put("texts", *(wording(f"t{min(n, 8)}") for n in range(12)), license="CC-BY-4.0")
    assert {o["records"] for o in holds(shelf)} == {9}
    assert {o["records"] for o in holds(shelf, dedup="none")} == {12}
    assert {o["records"] for o in holds(shelf, where="n_chars > 0", prefer="shortest")} == {9}


@pytest.mark.parametrize("seed", range(4))
def test_every_set_that_is_offered_gives_what_it_promises(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    shelf = Shelf(tmp_path)
    for n in range(4):
        rows = [
            {
                "text": wording(f"t{draw.randrange(7)}", draw.choice([0, 0, 8])),
                **({"license": stated} if stated else {}),
            }
            for stated in draw.choices(LICENSES, k=5)
        ]
        card = {
            "license": draw.choice(LICENSES[:-1]),
            **draw.choice([{}, {"jurisdiction": ["DE"]}, {"purposes": ["research"]}]),
        }
        shelf.put(f"s{n}", *rows, **card)
    if draw.random() < 0.5:
        shelf.withdraw("source", "s0", purposes=("commercial",))
    for more in (
        {},
        {"dedup": "exact", "where": "source_id <> 's1'"},
        {"accept": "attribution", "purpose": "noncommercial"},
    ):
        holds(shelf, **more)
