"""``store.policy``: the standing policy, ``STORE/policy.toml``, and named uses. Floor 10: part of `api`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, overload

from rightful.api.access import Access, use_options
from rightful.api.answer import Rows
from rightful.api.answers import NamedUse, StandingPolicy
from rightful.api.typed import typed
from rightful.decisions import named as names
from rightful.decisions import policy as policies
from rightful.decisions.named import Named
from rightful.decisions.signing import DAY, WHO, read_signable, write
from rightful.errors import InputError, did_you_mean
from rightful.notation.times import through
from rightful.query.named import described
from rightful.query.steps import of_named
from rightful.signals.cards.source_card import source_id
from rightful.store.layout import private_folder

if TYPE_CHECKING:
    from rightful.query.touched import Touched


@typed
@dataclass(frozen=True, slots=True)
class StorePolicy:
    """Undertakings, statutory bases, and who answers for them; requests that have a name."""

    _access: Access

    def list(self) -> Rows:
        """The named uses: those that come with rightful, and those of the store, ``STORE/uses/NAME.toml``. By name.

        Null is what a use leaves to options, the policy and the defaults. Raises :class:`InputError` for a file that is no
        named use, and for two of one name.
        """
        access = self._access
        return Rows([named.listed() for named in names.all_named(access.layout.uses, access.catalog.vocabulary)])

    @overload
    def show(self, name: None = None) -> StandingPolicy: ...
    @overload
    def show(self, name: str) -> NamedUse: ...
    def show(self, name: str | None = None) -> StandingPolicy | NamedUse:
        """What the policy says, and whether it is in force; with ``name`` what that named use asks for and undertakes.

        Raises :class:`InputError` naming the key that is wrong, :class:`UnknownName` for a use that is not there.
        """
        policy = self._access.policy()
        if name is not None:
            return self._described(names.find(name, self._access.layout.uses, self._access.catalog.vocabulary), policy)
        return self._answer(policy, self._access.clock())

    def new(
        self,
        name: str,
        *,
        from_: str | None = None,
        summary: str | None = None,
        use: str | Iterable[str] | None = None,
        purpose: str | None = None,
        application: str | None = None,
        actor: str | None = None,
        jurisdiction: str | Iterable[str] | None = None,
        accept: str | Iterable[str] | None = None,
        profile: str | None = None,
    ) -> NamedUse:
        """Write a named use of the store's own, ``STORE/uses/NAME.toml``.

        ``from_`` is a named use that it begins as, unsigned; what is said beside takes the place of what that one says, and
        the rest is as in :meth:`Store.query`. Raises :class:`InputError` where there is one of that name; then nothing is
        written.

        >>> store.policy.new("my-model", from_="open-weights-commercial", accept=["credit", "share-alike"])  # doctest: +SKIP
        """
        access = self._access
        words, folder = access.catalog.vocabulary, access.layout.uses
        names.valid_name(name)
        there = {each.name: each.path for each in names.all_named(folder, words)}
        if name in there:
            hint = "take another name" + (f", or change the file: {there[name]}" if str(folder) in there[name] else "")
            raise InputError(f"there is a named use {name}", subject=there[name], hint=hint)
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, None, None)
        stated: dict[str, Any] = {
            "use": [*options.use],
            "jurisdiction": [*options.jurisdiction],
            "accept": [*options.accept],
            "purpose": purpose,
            "application": application,
            "actor": actor,
            "profile": profile,
        }
        given = {key: value for key, value in stated.items() if value}
        data = (names.begun_as(names.find(from_, folder, words), given) if from_ is not None else {}) | given
        if summary is not None:
            data["summary"] = names.summary_of(summary)
        elif "summary" not in data:
            data["summary"] = f"{name}: {', '.join(data.get('use', ())) or 'nothing yet'}"
        path = folder / f"{name}.toml"
        text = names.toml_of_use(data)
        named = names.read_named(text, name, str(path), names.STORE, words)  # what is no named use is not written
        access.layout.create()
        private_folder(folder)
        with access.layout.lock("uses", passing=True):
            if os.path.lexists(path):  # somebody else was first
                raise InputError(f"there is a named use {name}", subject=str(path), hint="take another name")
            write(path, text)
        return self._described(named, access.policy())

    @overload
    def sign(
        self,
        name: None = None,
        *,
        by: str | None = None,
        until: str | None = None,
        ground: str | None = None,
        for_: str | None = None,
        lawful_access: bool = False,
    ) -> StandingPolicy: ...
    @overload
    def sign(
        self,
        name: str,
        *,
        by: str | None = None,
        until: str | None = None,
        ground: str | None = None,
        for_: str | None = None,
        lawful_access: bool = False,
    ) -> NamedUse: ...
    def sign(
        self,
        name: str | None = None,
        *,
        by: str | None = None,
        until: str | None = None,
        ground: str | None = None,
        for_: str | None = None,
        lawful_access: bool = False,
    ) -> StandingPolicy | NamedUse:
        """Sign the policy as it stands, or a named use for this store, from now on.

        ``by`` is a name and a role; ``until`` a day, included, or an instant; both are needed. ``ground`` says on which ground
        it is signed (a named use that rests on a statute needs it), ``for_`` for what. ``lawful_access`` declares that every
        source of the store was lawfully accessed, where the statute of a named use presupposes that. The answer's
        ``exports`` hold what is not permitted under it. Raises :class:`InputError`; then nothing changed.

        >>> store.policy.sign(by="Ada Moreno, general counsel", until="2027-11-30")  # doctest: +SKIP
        """
        access = self._access
        for option, value in (("by", by), ("until", until)):
            if value is None:
                raise InputError(f"a signature needs --{option}", hint=f"write {_FORMS[option]}")
        now = access.clock()
        ends = through(str(until), "--until")
        terms: dict[str, Any] = {
            "by": str(by),
            "until": ends,
            "now": now,
            "ground": ground or "",
            "purpose": for_ or "",
        }
        words = access.catalog.vocabulary
        if name is not None:
            return self._sign_named(name, lawful_access, terms)
        if lawful_access:
            hint = "write lawful_access = true into the basis, and sign that"
            raise InputError("the policy declares lawful access in its text", subject="--lawful-access", hint=hint)
        text, policy = policies.signed(access.layout.policy, words, **terms)
        touched = self._touched(now, policy=policy)
        write(access.layout.policy, text)
        return self._answer(policy, now, **touched.as_json())

    def _sign_named(self, name: str, lawful_access: bool, terms: dict[str, Any]) -> NamedUse:
        access = self._access
        words, folder = access.catalog.vocabulary, access.layout.uses
        named = names.find(name, folder, words, resign=True)
        command = names.sign_command(name, access=names.presupposes_access(named.data, words))
        if named.statutes and not terms["ground"].strip():
            rests = ", ".join(named.statutes)
            raise InputError(f"{name} rests on {rests}, so a signature needs --ground", hint=command)
        data = {key: value for key, value in named.data.items() if key != "signature"}
        if names.presupposes_access(data, words):
            if not lawful_access:
                rests = ", ".join(named.statutes)
                message = (
                    f"{rests} presupposes that every source of this store was lawfully accessed, and nobody declares it"
                )
                raise InputError(message, subject=name, hint=f"where that is so: {command}")
            data["basis"] = [{**basis, "lawful_access": True} for basis in data["basis"]]
        path = folder / f"{name}.toml"
        kept = os.path.lexists(path) and data == {k: v for k, v in named.data.items() if k != "signature"}
        raw = read_signable(path) if kept else names.toml_of_use(data)
        text = names.document(name, str(path)).signed(raw, **terms)
        signed = names.read_named(text, name, str(path), names.STORE, words)  # what is no named use is not signed
        touched = self._touched(terms["now"], named=signed)
        access.layout.create()
        private_folder(folder)
        write(path, text)
        return self._described(signed, access.policy(), **touched.as_json())

    def _touched(self, now: datetime, policy: policies.Policy | None = None, named: Named | None = None) -> Touched:
        """The exports that hold what is not permitted under what is about to be signed."""
        from rightful.query.touched import newly_touched, refused_now

        access = self._access
        if not access.layout.exists():
            return newly_touched({}, {})
        with access.ledger() as ledger:
            refused = refused_now(access.layout, ledger, access.catalog, ledger.not_before(now), policy, named)
            if named is not None:
                made = {str(e["export"]) for e in ledger.exports() if policies.named_in(e["manifest"]) == named.name}
                refused = {export: records for export, records in refused.items() if export in made}
            return newly_touched({}, refused)

    def _described(self, named: Named, policy: policies.Policy, **touched: Any) -> NamedUse:
        now = self._access.clock()
        words = self._access.catalog.vocabulary
        answer = described(named, policy, words, now)
        steps = of_named(named, self._access.typing, words, counts=named.in_force(now))
        shown = [step for step in steps if step.command != self._access.typing("policy show", named.name)]
        return NamedUse(**answer, next=[step.as_json() for step in shown], **touched)

    def _doubts(self, policy: policies.Policy) -> tuple[str, ...]:
        """The publishers that the policy names and the store has no source of, with what was probably meant."""
        publishers = policy.data.get("publishers", ())
        if not publishers or not self._access.layout.exists():
            return ()
        with self._access.ledger() as ledger:
            known = [str(source["source_id"]) for source in ledger.sources(ledger.snapshot())]
        return tuple(
            f"publishers: this store has no source {name!r}; {did_you_mean(source_id(name), known)}"
            for name in publishers
            if source_id(name) not in known
        )

    def _answer(self, policy: policies.Policy, now: datetime, **touched: Any) -> StandingPolicy:
        says = {"in_force": policy.in_force(now), **policy.as_json(now)}
        return StandingPolicy(
            path=str(self._access.layout.policy),
            in_force=says.pop("in_force"),
            sha256=says.pop("sha256"),
            says=says,
            doubts=self._doubts(policy),
            **touched,
        )


_FORMS = {"by": f'--by "{WHO}"', "until": f"--until {DAY}"}
