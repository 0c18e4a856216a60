"""Whether passages can be found: the table ``[passages]`` of a recipe. Floor 6."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passages:
    """Whether an ingest keeps an index of the passages of its texts. It changes no tag, and no digest of a recipe."""

    index: bool = True
