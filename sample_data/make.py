"""Writes the sample corpus: ``good/`` from the texts in ``_texts/``, and ``bad/``, a zoo of damaged input.

    python sample_data/make.py [FOLDER]

writes into FOLDER (default: the folder of this script). The bytes are the same on every run and machine, except those
of Parquet files, which name the version of pyarrow that wrote them. Compressed files are therefore stored, not
deflated: two builds of zlib need not agree on the shortest form. Ends with 1, and the names, where ``good/`` or
``bad/`` holds a file that is not written here.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import struct
import sys
import tomllib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
TEXTS = HERE / "_texts"
DEPTH = 2_000
"""How deep ``bad/deep.jsonl`` nests: deeper than the usual limits of JSON parsers (1,000 and 1,024)."""

Row = Mapping[str, Any]


def corpus(texts: Path = TEXTS) -> dict[str, bytes]:
    """Every file of ``good/``: path below the folder (POSIX) -> bytes. One source for each ``_texts/*.toml``.

    A text file has ``card`` (the ``source.toml``), ``[[files]]`` (path, text) and, for the rows of its ``table``,
    ``[[rows]]``. A row with ``copy_of = "SOURCE:ID"`` takes its text from there, after its ``edits``.
    """
    sources = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(texts.glob("*.toml"))}
    originals = dict(_originals(sources))
    written: dict[str, bytes] = {}
    for name, source in sources.items():
        written[f"{name}/source.toml"] = source["card"].encode()
        for file in source.get("files", ()):
            written[f"{name}/{file['path']}"] = file["text"].encode()
        if "table" in source:
            rows = [_finished(row, originals) for row in source["rows"]]
            written[f"{name}/{source['table']}"] = _table(source["table"], rows, source.get("columns", ()))
    return written


def zoo() -> dict[str, bytes]:
    """Every file of ``bad/``: path below the folder -> bytes. Where damage is local, good records stand around it."""
    good = [_line(id=f"good-{n}", text=text) for n, text in enumerate(GOOD, 1)]
    lines = b"".join(good)
    parquet = _parquet([{"id": f"good-{n}", "text": text} for n, text in enumerate(GOOD, 1)])
    return {
        "truncated.jsonl.gz": _cut(_gzip(lines)),
        "truncated.jsonl.zst": _cut(_zstd(lines)),
        "truncated.parquet": _cut(parquet),
        "not-json.jsonl": good[0] + b'{"id": "half", "text": "The quotation mark is missing}\n' + good[1],
        "not-an-object.jsonl": good[0] + b'["a", "list"]\n"a string"\n42\nnull\n' + good[1],
        "missing-text.jsonl": good[0]
        + _line(id="none")
        + _line(id="null", text=None)
        + _line(id="number", text=7)
        + good[1],
        "nul-in-text.jsonl": good[0] + _line(id="nul", text="The keeper\0wrote a zero.") + good[1],
        "duplicate-ids.jsonl": good[0] + good[0] + _line(id="good-1", text=GOOD[3]) + good[1],
        "hostile-ids.jsonl": b"".join(
            _line(id=i, title=i, text=f"Record {n}: {GOOD[n % 4]}") for n, i in enumerate(HOSTILE)
        ),
        "empty.jsonl": b"",
        "blank-lines.jsonl": b"\n" + good[0] + b"\n   \n\t\n" + good[1] + b"\n\n",
        "deep.jsonl": good[0] + _deep() + good[1],
        # A lone surrogate is legal in JSON's grammar and has no UTF-8 form (RFC 8259, section 8.2).
        "surrogate.jsonl": good[0] + b'{"id": "lone", "text": "Half of a pair: \\ud83d, and no more."}\n' + good[1],
        "latin1.txt": "Die Fähre fährt bei Nebel nur auf Zuruf; der Fährmann hört schlecht.\n".encode("latin-1"),
        "utf16.txt": b"\xff\xfe" + "Die Fähre ist grün gestrichen und hört auf den Namen Möwe.\n".encode("utf-16-le"),
        "nul.txt": b"The log breaks off here.\n" + b"\0" * 64 + b"\nIt goes on in another hand.\n",
        "wrong-header.csv": f"weight,colour\n12,{GOOD[0]}\n7,{GOOD[1]}\n".encode(),
        "ragged.csv": f'id,text\ngood-1,"{GOOD[0]}"\nshort\nlong,"{GOOD[1]}",one,two\ngood-2,"{GOOD[2]}"\n'.encode(),
        "not-a-tokenizer.json": b'{"name": "a recipe", "flour_g": 500, "water_g": 340, "salt_g": 10}\n',
        "binary.bin": b"".join(hashlib.sha256(b"binary %d" % n).digest() for n in range(64)),
        "bad-card/source.toml": b'name = "bad-card"\nlicence = "CC-BY-4.0"  # the key is called license\n',
        "bad-card/note.txt": f"{GOOD[0]}\n".encode(),
        "bad-date/source.toml": b'name = "bad-date"\nlicense = "MIT"\nvalid_until = 2024-06-30T12:00:00\n',
        "bad-date/note.txt": f"{GOOD[1]}\n".encode(),
        "bad-zone/source.toml": b'name = "bad-zone"\nlicense = "MIT"\nvalid_until = "2024-06-30T12:00:00+25:00"\n',
        "bad-zone/note.txt": f"{GOOD[2]}\n".encode(),
    }


GOOD = (
    "The ferry leaves when the bell has rung twice and nobody is running.",
    "A gull took the inspector's hat and brought it back in the evening.",
    "Eleven of the twelve lamps along the quay were burning on Friday.",
    "The twelfth lamp belongs to another parish and was burning as well.",
)

HOSTILE = (
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\windows\\win.ini",
    "%2e%2e%2fsecret",
    "'; DROP TABLE records; --",
    "\"; ATTACH 'x' AS y; --",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\x1b[2J\x1b[31mred",
    "\x1b]0;a new title\x07",
    "[bold red]markup[/bold red]",
    '=HYPERLINK("https://evil.example/")',
    "$(touch pwned)",
    "-rf",
    "two\nlines",
    "zero\0byte",
    "right\u202eot\u202cleft",
    "e\u0301 and \u00e9",
    "",
    " ",
    "CON",
    "long-" + "x" * 6_000,
)


def _originals(sources: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for name, source in sources.items():
        for file in source.get("files", ()):
            yield f"{name}:{file['path']}", file["text"].strip("\n")
        for row in source.get("rows", ()):
            if "text" in row:
                yield f"{name}:{row['id']}", row["text"].strip("\n")


def _finished(row: Row, originals: Mapping[str, str]) -> dict[str, Any]:
    """A row as it is written: its text without the line break that TOML's quotes add, or copied and edited."""
    done = {k: v.strip("\n") if isinstance(v, str) else v for k, v in row.items() if k not in ("copy_of", "edits")}
    if "copy_of" in row:
        text = originals[row["copy_of"]]
        for old, new in row.get("edits", ()):
            if text.count(old) != 1:
                raise SystemExit(
                    f"{row['id']}: {old!r} stands {text.count(old)} times in {row['copy_of']}, expected once"
                )
            text = text.replace(old, new)
        done["text"] = text
    return done


def _table(name: str, rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    if name.endswith(".parquet"):
        return _parquet(rows)
    if name.endswith(".csv"):
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode()
    lines = b"".join(_line(**row) for row in rows)
    return _gzip(lines) if name.endswith(".gz") else lines


def _line(**row: object) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _parquet(rows: Sequence[Row]) -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pylist([dict(row) for row in rows])
    # Small row groups, so that a reader of one row group at a time has something to do.
    pq.write_table(table, out, version="2.6", compression="zstd", use_dictionary=False, row_group_size=3)
    return out.getvalue()


def _gzip(data: bytes) -> bytes:
    """A gzip member of stored blocks, without name and time (RFC 1952; RFC 1951, section 3.2.4)."""
    pieces = [data[i : i + 0xFFFF] for i in range(0, len(data), 0xFFFF)] or [b""]
    blocks = b"".join(
        struct.pack("<BHH", i == len(pieces), len(piece), len(piece) ^ 0xFFFF) + piece
        for i, piece in enumerate(pieces, 1)
    )
    head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    return head + blocks + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _zstd(data: bytes) -> bytes:
    """A Zstandard frame of one raw block, its size stated, without checksum (RFC 8878, section 3.1.1)."""
    if len(data) >= 1 << 17:
        raise ValueError(f"{len(data)} bytes do not fit into one raw block")
    frame_header = b"\x28\xb5\x2f\xfd" + b"\xa0" + struct.pack("<I", len(data))
    return frame_header + struct.pack("<I", len(data) << 3 | 1)[:3] + data


def _cut(data: bytes) -> bytes:
    return data[: len(data) * 3 // 5]


def _deep() -> bytes:
    return b'{"id": "deep", "text": "The box holds a box.", "box": ' + b"[" * DEPTH + b"]" * DEPTH + b"}\n"


def main(arguments: Sequence[str]) -> int:
    """Write everything; 1 where a file lies there that is not ours."""
    if len(arguments) > 1:
        print("usage: python make.py [FOLDER]", file=sys.stderr)
        return 2
    out = Path(arguments[0]) if arguments else HERE
    written = {f"good/{path}": data for path, data in corpus().items()}
    written |= {f"bad/{path}": data for path, data in zoo().items()}
    for path, data in written.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    there = {
        path.relative_to(out).as_posix()
        for part in ("good", "bad")
        for path in (out / part).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    for path in sorted(there - set(written)):
        print(f"{path}: not written by this script; remove it, or add its text to _texts/", file=sys.stderr)
    return 1 if there - set(written) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
