"""What a result is: the JSON of its command, read by attribute or by key, and shown in a notebook. Floor 10: part of `api`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from html import escape
from typing import Any, ClassVar, Self, dataclass_transform, overload

_MOST_ROWS = 20
"""So many rows of a list are shown in a notebook."""
_MOST_CHARS = 200
"""So much of one value is shown."""


class _Made:
    """The fields of a subclass of :class:`Answer`: whoever asks for them first makes it a dataclass."""

    def __get__(self, _: object, kind: type) -> Any:
        if kind is Answer:
            raise AttributeError("the fields are those of a subclass")
        dataclass(frozen=True, eq=False, repr=False)(kind)
        return vars(kind)["__dataclass_fields__"]


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
class Answer(Mapping[str, Any]):
    """A result with names. A subclass is a frozen dataclass, made when there is a first one of it: there are many, and a command has
    one answer. Its fields are the keys of the JSON, in its order.

    ``answer.added`` and ``answer["added"]`` are the same. A field in ``optional`` is left out where it is None.
    """

    optional: ClassVar[frozenset[str]] = frozenset()
    __dataclass_fields__: ClassVar[Any] = _Made()

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """A new one, whose class is a dataclass by then."""
        fields(cls)
        return super().__new__(cls)

    def as_json(self) -> dict[str, Any]:
        """What the command answers with ``--json``."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None or name not in self.optional}

    def __getitem__(self, key: str) -> Any:
        return self.as_json()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_json())

    def __len__(self) -> int:
        return len(self.as_json())

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={_brief(value)}" for key, value in self.as_json().items() if not _empty(value))
        return f"{type(self).__name__}({shown})"

    def _repr_html_(self) -> str:
        return _html(self.as_json())


@dataclass(frozen=True, eq=False, repr=False)
class Rows(Sequence[dict[str, Any]]):
    """A result that is a list: one mapping a row. Equal to a list of the same rows.

    ``next`` is what can be done where there is no row; it is no part of the JSON.
    """

    rows: list[dict[str, Any]]
    next: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> list[dict[str, Any]]:
        """What the command answers with ``--json``."""
        return self.rows

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> bool:
        return self.rows == (other.rows if isinstance(other, Rows) else other)

    __hash__ = None  # type: ignore[assignment]  # the rows may change

    def __repr__(self) -> str:
        first = f"{_brief(self.rows[0])}, ..." if len(self.rows) > 1 else ", ".join(map(_brief, self.rows))
        return f"Rows({len(self.rows)}: {first})" if self.rows else "Rows(0)"

    def _repr_html_(self) -> str:
        return _html(self.rows)


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, list | dict | str) and not value)


def _brief(value: object) -> str:
    """A value in a few words: scalars and small mappings of them whole, of anything larger how much it is."""
    if isinstance(value, list):
        return f"[{len(value)}]"
    if isinstance(value, dict):
        if any(isinstance(v, list | dict) for v in value.values()) or len(value) > 4:
            return f"{{{len(value)}}}"
        return "{" + ", ".join(f"{k}: {_brief(v)}" for k, v in value.items()) + "}"
    text = repr(value)
    return text if len(text) <= 80 else text[:76] + "..."


def _html(value: object) -> str:
    """A value as nested tables. Every text is escaped: much of it is from records."""
    if isinstance(value, dict):
        rows = [f"<tr><th>{_cell(k)}</th><td>{_html(v)}</td></tr>" for k, v in value.items() if not _empty(v)]
        return f"<table>{''.join(rows)}</table>"
    if isinstance(value, list):
        more = [f"<p>and {len(value) - _MOST_ROWS} more</p>"] if len(value) > _MOST_ROWS else []
        return "".join([_listed(value[:_MOST_ROWS]), *more])
    return _cell(value)


def _listed(values: list[Any]) -> str:
    """Mappings as the rows of a table, anything else in one line."""
    if not values or not all(isinstance(v, dict) for v in values):
        return ", ".join(map(_html, values))
    names = list(dict.fromkeys(name for row in values for name in row))
    head = "".join(f"<th>{_cell(name)}</th>" for name in names)
    body = ("".join(f"<td>{_html(row.get(name))}</td>" for name in names) for row in values)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{cells}</tr>' for cells in body)}</table>"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= _MOST_CHARS else text[:_MOST_CHARS] + "...")
