"""Rights in a pipeline of Hugging Face `datasets`: permitted records as a stream, and a filter of anybody's dataset. Floor 11.

>>> stream = permitted_stream("corpus-store", use="train.pretrain", text=True)         # doctest: +SKIP
>>> mine = dataset.filter(Permits("corpus-store", use="train.pretrain"), batched=True)  # doctest: +SKIP

The filter decides rows as :mod:`rightful.integrations.deciding` says, in as many processes as ``num_proc`` asks for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from rightful.api import Store
from rightful.api.access import Strings
from rightful.api.permitted import BATCH_ROWS, Handed, needed
from rightful.integrations.deciding import Deciding, Verdict


def permitted_stream(store: Store | str | Path, use: Strings = None, **options: Any) -> Any:
    """The permitted records as a ``datasets.IterableDataset``: ids and tags, or with ``text=True`` texts.

    ``options`` are those of :meth:`rightful.Store.permitted`. Texts leave once, as an export of the format ``memory``, however
    often the stream is read. It is read in this process: a loader with workers is fed from an export (``load_shards``).
    Raises as :meth:`rightful.Store.permitted`.
    """
    datasets = needed("datasets", "hf")
    iterable = needed("datasets.iterable_dataset", "hf")
    at = store if isinstance(store, Store) else Store(store)
    handed = at.permitted(use, **options)
    examples = iterable.ArrowExamplesIterable(_tables, {"handed": handed})
    features = datasets.Features.from_arrow_schema(handed.schema)
    return datasets.IterableDataset(examples, info=datasets.DatasetInfo(features=features))


def _tables(handed: Handed) -> Iterator[tuple[int, pa.Table]]:
    for number, batch in enumerate(handed.batches(BATCH_ROWS)):
        yield number, pa.Table.from_batches([batch])


class Permits:
    """Which rows of a batch are permitted: for ``dataset.filter(..., batched=True)`` and, with :meth:`reasons`, ``map``.

    ``store`` and ``options`` as of :class:`rightful.integrations.deciding.Deciding`. Raises :class:`InputError` where it is
    called for a request that is none.
    """

    def __init__(self, store: Store | str | Path, use: Strings = None, **options: Any) -> None:
        self.deciding = Deciding(store, use=use, **options)

    def __getstate__(self) -> dict[str, Any]:
        # `datasets` remembers what a function answered by its pickle: a decision is as of now, and never the one of before.
        return {"deciding": self.deciding, "asked": time.time_ns()}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.deciding = state["deciding"]

    def __call__(self, batch: Mapping[str, list[Any]]) -> list[bool]:
        """One truth a row of the columns."""
        return [verdict.permit for verdict in self._verdicts(batch)]

    def reasons(self, batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """The columns ``rights_permit`` and ``rights_reason`` of the same rows: ``dataset.map(permits.reasons, batched=True)``."""
        verdicts = self._verdicts(batch)
        return {
            "rights_permit": [verdict.permit for verdict in verdicts],
            "rights_reason": [verdict.reason for verdict in verdicts],
        }

    def _verdicts(self, batch: Mapping[str, list[Any]]) -> list[Verdict]:
        rows = [dict(zip(batch, values, strict=True)) for values in zip(*batch.values(), strict=True)]
        with self.deciding as deciding:
            return deciding(rows)
