"""Random SIGKILLs of repairs, as many as are asked for: ``python -m tests.crash.repairs --trials 100``. Not in the suite.

Each trial copies a store and an export, kills a repair at a random instant and checks: the folder is the old version or the
new one, file by file, and never a mixture; and what writes next, the same repair or another command, ends it.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rightful.events.consents import Request
from rightful.export.swap import MARK
from tests.crash import faults, verbs
from tests.crash.corpus import old_folder, open_store

LEVELS = ("rewrite", "mask", "exclude")
SHAPES = {
    "parquet": {"tokenizer": "bytes", "format": "parquet", "shard_tokens": 400},
    "megatron": {"tokenizer": "bytes", "format": "megatron", "shard_tokens": 400},
    "text": {"format": "text", "shard_bytes": 1500},
}


def files(out: Path) -> dict[str, bytes]:
    """Every file of an export but the mark of a version that is not settled."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file() and p.name != MARK}


class Ground:
    """A store, an export of each shape, a withdrawal of some of it, and what each repair makes of that when nobody kills it."""

    def __init__(self, folder: Path, shapes: tuple[str, ...] = tuple(SHAPES), levels: tuple[str, ...] = LEVELS) -> None:
        self.folder = folder
        store = open_store(folder / "store")
        store.ingest([old_folder(folder / "old")])
        for shape in shapes:
            store.export(folder / shape, use="train.pretrain", accept="all", **SHAPES[shape])
        asked = [
            Request(kind="withdraw", selector="url", value=f"https://harbour.example/notes/{n}") for n in (3, 4, 9)
        ]
        store.consent.record(asked)
        self.old = {shape: files(folder / shape) for shape in shapes}
        self.new: dict[tuple[str, str], dict[str, bytes]] = {}
        self.seconds: dict[tuple[str, str], float] = {}
        self.moments: dict[tuple[str, str], list[str]] = {}
        for key in ((shape, level) for shape in shapes for level in levels):
            at, out = self.copy(folder / f"whole-{key[0]}-{key[1]}", key[0])
            start = time.monotonic()
            ended = faults.run(verbs.redact, at, out, key[1])
            assert ended.exitcode == 0, (key, ended.error)
            self.seconds[key] = time.monotonic() - start
            self.moments[key] = list(ended.moments)
            self.new[key] = files(out)
            assert self.new[key] != self.old[key[0]]
            assert open_store(at).verify(out).ok

    def copy(self, to: Path, shape: str) -> tuple[Path, Path]:
        """The same store and export elsewhere."""
        at, out = to / "store", to / shape
        shutil.copytree(self.folder / "store", at)
        shutil.copytree(self.folder / shape, out)
        return at, out


def check_after_kill(ground: Ground, key: tuple[str, str], store: Path, out: Path, *, rerun: bool) -> str:
    """What is there after a kill, and what is there after what writes next. Raises AssertionError for a fault."""
    old, new = ground.old[key[0]], ground.new[key]
    left = files(out)
    assert left in (old, new), f"neither the old version nor the new one: {sorted(left)}"
    state = "new" if left == new else "old"
    if rerun:
        ended = faults.run(verbs.redact, store, out, key[1])
        assert ended.exitcode == 0, ended.error
        assert files(out) == new, "the rerun ends in other bytes"
        assert open_store(store).verify(out).ok
    else:
        other = Request(kind="withdraw", selector="domain", value="nobody.example")
        open_store(store).consent.record([other])
        assert files(out) in (old, new), "what wrote next left a mixture"
    assert not (out / MARK).exists(), "it is not settled"
    beside = sorted(p.name for p in out.parent.iterdir() if p.name not in ("store", out.name))
    assert beside == [], f"left beside it: {beside}"
    assert not list(store.glob(".repair-*")), "a lock is left"
    return state


def trial(ground: Ground, key: tuple[str, str], folder: Path, chance: random.Random) -> str:
    """One kill at a random instant; answers how it went."""
    store, out = ground.copy(folder, key[0])
    started = faults.Started(verbs.redact, store, out, key[1])
    time.sleep(chance.random() * ground.seconds[key])
    started.process.kill()
    died = started.wait().exitcode == faults.KILLED
    rerun = chance.random() < 0.7
    state = check_after_kill(ground, key, store, out, rerun=rerun)
    return f"{'killed' if died else 'whole'}, {state}, then {'the same again' if rerun else 'another command'}"


def main() -> int:
    """Run the trials; exit 1 when one found a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance, told, faulty = random.Random(asked.seed), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="rightful-repairs-") as folder:
        ground = Ground(Path(folder))
        for number in range(asked.trials):
            key = chance.choice(sorted(ground.new))
            place = Path(folder) / f"trial-{number}"
            place.mkdir()
            try:
                told[trial(ground, key, place, chance)] += 1
            except AssertionError as fault:
                faulty += 1
                print(f"FAULT in trial {number} {key}: {str(fault).splitlines()[0] if str(fault) else fault!r}")
            shutil.rmtree(place)
    for what, count in sorted(told.items()):
        print(f"{count:5}  {what}")
    print(f"{asked.trials} trials, seed {asked.seed}: {faulty} faults")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
