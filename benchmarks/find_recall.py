"""Find: recall of passages, false finds, time, size of the index, and what it costs an ingest.

    python benchmarks/find_recall.py PATH... [--records N] [--passages N] [--parts N]

PATH is anything that is ingested: text files, a folder, a dump. Its texts are cut into records of 300 to 900 words; some
are left out of the store, and passages of them are looked for as well. Some of these stand in others nevertheless (licences,
quotes, tables), so that a false find is one of a passage that brute force does not find: no eight words of it stand in a
row in any record. Half of the time that a find takes on a small store is opening it, so that the lookup is timed by itself
too, in an index of --parts parts of random shingles: each stands for 125,000 records of 2 kB, so that 80 are 10 million
records. CPU seconds are those of this process.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa

from rightful import Store, __version__
from rightful.query.passages import Outcome, passages_of
from rightful.stages.signature import Picked, Signature
from rightful.store.ledger import Ledger
from rightful.store.passages import Index, Writing

LENGTHS = (50, 100, 300)
CHANGED = 0.05
ROWS, KEYS = 125_000, 2_230_000
"""Of a part of 250 MB of texts."""


def pieces(paths: Sequence[Path], folder: Path, chance: random.Random) -> list[str]:
    """The texts below the paths in pieces of 300 to 900 words, each once."""
    store = Store(folder / "source")
    store.ingest(paths, workers=2)
    cut = []
    for row in store.sql("SELECT text FROM texts", max_seconds=600):
        words = str(row["text"]).split(" ")
        at = 0
        while len(words) - at >= 300:
            size = chance.randint(300, 900)
            cut.append(" ".join(words[at : at + size]))
            at += size
    unique = [text for text in dict.fromkeys(cut) if len(text.split()) >= 300]
    chance.shuffle(unique)
    return unique


def cpu(store: Store, path: Path, recipe: Path | None) -> float:
    """CPU seconds of an ingest in this process."""
    began = time.process_time()
    store.ingest([path], recipe=recipe, workers=1)
    return time.process_time() - began


def passage(text: str, words: int, chance: random.Random, changed: float = 0.0) -> str:
    """So many words in a row of a text, some of them replaced."""
    every = text.split()
    at = chance.randint(0, len(every) - words)
    return " ".join("instead" if chance.random() < changed else w for w in every[at : at + words])


def sizes(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.iterdir())


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("paths", type=Path, nargs="+")
    options.add_argument("--records", type=int, default=20_000)
    options.add_argument("--passages", type=int, default=1000)
    options.add_argument("--parts", type=int, default=0)
    given = options.parse_args()
    print(f"rightful {__version__}, Python {platform.python_version()}, {platform.machine()}")
    chance = random.Random(14)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        every = pieces(given.paths, folder, chance)
        left_out = min(given.passages, len(every) // 3)
        out, kept = every[:left_out], every[left_out:][: given.records]
        rows = folder / "rows.jsonl"
        rows.write_text("".join(json.dumps({"id": f"r{n}", "text": text}) + "\n" for n, text in enumerate(kept)))
        recipe = folder / "none.toml"
        recipe.write_text("[passages]\nindex = false\n")
        text_bytes = sum(len(text.encode()) for text in kept)
        with_index, without = [], []
        for turn in range(3):
            without.append(cpu(Store(folder / f"without-{turn}"), rows, recipe))
            with_index.append(cpu(Store(folder / f"with-{turn}"), rows, None))
        store = Store(folder / "with-2")
        index_bytes = sizes(store.layout.root / "passages")
        print(f"{len(kept):,} records, {text_bytes / 1e6:.1f} MB of text, {text_bytes / len(kept):,.0f} bytes each")
        print(f"index: {index_bytes / 1e6:.2f} MB, {index_bytes / text_bytes:.2%} of the text's bytes")
        fastest = min(with_index[1:]), min(without[1:])
        print(f"ingest: {fastest[0]:.2f} CPU s with it, {fastest[1]:.2f} without: {fastest[0] / fastest[1] - 1:+.1%}")
        with closing(Ledger.open(store.layout.ledger, reading=True)) as ledger:
            snapshot = ledger.snapshot()

            def look(text: str) -> Outcome:
                return passages_of(text, store.layout, ledger, snapshot, None)

            recall(store, kept, out, given.passages, look, chance)
        whole(store, passage(kept[5], 100, chance))
        if given.parts:
            lookups(folder, given.parts, chance, kept)


def recall(
    store: Store, kept: list[str], out: list[str], count: int, look: Callable[[str], Outcome], chance: random.Random
) -> None:
    """Passages that are there, verbatim and changed; passages that are not."""
    ids = {row["id"]: (row["part"], row["row"]) for row in store.sql(_PLACES)}
    for changed in (0.0, CHANGED):
        for words in LENGTHS:
            found, seconds, read = 0, [], 0
            for n in chance.choices(range(len(kept)), k=count):
                text = passage(kept[n], words, chance, changed)
                began = time.perf_counter()
                outcome = look(text)
                seconds.append(time.perf_counter() - began)
                found += ids[f"r{n}"] in outcome.matches
                read += bool(outcome.read)
            print(
                f"{words} words, {changed:.0%} changed: recall {found / count:.4f}; {1e3 * statistics.median(seconds):.1f} ms"
                f" (median); {read} too short for the index"
            )
    outcomes = [look(passage(one, 100, chance)) for one in chance.choices(out, k=count)]
    named = sum(bool(o.matches) for o in outcomes)
    print(
        f"100 words of texts that are not there: {named} of {count} name a record (which has licences, quotes, tables too)"
    )
    runs: set[int] = set().union(*map(runs_of, kept))
    for words in LENGTHS:
        absent: list[str] = []
        drawn = 0
        while len(absent) < count and drawn < 20 * count:
            text, drawn = passage(chance.choice(out), words, chance), drawn + 1
            if runs.isdisjoint(runs_of(text)):
                absent.append(text)
        false = sum(bool(look(text).matches) for text in absent)
        print(
            f"{words} words of which no {RUN} in a row stand in any record: {false} false finds of {len(absent):,} ({drawn:,} drawn)"
        )


def runs_of(text: str) -> set[int]:
    """Every run of :data:`RUN` words of a text, by nothing that the product uses. A character of a script without spaces
    is a word."""
    words = _WORD.findall(text.lower())
    return {hash(tuple(words[i : i + RUN])) for i in range(len(words) - RUN + 1)}


RUN = 8
_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+")


_PLACES = "SELECT source_record_id AS id, part, row FROM records"


def whole(store: Store, text: str) -> None:
    """All of a find, in a process that has done one."""
    store.find(text)
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        store.find(text)
        seconds.append(time.perf_counter() - began)
    print(f"store.find: {1e3 * statistics.median(seconds):.0f} ms")


def lookups(folder: Path, parts: int, chance: random.Random, kept: list[str]) -> None:
    """Lookups in an index of many parts."""
    draw, files = np.random.default_rng(3), []
    for n in range(parts):
        # The least of 37: what is picked is small, as it is of texts.
        picked = (-np.expm1(np.log1p(-draw.random(KEYS)) / 37) * 2.0**64).astype(np.uint64)
        writing = Writing()
        writing.add(Picked(np.sort(draw.integers(0, ROWS, KEYS)), picked), ROWS)
        files.append(folder / f"index-{n}.parquet")
        writing.write(files[-1], Signature())
    total = sum(file.stat().st_size for file in files)
    print(f"{parts} parts, {parts * ROWS / 1e6:.1f} M records: {total / 1e6:,.0f} MB of index")
    for words in LENGTHS:
        seconds, hits = [], 0
        for _ in range(5):
            batch = _batch(passage(chance.choice(kept), words, chance))
            began = time.perf_counter()
            hashes = np.unique(Signature().shingles(batch)[0])
            hits += sum(Index.of(file).find(hashes)[0].size for file in files)
            seconds.append(time.perf_counter() - began)
        print(f"lookup of {words} words: {statistics.median(seconds):.3f} s (median of 5), {hits / 5:.1f} chance hits")


def _batch(text: str) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array([text], pa.large_string())})


if __name__ == "__main__":
    main()
