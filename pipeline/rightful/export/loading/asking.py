"""What a loader asks before anything is read: is this use declared, has it ended, is this the export that it says. Floor 8.

No store is needed. The manifest says for which use its records were decided, and nothing else was decided: a loader answers
"is what is asked a part of that", by the words of today.

* *Acts*: every leaf act that is asked stands in the manifest.
* *Purpose*: the same. No purpose is a part of another: a contract for one, or a withdrawal from one, says nothing of others.
* *Application*: the same, or one below it that is no more sensitive; none named asks for all that are not sensitive.
* *Actor, jurisdictions*: who asks and where. What is not given is as the manifest has it; what is given has to be the same
  actor, and places that the manifest reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rightful.catalog import load
from rightful.errors import DamagedInput, InputError, Refused
from rightful.export import swap
from rightful.export.formats import TEXT
from rightful.export.manifest import MANIFEST, MANIFEST_VERSION, export_id, read_manifest
from rightful.notation.times import instant
from rightful.query.exported import lapsed
from rightful.rights.uses import (
    ACTORS,
    PURPOSES,
    Vocabulary,
    application_name,
    country,
    covers,
    one_of,
    reaches,
)

_USE = {"acts", "purpose", "application", "actor", "jurisdictions"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The use that is asked of an export. ``acts`` may be parents; None is explained in the docstring of the module."""

    acts: tuple[str, ...]
    purpose: str = PURPOSES[0]
    application: str | None = None
    actor: str | None = None
    jurisdictions: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        use: str | Iterable[str],
        purpose: str | None,
        application: str | None,
        actor: str | None,
        jurisdictions: str | Sequence[str],
    ) -> Asked:
        """What was given as keywords. Raises :class:`InputError` for what is no word of a request."""
        acts = tuple(dict.fromkeys([use] if isinstance(use, str) else use))
        if not acts:
            raise InputError("no use named", subject="use", hint="name one: use='train.pretrain'")
        places = [jurisdictions] if isinstance(jurisdictions, str) else jurisdictions
        return cls(
            acts=acts,
            purpose=PURPOSES[0] if purpose is None else one_of("purpose", purpose, PURPOSES),
            application=application_name(application),
            actor=None if actor is None else one_of("actor", actor, ACTORS),
            jurisdictions=tuple(country(place) for place in places),
        )


def check_export(folder: Path) -> dict[str, Any]:
    """The manifest of an export of tokens that this version can read and whose id is that of its contents.

    Raises :class:`InputError` where there is none, of a newer version, of texts, or in the midst of a repair;
    :class:`DamagedInput` where it was changed.
    """
    manifest = read_manifest(folder)
    subject, version = str(folder / MANIFEST), manifest.get("manifest_version")
    if not isinstance(version, int) or version > MANIFEST_VERSION:
        raise InputError(
            f"is of version {version!r}, and this version of rightful understands {MANIFEST_VERSION}",
            subject=subject,
            hint="load it with the version that made it: pip install --upgrade rightful",
        )
    if export_id(manifest) != manifest["export"]:
        raise DamagedInput(
            f"does not have the digest that its id {manifest['export'][:24]} says: it was changed",
            subject=subject,
            hint="put it back from a copy of the export; rightful verify says what else differs",
        )
    if not isinstance(manifest["use"], dict) or not set(manifest["use"]) >= _USE:
        raise InputError("does not say for which use it is", subject=subject)
    if manifest["format"] == TEXT:
        raise InputError(
            "has texts, and a loader hands out tokens",
            subject=str(folder),
            hint="datasets.load_dataset reads it; or export tokens: --format parquet",
        )
    if swap.is_unsettled(folder):
        raise InputError("is of a repair that did not end", subject=str(folder), hint="run rightful redact again")
    return manifest


def check_use(manifest: Mapping[str, Any], asked: Asked, subject: str) -> None:
    """Raises :class:`Refused` for a use that is no part of the one in the manifest, :class:`UnknownName` for an unknown act."""
    vocabulary, declared = load().vocabulary, manifest["use"]
    leaves = list(dict.fromkeys(leaf for act in asked.acts for leaf in vocabulary.leaves(act)))
    lacking = [leaf for leaf in leaves if leaf not in declared["acts"]]
    if lacking:
        made = ", ".join(declared["acts"])
        raise _undeclared(f"it was made for {made}, and {_few(lacking)} was asked for", subject)
    if asked.purpose != declared["purpose"]:
        raise _undeclared(
            f"it was made for the purpose {declared['purpose']}, and {asked.purpose} was asked for",
            subject,
            f"where the purpose is {declared['purpose']}, say so: purpose={declared['purpose']!r}; ",
        )
    if not _has_application(declared["application"], asked.application, vocabulary):
        made = declared["application"] or "any application that is not sensitive"
        named = declared["application"]
        raise _undeclared(
            f"it was made for {made}, and {asked.application or 'any that is not sensitive'} was asked for",
            subject,
            f"where it is for {named}, say so: application={named!r}; " if named else "",
        )
    if asked.actor is not None and asked.actor != declared["actor"]:
        raise _undeclared(f"it was made for the actor {declared['actor']}, and {asked.actor} asks", subject)
    places = frozenset(declared["jurisdictions"])
    if asked.jurisdictions and not reaches(places, frozenset(asked.jurisdictions)):
        came = ", ".join(asked.jurisdictions)
        raise _undeclared(f"it was made for {', '.join(sorted(places))}, and {came} was asked for", subject)


def _has_application(declared: str | None, asked: str | None, vocabulary: Vocabulary) -> bool:
    if asked is None or declared is None:
        return declared is None and (asked is None or not vocabulary.is_sensitive(asked))
    if asked == declared:
        return True
    return covers(declared, asked) and (vocabulary.is_sensitive(declared) or not vocabulary.is_sensitive(asked))


def check_period(manifest: Mapping[str, Any], now: datetime, subject: str) -> None:
    """Raises :class:`Refused` from the first instant on at which a permission may have ended, or an undertaking lapsed."""
    end = manifest.get("expires_at")
    if end is not None and instant(str(end), "expires_at of the manifest") <= now:
        raise Refused(
            f"the permission of some of it may have ended at {end}",
            subject=subject,
            hint="rightful verify says which records, rightful redact takes them out and sets a new end",
        )
    policy = manifest.get("policy") or {}
    signed = any(part.get("signature") for part in (policy, policy.get("named") or {}))
    gone = lapsed(policy, load(), now) & set(manifest.get("obligations") or ()) if signed else frozenset[str]()
    if gone:
        raise Refused(
            f"the signed undertaking of {', '.join(sorted(gone))} is over",
            subject=subject,
            hint="have the policy signed for a new period and export again",
        )


def _undeclared(why: str, subject: str, say: str = "") -> Refused:
    return Refused(f"this use is not declared: {why}", subject=subject, hint=f"{say}else export for that use")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
