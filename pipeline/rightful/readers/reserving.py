"""What a page that is no capture says of its rights in its tags: pages of books, HTML files. Floor 2: the readers.

A page of the web is read as a capture, by its address. One that has none says the same, and nobody may lose it: orders to
robots (``noai``), TDMRep in tags (https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240202/, section 6.3) and usage
preferences are statements of the record. They are told here and not read: what stands there blocks until somebody has read it.
A licence in a tag (``rel=license``, Dublin Core) may be that of a picture on the page: it binds the text, and permits nothing.
"""

from __future__ import annotations

import re

from rightful.readers.markup import decoded
from rightful.readers.statements import Statement
from rightful.rights.columns import LICENSE, NOTICE, PAGE_TAG, RIGHTS, is_notice

_TAG = re.compile(
    r"<(?:meta|link|a|area)[\s/]((?:[^>\"']{1,65536}+|\"[^\"]{0,65536}+\"|'[^']{0,65536}+'){0,256}+)", re.IGNORECASE
)
_ATTRIBUTE = re.compile(r"(?<=[\s\"'/])([^\s\"'<>/=]{1,80})\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))")
_HINT = re.compile(
    r"noai|noimageai|tdm|content-(?:usage|signal)|usageinfo"
    r"|(?:rel|name|property|itemprop)\s*=\s*[\"']?[^\"'>]{0,80}(?:licen[cs]e|rights)",
    re.IGNORECASE,
)
_LICENSES = re.compile(r"(?:dc(?:terms)?[.:]|cc:|schema:|og:)?licen[cs]e", re.IGNORECASE)
_RIGHTS = re.compile(r"(?:dc(?:terms)?[.:])?(?:access)?rights(?:[.:]\w+)?", re.IGNORECASE)
_NAMES = ("name", "property", "http-equiv", "itemprop", "rel")
_VALUES = ("content", "href")
_ORDERS = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)
_SPEAKING = re.compile(r"tdm|content-(?:usage|signal)|usageinfo", re.IGNORECASE)
_OPEN = re.compile(r"\s*0?\s*")
"""What says that nothing is reserved."""


def reserved_by(name: str, value: str) -> Statement | None:
    """The statement of something that is named, where it reserves or may.

    >>> reserved_by("tdm:reservation", "1").place, reserved_by("robots", "noindex, noai").place, reserved_by("robots", "noindex")
    ('tdm:reservation', 'robots', None)
    """
    speaks = _SPEAKING.search(name) and not _OPEN.fullmatch(value)
    return Statement(name, RIGHTS, f"{name}: {value}") if speaks or _ORDERS.search(value) else None


def licensed_by(name: str, value: str) -> Statement | None:
    """The statement of a licence that a tag names, or of rights.

    >>> licensed_by("license", "https://creativecommons.org/licenses/by-nc/4.0/").place, licensed_by("author", "Ada")
    ('page tag: license', None)
    """
    kind = LICENSE if _LICENSES.fullmatch(name) else RIGHTS if _RIGHTS.fullmatch(name) else ""
    if kind == RIGHTS and is_notice(value):
        kind = NOTICE  # whom to credit
    return Statement(f"{PAGE_TAG}{name.lower()}", kind, value.strip()) if kind and value.strip() else None


def reserved_in(page: str) -> list[Statement]:
    """What the tags of a page reserve, and the licences that they name, each once.

    >>> [s.value for s in reserved_in("<head><meta name=robots content='noai'><meta name=author content=A></head>")]
    ['robots: noai']
    """
    if not (_HINT.search(page) or "&#" in page):
        return []
    stated: dict[Statement, None] = {}
    for tag in _TAG.finditer(page):
        attributes = {a[1].lower(): decoded(a[2] or a[3] or a[4] or "") for a in _ATTRIBUTE.finditer(f" {tag[1]}")}
        value = next((attributes[v] for v in _VALUES if v in attributes), "")
        names = [
            name
            for n in _NAMES
            if n in attributes
            for name in (attributes[n].split() if n == "rel" else [attributes[n]])
        ]
        stated |= dict.fromkeys(one for name in names if (one := licensed_by(name.strip(), value)))
        for name in names:
            if name.lower() not in ("description", "keywords") and (one := reserved_by(name.strip(), value)):
                stated.setdefault(one)
    return list(stated)
