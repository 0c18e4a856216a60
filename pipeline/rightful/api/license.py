"""``store.license``: the licence catalogue. Floor 10: part of `api`."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from rightful.api.access import Access, use_options
from rightful.api.answer import Rows
from rightful.api.answers import Checked, License, Reasoned
from rightful.decisions.policy import UseOptions, strings
from rightful.errors import InputError
from rightful.query import license as licensing
from rightful.rights.undertakings import Unbound
from rightful.rights.uses import Use

Expressions = builtins.list[str] | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Licenses:
    """The reviewed licences: a reading of each, act by act. Not legal advice. It needs no store.

    Where the store's folder has a policy, its undertakings complete a request, as in :meth:`Store.query`.
    """

    _access: Access

    def show(self, license: str) -> License:
        """What a licence says of every act, for every purpose, in the three readings, and what its obligations mean.

        Raises :class:`UnknownName` for one that is not reviewed.
        """
        return License(**licensing.show(license, self._access.catalog))

    @overload
    def check(
        self,
        expression: str,
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
        allow: str | Iterable[str] | None = None,
    ) -> Checked: ...
    @overload
    def check(
        self,
        expression: Expressions,
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
        allow: str | Iterable[str] | None = None,
    ) -> Rows: ...
    def check(
        self,
        expression: str | Expressions,
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
        allow: str | Iterable[str] | None = None,
    ) -> Checked | Rows:
        """What a licence expression, alias or deed address permits, as if it were all that is known about a record.

        A list of expressions is answered by one row each, in its order. With ``allow``, single licences, it is held
        against that list instead of a use: an ``OR`` is satisfied by one that is listed, an ``AND`` by all. The use is
        named as in :meth:`Store.query`. Raises :class:`InputError`.

        >>> store.license.check("MIT OR GPL-3.0-only", use="train.pretrain", accept="notice")  # doctest: +SKIP
        """
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        catalog = self._access.catalog
        if strings(allow):
            if options != UseOptions():
                raise InputError("--allow checks names and takes no use options", hint="leave out --use, --accept, ...")
            allowed = licensing.allow_list(strings(allow), catalog)

            def read(text: str) -> dict[str, Any]:
                return licensing.check_allowed(text, allowed, catalog)

        else:
            request = self._use(options, expression if isinstance(expression, str) else None)

            def read(text: str) -> dict[str, Any]:
                return licensing.check(text, request, catalog)

        if isinstance(expression, str):
            return Checked(**read(expression))
        return Rows([read(one) for one in expression])

    def why(
        self,
        expression: str,
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
    ) -> Reasoned:
        """As :meth:`check`, with the clause and the rationale of every licence for every act asked."""
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        return Reasoned(**licensing.why(expression, self._use(options, expression), self._access.catalog))

    def list(self) -> Rows:
        """All reviewed licences, by id."""
        return Rows(licensing.listing(self._access.catalog))

    def _use(self, options: UseOptions, expression: str | None) -> Use:
        """The request; a precondition that names nobody is an error that says who of the expression asks for it."""
        catalog = self._access.catalog
        try:
            return self._access.policy(options.policy).use(
                options, catalog.vocabulary, self._access.clock(), catalog.names
            )
        except Unbound as error:
            if expression is None:
                raise
            raise licensing.unbound(error, licensing.claims_of_text(expression, catalog), catalog) from None
