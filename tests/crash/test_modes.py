"""A store is its owner's alone: folders 0700, files 0600, whatever the umask, at every moment, and also an older one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rightful.events.consents import Request
from tests.crash import faults, verbs
from tests.crash.conftest import Ground
from tests.crash.corpus import NOON, USE, old_folder, open_store, open_to_others

MASKS = (0o000, 0o022, 0o027, 0o077)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(root: Path) -> set[int]:
    return {p.stat().st_mode & 0o777 for p in (root, *root.rglob("*"))}


@pytest.mark.parametrize("mask", MASKS)
def test_store_is_private_whatever_the_umask_and_what_leaves_goes_by_it(mask: int, tmp_path: Path, umask: None) -> None:
    os.umask(mask)
    root = tmp_path / "store"
    verbs.ingest(root, old_folder(tmp_path / "old"))
    assert modes(root) == {0o700, 0o600}
    verbs.withdraw(root)
    verbs.tag(root)
    (root / "policy.toml").write_text('purpose = "research"\nactor = "research_org"\n', encoding="utf-8")
    open_store(root).policy.sign(by="Ada Moreno, counsel", until="2027-01-01")
    verbs.export(root, tmp_path / "out")
    open_store(root).query(**USE, out=tmp_path / "permitted.parquet")
    assert modes(root) == {0o700, 0o600}

    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777 & ~mask
    assert (tmp_path / "out" / "manifest.json").stat().st_mode & 0o777 == 0o666 & ~mask
    assert (tmp_path / "permitted.parquet").stat().st_mode & 0o777 == 0o666 & ~mask


def test_ledger_and_the_files_beside_it_are_private_while_they_are_open(tmp_path: Path, umask: None) -> None:
    os.umask(0)
    verbs.ingest(tmp_path / "store", old_folder(tmp_path / "old"))
    with open_store(tmp_path / "store")._access.ledger() as ledger, ledger.commit("test", "run", NOON):
        beside = sorted(p.name for p in (tmp_path / "store").glob("ledger.sqlite*"))
        assert beside == [f"ledger.sqlite{end}" for end in ("", "-head", "-shm", "-wal")]
        assert open_to_others(tmp_path / "store") == []


def test_store_is_private_at_every_moment_of_an_ingest_that_is_killed(ground: Ground, tmp_path: Path) -> None:
    whole = faults.run(verbs.ingest_under, ground.copy(tmp_path / "whole"), ground.coming, 0)
    for at in faults.one_of_each(whole.moments)[::3]:
        store = ground.copy(tmp_path / f"at-{at}")
        faults.run(verbs.ingest_under, store, ground.coming, 0, kill_at=at)
        assert open_to_others(store) == [], whole.moments[at]


def test_first_ingest_makes_nothing_that_others_can_read(tmp_path: Path) -> None:
    folder = old_folder(tmp_path / "old")
    moments = faults.run(verbs.ingest_under, tmp_path / "whole", folder, 0).moments
    for at in (n for n, moment in enumerate(moments) if moment.endswith("a commit")):
        faults.run(verbs.ingest_under, tmp_path / f"at-{at}", folder, 0, kill_at=at)
        assert open_to_others(tmp_path / f"at-{at}") == [], moments[at]


def test_export_under_way_is_private_until_it_is_whole(ground: Ground, tmp_path: Path, umask: None) -> None:
    os.umask(0)
    store = ground.copy(tmp_path / "store")
    seen = []

    def look(step: str, done: int, total: int) -> None:
        seen.extend(p.stat().st_mode & 0o777 for p in tmp_path.glob(".out.*.partial"))

    open_store(store).export(tmp_path / "out", **USE, tokenizer="bytes", progress=look)
    assert set(seen) == {0o700}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777


LOOSE = {"folders": (0o755, 0o600), "ledger": (0o700, 0o644), "everything": (0o777, 0o666)}


@pytest.mark.parametrize("which", LOOSE)
@pytest.mark.parametrize("verb", ["withdraw", "ingest", "tag", "export"])
def test_store_that_is_open_to_others_is_tightened_at_the_next_write(
    verb: str, which: str, ground: Ground, tmp_path: Path
) -> None:
    store = ground.copy(tmp_path / "store")
    (store / "policy.toml").write_text('purpose = "commercial"\n', encoding="utf-8")
    folders, files = LOOSE[which]
    for path in (store, *store.rglob("*")):
        path.chmod(folders if path.is_dir() else files)
    outside = tmp_path / "outside"
    outside.write_text("of somebody else", encoding="utf-8")
    outside.chmod(0o644)
    (store / "link").symlink_to(outside)

    open_store(store).query(**USE)
    assert open_to_others(store), "reading changes nothing"
    {
        "withdraw": lambda: open_store(store).consent.record(
            [Request(kind="withdraw", selector="domain", value="x.example")]
        ),
        "ingest": lambda: verbs.ingest(store, ground.coming),
        "tag": lambda: verbs.tag(store),
        "export": lambda: verbs.export(store, tmp_path / "out"),
    }[verb]()
    (store / "link").unlink()
    assert open_to_others(store) == []
    assert outside.stat().st_mode & 0o777 == 0o644, "a link is not followed"


def test_store_of_a_copy_under_another_umask_is_tightened(ground: Ground, tmp_path: Path, umask: None) -> None:
    os.umask(0)
    store = Path(shutil.copytree(ground.store, tmp_path / "store", copy_function=shutil.copyfile))
    store.chmod(0o755)
    assert open_to_others(store)
    verbs.withdraw(store)
    assert open_to_others(store) == []
