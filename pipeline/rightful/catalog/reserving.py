"""The words in which uses are reserved in prose: reads ``_reserving_words.toml`` and checks it. Floor 2."""

from __future__ import annotations

from collections.abc import Collection

from rightful.catalog.tables import Table
from rightful.rights.reserving import ROLES, LanguageWords, ReservingWords


def read_reserving(table: Table, acts: Collection[str]) -> ReservingWords:
    """The checked words. ``acts`` are the words for acts that may be reserved. Raises :class:`CatalogError`."""
    table.check_keys("schema", "version", "acts", "signs", "lookalikes", "languages")
    lookalikes = table.table("lookalikes")
    lookalikes.check_keys("letters", "latin")
    letters, latin = lookalikes.text("letters"), lookalikes.text("latin")
    if len(letters) != len(latin) or not latin.isascii():
        raise lookalikes.error("latin", "names one Latin letter for each of letters")
    languages: list[LanguageWords] = []
    for entry in table.tables("languages"):
        entry.check_keys("id", *ROLES)
        if any(known.id == entry.text("id") for known in languages):
            raise entry.error("id", f"{entry.text('id')!r} is there already")
        languages.append(LanguageWords(entry.text("id"), {role: entry.texts(role) for role in ROLES}))
    return ReservingWords(
        version=table.text("version"),
        acts=frozenset(table.texts("acts", acts, at_least=1)),
        signs=table.texts("signs", at_least=1),
        lookalikes=(letters, latin),
        languages=tuple(languages),
    )
