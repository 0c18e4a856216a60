"""The story of the demo as lines. Floor 11: a pure formatter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click


def scene_lines(scene: Mapping[str, Any]) -> Iterator[str]:
    """What a scene is about."""
    yield ""
    yield click.style(f"# {scene['says']}", bold=True)


def command_lines(command: Mapping[str, Any]) -> Iterator[str]:
    """A command as it is typed."""
    yield ""
    yield click.style(f"$ rightful {command['command']}", fg="green")


def exit_lines(code: int) -> Iterator[str]:
    """The exit code where it is not 0."""
    if code:
        yield f"(exit {code})"
