"""What a record claims by the site that it was taken from, and by the dump. Floor 2: pure; the lists are the catalogue's.

A reader of dumps states the site by its address (``{"address": ...}`` or the address alone) and how new the dump is. Of a site
that is not listed nothing is known, and nothing is claimed: the card of the source may say it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from rightful.notation.urls import canonical
from rightful.rights.columns import LICENSE, folded_text
from rightful.rights.evidence import Evidence, Observation, license_claim
from rightful.rights.expression import dated, parse_known, render
from rightful.signals.signal import About
from rightful.signals.values import license_in, shown

TERMS = "site-terms/1"
AGREEMENT = "dump-agreement/1"
UNCLEAR = "texts of terms of their own"


def terms_of(value: Any, about: About, place: str) -> list[Evidence]:
    """What the site says of the text, at the tier of a statement of the row. ``value``: the address, or an object with
    ``address``, ``imported`` (the template that says so) and ``on`` (the day that a part of the text is of)."""
    stated = value if isinstance(value, dict) else {"address": value}
    address = str(stated.get("address", ""))
    seen = Observation(shown(value), place, *TERMS.split("/"))
    mapped = {folded_text(text) for text, _ in about.licenses}
    by_card = folded_text(address) in mapped
    claims = []
    if by_card:
        claim, _ = license_in(LICENSE, address, about, tier=about.tier, bound_to="work")
        claims += [replace(claim, observation=seen)] if claim is not None else []
    site = about.names.sites.of(canonical(address)[1] or "")
    if site is None or (by_card and not site.license):
        return claims
    claim = license_claim(
        (site.imported if stated.get("imported") else "") or site.license or UNCLEAR,
        about.names,
        tier=about.tier,
        bound_to="work",
        authority=about.authority,
        **about.limits,
    )
    if claim is None:
        return claims
    day = _day(stated.get("on"))
    if day is not None and claim.expression:
        tree = dated(parse_known(claim.expression, about.names), about.names, day)
        claim = replace(claim, expression=render(tree))
    return [*claims, replace(claim, observation=seen)]


def agreement_of(value: Any, about: About, place: str) -> list[Evidence]:
    """The agreement under which a dump was given, as a layer of its own. ``value``: an object with ``address``, and ``newest``,
    the day of the newest text in the dump."""
    if not isinstance(value, dict):
        return []
    terms = about.names.sites.dump_of(canonical(str(value.get("address", "")))[1] or "")
    newest = _day(value.get("newest"))
    if terms is None or newest is None or newest < terms.since:
        return []
    claim = license_claim(terms.license, about.names, tier=5, layer=terms.layer)
    return [replace(claim, observation=Observation(shown(value), place, *AGREEMENT.split("/")))] if claim else []


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None
