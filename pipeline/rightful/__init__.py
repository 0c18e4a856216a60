"""Rightful: every record carries what it may be used for; nothing leaves without permission.

>>> from rightful import Store
>>> store = Store("corpus-store")
>>> store.ingest(["mail/", "wiki/"])                                  # doctest: +SKIP
>>> store.query(use="train.pretrain", accept=["attribution"])         # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Store", "__version__", "load_shards"]

if TYPE_CHECKING:
    from rightful.api import Store
    from rightful.export.loading import load_shards


def __getattr__(name: str) -> Any:
    """``Store`` and ``load_shards`` are loaded when they are first asked for, so that ``import rightful`` is quick."""
    if name == "Store":
        from rightful.api import Store

        return Store
    if name == "load_shards":
        from rightful.export.loading import load_shards

        return load_shards
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
