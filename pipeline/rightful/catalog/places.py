"""The lists of addresses that mean one place: ``licenses/_places.toml``, checked. Floor 2: part of ``catalog``."""

from __future__ import annotations

import re
from datetime import date

from rightful.catalog.tables import Table
from rightful.notation.places import PlaceLists

_KINDS = ("archive", "cache", "translator", "reader", "redirect", "proxy")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def read_places(table: Table) -> PlaceLists:
    """The lists, every entry dated. Raises :class:`CatalogError` naming file and key."""
    table.check_keys("schema", "version", "labels", "parameters", "segments", "wrappers", "encoded", "proxies")
    version = table.typed("version", date)
    labels = _names(table, "labels", "names")
    parameters = _names(table, "parameters", "names", "prefixes")
    segments = _names(table, "segments", "names")
    proxies = _names(table, "proxies", "labels")
    hosts: set[str] = set()
    for entry in table.tables("wrappers"):
        _check(entry, version, "kind", "hosts")
        entry.one_of("kind", _KINDS)
        for host in entry.texts("hosts", at_least=1):
            if not _HOST.fullmatch(host.removesuffix(".*") + ".x" * host.endswith(".*")):
                raise entry.error("hosts", f"{host!r} is not a host in lower case", "write example.org, or google.*")
            if host in hosts:
                raise entry.error("hosts", f"{host!r} is listed twice")
            hosts.add(host)
    encoded = []
    for entry in table.tables("encoded"):
        _check(entry, version, "suffix", "dropped")
        encoded.append((entry.text("suffix"), entry.typed("dropped", int)))
    return PlaceLists(
        version=version.isoformat(),
        labels=frozenset(labels["names"]),
        parameters=frozenset(parameters["names"]),
        parameter_prefixes=tuple(parameters["prefixes"]),
        segments=frozenset(segments["names"]),
        wrappers=frozenset(h for h in hosts if not h.endswith(".*")),
        everywhere=frozenset(h.removesuffix(".*") for h in hosts if h.endswith(".*")),
        encoded=tuple(encoded),
        proxies=frozenset(proxies["labels"]),
    )


def _names(table: Table, key: str, *lists: str) -> dict[str, list[str]]:
    """The words of all entries under ``key``, each stated once and in lower case."""
    version = table.typed("version", date)
    names: dict[str, list[str]] = {name: [] for name in lists}
    for entry in table.tables(key):
        _check(entry, version, *lists)
        for name in lists:
            for word in entry.texts(name):
                if word != word.lower() or word in names[name]:
                    raise entry.error(name, f"{word!r} is not in lower case, or stated twice")
                names[name].append(word)
    return names


def _check(entry: Table, version: date, *keys: str) -> None:
    entry.check_keys(*keys, "seen", "about")
    entry.text("about")
    if entry.typed("seen", date) > version:
        raise entry.error("seen", "is later than the version of the file")
