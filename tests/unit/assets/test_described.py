from typing import Any

import pytest

from rightful.assets.described import Asset, Input, downstream, share_of, shares_of, upstream


def made(name: str, *inputs: Input, kind: str = "model") -> Asset:
    return Asset(name, kind, name, "", inputs, (), "2026-01-01T00:00:00Z", {})


X = Input("export", "x-1", 60, 0.6)
Y = Input("export", "x-2", 40, 0.4)
TOKENIZER = made("t-1", Input("export", "x-1", 60, 1.0), kind="tokenizer")
MODEL = made("m-1", X, Y, Input("asset", "t-1", 0, 0.0))
TUNED = made("m-2", Input("asset", "m-1", 100, 0.8), Input("export", "x-3", 25, 0.2))
ALL = (TOKENIZER, MODEL, TUNED)


def test_downstream_is_every_asset_that_comes_from_an_export_by_its_shortest_way() -> None:
    assert [(asset.asset, way) for asset, way in downstream(ALL, ["x-1"])] == [
        ("t-1", ("x-1", "t-1")),
        ("m-1", ("x-1", "m-1")),
        ("m-2", ("x-1", "m-1", "m-2")),
    ]
    assert [asset.asset for asset, _ in downstream(ALL, ["x-3"])] == ["m-2"]
    assert downstream(ALL, ["x-9"]) == []
    assert [asset.asset for asset, _ in downstream(ALL, ["m-1"])] == ["m-2"]


def test_upstream_is_all_that_an_asset_comes_from() -> None:
    exports, through, bases = upstream(ALL, "m-2")
    assert (sorted(exports), [a.asset for a in through], bases) == (["x-1", "x-2", "x-3"], ["m-1", "t-1"], [])
    assert upstream(ALL, "x-1") == ([], [], [])


def test_share_of_tokens_goes_along_the_ways() -> None:
    assert share_of(MODEL, ALL, {"x-1": 0.5}) == pytest.approx(0.3)
    assert share_of(TUNED, ALL, {"x-1": 0.5, "x-3": 1.0}) == pytest.approx(0.3 * 0.8 + 0.2)
    assert share_of(TOKENIZER, ALL, {"x-1": 0.5}) == pytest.approx(0.5)
    assert share_of(MODEL, ALL, {}) == 0.0


def test_share_of_tokens_is_unknown_where_a_share_on_the_way_is() -> None:
    unknown = made("m-3", Input("export", "x-1", None, None), Input("export", "x-2", 40, None))
    assert share_of(unknown, [unknown], {"x-1": 0.5}) is None
    assert share_of(unknown, [unknown], {}) == 0.0


def test_a_circle_that_somebody_wrote_into_a_ledger_ends() -> None:
    one, two = made("m-1", Input("asset", "m-2", 1, 1.0)), made("m-2", Input("asset", "m-1", 1, 1.0))
    assert [asset.asset for asset, _ in downstream([one, two], ["m-1"])] == ["m-2"]
    assert share_of(one, [one, two], {}) == 0.0
    assert [a.asset for a in upstream([one, two], "m-1")[1]] == ["m-2"]


@pytest.mark.parametrize(
    ("tokens", "shares"), [([30, 10], [0.75, 0.25]), ([None, 10], [None, None]), ([0, 0], [None, None]), ([], [])]
)
def test_shares_are_parts_of_all_tokens(tokens: list[Any], shares: list[Any]) -> None:
    assert shares_of(tokens) == shares


def test_tokens_of_an_asset_are_known_where_those_of_all_its_inputs_are() -> None:
    assert MODEL.tokens == 100
    assert TUNED.tokens == 125
    assert made("m-3", X, Input("export", "x-3")).tokens is None
