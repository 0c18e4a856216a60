"""Croissant (JSON-LD of schema.org with the terms of MLCommons, 1.0 and 1.1, and RAI) -> claims. Floor 2: pure.

A Croissant is often made by a hub or by whoever collected the data, so its licence is inferred (T6). It is T5 for the files
that it names and that lie beside it, where its publisher or creator is whom the operator's card names as the publisher, and
where nothing in it says that the data are the work of others. Terms of use, conditions of access and policies that are not
understood block; ``rai:personalSensitiveInformation`` is a gate. What ``isBasedOn`` and ``wasDerivedFrom`` name are ancestors.
``sdLicense`` is the licence of the description and none of the data. Names are read whatever their prefix, and as the
``@context`` maps them; a context that lies elsewhere is not fetched.
Source: mlcommons.org/croissant/1.1, croissant/RAI/1.0; schema.org; ODRL 2.2; the Data Use Ontology (DUO).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rightful.rights.columns import joined
from rightful.rights.evidence import Evidence
from rightful.signals.cards.found.plain import Damaged, decoded, json_of
from rightful.signals.cards.found.stating import STATED, Claimed, Stating
from rightful.signals.globs import escaped
from rightful.signals.signal import About, OfFile, Within, observation
from rightful.signals.values import shown, words

DETECTOR = "croissant/1"
FILES = frozenset(
    (
        "croissant.json croissant.jsonld *.croissant.json *.croissant.jsonld croissant_metadata.json "
        "croissant-metadata.json"
    ).split()
)
_TYPES = frozenset(
    {"dataset", "sc:dataset", "schema:dataset", "http://schema.org/dataset", "https://schema.org/dataset"}
)
_ANCESTORS = tuple(
    "isbasedon isbasedonurl wasderivedfrom derivedfrom hadprimarysource wasquotedfrom wasrevisionof".split()
)
_AGENTS = tuple(
    "publisher creator author wasattributedto copyrightholder maintainer provider funder contributor sdpublisher".split()
)
_PROSE = tuple(
    "description usecases datausecases datalimitations datareleasemaintenanceplan datasocialimpact databiases".split()
)
_PERSONS = ("personalsensitiveinformation",)
_TERMS = tuple(
    (
        "usageinfo conditionsofaccess hasusagerestriction datasharingagreements datagovernanceprotocol haspolicy "
        "acquirelicensepage termsofservice publishingprinciples"
    ).split()
)
_COLLECTED = ("scrap", "crawl", "web", "third", "existing", "secondary", "api", "download", "social")
"""Words of ``rai:dataCollectionType`` by which data are taken from others."""
_OF_DATA = ("recordset", "field", "subfield", "source", "transform", "references", "data", "examples")
"""What describes rows and columns: a column that is called ``license`` states none."""
_SILENT = frozenset({*_OF_DATA, *_AGENTS, "context", "graph", "sdlicense", "distribution"})
_NO_RESTRICTION = frozenset({"duo_0000004", "nres", "duo:0000004"})
_NOT_COMMERCIAL = frozenset({"duo_0000046", "duo_0000018", "ncu", "npuncu", "duo:0000046", "duo:0000018"})
_MINED = frozenset(
    {"mine", "datamining", "tdmmine", "textanddatamining", "train", "aitraining", "aitrain", "machinelearning"}
)
_EVERY_ACT = frozenset("store mine index infer train eval label synth share serve use".split())
_MINING = frozenset({"mine.analyse", "train", "synth.derive"})


def is_one(value: Any) -> bool:
    """True for JSON-LD about a dataset."""
    if not isinstance(value, dict):
        return False
    about = shown([value.get("conformsTo"), value.get("dct:conformsTo"), value.get("@context")]).lower()
    return "croissant" in about or ("@context" in value and any(_is_dataset(node) for node in _nodes(value)))


def read(raw: bytes, place: str, about: About) -> Claimed:
    """What a Croissant states; a file of that name which is something else is read as one all the same."""
    card = Stating(DETECTOR, place, about)
    try:
        described = json_of(decoded(raw))
        if not isinstance(described, dict | list):
            raise Damaged("it is no object")
    except Damaged as damage:
        return list(card.damaged(damage, raw))
    return list(claims(described, card))


CARD = OfFile(DETECTOR, FILES, read, through=True)


def claims(described: Any, card: Stating) -> Iterator[Evidence | Within]:
    """What the datasets of a description claim."""
    nodes = list(_nodes(described))
    terms = _terms(described)
    for node in [n for n in nodes if _is_dataset(n)] or nodes:
        yield from _dataset({_name(key, terms): (key, value) for key, value in node.items()}, terms, card)


def _nodes(described: Any) -> Iterator[dict[str, Any]]:
    """The nodes at the top: the object itself, those of a list, and those of ``@graph``."""
    for node in described if isinstance(described, list) else [described]:
        if isinstance(node, dict):
            yield node
            graph = node.get("@graph")
            yield from (n for n in (graph if isinstance(graph, list) else [graph]) if isinstance(n, dict))


def _is_dataset(node: Mapping[str, Any]) -> bool:
    return any(text.lower() in _TYPES for text in words(node.get("@type")))


def _terms(described: Any) -> dict[str, str]:
    """What the contexts call other than it is named: term -> the last part of its address."""
    terms: dict[str, str] = {}
    for node in _nodes(described):
        contexts = node.get("@context")
        for context in contexts if isinstance(contexts, list) else [contexts]:
            for term, meant in context.items() if isinstance(context, dict) else ():
                address = meant.get("@id") if isinstance(meant, dict) else meant
                if isinstance(address, str) and not term.startswith("@"):
                    terms[term] = address
    return terms


def _name(key: str, terms: Mapping[str, str]) -> str:
    """A key without its prefix, as the context maps it: ``sc:license``, ``https://schema.org/license``, ``lic``."""
    meant = terms.get(key, key).rstrip("/#").replace("#", "/").replace(":", "/")
    return joined(meant.rpartition("/")[2] or key)


def _dataset(
    fields: Mapping[str, tuple[str, Any]], terms: Mapping[str, str], card: Stating
) -> Iterator[Evidence | Within]:
    stated = card.at(STATED) if _is_of_publisher(fields, card.about) else card
    files, globs = _files(fields.get("distribution", ("", None))[1], terms)
    for name, (key, value) in fields.items():
        if (name in _SILENT and not card.about.names.columns.kind(key)) or joined(key) == "sdlicense":
            continue
        if name in _TERMS:
            yield from _usage(key, value, card)
        elif name in _PERSONS:
            yield from card.persons(key, value)
        elif name in _ANCESTORS:
            for one in value if isinstance(value, list) else [value]:
                yield from _ancestor(key, one, card)
        elif name in _PROSE:
            for text in words(value):
                yield from stated.prose(key, text)
        elif name == "isaccessibleforfree":
            if str(value).lower() in ("false", "no"):
                yield card.unreadable(key, "it is not free of charge")
        else:
            yield from card.fields([(_spoken(name, key, card), value)])
            if stated.tier != card.tier and (files or globs):
                yield from (Within(c, files, globs) for c in stated.fields([(_spoken(name, key, card), value)]))
    yield from _of_files(fields.get("distribution", ("", None))[1], terms, card)


def _spoken(name: str, key: str, card: Stating) -> str:
    """The key, or what the context says that it means, where that speaks of rights and the key does not."""
    kind = card.about.names.columns.kind
    return name if kind(name) and not kind(key) else key


def _is_of_publisher(fields: Mapping[str, tuple[str, Any]], about: About) -> bool:
    """True where the publisher whom the operator names describes data of its own."""
    ours = " ".join(about.publisher.split()).casefold()
    agents = [fields[name][1] for name in ("publisher", "creator") if name in fields]
    theirs = {" ".join(str(n).split()).casefold() for of in agents for n in _called(of)}
    others = any(name in fields and fields[name][1] for name in _ANCESTORS)
    collected = " ".join(words(fields.get("datacollectiontype", ("", None))[1])).lower()
    return bool(ours) and ours in theirs and not others and not any(word in collected for word in _COLLECTED)


def _called(agent: Any) -> Iterator[str]:
    for one in agent if isinstance(agent, list) else [agent]:
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from (v for k, v in one.items() if joined(k) in ("name", "legalname") and isinstance(v, str))


def _files(distribution: Any, terms: Mapping[str, str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The files beside the description that it names, and the patterns of those that it describes as sets."""
    paths: set[str] = set()
    globs: list[str] = []
    for node in distribution if isinstance(distribution, list) else [distribution]:
        if isinstance(node, dict):
            fields = {_name(key, terms): value for key, value in node.items()}
            own, sets = _of_one(fields)
            paths |= own
            globs += sets
    return frozenset(paths), tuple(globs)


def _of_one(fields: Mapping[str, Any]) -> tuple[set[str], list[str]]:
    local = {p.removeprefix("./") for p in words(fields.get("contenturl")) if _is_local(p)}
    # A set within an archive or another object is of what that holds.
    sets = [p for p in words(fields.get("includes")) if _is_local(p)] if "containedin" not in fields else []
    return local, [p if not any(c in p for c in "[]{}\\") else escaped(p) for p in sets]


def _is_local(path: str) -> bool:
    return bool(path) and ":" not in path and not path.startswith(("/", "#")) and ".." not in path.split("/")


def _of_files(distribution: Any, terms: Mapping[str, str], card: Stating) -> Iterator[Evidence | Within]:
    """What is stated of single files: of those alone, where they lie beside the description; else of all."""
    for node in distribution if isinstance(distribution, list) else [distribution]:
        if not isinstance(node, dict):
            continue
        fields = {_name(key, terms): value for key, value in node.items()}
        paths, globs = _of_one(fields)
        whole = not (paths or globs) or "containedin" in fields
        for key, value in node.items():
            name = _name(key, terms)
            if name == "sdlicense":
                continue
            claimed = (
                _usage(f"distribution.{key}", value, card)
                if name in _TERMS
                else card.fields([(f"distribution.{_spoken(name, key, card)}", value)])
            )
            for claim in claimed:
                yield claim if whole else Within(claim, frozenset(paths), tuple(globs))


def _ancestor(key: str, value: Any, card: Stating) -> Iterator[Evidence]:
    if isinstance(value, dict):
        by_name = {joined(k): v for k, v in value.items()}
        called = [by_name[k] for k in ("name", "url", "id", "identifier") if isinstance(by_name.get(k), str)]
        yield from card.ancestor(key, called[0] if called else "", by_name.get("license"))
    elif isinstance(value, str) and value.strip():
        yield from card.ancestor(key, value)


def _usage(key: str, value: Any, card: Stating) -> Iterator[Evidence]:
    """Terms of use: a term of DUO, an offer of ODRL, or whatever else, which blocks."""
    for one in value if isinstance(value, list) else [value]:
        codes = {text.rpartition("/")[2].rpartition("#")[2].lower() for text in words(one)} | {
            text.lower() for text in words(one)
        }
        if codes & _NOT_COMMERCIAL:
            yield _reserved(key, one, card, _EVERY_ACT, frozenset({"commercial"}))
        if codes & _NO_RESTRICTION and not isinstance(one, list) and _is_plain_term(one):
            continue
        if isinstance(one, dict):
            yield from _prohibited(key, one, card)
        yield from card.blocks(key, one)


def _is_plain_term(one: Any) -> bool:
    """True for one code and what it is called, without a policy beside it."""
    allowed = {"type", "termcode", "name", "url", "id", "indefinedtermset", "description"}
    return isinstance(one, str) or (isinstance(one, dict) and {joined(k) for k in one} <= allowed)


def _prohibited(key: str, offer: Mapping[str, Any], card: Stating) -> Iterator[Evidence]:
    """What a policy of ODRL prohibits. An action that is not known prohibits everything."""
    for name, value in offer.items():
        if joined(name).endswith("prohibition"):
            for rule in value if isinstance(value, list) else [value]:
                actions = (
                    [v for k, v in rule.items() if joined(k).endswith("action")] if isinstance(rule, dict) else [rule]
                )
                last = {joined(text.replace("#", "/").replace(":", "/").rpartition("/")[2]) for text in words(actions)}
                acts = _MINING if last and last <= _MINED else _EVERY_ACT
                yield _reserved(key, rule, card, acts, frozenset())


def _reserved(key: str, value: Any, card: Stating, acts: frozenset[str], purposes: frozenset[str]) -> Evidence:
    return Evidence(
        kind="reservation",
        tier=card.tier,
        bound_to="collection",
        statement="reserve",
        acts=acts,
        purposes=purposes,
        observation=observation(card.detector, shown(value)[:500], card.of(key)),
    )
