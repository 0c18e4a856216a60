"""A recipe: which settings the stages and readers run with. TOML -> a frozen object. Floor 3.

One table a stage, its keys are the fields of the stage; an unknown key is an error with a suggestion. The digest of
the resolved form goes into every record and names what must be run again when a setting changes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.dedup.settings import Near
from pipeline.errors import InputError, UnknownName
from pipeline.readers import Fields
from pipeline.stages.language import Language
from pipeline.stages.normalize import Normalize
from pipeline.stages.pii import PersonalData
from pipeline.stages.statistics import Statistics

TABLES = ("fields", "normalize", "language", "statistics", "pii", "near")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The resolved settings of a run."""

    fields: Fields = field(default_factory=Fields)
    normalize: Normalize = field(default_factory=Normalize)
    language: Language = field(default_factory=Language)
    statistics: Statistics = field(default_factory=Statistics)
    pii: PersonalData = field(default_factory=PersonalData)
    near: Near = field(default_factory=Near)

    def as_json(self) -> dict[str, Any]:
        """Every setting with its value, as plain JSON."""
        return {name: _settings_of(getattr(self, name)) for name in TABLES}

    def versions(self) -> dict[str, str]:
        """The version of each stage's rule, and the model that tells languages apart: they change tags as settings do."""
        stages = (self.normalize, self.language, self.statistics, self.pii, self.near.shingles)
        return {
            **{s.name: s.version for s in stages},
            "detector": self.language.detector,
            "pii_detector": self.pii.detector,
        }

    @property
    def digest(self) -> str:
        """The identity of the settings."""
        resolved = json.dumps([self.as_json(), self.versions()], sort_keys=True)
        return hashlib.sha256(resolved.encode()).hexdigest()[:32]


def _settings_of(stage: Any) -> dict[str, Any]:
    """The settings that a recipe may name: those with a plain default."""
    return {f.name: getattr(stage, f.name) for f in dataclasses.fields(stage) if f.default is not dataclasses.MISSING}


def load(path: Path | None, fields: Mapping[str, str | None] | None = None) -> Recipe:
    """The recipe of a file (None: the defaults); ``fields`` are options that go before it.

    Raises :class:`InputError` naming file and key.
    """
    data: dict[str, Any] = {}
    if path is not None:
        data = read_toml(path)
        for key in data:
            if key not in TABLES:
                raise UnknownName.of("recipe table", key, TABLES, subject=str(path))
    parts = {name: _settings(name, data.get(name, {}), str(path)) for name in TABLES}
    chosen = {k: v for k, v in (fields or {}).items() if v is not None}
    for key in chosen:
        if key not in Fields.__dataclass_fields__:
            raise UnknownName.of("field", key, Fields.__dataclass_fields__, subject="fields")
    parts["fields"] = dataclasses.replace(parts["fields"], **chosen)
    return Recipe(**parts)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as a table. Raises :class:`InputError` naming it and the place."""
    return toml_of(read_bytes(path), str(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that somebody wrote by hand. Raises :class:`InputError` naming it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", subject=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error}", subject=str(path)) from error


def toml_of(raw: bytes, subject: str) -> dict[str, Any]:
    """A table from TOML in UTF-8. Raises :class:`InputError` naming ``subject`` and the place in it."""
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"cannot be read: {error}", subject=subject) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}", subject=subject) from error
    except RecursionError:  # nested by somebody who means harm
        raise InputError("is nested too deeply", subject=subject) from None


_WORDS = {int: "a whole number", float: "a number", str: "a string", bool: "true or false"}


def _settings(name: str, came: object, subject: str) -> Any:
    kind = {
        "fields": Fields,
        "normalize": Normalize,
        "language": Language,
        "statistics": Statistics,
        "pii": PersonalData,
        "near": Near,
    }[name]
    if not isinstance(came, dict):
        raise InputError(f"{name} must be a table, not {came!r}", subject=subject)
    known = {f.name: f for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING}
    for key, given in came.items():
        if key not in known:
            raise UnknownName.of(f"key in [{name}]", key, known, subject=subject)
        default = known[key].default
        expected = type(default) if default is not None else str
        fits = isinstance(given, (int, float) if expected is float else expected)
        if not fits or (isinstance(given, bool) and expected is not bool):
            raise InputError(f"{name}.{key} must be {_WORDS[expected]}, not {given!r}", subject=subject)
    try:
        return kind(**came)
    except InputError as error:
        error.subject = f"{subject}: {error.subject}"
        raise
