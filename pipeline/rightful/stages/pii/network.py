"""Addresses of mail and machines, read closely: e-mail, IPv4, IPv6, MAC. Floor 3; not a stage."""

from __future__ import annotations

import functools
import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from publicsuffixlist import PublicSuffixList

# --- e-mail ---------------------------------------------------------------------------------------------------------

_LOCAL = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\xff-]{1,64}")
_LABEL = rb"[A-Za-z0-9\x80-\xff][A-Za-z0-9\x80-\xff-]{0,62}\."
_DOMAIN = re.compile(rb"(?:%b)+(xn--[A-Za-z0-9-]+|[A-Za-z]{2,24})(?![A-Za-z0-9])" % _LABEL)
# What a package manager takes for a version, name@1.0.0-beta.dev, where the last word is a top-level domain by chance.
_RELEASE = re.compile(
    rb"v?[0-9]{1,8}(?:\.[0-9]{1,8}){1,2}(?:-|\.?(?:alpha|beta|dev|post|pre|rc|canary|next|a|b)[0-9]*[.-])"
    rb"|v?[0-9]{1,8}(?:\.[0-9]{1,8}){2}\.(?![0-9])"
    rb"|v?[0-9]{1,8}\.[0-9]{1,8}\.dev(?![0-9A-Za-z.-])"
)
_AROUND = re.compile(rb"[/=*`|{}&?#~!$%^]")  # allowed, but in texts they are mark-up and parts of addresses of the web
_NOBODY = frozenset([b"git"])  # git@host:path
_SPECIAL = frozenset("corp example home internal intranet invalid lan local test".split())  # RFC 2606, 6762; in use


@functools.lru_cache(1 << 14)
def email(left: bytes, right: bytes) -> tuple[int, int] | None:
    """How far an address reaches to the left and right of its ``@``; None where there is none.

    ``left`` and ``right`` are up to 64 and 256 bytes: as much as an address can have (RFC 5321, 4.5.3.1).
    """
    local = _LOCAL.match(left[::-1])  # from the sign outwards, so that no text makes it slow
    domain = _DOMAIN.match(right)
    if local is None or domain is None or _RELEASE.match(right):
        return None
    name = _AROUND.split(local[0][::-1])[-1].lstrip(b"'.-")
    if name[:1] >= b"\x80":  # a sentence without spaces may stand before it
        name = re.sub(rb"^(?:[\xe3-\xed][\x80-\xbf]{2})+(?=[A-Za-z0-9])", b"", name)
    if name.endswith(b".") or not any(c > 0x7F or chr(c).isalnum() for c in name):
        return None
    if name in _NOBODY or not _is_top_level(domain[1].lower()):
        return None
    return len(name), len(domain[0])


@functools.lru_cache(4096)
def _is_top_level(label: bytes) -> bool:
    name = label.decode()
    return name in _SPECIAL or _suffixes().publicsuffix(f"x.{name}") is not None


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


# --- IP addresses ---------------------------------------------------------------------------------------------------

# The special-purpose registries of IANA (RFC 6890 and later). Python's own `is_global` differs between its versions.
_NOT_PUBLIC_V4 = [
    IPv4Network(n)
    for n in """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
    192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3""".split()
]
_NOBODYS_V4 = [IPv4Network(n) for n in "0.0.0.0/8 127.0.0.0/8 224.0.0.0/3".split()]
_GLOBAL_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = [IPv6Network(n) for n in "2001::/23 2001:db8::/32 2002::/16 3fff::/20".split()]
_CARRIES_V4 = [IPv6Network(n) for n in "::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96".split()]

_VERSION_BEFORE = re.compile(
    rb"(?i)(?:\b(?:version|ver|release|rel|build|rev|revision|section|sec|chapter|clause|figure|table|rule|art|article"
    rb"|paragraph|appendix|item|oid)s?[ .:=]{0,3}|\xc2\xa7 ?|\bv[. ]?|[A-Za-z][/_]"
    rb"|\b(?:firmware|kernel|driver|bios|microcode|patch|hotfix)s? )$"  # no colon: logs of the kernel name addresses so
)

# After one version there may be more, which nothing but the first is announced by: lists and ranges.
BEFORE = 256
"""So many bytes before a number tell what it is: about twenty numbers of a list."""

_NUMBER = rb"\b([vV]?)([0-9]{1,8})(?:\.[0-9]{1,8}){0,5}(?:\.[xX*])?"
_GAP = rb"[ \t\r\n]{0,3}"
_TO = (
    rb"(?i:\bto\b|\bthrough\b|\bthru\b|\buntil\b|\bup to\b|\bbis\b|--?>|=>|\.\.\.?|-|\xe2\x80[\x90-\x95\xa6]"
    rb"|\xe2\x86\x92|\xe2\x87\x92|\xe2\x9e[\x94\x9c])"
)
_AND = rb"(?i:[,;/|&+]|(?:[,;] ?)?(?:\band\b|\bor\b|\bund\b|\boder\b|\bet\b|\bou\b|\by\b|\be\b))"
_EARLIER = re.compile(rb"%b%b(?:(%b)|%b)%b[vV]?$" % (_NUMBER, _GAP, _TO, _AND, _GAP))
_LIST_OF_VERSIONS = re.compile(
    rb"(?i)(?:\b(versions|vers|releases|builds|revs|revisions|sections|secs|chapters|clauses|figures|arts|articles"
    rb"|paragraphs|appendices|oids|kernels|drivers|patches|hotfixes)[ .:=]{0,3}|\xc2\xa7(\xc2\xa7) ?"
    rb"|\b(?:version|ver|release|rel|build|rev|revision|section|sec|chapter|clause|figure|art|article|paragraph|appendix"
    rb"|oid|firmware|kernel|driver|bios|microcode|patch|hotfix)[ .:=]{0,3}|\xc2\xa7 ?|\bv[. ]?)$"
)
_ANNOUNCES = re.compile(
    rb"(?i)ver|rel|build|rev|sec|chap|clause|figure|art|para|appen|oid|firm|kernel|driv|bios|micro|patch|hotfix|\xa7|v[. ]?[0-9]"
)
_OF_LISTS = b"0123456789., \t\r\n;/|&+->"
_NEIGHBOURS = 2
_ADDRESS_CUE = re.compile(
    rb"(?i)(?:\b(?:ip|ipv4|ip4|host|server|dns|address|addr|ping|gateway|client|peer|from|nameserver|resolver)\b"
    rb"[^\n]{0,12}|//|@)$"
)


def are_octets(written: list[str]) -> bool:
    """Whether each is a number up to 255 without a zero in front.

    >>> are_octets(["9", "0", "255"]), are_octets(["09"]), are_octets(["256"])
    (True, False, False)
    """
    return all(int(o) <= 255 and (len(o) == 1 or o[0] != "0") for o in written)


def is_ipv4(text: str, before: bytes, after: bytes, public: bool) -> bool:
    """Whether it is an address of somebody, and neither a version nor the number of a section.

    ``before`` and ``after`` are up to :data:`BEFORE` and 24 bytes of the text on either side.
    """
    octets, near = text.split("."), before[-24:]
    if not are_octets(octets) or _VERSION_BEFORE.search(near):
        return False
    short = all(len(o) == 1 for o in octets) and len(set(octets)) > 1  # 2.1.4.3, not 8.8.8.8
    if short and after[:1] not in (b":", b"/") and not _ADDRESS_CUE.search(near):
        return False
    address = IPv4Address(text)
    if any(address in n for n in (_NOT_PUBLIC_V4 if public else _NOBODYS_V4)):
        return False
    return not _continues_versions(int(octets[0]), before)


def _continues_versions(first: int, before: bytes) -> bool:
    """Whether a number that begins with ``first`` goes on with a list or a range that is announced as one of versions.

    Where several are announced ("clauses") all are. Where one is ("version 2.0.1.18, 9.9.9.9") a further one is
    the end of a range, or begins with about the same number; else it is an address that stands beside a version.
    """
    # Long lists of addresses first, for which nothing has to be taken apart.
    if not before.translate(None, _OF_LISTS) or not _ANNOUNCES.search(before):
        return False
    one = True
    while (earlier := _EARLIER.search(before, max(len(before) - 40, 0))) is not None:
        one = one and (earlier[3] is not None or abs(int(earlier[2]) - first) <= _NEIGHBOURS)
        if earlier[1]:  # v2.0.1.18
            return one
        first, before = int(earlier[2]), before[: earlier.start()]
        announced = _LIST_OF_VERSIONS.search(before, max(len(before) - 24, 0))
        if announced is not None:
            return one or announced[1] is not None or announced[2] is not None
    return False


_IPV6 = re.compile(
    rb"(?<![0-9A-Za-z_:.])[0-9A-Fa-f:]{2,39}(?:(?<=:)[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![0-9A-Za-z_:]|\.[0-9])"
)


_MAY_BE_PUBLIC = re.compile(rb"[23][0-9A-Fa-f]{3}:|0{0,4}:|0{0,2}64:")


def ipv6(around: bytes, colon: int, public: bool) -> tuple[int, int] | None:
    """Where the address lies whose first colon is at ``colon``; None where there is none."""
    start = colon
    while start > max(colon - 4, 0) and around[start - 1 : start].isalnum():
        start -= 1
    match = _IPV6.match(around, start)
    if match is None:
        return None
    text = match[0]
    if text.endswith(b":") and not text.endswith(b"::"):
        text = text[:-1]
    if text.count(b":") < 6 and b"::" not in text:  # a time of day, a ratio
        return None
    if public and not _MAY_BE_PUBLIC.match(text):
        return None
    try:
        address = IPv6Address(text.decode())
    except ValueError:
        return None
    if not any(0x30 <= c <= 0x39 for c in text) or not _is_somebodys(address, public):
        return None
    return start, start + len(text)


def _is_somebodys(address: IPv6Address, public: bool) -> bool:
    if any(address in n for n in _CARRIES_V4) and int(address) > 0xFFFF:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
        return not any(inner in n for n in (_NOT_PUBLIC_V4 if public else _NOBODYS_V4))
    if public:
        return address in _GLOBAL_V6 and not any(address in n for n in _NOT_PUBLIC_V6)
    return not (address.is_multicast or int(address) <= 1)


# --- MAC ------------------------------------------------------------------------------------------------------------

_MAC = re.compile(
    rb"(?<![0-9A-Za-z_:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Za-z_]|[:-][0-9A-Za-z])"
)
_MAC_SAMPLES = frozenset("aabbccddeeff 001122334455 112233445566 123456789abc 0123456789ab deadbeefcafe".split())


def mac(around: bytes, first: int) -> tuple[int, int] | None:
    """Where the address of a network card lies whose first separator is at ``first``; no group addresses, no samples."""
    match = _MAC.match(around, first - 2) if first >= 2 else None
    if match is None:
        return None
    digits = re.sub(rb"[:-]", b"", match[0]).decode().lower()
    a_date = digits.isdigit() and match[1] == b"-"
    if int(digits[:2], 16) & 1 or len(set(digits)) < 4 or digits in _MAC_SAMPLES or a_date:
        return None
    return match.span()
