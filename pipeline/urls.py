"""Addresses in one form, so that an opt-out reaches what it means. Floor 0: pure.

RFC 3986, section 6.2.2 and 6.2.3: scheme and host in lower case, no default port, no dot segments, no fragment,
percent-encoding in upper case and only where it is needed; an international host in its ASCII form (IDNA).
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit, urlunsplit

from publicsuffixlist import PublicSuffixList

_PORTS = {"http": 80, "https": 443, "ftp": 21}
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_SUFFIXES = PublicSuffixList()


def canonical(url: str) -> tuple[str, str | None]:
    """The canonical form of an address and its host.

    What is not an absolute address with a host (a path, a name, ``urn:...``) is returned stripped, with host None.

    >>> canonical("HTTP://Example.ORG:80/a/./b/../c#x")
    ('http://example.org/a/c', 'example.org')
    """
    stripped = url.strip()
    try:
        parts = urlsplit(stripped)
        host = parts.hostname
    except ValueError:
        return stripped, None
    port = _port(parts)
    if not host or not parts.scheme:
        return stripped, None
    scheme = parts.scheme.lower()
    host = ascii_host(host)
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS.get(scheme):
        shown = f"{shown}:{port}"
    path = _remove_dots(_unescape(parts.path)) or "/"
    return urlunsplit(SplitResult(scheme, shown, path, _unescape(parts.query), "")), host


@lru_cache(maxsize=65_536)
def ascii_host(host: str) -> str:
    """A host name in lower case, without a final dot, in its ASCII form where it has one."""
    plain = host.lower().rstrip(".")
    try:
        return plain if plain.isascii() else plain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain


@lru_cache(maxsize=65_536)
def registrable_domain(host: str) -> str | None:
    """The domain under which names are sold (``a.b.co.uk`` -> ``b.co.uk``), by the Public Suffix List; None for an address."""
    if host.replace(".", "").isdigit() or ":" in host:
        return None
    found: str | None = _SUFFIXES.privatesuffix(host)
    return found


def prefix_key(url: str) -> str:
    """The key of a prefix or an address when matching: canonical, without the scheme of the web and a final slash.

    ``http`` and ``https`` are one place to whoever opts out.
    """
    address, _ = canonical(url)
    return match_key(address).rstrip("/")


def match_key(address: str) -> str:
    """The key of a canonical address: ``http:`` and ``https:`` are left out."""
    return re.sub(r"^https?:", "", address)


def _port(parts: SplitResult) -> int | None:
    """The port, None where it is none: a broken port must not hide the host from an opt-out."""
    try:
        return parts.port
    except ValueError:
        return None


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        char = chr(int(match.group(1), 16))
        return char if _UNRESERVED.fullmatch(char) else match.group(0).upper()

    return _ESCAPE.sub(one, text)


def _remove_dots(path: str) -> str:
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
