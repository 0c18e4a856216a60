"""One reviewed licence from its file: every act, purpose and reading stated once, nothing defaulted. Floor 2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import product

from rightful.catalog.names import Known
from rightful.catalog.tables import Table
from rightful.catalog.words import COUNTRY, Cell, Words, cells_of
from rightful.errors import did_you_mean
from rightful.rights.expression import fold
from rightful.rights.licenses import VERDICTS, License, Verdict
from rightful.rights.uses import EVERY, PROFILES, PURPOSES, Vocabulary, parents
from rightful.rights.values import Status

ANY = "any"
LICENSE_KEYS = (
    "schema id name kind family version url other_urls scope territory irrevocable flags outbound use_restrictions "
    "aliases deprecated_ids reviewer reviewed_at text_read verdicts"
).split()
TEXT_READ = ("whole", "parts", "none")
"""How much of the text the reviewer had: all of it, the clauses that the verdicts rest on, or not a word."""


def license_id(table: Table, known: Known) -> str:
    """The id that a licence file claims, checked: an SPDX id or one of our own, and the name of the file."""
    table.check_keys(*LICENSE_KEYS, optional=("outbound_except",))
    claimed = table.text("id")
    if claimed.startswith("LicenseRef-"):
        known.ids[fold(claimed)] = claimed
    if known.ids.get(fold(claimed)) != claimed:
        raise table.error("id", f"{claimed!r} is not an SPDX id", did_you_mean(claimed, known.ids.values()))
    if table.file != f"{claimed.lower()}.toml":
        raise table.error("id", f"the file of {claimed!r} is called {claimed.lower()}.toml")
    return claimed


def read_license(table: Table, words: Words, known: Known, reach: frozenset[str]) -> License:
    """A checked licence. ``reach`` are all licences that any file names. Raises :class:`CatalogError`."""
    verdicts = _verdicts(table, words)
    outbound = outbound_of(table, known)
    if outbound is None and any("share_alike" in verdict.obligations for verdict in verdicts.values()):
        raise table.error("outbound", "a licence with share_alike lists the licences that it accepts")
    if "outbound_except" in table.data:
        if outbound is not None:
            raise table.error("outbound_except", f"goes with outbound = {ANY!r} only")
        # Closed over the licences that any file names: only these can meet in an intersection.
        outbound = reach - frozenset(table.texts("outbound_except", reach, at_least=1))
    territory = frozenset(table.texts("territory", at_least=1))
    if territory != {EVERY} and not all(COUNTRY.fullmatch(code) for code in territory):
        raise table.error("territory", f"expected [{EVERY!r}] or codes such as ['GB', 'US'], found {sorted(territory)}")
    if table.one_of("text_read", TEXT_READ) == "none":
        for (profile, purpose, act), verdict in verdicts.items():
            if verdict.status is Status.PERMIT:
                raise table.error(
                    "text_read", f"nobody read the text, so {act!r} cannot be permitted ({profile}, {purpose})"
                )
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
        text_read=table.text("text_read"),
        verdicts=verdicts,
    )


def outbound_of(table: Table, known: Known) -> frozenset[str] | None:
    """The licences that the result may go out under; None for ``any``."""
    if table.data["outbound"] == ANY:
        return None
    return frozenset(table.texts("outbound", known.ids.values(), at_least=1))


def _verdicts(table: Table, words: Words) -> dict[tuple[str, str, str], Verdict]:
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


def _rows(block: Table, vocabulary: Vocabulary) -> dict[str, Verdict]:
    rows: dict[str, Verdict] = {}
    for row in block.tables("rows"):
        row.check_keys("acts", "status", "obligations", "clause", "rationale")
        rows |= _verdict(cells_of(row, vocabulary, rows), row)
    return rows


def _verdict(cells: Mapping[str, Cell], table: Table) -> dict[str, Verdict]:
    clause, rationale = table.text("clause"), table.text("rationale")
    return {act: Verdict(VERDICTS[status], owed, clause, rationale) for act, (status, owed) in cells.items()}
