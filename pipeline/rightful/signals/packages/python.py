"""Python packages: ``pyproject.toml``, and the metadata of what is built and installed. Floor 2: pure.

Core metadata 2.4 (PEP 639): ``License-Expression``; before it ``License``, a name or a whole text, and classifiers. All that
stands there counts. The metadata of a distribution speak of the files that it lists (:mod:`.installed`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rightful.rights.evidence import Evidence
from rightful.signals.packages import license_file
from rightful.signals.packages.fields import paragraphs
from rightful.signals.packages.stated import name_claims, tables_of, text_of, unreadable
from rightful.signals.signal import EVERYTHING, About, OfFile, Within

METADATA = "python-metadata/2"
PROJECT = "pyproject/3"
CLASSIFIER = "license ::"
NO_LICENSE = frozenset({"license :: osi approved", "license :: dfsg approved", "license"})
"""Classifiers that only sort others."""
_NOTHING = frozenset({"unknown", "none"})
"""What tools wrote where nobody had stated a licence."""


def read_metadata(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """What the metadata of a distribution state (``METADATA``, ``PKG-INFO``); of another file of that name nothing."""
    text = text_of(raw)
    if text is None:
        return [unreadable("", f"{place} (no text)", METADATA)]
    if not text.lstrip().lower().startswith("metadata-version"):
        return []
    fields = next(iter(paragraphs(text, blank_goes_on=True)), {})
    claims: list[Evidence | Within] = []
    for key in ("license-expression", "license"):
        for value in fields.get(key, ()):
            stated = "\n".join(line.strip().removeprefix("|").strip() for line in value.splitlines()).strip()
            if stated.lower() not in _NOTHING:
                claims += name_claims(stated, about, f"{place} ({key})", METADATA)
    return [*claims, *_classified(fields.get("classifier", ()), about, place, METADATA)]


def read_project(raw: bytes, place: str, about: About) -> Iterable[Evidence | Within]:
    """What a ``pyproject.toml`` states of its project; one without a project states nothing."""
    data = tables_of(raw, place, PROJECT)
    if isinstance(data, Evidence):
        return [data]
    claims: list[Evidence | Within] = []
    tools = _table(data.get("tool"))
    projects = [("project", _table(data.get("project")))]
    projects += [
        ("tool.poetry", _table(tools.get("poetry"))),
        ("tool.flit.metadata", _table(_table(tools.get("flit")).get("metadata"))),
    ]
    for key, project in projects:
        claims += _license(project.get("license"), about, f"{place} ({key}.license)")
        claims += _files(project.get("license-files"), f"{place} ({key}.license-files)")
        classifiers = project.get("classifiers")
        listed = [c for c in classifiers if isinstance(c, str)] if isinstance(classifiers, list) else []
        claims += _classified(listed, about, place, PROJECT)
    return claims


def _license(stated: Any, about: About, place: str) -> list[Evidence | Within]:
    """A string, or a table with the text of the licence or the name of its file."""
    if stated is None:
        return []
    if isinstance(stated, str):
        return [*name_claims(stated, about, place, PROJECT)]
    claims: list[Evidence | Within] = []
    if isinstance(stated, dict) and isinstance(stated.get("text"), str):
        claims += name_claims(stated["text"], about, place, PROJECT)
    if isinstance(stated, dict) and isinstance(stated.get("file"), str):
        claims.append(Within(unreadable(str(stated), place, PROJECT), globs=EVERYTHING, refers=stated["file"]))
    return claims or [unreadable(str(stated), place, PROJECT)]


def _files(stated: Any, place: str) -> list[Evidence | Within]:
    """The licence files that a project names (PEP 639), but for patterns and for those that are read by their names."""
    listed = [file for file in stated if isinstance(file, str)] if isinstance(stated, list) else []
    return [
        Within(unreadable(file, place, PROJECT), globs=EVERYTHING, refers=file)
        for file in listed
        if not any(c in file for c in "*?[") and not license_file.SIGNAL.reads(file.rpartition("/")[2].lower())
    ]


def _classified(classifiers: Iterable[str], about: About, place: str, signal: str) -> list[Evidence]:
    """The licences that classifiers name. Several of them all hold: nothing says that there is a choice."""
    named = [" ".join(c.split()) for c in classifiers if c.strip().lower().startswith(CLASSIFIER)]
    return name_claims([c for c in named if c.lower() not in NO_LICENSE], about, f"{place} (classifier)", signal)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


INSTALLED = OfFile(METADATA, frozenset({"*.dist-info/metadata", "*.egg-info/pkg-info", "pkg-info"}), read_metadata)
SOURCE = OfFile(PROJECT, frozenset({"pyproject.toml"}), read_project)
