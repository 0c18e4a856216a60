"""What an asset's specification states of its uses, and what that permits of something made from it. Floor 1: pure. Law 5.23.

A specification is written where the records are, and read where they are not: its statements are all that is known there.
A statement holds for the acts, purpose, actor and application that it names, in the reading and for the places it was made
for, until it ends; beside that nothing is known, and unknown blocks. What it states is never wider than what it was made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rightful.rights.derive import Inheritance, inherit
from rightful.rights.uses import Use, Vocabulary, reaches
from rightful.rights.values import BLOCKED, DENIED, Status, Value, meet, value

PERMIT, UNKNOWN, DENY = DECISIONS = ("permit", "unknown", "deny")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One statement: what is decided on these acts. ``applications`` has None for all that are not sensitive.

    ``obligations`` have to be met for a permission, towards whom they say; ``outbound`` are the licences that the result
    may go out under where exactly these are met (None: any). ``reasons`` are slugs.
    """

    acts: frozenset[str]
    purpose: str
    actor: str
    applications: frozenset[str | None]
    decision: str
    obligations: frozenset[str] = frozenset()
    outbound: frozenset[str] | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Specified:
    """All statements of a specification, with the reading and the places they were made for, and until when they hold."""

    uses: tuple[Stated, ...]
    profile: str
    jurisdictions: frozenset[str]
    valid_until: datetime | None = None


def stated_value(specified: Specified, act: str, use: Use, vocabulary: Vocabulary) -> Value:
    """The value of one act for a use, by what is stated alone. What nothing is stated of blocks; several statements meet."""
    ended = specified.valid_until is not None and specified.valid_until <= use.as_of
    if ended or specified.profile != use.profile or not reaches(specified.jurisdictions, use.jurisdictions):
        return BLOCKED
    of_act = [
        one for one in specified.uses if act in one.acts and one.purpose == use.purpose and one.actor == use.actor
    ]
    named = [one for one in of_act if use.application in one.applications]
    if not named and use.application is not None and not vocabulary.is_sensitive(use.application):
        named = [one for one in of_act if None in one.applications]
    return meet(*map(_value, named)) if named else BLOCKED


def _value(one: Stated) -> Value:
    if one.decision == PERMIT:
        return value(Status.PERMIT, one.obligations, one.outbound)
    return DENIED if one.decision == DENY else BLOCKED


def inherited(inputs: Iterable[Value], acceptable: frozenset[str]) -> Inheritance:
    """What is stated of an act whose inputs have these values, were everything ``acceptable`` accepted.

    Of the ways to be permitted the one with the fewest obligations is stated, with the licences that are left by exactly
    these: another licence may ask for more.
    """
    values = frozenset(inputs)
    whole = inherit(values, acceptable)
    return inherit(values, whole.obligations) if whole.status is Status.PERMIT else whole
