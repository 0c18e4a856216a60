"""``store.asset``: tokenizers, indexes and models, and what they may be used for. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from rightful.api import onward
from rightful.api.access import Access, use_options
from rightful.api.answer import Rows
from rightful.api.asset_answers import AssetCard, AssetDecided
from rightful.api.asset_inputs import given, listed
from rightful.api.stepping import logs_of
from rightful.api.typed import typed
from rightful.assets import registering
from rightful.assets.card import card_page
from rightful.assets.described import ASSET, Asset, Input, read_assets
from rightful.assets.specification import CARD, FILE, canonical, read_specification
from rightful.decisions.policy import Policy
from rightful.errors import InputError
from rightful.query import asset_steps
from rightful.query.creeping import new_uses
from rightful.query.derived import NEW_USE, Derivation, Deriving, obligations_json, opened, reason
from rightful.query.specifying import document, specified
from rightful.query.tainted import CURRENT, Standing, declared_today, standings
from rightful.rights.uses import Use
from rightful.rights.values import Status
from rightful.store.layout import publish
from rightful.store.ledger import Ledger, stamp
from rightful.store.sweep import committing

Keys = Mapping[str, Any]


@typed
@dataclass(frozen=True, slots=True)
class Assets:
    """What was derived from exports. An asset permits what every record in it permits, and nothing else.

    An asset is named by its name or id. A tokenizer that an export trained is there from the start.
    """

    _access: Access

    def add(
        self,
        name: str,
        kind: str,
        *,
        input: str | Path | Sequence[str | Path] | None = None,
        base: str | Path | Sequence[str | Path] | None = None,
        tokens: Mapping[str, int] | None = None,
        file: str | Path | None = None,
        log: str | Path | Sequence[str | Path] | None = None,
        use: str | Iterable[str] | None = None,
        purpose: str | None = None,
        application: str | None = None,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        accept: str | Iterable[str] | None = None,
        profile: str | None = None,
        as_of: datetime | str | None = None,
        policy: str | None = None,
        acknowledge_new_use: bool = False,
        yes: bool = False,
    ) -> AssetDecided:
        """Register a tokenizer, an index or a model with what it was made of and what it is for; or declare it for more.

        kind                  ``tokenizer``, ``index`` or ``model``
        input                 exports (id or folder) and assets (id or name) that it was made of
        base                  assets of elsewhere: folders with the ``rightful.json`` that came with them
        tokens                how many tokens of an input it has seen, by the name of the input, where it is not all of them once
        file                  its file or folder, of which the digest is kept
        log                   consumption logs of the run that it came of (folders): ``trace`` then names its steps. A log of
                              before is replaced
        acknowledge_new_use   for acts that a source was not collected for, the first time; it is logged

        The other keywords say what it is declared for, as in :meth:`Store.query`. It is registered only where all inputs
        permit that as the store stands now (``registered``); otherwise nothing is, and ``reasons`` say why. Raises
        :class:`InputError` for inputs that are not known, or that are made of it.

        >>> store.asset.add("m1", "model", input="out/", use="train.pretrain", accept="all").decision  # doctest: +SKIP
        """
        stated = dict(locals())
        access = self._access
        name, kind = registering.check_name(name), registering.check_kind(kind)
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        with access.ledger(yes=yes) as ledger, committing(access.layout, ledger), access.connection("asset") as con:
            now = ledger.moment(access.clock())
            standing = access.policy(options.policy)
            request = access.request(ledger, standing, options, now)
            assets = read_assets(ledger)
            named = given(ledger, assets, input, base, tokens)
            inputs = registering.weighed(kind, named.inputs, assets, named.tokens)
            registering.check_cycle(assets, name, inputs)
            sha256 = registering.digest_of(Path(file)) if file is not None else ""
            there = registering.known(assets, name)
            if there is not None:
                registering.check_same(there, kind, inputs, sha256)
            new = [(one.kind, one.id) for one in inputs]
            logs = logs_of(ledger.exports(), new, assets, listed(log))
            # What was permitted at another instant has to be permitted now as well.
            times = dict.fromkeys([request.as_of, now])
            derivations: list[tuple[Deriving, Derivation]] = []
            for at in times:
                deriving = opened(con, access.layout, ledger, access.catalog, at, assets, standing)
                deriving.bases = {**deriving.bases, **named.bases}
                derivations.append((deriving, deriving.derive(new, replace(request, as_of=at))))
            deriving, derivation = next((one for one in derivations if not one[1].permits), derivations[0])
            sources = [deriving.export_of(s) for s in deriving.sources_of(new)]
            exports = [deriving.exports[one] for one in dict.fromkeys(sources) if one in deriving.exports]
            creeping = new_uses(con, access.layout, exports, request, assets)
            first = [one for one in creeping if one["first"]]
            refused = derivation.permits and bool(first) and not acknowledge_new_use
            permitted = derivation.permits and not refused
            row = dict(there.description) if there is not None else None
            if permitted:
                row = row or registering.described(
                    name,
                    kind,
                    sha256,
                    inputs,
                    {k: of.data for k, of in named.bases.items()},
                    Path(file).name if file else None,
                )
                row |= {"logs": logs} if logs else {}
                entry = _declaration(request, standing, now, derivation, creeping)
                with ledger.commit("asset", str(row["asset"]), now) as commit:
                    row = registering.enter(commit, row, entry, new=there is None)
            known = registering.known(read_assets(ledger), name)
            status = _statuses(access, ledger, now, [known])[known.asset] if known is not None else Standing(CURRENT)
            answer = _answer(
                known or Asset("", kind, name, sha256, inputs, (), "", {}),
                status,
                derivation,
                [_input_json(one, deriving, derivation.use, assets) for one in inputs],
                catalog=access.catalog.digest,
                words=access.catalog.vocabulary,
                is_declared=permitted,
            )
        if refused:
            answer["decision"] = "deny"
            answer |= {"reasons": [_creeping(one) for one in first], "obligations": [], "outbound": {}}
        answer |= {"new_uses": creeping, "registered": permitted}
        again = onward.options_of(self.add, stated, but={"name"})
        if refused:
            answer["next"] = [asset_steps.acknowledge(access.typing, name, again).as_json()]
        else:
            answer["next"] = asset_steps.after(answer, access.typing, "asset add", again)
        return AssetDecided(**answer)

    def check(
        self,
        name: str,
        use: str | Iterable[str] | None = None,
        *,
        purpose: str | None = None,
        application: str | None = None,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        accept: str | Iterable[str] | None = None,
        profile: str | None = None,
        as_of: datetime | str | None = None,
        policy: str | None = None,
    ) -> AssetDecided:
        """Whether an asset may be put to a use: every input is decided again. Nothing is changed.

        ``is_declared`` says whether it was registered for that. The keywords are those of :meth:`Store.query`. Raises
        :class:`UnknownName` for an asset that is not known.
        """
        stated = dict(locals())
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        access = self._access
        with access.ledger() as ledger, access.connection("asset") as con:
            now = ledger.not_before(access.clock())
            standing = access.policy(options.policy)
            request = access.request(ledger, standing, options, now)
            assets = read_assets(ledger)
            asset = registering.find(assets, name)
            deriving = opened(con, access.layout, ledger, access.catalog, request.as_of, assets, standing)
            derivation = deriving.derive([(ASSET, asset.asset)], request)
            answer = _answer(
                asset,
                _statuses(access, ledger, now, [asset])[asset.asset],
                derivation,
                [_input_json(one, deriving, request, assets) for one in asset.inputs],
                catalog=access.catalog.digest,
                words=access.catalog.vocabulary,
                is_declared=_is_declared(asset, request),
            )
        again = onward.options_of(self.check, stated, but={"name"})
        answer["next"] = asset_steps.after(answer, access.typing, "asset check", again)
        return AssetDecided(**answer)

    def show(self, name: str) -> AssetDecided:
        """An asset: what it was made of and is declared for, whether all inputs still permit that, and what is owed.

        ``status`` is ``tainted`` once any record in it is refused for that; ``tainted`` says with which share of its tokens, and
        since when. Raises :class:`UnknownName` for an asset that is not known.
        """
        access = self._access
        with access.ledger() as ledger, access.connection("asset") as con:
            now = ledger.not_before(access.clock())
            assets = read_assets(ledger)
            asset = registering.find(assets, name)
            derivations = declared_today(con, access.layout, ledger, access.catalog, now, assets, asset)
            status = _statuses(access, ledger, now, [asset])[asset.asset]
            worst = min(derivations, key=lambda one: one[1].status)
            deriving, derivation = worst
            answer = _answer(
                asset,
                status,
                derivation,
                [_input_json(one, deriving, derivation.use, assets) for one in asset.inputs],
                catalog=access.catalog.digest,
                words=access.catalog.vocabulary,
                is_declared=True,
            )
        owed = frozenset[str]().union(*(of.obligations for _, of in derivations)) if derivation.permits else frozenset()
        answer["obligations"] = obligations_json(owed, access.catalog.vocabulary, derivation.use)
        answer["outbound"] = {act: licenses for _, of in derivations for act, licenses in _outbound(of).items()}
        answer["use"] = None
        answer["next"] = asset_steps.after(answer, access.typing)
        return AssetDecided(**answer)

    def list(self) -> Rows:
        """All assets, oldest first: kind, name, inputs, what they are declared for, and whether they are tainted."""
        access = self._access
        with access.ledger() as ledger:
            now = ledger.not_before(access.clock())
            assets = read_assets(ledger)
            statuses = _statuses(access, ledger, now, assets)
        rows = [
            {
                "asset": asset.asset,
                "kind": asset.kind,
                "name": asset.name,
                "status": statuses[asset.asset].status,
                "tainted": statuses[asset.asset].as_json(),
                "inputs": [one.as_json() for one in asset.inputs],
                "acts": list(dict.fromkeys(act for entry in asset.declared for act in entry["use"]["acts"])),
                "created_at": asset.created_at,
            }
            for asset in assets
        ]
        return Rows(rows, () if rows else (asset_steps.first(access.typing).as_json(),))

    def card(
        self,
        name: str,
        *,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        profile: str | None = None,
        as_of: datetime | str | None = None,
        out: str | Path | None = None,
    ) -> AssetCard:
        """The specification of an asset: every act for every purpose, permitted with its obligations, or not, with reasons.

        It is stated for an ``actor``, places (``jurisdiction``) and a reading (``profile``); for research by a qualifying body as
        well. ``out`` is a folder: it gets ``rightful.json``, which travels beside weights and is read by
        ``asset.add(base=...)``, and ``rightful.md``, the same for people. Raises :class:`InputError` where another asset's lies there.
        """
        access = self._access
        options = use_options("store.copy", None, None, actor, jurisdiction, None, profile, as_of, None)
        with access.ledger() as ledger, access.connection("asset") as con:
            now = ledger.not_before(access.clock())
            standing = access.policy()
            request = access.request(ledger, standing, options, now)
            assets = read_assets(ledger)
            asset = registering.find(assets, name)
            deriving = opened(con, access.layout, ledger, access.catalog, request.as_of, assets, standing)
            status = _statuses(access, ledger, now, [asset])[asset.asset]
            data = document(
                asset,
                specified(deriving, asset, request),
                store=ledger.meta("store_id"),
                use=request,
                catalog=access.catalog.digest,
                words=access.catalog.vocabulary,
                tokens=asset.tokens,
                status=status.status,
                tainted=status.as_json(),
            )
        written = [] if out is None else _write(Path(out), data)
        return AssetCard(**data, files=written)


def _declaration(
    use: Use, policy: Policy, now: datetime, derivation: Derivation, creeping: Iterable[Keys]
) -> dict[str, Any]:
    """What is written down of a declaration: what was asked, under which policy, and which new uses were acknowledged."""
    return {
        "use": use.as_json(),
        "policy": policy.as_json(use.as_of),
        "as_of": stamp(use.as_of),
        "declared_at": stamp(now),
        "obligations": sorted(derivation.obligations),
        "outbound": _outbound(derivation),
        "valid_until": None if derivation.valid_until is None else stamp(derivation.valid_until),
        "new_uses": [
            {key: one[key] for key in ("source", "collected_for", "acts", "purpose", "application")} for one in creeping
        ],
    }


def _answer(
    asset: Asset,
    standing: Standing,
    derivation: Derivation,
    inputs: list[dict[str, Any]],
    *,
    catalog: str,
    words: Any,
    is_declared: bool,
) -> dict[str, Any]:
    use = derivation.use
    return {
        "asset": asset.asset or None,
        "name": asset.name,
        "kind": asset.kind,
        "status": standing.status,
        "tainted": standing.as_json(),
        "use": use.as_json(),
        "as_of": stamp(use.as_of),
        "decision": derivation.status.word,
        "is_declared": is_declared,
        "reasons": [dict(one) for one in derivation.reasons],
        "needs": sorted(derivation.needs),
        "obligations": obligations_json(derivation.obligations, words, use),
        "outbound": _outbound(derivation),
        "inputs": inputs,
        "new_uses": [],
        "declared": [
            {k: v for k, v in entry.items() if k in ("use", "as_of", "declared_at")} for entry in asset.declared
        ],
        "valid_until": None if derivation.valid_until is None else stamp(derivation.valid_until),
        "logs": [dict(one) for one in asset.description.get("logs", ())],
        "created_at": asset.created_at or None,
        "sha256": asset.sha256 or None,
        "catalog": catalog,
        "next": [],
    }


def _outbound(derivation: Derivation) -> dict[str, list[str] | None]:
    """The licences under which the result of each permitted act may go out; None: any."""
    return {
        act: None if one.outbound is None else sorted(one.outbound)
        for act, one in derivation.acts.items()
        if one.status is Status.PERMIT
    }


def _input_json(one: Input, deriving: Deriving, use: Use, assets: Iterable[Asset]) -> dict[str, Any]:
    names = {asset.asset: asset.name for asset in assets} | {k: of.name for k, of in deriving.bases.items()}
    decision = deriving.derive([(one.kind, one.id)], use).status.word
    return {**one.as_json(), "name": names.get(one.id), "decision": decision}


def _statuses(access: Access, ledger: Ledger, now: datetime, assets: Iterable[Asset]) -> dict[str, Standing]:
    wanted = [asset.asset for asset in assets]
    return standings(access.layout, ledger, access.catalog, now, read_assets(ledger), wanted)


def _is_declared(asset: Asset, use: Use) -> bool:
    """True where one declaration covers all of a use."""
    same = ("purpose", "actor", "application")
    requested = use.as_json()
    return any(
        {*use.acts} <= {*entry["use"]["acts"]} and all(entry["use"].get(key) == requested[key] for key in same)
        for entry in asset.declared
    )


def _creeping(one: Keys) -> dict[str, Any]:
    words = ", ".join(one["collected_for"])
    acts = ", ".join(one["first"])
    detail = f"{one['source']} was collected for {words}; {acts} is asked for the first time"
    return {**reason(NEW_USE, one["first"][0], "", detail), "records": one["records"]}


def _write(folder: Path, data: dict[str, Any]) -> list[str]:
    """Write the specification and its page into a folder; what lies there of another asset stays. Raises :class:`InputError`."""
    if folder.exists() and not folder.is_dir():
        raise InputError("is no folder", subject=str(folder), hint="name the folder that the weights lie in")
    if (folder / FILE).exists():
        there = read_specification(folder)
        if (there.store, there.asset) != (data["store"], data["asset"]["id"]):
            raise InputError(
                f"holds the specification of {there.name}", subject=str(folder / FILE), hint="name another folder"
            )
    written = {CARD: card_page(data).encode(), FILE: canonical(data)}
    for name, content in written.items():
        with publish(folder / name) as temporary:
            temporary.write_bytes(content)
    return [str(folder / name) for name in written]
