"""States of loaders: what is none, damaged or of a newer version is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rightful.errors import InputError
from rightful.export.loading.state import KIND, VERSION, State

WHOLE = State(
    export="x-1",
    manifest_sha256="ab",
    tokenizer="cd",
    seed=-3,
    sequences=False,
    split=None,
    rung=None,
    block=5,
    bits=2,
    skipped=0,
    epoch=1,
    position=7,
    reached="3:ffffffffffffffff",
    yielded=11,
)


@pytest.mark.parametrize(
    "state", [WHOLE, State.of_json(WHOLE.as_json() | {"share": [1, 2, 4], "bits": None, "split": "train", "rung": 0.1})]
)
def test_a_state_is_the_same_after_json(state: State) -> None:
    assert State.of_json(json.loads(json.dumps(state.as_json()))) == state
    assert len(json.dumps(state.as_json())) < 500
    assert WHOLE.place == (3, 2**64 - 1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "other"}, "this is none"),
        ({"version": VERSION + 1}, "understands 1"),
        ({"version": "1"}, "damaged"),
        ({"position": -1}, "position"),
        ({"position": True}, "position"),
        ({"position": 0}, "reached"),
        ({"epoch": 1.5}, "epoch"),
        ({"reached": None}, "reached"),
        ({"reached": "zz"}, "reached"),
        ({"reached": "0:10000000000000000"}, "reached"),
        ({"reached": 5}, "reached"),
        ({"block": 0}, "block"),
        ({"block": 2**70}, "block"),
        ({"bits": 64}, "bits"),
        ({"seed": None}, "seed"),
        ({"split": 3}, "split"),
        ({"sequences": 0}, "sequences"),
        ({"rung": "0.1"}, "rung"),
        ({"share": [2, 2, 1]}, "share"),
        ({"share": [1, 2]}, "share"),
        ({"export": None}, "export"),
        ({"more": 1}, "more"),
    ],
)
def test_what_no_loader_wrote_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        State.of_json(WHOLE.as_json() | change)


@pytest.mark.parametrize("data", [None, [], {}, "state", {"kind": KIND, "version": VERSION}])
def test_what_is_no_state_is_refused(data: object) -> None:
    with pytest.raises(InputError, match="the state of a loader"):
        State.of_json(data)
