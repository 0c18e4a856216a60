"""A recipe: which stages run and with which settings. TOML -> a frozen object. Floor 6.

One table a stage, its keys are the fields of the stage; an unknown key is an error with a suggestion. ``stages`` names
those that run, ``preset`` the recipe that this one changes. The digest of the resolved form goes into every record and
names what must be run again when a setting changes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from rightful.dedup.settings import Near
from rightful.errors import InputError, UnknownName, did_you_mean
from rightful.readers import Fields
from rightful.readers.dumps.wiki import DEFAULT as DEFAULT_WIKI
from rightful.readers.dumps.wiki import Wiki
from rightful.readers.limits import Limits
from rightful.readers.web.pages import Pages
from rightful.recipes.passages import Passages
from rightful.stages import TextStage
from rightful.stages.order import ALWAYS, OPTIONAL, STAGES
from rightful.store.toml import read_toml

S = TypeVar("S", bound=TextStage)

ABOUT, PRESET, CHOSEN = "about", "preset", "stages"
"""The keys of a recipe that are no tables: what it is for, which preset it changes, the stages that run."""
WIKI = "wiki"
"""The table of what of a wiki is read. As it is by default it is no part of the identity of a recipe: it came later."""
PASSAGES = "passages"
"""The table of the index of passages, which changes no tag: no part of the identity of a recipe."""
LIMITS = "limits"
"""The table of the bounds of reading, which is no part of the identity of a recipe."""
PAGES = "pages"
"""The table of how HTML becomes text, which came later: what has its default is no part of the identity of a recipe."""
DEFAULT = "default"
"""The name of the recipe that an ingest without one has."""
RECORDED = "recipe:"
"""What the ledger remembers a resolved recipe under, before its digest."""
LATER_FIELDS = ("parents", "messages", "media", "media_sha256", "keep")
"""Fields that came later: where they are not mapped they are no part of the identity of a recipe."""
PRESET_FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The resolved settings of a run: ``stages`` are those of :data:`OPTIONAL` that run, ``settings`` all that there are."""

    stages: tuple[str, ...] = OPTIONAL
    fields: Fields = field(default_factory=Fields)
    settings: tuple[TextStage, ...] = field(default_factory=lambda: tuple(kind() for kind in STAGES))
    near: Near = field(default_factory=Near)
    limits: Limits = field(default_factory=Limits)
    pages: Pages = field(default_factory=Pages)
    wiki: Wiki = field(default_factory=Wiki)
    passages: Passages = field(default_factory=Passages)

    def stage(self, kind: type[S]) -> S:
        """The stage of a kind with its settings, whether it runs or not."""
        return next(stage for stage in self.settings if isinstance(stage, kind))

    def running(self) -> tuple[TextStage, ...]:
        """The stages that run, in order."""
        tables = self.tables()
        return tuple(tables[name] for name in (*ALWAYS, *self.stages))

    def left_out(self) -> tuple[type[TextStage], ...]:
        """The stages that do not."""
        return tuple(kind for kind in STAGES if kind.name not in (*ALWAYS, *self.stages))

    def tables(self) -> dict[str, Any]:
        """What each table of the recipe sets, by the name of the table."""
        stages = {stage.name: stage for stage in self.settings}
        return {
            "fields": self.fields,
            **stages,
            "near": self.near,
            "limits": self.limits,
            PAGES: self.pages,
            WIKI: self.wiki,
            PASSAGES: self.passages,
        }

    def as_json(self) -> dict[str, Any]:
        """Every setting with its value, as plain JSON."""
        return {CHOSEN: list(self.stages), **{name: _settings_of(of) for name, of in self.tables().items()}}

    def versions(self) -> dict[str, str]:
        """The version of each stage's rule, and of what answers within it: they change tags as settings do."""
        shingles = self.near.shingles
        versions = {stage.name: stage.version for stage in self.running()} | {shingles.name: shingles.version}
        for stage in self.running():
            if detector := getattr(stage, "detector", None):
                versions[f"{stage.name}_detector"] = str(detector)
        return versions if self.pages == Pages() else versions | self.pages.versions()

    def resolved(self) -> dict[str, Any]:
        """All that the tags of a record depend on beside its text: what is recorded under :attr:`digest`."""
        tables = self.as_json()
        del tables[LIMITS]  # they say what is read: what was read has the tags that it has without them
        del tables[PASSAGES]
        if self.wiki == DEFAULT_WIKI:
            del tables[WIKI]
        # A field that came later and is not mapped leaves the identity as it was: what is there is not tagged anew.
        tables["fields"] = {k: v for k, v in tables["fields"].items() if k not in LATER_FIELDS or v is not None}
        pages = {k: v for k, v in tables.pop(PAGES).items() if v != getattr(Pages(), k)}
        return {**tables, **({PAGES: pages} if pages else {}), "versions": self.versions()}

    @property
    def digest(self) -> str:
        """The identity of the settings."""
        return digest_of(self.resolved())


_KINDS = {name: type(of) for name, of in Recipe().tables().items()}
TABLES = tuple(_KINDS)


def digest_of(resolved: Mapping[str, Any]) -> str:
    """The identity of a resolved recipe."""
    return hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:32]


def _settings_of(stage: Any) -> dict[str, Any]:
    """The settings that a recipe may name: those with a plain default."""
    return {f.name: getattr(stage, f.name) for f in dataclasses.fields(stage) if f.default is not dataclasses.MISSING}


def presets() -> dict[str, str]:
    """The recipes that come with it: name -> what it is for."""
    return {path.stem: str(read_toml(path)[ABOUT]) for path in sorted(PRESET_FOLDER.glob("*.toml"))}


def load(recipe: str | Path | None, fields: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe of a file or preset (None or ``default``: the defaults); ``fields`` are options that go before it.

    Raises :class:`InputError` naming file and key.
    """
    data = {} if recipe is None or (str(recipe) == DEFAULT and not Path(recipe).exists()) else _read(recipe)
    read = _recipe(data.get(CHOSEN, list(OPTIONAL)), data, str(recipe))
    chosen = {k: v for k, v in (fields or {}).items() if v is not None}
    for key in chosen:
        if key not in Fields.__dataclass_fields__:
            raise UnknownName.of("field", key, Fields.__dataclass_fields__, subject="fields")
    return dataclasses.replace(read, fields=dataclasses.replace(read.fields, **chosen))


def revived(resolved: Mapping[str, Any]) -> Recipe:
    """The recipe that was recorded. Raises :class:`InputError` where this program does not know a setting of it."""
    settings = {key: value for key, value in resolved.items() if key != "versions"}
    tables = {name: _stated(settings.get(name, {})) for name in TABLES}
    return _recipe(settings[CHOSEN], tables, "the recorded recipe")


def _recipe(stages: object, tables: Mapping[str, object], subject: str) -> Recipe:
    """The recipe of these tables; one that is not there has its defaults."""
    made = {name: _settings(name, tables.get(name, {}), subject) for name in TABLES}
    settings = tuple(made.pop(kind.name) for kind in STAGES)
    return Recipe(stages=_stages(stages, subject), settings=settings, **made)


def toml_lines(recipe: Recipe) -> Iterator[str]:
    """The resolved recipe as TOML that :func:`load` reads to the same."""
    tables = recipe.as_json()
    yield f"{CHOSEN} = {json.dumps(tables.pop(CHOSEN))}"
    for name, settings in tables.items():
        if stated := _stated(settings):
            yield ""
            yield f"[{name}]"
            yield from (f"{key} = {json.dumps(value)}" for key, value in stated.items())


def _stated(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}


def _read(recipe: str | Path) -> dict[str, Any]:
    """The tables of a file or preset, over those of the preset that it names."""
    path = Path(recipe)
    known = {preset.stem: preset for preset in PRESET_FOLDER.glob("*.toml")}
    if str(recipe) in known and not path.exists():
        path = known[str(recipe)]
    elif not path.exists():
        hint = f"a file or a preset; {did_you_mean(str(recipe), known)}"
        raise InputError("there is no such recipe", subject=str(recipe), hint=hint)
    data = read_toml(path)
    for key in data:
        if key not in (*TABLES, CHOSEN, PRESET, ABOUT):
            raise UnknownName.of("recipe table", key, (*TABLES, CHOSEN, PRESET), subject=str(recipe))
    if not isinstance(data.pop(ABOUT, ""), str):
        raise InputError(f"{ABOUT} must be a string", subject=str(recipe))
    base = data.pop(PRESET, None)
    if base is None:
        return data
    if not isinstance(base, str):
        raise InputError(f"unknown preset {base!r}", subject=str(recipe), hint=did_you_mean("", known))
    if base not in known:
        raise UnknownName.of("preset", base, known, subject=str(recipe))
    below = _read(known[base])
    merged = {
        key: {**below[key], **value} if isinstance(below.get(key), dict) and isinstance(value, dict) else value
        for key, value in data.items()
    }
    return {**below, **merged}


def _stages(names: object, subject: str) -> tuple[str, ...]:
    """The stages that are named, in the order in which they run."""
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise InputError(f"{CHOSEN} must be a list of names, not {names!r}", subject=subject)
    for name in names:
        if name not in OPTIONAL:
            raise UnknownName.of("stage", name, OPTIONAL, subject=subject)
    return tuple(name for name in OPTIONAL if name in names)


_TAKEN = {float: (int, float), list: (list, tuple)}
_WORDS = {int: "a whole number", float: "a number", str: "a string", bool: "true or false", list: "a list"}


def _settings(name: str, table: object, subject: str) -> Any:
    kind = _KINDS[name]
    if not isinstance(table, dict):
        raise InputError(f"{name} must be a table, not {table!r}", subject=subject)
    known = {f.name: f for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING}
    for key, given in table.items():
        if key not in known:
            raise UnknownName.of(f"key in [{name}]", key, known, subject=subject)
        if name == "fields" and key == "keep":
            continue  # a list: it is checked where it is made
        default = known[key].default
        expected = (list if isinstance(default, tuple) else type(default)) if default is not None else str
        fits = isinstance(given, _TAKEN.get(expected, expected))
        if not fits or (isinstance(given, bool) and expected is not bool):
            raise InputError(f"{name}.{key} must be {_WORDS[expected]}, not {given!r}", subject=subject)
    try:
        return kind(**table)
    except InputError as error:
        error.subject = f"{subject}: {error.subject}"
        raise
