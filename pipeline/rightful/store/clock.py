"""When a commit happened: never before the one before it, and never under a clock that has lost its way. Floor 4. Law 15.2.

What a store has recorded has happened, so its newest snapshot is the earliest that the present can be. One commit
under a clock that runs years ahead would therefore move the present of the store for good, and with it what is valid
already and what is valid no more: it is asked about first.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from rightful.errors import InputError

FAR = timedelta(days=400)
"""So long after the newest snapshot a commit is asked about."""
STEP = timedelta(microseconds=1)


def commit_time(now: datetime, newest: datetime | None, *, yes: bool, place: str) -> datetime:
    """The time of a commit at ``now`` in a store (at ``place``) whose newest snapshot is of ``newest``.

    A clock at or before the newest snapshot gives the microsecond after it. Raises :class:`InputError` for one that is
    more than :data:`FAR` after it, unless ``yes`` says that this is right.
    """
    if newest is None:
        return now
    if now - newest > FAR and not yes:
        raise InputError(
            f"the clock says {now:%Y-%m-%d %H:%M}, {(now - newest).days} days after the newest snapshot"
            f" ({newest:%Y-%m-%d %H:%M} UTC); nothing was changed",
            subject=place,
            hint="set the clock right; if it is right and the store was not used for so long, pass --yes",
        )
    return max(now, newest + STEP)
