"""CSV and TSV with a header, plain or compressed. Floor 2: a reader.

RFC 4180 with any of ``, ; tab |`` between the fields. Quoting is taken strictly, because a lenient parser would change
texts in silence. Rows are counted from 1 below the header; blank lines are no rows. What a quote that nothing closes has
swallowed is counted line by line: nobody can say where its rows begin. A first line ``sep=;`` (Excel) names the delimiter.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Generator, Iterator, Sequence

import pyarrow as pa

from rightful.notation.shown import counted
from rightful.readers import Damage, Extent, Fields, FoundFile, Item, Read, ReadOptions
from rightful.readers.charsets import UTF_16
from rightful.readers.fields import MISSING, RowReader, kind_of, media_of, no_text, plan
from rightful.readers.formats import WHOLE, Guess, Probe, Ranges, Rank
from rightful.readers.keep import keeping
from rightful.readers.limits import Limits, raised
from rightful.readers.rows import Rows
from rightful.readers.statements import of_folders
from rightful.readers.streams import StreamBroken, TooLong, lines
from rightful.readers.talks import placed
from rightful.readers.unread import Tally
from rightful.rights.columns import Look

FORMATS = ("csv", "tsv")
PACKS = False
SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv"}
MEDIA_TYPE = "text/plain"

_DELIMITERS = ",;\t|"
_BOM = b"\xef\xbb\xbf"
_NAMES_DELIMITER = re.compile(rb'"?sep=([,;\t|])"?')


def recognise(probe: Probe) -> Guess | None:
    """By name."""
    return Guess(Rank.NAMED, SUFFIXES[probe.suffix]) if probe.suffix in SUFFIXES else None


def divide(file: FoundFile, target_bytes: int) -> Ranges:
    """Never: where a row begins is not known without reading all before it."""
    return WHOLE


def read(item: Item, by: ReadOptions) -> Iterator[Read]:
    """The records of the item's files."""
    csv.field_size_limit(by.limits.value_bytes)  # the module's own limit is 128 KiB
    rows, tally, count = Rows(), Tally(), 0
    for file in item.files:
        count += yield from _read_file(file, item.format, by.fields, by.look, rows, tally, by.limits)
    if batch := rows.flush():
        yield batch
    yield Extent(count, tally.found(), tally.talks())


def _read_file(
    file: FoundFile, format: str, fields: Fields, look: Look, rows: Rows, tally: Tally, limits: Limits
) -> Generator[pa.RecordBatch | Damage, None, int]:
    """Returns the number of rows."""
    feed = _Feed(file, limits)
    number = 0
    try:
        header = feed.header(format, fields, look)
        if isinstance(header, str):
            yield Damage(file.name, header)
            return 0
        header = _numbered(header) if fields.keep else header
        reader = RowReader(fields, look, of_folders(file, look), tally, file.name)
        parsed = csv.reader(feed, delimiter=feed.delimiter, strict=True)
        while True:
            feed.begin()
            try:
                values = next(parsed)
                fault = feed.fault or _length_fault(values, header)
            except StopIteration:
                return number
            except csv.Error as error:
                if "end of data" in str(error):
                    yield Damage(file.name, _unclosed(feed.lines), "row", number + 1, max(feed.lines, 1))
                    return number + max(feed.lines, 1)
                bare_cr = "new-line" in str(error)  # whose hint speaks to a programmer
                values, fault = (
                    [],
                    f"not a CSV row: {'a carriage return in a field without quotes' if bare_cr else error}",
                )
            except _Oversize as error:  # perhaps inside quotes: going on could take a part of a text for a row
                lost = feed.rest()
                yield Damage(file.name, f"{error}; the rest of the file is not read", "row", number + 1, lost)
                return number + lost
            if not values and not fault:
                continue
            number += 1
            found = fault or reader(dict(zip(header, values, strict=True)))
            if isinstance(found, str):
                yield Damage(file.name, found, "row", number)
            elif batch := rows.add(file.name, number, MEDIA_TYPE, found, feed.taken):
                yield batch
    except StreamBroken as broken:
        number += broken.opened
        yield Damage(file.name, broken.reason, "row" if number else "", number or None)
    return number


def _unclosed(lines: int) -> str:
    swallowed = f"; it takes in the {counted(lines - 1, 'line that follows', 'lines that follow')}" if lines > 1 else ""
    return f"not a CSV row: a quote that opens in it is never closed{swallowed}"


def _length_fault(values: Sequence[str], header: Sequence[str]) -> str | None:
    if not values or len(values) == len(header):
        return None
    return f"{counted(len(values), 'field')}, but the header has {len(header)}"


class _Oversize(Exception):
    """A row that is too long to be read."""


class _Feed:
    """The lines of a file as the csv module takes them, with what is wrong with those of the row in progress."""

    def __init__(self, file: FoundFile, limits: Limits) -> None:
        self._lines = lines(file.path, limits=limits)
        self._most = limits.value_bytes
        self.delimiter = ","
        self.fault: str | None = None
        self.taken = 0
        """Bytes of the row in progress."""
        self.lines = 0
        """Lines of the row in progress that are not blank."""

    def begin(self) -> None:
        """A new row begins."""
        self.fault, self.taken, self.lines = None, 0, 0

    def rest(self) -> int:
        """Pass what is left; how many lines, with those of the row in progress."""
        with contextlib.suppress(StreamBroken):  # that they cannot all be counted changes nothing of what is said
            for line in self._lines:
                self.lines += isinstance(line, TooLong) or bool(line.strip())
        return max(self.lines, 1)

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken += 1 + (len(line) if isinstance(line, bytes) else line.size)
        self.lines += isinstance(line, TooLong) or bool(line.strip())
        if isinstance(line, TooLong) or self.taken > self._most:
            raise _Oversize(
                f"a row of {self.taken} bytes or more; at most {self._most} are read{raised('value_bytes')}"
            )
        try:
            return line.decode() + "\n"
        except UnicodeDecodeError as bad:
            self.fault = f"not UTF-8: byte 0x{line[bad.start]:02x} at byte {bad.start} of its line"
            return line.decode(errors="replace") + "\n"

    def header(self, format: str, fields: Fields, look: Look) -> list[str] | str:
        """The names in the first line that is not blank, or why it is no header. Finds the delimiter on the way.

        The delimiter is the one with which there is a text column, then the one with which there are most columns.
        """
        first = self._filled()
        if isinstance(first, bytes) and (named := _NAMES_DELIMITER.fullmatch(first.removeprefix(_BOM).strip(b" \r"))):
            stated = named[1].decode()
            first = self._filled()
        else:
            stated = "\t" if format == "tsv" else _DELIMITERS
        if isinstance(first, TooLong):
            return f"the first line has {first.size} bytes: no header"
        if first[:2] in UTF_16:
            return "UTF-16, not UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)"
        try:
            line = first.removeprefix(_BOM).decode()
        except UnicodeDecodeError as bad:
            return f"the header is not UTF-8: byte 0x{first[bad.start]:02x} at byte {bad.start}"
        if "\r" in line.rstrip("\r"):
            return "lines end in carriage returns alone: convert it first (tr '\\r' '\\n')"
        headers = {d: _names(line, d) for d in stated}
        if line.strip() and not any(headers.values()):
            return "the first line is no header: a quote in it is not closed, or stands inside a name"
        self.delimiter = max(headers, key=lambda d: (_has_text(headers[d], fields), len(headers[d])))
        return _checked(headers[self.delimiter], fields, look)

    def _filled(self) -> bytes | TooLong:
        """The next line that is not blank; empty at the end."""
        return next((line for line in self._lines if isinstance(line, TooLong) or line.strip()), b"")


def _numbered(names: Sequence[str]) -> list[str]:
    """The names of columns; those without one, where they are several, by their number.

    >>> _numbered(["text", "", ""])
    ['text', 'column 2', 'column 3']
    """
    several = names.count("") > 1
    return [name if name or not several else f"column {number}" for number, name in enumerate(names, 1)]


def _names(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter, strict=True), [])]
    except csv.Error:
        return []


def _has_text(names: list[str], fields: Fields) -> bool:
    """Whether rows of these columns have a text, are conversations, or say where their content is."""
    places = plan(fields, names)
    if places["text"] or (fields.text is None and placed(fields, names)):
        return True
    return media_of(fields, names, places, talks=False) is not None


def _checked(names: list[str], fields: Fields, look: Look) -> list[str] | str:
    if not _has_text(names, fields):
        return no_text(fields, MISSING, "", names)
    places = plan(fields, names)
    needed = {name for paths in places.values() for name in paths} | {n for n in names if kind_of(n, fields, look)}
    keep = keeping(fields, look, names, places)
    needed |= set(keep.columns(names)) - {""} if keep is not None else set()
    needed |= {at for talk in placed(fields, names) for _, at in talk.columns}
    twice = next((name for name in names if name in needed and names.count(name) > 1), None)
    return names if twice is None else f"two columns are named {twice!r}"
