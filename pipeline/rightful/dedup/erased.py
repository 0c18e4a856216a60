"""What arrives and is nearly the same as a text that was erased: by keyed hashes of its sketch, which alone are kept. Floor 5.

Of a sketch stay the keyed hashes of its bands and of its values, each with its place, under the key of the tombstones: nobody
without it can try out texts on them, and nothing of a text follows from them. What shares a band and has as many of the values
as a near copy has counts as one. There is no text any more to verify that, so what may be near is taken for it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from rightful.stages.signature import PERMUTATIONS
from rightful.store.parquet import opened
from rightful.store.records import SKETCHES

BANDS, ROWS = 16, 7
"""As near copies are looked for by default, whatever a recipe says: sketches of all times are to be compared."""
MARGIN = 0.05
"""How much less than the threshold of near copies suffices: 112 values estimate a similarity to within 0.04."""
_BAND_BYTES, _VALUE_BYTES = 8, 4
_BATCH_ROWS = 1 << 14
U32 = npt.NDArray[np.uint32]


def keyed_sketches(signatures: pa.Table, key: bytes) -> pa.Table:
    """A table of :data:`SKETCHES` of rows of ``signatures``; those of texts without words are left out."""
    ids, values = _sketches(signatures)
    bands = [b"".join(_keyed_bands(row, key)) for row in _bands(values).tolist()]
    hashed = [b"".join(_keyed_values(row, key)) for row in values]
    columns = (pa.array(column, field.type) for column, field in zip((ids, bands, hashed), SKETCHES, strict=True))
    return pa.table(dict(zip(SKETCHES.names, columns, strict=True)))


def near_erased(paths: Sequence[Path], erased: pa.Table, key: bytes, threshold: float) -> Iterator[tuple[str, str]]:
    """(a record of these files of signatures, an erased one that it is nearly the same as). ``erased`` are :data:`SKETCHES`."""
    known: dict[bytes, list[int]] = {}
    for n, bands in enumerate(erased.column("bands").to_pylist()):
        for at in range(0, len(bands), _BAND_BYTES):
            known.setdefault(bands[at : at + _BAND_BYTES], []).append(n)
    ids, values = erased.column("record_id").to_pylist(), erased.column("hashes").to_pylist()
    least = (threshold - MARGIN) * PERMUTATIONS
    for path in paths:
        with opened(path) as file:
            for batch in file.iter_batches(_BATCH_ROWS, columns=["record_id", "n_shingles", "signature"]):
                names, sketches = _sketches(pa.Table.from_batches([batch]))
                for name, sketch, bands in zip(names, sketches, _bands(sketches).tolist(), strict=True):
                    shared = sorted({n for band in _keyed_bands(bands, key) for n in known.get(band, ())})
                    if shared:
                        own = list(_keyed_values(sketch, key))
                        yield from ((name, ids[n]) for n in shared if _equal(own, values[n]) >= least)


def _sketches(signatures: pa.Table) -> tuple[list[str], U32]:
    """The ids and sketches (texts x permutations) of the texts that have words."""
    some = signatures.filter(pc.greater(signatures.column("n_shingles"), 0))
    packed = b"".join(some.column("signature").to_pylist())
    return some.column("record_id").to_pylist(), np.frombuffer(packed, "<u4").reshape(-1, PERMUTATIONS)


def _bands(sketches: U32) -> npt.NDArray[np.uint64]:
    from rightful.dedup import kernels  # loads the compiler

    keys = np.empty((sketches.shape[0], BANDS), np.uint64)
    kernels.band_keys(sketches, BANDS, ROWS, keys)
    return keys


def _keyed_bands(keys: Sequence[int], key: bytes) -> Iterator[bytes]:
    return (hmac.digest(key, b"band" + k.to_bytes(8, "little"), "sha256")[:_BAND_BYTES] for k in keys)


def _keyed_values(sketch: npt.NDArray[Any], key: bytes) -> Iterator[bytes]:
    for place, value in enumerate(sketch.tolist()):
        content = b"value" + place.to_bytes(2, "little") + value.to_bytes(4, "little")
        yield hmac.digest(key, content, "sha256")[:_VALUE_BYTES]


def _equal(own: Sequence[bytes], kept: bytes) -> int:
    """How many values are the same in the same place."""
    return sum(kept[n * _VALUE_BYTES : (n + 1) * _VALUE_BYTES] == value for n, value in enumerate(own))
