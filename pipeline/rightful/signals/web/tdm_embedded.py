"""The reservation of TDMRep within a work: the package of an EPUB, an XMP packet of a PDF. Floor 2: pure. Law 6.11.

TDMRep, "TDM Metadata in EPUB" and "in PDF": ``tdm:reservation`` as ``<meta name content>``, ``<meta property>``, an element or an
attribute. No parser: a packet stands in the midst of other bytes, and what is looked for is one name with a short value.
"""

from __future__ import annotations

import re
from datetime import date

from rightful.rights.signals import Signals
from rightful.signals.web import tdm_values
from rightful.signals.web.stated import Reading
from rightful.signals.web.together import Said

_NAME = re.compile(r"""(?i)(?<!</)\btdm:reservation\b(?P<quote>["']?)""")
_CONTENT = re.compile(r"""(?i)\bcontent\s{0,9}=\s{0,9}["']([^"'<>]{0,40})["']""")
_ATTRIBUTE = re.compile(r"""\s{0,9}=\s{0,9}["']([^"'<>]{0,40})["']""")
_TEXT = re.compile(r"[^<>]{0,300}>\s{0,99}([^<>]{0,40}?)\s{0,99}<")
MOST_VALUES, NEAR = 1_000, 400


def values(raw: bytes) -> list[str]:
    """The values of the name in bytes that are XML, or have some in them; empty where the name does not stand there."""
    if b"<" not in raw or b"reservation" not in raw.replace(b"\0", b""):
        return []
    text = raw.decode("utf-8-sig", "replace").replace("\0", "")
    return [_value(text, named) for _, named in zip(range(MOST_VALUES), _NAME.finditer(text), strict=False)]


def read(values: list[str], signals: Signals, on: date | None = None) -> Reading:
    """What they say together; each counts."""
    said = Said()
    for value in dict.fromkeys(values):
        said.reading(tdm_values.of_value(value, signals, on))
    return said.result()


def _value(text: str, named: re.Match[str]) -> str:
    """The value of the name where it stands; what is none leaves open what was meant."""
    before, after = text[max(named.start() - NEAR, 0) : named.start()], text[named.end() : named.end() + NEAR]
    tag = before[before.rfind("<") :] + named[0] + after.partition(">")[0]
    if not named["quote"] and (stated := _ATTRIBUTE.match(after)):
        return stated[1].strip()
    if named["quote"] and (stated := _CONTENT.search(tag)):
        return stated[1].strip()
    stated = _TEXT.match(after)
    return stated[1].strip() if stated else tag[:40]
