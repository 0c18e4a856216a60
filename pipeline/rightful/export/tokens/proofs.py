"""Which faster backends were held against their reference before, on this machine. Floor 8.

A file in the cache of the user, ``rightful/proofs/DIGEST.json`` in :func:`rightful.compiling.user_cache`, says that a backend
gave the ids of its reference for all probes. The digest is of everything that this depends on, so that nothing has to
be taken back: another tokenizer, or another version of anything, has another one. It spares the time of a proof and is no
proof itself: whoever believes it still holds some probes, and some documents of every export, against the reference.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rightful.compiling import user_cache
from rightful.errors import InputError
from rightful.store.layout import publish


def digest_of(facts: Mapping[str, Any]) -> str:
    """By what a proof is known again: SHA-256 of the facts that it depends on, as JSON."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def folder_of(environment: Mapping[str, str]) -> Path | None:
    """Where proofs lie, by the variables of the user; None where there is no home."""
    return user_cache(environment, "proofs")


def is_there(folder: Path | None, facts: Mapping[str, Any]) -> bool:
    """Whether there is one of exactly these facts. A file that is damaged, or cannot be read, is none."""
    if folder is None:
        return False
    try:
        stored = json.loads((folder / f"{digest_of(facts)}.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return bool(stored == dict(facts))


def keep(folder: Path | None, facts: Mapping[str, Any]) -> None:
    """Write one down. Where that cannot be done the next export proves it again."""
    if folder is None:
        return
    with contextlib.suppress(OSError, InputError):
        folder.mkdir(parents=True, exist_ok=True)
        with publish(folder / f"{digest_of(facts)}.json") as temporary:
            temporary.write_text(json.dumps(facts, sort_keys=True) + "\n", encoding="utf-8")


def forget(folder: Path | None, facts: Mapping[str, Any]) -> None:
    """Remove one that turned out to be wrong."""
    if folder is not None:
        with contextlib.suppress(OSError):
            (folder / f"{digest_of(facts)}.json").unlink(missing_ok=True)
