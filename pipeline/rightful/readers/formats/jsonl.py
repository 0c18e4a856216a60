"""JSON lines, plain or compressed. Floor 2: a reader.

One JSON object per line (jsonlines.org, NDJSON). Blank lines are no records, but count as lines. What is not strict JSON is
damage: NaN, lone surrogates and bytes that are not UTF-8 never reach a record, and neither does a row in which a key comes
twice, for one of the two would be lost.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from rightful.readers import Damage, Extent, FoundFile, Item, Read, ReadOptions
from rightful.readers.charsets import UTF_16
from rightful.readers.fields import Record, RowReader
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.limits import Limits
from rightful.readers.long import LONG_BYTES, fault_of, lifted, unescaped
from rightful.readers.rows import Rows
from rightful.readers.statements import of_folders
from rightful.readers.streams import StreamBroken, TooLong, compression, lines, open_file
from rightful.readers.strict import Repeated, loads
from rightful.readers.unread import Tally

FORMATS = ("jsonl",)
PACKS = False
SUFFIXES = (".jsonl", ".ndjson", ".json-lines", ".jsonlines")
MEDIA_TYPE = "text/plain"

_FIRST_LINE_BYTES = 8 << 20  # how much of a .json file is looked at for a second line
_BOM = b"\xef\xbb\xbf"
_OF_DATASETS = {
    "dataset_dict.json": b'"splits"',
    "dataset_info.json": b'"features"',
    "state.json": b'"_data_files"',
}
"""Files that ``save_to_disk`` writes beside the rows, each with a key of it. Source: https://huggingface.co/docs/datasets/save_load"""


def recognise(probe: Probe) -> Guess | None:
    """By name; ``.json`` and files without a suffix by what their first lines are."""
    if probe.suffix in SUFFIXES:
        return Guess(Rank.NAMED, "jsonl")
    if probe.suffix == ".json":
        return _json_file(probe)
    if not probe.suffix and probe.head.removeprefix(_BOM).lstrip()[:1] == b"{" and _objects(probe.head) > 0:
        return Guess(Rank.LOOKS, "jsonl")
    return None


def _json_file(probe: Probe) -> Guess:
    head = probe.head.removeprefix(_BOM).lstrip()
    first = head[:1]
    objects = _objects(head)
    if first == b"{" and (objects == 1 or b"\n" not in head):  # what comes next lies beyond the head
        objects = _objects(probe.more(_FIRST_LINE_BYTES))
    if objects > 1:
        return Guess(Rank.NAMED, "jsonl")
    if first == b"{" and _OF_DATASETS.get(probe.name.rpartition("/")[2], b"\0") in head:
        return Guess(Rank.NAMED, None, "what Hugging Face datasets writes beside the rows, and no rows")
    what = {b"{": "one JSON object", b"[": "one JSON array"}.get(first, "JSON")
    hint = "write one object per line (jq -c '.[]')" if first == b"[" else "if it is a record, name it .jsonl"
    return Guess(Rank.NAMED, None, f"{what}, not line-delimited objects: {hint}")


def _objects(head: bytes) -> int:
    """How many of the first two lines are an object; a last line may be cut off, the first may not."""
    rows = [line for line in head.removeprefix(_BOM).split(b"\n") if line.strip()][:2]
    try:
        if not rows or not isinstance(orjson.loads(rows[0]), dict):
            return 0
    except orjson.JSONDecodeError:
        return 0
    return 1 + (len(rows) > 1 and rows[1].lstrip()[:1] == b"{")


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Byte ranges of a file that is not compressed."""
    if file.size <= target_bytes:
        return WHOLE
    try:
        with open_file(file.path) as opened:
            head = opened.read(16)
    except OSError:
        return WHOLE  # the reader tells what is wrong with it
    if compression(head) or head[:2] in UTF_16:
        return WHOLE
    starts = range(0, file.size, target_bytes)
    return tuple((at, at + target_bytes if at + target_bytes < file.size else None) for at in starts)


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """The records of the lines that begin in the item. Line numbers are relative to it."""
    rows, tally, count = Rows(), Tally(), 0
    for file in item.files:
        reader, number = RowReader(by.fields, by.look, of_folders(file, by.look), tally, file.name), 0
        try:
            for number, line in enumerate(lines(file.path, item.start, item.stop, by.limits), 1):
                if number == 1 and item.start == 0 and isinstance(line, bytes):
                    if line[:2] in UTF_16:
                        yield Damage(file.name, "UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)")
                        break
                    line = line.removeprefix(_BOM)
                found = _record(line, reader, by.limits)
                size = line.size if isinstance(line, TooLong) else len(line)
                line = b""
                if isinstance(found, str):
                    yield Damage(file.name, found, "line", number)
                elif found is not None:
                    full = rows.add(file.name, number, MEDIA_TYPE, found, size)
                    found = None  # a long record is held by its rows alone, and then by their batch
                    if full is not None:
                        yield full
        except StreamBroken as broken:
            number += broken.opened  # the line at which it broke
            yield Damage(file.name, broken.reason, "line" if number else "", number or None)
        count += number
    if batch := rows.flush():
        yield batch
    yield Extent(count, tally.found(), tally.talks())


def _record(line: bytes | TooLong, reader: RowReader, limits: Limits) -> Record | str | None:
    """The record, the reason why there is none, or None for a blank line."""
    if isinstance(line, TooLong):
        return limits.too_long("a line", line.size)
    try:
        if len(line) > LONG_BYTES and (record := _of_long(line, reader)) is not None:
            return record
        row = loads(line)
    except orjson.JSONDecodeError as error:
        return _not_json(line, error) if line.strip() else None
    except (Repeated, RecursionError) as error:  # Crowded among the first
        return str(error) if isinstance(error, Repeated) else "nested too deeply to be looked through"
    if not isinstance(row, dict):
        return "not a JSON object"
    try:
        return reader(row, line)
    except RecursionError:
        return "nested too deeply to be looked through"


def _of_long(line: bytes, reader: RowReader) -> Record | str | None:
    """As :func:`_record`, of a line that is mostly its text; None where it is not, or may be damaged."""
    short = lifted(line)
    if short is None:
        return None
    try:
        row = loads(short.line)
    except (orjson.JSONDecodeError, Repeated, RecursionError):
        return None
    if not isinstance(row, dict) or not reader.takes_text(row, short.mark):
        return None
    text = unescaped(line, *short.within)
    if text is None:
        return None
    if fault := fault_of(text):
        return fault
    record = reader(row, short.line)
    return record if isinstance(record, str) else record._replace(text=text)


def _not_json(line: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        line.decode()
    except UnicodeDecodeError as bad:
        return f"not UTF-8: byte 0x{line[bad.start]:02x} at byte {bad.start} of the line"
    if "surrogate" in error.msg:
        return f"a lone surrogate (half a character) in a string at character {error.pos}"
    if "depth" in error.msg or "recursion" in error.msg:
        return "nested too deeply (more than 1,024 levels)"
    if line.startswith(b"version https://git-lfs.github.com/"):
        return "a Git LFS pointer: fetch the content (git lfs pull)"
    return f"not JSON: {error.msg} (at character {error.pos} of the line)"
