"""REUSE: ``REUSE.toml``, and the file ``NAME.license`` beside a file. Floor 2: pure.

REUSE Specification 3.3. Of the annotations of one ``REUSE.toml`` the last that matches a file counts. Its ``precedence`` says
what REUSE would report; here all that is said counts, what stands in a file included. The texts in ``LICENSES/`` are no
statements: what they are, the annotations name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rightful.rights.evidence import Evidence
from rightful.signals.packages.stated import may_restrict, name_claims, tables_of, text_claims, text_of, unreadable
from rightful.signals.signal import EVERYTHING, About, OfFile, Within

ANNOTATIONS = "reuse/2"
SIDECAR = "reuse-sidecar/3"
_TOP = frozenset({"version", "annotations"})
_IDENTIFIER = "spdx-license-identifier"
_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]*)", re.IGNORECASE)
_SPDX = re.compile(r"^[^\w\n]*SPDX-[\w-]+:[^\n]*$", re.MULTILINE)
_END = re.compile(r"\s*(?:\*/|-->|#\}|\]\]|\"\"\"|')?\s*$")
_ENDING = ".license"


def read_annotations(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """What the annotations state of their paths. A file that cannot be read may state anything of all."""
    data = tables_of(raw, place, ANNOTATIONS)
    if isinstance(data, Evidence):
        return [data]
    listed = data.get("annotations", [])
    if not isinstance(listed, list) or not all(key in _TOP or key.startswith("SPDX-") for key in data):
        return [unreadable(str(listed)[:400], f"{place} (annotations)", ANNOTATIONS)]
    claims: list[Evidence | Within] = []
    for rank, annotation in enumerate(listed, 1):
        claims += _annotated(annotation, about, f"{place} (annotation {rank})", rank)
    return claims


def _annotated(annotation: Any, about: About, place: str, rank: int) -> list[Evidence | Within]:
    paths = _texts(annotation.get("path")) if isinstance(annotation, dict) else None
    if not paths:
        return [Within(unreadable(str(annotation)[:400], place, ANNOTATIONS), globs=EVERYTHING)]
    globs = tuple(_glob(path) for path in paths)
    own = not any("*" in re.sub(r"\\.", "", glob) for glob in globs)
    fields: dict[str, Any] = {"tier": 3, "bound_to": "work"} if own else {}
    identifiers = [value for key, value in annotation.items() if key.casefold() == _IDENTIFIER]
    if not identifiers:
        return []
    stated = _texts(identifiers[0])
    if not stated or len(identifiers) > 1:
        raw = str(identifiers)[:400]
        return [Within(unreadable(raw, place, ANNOTATIONS, **fields), globs=globs, rank=rank)]
    return [Within(claim, globs=globs, rank=rank) for claim in name_claims(stated, about, place, ANNOTATIONS, **fields)]


def read_sidecar(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """What a file says of the one that it has the name of: the identifiers in it all hold."""
    path = frozenset({place.rpartition("/")[2][: -len(_ENDING)]})
    fields: dict[str, Any] = {"tier": 3, "bound_to": "work"}
    text = text_of(raw)
    if text is None:
        return [Within(unreadable("", f"{place} (no text)", SIDECAR, **fields), path)]
    tags = [_END.sub("", tag) for tag in _TAG.findall(text)]
    if tags:
        read = [c for tag in tags for c in name_claims(tag, about, place, SIDECAR, **fields)]
        beside = _SPDX.sub("", text)
        read += [] if all(tags) and not may_restrict(beside) else [unreadable(text[:400], place, SIDECAR, **fields)]
    else:
        read = text_claims(text, about, place, SIDECAR, may_be_silent=True, **fields)
    return [Within(claim, path) for claim in read]


def _texts(value: Any) -> list[str] | None:
    """A string, or the strings of a list; None for anything else."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(text, str) and text.strip() for text in listed):
        return None
    return listed


def _glob(path: str) -> str:
    """A path of REUSE as ours: a question mark is itself there."""
    return re.sub(r"\\.|\?", lambda m: "\\?" if m[0] == "?" else m[0], path)


TOML = OfFile(ANNOTATIONS, frozenset({"reuse.toml"}), read_annotations)
FILE = OfFile(SIDECAR, frozenset({"*.license"}), read_sidecar)
