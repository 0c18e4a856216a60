"""Whether a loader can go on from a state: one of the same export, or of a version of it before. Floor 8."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rightful.errors import InputError
from rightful.export.loading.state import SUBJECT, State
from rightful.export.versions import SUPERSEDED
from rightful.notation.shown import counted
from rightful.query.versions import REWRITE, level_of, supersedes_of

_WAYS = ("in order", "shuffled")


def check_alike(state: State, own: State) -> None:
    """Raises :class:`InputError` for a state of another tokenizer, seed, split, kind of unit, order or share than ``own``."""
    unlike = ""
    for name in ("tokenizer", "seed", "sequences", "split", "rung"):
        then, now = getattr(state, name), getattr(own, name)
        if then != now and not unlike:
            unlike = f"is of {name} {str(then)[:16]}, and this loader has {str(now)[:16]}"
    if not unlike and (state.bits is None) != (own.bits is None):
        then, now = (_WAYS[of.bits is not None] for of in (state, own))
        unlike = f"is of a loader that reads {then}, and this one reads {now}"
    if not unlike and state.share != own.share:
        then, now = map(_sharing, (state.share, own.share))
        unlike = f"is of {then}, and this is of {now}"
    if unlike:
        raise InputError(unlike, subject=SUBJECT, hint="open the loader as it was opened then")


def _sharing(share: tuple[int, int, int] | None) -> str:
    """Whose state one is. What a worker alone was handed says what the others were for as many ranks only."""
    return "all ranks" if share is None else f"worker {share[0]} of {share[1]} on {counted(share[2], 'rank')}"


def check_chain(folder: Path, manifest: Mapping[str, Any], state: State, *, stable: bool) -> None:
    """Raises :class:`InputError` where an export is no later version of the one of a state, or its documents were renumbered
    since and are not ``stable``: known by the number that they had."""
    export, levels, met = str(manifest["export"]), [], set()
    while True:
        levels.append(level_of(manifest))
        before = supersedes_of(manifest)
        if before is None or before in met:
            raise InputError(
                f"is of {state.export[:24]}, and this is {export}, no later version of it",
                subject=SUBJECT,
                hint="name the folder of that export",
            )
        if before == state.export:
            break
        met.add(before)
        manifest = _superseded(folder, before)
    if REWRITE in levels and not stable:
        raise InputError(
            f"is of {state.export}, of which shards were written anew without some documents: which were handed out is not"
            " known by their numbers",
            subject=SUBJECT,
            hint="begin an epoch anew; while a run goes on, take documents out with --level exclude or mask",
        )


def _superseded(folder: Path, export: str) -> dict[str, Any]:
    """The manifest of a version before."""
    path = folder / SUPERSEDED / f"{export}.json"
    try:
        manifest = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot be read, and says which version came before: {type(error).__name__}", subject=str(path)
        ) from error
    if not isinstance(manifest, dict):
        raise InputError("is no manifest", subject=str(path))
    return manifest
