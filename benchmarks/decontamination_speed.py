"""How fast Decontaminate is on one core beside datatrove's NGramsDecontFilter, and whether both find what was planted.

    python benchmarks/decontamination_speed.py [PATH...] [--peer /path/to/venv/bin/python] [--megabytes 3] [--rounds 5]

PATH and the peer as for ``quality_agreement.py``; without any documents, 16 MB of generated text are read. Half of the
documents give the evaluation set: their paragraphs of 20 to 100 words. The other half is read, with one of these
paragraphs put into the middle of every third. Both look for n-grams of 12 words, any one found being enough, which is all
that the peer does; ours also tells shares and items. Documents that only one of them finds are counted.

MB/s are 10^6 bytes of UTF-8 a second of processor time; ours is the best of some rounds with the loop compiled, the peer
reads a part of the documents once, with the hashes that its own indexer makes. Below 1.3 a ratio is a tie.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

NGRAM = 12


def main() -> None:
    """Measure and print."""
    from _texts import take
    from quality_agreement import documents, third_party, versions
    from stage_speed import generated

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=third_party())
    help = "the python of an environment with datatrove; without it ours alone is timed"
    parser.add_argument("--peer", default=os.environ.get("RIGHTFUL_DATATROVE"), help=help)
    parser.add_argument("--megabytes", type=float, default=3, help="how much the peer reads")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    texts = list(documents(given.paths)) or list(take(generated(), 16_000_000))
    items, rows, planted = plant(texts)
    print(f"{len(rows)} documents, {size(rows):.1f} MB, {len(planted)} with a planted item; {versions()}\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "planted.jsonl"
        for most in (1000, len(items)):
            write(path, items[:most])
            ours(path, rows, given.rounds, f"{min(most, len(items)):,} items")
        write(path, used := [items[i] for i in sorted(set(planted.values()))])
        answers = ours(path, rows, given.rounds, f"{len(used):,} items that were planted")
        found = [bool(by) for by in answers["contaminated_by"]]
        whole = sum(answers["contamination_item_share"][i] == 1 for i in planted)
        print(f"found {sum(found[i] for i in planted)} of {len(planted)} planted, {whole} of them with a share of 1")
        if given.peer:
            beside(given.peer, path, used, rows, planted, found, given)
    print(f"repeat: python {' '.join(sys.argv)}")


def beside(
    python: str, path: Path, items: list[str], rows: list[str], planted: dict[int, int], found: list[bool], given: Any
) -> None:
    """Print the peer's speed and verdicts on a part of the documents, and ours on the same."""
    every = max(1, round(size(rows) / given.megabytes))
    chosen = list(range(0, len(rows), every))
    part = [rows[i] for i in chosen]
    print()
    same = ours(path, part, given.rounds, "the peer's part")
    theirs = peer(python, {"texts": part, "items": items})
    rate, mine = size(part) / theirs["seconds"], speed_of(same, part)
    print(
        f"datatrove, {len(part)} documents, {size(part):.1f} MB: {rate:.3f} MB/s/core, ours is {mine / rate:.0f} times as fast"
    )
    both = [(found[i], said, i in planted) for i, said in zip(chosen, theirs["found"], strict=True)]
    of = sum(is_planted for *_, is_planted in both)
    print(f"of {of} planted: ours {sum(o and p for o, _, p in both)}, datatrove {sum(t and p for _, t, p in both)}")
    others = [(o, t) for o, t, p in both if not p]
    print(
        f"of {len(others)} others: both {sum(o and t for o, t in others)}, only ours {sum(o and not t for o, t in others)}, "
        f"only datatrove {sum(t and not o for o, t in others)}\npeer: {theirs['versions']}"
    )


def plant(texts: list[str]) -> tuple[list[str], list[str], dict[int, int]]:
    """Paragraphs of every second text, the texts between with one of them in every third, and which is in which."""
    items = []
    for text in texts[::2]:
        pieces = text.split("\n\n") if "\n\n" in text else [text[i : i + 300] for i in range(0, len(text), 300)]
        items.extend(piece for piece in pieces if 20 <= len(piece.split()) <= 100)
    rows, planted = texts[1::2], {}
    for i in range(0, len(rows), 3):
        planted[i] = i * 7919 % len(items)
        half = len(rows[i]) // 2
        rows[i] = f"{rows[i][:half]}\n\n{items[planted[i]]}\n\n{rows[i][half:]}"
    return items, rows, planted


def write(path: Path, items: list[str]) -> None:
    path.write_text("".join(json.dumps({"text": item}) + "\n" for item in items), encoding="utf-8")


def size(texts: list[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def speed_of(answers: dict[str, Any], texts: list[str]) -> float:
    return size(texts) / float(answers["seconds"])


def ours(path: Path, texts: list[str], rounds: int, what: str) -> dict[str, Any]:
    """The columns, and the processor seconds of the best round, in batches as the readers make them."""
    import pyarrow as pa

    from rightful.stages.decontaminate.stage import Decontaminate

    stage = Decontaminate(str(path), ngram=NGRAM, min_words=NGRAM, max_items=0, threshold=0.0)
    batches: list[list[str]] = []
    held = 0.0
    for text in texts:
        if not batches or held > 8:
            batches.append([])
            held = 0
        batches[-1].append(text)
        held += len(text) / 1e6
    packed = [pa.record_batch({"text": pa.array(rows, pa.large_string())}) for rows in batches]
    start = time.process_time()
    stage(packed[0].slice(0, 1))
    first, best = time.process_time() - start, float("inf")
    came: list[Any] = []
    for _ in range(rounds):
        start = time.process_time()
        came = [stage(batch) for batch in packed]
        best = min(best, time.process_time() - start)
    print(f"ours, {what}: {size(texts) / best:.1f} MB/s/core (sets read and loops compiled or loaded in {first:.1f} s)")
    columns = {name: [value for each in came for value in each[name].to_pylist()] for name in came[0]}
    return {**columns, "seconds": best}


def peer(python: str, asked: dict[str, Any]) -> Any:
    """What this file, run by another python, answers."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(asked, file)
        file.flush()
        done = subprocess.run([python, __file__, "--as-peer", file.name], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the peer failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def as_peer(path: str) -> None:
    """In the environment of the peer: index the items, filter the texts, answer with verdicts and processor seconds."""
    import importlib.metadata as metadata
    import platform

    import numpy as np
    from datatrove.data import Document
    from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter, NGramsDecontIndexer

    asked = json.loads(Path(path).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        config = NGramsDecontConfig(n_grams=NGRAM)
        rule = NGramsDecontFilter(folder, config)
        indexer = object.__new__(NGramsDecontIndexer)  # to be made it wants lighteval, which only fetches the sets
        indexer.config, indexer.tokenizer, indexer.hash_func = config, rule.tokenizer, rule.hash_func
        hashes = {h for item in asked["items"] for h in indexer.compute_hashes(item)}
        np.array(sorted(hashes), dtype=config.hash_config.np_descr).tofile(Path(folder) / "planted.index.hashes")
        rule.filter(Document("loads the index", "0"))
        start = time.process_time()
        found = [rule.filter(Document(text, "0")) is not True for text in asked["texts"]]
        seconds = time.process_time() - start
    named = [f"{name} {metadata.version(name)}" for name in ("datatrove", "spacy", "numpy")]
    versions = ", ".join([f"Python {platform.python_version()}", *named])
    print(json.dumps({"found": found, "seconds": seconds, "versions": versions}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--as-peer"]:
        as_peer(sys.argv[2])
    else:
        main()
