"""A message into its parts, line by line. Floor 2: the readers.

What is attached is counted and let go as it comes, so that memory does not grow with it. The parts of a message are bounded in number
and depth, and the bytes of its text by the limit of a value: what goes beyond is a fault of that message, and of no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rightful.readers.limits import Limits
from rightful.readers.mail.header import FIELD, Header, Valued, header_of, valued
from rightful.readers.streams import TooLong

HEADER_BYTES = 1 << 20
"""So many bytes a header may have: the fields of the longest lists of addressees have less."""
MOST_PARTS = 10_000
MOST_DEPTH = 64
MESSAGES = frozenset({"message/rfc822", "message/global", "message/news"})
TEXTS = frozenset({"text/plain", "text/html", "text/markdown", "text/x-patch", "text/x-diff", "text/x-markdown"})
"""The parts that are text, where they are not attached."""
_LONGEST_BOUNDARY = 256
_HEADER, _BODY = "header", "body"


@dataclass(slots=True)
class Part:
    """A message, a part of one, or a message within: its header, then either ``children`` or the ``lines`` of a text.

    ``kept`` is true for a text that is read. ``size`` are the bytes of its body.
    """

    implied: str
    """The media type where none is stated."""
    header: Header = field(default_factory=Header)
    type: Valued = field(default_factory=lambda: Valued("text/plain"))
    children: list[Part] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    kept: bool = False
    size: int = 0

    @property
    def is_message(self) -> bool:
        """True for a part that holds one message: its only child."""
        return self.type.value in MESSAGES and bool(self.children)

    @property
    def is_multipart(self) -> bool:
        """True for a part that holds parts."""
        return self.type.value.startswith("multipart/") and bool(self.type.parameters.get("boundary", "").rstrip())

    @property
    def encoding(self) -> str:
        """The transfer encoding, in lower case; empty for none."""
        return valued(self.header.first("content-transfer-encoding")).value

    def walk(self) -> Iterator[Part]:
        """This part and all within, in their order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting += reversed(part.children)


@dataclass(slots=True)
class _Open:
    """A part that is being read. ``boundary`` is that of its own parts; empty for a text, or a message within."""

    part: Part
    state: str = _HEADER
    boundary: bytes = b""
    closed: bool = False


class Message:
    """One message, taken line by line; ``root`` is what it is made of, ``fault`` why it is no record, if it is none."""

    def __init__(self, limits: Limits) -> None:
        self.root = Part("text/plain")
        self.fault: str | None = None
        self._limits = limits
        self._most = limits.value_bytes
        self._open = [_Open(self.root)]
        self._boundaries: dict[bytes, int] = {}
        self._header: list[bytes] = []
        self._header_bytes = 0
        self._text_bytes = 0
        self._parts = 1

    def line(self, line: bytes | TooLong) -> None:
        """Take the next line, without its end."""
        now = self._open[-1]
        part = now.part
        if isinstance(line, TooLong):
            part.size += line.size
            if now.state == _HEADER or part.kept:
                self._faulty(self._limits.too_long("a line", line.size) or "")
        elif line[:2] == b"--" and self._boundaries and len(line) <= _LONGEST_BOUNDARY and self._is_boundary(line):
            pass
        elif now.state == _HEADER:
            self._header_line(now, line)
        else:
            part.size += len(line) + 1
            if part.kept and self.fault is None:
                self._text_bytes += len(line) + 1
                if self._text_bytes > self._most and (
                    too_long := self._limits.too_long("a mail", self._text_bytes - 1)
                ):
                    self._faulty(too_long)
                else:
                    part.lines.append(line)

    def done(self) -> None:
        """Take the end of the message."""
        if self._open[-1].state == _HEADER:
            self._end_header(self._open[-1])

    def _header_line(self, now: _Open, line: bytes) -> None:
        if not line:
            self._end_header(now)
        elif line[:1] in (b" ", b"\t") or FIELD.match(line) or (line.startswith(b">From ") and not self._header):
            self._header_bytes += len(line) + 1
            if self._header_bytes > HEADER_BYTES:
                self._faulty(f"its header is longer than {HEADER_BYTES} bytes")
            elif self.fault is None:
                self._header.append(line)
        else:  # the blank line is missing: this is of the body already
            self._end_header(now)
            self.line(line)

    def _end_header(self, now: _Open) -> None:
        part = now.part
        part.header = header_of(self._header)
        self._header, self._header_bytes = [], 0
        stated = part.header.first("content-type")
        part.type = valued(stated) if "/" in stated.partition(";")[0] else Valued(part.implied)
        kind = part.type.value
        now.state = _BODY
        if part.is_multipart:
            now.boundary = part.type.parameters["boundary"].rstrip().encode()
            self._boundaries[now.boundary] = self._boundaries.get(now.boundary, 0) + 1
        elif kind in MESSAGES and part.encoding in ("", "7bit", "8bit", "binary"):
            self._begin(part, "text/plain")
        else:
            attached = valued(part.header.first("content-disposition")).value == "attachment"
            part.kept = (kind in TEXTS or kind.startswith("multipart/")) and not attached

    def _begin(self, parent: Part, implied: str) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS or len(self._open) >= MOST_DEPTH:
            many = f"more than {MOST_PARTS:,} parts" if self._parts > MOST_PARTS else f"parts nested {MOST_DEPTH} deep"
            self._faulty(f"it has {many}")
        part = Part(implied)
        if self.fault is None:
            parent.children.append(part)
            self._open.append(_Open(part))
        else:  # nothing more of it is looked at
            self._open.append(_Open(part, _BODY))
            self._boundaries.clear()

    def _is_boundary(self, line: bytes) -> bool:
        """Take a line that ends a part, if it is one: the innermost that it may end."""
        name = line[2:].rstrip()
        for boundary, ends in ((name, False), (name[:-2], True)):
            if (ends and not name.endswith(b"--")) or boundary not in self._boundaries:
                continue
            for at in range(len(self._open) - 1, -1, -1):
                if self._open[at].boundary == boundary and not self._open[at].closed:
                    self._to(at, ends)
                    return True
        return False

    def _to(self, at: int, ends: bool) -> None:
        """Close the parts within the one at ``at``, and begin its next part, or end it."""
        if self._open[-1].state == _HEADER:
            self._end_header(self._open[-1])
        for inner in self._open[at + 1 :]:
            if inner.boundary and not inner.closed:
                self._forget(inner.boundary)
        del self._open[at + 1 :]
        outer = self._open[at]
        if ends:
            outer.closed = True
            self._forget(outer.boundary)
        else:
            digest = outer.part.type.value == "multipart/digest"
            self._begin(outer.part, "message/rfc822" if digest else "text/plain")

    def _forget(self, boundary: bytes) -> None:
        left = self._boundaries.pop(boundary, 1) - 1
        if left:
            self._boundaries[boundary] = left

    def _faulty(self, fault: str) -> None:
        if self.fault is not None:
            return
        self.fault = fault
        for part in self.root.walk():
            part.lines.clear()
