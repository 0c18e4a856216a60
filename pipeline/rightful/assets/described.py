"""What a derived asset was made of: exports and other assets, each with its share of the tokens. Floor 6.

A tokenizer that an export trained is registered with it; indexes and models are registered by hand. What is made of an
export goes on holding what was in it, whatever becomes of the export: a repaired export is another one, under another id.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rightful.errors import StoreError
from rightful.notation.shown import plain
from rightful.store.chain import REMEDY
from rightful.store.ledger import Ledger

TOKENIZER, INDEX, MODEL = KINDS = ("tokenizer", "index", "model")
EXPORT, ASSET, BASE = INPUT_KINDS = ("export", "asset", "base")
"""What an input is: an export of this store, an asset of this store, or one of elsewhere by its ``rightful.json``."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that an asset was made of.

    ``kind`` is one of :data:`INPUT_KINDS`, and ``id`` that of the export or asset. ``tokens`` are those that it brought
    (None: nobody knows), and ``share`` is their part of all tokens of the asset, 0 to 1 (None: nobody knows). A tokenizer
    that texts were cut with brings none of them by itself: its share is 0.
    """

    kind: str
    id: str
    tokens: int | None = None
    share: float | None = None

    def as_json(self) -> dict[str, Any]:
        """``{export|asset|base: id, tokens, share}``, as answers have it."""
        return {self.kind: self.id, "tokens": self.tokens, "share": self.share}


@dataclass(frozen=True, slots=True)
class Asset:
    """A registered asset. ``declared`` is what it was registered for, oldest first: each a ``use`` (``Use.as_json``) and the
    ``policy`` that it was asked under, as a manifest has them.

    ``description`` is the whole row as it was registered; ``sha256`` is that of its file, empty where none was named.
    """

    asset: str
    kind: str
    name: str
    sha256: str
    inputs: tuple[Input, ...]
    declared: tuple[Mapping[str, Any], ...]
    created_at: str
    description: Mapping[str, Any] = field(repr=False)

    @property
    def tokens(self) -> int | None:
        """How many tokens it was made of; None where nobody knows."""
        each = [one.tokens for one in self.inputs]
        return None if None in each else sum(n for n in each if n is not None)


def read_assets(ledger: Ledger) -> tuple[Asset, ...]:
    """The registered assets, oldest first.

    One tokenizer may come out of several exports: each of them is an input of it. Raises :class:`StoreError` for a row that
    is none.
    """
    trained: dict[str, list[Mapping[str, Any]]] = {}
    rows = ledger.assets()
    if any(row["kind"] == TOKENIZER for row in rows):
        for registered in ledger.exports():
            manifest = registered["manifest"]
            if manifest.get("supersedes"):  # a repair carries the tokenizer on, and did not train it
                continue
            if asset := (manifest.get("tokenizer") or {}).get("asset"):
                trained.setdefault(str(asset), []).append(manifest)
    try:
        return tuple(_asset(row, trained.get(str(row["asset"]), ())) for row in rows)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(f"the ledger holds an asset that is none: {error}", subject="assets", hint=REMEDY) from error


def _asset(row: Mapping[str, Any], trained: Sequence[Mapping[str, Any]]) -> Asset:
    description = row["description"]
    stated = description["inputs"]
    if row["kind"] not in KINDS:
        raise ValueError(f"{plain(str(row['asset']))} is of the kind {plain(str(row['kind']))}")
    # What an export trained says how many records it was trained on, and of which export.
    inputs = _inputs(stated) if isinstance(stated, list) else _trained(description, trained)
    policy = trained[0].get("policy") if trained else None
    declared = description.get("declared") or [{"use": description["use"], "policy": policy or {}}]
    if not all(isinstance(one["use"], dict) for one in declared):
        raise ValueError(f"{plain(str(row['asset']))} was declared for what is no use")
    return Asset(
        asset=str(row["asset"]),
        kind=str(row["kind"]),
        name=str(row["name"]),
        sha256=str(row["sha256"]),
        inputs=inputs,
        declared=tuple(declared),
        created_at=str(row["created_at"]),
        description=description,
    )


def _inputs(stated: Iterable[Mapping[str, Any]]) -> tuple[Input, ...]:
    inputs = []
    for one in stated:
        (kind,) = [kind for kind in INPUT_KINDS if kind in one]
        inputs.append(Input(kind, str(one[kind]), one["tokens"], one["share"]))
    return tuple(inputs)


def _trained(description: Mapping[str, Any], trained: Sequence[Mapping[str, Any]]) -> tuple[Input, ...]:
    """The exports that a tokenizer came out of. It read the records that may train one: of tokens only where it was all."""
    by_id: dict[str, int | None] = {}
    for manifest in trained:
        on = (manifest["tokenizer"].get("trained_on") or {}).get("records")
        by_id[str(manifest["export"])] = manifest["tokens"] if on == manifest["records"] else None
    by_id.setdefault(str(description["export"]), None)
    tokens = [*by_id.values()]
    shares = shares_of(tokens) if len(tokens) > 1 else [1.0]
    return tuple(Input(EXPORT, export, of, share) for (export, of), share in zip(by_id.items(), shares, strict=True))


def was_trained_on_part(asset: Asset, one: Input) -> bool:
    """True for a tokenizer that an export trained, on those of its records alone that may train one."""
    trained = asset.kind == TOKENIZER and not isinstance(asset.description["inputs"], list)
    return trained and one.kind == EXPORT and one.tokens is None


def shares_of(tokens: Sequence[int | None]) -> list[float | None]:
    """The part that each input has in all tokens; all None where one is not known, or there are none.

    >>> shares_of([30, 10])
    [0.75, 0.25]
    """
    known = [n for n in tokens if n is not None]
    total = sum(known)
    if len(known) < len(tokens) or not total:
        return [None] * len(tokens)
    return [n / total for n in known]


Descent = tuple[Asset, tuple[str, ...]]
"""An asset, and the way to it: the id of an export, of the assets between, and its own."""


def downstream(assets: Iterable[Asset], exports: Iterable[str]) -> list[Descent]:
    """The assets that come from any of the exports (or assets), directly or through others, each by its shortest way.

    In the order of the ways' lengths, then as the assets came.
    """
    made_of: dict[str, list[Asset]] = {}
    for asset in assets:
        for one in asset.inputs:
            made_of.setdefault(one.id, []).append(asset)
    starts = list(dict.fromkeys(exports))
    waiting: deque[tuple[str, tuple[str, ...]]] = deque((start, (start,)) for start in starts)
    reached = set(starts)
    descents: list[Descent] = []
    while waiting:
        at, way = waiting.popleft()
        for asset in made_of.get(at, ()):
            if asset.asset not in reached:
                reached.add(asset.asset)
                descents.append((asset, (*way, asset.asset)))
                waiting.append((asset.asset, (*way, asset.asset)))
    return descents


def upstream(assets: Iterable[Asset], name: str) -> tuple[list[str], list[Asset], list[str]]:
    """What an asset comes from, directly or through others: exports, assets, and assets of elsewhere. It is not among them."""
    by_id = {asset.asset: asset for asset in assets}
    waiting, seen = deque([name]), {name}
    exports: list[str] = []
    through: list[Asset] = []
    bases: list[str] = []
    while waiting:
        at = by_id.get(waiting.popleft())
        for one in () if at is None else at.inputs:
            if one.id in seen:
                continue
            seen.add(one.id)
            if one.kind == EXPORT:
                exports.append(one.id)
            elif one.kind == BASE:
                bases.append(one.id)
            else:
                waiting.append(one.id)
                through += [by_id[one.id]] if one.id in by_id else []
    return exports, through, bases


def share_of(asset: Asset, assets: Iterable[Asset], exports: Mapping[str, float]) -> float | None:
    """The part of an asset's tokens that is concerned, where ``exports`` has the part of each export that is.

    None where the share of an input that is concerned is not known. A share of 0 (by a tokenizer alone) is no "untouched".

    >>> m = Asset("m", "model", "m", "", (Input("export", "x", 90, 0.9), Input("export", "y", 10, 0.1)), (), "", {})
    >>> share_of(m, [m], {"x": 0.5})
    0.45
    """
    by_id = {one.asset: one for one in assets}
    known: dict[str, float | None] = {}

    def part(name: str, within: frozenset[str]) -> float | None:
        if name in exports:
            return exports[name]
        if name in known:
            return known[name]
        of = by_id.get(name)
        if of is None or name in within:
            return 0.0
        total: float | None = 0.0
        for one in of.inputs:
            inner = part(one.id, within | {name})
            if inner == 0.0 or one.share == 0.0:
                continue
            total = None if inner is None or one.share is None or total is None else total + inner * one.share
        known[name] = total
        return total

    return part(asset.asset, frozenset())
