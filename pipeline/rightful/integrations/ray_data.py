"""Rights in a pipeline of Ray Data: permitted records as a dataset, and a filter of anybody's dataset. Floor 11.

>>> records = permitted_dataset("corpus-store", use="train.pretrain")                     # doctest: +SKIP
>>> mine = keep_permitted(dataset, "/shared/corpus-store", use="train.pretrain")          # doctest: +SKIP

A filter decides where the rows are, so that the store has to lie where every node sees it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from rightful.api import Store
from rightful.api.access import Strings
from rightful.api.permitted import needed
from rightful.integrations.deciding import BATCH_ROWS, Deciding

BLOCK_ROWS = 65_536
"""So many rows are one block."""


def permitted_dataset(store: Store | str | Path, use: Strings = None, **options: Any) -> Any:
    """The permitted records as a ``ray.data.Dataset``: ids and tags, or with ``text=True`` texts, in the order of the store.

    ``options`` are those of :meth:`rightful.Store.permitted`; texts leave as an export of the format ``memory``, before a
    block goes to the object store of Ray. Raises as :meth:`rightful.Store.permitted`.
    """
    data = needed("ray.data", "ray")
    at = store if isinstance(store, Store) else Store(store)
    handed = at.permitted(use, **options)
    blocks = [pa.Table.from_batches([batch]) for batch in handed.batches(BLOCK_ROWS)]
    return data.from_arrow(blocks or [handed.schema.empty_table()])


def keep_permitted(dataset: Any, store: Store | str | Path, use: Strings = None, **options: Any) -> Any:
    """The rows of a ``ray.data.Dataset`` that are permitted, decided as :mod:`rightful.integrations.deciding` says.

    ``options`` as of :class:`rightful.integrations.deciding.Deciding`. Raises :class:`InputError` for one that there is none of.
    """
    deciding = Deciding(store, use=use, **options)
    one = needed("ray.data", "ray").ActorPoolStrategy(size=1)
    return dataset.map_batches(
        _Keep, fn_constructor_args=(deciding,), batch_format="pyarrow", batch_size=BATCH_ROWS, compute=one
    )


class _Keep:
    """An actor that decides batches, with the store open as long as it lives."""

    def __init__(self, deciding: Deciding) -> None:
        self.deciding = deciding.__enter__()

    def __call__(self, batch: pa.Table) -> pa.Table:
        permit = [verdict.permit for verdict in self.deciding(batch.to_pylist())]
        return batch.filter(pa.array(permit, pa.bool_()))
