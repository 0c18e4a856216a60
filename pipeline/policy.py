"""The operator's standing undertakings, ``STORE/policy.toml``: the same names as the use options. Floor 3.

A request takes from the policy what it does not say itself; what it accepts is added to what the policy accepts.
The policy can only undertake and describe: there is nothing in it that changes a decision otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, UnknownName
from pipeline.recipe import read_toml
from pipeline.rights.uses import Use, Vocabulary, use_of

KEYS = ("purpose", "application", "actor", "jurisdiction", "accept", "profile")


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOptions:
    """The use options of a command; None and empty mean: not said."""

    use: tuple[str, ...] = ()
    purpose: str | None = None
    application: str | None = None
    actor: str | None = None
    jurisdiction: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    profile: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What a policy file says; ``sha256`` is empty where there is none."""

    data: dict[str, Any]
    sha256: str = ""

    def as_json(self) -> dict[str, Any]:
        """Which policy applied, for answers and manifests."""
        return {"sha256": self.sha256 or None, **self.data}

    def use(self, options: UseOptions, vocabulary: Vocabulary, now: datetime) -> Use:
        """The request with the policy's undertakings. Every default is the strictest."""
        return use_of(
            vocabulary,
            options.use,
            as_of=options.as_of or now,
            purpose=options.purpose or self.data.get("purpose", "commercial"),
            application=options.application or self.data.get("application"),
            actor=options.actor or self.data.get("actor", "for_profit"),
            jurisdictions=options.jurisdiction or tuple(self.data.get("jurisdiction", ())),
            accept=(*self.data.get("accept", ()), *options.accept),
            profile=options.profile or self.data.get("profile", "strict"),
        )


def read_policy(path: Path) -> Policy:
    """The policy of a store; none there is an empty one. Raises :class:`InputError` naming the key."""
    if not path.exists():
        return Policy({})
    data = read_toml(path)
    for key, came in data.items():
        if key not in KEYS:
            raise UnknownName.of("key", key, KEYS, subject=str(path))
        if key in ("jurisdiction", "accept"):
            if not isinstance(came, list) or not all(isinstance(c, str) for c in came):
                raise InputError(f"{key} must be a list of strings, not {came!r}", subject=str(path))
        elif not isinstance(came, str):
            raise InputError(f"{key} must be a string, not {came!r}", subject=str(path))
    return Policy(data, hashlib.sha256(path.read_bytes()).hexdigest())


def strings(values: Iterable[str] | str | None) -> tuple[str, ...]:
    """One string or several as a tuple."""
    if values is None:
        return ()
    return (values,) if isinstance(values, str) else tuple(values)
