"""A large XML document in pieces that stand for themselves: the pages or rows of a dump. Floor 2: the readers.

A dump is one document of many gigabytes, and XML allows no mistake in any of it. But a sign ``<`` that is text is written
``&lt;`` (https://www.w3.org/TR/xml/, section 2.4), so that wherever ``<page`` stands a page begins: each is cut out and read by
a parser of its own, what is damaged in one costs no other, and memory holds one of them.

The parser is expat without anything that reaches beyond the piece: a declaration of a document type or of an entity is
refused, which is what bombs and external entities begin with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from rightful.readers.streams import StreamBroken

DEEPEST = 64
"""So many elements may lie in each other; a page of a dump has four."""
MOST_ELEMENTS = 4_096
"""So many elements a piece may have."""


class NoXml(Exception):
    """A piece cannot be read. ``line`` counts from 1 within it."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(slots=True)
class Elements:
    """The elements of a piece by their way from its root: the text of the first of each, and its attributes;
    which of them come again.

    >>> read_piece(b"<page><id>7</id><text bytes='1'>a</text></page>").texts
    {'page': '', 'page/id': '7', 'page/text': 'a'}
    """

    texts: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)

    def text(self, way: str) -> str | None:
        """The text of an element without blanks around it; None where it is not there or empty."""
        return (self.texts.get(way) or "").strip() or None


@dataclass(slots=True)
class _Reading:
    elements: Elements = field(default_factory=Elements)
    way: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    count: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._settle()
        self.count += 1
        if len(self.way) >= DEEPEST:
            raise NoXml(f"more than {DEEPEST} elements lie in each other")
        if self.count > MOST_ELEMENTS:
            raise NoXml(f"more than {MOST_ELEMENTS} elements")
        self.way.append(name)
        way = "/".join(self.way)
        if way in self.elements.texts:
            self.elements.repeated.add(way)
        self.elements.texts.setdefault(way, "")
        self.elements.attributes.setdefault(way, attributes)

    def end(self, name: str) -> None:
        self._settle()
        self.way.pop()

    def data(self, text: str) -> None:
        self.parts.append(text)

    def _settle(self) -> None:
        if self.parts:
            text = "".join(self.parts)
            self.parts.clear()
            way = "/".join(self.way)
            if way and not self.elements.texts[way]:
                self.elements.texts[way] = text if text.strip() else ""


def read_piece(raw: bytes, *, whole: bool = True) -> Elements:
    """The elements of a piece of UTF-8; of one that goes on behind it with ``whole`` false. Raises :class:`NoXml`."""
    reading = _Reading()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.data
    parser.StartDoctypeDeclHandler = _refused_doctype
    parser.EntityDeclHandler = _refused_entity
    parser.ExternalEntityRefHandler = _refused_entity
    try:
        parser.Parse(raw, whole)
    except NoXml as refused:
        raise NoXml(refused.reason, parser.CurrentLineNumber) from None
    except expat.ExpatError as error:
        try:
            raw.decode()
        except UnicodeDecodeError as bad:
            if whole or bad.end < len(raw):
                reason = f"not UTF-8: byte 0x{raw[bad.start]:02x}"
                raise NoXml(reason, raw.count(b"\n", 0, bad.start) + 1) from None
        raise NoXml(f"not well-formed XML: {expat.ErrorString(error.code)}", error.lineno) from None
    return reading.elements


def _refused_doctype(name: str, *_: object) -> None:
    raise NoXml("it declares a document type (<!DOCTYPE), which no dump does: refused, for what it may stand for")


def _refused_entity(*_: object) -> int:
    raise NoXml("it declares or fetches an entity, which no dump does: refused")


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two marks of a document. ``kind`` is the mark that began it, empty for what stands before and
    between; ``raw`` is None where it is longer than allowed (``size`` bytes). ``closed``: it has an end."""

    kind: str
    raw: bytes | None
    line: int
    byte: int
    size: int
    closed: bool = True


def without_comments(raw: bytes) -> bytes:
    """The bytes of a document without its comments; one that does not end is none.

    >>> without_comments(b"a<!-- b -->c<!--d")
    b'ac<!--d'
    """
    kept: list[bytes] = []
    at = 0
    while (begin := raw.find(b"<!--", at)) >= 0 and (end := raw.find(b"-->", begin + 4)) >= 0:
        kept.append(raw[at:begin])
        at = end + 3
    return b"".join((*kept, raw[at:]))


_HIDING = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
"""What hides marks, and where it ends."""


def pieces(stream: Iterator[bytes], names: tuple[str, ...], most: int) -> Iterator[Piece]:
    """The document in pieces, in order: with ``names`` ``("page", "revision")`` what stands before the first page, then of
    each page a piece ``page`` up to its first revision, a piece ``revision`` each, and a piece ``/page`` for what follows.

    An element of a name lies in the one before it in ``names``. Of a piece at most ``most`` bytes are held. Raises
    :class:`StreamBroken` as ``stream`` does, after the piece that was open has been handed out, not closed.
    """
    cut = _Cut(names, most)
    broken: StreamBroken | None = None
    tokens = _tokens(stream, names)
    while True:
        try:
            token = next(tokens)
        except StopIteration:
            break
        except StreamBroken as error:
            broken = error
            break
        yield from cut.take(*token)
    yield from cut.rest()
    if broken is not None:
        raise broken


def _tokens(stream: Iterator[bytes], names: tuple[str, ...]) -> Iterator[tuple[bytes, bool]]:
    """The bytes of a document as marks (True) and what stands between them. Raises :class:`StreamBroken`."""
    of = "|".join(names).encode()
    mark = re.compile(rb"<(?:" + of + rb")(?=[\s/>])|</(?:" + of + rb")\s{0,4}>|<!--|-->|<!\[CDATA\[|\]\]>")
    longest = max(map(len, names)) + 8
    rest = b""
    broken: StreamBroken | None = None
    while True:
        try:
            more = next(stream, None)
        except StreamBroken as error:
            broken, more = error, None
        rest += more or b""  # what can be saved of a stream that breaks may be nothing
        last = len(rest) - longest if more is not None else len(rest)
        at = 0
        for match in mark.finditer(rest):
            if match.start() > last:
                break
            if match.start() > at:
                yield rest[at : match.start()], False
            yield match[0], True
            at = match.end()
        if last > at:
            yield rest[at:last], False
            at = last
        rest = rest[at:]
        if more is None:
            break
    if broken is not None:
        raise broken


class _Cut:
    """Collects the bytes of a piece until its end."""

    def __init__(self, names: tuple[str, ...], most: int) -> None:
        self._names = names
        self._most = most
        self._open = ""  # the innermost element that is open
        self._hidden = b""  # what ends the comment or section that is open
        self._line, self._byte = 1, 0
        self._begin("")

    def _begin(self, kind: str) -> None:
        self._kind = kind
        self._held = bytearray()
        self._size = 0
        self._from = self._line, self._byte

    def _end(self, kind: str, *, closed: bool = True) -> Iterator[Piece]:
        """The piece that ends here; what follows is one of ``kind``."""
        if self._size:
            raw = bytes(self._held) if self._size <= self._most else None
            yield Piece(self._kind, raw, *self._from, self._size, closed)
        self._begin(kind)

    def _add(self, raw: bytes) -> None:
        self._size += len(raw)
        if self._size <= self._most:
            self._held += raw
        else:
            self._held.clear()
        self._line += raw.count(b"\n")
        self._byte += len(raw)

    def take(self, raw: bytes, is_mark: bool) -> Iterator[Piece]:
        """The pieces that end with these bytes."""
        if not is_mark or self._hidden:
            self._hidden = b"" if is_mark and raw == self._hidden else self._hidden
            self._add(raw)
            return
        if raw in _HIDING:
            self._hidden = _HIDING[raw]
        name = raw.strip(b"</> \t\r\n").decode("ascii", "replace")
        if name not in self._names:
            self._add(raw)
        elif raw.startswith(b"</"):
            yield from self._closes(name, raw)
        else:
            yield from self._opens(name, raw)

    def _opens(self, name: str, raw: bytes) -> Iterator[Piece]:
        at = self._names.index(name)
        inside = at == 0 or self._open in self._names[at - 1 :]
        if not inside:
            self._add(raw)
            return
        # An element that is open still and does not hold this one never ended.
        unended = bool(self._open) and self._names.index(self._open) >= at
        yield from self._end(name, closed=not unended)
        self._open = name
        self._add(raw)

    def _closes(self, name: str, raw: bytes) -> Iterator[Piece]:
        at = self._names.index(name)
        if not self._open or self._names.index(self._open) < at:
            self._add(raw)  # the end of what never began
        elif at:
            self._add(raw)
            yield from self._end("/" + name)
            self._open = self._names[at - 1]
        else:
            yield from self._end("/" + name, closed=self._kind not in self._names[1:])
            self._add(raw)
            yield from self._end("")
            self._open = ""

    def rest(self) -> Iterator[Piece]:
        """What is left when the document ends."""
        yield from self._end("", closed=not self._open)
