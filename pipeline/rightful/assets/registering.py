"""Registering an asset: what its name, inputs and file are, and the row that says so. Floor 6.

A name belongs to one thing. It may be declared for more uses later; what it was made of never changes, so a new version has a
name of its own. Nothing is overwritten: declarations are added.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rightful.assets.described import ASSET, INPUT_KINDS, KINDS, TOKENIZER, Asset, Input, shares_of, upstream
from rightful.errors import InputError, UnknownName
from rightful.store.layout import sha256_file
from rightful.store.ledger import Commit

MOST_CHARS = 200
_ID = re.compile(r"[a-z]-[0-9a-f]{16}")
_PREFIXES = {"tokenizer": "t", "index": "i", "model": "m"}


def check_kind(kind: str) -> str:
    """A kind of asset. Raises :class:`UnknownName`."""
    if kind not in KINDS:
        raise UnknownName.of("kind of asset", kind, KINDS, subject="--kind")
    return kind


def check_name(name: str) -> str:
    """A name as it may be registered: printable, on one line, and none that looks like an id. Raises :class:`InputError`."""
    name = " ".join(name.split())
    if not name or not name.isprintable() or len(name) > MOST_CHARS:
        raise InputError(
            f"{name!r} is no name of an asset", hint=f"printable, on one line, at most {MOST_CHARS} characters"
        )
    if _ID.fullmatch(name):
        raise InputError(f"{name!r} is the id of something, not a name", hint="give it a name of its own")
    return name


def find(assets: Sequence[Asset], name: str) -> Asset:
    """The asset of that id or name. Raises :class:`UnknownName`."""
    asset = known(assets, name)
    if asset is None:
        raise UnknownName.of("asset", name, [a.name for a in assets])
    return asset


def known(assets: Iterable[Asset], name: str) -> Asset | None:
    """The asset of that id or name; None where there is none."""
    listed = [asset for asset in assets if name in (asset.asset, asset.name)]
    return listed[-1] if listed else None


def weighed(
    kind: str, inputs: Sequence[Input], assets: Iterable[Asset], tokens: Mapping[str, int]
) -> tuple[Input, ...]:
    """The inputs with the share of each: of its ``tokens`` (by id) where they are said, else of all that it has.

    A tokenizer brings no tokens to what was made with it.
    """
    tokenizers = {a.asset for a in assets if a.kind == TOKENIZER} if kind != TOKENIZER else set()
    counted = [replace(one, tokens=tokens.get(one.id, 0 if one.id in tokenizers else one.tokens)) for one in inputs]
    shares: Sequence[float | None] = shares_of([one.tokens for one in counted])
    bringing = [n for n, one in enumerate(counted) if one.tokens != 0]
    if len(bringing) == 1:  # the only one is all of it, whatever it counts
        shares = [1.0 if n in bringing else 0.0 for n in range(len(counted))]
    return tuple(replace(one, share=share) for one, share in zip(counted, shares, strict=True))


def counts(words: Iterable[str]) -> dict[str, int]:
    """Tokens by input, of words such as ``out/=1000000``. Raises :class:`InputError`.

    >>> counts(["x-1=2000000", "base=5"])
    {'x-1': 2000000, 'base': 5}
    """
    counted = {}
    for word in words:
        name, equals, count = word.rpartition("=")
        digits = count.strip().replace("_", "")
        if not (name and equals and digits.isdecimal() and digits.isascii() and len(digits) <= 18):
            raise InputError(f"{word!r} is no INPUT=N", subject="--tokens", hint="write --tokens out/=1000000")
        counted[name] = int(digits)
    return counted


def check_cycle(assets: Sequence[Asset], name: str, inputs: Iterable[Input]) -> None:
    """Nothing is made of itself. Raises :class:`InputError` that shows the circle."""
    by_id = {asset.asset: asset for asset in assets}
    for one in inputs:
        made_of = by_id.get(one.id) if one.kind == ASSET else None
        if made_of is None:
            continue
        way = [made_of, *upstream(assets, made_of.asset)[1]]
        if any(asset.name == name for asset in way):
            shown = f"{name} <- {made_of.name}" + ("" if made_of.name == name else f" <- ... <- {name}")
            raise InputError(
                f"{name} would be made of itself: {shown}",
                subject="--input",
                hint="give the new version a name of its own",
            )


def digest_of(path: Path) -> str:
    """The SHA-256 of a file; of a folder over the names and digests of its files, in order. Raises :class:`InputError`."""
    try:
        if path.is_file():
            return sha256_file(path)
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else []
        listed = [[file.relative_to(path).as_posix(), sha256_file(file)] for file in files]
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", subject=str(path)) from error
    if not listed:
        raise InputError("is no file, and no folder with files", subject="--file", hint=f"it came as {path}")
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def asset_id(kind: str, name: str, inputs: Iterable[Input], sha256: str) -> str:
    """The id of an asset: a digest of what it is and what it was made of."""
    facts = [kind, name, sha256, [[one.kind, one.id, one.tokens] for one in inputs]]
    return f"{_PREFIXES[kind]}-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]}"


def check_same(registered: Asset, kind: str, inputs: Sequence[Input], sha256: str) -> None:
    """A name that is taken is that of the same thing. Raises :class:`InputError`."""
    facts = {
        "kind": (registered.kind, kind),
        "inputs": ([(i.kind, i.id) for i in registered.inputs], [(i.kind, i.id) for i in inputs]),
        "file": (registered.sha256, sha256 or registered.sha256),
    }
    for what, (before, now) in facts.items():
        if before != now:
            raise InputError(
                f"{registered.name} is registered already ({registered.asset}), with another {what}",
                subject=registered.name,
                hint="give the new version a name of its own",
            )


def described(
    name: str, kind: str, sha256: str, inputs: Sequence[Input], bases: Mapping[str, Any], file: str | None
) -> dict[str, Any]:
    """The row of a new asset, which nothing is declared of yet. ``bases``: the specifications of inputs of elsewhere, by id."""
    return {
        "asset": asset_id(kind, name, inputs, sha256),
        "name": name,
        "kind": kind,
        "sha256": sha256,
        "file": file,
        "inputs": [one.as_json() for one in inputs],
        "bases": dict(bases),
        "declared": [],
    }


def enter(commit: Commit, description: Mapping[str, Any], entry: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
    """Write an asset with one declaration more into the ledger. Answers the row."""
    row = {**description, "declared": [*description["declared"], dict(entry)]}
    if new:
        commit.add_asset(str(row["asset"]), str(row["kind"]), str(row["name"]), str(row["sha256"]), row)
    else:
        commit.describe_asset(str(row["asset"]), row)
    commit.summary.update(
        asset=row["asset"],
        name=row["name"],
        kind=row["kind"],
        inputs=[str(one[kind]) for one in row["inputs"] for kind in INPUT_KINDS if kind in one],
        acts=entry["use"]["acts"],
        purpose=entry["use"]["purpose"],
        application=entry["use"]["application"],
        new_uses=entry["new_uses"],
    )
    return row
