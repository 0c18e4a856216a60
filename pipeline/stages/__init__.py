"""Stages: frozen dataclasses called with an Arrow batch that return the columns they add. Floor 2.

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
