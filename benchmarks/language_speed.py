"""How fast and how right Language is with each backend, beside the detectors alone, on the same documents in one run.

    python benchmarks/language_speed.py                       # the third-party cases, from RIGHTFUL_CASES
    python benchmarks/language_speed.py PATH...               # labelled documents of your own
    python benchmarks/language_speed.py /usr/share/man --each 60 --code /usr/lib/python3

A PATH is a .jsonl or .parquet file with `text` and `language` (or `file`, relative to a folder above, and `language`), or a
folder with a folder of text files for each language, named by its code (de, pt_BR): a tree of manual pages, packed or not,
is one. Of each language at most `--each` documents are read, evenly drawn. MB/s are 10^6 bytes of UTF-8 a second of
processor time, the best of some rounds; langdetect is timed once. Below 1.3 a ratio is a tie.

Right is a document whose language is the label, `und` one that is left open. What the labels call one language counts as one: no, nb
and nn; zh and its scripts. Last: which part of the source files under `--code` (default: Python's standard library) is
told to be code, and which part of the labelled documents.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from stage_speed import batches, versions

from rightful.readers.formats.textfile import MEDIA_TYPES
from rightful.stages.language.detectors import BACKENDS, Detect
from rightful.stages.language.stage import SOURCE_CODE, UNDECIDED, Language

SAME = {"nb": "no", "nn": "no", "cmn": "zh", "zho": "zh"}
CODE_FILES = 1000
FOLDER = re.compile(r"([a-z]{2,3})([_-][A-Za-z]{2,4})?")
PROGRAMS = frozenset(
    "text/x-python text/javascript text/x-typescript text/x-java text/x-c text/x-c++ text/x-csharp text/x-rust text/x-go "
    "text/x-ruby text/x-php text/x-perl text/x-lua text/x-tcl text/x-sh text/x-sql text/css text/x-kotlin text/x-swift "
    "text/x-scala text/x-r text/x-julia text/x-fortran text/x-haskell text/x-lisp".split()
)
MANUAL = re.compile(r"\.[1-9]\w*(\.gz)?$")
ROFF = re.compile(r"\\(?:f(?:\(..|\[[^\]]*\]|.)|s[-+]?\d+|\*?\(..|\*?\[[^\]]*\]|\*.|.)")
ROFF_SILENT = frozenset("TH SH so de ds if ie el nr ft ta in sp hy ad na".split())

Answers = list[str]
Labelled = list[tuple[str, str]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--each", type=int, default=100, help="documents of a language at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--code", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    given = parser.parse_args()
    rows = [row for path in given.paths or third_party() for row in labelled(path)]
    rows = drawn(rows, given.each)
    if not rows:
        parser.error("no labelled documents: name some, or set RIGHTFUL_CASES")
    texts = [text for _, text in rows]
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(f"{len(rows):,} documents in {len({code for code, _ in rows})} languages, {size:.1f} MB\n{versions()}\n")
    came = measured(texts, given.rounds)
    ours = came["fasttext"][0]
    print(f"{'':40}{'MB/s/core':>10}{'ours is':>9}{'right':>8}{'und':>7}{'wrong':>7}")
    for name, (seconds, answers) in came.items():
        right = sum(SAME.get(a, a) == code for a, (code, _) in zip(answers, rows, strict=True)) / len(rows)
        open_ = answers.count(UNDECIDED) / len(rows)
        print(f"{name:40}{size / seconds:10.1f}{seconds / ours:8.1f}x{right:8.3f}{open_:7.3f}{1 - right - open_:7.3f}")
    per_language(rows, {name: answers for name, (_, answers) in came.items()})
    code(given.code, rows)
    print(f"\nrepeat: python {' '.join(sys.argv)}")


def measured(texts: list[str], rounds: int) -> dict[str, tuple[float, Answers]]:
    """Seconds and answers of each way."""
    packed = list(batches(texts))
    came: dict[str, tuple[float, Answers]] = {}
    for backend in BACKENDS:
        stage = Language(backend=backend)
        stage(packed[0].slice(0, 1))  # compiled, and the model is there
        came[backend] = timed(
            lambda stage=stage: [c for batch in packed for c in stage(batch)["language"].to_pylist()],
            1 if backend == "langdetect" else rounds,
        )
    for backend in BACKENDS:
        detect = BACKENDS[backend].load()
        for label, chars in (("first 1,000 characters", 1000), ("whole text", None)):
            came[f"{backend} alone, {label}"] = timed(
                lambda detect=detect, chars=chars: [alone(detect, text[:chars]) for text in texts],
                1 if backend == "langdetect" else rounds,
            )
    return came


def timed(answer: Callable[[], Answers], rounds: int) -> tuple[float, Answers]:
    times, answers = [], []
    for _ in range(rounds):
        start = time.process_time()
        answers = answer()
        times.append(time.process_time() - start)
    return min(times), answers


def alone(detect: Detect, text: str) -> str:
    """What a detector calls a text by itself."""
    found = detect(text)
    return max(found, key=lambda guess: guess[1])[0] if found else ""


def per_language(rows: Labelled, came: dict[str, Answers]) -> None:
    """A line for each language: how many documents, and which part of them is right."""
    shown = [*BACKENDS, "fasttext alone, first 1,000 characters"]
    print(
        f"\n{'':8}{'':>6}" + "".join(f"{name.replace(' alone, first 1,000 characters', ' 1000'):>15}" for name in shown)
    )
    for code in sorted({code for code, _ in rows}):
        at = [i for i, (label, _) in enumerate(rows) if label == code]
        shares = (sum(SAME.get(came[name][i], came[name][i]) == code for i in at) / len(at) for name in shown)
        print(f"{code:8}{len(at):6}" + "".join(f"{share:15.3f}" for share in shares))


def code(folder: Path, rows: Labelled) -> None:
    """Which part of source files and of prose is told to be code."""
    found = sorted(p for p in folder.rglob("*") if is_source(p) and p.is_file() and 200 <= p.stat().st_size < 1 << 20)
    read = [(MEDIA_TYPES[p.suffix.lower()], text) for p in evenly(found, CODE_FILES) if (text := text_of(p))]
    stage = Language()
    print()
    if read:
        kinds, texts = zip(*read, strict=True)
        batch = pa.record_batch({"text": pa.array(texts, pa.large_string()), "media_type": pa.array(kinds)})
        for label, columns in (("by its text alone", ["text"]), ("by its name too", ["text", "media_type"])):
            told = stage(batch.select(columns))["language"].to_pylist().count(SOURCE_CODE) / len(read)
            print(f"told to be code: {told:8.4f} of {len(read):,} source files, {label}")
    told = sum(
        c == SOURCE_CODE for batch in batches([t for _, t in rows]) for c in stage(batch)["language"].to_pylist()
    )
    print(f"told to be code: {told / len(rows):8.4f} of {len(rows):,} labelled documents")


def is_source(path: Path) -> bool:
    """Whether the name says that a file is a program."""
    return MEDIA_TYPES.get(path.suffix.lower(), "") in PROGRAMS


def third_party() -> list[Path]:
    """The labelled documents and sentences of the third-party cases, where there are any."""
    root = Path(__file__).resolve().parent.parent
    cases = (root / (os.environ.get("RIGHTFUL_CASES") or "../shared/data")).resolve()
    parts = ("7-documents/docs.shared.jsonl", "6-filters/lingua-sentences.shared.json")
    return [cases / part for part in parts if (cases / part).is_file()]


def labelled(path: Path) -> Iterator[tuple[str, str]]:
    """Code and text of each document."""
    if path.is_dir():
        for folder in sorted(p for p in path.iterdir() if p.is_dir() and FOLDER.fullmatch(p.name)):
            for file in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
                if text := text_of(file):
                    yield label_of(folder.name), text
    elif path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches(columns=["text", "language"]):
            for row in batch.to_pylist():
                if row["text"] and row["language"]:
                    yield label_of(row["language"]), row["text"]
    elif path.suffix == ".json":  # code -> sentences
        for code, sentences in json.loads(path.read_text(encoding="utf-8")).items():
            for sentence in sentences:
                yield label_of(code), sentence
    else:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text = row.get("text") or listed(path, row.get("file"))
            if text and row.get("language"):
                yield label_of(row["language"]), text


def listed(path: Path, name: str | None) -> str | None:
    """The text of a file that a list names, from the nearest folder above that has it."""
    for folder in path.parents if name else ():
        if (folder / str(name)).is_file():
            return text_of(folder / str(name))
    return None


def label_of(name: str) -> str:
    code = re.split("[-_@.]", name.lower())[0]
    return SAME.get(code, code)


def text_of(path: Path) -> str | None:
    """What a file says: unpacked, without the commands of a manual page. None for what is not UTF-8 or nearly empty."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    except (OSError, EOFError, UnicodeDecodeError):
        return None
    if MANUAL.search(path.name):
        text = manual(text)
    return text if len(text) >= 200 else None


def manual(text: str) -> str:
    """The words of a manual page in roff."""
    lines = []
    for line in text.splitlines():
        if line[:1] in (".", "'"):
            command, _, line = line[1:].strip().partition(" ")
            if command in ROFF_SILENT or not command[:1].isalpha():
                continue
            line = line.strip('"')
        lines.append(ROFF.sub("", line))
    return "\n".join(lines)


def drawn(rows: Labelled, each: int) -> Labelled:
    """At most ``each`` documents of a language, evenly drawn, without those that are there twice."""
    by_code: dict[str, list[str]] = {}
    for code, text in dict.fromkeys(rows):
        by_code.setdefault(code, []).append(text)
    return [(code, text) for code, texts in sorted(by_code.items()) for text in evenly(texts, each)]


def evenly(things: list, most: int) -> list:
    return [things[i * len(things) // most] for i in range(most)] if len(things) > most else things


if __name__ == "__main__":
    main()
