"""Damage in what is read: where it is in the file, and an entry for each record that is lost. Floor 7."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rightful.ingest.staged import Done
from rightful.ingest.task import Task
from rightful.readers import Damage


def renumbered(tasks: Sequence[Task], done: Sequence[Done]) -> Iterable[Damage]:
    """Damages with the line of the file: ranges of one file count on from the range before."""
    before: dict[Path, int] = {}
    for task, result in zip(tasks, done, strict=True):
        first = task.item.files[0].path
        offset = before.get(first, 0) if task.item.start else 0
        for damage in result.damages:
            counted = damage.number is not None and damage.unit in ("line", "row")
            moved = damage.number + offset if damage.number is not None and counted else damage.number
            yield replace(damage, number=moved)
        before[first] = offset + result.lines


MOST_LISTED = 1_000
"""So many records that one break took are listed each; more are one entry that says how many."""


def one_by_one(damages: Iterable[Damage]) -> Iterable[Damage]:
    """An entry for each record that is lost."""
    for damage in damages:
        if damage.rows > MOST_LISTED or damage.number is None:
            yield damage
            continue
        yield replace(damage, rows=1)
        why = f"lost with {damage.position}"
        yield from (replace(damage, reason=why, number=damage.number + n, rows=1) for n in range(1, damage.rows))


def as_json(damage: Damage) -> dict[str, Any]:
    """A damage as it stands in answers; ``rows`` only where it stands for another number of records than one."""
    listed: dict[str, Any] = {"file": damage.file, "position": damage.position, "reason": damage.reason}
    return listed if damage.rows == 1 else {**listed, "rows": damage.rows}
