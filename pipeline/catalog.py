"""The licence catalogue: reads ``licenses/``, checks every word of it and builds the :class:`Catalog`. Floor 1.

The data are the law's facts, so nothing is defaulted and nothing is guessed: a missing verdict, a key that is not
known, a name claimed by two licences is a :class:`CatalogError` that names file and key. The format is described in
``licenses/README.md``; adding a licence is a data change only.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from typing import TypeVar

from license_expression import get_license_index

from pipeline.errors import CatalogError, did_you_mean
from pipeline.rights.expression import Names, NothingStated, Unreadable, fold, parse
from pipeline.rights.licenses import VERDICTS, Catalog, License, Verdict
from pipeline.rights.uses import EVERY, PROFILES, PURPOSES, Act, Application, Obligation, Vocabulary, parents

FORMAT = 1
TRIGGERS = ("on_share_data", "on_share_weights", "on_output", "always")
ANY = "any"
_TAGS = ("kinds", "scopes", "flags")
_COUNTRY = re.compile("[A-Z]{2}")
_SHARED = ("_vocabulary.toml", "_classes.toml", "_aliases.toml")
_LICENSE_KEYS = (
    "schema id name kind family version url other_urls scope territory irrevocable flags outbound use_restrictions "
    "aliases deprecated_ids reviewer reviewed_at verdicts"
).split()
_Typed = TypeVar("_Typed")
_Cell = tuple[str, frozenset[str]]
_EXPECTED = {str: "a text", bool: "true or false", date: "a date such as 2026-11-21", list: "a list", dict: "a table"}


def load(folder: Path | None = None) -> Catalog:
    """The catalogue in ``folder``, by default the one that is shipped. Read once per folder and process.

    Raises :class:`CatalogError` for every defect, naming file and key.

    >>> load().licenses["CC-BY-4.0"].verdicts["strict", "commercial", "share.adapted"].status.word
    'permit'
    """
    return _load((folder or shipped()).resolve())


def shipped() -> Path:
    """The folder that comes with the package: inside the wheel, else ``licenses/`` of the checkout."""
    inside = Path(__file__).parent / "_data" / "licenses"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "licenses"


@dataclass(frozen=True, slots=True)
class _Table:
    """A TOML table that knows where it stands; what is read from it has the type asked for, or is an error."""

    file: str
    path: str
    data: Mapping[str, object]

    def error(self, key: str, message: str, hint: str | None = None) -> CatalogError:
        where = ".".join(part for part in (self.path, key) if part)
        return CatalogError(message, subject=f"{self.file}: {where}" if where else self.file, hint=hint)

    def check_keys(self, *required: str, optional: tuple[str, ...] = ()) -> None:
        for key in (key for key in self.data if key not in required and key not in optional):
            raise self.error(key, "unknown key", did_you_mean(key, [*required, *optional]))
        for key in (key for key in required if key not in self.data):
            raise self.error(key, "missing: every key is stated, nothing is defaulted")

    def typed(self, key: str, kind: type[_Typed]) -> _Typed:
        found = self.data[key]
        if type(found) is not kind:  # not isinstance: a moment is no day, and TOML knows the difference
            raise self.error(key, f"expected {_EXPECTED[kind]}, found {found!r}")
        return found

    def text(self, key: str, *, empty: bool = False) -> str:
        found = self.typed(key, str)
        if not (found.strip() or empty):
            raise self.error(key, "is empty")
        return found

    def texts(self, key: str, known: Collection[str] | None = None, *, at_least: int = 0) -> tuple[str, ...]:
        """A list without repetition, of words of ``known`` where that is given."""
        found = self.typed(key, list)
        for item in found:
            if not isinstance(item, str) or not item.strip():
                raise self.error(key, f"expected a list of texts, found {item!r} in it")
            if found.count(item) > 1:
                raise self.error(key, f"{item!r} is stated twice")
            if known is not None:
                self._checked(key, item, known)
        if len(found) < at_least:
            raise self.error(key, "is empty")
        return tuple(found)

    def one_of(self, key: str, known: Collection[str]) -> str:
        return self._checked(key, self.text(key), known)

    def table(self, key: str) -> _Table:
        return _Table(self.file, key, self.typed(key, dict))

    def tables(self, key: str) -> Iterator[_Table]:
        path = f"{self.path}.{key}" if self.path else key
        for number, item in enumerate(self.typed(key, list) if key in self.data else []):
            if not isinstance(item, dict):
                raise self.error(key, f"expected a list of tables, found {item!r} in it")
            yield _Table(self.file, f"{path}[{number}]", item)

    def _checked(self, key: str, item: str, known: Collection[str]) -> str:
        if item not in known:
            raise self.error(key, f"{item!r} is not known", did_you_mean(item, known))
        return item


@dataclass(frozen=True, slots=True)
class _Words:
    """The vocabulary, the tags of licence files, and the classes (class -> act -> status and obligations)."""

    vocabulary: Vocabulary
    tags: Mapping[str, Collection[str]]
    classes: Mapping[str, Mapping[str, _Cell]]


@dataclass(slots=True)
class _Known:
    """The names so far, in the form in which they are looked up. Ids and aliases share one space: a name means one thing."""

    ids: dict[str, str]
    exceptions: frozenset[str]
    aliases: dict[str, str] = field(default_factory=dict)
    claimed_in: dict[str, str] = field(default_factory=dict)

    def claim(self, name: str, target: str, said: _Table, key: str) -> None:
        folded = fold(name)
        held = self.ids.get(folded) or self.aliases.get(folded)
        if held is not None and held != target:
            holder = self.claimed_in.get(folded, "the SPDX list")
            raise said.error(key, f"{name!r} is claimed for {target} here and for {held} in {holder}")
        if held is None:
            self.aliases[folded] = target
            self.claimed_in[folded] = said.file

    def names(self) -> Names:
        pages = {f"spdx.org/licenses/{i}{end}": target for i, target in self.ids.items() for end in ("", ".html")}
        return Names(ids=self.ids, aliases=pages | self.aliases, exceptions=self.exceptions)


@cache
def _load(folder: Path) -> Catalog:
    tables = _read(folder)
    words = _words(tables["_vocabulary.toml"], tables["_classes.toml"])
    known = _spdx(tables["_aliases.toml"])
    reviewed = {_id(table, known): table for name, table in tables.items() if name not in _SHARED}
    reach = frozenset(reviewed).union(*(_outbound(table, known) or () for table in reviewed.values()))
    licenses = {i: _license(table, words, known, reach) for i, table in reviewed.items()}
    for license_id, table in reviewed.items():
        _claim_names(license_id, table, known)
    names = _shared_names(tables["_aliases.toml"], known)
    return Catalog(words.vocabulary, licenses, names, _digest(tables, names), words.vocabulary.version)


def _read(folder: Path) -> dict[str, _Table]:
    tables: dict[str, _Table] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            tables[path.name] = _Table(path.name, "", tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CatalogError(f"not readable as TOML: {error}", subject=path.name) from error
    for name in (name for name in _SHARED if name not in tables):
        raise CatalogError(f"missing from the licence folder {folder.name!r}", subject=name)
    for name, table in tables.items():
        if name.startswith("_") and name not in _SHARED:
            raise table.error("", "not a shared file", did_you_mean(name, _SHARED))
        if table.data.get("schema") != FORMAT:
            raise table.error("schema", f"expected {FORMAT}, found {table.data.get('schema')!r}")
    return tables


def _words(table: _Table, shared: _Table) -> _Words:
    table.check_keys("schema", "version", "acts", "applications", "obligations", *_TAGS)
    acts = {
        i: Act(i, t.text("summary"), t.typed("known_from", date), t.texts("near"))
        for i, t in _entries(table, "acts", "known_from", "near").items()
    }
    for act in acts:
        if any(other.startswith(act + ".") for other in acts):
            raise table.error("acts", f"{act!r} is a leaf and a parent of another act")
    applications = {
        i: Application(i, t.text("summary"), t.typed("sensitive", bool))
        for i, t in _entries(table, "applications", "sensitive").items()
    }
    obligations = {
        i: Obligation(i, t.text("summary"), t.one_of("trigger", TRIGGERS), t.typed("precondition", bool))
        for i, t in _entries(table, "obligations", "trigger", "precondition").items()
    }
    vocabulary = Vocabulary(table.text("version"), acts, obligations, applications)
    return _Words(vocabulary, {tag: _entries(table, tag) for tag in _TAGS}, _classes(shared, vocabulary))


def _entries(table: _Table, key: str, *more: str) -> dict[str, _Table]:
    """The tables under ``key`` by id; each has id, summary and ``more``, and comes once."""
    entries: dict[str, _Table] = {}
    for entry in table.tables(key):
        entry.check_keys("id", "summary", *more)
        entry.text("summary")
        if entry.text("id") in entries:
            raise entry.error("id", f"{entry.text('id')!r} is defined twice")
        entries[entry.text("id")] = entry
    return entries


def _classes(table: _Table, vocabulary: Vocabulary) -> dict[str, dict[str, _Cell]]:
    table.check_keys("schema", "classes")
    classes: dict[str, dict[str, _Cell]] = {}
    for class_id, entry in _entries(table, "classes", "rules").items():
        cells: dict[str, _Cell] = {}
        for rule in entry.tables("rules"):
            rule.check_keys("acts", "status", "obligations")
            cells |= _cells(rule, vocabulary, cells)
        for act in vocabulary.acts:
            if act not in cells:
                raise entry.error("rules", f"class {class_id!r} says nothing of {act!r}")
        classes[class_id] = cells
    return classes


def _cells(rule: _Table, vocabulary: Vocabulary, stated: Collection[str]) -> dict[str, _Cell]:
    """What one rule or row says of each of its acts; none of them may be among those ``stated`` already."""
    status = rule.one_of("status", VERDICTS)
    obligations = frozenset(rule.texts("obligations", vocabulary.obligations))
    if obligations and status != "permit":
        raise rule.error("obligations", f"obligations come with a permission only, the status is {status!r}")
    acts = rule.texts("acts", vocabulary.acts, at_least=1)
    for act in (act for act in acts if act in stated):
        raise rule.error("acts", f"{act!r} is stated twice")
    return dict.fromkeys(acts, (status, obligations))


def _spdx(table: _Table) -> _Known:
    """The SPDX ids and exceptions, known by name. ScanCode's own ids and spellings are not SPDX's and are left out."""
    table.check_keys("schema", "spdx", "deprecated", "aliases")
    table.table("spdx").check_keys("licenses")
    ids = set(table.table("spdx").texts("licenses"))
    exceptions: set[str] = set()
    for entry in get_license_index():
        key = entry["spdx_license_key"] or ""
        if key and not entry["is_deprecated"] and not key.startswith("LicenseRef-") and key not in ids:
            (exceptions if entry["is_exception"] else ids).add(key)
    return _Known({fold(i): i for i in sorted(ids)}, frozenset(exceptions))


def _id(table: _Table, known: _Known) -> str:
    table.check_keys(*_LICENSE_KEYS, optional=("outbound_except",))
    license_id = table.text("id")
    if license_id.startswith("LicenseRef-"):
        known.ids[fold(license_id)] = license_id
    if known.ids.get(fold(license_id)) != license_id:
        raise table.error("id", f"{license_id!r} is no SPDX id", did_you_mean(license_id, known.ids.values()))
    if table.file != f"{license_id.lower()}.toml":
        raise table.error("id", f"the file of {license_id!r} is called {license_id.lower()}.toml")
    return license_id


def _license(table: _Table, words: _Words, known: _Known, reach: frozenset[str]) -> License:
    verdicts = _verdicts(table, words)
    outbound = _outbound(table, known)
    if outbound is None and any("share_alike" in verdict.obligations for verdict in verdicts.values()):
        raise table.error("outbound", "a licence with share_alike lists the licences that it accepts")
    if "outbound_except" in table.data:
        if outbound is not None:
            raise table.error("outbound_except", f"goes with outbound = {ANY!r} only")
        # Closed over the licences that any file names: only these can meet in an intersection.
        outbound = reach - frozenset(table.texts("outbound_except", reach, at_least=1))
    territory = frozenset(table.texts("territory", at_least=1))
    if territory != {EVERY} and not all(_COUNTRY.fullmatch(code) for code in territory):
        raise table.error("territory", f"expected [{EVERY!r}] or codes such as ['GB', 'US'], found {sorted(territory)}")
    applications = words.vocabulary.applications
    table.typed("irrevocable", bool)
    return License(
        id=table.text("id"),
        name=table.text("name"),
        kind=table.one_of("kind", words.tags["kinds"]),
        family=table.text("family"),
        version=table.text("version", empty=True),
        url=table.text("url"),
        scope=frozenset(table.texts("scope", words.tags["scopes"], at_least=1)),
        territory=territory,
        flags=frozenset(table.texts("flags", words.tags["flags"])),
        outbound=outbound,
        use_restrictions=frozenset(table.texts("use_restrictions", [*applications, *parents(applications)])),
        aliases=table.texts("aliases"),
        reviewer=table.text("reviewer"),
        reviewed_at=table.typed("reviewed_at", date).isoformat(),
        verdicts=verdicts,
    )


def _outbound(table: _Table, known: _Known) -> frozenset[str] | None:
    """The licences that the result may go out under; None for ``any``."""
    if table.data["outbound"] == ANY:
        return None
    return frozenset(table.texts("outbound", known.ids.values(), at_least=1))


def _verdicts(table: _Table, words: _Words) -> dict[tuple[str, str, str], Verdict]:
    """Every (profile, purpose, act) exactly once, from shared classes and the rows on top of them."""
    verdicts: dict[tuple[str, str, str], Verdict] = {}
    for block in table.tables("verdicts"):
        block.check_keys("profiles", "purposes", "class", "clause", "rationale", optional=("rows",))
        acts = _verdict(words.classes[block.one_of("class", words.classes)], block) | _rows(block, words.vocabulary)
        profiles = block.texts("profiles", PROFILES, at_least=1)
        for profile, purpose in product(profiles, block.texts("purposes", PURPOSES, at_least=1)):
            stated = {(profile, purpose, act): verdict for act, verdict in acts.items()}
            if verdicts.keys() & stated.keys():
                raise block.error("profiles", f"{profile!r} for purpose {purpose!r} is stated twice")
            verdicts |= stated
    for profile, purpose in product(PROFILES, PURPOSES):
        if not all((profile, purpose, act) in verdicts for act in words.vocabulary.acts):
            raise table.error("verdicts", f"nothing is stated for profile {profile!r} and purpose {purpose!r}")
    return verdicts


def _rows(block: _Table, vocabulary: Vocabulary) -> dict[str, Verdict]:
    rows: dict[str, Verdict] = {}
    for row in block.tables("rows"):
        row.check_keys("acts", "status", "obligations", "clause", "rationale")
        rows |= _verdict(_cells(row, vocabulary, rows), row)
    return rows


def _verdict(cells: Mapping[str, _Cell], said: _Table) -> dict[str, Verdict]:
    clause, rationale = said.text("clause"), said.text("rationale")
    return {act: Verdict(VERDICTS[status], owed, clause, rationale) for act, (status, owed) in cells.items()}


def _claim_names(license_id: str, table: _Table, known: _Known) -> None:
    for key, url in (("url", table.text("url")), *(("other_urls", url) for url in table.texts("other_urls"))):
        if not (addresses := _addresses(url)):
            raise table.error(key, f"expected a web address, found {url!r}")
        for address in addresses:
            known.claim(address, license_id, table, key)
    for deprecated in table.texts("deprecated_ids"):
        known.claim(deprecated, license_id, table, "deprecated_ids")
        known.ids[fold(deprecated)] = license_id
    for alias in (license_id, table.text("name"), *table.texts("aliases")):
        for spelling in _spellings(alias):
            known.claim(spelling, license_id, table, "aliases")


def _shared_names(table: _Table, known: _Known) -> Names:
    said = [(part, name, part.text(name)) for part in map(table.table, ("deprecated", "aliases")) for name in part.data]
    for part, name, target in said:
        for spelling in _spellings(name):
            known.claim(spelling, target, part, name)
        if part.path == "deprecated":
            known.ids[fold(name)] = target
    names = known.names()
    for part, name, target in said:
        try:
            parse(target, names)
        except (Unreadable, NothingStated) as error:
            raise part.error(name, f"{target!r} is no expression: {error}") from error
    return names


def _spellings(alias: str) -> Iterable[str]:
    """An alias, also with ``the`` before it, ``license`` or ``licence`` after it, and in the other spelling of that."""
    folded = fold(alias)
    if "/" in folded and " " not in folded:
        return (folded,)
    both = (folded, folded.replace("licence", "license"), folded.replace("license", "licence"))
    ended = [base for base in both if base.endswith(("license", "licence"))]
    ended += [base + end for base in both if base not in ended for end in ("", " license", " licence")]
    return dict.fromkeys(start + base for base in ended for start in ("", "the "))


def _addresses(url: str) -> tuple[str, ...]:
    """What an address is looked up by: itself without scheme, ``www.`` and last slash; a bare host as it is written."""
    folded = fold(url)
    bare = folded.removeprefix("https://").removeprefix("http://")
    page = bare.removeprefix("www.").rstrip("/")
    if bare == folded or "/" in page:
        return (page,) if bare != folded else ()
    return tuple(f"http{s}://{www}{page}{slash}" for s, www, slash in product(("", "s"), ("", "www."), ("", "/")))


def _digest(tables: Mapping[str, _Table], names: Names) -> str:
    """SHA-256 of everything that was loaded, as canonical JSON: comments and layout do not count."""
    said = [{i: t.data for i, t in tables.items()}, names.ids, names.aliases, sorted(names.exceptions)]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
