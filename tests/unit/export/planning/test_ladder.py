"""Ladders: nested, of one mixture, copies together, and shares held."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rightful.errors import InputError
from rightful.export.planning.ladder import bands, folder_of, ladder_of, ranks

SHARES = (Decimal("0.01"), Decimal("0.1"), Decimal("0.3"), Decimal(1))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "not a share"),
        ("0,1", "not a share"),
        ("0.1,2", "not a share"),
        ("inf,1", "not a share"),
        ("0.0000000001,1", "not a share"),
        ("0.1,x,1", "not a share"),
        ("0.1,0.1,1", "0.1 comes after 0.1"),
        ("0.3,0.1,1", "0.1 comes after 0.3"),
        ("0.1,0.3", "does not end with 1"),
        (",".join(f"0.{n:02d}" for n in range(1, 40)) + ",1", "40 rungs"),
    ],
)
def test_what_is_no_ladder_is_refused(words: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as raised:
        ladder_of(words)
    assert raised.value.subject == "--ladder"


def test_folders_are_in_the_order_of_the_rungs() -> None:
    shares = ladder_of("0.001,0.01,0.015,0.1,0.3,1.0")
    folders = [folder_of(share) for share in shares]
    assert folders == sorted(folders)
    assert folders[-1] == "rung-1"
    assert ladder_of(None) == ()


def test_shares_of_tokens_and_mixture_are_held() -> None:
    random = np.random.default_rng(7)
    n = 30_000
    weights = random.lognormal(6, 1, n).astype(np.int64) + 1
    strata = random.choice(6, n, p=[0.5, 0.2, 0.15, 0.1, 0.04, 0.01])
    band = bands(SHARES, np.arange(n), weights, strata, ranks([f"record {i}" for i in range(n)], 1))
    whole = np.bincount(strata, weights) / weights.sum()
    for rung, share in enumerate(SHARES):
        within = band <= rung
        assert abs(weights[within].sum() / weights.sum() - float(share)) * weights.sum() <= weights.max() / 2 + 1
        assert np.allclose(np.bincount(strata[within], weights[within]) / weights[within].sum(), whole, atol=0.004)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 50), st.integers(0, 3)), min_size=1, max_size=80),
    st.integers(0, 5),
)
@settings(max_examples=100)
def test_copies_are_in_one_band_and_every_document_in_one(drawn: list[tuple[int, int, int]], seed: int) -> None:
    units, weights, strata = (np.array([d[i] for d in drawn], np.int64) for i in (0, 1, 2))
    order = ranks([f"record {i}" for i in range(len(drawn))], seed)
    shares = (Decimal("0.2"), Decimal("0.5"), Decimal(1))
    try:
        band = bands(shares, units, weights, strata, order)
    except InputError:
        return  # a rung that would add nothing, see below
    assert band.shape == units.shape
    assert set(band.tolist()) == {0, 1, 2}
    assert all(len(set(band[units == unit].tolist())) == 1 for unit in set(units.tolist()))


def test_bands_do_not_depend_on_the_order_of_documents() -> None:
    n = 500
    ids = [f"record {i}" for i in range(n)]
    weights, strata = np.arange(n) % 90 + 1, np.arange(n) % 3
    band = bands(SHARES, np.arange(n), weights, strata, ranks(ids, None))
    at = np.random.default_rng(3).permutation(n)
    again = bands(SHARES, at, weights[at], strata[at], ranks([ids[i] for i in at], None))
    assert again.tolist() == band[at].tolist()


def test_a_rung_that_adds_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"the rung 0\.01 adds nothing to what is below it, of 5 documents"):
        bands(SHARES, np.arange(5), np.full(5, 10), np.zeros(5, np.int64), ranks(list("abcde"), None))
