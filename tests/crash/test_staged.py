"""What a killed run left is taken up as that run wrote it, or not at all: a flipped bit never lands."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from rightful.ingest.staged import STAGED_KINDS, digests_of, finished, marker_of
from tests.crash import faults, verbs
from tests.crash.conftest import Ground
from tests.crash.corpus import counts, parts

FLIPS = 4
"""How many bits of each file, each in a run of its own."""


class Broken(NamedTuple):
    """A store whose ingest was killed when all was staged and nothing had landed, what a run that is not killed ends in,
    and what it answers."""

    store: Path
    coming: Path
    wanted: dict[str, list[tuple[str, str, int]]]
    answer: dict[str, int]


@pytest.fixture(scope="module")
def broken(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    folder = tmp_path_factory.mktemp("broken")
    whole = faults.run(verbs.ingest, ground.copy(folder / "whole"), ground.coming)
    landing = next(n for n, moment in enumerate(whole.moments) if "/.new-" in moment)
    store = ground.copy(folder / "store")
    assert faults.run(verbs.ingest, store, ground.coming, kill_at=landing).exitcode == faults.KILLED
    return Broken(store, ground.coming, parts(folder / "whole"), counts(whole.answer))


def markers(store: Path) -> list[Path]:
    return sorted((store / "staging").glob("*/0*.json"))


def copies(broken: Broken, to: Path, name: str, seed: int) -> Iterator[tuple[Path, Path]]:
    """:data:`FLIPS` copies of the store with one bit flipped in one file of this form, and that file."""
    draw = random.Random(seed)
    for n in range(FLIPS):
        store = Path(shutil.copytree(broken.store, to / str(n)))
        file = draw.choice(sorted((store / "staging").glob(name)))
        changed = bytearray(file.read_bytes())
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        file.write_bytes(changed)
        yield store, file
        shutil.rmtree(store)


def rerun(broken: Broken, store: Path) -> None:
    """Another run of the same plan ends in the same bytes, and counts the same."""
    again = verbs.ingest(store, broken.coming)
    assert parts(store) == broken.wanted
    assert counts(again) == broken.answer


def test_staged_files_as_they_were_written_are_taken_up(broken: Broken, tmp_path: Path) -> None:
    store = Path(shutil.copytree(broken.store, tmp_path / "store"))
    for marker in markers(store):
        done = finished(marker)
        assert done is not None
        assert len(done.pieces) == 1
        assert done.digests == digests_of(marker.parent, done.index, 1)
    rerun(broken, store)


@pytest.mark.parametrize("kind", STAGED_KINDS)
def test_staged_file_with_a_flipped_bit_is_done_again(broken: Broken, tmp_path: Path, kind: str) -> None:
    for store, _ in copies(broken, tmp_path, f"*/0*.{kind}.parquet", STAGED_KINDS.index(kind)):
        rerun(broken, store)


def test_marker_with_a_flipped_bit_is_done_again(broken: Broken, tmp_path: Path) -> None:
    for store, _ in copies(broken, tmp_path, "*/0*.json", 9):
        rerun(broken, store)


@pytest.mark.parametrize("name", ["*/0*.json", "*/0*.records.parquet", "*/0*.rows.parquet"])
def test_item_of_which_a_bit_flipped_is_not_taken_for_done(broken: Broken, tmp_path: Path, name: str) -> None:
    for _, file in copies(broken, tmp_path, name, 11):
        marker = marker_of(file.parent, int(file.name[:6]))
        assert finished(marker) is None
        assert not marker.exists(), "it says nothing any more"


@pytest.mark.parametrize("left", [b"", b"\n", b"{}", b"\xff\xfe", b'{"index": 0, "pieces": [1]}', b"[" * 100_000])
def test_marker_of_another_form_is_done_again(broken: Broken, tmp_path: Path, left: bytes) -> None:
    store = Path(shutil.copytree(broken.store, tmp_path / "store"))
    markers(store)[0].write_bytes(left)
    rerun(broken, store)


def test_staged_file_that_is_not_there_or_cut_off_is_done_again(broken: Broken, tmp_path: Path) -> None:
    for kind in STAGED_KINDS:
        for cut in (False, True):
            store = Path(shutil.copytree(broken.store, tmp_path / f"{kind}-{cut}"))
            file = min((store / "staging").glob(f"*/*.{kind}.parquet"))
            file.write_bytes(file.read_bytes()[:-1]) if cut else file.unlink()
            rerun(broken, store)
