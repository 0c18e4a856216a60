"""Signatures as datasketch has them: its MinHash of stored values, of a text from outside, and its check of ours. Floor 5.

``MinHash(112, seed=1, scheme="affine32")``, updated with the low 32 bits of the hashes of a text's shingles, has the
values that are stored. So whatever takes MinHashes of datasketch takes stored ones: an LSH, a forest, a user's own loop.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from rightful.errors import RightfulError
from rightful.stages.signature import PERMUTATIONS, Signature, permutations

if TYPE_CHECKING:
    from datasketch import MinHash

U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]

SCHEME = "affine32"
"""The scheme of datasketch in which signatures are stored."""
LOW = np.uint64(0xFFFFFFFF)
MOST_SHINGLES = 1024
"""A signature that is checked has at most so many shingles: datasketch takes some 0.9 microseconds for each."""
BLOCK_SHINGLES = 1 << 14
"""So many shingles are handed to datasketch at once: it makes 112 numbers of each before it takes the least."""


def low_bits(shingle: object) -> int:
    """What datasketch is given of the 64-bit hash of a shingle: the ``hashfunc`` of the MinHashes that are handed out.

    Anything but a number is no shingle, and raises :class:`TypeError`: words that datasketch hashes its own way would
    leave a MinHash that compares with nothing.
    """
    if isinstance(shingle, int | np.integer):
        return int(shingle) & 0xFFFFFFFF
    kind = type(shingle).__name__
    raise TypeError(f"the hash of a shingle is a number, not {kind}: Store.minhash(text) makes a MinHash of a text")


@functools.cache
def arithmetic() -> type[MinHash]:
    """The class MinHash of datasketch without the rest of that package, which loads scipy: a millisecond, not 300.

    Where the package is loaded already, its own class. The module is the one that is installed, under its own name;
    nothing stays behind that another import could meet half made.
    """
    if "datasketch" in sys.modules:
        return whole()
    spec = importlib.util.find_spec("datasketch")
    folders = [] if spec is None else [Path(folder) for folder in spec.submodule_search_locations or ()]
    folder = next((folder for folder in folders if (folder / "minhash.py").is_file()), None)
    if folder is None:  # in an archive, or not as it was in the versions that were looked at
        return whole()
    hashes = "datasketch.hashfunc"
    known = sys.modules.get(hashes)
    try:
        if known is None:
            sys.modules[hashes] = _module(folder, hashes)
        kind: type[MinHash] = _module(folder, "datasketch.minhash").MinHash
    finally:
        if known is None:
            sys.modules.pop(hashes, None)
    return kind


def whole() -> type[MinHash]:
    """The class MinHash of the package, as a user imports it."""
    from datasketch import MinHash

    kind: type[MinHash] = MinHash
    return kind


def _module(folder: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder / f"{name.rpartition('.')[2]}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def version() -> str:
    """Which datasketch answers: ``datasketch 2.0.0``."""
    from importlib.metadata import version

    return f"datasketch {version('datasketch')}"


def stored(values: U32, stage: Signature, kind: type[MinHash]) -> MinHash:
    """The MinHash of a stored signature, which has its own copy of the values."""
    return kind(seed=stage.seed, hashvalues=values, permutations=_pairs(stage.seed), hashfunc=low_bits, scheme=SCHEME)


def sketched(hashes: U64, stage: Signature, kind: type[MinHash]) -> MinHash:
    """The MinHash that datasketch makes of the hashes of a text's shingles."""
    sketch = kind(PERMUTATIONS, seed=stage.seed, hashfunc=int, scheme=SCHEME)
    low = hashes & LOW
    for start in range(0, low.size, BLOCK_SHINGLES):
        sketch.update_batch(low[start : start + BLOCK_SHINGLES].tolist())
    sketch.hashfunc = low_bits
    return sketch


@functools.cache
def _pairs(seed: int) -> npt.NDArray[np.uint32]:
    """The permutations in the form in which datasketch shares them between MinHashes."""
    return np.array(permutations(seed), np.uint32)


def check(stage: Signature, texts: pa.RecordBatch, signatures: Mapping[str, pa.Array]) -> bool:
    """Hold one compiled signature of a batch against that of datasketch: the text with the most shingles that are not
    over :data:`MOST_SHINGLES`. False where there is none.

    ``texts`` has ``text``, ``signatures`` has ``record_id``, ``n_shingles`` and ``signature`` of the same rows. Raises
    :class:`RightfulError`, a defect and no bad input, where the values differ.
    """
    counts = signatures["n_shingles"].to_numpy()
    counts = np.where(counts <= MOST_SHINGLES, counts, 0)
    if not counts.size or not counts.max():
        return False
    at = int(counts.argmax())
    hashes, _ = stage.shingles(pa.record_batch({"text": texts.column("text").slice(at, 1)}))
    theirs = sketched(hashes, stage, arithmetic()).hashvalues
    ours = np.frombuffer(signatures["signature"][at].as_py(), "<u4")
    if not np.array_equal(ours, theirs):
        differ = int((ours != theirs).sum())
        raise RightfulError(
            f"{differ} of {PERMUTATIONS} values of its signature are not those that {version()} computes",
            subject=f"record {signatures['record_id'][at].as_py()}",
            hint="this is a defect of rightful, of a library or of this machine; nothing was changed. To compile the loops"
            " anew, name an empty folder in NUMBA_CACHE_DIR",
        )
    return True
