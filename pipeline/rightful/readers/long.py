"""Texts that are long: they stay bytes, and are looked at in pieces. Floor 2: the readers.

A string of Python has four bytes for every character as soon as one of them is an emoji, and its UTF-8 is kept beside it.
So a text of more than :data:`LONG_BYTES` never becomes one: what is asked of it is asked of pieces, with the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from rightful.notation.characters import is_blank

LONG_BYTES = 8 << 20
"""A text of more bytes is long."""
_PIECE_BYTES = 1 << 20
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
"""A string as JSON writes it."""
_WHOLE = re.compile(rb"(?:[^\\]{1,4096}|\\u[dD][89abAB]..\\u....|\\u....|\\[^u]){1,256}+", re.DOTALL)
"""Some of what is in such a string, no escape cut off, and of two that are one character neither."""


class NotUtf8(ValueError):
    """Bytes that are no text, and where the first of them stands."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


def fault_of(text: bytes | bytearray | memoryview) -> str | None:
    """As :func:`rightful.readers.fields.text_fault`, of the bytes of a text. Raises :class:`NotUtf8`.

    >>> fault_of(b"a day"), fault_of(" \\u200b".encode())
    (None, 'empty text')
    """
    blank, nul, characters = True, -1, 0
    for start, stop in _cut(text):
        try:
            piece = str(memoryview(text)[start:stop], "utf-8")
        except UnicodeDecodeError as bad:
            raise NotUtf8(start + bad.start) from None
        blank = blank and is_blank(piece)
        if nul < 0 and "\0" in piece:
            nul = characters + piece.index("\0")
        characters += len(piece)
    if blank:
        return "empty text"
    return f"NUL character in the text (at character {nul})" if nul >= 0 else None


def _cut(text: bytes | bytearray | memoryview) -> Iterator[tuple[int, int]]:
    """Where pieces begin and end; no character is cut."""
    start = 0
    while start < len(text):
        stop = start + _PIECE_BYTES
        if stop < len(text):
            # Where four bytes in a row begin no character the last of them belongs to none.
            stop = next((at for at in range(stop, stop - 4, -1) if text[at] & 0xC0 != 0x80), stop)
        yield start, min(stop, len(text))
        start = stop


class Lifted(NamedTuple):
    """A line of JSON without its longest string: in ``line`` stands ``mark`` in the place of what was ``within`` the quotes."""

    line: bytes
    mark: str
    within: tuple[int, int]


def lifted(line: bytes) -> Lifted | None:
    """A line without its longest string; None where that is not most of it."""
    start, stop = max((found.span() for found in _TOKEN.finditer(line)), key=lambda s: s[1] - s[0], default=(0, 0))
    if 2 * (stop - start) < len(line):
        return None
    mark = "a long text"
    while mark.encode() in line[:start] or mark.encode() in line[stop:]:
        mark += "."
    return Lifted(b'%b"%b"%b' % (line[:start], mark.encode(), line[stop:]), mark, (start + 1, stop - 1))


def unescaped(line: bytes, start: int, stop: int) -> bytearray | None:
    """The UTF-8 of the string that stands there as JSON; None where it is none."""
    text = bytearray()
    while start < stop:
        met = _WHOLE.match(line, start, stop)
        if met is None:
            return None
        end = met.end()
        while end < stop and line[end] & 0xC0 == 0x80 and end > start + 1:  # in the midst of a character
            end -= 1
        try:
            text += orjson.loads(b'"%b"' % line[start:end]).encode()
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return None
        start = end
    return text
