"""What the manifest says of how documents were packed into rows and grouped by rights holder. Floor 8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rightful.export.holding import described
from rightful.export.made import Shard
from rightful.export.making import Ground
from rightful.export.order import Order
from rightful.export.planning import Candidates, Pieces
from rightful.export.planning.holders import COLUMN, Holders, holders_of, ranges
from rightful.store.duck import table


def holders_of_chosen(ground: Ground) -> Holders | None:
    """Of whom the chosen records are, in the order of the store; None where that is not asked."""
    by = ground.order.holders
    if by is None:
        return None
    query = (
        f"SELECT {COLUMN[by]} AS holder FROM chosen c JOIN part_order p ON p.part = c.part ORDER BY p.ordinal, c.row"
    )
    return holders_of(by, table(ground.decided.con, query).column("holder").to_pylist())


def account(ground: Ground, candidates: Candidates, shards: Sequence[Shard]) -> dict[str, Any]:
    """The keys ``sequence`` and ``holders`` of the manifest."""
    return {
        "sequence": _sequence(ground.order, candidates, shards),
        "holders": None if candidates.holders is None else _holders(ground, candidates.holders, shards),
    }


def padding_share(padding: int, tokens: int) -> float:
    """The share of padding in all ids, to six decimals."""
    return round(padding / (padding + tokens), 6) if padding else 0.0


def _sequence(order: Order, candidates: Candidates, shards: Sequence[Shard]) -> dict[str, Any] | None:
    if order.seq_len is None:
        return None
    pieces = [shard.planned.pieces for shard in shards]
    record, epoch, start, length = (_all(pieces, name) for name in ("record", "epoch", "start", "length"))
    whole = candidates.lengths[record[start == 0]]
    kept, padding = int(length.sum()), sum(shard.planned.padding for shard in shards)
    cut = np.unique(np.stack([record, epoch])[:, start > 0], axis=1).shape[1]
    return {
        "seq_len": order.seq_len,
        "pack": order.pack,
        "rows": sum(len(shard.planned.row_lengths) for shard in shards),
        "padding": padding,
        "padding_share": padding_share(padding, kept),
        "split_documents": int(cut),
        "truncated_documents": int(np.count_nonzero(whole > order.seq_len)) if order.truncate else 0,
        "truncated_tokens": int(whole.sum()) - kept,
    }


def _holders(ground: Ground, holders: Holders, shards: Sequence[Shard]) -> dict[str, Any]:
    pieces = [shard.planned.pieces for shard in shards]
    found = ranges(
        holders.part(_all(pieces, "record")),
        np.repeat(np.arange(len(shards)), [len(of) for of in pieces]),
        np.concatenate([np.zeros(0, np.int64), *(shard.planned.first_tokens for shard in shards)]),
        _all(pieces, "length"),
    )
    paths = [str(shard.files[0]["path"]) for shard in shards]
    return described(ground.building, holders.by, holders.names, found, paths)


def _all(pieces: Sequence[Pieces], name: str) -> Any:
    return np.concatenate([np.zeros(0, np.int64), *(getattr(of, name) for of in pieces)])
