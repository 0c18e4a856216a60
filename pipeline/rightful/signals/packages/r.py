"""R packages: ``DESCRIPTION``. Floor 2: pure.

*Writing R Extensions*, 1.1.2: ``GPL (>= 2) | MIT + file LICENSE``. A file that a licence names holds its terms, or, beside the
templates of MIT and BSD, year and holder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from rightful.rights.evidence import Evidence
from rightful.rights.notations import UNREAD_FILE
from rightful.signals.packages.fields import paragraphs
from rightful.signals.packages.stated import name_claims, text_of, unreadable
from rightful.signals.signal import EVERYTHING, About, OfFile, Within

NAME = "r-description/2"
_FILE = re.compile(r"(?:(?P<license>[^|]+?)\s*\+\s*)?file\s+(?P<file>\S+)", re.IGNORECASE)


def read(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """What a package states; another file of that name states nothing."""
    text = text_of(raw)
    if text is None:
        return []
    fields = next(iter(paragraphs(text)), {})
    if "package" not in fields and "bundle" not in fields:
        return []
    at = f"{place} (license)"
    return [claim for value in fields.get("license", ()) for claim in _stated(" ".join(value.split()), about, at)]


def _stated(license: str, about: About, place: str) -> list[Evidence | Within]:
    read = name_claims(license, about, place, NAME)
    elsewhere = _FILE.fullmatch(license)
    if elsewhere is None or not any(UNREAD_FILE in claim.expression for claim in read):
        return [*read]
    # Its terms are in a file: they are read where it is there, beside the licence that they add to.
    named = name_claims(elsewhere["license"], about, place, NAME) if elsewhere["license"] else []
    return [*named, Within(unreadable(license, place, NAME), globs=EVERYTHING, refers=elsewhere["file"])]


SIGNAL = OfFile(NAME, frozenset({"description"}), read)
