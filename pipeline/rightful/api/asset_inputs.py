"""What an asset was made of, as somebody names it: exports, assets, specifications of elsewhere. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rightful.assets import registering
from rightful.assets.described import ASSET, BASE, EXPORT, Asset, Input
from rightful.assets.specification import Specification, read_specification
from rightful.errors import InputError, StoreError, UnknownName
from rightful.export.manifest import MANIFEST, read_manifest
from rightful.store.ledger import Ledger

Keys = Mapping[str, Any]
Paths = str | Path | Sequence[str | Path] | None


@dataclass(frozen=True, slots=True)
class Given:
    """Inputs as they were named: resolved, the tokens that were said of each by id, and specifications of bases by id."""

    inputs: list[Input]
    tokens: dict[str, int]
    bases: dict[str, Specification]


def given(
    ledger: Ledger, assets: Sequence[Asset], input: Paths, base: Paths, tokens: Mapping[str, object] | None
) -> Given:
    """The inputs that are named. Raises :class:`InputError` for none, one that is not known, and one that is named twice."""
    exports = {str(e["export"]): e for e in ledger.exports()}
    inputs: list[Input] = []
    named: dict[str, str] = {}
    bases: dict[str, Specification] = {}
    for word in listed(input):
        one = _input(ledger, assets, exports, word)
        named[word] = one.id
        inputs.append(one)
    for word in listed(base):
        specification = read_specification(Path(word))
        if specification.store == ledger.meta("store_id"):
            one = _own_base(assets, specification, word)
        else:
            one = Input(BASE, specification.id, specification.tokens)
            bases[specification.id] = specification
        named[word] = one.id
        inputs.append(one)
    ids = [one.id for one in inputs]
    if not ids:
        raise InputError(
            "an asset is made of something", subject="--input", hint="name exports and assets, or --base FOLDER"
        )
    if twice := [one for one in ids if ids.count(one) > 1]:
        raise InputError(
            f"names {twice[0]} twice", subject="--input", hint="name each input once; --tokens says how much of it"
        )
    counts = {}
    for word, n in (tokens or {}).items():
        if word not in named and word not in ids:
            raise UnknownName.of("input", word, [*named, *ids], subject="--tokens")
        if not isinstance(n, int) or isinstance(n, bool) or n < 0:
            raise InputError(f"{n!r} is no number of tokens", subject=f"--tokens {word}", hint="a whole number")
        counts[named.get(word, word)] = n
    return Given(inputs, counts, bases)


def listed(of: Paths) -> list[str]:
    """What may be named once or several times, as words."""
    return [] if of is None else [str(one) for one in ([of] if isinstance(of, str | Path) else of)]


def _input(ledger: Ledger, assets: Sequence[Asset], exports: Mapping[str, Keys], word: str) -> Input:
    """The export or asset that a word names. Raises :class:`InputError`."""
    asset = registering.known(assets, word)
    if asset is not None:
        return Input(ASSET, asset.asset, asset.tokens)
    export, folder = word, Path(word)
    if word not in exports and (folder / MANIFEST).is_file():
        export = str(read_manifest(folder)["export"])
    if export in exports:
        return Input(EXPORT, export, exports[export]["manifest"]["tokens"])
    if folder.is_dir():
        what = f"holds {export}, which this store does not know" if export != word else "is a folder without a manifest"
        hint = "name an export of this store; what comes from elsewhere is named by --base FOLDER"
        raise InputError(what, subject=word, hint=hint)
    raise UnknownName.of("export or asset", word, [*exports, *(a.name for a in assets)], subject="--input")


def _own_base(assets: Sequence[Asset], specification: Specification, word: str) -> Input:
    """A base of this very store is the asset as it is now, not as it was when it was written down."""
    asset = registering.known(assets, specification.asset)
    if asset is None:
        raise StoreError(
            f"is the specification of {specification.asset} of this store, which does not have it", subject=word
        )
    return Input(ASSET, asset.asset, asset.tokens)
