"""Where in the bytes of a batch something can be that names a person. Floor 3; not a stage.

One compiled pass over a window, no Python per word: :mod:`rightful.stages.pii.marks`. What comes out are positions, to be read
closely one by one by those who know the kind.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rightful.stages.shared.bytes import Texts

WINDOW_BYTES = 4 << 20

Hit = tuple[int, int, int, str]
"""The row, where it begins and ends in the bytes of the batch, and the kind."""


def windows(texts: Texts, size: int = WINDOW_BYTES) -> Iterator[tuple[int, int]]:
    """Start and stop of pieces that begin where a line or a text begins, so that no candidate is cut.

    About ``size`` bytes each; more where lines are longer than that.
    """
    start, end = 0, texts.data.size
    while start < end:
        stop = min(start + size, end)
        if stop < end:
            bounds = texts.bounds
            cut = int(bounds[np.searchsorted(bounds, stop, side="right") - 1])
            if cut <= start:
                cut = start + bytes(texts.data[start:stop]).rfind(b"\n") + 1
            if cut <= start:
                text_end = int(bounds[np.searchsorted(bounds, stop)])
                line_end = bytes(texts.data[stop:text_end]).find(b"\n")
                cut = text_end if line_end < 0 else stop + line_end + 1
            stop = cut
        yield start, stop
        start = stop
