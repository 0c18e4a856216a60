"""Recipes as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.cli.pages.lines import plain, table, whole


def recipe_lines(answer: Mapping[str, Any]) -> list[str]:
    """A recipe as it is written in a file, or which recipes there are."""
    if "toml" in answer:
        return whole([f"# {answer['digest']}", *answer["toml"].splitlines()])
    lines = table([(preset["recipe"], plain(preset["about"])) for preset in answer["presets"]], ("recipe", "for"))
    recorded = [(recipe["digest"], recipe["records"]) for recipe in answer["recorded"]]
    return lines + (["", *table(recorded, ("of the store", "records"), right=(1,))] if recorded else [])
