"""A store of many small records, made by a real ingest: shared by the benchmarks of query and withdrawal.

Each record has an id, an address on one of some hosts, a licence statement of a list, a language of a few and about 120
characters of text; one in fifty is an exact copy and one in fifty a near copy of an earlier one.
"""

from __future__ import annotations

import json
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from rightful import Store

LICENSES = ("CC0-1.0", "MIT", "CC-BY-4.0", "CC-BY-NC-4.0", "Apache-2.0", "GPL-3.0-only", "CC-BY-SA-4.0", "", "other")
HOSTS = 50_000
SOURCES = 20
WORDS = [
    a + b for a in "ba ce di fo gu ha ke li mo nu pa re si to vu".split() for b in "rn st lk mp nd rt sk ll".split()
]


def text_of(n: int) -> str:
    """The text of a record: a function of its number alone."""
    kind = n % 50
    shown = n - 49 if kind == 49 and n >= 50 else n
    draw = random.Random(shown - 1 if kind == 48 else shown)
    words = draw.choices(WORDS, k=20)
    return " ".join(words) + (" again" if kind == 48 else "") + f" {shown if kind != 48 else shown - 1}."


def rows(first: int, stop: int) -> Iterator[str]:
    """JSON lines."""
    for n in range(first, stop):
        row = {"id": f"r{n}", "text": text_of(n), "url": f"https://h{n % HOSTS}.example/{n}"}
        license = LICENSES[(n // 7) % len(LICENSES)]
        yield json.dumps(row | ({"license": license} if license else {})) + "\n"


def made(folder: Path, n: int, workers: int = 2) -> Store:
    """The store of ``n`` records in ``folder``: as it is there, or made now. Prints what making it took."""
    store = Store(folder / f"store-{n}")
    if store.layout.exists():
        return store
    for source in range(SOURCES):
        corpus = folder / f"corpus-{n}" / f"s{source:02d}"
        corpus.mkdir(parents=True)
        (corpus / "source.toml").write_text(f'name = "s{source:02d}"\npersonal_data = "no"\n')
        with (corpus / "rows.jsonl").open("w") as file:
            file.writelines(rows(source * n // SOURCES, (source + 1) * n // SOURCES))
    start = time.perf_counter()
    answer = store.ingest([folder / f"corpus-{n}"], workers=workers)
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        f"{n:,} records ingested in {time.perf_counter() - start:.0f} s: {answer['duplicates']} copies; peak memory"
        f" {peaks[0]:.0f} MB (this process, which looks for copies), {peaks[1]:.0f} MB (the largest worker)"
    )
    return store
