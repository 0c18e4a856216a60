"""Web archives: MB of payload a second, on one core. Reading beside warcio, extraction beside trafilatura, both beside datatrove,
and a whole ingest from the archive to stored records.

    python benchmarks/web_archives.py [--megabytes 50] [--keep FOLDER] [--file CRAWL.warc.gz]

The archive is generated: prose of made-up words in pages as sites serve them, with scripts, menus, comments and a foot,
compressed record by record, with the requests and the metadata of a crawl. trafilatura takes a second for a megabyte or so: it
and datatrove, whose default it is, read the first --slow megabytes. datatrove takes part where it is installed
(pip install 'datatrove[io,processing]', which is no dependency of ours). The payload is the bodies of the pages.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rightful import Store, catalog
from rightful.readers import Capture, Fields, FoundFile, Item, ReadOptions, Skipped
from rightful.readers.limits import DEFAULT
from rightful.readers.read import read
from rightful.readers.web.archived import Archived, records
from rightful.readers.web.http import body_of, head_of
from rightful.readers.web.pages import extracted
from rightful.rights.columns import Look

SYLLABLES = "ba ce di fo gu ha ke li mo nu pa re si to vu ran sel tor min das pel kor und".split()
DAY = "2026-03-01T10:20:30Z"


def words(chance: random.Random, count: int) -> list[str]:
    return ["".join(chance.choices(SYLLABLES, k=chance.choice((1, 2, 2, 3)))) for _ in range(count)]


def prose(chance: random.Random, vocabulary: list[str], count: int) -> str:
    sentences = []
    while count > 0:
        size = chance.randint(6, 22)
        count -= size
        sentence = chance.choices(vocabulary, k=size)
        sentence[size // 2] += ","
        sentences.append(" ".join(sentence).capitalize() + ".")
    return " ".join(sentences)


def page(chance: random.Random, vocabulary: list[str], number: int) -> bytes:
    """A page of 20 to 60 kB, of which a fifth or so is prose."""

    def links(kind: str, count: int) -> str:
        of = (" ".join(chance.choices(vocabulary, k=3)) for _ in range(count))
        return "".join(
            f'<li class="{kind}-item item-{n}"><a class="{kind}-link" href="/{kind}/{n}">{w}</a></li>'
            for n, w in enumerate(of)
        )

    styles = "".join(f".c{n} .{w}{{margin:{n}px auto;color:#{n:06x}}}\n" for n, w in enumerate(words(chance, 90)))
    script = "".join(f"window.q=window.q||[];q.push(['{w}',{n},\"<b>\"]);\n" for n, w in enumerate(words(chance, 120)))
    title = prose(chance, vocabulary, 6)
    article = "".join(
        f'<p class="text block-{n}">{prose(chance, vocabulary, chance.randint(30, 110))} <a href="/p/{n}">'
        f"{chance.choice(vocabulary)}</a> <em>{chance.choice(vocabulary)}</em>.</p>\n"
        for n in range(chance.randint(6, 24))
    )
    comments = "".join(
        f'<div class="comment" id="c{n}"><span class="who">{chance.choice(vocabulary)}</span><p>{prose(chance, vocabulary, 20)}</p></div>'
        for n in range(chance.randint(0, 12))
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{styles}</style>'
        f'<link rel="canonical" href="https://site{number % 400}.example/{number}"><script>{script}</script></head>\n'
        f'<body class="home page-{number}"><header><nav><ul class="menu">{links("menu", 40)}</ul></nav></header>\n'
        f'<div id="wrap"><main><article><h1>{title}</h1>\n{article}</article></main>\n'
        f'<aside class="sidebar"><ul>{links("related", 60)}</ul></aside>\n<section class="comments">{comments}</section></div>\n'
        f"<footer><ul>{links('foot', 25)}</ul><p>Contact and imprint</p></footer></body></html>"
    ).encode()


def record(kind: str, number: int, block: bytes) -> bytes:
    media = {"response": "application/http; msgtype=response", "request": "application/http; msgtype=request"}
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Date: {DAY}\r\nWARC-Record-ID: <urn:uuid:{kind}-{number}>\r\n"
        f"Content-Length: {len(block)}\r\nContent-Type: {media.get(kind, 'application/warc-fields')}\r\n"
        f"WARC-Target-URI: https://site{number % 400}.example/{number}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def written(path: Path, megabytes: float) -> tuple[int, int]:
    """Write an archive; its pages, and the bytes of their bodies."""
    chance = random.Random(7)
    vocabulary = words(chance, 4_000)
    size = number = 0
    with path.open("wb") as file:
        file.write(gzip.compress(record("warcinfo", 0, b"software: benchmark/1\r\n"), mtime=0))
        while size < megabytes * 1e6:
            body = page(chance, vocabulary, number)
            answer = (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: none\r\nX-Cache: MISS\r\n\r\n"
                + body
            )
            request = f"GET /{number} HTTP/1.1\r\nHost: site{number % 400}.example\r\n\r\n".encode()
            for kind, block in (("request", request), ("response", answer), ("metadata", b"fetchTimeMs: 12\r\n")):
                file.write(gzip.compress(record(kind, number, block), 6, mtime=0))
            size += len(body)
            number += 1
    return number, size


def timed(name: str, size: int, work: Callable[[], Any]) -> float:
    start, cpu = time.perf_counter(), time.process_time()
    made = work()
    seconds, busy = time.perf_counter() - start, time.process_time() - cpu
    print(f"{name:58} {size / seconds / 1e6:8.1f} MB/s {size / busy / 1e6:8.1f} MB/s of CPU   {made}", flush=True)
    return size / busy / 1e6


def bodies(path: Path) -> Iterator[bytes]:
    for one in records(path, DEFAULT, lambda fields, start: True):
        if isinstance(one, Archived) and one.kind == "response":
            head = head_of(one.block)
            assert head is not None
            yield body_of(one.block, head, DEFAULT).data


def bodies_of_warcio(path: Path) -> Iterator[bytes]:
    from warcio.archiveiterator import ArchiveIterator

    with path.open("rb") as file:
        for one in ArchiveIterator(file):
            if one.rec_type == "response":
                yield one.content_stream().read()


def with_our_reader(path: Path) -> str:
    status = path.stat()
    file = FoundFile(path, path.name, status.st_size, status.st_mtime_ns, "warc")
    rows = chars = captures = 0
    options = ReadOptions(Fields(), Look(catalog.load().names.columns))
    for part in read(Item("warc", (file,)), options):
        captures += isinstance(part, Capture)
        if not isinstance(part, Capture | Skipped) and hasattr(part, "num_rows"):
            rows += part.num_rows
            chars += sum(map(len, part.column("text").to_pylist()))
    return f"{rows} texts, {chars / 1e6:.1f} M characters, {captures} captures"


def with_datatrove(path: Path, extractor: Any) -> str:
    from datatrove.pipeline.readers import WarcReader

    documents = WarcReader(str(path.parent), glob_pattern=path.name).run()
    kept = list(extractor.run(documents) if extractor is not None else documents)
    return f"{len(kept)} documents, {sum(len(d.text) for d in kept) / 1e6:.1f} M characters"


def ingested(path: Path, folder: Path) -> str:
    store = Store(folder / "store")
    answer = store.ingest([path], workers=1)
    stages = sorted(answer["stages"].items(), key=lambda pair: -pair[1])
    return f"{answer['added']} records; " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in stages[:8])


def main() -> int:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=50, help="payload of the generated archive")
    parser.add_argument("--slow", type=float, default=5, help="payload of what trafilatura reads")
    parser.add_argument("--file", type=Path, help="an archive of your own, in the place of the generated one")
    parser.add_argument("--keep", type=Path, help="a folder for the archives")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        large, small = folder / "large.warc.gz", folder / "small.warc.gz"
        if options.file:
            large = options.file
        elif not large.exists():
            written(large, options.megabytes)
        if not small.exists():
            written(small, options.slow)
        pages = list(bodies(large))
        size, few = sum(map(len, pages)), list(bodies(small))
        less = sum(map(len, few))
        print(f"{len(pages)} pages, {size / 1e6:.1f} MB of payload in {large.stat().st_size / 1e6:.1f} MB of archive")
        texts = [one.decode("utf-8", "replace") for one in pages]
        timed("records and bodies: rightful", size, lambda: sum(map(len, bodies(large))))
        timed("records and bodies: warcio", size, lambda: sum(map(len, bodies_of_warcio(large))))
        for name, main_content in (("main content", True), ("all text", False)):
            timed(
                f"extraction: resiliparse as rightful calls it, {name}",
                size,
                lambda of=main_content: sum(len(extracted(t, "resiliparse", main_content=of).text) for t in texts),
            )
        timed(
            "extraction: plain", size, lambda: sum(len(extracted(t, "plain", main_content=False).text) for t in texts)
        )
        if importlib.util.find_spec("trafilatura") is not None:
            slow = [one.decode("utf-8", "replace") for one in few]
            timed(
                "extraction: trafilatura",
                less,
                lambda: sum(len(extracted(t, "trafilatura", main_content=True).text) for t in slow),
            )
        timed("archive to texts and captures: rightful", size, lambda: with_our_reader(large))
        if importlib.util.find_spec("datatrove") is not None:
            import datatrove.utils.logging as quiet
            from datatrove.pipeline.extractors import Trafilatura

            quiet.logger.remove()
            timed("archive to documents: datatrove WarcReader", size, lambda: with_datatrove(large, None))
            timed(
                "archive to texts: datatrove WarcReader, Trafilatura",
                less,
                lambda: with_datatrove(small, Trafilatura()),
            )
        else:
            print("datatrove is not installed: pip install 'datatrove[io,processing]'", file=sys.stderr)
        timed(
            "a first ingest of the small one (compiles what it needs)",
            less,
            lambda: ingested(small, Path(scratch) / "first"),
        )
        timed(
            "archive to stored records: rightful ingest, one worker",
            size,
            lambda: ingested(large, Path(scratch) / "second"),
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
