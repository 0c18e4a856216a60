"""Plain texts of Project Gutenberg: the work, its header and its footer parted. Floor 2: a reader.

The text is what stands between ``*** START OF THE PROJECT GUTENBERG EBOOK`` and ``*** END OF``, in older files between the end of
the "small print" and the line that ends the work. The header says title, author and number; the terms at the head or foot are a
statement of the file, for they go with it (paragraph 1.E.4 of the licence: https://www.gutenberg.org/policy/license.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rightful.readers import Damage, Extent, FoundFile, Item, Read, ReadOptions
from rightful.readers.charsets import Undecodable, text_of
from rightful.readers.fields import Record, text_fault
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.limits import Limits
from rightful.readers.rows import Rows
from rightful.readers.statements import Collector, Statement, of_folders
from rightful.readers.streams import StreamBroken, content_of
from rightful.readers.unread import Tally
from rightful.readers.values import instant
from rightful.rights.columns import LICENSE

FORMATS = ("gutenberg",)
PACKS = True
MEDIA_TYPE = "text/plain"
TERMS = "Project Gutenberg License"
"""Where the statement stands that the terms at the head and foot of a file make."""
FULL_LICENSE = "The Full Project Gutenberg License"
SMALL_PRINT = "Project Gutenberg small print"

_SUFFIXES = ("", ".txt", ".text")
_HEAD_BYTES = 64 << 10
_NAMED_WITHIN = 2_048
_BEGIN = r"^[\ufeff \t]*\*\*\*[ \t]*START OF (?:THE|THIS) PROJECT GUTENBERG\b"
_START = re.compile(
    _BEGIN + r"[^\n*]{0,300}(?:\n[^\n*]{0,300}){0,3}?\*\*\*[^\n]*$|" + _BEGIN + r"[^\n]*$", re.IGNORECASE | re.MULTILINE
)
_END = re.compile(r"^[ \t]*\*\*\*[ \t]*END OF (?:THE|THIS) PROJECT GUTENBERG\b", re.IGNORECASE | re.MULTILINE)
_SMALL_PRINT = re.compile(r"^[^\n]*\*END\*?[ \t]?THE SMALL PRINT![^\n]*$", re.IGNORECASE | re.MULTILINE)
_LAST_LINE = re.compile(
    r"^[ \t*]*End of (?:the |this )?Project Gutenberg\b[^\n]*(?:\n[^\n]*\S[^\n]*){0,3}", re.IGNORECASE | re.MULTILINE
)
_BYTES = re.compile(rb"START OF (?:THE|THIS) PROJECT GUTENBERG\b|\*END\*?[ \t]?THE SMALL PRINT!", re.IGNORECASE)
_FIELD = re.compile(r"^([A-Z][A-Za-z -]{1,40}):[ \t]*([^\r\n]*(?:\r?\n[ \t]{2,}[^\s:][^\r\n]*)*)", re.MULTILINE)
_NUMBER = re.compile(r"\[\s*e-?(?:book|text)\s*(?:#|no\.?)?\s*(\d{1,7})\s*\]", re.IGNORECASE)
_CHARSET = re.compile(rb"^Character set encoding:[ \t]*([^\r\n]{1,60})", re.IGNORECASE | re.MULTILINE)
_COPYRIGHTED = re.compile(
    r"^[^\n]*\bCOPYRIGHTED\s+Project\s+Gutenberg[^\n]*(?:\n[^\n]*\S[^\n]*){0,3}"
    r"|^[^\n]*\bone of the few\s+(?:copyrighted\s+)?individual\s+works[^\n]*(?:\n[^\n]*\S[^\n]*){0,3}",
    re.IGNORECASE | re.MULTILINE,
)
_HELD = re.compile(
    r"^[ \t*]*(?:Copyright[ \t]*(?:\(c\)|©|by\b|\d{4})|©|\(c\)[ \t]*\d{4})[^\n]*"
    r"|^[^\n]*(?:\bcopyrighted[ \t]+by\b|\bis[ \t]+copyrighted\b|\bCreative[ \t]+Commons\b|\ball[ \t]+rights[ \t]+reserved\b)[^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
"""Words in a header by which somebody holds rights in the work."""
_LICENSED = re.compile(r"\bProject\s+Gutenberg(?:\s*(?:™|\(tm\)|-tm))?\s+License\b", re.IGNORECASE)
_DAY = re.compile(r"([A-Za-z]{3})[a-z]*\.?\s+(?:(\d{1,2}),?\s+)?,?\s*(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CHARSETS = {
    "iso latin-1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "windows codepage 1252": "cp1252",
    "unicode utf-8": "utf-8",
}


@dataclass(frozen=True, slots=True)
class Parted:
    """A file in its three parts."""

    header: str
    work: str
    footer: str


def recognise(probe: Probe) -> Guess | None:
    """A plain text that names the project at its beginning and has the line with which a work begins."""
    if probe.suffix not in _SUFFIXES or b"project gutenberg" not in probe.head[:_NAMED_WITHIN].lower():
        return None
    if _BYTES.search(probe.head) or _BYTES.search(probe.more(_HEAD_BYTES)):
        return Guess(Rank.MAGIC, "gutenberg")
    return None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: a file is one record."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """One record per file, with its name as its id, as any text has it. ``by.fields`` name columns: there are none."""
    rows, collector, tally = Rows(), Collector(by.look), Tally()
    for file in item.files:
        text = _text(file, by.limits)
        parted = text if isinstance(text, Damage) else parted_of(text)
        if isinstance(parted, str):
            parted = Damage(file.name, parted)
        elif isinstance(parted, Parted) and (fault := text_fault(parted.work)):
            parted = Damage(file.name, fault)
        if isinstance(parted, Damage):
            yield parted
        elif batch := rows.add(file.name, 0, MEDIA_TYPE, _record(file, parted, by, collector, tally), len(parted.work)):
            yield batch
    if batch := rows.flush():
        yield batch
    yield Extent(0, tally.found())


def _text(file: FoundFile, limits: Limits) -> str | Damage:
    try:
        content = content_of(file.path, limits)
    except StreamBroken as broken:
        return Damage(file.name, broken.reason)
    stated = _CHARSET.search(content, 0, _HEAD_BYTES)
    charset = stated[1].decode("ascii", "replace").strip().lower() if stated else ""
    try:
        text = text_of(bytes(content), _CHARSETS.get(charset, charset)).removeprefix("\ufeff")
    except Undecodable as reason:
        return Damage(file.name, str(reason).replace(" of the part", ""))
    fault = limits.too_long("a text", len(text.encode()))
    return Damage(file.name, fault) if fault else text


def parted_of(text: str) -> Parted | str:
    """The three parts of a file, or why it cannot be parted."""
    start = _START.search(text)
    small = _SMALL_PRINT.search(text)
    begins = [
        mark.end() for mark in (start, small) if mark is not None and (mark is start or mark.end() * 2 < len(text))
    ]
    if not begins:
        return "no line '*** START OF THE PROJECT GUTENBERG EBOOK' and no small print: read it with --format text"
    begin = max(begins)
    end = _END.search(text, begin)
    if end is None and start is not None:
        return (
            "no line '*** END OF THE PROJECT GUTENBERG EBOOK' after that of its start: the file is cut off; fetch it again, or"
            " read it as it is with --format text"
        )
    last = _LAST_LINE.search(text, begin, end.start() if end is not None else len(text))
    stops = [mark.start() for mark in (end, last) if mark is not None]
    stop = min(stops, default=len(text))
    if last is not None and last.start() == stop and end is not None and text[last.end() : end.start()].strip():
        stop = end.start()  # the work itself speaks of an end
    return Parted(text[:begin], text[begin:stop].strip("\r\n"), text[stop:])


def _record(file: FoundFile, parted: Parted, by: ReadOptions, collector: Collector, tally: Tally) -> Record:
    fields: dict[str, list[str]] = {}
    statements = of_folders(file, by.look)
    for name, value in _FIELD.findall(parted.header):
        joined = " ".join(value.split())
        fields.setdefault(name.lower(), []).append(joined)
        if joined and (kind := by.look.kind(name)):
            collector.take(statements, name, kind, joined)
    if terms := terms_of(parted):
        statements.append(Statement(TERMS, LICENSE, terms))
    raw, stated = collector.stated(statements)
    number = _NUMBER.search(parted.header)
    released = next(iter(fields.get("release date", ())), "")
    published = _day(released)
    if released and published is None:
        tally.add(file.name, "date", "Release Date", released)
    return Record(
        source_record_id=file.name,
        text=parted.work,
        url=f"https://www.gutenberg.org/ebooks/{int(number[1])}" if number else None,
        license_raw=raw,
        statements=stated,
        language_stated=next((v for v in fields.get("language", ()) if v), None),
        title=next((v for v in fields.get("title", ()) if v), None),
        authors=[v for v in fields.get("author", ()) if v] or None,
        published_at=published,
    )


def terms_of(parted: Parted) -> str:
    """What the head and the foot state of the rights in the work; empty where they state nothing.

    A work that is protected is one of the few that the project has by permission: its words are kept, and are no licence.
    """
    around = f"{parted.header}\n{parted.footer}".replace("\r", "")
    if (protected := _COPYRIGHTED.search(around)) is not None:
        return " ".join(protected[0].split())[:1_000]
    if (held := _HELD.search(parted.header.replace("\r", ""))) is not None:
        return " ".join(held[0].split())[:1_000]
    if _LICENSED.search(around):
        return FULL_LICENSE
    return SMALL_PRINT if "SMALL PRINT!" in around.upper() else ""


def _day(text: str) -> int | None:
    """A day as the project writes it; a month is its first day."""
    day = _DAY.match(text)
    if day is None or day[1].lower() not in _MONTHS:
        return instant(text.partition("[")[0].strip())
    try:
        return instant(datetime(int(day[3]), _MONTHS.index(day[1].lower()) + 1, int(day[2] or 1), tzinfo=UTC))
    except ValueError:
        return None
