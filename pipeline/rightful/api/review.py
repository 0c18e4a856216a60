"""``store.review``: near copies that leave a record open until somebody decides. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rightful.api import onward
from rightful.api.access import Access, use_options
from rightful.api.answer import Rows
from rightful.api.answers import Reviewed, Waiting
from rightful.api.typed import typed
from rightful.export.place import sweep_exports
from rightful.query import reviews


@typed
@dataclass(frozen=True, slots=True)
class Reviews:
    """What copies leave open for a use, and what was decided about near ones."""

    _access: Access

    def decide(self, record: str, other: str, verdict: str, *, by: str, reason: str, yes: bool = False) -> Reviewed:
        """Record that two near copies are ``distinct`` works, or the ``same``. Nothing is removed; the last counts.

        ``record`` and ``other`` are named as in :meth:`Store.explain`; ``by`` is who decided, ``reason`` why. The answer's
        ``exports`` hold what is permitted no more since. Raises :class:`InputError`; then nothing is recorded.

        >>> store.review.decide("3c2911a2", "9d00f1b7", "distinct", by="Ada, editor", reason="a parody")  # doctest: +SKIP
        """
        access = self._access
        ids = access.record_id(record), access.record_id(other)
        with access.ledger(yes=yes) as ledger, access.connection("review") as con:
            now = ledger.moment(access.clock())
            sweep_exports(access.layout, ledger)
            answer = reviews.record(
                con, access.layout, ledger, access.catalog, ids, verdict=verdict, by=by, reason=reason, now=now
            )
        return Reviewed(**answer)

    def log(self) -> Rows:
        """All that was decided about near copies, oldest first; of one pair the last counts."""
        with self._access.ledger() as ledger:
            listed = [reviews.as_json(review) for review in ledger.reviews()]
        return Rows(listed, onward.after_review_log(self._access, listed))

    def list(
        self,
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
        snapshot: int | None = None,
        limit: int = 100,
        kind: str | None = None,
    ) -> Waiting:
        """What copies leave open for a use, ``limit`` pairs at most: near ones that wait for a review, contested exact ones;
        and the notices in texts, by phrase and source. ``kind`` is ``copies`` or ``notices`` for one of the two.

        The use is named as in :meth:`Store.query`. Raises :class:`InputError`.
        """
        stated = dict(locals())
        options = use_options(use, purpose, application, actor, jurisdiction, accept, profile, as_of, policy)
        with self._access.decided(options, snapshot) as (decided, request, _):
            decided.join(decided.decide(request))
            answer = reviews.waiting(decided, self._access.layout, request, limit, kind)
            return Waiting(
                **answer, next=onward.after_review_list(self._access, answer, onward.request(self.list, stated))
            )
