"""Readings of one's own: licences in files of the catalogue's form, beside the catalogue. Floor 2.

Such a file has all keys of a licence of the catalogue and ``ground``, why it is read so; the signature under it is not
looked at here. A reading of a licence that the catalogue has gives it no further names, and none takes away an id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rightful.catalog import FORMAT, Loaded, loaded
from rightful.catalog.names import addresses, spellings
from rightful.catalog.reviewed import license_id, outbound_of, read_license
from rightful.catalog.tables import Table
from rightful.rights.expression import UNREAD, Name, NothingStated, Unreadable, fold, parse, render
from rightful.rights.licenses import License

BESIDE = ("ground", "signature")
"""The keys that a reading of one's own has beside those of a licence of the catalogue."""
TODO = "TODO"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file says: the licence, on which ground it is read so, what it is called (folded text -> id), and which of
    these statements the catalogue reads otherwise (text -> its reading)."""

    license: License
    ground: str
    called: Mapping[str, str] = field(default_factory=dict)
    redirects: Mapping[str, str] = field(default_factory=dict)
    todo: tuple[str, ...] = ()
    """The keys in which something is marked to be done: such a reading is not signed."""


def readings(files: Sequence[tuple[str, Mapping[str, object]]], folder: Path | None = None) -> list[Reading]:
    """The readings in these files (name, TOML), by the words of the catalogue in ``folder``.

    Raises :class:`CatalogError` naming file and key.
    """
    law = loaded(folder)
    tables = [Table(name, "", {k: v for k, v in data.items() if k not in BESIDE}) for name, data in files]
    known = replace(law.known, ids=dict(law.known.ids))
    for table in tables:
        if table.data.get("schema") != FORMAT:
            raise table.error("schema", f"expected {FORMAT}, found {table.data.get('schema')!r}")
        identity = license_id(table, known)
        if _read(identity, law) not in (identity, ""):
            raise table.error("id", f"{identity!r} is another name of {_read(identity, law)!r} in the catalogue")
        if identity in law.catalog.labels or identity in law.catalog.names.families or identity == UNREAD:
            raise table.error("id", f"{identity!r} stands for no licence, and cannot be read as one")
    reach = law.reach | {table.text("id") for table in tables}
    reach = reach.union(*(outbound_of(table, known) or () for table in tables))
    read: list[Reading] = []
    claimed: dict[str, str] = {}
    for table, (_, data) in zip(tables, files, strict=True):
        license = read_license(table, law.words, known, reach)
        ground = Table(table.file, "", {"ground": data.get("ground", "")}).text("ground")
        called, redirects = _names(table, license.id, law)
        for name in called:
            if claimed.setdefault(name, table.file) != table.file:
                raise table.error(
                    "aliases", f"{name!r} is claimed for {license.id} here and elsewhere in {claimed[name]}"
                )
        read.append(Reading(license, ground, called, redirects, tuple(todo_in(data))))
    return read


def todo_in(data: Mapping[str, object], path: str = "") -> Iterator[str]:
    """The keys under which something is marked ``TODO``."""
    for key, value in data.items():
        place = f"{path}{key}"
        if isinstance(value, Mapping):
            yield from todo_in(value, f"{place}.")
        elif isinstance(value, list):
            for n, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from todo_in(item, f"{place}[{n}].")
                elif isinstance(item, str) and TODO in item:
                    yield f"{place}[{n}]"
        elif isinstance(value, str) and TODO in value:
            yield place


def _names(table: Table, identity: str, law: Loaded) -> tuple[dict[str, str], dict[str, str]]:
    """The statements to which a reading gives a meaning, and what the catalogue reads in those that it can read."""
    if identity in law.catalog.licenses:
        for key in ("aliases", "deprecated_ids"):
            for alias in table.texts(key):
                if _read(alias, law) != identity:
                    hint = "map the string in the card of its source, under [licenses]"
                    raise table.error(key, f"{alias!r} is no name of {identity} in the catalogue", hint)
        return {}, {}
    if table.texts("deprecated_ids"):
        raise table.error("deprecated_ids", "only the catalogue replaces ids by others")
    called, redirects = dict[str, str](), dict[str, str]()
    for key, name in _stated(table, identity):
        reads = _read(name, law)
        if reads is None:
            raise table.error(key, f"{name!r} says nothing, and cannot be a name")
        if reads == identity:
            continue
        if reads and fold(reads) == name:
            raise table.error(key, f"{name!r} is written in ids of the catalogue, and means what it says")
        called[name] = identity
        if reads:
            redirects[name] = reads
    return called, redirects


def _stated(table: Table, identity: str) -> Iterator[tuple[str, str]]:
    """All that a licence is called, folded, each with its key."""
    for key, url in (("url", table.text("url")), *(("other_urls", url) for url in table.texts("other_urls"))):
        if not (listed := addresses(url)):
            raise table.error(key, f"expected a web address, found {url!r}")
        yield from ((key, fold(address)) for address in listed)
    for key, alias in (("name", table.text("name")), *(("aliases", a) for a in table.texts("aliases"))):
        if fold(alias) == fold(UNREAD):
            raise table.error(key, f"{alias!r} stands for what cannot be read")
        yield from ((key, spelling) for spelling in spellings(alias) if spelling != fold(identity))


def _read(text: str, law: Loaded) -> str | None:
    """What the catalogue reads in a statement: an expression, empty where it cannot be read, None where it says nothing."""
    try:
        tree = parse(text, law.catalog.names)
    except NothingStated:
        return None
    except Unreadable:
        return ""
    return tree.id if isinstance(tree, Name) and tree == Name(tree.id) else render(tree)
