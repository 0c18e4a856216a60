"""``store.license``: the licence catalogue. Floor 10: part of `api`."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from rightful.api import onward
from rightful.api.access import Access, use_options
from rightful.api.answer import Rows
from rightful.api.answers import Checked, Diff, License, Memo, Reading, Reasoned
from rightful.api.typed import typed
from rightful.decisions.named import Unsigned
from rightful.decisions.policy import UseOptions, strings
from rightful.errors import InputError
from rightful.notation.times import instant, through
from rightful.query import license as licensing
from rightful.query import steps
from rightful.rights.undertakings import Unbound
from rightful.rights.uses import Use

if TYPE_CHECKING:
    from rightful.decisions import own_readings
    from rightful.rights.licenses import Catalog

Expressions = builtins.list[str] | tuple[str, ...]


@typed
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
        return License(**licensing.show(license, *self._law(None)))

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
        stated = dict(locals())
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        catalog, _ = self._law(options.as_of)
        if strings(allow):
            if options != UseOptions():
                raise InputError("--allow checks names and takes no use options", hint="leave out --use, --accept, ...")
            allowed = licensing.allow_list(strings(allow), catalog)

            def read(text: str) -> dict[str, Any]:
                return licensing.check_allowed(text, allowed, catalog)

        else:
            request = self._use(options, expression if isinstance(expression, str) else None, catalog)

            def read(text: str) -> dict[str, Any]:
                return licensing.check(text, request, catalog)

        if isinstance(expression, str):
            answer = read(expression)
            return Checked(**answer, next=self._next(answer, "check", stated, options, catalog))
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
        stated = dict(locals())
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        catalog, _ = self._law(options.as_of)
        answer = licensing.why(expression, self._use(options, expression, catalog), catalog)
        return Reasoned(**answer, next=self._next(answer, "why", stated, options, catalog))

    def detect(self, file: str | Path | bytes | Iterable[str | Path | bytes]) -> Rows:
        """Which licences files are, one row each: ``expression`` is None for what is no licence, and ``LicenseRef-unknown``
        for licence text that is not recognised wholly, with the ``licenses`` in it and what is ``leftover``.

        A folder stands for all files in it; bytes are the content of a file, and named ``-``. Raises :class:`InputError` for a
        file that is not there.

        >>> store.license.detect("LICENSE")[0]["expression"]  # doctest: +SKIP
        'MIT'
        """
        from rightful.query import detecting

        files = [file] if isinstance(file, str | Path | bytes) else file
        return Rows(detecting.rows(files))

    def list(self) -> Rows:
        """All reviewed licences, by id; ``overlay`` says which are read by oneself, and whether that counts."""
        return Rows(licensing.listing(*self._law(None)))

    def new(self, id: str, *, from_: str | None = None) -> Reading:
        """Write the draft of a reading of one's own, ``STORE/licenses/ID.toml``, to be edited and signed.

        It starts from what the catalogue has under ``id`` or under ``from_``, or says nothing of any act. ``TODO`` marks
        what somebody has to write. Until it is signed it only restricts. Raises :class:`InputError` where there is one.

        >>> store.license.new("LicenseRef-Acme", from_="CC-BY-4.0")  # doctest: +SKIP
        """
        from rightful.decisions import own_readings

        return self._changed(partial(own_readings.drafted, id, from_))

    def sign(self, license: str, by: str, until: str, *, ground: str = "") -> Reading:
        """Sign a reading of one's own, by its id or file, from now on; a file from elsewhere is put into the store.

        ``by`` is a name and a role; ``until`` a day, included, or an instant. The answer's ``exports`` hold what is not
        permitted under it. Raises :class:`InputError`; then nothing changed.

        >>> store.license.sign("MIT", by="Ada Moreno, general counsel", until="2027-11-30")  # doctest: +SKIP
        """
        from rightful.decisions import own_readings

        ends = through(until, "--until")
        return self._changed(partial(own_readings.signed, license, by=by, until=ends, ground=ground))

    def remove(self, license: str) -> Reading:
        """Take a reading of one's own, by its id or file, out of the store: the catalogue's counts again.

        The answer's ``exports`` hold what is not permitted without it. Raises :class:`InputError`; then nothing changed.
        """
        from rightful.decisions import own_readings

        return self._changed(partial(own_readings.removed, license))

    def memo(self, expression: str, *, as_of: datetime | str | None = None, out: str | Path | None = None) -> Memo:
        """What a lawyer wants to know of a licence, or of the licences of an expression: the facts of its text, the verdicts
        of each reading with their clauses, obligations, what is open, who reviewed it and when.

        ``out`` is a new file for the page, in Markdown. Raises :class:`InputError` for what cannot be read.
        """
        from rightful.query import memo, memo_page

        catalog, at = self._law(instant(as_of, "--as-of") if isinstance(as_of, str) else as_of)
        answer = memo.memo(expression, catalog, at)
        if out is not None:
            memo_page.write(Path(out), answer)
        return Memo(**answer, out=None if out is None else str(out))

    def diff(self, a: str | Path | None = None, b: str | Path | None = None) -> Diff:
        """What differs between two catalogues: licences added and removed, and verdicts by act, purpose and reading.

        Each is the folder of a catalogue, a folder of readings of one's own, or the file of one; these are read as if they
        were signed, over the shipped catalogue. By default the shipped one (``a``) and the one that this store goes by
        (``b``). Raises :class:`InputError` naming the file that is wrong.
        """
        from rightful.decisions import other_law
        from rightful.query import memo

        effective, at = self._law(None)
        shipped = self._access.shipped
        one = shipped if a is None else other_law.catalog_at(Path(a), shipped, at)
        other = effective if b is None else other_law.catalog_at(Path(b), shipped, at)
        names = str(a) if a is not None else "shipped", str(b) if b is not None else str(self._access.layout.root)
        answer = memo.diff(one, other, *names)
        return Diff(**answer, next=onward.shown(steps.after_diff(answer, self._access.typing)))

    def _law(self, as_of: datetime | None) -> tuple[Catalog, datetime]:
        """The catalogue at an instant, and that instant; None: now."""
        at = as_of or self._access.clock()
        return self._access.catalog_at(at), at

    def _changed(self, change: Callable[..., own_readings.Change]) -> Reading:
        """Make a change to the readings of the store, and name the exports that hold what is refused under it."""
        from rightful.decisions import own_readings
        from rightful.query.touched import Touched, newly_touched, refused_now

        access = self._access
        now = access.clock()
        change(access.layout.licenses, now=now)  # what cannot be done makes no folder
        with own_readings.changing(access.layout):
            planned = change(access.layout.licenses, now=now)
            touched = Touched([], [])
            if access.layout.exists():
                with access.ledger() as ledger:
                    at = ledger.not_before(now)
                    refused = refused_now(access.layout, ledger, access.shipped, at, overlays=planned.overlays)
                    touched = newly_touched({}, refused)
            planned.publish()
        answer = planned.as_json(now)
        following = onward.shown(steps.after_reading(answer, access.typing))
        return Reading(**answer, exports=touched.exports, exports_unreadable=touched.unreadable, next=following)

    def _next(
        self, answer: Mapping[str, Any], verb: str, stated: Mapping[str, Any], options: UseOptions, catalog: Catalog
    ) -> builtins.list[dict[str, Any]]:
        """What follows a check: the name that was meant, or options with which the expression is permitted."""
        access = self._access
        if strings(stated.get("allow")):
            return onward.after_allow(access, catalog, answer, strings(stated["allow"]))
        asked = onward.request(self.check if verb == "check" else self.why, stated)
        ask = access.asking(access.policy(options.policy), options, options.as_of or access.clock())
        permits = licensing.permitting(answer, ask, catalog)
        return onward.after_check(access, catalog, answer, verb, asked, permits)

    def _use(self, options: UseOptions, expression: str | None, catalog: Catalog) -> Use:
        """The request; a precondition that names nobody is an error that says who of the expression asks for it."""
        try:
            return self._access.policy(options.policy).use(
                options, catalog.vocabulary, self._access.clock(), catalog.names
            )
        except Unsigned as error:
            raise self._access.with_steps(error) from None
        except Unbound as error:
            if expression is None:
                raise
            raise licensing.unbound(error, licensing.claims_of_text(expression, catalog), catalog) from None
