"""What a use permits, handed over as the tables of other libraries. Floor 10: part of `api`.

>>> permitted = store.permitted(use="train.pretrain", accept="attribution")  # doctest: +SKIP
>>> permitted.to_polars().filter(pl.col("language") == "is")                 # doctest: +SKIP

Without texts these are ids and tags, which leave freely. With ``text=True`` they are rows of an export of the format
``memory``: the ledger knows of it before anybody has a text. What another library is needed for is imported when it is asked for.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from numbers import Integral
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rightful.errors import InputError

if TYPE_CHECKING:
    from rightful.export.memory import Texts

BATCH_ROWS = 1024
"""How many rows a batch has where nothing is said."""
_MOST_REASONS = 20
"""So many reasons are shown in a notebook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The permitted records of a use, as a table of whichever library is at hand.

    ``records`` are permitted of ``considered``; ``excluded`` says why the others are not: rows with ``reason`` and
    ``records``, the largest first. ``manifest`` is that of the export by which texts left; None where none did, and the
    table is one of ids and tags. Reading it again is no other export.
    """

    records: int
    considered: int
    excluded: tuple[Mapping[str, Any], ...]
    use: Mapping[str, Any]
    snapshot: int
    obligations: Mapping[str, Any]
    valid_until: str | None
    manifest: dict[str, Any] | None = None
    _rows: pa.Table | Texts = field(repr=False)

    @property
    def export(self) -> str | None:
        """The id of the export by which texts left, for ``trace``, ``verify`` and ``asset add --input``."""
        return None if self.manifest is None else str(self.manifest["export"])

    @property
    def schema(self) -> pa.Schema:
        """The columns: ids and tags, or those of an export of texts."""
        return self._rows.schema

    def __len__(self) -> int:
        return self.records

    def batches(self, size: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows as Arrow record batches of at most ``size``, in the order of the store; texts are read as they are asked
        for. Raises :class:`InputError` for a size that is none."""
        return iter(self._rows.to_batches(_checked(size)))

    def to_arrow(self) -> pa.Table:
        """An Arrow table, in memory."""
        return pa.Table.from_batches(self._rows.to_batches(BATCH_ROWS), self.schema)

    def to_duckdb(self, connection: Any = None) -> Any:
        """A relation of DuckDB, on ``connection`` or on one of its own; it can be queried as ``relation.query("t", SQL)``."""
        import duckdb

        return (duckdb.connect(":memory:") if connection is None else connection).from_arrow(self.to_arrow())

    def to_polars(self) -> Any:
        """A ``polars.DataFrame``. Raises :class:`InputError` where polars is not installed, as the others do."""
        return needed("polars", "polars").from_arrow(self.to_arrow())

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``."""
        needed("pandas", "pandas")
        return self.to_arrow().to_pandas()

    def to_hf(self) -> Any:
        """A ``datasets.Dataset`` of Hugging Face, in memory: nothing is written to its cache."""
        datasets = needed("datasets", "hf")
        return datasets.Dataset(datasets.table.InMemoryTable(self.to_arrow()))

    def __repr__(self) -> str:
        what = f"texts, export {self.export}" if self.manifest is not None else "ids and tags"
        return f"<permitted {self.records} of {self.considered} records for {self._asked}: {what}>"

    @property
    def _asked(self) -> str:
        return f"{', '.join(self.use['asked'])} ({self.use['purpose']})"

    def _repr_html_(self) -> str:
        """What a notebook shows: how many, and why the others are not. Every text is escaped."""
        what = f"texts, export <code>{escape(str(self.export))}</code>" if self.manifest else "ids and tags"
        until = f", until {escape(self.valid_until)}" if self.valid_until else ""
        lines = [
            f"<p><b>{self.records:,} of {self.considered:,} records</b> permitted for {escape(self._asked)}{until}: {what}</p>"
        ]
        if self.obligations:
            lines.append(f"<p>obligations: {escape(', '.join(self.obligations))}</p>")
        if self.excluded:
            rows = "".join(
                f"<tr><td>{escape(str(one['reason']))}</td><td>{escape(str(one.get('text', '')))}</td>"
                f"<td style='text-align:right'>{one['records']:,}</td></tr>"
                for one in self.excluded[:_MOST_REASONS]
            )
            head = "<tr><th>excluded for</th><th></th><th>records</th></tr>"
            more = len(self.excluded) - _MOST_REASONS
            lines.append(f"<table>{head}{rows}</table>" + (f"<p>and {more} more reasons</p>" if more > 0 else ""))
        return "".join(lines)


def needed(library: str, extra: str) -> Any:
    """A library that is no dependency. Raises :class:`InputError` that names the extra where it is not installed."""
    with contextlib.suppress(ModuleNotFoundError):
        return importlib.import_module(library)
    raise InputError("is not installed", subject=library, hint=f"pip install 'rightful[{extra}]'")


def _checked(size: object) -> int:
    """A number of rows. Raises :class:`InputError` for what is none."""
    if isinstance(size, bool) or not isinstance(size, Integral) or size < 1:
        raise InputError(f"{size!r} is no number of rows", subject="size", hint="a whole number from 1 on")
    return int(size)
