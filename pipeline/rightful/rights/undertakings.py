"""What is undertaken: obligations that will be met, and preconditions that were, each for who asks for it. Floor 1: pure.

An obligation such as ``notice.copyright`` is met the same way for everybody. A *precondition* (payment, registration,
the approval of an ethics board) is met towards somebody: it is owed, accepted and held in values together with who
asks, as ``payment@LicenseRef-Qwen`` or ``payment@Reed Press``. What was paid to one never satisfies another
(law 5.19).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from rightful.errors import InputError

ALL = "all"
REDACTION = "redact.personal_data"
"""Owed for each type of personal data that was found, as ``redact.personal_data@email``. Nobody accepts it: it is done."""
_BY = "@"
FORM = "{}:LICENCE-OR-PARTY=REFERENCE"


class Obligation(Protocol):
    """One word of the vocabulary."""

    @property
    def precondition(self) -> bool:
        """True where it is met before the act."""


class Words(Protocol):
    """The vocabulary, as far as it is about obligations."""

    @property
    def obligations(self) -> Mapping[str, Obligation]:
        """By id."""

    def obligations_under(self, name: str) -> tuple[str, ...]:
        """Those that a name means."""


class Unbound(InputError):
    """A precondition was accepted without saying towards whom it was met; ``obligation`` is which."""

    obligation = ""


def bound(obligations: Iterable[str], asker: str, vocabulary: Words) -> frozenset[str]:
    """The obligations as ``asker`` (a licence id, or a party as it is named) asks for them."""
    known = vocabulary.obligations
    return frozenset(f"{o}{_BY}{party(asker)}" if o in known and known[o].precondition else o for o in obligations)


def obligation_of(owed: str) -> str:
    """The word of the vocabulary, whoever asks for it."""
    return owed.partition(_BY)[0]


def asker_of(owed: str) -> str:
    """Who asks for a precondition; empty for what is owed to everybody."""
    return owed.partition(_BY)[2]


def redactions(types: Iterable[str]) -> frozenset[str]:
    """What is owed for these types of personal data, and met by taking them out."""
    return frozenset(f"{REDACTION}{_BY}{kind}" for kind in types)


def redacted(owed: Iterable[str]) -> list[str]:
    """The types of personal data among what is owed, in order."""
    return sorted(asker_of(o) for o in owed if obligation_of(o) == REDACTION)


def words(owed: Iterable[str]) -> list[str]:
    """The words of the vocabulary among what is owed, in order."""
    return sorted({obligation_of(o) for o in owed})


def askers(owed: Iterable[str]) -> dict[str, list[str]]:
    """Who asks for each precondition among what is owed."""
    who: dict[str, list[str]] = {}
    for one in sorted(o for o in owed if asker_of(o) and obligation_of(o) != REDACTION):
        who.setdefault(obligation_of(one), []).append(asker_of(one))
    return who


def shown(owed: str) -> str:
    """As people read it and begin to write it: ``payment:Reed Press``."""
    return owed.replace(_BY, ":", 1)


def option_of(owed: str) -> tuple[str, str]:
    """The option that accepts it, and its value: ``("accept", "notice")``."""
    if obligation_of(owed) == REDACTION:
        return "redact", asker_of(owed)
    return "accept", f"{shown(owed)}=REFERENCE" if asker_of(owed) else owed


def options_for(owed: Iterable[str], bundles: Mapping[str, Iterable[str]]) -> tuple[tuple[str, str], ...]:
    """The options that accept all of it, the fewest that say it: a bundle in place of two or more of its obligations.

    ``bundles`` has the obligations of each.
    """
    left = sorted(owed)
    options: list[tuple[str, str]] = []
    for name, obligations in bundles.items():
        inside = [o for o in left if o in {*obligations}]
        if len(inside) > 1:
            options.append(("accept", name))
            left = [o for o in left if o not in inside]
    return (*options, *map(option_of, left))


def party(name: str) -> str:
    """The one form of a name: NFC, blanks joined. ``=`` would end it where it is written, so it is a dash."""
    return " ".join(unicodedata.normalize("NFC", name).split()).replace("=", "-")


def undertakings(
    vocabulary: Words, accept: Iterable[str], license_id: Callable[[str], str] | None = None
) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """What ``accept`` undertakes, and the references given for it: ``payment:Reed Press`` -> ``INV-7``.

    ``all`` accepts everything but preconditions; these are written ``payment:LICENCE-OR-PARTY=REFERENCE``, where
    ``license_id`` knows a licence under any of its names (empty: it is none). Raises :class:`Unbound` for one without these, and
    :class:`UnknownName`.
    """
    accepted: set[str] = set()
    references: dict[str, str] = {}
    for word in accept:
        name, _, rest = (part.strip() for part in word.partition(":"))
        if name == ALL:
            accepted |= {i for i, o in vocabulary.obligations.items() if not o.precondition}
            continue
        for obligation in vocabulary.obligations_under(name):
            if not vocabulary.obligations[obligation].precondition:
                accepted.add(obligation)
                references |= {obligation: rest} if rest else {}
                continue
            asker, reference = _bound_reference(obligation, rest)
            license = license_id(asker) if license_id is not None else ""
            accepted |= {f"{obligation}{_BY}{who}" for who in (license, asker) if who}
            references[f"{obligation}:{license or asker}"] = reference
    return frozenset(accepted - {REDACTION}), tuple(sorted(references.items()))


def _bound_reference(obligation: str, text: str) -> tuple[str, str]:
    asker, equals, reference = (part.strip() for part in text.partition("="))
    if not (party(asker) and equals and reference) or asker == "*":
        error = Unbound(
            f"accepting {obligation!r} needs who asks for it and a reference to where it was met",
            hint=f"write --accept {FORM.format(obligation)}",
        )
        error.obligation = obligation
        raise error
    return party(asker), reference
