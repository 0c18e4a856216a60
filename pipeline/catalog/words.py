"""The words of the law: acts, applications, obligations, tags of licence files, and shared verdict classes. Floor 1."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.catalog.tables import Table, entries
from pipeline.rights.licenses import VERDICTS
from pipeline.rights.uses import ACTORS, PURPOSES, Act, Application, Obligation, Statute, Vocabulary

TRIGGERS = ("on_share_data", "on_share_weights", "on_output", "always")
COUNTRY = re.compile("[A-Z]{2}")
_STATUTE = ("source", "territory", "acts", "purposes", "actors", "defeated", "lawful_access", "since")
TAGS = ("kinds", "scopes", "flags")
Cell = tuple[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary, the tags of licence files, and the classes (class -> act -> status and obligations)."""

    vocabulary: Vocabulary
    tags: Mapping[str, Collection[str]]
    classes: Mapping[str, Mapping[str, Cell]]


def read_words(table: Table, shared: Table) -> Words:
    """The checked words of ``_vocabulary.toml`` and ``_classes.toml``. Raises :class:`CatalogError`."""
    table.check_keys("schema", "version", "acts", "applications", "obligations", "statutes", *TAGS)
    acts = {
        i: Act(i, t.text("summary"), t.typed("known_from", date), t.texts("near"))
        for i, t in entries(table, "acts", "known_from", "near").items()
    }
    for act in acts:
        if any(other.startswith(act + ".") for other in acts):
            raise table.error("acts", f"{act!r} is a leaf and a parent of another act")
    applications = {
        i: Application(i, t.text("summary"), t.typed("sensitive", bool))
        for i, t in entries(table, "applications", "sensitive").items()
    }
    obligations = {
        i: Obligation(i, t.text("summary"), t.one_of("trigger", TRIGGERS), t.typed("precondition", bool))
        for i, t in entries(table, "obligations", "trigger", "precondition").items()
    }
    statutes = {i: _statute(t, acts) for i, t in entries(table, "statutes", *_STATUTE).items()}
    vocabulary = Vocabulary(table.text("version"), acts, obligations, applications, statutes)
    return Words(vocabulary, {tag: entries(table, tag) for tag in TAGS}, _classes(shared, vocabulary))


def _statute(table: Table, acts: Mapping[str, Act]) -> Statute:
    territory = table.texts("territory", at_least=1)
    for code in territory:
        if code != "EU" and not COUNTRY.fullmatch(code):
            raise table.error("territory", f"expected codes such as ['EU', 'NO'], found {code!r}")
    return Statute(
        id=table.text("id"),
        summary=table.text("summary"),
        source=table.text("source"),
        territory=frozenset(territory),
        acts=frozenset(table.texts("acts", acts, at_least=1)),
        purposes=frozenset(table.texts("purposes", PURPOSES, at_least=1)),
        actors=frozenset(table.texts("actors", ACTORS)),
        defeated=table.typed("defeated", bool),
        lawful_access=table.typed("lawful_access", bool),
        since=table.typed("since", date),
    )


def _classes(table: Table, vocabulary: Vocabulary) -> dict[str, dict[str, Cell]]:
    table.check_keys("schema", "classes")
    classes: dict[str, dict[str, Cell]] = {}
    for class_id, entry in entries(table, "classes", "rules").items():
        cells: dict[str, Cell] = {}
        for rule in entry.tables("rules"):
            rule.check_keys("acts", "status", "obligations")
            cells |= cells_of(rule, vocabulary, cells)
        for act in vocabulary.acts:
            if act not in cells:
                raise entry.error("rules", f"class {class_id!r} says nothing of {act!r}")
        classes[class_id] = cells
    return classes


def cells_of(rule: Table, vocabulary: Vocabulary, stated: Collection[str]) -> dict[str, Cell]:
    """What one rule or row says of each of its acts; none of them may be among those ``stated`` already."""
    status = rule.one_of("status", VERDICTS)
    obligations = frozenset(rule.texts("obligations", vocabulary.obligations))
    if obligations and status != "permit":
        raise rule.error("obligations", f"obligations come with a permission only, the status is {status!r}")
    acts = rule.texts("acts", vocabulary.acts, at_least=1)
    for act in (act for act in acts if act in stated):
        raise rule.error("acts", f"{act!r} is stated twice")
    return dict.fromkeys(acts, (status, obligations))
