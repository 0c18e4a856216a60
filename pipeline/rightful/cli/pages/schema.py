"""Schemas as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rightful.cli.pages.lines import table, whole
from rightful.schema import render


def schema_lines(answer: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[str]:
    """A schema as it stands in its file, or which there are."""
    if isinstance(answer, Mapping):
        return whole(render(dict(answer)).splitlines())
    return table([(schema["name"], schema["description"]) for schema in answer], ("schema", "of what"))
