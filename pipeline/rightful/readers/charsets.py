"""Bytes as text in the character set that is stated for them. Floor 2: the readers.

A set is read as the Encoding Standard has it (https://encoding.spec.whatwg.org): who states ISO 8859-1 means windows-1252. Where
the bytes are not of that set, or none that is known is stated, they are UTF-8 or they cannot be read: what else they might be is
never guessed, because a wrong guess is a wrong text.
"""

from __future__ import annotations

import re

MEANS = {
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
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How bytes begin that are UTF-16 and say so."""
_NO_CHARSETS = frozenset({"unicode_escape", "raw_unicode_escape", "idna", "punycode", "mbcs", "oem", "undefined"})
_CHARSET_NAME = re.compile(r"[\w.:+-]{1,64}", re.ASCII)


class Undecodable(Exception):
    """Bytes that cannot be decoded in any way that was stated: no text, or no body; the reason is the message."""


def text_of(data: bytes, charset: str | None) -> str:
    """Bytes as the text that they are in ``charset``, or in UTF-8. Raises :class:`Undecodable`.

    >>> text_of(b"caf\\xe9", "iso-8859-1"), text_of(b"caf\\xc3\\xa9", "x-unknown"), text_of(b"plain", None)
    ('café', 'café', 'plain')
    """
    stated = (charset or "").strip(" \"'").lower()
    codec = MEANS.get(stated, stated)
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
