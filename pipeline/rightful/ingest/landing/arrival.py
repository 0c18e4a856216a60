"""What a run brings to a landing, and what the landing answers. Floor 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rightful.dedup.settings import Alarm, Near
from rightful.ingest.staged import Done, Looked
from rightful.signals.cards.source_card import SourceCard
from rightful.store.files import InputFile, Passed


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a run brings: the staged items and what is known of the files that they came from.

    ``recipes`` are the resolved recipes that the records were tagged with, by digest.
    ``rejected`` is how many records the ``rejections`` stand for.
    ``files`` maps (source id, file) to the files that were read as they will be remembered. ``emptied`` are those in whose
    place nothing with records lies, ``gone`` those that are not there (their records are retired with ``prune``),
    ``passed`` those that went to other sources; ``renewed`` were not read, but are remembered anew. ``members`` says of files that lie in
    a container in which.
    """

    run: str
    folder: Path
    done: Sequence[Done]
    sources: Mapping[str, SourceCard]
    files: Mapping[tuple[str, str], InputFile]
    rejections: Sequence[tuple[str, str | None, str]]
    near: Near
    recipes: Mapping[str, Mapping[str, Any]]
    rejected: int = 0
    emptied: Sequence[InputFile] = ()
    gone: Sequence[InputFile] = ()
    prune: bool = False
    passed: Sequence[Passed] = ()
    renewed: Sequence[InputFile] = ()
    members: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    @property
    def ended(self) -> dict[tuple[str, str], str]:
        """The files that stand no longer, and why their records do not count."""
        gone = {(f.source_id, f.file): "gone" for f in (self.gone if self.prune else ())}
        return gone | {(p.former_source, p.former_file): "adopted" for p in self.passed}


@dataclass(slots=True)
class Landed:
    """The counts of a landing. ``added + unchanged + refused`` is the number of staged records."""

    snapshot: int = 0
    added: int = 0
    unchanged: int = 0
    refused: int = 0
    updated: int = 0
    superseded: int = 0
    retired: int = 0
    restored: int = 0
    adopted: int = 0
    gone: list[dict[str, Any]] = field(default_factory=list)
    duplicates: int = 0
    near: int = 0
    alarms: list[Alarm] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)
