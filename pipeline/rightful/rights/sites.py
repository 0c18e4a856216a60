"""What sites say of the texts on them, and under which agreements their dumps are given. Floor 1: the lists are handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class SiteTerms:
    """The terms of a site, its subdomains included. ``license`` is an expression, in which a family goes by the date of the
    text; empty where texts have terms of their own, which the site does not tell, so that it blocks. ``imported`` is the
    expression for a text of which it says that others' text was taken into it."""

    domain: str
    license: str
    imported: str = ""


@dataclass(frozen=True, slots=True)
class DumpAgreement:
    """The agreement under which the dumps of a site are given whose newest text is of ``since`` or later. ``layer`` is what
    the dump is called: what was agreed on holds beside the licences of the texts."""

    domain: str
    since: date
    license: str
    layer: str


@dataclass(frozen=True, slots=True)
class Sites:
    """The lists of ``_sites.toml``, by domain. ``imported`` are names of templates, in lower case."""

    terms: Mapping[str, SiteTerms] = field(default_factory=dict)
    dumps: Mapping[str, DumpAgreement] = field(default_factory=dict)
    imported: frozenset[str] = frozenset()

    def of(self, host: str) -> SiteTerms | None:
        """The terms of the site that a host belongs to; those of the longest domain."""
        return next((self.terms[name] for name in _above(host) if name in self.terms), None)

    def dump_of(self, host: str) -> DumpAgreement | None:
        """The agreement on dumps of the site that a host belongs to."""
        return next((self.dumps[name] for name in _above(host) if name in self.dumps), None)


def _above(host: str) -> list[str]:
    """A host and the domains above it, the longest first.

    >>> _above("en.wikipedia.org")
    ['en.wikipedia.org', 'wikipedia.org', 'org']
    """
    labels = host.lower().rstrip(".").split(".")
    return [".".join(labels[n:]) for n in range(len(labels))]
