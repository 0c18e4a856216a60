"""``store.policy``: the standing policy, ``STORE/policy.toml``. Floor 10: part of `api`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rightful.api.access import Access
from rightful.api.answers import StandingPolicy
from rightful.decisions import policy as policies
from rightful.decisions.signing import write
from rightful.notation.times import through
from rightful.query.touched import Touched, newly_touched, refused_now


@dataclass(frozen=True, slots=True)
class StorePolicy:
    """Undertakings, statutory bases, and who answers for them."""

    _access: Access

    def show(self) -> StandingPolicy:
        """What the policy says, and whether it is in force. Raises :class:`InputError` naming the key that is wrong."""
        return self._answer(self._access.policy(), self._access.clock())

    def sign(self, by: str, until: str) -> StandingPolicy:
        """Sign the policy as it stands, from now on. ``by`` is a name and a role; ``until`` a day, included, or an instant.

        The answer's ``exports`` hold what is not permitted under it. Raises :class:`InputError`; then nothing changed.

        >>> store.policy.sign(by="Ada Moreno, general counsel", until="2027-11-30")  # doctest: +SKIP
        """
        access = self._access
        now = access.clock()
        ends = through(until, "--until")
        text, policy = policies.signed(access.layout.policy, access.catalog.vocabulary, by=by, until=ends, now=now)
        touched = Touched([], [])
        if access.layout.exists():
            with access.ledger() as ledger:
                refused = refused_now(access.layout, ledger, access.catalog, ledger.not_before(now), policy)
                touched = newly_touched({}, refused)
        write(access.layout.policy, text)
        return self._answer(policy, now, **touched.as_json())

    def _answer(self, policy: policies.Policy, now: datetime, **touched: Any) -> StandingPolicy:
        says = {"in_force": policy.in_force(now), **policy.as_json(now)}
        return StandingPolicy(
            path=str(self._access.layout.policy),
            in_force=says.pop("in_force"),
            sha256=says.pop("sha256"),
            says=says,
            **touched,
        )
