"""Stages: frozen dataclasses called with an Arrow batch that return the columns they add. Floor 3.

The fields of a stage are its settings, its schema in a recipe, its fingerprint and its lineage. A stage never drops
a row and never changes a column that is there. One file or folder a stage, with its words; :mod:`rightful.stages.order`
has them all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar

import pyarrow as pa

T = TypeVar("T")


class Stage(Protocol):
    """What every stage is: a callable that declares the fields it adds, and says of each what it means."""

    name: ClassVar[str]
    adds: ClassVar[tuple[pa.Field, ...]]
    says: ClassVar[Mapping[str, str]]

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The added columns, one value per row of ``batch`` (which has at least a ``text`` column)."""
        ...


class TextStage(Stage, Protocol):
    """A stage with a table in a recipe: what it adds depends on the text, its settings and the version of its rules.

    ``about`` says what the table is about; each field of the dataclass is a :func:`setting`.
    """

    about: ClassVar[str]
    version: ClassVar[str]


def setting(default: T, says: str, **takes: object) -> T:
    """A field of a stage that a recipe may set: its default, what it means, and what it takes, as JSON Schema, where its
    type does not say that (``minimum=1``).
    """
    return dataclasses.field(default=default, metadata={"description": says, **takes})


def share(default: float, says: str) -> float:
    """A :func:`setting` from 0 to 1."""
    return setting(default, says, minimum=0, maximum=1)


def columns_of(stage: type[Stage]) -> dict[str, str]:
    """What each column of a stage means, in order. Raises :class:`ValueError` naming the file and the word in question."""
    columns, words = [field.name for field in stage.adds], getattr(stage, "says", {})
    for name in columns:
        if not words.get(name):
            raise ValueError(f"{_place(stage)}.says has no sentence for the column {name!r}")
    for name in words:
        if name not in columns:
            raise ValueError(f"{_place(stage)}.says has a sentence for {name!r}, which is no column in adds")
    return {name: words[name] for name in columns}


_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def settings_of(stage: type[TextStage]) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each setting of a stage, in order. Raises :class:`ValueError` as :func:`columns_of` does."""
    shapes: dict[str, dict[str, Any]] = {}
    for field in dataclasses.fields(stage):  # type: ignore[arg-type]  # every stage is a dataclass
        if not field.metadata.get("description"):
            example = f'setting({field.default!r}, "What it means.")'
            raise ValueError(f"{_place(stage)}.{field.name} has no sentence: {field.name} = {example}")
        takes = {name: value for name, value in field.metadata.items() if name != "description"}
        kind = {} if takes.keys() & {"type", "enum"} else {"type": _TYPES[type(field.default)]}
        shapes[field.name] = {"description": field.metadata["description"], **kind, **takes, "default": field.default}
    return shapes


def about(stage: type[TextStage]) -> str:
    """What the table of a stage in a recipe is about. Raises :class:`ValueError` as :func:`columns_of` does."""
    if not getattr(stage, "about", ""):
        raise ValueError(f"{_place(stage)} has no sentence for its table in a recipe: about")
    return stage.about


def _place(stage: type[Stage]) -> str:
    return f"{stage.__module__.replace('.', '/')}.py: {stage.__name__}"


def without(stage: type[Stage], n: int) -> Mapping[str, pa.Array]:
    """The columns of a stage that a recipe leaves out, for ``n`` rows: null, or what the stage's ``left_out`` says."""
    values: Mapping[str, object] = getattr(stage, "left_out", {})
    return {
        field.name: pa.array([values[field.name]] * n, field.type) if field.name in values else pa.nulls(n, field.type)
        for field in stage.adds
    }
