"""Which places an address means, whatever its spelling. Floor 1: pure; the lists are handed in. Law 13.1.

For withdrawals, opt-outs and takedowns, and for the receipts that lift them (law 13.1, 13.2): scheme, port,
user, doubled slashes, a last slash, sessions and tracking parameters do not count, nor do labels such as ``www`` and
``m`` left of the registrable domain; escapes that a server reads as the characters are these. An address that holds
another (an archive, a cache, a translator, or any path or query with ``http://``) means both. It only ever refuses
more: what a consent grants is matched as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import unquote

from rightful.later import late_pattern
from rightful.notation.urls import ascii_host, canonical, is_host, registrable_domain, remove_dots

MOST_PLACES = 64
"""So many places of one address are kept: its own and, of what it holds, the innermost and the outermost."""
MOST_CHARS = 32_768
"""What stands behind these characters of an address (no server reads as many) is looked at from its end as well."""

_HELD = late_pattern(r"https?:[/\\]+", re.IGNORECASE)
_PLAIN = late_pattern(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)((?:/[A-Za-z0-9._~!$&'()*+,=@-]+)*)/?")
_ADDRESS = late_pattern(r"[a-z][a-z0-9+.-]*://(\[[^\]]*\]|[^/:?]*)(?::\d*)?([^?]*)\??(.*)", re.DOTALL)
_READ_AS = late_pattern(r"%(?:2[1246-9A-CF]|3[ABD]|40|5B|5D)")
"""Escapes of characters that mean the same without one: all of RFC 3986's reserved ones but ``?`` and ``#``."""
_ENDS = late_pattern(r"""[\s+<>"'\])]""")
_BETWEEN = late_pattern(r"[\s,;|]+(?=https?:[/\\]|//)", re.IGNORECASE)
_DOTTED = late_pattern(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z]{2,}(?::\d+)?", re.IGNORECASE)
_NUMBER = late_pattern(r"0[xX][0-9a-fA-F]*|[0-9]+")


@dataclass(frozen=True, eq=False)
class PlaceLists:
    """The dated lists of ``licenses/_places.toml``. ``version`` is the day of the newest entry.

    ``wrappers`` are hosts that show what lies elsewhere, ``everywhere`` names that are so under every public suffix;
    ``encoded`` maps a suffix under which hosts are spelled with hyphens to the labels that are not part of them.
    """

    version: str
    labels: frozenset[str]
    parameters: frozenset[str]
    parameter_prefixes: tuple[str, ...]
    segments: frozenset[str]
    wrappers: frozenset[str]
    everywhere: frozenset[str]
    encoded: tuple[tuple[str, int], ...]
    proxies: frozenset[str]


def places(url: str, lists: PlaceLists) -> tuple[str, ...]:
    """The keys of all places that an address means, its own first; none where it is no address with a host.

    A key looks like ``//host/path?query``. Two addresses mean one place when they have a key in common.

    >>> from rightful.catalog import place_lists
    >>> places("http://www.example.org:8080//mira/?utm_source=x", place_lists())
    ('//example.org/mira',)
    >>> places("https://web.archive.org/web/2020id_/http://m.example.org/mira", place_lists())
    ('//web.archive.org/web/2020id_/http:/m.example.org/mira', '//example.org/mira')
    """
    plain = _PLAIN.fullmatch(url)
    if plain and "/." not in plain[2]:
        host, wraps = _host(plain[1], lists)
        if not wraps:
            return (f"//{host}{plain[2]}",)
    keys: dict[str, None] = {}
    first, *more = _BETWEEN.split(url.strip())  # somebody wrote several
    waiting = [first, *(cut for text in more for cut in _cut(text))]
    looked: set[str] = set()
    while waiting and len(keys) < MOST_PLACES:
        text = waiting.pop(0)
        address, its_host = canonical(text)
        if address in looked:
            continue
        looked.add(address)
        if its_host is None:  # a name, or a scheme around an address: view-source:https://example.org/a
            waiting += _after_scheme([address])
            continue
        keys[_key(address, lists)] = None
        waiting += _inner(address, text.partition("#")[2], its_host, lists)
    return tuple(keys)


def own_places(url: str, lists: PlaceLists) -> tuple[str, ...]:
    """The place of an address, and of one in an archive, a cache or a reader that of the page which it shows.

    What any other page holds in its address is not what it shows.
    """
    keys = places(url, lists)
    return keys if len(keys) > 1 and _host(host_of_place(keys[0]), lists)[1] else keys[:1]


def place_of(url: str, lists: PlaceLists) -> str | None:
    """The key of the place of an address itself, without those that it holds."""
    address, host = canonical(url)
    return None if host is None else _key(address, lists)


def place_host(host: str, lists: PlaceLists) -> str:
    """A host without the labels that do not count.

    >>> from rightful.catalog import place_lists
    >>> [place_host(h, place_lists()) for h in ("en.m.wikipedia.org", "m.www.example.co.uk", "m.com")]
    ['en.wikipedia.org', 'example.co.uk', 'm.com']
    """
    return _host(host, lists)[0]


def host_of_place(key: str) -> str:
    """The host of a key."""
    return key[2:].partition("?")[0].partition("/")[0].strip("[]")


@lru_cache(maxsize=65_536)
def _host(host: str, lists: PlaceLists) -> tuple[str, bool]:
    """A host as a place has it, and whether it is one that may hold another."""
    if ":" in host:
        return (_mapped(host) or f"[{host}]"), False
    labels = host.split(".")
    if labels[-1][:1].isdigit() and (address := _ipv4(labels)):
        return address, False
    wraps = _shows_others(host, lists) or next(_encoded_hosts(host, lists), None) is not None
    if lists.labels.isdisjoint(labels):
        return host, wraps
    sold = registrable_domain(host) or host
    left = labels[: len(labels) - 1 - sold.count(".")]
    return ".".join([*(label for label in left if label not in lists.labels), sold]), wraps


def _shows_others(host: str, lists: PlaceLists) -> bool:
    labels = host.split(".")
    if not lists.wrappers.isdisjoint(".".join(labels[i:]) for i in range(len(labels) - 1)):
        return True
    if lists.everywhere.isdisjoint(labels):
        return False
    return (registrable_domain(host) or "").partition(".")[0] in lists.everywhere


def _key(address: str, lists: PlaceLists) -> str:
    """The key of a canonical address."""
    match = _ADDRESS.fullmatch(address)
    if match is None:  # canonical() with a host always is one
        return address
    host, _ = _host(ascii_host(match[1]), lists)
    path = _READ_AS.sub(_character, match[2])
    if ";" in path:
        path = "/".join(_segment(s, lists) for s in path.split("/"))
    path = remove_dots(re.sub("/{2,}", "/", path.replace("\\", "/"))).rstrip("/")
    query = _query(match[3], lists)
    return f"//{host}{path}{'?' if query else ''}{query}"


def _segment(segment: str, lists: PlaceLists) -> str:
    name, *parameters = segment.split(";")
    kept = [p for p in parameters if p and p.partition("=")[0].lower() not in lists.segments]
    return ";".join([name, *kept])


def _query(query: str, lists: PlaceLists) -> str:
    """The parameters that count, each once and in order: a server does not go by how they are arranged."""
    if not query:
        return ""
    parts = _READ_AS.sub(_inside, query).replace("&amp;", "&").replace("+", "%20").split("&")
    kept = {
        p.rstrip("/").removesuffix("=")
        for p in parts
        if p.strip("=/") and not _tracks(p.partition("=")[0].lower(), lists)
    }
    return "&".join(sorted(kept))


def _tracks(name: str, lists: PlaceLists) -> bool:
    return name in lists.parameters or name.startswith(lists.parameter_prefixes)


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[0][1:], 16))


def _inside(escape: re.Match[str]) -> str:
    """As in a path, but for what takes a query apart."""
    return escape[0] if escape[0] in ("%26", "%3D", "%2B") else _character(escape)


def _inner(address: str, fragment: str, host: str, lists: PlaceLists) -> list[str]:
    """The addresses that one holds, the innermost first."""
    match = _ADDRESS.fullmatch(address)
    path, query = (match[2], match[3]) if match else ("", "")
    values = [v for part in query.replace("&amp;", "&").split("&") for v in (part, part.partition("=")[2]) if v]
    whole = f"{path}?{query}" if query else path
    held = dict.fromkeys(_after_scheme([whole, *values, fragment]))
    if _shows_others(host, lists):
        held |= dict.fromkeys(_without_scheme(whole, values))
    held |= dict.fromkeys(f"https://{name}{whole}" for name in _encoded_hosts(host, lists))
    return [*held]


def _after_scheme(texts: Iterable[str]) -> Iterator[str]:
    """What begins with http:// or https:// in a text, as it is, decoded once, and decoded twice; the last first."""
    for text in texts:
        for read in _decoded(text):
            at = [m.start() for m in _HELD.finditer(read)][::-1]
            for start in at[: MOST_PLACES // 2] + at[MOST_PLACES // 2 :][-MOST_PLACES // 2 :]:
                yield from _cut(read[start:])


def _without_scheme(whole: str, values: Iterable[str]) -> Iterator[str]:
    """What begins with a host: from a segment of the path on, or in the value of a parameter (``cache:example.org/a``)."""
    for read in _decoded(whole):
        path, mark, query = read.partition("?")
        segments = path.split("/")
        for i, segment in enumerate(segments):
            if _may_be_host(segment):
                yield "https://" + "/".join(segments[i:]) + mark + query
    for value in values:
        for read in _decoded(value):
            pieces = read.split(":")
            for i in range(len(pieces)):
                rest = ":".join(pieces[i:]).lstrip("/")
                if _may_be_host(re.split(r"[/?\s+]", rest, maxsplit=1)[0]):
                    yield from _cut(f"https://{rest}")


def _may_be_host(text: str) -> bool:
    """True for a host under any suffix, be it sold or not: where one is expected, too many are better than too few."""
    return _DOTTED.fullmatch(text) is not None or is_host(text)


_MOST_ESCAPED = 5


def _decoded(text: str) -> Iterator[str]:
    short = text if len(text) <= 2 * MOST_CHARS else f"{text[:MOST_CHARS]} {text[-MOST_CHARS:]}"
    for _ in range(_MOST_ESCAPED):
        yield short
        if "%" not in short:
            return
        short = unquote(short, errors="replace")


def _cut(text: str) -> Iterator[str]:
    """The text, and what stands before a blank in it: search words follow the address in a cache's query."""
    yield text
    ends = _ENDS.search(text)
    if ends:
        yield text[: ends.start()]


def _encoded_hosts(host: str, lists: PlaceLists) -> Iterator[str]:
    """The host that another holds in its own name."""
    labels = host.split(".")
    left: list[list[str]] = []
    for suffix, dropped in lists.encoded:
        if host.endswith("." + suffix):
            before = host.removesuffix("." + suffix).split(".")
            left.append(before[: len(before) - dropped])
    left += [labels[:i] for i, label in enumerate(labels) if label in lists.proxies]
    for before in left:
        if not before:
            continue
        *outer, last = before
        # 0-...-0 is written around a name whose third and fourth characters are hyphens.
        spelled = last[2:-2] if last.startswith("0-") and last.endswith("-0") else last
        unspelled = spelled.replace("--", "\0").replace("-", ".").replace("\0", "-")
        for name in (".".join(before), ".".join([*outer, unspelled])):
            if _may_be_host(name):
                yield name


def _ipv4(parts: list[str]) -> str:
    """An IPv4 address that is written as browsers read it (``0x7f.1``), in its usual form; empty for another host."""
    if len(parts) > 4 or not all(_NUMBER.fullmatch(p) for p in parts):
        return ""
    try:
        numbers = [
            int(p, 16) if p[:2].lower() == "0x" and p[2:] else int(p or "0", 8 if p[:1] == "0" else 10) for p in parts
        ]
        *first, last = numbers
        if any(n > 255 for n in first) or last >= 256 ** (4 - len(first)):
            return ""
        return str(IPv4Address(sum(n << (8 * (3 - i)) for i, n in enumerate(first)) + last))
    except (ValueError, AddressValueError):
        return ""


def _mapped(host: str) -> str:
    try:
        inside = IPv6Address(host.partition("%")[0]).ipv4_mapped
    except AddressValueError:
        return ""
    return str(inside) if inside else ""
