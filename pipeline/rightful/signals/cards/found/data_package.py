"""Data packages of Frictionless: ``datapackage.json`` -> claims. Floor 2: pure.

A package lists its files. Its licences are those of the files that it lists and that lie beside it (T5); what it says of
anything else is inferred (T6), and so is all of it where the package names the sources that it was made from: then it is a
label on the work of others. A licence of one resource is of its files alone, beside that of the package.
Source: Data Package 2.0, properties ``licenses``, ``sources`` and ``resources[].path``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rightful.rights.evidence import INFERRED, Evidence
from rightful.signals.cards.found.plain import Damaged, decoded, json_of, yaml_of
from rightful.signals.cards.found.stating import STATED, Claimed, Stating
from rightful.signals.signal import About, OfFile, Within
from rightful.signals.values import words

DETECTOR = "data-package/1"


def read(raw: bytes, place: str, about: About) -> Claimed:
    """What a data package states of its files."""
    card = Stating(DETECTOR, place, about)
    try:
        text = decoded(raw)
        package = json_of(text) if text.lstrip()[:1] in "{[" else yaml_of(text)
        if not isinstance(package, dict):
            raise Damaged("it is no object")
    except Damaged as damage:
        return list(card.damaged(damage, raw))
    return list(_claims(package, card))


CARD = OfFile(DETECTOR, frozenset({"datapackage.json", "datapackage.yaml", "datapackage.yml"}), read, through=True)


def _claims(package: dict[str, Any], card: Stating) -> Iterator[Evidence | Within]:
    resources = [r for r in _listed(package.get("resources")) if isinstance(r, dict)]
    own = [(k, _with_url(v)) for k, v in package.items() if k not in ("resources", "sources", "contributors")]
    made_of = [source for of in (package, *resources) for source in _listed(of.get("sources"))]
    stated = card.at(INFERRED if made_of else STATED)
    paths = frozenset(path for resource in resources for path in _paths(resource))
    yield from card.fields(own)
    if paths and stated.tier != card.tier:
        yield from (Within(claim, paths) for claim in stated.fields(own))
    for resource in resources:
        its_own = [
            (f"resources.{k}", _with_url(v)) for k, v in resource.items() if k not in ("schema", "data", "sources")
        ]
        its_paths = frozenset(_paths(resource))
        for claim in (stated if its_paths else card).fields(its_own):
            yield Within(claim, its_paths) if its_paths else claim
    for source in made_of:
        name = _called(source)
        yield from card.ancestor("sources", name)
    for key in ("description", "usage"):
        if isinstance(package.get(key), str):
            yield from stated.prose(key, package[key])


def _called(source: Any) -> str:
    """What a package calls a source."""
    if not isinstance(source, dict):
        return str(source)
    return next((source[k] for k in ("title", "name", "path") if isinstance(source.get(k), str)), "")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _paths(resource: dict[str, Any]) -> Iterator[str]:
    """The files of a resource that lie beside the package."""
    for path in words(resource.get("path")):
        if "://" not in path and not path.startswith("/") and ".." not in path.split("/"):
            yield path.removeprefix("./")


def _with_url(value: Any) -> Any:
    """A value with the ``path`` of its licences called what it is: an address."""
    if isinstance(value, list):
        return [_with_url(one) for one in value]
    if isinstance(value, dict) and "path" in value and "url" not in value:
        return {("url" if k == "path" else k): v for k, v in value.items()}
    return value
