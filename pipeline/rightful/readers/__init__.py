"""Files in, Arrow batches out. Floor 2: one file per format; what cannot be read is reported, never skipped silently.

The contract of a reader module (``jsonl``, ``parquet``, ``csvfile``, ``textfile``): a function
``read(item, by) -> Iterator[Read]`` whose batches have :data:`RAW` as their schema and hold at most ``BATCH_ROWS`` rows or
about ``BATCH_BYTES`` of text, so that memory does not grow with the file. The last thing it yields is one :class:`Extent`.
What else a reader module says of itself is in ``readers.formats``; a module that does is a format, and there is no list of
formats to edit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from rightful.readers.dumps.wiki import Wiki
from rightful.readers.limits import Limits
from rightful.readers.web.pages import Pages
from rightful.rights.columns import Fields as Fields
from rightful.rights.columns import Look

BATCH_ROWS = 4_096
BATCH_BYTES = 8 << 20

RAW = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("source_record_id", pa.string()),
        pa.field("text", pa.large_string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("urls", pa.list_(pa.string())),
        pa.field("license_raw", pa.string()),
        pa.field("statements", pa.string()),
        pa.field("language_stated", pa.string()),
        pa.field("title", pa.string()),
        pa.field("authors", pa.list_(pa.string())),
        pa.field("subject", pa.string()),
        pa.field("subjects", pa.list_(pa.string())),
        pa.field("published_at", pa.timestamp("us", tz="UTC")),
        pa.field("fetched_at", pa.timestamp("us", tz="UTC")),
        pa.field("parents", pa.list_(pa.string())),
        pa.field("conversation", pa.large_string()),
        pa.field("kept", pa.large_string()),
        pa.field("media", pa.string()),
        pa.field("media_sha256", pa.string()),
        pa.field("media_type", pa.string(), nullable=False),
    ]
)
"""What a reader knows of a record. ``line`` is the 1-based line or row within the item (0 where the file is the
record). ``license_raw`` is what the row says of its licence: one statement as it is, a list as a JSON array, several as a
JSON object by place. ``statements`` has all that it says of rights as JSON, ``[[place, kind of column, value], ...]``, and
is null where there is nothing, or a string in the column of the licence alone. ``urls`` are all addresses where ``url`` is
not the only one; ``subjects`` all spellings of the persons that are named where ``subject`` is not the only one, with a
null among them where they are several persons, and an empty string where something there cannot be read.
``conversation`` is what the text was made from, as JSON, where the row is one (``readers.talks``). ``kept`` are the columns
that nothing is read from, where they are asked for, as one JSON object (``readers.keep``). ``media`` is where the content lies
of a record that has none here (``readers.elsewhere``): its text is empty; ``media_sha256`` the digest of that, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read: where it is, its name relative to what was ingested (POSIX), and what the file system says of it.

    ``within`` is where it would lie if the archive that it came out of were a folder; None of a file that lies where it is.
    ``revision`` is the commit that a git repository is read at, made at ``committed_at``. ``address`` is where a file is
    published, as far as what it came out of says so.
    """

    path: Path
    name: str
    size: int
    mtime_ns: int
    format: str
    ctime_ns: int = 0
    inode: int = 0
    within: Path | None = None
    revision: str = ""
    committed_at: str = ""
    address: str = ""

    @property
    def lies(self) -> Path:
        """Where it lies, as whoever named it sees it: the folders on the way there may say something."""
        return self.within or self.path


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not read, and why: not damaged, but not of a supported kind. ``pattern`` is that of ``readers.never``
    which its name matches, or that of the folder it stands for.

    Of a file that is read it stands for what holds no text: ``records`` are how many of them it is, 0 for the file itself.
    """

    file: str
    reason: str
    pattern: str = ""
    records: int = 0


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that should have been a record and could not be read. ``unit`` is line, row, byte or empty (the file).

    ``rows`` is how many records it stands for, as far as that is known: those behind a break are counted, not listed.
    """

    file: str
    reason: str
    unit: str = ""
    number: int | None = None
    rows: int = 1

    @property
    def position(self) -> str | None:
        """``line 12``; None where the whole file is meant."""
        return f"{self.unit} {self.number}" if self.unit and self.number is not None else None


class Unread(NamedTuple):
    """A column of a file in which something is there that cannot be read as its field: in how many of the records, and
    what the first of them has there. Of a person only the kind of value is shown."""

    file: str
    field: str
    column: str
    rows: int
    sample: str


class Talked(NamedTuple):
    """The conversations of a file in one form: the columns that they stand in, the template of their texts, how many
    records they are, and of how many rows they were set aside because the row has a text of its own."""

    file: str
    form: str
    columns: str
    template: str
    rows: int
    aside: int


@dataclass(frozen=True, slots=True)
class Item:
    """One unit of work: some small files of one format, or a range of one large file.

    ``start`` and ``stop`` are bytes for JSON lines (the item owns the lines that *begin* in the range), row groups
    for Parquet; None means to the end.
    """

    format: str
    files: tuple[FoundFile, ...]
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """How many lines or rows (read, damaged or blank) an item has: what the next range of the same file adds to its own
    line numbers. 0 where a file is a record. ``unread`` are the columns in which something is there that cannot be read.
    Yielded once, at the end."""

    lines: int
    unread: tuple[Unread, ...] = ()
    talks: tuple[Talked, ...] = ()


@dataclass(frozen=True, slots=True)
class Capture:
    """What a reader met that speaks of an address, as it came: the header fields of a response (``headers``), a page (``html``), a
    file of a host (``robots``, ``tdmrep``). No signal has read it yet.

    ``place`` is where it stands: file and byte. ``status`` is that of HTTP; ``fields`` are the header fields, ``body`` the bytes
    after them, decoded as to transfer and content coding. ``observed_at`` is None where the reader cannot tell: it says nothing
    then of when somebody looked.
    """

    protocol: str
    url: str
    place: str
    observed_at: datetime | None
    status: int
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    by: str = ""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are read: which column says what, which columns speak of rights, the bounds, how pages become text,
    what of a wiki is read."""

    fields: Fields = field(default_factory=Fields)
    look: Look = field(default_factory=Look)
    limits: Limits = field(default_factory=Limits)
    pages: Pages = field(default_factory=Pages)
    wiki: Wiki = field(default_factory=Wiki)


Read = pa.RecordBatch | Damage | Skipped | Capture | Extent
"""What a reader yields: batches of :data:`RAW` in file order, what is damaged, what holds no text, what speaks of addresses,
and at the end one :class:`Extent`."""
