"""The words of the law: acts, applications, obligations, tags of licence files, shared verdict classes, terms of others. Floor 2."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from rightful.catalog.tables import Table, entries
from rightful.rights.licenses import VERDICTS
from rightful.rights.terms import CONSENT_STATUS, STATES
from rightful.rights.uses import (
    ACTORS,
    PURPOSES,
    Act,
    Application,
    Bundle,
    Obligation,
    Scheme,
    Statute,
    Term,
    Vocabulary,
    covered,
    parents,
)

TRIGGERS = ("on_share_data", "on_share_weights", "on_output", "always")
COUNTRY = re.compile("[A-Z]{2}")
_STATUTE = ("source", "territory", "acts", "purposes", "actors", "defeated", "lawful_access", "since")
_LISTS = ("acts", "purposes", "applications", "actors", "obligations")
"""What a term may map to; one that says nothing of a list leaves it out."""
TAGS = ("kinds", "scopes", "flags")
Cell = tuple[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary, the tags of licence files, and the classes (class -> act -> status and obligations)."""

    vocabulary: Vocabulary
    tags: Mapping[str, Collection[str]]
    classes: Mapping[str, Mapping[str, Cell]]


def read_words(table: Table, shared: Table, terms: Table) -> Words:
    """The checked words of ``_vocabulary.toml``, ``_classes.toml`` and ``_terms.toml``. Raises :class:`CatalogError`."""
    table.check_keys(
        "schema", "version", "acts", "purposes", "actors", "applications", "obligations", "bundles", "statutes", *TAGS
    )
    acts = {
        i: Act(i, t.text("summary"), t.typed("known_from", date))
        for i, t in entries(table, "acts", "known_from").items()
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
    vocabulary = Vocabulary(
        table.text("version"),
        acts,
        obligations,
        applications,
        statutes,
        _explained(table, "purposes", PURPOSES),
        _explained(table, "actors", ACTORS),
        bundles=_bundles(table, obligations),
    )
    vocabulary = _with_terms(terms, vocabulary)
    return Words(vocabulary, {tag: entries(table, tag) for tag in TAGS}, _classes(shared, vocabulary))


def _bundles(table: Table, obligations: Mapping[str, Obligation]) -> dict[str, Bundle]:
    """The bundles; every obligation that is no precondition stands in exactly one, and none is called like a word."""
    bundles: dict[str, Bundle] = {}
    free = [i for i, obligation in obligations.items() if not obligation.precondition]
    for i, entry in entries(table, "bundles", "obligations").items():
        if i in (*obligations, *parents(obligations), "all"):
            raise entry.error("id", f"{i!r} is the name of an obligation")
        bundles[i] = Bundle(i, entry.text("summary"), tuple(entry.texts("obligations", free)))
    held = [one for bundle in bundles.values() for one in bundle.obligations]
    for one in free:
        if held.count(one) != 1:
            raise table.error("bundles", f"{one!r} stands in {held.count(one)} bundles, and has to stand in one")
    return bundles


def _explained(table: Table, key: str, known: tuple[str, ...]) -> dict[str, str]:
    """The meaning of each word of a closed list of the law, none left out and none added."""
    explained = {i: t.text("summary") for i, t in entries(table, key).items()}
    if tuple(explained) != known:
        raise table.error(key, f"expected {', '.join(known)}, in this order; found {', '.join(explained)}")
    return explained


def _with_terms(table: Table, words: Vocabulary) -> Vocabulary:
    """The words with the schemes and terms of ``_terms.toml``."""
    table.check_keys("schema", "schemes", "terms")
    schemes = {
        i: Scheme(i, t.text("name"), t.text("summary"), t.text("url"))
        for i, t in entries(table, "schemes", "name", "url").items()
    }
    by_label: dict[tuple[str, str, str], list[Term]] = {}
    for entry in table.tables("terms"):
        for term in _terms(entry, words, schemes):
            earlier = by_label.setdefault((term.scheme, term.term, term.value), [])
            if any(e.states != term.states for e in earlier):
                # A label that once reserved and later granted could not be read by the union of its readings.
                raise entry.error("states", f"another reading of {term.term!r} states {earlier[0].states!r}")
            if any(e.since == term.since for e in earlier):
                raise entry.error("since", f"another reading of {term.term!r} is of the same day")
            earlier.append(term)
    terms = tuple(term for readings in by_label.values() for term in sorted(readings, key=lambda t: t.since))
    _check_wider(table, terms)
    for scheme in schemes.keys() - {t.scheme for t in terms}:
        raise table.error("schemes", f"no term is of {scheme!r}")
    return replace(words, schemes=schemes, terms=terms)


def _terms(entry: Table, words: Vocabulary, schemes: Collection[str]) -> Iterator[Term]:
    """The terms of one entry: one for each name and value."""
    required = ("scheme", "names", "versions", "since", "source")
    entry.check_keys(
        *required, optional=("states", "values", *_LISTS, "consent", "whole", "until", "note", "wider_than")
    )
    if ("states" in entry.data) == ("values" in entry.data):
        raise entry.error("states", "expected either states, or values with what each of them states")
    if "values" in entry.data:
        values = Table(entry.file, f"{entry.path}.values", entry.typed("values", dict))
        states = {value: values.one_of(value, STATES) for value in values.data}
        if not states:
            raise entry.error("values", "is empty")
    else:
        states = {"": entry.one_of("states", STATES)}
    known: Mapping[str, Collection[str]] = {
        "acts": [*words.acts, *parents(words.acts)],
        "purposes": PURPOSES,
        "applications": [*words.applications, *parents(words.applications)],
        "actors": ACTORS,
        "obligations": [*words.obligations, *parents(words.obligations)],
    }
    sets = {key: frozenset(entry.texts(key, known[key])) for key in _LISTS if key in entry.data}
    since = entry.typed("since", date)
    until = entry.typed("until", date) if "until" in entry.data else None
    if until is not None and until <= since:
        raise entry.error("until", f"is not later than since, {since.isoformat()}")
    for name in entry.texts("names", at_least=1):
        for value, state in states.items():
            term = Term(
                scheme=entry.one_of("scheme", schemes),
                term=name,
                value=value,
                states=state,
                versions=entry.texts("versions", at_least=1),
                since=since,
                source=entry.text("source"),
                until=until,
                acts=sets.get("acts", frozenset()),
                purposes=sets.get("purposes", frozenset()),
                applications=sets.get("applications", frozenset()),
                actors=sets.get("actors", frozenset()),
                obligations=sets.get("obligations", frozenset()),
                consent=entry.one_of("consent", CONSENT_STATUS) if "consent" in entry.data else "",
                whole=entry.typed("whole", bool) if "whole" in entry.data else True,
                note=entry.text("note") if "note" in entry.data else "",
                wider_than=frozenset(entry.texts("wider_than")) if "wider_than" in entry.data else frozenset(),
            )
            _check_term(entry, term)
            yield term


def _check_wider(table: Table, terms: Collection[Term]) -> None:
    """A label that encompasses another reserves at least what each reading of that one does."""
    for wide in terms:
        for name in sorted(wide.wider_than):
            narrow = [t for t in terms if t.scheme == wide.scheme and t.term == name]
            if not narrow:
                raise table.error("terms", f"{wide.term!r} is wider than {name!r}, which {wide.scheme} does not have")
            if wide.states not in ("reserve", "conditional"):
                continue
            for reading in narrow:
                lacking = sorted(a for a in reading.acts if reading.states == wide.states and not covered(wide.acts, a))
                if lacking:
                    raise table.error(
                        "terms", f"{wide.term!r} is wider than {name!r} and leaves out {', '.join(lacking)}"
                    )


def _check_term(entry: Table, term: Term) -> None:
    """What a term states, it must state of something."""
    needed = STATES[term.states]
    if needed and term.whole and not any(getattr(term, key) for key in needed):
        raise entry.error(needed[0], f"{term.term!r} states {term.states!r} of nothing, and not that it has no equal")
    if term.states in ("reserve", "conditional") and not term.whole:
        raise entry.error("whole", "a reservation names all of its acts")


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
