"""The bytes of a mail as text: transfer encodings, character sets, encoded words, flowed lines. Floor 2: the readers.

What cannot be read is never guessed (``readers.charsets``).
"""

from __future__ import annotations

import binascii
import re

from rightful.readers.charsets import Undecodable, text_of

_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\n|\Z)")


def transferred(data: bytes, encoding: str) -> bytes:
    """The bytes of a part without their content transfer encoding (RFC 2045, section 6). Raises :class:`Undecodable`."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_SOFT_BREAK.sub(b"=", data))
    if encoding == "base64":
        return _base64(data)
    if encoding in ("", "7bit", "8bit", "binary"):
        return data
    raise Undecodable(f"the transfer encoding {encoding[:64]!r} is not read")


def _base64(data: bytes) -> bytes:
    """As RFC 2045, section 6.8, has it: what is not of the alphabet is passed over, what follows the padding is not read."""
    digits = _NO_BASE64.sub(b"", data.partition(b"=")[0])
    if len(digits) % 4 == 1:
        raise Undecodable("its base64 ends in the middle of a byte")
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def header_text(value: str) -> str:
    """The value of a header field with its encoded words read (RFC 2047); U+FFFD for what cannot be read.

    >>> header_text("=?utf-8?q?Caf=C3=A9?= =?utf-8?b?IG5vaXI=?= now")
    'Café noir now'
    """
    if "=?" not in value:
        return value
    pieces: list[str] = []
    waiting, charset, at = b"", "", 0  # adjacent words of one set are one text: some mailers part a character
    for word in _WORD.finditer(value):
        between = value[at : word.start()]
        its = word[1].partition("*")[0].lower()
        if waiting and (between.strip() or its != charset):
            pieces.append(_word_text(waiting, charset))
            waiting = b""
        if between.strip() or not at:
            pieces.append(between)
        waiting, charset, at = waiting + _word_bytes(word[2], word[3]), its, word.end()
    if waiting:
        pieces.append(_word_text(waiting, charset))
    return "".join((*pieces, value[at:]))


def _word_bytes(how: str, data: str) -> bytes:
    raw = data.encode("utf-8", "replace")
    if how in "qQ":
        return binascii.a2b_qp(raw.replace(b"_", b" "), header=False)
    digits = _NO_BASE64.sub(b"", raw)
    return binascii.a2b_base64(digits[: len(digits) - (len(digits) % 4 == 1)] + b"=" * (-len(digits) % 4 % 3))


def _word_text(data: bytes, charset: str) -> str:
    try:
        return text_of(data, charset)
    except Undecodable:
        return data.decode("ascii", "replace")


def unflowed(text: str, *, joins: bool) -> str:
    """Paragraphs of ``format=flowed`` as one line each (RFC 3676, section 4). ``joins`` is its parameter DelSp.

    >>> unflowed("A long \\nline.\\n> quoted \\n> once\\n-- \\nAna", joins=False)
    'A long line.\\n> quoted once\\n-- \\nAna'
    """
    lines: list[str] = []
    parts: list[str] = []  # of a paragraph that goes on
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        quoted = len(line) - len(content)
        content = content.removeprefix(" ")
        if parts and (quoted != depth or content == "-- "):
            lines.append(_paragraph(parts, depth))
            parts = []
        depth = quoted
        if content == "-- ":
            lines.append(_paragraph([content], depth))
        elif content.endswith(" "):
            parts.append(content[:-1] if joins else content)
        else:
            lines.append(_paragraph([*parts, content], depth))
            parts = []
    return "\n".join([*lines, _paragraph(parts, depth)] if parts else lines)


def _paragraph(parts: list[str], depth: int) -> str:
    line = "".join(parts)
    return f"{'>' * depth} {line}" if depth else line
