"""How fast the scan for personal data is on one core, beside datatrove's PIIFormatter on the same documents in the same run.

    python benchmarks/pii_speed.py PATH                              # .jsonl or .parquet with `text`, or text files
    python benchmarks/pii_speed.py PATH --peer VENV/bin/python       # a Python that has datatrove
    python benchmarks/pii_speed.py                                   # generated text

MB/s are 10^6 bytes of UTF-8 a second of processor time, the best of some rounds, after one that is not counted. The peer
looks for e-mail addresses and IPv4 and replaces them; so does the last row of ours, with those two types only. The
others look for everything. What each found stands beside its speed. Below 1.3 a ratio is a tie.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pyarrow as pa
from _texts import take
from stage_speed import batches, best, documents, generated, run, versions

from rightful.stages.pii.redact import redact
from rightful.stages.pii.stage import PersonalData, spans_of

PEER = """
import importlib.metadata, json, sys, time
from datatrove.pipeline.formatters import PIIFormatter
texts = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
formatter = PIIFormatter()
times = []
for _ in range(int(sys.argv[2]) + 1):
    start = time.process_time()
    done = [formatter.format(text) for text in texts]
    times.append(time.process_time() - start)
email, ip = formatter.emails_replacer, formatter.ip_replacer
counts = {
    "email": sum(len(email.regex.findall(text)) for text in texts),
    "ipv4": sum(ip.validator(m.group(0)) for text in texts for m in ip.regex.finditer(text)),
}
name = "datatrove " + importlib.metadata.version("datatrove") + " PIIFormatter"
print(json.dumps([name, min(times[1:]), counts]))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("--megabytes", type=float, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=Path, help="a Python that has datatrove")
    given = parser.parse_args()
    texts = list(take(documents(given.path) if given.path else generated(), int(given.megabytes * 1e6)))
    size = sum(len(text.encode()) for text in texts) / 1e6
    packed = list(batches(texts))
    print(f"{len(texts):,} texts, {size:.1f} MB\n{versions()}\n")

    rows: list[tuple[str, float, dict[str, int]]] = []
    for name, stage in (
        ("all types", PersonalData()),
        ("all types, with spans", PersonalData(spans=True)),
        ("email and ipv4", PersonalData(look_for="email ipv4")),
    ):
        rows.append((name, best(partial(run, stage, packed), given.rounds), counted(stage, packed)))
    two = PersonalData(look_for="email ipv4")
    rows.append(("email and ipv4, redacted", best(partial(redacted, texts, two), given.rounds), rows[-1][2]))
    peer_seconds = 0.0
    if given.peer:
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            file.writelines(json.dumps(text) + "\n" for text in texts)
            file.flush()
            command = [given.peer, "-c", PEER, file.name, str(given.rounds)]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8")
        name, peer_seconds, counts = json.loads(done.stdout.splitlines()[-1])
        rows.append((name, peer_seconds, counts))
    print(f"{'':32}{'MB/s/core':>10}{'ratio':>8}   found")
    for name, seconds, counts in rows:
        ratio = f"{peer_seconds / seconds:8.1f}" if peer_seconds else " " * 8
        print(f"{name:32}{size / seconds:10.1f}{ratio}   {', '.join(f'{k} {n:,}' for k, n in counts.items())}")
    print(f"\nrepeat: python {' '.join(sys.argv)}")


def counted(stage: PersonalData, packed: list[pa.RecordBatch]) -> dict[str, int]:
    """How often each type was found."""
    counts: dict[str, int] = {}
    for batch in packed:
        added = stage(batch)
        for types, numbers in zip(added["pii_types"].to_pylist(), added["pii_counts"].to_pylist(), strict=True):
            for kind, number in zip(types, numbers, strict=True):
                counts[kind] = counts.get(kind, 0) + number
    return dict(sorted(counts.items()))


def redacted(texts: list[str], settings: PersonalData) -> object:
    """Every text with what was found in it replaced."""
    found = spans_of(texts, settings)
    return [redact(text, spans) for text, spans in zip(texts, found, strict=True) if spans]


if __name__ == "__main__":
    main()
