"""The digests of a text that somebody shows: what the selector ``text`` is matched by. Floor 6."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from rightful.errors import InputError
from rightful.stages.normalize import Normalize

MOST_BYTES = 256 << 20
"""A longer text is no record of a store."""


def text_digests(path: Path) -> str:
    """The ``norm_sha256`` of the text of a file, and that by rightful-norm/1 where it is another one, a blank between them.

    Raises :class:`InputError` for a file that is not there, is too long, holds nothing that can be read or is not UTF-8.
    """
    hint = "a file with the text in UTF-8, or 64 hexadecimal digits: the norm_sha256 of a record"
    try:
        with path.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read as a text: {error.strerror}", subject=str(path), hint=hint) from error
    if len(raw) > MOST_BYTES:
        raise InputError(f"is longer than {MOST_BYTES >> 20} MiB", subject=str(path), hint=hint)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8: byte {error.start}", subject=str(path), hint=hint) from error
    if not text.strip():
        raise InputError("is empty", subject=str(path), hint=hint)
    made = Normalize()(pa.RecordBatch.from_pydict({"text": pa.array([text], pa.large_string())}))
    digests = (made[name][0].as_py() for name in ("norm_sha256", "norm1_sha256"))
    return " ".join(digest.hex() for digest in digests if digest is not None)
