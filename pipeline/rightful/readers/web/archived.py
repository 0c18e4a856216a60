"""The records of a web archive, WARC or ARC, damaged or not. Floor 2: the readers.

WARC 1.0 and 1.1 (ISO 28500; https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/), the drafts
before them, and ARC 1 and 2 (https://archive.org/web/researcher/ArcFileFormat.php). What is damaged costs the record that it
is in: the next one is looked for at a line that begins as a record does, and where a member of the compression begins.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from rightful.readers.limits import Limits
from rightful.readers.web.digests import digest_fits
from rightful.readers.web.http import fields_of
from rightful.readers.web.members import HOLD_BYTES, Break, Piece, begins_record, pieces

MOST_HEADER_BYTES = 1 << 20
"""So long may the header of a record be."""
START_BYTES = 64 << 10
"""So much of a record is looked at before it is held or passed over."""
_VERSION = rb"WARC/[01]\.\d{1,3}[ \t]*\r?\n"
_WARC = re.compile(_VERSION, re.IGNORECASE)
_WARC_LINE = re.compile(rb"(?<=\n)" + _VERSION, re.IGNORECASE)
_ARC = re.compile(
    rb"([a-z][a-z0-9+.-]{1,20}:[^\n]{1,65536}?) (\S{1,64}) (\d{14}) (\S{1,120}(?:; ?\S{1,80})?)"
    rb"(?: (?:\d{1,3}|-) \S{1,128} \S{1,4096} (?:\d{1,18}|-) \S{1,512})? (\d{1,15})\r?\n",
    re.IGNORECASE,
)
_ARC_LINE = re.compile(
    rb"(?<=\n)[a-z][a-z0-9+.-]{1,20}:[^\n ]{1,4096} \S{1,64} \d{14} [^\n]{1,400} \d{1,15}\r?\n", re.IGNORECASE
)
_WITHIN = re.compile(rb"\n\r?\n(?=" + _VERSION + rb"(?:WARC|Content)-)", re.IGNORECASE)
_EDGE_BYTES = 8 << 10  # kept while bytes are passed over, so that a line that begins a record is not cut
_TOLD_BYTES = 512  # so many bytes tell whether a record begins with them
_NEWLINES = b"\r\n"
_END = b"\r\n\r\n"
_HEADER_ENDS = (b"\r\n\r\n", b"\n\n", b"\n\r\n")
_BLANKS = re.compile(rb"[\r\n]*")

Wanted = Callable[[Mapping[str, str], bytes], bool]
"""Told the fields of a large record and how it begins: whether it is worth holding."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A record. ``fields`` are by lower-cased name: the first of each, and all values of a name that is not of the format.
    ``block`` is the content, or with ``is_whole`` false how that begins: what is too large is not held. ``size`` is that of the
    content in bytes.

    ``number`` counts the records of a file from 1. ``at`` is where it begins: a byte of the file, or with ``within`` one of what the
    file unpacks to. ``is_sure``: the digest of the block is that which the archive states; ``is_other``: it is another.
    """

    number: int
    at: int
    within: bool
    kind: str
    fields: Mapping[str, str]
    size: int
    block: bytes
    is_whole: bool = True
    is_sure: bool = False
    is_other: bool = False

    def get(self, name: str) -> str:
        """A field of the header, empty where there is none."""
        return self.fields.get(name, "")


class Lost(NamedTuple):
    """What should have been a record: where it begins (as :class:`Archived`), and why it is none."""

    at: int
    within: bool
    reason: str


class _Mark(NamedTuple):
    """Where a member begins: the byte of what the file unpacks to, the byte of the file, and what its checksum says."""

    place: int
    at: int
    fault: str


def records(path: Path, limits: Limits, wanted: Wanted) -> Iterator[Archived | Lost]:
    """The records of a file in order. Raises :class:`StreamBroken` where nothing of the file can be read.

    What is larger than ``HOLD_BYTES`` is held where it is ``wanted``, and not larger than ``limits`` allow a value.
    """
    return _Records(path, limits, wanted).read()


class _Records:
    """Takes records off a stream of bytes that may break."""

    def __init__(self, path: Path, limits: Limits, wanted: Wanted) -> None:
        self._most = limits.value_bytes
        self._wanted = wanted
        self._source = pieces(path, limits)
        self._buffer = bytearray()
        self._origin = 0  # the byte of what is unpacked that the buffer begins with
        self._marks: deque[_Mark] = deque()
        self._coming: Piece | Break | None = None
        self._packed = False
        self._arc = False
        self._number = 0
        self._quiet = False  # what comes before the next record is of one that is counted as lost

    # --- the bytes ------------------------------------------------------------------------------------------------

    def _peek(self) -> Piece | Break | None:
        if self._coming is None:
            self._coming = next(self._source, None)
        return self._coming

    def _fill(self, *, within: bool) -> bool:
        """Take the next piece; False at a break, at the end, and ``within`` a record where a member begins with the next one."""
        coming = self._peek()
        if not isinstance(coming, Piece):
            return False
        self._packed = coming.is_packed
        if coming.is_packed and coming.first and coming.data:
            if within and begins_record(coming.data):
                return False
            self._marks.append(_Mark(self._origin + len(self._buffer), coming.at, coming.fault))
        self._buffer += coming.data
        self._coming = None
        return True

    def _filled(self, size: int) -> bool:
        """Whether so many bytes of a record are there."""
        while len(self._buffer) < size:
            if not self._fill(within=True):
                return False
        return True

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._origin += size
        while len(self._marks) > 1 and self._marks[1].place <= self._origin:
            self._marks.popleft()

    def _place(self) -> tuple[int, bool]:
        """Where the buffer begins: a byte of the file where that can be said, else one of what it unpacks to."""
        if not self._packed:
            return self._origin, False
        if self._marks and self._marks[0].place == self._origin:
            return self._marks[0].at, False
        return self._origin, True

    # --- the records ----------------------------------------------------------------------------------------------

    def read(self) -> Iterator[Archived | Lost]:
        """All of them."""
        while True:
            self._strip()
            if self._buffer:
                outcome = self._one()
                if outcome is not None:
                    yield outcome
                continue
            coming = self._peek()
            if coming is None:
                return
            if isinstance(coming, Break):
                self._coming = None
                if not self._quiet:
                    yield Lost(coming.at, False, coming.reason)
                self._quiet = True

    def _strip(self) -> None:
        """Pass over line ends, and take what comes where nothing else is there."""
        while True:
            self._drop(_blanks(self._buffer))
            if self._buffer or not self._fill(within=False):
                return

    def _one(self) -> Archived | Lost | None:
        self._filled(16)
        at, within = self._place()
        if not self._number and not self._quiet and not self._buffer.startswith((b"WARC/", b"warc/")):
            self._arc = self._buffer[:16].lower().startswith(b"filedesc:") or self._begins_arc()
        if not (self._begins_arc() if self._arc else self._begins_warc()):
            passed = self._resync()
            if self._quiet:
                return None
            self._quiet = True
            return Lost(at, within, f"no record begins here: {passed} bytes are passed over")
        self._quiet = False
        self._number += 1
        outcome = self._arc_record(at, within) if self._arc else self._warc_record(at, within)
        if isinstance(outcome, str):
            return Lost(at, within, outcome)
        return outcome

    def _begins_warc(self) -> bool:
        self._filled(64)
        return _WARC.match(self._buffer) is not None

    def _begins_arc(self) -> bool:
        self._fill_line(0)
        return _ARC.match(self._buffer) is not None

    def _fill_line(self, start: int) -> None:
        """Take what comes until a line that begins at ``start`` ends, or is longer than any that begins a record."""
        looked = start
        while self._buffer.find(b"\n", looked) < 0 and len(self._buffer) - start <= MOST_HEADER_BYTES:
            looked = max(start, len(self._buffer))
            if not self._fill(within=True):
                return

    def _resync(self, *, first: bool = False) -> int:
        """Pass over bytes up to what begins as a record; how many. ``first``: it may be what the buffer begins with."""
        line, passed = _ARC_LINE if self._arc else _WARC_LINE, 0
        begins = self._origin if first else self._origin + 1
        while True:
            match = line.search(self._buffer)
            stop = match.start() if match else len(self._buffer)
            member = self._member_with_record(begins, self._origin + stop)
            if match or member is not None:
                place = stop if member is None else member - self._origin
                self._drop(place)
                return passed + place
            begins = max(begins, self._origin + len(self._buffer) - _TOLD_BYTES)
            # The end of what is there may be the start of a line; a member that follows is told by its mark.
            keep = min(len(self._buffer), _EDGE_BYTES) if isinstance(self._peek(), Piece) else 0
            passed += len(self._buffer) - keep
            self._drop(len(self._buffer) - keep)
            if not self._fill(within=False):
                return passed

    def _member_with_record(self, begins: int, stop: int) -> int | None:
        """Where the first member lies that begins as a record does, of those from ``begins`` on; None where none comes before ``stop``."""
        for mark in islice(self._marks, bisect_left(self._marks, begins, key=lambda mark: mark.place), None):
            if mark.place >= stop:
                return None
            at = mark.place - self._origin
            if begins_record(bytes(self._buffer[at : at + _TOLD_BYTES])):
                return mark.place
        return None

    # --- one record -----------------------------------------------------------------------------------------------

    def _warc_record(self, at: int, within: bool) -> Archived | str:
        """The record that the buffer begins with, or why there is none; then the buffer begins with what follows."""
        end = self._end_of_header()
        if end is None:
            why = f"the header of the record does not end within {MOST_HEADER_BYTES} bytes, or before another begins"
            if len(self._buffer) < _EDGE_BYTES:
                why = self._why_short() or why
            self._drop(5)
            return self._lost(why)
        given: dict[str, list[str]] = {}
        for name, value in fields_of(bytes(self._buffer[:end])):
            own = name.lower()
            if own.startswith(("warc-", "content-")):
                given.setdefault(own, [value])
            else:  # a second word of rights is none that may be lost
                given[own] = values = given.pop(own, [])
                values.append(value)
        fields = {name: ", ".join(values) for name, values in given.items()}
        length = fields.get("content-length", "")
        self._drop(end)
        if not (length.isascii() and length.isdigit() and len(length) < 16):
            self._quiet = True
            self._resync(first=True)
            return (
                f"its Content-Length is {length[:40]!r}, no number of bytes" if length else "it has no Content-Length"
            )
        return self._content(at, within, fields.get("warc-type", "").lower(), fields, int(length))

    def _arc_record(self, at: int, within: bool) -> Archived | str:
        line = _ARC.match(self._buffer)
        assert line is not None
        url, address, date, media_type, length = (group.decode("utf-8", "replace") for group in line.groups())
        self._drop(line.end())
        fields = {
            "warc-target-uri": url,
            "warc-date": f"{date[:4]}-{date[4:6]}-{date[6:8]}T{date[8:10]}:{date[10:12]}:{date[12:]}Z",
            "warc-ip-address": address,
            "content-type": media_type,
        }
        kind = "warcinfo" if url.lower().startswith("filedesc:") else "response"
        return self._content(at, within, kind, fields, int(length))

    def _end_of_header(self) -> int | None:
        """Where the content begins; None where the header does not end, or another record begins in it."""
        seen, window = 0, _EDGE_BYTES
        while True:
            self._filled(min(window, MOST_HEADER_BYTES + 4))
            there = min(window, len(self._buffer))
            ends = [p + len(m) for m in _HEADER_ENDS if (p := self._buffer.find(m, max(0, seen - 4), there)) >= 0]
            if ends:
                return min(ends)
            if there < window or window > MOST_HEADER_BYTES or _WARC_LINE.search(self._buffer, 5, there):
                return None
            seen, window = there, window * 16

    def _content(self, at: int, within: bool, kind: str, fields: Mapping[str, str], size: int) -> Archived | str:
        fault = self._marks[0].fault if self._marks and self._packed else ""
        begins_member = bool(self._marks) and not within and self._packed
        if size > HOLD_BYTES:
            self._filled(min(size, START_BYTES))
            start = bytes(self._buffer[: min(size, START_BYTES)])
            if size > self._most or not self._wanted(fields, start):
                why = self._pass_over(size)
                return why or Archived(self._number, at, within, kind, fields, size, start, is_whole=False)
        if not self._filled(size):
            return self._short(size, there=len(self._buffer))
        if not self._is_followed(
            size
        ):  # before anything is made of it: in a hostile file each may be as long as the file
            return self._wrong_length(size)
        block = bytes(self._buffer[:size])
        verified = digest_fits(fields.get("warc-block-digest", ""), block)
        if fault and verified is False:
            verified = None
        self._drop(size)
        broken = self._broken_behind()
        if verified is None and (fault or broken is not None):
            self._quiet = self._quiet or broken is not None
            if broken is not None:
                self._coming = None
            return fault or (broken.reason if broken is not None else "")
        if broken is not None and begins_member:  # the one record of a member is sure, whatever the rest of it was
            self._coming, self._quiet = None, True
        sure, other = verified is True, verified is False
        return Archived(self._number, at, within, kind, fields, size, block, is_sure=sure, is_other=other)

    def _is_followed(self, size: int) -> bool:
        """True where behind so many bytes comes a record, the end of a member or of the file."""
        self._filled(size + 64)
        rest = bytes(self._buffer[size : size + 64]).lstrip(_NEWLINES)
        if not rest:
            return True
        if not self._arc:  # where the record ends as it should, what is wrong is behind it
            return rest[:5].upper() == b"WARC/" or self._buffer.startswith(_END, size)
        start = size + len(self._buffer[size : size + 64]) - len(rest)
        self._fill_line(start)
        return _ARC.match(self._buffer, start) is not None

    def _broken_behind(self) -> Break | None:
        """The break right behind a record, if it is in the member of the record."""
        if self._packed and _blanks(self._buffer) == len(self._buffer):
            coming = self._peek()
            if isinstance(coming, Break) and self._marks and coming.at == self._marks[0].at:
                return coming
        return None

    def _why_short(self) -> str | None:
        """Why no more bytes come; None where some do."""
        coming = self._peek()
        if isinstance(coming, Break):
            self._coming = None
            return coming.reason
        return "the file ends within the record (truncated): fetch the file again" if coming is None else None

    def _short(self, size: int, *, there: int) -> str:
        follows = isinstance(self._peek(), Piece)
        reason = f"its Content-Length is {size}, and {there} bytes are there" if follows else self._why_short() or ""
        return self._lost(reason, first=True)

    def _wrong_length(self, size: int) -> str:
        self._filled(size + _EDGE_BYTES)
        following = (_ARC_LINE if self._arc else _WITHIN).search(self._buffer, 0, size + _EDGE_BYTES)
        place = (following.start() if self._arc else following.end()) if following is not None else size
        if place < size:
            self._drop(place)
            self._quiet = True
            return f"its Content-Length is {size}, and after {place} bytes another record begins"
        self._drop(size)
        return self._lost(f"its Content-Length is {size}, and it goes on after that", first=True)

    def _lost(self, reason: str, *, first: bool = False) -> str:
        """Go to the next record."""
        self._quiet = True
        self._resync(first=first)
        return reason

    def _pass_over(self, size: int) -> str | None:
        """Go on by so many bytes without holding them; why not, where another record begins in them or they end."""
        left = size
        while left:
            if not self._buffer and not self._fill(within=True):
                return self._short(size, there=size - left)
            within = None if self._arc else _WITHIN.search(self._buffer)
            if within is not None and within.end() < left:
                self._drop(within.end())
                self._quiet = True
                return f"its Content-Length is {size}, and after {size - left + within.start()} bytes another record begins"
            taken = min(left, len(self._buffer))
            if taken > _EDGE_BYTES and taken < left:
                taken -= _EDGE_BYTES
            elif taken < left and self._fill(within=True):
                continue
            self._drop(taken)
            left -= taken
        if not self._is_followed(0):
            return self._lost(f"its Content-Length is {size}, and it goes on after that", first=True)
        return None


def _blanks(data: bytearray) -> int:
    """How many line ends some bytes begin with."""
    blank = _BLANKS.match(data)
    return blank.end() if blank else 0
