"""The claims of rights profiles as they are stored, with the files that each is read in and speaks of. Floor 7."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rightful.ingest.task import Placed
from rightful.rights.evidence import Evidence, Profile, as_json, evidence_id


class ProfileClaims:
    """The claims of the profiles of an item, by rights id."""

    def __init__(self) -> None:
        self._claims: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {}
        self._files: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}

    def add(self, rights: str, profile: Profile, papers: Placed) -> None:
        """Add a profile: a claim that files beside the texts make stands once for each of them, with the files of the item that
        it speaks of, the nearest first. One that was added already speaks of more files."""
        read: dict[Evidence, list[tuple[Evidence, tuple[str, ...]]]] = {}
        for claim, files in papers:
            read.setdefault(claim, []).append((claim, files))
        claims = self._claims.setdefault(rights, {})
        for evidence in sorted(profile, key=evidence_id):
            for claim, of in read.get(evidence, [(evidence, None)]):
                stored = _stored(claim)
                kind = "" if of is None else "files"
                key = (kind, *(str(stored[k]) for k in ("evidence_id", "place", "detector", "raw", "observed_at")))
                claims.setdefault(key, stored)
                if of is not None:
                    self._files.setdefault((rights, key), {}).update(dict.fromkeys(of))

    def stored(self) -> Mapping[str, tuple[dict[str, Any], ...]]:
        """All of them, as JSON."""
        return {
            rights: tuple(
                {**claim, "files": list(self._files[rights, key])} if (rights, key) in self._files else claim
                for key, claim in claims.items()
            )
            for rights, claims in self._claims.items()
        }


def _stored(evidence: Evidence) -> dict[str, Any]:
    seen = evidence.observation
    return {
        "evidence_id": evidence_id(evidence),
        "deciding": as_json(evidence),
        "raw": seen.raw if seen else "",
        "place": seen.place if seen else "",
        "detector": seen.detector if seen else "",
        "detector_version": seen.detector_version if seen else "",
        "observed_at": seen.observed_at if seen else "",
    }
