"""Licence files that are the options of a choice. Floor 2: pure.

``LICENSE-MIT`` beside ``LICENSE-APACHE`` says that both hold. Where the metadata of the same package say that one may be
chosen (``MIT OR Apache-2.0``), the files are the texts of what may be chosen, and state nothing beside that.
"""

from __future__ import annotations

from collections.abc import Sequence

from rightful.rights.claims import expression_of
from rightful.rights.evidence import Evidence
from rightful.rights.expression import AnyOf, Names, render
from rightful.signals.packages.license_file import NAME

_FILES = NAME.partition("/")[0]


def without_options(claims: Sequence[Evidence], names: Names) -> list[Evidence]:
    """The claims of the files of one package without those of licence files that all, two or more, are options of a choice
    which it states. One that is no option keeps them all."""
    options = {
        option for claim in claims if not _is_file(claim) and not claim.guessed for option in _options(claim, names)
    }
    files = [claim for claim in claims if _is_file(claim)]
    if not options or len({claim.expression for claim in files}) < 2:
        return list(claims)
    if any(claim.statement != "license" or claim.expression not in options for claim in files):
        return list(claims)
    return [claim for claim in claims if not _is_file(claim)]


def _is_file(claim: Evidence) -> bool:
    return claim.kind == "grant" and claim.observation is not None and claim.observation.detector == _FILES


def _options(claim: Evidence, names: Names) -> frozenset[str]:
    """What the licence of a claim leaves to choose from; empty where it leaves no choice."""
    expression = expression_of(claim, names)
    return frozenset(map(render, expression.parts)) if isinstance(expression, AnyOf) else frozenset()
