"""Files into items of work. Floor 2: the readers.

Depends on the files alone, never on how many workers there are: the same items each time.
"""

from __future__ import annotations

from collections.abc import Sequence

from rightful.readers import FoundFile, Item
from rightful.readers.read import containers, reader_of
from rightful.readers.streams import SUFFIXES

LARGEST_BYTES, LEAST_BYTES, SHARES = 64 << 20, 16 << 20, 8
"""An item costs about an eighth of all, within these bounds: so that it is shared out, and no part is needlessly small."""
FILE_BYTES = 4 << 10
"""What opening a file costs, in bytes that are read."""
UNPACKED = 4
"""A compressed file is about so many times as long once it is read, an archive or a file of columns as well."""
_COLUMNS = ("parquet", "arrow")


def cost_of(file: FoundFile) -> int:
    """About what reading a file and tagging its records costs, in bytes of text. It depends on its size, name and format."""
    is_packed = file.format in _COLUMNS or file.format in containers() or file.path.suffix in SUFFIXES
    return FILE_BYTES + file.size * (UNPACKED if is_packed else 1)


def share_of(cost: int) -> int:
    """The ``target_bytes`` of items where all files together cost so much."""
    return max(LEAST_BYTES, min(LARGEST_BYTES, cost // SHARES))


def items(files: Sequence[FoundFile], target_bytes: int = LARGEST_BYTES, max_files: int = 2_000) -> list[Item]:
    """Cut the work into items of about ``target_bytes``, in the order of (the first of) their files.

    Small files of a format that packs share an item, at most ``max_files``; large ones are divided where the format can.
    """
    packs: dict[str, list[tuple[int, FoundFile]]] = {}  # format -> what the next item of it will hold
    filled: dict[str, int] = {}  # format -> bytes in its pack
    done: list[tuple[int, Item]] = []
    for place, file in enumerate(files):
        reader = reader_of(file.format)
        if not reader.PACKS:
            ranges = reader.divide(file, target_bytes)
            done.extend((place, Item(file.format, (file,), start, stop)) for start, stop in ranges)
            continue
        pack = packs.setdefault(file.format, [])
        size = filled.get(file.format, 0) + file.size
        if pack and (len(pack) >= max_files or size > target_bytes):
            done.append(_packed(pack))
            pack.clear()
            size = file.size
        pack.append((place, file))
        filled[file.format] = size
    done.extend(_packed(pack) for pack in packs.values())
    return [item for _, item in sorted(done, key=lambda pair: pair[0])]


def _packed(pack: list[tuple[int, FoundFile]]) -> tuple[int, Item]:
    return pack[0][0], Item(pack[0][1].format, tuple(file for _, file in pack))
