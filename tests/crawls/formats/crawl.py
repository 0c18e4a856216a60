"""A reader of crawls as the tests write them: an object a line, a capture or a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa

from rightful.readers import RAW, Capture, Extent, Item, Read, ReadOptions
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank

FORMATS = ("crawl",)
PACKS = False


def recognise(probe: Probe) -> Guess | None:
    """By its name."""
    return Guess(Rank.MAGIC, "crawl") if probe.suffix == ".crawl" else None


def divide(file: object, target_bytes: int) -> Ranges:
    """In one go."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """Line by line."""
    [file] = item.files
    number = 0
    with file.path.open("rb") as handle:
        at = 0
        for number, line in enumerate(handle, 1):
            says = json.loads(line)
            if "text" in says:
                fixed = {"file": file.name, "line": number, "media_type": "text/html"}
                row = {f.name: fixed.get(f.name, says.get(f.name)) for f in RAW}
                yield pa.RecordBatch.from_pylist([row], RAW)
            else:
                when = datetime.fromisoformat(says["at"]) if says["at"] else None
                fields = tuple((n, v) for n, v in says["fields"])
                place = f"{file.name}, byte {at}"
                yield Capture(says["protocol"], says["url"], place, when, says["status"], fields, says["body"].encode())
            at += len(line)
    yield Extent(number)
