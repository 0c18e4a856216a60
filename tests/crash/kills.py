"""Random SIGKILLs, as many as are asked for: ``make kills TRIALS=200``. Not in the suite.

Each trial copies a store, kills a verb at a random instant and checks: the snapshot before stands, or the whole new one;
nobody else can read the store; and either a rerun ends in the same bytes with nothing left over, or another command that
writes leaves nothing of it, in the store or beside OUT.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from rightful.events.consents import Request
from tests.crash import faults, verbs
from tests.crash.corpus import (
    new_folder,
    old_folder,
    open_store,
    open_to_others,
    parts,
    permitted,
    shards,
    strays,
    text,
)


class Ground:
    """The store that every trial begins with, what comes next, and what each verb makes of it when nobody kills it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.base = folder, folder / "base"
        verbs.ingest(self.base, old_folder(folder / "old"))
        verbs.withdraw(self.base)
        coming, events = new_folder(folder / "new"), folder / "events.csv"
        events.write_text("kind,selector,value\nopt-out,url,https://harbour.example/notes/3\n", encoding="utf-8")
        self.verbs: dict[str, Callable[[Path], tuple[Any, ...]]] = {
            "ingest": lambda store: (verbs.ingest, store, coming),
            "re-ingest": lambda store: (verbs.ingest, store, folder / "old"),
            "tag": lambda store: (verbs.tag, store),
            "import": lambda store: (verbs.event_import, store, events),
            "compact": lambda store: (verbs.compact, store),
            "export": lambda store: (verbs.export, store, store.with_name("out")),
            "export of texts": lambda store: (verbs.export_texts, store, store.with_name("out")),
        }
        self.before, self.usable = parts(self.base), permitted(self.base)
        self.seconds: dict[str, float] = {}
        self.wanted: dict[str, Any] = {}
        for name in self.verbs:
            store = self.copy(folder / f"whole-{name}" / "store")
            start = time.monotonic()
            ended = faults.run(*self.verbs[name](store))
            assert ended.exitcode == 0, (name, ended.error)
            self.seconds[name] = time.monotonic() - start
            self.wanted[name] = (parts(store), permitted(store))
        exports = [name for name in self.verbs if name.startswith("export")]
        self.shards = {name: shards(folder / f"whole-{name}" / "out") for name in exports}

    def copy(self, to: Path) -> Path:
        """The same store elsewhere."""
        return Path(shutil.copytree(self.base, to))


def text_left(store: Path) -> list[str]:
    """The files in which the text that was withdrawn is."""
    pieces = text(20)[:40].encode(), b"gone.example"
    kinds = ("records", "texts", "signatures", "staging", "tmp")
    return [str(p) for kind in kinds for p in (store / kind).rglob("*") if p.is_file() and unpacked(p, *pieces)]


def unpacked(path: Path, *pieces: bytes) -> bool:
    """Whether a piece is in a Parquet file, as it lies there or in its rows."""
    whole = path.read_bytes() + json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
    return any(piece in whole for piece in pieces)


def trial(ground: Ground, name: str, folder: Path, chance: random.Random) -> str:
    """One kill; answers how it went. Raises AssertionError for a fault."""
    store = ground.copy(folder / "store")
    started = faults.Started(*ground.verbs[name](store))
    time.sleep(chance.random() * ground.seconds[name])
    started.process.kill()
    died = started.wait().exitcode == faults.KILLED
    state = (parts(store), permitted(store))
    assert state in ((ground.before, ground.usable), ground.wanted[name]), "neither the snapshot before nor the next"
    assert open_to_others(store) == [], "somebody else can read it"
    if chance.random() < 0.5:
        ended = faults.run(*ground.verbs[name](store))
        out = folder / "out"
        if name == "compact":
            assert not text_left(store), "what was erased is there"
        if name in ground.shards and ended.exitcode == 2:  # it was registered before it died
            assert open_store(store).verify(out)["ok"]
        else:
            assert ended.exitcode == 0, ended.error
        # An import under a clock that stands still records its events again: only what they mean is compared.
        assert permitted(store) == ground.wanted[name][1], "the rerun permits something else"
        assert name == "import" or parts(store) == ground.wanted[name][0], "the rerun ends in other bytes"
        assert name not in ground.shards or shards(out) == ground.shards[name], "the rerun exports other bytes"
        what = "rerun"
    else:
        open_store(store).consent.record([Request(kind="withdraw", selector="domain", value="harbour.example")])
        assert state != ground.wanted["compact"] or not text_left(store), "what was erased is there"
        assert not list(folder.glob(".out.*")), "what was being exported lies there"
        assert permitted(store) == [], "what was withdrawn is permitted"
        what = "withdrawal"
    assert strays(store) == [], "something of it is left"
    assert open_to_others(store) == [], "somebody else can read it"
    return f"{name}, {'killed' if died else 'whole'}, then {what}"


def main() -> int:
    """Run the trials; exit 1 when one found a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verb", help="kill this one alone")
    asked = parser.parse_args()
    chance, told, found = random.Random(asked.seed), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="rightful-kills-") as folder:
        ground = Ground(Path(folder))
        for number in range(asked.trials):
            name = asked.verb or chance.choice(sorted(ground.verbs))
            place = Path(folder) / f"trial-{number}"
            place.mkdir()
            try:
                told[trial(ground, name, place, chance)] += 1
            except AssertionError as fault:
                found += 1
                print(f"FAULT in trial {number} ({name}): {str(fault).splitlines()[0] if str(fault) else fault!r}")
            shutil.rmtree(place)
    for what, count in sorted(told.items()):
        print(f"{count:5}  {what}")
    print(f"{asked.trials} trials, seed {asked.seed}: {found} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
