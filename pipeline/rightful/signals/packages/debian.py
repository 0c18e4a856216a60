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
from rightful.signals.packages.stated import may_restrict, name_claims, text_claims, text_of, unreadable
from rightful.signals.signal import EVERYTHING, About, OfFile, Within

NAME = "dep5/3"
_ELSEWHERE = re.compile(r"on debian\b[^.]{0,60}\bsystems?\b(?:[^.]|\.(?=\w))*\.?", re.IGNORECASE)
"""Where Debian keeps the text that a name means."""
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
    texts = {_first(v): _rest(v) for p in listed[1:] if "files" not in p for v in p.get("license", ())}
    claims: list[Evidence | Within] = []
    for rank, paragraph in enumerate((p for p in listed[1:] if "files" in p), 1):
        globs = tuple(pattern for value in paragraph["files"] for pattern in map(_glob, value.split()))
        at = f"{place} (files {' '.join(paragraph['files'])[:60]})"
        for claim in _stated(paragraph, texts, about, at, own=_names_files(globs)):
            claims.append(Within(claim, globs=globs, rank=rank))
    header = _stated(listed[0], texts, about, f"{place} (header)", own=False) if "license" in listed[0] else []
    header += _remarks(listed[0], f"{place} (header)")
    if not claims and not header:
        return [Within(unreadable(text[:400], f"{place} (no paragraph of files)", NAME), globs=EVERYTHING)]
    return [*claims, *header]


def _stated(paragraph: Paragraph, texts: Mapping[str, str], about: About, place: str, *, own: bool) -> list[Evidence]:
    fields: dict[str, Any] = {"tier": 3, "bound_to": "work"} if own else {}
    claims: list[Evidence] = []
    for value in paragraph.get("license", [""]):
        name = _first(value)
        named = name_claims(name, about, place, NAME, **fields)
        text = _ELSEWHERE.sub(lambda m: m[0] if may_restrict(m[0]) else "", _rest(value) or texts.get(name, "")).strip()
        if not name:
            claims.append(unreadable(value, place, NAME, **fields))
        elif not text:
            claims += named
        else:  # what stands below a name may say more than the name
            claims += [claim for claim in named if claim.statement != "unreadable"]
            claims += text_claims(text, about, place, NAME, **fields)
    return [*claims, *_remarks(paragraph, place, **fields)]


def _remarks(paragraph: Paragraph, place: str, **fields: Any) -> list[Evidence]:
    """What a comment or a disclaimer may take away: nobody reads it here."""
    said = [value for key in ("comment", "disclaimer") for value in paragraph.get(key, ()) if may_restrict(value)]
    return [unreadable(value[:400], f"{place} (comment)", NAME, **fields) for value in said]


def _first(value: str) -> str:
    """The short name of a licence: the first line of its field."""
    return " ".join(value.split("\n", 1)[0].split())


def _rest(value: str) -> str:
    """The text below the name: a line of a single full stop is an empty one."""
    lines = value.split("\n")[1:]
    return "\n".join("" if line.strip() == "." else line.strip() for line in lines)


def _glob(pattern: str) -> str:
    return re.sub(r"\\.|\*+", lambda m: "**" if m[0].startswith("*") else m[0], pattern.removeprefix("./"))


def _names_files(globs: Iterable[str]) -> bool:
    """True where every pattern is the path of a file."""
    return not any(re.search(r"[*?]", re.sub(r"\\.", "", glob)) for glob in globs)


SIGNAL = OfFile(NAME, frozenset({"debian/copyright", ".reuse/dep5"}), read, above=1)
