"""How fast texts become shards, on one core: our export beside the bare backend, HF tokenizers, tiktoken and datatrove.

    python benchmarks/tokenization_speed.py PATH...                     # files or folders of .jsonl or text files
    python benchmarks/tokenization_speed.py PATH... --tokenizer tokenizer.json --eod TOKEN --megabytes 64
    python benchmarks/tokenization_speed.py PATH... --peers ~/peers/bin/python    # or RIGHTFUL_PEERS

The peers live in an environment of their own: python -m venv ~/peers; ~/peers/bin/pip install tokenizers tiktoken
"datatrove[processing]" numpy. Without --tokenizer a byte-level BPE of 32,000 is trained on the documents first. MB/s are
10^6 bytes of UTF-8 a second of processor time, all threads counted and one allowed. `bare` is encode_batch of the
backend on the texts in memory, ids as the library gives them (a list for HF, an array for gigatoken), cold: loading and
comparing are not in it, and are rows of their own. `export` is all of `rightful export` in a process of its own but
for the training: deciding, reading, digests, tokens, shards, reading them back, index and manifest. Every id of every
document is held against HF's. Below 1.3 a ratio is a tie.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _texts import documents, in_batches, take

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", nargs="+", type=Path)
    parser.add_argument("--megabytes", type=float, default=32)
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--eod")
    parser.add_argument("--peers", type=Path, default=os.environ.get("RIGHTFUL_PEERS"))
    parser.add_argument("--as", dest="peer", choices=[*PEERS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        print(json.dumps(PEERS[given.peer](*given.path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(given, Path(folder))
    print(f"\nrepeat: python {' '.join(sys.argv)}")


def compare(given: argparse.Namespace, folder: Path) -> None:
    """Ours with each backend and the peers on the same documents."""
    import numpy as np

    from rightful import Store
    from rightful.export.tokens.encoders import load, train
    from rightful.export.tokens.gigatoken import Gigatoken, unfit

    texts = list(dict.fromkeys(take(documents(given.path), int(given.megabytes * 1e6))))
    size = sum(len(text.encode()) for text in texts) / 1e6
    lines = [json.dumps({"id": str(i), "text": t, "license": "CC0-1.0"}) for i, t in enumerate(texts)]
    (folder / "in.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    file = given.tokenizer or folder / "tokenizer.json"
    if given.tokenizer is None:
        train(texts, 32_000, file)
    reference = load(file, given.eod)
    print(f"{len(texts):,} documents, {size:.1f} MB; {file.name} of {reference.vocab_size:,} ids; {versions()}\n")
    print(f"{'':34}{'MB/s/core':>10}{'ratio':>8}")

    def row(name: str, seconds: float, beside: float | None, what: str, megabytes: float = size) -> None:
        ratio = f"{beside / seconds * megabytes / size:8.2f} x {what}" if beside else ""
        print(f"{name:34}{megabytes / seconds:10.1f}{ratio}", flush=True)

    batches = list(in_batches(texts))
    encoded, hf = timed(lambda: [e.ids for b in batches for e in hf_encode(reference, b)])
    row("bare HF encode_batch", hf, None, "")
    bare = {"hf": hf}
    why_not = unfit(reference)
    if why_not is None:
        ours, loading = timed(lambda: Gigatoken(reference))
        _, proving = timed(ours.prove)
        print(f"{'gigatoken: loading, comparing':34}{loading:9.1f}s{proving:7.1f}s")
        raw, bare["gigatoken"] = timed(lambda: [ours._backend.encode(text.encode()) for text in texts])
        row("bare gigatoken encode", bare["gigatoken"], hf, "HF")
        fresh = Gigatoken(reference)  # words that were met are remembered
        ids, guarded = timed(lambda: [ids for b in batches for ids in fresh.encode_batch(b)])
        row("gigatoken, guarded", guarded, hf, "HF")
        for name, given_ids in (("bare", raw), ("guarded", ids)):
            same = sum(np.array_equal(a, b) for a, b in zip(given_ids, encoded, strict=True))
            print(f"{'':34}{name}: ids of {same:,} of {len(texts):,} documents are HF's")
    else:
        print(f"gigatoken is not offered: {why_not}")
    store = Store(folder / "store")
    store.ingest([folder / "in.jsonl"], workers=1)
    for backend, seconds in bare.items():
        command = [sys.executable, "-c", "from rightful.cli import main; main()", "--quiet"]
        command += ["--store", str(folder / "store"), "export"]
        command += [str(folder / backend), "--use", "train.pretrain", "--tokenizer", str(file), "--workers", "1"]
        command += ["--tokenizer-backend", backend, "--dedup", "none", *(["--eod", given.eod] if given.eod else [])]
        _, took = timed(lambda command=command: subprocess.run(command, check=True, capture_output=True))
        row(f"rightful export, {backend}", took, seconds, f"bare {backend}")
        if backend != "hf":
            row("", took, hf, "bare HF")
    for peer in PEERS if given.peers else ():
        arguments = [str(given.peers), __file__, "--as", peer, str(folder / "in.jsonl"), str(file)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{peer}: {done.stderr.strip().splitlines()[-1]}")
            continue
        answer = json.loads(done.stdout.splitlines()[-1])
        row(f"{peer} {answer['version']}", answer["seconds"], hf, "HF", answer["megabytes"])
        if "ids" in answer:
            same = sum(a == b for a, b in zip(answer["ids"], encoded, strict=False))
            print(f"{'':34}ids of {same:,} of {len(answer['ids']):,} documents are HF's")


def hf_encode(reference: Any, texts: list[str]) -> Any:
    """What the library gives, before we make arrays of it."""
    return reference.tokenizer.encode_batch_fast(texts, add_special_tokens=False)


def timed(run: Callable[[], Any]) -> tuple[Any, float]:
    """The result and the processor time, children included, in seconds."""

    def now() -> float:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(u.ru_utime + u.ru_stime for u in used)

    start = now()
    result = run()
    return result, now() - start


def tiktoken_peer(path: Path, file: Path) -> dict[str, Any]:
    """tiktoken with the ranks of the same vocabulary and the splitting of GPT-2 or of the file."""
    import tiktoken

    spec = json.loads(file.read_text(encoding="utf-8"))
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [code for code in range(256) if code not in seen]
    byte = {chr(c): c for c in seen} | {chr(256 + i): c for i, c in enumerate(hidden)}
    special = {token["content"] for token in spec["added_tokens"]}
    vocabulary = spec["model"]["vocab"].items()
    ranks = {bytes(byte[c] for c in word): i for word, i in vocabulary if word not in special}
    steps = (spec["pre_tokenizer"] or {}).get("pretokenizers", [{}])
    gpt2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    pattern = steps[0].get("pattern", {}).get("Regex", gpt2)
    encoding = tiktoken.Encoding("same", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    texts = [json.loads(line)["text"] for line in path.open(encoding="utf-8")]
    ids, seconds = timed(lambda: [encoding.encode_ordinary(text) for text in texts])
    size = sum(len(text.encode()) for text in texts) / 1e6
    return {"version": tiktoken.__version__, "seconds": seconds, "megabytes": size, "ids": ids}


def datatrove_peer(path: Path, file: Path) -> dict[str, Any]:
    """datatrove's DocumentTokenizer, from documents in memory to its token files, on as many as take some seconds."""
    from datatrove.data import Document
    from datatrove.pipeline.tokens import DocumentTokenizer

    texts = list(take((json.loads(line)["text"] for line in path.open(encoding="utf-8")), 8_000_000))
    with tempfile.TemporaryDirectory() as folder:
        step = DocumentTokenizer(folder, tokenizer_name_or_path=str(file), shuffle_documents=False)
        documents = [Document(text=text, id=str(i)) for i, text in enumerate(texts)]
        _, seconds = timed(lambda: step.run(iter(documents), 0, 1))
    size = sum(len(text.encode()) for text in texts) / 1e6
    return {"version": importlib.metadata.version("datatrove"), "seconds": seconds, "megabytes": size}


PEERS: dict[str, Callable[..., dict[str, Any]]] = {"tiktoken": tiktoken_peer, "datatrove": datatrove_peer}


def versions() -> str:
    """What was measured."""
    names = ["tokenizers", "gigatoken"]
    installed = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    said = ", ".join(f"{name} {installed[name]}" for name in names if name in installed)
    return f"{said}, Python {platform.python_version()}, {platform.machine()}"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))
    main()
