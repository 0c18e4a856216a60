"""A mixture of sources: the shares that were wanted and those that were reached, and the same bytes whatever the workers.

    python benchmarks/mixture.py doc=0.35:/usr/share/doc man=0.2:/usr/share/man python=0.2:/usr/lib/python3 \\
        stdlib=0.15:/usr/lib/python3.11 perl=0.07:/usr/share/perl vim=0.03:/usr/share/vim --tokens 10000000

Each source is a folder of texts, plain or gzip, of which files are taken in an order of their own (that of a digest of their
path) until there are ``--spare`` times as many bytes as its share of the mixture has tokens. They are ingested into a store that
is thrown away, under a card that says CC0-1.0 for the measurement alone; nothing of it is kept or handed on. A token is a byte
(``--tokenizer bytes``), or one of a tokenizer file. Seconds are of the processor, workers included.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rightful import Store
from rightful.export.planning.mixing import plan_lines

LONGEST = 400_000
"""Files of more bytes are passed over."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", nargs="+", metavar="NAME=SHARE:FOLDER")
    parser.add_argument("--tokens", type=int, default=10_000_000)
    parser.add_argument("--spare", type=float, default=1.5)
    parser.add_argument("--tokenizer", default="bytes")
    given = parser.parse_args()
    shares, folders = {}, {}
    for one in given.source:
        name, _, rest = one.partition("=")
        share, _, folder = rest.partition(":")
        shares[name], folders[name] = float(share), Path(folder)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        for name, folder in folders.items():
            documents, size = gather(name, folder, work / "in" / name, int(given.spare * shares[name] * given.tokens))
            print(f"{name}: {documents} texts, {size / 1e6:.1f} MB of {folder}")
        recipe = work / "recipe.toml"
        recipe.write_text("stages = []\n", encoding="utf-8")
        store = Store(work / "store")
        store.ingest([work / "in" / name for name in folders], recipe=str(recipe), workers=2)
        made = {}
        for workers in (1, 2):
            before = seconds()
            made[workers] = store.export(
                work / str(workers),
                "train.pretrain",
                dedup="none",
                mix=shares,
                limit_tokens=given.tokens,
                tokenizer=given.tokenizer,
                workers=workers,
            )
            print(f"{workers} worker(s): {made[workers].tokens} tokens in {seconds() - before:.1f} s of the processor")
        one, two = (digests(work / str(workers)) for workers in (1, 2))
        assert made[1].mix is not None
        print("\n".join(plan_lines(made[1].mix)))
        worst = max(abs(part["share_reached"] - part["share_wanted"]) for part in made[1].mix["parts"])
        print(f"largest distance of a share from what was wanted: {100 * worst:.6f} % of all tokens")
        print(f"same bytes with 1 and 2 workers: {one == two} ({len(one)} files, {made[1].records} records)")
        print(f"verified: {store.verify(str(work / '1')).ok}")


def gather(name: str, folder: Path, out: Path, most: int) -> tuple[int, int]:
    """Texts of a folder as a source of their own: how many, and of how many bytes together."""
    out.mkdir(parents=True)
    card = f'name = "{name}"\nlicense = "CC0-1.0"\npersonal_data = "no"\n'
    (out / "source.toml").write_text(card, encoding="utf-8")
    documents = size = 0
    seen: set[bytes] = set()
    with (out / "texts.jsonl").open("w", encoding="utf-8") as file:
        for path in sorted(files(folder), key=lambda p: hashlib.blake2b(os.fsencode(p)).digest()):
            if size >= most:
                break
            text = text_of(path)
            digest = hashlib.sha256((text or "").encode()).digest()
            if text is None or digest in seen:
                continue
            seen.add(digest)
            file.write(json.dumps({"id": str(documents), "text": text}) + "\n")
            documents += 1
            size += len(text.encode())
    return documents, size


def files(folder: Path) -> Iterator[Path]:
    """The plain files below a folder."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def text_of(path: Path) -> str | None:
    """The text of a file, None for what is none, or is too long or too short to be one."""
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
        text = raw.decode("utf-8")
    except (OSError, EOFError, ValueError):
        return None
    return text if 200 <= len(raw) <= LONGEST and "\0" not in text else None


def digests(out: Path) -> dict[str, str]:
    """The digest of every file of an export but its manifest, which says when it was made."""
    listed = (path for path in sorted(out.rglob("*")) if path.is_file() and path.name != "manifest.json")
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in listed}


def seconds() -> float:
    """Seconds of the processor so far, those of ended workers included."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()
