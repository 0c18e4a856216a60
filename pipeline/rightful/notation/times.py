"""Instants as people write them. Floor 1: pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from rightful.errors import InputError


def instant(text: str, subject: str) -> datetime:
    """An instant in UTC from ISO 8601: a date alone is its first instant in UTC, a time needs its zone.

    Raises :class:`InputError` naming ``subject``.

    >>> instant("2026-11-21", "--as-of").isoformat()
    '2026-11-21T00:00:00+00:00'
    """
    stripped = text.strip()
    try:
        if len(stripped) <= 10:
            return datetime.combine(date.fromisoformat(stripped), time(), UTC)
        parsed = datetime.fromisoformat(stripped)
    except ValueError:
        raise InputError(
            f"{text!r} is not a date or a time", subject=subject, hint="write 2026-11-21 or 2026-11-21T09:30:00Z"
        ) from None
    if parsed.tzinfo is None:
        raise InputError(f"{text!r} has no time zone", subject=subject, hint=f"write {stripped}Z for UTC, or +01:00")
    try:
        return parsed.astimezone(UTC)
    except OverflowError:
        raise InputError(
            f"{text!r} lies outside the years 1 to 9999 in UTC", subject=subject, hint="write a year within them"
        ) from None


def through(text: str, subject: str) -> datetime:
    """The end of a period in UTC: as :func:`instant`, but a date alone includes that day. Raises :class:`InputError`.

    >>> through("2026-11-21", "--until").isoformat()
    '2026-11-22T00:00:00+00:00'
    """
    moment = instant(text, subject)
    try:
        return moment + timedelta(days=1) if len(text.strip()) <= 10 else moment
    except OverflowError:
        raise InputError(
            f"{text!r} lies outside the years 1 to 9999", subject=subject, hint="write an earlier day"
        ) from None


def last(end: datetime) -> str:
    """The end of a period as people write it, so that :func:`through` reads it: the last day where it ends with one.

    >>> last(through("2026-11-21", "--until")), last(instant("2026-11-21T09:30:00Z", "--until"))
    ('2026-11-21', '2026-11-21T09:30:00+00:00')
    """
    return (end - timedelta(days=1)).date().isoformat() if end.timetz() == time(0, 0, tzinfo=UTC) else end.isoformat()
