"""Addresses in one form, so that an opt-out reaches what it means. Floor 1: pure.

RFC 3986, sections 6.2.2 and 6.2.3: scheme and host in lower case, no default port, no dot segments, no fragment,
percent-encoding in upper case and only where it is needed; an international host in its ASCII form (IDNA). What people
write and browsers read (WHATWG URL) is read too: no scheme, one slash or a backslash, a raw blank, an escaped host.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from functools import cache, lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, unquote

from publicsuffixlist import PublicSuffixList

from rightful.later import late_pattern

_PORTS = {"http": "80", "https": "443", "ftp": "21"}

_EDGES = "".join(map(chr, range(0x21))) + "\x7f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"
_EDGES += "".join(map(chr, range(0x2000, 0x2010)))
"""What is no part of an address that it stands around: controls, blanks, characters without a width."""

_PLAIN = late_pattern(
    r"(?:(https?):)?//([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)"
    r"(/[A-Za-z0-9._~!$&'()*+,;=:@/-]*)?(\?[A-Za-z0-9._~!$&'()*+,;=:@/?-]+)?(?:#.*)?",
    re.DOTALL,
)
"""The addresses that need no more than their path looked at, which are nearly all."""
_KEY = late_pattern(r"//([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?=/|$)")
_SCHEME = late_pattern(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PARTS = late_pattern(r"([^/\\?#]*)([^?#]*)(?:\?([^#]*))?", re.DOTALL)
_NAME = late_pattern(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
_ALLOWED = "!$&'()*+,;=:@/"
_CLEAN = late_pattern(r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]*")
_STRAY = late_pattern(r"%(?![0-9A-Fa-f]{2})")
_ESCAPES = late_pattern(r"(?:%[89A-Fa-f][0-9A-Fa-f])+|%[0-7][0-9A-Fa-f]")
_KEPT = late_pattern(r"(%[0-7][0-9A-F])")
_UNRESERVED = late_pattern(r"[A-Za-z0-9._~-]")

WEB_PLACE = r"^https?:/([^/]*?)(?::(?:80|443))?(/|$)"
"""Scheme, host and default port of the web once slashes are single. Python and RE2 read it alike."""
OTHER_PLACE = r"^([a-z][a-z0-9+.-]*):/"


def canonical(url: str) -> tuple[str, str | None]:
    """The canonical form of an address and its host.

    An address without a scheme is read as https when it starts with ``//`` or ``www.`` or with a host under a known
    public suffix. What is no address with a host (a path, a name, ``urn:...``) is returned stripped, with host None.

    >>> canonical("HTTP://Example.ORG:80/a/./b/../c#x")
    ('http://example.org/a/c', 'example.org')
    >>> canonical("example.org/caf\u00e9")
    ('https://example.org/caf%C3%A9', 'example.org')
    """
    plain = _PLAIN.fullmatch(url)
    if plain:
        scheme, host, path, query = plain.groups()
        path = path or "/"
        return f"{scheme or 'https'}://{host}{remove_dots(path) if '/.' in path else path}{query or ''}", host
    stripped = url.strip(_EDGES)
    scheme, rest = _scheme(stripped.translate(_NO_BREAKS))
    parts = _PARTS.match(rest) if scheme else None
    if not parts:
        return stripped, None
    host, port = _place(parts[1])
    if not host:
        return stripped, None
    shown = f"[{host}]" if ":" in host else host
    if port and port != _PORTS.get(scheme):
        shown = f"{shown}:{port}"
    path = remove_dots(_encode(parts[2].replace("\\", "/"))) or "/"
    query = _encode(parts[3] or "", "?")
    return f"{scheme}://{shown}{path}{'?' if query else ''}{query}", host


@lru_cache(maxsize=65_536)
def is_on_the_web(url: str) -> bool:
    """True for an address of http or https that has a host.

    >>> is_on_the_web("https://example.org/"), is_on_the_web("file:///srv/p.html"), is_on_the_web("urn:isbn:1")
    (True, False, False)
    """
    address, host = canonical(url)
    return host is not None and address.startswith(("http://", "https://"))


def ascii_host(host: str) -> str:
    """A host in lower case, without escapes, brackets and a final dot, in its ASCII form where it has one.

    What no host may hold stays escaped, so the answer never breaks an address apart.
    """
    text = _bare(_well_formed(unquote(host)))
    if ":" in text:
        address = _ipv6(text)
        if address:
            return address
    text = unicodedata.normalize("NFC", text.lower())
    if not text.isascii():
        with contextlib.suppress(UnicodeError):  # no name that can be looked up; it still equals itself
            text = _bare(text.encode("idna").decode("ascii").lower())
    return quote(text, safe="!$&'()*+,;=")


@lru_cache(maxsize=65_536)
def registrable_domain(host: str) -> str | None:
    """The domain under which names are sold (``a.b.co.uk`` -> ``b.co.uk``), by the Public Suffix List; None for an address."""
    if host.replace(".", "").isdigit() or ":" in host:
        return None
    domain: str | None = _suffixes(accept_unknown=True).privatesuffix(host)
    return domain


@cache
def _suffixes(*, accept_unknown: bool) -> PublicSuffixList:
    """Made when it is first needed: reading the list is a fifth of starting the command."""
    return PublicSuffixList(accept_unknown=accept_unknown)


def prefix_key(url: str) -> str:
    """The key of a prefix or an address when matching: that of its canonical form, without a final slash."""
    plain = _PLAIN.fullmatch(url)
    if plain and "//" not in (path := plain[3] or "") and "/." not in path:  # its own canonical form
        return f"//{plain[2]}{path or '/'}{plain[4] or ''}".rstrip("/")
    address, _ = canonical(url)
    return match_key(address).rstrip("/")


def host_of_key(key: str) -> str | None:
    """The host of an address from its :func:`prefix_key`; None where it has none."""
    plain = _KEY.match(key)
    return plain[1] if plain else canonical(key)[1]


def match_key(address: str) -> str:
    """The key of a canonical address: what names one place to whoever opts out has one key.

    ``http`` and ``https``, the ports 80 and 443 of either, and empty segments of a path make no other place.
    ``store.matching`` says the same in SQL.

    >>> match_key("http://ex.org:443//mira///a?q=//")
    '//ex.org/mira/a?q=//'
    """
    place, mark, query = address.partition("?")
    place = re.sub(WEB_PLACE, r"//\1\2", re.sub(r"/+", "/", place))
    return re.sub(OTHER_PLACE, r"\1://", place) + mark + query


_NO_BREAKS = {ord(c): None for c in "\t\r\n"}


def _scheme(text: str) -> tuple[str, str]:
    """The scheme and what follows its slashes; no scheme where the text is no address."""
    named = _SCHEME.match(text)
    if named:
        scheme, rest = named[1].lower(), text[named.end() :]
        if scheme in _PORTS:
            return scheme, rest.lstrip("/\\")
        if rest[:2].replace("\\", "/") == "//":
            return scheme, rest[2:]
    if text[:2].replace("\\", "/") == "//":
        return "https", text.lstrip("/\\")
    parts = _PARTS.match(text)
    first = parts[1] if parts else ""
    return ("https", text) if is_host(first) else ("", "")


@lru_cache(maxsize=65_536)
def is_host(first: str) -> bool:
    """True for what can only be a host under a known public suffix, or such a host and a port."""
    if "." not in first or "@" in first:
        return False
    name, _, port = first.partition(":")
    if port and not (port.isascii() and port.isdigit()):
        return False
    host = ascii_host(name)
    if not _NAME.fullmatch(host):
        return False
    return host.startswith("www.") or _is_ipv4(host) or _suffixes(accept_unknown=False).publicsuffix(host) is not None


def _place(authority: str) -> tuple[str, str]:
    """Host and port; a name and a password before them are left out, and a broken port does not hide the host."""
    at = authority.rpartition("@")[2]
    if at.startswith("[") and "]" in at:
        name, _, port = at.rpartition("]")
        port = port.removeprefix(":")
    elif at.count(":") > 1 and _ipv6(at):
        name, port = at, ""
    else:
        name, _, port = at.partition(":")
    if not (port.isascii() and port.isdigit() and len(port) < 10 and int(port) < 65_536):
        return ascii_host(name), ""
    return ascii_host(name), str(int(port))


def _bare(host: str) -> str:
    return host.lstrip(_EDGES + "[").rstrip(_EDGES + "].")


def _ipv6(text: str) -> str:
    """The shortest form of an IPv6 address without its zone, or nothing."""
    try:
        return IPv6Address(text.partition("%")[0]).compressed
    except AddressValueError:
        return ""


def _is_ipv4(text: str) -> bool:
    try:
        return bool(IPv4Address(text))
    except AddressValueError:
        return False


def _well_formed(text: str) -> str:
    """The text with halves of a character replaced: they have no bytes in UTF-8."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _encode(text: str, extra: str = "") -> str:
    """A path or a query with escapes only where they are needed: UTF-8 after NFC, in upper case."""
    if _CLEAN.fullmatch(text):
        return text
    text = _ESCAPES.sub(_unescape, _STRAY.sub("%25", _well_formed(text)))
    # Piece by piece: the last digit of an escape does not combine with an accent behind it.
    pieces = _KEPT.split(text)
    text = "".join(p if n % 2 else unicodedata.normalize("NFC", p) for n, p in enumerate(pieces))
    return quote(text, safe="%" + _ALLOWED + extra, errors="surrogateescape")


def _unescape(match: re.Match[str]) -> str:
    # Bytes that are no UTF-8 come back as the same bytes: surrogateescape both ways.
    text = bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "surrogateescape")
    return text if _UNRESERVED.fullmatch(text) or not text.isascii() else match[0].upper()


def remove_dots(path: str) -> str:
    """A path without its segments ``.`` and ``..`` (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
