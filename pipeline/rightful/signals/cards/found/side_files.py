"""Files of metadata beside shards and deposits -> claims. Floor 2: pure.

Energon keeps ``.nv-meta`` beside the shards of WebDataset, Zenodo reads ``.zenodo.json``, DataCite writes ``rightsList``, and
many a dataset has a ``metadata.json`` or ``dataset.json`` of its own making. None of them says whose statement it is: all is
inferred (T6), until the operator confirms the file. A file that turns out to be Croissant, or a provenance record, is read as
that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rightful.rights.evidence import Evidence
from rightful.signals.cards.found import croissant, provenance
from rightful.signals.cards.found.plain import Damaged, decoded, json_of, yaml_of
from rightful.signals.cards.found.stating import Claimed, Stating
from rightful.signals.signal import About, OfFile, Within
from rightful.signals.values import words

_OPEN = frozenset({"open", "info:eu-repo/semantics/openaccess", "public"})
_DERIVED = frozenset({"isderivedfrom", "issourceof", "isvariantformof", "iscompiledby"}) - {
    "issourceof",
    "iscompiledby",
}
_MOST_DEEP = 6


def _read_energon(raw: bytes, place: str, about: About) -> Claimed:
    return list(_of(raw, Stating("energon/1", place, about)))


def _read_deposit(raw: bytes, place: str, about: About) -> Claimed:
    return list(_of(raw, Stating("deposit-metadata/1", place, about)))


def _read_metadata(raw: bytes, place: str, about: About) -> Claimed:
    return list(_of(raw, Stating("side-metadata/1", place, about)))


_OF_ENERGON = "dataset.yaml dataset.yml info.yaml info.json .info.yaml .info.json".split()
_OF_DEPOSITS = ".zenodo.json zenodo.json datacite.json".split()
_OF_ANYBODY = "dataset.json metadata.json dataset_info.json dataset_infos.json dataset-metadata.json wids.json".split()
ENERGON = OfFile("energon/1", frozenset(f".nv-meta/{name}" for name in _OF_ENERGON), _read_energon, above=1)
DEPOSIT = OfFile("deposit-metadata/1", frozenset(_OF_DEPOSITS), _read_deposit)
METADATA = OfFile("side-metadata/1", frozenset(_OF_ANYBODY), _read_metadata)


def _of(raw: bytes, card: Stating) -> Iterator[Evidence | Within]:
    try:
        text = decoded(raw)
        value = json_of(text) if card.place.lower().endswith(".json") else yaml_of(text)
    except Damaged as damage:
        yield from card.damaged(damage, raw)
        return
    if croissant.is_one(value):
        yield from croissant.claims(value, card)
    elif provenance.is_one(value):
        yield from provenance.claims(value, card)
    else:
        yield from _fields(value, card, "", 0)


def _fields(value: Any, card: Stating, at: str, depth: int) -> Iterator[Evidence]:
    """What speaks of rights by its name, within objects; not what lies in the lists of shards, samples and columns."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        name = f"{at}.{key}" if at else str(key)
        if key in ("access_right", "accessRight"):
            if not (isinstance(inner, str) and inner.strip().lower() in _OPEN):
                yield from card.blocks(name, inner)
        elif key in ("access_conditions", "conditionsOfAccess", "terms"):
            yield from card.blocks(name, inner)
        elif key in ("rightsList", "rights_list"):
            for one in inner if isinstance(inner, list) else [inner]:
                yield from card.license(name, _rights(one))
        elif key in ("related_identifiers", "relatedIdentifiers"):
            yield from _related(inner, card, name)
        elif key in (
            "features",
            "splits",
            "shardlist",
            "shards",
            "schema",
            "columns",
            "creators",
            "contributors",
            "references",
        ):
            continue
        else:
            yield from card.fields([(name, inner)])
            if depth < _MOST_DEEP and not card.about.names.columns.kind(name):
                yield from _fields(inner, card, name, depth + 1)


def _rights(one: Any) -> Any:
    """An entry of ``rightsList`` as an object that is a licence."""
    if not isinstance(one, dict):
        return one
    meant = {"rights": "name", "rightsUri": "url", "rightsURI": "url", "rightsIdentifier": "id"}
    return {meant[k]: v for k, v in one.items() if k in meant} or one


def _related(value: Any, card: Stating, name: str) -> Iterator[Evidence]:
    """The works that a deposit says it was derived from."""
    for one in value if isinstance(value, list) else []:
        if isinstance(one, dict):
            relation = str(one.get("relation") or one.get("relationType") or "").lower()
            if relation in _DERIVED:
                identifier = one.get("identifier") or one.get("relatedIdentifier")
                yield from card.ancestor(name, next(words(identifier), ""))
