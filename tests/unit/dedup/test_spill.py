"""Spill files, and pairs of sets that are compared where they lie in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rightful.dedup import kernels, spill
from rightful.dedup.spill import Spill


@pytest.mark.parametrize("kept", [0, 1 << 30])
def test_spill_values_are_what_was_appended_and_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(spill, "KEPT_BYTES", kept)
    with Spill(tmp_path / "s.bin", np.uint64) as file:
        assert file.values().size == 0
        file.append(np.arange(5, dtype=np.uint64))
        before = file.values()
        file.room(300_000)
        file.append(np.array([7], np.uint64))
        file.values()[5:8] = 9
        file.release()
        expected = [*range(5), 9, 9, 9, *[0] * (300_000 - 3), 7]
        assert (len(file), file.values().tolist(), before.tolist()) == (300_006, expected, [0, 1, 2, 3, 4])
    assert np.fromfile(tmp_path / "s.bin", np.uint64).tolist() == expected


def test_spill_file_is_new_and_private(tmp_path: Path) -> None:
    with Spill(tmp_path / "s.bin", np.uint64):
        assert (tmp_path / "s.bin").stat().st_mode & 0o777 == 0o600
        with pytest.raises(FileExistsError):
            Spill(tmp_path / "s.bin", np.uint64)


SETS = st.lists(st.sets(st.integers(0, 300), max_size=150), min_size=2, max_size=6)


@given(SETS, st.sampled_from([0.0, 0.3, 0.5, 0.7, 0.8, 1.0]))
def test_shared_counts_exactly_unless_the_share_is_below(sets: list[set[int]], least: float) -> None:
    sizes = np.array([len(s) for s in sets], np.int64)
    begins = np.cumsum(sizes) - sizes
    hashes = np.array([h for s in sets for h in sorted(s)], np.uint64)
    one, other = (
        np.array(ends, np.int64) for ends in zip(*[(a, b) for a in range(len(sets)) for b in range(a)], strict=True)
    )
    out = np.empty(one.size, np.int64)
    kernels.shared(hashes, begins, sizes, one, other, least, out)
    for a, b, same in zip(one.tolist(), other.tolist(), out.tolist(), strict=True):
        true, every = len(sets[a] & sets[b]), len(sets[a] | sets[b])
        if not every or true / every >= least:
            assert same == true
        else:
            assert same <= true
