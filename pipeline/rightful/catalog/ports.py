"""Ported Creative Commons licences that were read and found equal to the unported text of their number. Floor 2.

A port that is not listed is not derived: it stays known by name at most, hence unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from rightful.catalog.names import Known, spellings
from rightful.catalog.tables import Table
from rightful.catalog.words import Words
from rightful.rights.expression import fold
from rightful.rights.licenses import License

ELEMENTS = ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
_CODE = re.compile("[a-z]{2}")
_KEYS = ("code", "name", "version", "scope_add", "irrevocable", "note", "reviewer", "reviewed_at")


def read_ports(table: Table, licenses: Mapping[str, License], words: Words, known: Known) -> dict[str, License]:
    """A licence a port and element, with the verdicts of its unported text. Raises :class:`CatalogError`."""
    table.check_keys("schema", "ports")
    ports: dict[str, License] = {}
    for entry in table.tables("ports"):
        entry.check_keys(*_KEYS)
        for element in ELEMENTS:
            port = _port(entry, element, licenses, words, known)
            if port.id in ports:
                raise entry.error("code", f"{port.id} is listed twice")
            ports[port.id] = port
            known.ids[fold(port.id)] = port.id
            for called in (port.name, *port.aliases):
                for spelling in spellings(called):
                    known.claim(spelling, port.id, entry, "code")
    return {i: _going_out(port, ports) for i, port in ports.items()}


def _port(entry: Table, element: str, licenses: Mapping[str, License], words: Words, known: Known) -> License:
    code, version = entry.text("code"), entry.text("version")
    if not _CODE.fullmatch(code):
        raise entry.error("code", f"expected two letters in lower case, found {code!r}")
    unported = licenses.get(f"CC-{element}-{version}")
    if unported is None:
        raise entry.error("version", f"there is no licence CC-{element}-{version} to read it as")
    short = f"CC-{element}-{version}-{code.upper()}"
    spdx = fold(short) in known.ids
    if known.ids.get(fold(short)) in licenses:
        raise entry.error("code", f"{short} has a file of its own")
    note = entry.text("note")
    verdicts = {
        key: replace(verdict, rationale=f"{verdict.rationale} Port {code.upper()}: {note}")
        for key, verdict in unported.verdicts.items()
    }
    entry.typed("irrevocable", bool)
    spelt = f"cc {element} {version} {code}".lower(), f"cc-{element} {version} {code}".lower()
    return replace(
        unported,
        id=known.ids[fold(short)] if spdx else f"LicenseRef-{short}",
        name=f"{unported.name.removesuffix(' Unported')} {entry.text('name')}",
        url=f"https://creativecommons.org/licenses/{element.lower()}/{version}/{code}/",
        scope=unported.scope | frozenset(entry.texts("scope_add", words.tags["scopes"])),
        aliases=(*spelt, *(() if spdx else (short,))),
        reviewer=entry.text("reviewer"),
        reviewed_at=entry.typed("reviewed_at", date).isoformat(),
        verdicts=verdicts,
    )


def _going_out(port: License, ports: Mapping[str, License]) -> License:
    """Share alike: itself, what the unported text accepts, and the other ports of the same elements and number."""
    if port.outbound is None:
        return port
    same = {p.id for p in ports.values() if p.version == port.version and _elements(p) == _elements(port)}
    return replace(port, outbound=port.outbound | {port.id} | (same if "sa" in port.flags else frozenset()))


def _elements(port: License) -> str:
    return port.url.split("/")[4]
