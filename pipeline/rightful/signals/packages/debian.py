"""``debian/copyright`` in its machine-readable form, and ``.reuse/dep5``. Floor 2: pure.

Debian copyright format 1.0 (DEP-5): paragraphs of files, of which the last that matches a file counts; ``*`` and ``?`` match
slashes too. A licence is a short name, or a name whose text stands below it or in a paragraph of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rightful.rights.evidence import Evidence
from rightful.signals.packages.fields import Paragraph, paragraphs
from rightful.signals.packages.stated import name_claims, text_claims, text_of, unreadable
from rightful.signals.signal import EVERYTHING, About, OfFile, Within

NAME = "dep5/2"
_FORMAT = re.compile(r"copyright-format|dep-?5", re.IGNORECASE)


def read(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """What the paragraphs state of their files. A file in free form is read as the text of a licence."""
    text = text_of(raw)
    if text is None:
        return [unreadable("", f"{place} (no text)", NAME)]
    listed = paragraphs(text, comments=True)
    if not listed or not any(
        _FORMAT.search(value) for value in listed[0].get("format", listed[0].get("format-specification", ()))
    ):
        return text_claims(text, about, place, NAME, may_be_silent=True)
    texts = {_first(p): _rest(p) for p in listed[1:] if "files" not in p and "license" in p}
    claims: list[Evidence | Within] = []
    for rank, paragraph in enumerate((p for p in listed[1:] if "files" in p), 1):
        globs = tuple(pattern for value in paragraph["files"] for pattern in map(_glob, value.split()))
        at = f"{place} (files {' '.join(paragraph['files'])[:60]})"
        for claim in _stated(paragraph, texts, about, at, own=_names_files(globs)):
            claims.append(Within(claim, globs=globs, rank=rank))
    header = _stated(listed[0], texts, about, f"{place} (header)", own=False) if "license" in listed[0] else []
    if not claims and not header:
        return [Within(unreadable(text[:400], f"{place} (no paragraph of files)", NAME), globs=EVERYTHING)]
    return [*claims, *header]


def _stated(paragraph: Paragraph, texts: Mapping[str, str], about: About, place: str, *, own: bool) -> list[Evidence]:
    fields: dict[str, Any] = {"tier": 3, "bound_to": "work"} if own else {}
    name = _first(paragraph)
    if not name:
        return [unreadable(" ".join(paragraph.get("license", ())), place, NAME, **fields)]
    claims = name_claims(name, about, place, NAME, **fields)
    text = _rest(paragraph) or texts.get(name, "")
    if text and any(claim.statement == "unreadable" for claim in claims):
        return text_claims(text, about, place, NAME, **fields)
    return claims


def _first(paragraph: Paragraph) -> str:
    """The short name of a licence: the first line of its field."""
    return " ".join(paragraph.get("license", [""])[0].split("\n", 1)[0].split())


def _rest(paragraph: Paragraph) -> str:
    """The text below the name: a line of a single full stop is an empty one."""
    lines = paragraph.get("license", [""])[0].split("\n")[1:]
    return "\n".join("" if line.strip() == "." else line.strip() for line in lines)


def _glob(pattern: str) -> str:
    return re.sub(r"\\.|\*+", lambda m: "**" if m[0].startswith("*") else m[0], pattern.removeprefix("./"))


def _names_files(globs: Iterable[str]) -> bool:
    """True where every pattern is the path of a file."""
    return not any(re.search(r"[*?]", re.sub(r"\\.", "", glob)) for glob in globs)


SIGNAL = OfFile(NAME, frozenset({"debian/copyright", ".reuse/dep5"}), read, above=1)
