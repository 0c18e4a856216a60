"""Groups: verified pairs become groups around an anchor. Floor 5.

Contents become anchors in one order: the most shingles first, then by ``norm_sha256``, then by a hash of the record id.
An anchor takes its neighbours that no anchor before it took, the most similar first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Groups:
    """``anchor[i]`` is the place in ``nodes`` of the anchor of ``nodes[i]``, -1 where it is in no group."""

    nodes: Ints
    anchor: npt.NDArray[np.int32]
    similarity: Floats
    component: npt.NDArray[np.int32]
    left_out: int


def groups(pairs: U64, similarities: Floats, threshold: float, complete: bool) -> Groups:
    """The groups of verified pairs ``first << 32 | second``, by the numbers of the contents.

    With ``complete`` any two members have at least the threshold; else each of them and the anchor have.
    """
    from rightful.dedup import kernels  # loads the compiler

    ends = np.concatenate([pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF)]).astype(np.int64)
    nodes, place = np.unique(ends, return_inverse=True)
    del ends
    one, other = place[: pairs.size].astype(np.int32), place[pairs.size :].astype(np.int32)
    parents = np.arange(nodes.size, dtype=np.int32)
    kernels.unite(parents, one.astype(np.uint64) << np.uint64(32) | other.astype(np.uint64))
    kernels.roots(parents)
    source, target = np.concatenate([one, other]), np.concatenate([other, one])
    similar = np.concatenate([similarities, similarities])
    order = np.lexsort((target, -similar, source))
    starts = np.searchsorted(source[order], np.arange(nodes.size + 1)).astype(np.int64)
    anchor = np.full(nodes.size, -1, np.int32)
    best = np.zeros(nodes.size)
    left_out = kernels.gather(starts, target[order], similar[order], threshold, complete, anchor, best)
    return Groups(nodes, anchor, best, parents, int(left_out))
