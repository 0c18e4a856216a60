"""Web archives that tests write: records, responses, members."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rightful.readers import Capture, Damage, Extent, Fields, FoundFile, Item, ReadOptions, Skipped
from rightful.readers.limits import DEFAULT, Limits
from rightful.readers.read import read
from rightful.readers.web.pages import Pages
from tests.unit.readers.reading import LOOK, found

DAY = "2026-03-01T10:20:30Z"
PARAGRAPH = "The tide comes in twice a day, and whoever lives on the coast knows the hour of it without a clock. "


def page(words: str = PARAGRAPH, title: str = "Tides", head: str = "") -> bytes:
    """A page with a menu, an article and a foot."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{title}</title>{head}</head><body><nav><a href="/">Home</a></nav>'
        f"<article><h1>{title}</h1><p>{words}</p><p>{PARAGRAPH * 3}</p></article><footer>Imprint</footer></body></html>"
    ).encode()


def response(
    body: bytes, status: int = 200, fields: Iterable[tuple[str, str]] = (("Content-Type", "text/html; charset=utf-8"),)
) -> bytes:
    """The bytes of a response of HTTP."""
    lines = [f"HTTP/1.1 {status} Words", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def record(
    number: int,
    block: bytes,
    kind: str = "response",
    *,
    url: str | None = None,
    length: int | str | None = None,
    fields: Mapping[str, str] | None = None,
) -> bytes:
    """A record of WARC; ``length`` is what its header states."""
    stated = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{number:08d}>",
        "WARC-Date": DAY,
        "Content-Type": "application/http; msgtype=response" if kind == "response" else "text/plain",
        "Content-Length": str(len(block) if length is None else length),
        "WARC-Target-URI": url or f"https://coast.example/{number}",
        **(fields or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in stated.items() if value)
    return f"WARC/1.0\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


def pages_of(count: int) -> list[bytes]:
    """Records with a page each."""
    return [record(n, response(page(f"Page number {n} of the coast."))) for n in range(count)]


def members(records: Iterable[bytes]) -> list[bytes]:
    """Each compressed by itself."""
    return [gzip.compress(one, mtime=0) for one in records]


class Archive:
    """What reading a file gave."""

    def __init__(self, path: Path, limits: Limits = DEFAULT, pages: Pages | None = None) -> None:
        file: FoundFile = found(path, "warc")
        self.rows: list[dict[str, Any]] = []
        self.damages: list[Damage] = []
        self.captures: list[Capture] = []
        self.skipped: dict[str, int] = {}
        options = ReadOptions(Fields(), LOOK, limits, pages or Pages())
        *parts, last = read(Item("warc", (file,)), options)
        assert isinstance(last, Extent)
        self.extent = last
        for part in parts:
            if isinstance(part, Damage):
                self.damages.append(part)
            elif isinstance(part, Skipped):
                self.skipped[part.reason] = self.skipped.get(part.reason, 0) + part.records
            elif isinstance(part, Capture):
                self.captures.append(part)
            else:
                assert not isinstance(part, Extent)
                part.validate(full=True)
                self.rows += part.to_pylist()

    @property
    def ids(self) -> list[int]:
        """The numbers of the records that were read."""
        return [int(row["source_record_id"].strip("<>").rpartition(":")[2]) for row in self.rows]

    @property
    def faults(self) -> list[tuple[str | None, str]]:
        return [(d.position, d.reason) for d in self.damages]


def written(path: Path, content: bytes | Iterable[bytes]) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else b"".join(content))
    return path
