"""The licence catalogue: reads ``licenses/``, checks every word of it and builds the :class:`Catalog`. Floor 2.

The data are the law's facts, so nothing is defaulted and nothing is guessed: a missing verdict, a key that is not
known, a name claimed by two licences is a :class:`CatalogError` that names file and key. The format is described in
``licenses/README.md``; adding a licence is a data change only.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from rightful.catalog.agents import read_agents
from rightful.catalog.columns import read_columns
from rightful.catalog.names import Known, claim_names, read_labels, shared_names, spdx
from rightful.catalog.notices import read_notices
from rightful.catalog.places import read_places
from rightful.catalog.ports import read_ports
from rightful.catalog.reserving import read_reserving
from rightful.catalog.reviewed import license_id, outbound_of, read_license
from rightful.catalog.sites import read_sites
from rightful.catalog.tables import Table
from rightful.catalog.words import Words, read_words
from rightful.compiling import code_of, compiled, user_cache
from rightful.errors import CatalogError, did_you_mean
from rightful.notation.places import PlaceLists
from rightful.rights.expression import Names
from rightful.rights.licenses import Catalog
from rightful.rights.uses import parents

FORMAT = 1
VOCABULARY = "_vocabulary.toml"
_WORDS = (
    VOCABULARY,
    "_terms.toml",
    "_columns.toml",
    "_places.toml",
    "_reserving_words.toml",
    "_notices.toml",
    "_agents.toml",
    "_texts.toml",
)
_SHARED = (
    *_WORDS,
    "_classes.toml",
    "_aliases.toml",
    "_exceptions.toml",
    "_families.toml",
    "_sites.toml",
    "_labels.toml",
    "_ports.toml",
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A catalogue with what its files were read by: further licences are read by the same words."""

    catalog: Catalog
    words: Words
    known: Known
    reach: frozenset[str]


def load(folder: Path | None = None) -> Catalog:
    """The catalogue in ``folder``, by default the one that is shipped. Read once per folder and process.

    Raises :class:`CatalogError` for every defect, naming file and key.

    >>> load().licenses["CC-BY-4.0"].verdicts["strict", "commercial", "share.adapted"].status.word
    'permit'
    """
    return loaded(folder).catalog


def loaded(folder: Path | None = None) -> Loaded:
    """The same with the words and names by which it was read. Raises :class:`CatalogError`."""
    return _load((folder or shipped()).resolve())


def read_older(folder: Path) -> Catalog:
    """The catalogue in a folder that may be older than this version, or change while we run. Raises :class:`CatalogError`.

    Words, in which requests are made, are those of today, and so is what its shared files do not have yet; what it says of
    a licence is as it stands there.
    """
    tables = _tables(folder)
    for name in _SHARED:
        todays, older = table_of(shipped() / name), tables.get(name)
        as_today = older is None or name in _WORDS
        tables[name] = todays if as_today or older is None else Table(name, "", {**todays.data, **older.data})
    return _built(_checked(tables, folder)).catalog


def shipped() -> Path:
    """The folder that comes with the package: inside the wheel, else ``licenses/`` of the checkout."""
    inside = Path(__file__).parent.parent / "_data" / "licenses"
    return inside if inside.is_dir() else Path(__file__).parents[3] / "licenses"


@cache
def place_lists() -> PlaceLists:
    """Which addresses mean one place (:mod:`rightful.notation.places`). Without the licences: every reader of a row needs it."""
    path = shipped() / "_places.toml"
    return read_places(table_of(path))


@cache
def _load(folder: Path) -> Loaded:
    def read() -> Loaded:
        return _built(_checked(_tables(folder), folder))

    if folder != shipped().resolve():
        return read()
    return compiled([*sorted(folder.glob("*.toml")), *_reading()], read, user_cache(os.environ, "catalog"))


def _reading() -> list[Path]:
    """What a catalogue depends on beside its folder: the code that reads it, and the list of SPDX."""
    spec = find_spec("license_expression")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    files = [path for place in places for path in sorted(Path(place).rglob("*")) if path.suffix in (".json", ".py")]
    return [*code_of(".", "catalog", "rights", "notation"), *files]


def _built(tables: Mapping[str, Table]) -> Loaded:
    read_places(tables["_places.toml"])
    words = read_words(tables["_vocabulary.toml"], tables["_classes.toml"], tables["_terms.toml"])
    known = spdx(tables["_aliases.toml"], tables["_exceptions.toml"])
    reviewed = {license_id(table, known): table for name, table in tables.items() if name not in _SHARED}
    reach = frozenset(reviewed).union(*(outbound_of(table, known) or () for table in reviewed.values()))
    licenses = {i: read_license(table, words, known, reach) for i, table in reviewed.items()}
    for identity, table in reviewed.items():
        claim_names(identity, table, known)
    licenses |= read_ports(tables["_ports.toml"], licenses, words, known)
    labels = read_labels(tables["_labels.toml"], known)
    names = shared_names(tables["_aliases.toml"], tables["_families.toml"], licenses, known)
    acts = (*words.vocabulary.acts, *parents(words.vocabulary.acts))
    names = replace(names, reserving=read_reserving(tables["_reserving_words.toml"], acts))
    names = replace(names, columns=read_columns(tables["_columns.toml"]))
    names = replace(names, notices=read_notices(tables["_notices.toml"]))
    names = replace(names, sites=read_sites(tables["_sites.toml"], names))
    catalog = Catalog(
        words.vocabulary,
        licenses,
        names,
        _digest(tables, names),
        words.vocabulary.version,
        labels,
        agents=read_agents(tables["_agents.toml"]),
    )
    return Loaded(catalog, words, known, reach)


def _tables(folder: Path) -> dict[str, Table]:
    return {path.name: table_of(path) for path in sorted(folder.glob("*.toml"))}


def _checked(tables: dict[str, Table], folder: Path) -> dict[str, Table]:
    for name in (name for name in _SHARED if name not in tables):
        raise CatalogError(f"missing from the licence folder {folder.name!r}", subject=name)
    for name, table in tables.items():
        if name.startswith("_") and name not in _SHARED:
            raise table.error("", "not a shared file", did_you_mean(name, _SHARED))
        if table.data.get("schema") != FORMAT:
            raise table.error("schema", f"expected {FORMAT}, found {table.data.get('schema')!r}")
    return tables


def table_of(path: Path) -> Table:
    """The table of a file of the catalogue. Raises :class:`CatalogError`."""
    try:
        return Table(path.name, "", tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"not readable as TOML: {error}", subject=path.name) from error


def _digest(tables: Mapping[str, Table], names: Names) -> str:
    """SHA-256 of everything that was loaded, as canonical JSON: comments and layout do not count."""
    content = [{i: t.data for i, t in tables.items()}, names.ids, names.aliases, sorted(names.exceptions)]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
