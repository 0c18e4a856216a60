"""What every verb works with: the folder, the clock, the ledger, and a request that is decided. Floor 10: part of `api`."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rightful.errors import InputError, StoreError
from rightful.notation.times import instant
from rightful.store.layout import Layout
from rightful.store.ledger import Ledger
from rightful.store.readers import reading

if TYPE_CHECKING:
    from rightful.decisions.cases import Decided
    from rightful.decisions.named import Unsigned
    from rightful.decisions.policy import Policy, UseOptions
    from rightful.export.redaction import Redaction
    from rightful.query.steps import Typing
    from rightful.query.widening import Ask, Pairs
    from rightful.rights.licenses import Catalog
    from rightful.rights.uses import Use

STORE_VARIABLE, DEFAULT_STORE = "RIGHTFUL_STORE", "./rightful-store"
"""Where the command line looks for a store that is not named."""
Strings = str | Iterable[str] | None
"""One text, or several, or none."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock whose instants have a zone. Raises :class:`InputError` for one that gives something else."""

    gives: Callable[[], datetime]

    def __call__(self) -> datetime:
        """The present instant."""
        now: object = self.gives()
        if not isinstance(now, datetime) or now.tzinfo is None:
            hint = "such as lambda: datetime.now(timezone.utc)"
            raise InputError(f"expected a datetime with a time zone, not {now!r}", subject="clock", hint=hint)
        return now


@dataclass(frozen=True, slots=True)
class Access:
    """A store as its verbs reach it: where it lies, and what time it is."""

    layout: Layout
    clock: Callable[[], datetime]

    @property
    def catalog(self) -> Catalog:
        """The vocabulary and the licences, as they are read now. Raises :class:`InputError` for a reading that is wrong."""
        return self.catalog_at(None)

    @property
    def shipped(self) -> Catalog:
        """The same without the readings of one's own."""
        from rightful import catalog

        return catalog.load()

    def catalog_at(self, as_of: datetime | None) -> Catalog:
        """The vocabulary and the licences, as they are read at an instant; None: now."""
        from rightful.decisions.overlay import read_overlays
        from rightful.rights.overlay import overlaid

        overlays = read_overlays(self.layout.licenses)
        return overlaid(self.shipped, overlays, as_of or self.clock()) if overlays else self.shipped

    @property
    def typing(self) -> Typing:
        """How commands are typed for this store."""
        from rightful.query.steps import Typing

        taken = os.environ.get(STORE_VARIABLE) or DEFAULT_STORE
        return Typing("" if self.layout.root == Path(taken) else str(self.layout.root))

    def policy(self, named: str | None = None) -> Policy:
        """The standing policy, with the use of that name beside it. Raises :class:`InputError` naming the key that is wrong."""
        from rightful.decisions.policy import read_policy

        words = self.shipped.vocabulary
        return read_policy(self.layout.policy, words).asked(named, words, self.layout.uses)

    @contextlib.contextmanager
    def ledger(self, *, yes: bool | None = None, alone: bool = False) -> Iterator[Ledger]:
        """The ledger. A verb that writes says with ``yes`` whether a clock that is far ahead is right; one that reads
        says nothing. ``alone``: it holds no parts, for it waits until nobody does."""
        try:
            ledger = Ledger.open(self.layout.ledger, yes=bool(yes), reading=yes is None)
        except StoreError as error:
            if not self.layout.exists():
                from rightful.query.steps import of_empty_store

                error.next = [step.as_json() for step in of_empty_store(self.typing)]
            raise
        try:
            with contextlib.nullcontext() if alone else reading(self.layout, ledger):
                yield ledger
        finally:
            ledger.close()

    @contextlib.contextmanager
    def connection(self, name: str) -> Iterator[Any]:
        """A connection of DuckDB with room to work in; ``name`` is that of its folder."""
        from rightful.store.scratch import workspace

        with workspace(self.layout, name) as (con, _):
            yield con

    def request(self, ledger: Ledger, policy: Policy, options: UseOptions, now: datetime) -> Use:
        """The request. Raises :class:`InputError`; for a precondition that names nobody it says who asks for it here."""
        from rightful.decisions.named import Unsigned
        from rightful.decisions.profiles import stored_claims
        from rightful.query.license import unbound
        from rightful.rights.undertakings import Unbound
        from rightful.store.views import open_views

        try:
            return policy.use(options, self.catalog.vocabulary, now, self.catalog.names)
        except Unsigned as error:
            raise self.with_steps(error) from None
        except Unbound as error:
            with self.connection("askers") as con:
                open_views(con, self.layout, ledger, ledger.snapshot())
                raise unbound(error, [*policy.bases, *stored_claims(con)], self.catalog) from None

    def with_steps(self, error: Unsigned) -> Unsigned:
        """The error with what can be done next: read the named use, and sign it."""
        from rightful.query.steps import of_named

        if error.named is not None:
            steps = of_named(error.named, self.typing, self.shipped.vocabulary, counts=False)
            error.next = [step.as_json() for step in steps]
        return error

    @contextlib.contextmanager
    def decided(self, options: UseOptions, snapshot: int | None) -> Iterator[tuple[Decided, Use, Policy]]:
        """A snapshot as it is decided for a request, the request, and the policy that it was completed with."""
        from rightful.decisions.cases import Decided

        with self.ledger() as ledger, self.connection("query") as con:
            policy = self.policy(options.policy)
            use = self.request(ledger, policy, options, ledger.not_before(self.clock()))
            at = ledger.check_snapshot(snapshot)
            yield Decided(con, self.layout, ledger, at, self.catalog, use.as_of, policy), use, policy

    def record_id(self, name: str) -> str:
        """The id of the record that ``name`` means, as ``explain`` reads it; older versions are found too.

        32 hexadecimal digits are an id, whether or not the store has it. Raises :class:`InputError` when none or
        several records have that name.
        """
        from rightful.query.explain import find_record
        from rightful.store.selectors import is_record_id
        from rightful.store.views import open_views

        if is_record_id(name):
            return name.strip().lower()
        with self.ledger() as ledger, self.connection("name") as con:
            open_views(con, self.layout, ledger, ledger.snapshot())
            try:
                return find_record(con, name.strip(), superseded=True)
            except StoreError as error:
                raise InputError(error.message, subject="--record", hint=error.hint) from error

    def recipes(self) -> dict[str, tuple[dict[str, Any], int]]:
        """The recorded recipes, resolved, with how many records each has, by digest."""
        from rightful.recipes.recipe import RECORDED
        from rightful.store.duck import rows
        from rightful.store.views import open_views

        if not self.layout.exists():
            return {}
        with self.ledger() as ledger, self.connection("recipes") as con:
            open_views(con, self.layout, ledger, ledger.snapshot())
            counts = dict(rows(con, "SELECT recipe_sha256, count(*) FROM records GROUP BY ALL ORDER BY 2 DESC, 1"))
            recorded = {digest: ledger.remembered(f"{RECORDED}{digest}") for digest in counts}
        return {digest: (json.loads(text), counts[digest]) for digest, text in recorded.items() if text}

    def redacted(self, use: Use, redact: Strings) -> Use:
        """The request as one of texts out of which these types of personal data are taken. Raises :class:`InputError`."""
        from rightful.rights.uses import redacting

        redaction = self.redaction(redact, None)
        return use if redaction is None else redacting(use, redaction.types)

    def asking(self, policy: Policy, options: UseOptions, as_of: datetime, redact: Strings = None) -> Ask:
        """How the request would be with options added to it, as on the command line; None where that is no request."""
        from rightful.decisions.policy import strings
        from rightful.rights.uses import redacting

        catalog, taken_out = self.catalog, strings(redact)
        base = replace(options, as_of=as_of)
        redactions = cache(self.redaction)  # it looks into the store

        def ask(pairs: Pairs) -> Use | None:
            more = tuple(value for name, value in pairs if name == "redact")
            try:
                use = policy.use(with_options(base, pairs), catalog.vocabulary, as_of, catalog.names)
                redaction = redactions((*taken_out, *more), None)
            except InputError:
                return None
            return use if redaction is None else redacting(use, redaction.types)

        return ask

    def redaction(self, redact: Strings, redact_with: str | None) -> Redaction | None:
        """What is taken out of texts, by a scan that finds what the records were tagged with, by any of their recipes."""
        from rightful.decisions.policy import strings

        if not strings(redact) and redact_with is None:
            return None

        from rightful.export.redaction import Redaction
        from rightful.recipes import recipe as recipes
        from rightful.stages.pii.stage import PersonalData, widest

        scan = None
        if redact:
            recorded = [resolved for resolved, _ in self.recipes().values()]
            scan = widest(recipes.revived(r).stage(PersonalData) for r in recorded if "pii" in r["stages"])
        return Redaction.of(strings(redact), redact_with, scan)


def with_options(options: UseOptions, pairs: Pairs) -> UseOptions:
    """The options with others after them: lists grow, and of anything else the last counts."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        key = "profile" if name == "reading" else name
        if key in ("use", "jurisdiction", "accept"):
            values[key] = (*values.get(key, getattr(options, key)), value)
        elif key != "redact":
            values[key] = value
    return replace(options, **values)


def use_options(
    use: Strings,
    purpose: str | None,
    application: str | None,
    actor: str | None,
    jurisdiction: Strings,
    accept: Strings,
    profile: str | None,
    as_of: datetime | str | None,
    policy: str | None,
) -> UseOptions:
    """The use options as a caller writes them: one text or several, an instant or its text."""
    from rightful.decisions.policy import UseOptions, strings

    return UseOptions(
        use=strings(use),
        purpose=purpose,
        application=application,
        actor=actor,
        jurisdiction=strings(jurisdiction),
        accept=strings(accept),
        profile=profile,
        as_of=instant(as_of, "--as-of") if isinstance(as_of, str) else as_of,
        policy=policy,
    )


def worker_count(workers: int | None) -> int:
    """The number of processes: 1 where nothing is said. Raises :class:`InputError` for less than one."""
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers} is not a positive number")
    return workers or 1
