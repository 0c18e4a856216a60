"""TOML tables that know where they stand: what is read from them has the type asked for, or is an error. Floor 2."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from rightful.errors import CatalogError, did_you_mean

Typed = TypeVar("Typed")
_EXPECTED = {str: "a text", bool: "true or false", date: "a date such as 2026-11-21", list: "a list", dict: "a table"}


@dataclass(frozen=True, slots=True)
class Table:
    """A TOML table that knows where it stands; what is read from it has the type asked for, or is an error."""

    file: str
    path: str
    data: Mapping[str, object]

    def error(self, key: str, message: str, hint: str | None = None) -> CatalogError:
        """The error that names file and key; to be raised."""
        where = ".".join(part for part in (self.path, key) if part)
        return CatalogError(message, subject=f"{self.file}: {where}" if where else self.file, hint=hint)

    def check_keys(self, *required: str, optional: tuple[str, ...] = ()) -> None:
        """All of ``required`` and nothing that is not listed."""
        for key in (key for key in self.data if key not in required and key not in optional):
            raise self.error(key, "unknown key", did_you_mean(key, [*required, *optional]))
        for key in (key for key in required if key not in self.data):
            raise self.error(key, "missing: every key is stated, nothing is defaulted")

    def typed(self, key: str, kind: type[Typed]) -> Typed:
        """The value of ``key``, exactly of type ``kind``."""
        value = self.data[key]
        if type(value) is not kind:  # not isinstance: a moment is no day, and TOML knows the difference
            raise self.error(key, f"expected {_EXPECTED[kind]}, found {value!r}")
        return value

    def text(self, key: str, *, empty: bool = False) -> str:
        """A text, not blank unless ``empty``."""
        value = self.typed(key, str)
        if not (value.strip() or empty):
            raise self.error(key, "is empty")
        return value

    def texts(self, key: str, known: Collection[str] | None = None, *, at_least: int = 0) -> tuple[str, ...]:
        """A list without repetition, of words of ``known`` where that is given."""
        values = self.typed(key, list)
        for item in values:
            if not isinstance(item, str) or not item.strip():
                raise self.error(key, f"expected a list of texts, found {item!r} in it")
            if values.count(item) > 1:
                raise self.error(key, f"{item!r} is stated twice")
            if known is not None:
                self._checked(key, item, known)
        if len(values) < at_least:
            raise self.error(key, "is empty")
        return tuple(values)

    def one_of(self, key: str, known: Collection[str]) -> str:
        """One word of ``known``."""
        return self._checked(key, self.text(key), known)

    def table(self, key: str) -> Table:
        """The table under ``key``."""
        return Table(self.file, key, self.typed(key, dict))

    def tables(self, key: str) -> Iterator[Table]:
        """The list of tables under ``key``; none where the key is missing."""
        path = f"{self.path}.{key}" if self.path else key
        for number, item in enumerate(self.typed(key, list) if key in self.data else []):
            if not isinstance(item, dict):
                raise self.error(key, f"expected a list of tables, found {item!r} in it")
            yield Table(self.file, f"{path}[{number}]", item)

    def _checked(self, key: str, item: str, known: Collection[str]) -> str:
        if item not in known:
            raise self.error(key, f"{item!r} is not known", did_you_mean(item, known))
        return item


def entries(table: Table, key: str, *more: str) -> dict[str, Table]:
    """The tables under ``key`` by id; each has id, summary and ``more``, and comes once."""
    entries: dict[str, Table] = {}
    for entry in table.tables(key):
        entry.check_keys("id", "summary", *more)
        entry.text("summary")
        if entry.text("id") in entries:
            raise entry.error("id", f"{entry.text('id')!r} is defined twice")
        entries[entry.text("id")] = entry
    return entries
