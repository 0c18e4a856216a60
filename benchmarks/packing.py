"""Packing: how much of all rows is padding, and how fast the rows are found, ours beside two published packers.

    python benchmarks/packing.py PATH... --seq-len 2048 --seq-len 8192           # files or folders of .jsonl or text files
    python benchmarks/packing.py --log-normal 1000000                             # lengths that are drawn: median 545, mean 1,120
    python benchmarks/packing.py PATH... --peers ~/peers/bin/python               # or RIGHTFUL_PEERS

The peers live in an environment of their own: python -m venv ~/peers; ~/peers/bin/pip install binpacking numpy pyarrow
datasets transformers; ~/peers/bin/pip install --no-deps trl. They are TRL's best-fit decreasing (its strategy
``bfd_split``, which keeps every token as ours does; Apache-2.0) and ``binpacking.to_constant_volume`` (decreasing too; MIT), which
takes time that grows with the square of the documents and is left out beyond 20,000. Lengths of texts are those of a byte-level
BPE of 32,000 that is trained on them, one end of document counted. ``one a row`` pads every document, or piece of one, by
itself; ``concat`` cuts the stream at every row. ``apart`` is how far documents come to stand from where they
were put: the mean distance of a document's row from its place in the input, as a share of all rows (0: the order is kept; 0.33:
it is any other). Seconds are of the processor, of one core.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from _texts import documents, take

Ints = npt.NDArray[np.int64]
SQUARE = 20_000
"""So many documents a packer of quadratic time is asked for."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", nargs="*", type=Path)
    parser.add_argument("--seq-len", type=int, action="append")
    parser.add_argument("--log-normal", type=int, metavar="DOCUMENTS")
    parser.add_argument("--megabytes", type=float, default=64)
    parser.add_argument("--peers", type=Path, default=os.environ.get("RIGHTFUL_PEERS"))
    parser.add_argument("--as", dest="peer", choices=[*PEERS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        print(json.dumps(PEERS[given.peer](np.load(given.path[0]), given.seq_len[0])))
        return
    if given.path:
        show("texts", of_texts(given.path, int(given.megabytes * 1e6)), given)
    if given.log_normal:
        drawn = np.random.default_rng(1).lognormal(6.3, 1.2, given.log_normal)
        show("log-normal", np.maximum(1, drawn).astype(np.int64), given)
    print(f"\nrepeat: python {' '.join(sys.argv)}")


def of_texts(paths: list[Path], limit: int) -> Ints:
    """The lengths of the texts of files, shuffled."""
    from rightful.export.tokens.encoders import load, train

    texts = list(dict.fromkeys(take(documents(paths), limit)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        train(texts, 32_000, file)
        encoder = load(file, None)
        lengths = [len(e.ids) + 1 for e in encoder.tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    return np.random.default_rng(1).permutation(np.array(lengths, np.int64))


def show(name: str, lengths: Ints, given: argparse.Namespace) -> None:
    """Padding, rows and seconds of every way."""
    from rightful.export.planning.packing import pack
    from rightful.export.words import BEST_FIT, CONCAT

    median, mean = int(np.median(lengths)), lengths.mean()
    print(f"{name}: {len(lengths):,} documents, {lengths.sum():,} tokens; median {median:,}, mean {mean:,.0f}")
    for size in given.seq_len or [2048, 8192]:
        over = float(np.mean(lengths > size))
        print(f"\nrows of {size:,}; {over:.1%} of documents are longer")
        print(f"{'':34}{'rows':>10}{'padding':>10}{'split':>9}{'apart':>7}{'seconds':>9}")
        pieces = int((-(-lengths // size)).sum())
        line("one a row", pieces, 1 - lengths.sum() / (pieces * size), over, None, None)
        for how in (CONCAT, BEST_FIT):
            begun = time.process_time()
            packed = pack(lengths, size, how)
            seconds = time.process_time() - begun
            share = packed.padding / (packed.rows * size)
            apart = distance(packed.document, packed.row, packed.rows)
            line(f"ours, {how}", packed.rows, share, packed.split_documents / len(lengths), apart, seconds)
        for peer in PEERS if given.peers else ():
            with tempfile.TemporaryDirectory() as folder:
                np.save(Path(folder) / "lengths.npy", lengths)
                command = [str(given.peers), __file__, "--as", peer, f"{folder}/lengths.npy", "--seq-len", str(size)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{peer}: {done.stderr.strip().splitlines()[-1]}")
                continue
            answer = json.loads(done.stdout.splitlines()[-1])
            if not answer:
                print(f"{peer}: left out, {len(lengths):,} documents")
                continue
            share = 1 - lengths.sum() / (answer["rows"] * size)
            line(answer["name"], answer["rows"], share, over, answer["apart"], answer["seconds"])
    if not given.path:  # else it is that of training a tokenizer
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"most memory of ours: {most:.2f} GB")
    print()


def line(name: str, rows: int, padding: float, split: float, apart: float | None, seconds: float | None) -> None:
    """One way."""
    order, took = "" if apart is None else f"{apart:.2f}", "" if seconds is None else f"{seconds:.2f}"
    print(f"{name:34}{rows:10,}{padding:10.3%}{split:9.1%}{order:>7}{took:>9}", flush=True)


def distance(document: Ints, row: Ints, rows: int) -> float:
    """How far documents come to stand from their place in the input, as a share of all rows."""
    return float(np.abs(document / max(1, int(document.max())) - row / max(1, rows - 1)).mean())


def trl_peer(lengths: Ints, size: int) -> dict[str, Any]:
    """TRL's strategy ``bfd_split``; the column that it packs holds the number of the document at each token."""
    import pyarrow as pa
    from trl.data_utils import _pack_bfd

    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = pa.array(np.repeat(np.arange(len(lengths), dtype=np.int32), lengths))
    table = pa.table({"input_ids": pa.LargeListArray.from_arrays(offsets, ids)})
    begun = time.process_time()
    packed = _pack_bfd(table, size, "split")
    seconds = time.process_time() - begun
    column = packed["input_ids"].combine_chunks()
    row = np.repeat(np.arange(len(column)), column.value_lengths().to_numpy())
    document = column.flatten().to_numpy()
    changes = np.flatnonzero(np.diff(document, prepend=-1))
    apart = distance(document[changes], row[changes], len(column))
    version = importlib.metadata.version("trl")
    return {"name": f"TRL {version}, bfd_split", "rows": len(column), "seconds": seconds, "apart": apart}


def binpacking_peer(lengths: Ints, size: int) -> dict[str, Any]:
    """``to_constant_volume`` of what is shorter than a row; nothing beyond so many documents."""
    import binpacking

    if len(lengths) > SQUARE:
        return {}
    parts = {int(i): int(n) for i, n in enumerate(lengths % size) if n}
    begun = time.process_time()
    bins = binpacking.to_constant_volume(parts, size)
    seconds = time.process_time() - begun
    full = int((lengths // size).sum())
    document = np.array([i for b in bins for i in b])
    row = np.repeat(np.arange(len(bins)), [len(b) for b in bins])
    version = importlib.metadata.version("binpacking")
    apart = distance(document, row, len(bins))
    return {"name": f"binpacking {version}", "rows": full + len(bins), "seconds": seconds, "apart": apart}


PEERS = {"trl": trl_peer, "binpacking": binpacking_peer}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))
    main()
