"""What one claim states, as a union of small classes: each has the fields that only it can have. Floor 1: pure.

An :class:`~rightful.rights.evidence.Evidence` is a statement with its bounds (tier, acts, purposes, places, period, layer), flat,
as it lies in a store. Its ``states`` is one of these; the law reads it with ``match``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licensed:
    """A licence, in our ids; of a compilation it licenses the selection and not the contents."""

    expression: str
    of_compilation: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A licence statement that cannot be read: it may say anything, so it blocks."""


@dataclass(frozen=True, slots=True)
class NotKnown:
    """A source that this one was made from, and that is not known."""


@dataclass(frozen=True, slots=True)
class Contracted:
    """An executed contract (T2)."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """The consent of an author or rights holder (T2)."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A statutory basis that the operator declares (T7), by its id: ``EU-DSM-4``."""

    basis: str


@dataclass(frozen=True, slots=True)
class Reserved:
    """A reservation or an explicit refusal."""


@dataclass(frozen=True, slots=True)
class Conditional:
    """A reservation that can be lifted on a condition: by obligations, or by something that nobody here can meet."""

    obligations: frozenset[str]


@dataclass(frozen=True, slots=True)
class Consented:
    """The consent of the person whom the data are about (T1): it lifts their gate, and is a ceiling."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Somebody looked for a reservation in a place (``robots``, ``tdmrep``, ...); ``result`` as the statement says it."""

    place: str
    result: str


@dataclass(frozen=True, slots=True)
class Gated:
    """A gate: ``personal_data``, ``person_unreadable``, ``unlawful`` or ``evidence_missing``."""

    gate: str


Statement = (
    Licensed
    | Unread
    | NotKnown
    | Contracted
    | Permitted
    | Declared
    | Reserved
    | Conditional
    | Consented
    | Looked
    | Gated
)


def statement(kind: str, states: str, expression: str, basis: str, obligations: frozenset[str]) -> Statement:
    """The statement behind the flat fields of a claim. Raises ``ValueError`` for one that the law does not know."""
    match kind, states:
        case "grant", "license" | "compilation":
            return Licensed(expression, states == "compilation")
        case "grant", "unreadable":
            return Unread()
        case "grant", "not_known":
            return NotKnown()
        case "grant", "contract":
            return Contracted()
        case "grant", "permission":
            return Permitted()
        case "grant", "statute":
            return Declared(basis)
        case "reservation", "reserve":
            return Reserved()
        case "reservation", "conditional":
            return Conditional(obligations)
        case "consent", _:
            return Consented()
        case "observation", _:
            return Looked(basis, states)
        case "gate", _:
            return Gated(states)
    raise ValueError(f"no such evidence: {kind} {states!r}")
