"""How fast texts become shards: every format of `rightful export` beside the bare backend, datatrove and MDSWriter, in one run.

    python benchmarks/export_speed.py PATH... --megabytes 220            # files or folders of text or .jsonl
    python benchmarks/export_speed.py PATH... --hf-megabytes 20 --workers 2 --rounds 3
    RIGHTFUL_PEERS=~/peers/bin/python RIGHTFUL_PEERS_MDS=~/mds/bin/python python benchmarks/export_speed.py PATH...

Documents that are the same count once. Where there are not enough of them they are repeated with a number before each, and the
first line says how much is new. Without --tokenizer a byte-level BPE of 32,000 is trained on the first 20 MB. Of all rounds
the least seconds of the processor count, user and system, of all threads and children; the seconds of the clock of that
round stand beside them. What each row is:

    bare             `encode_batch` of gigatoken (`encode_batch_fast` of tokenizers) on the texts in memory, in batches of 4 MB,
                     ids as the library gives them: nothing is read, checked or written
    bare, and files  the same between reading the texts from the same Parquet files with pyarrow and writing uint16 ids with
                     numpy: the least that anybody has to do who has files and wants files
    rightful         all of `rightful export` in a process of its own: start, catalogue, deciding, reading, digests, ids that
                     spell their texts, shards, reading them back, index, papers, ledger
    of that, start   the same of three records, which is what does not grow
    datatrove        `DocumentTokenizer` from documents in memory to its files, by tokenizers, on as many as take some seconds
    MDSWriter        mosaicml-streaming writing the same ids from memory, not compressed: no tokenizer, nothing read back

The peers live in environments of their own: pip install datatrove tokenizers; pip install mosaicml-streaming. Ratios under
1.3 are a tie. Tokens are counted with their ends of documents.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from _texts import documents, in_batches, take

os.environ["TOKENIZERS_PARALLELISM"] = "false"
FORMATS = ("parquet", "megatron", "mds", "bin")
TRAINED_BYTES = 20_000_000
PEER_BYTES = 4_000_000


class Took(NamedTuple):
    """Seconds of the processor and of the clock."""

    cpu: float
    wall: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("path", nargs="+", type=Path)
    parser.add_argument("--megabytes", type=float, default=220)
    parser.add_argument(
        "--hf-megabytes", type=float, default=20, help="of it for what tokenizers encodes; 0: none of that"
    )
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--eod")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--keep", type=Path, help="a folder for the stores: a second run finds them there")
    parser.add_argument("--as", dest="peer", choices=[*PEERS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        print(json.dumps(PEERS[given.peer](*given.path)))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(given, Path(folder))
    print(f"\nrepeat: python {' '.join(sys.argv)}")


def compare(given: argparse.Namespace, folder: Path) -> None:
    """Ours and the peers on the same documents."""
    from rightful.export.tokens.encoders import load, train
    from rightful.export.tokens.gigatoken import Gigatoken, unfit

    texts, distinct = gathered(given.path, int(given.megabytes * 1e6))
    size = sum(len(text.encode()) for text in texts)
    file = given.tokenizer or folder / "tokenizer.json"
    if given.tokenizer is None:
        train(take(texts, TRAINED_BYTES), 32_000, file)
    reference = load(file, given.eod)
    print(
        f"{len(texts):,} documents, {size / 1e6:.1f} MB, of them {distinct / 1e6:.1f} MB distinct; {file.name} of",
        end=" ",
    )
    print(f"{reference.vocab_size:,} ids; {given.workers} workers; least of {given.rounds}; {versions()}")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    print(f"{'':36}{'CPU s':>8}{'wall s':>8}{'MB/s':>8}{'Mtok/s':>8}  of bare (CPU)")
    table = Table(given.rounds)
    place = given.keep or folder
    place.mkdir(parents=True, exist_ok=True)
    small = store_of(place / "small", texts[:3])
    large = store_of(place / f"large-{size}", texts)
    if unfit(reference) is None:
        tokens = sum(map(len, Gigatoken(reference).encode_batch(texts))) + len(texts)
        sizes = Sizes(size, tokens)
        batches = [[text.encode() for text in batch] for batch in in_batches(texts)]

        def fresh() -> Any:
            return backend_of(reference)

        table.take("bare gigatoken", lambda backend: bare_gigatoken(backend, batches), sizes, before=fresh)
        bare = table.rows["bare gigatoken"]
        table.take(
            "bare gigatoken, and files",
            lambda backend: with_files(backend, reference, large, folder),
            sizes,
            bare,
            fresh,
        )
        for name in given.formats.split(","):
            export = exporting(large, folder / name, file, given, name, "gigatoken")
            table.take(f"rightful, gigatoken, {name}", export, sizes, bare)
        export = exporting(small, folder / "small", file, given, "parquet", "gigatoken")
        table.take("  of that, start", export, None)
        peers(table, texts, file, folder, sizes)
    if given.hf_megabytes:
        few = list(take(texts, int(given.hf_megabytes * 1e6)))
        some = store_of(place / f"some-{sum(map(len, few))}", few)
        tokens = 0

        def encode() -> None:
            nonlocal tokens
            tokens = sum(len(e.ids) + 1 for b in in_batches(few) for e in hf(reference, b))

        encode()
        sizes = Sizes(sum(len(text.encode()) for text in few), tokens)
        table.take("bare tokenizers", encode, sizes)
        bare = table.rows["bare tokenizers"]
        for name in given.formats.split(","):
            export = exporting(some, folder / name, file, given, name, "hf")
            table.take(f"rightful, hf, {name}", export, sizes, bare)


class Sizes(NamedTuple):
    """Of what a row is about: bytes of UTF-8, tokens."""

    size_bytes: int
    tokens: int


class Table:
    """The rows, as they are printed."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.rows: dict[str, Took] = {}

    def take(
        self,
        name: str,
        run: Callable[..., Any],
        sizes: Sizes | None,
        beside: Took | None = None,
        before: Callable[[], Any] | None = None,
    ) -> None:
        """Run, and print the round that took the least of the processor; what ``before`` gives is not measured."""
        took = []
        for _ in range(self.rounds):
            given = () if before is None else (before(),)
            took.append(timed(lambda given=given: run(*given)))
        self.put(name, min(took), sizes, beside)

    def put(self, name: str, took: Took, sizes: Sizes | None, beside: Took | None = None) -> None:
        """Print a row."""
        self.rows[name] = took
        rate = f"{sizes.size_bytes / took.cpu / 1e6:8.1f}{sizes.tokens / took.cpu / 1e6:8.2f}" if sizes else ""
        ratio = f"  {beside.cpu / took.cpu:.2f}" if beside else ""
        print(f"{name:36}{took.cpu:8.2f}{took.wall:8.2f}{rate}{ratio}", flush=True)


def exporting(
    store: Path, out: Path, file: Path, given: argparse.Namespace, name: str, backend: str
) -> Callable[[], None]:
    """An export by the command line, into a folder that is new."""
    command = [
        sys.executable,
        "-c",
        "from rightful.cli import main; main()",
        "--quiet",
        "--store",
        str(store),
        "export",
    ]
    command += [str(out), "--use", "train.pretrain", "--tokenizer", str(file), "--workers", str(given.workers)]
    command += ["--tokenizer-backend", backend, "--dedup", "none", "--format", name]
    command += ["--eod", given.eod] if given.eod else []

    def run() -> None:
        shutil.rmtree(out, ignore_errors=True)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)

    return run


def bare_gigatoken(backend: Any, batches: list[list[bytes]]) -> None:
    """One that met no word before: it remembers them."""
    for batch in batches:
        backend.encode_batch(batch, parallel=False)


def backend_of(reference: Any) -> Any:
    """gigatoken itself, with what it gives arrays by."""
    import awkward  # noqa: F401

    from rightful.export.tokens.gigatoken import Gigatoken

    return Gigatoken(reference)._backend


def with_files(backend: Any, reference: Any, store: Path, folder: Path) -> None:
    """Read Parquet, encode, write ids."""
    import numpy as np
    import pyarrow.parquet as pq

    with (folder / "ids.bin").open("wb") as out:
        for part in sorted((store / "texts").glob("*.parquet")):
            source = pq.ParquetFile(part)
            for group in range(source.num_row_groups):
                texts = source.read_row_group(group, columns=["text"])["text"].to_pylist()
                ids = np.asarray(backend.encode_batch(texts, parallel=False).layout.content.data)
                out.write(ids.astype(np.uint16 if reference.vocab_size <= 1 << 16 else np.uint32).data)


def hf(reference: Any, texts: list[str]) -> Any:
    """What tokenizers gives."""
    return reference.tokenizer.encode_batch_fast(texts, add_special_tokens=False)


def peers(table: Table, texts: list[str], file: Path, folder: Path, sizes: Sizes) -> None:
    """Those that have an environment, on the same documents."""
    lines = folder / "texts.jsonl"
    with lines.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    for name, variable in (("datatrove", "RIGHTFUL_PEERS"), ("MDSWriter", "RIGHTFUL_PEERS_MDS")):
        if not os.environ.get(variable):
            print(f"{name}: not measured, {variable} names no Python that has it")
            continue
        other = folder / "ids.bin" if name == "MDSWriter" else file
        command = [os.environ[variable], __file__, "--as", name, str(lines), str(other)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name}: {done.stderr.strip().splitlines()[-1]}")
            continue
        answer = json.loads(done.stdout.splitlines()[-1])
        of = Sizes(answer["bytes"] or sizes.size_bytes, answer["tokens"] or sizes.tokens)
        table.put(f"{name} {answer['version']}", Took(*answer["took"]), of)


def datatrove_peer(lines: Path, file: Path) -> dict[str, Any]:
    """datatrove's DocumentTokenizer on the first documents."""
    from datatrove.data import Document
    from datatrove.pipeline.tokens import DocumentTokenizer

    texts = list(take((json.loads(line)["text"] for line in lines.open(encoding="utf-8")), PEER_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        step = DocumentTokenizer(folder, tokenizer_name_or_path=str(file), shuffle_documents=False)
        documents = [Document(text=text, id=str(i)) for i, text in enumerate(texts)]
        took = timed(lambda: step.run(iter(documents), 0, 1))
        ids = sum(p.stat().st_size for p in Path(folder).rglob("*.ds")) // 2
    size = sum(len(text.encode()) for text in texts)
    return {"version": importlib.metadata.version("datatrove"), "took": took, "bytes": size, "tokens": ids}


def mds_peer(lines: Path, ids: Path) -> dict[str, Any]:
    """mosaicml-streaming's MDSWriter: as many documents, of the ids that were written, as there are texts."""
    import importlib.machinery
    import types

    import numpy as np

    try:
        import torchvision.datasets  # noqa: F401 - which its parts for pictures want
    except Exception:  # of another build of torch
        for known in [known for known in sys.modules if known.split(".")[0] == "torchvision"]:
            del sys.modules[known]
        for suffix in ("", ".datasets", ".transforms", ".transforms.functional"):
            module = types.ModuleType("torchvision" + suffix)
            module.__spec__ = importlib.machinery.ModuleSpec(module.__name__, None)
            module.VisionDataset, module.to_tensor = object, None  # type: ignore[attr-defined]
            sys.modules[module.__name__] = module
    from streaming import MDSWriter

    every = np.fromfile(ids, np.uint16)
    count = sum(1 for _ in lines.open(encoding="utf-8"))
    documents = np.array_split(every, count)
    with tempfile.TemporaryDirectory() as folder:

        def write() -> None:
            with MDSWriter(out=f"{folder}/mds", columns={"input_ids": "ndarray:uint16", "record_id": "str"}) as out:
                for number, of in enumerate(documents):
                    out.write({"input_ids": of, "record_id": str(number)})

        took = timed(write)
    return {
        "version": importlib.metadata.version("mosaicml-streaming"),
        "took": took,
        "bytes": None,
        "tokens": len(every),
    }


PEERS: dict[str, Callable[..., dict[str, Any]]] = {"datatrove": datatrove_peer, "MDSWriter": mds_peer}


def store_of(folder: Path, texts: list[str]) -> Path:
    """A store of the documents, as it is there or made now: no stage looks at them."""
    from rightful import Store

    if folder.exists():
        return folder
    lines = folder.with_suffix(".jsonl")
    with lines.open("w", encoding="utf-8") as out:
        for number, text in enumerate(texts):
            out.write(json.dumps({"id": str(number), "text": text, "license": "CC0-1.0"}) + "\n")
    Store(folder).ingest([lines], workers=2, recipe="none")
    lines.unlink()
    return folder


def gathered(paths: list[Path], wanted: int) -> tuple[list[str], int]:
    """Different documents of so many bytes, repeated with a number before each where there are fewer; and how many bytes are new."""
    texts = list(take(dict.fromkeys(documents(paths)), wanted))
    size = distinct = sum(len(text.encode()) for text in texts)
    if not texts:
        raise SystemExit("no text there")
    kept = list(texts)
    while size < wanted:
        for number, text in enumerate(kept):
            again = f"{len(texts)}.{number} {text}"
            texts.append(again)
            size += len(again.encode())
            if size >= wanted:
                break
    return texts, distinct


def timed(run: Callable[[], Any]) -> Took:
    """Seconds of the processor, children included, and of the clock."""

    def now() -> Took:
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return Took(sum(u.ru_utime + u.ru_stime for u in used), time.perf_counter())

    start = now()
    run()
    stop = now()
    return Took(stop.cpu - start.cpu, stop.wall - start.wall)


def versions() -> str:
    """What was measured."""
    installed = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()}
    listed = ", ".join(f"{name} {installed[name]}" for name in ("tokenizers", "gigatoken") if name in installed)
    return f"{listed}, Python {platform.python_version()}, {platform.machine()}"


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))
    main()
