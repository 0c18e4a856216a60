"""Rows whose content is elsewhere: an image, a recording, a blob, by its address or id. Floor 2: the readers.

The lists of `img2dataset`, LAION, DataComp and YFCC have a row for each picture, and the picture is somewhere else. Such a row is
a record with rights of its own and without a text: what it is about is known by the digest that the row states, or else by where
it lies. Its media type is that of a message whose body is elsewhere (RFC 2046, section 5.2.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rightful.readers.values import first_address
from rightful.rights.columns import Fields

MEDIA, DIGEST = "media", "media_sha256"
DIGESTS = ("sha256", "media_sha256", "image_sha256", "image.sha256")
"""Columns that are tried for the digest of the content."""
CAPTIONS = ("caption", "captions", "text", "alt", "alt_text", "description")
"""What a row says of a picture is its title, where it has no other."""
_SIZES = (frozenset({"width", "height"}), frozenset({"original_width", "original_height"}))
_SHA256 = re.compile(r"(?:sha-?256[:=])?([0-9a-f]{64})", re.IGNORECASE)


def is_elsewhere(
    fields: Fields, names: Iterable[str], places: Mapping[str, tuple[object, ...]], *, talks: bool
) -> bool:
    """Whether the content of rows with these names is elsewhere: an option, recipe or card names the column of its address
    (``media``), and none for a text that there is as well; or there is no text at all, but the address and the size of a
    picture."""
    if fields.media is not None:
        return bool(places[MEDIA]) and not (fields.text is not None and places["text"])
    if fields.text is not None or talks or places["text"] or not places["url"]:
        return False
    folded = {name.casefold() for name in names}
    return any(sizes <= folded for sizes in _SIZES)


def digest_in(value: str | None) -> str | None:
    """A SHA-256 as 64 hexadecimal digits in lower case; None for what is none.

    >>> digest_in("SHA256:" + "AB" * 32) == "ab" * 32, digest_in("d41d8cd98f00b204e9800998ecf8427e")
    (True, None)
    """
    stated = _SHA256.fullmatch(value.strip()) if value is not None else None
    return stated[1].lower() if stated is not None else None


def with_media(media: str, url: str | None, urls: list[str] | None) -> tuple[str | None, list[str] | None]:
    """The addresses of a row whose content lies at ``media``: that one first, where it is one.

    >>> with_media("https://example.org/1.jpg", "https://example.org/page", None)
    ('https://example.org/1.jpg', ['https://example.org/1.jpg', 'https://example.org/page'])
    """
    address = first_address(media)
    if address is None or "://" not in address or address == url:
        return url, urls
    listed = list(dict.fromkeys([address, *(urls or ([url] if url is not None else []))]))
    return address, listed if len(listed) > 1 else None
