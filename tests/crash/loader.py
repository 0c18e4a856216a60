"""Runs over an export that stop and go on: ``python -m tests.crash.loader --trials 200 --seed 15``. Not in the suite.

A trial is one stop at a random step; every third is a SIGKILL of all ranks, with threads that read ahead, after which each
goes on from the last state that all of them had saved. World sizes 1, 2 and 4 take turns by chance. A run of two epochs is
judged at its end: what was handed out up to each state that was gone on from, rank by rank and step by step, is the
order of a run that never stopped.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from rightful.export import formats
from tests.crash.corpus import USE, open_store, write_folder
from tests.crash.trainers import opened, train

RECORDS, EPOCHS, WORLDS = 600, 2, (1, 2, 4)
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["tests.crash.trainers"])


def exports(folder: Path) -> dict[str, Path]:
    """The same records in every format of tokens, in a few shards each."""
    chance = random.Random(0)
    rows = [
        {"id": f"n-{n}", "text": f"Note {n}. " + "The tide turned. " * chance.randint(0, 40)} for n in range(RECORDS)
    ]
    numbered = [
        {**row, "text": f"{row['text']} {' '.join(f'w{n}x{k}' for k in range(9))}"} for n, row in enumerate(rows)
    ]
    store = open_store(folder / "store")
    store.ingest([write_folder(folder / "notes", {"a.jsonl": numbered})])
    made = {}
    for name in formats.of_tokens():
        made[name] = folder / name
        store.export(made[name], **USE, format=name, tokenizer="bytes", dedup="none", shard_tokens=40_000)
    return made


def interleaved(shares: list[list[str]]) -> list[str]:
    """What ranks took, in the order of the stream: unit g is the rank's of g mod their number."""
    return [share[n] for n in range(max(map(len, shares))) for share in shares if n < len(share)]


class Run:
    """One run over an export, from its first document to its last, however often it is stopped."""

    def __init__(self, out: Path, folder: Path, chance: random.Random) -> None:
        self.out, self.folder, self.chance = out, folder, chance
        self.how: dict[str, Any] = {
            "seed": chance.randrange(1000),
            "epochs": EPOCHS,
            "check": chance.choice(["size", "documents"]),
        }
        self.wanted = [d.record_id for d in opened(out, 0, 1, 0, self.how, None)]
        halves = (self.wanted[:RECORDS], self.wanted[RECORDS:])
        assert all(len(set(half)) == len(half) == RECORDS for half in halves), "not every document once an epoch"
        self.seen: list[str] = []
        self.state: dict[str, Any] | None = None
        self.legs = 0

    @property
    def ended(self) -> bool:
        return len(self.seen) >= len(self.wanted)

    def stop(self) -> str:
        """Go on, and stop at a random step without being asked to hurry."""
        world, workers = self.chance.choice(WORLDS), self.chance.choice([0, 2])
        steps = self.chance.randint(0, 2 * RECORDS // world // 6)
        loaders = [opened(self.out, rank, world, workers, self.how, self.state) for rank in range(world)]
        shares = [[d.record_id for d in islice(loader, steps)] for loader in loaders]
        self._went_on(shares, [loader.state_dict() for loader in loaders])
        return f"stop of {world} with {workers} threads"

    def kill(self) -> str:
        """Go on in processes, and kill all of them at a random instant; what the last common state does not have is lost."""
        world, every = self.chance.choice(WORLDS), self.chance.choice([1, 5, 20])
        self.legs += 1
        place = self.folder / f"leg-{self.legs}"
        place.mkdir()
        ranks = [
            _server.Process(target=train, args=(self.out, rank, world, 2, self.how, self.state, place, every))
            for rank in range(world)
        ]
        for process in ranks:
            process.start()
        until = time.monotonic() + 120
        while not any(place.iterdir()) and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(self.chance.random() * 0.4)
        for process in ranks:
            process.kill()
        for process in ranks:
            process.join()
        killed = sum(process.exitcode == -9 for process in ranks)
        saved = [{path.stem.split("-")[1] for path in place.glob(f"{rank}-*.json")} for rank in range(world)]
        common = sorted(set.intersection(*saved), key=lambda step: (step == "end", step.zfill(9)))
        if common:
            files = [json.loads((place / f"{rank}-{common[-1]}.json").read_text()) for rank in range(world)]
            self._went_on([file["taken"] for file in files], [file["state"] for file in files])
        shutil.rmtree(place)
        return f"SIGKILL of {killed} of {world}"

    def _went_on(self, shares: list[list[str]], states: list[dict[str, Any]]) -> None:
        assert all(state == states[0] for state in states), "ranks at one step have different states"
        self.seen += interleaved(shares)
        self.state = json.loads(json.dumps(states[0]))
        assert self.seen == self.wanted[: len(self.seen)], "something was lost, or came twice"


def main() -> int:
    """Run the trials; exit 1 when one found a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    chance, told, runs, found = random.Random(asked.seed), Counter[str](), 0, 0
    with tempfile.TemporaryDirectory(prefix="rightful-loader-") as name:
        folder = Path(name)
        made = exports(folder)
        run: Run | None = None
        for trial in range(asked.trials):
            if run is None or run.ended:
                run = Run(made[chance.choice(sorted(made))], folder, chance)
                runs += 1
            try:
                told[run.kill() if trial % 3 == 0 else run.stop()] += 1
            except AssertionError as fault:
                found += 1
                print(f"FAULT in trial {trial} ({run.out.name}): {fault}")
                run = None
        while run is not None and not run.ended:
            run.stop()
    for what, count in sorted(told.items()):
        print(f"{count:5}  {what}")
    print(
        f"{asked.trials} stops in {runs} runs of {EPOCHS} epochs of {RECORDS} documents, seed {asked.seed}: {found} faults"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
