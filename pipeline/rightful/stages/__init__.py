"""Stages: frozen dataclasses called with an Arrow batch that return the columns they add. Floor 3.

The fields of a stage are its settings, its schema in a recipe, its fingerprint and its lineage. A stage never drops
a row and never changes a column that is there. One file a stage; the file name is the name in a recipe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

import pyarrow as pa


class Stage(Protocol):
    """What every stage is: a callable that declares the fields it adds."""

    name: ClassVar[str]
    adds: ClassVar[tuple[pa.Field, ...]]

    def __call__(self, batch: pa.RecordBatch) -> Mapping[str, pa.Array]:
        """The added columns, one value per row of ``batch`` (which has at least a ``text`` column)."""
        ...


class TextStage(Stage, Protocol):
    """A stage with a table in a recipe: what it adds depends on the text, its settings and the version of its rules."""

    version: ClassVar[str]


def without(stage: type[Stage], n: int) -> Mapping[str, pa.Array]:
    """The columns of a stage that a recipe leaves out, for ``n`` rows: null, or what the stage's ``left_out`` says."""
    said: Mapping[str, object] = getattr(stage, "left_out", {})
    return {
        field.name: pa.array([said[field.name]] * n, field.type) if field.name in said else pa.nulls(n, field.type)
        for field in stage.adds
    }
