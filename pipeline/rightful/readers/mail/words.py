"""The bytes of a mail as text: transfer encodings, character sets, encoded words, flowed lines. Floor 2: the readers.

A character set is the one that a mail states, read as the Encoding Standard has it (https://encoding.spec.whatwg.org): who
states ISO 8859-1 means windows-1252. Where the bytes are not of that set, or none that is known is stated, they are UTF-8 or
they are damage: what else they might be is never guessed, because a wrong guess is a wrong text.
"""

from __future__ import annotations

import binascii
import re

_MEANS = {
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "l1", "iso_8859-1", "cp819"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb_2312-80", "chinese", "euc-cn"), "gb18030"),
    **dict.fromkeys(("ks_c_5601-1987", "ks_c_5601", "euc-kr", "ksc5601", "korean"), "cp949"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis"), "cp932"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical"), "iso-8859-8"),
    **dict.fromkeys(("utf8mb4", "unicode-1-1-utf-8", "cp65001"), "utf-8"),
    "cp-850": "cp850",
    "x-mac-roman": "mac_roman",
}
"""What a name of a character set means, where that is not the one which Python has under it."""
_NO_CHARSETS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "mbcs", "oem", "undefined"})
_CHARSET_NAME = re.compile(r"[\w.:+-]{1,64}", re.ASCII)
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\n|\Z)")


class Undecodable(Exception):
    """Bytes that are no text in any way that was stated; the reason is the message."""


def text_of(data: bytes, charset: str | None) -> str:
    """Bytes as the text that they are in ``charset``, or in UTF-8. Raises :class:`Undecodable`.

    >>> text_of(b"caf\\xe9", "iso-8859-1"), text_of(b"caf\\xc3\\xa9", "x-unknown"), text_of(b"plain", None)
    ('café', 'café', 'plain')
    """
    stated = (charset or "").strip(" \"'").lower()
    codec = _MEANS.get(stated, stated)
    if codec not in ("", "utf-8", "utf8", "us-ascii", "ascii") and _is_charset(codec):
        try:
            text = data.decode(codec)
            text.encode()  # some sets can spell half a character
            return text
        except (LookupError, ValueError):
            pass
    try:
        return data.decode()
    except UnicodeDecodeError as bad:
        where = f"byte 0x{data[bad.start]:02x} at byte {bad.start} of the part"
    if not stated:
        raise Undecodable(f"no character set is stated, and the text is not UTF-8 ({where})")
    if not _is_charset(codec):
        raise Undecodable(f"the character set {stated[:64]!r} is unknown, and the text is not UTF-8 ({where})")
    raise Undecodable(f"the text is neither in the stated character set {stated[:64]!r} nor UTF-8 ({where})")


def _is_charset(codec: str) -> bool:
    if not _CHARSET_NAME.fullmatch(codec) or codec.replace("-", "_") in _NO_CHARSETS:
        return False
    try:
        "".encode(codec)
    except LookupError:  # unknown, or no text comes of it
        return False
    return True


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
    found: list[str] = []
    waiting, charset, at = b"", "", 0  # adjacent words of one set are one text: some mailers part a character
    for word in _WORD.finditer(value):
        between = value[at : word.start()]
        its = word[1].partition("*")[0].lower()
        if waiting and (between.strip() or its != charset):
            found.append(_word_text(waiting, charset))
            waiting = b""
        if between.strip() or not at:
            found.append(between)
        waiting, charset, at = waiting + _word_bytes(word[2], word[3]), its, word.end()
    if waiting:
        found.append(_word_text(waiting, charset))
    return "".join((*found, value[at:]))


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
    found: list[str] = []
    parts: list[str] = []  # of a paragraph that goes on
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        quoted = len(line) - len(content)
        content = content.removeprefix(" ")
        if parts and (quoted != depth or content == "-- "):
            found.append(_paragraph(parts, depth))
            parts = []
        depth = quoted
        if content == "-- ":
            found.append(_paragraph([content], depth))
        elif content.endswith(" "):
            parts.append(content[:-1] if joins else content)
        else:
            found.append(_paragraph([*parts, content], depth))
            parts = []
    return "\n".join([*found, _paragraph(parts, depth)] if parts else found)


def _paragraph(parts: list[str], depth: int) -> str:
    line = "".join(parts)
    return f"{'>' * depth} {line}" if depth else line
