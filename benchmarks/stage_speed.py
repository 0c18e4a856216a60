"""How fast each stage is, on one core, and which share of the stages' time it takes; beside plain Python.

    python benchmarks/stage_speed.py                       # 16 MB of generated text, the same in every run
    python benchmarks/stage_speed.py PATH                  # a file or folder: .jsonl or .parquet with `text`, or text files
    python benchmarks/stage_speed.py PATH --megabytes 64 --rounds 5

MB/s are 10^6 bytes of UTF-8 a second of processor time; the best of some rounds. Beside a stage stands the obvious
way to do the same: `" ".join(normalize("NFC", text).split())` and two digests; a loop over `text.split()`; langdetect on
a sample. Below 1.3 a ratio is a tie. Numbers from different machines or texts do not compare.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import random
import re
import string
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from _texts import take

from rightful.stages import Stage
from rightful.stages.language.stage import Language
from rightful.stages.normalize import Normalize, normalized
from rightful.stages.pii.stage import PersonalData
from rightful.stages.statistics import Statistics

BATCH_BYTES = 8 << 20
SAMPLE_BYTES = 400_000  # of which langdetect reads for some seconds
ALPHABETS = [string.ascii_lowercase] * 7 + [
    "aàbcçdeéèfghiïlmnoôpqrstuùv",
    "абвгдежзийклмнопрстуфхцчшщыэюя",
    "的一是不了人我在有他这",
]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("--megabytes", type=float, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    texts = list(take(documents(given.path) if given.path else generated(), int(given.megabytes * 1e6)))
    size = sum(len(text.encode()) for text in texts)
    if not size:
        parser.error(f"no text in {given.path}")
    packed = list(batches(texts))
    ascii_bytes = sum(len(text) for text in texts if text.isascii())
    print(f"{len(texts):,} texts, {size / 1e6:.1f} MB, {ascii_bytes / size:.0%} of it in texts that are ASCII only")
    print(f"{versions()}\n")

    sample = list(take(iter(texts), SAMPLE_BYTES))
    langdetect = Language(backend="langdetect")
    plain: dict[str, tuple[str, Callable[[], object], list[str]]] = {
        "normalize": ("plain Python", lambda: [plain_normalize(text) for text in texts], texts),
        "statistics": ("plain Python", lambda: [plain_statistics(text) for text in texts], texts),
        "language": ("langdetect", partial(run, langdetect, list(batches(sample))), sample),
        "pii": ("re, e-mail only", lambda: [EMAIL.search(text) for text in texts], texts),
    }
    stages: list[Stage] = [Normalize(), Language(), Statistics(), PersonalData()]
    seconds = {stage.name: best(partial(run, stage, packed), given.rounds) for stage in stages}
    whole = sum(seconds.values())
    print(f"{'stage':12}{'MB/s/core':>10}{'share':>8}   {'beside':16}{'MB/s/core':>10}{'ratio':>8}")
    for name, took in seconds.items():
        label, peer, read = plain[name]
        peer_speed = sum(len(text.encode()) for text in read) / 1e6 / best(peer, 1)
        speed = size / 1e6 / took
        print(f"{name:12}{speed:10.1f}{took / whole:8.1%}   {label:16}{peer_speed:10.1f}{speed / peer_speed:8.1f}")
    print(f"{'together':12}{size / 1e6 / whole:10.1f}{1:8.1%}")
    where = f"{given.path} " if given.path else ""
    print(f"\nrepeat: python {sys.argv[0]} {where}--megabytes {given.megabytes:g} --rounds {given.rounds}")


EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def run(stage: Stage, packed: Iterable[pa.RecordBatch]) -> object:
    """One pass of a stage."""
    return [stage(batch) for batch in packed]


def plain_normalize(text: str) -> object:
    """What Normalize adds, the obvious way."""
    data = text.encode()
    return sha256(data).digest(), sha256(normalized(text).encode()).digest(), len(text), len(data)


def plain_statistics(text: str) -> object:
    """The first three of what Statistics adds, the obvious way."""
    words = text.split()
    return len(words), text.count("\n"), sum(map(len, words)) / max(len(words), 1)


def best(run: Callable[[], object], rounds: int) -> float:
    """The least processor time of a run, in seconds, after one that is not counted where there is more than one."""
    times = []
    for _ in range(rounds + (rounds > 1)):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times[rounds > 1 :])


def documents(path: Path) -> Iterator[str]:
    """The texts of a file or of the files of a folder, in the order of their names."""
    for file in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
        if file.suffix == ".jsonl":
            with file.open(encoding="utf-8") as lines:
                yield from filter(None, (json.loads(line).get("text") for line in lines))
        elif file.suffix == ".parquet":
            for batch in pq.ParquetFile(file).iter_batches(columns=["text"]):
                yield from filter(None, batch.column("text").to_pylist())
        else:
            yield file.read_text(encoding="utf-8", errors="replace")


def generated() -> Iterator[str]:
    """Words of random letters without end: seven tenths ASCII, the rest French, Russian and Chinese letters.

    With a number or a date in some of the lines, and an address in a tenth of the texts.
    """
    chance = random.Random(1)
    while True:
        letters = chance.choice(ALPHABETS)
        words = ["".join(chance.choices(letters, k=chance.randint(1, 9))) for _ in range(2_000)]
        words += chance.choices(["1984", "3.14", "2024-01-31", "10,000", "7"], k=30)
        if chance.random() < 0.1:
            words.append("ada@example.org")
        lines = (chance.choices(words, k=chance.randint(3, 80)) for _ in range(chance.randint(1, 40)))
        yield "\n".join(" ".join(line).capitalize() + "." for line in lines)


def batches(texts: list[str]) -> Iterator[pa.RecordBatch]:
    """Batches as the readers make them."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= BATCH_BYTES or text is texts[-1]:
            yield pa.record_batch({"text": pa.array(held, pa.large_string())})
            held, size = [], 0


def versions() -> str:
    """What was measured, to be printed with the numbers."""
    packages = ("pyarrow", "numpy", "fasttext-predict", "langdetect")
    named = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {named}; {platform.machine()}, {os.cpu_count()} cores, one used"


if __name__ == "__main__":
    main()
