"""A repair killed at every publish point leaves the old version or the new one, and what writes next ends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rightful.events.consents import Request
from tests.crash import faults, verbs
from tests.crash.corpus import open_store
from tests.crash.repairs import Ground, check_after_kill, files

KEY = ("parquet", "rewrite")


@pytest.fixture(scope="module")
def repaired(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("repairs"), ("parquet",), ("rewrite",))


def test_repair_killed_at_each_publish_point_is_old_or_new_and_ends_in_the_same_bytes(
    repaired: Ground, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    moments = repaired.moments[KEY]
    first = next(n for n, moment in enumerate(moments) if "changes its name with another" in moment)
    states = {}
    for at in sorted({0, first // 2, first - 1, *range(first, len(moments))}):
        with subtests.test(moments[at]):
            store, out = repaired.copy(tmp_path / f"at-{at}", "parquet")
            assert faults.run(verbs.redact, store, out, kill_at=at).exitcode == faults.KILLED
            states[moments[at]] = check_after_kill(repaired, KEY, store, out, rerun=at % 2 == 0)
    assert set(states.values()) == {"old", "new"}


def test_repair_without_exchange_of_names_ends_the_same_wherever_it_is_killed(
    repaired: Ground, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    store, out = repaired.copy(tmp_path / "whole", "parquet")
    whole = faults.run(verbs.redact_without_exchange, store, out)
    assert (whole.exitcode, files(out)) == (0, repaired.new[KEY])
    named = [n for n, moment in enumerate(whole.moments) if "takes its name" in moment and f"{out.name}" in moment]
    for at in [*named[-2:], len(whole.moments) - 1]:
        with subtests.test(whole.moments[at]):
            store, out = repaired.copy(tmp_path / f"at-{at}", "parquet")
            assert faults.run(verbs.redact_without_exchange, store, out, kill_at=at).exitcode == faults.KILLED
            ended = faults.run(verbs.redact, store, out)
            assert (ended.exitcode, files(out)) == (0, repaired.new[KEY])
            assert sorted(p.name for p in out.parent.iterdir()) == ["parquet", "store"]


def test_two_repairs_at_once_end_as_one(repaired: Ground, tmp_path: Path) -> None:
    store, out = repaired.copy(tmp_path / "both", "parquet")
    both = [faults.Started(verbs.redact, store, out), faults.Started(verbs.redact, store, out)]
    ended = [one.wait() for one in both]
    assert [one.exitcode for one in ended] == [0, 0]
    assert sorted(one.answer["records_removed"] for one in ended) == [0, 3]
    assert files(out) == repaired.new[KEY]


def test_withdrawal_while_a_repair_is_under_way_waits_for_the_next(repaired: Ground, tmp_path: Path) -> None:
    store, out = repaired.copy(tmp_path / "meanwhile", "parquet")
    under_way = faults.Started(verbs.redact, store, out)
    under_way.reach("takes its name")
    later = Request(kind="withdraw", selector="url", value="https://harbour.example/notes/7")
    open_store(store).consent.record([later])
    assert under_way.wait().exitcode == 0
    assert [s["reason"] for s in open_store(store).verify(out).stale] == ["withdrawn"]
    again = open_store(store).redact(out)
    assert (again.version, again.records_removed, open_store(store).verify(out).ok) == (3, 1, True)
