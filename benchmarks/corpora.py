"""The two corpora to measure on, from the packages of a Debian machine: prose, and documentation mixed with code.

    python benchmarks/corpora.py mixed OUT.jsonl --megabytes 57      # or OUT.parquet; the same on the same packages
    python benchmarks/corpora.py prose OUT.jsonl --megabytes 20

*mixed*: a third each of documentation, manual pages as they are written (roff) and source files (C headers, Python, Perl,
JavaScript, Vim), whole files of at most a megabyte, each text once. *prose*: the paragraphs of the documentation and of
the manual pages, without the markup of roff and HTML, of which nine characters in ten are letters, spaces and commas;
those of a file are one document. Files come in the order of a digest of their path, so that a smaller corpus is the
beginning of a larger one. A row has `id`, `text`, `path`, `kind` and `license` ("MIT", so that a measured ingest decides
something: it says nothing of the packages). Where the machine has fewer bytes than asked for, the script says so and how many.
"""

from __future__ import annotations

import argparse
import gzip
import html
import itertools
import json
import re
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

LARGEST = 1 << 20
DOCS, MANUALS, CODE = "docs", "manuals", "code"
PLACES = {
    DOCS: ("/usr/share/doc",),
    MANUALS: ("/usr/share/man",),
    CODE: (
        "/usr/include",
        "/usr/lib/python3",
        "/usr/lib/python3.11",
        "/usr/share/perl",
        "/usr/share/vim",
        "/usr/lib/node_modules",
    ),
}
SUFFIXES = {
    DOCS: ("", ".txt", ".md", ".rst", ".html", ".README", ".NEWS"),
    MANUALS: tuple(f".{n}" for n in "12345678"),
    CODE: (".h", ".hpp", ".c", ".py", ".pl", ".pm", ".js", ".ts", ".vim", ".sh"),
}
ROFF = re.compile(r"\\f(?:\[[^]]*\]|\(..|.)|\\[&|^/,]|\\s[-+]?\d+")
MACRO = re.compile(r"^[.'].*$", re.MULTILINE)
TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
SHARE_OF_PROSE, LEAST_PARAGRAPH = 0.9, 120


def files(kind: str) -> list[Path]:
    """The files of a kind, in the order of a digest of their path."""
    found = []
    for place in PLACES[kind]:
        for path in Path(place).rglob("*"):
            name = path.name.removesuffix(".gz")
            if Path(name).suffix in SUFFIXES[kind] and path.is_file() and not path.is_symlink():
                found.append(path)
    return sorted(found, key=lambda path: blake2b(str(path).encode(), digest_size=8).digest())


def text_of(path: Path) -> str:
    """The text of a file, unpacked; nothing for what is no UTF-8, is larger than a megabyte or holds zero bytes."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as handle:
            data = handle.read(LARGEST + 1)
        text = data.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError):
        return ""
    return "" if len(data) > LARGEST or "\0" in text else text


def prose(path: Path, text: str) -> str:
    """The paragraphs of a document that are prose, without markup."""
    if path.name.removesuffix(".gz").endswith(".html"):
        text = html.unescape(TAG.sub("", text))
    elif PLACES[MANUALS][0] in str(path):
        text = MACRO.sub("", ROFF.sub("", text)).replace("\\-", "-")
    kept = []
    for paragraph in re.split(r"\n\s*\n", text):
        plain = sum(c.isalpha() or c in " ,.\n" for c in paragraph)
        if len(paragraph) >= LEAST_PARAGRAPH and plain >= SHARE_OF_PROSE * len(paragraph):
            words = [len(word) for word in paragraph.split()]
            if 3 <= sum(words) / len(words) <= 9 and "  " not in paragraph.strip().replace(".  ", ". "):
                kept.append(" ".join(paragraph.split()))
    return "\n\n".join(kept)


def documents(
    kind: str, seen: set[bytes], shown: Callable[[Path, str], str] = lambda _, text: text
) -> Iterator[dict[str, str]]:
    """The documents of a kind, each text once."""
    for path in files(kind):
        text = shown(path, text_of(path))
        digest = blake2b(text.encode(), digest_size=16).digest()
        if text.strip() and digest not in seen:
            seen.add(digest)
            yield {"id": digest.hex(), "text": text, "path": str(path), "kind": kind, "license": "MIT"}


def corpus(name: str, megabytes: float) -> list[dict[str, str]]:
    """The documents of a corpus, mixed, until they have so many bytes of UTF-8."""
    seen: set[bytes] = set()
    if name == "prose":
        streams, share = [itertools.chain(documents(DOCS, seen, prose), documents(MANUALS, seen, prose))], 1.0
    else:
        streams, share = [documents(kind, seen) for kind in (DOCS, MANUALS, CODE)], 1 / 3
    chosen = []
    for stream in streams:
        size = 0
        for document in stream:
            chosen.append(document)
            size += len(document["text"].encode())
            if size >= megabytes * 1e6 * share:
                break
        else:
            print(f"there is less than that here: {size / 1e6:.1f} MB of {chosen[-1]['kind'] if chosen else name}")
    return sorted(chosen, key=lambda document: document["id"])


def main() -> None:
    """Write the corpus and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=("prose", "mixed"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--megabytes", type=float, default=50)
    order = parser.parse_args()
    rows = corpus(order.name, order.megabytes)
    if order.out.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), order.out, compression="zstd", row_group_size=5_000)
    else:
        with order.out.open("w", encoding="utf-8") as handle:
            handle.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    size = sum(len(row["text"].encode()) for row in rows)
    print(f"{order.name}: {len(rows):,} documents, {size / 1e6:.1f} MB of text in {order.out}")


if __name__ == "__main__":
    main()
